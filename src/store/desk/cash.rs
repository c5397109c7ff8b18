//! Collectors' cash: what may be held, what is, and handing it in.

mod hand_in;

use serde_json::json;

use super::DeskCash;
use crate::domain::calendar::day_of;
use crate::domain::desk::{CashStanding, CollectorKind, extra_on};
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{
    Conn, SqlRow, Tx, all, execute, insert_once, int, one, text, text_or_none, transaction, values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::people::COLLECTOR;

pub use hand_in::{Confirmed, HandIn, HandInRefusal};

/// A collector with their cash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector {
    /// Who it is.
    pub user_id: i64,
    /// What they are.
    pub kind: Option<CollectorKind>,
    /// Their cash.
    pub cash: CashStanding,
    /// The extra limit that was given, whether or not its day is over.
    pub extra: i64,
    /// Its last day (`2026-11-30`).
    pub extra_until: Option<String>,
}

/// What is held of a day's cash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayHeld {
    /// The day on which it was taken.
    pub day: String,
    /// Đồng.
    pub held: i64,
}

/// What a collector may hold from now on. What is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CollectorChange {
    /// What they are.
    pub kind: Option<CollectorKind>,
    /// Đồng.
    pub cash_limit: Option<i64>,
    /// What they may hold besides, and the last day of it; `(0, None)` takes it away.
    pub extra: Option<(i64, Option<String>)>,
}

/// A collector's standing. `None`: no collector.
pub(super) async fn standing_of<C: Conn>(
    c: &C,
    user: i64,
) -> Result<Option<Collector>, StoreError> {
    let today = day_of(c.now_ms());
    let sql = c.casts(
        "SELECT kind, cash_limit, extra, CAST(extra_until AS CHAR), held, \
         (SELECT CAST(COALESCE(SUM(d.held), 0) AS SIGNED) FROM cash_day d WHERE d.collector_id = collector.user_id AND d.day < ?) \
         FROM collector WHERE user_id = ?",
    );
    let Some(row) = one(c, &sql, values![today.as_str(), user]).await? else {
        return Ok(None);
    };
    let kind = CollectorKind::of(&text(&row, 0)?);
    let (extra, until) = (int(&row, 2)?, text_or_none(&row, 3)?);
    Ok(Some(Collector {
        user_id: user,
        kind,
        cash: CashStanding {
            limit: int(&row, 1)?,
            extra: extra_on(&today, kind, extra, until.as_deref()),
            held: int(&row, 4)?,
            held_of_earlier_days: int(&row, 5)?,
        },
        extra,
        extra_until: until,
    }))
}

/// Reserves cash against the limit: one conditional statement, which nobody passes by one đồng.
pub(super) async fn reserve(
    tx: &Tx,
    user: i64,
    kind: Option<CollectorKind>,
    amount: i64,
) -> Result<bool, StoreError> {
    let mut given = values![amount, tx.now_ms(), user, amount];
    // Only a technician has an extra limit, until its last day.
    let extra = if kind == Some(CollectorKind::Technician) {
        given.push(day_of(tx.now_ms()).into());
        " + CASE WHEN extra_until >= ? THEN extra ELSE 0 END"
    } else {
        ""
    };
    let sql = format!(
        "UPDATE collector SET held = held + ?, updated_at = ? WHERE user_id = ? AND held + ? <= cash_limit{extra}"
    );
    Ok(execute(tx, &sql, given).await? > 0)
}

/// Cash of a day is in a collector's hand.
pub(super) async fn add_to_day(
    tx: &Tx,
    user: i64,
    day: &str,
    amount: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE cash_day SET held = held + ? WHERE collector_id = ? AND day = ?";
    if execute(tx, sql, values![amount, user, day]).await? == 0 {
        let into = "INTO cash_day (collector_id, day, held, handed_in) VALUES (?, ?, 0, 0)";
        insert_once(tx, into, values![user, day]).await?;
        execute(tx, sql, values![amount, user, day]).await?;
    }
    Ok(())
}

