//! Refunds: what a person has decided, as attempts that are written down before a provider is called.
//!
//! Lives here: rows and transactions. What a provider's word means says `domain::payment::refund`; who
//! calls it, `server::pay::refund`.
//!
//! *Invariants: nothing new is written down while the outcome of an attempt of the same payment is open;
//! an attempt is booked under its own name, once, in the transaction that says it is done.*

use serde_json::json;

use super::Payments;
use super::ask::rest_ms;
use super::hear::{Fact, Heard, HeardFrom, HeardOutcome, hear, keep_event, place};
use super::keys::{self, KeyUse};
use super::payable;
use super::refund_row::{REFUND_ROW, RefundAttempt, of_payment, read};
use super::row::{PaymentRow, lock};
use crate::domain::calendar::DAY_MS;
use crate::domain::payment::{PaymentState, RefundState, refund_parts};
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::search_text::search_text;
use crate::store::base::{Conn, Tx, all, execute, insert, int, one, text, transaction, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::payments::PAYMENT;
use crate::store::{StoreError, digest};

/// Who calls a provider about an attempt has so long for it.
const HELD_MS: i64 = 14_000;
/// An attempt whose outcome is still open after so long is not asked about any more by itself.
const ASKED_FOR_MS: i64 = 7 * DAY_MS;
/// A decision without a name of its own is the same one when it comes again so soon after it was done.
const TWICE_MS: i64 = 10 * 60 * 1000;

/// A refund that somebody decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    /// Of which payment.
    pub payment: i64,
    /// Whole đồng; nothing: all that is there.
    pub amount: Option<i64>,
    /// Why.
    pub reason: String,
    /// The caller's own name for it.
    pub key: Option<KeyUse>,
}

impl NewRefund {
    /// Is it the decision that this attempt carries out?
    pub fn is_decision_of(&self, attempt: &RefundAttempt) -> bool {
        attempt.payment_id == self.payment && attempt.decision == self.decision()
    }

    /// By this the same decision is known again.
    fn decision(&self) -> String {
        let what = match &self.key {
            Some(key) => format!("{}|{}", self.payment, key.name()),
            // Two people who see one surplus have different words for it.
            None => format!("{}|{:?}", self.payment, self.amount),
        };
        digest(what.as_bytes())[..40].to_owned()
    }

    /// How long it is the same one after it was done.
    const fn is_same_for_ms(&self) -> i64 {
        if self.key.is_some() {
            keys::KEPT_MS
        } else {
            TWICE_MS
        }
    }
}

/// What is to be done for a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundPlan {
    /// It was done before.
    Done(Box<PaymentRow>),
    /// A person paid it back, and it is booked.
    Booked(Box<HeardOutcome>),
    /// These are to be sent, each once.
    Send(Vec<RefundAttempt>),
    /// First the outcome of these has to be known.
    Open(Vec<RefundAttempt>),
    /// No money came.
    NothingThere,
    /// So much is there, and no more.
    TooMuch(i64),
    /// The key was used for something else.
    KeyUsed,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundEnd<'e> {
    /// Its state now.
    pub state: RefundState,
    /// What the provider said, for people.
    pub said: &'e str,
    /// The provider's number of it, where it told one.
    pub number: Option<&'e str>,
    /// Is it a person who says so, and not the provider?
    pub is_by_hand: bool,
}

impl Payments<'_> {
    /// Writes down what is to be done for a refund, or says what stands in its way.
    pub async fn plan_refund(
        &self,
        new: &NewRefund,
        actor: &Actor,
    ) -> Result<RefundPlan, StoreError> {
        transaction!(self.store, |tx| plan(&tx, new, actor))
    }

    /// Takes an attempt whose outcome is open, to call its provider: as it was before. `None`: it is known,
    /// or somebody else is at it.
    pub async fn hold_refund(&self, id: i64) -> Result<Option<RefundAttempt>, StoreError> {
        transaction!(self.store, |tx| hold(&tx, id))
    }

    /// Writes down what the provider said, and books what it pays back.
    pub async fn end_refund(
        &self,
        attempt: &RefundAttempt,
        end: RefundEnd<'_>,
        actor: &Actor,
    ) -> Result<Option<HeardOutcome>, StoreError> {
        transaction!(self.store, |tx| ended(&tx, attempt, end, actor))
    }

    /// Attempts whose outcome is open and that are to be asked about now.
    pub async fn open_refunds(&self, most: u32) -> Result<Vec<RefundAttempt>, StoreError> {
        let sql = self.store.casts(&format!(
            "{REFUND_ROW} WHERE ask_at <= ? ORDER BY ask_at LIMIT {most}"
        ));
        let rows = all(self.store, &sql, values![self.store.now_ms()]).await?;
        rows.iter().map(read).collect()
    }
}

