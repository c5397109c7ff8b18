//! A collector's day: receipts, sums by method, visits.

use super::DeskCash;
use crate::domain::desk::DeskMethod;
use crate::store::StoreError;
use crate::store::base::{all, int, int_or_none, text, text_or_none, values};

/// A receipt of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayReceipt {
    /// Its number.
    pub number: String,
    /// The contract's number.
    pub contract: String,
    /// The customer.
    pub customer_name: String,
    /// Đồng.
    pub total: i64,
    /// How it was paid.
    pub method: DeskMethod,
    /// When.
    pub at: i64,
    /// Was it cancelled?
    pub is_cancelled: bool,
    /// The payment that it is of.
    pub payment: i64,
}

/// A visit of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayVisit {
    /// The contract's number.
    pub contract: String,
    /// Why nothing was paid.
    pub reason: String,
    /// When somebody comes again.
    pub again_on: Option<String>,
    /// What else was said.
    pub note: String,
    /// When it was.
    pub at: i64,
}

/// A collector's day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CollectorDay {
    /// Receipts, the newest first; cancelled ones are among them.
    pub receipts: Vec<DayReceipt>,
    /// Visits without money, the newest first.
    pub visits: Vec<DayVisit>,
}

impl CollectorDay {
    /// What was taken by a method, in đồng. Cancelled receipts do not count.
    pub fn taken_by(&self, method: DeskMethod) -> i64 {
        let counted = |r: &&DayReceipt| r.method == method && !r.is_cancelled;
        self.receipts.iter().filter(counted).map(|r| r.total).sum()
    }
}

impl DeskCash<'_> {
    /// What a collector did on a day (`2026-11-26`).
    pub async fn day(&self, user: i64, day: &str) -> Result<CollectorDay, StoreError> {
        let sql = "SELECT d.receipt_number, c.number, d.customer_name, d.amount, d.method, d.receipt_at, d.cancelled_at, d.id FROM desk_payment d \
                   JOIN contract c ON c.id = d.contract_id WHERE d.collector_id = ? AND d.receipt_day = ? ORDER BY d.receipt_at DESC, d.id DESC LIMIT 2000";
        let mut found = CollectorDay::default();
        for row in all(self.store, sql, values![user, day]).await? {
            let method = text(&row, 4)?;
            found.receipts.push(DayReceipt {
                number: text(&row, 0)?,
                contract: text(&row, 1)?,
                customer_name: text(&row, 2)?,
                total: int(&row, 3)?,
                method: DeskMethod::of(&method).ok_or_else(|| {
                    StoreError::Damaged(format!("desk_payment.method: {method:?}"))
                })?,
                at: int(&row, 5)?,
                is_cancelled: int_or_none(&row, 6)?.is_some(),
                payment: int(&row, 7)?,
            });
        }
        let sql = "SELECT c.number, v.reason, v.again_on, v.note, v.at FROM visit v JOIN contract c ON c.id = v.contract_id \
                   WHERE v.collector_id = ? AND v.day = ? ORDER BY v.id DESC LIMIT 1000";
        for row in all(self.store, sql, values![user, day]).await? {
            found.visits.push(DayVisit {
                contract: text(&row, 0)?,
                reason: text(&row, 1)?,
                again_on: text_or_none(&row, 2)?,
                note: text(&row, 3)?,
                at: int(&row, 4)?,
            });
        }
        Ok(found)
    }
}
