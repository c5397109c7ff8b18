//! Refunds: what a person has decided, as attempts that are written down before a provider is called.
//!
//! Lives here: rows and transactions. What a provider's word means says `domain::payment::refund`; who
//! calls it, `server::pay::refund`.
//!
//! *Invariants: nothing new is written down while the outcome of an attempt of the same payment is open;
//! an attempt is booked under its own name, once, in the transaction that says it is done.*

mod plan;

use serde_json::json;

use super::Payments;
use super::ask::rest_ms;
use super::hear::{Fact, Heard, HeardFrom, HeardOutcome, hear, keep_event};
use super::keys::{self, KeyUse};
use super::refund_row::{REFUND_ROW, RefundAttempt, read};
use super::row::PaymentRow;
use crate::domain::calendar::DAY_MS;
use crate::domain::payment::RefundState;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{Conn, Tx, all, execute, one, text, transaction, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::payments::PAYMENT;
use crate::store::{StoreError, digest};
use plan::plan;

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
