//! The journal's attempts, jobs and events, one by one.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{BatchJob, Ledger, LedgerError, LiveAttempt, job_of};
use crate::domain::{Attempt, Event, Job, Service};

/// One event with its place in the chain.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Its number.
    pub seq: i64,
    /// Its attempt.
    pub attempt: Option<String>,
    /// Its batch.
    pub batch: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// Its body, JSON.
    pub body: String,
    /// Its hash.
    pub hash: String,
}

impl Ledger {
    /// Every attempt without an end.
    pub async fn unfinished(&self) -> Result<Vec<LiveAttempt>, LedgerError> {
        let mut writer = self.connection.lock().await;
        let rows = sqlx::query("SELECT id, job_id, batch_id, service FROM attempts WHERE outcome IS NULL ORDER BY started_ms, id")
            .fetch_all(&mut writer.sql)
            .await
            .map_err(|e| self.fault(e))?;
        drop(writer);
        self.live(rows).await
    }

    /// Attempts in doubt: armed, and without proof of how it ended. Each locks its debt.
    pub async fn in_doubt(&self) -> Result<Vec<LiveAttempt>, LedgerError> {
        let mut all = self.unfinished().await?;
        all.retain(|live| live.attempt.state.is_in_doubt());
        Ok(all)
    }

    async fn live(&self, rows: Vec<SqliteRow>) -> Result<Vec<LiveAttempt>, LedgerError> {
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let id: String = row.get(0);
            // A row of a service that this program does not know (yet) is none that it may touch.
            let Ok(service) = row.get::<&str, _>(3).parse() else {
                continue;
            };
            let (attempt, version) = self.folded(&id).await?;
            all.push(LiveAttempt {
                id,
                job_id: row.get(1),
                batch_id: row.get(2),
                service,
                version,
                attempt,
            });
        }
        Ok(all)
    }

    /// One attempt as it stands now.
    pub async fn attempt_of(&self, id: &str) -> Result<Option<LiveAttempt>, LedgerError> {
        let row = {
            let mut writer = self.connection.lock().await;
            sqlx::query("SELECT id, job_id, batch_id, service FROM attempts WHERE id = ?")
                .bind(id)
                .fetch_optional(&mut writer.sql)
                .await
                .map_err(|e| self.fault(e))?
        };
        Ok(self.live(row.into_iter().collect()).await?.pop())
    }

    /// The job that an attempt is about.
    pub async fn job_of(&self, live: &LiveAttempt) -> Result<Option<Job>, LedgerError> {
        let mut writer = self.connection.lock().await;
        let row = sqlx::query("SELECT * FROM jobs WHERE id = ?")
            .bind(live.job_id)
            .fetch_optional(&mut writer.sql)
            .await
            .map_err(|e| self.fault(e))?;
        Ok(row.and_then(|row| job_of(live.service, &row)))
    }

    /// Number of the newest event, 0 where there is none.
    pub async fn seq(&self) -> i64 {
        self.connection.lock().await.head.seq
    }

    /// The attempt that its events tell of.
    pub async fn fold(&self, attempt: &str) -> Result<Attempt, LedgerError> {
        Ok(self.folded(attempt).await?.0)
    }

    /// With the number of its newest event.
    async fn folded(&self, attempt: &str) -> Result<(Attempt, i64), LedgerError> {
        let mut folded = (Attempt::default(), 0);
        for row in self.events_of(attempt).await? {
            let event: Event =
                serde_json::from_str(&row.body).map_err(|e| LedgerError::Body("?", e))?;
            let version = if event.is_note() { folded.1 } else { row.seq };
            folded = (folded.0.after(&event)?, version);
        }
        Ok(folded)
    }

    /// All events of an attempt, in order.
    pub async fn events_of(&self, attempt: &str) -> Result<Vec<EventRow>, LedgerError> {
        self.events("SELECT seq, attempt_id, batch_id, at_ms, kind, body, hash FROM events WHERE attempt_id = ? ORDER BY seq", attempt).await
    }

    /// All events of a batch, in order.
    pub async fn events_of_batch(&self, batch: &str) -> Result<Vec<EventRow>, LedgerError> {
        self.events("SELECT seq, attempt_id, batch_id, at_ms, kind, body, hash FROM events WHERE batch_id = ? ORDER BY seq", batch).await
    }

    async fn events(&self, query: &'static str, key: &str) -> Result<Vec<EventRow>, LedgerError> {
        let mut writer = self.connection.lock().await;
        let rows = sqlx::query(query)
            .bind(key)
            .fetch_all(&mut writer.sql)
            .await
            .map_err(|e| self.fault(e))?;
        Ok(rows
            .into_iter()
            .map(|row| EventRow {
                seq: row.get(0),
                attempt: row.get(1),
                batch: row.get(2),
                at: Timestamp::from_millisecond(row.get(3)).unwrap_or_default(),
                kind: row.get(4),
                body: row.get(5),
                hash: row.get(6),
            })
            .collect())
    }

    /// The jobs of a batch with their newest attempts.
    pub async fn jobs_of(
        &self,
        batch: &str,
        service: Service,
    ) -> Result<Vec<BatchJob>, LedgerError> {
        let (job_rows, attempt_rows) = {
            let mut writer = self.connection.lock().await;
            let jobs = sqlx::query("SELECT * FROM jobs WHERE batch_id = ? ORDER BY position")
                .bind(batch)
                .fetch_all(&mut writer.sql)
                .await
                .map_err(|e| self.fault(e))?;
            let attempts = sqlx::query("SELECT id, job_id, batch_id, service FROM attempts WHERE batch_id = ? ORDER BY started_ms, id")
                .bind(batch)
                .fetch_all(&mut writer.sql)
                .await
                .map_err(|e| self.fault(e))?;
            (jobs, attempts)
        };
        let mut newest: HashMap<i64, SqliteRow> = HashMap::new();
        for row in attempt_rows {
            newest.insert(row.get(1), row);
        }
        let mut jobs = Vec::with_capacity(job_rows.len());
        for row in job_rows {
            let id: i64 = row.get("id");
            let Some(job) = job_of(service, &row) else {
                continue;
            };
            let last = match newest.remove(&id) {
                Some(attempt) => self.live(vec![attempt]).await?.pop(),
                None => None,
            };
            jobs.push(BatchJob { id, job, last });
        }
        Ok(jobs)
    }
}
