//! Jobs: added once, handed to one machine at a time, armed, reported, decided by a person.
//!
//! The law is [`crate::domain::lease`]; here it is carried out, each step in one transaction that
//! looks at the row, asks the law, and changes the row only where nobody was faster. Start at
//! [`Jobs::lease`], [`Jobs::arm`], [`Jobs::report`].

pub(super) mod add;
mod arm;
mod board;
mod debts;
mod decide;
mod evidence;
mod lease;
mod limit;
mod new_job;
mod repeats;
mod report;
mod rescue;
mod row;
mod view;
mod withdraw;

pub use add::Added;
pub use board::{Board, Day, PaidHour, StateTally};
pub use evidence::{ArmedAttempt, ReportRecord};
pub use lease::{Held, LEASE_MAX, Lease, LeasedJob};
pub use new_job::{JobOrigin, NewJob};
pub use report::ReportVerdict;
pub use rescue::Rescued;
pub use view::{JobFilter, JobView};

pub(in crate::store) use add::add;
pub(in crate::store) use withdraw::{can_be_withdrawn, is_withdrawn};

use super::base::Store;

/// Jobs ([`Store::jobs`]).
pub struct Jobs<'s> {
    store: &'s Store,
}

impl Store {
    /// Jobs: added once, handed to one machine at a time, armed, reported, decided.
    pub const fn jobs(&self) -> Jobs<'_> {
        Jobs { store: self }
    }
}
