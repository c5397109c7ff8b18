//! What a person says of a payment and of money for it: the same whether a program or a page says it.

use serde_json::json;

use super::cashier::Cashier;
use super::make::key_used;
use super::refusal::PayRefusal;
use super::webhook::{statement_key, statement_money};
use crate::server::AppState;
use crate::store::Actor;
use crate::store::payments::{Fact, Heard, HeardFrom, HeardOutcome, KeyUse, PaymentRow};

/// What is said of money that waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionWord {
    /// It is this payment's.
    Accept,
    /// It stays as it is.
    Ignore,
}

impl DecisionWord {
    /// The one of this name on the wire.
    pub fn of(wire: &str) -> Option<Self> {
        [Self::Accept, Self::Ignore]
            .into_iter()
            .find(|word| word.wire() == wire)
    }

    /// Its name on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Ignore => "ignore",
        }
    }
}

/// Says it.
pub async fn decided(
    app: &AppState,
    payment: &PaymentRow,
    word: DecisionWord,
    reason: &str,
    key: Option<&KeyUse>,
    actor: &Actor,
) -> Result<PaymentRow, PayRefusal> {
    let decision = word.wire();
    let body = json!({ "decision": decision, "reason": reason }).to_string();
    // The same decision about the same standing is the same one: pressed twice, done once.
    let own = format!(
        "{decision}|{}|{:?}",
        payment.updated_at, payment.standing.money
    );
    let heard = Heard {
        payment: payment.id,
        source: HeardFrom::Person,
        kind: decision,
        key: &own,
        body: &body,
        facts: &[match word {
            DecisionWord::Accept => Fact::Accepted,
            DecisionWord::Ignore => Fact::Ignored,
        }],
        actor: Some(actor),
    };
    let outcome = Cashier::of(app).hear_once(&heard, key).await?;
    Ok(outcome.ok_or_else(key_used)?.payment)
}

/// A line of a bank's statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferLine<'l> {
    /// The bank's number of it.
    pub reference: &'l str,
    /// Whole đồng.
    pub amount: i64,
    /// When it moved, in milliseconds since 1970.
    pub at_ms: Option<i64>,
}

impl TransferLine<'_> {
    /// As it is kept.
    pub fn body(&self) -> String {
        json!({ "reference": self.reference, "amount": self.amount, "at": self.at_ms }).to_string()
    }

    /// By this it is known again.
    pub fn key(&self) -> String {
        statement_key(self.reference, self.amount)
    }

    /// What it is.
    pub fn fact(&self) -> Fact {
        statement_money(self.reference, self.amount, self.at_ms)
    }
}

/// Books a line on a payment.
pub async fn transferred(
    app: &AppState,
    payment: i64,
    line: &TransferLine<'_>,
    body: &str,
    key: Option<&KeyUse>,
    actor: &Actor,
) -> Result<HeardOutcome, PayRefusal> {
    let heard = Heard {
        payment,
        source: HeardFrom::Statement,
        kind: "transfer",
        key: &line.key(),
        body,
        facts: &[line.fact()],
        actor: Some(actor),
    };
    let outcome = Cashier::of(app).hear_once(&heard, key).await?;
    outcome.ok_or_else(key_used)
}
