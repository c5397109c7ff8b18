//! How often somebody has begun to pay: counted by the hour, for all servers.

use super::Payments;
use crate::store::StoreError;
use crate::store::base::{Conn, Tx, execute, int, int_or_none, one, transaction, values};

const HOUR_MS: i64 = 3_600_000;
/// Within an hour, and within a day.
const HOUR_MAX: i64 = 50;
const DAY_MAX: i64 = 200;

impl Payments<'_> {
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

impl Payments<'_> {
    /// When a channel may be asked next, in milliseconds from now: each question takes a turn, and turns
    /// are `apart_ms` apart, over all servers. A channel that has answered too much is left alone by
    /// taking a turn far ahead.
    pub async fn take_turn(&self, channel: &str, apart_ms: i64) -> Result<i64, StoreError> {
        transaction!(self.store, |tx| take_turn(&tx, channel, apart_ms))
    }
}

/// Turns stand among the counts, under a name that no caller has: `since` is 0, `count` the next turn.
async fn take_turn(tx: &Tx, channel: &str, apart_ms: i64) -> Result<i64, StoreError> {
    let caller = format!("turn|{channel}");
    let sql = format!(
        "SELECT count FROM call_count WHERE caller = ? AND since = 0{}",
        tx.locked()
    );
    let now = tx.now_ms();
    let Some(row) = one(tx, &sql, values![&caller]).await? else {
        let sql = "INSERT INTO call_count (caller, since, count) VALUES (?, 0, ?)";
        execute(tx, sql, values![&caller, now + apart_ms]).await?;
        return Ok(0);
    };
    // A clock that was set back must not stop a channel for a day.
    let turn = int(&row, 0)?.max(now).min(now + HOUR_MS);
    let sql = "UPDATE call_count SET count = ? WHERE caller = ? AND since = 0";
    execute(tx, sql, values![turn + apart_ms, &caller]).await?;
    Ok(turn - now)
}
