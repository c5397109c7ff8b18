//! A job is taken back because what it was made for is no more: a receipt that is cancelled, an item that
//! was settled elsewhere.

use serde_json::json;

use crate::domain::lease::JobState;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{Conn, Tx, execute, int, one, text, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::work::JOBS;

/// The last job of an item: its number, and may it be taken back? Only one that nobody was ever handed.
async fn job_of(tx: &Tx, item: i64) -> Result<Option<(i64, bool)>, StoreError> {
    let sql = format!(
        "SELECT id, state, fence FROM jobs WHERE contract_item_id = ? ORDER BY id DESC LIMIT 1{}",
        tx.locked()
    );
    let Some(row) = one(tx, &sql, values![item]).await? else {
        return Ok(None);
    };
    let state = text(&row, 1)?;
    let is_untouched = state == JobState::Ready.wire() && int(&row, 2)? == 0;
    Ok(Some((
        int(&row, 0)?,
        is_untouched || state == JobState::Cancelled.wire(),
    )))
}

/// Could the job of an item be taken back now? Held until the transaction ends.
pub(in crate::store) async fn can_be_withdrawn(tx: &Tx, item: i64) -> Result<bool, StoreError> {
    Ok(job_of(tx, item).await?.is_none_or(|(_, may)| may))
}

/// Takes the job of an item back, where there is one that nobody was handed; people read why. `false`:
/// somebody was.
pub(in crate::store) async fn is_withdrawn(
    tx: &Tx,
    item: i64,
    why: &str,
) -> Result<bool, StoreError> {
    let Some((job, may)) = job_of(tx, item).await? else {
        return Ok(true);
    };
    if !may {
        return Ok(false);
    }
    let sql = "UPDATE jobs SET state = 'cancelled', outcome = 'cancelled', live_key = NULL, message = ?, updated_at = ?, ended_at = ?, \
               version = version + 1 WHERE id = ? AND state = 'ready'";
    let now = tx.now_ms();
    let given = values![why, now, now, job];
    if execute(tx, sql, given).await? > 0 {
        let entry = Entry::of(AuditAction::JobsDecide)
            .row(&JOBS, job)
            .before(json!({ "state": "ready" }))
            .after(json!({ "state": "cancelled", "reason": why }));
        audit::write(tx, &Actor::system(), entry).await?;
    }
    Ok(true)
}
