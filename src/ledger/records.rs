//! What was done, for lists, sums, reports and searches.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Ledger, LedgerError, job_of};
use crate::domain::{Attempt, Conclusion, Job, Outcome, Phone, Proof, Service, Vnd};

/// The journal as a record of what was done.
#[derive(Debug, Clone, Copy)]
pub struct Records<'l> {
    ledger: &'l Ledger,
}

impl Ledger {
    /// What was done, for lists, sums, reports and searches.
    pub fn records(&self) -> Records<'_> {
        Records { ledger: self }
    }
}

/// How one job of a batch stands.
#[derive(Debug, Clone)]
pub struct JobResult {
    /// The job.
    pub job: Job,
    /// Its newest attempt's id, where one was made.
    pub attempt: Option<String>,
    /// How it ended or stands.
    pub conclusion: Conclusion,
    /// Whose bill it is, where the page said so.
    pub customer: Option<String>,
    /// When the newest attempt last changed.
    pub at: Option<Timestamp>,
}

/// A batch in a list.
#[derive(Debug, Clone)]
pub struct BatchSummary {
    /// Its id.
    pub id: String,
    /// The service.
    pub service: Service,
    /// The portal user.
    pub agent: String,
    /// Who worked.
    pub operator: String,
    /// The portal's address.
    pub portal: String,
    /// When it was entered.
    pub started: Timestamp,
    /// When it was gone through, if it was.
    pub finished: Option<Timestamp>,
    /// Stops before arming.
    pub is_dry_run: bool,
    /// Rows that were left out, as they were entered.
    pub left_out: serde_json::Value,
    /// Number of jobs.
    pub jobs: i64,
}

/// What ended in a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// The service.
    pub service: Service,
    /// How it ended.
    pub outcome: Outcome,
    /// The quarter's beginning, in milliseconds since 1970.
    pub at_ms: i64,
    /// How many.
    pub count: usize,
    /// Their amounts together.
    pub amount: Vnd,
}

