//! Entering a batch: a new one, or the one that it goes on with.

use jiff::Timestamp;
use sqlx::{Connection, Row};
use uuid::Uuid;

use super::{Batch, BatchJob, Ledger, LedgerError, chain};
use crate::domain::batch::{continuation, is_to_do};
use crate::domain::calendar::day_start;
use crate::domain::{
    Continuation, Flaw, Job, LastBatch, ListChoice, ListKind, PaymentType, Phone, Service, Vnd,
};

/// A batch about to be entered.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// The service.
    pub service: Service,
    /// The portal user, empty where it is not known yet.
    pub agent: String,
    /// Who works here.
    pub operator: String,
    /// The portal's address.
    pub portal: String,
    /// Stops before arming.
    pub is_dry_run: bool,
    /// Everything else that makes two runs the same batch (receiver's phone…).
    pub also: String,
    /// The jobs, in order.
    pub jobs: Vec<Job>,
    /// Rows that were left out, as JSON for the report.
    pub left_out: serde_json::Value,
    /// What a person has said about an earlier batch of the same list.
    pub choice: ListChoice,
}

/// What became of entering a batch.
#[derive(Debug, Clone)]
pub enum Entered {
    /// It is there.
    Batch(Batch),
    /// A person has to say first what shall become of the one that was stopped. Nothing was
    /// written.
    Ask(StoppedList),
}

impl Entered {
    /// The batch, where it is there.
    pub fn batch(self) -> Option<Batch> {
        match self {
            Self::Batch(batch) => Some(batch),
            Self::Ask(_) => None,
        }
    }
}

/// A list of top-ups that was stopped on an earlier day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedList {
    /// Its batch.
    pub batch: String,
    /// When it was entered.
    pub started: Timestamp,
    /// Its jobs.
    pub jobs: usize,
    /// Those that going on would still do.
    pub left: usize,
    /// What was paid of it, in đồng.
    pub paid: Vnd,
}

/// The newest batch of the same list.
struct EarlierBatch {
    id: String,
    started_ms: i64,
    was_finished: bool,
}

/// What a list is to it.
enum Earlier {
    None,
    Continues(EarlierBatch),
    Ask(EarlierBatch),
}

impl Ledger {
    /// Enters the batch, or finds the one that it continues (see [`continuation`]): the same
    /// service, portal and jobs.
    pub async fn enter(&self, new: NewBatch) -> Result<Entered, LedgerError> {
        let identity = chain::identity(&new);
        match self.earlier(&identity, &new).await? {
            Earlier::None => self.enter_anew(&identity, new).await.map(Entered::Batch),
            Earlier::Continues(row) => self.go_on(row, new.service).await.map(Entered::Batch),
            Earlier::Ask(row) => self.stopped(row, new.service).await.map(Entered::Ask),
        }
    }

