//! SQLite takes one writer at a time and waits for the disk at every commit. So whoever wants to write
//! stands in line here, in the order in which they came, and those who stand in line at the same time are
//! written together: each works behind a savepoint of its own, and one commit makes all of it durable.
//!
//! Lives here: the line, the one connection that writes, the common commit and who is told of it. Never
//! here: what is written.
//!
//! *Invariants: nobody is told "kept" before the common commit was; what fails or is left undone goes back to its
//! savepoint and takes nobody along; where it is unclear how things stand, all of it is taken back and everybody is
//! told to do theirs again; the commit waits for none of those who write: a task of its own stands in the same line
//! for it.*

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Executor, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::store::StoreError;

/// Nobody joins those who have been at it for so long: the first of them has waited enough.
const JOINING_MAX: Duration = Duration::from_millis(20);

/// The line of an SQLite file's writers.
#[derive(Debug, Clone)]
pub(super) struct Writers {
    /// Waiting here is fair; waiting in SQLite is a lottery.
    seat: Arc<Mutex<Seat>>,
    waiting: Arc<AtomicUsize>,
}

/// What whoever may write holds.
#[derive(Debug)]
struct Seat {
    options: SqliteConnectOptions,
    /// Made when it is needed. One of which nobody knows how it stands is dropped: SQLite then takes back
    /// what was not committed.
    connection: Option<SqliteConnection>,
    /// The transaction of the database's that is open, where one is.
    open: Option<Together>,
}

/// Several of our transactions, written as one.
#[derive(Debug)]
struct Together {
    begun: Instant,
    /// Who has done its part, and waits to be told.
    done: Vec<oneshot::Sender<Result<(), StoreError>>>,
    /// Has somebody begun a part and not ended it?
    is_within: bool,
}

/// The right to write, and the connection for it. Whoever drops it has written nothing.
#[derive(Debug)]
pub(super) struct WriteTurn {
    writers: Writers,
    seat: OwnedMutexGuard<Seat>,
}

impl Writers {
    pub fn new(options: &SqliteConnectOptions) -> Self {
        let seat = Seat {
            options: options.clone(),
            connection: None,
            open: None,
        };
        Self {
            seat: Arc::new(Mutex::new(seat)),
            waiting: Arc::default(),
        }
    }

    /// Waits for one's turn, and begins.
    pub async fn begin(&self) -> Result<WriteTurn, StoreError> {
        let mut seat = {
            let _waiting = Waiting::in_line(&self.waiting);
            Arc::clone(&self.seat).lock_owned().await
        };
        seat.put_right().await;
        if seat.open.as_ref().is_some_and(Together::is_late) {
            seat = committed(seat).await?;
        }
        let mut turn = WriteTurn {
            writers: self.clone(),
            seat,
        };
        turn.seat.enter().await?;
        Ok(turn)
    }

    /// Commits what is open when all have had their turn who stand in line now.
    async fn commit_soon(self) {
        let mut seat = self.seat.lock_owned().await;
        seat.put_right().await;
        seat.commit().await;
    }

    /// Ends the connection, so that SQLite leaves a single file.
    pub async fn close(self) {
        let mut seat = self.seat.lock_owned().await;
        if let Some(connection) = seat.connection.take()
            && let Err(fault) = connection.close().await
        {
            tracing::debug!(%fault, "the database could not be closed");
        }
    }
}

impl WriteTurn {
    /// Where statements go.
    pub fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.seat
            .connection
            .as_mut()
            .ok_or(sqlx::Error::WorkerCrashed)
    }

    /// Keeps what was done: at once where nobody waits, else together with the next ones.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let is_first = self.seat.is_alone();
        if is_first && self.writers.waiting.load(Ordering::Acquire) == 0 {
            self.seat.say("COMMIT").await?;
            self.seat.open = None;
            return Ok(());
        }
        if !is_first && let Err(fault) = self.seat.say("RELEASE part").await {
            return Err(self.seat.fail(fault));
        }
        let (tell, told) = oneshot::channel();
        if let Some(open) = &mut self.seat.open {
            open.done.push(tell);
            open.is_within = false;
        }
        if is_first {
            tokio::spawn(self.writers.clone().commit_soon());
        }
        drop(self);
        // Err: the program ends.
        told.await
            .unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into()))
    }

    /// Takes back what was done, and nothing else.
    pub async fn roll_back(mut self) {
        if !self.seat.is_alone() {
            self.seat.put_right().await;
        } else if self.seat.say("ROLLBACK").await.is_ok() {
            self.seat.open = None;
        }
    }
}

