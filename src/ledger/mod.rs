//! The durable journal of this machine: batches, jobs, attempts and what happened to them.
//!
//! Lives here: `SQLite`, its schema, the hash chain over all events, the lock that keeps a second
//! program away. Never here: what an event means ([`crate::domain::attempt`]), the portal, the
//! browser.
//!
//! Events are appended and never changed; the table `attempts` is a cache of their fold and can be
//! made again from them. What is appended is on disk (WAL, `synchronous = FULL`) when the call returns:
//! that is what makes [`Event::Armed`] a promise. Only what leads up to it, and what the next such
//! event says again (`Event::must_last`), goes to disk with that one: a power cut then takes it away
//! as if it had not happened yet, never out of order.

mod account;
mod anchor;
mod append;
mod backup;
mod chain;
mod entry;
mod error;
mod fall;
mod filled;
mod outbox;
mod read;
mod records;
mod schema;
mod writer;

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::{Connection, Row};
use tokio::sync::{Mutex, Notify};

use crate::clock::Clock;
use crate::domain::{Account, Attempt, Job, Service, Source, Ticket, Vnd};
use writer::Writer;

pub use account::{AgentAccount, FactsQuery, Spent};
pub use append::Armed;
pub use backup::{Backups, Salvaged};
pub use chain::ChainFault;
pub use entry::{Entered, NewBatch, StoppedList};
pub use error::LedgerError;
pub use filled::{EVENTS_A_PAYMENT, filled};
pub use outbox::{Letter, Outbox};
pub use read::EventRow;
pub use records::{BatchSummary, JobResult, Records, Sum};

/// The open journal. One per file and machine: opening takes a lock.
#[derive(Debug)]
pub struct Ledger {
    connection: Mutex<Writer>,
    path: PathBuf,
    /// What had to be saved from a damaged file when it was opened.
    salvaged: Option<Salvaged>,
    /// What time it is.
    clock: Clock,
    /// The mark beside it.
    notes: Arc<anchor::Notes>,
    /// Told when something has to be told to a job's source.
    letters: Notify,
    /// Held for as long as the ledger is open; the system frees it however the program ends.
    _lock: File,
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

/// Beside a journal in which a page could not be read.
fn damage_mark(path: &Path) -> PathBuf {
    path.with_extension("hong")
}

/// A clock that is off by less is not worth a word.
const CLOCK_SLACK_MS: i64 = 60_000;

impl Ledger {
    /// Opens (or makes) the journal, takes its lock, brings its schema up to date, and classifies
    /// what a dead run left behind: before arming it goes back to the queue, at or after arming it
    /// is unknown.
    ///
    /// A damaged file is moved aside and what is whole of it (or of the newest copy) takes its
    /// place, see
    /// [`Self::salvaged`]. Where that is less than there once was, [`Self::arm`] refuses until [`Self::adopt`].
    pub async fn open(path: &Path) -> Result<Self, LedgerError> {
        Self::open_by(path, Clock::system()).await
    }

    /// The same, by this clock.
    pub async fn open_by(path: &Path, clock: Clock) -> Result<Self, LedgerError> {
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
        if writer.head.at_ms > clock.now_ms() + CLOCK_SLACK_MS {
            tracing::warn!(
                minutes = (writer.head.at_ms - clock.now_ms()) / 60_000,
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
            clock,
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
                self.clock.now_ms(),
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

    /// What time it is in the journal.
    pub fn clock(&self) -> &Clock {
        &self.clock
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
}

/// Takes the lock beside the file, or says who has it.
fn lock(path: &Path) -> Result<File, LedgerError> {
    let lock_path = path.with_extension("lock");
    let fault = |source| LedgerError::folder(&lock_path, source);
    let mut file = writer::private_file()
        .read(true)
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
