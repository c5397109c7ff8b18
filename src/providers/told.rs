//! What providers tell: answered, or by themselves.

use super::Link;
use crate::domain::payment::End;

/// What a provider says of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// How it stands there.
    pub standing: ToldStanding,
    /// The amount that it has there, where it says one.
    pub amount: Option<i64>,
    /// Money that arrived, all of it.
    pub transfers: Vec<SeenTransfer>,
    /// The link, as far as this answer tells it.
    pub link: Link,
    /// The answer as it came, for the record.
    pub raw: String,
}

/// How a payment stands at its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldStanding {
    /// It can be paid, or some of it was.
    Open,
    /// The provider is at it.
    Processing,
    /// All of it was paid; which money that was, the transfers say.
    Paid,
    /// It ended without money.
    Ended(End),
    /// Money was taken and is suspected.
    Suspect,
    /// The provider does not know it.
    Absent,
    /// The provider cannot be asked about it.
    Silent,
}

/// Money that a provider saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenTransfer {
    /// The bank's or the provider's number of it.
    pub reference: String,
    /// Whole đồng.
    pub amount: i64,
    /// `VND`, or something that is not ours.
    pub currency: String,
    /// When, in milliseconds since 1970, where it is said.
    pub at_ms: Option<i64>,
    /// How it was paid, in the provider's word, where it is said.
    pub method: Option<String>,
}

/// Something that a provider told us by itself, with its signature verified and its shape read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEvent {
    /// Which payment it speaks of.
    pub order_code: i64,
    /// The provider's own name for it.
    pub link_id: Option<String>,
    /// What says that two of them are the same one: repeats of an event have the same.
    pub key: String,
    /// What kind it is, in the provider's word.
    pub kind: String,
    /// What it says.
    pub news: News,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Money arrived.
    Money(SeenTransfer),
    /// It ended without money. The provider's signature vouches for it.
    Ended(End),
    /// Money was taken and is suspected.
    Suspect,
    /// Something changed: the provider has to be asked what.
    AskAgain,
    /// Nothing that moves a payment.
    Nothing,
}

/// Why something that says it comes from a provider is not believed. There is no secret in it, and no
/// hint at what would have been believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefusal {
    /// Not signed with a key of ours, or signed and not of the one shape that is believed.
    #[error("Invalid signature")]
    Signature,
    /// Signed in its header by a key of ours, and this member is missing or not what it should be.
    #[error("{0} is missing or not what it should be")]
    Shape(String),
}

/// A refund that the provider took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundDone {
    /// The provider's number of it.
    pub reference: String,
    /// The answer as it came, for the record.
    pub raw: String,
}

/// What a provider says of paying back, when it is asked about the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundTold {
    /// A refund is on its way, or was sent to the bank.
    OnItsWay,
    /// The refund was refused.
    Refused,
    /// Nothing that could be a refund.
    Nothing,
}