/// What is held, day by day, the oldest first.
async fn days_of<C: Conn>(c: &C, user: i64, locked: &str) -> Result<Vec<DayHeld>, StoreError> {
    let sql = format!(
        "SELECT day, held FROM cash_day WHERE collector_id = ? AND held <> 0 ORDER BY day LIMIT 400{locked}"
    );
    let rows = all(c, &sql, values![user]).await?;
    let read = |row: &SqlRow| {
        Ok(DayHeld {
            day: text(row, 0)?,
            held: int(row, 1)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Cash leaves a collector's hand: of the oldest day first. Says what left; no more than was held.
async fn take_off(tx: &Tx, user: i64, amount: i64) -> Result<i64, StoreError> {
    let mut rest = amount;
    for day in days_of(tx, user, tx.locked()).await? {
        let taken = rest.min(day.held);
        if taken <= 0 {
            continue;
        }
        take_off_day(tx, user, &day.day, taken).await?;
        let sql =
            "UPDATE cash_day SET handed_in = handed_in + ? WHERE collector_id = ? AND day = ?";
        execute(tx, sql, values![taken, user, day.day.as_str()]).await?;
        rest -= taken;
    }
    Ok(amount - rest)
}

/// Cash of one day leaves a collector's hand. `false`: not so much of it is held.
pub(super) async fn take_off_day(
    tx: &Tx,
    user: i64,
    day: &str,
    amount: i64,
) -> Result<bool, StoreError> {
    let sql =
        "UPDATE cash_day SET held = held - ? WHERE collector_id = ? AND day = ? AND held >= ?";
    if execute(tx, sql, values![amount, user, day, amount]).await? == 0 {
        return Ok(false);
    }
    let sql = "UPDATE collector SET held = held - ?, updated_at = ? WHERE user_id = ?";
    execute(tx, sql, values![amount, tx.now_ms(), user]).await?;
    Ok(true)
}

/// What a collector has declared and nobody has counted, in đồng.
pub(super) async fn declared<C: Conn>(c: &C, user: i64) -> Result<i64, StoreError> {
    let sql = c.casts(
        "SELECT CAST(COALESCE(SUM(amount), 0) AS SIGNED) FROM hand_in WHERE collector_id = ? AND state = 'open'",
    );
    let row = one(c, &sql, values![user]).await?;
    row.map_or(Ok(0), |row| int(&row, 0))
}

impl DeskCash<'_> {
    /// A collector with their cash. `None`: no collector.
    pub async fn collector(&self, user: i64) -> Result<Option<Collector>, StoreError> {
        standing_of(self.store, user).await
    }

    /// What is held, day by day, the oldest first.
    pub async fn by_day(&self, user: i64) -> Result<Vec<DayHeld>, StoreError> {
        days_of(self.store, user, "").await
    }

    /// What a collector has declared and nobody has counted, in đồng.
    pub async fn declared(&self, user: i64) -> Result<i64, StoreError> {
        declared(self.store, user).await
    }

    /// All collectors of a payee, by their names, with what they hold.
    pub async fn collectors(
        &self,
        owner: i64,
    ) -> Result<Vec<(String, String, Collector)>, StoreError> {
        let sql = "SELECT k.user_id, u.username, u.name FROM collector k JOIN users u ON u.id = k.user_id JOIN accounts a ON a.user_id = u.id \
                   WHERE a.payee_id IS NULL OR a.payee_id = ? ORDER BY u.username LIMIT 1000";
        let mut found = Vec::new();
        for row in all(self.store, sql, values![owner]).await? {
            let user = int(&row, 0)?;
            if let Some(collector) = standing_of(self.store, user).await? {
                let name = text_or_none(&row, 2)?.unwrap_or_default();
                found.push((text(&row, 1)?, name, collector));
            }
        }
        Ok(found)
    }

    /// Changes what a collector may hold.
    pub async fn change(
        &self,
        user: i64,
        change: &CollectorChange,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self.store, |tx| set(&tx, user, change, actor))
    }
}

async fn set(
    tx: &Tx,
    user: i64,
    change: &CollectorChange,
    actor: &Actor,
) -> Result<(), StoreError> {
    let before = standing_of(tx, user).await?.ok_or(StoreError::NoRow)?;
    let (extra, until) = match &change.extra {
        Some((extra, until)) => (*extra, until.clone()),
        None => (before.extra, before.extra_until.clone()),
    };
    let sql = "UPDATE collector SET kind = COALESCE(?, kind), cash_limit = COALESCE(?, cash_limit), extra = ?, extra_until = ?, updated_at = ?, \
               version = version + 1 WHERE user_id = ?";
    let given = values![
        change.kind.map(CollectorKind::wire),
        change.cash_limit,
        extra,
        until,
        tx.now_ms(),
        user
    ];
    execute(tx, sql, given).await?;
    let after = standing_of(tx, user).await?.ok_or(StoreError::NoRow)?;
    let shown = |of: &Collector| json!({ "kind": of.kind.map(CollectorKind::wire), "cash_limit": of.cash.limit, "extra": of.extra, "extra_until": of.extra_until });
    let entry = Entry::of(AuditAction::CollectorLimit)
        .row(&COLLECTOR, user)
        .before(shown(&before))
        .after(shown(&after));
    audit::write(tx, actor, entry).await
}
