//! What the shop's first page asks: today, what is in doubt, who is there, thirty days.
//!
//! What it counts as not looked at is marked here, too. Each question is answered from an index and
//! by so many rows as a day has, however many jobs there ever were.

use std::collections::HashMap;

use super::StoreError;
use super::audit::{self, Actor};
use super::db::{
    Store, Tx, all, execute, int, int_or_none, one, text, text_or_none, transaction, values,
};
use crate::domain::calendar::DAY_MS;

/// Kinds of failure that are told apart.
const FAILURES_MAX: u32 = 8;
/// Machines that are shown.
const MACHINES_MAX: u32 = 30;
/// Reports that are marked in one transaction.
const SEEN_BATCH: usize = 200;

/// What became of jobs of one service in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The service's wire name.
    pub service: String,
    /// The state's wire name.
    pub state: String,
    /// The outcome's, where there is one.
    pub outcome: Option<String>,
    /// How many.
    pub count: i64,
    /// How much was paid.
    pub paid: i64,
}

/// A day of the trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Its beginning.
    pub start_ms: i64,
    /// Payments.
    pub count: i64,
    /// How much.
    pub paid: i64,
}

/// A machine and when it was heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// When it was heard of last.
    pub last_seen: Option<i64>,
    /// Logins that run on it.
    pub sessions: i64,
    /// Who sits there.
    pub operator: Option<String>,
    /// What it runs.
    pub program: Option<String>,
}

impl Store {
    /// Jobs that ended since then, or that are at work and something happened to.
    pub async fn tallies(&self, since_ms: i64) -> Result<Vec<Tally>, StoreError> {
        let sql = self.casts(
            "SELECT service, state, outcome, COUNT(*), CAST(COALESCE(SUM(paid_amount), 0) AS SIGNED) FROM jobs \
             WHERE (ended_at >= ? OR (updated_at >= ? AND ended_at IS NULL)) AND deleted_at IS NULL GROUP BY service, state, outcome",
        );
        all(&self.db, &sql, values![since_ms, since_ms])
            .await?
            .iter()
            .map(|row| {
                Ok(Tally {
                    service: text(row, 0)?,
                    state: text(row, 1)?,
                    outcome: text_or_none(row, 2)?,
                    count: int(row, 3)?,
                    paid: int(row, 4)?,
                })
            })
            .collect()
    }

    /// How many jobs of each service wait, by the index of claims.
    pub async fn waiting(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = all(
            &self.db,
            "SELECT service, COUNT(*) FROM jobs WHERE state = 'ready' GROUP BY service",
            vec![],
        )
        .await?;
        rows.iter()
            .map(|row| Ok((text(row, 0)?, int(row, 1)?)))
            .collect()
    }

    /// Jobs of which nobody knows whether they were paid: how many, and how much may be on its way.
    pub async fn in_doubt(&self) -> Result<(i64, i64), StoreError> {
        let sql = self.casts(
            "SELECT COUNT(*), CAST(COALESCE(SUM(COALESCE(jobs.amount, jobs.expected_amount, \
             (SELECT MAX(attempts.amount) FROM attempts WHERE attempts.job_id = jobs.id))), 0) AS SIGNED) \
             FROM jobs WHERE state IN ('in_doubt', 'review') AND deleted_at IS NULL",
        );
        one(&self.db, &sql, vec![])
            .await?
            .map_or(Ok((0, 0)), |row| Ok((int(&row, 0)?, int(&row, 1)?)))
    }

    /// What was allowed last for each job in doubt, by the job's number.
    pub async fn doubtful_amounts(&self) -> Result<HashMap<i64, i64>, StoreError> {
        let sql = self.casts(
            "SELECT CAST(attempts.job_id AS SIGNED), CAST(MAX(attempts.amount) AS SIGNED) FROM attempts JOIN jobs ON jobs.id = attempts.job_id \
             WHERE jobs.state IN ('in_doubt', 'review') AND jobs.deleted_at IS NULL AND attempts.amount IS NOT NULL GROUP BY attempts.job_id",
        );
        all(&self.db, &sql, vec![])
            .await?
            .iter()
            .map(|row| Ok((int(row, 0)?, int(row, 1)?)))
            .collect()
    }

