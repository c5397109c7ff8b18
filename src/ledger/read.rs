//! What the journal can be asked.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{BatchJob, Ledger, LedgerError, LiveAttempt, job_of};
use crate::domain::{Attempt, Claim, Conclusion, Event, Job, Outcome, Phone, Proof, Service, Vnd};

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

/// Paid or in doubt so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// In this batch.
    pub in_batch: Vnd,
    /// By this portal user since the day began.
    pub today: Vnd,
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

    /// When an armed attempt became unknown, in milliseconds since 1970: contact was lost, or its
    /// program had died and this one took over. Before that it may have been sent at any moment.
    pub async fn unknown_since(&self, id: &str) -> Result<Option<i64>, LedgerError> {
        let mut writer = self.connection.lock().await;
        let row = sqlx::query(
            "SELECT MIN(e.at_ms) FROM events e JOIN events armed ON armed.attempt_id = e.attempt_id AND armed.kind = 'armed' \
             WHERE e.attempt_id = ? AND e.kind = 'contact_lost' AND e.seq > armed.seq",
        )
        .bind(id)
        .fetch_one(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
        Ok(row.get(0))
    }

    /// Number of the newest event, 0 where there is none.
    pub async fn seq(&self) -> i64 {
        self.connection.lock().await.head.seq
    }

    /// Attempts of this portal user that were armed after that event: those that are paid, and
    /// those that are open.
    pub async fn claims(
        &self,
        agent: &str,
        since_seq: i64,
    ) -> Result<(Vec<Claim>, Vec<Claim>), LedgerError> {
        let mut writer = self.connection.lock().await;
        let rows = sqlx::query(
            "SELECT j.account, a.amount, a.transaction_id, a.outcome FROM attempts a JOIN jobs j ON j.id = a.job_id \
             JOIN events e ON e.attempt_id = a.id AND e.kind = 'armed' \
             WHERE a.agent = ? COLLATE NOCASE AND e.seq > ? AND (a.outcome = 'paid' OR a.outcome IS NULL)",
        )
        .bind(agent)
        .bind(since_seq)
        .fetch_all(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
        let (mut paid, mut open) = (Vec::new(), Vec::new());
        for row in rows {
            let amount = row
                .get::<Option<i64>, _>(1)
                .and_then(|dong| Vnd::try_from(dong).ok())
                .unwrap_or_default();
            let claim = Claim {
                account: row.get(0),
                amount,
                transaction: row.get(2),
            };
            if row.get::<Option<&str>, _>(3).is_some() {
                paid.push(claim)
            } else {
                open.push(claim)
            }
        }
        Ok((paid, open))
    }

    /// The newest balance at rest that an attempt before this one was armed with, and the newest
    /// event at that time.
    pub async fn rest_before(
        &self,
        agent: &str,
        attempt: &str,
    ) -> Result<Option<(Vnd, i64)>, LedgerError> {
        let mut writer = self.connection.lock().await;
        let rows = sqlx::query(
            "SELECT e.body FROM events e JOIN attempts a ON a.id = e.attempt_id \
             WHERE a.agent = ? COLLATE NOCASE AND e.kind = 'armed' \
             AND e.seq < (SELECT seq FROM events WHERE attempt_id = ? AND kind = 'armed') ORDER BY e.seq DESC LIMIT 100",
        )
        .bind(agent)
        .bind(attempt)
        .fetch_all(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
        Ok(rows
            .iter()
            .find_map(|row| match serde_json::from_str::<Event>(row.get(0)) {
                Ok(Event::Armed(intent)) => intent.balance_before.zip(intent.balance_seq),
                _ => None,
            }))
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
            let version = if matches!(event, Event::EvidenceKept { .. }) {
                folded.1
            } else {
                row.seq
            };
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

    /// How every job of a batch stands, in order.
    pub async fn results(
        &self,
        batch: &str,
        service: Service,
    ) -> Result<Vec<JobResult>, LedgerError> {
        let times: HashMap<String, i64> = {
            let mut writer = self.connection.lock().await;
            sqlx::query("SELECT attempt_id, MAX(at_ms) FROM events WHERE batch_id = ? AND attempt_id IS NOT NULL GROUP BY attempt_id")
                .bind(batch)
                .fetch_all(&mut writer.sql)
                .await
                .map_err(|e| self.fault(e))?
                .into_iter()
                .map(|row| (row.get(0), row.get(1)))
                .collect()
        };
        let jobs = self.jobs_of(batch, service).await?;
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
        let mut writer = self.connection.lock().await;
        let rows = sqlx::query(
            "SELECT b.*, (SELECT COUNT(*) FROM jobs j WHERE j.batch_id = b.id) AS job_count FROM batches b \
             ORDER BY started_ms DESC, id DESC LIMIT ?",
        )
        .bind(most)
        .fetch_all(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
        Ok(rows.iter().filter_map(summary_of).collect())
    }

    /// The batches that were entered since then (milliseconds since 1970), the newest first.
    pub async fn batches_since(&self, since_ms: i64) -> Result<Vec<BatchSummary>, LedgerError> {
        let mut writer = self.connection.lock().await;
        let rows = sqlx::query(
            "SELECT b.*, (SELECT COUNT(*) FROM jobs j WHERE j.batch_id = b.id) AS job_count FROM batches b \
             WHERE started_ms >= ? ORDER BY started_ms DESC, id DESC",
        )
        .bind(since_ms)
        .fetch_all(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
        Ok(rows.iter().filter_map(summary_of).collect())
    }

    /// What ended since then (milliseconds since 1970), summed by service, outcome and quarter of
    /// an hour: whole local days can be made of that in every time zone. Dry runs are left out.
    pub async fn sums_since(&self, since_ms: i64) -> Result<Vec<Sum>, LedgerError> {
        const QUARTER_MS: i64 = 900_000;
        let mut writer = self.connection.lock().await;
        let rows = sqlx::query(
            "SELECT service, outcome, updated_ms / ?2 AS quarter, COUNT(*), COALESCE(SUM(amount), 0) FROM attempts \
             WHERE outcome IS NOT NULL AND outcome <> 'dry_run' AND updated_ms >= ?1 GROUP BY service, outcome, quarter ORDER BY quarter",
        )
        .bind(since_ms)
        .bind(QUARTER_MS)
        .fetch_all(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
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
        let mut writer = self.connection.lock().await;
        let rows = sqlx::query(
            "SELECT account_key, MAX(updated_ms) FROM attempts WHERE outcome IS NOT NULL AND outcome = 'paid' AND updated_ms >= ? AND service = ? \
             GROUP BY account_key",
        )
        .bind(since_ms)
        .bind(service.spec().wire)
        .fetch_all(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Milliseconds that a job of this service's newest batch took, from beginning to end. `None`:
    /// there is none that could say it; a batch that lay overnight cannot.
    pub async fn ms_a_job(&self, service: Service) -> Result<Option<u64>, LedgerError> {
        const MOST_MS: u64 = 120_000;
        let mut writer = self.connection.lock().await;
        let row = sqlx::query(
            "SELECT finished_ms - started_ms, (SELECT COUNT(*) FROM jobs j WHERE j.batch_id = b.id) FROM batches b \
             WHERE service = ? AND finished_ms IS NOT NULL AND is_dry_run = 0 ORDER BY started_ms DESC LIMIT 1",
        )
        .bind(service.spec().wire)
        .fetch_optional(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
        let each = row.and_then(|row| {
            u64::try_from(row.get::<i64, _>(0))
                .ok()?
                .checked_div(u64::try_from(row.get::<i64, _>(1)).ok()?)
        });
        Ok(each.filter(|ms| *ms <= MOST_MS))
    }

    /// One batch.
    pub async fn batch(&self, id: &str) -> Result<Option<BatchSummary>, LedgerError> {
        let mut writer = self.connection.lock().await;
        let row = sqlx::query("SELECT b.*, (SELECT COUNT(*) FROM jobs j WHERE j.batch_id = b.id) AS job_count FROM batches b WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut writer.sql)
            .await
            .map_err(|e| self.fault(e))?;
        Ok(row.as_ref().and_then(summary_of))
    }

    /// An attempt in doubt at this obligation, other than `except`.
    pub async fn doubt_on(
        &self,
        obligation: &str,
        except: &str,
    ) -> Result<Option<String>, LedgerError> {
        let mut writer = self.connection.lock().await;
        let row = sqlx::query(
            "SELECT id FROM attempts WHERE obligation = ? AND outcome IS NULL AND id <> ? LIMIT 1",
        )
        .bind(obligation)
        .bind(except)
        .fetch_optional(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
        Ok(row.map(|r| r.get(0)))
    }

    /// When this obligation was paid with this amount since then, if it was.
    pub async fn paid_on(
        &self,
        obligation: &str,
        amount: Vnd,
        since_ms: i64,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let mut writer = self.connection.lock().await;
        let row = sqlx::query(
            "SELECT updated_ms FROM attempts WHERE obligation = ? AND amount = ? AND outcome = 'paid' AND updated_ms >= ? \
             ORDER BY updated_ms DESC LIMIT 1",
        )
        .bind(obligation)
        .bind(amount.dong())
        .bind(since_ms)
        .fetch_optional(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
        Ok(row.and_then(|r| Timestamp::from_millisecond(r.get(0)).ok()))
    }

    /// When this order's top-up of this account and amount was paid, if it was.
    pub async fn order_paid(
        &self,
        obligation: &str,
        order_id: &str,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let mut writer = self.connection.lock().await;
        let row = sqlx::query(
            "SELECT a.updated_ms FROM attempts a JOIN jobs j ON j.id = a.job_id \
             WHERE a.obligation = ? AND j.order_id = ? AND a.outcome = 'paid' LIMIT 1",
        )
        .bind(obligation)
        .bind(order_id)
        .fetch_optional(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
        Ok(row.and_then(|r| Timestamp::from_millisecond(r.get(0)).ok()))
    }

    /// Is any other attempt of this portal user in doubt? Then the balance proves nothing.
    pub async fn has_doubt(&self, agent: &str, except: &str) -> Result<bool, LedgerError> {
        let mut writer = self.connection.lock().await;
        let row = sqlx::query(
            "SELECT 1 FROM attempts WHERE agent = ? AND outcome IS NULL AND id <> ? LIMIT 1",
        )
        .bind(agent)
        .bind(except)
        .fetch_optional(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
        Ok(row.is_some())
    }

    /// What this portal user paid, with proof, by attempts armed after that event, other than
    /// `except`.
    pub async fn paid_since(
        &self,
        agent: &str,
        since_seq: i64,
        except: &str,
    ) -> Result<Vnd, LedgerError> {
        let mut writer = self.connection.lock().await;
        let sum: i64 = sqlx::query(
            "SELECT COALESCE(SUM(a.amount), 0) FROM attempts a JOIN events e ON e.attempt_id = a.id AND e.kind = 'armed' \
             WHERE a.agent = ? AND a.outcome = 'paid' AND a.id <> ? AND e.seq > ?",
        )
        .bind(agent)
        .bind(except)
        .bind(since_seq)
        .fetch_one(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?
        .get(0);
        Ok(Vnd::try_from(sum).unwrap_or_default())
    }

    /// What was paid in a batch, with proof.
    pub async fn paid_in(&self, batch: &str) -> Result<Vnd, LedgerError> {
        let mut writer = self.connection.lock().await;
        let sum: i64 = sqlx::query(
            "SELECT COALESCE(SUM(amount), 0) FROM attempts WHERE batch_id = ? AND outcome = 'paid'",
        )
        .bind(batch)
        .fetch_one(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?
        .get(0);
        Ok(Vnd::try_from(sum).unwrap_or_default())
    }

    /// What was paid or is in doubt so far, for the limits.
    pub async fn spent(
        &self,
        batch: &str,
        agent: &str,
        day_start_ms: i64,
    ) -> Result<Spent, LedgerError> {
        let mut writer = self.connection.lock().await;
        let counts = "obligation IS NOT NULL AND (outcome IS NULL OR outcome = 'paid')";
        let in_batch = format!(
            "SELECT COALESCE(SUM(amount), 0) FROM attempts WHERE {counts} AND batch_id = ?"
        );
        let today = format!(
            "SELECT COALESCE(SUM(amount), 0) FROM attempts WHERE {counts} AND agent = ? AND updated_ms >= ?"
        );
        let in_batch: i64 = sqlx::query(sqlx::AssertSqlSafe(in_batch))
            .bind(batch)
            .fetch_one(&mut writer.sql)
            .await
            .map_err(|e| self.fault(e))?
            .get(0);
        let today: i64 = sqlx::query(sqlx::AssertSqlSafe(today))
            .bind(agent)
            .bind(day_start_ms)
            .fetch_one(&mut writer.sql)
            .await
            .map_err(|e| self.fault(e))?
            .get(0);
        let sum = |dong| Vnd::try_from(dong).unwrap_or_default();
        Ok(Spent {
            in_batch: sum(in_batch),
            today: sum(today),
        })
    }

    /// Attempts that match a code, phone, order id, transaction id or attempt id, newest first.
    pub async fn find(&self, what: &str) -> Result<Vec<(String, JobResult)>, LedgerError> {
        // A phone as people write it: +84, spaces, dashes.
        let key = what.parse::<Phone>().map_or_else(
            |_| what.trim().to_ascii_lowercase(),
            |phone| phone.as_str().to_owned(),
        );
        let rows = {
            let mut writer = self.connection.lock().await;
            sqlx::query(
                "SELECT a.id AS attempt, a.service AS service, a.updated_ms AS updated_ms, j.* FROM attempts a JOIN jobs j ON j.id = a.job_id \
                 WHERE a.account_key = ?1 OR lower(j.order_id) = ?1 OR lower(a.transaction_id) = ?1 OR a.id = ?1 \
                 ORDER BY a.updated_ms DESC LIMIT 200",
            )
            .bind(&key)
            .fetch_all(&mut writer.sql)
            .await
            .map_err(|e| self.fault(e))?
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
            let attempt = self.fold(&id).await?;
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
