//! What a fact does to a payment and to what it is for: money booked, states changed.

use super::{Fact, HeardFrom, HeardOutcome, OURS, SeenMoney, cut, reference_kept};
use crate::domain::payment::{
    PayableKind, PaymentEvent, PaymentState, PaymentTask, Standing, TRANSFER_MAX,
};
use crate::store::base::search_text::search_text;
use crate::store::base::{Conn, Tx, execute, insert_once, int, one, values};
use crate::store::payments::notice;
use crate::store::payments::payable::{self, Owing};
use crate::store::payments::row::PaymentRow;
use crate::store::{StoreError, desk};

/// A payment while something is booked on it.
pub(super) struct Booking {
    pub(super) owing: Owing,
    pub(super) credit: i64,
    pub(super) waived: i64,
    pub(super) standing: Standing,
    pub(super) payment: PaymentRow,
    pub(super) why: Option<String>,
    pub(super) is_booked: bool,
    pub(super) differs: bool,
}

impl Booking {
    pub(super) async fn take(
        &mut self,
        tx: &Tx,
        fact: &Fact,
        source: HeardFrom,
    ) -> Result<(), StoreError> {
        match fact {
            Fact::Money(money) => self.money(tx, money, source).await,
            Fact::Opened => self.follow(PaymentEvent::Opened),
            Fact::Processing => self.follow(PaymentEvent::Processing),
            Fact::Ended(end) => self.follow(PaymentEvent::Ended(*end)),
            Fact::Suspect => {
                self.why = Some("Cổng giữ tiền lại vì nghi gian lận.".to_owned());
                self.follow(PaymentEvent::Strange)
            }
            Fact::ForPerson(why) => {
                self.why = Some(why.clone());
                self.follow(PaymentEvent::Strange)
            }
            Fact::Accepted => self.follow(PaymentEvent::Accepted),
            Fact::Ignored => self.follow(PaymentEvent::Ignored),
            Fact::Refunded { amount, reference } => {
                let money = SeenMoney {
                    reference: reference_kept(reference),
                    amount: -amount,
                    currency: OURS.to_owned(),
                    at_ms: None,
                    method: None,
                };
                if self.book(tx, &money, source).await? {
                    self.follow(PaymentEvent::Refunded(*amount))?;
                }
                Ok(())
            }
        }
    }

    pub(super) fn follow(&mut self, event: PaymentEvent) -> Result<(), StoreError> {
        let owed = self.owing.owed() - self.credit - self.waived;
        let step = self
            .standing
            .after(event, owed)
            .map_err(|refused| StoreError::BadValue {
                field: "Thanh toán".to_owned(),
                why: refused.to_string(),
            })?;
        self.standing = step.standing;
        self.credit += step.credit;
        self.waived += step.waived;
        Ok(())
    }

    /// Money that was seen. The same reference is the same money; with another amount the first one
    /// stays, and a person looks.
    pub(super) async fn money(
        &mut self,
        tx: &Tx,
        money: &SeenMoney,
        source: HeardFrom,
    ) -> Result<(), StoreError> {
        if money.currency != OURS {
            let currency = cut(&money.currency, 16);
            self.why = Some(format!(
                "Có {} {currency} gửi tới (mã {}): không phải đồng Việt Nam, chưa ghi.",
                money.amount,
                cut(&money.reference, 64)
            ));
            return self.follow(PaymentEvent::Strange);
        }
        if money.amount.unsigned_abs() > TRANSFER_MAX.unsigned_abs() {
            self.why = Some(format!(
                "Báo có {} đ (mã {}): số tiền không thể có, chưa ghi.",
                money.amount,
                cut(&money.reference, 64)
            ));
            return self.follow(PaymentEvent::Strange);
        }
        let reference = reference_kept(&money.reference);
        let money = &SeenMoney {
            reference,
            ..money.clone()
        };
        if self.book(tx, money, source).await? {
            self.follow(PaymentEvent::Transfer(money.amount))?;
            self.payment.transaction_id = Some(money.reference.clone());
            if money.method.is_some() {
                self.payment.method.clone_from(&money.method);
            }
            self.is_booked = true;
            return Ok(());
        }
        match self.transfer_of(tx, &money.reference).await? {
            Some(amount) if amount == money.amount => Ok(()),
            Some(amount) => {
                self.differs = true;
                self.why = Some(format!(
                    "Mã {} đã ghi {amount} đ, nay báo {} đ.",
                    cut(&money.reference, 64),
                    money.amount
                ));
                self.standing.task = Some(PaymentTask::Review);
                Ok(())
            }
            None => Err(StoreError::Damaged(format!(
                "payment_transfer: {:?} is neither there nor new",
                money.reference
            ))),
        }
    }