impl Records<'_> {
    /// When an armed attempt became unknown, in milliseconds since 1970: contact was lost, or its
    /// program had died and this one took over. Before that it may have been sent at any moment.
    pub async fn unknown_since(&self, id: &str) -> Result<Option<i64>, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        let row = sqlx::query(
            "SELECT MIN(e.at_ms) FROM events e JOIN events armed ON armed.attempt_id = e.attempt_id AND armed.kind = 'armed' \
             WHERE e.attempt_id = ? AND e.kind = 'contact_lost' AND e.seq > armed.seq",
        )
        .bind(id)
        .fetch_one(&mut writer.sql)
        .await
        .map_err(|e| self.ledger.fault(e))?;
        Ok(row.get(0))
    }

    /// How every job of a batch stands, in order.
    pub async fn results(
        &self,
        batch: &str,
        service: Service,
    ) -> Result<Vec<JobResult>, LedgerError> {
        let times: HashMap<String, i64> = {
            let mut writer = self.ledger.connection.lock().await;
            sqlx::query("SELECT attempt_id, MAX(at_ms) FROM events WHERE batch_id = ? AND attempt_id IS NOT NULL GROUP BY attempt_id")
                .bind(batch)
                .fetch_all(&mut writer.sql)
                .await
                .map_err(|e| self.ledger.fault(e))?
                .into_iter()
                .map(|row| (row.get(0), row.get(1)))
                .collect()
        };
        let jobs = self.ledger.jobs_of(batch, service).await?;
        Ok(jobs
            .into_iter()
            .map(|job| match job.last {
                None => JobResult {
                    job: job.job,
                    attempt: None,
                    conclusion: Attempt::default().standing(),
                    customer: None,
                    at: None,
                },
                Some(live) => JobResult {
                    job: job.job,
                    conclusion: live.attempt.standing(),
                    customer: live.attempt.quote.and_then(|q| q.customer),
                    at: times
                        .get(&live.id)
                        .and_then(|ms| Timestamp::from_millisecond(*ms).ok()),
                    attempt: Some(live.id),
                },
            })
            .collect())
    }

    /// The batches, newest first.
    pub async fn batches(&self, most: u32) -> Result<Vec<BatchSummary>, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        let rows = sqlx::query(
            "SELECT b.*, (SELECT COUNT(*) FROM jobs j WHERE j.batch_id = b.id) AS job_count FROM batches b \
             ORDER BY started_ms DESC, id DESC LIMIT ?",
        )
        .bind(most)
        .fetch_all(&mut writer.sql)
        .await
        .map_err(|e| self.ledger.fault(e))?;
        Ok(rows.iter().filter_map(summary_of).collect())
    }

    /// The batches that were entered since then (milliseconds since 1970), the newest first.
    pub async fn batches_since(&self, since_ms: i64) -> Result<Vec<BatchSummary>, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        let rows = sqlx::query(
            "SELECT b.*, (SELECT COUNT(*) FROM jobs j WHERE j.batch_id = b.id) AS job_count FROM batches b \
             WHERE started_ms >= ? ORDER BY started_ms DESC, id DESC",
        )
        .bind(since_ms)
        .fetch_all(&mut writer.sql)
        .await
        .map_err(|e| self.ledger.fault(e))?;
        Ok(rows.iter().filter_map(summary_of).collect())
    }

    /// What ended since then (milliseconds since 1970), summed by service, outcome and quarter of
    /// an hour: whole local days can be made of that in every time zone. Dry runs are left out.
    pub async fn sums_since(&self, since_ms: i64) -> Result<Vec<Sum>, LedgerError> {
        const QUARTER_MS: i64 = 900_000;
        let mut writer = self.ledger.connection.lock().await;
        let rows = sqlx::query(
            "SELECT service, outcome, updated_ms / ?2 AS quarter, COUNT(*), COALESCE(SUM(amount), 0) FROM attempts \
             WHERE outcome IS NOT NULL AND outcome <> 'dry_run' AND updated_ms >= ?1 GROUP BY service, outcome, quarter ORDER BY quarter",
        )
        .bind(since_ms)
        .bind(QUARTER_MS)
        .fetch_all(&mut writer.sql)
        .await
        .map_err(|e| self.ledger.fault(e))?;
        let sum = |row: &SqliteRow| {
            Some(Sum {
                service: row.get::<&str, _>(0).parse().ok()?,
                outcome: Outcome::ALL
                    .into_iter()
                    .find(|outcome| outcome.wire() == row.get::<&str, _>(1))?,
                at_ms: row.get::<i64, _>(2) * QUARTER_MS,
                count: usize::try_from(row.get::<i64, _>(3)).ok()?,
                amount: Vnd::try_from(row.get::<i64, _>(4)).ok()?,
            })
        };
        Ok(rows.iter().filter_map(sum).collect())
    }

    /// A service's accounts that were paid since then, as keys, and when (milliseconds since 1970).
    pub async fn paid_accounts(
        &self,
        service: Service,
        since_ms: i64,
    ) -> Result<Vec<(String, i64)>, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        let rows = sqlx::query(
            "SELECT account_key, MAX(updated_ms) FROM attempts WHERE outcome IS NOT NULL AND outcome = 'paid' AND updated_ms >= ? AND service = ? \
             GROUP BY account_key",
        )
        .bind(since_ms)
        .bind(service.spec().wire)
        .fetch_all(&mut writer.sql)
        .await
        .map_err(|e| self.ledger.fault(e))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Milliseconds that a job of this service's newest batch took, from beginning to end. `None`:
    /// there is none that could say it; a batch that lay overnight cannot.
    pub async fn ms_a_job(&self, service: Service) -> Result<Option<u64>, LedgerError> {
        const MOST_MS: u64 = 120_000;
        let mut writer = self.ledger.connection.lock().await;
        let row = sqlx::query(
            "SELECT finished_ms - started_ms, (SELECT COUNT(*) FROM jobs j WHERE j.batch_id = b.id) FROM batches b \
             WHERE service = ? AND finished_ms IS NOT NULL AND is_dry_run = 0 ORDER BY started_ms DESC LIMIT 1",
        )
        .bind(service.spec().wire)
        .fetch_optional(&mut writer.sql)
        .await
        .map_err(|e| self.ledger.fault(e))?;
        let each = row.and_then(|row| {
            u64::try_from(row.get::<i64, _>(0))
                .ok()?
                .checked_div(u64::try_from(row.get::<i64, _>(1)).ok()?)
        });
        Ok(each.filter(|ms| *ms <= MOST_MS))
    }

    /// One batch.
    pub async fn batch(&self, id: &str) -> Result<Option<BatchSummary>, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        let row = sqlx::query("SELECT b.*, (SELECT COUNT(*) FROM jobs j WHERE j.batch_id = b.id) AS job_count FROM batches b WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut writer.sql)
            .await
            .map_err(|e| self.ledger.fault(e))?;
        Ok(row.as_ref().and_then(summary_of))
    }

    /// What was paid in a batch, with proof.
    pub async fn paid_in(&self, batch: &str) -> Result<Vnd, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        let sum: i64 = sqlx::query(
            "SELECT COALESCE(SUM(amount), 0) FROM attempts WHERE batch_id = ? AND outcome = 'paid'",
        )
        .bind(batch)
        .fetch_one(&mut writer.sql)
        .await
        .map_err(|e| self.ledger.fault(e))?
        .get(0);
        Ok(Vnd::try_from(sum).unwrap_or_default())
    }

    /// How many bills were paid after one moment and up to another (milliseconds since 1970), and their
    /// sum.
    pub async fn paid_between(
        &self,
        after_ms: i64,
        until_ms: i64,
    ) -> Result<(usize, Vnd), LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        let row = sqlx::query(
            "SELECT COUNT(*), COALESCE(SUM(amount), 0) FROM attempts \
             WHERE outcome = 'paid' AND updated_ms > ? AND updated_ms <= ?",
        )
        .bind(after_ms)
        .bind(until_ms)
        .fetch_one(&mut writer.sql)
        .await
        .map_err(|e| self.ledger.fault(e))?;
        Ok((
            usize::try_from(row.get::<i64, _>(0)).unwrap_or_default(),
            Vnd::try_from(row.get::<i64, _>(1)).unwrap_or_default(),
        ))
    }

    /// Attempts that match a code, phone, order id, transaction id or attempt id, newest first.
    pub async fn find(&self, what: &str) -> Result<Vec<(String, JobResult)>, LedgerError> {
        // A phone as people write it: +84, spaces, dashes.
        let key = what.parse::<Phone>().map_or_else(
            |_| what.trim().to_ascii_lowercase(),
            |phone| phone.as_str().to_owned(),
        );
        let rows = {
            let mut writer = self.ledger.connection.lock().await;
            sqlx::query(
                "SELECT a.id AS attempt, a.service AS service, a.updated_ms AS updated_ms, j.* FROM attempts a JOIN jobs j ON j.id = a.job_id \
                 WHERE a.account_key = ?1 OR lower(j.order_id) = ?1 OR lower(a.transaction_id) = ?1 OR a.id = ?1 \
                 ORDER BY a.updated_ms DESC LIMIT 200",
            )
            .bind(&key)
            .fetch_all(&mut writer.sql)
            .await
            .map_err(|e| self.ledger.fault(e))?
        };
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let Ok(service) = row.get::<&str, _>("service").parse::<Service>() else {
                continue;
            };
            let Some(job) = job_of(service, &row) else {
                continue;
            };
            let id: String = row.get("attempt");
            let attempt = self.ledger.fold(&id).await?;
            let result = JobResult {
                job,
                conclusion: attempt.standing(),
                customer: attempt.quote.and_then(|q| q.customer),
                at: Timestamp::from_millisecond(row.get("updated_ms")).ok(),
                attempt: Some(id),
            };
            found.push((service.spec().wire.to_owned(), result));
        }
        Ok(found)
    }
}

fn summary_of(row: &SqliteRow) -> Option<BatchSummary> {
    Some(BatchSummary {
        id: row.get("id"),
        service: row.get::<&str, _>("service").parse().ok()?,
        agent: row.get("agent"),
        operator: row.get("operator"),
        portal: row.get("portal"),
        started: Timestamp::from_millisecond(row.get("started_ms")).ok()?,
        finished: row
            .get::<Option<i64>, _>("finished_ms")
            .and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        is_dry_run: row.get("is_dry_run"),
        left_out: serde_json::from_str(row.get("left_out")).unwrap_or_default(),
        jobs: row.get("job_count"),
    })
}

impl JobResult {
    /// Is the result settled?
    pub fn is_proven(&self) -> bool {
        self.conclusion.outcome.is_proven()
    }

    /// Paid with a proof?
    pub fn is_paid(&self) -> bool {
        self.conclusion.outcome == Outcome::Paid && self.conclusion.proof != Proof::None
    }
}
