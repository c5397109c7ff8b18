//! A visit that brought no money: why, and when somebody comes again.

use serde_json::json;

use super::contract::of_number;
use super::{Desk, notice};
use crate::domain::calendar::day_of;
use crate::store::StoreError;
use crate::store::base::{Conn, Tx, insert, transaction, values};

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVisit<'v> {
    /// The contract's number.
    pub contract: &'v str,
    /// Why nothing was paid.
    pub reason: &'v str,
    /// When somebody comes again (`2026-11-30`).
    pub again_on: Option<&'v str>,
    /// What else there is to say.
    pub note: &'v str,
}

impl Desk<'_> {
    /// Keeps a visit. Says its number; `None`: there is no such contract.
    pub async fn visit(
        &self,
        owner: i64,
        collector: (i64, &str),
        visit: &NewVisit<'_>,
    ) -> Result<Option<i64>, StoreError> {
        transaction!(self.store, |tx| keep(&tx, owner, collector, visit))
    }
}

async fn keep(
    tx: &Tx,
    owner: i64,
    (user, login): (i64, &str),
    visit: &NewVisit<'_>,
) -> Result<Option<i64>, StoreError> {
    let Some(contract) = of_number(tx, owner, visit.contract, "").await? else {
        return Ok(None);
    };
    let sql = "INSERT INTO visit (contract_id, collector_id, reason, again_on, note, day, at) VALUES (?, ?, ?, ?, ?, ?, ?)";
    let now = tx.now_ms();
    let given = values![
        contract.id,
        user,
        visit.reason,
        visit.again_on,
        visit.note,
        day_of(now),
        now
    ];
    let id = insert(tx, sql, given).await?;
    if notice::has_company(tx, owner).await? {
        let body = json!({
            "kind": "visit",
            "contract": contract.number,
            "reason": visit.reason,
            "again_on": visit.again_on,
            "note": visit.note,
            "collector": login,
            "at": now,
        });
        notice::care(tx, owner, &format!("visit-{id}"), &body).await?;
    }
    Ok(Some(id))
}
