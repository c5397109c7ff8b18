//! What the shop's first page asks: today, what is in doubt, who is there, thirty days.
//!
//! Each question is answered from an index and
//! by so many rows as a day has, however many jobs there ever were.

use super::Jobs;
use crate::domain::calendar::DAY_MS;
use crate::store::StoreError;
use crate::store::base::{Conn, Store, all, int, one, text, text_or_none, values};

/// Kinds of failure that are told apart.
const FAILURES_MAX: u32 = 8;

/// What became of jobs of one service in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateTally {
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

/// Numbers about jobs ([`Jobs::board`](super::Jobs::board)).
pub struct Board<'s> {
    store: &'s Store,
}

impl<'s> Jobs<'s> {
    /// What the shop's first page asks about jobs.
    pub const fn board(&self) -> Board<'s> {
        Board { store: self.store }
    }
}

impl Board<'_> {
    /// Jobs that ended since then, or that are at work and something happened to.
    pub async fn tallies(&self, since_ms: i64) -> Result<Vec<StateTally>, StoreError> {
        let sql = self.store.casts(
            "SELECT service, state, outcome, COUNT(*), CAST(COALESCE(SUM(paid_amount), 0) AS SIGNED) FROM jobs \
             WHERE (ended_at >= ? OR (updated_at >= ? AND ended_at IS NULL)) AND deleted_at IS NULL GROUP BY service, state, outcome",
        );
        all(self.store, &sql, values![since_ms, since_ms])
            .await?
            .iter()
            .map(|row| {
                Ok(StateTally {
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
            self.store,
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
        let sql = self.store.casts(
            "SELECT COUNT(*), CAST(COALESCE(SUM(COALESCE(jobs.amount, jobs.expected_amount, \
             (SELECT MAX(attempts.amount) FROM attempts WHERE attempts.job_id = jobs.id))), 0) AS SIGNED) \
             FROM jobs WHERE state IN ('in_doubt', 'review') AND deleted_at IS NULL",
        );
        one(self.store, &sql, vec![])
            .await?
            .map_or(Ok((0, 0)), |row| Ok((int(&row, 0)?, int(&row, 1)?)))
    }

    /// What the portal said where it did not work, the most frequent first.
    pub async fn failures_since(&self, since_ms: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = format!(
            "SELECT COALESCE(message, ''), COUNT(*) FROM jobs WHERE ended_at >= ? AND state = 'failed' AND deleted_at IS NULL \
             GROUP BY COALESCE(message, '') ORDER BY COUNT(*) DESC LIMIT {FAILURES_MAX}"
        );
        all(self.store, &sql, values![since_ms])
            .await?
            .iter()
            .map(|row| Ok((text(row, 0)?, int(row, 1)?)))
            .collect()
    }

    /// What was paid on each of so many days, the last of which begins at `today_ms`.
    pub async fn trend(&self, today_ms: i64, days: i64) -> Result<Vec<Day>, StoreError> {
        let first = today_ms - (days - 1) * DAY_MS;
        let sql = self.store.casts(
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
        for row in all(self.store, &sql, values![first, first]).await? {
            let start_ms = int(&row, 0)?;
            if let Some(day) = trend.iter_mut().find(|day| day.start_ms == start_ms) {
                (day.count, day.paid) = (int(&row, 1)?, int(&row, 2)?);
            }
        }
        Ok(trend)
    }
}
