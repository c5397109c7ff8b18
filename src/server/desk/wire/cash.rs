//! The forms of a collector's cash on the wire.

use serde::Serialize;

use crate::server::desk::contract::CashView;
use crate::store::desk::HandIn;

/// Cash of a day that a collector still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldOfDay {
    /// The day.
    pub day: String,
    /// How much of it.
    pub held: i64,
}

/// What a collector may hold, and holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CashForm {
    /// What may be held, is held, and may still be taken.
    #[serde(flatten)]
    pub cash: CashView,
    /// The oldest day of which something is held.
    pub since: Option<String>,
    /// What is held, by days.
    pub by_day: Vec<HeldOfDay>,
    /// What was declared and not yet counted.
    pub declared: i64,
}

const fn state_of(hand_in: &HandIn) -> &'static str {
    if hand_in.is_confirmed {
        "confirmed"
    } else {
        "open"
    }
}

/// Cash that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandInForm {
    /// Its number.
    pub id: i64,
    /// Who handed it in.
    pub collector: String,
    /// What they said.
    pub amount: i64,
    /// What else they said.
    pub note: String,
    /// `open` until it is counted, then `confirmed`.
    pub state: &'static str,
    /// What was counted.
    pub counted: Option<i64>,
    /// Why that differs.
    pub reason: Option<String>,
}

impl From<&HandIn> for HandInForm {
    fn from(hand_in: &HandIn) -> Self {
        Self {
            id: hand_in.id,
            collector: hand_in.collector.clone(),
            amount: hand_in.amount,
            note: hand_in.note.clone(),
            state: state_of(hand_in),
            counted: hand_in.counted,
            reason: hand_in.reason.clone(),
        }
    }
}

/// What was handed in, all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandInList {
    /// Each time.
    pub hand_ins: Vec<HandInForm>,
}

/// What was just handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandInMade {
    /// Its number.
    pub id: i64,
    /// What was said.
    pub amount: i64,
    /// `open` until it is counted.
    pub state: &'static str,
}

impl From<&HandIn> for HandInMade {
    fn from(hand_in: &HandIn) -> Self {
        Self {
            id: hand_in.id,
            amount: hand_in.amount,
            state: state_of(hand_in),
        }
    }
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandInCounted {
    /// Always `confirmed`.
    pub state: &'static str,
    /// How much.
    pub counted: i64,
}
