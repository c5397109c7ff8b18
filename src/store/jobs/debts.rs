//! Locks of debts: one debt has one payment on its way, over all machines and servers.

use super::row::JobRecord;
use crate::domain::lease::JobState;
use crate::store::StoreError;
use crate::store::base::{Tx, execute, exists, insert, values};

/// Is money of this debt on its way, or in doubt?
pub(super) async fn is_locked(tx: &Tx, debt_key: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM debt_locks WHERE debt_key = ?";
    exists(tx, sql, values![debt_key]).await
}

/// The debt's lock stands exactly as long as money of it may be on its way.
pub(super) async fn follow(
    tx: &Tx,
    row: &JobRecord,
    state: JobState,
    now: i64,
) -> Result<(), StoreError> {
    if state.locks_debt() {
        if !is_locked(tx, &row.debt_key).await? {
            lock(tx, row, now).await?;
        }
        return Ok(());
    }
    execute(
        tx,
        "DELETE FROM debt_locks WHERE debt_key = ? AND job_id = ?",
        values![row.debt_key.clone(), row.id],
    )
    .await
    .map(|_| ())
}

pub(super) async fn lock(tx: &Tx, row: &JobRecord, now: i64) -> Result<(), StoreError> {
    insert(
        tx,
        "INSERT INTO debt_locks (debt_key, job_id, since) VALUES (?, ?, ?)",
        values![row.debt_key.clone(), row.id, now],
    )
    .await
    .map(|_| ())
}
