//! The durable journal of this machine: batches, jobs, attempts and what happened to them.
//!
//! Lives here: `SQLite`, its schema, the hash chain over all events, the lock that keeps a second
//! program away. Never here: what an event means ([`crate::domain::attempt`]), the portal, the
//! browser.
//!
//! Events are appended and never changed; the table `attempts` is a cache of their fold and can be
//! made again from them. Every append is on disk (WAL, `synchronous = FULL`) when the call returns:
//! that is what makes
//! [`Event::Armed`] a promise.

mod anchor;
mod backup;
mod chain;
mod error;
mod filled;
mod outbox;
mod read;
mod schema;

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Row, SqliteConnection};
use tokio::sync::{Mutex, Notify};
use uuid::Uuid;

use crate::domain::{
    Account, Attempt, Event, IllegalEvent, Intent, Job, PaymentType, Phone, Service, Source, State,
    Ticket, Vnd,
};

pub use backup::Salvaged;
pub use chain::ChainFault;
pub use error::LedgerError;
pub use filled::{EVENTS_A_PAYMENT, filled};
pub use outbox::Letter;
pub use read::{BatchSummary, EventRow, JobResult, Spent, Sum};

/// The open journal. One per file and machine: opening takes a lock.
#[derive(Debug)]
pub struct Ledger {
    connection: Mutex<Writer>,
    path: PathBuf,
    /// What had to be saved from a damaged file when it was opened.
    salvaged: Option<Salvaged>,
    /// The mark beside it.
    notes: Arc<anchor::Notes>,
    /// Told when something has to be told to a job's source.
    letters: Notify,
    /// Held for as long as the ledger is open; the system frees it however the program ends.
    _lock: File,
}

#[derive(Debug)]
struct Writer {
    sql: SqliteConnection,
    /// The newest event.
    head: chain::Head,
    /// The newest event that was ever written at this place, where that is more than there is.
    ahead: Option<i64>,
    /// Commits since the write-ahead log was copied back.
    commits: u32,
}

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
    /// Milliseconds since 1970: a finished batch from before this is not continued but done anew.
    pub day_start_ms: i64,
    /// Never continue an earlier batch.
    pub force_new: bool,
}

/// A batch as it stands in the ledger.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Its id.
    pub id: String,
    /// The service.
    pub service: Service,
    /// Was it there before?
    pub continued: bool,
    /// Had it been finished before?
    pub was_finished: bool,
    /// When it was entered.
    pub started: Timestamp,
    /// Its jobs, in order.
    pub jobs: Vec<BatchJob>,
}

/// A job in its batch, with its newest attempt.
#[derive(Debug, Clone)]
pub struct BatchJob {
    /// Row id.
    pub id: i64,
    /// The job.
    pub job: Job,
    /// Its newest attempt, where one was made.
    pub last: Option<LiveAttempt>,
}

/// An attempt that can be appended to.
#[derive(Debug, Clone)]
pub struct LiveAttempt {
    /// UUID v7, fixed before anything is sent.
    pub id: String,
    /// Its job's row id.
    pub job_id: i64,
    /// Its batch.
    pub batch_id: String,
    /// The service.
    pub service: Service,
    /// Number of the newest event that moved it, 0 before the first: whoever writes behind
    /// somebody's back is refused.
    pub version: i64,
    /// What its events add up to.
    pub attempt: Attempt,
}

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

/// Beside a journal in which a page could not be read.
fn damage_mark(path: &Path) -> PathBuf {
    path.with_extension("hong")
}

/// A clock that is off by less is not worth a word.
const CLOCK_SLACK_MS: i64 = 60_000;

impl Writer {
    async fn open(path: &Path) -> Result<Self, LedgerError> {
        let fault = |e| LedgerError::of(path, e);
        let options = SqliteConnectOptions::from_str("sqlite://")
            .map_err(fault)?
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // Copying the log back takes milliseconds: not between arming and releasing, see
            // `tidy_up`.
            .pragma("wal_autocheckpoint", "0")
            .foreign_keys(true);
        let mut sql = SqliteConnection::connect_with(&options)
            .await
            .map_err(fault)?;
        schema::migrate(&mut sql).await.map_err(|e| e.at(path))?;
        let head = chain::head(&mut sql).await.map_err(fault)?;
        Ok(Self {
            sql,
            head,
            ahead: None,
            commits: 0,
        })
    }

