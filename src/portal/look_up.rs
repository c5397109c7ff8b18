//! What a look-up ends with, and how far its page is towards paying.

use super::prepared::Prepared;
use crate::domain::Vnd;

/// What a look-up found.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, never in a collection"
)]
pub enum LookUp {
    /// Something to pay (or, for a top-up, a page that takes it).
    Found(FoundDebt),
    /// The portal says that nothing is owed, in these words.
    NoDebt(String),
    /// It was paid before.
    Cleared(String),
    /// The account is not known.
    NotFound(String),
    /// The portal refuses.
    Rejected(String),
    /// Several contracts, none of which is the code to the letter.
    Several(Vec<PortalContract>),
}

/// Something to pay.
#[derive(Debug)]
pub struct FoundDebt {
    /// How much.
    pub amount: Vnd,
    /// Whose it is.
    pub customer: Option<String>,
    /// Words for the report.
    pub note: String,
    /// The agent's balance in the frame.
    pub balance: Option<Vnd>,
    /// The agent code in the frame.
    pub agent: Option<String>,
    /// How far the page is.
    pub readiness: Readiness,
}

/// How far a page is towards the paying click.
#[derive(Debug)]
pub enum Readiness {
    /// This contract has to be chosen first.
    Contract(PortalContract),
    /// The debt stands on the phone page.
    PhoneDebt,
    /// The dialog stands open.
    Prepared(Prepared),
    /// A look-up: nothing is to be paid.
    LookedUp,
}

/// One contract of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalContract {
    /// Contract number.
    pub number: String,
    /// Its owner.
    pub owner: String,
    /// The subscriber that stands for it; need not be the one that was searched.
    pub subscriber: String,
    /// Internet, TV…
    pub service: String,
    /// Contact phone, without the leading 0.
    pub contact: String,
    /// What is owed.
    pub debt: Vnd,
    /// The id of its button.
    pub(super) button: String,
}

impl PortalContract {
    /// The lines in the form that the old reports have.
    pub fn note(&self) -> String {
        format!(
            "HD:{} | Chu:{} | SDT:{} | No:{}",
            self.number, self.owner, self.contact, self.debt
        )
    }

    /// Does one of its lines equal the code? Equality, not containment: a short code stands inside
    /// longer ones.
    pub(super) fn is_of(&self, code: &str) -> bool {
        self.number.eq_ignore_ascii_case(code) || self.subscriber.eq_ignore_ascii_case(code)
    }
}
