//! Top-ups that equal one of a short while ago: the portal cannot tell a repeated one from a second
//! one, so a person has to say that it is meant.

use super::row::JobRecord;
use crate::domain::calendar::HOUR_MS;
use crate::domain::{JobState, Outcome};
use crate::store::StoreError;
use crate::store::base::{Conn, Tx, exists, one, text, values};

/// Where the shop has decided nothing.
const REPEAT_HOURS: i64 = 24;

/// Was an equal top-up (the same service, number and amount) paid within the time that the shop has
/// set, by whatever machine? A debt is none: the portal says what is still owed.
pub(super) async fn is_repeat(tx: &Tx, row: &JobRecord) -> Result<bool, StoreError> {
    let Some(amount) = row.amount else {
        return Ok(false);
    };
    let hours = repeat_hours(tx).await?;
    if hours <= 0 {
        return Ok(false);
    }
    let sql = "SELECT 1 FROM jobs WHERE debt_key = ? AND id <> ? AND amount = ? AND state = ? AND outcome = ? AND ended_at >= ?";
    let given = values![
        row.debt_key.clone(),
        row.id,
        amount,
        JobState::Done.wire(),
        Outcome::Paid.wire(),
        tx.now_ms() - hours * HOUR_MS
    ];
    exists(tx, sql, given).await
}

async fn repeat_hours(tx: &Tx) -> Result<i64, StoreError> {
    let sql = "SELECT value FROM settings WHERE name = ?";
    let Some(row) = one(tx, sql, values!["repeat_hours"]).await? else {
        return Ok(REPEAT_HOURS);
    };
    Ok(text(&row, 0)?.parse().unwrap_or(REPEAT_HOURS))
}