async fn plan(tx: &Tx, new: &NewRefund, actor: &Actor) -> Result<RefundPlan, StoreError> {
    match keys::look(tx, new.key.as_ref()).await? {
        Some(Ok(id)) if id == new.payment => {}
        Some(_) => return Ok(RefundPlan::KeyUsed),
        None => {}
    }
    let at = place(tx, new.payment).await?;
    payable::lock(tx, at).await?;
    let payment = lock(tx, new.payment).await?;
    let all = of_payment(tx, payment.id).await?;
    let open: Vec<RefundAttempt> = all.iter().filter(|a| a.state.is_open()).cloned().collect();
    if !open.is_empty() {
        return Ok(RefundPlan::Open(open));
    }
    let decision = new.decision();
    let mine: Vec<&RefundAttempt> = all.iter().filter(|a| a.decision == decision).collect();
    let wanted = match wanted(new, &payment, &mine, tx.now_ms()) {
        Ok(wanted) => wanted,
        Err(RefundPlan::Done(row)) => {
            keys::keep_once(tx, new.key.as_ref(), payment.id).await?;
            return Ok(RefundPlan::Done(row));
        }
        Err(plan) => return Ok(plan),
    };
    let parts = if payment.provider.pays_back() {
        let transactions = transactions(tx, payment.id, &all).await?;
        let left: Vec<i64> = transactions.iter().map(|t| t.1).collect();
        match refund_parts(wanted, &left) {
            Some(parts) => parts
                .into_iter()
                .map(|(at, amount)| (transactions[at].0.clone(), amount))
                .collect(),
            None => return Ok(RefundPlan::TooMuch(left.iter().sum())),
        }
    } else {
        vec![(String::new(), wanted)]
    };
    replace_refused(tx, payment.id, &decision).await?;
    keys::keep_once(tx, new.key.as_ref(), payment.id).await?;
    let mut made = Vec::with_capacity(parts.len());
    for (at, (reference, amount)) in parts.into_iter().enumerate() {
        let name = format!(
            "{}|{decision}|{}|{at}|{}",
            payment.order_code,
            mine.len(),
            tx.now_ms()
        );
        let part = Part {
            decision: &decision,
            request_id: format!("R{}", &digest(name.as_bytes())[..24]),
            reference,
            amount,
        };
        made.push(write(tx, &payment, &part, new, actor).await?);
    }
    if payment.provider.pays_back() {
        return Ok(RefundPlan::Send(made));
    }
    match made.first() {
        Some(attempt) => {
            let outcome = book(tx, attempt, None, actor).await?;
            Ok(RefundPlan::Booked(Box::new(outcome)))
        }
        None => Ok(RefundPlan::NothingThere),
    }
}

/// How much is to be sent for it now; or what there is to say instead.
fn wanted(
    new: &NewRefund,
    payment: &PaymentRow,
    mine: &[&RefundAttempt],
    now_ms: i64,
) -> Result<i64, RefundPlan> {
    let refused = mine
        .iter()
        .filter(|a| a.state == RefundState::Refused && !a.is_replaced);
    let missing: i64 = refused.map(|a| a.amount).sum();
    let since = now_ms - new.is_same_for_ms();
    let is_begun = mine
        .iter()
        .any(|a| a.state == RefundState::Done && a.updated_at > since);
    let received = payment.received();
    let is_all_back = payment.state() == PaymentState::Refunded && received == 0;
    if is_all_back || is_begun && missing == 0 {
        return Err(RefundPlan::Done(Box::new(payment.clone())));
    }
    if received <= 0 {
        return Err(RefundPlan::NothingThere);
    }
    let wanted = if is_begun {
        missing
    } else {
        new.amount.unwrap_or(received)
    };
    if wanted > received {
        return Err(RefundPlan::TooMuch(received));
    }
    Ok(wanted)
}

/// The money that came, the oldest first: each transaction's reference, with what is left of it.
async fn transactions(
    tx: &Tx,
    payment: i64,
    attempts: &[RefundAttempt],
) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT reference, amount FROM payment_transfer WHERE payment_id = ? ORDER BY id";
    let (mut left, mut back) = (Vec::new(), 0);
    for row in &all(tx, sql, values![payment]).await? {
        let (reference, amount) = (text(row, 0)?, int(row, 1)?);
        if amount > 0 {
            left.push((reference, amount));
        } else {
            back -= amount;
        }
    }
    for attempt in attempts.iter().filter(|a| a.state == RefundState::Done) {
        back -= attempt.amount;
        if let Some((_, left)) = left.iter_mut().find(|(r, _)| *r == attempt.reference) {
            *left -= attempt.amount;
        }
    }
    // Paid back before attempts were written down: always the newest was named.
    for (_, left) in left.iter_mut().rev() {
        let part = back.clamp(0, (*left).max(0));
        *left -= part;
        back -= part;
    }
    Ok(left)
}

async fn replace_refused(tx: &Tx, payment: i64, decision: &str) -> Result<(), StoreError> {
    let sql = "UPDATE payment_refund SET is_replaced = 1 WHERE payment_id = ? AND decision = ? AND state = 'refused'";
    execute(tx, sql, values![payment, decision])
        .await
        .map(|_| ())
}

/// An attempt that is to be written down.
struct Part<'p> {
    decision: &'p str,
    request_id: String,
    reference: String,
    amount: i64,
}