    /// What this list is to the newest batch of the same one.
    async fn earlier(&self, identity: &str, new: &NewBatch) -> Result<Earlier, LedgerError> {
        let wanted = match &new.choice {
            ListChoice::New => return Ok(Earlier::None),
            ListChoice::Continue(id) => Some(id.as_str()),
            ListChoice::Unsaid => None,
        };
        let mut writer = self.connection.lock().await;
        let row = sqlx::query(
            "SELECT id, started_ms, finished_ms FROM batches WHERE identity = ?1 AND (?2 IS NULL OR id = ?2) \
             ORDER BY started_ms DESC, id DESC LIMIT 1",
        )
        .bind(identity)
        .bind(wanted)
        .fetch_optional(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
        drop(writer);
        let Some(row) = row else {
            return match wanted {
                Some(id) => Err(LedgerError::OtherList(id.to_owned())),
                None => Ok(Earlier::None),
            };
        };
        let batch = EarlierBatch {
            id: row.get(0),
            started_ms: row.get(1),
            was_finished: row.get::<Option<i64>, _>(2).is_some(),
        };
        if wanted.is_some() {
            return Ok(Earlier::Continues(batch));
        }
        let kind = ListKind::of(new.service, new.is_dry_run, &new.jobs);
        let last = LastBatch {
            started_ms: batch.started_ms,
            is_finished: batch.was_finished,
        };
        let today = day_start(self.clock.now_ms());
        Ok(match continuation(kind, last, today, Flaw::None) {
            Continuation::Continues => Earlier::Continues(batch),
            Continuation::New => Earlier::None,
            Continuation::Ask => Earlier::Ask(batch),
        })
    }

    async fn go_on(&self, batch: EarlierBatch, service: Service) -> Result<Batch, LedgerError> {
        let jobs = self.jobs_of(&batch.id, service).await?;
        let mut writer = self.connection.lock().await;
        // It runs again: until it is gone through once more it counts as unfinished.
        sqlx::query("UPDATE batches SET finished_ms = NULL WHERE id = ?")
            .bind(&batch.id)
            .execute(&mut writer.sql)
            .await
            .map_err(|e| self.fault(e))?;
        Ok(Batch {
            id: batch.id,
            service,
            continued: true,
            was_finished: batch.was_finished,
            started: Timestamp::from_millisecond(batch.started_ms).unwrap_or_default(),
            jobs,
        })
    }

    async fn stopped(
        &self,
        batch: EarlierBatch,
        service: Service,
    ) -> Result<StoppedList, LedgerError> {
        let jobs = self.jobs_of(&batch.id, service).await?;
        let is_left = |job: &&BatchJob| {
            is_to_do(
                batch.was_finished,
                job.last.as_ref().map(|last| last.attempt.state),
            )
        };
        Ok(StoppedList {
            started: Timestamp::from_millisecond(batch.started_ms).unwrap_or_default(),
            jobs: jobs.len(),
            left: jobs.iter().filter(is_left).count(),
            paid: self.records().paid_in(&batch.id).await?,
            batch: batch.id,
        })
    }

    async fn enter_anew(&self, identity: &str, new: NewBatch) -> Result<Batch, LedgerError> {
        let id = Uuid::now_v7().to_string();
        let started = self.clock.now();
        let mut writer = self.connection.lock().await;
        let mut tx = writer.sql.begin().await.map_err(|e| self.fault(e))?;
        sqlx::query(
            "INSERT INTO batches (id, identity, service, agent, operator, portal, is_dry_run, left_out, started_ms) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(identity)
        .bind(new.service.spec().wire)
        .bind(&new.agent)
        .bind(&new.operator)
        .bind(&new.portal)
        .bind(new.is_dry_run)
        .bind(new.left_out.to_string())
        .bind(started.as_millisecond())
        .execute(&mut *tx)
        .await
        .map_err(|e| self.fault(e))?;
        let mut jobs = Vec::with_capacity(new.jobs.len());
        for (position, job) in (0_i64..).zip(new.jobs) {
            let row = sqlx::query(
                "INSERT INTO jobs (batch_id, position, account, account_key, amount, order_id, payment, receiver, source_row, source, ticket, fence) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(&id)
            .bind(position)
            .bind(job.account.as_str())
            .bind(job.account.key())
            .bind(job.amount.map(Vnd::dong))
            .bind(&job.order_id)
            .bind(job.payment.map(payment_text))
            .bind(job.receiver.as_ref().map(Phone::as_str))
            .bind(&job.row)
            .bind(job.ticket.as_ref().map(|t| t.source.wire()))
            .bind(job.ticket.as_ref().map(|t| t.id.as_str()))
            .bind(job.ticket.as_ref().map(|t| t.fence))
            .execute(&mut *tx)
            .await
            .map_err(|e| self.fault(e))?;
            jobs.push(BatchJob {
                id: row.last_insert_rowid(),
                job,
                last: None,
            });
        }
        tx.commit().await.map_err(|e| self.fault(e))?;
        Ok(Batch {
            id,
            service: new.service,
            continued: false,
            was_finished: false,
            started,
            jobs,
        })
    }

    /// Marks the batch as gone through: every job had its try. Says when.
    pub async fn finish(&self, batch: &str) -> Result<Timestamp, LedgerError> {
        let now = self.clock.now();
        let mut writer = self.connection.lock().await;
        sqlx::query("UPDATE batches SET finished_ms = ? WHERE id = ?")
            .bind(now.as_millisecond())
            .bind(batch)
            .execute(&mut writer.sql)
            .await
            .map_err(|e| self.fault(e))?;
        Ok(now)
    }

    /// Records the portal user that a batch turned out to run as.
    pub async fn bind_agent(&self, batch: &str, agent: &str) -> Result<(), LedgerError> {
        let mut writer = self.connection.lock().await;
        sqlx::query("UPDATE batches SET agent = ? WHERE id = ?")
            .bind(agent)
            .bind(batch)
            .execute(&mut writer.sql)
            .await
            .map_err(|e| self.fault(e))?;
        Ok(())
    }
}

fn payment_text(payment: PaymentType) -> &'static str {
    match payment {
        PaymentType::Prepaid => "prepaid",
        PaymentType::Postpaid => "postpaid",
    }
}