    /// Copies the write-ahead log back into the file once it has grown, at a moment when nobody is
    /// on the way to the portal; at the latest when it has grown a lot.
    async fn tidy_up(&mut self, is_quiet: bool) {
        const GROWN: u32 = 300;
        const GROWN_A_LOT: u32 = 4_000;
        self.commits += 1;
        if self.commits < if is_quiet { GROWN } else { GROWN_A_LOT } {
            return;
        }
        self.commits = 0;
        // What is not copied now is copied next time; nothing is lost by that.
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
            .execute(&mut self.sql)
            .await
        {
            tracing::warn!(%error, "the ledger's log could not be copied back");
        }
    }

    /// Makes the cache of standings anew from the events.
    async fn refold(&mut self, path: &Path) -> Result<(), LedgerError> {
        let fault = |e| LedgerError::of(path, e);
        let ids = sqlx::query("SELECT id FROM attempts")
            .fetch_all(&mut self.sql)
            .await
            .map_err(fault)?;
        for id in ids.iter().map(|row| row.get::<String, _>(0)) {
            let bodies = sqlx::query("SELECT body FROM events WHERE attempt_id = ? ORDER BY seq")
                .bind(&id)
                .fetch_all(&mut self.sql)
                .await
                .map_err(fault)?;
            let mut attempt = Attempt::default();
            for row in &bodies {
                let event: Event =
                    serde_json::from_str(row.get(0)).map_err(|e| LedgerError::Body("?", e))?;
                attempt = attempt.after(&event)?;
            }
            set_standing(&mut self.sql, &id, &attempt)
                .await
                .map_err(fault)?;
        }
        Ok(())
    }
}

/// Brings the cache of an attempt's standing in line with its events.
async fn set_standing(
    sql: &mut SqliteConnection,
    id: &str,
    attempt: &Attempt,
) -> Result<(), sqlx::Error> {
    let standing = attempt.standing();
    let outcome = match attempt.state {
        State::Done(outcome) => Some(outcome.wire()),
        _ => None,
    };
    sqlx::query(
        "UPDATE attempts SET state = ?, outcome = ?, obligation = ?, agent = ?, amount = ?, transaction_id = ?, updated_ms = ? \
         WHERE id = ?",
    )
    .bind(attempt.state.wire())
    .bind(outcome)
    .bind(attempt.intent.as_ref().map(|i| i.obligation.as_str()))
    .bind(attempt.intent.as_ref().map(|i| i.agent.as_str()))
    .bind(standing.amount.map(Vnd::dong))
    .bind(standing.transaction_id)
    .bind(now_ms())
    .bind(id)
    .execute(sql)
    .await
    .map(drop)
}