    /// Reports that were not accepted and that nobody has looked at.
    pub async fn unseen_reports(&self) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM reports WHERE verdict = 'refused' AND seen_at IS NULL";
        one(&self.db, sql, vec![])
            .await?
            .map_or(Ok(0), |row| int(&row, 0))
    }

    /// Somebody has looked at these refused reports. Says how many nobody had looked at before.
    pub async fn see_reports(&self, ids: &[i64], actor: &Actor) -> Result<usize, StoreError> {
        let mut seen = 0;
        for some in ids.chunks(SEEN_BATCH) {
            seen += transaction!(self, |tx| self.see_some(&tx, some, actor))?;
        }
        Ok(seen)
    }

    async fn see_some(&self, tx: &Tx, ids: &[i64], actor: &Actor) -> Result<usize, StoreError> {
        let mut seen = 0;
        for id in ids {
            let sql = "UPDATE reports SET seen_at = ? WHERE id = ? AND verdict = 'refused' AND seen_at IS NULL";
            let now = self.now_ms();
            if execute(&**tx, sql, values![now, *id]).await? == 1 {
                seen += 1;
                let told = serde_json::json!({ "seen_at": now });
                audit::write(
                    self,
                    tx,
                    actor,
                    "reports.seen",
                    Some("reports"),
                    Some(*id),
                    None,
                    Some(&told),
                )
                .await?;
            }
        }
        Ok(seen)
    }

    /// What the portal said where it did not work, the most frequent first.
    pub async fn failures_since(&self, since_ms: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = format!(
            "SELECT COALESCE(message, ''), COUNT(*) FROM jobs WHERE ended_at >= ? AND state = 'failed' AND deleted_at IS NULL \
             GROUP BY COALESCE(message, '') ORDER BY COUNT(*) DESC LIMIT {FAILURES_MAX}"
        );
        all(&self.db, &sql, values![since_ms])
            .await?
            .iter()
            .map(|row| Ok((text(row, 0)?, int(row, 1)?)))
            .collect()
    }

    /// What was paid on each of so many days, the last of which begins at `today_ms`.
    pub async fn trend(&self, today_ms: i64, days: i64) -> Result<Vec<Day>, StoreError> {
        let first = today_ms - (days - 1) * DAY_MS;
        let sql = self.casts(
            "SELECT CAST(ended_at - ((ended_at - ?) % 86400000) AS SIGNED) AS day, COUNT(*), CAST(COALESCE(SUM(paid_amount), 0) AS SIGNED) \
             FROM jobs WHERE ended_at >= ? AND outcome = 'paid' AND deleted_at IS NULL GROUP BY 1",
        );
        let mut trend: Vec<Day> = (0..days)
            .map(|at| Day {
                start_ms: first + at * DAY_MS,
                count: 0,
                paid: 0,
            })
            .collect();
        for row in all(&self.db, &sql, values![first, first]).await? {
            let start_ms = int(&row, 0)?;
            if let Some(day) = trend.iter_mut().find(|day| day.start_ms == start_ms) {
                (day.count, day.paid) = (int(&row, 1)?, int(&row, 2)?);
            }
        }
        Ok(trend)
    }

    /// Machines whose token works, those that were heard of last first.
    pub async fn machines_seen(&self) -> Result<Vec<Seen>, StoreError> {
        let sql = format!(
            "SELECT id, name, last_seen, sessions, operator, program FROM machines WHERE revoked_at IS NULL ORDER BY last_seen DESC LIMIT {MACHINES_MAX}"
        );
        all(&self.db, &sql, vec![])
            .await?
            .iter()
            .map(|row| {
                Ok(Seen {
                    id: int(row, 0)?,
                    name: text(row, 1)?,
                    last_seen: int_or_none(row, 2)?,
                    sessions: int_or_none(row, 3)?.unwrap_or(0),
                    operator: text_or_none(row, 4)?,
                    program: text_or_none(row, 5)?,
                })
            })
            .collect()
    }
}
