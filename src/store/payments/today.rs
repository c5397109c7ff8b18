//! How customers' money stands today, and what of it waits for a person.

use super::MoneyBooks;
use crate::store::StoreError;
use crate::store::base::{Conn, SqlValue, int, one};

/// What waits for a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToDecide {
    /// Payments that somebody has to look at.
    pub payments: i64,
    /// Money that fits no payment.
    pub unmatched: i64,
}

impl ToDecide {
    /// Both.
    pub const fn all(self) -> i64 {
        self.payments + self.unmatched
    }
}

/// Customers' payments of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Today {
    /// Payments that were paid.
    pub paid: i64,
    /// What was credited with them, in đồng.
    pub sum: i64,
    /// Payments that are open now.
    pub waiting: i64,
}

impl MoneyBooks<'_> {
    /// How much waits for a person; of one payee where `owner` says so.
    pub async fn to_decide(&self, owner: Option<i64>) -> Result<ToDecide, StoreError> {
        let whose = whose(owner);
        let sql = self.store.casts(&format!(
            "SELECT (SELECT COUNT(*) FROM payment WHERE task IS NOT NULL{whose}), \
             (SELECT COUNT(*) FROM unmatched_money WHERE state = 'open'{whose})"
        ));
        let given = owner.map_or_else(Vec::new, |owner| vec![SqlValue::from(owner); 2]);
        let row = one(self.store, &sql, given)
            .await?
            .ok_or(StoreError::NoRow)?;
        Ok(ToDecide {
            payments: int(&row, 0)?,
            unmatched: int(&row, 1)?,
        })
    }

    /// What was paid since this moment, and what is open now.
    pub async fn today(&self, owner: Option<i64>, since_ms: i64) -> Result<Today, StoreError> {
        let whose = whose(owner);
        // What was paid today was changed today, and by that there is an index.
        let paid = format!("FROM payment WHERE updated_at >= ? AND paid_at >= ?{whose}");
        let sql = self.store.casts(&format!(
            "SELECT (SELECT COUNT(*) {paid}), (SELECT CAST(COALESCE(SUM(credited), 0) AS SIGNED) {paid}), \
             (SELECT COUNT(*) FROM payment WHERE state IN ('created', 'pending', 'processing', 'underpaid'){whose})"
        ));
        let own = || owner.map(SqlValue::from);
        let mut given: Vec<SqlValue> = Vec::new();
        for _ in 0..2 {
            given.extend([since_ms.into(), since_ms.into()]);
            given.extend(own());
        }
        given.extend(own());
        let row = one(self.store, &sql, given)
            .await?
            .ok_or(StoreError::NoRow)?;
        Ok(Today {
            paid: int(&row, 0)?,
            sum: int(&row, 1)?,
            waiting: int(&row, 2)?,
        })
    }
}

const fn whose(owner: Option<i64>) -> &'static str {
    match owner {
        Some(_) => " AND owner_id = ?",
        None => "",
    }
}
