//! What somebody tells of a payment, whoever it is: booked with everything that follows from it, in one
//! transaction, once.

use serde_json::json;

use super::Payments;
use super::keys::KeyUse;
use super::payable::{self, Owing};
use super::row::{PaymentRow, lock};
use super::{keys, notice};
use crate::domain::payment::{
    End, PayableKind, PaymentEvent, PaymentState, PaymentTask, Standing, TRANSFER_MAX,
};
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::search_text::search_text;
use crate::store::base::{Conn, Tx, execute, insert_once, int, one, transaction, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::payments::PAYMENT;
use crate::store::{Engine, StoreError, desk, digest};

/// Bytes of what is kept of an answer.
const BODY_MAX: usize = 64 * 1024;
/// Letters of a transfer's reference.
const REFERENCE_MAX: usize = 128;
/// The only money that is booked.
const OURS: &str = "VND";

/// From where we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeardFrom {
    /// The provider told it by itself.
    Webhook,
    /// The provider was asked.
    Poll,
    /// The provider was asked, because the customer came back.
    Return,
    /// A program of the shop's.
    Api,
    /// A bank's statement.
    Statement,
    /// A person.
    Person,
    /// The provider's answer when the payment was made.
    Open,
}

impl HeardFrom {
    /// The name in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Poll => "poll",
            Self::Return => "return",
            Self::Api => "api",
            Self::Statement => "statement",
            Self::Person => "person",
            Self::Open => "open",
        }
    }
}

/// Money that somebody saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenMoney {
    /// The bank's or the provider's number of it.
    pub reference: String,
    /// Whole đồng; or something else, where the currency says so.
    pub amount: i64,
    /// `VND`, or something that is not booked.
    pub currency: String,
    /// When it moved, in milliseconds since 1970, where that was said.
    pub at_ms: Option<i64>,
    /// How it was paid, in the provider's word.
    pub method: Option<String>,
}

/// One thing that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// It can be paid.
    Opened,
    /// The provider is at it.
    Processing,
    /// Money came.
    Money(SeenMoney),
    /// It ended without money.
    Ended(End),
    /// The provider holds money that it suspects.
    Suspect,
    /// Something that a person has to look at, and why.
    ForPerson(String),
    /// So much was paid back, under this reference.
    Refunded {
        /// Whole đồng.
        amount: i64,
        /// The refund's number.
        reference: String,
    },
    /// A person takes the money as this payment's.
    Accepted,
    /// A person leaves it as it is.
    Ignored,
}

/// What was told of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard<'h> {
    /// Of which one.
    pub payment: i64,
    /// By whom.
    pub source: HeardFrom,
    /// What kind of telling it was, in one word.
    pub kind: &'h str,
    /// Two tellings with the same key are the same one.
    pub key: &'h str,
    /// As it came.
    pub body: &'h str,
    /// What it says, in the order in which it is booked: money before ends.
    pub facts: &'h [Fact],
    /// Who answers for it, where a person or a program of the shop's told it.
    pub actor: Option<&'h Actor>,
}

/// What followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardOutcome {
    /// The payment as it is now.
    pub payment: PaymentRow,
    /// As it was before.
    pub before: Standing,
    /// Was all of it told before?
    pub is_repeat: bool,
    /// Was money booked by it?
    pub is_booked: bool,
    /// Did the same reference come with another amount?
    pub differs: bool,
}

impl Payments<'_> {
    /// Books what was told, and what follows from it.
    pub async fn hear(&self, heard: &Heard<'_>) -> Result<HeardOutcome, StoreError> {
        transaction!(self.store, |tx| hear(&tx, heard))
    }

    /// The same with a caller's key. `None`: the key was used for something else.
    pub async fn hear_once(
        &self,
        heard: &Heard<'_>,
        key: Option<&KeyUse>,
    ) -> Result<Option<HeardOutcome>, StoreError> {
        transaction!(self.store, |tx| hear_once(&tx, heard, key))
    }

    /// Keeps what was told and has no effect, once: refused news, answers that nobody understood.
    pub async fn keep_event(
        &self,
        payment: Option<i64>,
        provider: &str,
        heard: (HeardFrom, &str, &str, &str),
        why: &str,
    ) -> Result<(), StoreError> {
        transaction!(self.store, |tx| keep_event(
            &tx, payment, provider, heard, why
        ))
    }
}

