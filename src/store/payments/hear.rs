//! What somebody tells of a payment, whoever it is: booked with everything that follows from it, in one
//! transaction, once.

mod booking;

use serde_json::json;

use super::keys::KeyUse;
use super::payable::{self, Owing};
use super::row::{PaymentRow, lock};
use super::{Payments, keys};
use crate::domain::payment::{End, Standing};
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{Conn, Tx, insert_once, int, one, transaction, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::payments::PAYMENT;
use crate::store::{Engine, StoreError, digest};
use booking::Booking;

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
