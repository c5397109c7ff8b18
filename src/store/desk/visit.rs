//! A visit that brought no money: why, and when somebody comes again.

use serde_json::json;

use super::contract::of_number;
use super::{Desk, notice};
use crate::domain::calendar::{day_of, wire_time};
use crate::store::StoreError;
use crate::store::base::{
    Conn, SqlRow, Tx, all, insert, int, text, text_or_none, transaction, values,
};
use crate::store::payments::{KeyUse, UsedKey, for_desk};

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

/// A visit that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastVisit {
    /// Why nothing was paid.
    pub reason: String,
    /// When somebody comes again.
    pub again_on: Option<String>,
    /// What else was said.
    pub note: String,
    /// When it was.
    pub at: i64,
    /// Who was there, by their login.
    pub collector: String,
}

impl Desk<'_> {
    /// Keeps a visit. Says its number; `None`: there is no such contract. `Err`: the key was used for
    /// something else.
    pub async fn visit(
        &self,
        owner: i64,
        collector: (i64, &str),
        visit: &NewVisit<'_>,
        key: Option<&KeyUse>,
    ) -> Result<Result<Option<i64>, UsedKey>, StoreError> {
        transaction!(self.store, |tx| keep(&tx, owner, collector, visit, key))
    }

    /// The last visits to a contract that brought no money, the newest first.
    pub async fn visits_to(&self, contract: i64, most: u32) -> Result<Vec<PastVisit>, StoreError> {
        let sql = format!(
            "SELECT v.reason, v.again_on, v.note, v.at, u.username FROM visit v LEFT JOIN users u ON u.id = v.collector_id \
             WHERE v.contract_id = ? ORDER BY v.id DESC LIMIT {most}"
        );
        let read = |row: &SqlRow| {
            Ok(PastVisit {
                reason: text(row, 0)?,
                again_on: text_or_none(row, 1)?,
                note: text(row, 2)?,
                at: int(row, 3)?,
                collector: text_or_none(row, 4)?.unwrap_or_default(),
            })
        };
        let rows = all(self.store, &sql, values![contract]).await?;
        rows.iter().map(read).collect()
    }
}

async fn keep(
    tx: &Tx,
    owner: i64,
    (user, login): (i64, &str),
    visit: &NewVisit<'_>,
    key: Option<&KeyUse>,
) -> Result<Result<Option<i64>, UsedKey>, StoreError> {
    match for_desk::key_look(tx, key).await? {
        Some(Ok(id)) => return Ok(Ok(Some(id))),
        Some(Err(used)) => return Ok(Err(used)),
        None => {}
    }
    let Some(contract) = of_number(tx, owner, visit.contract, "").await? else {
        return Ok(Ok(None));
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
            "at": wire_time(now),
        });
        notice::care(tx, owner, &format!("visit-{id}"), &body).await?;
    }
    for_desk::key_keep(tx, key, id).await?;
    Ok(Ok(Some(id)))
}