impl Drop for WriteTurn {
    fn drop(&mut self) {
        // Left in the middle. Where others have a part in it, the next one takes this part back, or who commits.
        if self.seat.is_alone() {
            self.seat.let_go();
        }
    }
}

impl Together {
    fn is_late(&self) -> bool {
        self.begun.elapsed() > JOINING_MAX
    }
}

impl Seat {
    /// Is something open, and has nobody done their part in it?
    fn is_alone(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.done.is_empty())
    }

    async fn say(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::WorkerCrashed)?;
        connection.execute(sql).await.map(|_| ())
    }

    /// Begins a part: of what is open, or of something new.
    async fn enter(&mut self) -> Result<(), StoreError> {
        if let Some(open) = &mut self.open {
            open.is_within = true;
            return match self.say("SAVEPOINT part").await {
                Ok(()) => Ok(()),
                Err(fault) => Err(self.fail(fault)),
            };
        }
        if self.connection.is_none() {
            self.connection = Some(SqliteConnection::connect_with(&self.options).await?);
        }
        // From here on it is taken back where whoever began is gone.
        self.open = Some(Together {
            begun: Instant::now(),
            done: Vec::new(),
            is_within: true,
        });
        Ok(self.say("BEGIN IMMEDIATE").await?)
    }

    /// Takes back a part that was begun and not ended.
    async fn put_right(&mut self) {
        if !self.open.as_ref().is_some_and(|open| open.is_within) {
            return;
        }
        let undone = match self.say("ROLLBACK TO part").await {
            Ok(()) => self.say("RELEASE part").await,
            Err(fault) => Err(fault),
        };
        match (undone, &mut self.open) {
            (Ok(()), Some(open)) => open.is_within = false,
            (Ok(()), None) => {}
            (Err(fault), _) => drop(self.fail(fault)),
        }
    }

    /// Commits what is open, and tells everybody.
    async fn commit(&mut self) {
        if self.open.is_none() {
            return;
        }
        if let Err(fault) = self.say("COMMIT").await {
            drop(self.fail(fault));
        } else if let Some(open) = self.open.take() {
            for tell in open.done {
                // Err: nobody waits for it any more.
                let _ = tell.send(Ok(()));
            }
        }
    }

    /// Nobody knows how it stands: all of it is taken back, and everybody does their part again.
    fn fail(&mut self, fault: sqlx::Error) -> StoreError {
        let fault = Arc::new(fault);
        let done = self.open.take().map(|open| open.done);
        self.let_go();
        for tell in done.into_iter().flatten() {
            // Err: nobody waits for it any more.
            let _ = tell.send(Err(StoreError::TakenBack(Arc::clone(&fault))));
        }
        StoreError::TakenBack(fault)
    }

    /// Lets the connection go, with all that was not committed.
    fn let_go(&mut self) {
        self.open = None;
        self.connection = None;
    }
}

/// Commits what is open, whatever becomes of whoever asks.
async fn committed(mut seat: OwnedMutexGuard<Seat>) -> Result<OwnedMutexGuard<Seat>, StoreError> {
    let committing = tokio::spawn(async move {
        seat.commit().await;
        seat
    });
    // Err: the program ends.
    committing
        .await
        .map_err(|_| sqlx::Error::WorkerCrashed.into())
}

/// One who stands in line.
struct Waiting<'w>(&'w AtomicUsize);

impl<'w> Waiting<'w> {
    fn in_line(count: &'w AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests;
