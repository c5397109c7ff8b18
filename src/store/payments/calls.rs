//! How often somebody has begun to pay: counted by the hour, for all servers.

use super::Questions;
use crate::domain::calendar::HOUR_MS;
use crate::store::StoreError;
use crate::store::base::{Conn, Tx, execute, int_or_none, one, transaction, values};

/// Within an hour, and within a day.
const HOUR_MAX: i64 = 50;
const DAY_MAX: i64 = 200;

impl Questions<'_> {
    /// Counts a call. `Err` within: it is one too many, and when another one may come, in seconds.
    pub async fn count_call(&self, caller: &str) -> Result<Result<(), u64>, StoreError> {
        transaction!(self.store, |tx| count(&tx, caller))
    }
}

async fn count(tx: &Tx, caller: &str) -> Result<Result<(), u64>, StoreError> {
    let now = tx.now_ms();
    let hour = now - now.rem_euclid(HOUR_MS);
    let sql = tx.casts(
        "SELECT CAST(SUM(count) AS SIGNED), CAST(SUM(CASE WHEN since = ? THEN count ELSE 0 END) AS SIGNED), CAST(MIN(since) AS SIGNED) \
         FROM call_count WHERE caller = ? AND since > ?",
    );
    let given = values![hour, caller, hour - 24 * HOUR_MS];
    let row = one(tx, &sql, given).await?;
    let number = |at| match &row {
        Some(row) => int_or_none(row, at),
        None => Ok(None),
    };
    let (day, this_hour) = (number(0)?.unwrap_or(0), number(1)?.unwrap_or(0));
    let until = if day >= DAY_MAX {
        number(2)?.unwrap_or(hour) + 24 * HOUR_MS
    } else {
        hour + HOUR_MS
    };
    if day >= DAY_MAX || this_hour >= HOUR_MAX {
        let seconds = (until - now).max(1_000) / 1_000;
        return Ok(Err(seconds.unsigned_abs()));
    }
    let sql = "UPDATE call_count SET count = count + 1 WHERE caller = ? AND since = ?";
    if execute(tx, sql, values![caller, hour]).await? == 0 {
        let sql = "INSERT INTO call_count (caller, since, count) VALUES (?, ?, 1)";
        execute(tx, sql, values![caller, hour]).await?;
    }
    Ok(Ok(()))
}