async fn write(
    tx: &Tx,
    payment: &PaymentRow,
    part: &Part<'_>,
    new: &NewRefund,
    actor: &Actor,
) -> Result<RefundAttempt, StoreError> {
    let is_sent = payment.provider.pays_back();
    let (now, state) = (
        tx.now_ms(),
        if is_sent {
            RefundState::Begun
        } else {
            RefundState::Done
        },
    );
    let sql = "INSERT INTO payment_refund (payment_id, decision, request_id, reference, amount, state, reason, who, ask_at, created_at, updated_at, \
               search_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let words = search_text([
        Some(part.request_id.as_str()),
        Some(part.reference.as_str()),
        Some(payment.payment_code.as_str()),
    ]);
    let given = values![
        payment.id,
        part.decision,
        &part.request_id,
        &part.reference,
        part.amount,
        state.wire(),
        &new.reason,
        &actor.who,
        is_sent.then(|| now + rest_ms(0)),
        now,
        now,
        words
    ];
    let id = insert(tx, sql, given).await?;
    if is_sent {
        let body = json!({ "refund": part.request_id, "transaction": part.reference, "amount": part.amount, "reason": new.reason });
        let (body, provider) = (body.to_string(), payment.provider.wire());
        let asked = (
            HeardFrom::Person,
            "refund_asked",
            part.request_id.as_str(),
            body.as_str(),
        );
        keep_event(tx, Some(payment.id), provider, asked, "Đang gửi cổng").await?;
    }
    let sql = tx.casts(&format!("{REFUND_ROW} WHERE id = ?"));
    let row = one(tx, &sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    read(&row)
}

async fn hold(tx: &Tx, id: i64) -> Result<Option<RefundAttempt>, StoreError> {
    let sql = tx.casts(&format!("{REFUND_ROW} WHERE id = ?{}", tx.locked()));
    let row = one(tx, &sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    let (found, now) = (read(&row)?, tx.now_ms());
    if !found.state.is_open() || found.held_until.is_some_and(|until| until > now) {
        return Ok(None);
    }
    let next = now + HELD_MS.max(rest_ms(found.asks));
    let is_asked_again = next < found.created_at + ASKED_FOR_MS;
    let sql = "UPDATE payment_refund SET held_until = ?, sent_at = COALESCE(sent_at, ?), asks = asks + 1, ask_at = ? WHERE id = ?";
    let given = values![now + HELD_MS, now, is_asked_again.then_some(next), id];
    execute(tx, sql, given).await?;
    Ok(Some(found))
}

async fn ended(
    tx: &Tx,
    attempt: &RefundAttempt,
    end: RefundEnd<'_>,
    actor: &Actor,
) -> Result<Option<HeardOutcome>, StoreError> {
    let outcome = if end.state == RefundState::Done {
        Some(book(tx, attempt, end.number, actor).await?)
    } else {
        None
    };
    let said = &end.said[..end.said.floor_char_boundary(250)];
    let sql = format!(
        "UPDATE payment_refund SET state = ?, said = ?, held_until = NULL, updated_at = ?{} WHERE id = ? AND state NOT IN ('refused', 'done')",
        if end.state.is_open() {
            ""
        } else {
            ", ask_at = NULL"
        }
    );
    let given = values![end.state.wire(), said, tx.now_ms(), attempt.id];
    execute(tx, &sql, given).await?;
    if end.is_by_hand {
        let told =
            |state: RefundState| json!({ "refund": attempt.request_id, "state": state.wire() });
        let mut after = told(end.state);
        after["reason"] = json!(said);
        let entry = Entry::of(AuditAction::PaymentDecide)
            .row(&PAYMENT, attempt.payment_id)
            .before(told(attempt.state))
            .after(after);
        audit::write(tx, actor, entry).await?;
    }
    if outcome.is_none() {
        let kind = match end.state {
            RefundState::Refused => "refund_refused",
            _ => "refund_unknown",
        };
        let key = format!("{}|{}|{said}", attempt.request_id, end.state.wire());
        let sql = "SELECT provider FROM payment WHERE id = ?";
        let row = one(tx, sql, values![attempt.payment_id]).await?;
        let provider = text(&row.ok_or(StoreError::NoRow)?, 0)?;
        let event = (HeardFrom::Person, kind, key.as_str(), said);
        keep_event(tx, Some(attempt.payment_id), &provider, event, said).await?;
    }
    Ok(outcome)
}

/// Books what was paid back, under the attempt's name, once.
async fn book(
    tx: &Tx,
    attempt: &RefundAttempt,
    number: Option<&str>,
    actor: &Actor,
) -> Result<HeardOutcome, StoreError> {
    let body = json!({
        "refund": attempt.request_id,
        "transaction": attempt.reference,
        "amount": attempt.amount,
        "reason": attempt.reason,
        "number": number,
    });
    let heard = Heard {
        payment: attempt.payment_id,
        source: HeardFrom::Person,
        kind: "refund",
        key: &format!("refund|{}", attempt.request_id),
        body: &body.to_string(),
        facts: &[Fact::Refunded {
            amount: attempt.amount,
            reference: attempt.request_id.clone(),
        }],
        actor: Some(actor),
    };
    hear(tx, &heard).await
}
