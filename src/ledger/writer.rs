//! The one connection that writes, and what it knows about the file.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::str::FromStr;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Row, SqliteConnection};

use super::{LedgerError, chain, schema};
use crate::domain::{Attempt, Event, State, Vnd};

#[derive(Debug)]
pub(super) struct Writer {
    pub sql: SqliteConnection,
    /// The newest event.
    pub head: chain::ChainHead,
    /// The newest event that was ever written at this place, where that is more than there is.
    pub ahead: Option<i64>,
    /// Commits since the write-ahead log was copied back.
    commits: u32,
}

impl Writer {
    pub async fn open(path: &Path) -> Result<Self, LedgerError> {
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
        make_private(path)?;
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

    /// From here on a commit is on disk when it returns; or it goes there with the next one that is.
    pub async fn wait_for_disk(&mut self, waits: bool) -> Result<(), sqlx::Error> {
        sqlx::query(if waits {
            "PRAGMA synchronous = FULL"
        } else {
            "PRAGMA synchronous = NORMAL"
        })
        .execute(&mut self.sql)
        .await
        .map(drop)
    }

    /// Copies the write-ahead log back into the file once it has grown, at a moment when nobody is
    /// on the way to the portal; at the latest when it has grown a lot.
    pub async fn tidy_up(&mut self, is_quiet: bool) {
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
    pub async fn refold(&mut self, path: &Path) -> Result<(), LedgerError> {
        let fault = |e| LedgerError::of(path, e);
        let ids = sqlx::query("SELECT id FROM attempts")
            .fetch_all(&mut self.sql)
            .await
            .map_err(fault)?;
        for id in ids.iter().map(|row| row.get::<String, _>(0)) {
            let events =
                sqlx::query("SELECT body, at_ms FROM events WHERE attempt_id = ? ORDER BY seq")
                    .bind(&id)
                    .fetch_all(&mut self.sql)
                    .await
                    .map_err(fault)?;
            let (mut attempt, mut moved_ms) = (Attempt::default(), None);
            for row in &events {
                let event: Event = serde_json::from_str(row.try_get(0).map_err(fault)?)
                    .map_err(|e| LedgerError::Body("?", e))?;
                attempt = attempt.after(&event)?;
                // The history keeps its days: the time is the event's, not that of the rescue.
                if !event.is_note() {
                    moved_ms = Some(row.get::<i64, _>(1));
                }
            }
            if let Some(at_ms) = moved_ms {
                set_status(&mut self.sql, &id, &attempt, at_ms)
                    .await
                    .map_err(fault)?;
            }
        }
        Ok(())
    }
}

/// Makes the file, where it is not there yet, so that nobody but its owner reads it. SQLite gives
/// the files beside it the same rights.
fn make_private(path: &Path) -> Result<(), LedgerError> {
    let fault = |source| LedgerError::folder(path, source);
    let file = private_file().open(path).map_err(fault)?;
    close_to_others(&file).map_err(fault)
}

/// A file that is made, where it is not there yet, for its owner alone. Elsewhere than on Unix the
/// folder's own rights hold.
pub(super) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A file of an earlier program may still be open to others.
fn close_to_others(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let mut rights = file.metadata()?.permissions();
        if rights.mode() & 0o077 != 0 {
            rights.set_mode(0o600);
            file.set_permissions(rights)?;
        }
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Brings the cache of an attempt's status in line with its events, the newest of which is from
/// `at_ms` (milliseconds since 1970).
pub(super) async fn set_status(
    sql: &mut SqliteConnection,
    id: &str,
    attempt: &Attempt,
    at_ms: i64,
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
    .bind(at_ms)
    .bind(id)
    .execute(sql)
    .await
    .map(drop)
}
