//! What customers pay: payables, payments, the money that came, what was told of it.
//!
//! Lives here: rows and transactions. What becomes of a payment says `domain::payment`; whom to ask and
//! when, the server. Start at [`hear`]: whatever anybody tells of a payment comes through that one door.
//!
//! *Invariants: a transfer, the state of its payment, what its payable is credited with, the letter and
//! the notice are one transaction; a reference books once; the payable's row is locked before the
//! payment's; nothing is called paid here that no transfer says.*

mod add;
mod ask;
mod begin;
mod books;
mod calls;
mod compare;
pub(in crate::store) mod for_desk;
mod hear;
mod keys;
mod link;
mod list;
mod notice;
mod payable;
mod pictures;
mod refund;
mod refund_row;
mod row;
mod samples;
mod statement;
mod today;
mod turns;
mod unmatched;

pub use add::{NewBooking, NewPayable, NewRenter, NewRequest};
pub use ask::{Due, rest_ms};
pub use begin::{Begun, NewPayment};
pub use books::PaymentBooks;
pub use compare::{Difference, DifferenceKind};
pub use hear::{Fact, Heard, HeardFrom, HeardOutcome, SeenMoney};
pub use keys::{KeyClaim, KeyUse, UsedKey};
pub use link::KeptLink;
pub use list::{PaymentFilter, StoredEvent, StoredTransfer};
pub use payable::{Payable, Renter};
pub use pictures::{Came, Made, STEPS_MIN, Took};
pub use refund::{NewRefund, RefundEnd, RefundPlan};
pub use refund_row::RefundAttempt;
pub use row::PaymentRow;
pub use samples::SamplePayment;
pub use statement::{BookedBy, StatementLine, TakenBack};
pub use today::{ToDecide, Today};
pub use turns::TurnWanted;
pub use unmatched::{Attach, Attached, NewUnmatched, Unmatched};

use super::Store;

/// What customers pay ([`Store::payments`]).
pub struct Payments<'s> {
    store: &'s Store,
}

/// What is to be paid: bookings and requests ([`Payments::payables`]).
pub struct Payables<'s> {
    store: &'s Store,
}

/// Whom to ask about open payments and when, and how often somebody has asked us ([`Payments::questions`]).
pub struct Questions<'s> {
    store: &'s Store,
}

/// Sums, comparisons, statements, and money that fits nothing ([`Store::money_books`]).
pub struct MoneyBooks<'s> {
    store: &'s Store,
}

impl Store {
    /// What customers pay.
    pub const fn payments(&self) -> Payments<'_> {
        Payments { store: self }
    }

    /// Sums, comparisons, statements, and money that fits nothing.
    pub const fn money_books(&self) -> MoneyBooks<'_> {
        MoneyBooks { store: self }
    }
}

impl<'s> Payments<'s> {
    /// What is to be paid: bookings and requests.
    pub const fn payables(&self) -> Payables<'s> {
        Payables { store: self.store }
    }

    /// Whom to ask about open payments and when, and how often somebody has asked us.
    pub const fn questions(&self) -> Questions<'s> {
        Questions { store: self.store }
    }
}