    pub(super) async fn transfer_of(
        &self,
        tx: &Tx,
        reference: &str,
    ) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT amount FROM payment_transfer WHERE provider = ? AND payment_id = ? AND reference = ?";
        let given = values![self.payment.provider.wire(), self.payment.id, reference];
        let row = one(tx, sql, given).await?;
        row.map(|row| int(&row, 0)).transpose()
    }

    /// Keeps a transfer, unless one of its reference is there. Says whether it is new.
    pub(super) async fn book(
        &self,
        tx: &Tx,
        money: &SeenMoney,
        source: HeardFrom,
    ) -> Result<bool, StoreError> {
        let into = "INTO payment_transfer (payment_id, provider, reference, amount, currency, at, source, booked_at, search_text) \
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let now = tx.now_ms();
        let words = search_text([
            Some(money.reference.as_str()),
            Some(self.payment.payment_code.as_str()),
        ]);
        let given = values![
            self.payment.id,
            self.payment.provider.wire(),
            &money.reference,
            money.amount,
            &money.currency,
            money.at_ms.unwrap_or(now),
            source.wire(),
            now,
            words
        ];
        insert_once(tx, into, given).await
    }

    /// Writes the payment, its payable, and tells whom it concerns.
    pub(super) async fn write(&mut self, tx: &Tx, before: Standing) -> Result<(), StoreError> {
        if self.standing == before && self.why.is_none() {
            return Ok(());
        }
        let now = tx.now_ms();
        let is_paid_now =
            self.standing.state == PaymentState::Paid && before.state != PaymentState::Paid;
        let row = &mut self.payment;
        row.standing = self.standing;
        row.updated_at = now;
        row.paid_at = if is_paid_now { Some(now) } else { row.paid_at };
        row.task_why = self.why.take().or_else(|| row.task_why.take());
        let is_open = self.standing.state.is_open();
        row.ask_at = row.ask_at.filter(|_| is_open);
        let money = self.standing.money;
        let mut given = values![
            self.standing.state.wire(),
            money.credited,
            money.surplus,
            money.review,
            self.standing.task.map(PaymentTask::wire),
            row.task_why.as_deref().map(|why| cut(why, 2_000)),
            row.transaction_id.as_deref(),
            row.method.as_deref().map(|m| cut(m, 64)),
            row.paid_at,
            row.ask_at,
            now,
        ];
        let closed = if is_open {
            ""
        } else {
            ", open_key = NULL, otp = NULL, is_closing = 0"
        };
        given.push(row.id.into());
        let sql = format!(
            "UPDATE payment SET state = ?, credited = ?, surplus = ?, review = ?, task = ?, task_why = ?, payos_transaction_id = ?, \
             payment_method = ?, paid_at = ?, ask_at = ?, updated_at = ?, version = version + 1{closed} WHERE id = ?"
        );
        execute(tx, &sql, given).await?;
        let has_changed = self.credit != 0 || self.waived != 0;
        let is_covered =
            has_changed && payable::credit(tx, &self.owing, self.credit, self.waived).await?;
        if row.payable.kind == PayableKind::Receipt {
            // What is taken at a door has one payment.
            desk::follow(tx, row, &before, is_covered).await?;
        } else if is_covered {
            close_others(tx, row).await?;
        }
        notice::tell(tx, row, &before).await
    }

    pub(super) fn outcome(self, before: Standing, is_repeat: bool) -> HeardOutcome {
        HeardOutcome {
            payment: self.payment,
            before,
            is_repeat,
            is_booked: self.is_booked,
            differs: self.differs,
        }
    }
}

/// What else is open for a payable that is paid now is to be taken back at its providers. It stays open
/// here until its time is over: money that comes there all the same is too much, and not a riddle.
pub(super) async fn close_others(tx: &Tx, paid: &PaymentRow) -> Result<(), StoreError> {
    let sql = "UPDATE payment SET is_closing = 1, ask_at = ?, updated_at = ? WHERE payable_kind = ? AND payable_id = ? AND id <> ? \
               AND state IN ('created', 'pending', 'processing', 'underpaid')";
    let now = tx.now_ms();
    let given = values![now, now, paid.payable.kind.wire(), paid.payable.id, paid.id];
    execute(tx, sql, given).await.map(|_| ())
}