/// Keeps what was told and has no effect, within a transaction.
pub(super) async fn keep_event(
    tx: &Tx,
    payment: Option<i64>,
    provider: &str,
    (source, kind, key, body): (HeardFrom, &str, &str, &str),
    why: &str,
) -> Result<(), StoreError> {
    let event = Event {
        payment,
        provider,
        source,
        kind,
        key,
        body,
        why: Some(why),
    };
    event.keep(tx).await.map(|_| ())
}

async fn hear_once(
    tx: &Tx,
    heard: &Heard<'_>,
    key: Option<&KeyUse>,
) -> Result<Option<HeardOutcome>, StoreError> {
    match keys::look(tx, key).await? {
        Some(Ok(id)) if id == heard.payment => {
            let payment = lock(tx, id).await?;
            return Ok(Some(HeardOutcome {
                before: payment.standing,
                payment,
                is_repeat: true,
                is_booked: false,
                differs: false,
            }));
        }
        Some(_) => return Ok(None),
        None => {}
    }
    let outcome = hear(tx, heard).await?;
    keys::keep(tx, key, heard.payment).await?;
    Ok(Some(outcome))
}

/// Books what was told within a transaction.
pub(in crate::store) async fn hear(tx: &Tx, heard: &Heard<'_>) -> Result<HeardOutcome, StoreError> {
    let (owing, payment) = held(tx, heard.payment).await?;
    let before = payment.standing;
    let mut booking = Booking {
        owing,
        credit: 0,
        waived: 0,
        standing: before,
        payment,
        why: None,
        is_booked: false,
        differs: false,
    };
    let event = Event {
        payment: Some(heard.payment),
        provider: booking.payment.provider.wire(),
        source: heard.source,
        kind: heard.kind,
        key: heard.key,
        body: heard.body,
        why: None,
    };
    if !event.keep(tx).await? {
        return Ok(booking.outcome(before, true));
    }
    for fact in heard.facts {
        booking.take(tx, fact, heard.source).await?;
    }
    if let Some(actor) = heard.actor {
        let entry = Entry::of(action_of(heard.facts))
            .row(&PAYMENT, heard.payment)
            .before(standing_json(&before))
            .after(standing_json(&booking.standing));
        audit::write(tx, actor, entry).await?;
    }
    // Last: at its end others wait for this one, for the next number of a day's receipts.
    booking.write(tx, before).await?;
    Ok(booking.outcome(before, false))
}

/// The payment and what it is for, until the transaction ends.
async fn held(tx: &Tx, id: i64) -> Result<(Owing, PaymentRow), StoreError> {
    if tx.engine() == Engine::Sqlite {
        // The only writer: nobody comes in between, whatever is read first.
        let payment = lock(tx, id).await?;
        return Ok((payable::lock(tx, payment.payable).await?, payment));
    }
    let at = place(tx, id).await?;
    let owing = payable::lock(tx, at).await?;
    Ok((owing, lock(tx, id).await?))
}

fn action_of(facts: &[Fact]) -> AuditAction {
    match facts.first() {
        Some(Fact::Money(_)) => AuditAction::PaymentTransfer,
        Some(Fact::Ended(_)) => AuditAction::PaymentCancel,
        _ => AuditAction::PaymentDecide,
    }
}

fn standing_json(standing: &Standing) -> serde_json::Value {
    json!({ "state": standing.state.wire(), "received": standing.money.received(), "surplus": standing.money.surplus })
}

