//! What the shop's first page asks: today, what is in doubt, who is there, thirty days.
//!
//! Each question is answered from an index and
//! by so many rows as a day has, however many jobs there ever were.

use super::Jobs;
use crate::domain::calendar::DAY_MS;
use crate::store::StoreError;
use crate::store::base::{Conn, Store, all, int, int_or_none, one, text, text_or_none, values};

/// Kinds of failure that are told apart.
const FAILURES_MAX: u32 = 8;
/// Sums of an hour that are read: of thirty machines at every service in every hour of two days.
const HOURS_MAX: u32 = 20_000;

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

/// What one machine paid of one service within one hour of today or yesterday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidHour {
    /// The service's wire name.
    pub service: String,
    /// The machine's number; nothing where a person said that it was paid.
    pub machine: Option<i64>,
    /// The machine's name.
    pub name: String,
    /// Who sat there last.
    pub operator: Option<String>,
    /// When the hour begins, in milliseconds since 1970.
    pub hour_ms: i64,
    /// Was it before this time of its day? Of today everything was.
    pub is_by_now: bool,
    /// Payments.
    pub count: i64,
    /// How much, in đồng.
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

    /// What was paid today and yesterday, by service, machine and hour.
    pub async fn paid_hours(
        &self,
        today_ms: i64,
        now_ms: i64,
    ) -> Result<Vec<PaidHour>, StoreError> {
        let first = today_ms - DAY_MS;
        let sql = self.store.casts(&format!(
            "SELECT j.service, j.machine_id, MAX(m.name), MAX(m.operator), \
             CAST(j.ended_at - ((j.ended_at - ?) % 3600000) AS SIGNED) AS hour, \
             CASE WHEN j.ended_at >= ? OR j.ended_at <= ? THEN 1 ELSE 0 END AS by_now, \
             COUNT(*), CAST(COALESCE(SUM(j.paid_amount), 0) AS SIGNED) \
             FROM jobs j LEFT JOIN machines m ON m.id = j.machine_id \
             WHERE j.ended_at >= ? AND j.outcome = 'paid' AND j.deleted_at IS NULL GROUP BY 1, 2, 5, 6 LIMIT {HOURS_MAX}"
        ));
        let given = values![first, today_ms, now_ms - DAY_MS, first];
        all(self.store, &sql, given)
            .await?
            .iter()
            .map(|row| {
                Ok(PaidHour {
                    service: text(row, 0)?,
                    machine: int_or_none(row, 1)?,
                    name: text_or_none(row, 2)?.unwrap_or_default(),
                    operator: text_or_none(row, 3)?,
                    hour_ms: int(row, 4)?,
                    is_by_now: int(row, 5)? == 1,
                    count: int(row, 6)?,
                    paid: int(row, 7)?,
                })
            })
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
