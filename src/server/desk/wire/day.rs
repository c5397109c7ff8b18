//! The forms of days on the wire: a collector's own, and the shop's book.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::desk::DeskMethod;
use crate::server::pay::shown::time;
use crate::store::desk::{BookDifference, BookOfDay, CollectorDay, DayReceipt, DayVisit};

/// A receipt of a collector's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayReceiptForm {
    /// Its number.
    pub number: String,
    /// The contract's number.
    pub contract: String,
    /// What it comes to.
    pub total: i64,
    /// How it was paid.
    pub method: &'static str,
    /// When.
    pub at: String,
    /// Was it cancelled?
    pub cancelled: bool,
}

impl From<&DayReceipt> for DayReceiptForm {
    fn from(receipt: &DayReceipt) -> Self {
        Self {
            number: receipt.number.clone(),
            contract: receipt.contract.clone(),
            total: receipt.total,
            method: receipt.method.wire(),
            at: time(receipt.at),
            cancelled: receipt.is_cancelled,
        }
    }
}

/// A visit without money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayVisitForm {
    /// The contract's number.
    pub contract: String,
    /// Why nothing was paid.
    pub reason: String,
    /// When somebody comes again.
    pub again_on: Option<String>,
}

impl From<&DayVisit> for DayVisitForm {
    fn from(visit: &DayVisit) -> Self {
        Self {
            contract: visit.contract.clone(),
            reason: visit.reason.clone(),
            again_on: visit.again_on.clone(),
        }
    }
}

/// A collector's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayForm {
    /// Which day.
    pub date: String,
    /// Receipts, the newest first; cancelled ones are among them.
    pub receipts: Vec<DayReceiptForm>,
    /// What was taken, by each method's name.
    pub by_method: Map<String, Value>,
    /// Visits without money, the newest first.
    pub visits: Vec<DayVisitForm>,
}

impl DayForm {
    /// What was done on a day.
    pub fn of(day: String, done: &CollectorDay) -> Self {
        let taken = |method: DeskMethod| (method.wire().to_owned(), done.taken_by(method).into());
        Self {
            date: day,
            receipts: done.receipts.iter().map(DayReceiptForm::from).collect(),
            by_method: DeskMethod::ALL.into_iter().map(taken).collect(),
            visits: done.visits.iter().map(DayVisitForm::from).collect(),
        }
    }
}

/// What was collected, by what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "ways of paying, each by its name")]
pub struct CollectedForm {
    pub cash: i64,
    pub wallet: i64,
    pub qr: i64,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DifferenceForm {
    /// What differs.
    pub what: String,
    /// By how much; less than nothing where something is short.
    pub amount: i64,
    /// Why.
    pub reason: String,
}

impl From<&BookDifference> for DifferenceForm {
    fn from(difference: &BookDifference) -> Self {
        Self {
            what: difference.what.clone(),
            amount: difference.amount,
            reason: difference.reason.clone(),
        }
    }
}

/// The shop's book of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BookForm {
    /// Which day.
    pub date: String,
    /// What was collected.
    pub collected: CollectedForm,
    /// Of this day's cash: handed in and counted.
    pub handed_in: i64,
    /// Of this day's cash: still with collectors.
    pub held: i64,
    /// Cash that was counted on this day, of whichever day it is.
    pub counted: i64,
    /// What providers transferred.
    pub transfers: i64,
    /// What the portal took.
    pub settled: i64,
    /// Everything that does not fit.
    pub differences: Vec<DifferenceForm>,
}

impl BookForm {
    /// The book of a day.
    pub fn of(day: String, book: &BookOfDay) -> Self {
        Self {
            date: day,
            collected: CollectedForm {
                cash: book.cash,
                wallet: book.wallet,
                qr: book.qr,
            },
            handed_in: book.handed_in,
            held: book.held,
            counted: book.counted,
            transfers: book.transfers,
            settled: book.settled,
            differences: book.differences.iter().map(DifferenceForm::from).collect(),
        }
    }
}
