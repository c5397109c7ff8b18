//! Attempts, and the events that are appended to them.

use sqlx::{Connection, Row};
use uuid::Uuid;

use super::writer::{Writer, set_status};
use super::{Batch, BatchJob, Ledger, LedgerError, LiveAttempt, chain, outbox};
use crate::domain::{Attempt, Event, IllegalEvent, Intent, State};

/// An attempt whose intent is on disk: the permission to press the paying button once.
///
/// Made by [`Ledger::arm`] alone, consumed by pressing, not to be cloned: a second press does not
/// compile.
#[derive(Debug)]
#[must_use = "an armed attempt is in doubt until it is pressed and concluded"]
pub struct Armed {
    attempt: String,
}

impl Armed {
    /// The attempt's id, which keys the page's latch.
    pub fn attempt(&self) -> &str {
        &self.attempt
    }
}

impl Ledger {
    /// Starts an attempt. Its id is on disk with its first event that has to be, before anything is
    /// sent.
    pub async fn attempt(&self, batch: &Batch, job: &BatchJob) -> Result<LiveAttempt, LedgerError> {
        let id = Uuid::now_v7().to_string();
        let now_ms = self.clock.now_ms();
        let mut writer = self.connection.lock().await;
        writer
            .wait_for_disk(false)
            .await
            .map_err(|e| self.fault(e))?;
        let begun = sqlx::query(
            "INSERT INTO attempts (id, job_id, batch_id, service, account_key, state, started_ms, updated_ms) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(job.id)
        .bind(&batch.id)
        .bind(batch.service.spec().wire)
        .bind(job.job.account.key())
        .bind(State::Queued.wire())
        .bind(now_ms)
        .bind(now_ms)
        .execute(&mut writer.sql)
        .await;
        writer
            .wait_for_disk(true)
            .await
            .map_err(|e| self.fault(e))?;
        begun.map_err(|e| self.fault(e))?;
        Ok(LiveAttempt {
            id,
            job_id: job.id,
            batch_id: batch.id.clone(),
            service: batch.service,
            version: 0,
            attempt: Attempt::default(),
        })
    }

    /// Makes the intent durable. Only what this returns can press the paying button.
    pub async fn arm(&self, live: &mut LiveAttempt, intent: Intent) -> Result<Armed, LedgerError> {
        self.check_whole().await?;
        self.write(live, Event::Armed(intent)).await?;
        Ok(Armed {
            attempt: live.id.clone(),
        })
    }

    /// Appends what happened. On `Ok` `live` stands where the event leads, and it is on disk where it
    /// has to be ([`Event::must_last`]); on `Err` nothing changed.
    ///
    /// Arming goes through [`Self::arm`] alone.
    pub async fn append(&self, live: &mut LiveAttempt, event: Event) -> Result<(), LedgerError> {
        if matches!(event, Event::Armed(_)) {
            return Err(IllegalEvent {
                state: live.attempt.state.wire(),
                event: event.wire(),
            }
            .into());
        }
        self.write(live, event).await
    }

    /// The same for what somebody else is told about next: on disk whatever it is.
    pub async fn append_lasting(
        &self,
        live: &mut LiveAttempt,
        event: Event,
    ) -> Result<(), LedgerError> {
        if matches!(event, Event::Armed(_)) {
            return self.append(live, event).await;
        }
        self.write_lasting(live, event).await
    }

    /// Appends an event that changes nothing about where the attempt stands (evidence that was kept
    /// meanwhile), whatever has happened to it since.
    pub async fn note(&self, attempt: &str, event: Event) -> Result<(), LedgerError> {
        const TRIES: u32 = 5;
        let mut tries = 0;
        loop {
            let mut live = self
                .attempt_of(attempt)
                .await?
                .ok_or_else(|| LedgerError::Stale(attempt.to_owned()))?;
            match self.append(&mut live, event.clone()).await {
                Err(LedgerError::Stale(_)) if tries < TRIES => tries += 1,
                other => return other,
            }
        }
    }

    async fn write(&self, live: &mut LiveAttempt, event: Event) -> Result<(), LedgerError> {
        // Where nothing was armed no end is a promise: it is found again, or the job is done again.
        let is_harmless = matches!(event, Event::Concluded(_)) && live.attempt.intent.is_none();
        if event.must_last() && !is_harmless {
            return self.write_lasting(live, event).await;
        }
        let mut writer = self.connection.lock().await;
        writer
            .wait_for_disk(false)
            .await
            .map_err(|e| self.fault(e))?;
        let written = self.write_now(&mut writer, live, event).await;
        writer
            .wait_for_disk(true)
            .await
            .map_err(|e| self.fault(e))?;
        written
    }

    async fn write_lasting(&self, live: &mut LiveAttempt, event: Event) -> Result<(), LedgerError> {
        let mut writer = self.connection.lock().await;
        self.write_now(&mut writer, live, event).await
    }

    async fn write_now(
        &self,
        writer: &mut Writer,
        live: &mut LiveAttempt,
        event: Event,
    ) -> Result<(), LedgerError> {
        let next = live.attempt.clone().after(&event)?;
        let body = serde_json::to_string(&event).map_err(|e| LedgerError::Body(event.wire(), e))?;
        let mut tx = writer.sql.begin().await.map_err(|e| self.fault(e))?;
        let version: i64 = sqlx::query("SELECT COALESCE(MAX(seq), 0) FROM events WHERE attempt_id = ? AND kind NOT IN ('evidence_kept', 'disputed')")
            .bind(&live.id)
            .fetch_one(&mut *tx)
            .await
            .map_err(|e| self.fault(e))?
            .get(0);
        if version != live.version {
            return Err(LedgerError::Stale(live.id.clone()));
        }
        let head = chain::append(
            &mut tx,
            self.clock.now_ms(),
            &writer.head,
            Some(&live.id),
            &live.batch_id,
            event.wire(),
            &body,
        )
        .await
        .map_err(|e| self.fault(e))?;
        // Evidence that is kept later moves no end to another day.
        if !event.is_note() {
            set_status(&mut tx, &live.id, &next, head.at_ms)
                .await
                .map_err(|e| self.fault(e))?;
        }
        let is_letter = outbox::write(&mut tx, live, &next, head.at_ms)
            .await
            .map_err(|e| self.fault(e))?;
        tx.commit().await.map_err(|e| self.fault(e))?;
        live.attempt = next;
        if is_letter {
            self.letters.notify_waiters();
        }
        if !event.is_note() {
            live.version = head.seq;
        }
        writer.head = head;
        writer.tidy_up(matches!(event, Event::Concluded(_))).await;
        match event {
            _ if writer.ahead.is_some() => {}
            // A payment waits behind this one: its mark may come a moment later.
            Event::Armed(_) => {
                let (notes, path, head) =
                    (self.notes.clone(), self.path.clone(), writer.head.clone());
                tokio::task::spawn_blocking(move || notes.note(&path, &head));
            }
            Event::Concluded(_) => self.notes.note(&self.path, &writer.head),
            _ => {}
        }
        Ok(())
    }
}
