//! A form that is filled in and only has to be confirmed.

use serde::Deserialize;

use crate::domain::Vnd;

/// A field as the form sends it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct RawField {
    pub name: String,
    pub value: String,
}

/// Preparing ended with the dialog open, or with a refusal.
#[derive(Debug)]
pub enum Ready {
    /// The dialog stands open.
    Prepared(Prepared),
    /// The portal refuses, in these words.
    Rejected(String),
    /// The portal says that nothing is owed (any more).
    Cleared(String),
}

/// The form is filled and read back, the confirm dialog stands open. Consumed by the click; cannot
/// be made elsewhere.
#[derive(Debug)]
pub struct Prepared {
    pub(super) confirm: &'static str,
    /// Was the amount typed into a field, so that the request carries it?
    pub(super) is_typed: bool,
    /// The amount's button that was chosen, so that the request carries it.
    pub(super) picked: Option<RawField>,
    /// The dialog's words. The click is not made when they have changed.
    pub(super) dialog: String,
    /// The document that the dialog stands in. The click is made in no other.
    pub(super) doc: String,
    /// Amounts of money in the dialog.
    pub dialog_amounts: Vec<Vnd>,
    /// The agent's balance in the frame.
    pub balance: Option<Vnd>,
    /// The agent code in the frame.
    pub agent: Option<String>,
}

impl Prepared {
    /// The question that will be confirmed, word for word.
    pub fn question(&self) -> &str {
        &self.dialog
    }

    /// The amount was typed into a field: the request has to carry it.
    pub(super) fn typed(self) -> Self {
        Self {
            is_typed: true,
            ..self
        }
    }
}

impl Ready {
    /// As [`Prepared::typed`].
    pub(super) fn typed(self) -> Self {
        match self {
            Self::Prepared(prepared) => Self::Prepared(prepared.typed()),
            other => other,
        }
    }
}
