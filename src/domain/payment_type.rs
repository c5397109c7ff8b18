//! Prepaid or postpaid, for the service that has both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::folded;

/// How a phone number is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentType {
    /// `Nạp trả trước`: a top-up of a stated amount.
    Prepaid,
    /// `Gạch nợ trả sau`: the debt of a postpaid number, whatever it is.
    Postpaid,
}

impl PaymentType {
    /// The words on the form.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Prepaid => "Nạp trả trước",
            Self::Postpaid => "Gạch nợ trả sau",
        }
    }
}

/// Not a payment type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "không có hình thức {0:?}; chọn \"Nạp trả trước\" (prepaid) hoặc \"Gạch nợ trả sau\" (postpaid)"
)]
pub struct NotPaymentType(pub String);

impl FromStr for PaymentType {
    type Err = NotPaymentType;

    fn from_str(text: &str) -> Result<Self, NotPaymentType> {
        match folded(text).as_str() {
            "nạp trả trước" | "trả trước" | "prepaid" => Ok(Self::Prepaid),
            "gạch nợ trả sau" | "trả sau" | "postpaid" => Ok(Self::Postpaid),
            _ => Err(NotPaymentType(text.to_owned())),
        }
    }
}

impl fmt::Display for PaymentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}
