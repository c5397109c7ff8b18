//! What a database's error asks for: another try, patience, or nothing of the kind.

use std::time::{Duration, Instant};

use sqlx::error::DatabaseError;

use crate::store::StoreError;

/// How often a transaction is done again as a whole when the database asks for it.
const TRIES_MAX: u32 = 12;
/// How long a lost connection is tried again: longer than a cluster needs for another writer,
/// shorter than a request may take.
const GONE_MAX: Duration = Duration::from_secs(14);
/// How long where nobody listens at the database's address: no node takes over there, and whoever asks is better
/// off knowing.
const REFUSED_MAX: Duration = Duration::from_secs(4);
/// How long where no connection became free in time.
const SILENT_MAX: Duration = Duration::from_secs(8);
/// MariaDB: deadlock (and a failed certification on Galera), lock wait, row changed since it was
/// read.
const AGAIN: [u16; 3] = [1213, 1205, 1020];
/// MariaDB: the node is not ready, is being stopped, lost the others in the middle of a commit, has
/// ended the connection.
const GONE: [u16; 4] = [1047, 1053, 1180, 1927];
/// MariaDB: disk full, table full, a fault of a file's size.
const FULL: [u16; 3] = [1021, 1114, 1026];
/// MariaDB: no right to the database, no right to the table.
const FORBIDDEN: [u16; 2] = [1044, 1142];

/// Counts the tries of a transaction, or of a question outside of one.
pub(in crate::store) struct Tries {
    count: u32,
    begun: Instant,
}

impl Tries {
    pub fn new() -> Self {
        Self {
            count: 0,
            begun: Instant::now(),
        }
    }

    /// Waits a little where the database asks for another try; else hands the error back.
    pub async fn again(&mut self, error: StoreError) -> Result<(), StoreError> {
        self.count += 1;
        // Two that insert the same key: on the second look the slower one sees the faster one's
        // row.
        let was_overtaken = is_taken(&error) && self.count < 3;
        let waited = self.begun.elapsed();
        let has_time = match patience(&error) {
            Some(patience) => waited < patience,
            None => self.count < TRIES_MAX,
        };
        if !has_time || !(wants_another_try(&error) || was_overtaken) {
            return Err(error);
        }
        let most = 4_u64 << self.count.min(7);
        tokio::time::sleep(Duration::from_millis(rand::random_range(1..=most))).await;
        Ok(())
    }
}

/// How long a database that is not there is waited for. `None`: it is there.
fn patience(error: &StoreError) -> Option<Duration> {
    use std::io::ErrorKind::{ConnectionRefused, NotFound};
    match error {
        StoreError::Database(sqlx::Error::Io(fault))
            if matches!(fault.kind(), ConnectionRefused | NotFound) =>
        {
            Some(REFUSED_MAX)
        }
        StoreError::Database(sqlx::Error::PoolTimedOut) => Some(SILENT_MAX),
        error => is_gone(error).then_some(GONE_MAX),
    }
}

/// Does the database ask for the whole transaction again?
fn wants_another_try(error: &StoreError) -> bool {
    if matches!(error, StoreError::TakenBack(_)) {
        return true;
    }
    let Some(said) = said(error) else {
        return is_gone(error);
    };
    match number(said) {
        Some(number) => AGAIN.contains(&number) || GONE.contains(&number),
        // SQLITE_BUSY and SQLITE_LOCKED, with whatever stands above the low byte.
        None => said
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| matches!(code & 0xff, 5 | 6)),
    }
}

/// Is it the node that is gone, and not the transaction that failed?
fn is_gone(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Database(
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::PoolTimedOut
        )
    ) || said(error)
        .and_then(number)
        .is_some_and(|number| GONE.contains(&number))
}

/// Does the database say that this account may not do it?
pub(super) fn is_forbidden(error: &StoreError) -> bool {
    said(error)
        .and_then(number)
        .is_some_and(|number| FORBIDDEN.contains(&number))
}

/// Has the database no room left?
pub(in crate::store) fn is_full(error: &StoreError) -> bool {
    let Some(said) = said(error) else {
        return false;
    };
    match number(said) {
        Some(number) => FULL.contains(&number),
        // SQLITE_FULL
        None => said
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| code & 0xff == 13),
    }
}

/// Is there already a row with this unique key?
pub(in crate::store) fn is_taken(error: &StoreError) -> bool {
    said(error).is_some_and(DatabaseError::is_unique_violation)
}

/// The database's own error, where it is one.
fn said(error: &StoreError) -> Option<&(dyn DatabaseError + 'static)> {
    match error {
        StoreError::Database(sqlx::Error::Database(said)) => Some(&**said),
        _ => None,
    }
}

/// MariaDB's number of the error.
fn number(said: &(dyn DatabaseError + 'static)) -> Option<u16> {
    said.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
        .map(sqlx::mysql::MySqlDatabaseError::number)
}