/// What a payment is for. It never changes, so nothing has to be held for it.
pub(super) async fn place(
    tx: &Tx,
    id: i64,
) -> Result<crate::domain::payment::PayableRef, StoreError> {
    use crate::domain::payment::{PayableKind, PayableRef};
    let sql = "SELECT payable_kind, payable_id FROM payment WHERE id = ?";
    let row = one(tx, sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    let kind = crate::store::base::text(&row, 0)?;
    let kind = PayableKind::of(&kind)
        .ok_or_else(|| StoreError::Damaged(format!("payment.payable_kind: {kind:?}")))?;
    Ok(PayableRef {
        kind,
        id: int(&row, 1)?,
    })
}

/// An event as it is kept.
struct Event<'e> {
    payment: Option<i64>,
    provider: &'e str,
    source: HeardFrom,
    kind: &'e str,
    key: &'e str,
    body: &'e str,
    why: Option<&'e str>,
}

impl Event<'_> {
    /// Keeps it, unless it is there. Says whether it is new.
    async fn keep(&self, tx: &Tx) -> Result<bool, StoreError> {
        let whose = self.payment.unwrap_or_default();
        let key = digest(format!("{}|{whose}|{}", self.provider, self.key).as_bytes());
        let into = "INTO payment_event (payment_id, provider, source, kind, event_key, body, accepted, why, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let given = values![
            self.payment,
            self.provider,
            self.source.wire(),
            cut(self.kind, 64),
            key,
            cut(self.body, BODY_MAX),
            self.why.is_none(),
            self.why.map(|why| cut(why, 250)),
            tx.now_ms()
        ];
        insert_once(tx, into, given).await
    }
}

/// A reference as it is kept: one that is longer than its column ends in the digest of all of it, so that two of
/// them stay two.
pub(super) fn reference_kept(reference: &str) -> String {
    if reference.chars().count() <= REFERENCE_MAX {
        return reference.to_owned();
    }
    let digest = digest(reference.as_bytes());
    let room = REFERENCE_MAX - digest.len() - 1;
    let head: String = reference.chars().take(room).collect();
    format!("{head}#{digest}")
}

/// At most so many bytes, whole letters.
fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// A payment while something is booked on it.
struct Booking {
    owing: Owing,
    credit: i64,
    waived: i64,
    standing: Standing,
    payment: PaymentRow,
    why: Option<String>,
    is_booked: bool,
    differs: bool,
}

impl Booking {
    async fn take(&mut self, tx: &Tx, fact: &Fact, source: HeardFrom) -> Result<(), StoreError> {
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

    fn follow(&mut self, event: PaymentEvent) -> Result<(), StoreError> {
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
    async fn money(
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

    async fn transfer_of(&self, tx: &Tx, reference: &str) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT amount FROM payment_transfer WHERE provider = ? AND payment_id = ? AND reference = ?";
        let given = values![self.payment.provider.wire(), self.payment.id, reference];
        let row = one(tx, sql, given).await?;
        row.map(|row| int(&row, 0)).transpose()
    }

    /// Keeps a transfer, unless one of its reference is there. Says whether it is new.
    async fn book(
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
    async fn write(&mut self, tx: &Tx, before: Standing) -> Result<(), StoreError> {
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

    fn outcome(self, before: Standing, is_repeat: bool) -> HeardOutcome {
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
async fn close_others(tx: &Tx, paid: &PaymentRow) -> Result<(), StoreError> {
    let sql = "UPDATE payment SET is_closing = 1, ask_at = ?, updated_at = ? WHERE payable_kind = ? AND payable_id = ? AND id <> ? \
               AND state IN ('created', 'pending', 'processing', 'underpaid')";
    let now = tx.now_ms();
    let given = values![now, now, paid.payable.kind.wire(), paid.payable.id, paid.id];
    execute(tx, sql, given).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reference_fits_and_stays_its_own() {
        assert_eq!(reference_kept("FT2633"), "FT2633");
        let long = "Ữ".repeat(200);
        let kept = reference_kept(&long);
        assert_eq!(kept.chars().count(), REFERENCE_MAX);
        assert_eq!(kept, reference_kept(&long));
        assert_ne!(kept, reference_kept(&format!("{long}1")));
    }
}