impl Ledger {
    /// Opens (or makes) the journal, takes its lock, brings its schema up to date, and classifies
    /// what a dead run left behind: before arming it goes back to the queue, at or after arming it
    /// is unknown.
    ///
    /// A damaged file is moved aside and what is whole of it (or of the newest copy) takes its
    /// place, see
    /// [`Self::salvaged`]. Where that is less than there once was, [`Self::arm`] refuses until [`Self::adopt`].
    pub async fn open(path: &Path) -> Result<Self, LedgerError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|e| LedgerError::folder(folder, e))?;
        let lock = lock(path)?;
        let opened = Writer::open(path).await;
        let is_damaged =
            damage_mark(path).exists() || matches!(opened, Err(LedgerError::Damaged { .. }));
        let (mut writer, salvaged) = if is_damaged {
            let opened = opened.map(drop);
            if let Some(salvaged) = backup::salvage(path).await? {
                (Writer::open(path).await?, Some(salvaged))
            } else {
                opened?;
                (Writer::open(path).await?, None)
            }
        } else {
            (opened?, None)
        };
        let _ = fs::remove_file(damage_mark(path));
        writer.ahead = match anchor::noted(path) {
            Some((known, _)) if known > writer.head.seq => Some(known),
            // Another journal than the one that was here.
            Some((known, hash))
                if !chain::has(&mut writer.sql, known, &hash)
                    .await
                    .map_err(|e| LedgerError::of(path, e))? =>
            {
                Some(known)
            }
            Some(_) | None => None,
        };
        if writer.head.at_ms > now_ms() + CLOCK_SLACK_MS {
            tracing::warn!(
                minutes = (writer.head.at_ms - now_ms()) / 60_000,
                "the clock was set back; the ledger's time stands still until it is reached again"
            );
        }
        if salvaged.is_some() {
            writer.refold(path).await?;
        }
        let ledger = Self {
            connection: Mutex::new(writer),
            path: path.to_owned(),
            salvaged,
            notes: Arc::default(),
            letters: Notify::new(),
            _lock: lock,
        };
        ledger.recover().await?;
        Ok(ledger)
    }

    /// What was saved from a damaged file when this was opened.
    pub fn salvaged(&self) -> Option<&Salvaged> {
        self.salvaged.as_ref()
    }

    /// Is everything there that was ever written at this place? Without that nothing may be paid.
    pub async fn check_whole(&self) -> Result<(), LedgerError> {
        let writer = self.connection.lock().await;
        match writer.ahead {
            None => Ok(()),
            Some(known) => Err(LedgerError::OlderCopy {
                path: self.path.clone(),
                here: writer.head.seq,
                known,
            }),
        }
    }

    /// A person says that what is missing has been compared with the portal's history: payments go
    /// on. Recorded in the chain with name and reason. `false`: nothing is missing.
    pub async fn adopt(&self, name: &str, reason: &str) -> Result<bool, LedgerError> {
        let mut writer = self.connection.lock().await;
        let writer = &mut *writer;
        let Some(known) = writer.ahead else {
            return Ok(false);
        };
        let batch = sqlx::query("SELECT id FROM batches ORDER BY started_ms DESC LIMIT 1")
            .fetch_optional(&mut writer.sql)
            .await;
        if let Some(batch) = batch.map_err(|e| self.fault(e))? {
            let body = serde_json::json!({ "name": name, "reason": reason, "known": known, "here": writer.head.seq }).to_string();
            writer.head = chain::append(
                &mut writer.sql,
                &writer.head,
                None,
                batch.get(0),
                "adopted",
                &body,
            )
            .await
            .map_err(|e| self.fault(e))?;
        }
        writer.ahead = None;
        anchor::note(&self.path, &writer.head);
        Ok(true)
    }

    /// Closes the file and waits until that is done; dropping does it in the background.
    pub async fn close(self) -> Result<(), LedgerError> {
        let Self {
            connection, path, ..
        } = self;
        connection
            .into_inner()
            .sql
            .close()
            .await
            .map_err(|e| LedgerError::of(&path, e))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn fault(&self, error: sqlx::Error) -> LedgerError {
        let fault = LedgerError::of(&self.path, error);
        if matches!(fault, LedgerError::Damaged { .. }) {
            // Going through the whole file at every start would take too long: the next start is
            // told to save it.
            let _ = File::create(damage_mark(&self.path));
        }
        fault
    }

    /// What a run that is no more left in the middle.
    async fn recover(&self) -> Result<(), LedgerError> {
        for mut live in self.unfinished().await? {
            if let Some(event) = live.attempt.after_crash() {
                self.append(&mut live, event).await?;
            }
        }
        Ok(())
    }

    /// Enters the batch, or finds the one that it continues: same service, portal and jobs,
    /// unfinished, or finished since `day_start_ms` (payments only: a look-up may be repeated at
    /// will).
    pub async fn enter(&self, new: NewBatch) -> Result<Batch, LedgerError> {
        let identity = chain::identity(&new);
        if !new.force_new
            && let Some(batch) = self.continued(&identity, &new).await?
        {
            return Ok(batch);
        }
        let id = Uuid::now_v7().to_string();
        let started = Timestamp::now();
        let mut writer = self.connection.lock().await;
        let mut tx = writer.sql.begin().await.map_err(|e| self.fault(e))?;
        sqlx::query(
            "INSERT INTO batches (id, identity, service, agent, operator, portal, is_dry_run, left_out, started_ms) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(&identity)
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

    /// Starts an attempt. Its id is on disk before anything is sent.
    pub async fn attempt(&self, batch: &Batch, job: &BatchJob) -> Result<LiveAttempt, LedgerError> {
        let id = Uuid::now_v7().to_string();
        let mut writer = self.connection.lock().await;
        sqlx::query(
            "INSERT INTO attempts (id, job_id, batch_id, service, account_key, state, started_ms, updated_ms) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(job.id)
        .bind(&batch.id)
        .bind(batch.service.spec().wire)
        .bind(job.job.account.key())
        .bind(State::Queued.wire())
        .bind(now_ms())
        .bind(now_ms())
        .execute(&mut writer.sql)
        .await
        .map_err(|e| self.fault(e))?;
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

    /// Appends what happened. On `Ok` it is on disk and `live` stands where the event leads; on
    /// `Err` nothing changed.
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
        let next = live.attempt.clone().after(&event)?;
        let body = serde_json::to_string(&event).map_err(|e| LedgerError::Body(event.wire(), e))?;
        let mut writer = self.connection.lock().await;
        let writer = &mut *writer;
        let mut tx = writer.sql.begin().await.map_err(|e| self.fault(e))?;
        let version: i64 = sqlx::query("SELECT COALESCE(MAX(seq), 0) FROM events WHERE attempt_id = ? AND kind <> 'evidence_kept'")
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
            &writer.head,
            Some(&live.id),
            &live.batch_id,
            event.wire(),
            &body,
        )
        .await
        .map_err(|e| self.fault(e))?;
        set_standing(&mut tx, &live.id, &next)
            .await
            .map_err(|e| self.fault(e))?;
        let is_letter = outbox::write(&mut tx, live, &next)
            .await
            .map_err(|e| self.fault(e))?;
        tx.commit().await.map_err(|e| self.fault(e))?;
        live.attempt = next;
        if is_letter {
            self.letters.notify_waiters();
        }
        if !matches!(event, Event::EvidenceKept { .. }) {
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

    /// Marks the batch as gone through: every job had its try. Says when.
    pub async fn finish(&self, batch: &str) -> Result<Timestamp, LedgerError> {
        let now = Timestamp::now();
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

    async fn continued(
        &self,
        identity: &str,
        new: &NewBatch,
    ) -> Result<Option<Batch>, LedgerError> {
        let (id, started_ms, finished_ms) = {
            let mut writer = self.connection.lock().await;
            let row = sqlx::query("SELECT id, started_ms, finished_ms FROM batches WHERE identity = ? ORDER BY started_ms DESC, id DESC LIMIT 1")
                .bind(identity)
                .fetch_optional(&mut writer.sql)
                .await
                .map_err(|e| self.fault(e))?;
            let Some(row) = row else { return Ok(None) };
            (
                row.get::<String, _>(0),
                row.get::<i64, _>(1),
                row.get::<Option<i64>, _>(2),
            )
        };
        let is_over = finished_ms.is_some()
            && (started_ms < new.day_start_ms || !new.service.is_payment() || new.is_dry_run);
        if is_over {
            return Ok(None);
        }
        let jobs = self.jobs_of(&id, new.service).await?;
        let mut writer = self.connection.lock().await;
        // It runs again: until it is gone through once more it counts as unfinished.
        sqlx::query("UPDATE batches SET finished_ms = NULL WHERE id = ?")
            .bind(&id)
            .execute(&mut writer.sql)
            .await
            .map_err(|e| self.fault(e))?;
        let started = Timestamp::from_millisecond(started_ms).unwrap_or_default();
        Ok(Some(Batch {
            id,
            service: new.service,
            continued: true,
            was_finished: finished_ms.is_some(),
            started,
            jobs,
        }))
    }
}

/// Milliseconds since 1970.
fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

fn payment_text(payment: PaymentType) -> &'static str {
    match payment {
        PaymentType::Prepaid => "prepaid",
        PaymentType::Postpaid => "postpaid",
    }
}

/// Takes the lock beside the file, or says who has it.
fn lock(path: &Path) -> Result<File, LedgerError> {
    let lock_path = path.with_extension("lock");
    let fault = |source| LedgerError::folder(&lock_path, source);
    let mut file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock_path)
        .map_err(fault)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)
                .and_then(|()| file.rewind())
                .map_err(fault)?;
            write!(file, "{}", std::process::id()).map_err(fault)?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // On Windows the holder's lock also keeps us from reading; the sentence then goes
            // without the number.
            let _ = file.read_to_string(&mut holder);
            Err(LedgerError::InUse {
                path: path.to_owned(),
                holder: holder.trim().to_owned(),
            })
        }
        Err(TryLockError::Error(source)) => Err(fault(source)),
    }
}

/// A job as it stands in a row: parsed again, like everything from outside.
fn job_of(service: Service, row: &sqlx::sqlite::SqliteRow) -> Option<Job> {
    let amount: Option<i64> = row.get("amount");
    let payment: Option<String> = row.get("payment");
    Some(Job {
        account: Account::parse(service.spec().account, row.get::<&str, _>("account")).ok()?,
        amount: amount.and_then(|d| Vnd::try_from(d).ok()),
        order_id: row.get("order_id"),
        payment: payment.and_then(|p| p.parse().ok()),
        receiver: row
            .get::<Option<&str>, _>("receiver")
            .and_then(|phone| phone.parse().ok()),
        row: row.get("source_row"),
        ticket: ticket_of(row),
    })
}

/// A job's claim at the place it came from.
fn ticket_of(row: &sqlx::sqlite::SqliteRow) -> Option<Ticket> {
    let source = Source::of(row.get::<Option<&str>, _>("source")?)?;
    Some(Ticket {
        source,
        id: row.get::<Option<String>, _>("ticket")?,
        fence: row.get::<Option<i64>, _>("fence")?,
    })
}

#[cfg(test)]
mod tests;
