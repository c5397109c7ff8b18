//! The collection desk: contracts with what they owe, payments at the door with their receipts, cash,
//! visits, the books of a day.
//!
//! Lives here: rows and transactions. What may be taken says `domain::desk`; what becomes of a payment,
//! `domain::payment`: money of the desk comes through `payments::hear` like everybody's, which tells
//! [`follow`] what became of what was paid for.
//!
//! *Invariants: an item is in one open or paid payment at most; cash is reserved by one conditional
//! statement; a receipt's number is taken in the transaction of its payment, so that none is left out;
//! locks are taken in one order: hand-in or desk payment, payment, items, collector, cash, counter.*

mod begin;
mod book;
mod bring;
mod cash;
mod change;
mod contract;
mod day;
mod find;
mod follow;
mod head;
mod import;
mod kept;
mod notice;
mod pay;
mod receipt;
mod samples;
mod settle;
mod told;
mod undo;
mod visit;

pub use begin::{DeskBegun, DeskWish, Notify};
pub use book::{BookDifference, BookOfDay};
pub use bring::OldRow;
pub use cash::{Collector, CollectorChange, Confirmed, DayHeld, HandIn, HandInRefusal};
pub use contract::{Contract, ContractItem};
pub use day::{CollectorDay, DayReceipt, DayVisit};
pub use find::{FoundContract, ListOrder};
pub use import::{ImportTally, RefusedContract};
pub use pay::{DeskItem, DeskPayment, PaymentsOf};
pub use receipt::{PublicReceipt, ReceiptFault};
pub use told::DeskNotice;
pub use visit::{NewVisit, PastVisit};

pub(in crate::store) use follow::{DeskOwing, credit, follow, lock};
pub(in crate::store) use notice::instead_of_zns;
pub(in crate::store) use settle::{SettleNews, job_ended};

use super::Store;

/// Contracts and payments at the door ([`Store::desk`]).
pub struct Desk<'s> {
    store: &'s Store,
}

/// Collectors' cash and the books of the desk ([`Desk::cash`]).
pub struct DeskCash<'s> {
    store: &'s Store,
}

impl Store {
    /// Contracts and payments at the door.
    pub const fn desk(&self) -> Desk<'_> {
        Desk { store: self }
    }
}

impl<'s> Desk<'s> {
    /// Collectors' cash and the books of the desk.
    pub const fn cash(&self) -> DeskCash<'s> {
        DeskCash { store: self.store }
    }
}
