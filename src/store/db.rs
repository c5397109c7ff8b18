//! The connection: SQLite or MariaDB by the address, one way to ask, one way to change.
//!
//! Lives here: opening, transactions that are done again as a whole, reading values. Never here: a
//! table's name.
//!
//! Both databases read the same SQL: `?` for values, backticks around names. What differs is named:
//! the lock of a claim ([`Store::for_update`]), the isolation, and how a transaction begins.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sqlx::{self, Executor};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, QueryResult, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait, Value,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::StoreError;

/// How often a transaction is done again as a whole when the database asks for it.
const TRIES_MAX: u32 = 12;
/// How long a lost connection is tried again: longer than a cluster needs for another writer,
/// shorter than a request may take.
const GONE_MAX: Duration = Duration::from_secs(14);
/// A transaction in which nothing was said for so long was left by a server that died without a
/// word. What it holds is let go; a living one says something every few milliseconds, and does the
/// transaction again where it did not.
const IDLE_MAX: &str = "SET SESSION idle_transaction_timeout = 10";
/// A copy reads from one database while the other one writes and sums up.
const IDLE_FOR_EVER: &str = "SET SESSION idle_transaction_timeout = 0";
/// How long SQLite waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// MariaDB: deadlock (and a failed certification on Galera), lock wait, row changed since it was
/// read.
const AGAIN: [u16; 3] = [1213, 1205, 1020];
/// MariaDB: the node is not ready, is being stopped, lost the others in the middle of a commit, has
/// ended the connection.
const GONE: [u16; 4] = [1047, 1053, 1180, 1927];

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// MariaDB 10.6 or later, alone or as a Galera cluster.
    MariaDb,
}

/// The server's database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) db: DatabaseConnection,
    engine: Engine,
    /// SQLite takes one writer at a time. Waiting here is fair; waiting in SQLite is a lottery.
    writer: Arc<Mutex<()>>,
    clock: Clock,
}

/// Where the time comes from.
#[derive(Debug, Clone)]
enum Clock {
    /// The machine's, and how far the database's is ahead of it: several servers must agree on when
    /// a lease ends.
    Machine { ahead_ms: Arc<AtomicI64> },
    /// A test's.
    Still(Arc<AtomicI64>),
}

/// A transaction that writes.
pub struct Tx {
    inner: DatabaseTransaction,
    _writer: Option<OwnedMutexGuard<()>>,
}

impl std::ops::Deref for Tx {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}

/// Where a database of this address lies, without the password in it.
pub fn shown(url: &str) -> String {
    match url::Url::parse(url) {
        // What stands before a second `@` may be the rest of a password that was not encoded.
        Ok(mut parsed)
            if parsed.password().is_some() && !parsed[url::Position::AfterHost..].contains('@') =>
        {
            // Err: an address that cannot have a password.
            let _ = parsed.set_password(Some("***"));
            parsed.to_string()
        }
        _ if url.contains('@') => format!("{}://***", url.split(':').next().unwrap_or_default()),
        _ => url.to_owned(),
    }
}

/// The file of an SQLite address.
fn file_of(url: &str) -> Option<PathBuf> {
    let options: sqlx::sqlite::SqliteConnectOptions = url
        .starts_with("sqlite")
        .then(|| url.parse().ok())
        .flatten()?;
    let file = options.get_filename();
    (!url.contains(":memory:") && !url.contains("mode=ro")).then(|| file.to_owned())
}

/// Makes an empty file that only its owner can read, where there is none.
pub(super) fn private_file(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// The address of an SQLite file.
pub fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}?mode=rwc", file.display())
}

impl Store {
    /// Connects; a file that is not there is made, for its owner's eyes only. The schema is another
    /// matter ([`Store::migrate`]).
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        if let Some(file) = file_of(url) {
            let faulted = |source: std::io::Error| StoreError::Unreachable {
                url: shown(url),
                source: DbErr::Custom(source.to_string()),
            };
            private_file(&file).map_err(faulted)?;
        }
        Self::connect_to(url).await
    }

    /// Connects to a database that is there.
    pub async fn connect_to(url: &str) -> Result<Self, StoreError> {
        let engine = match url.split(':').next() {
            Some("sqlite") => Engine::Sqlite,
            Some("mysql" | "mariadb") => Engine::MariaDb,
            _ => return Err(StoreError::BadAddress(shown(url))),
        };
        let address = url
            .strip_prefix("mariadb:")
            .map_or_else(|| url.to_owned(), |rest| format!("mysql:{rest}"));
        let mut options = ConnectOptions::new(address);
        options
            .sqlx_logging(false)
            .acquire_timeout(Duration::from_secs(10))
            .max_connections(if engine == Engine::Sqlite { 8 } else { 24 });
        options.map_sqlx_sqlite_opts(|o| {
            o.journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
                // An acknowledged `arm` must survive a power cut.
                .synchronous(sqlx::sqlite::SqliteSynchronous::Full)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(false)
                // For each of the connections, in KB: the system keeps the file itself in memory.
                .pragma("cache_size", "-8000")
        });
        options.map_sqlx_mysql_pool_opts(|pool| {
            pool.after_connect(|connection, _| {
                Box::pin(async move {
                    connection
                        .execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
                        .await?;
                    // On a cluster: what another server wrote is seen. A plain MariaDB does not
                    // know it.
                    let _ = connection.execute("SET SESSION wsrep_sync_wait = 1").await;
                    connection.execute(IDLE_MAX).await?;
                    Ok(())
                })
            })
        });
        let db = Database::connect(options)
            .await
            .map_err(|source| StoreError::Unreachable {
                url: shown(url),
                source,
            })?;
        let store = Self {
            db,
            engine,
            writer: Arc::default(),
            clock: Clock::Machine {
                ahead_ms: Arc::default(),
            },
        };
        store.tune_clock().await?;
        Ok(store)
    }

    /// The same database with a clock that stands where it is put.
    #[must_use]
    pub fn with_clock(mut self, now_ms: Arc<AtomicI64>) -> Self {
        self.clock = Clock::Still(now_ms);
        self
    }

    /// Which database it is.
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// Milliseconds since 1970, as all servers of this database see it.
    pub fn now_ms(&self) -> i64 {
        match &self.clock {
            Clock::Machine { ahead_ms } => {
                jiff::Timestamp::now().as_millisecond() + ahead_ms.load(Ordering::Relaxed)
            }
            Clock::Still(now) => now.load(Ordering::Relaxed),
        }
    }

    /// Lets a transaction wait for the other side of a copy as long as it takes, or no longer.
    pub(super) async fn be_patient(
        &self,
        tx: &DatabaseTransaction,
        is_patient: bool,
    ) -> Result<(), StoreError> {
        match self.engine {
            Engine::Sqlite => Ok(()),
            Engine::MariaDb => execute(
                tx,
                if is_patient { IDLE_FOR_EVER } else { IDLE_MAX },
                vec![],
            )
            .await
            .map(|_| ()),
        }
    }

    /// Compares the clock with the database's, where that is another machine.
    pub async fn tune_clock(&self) -> Result<(), StoreError> {
        let (Engine::MariaDb, Clock::Machine { ahead_ms }) = (self.engine, &self.clock) else {
            return Ok(());
        };
        let before = jiff::Timestamp::now().as_millisecond();
        let row = one(
            &self.db,
            "SELECT CAST(ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) AS SIGNED)",
            vec![],
        )
        .await?;
        let after = jiff::Timestamp::now().as_millisecond();
        if let Some(row) = row {
            ahead_ms.store(
                int(&row, 0)? - i64::midpoint(before, after),
                Ordering::Relaxed,
            );
        }
        Ok(())
    }

    /// Does it answer? Asked once: who asks wants to know how it is now.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db
            .query_one_raw(statement(
                self.db.get_database_backend(),
                "SELECT 1",
                vec![],
            ))
            .await?;
        Ok(())
    }

    /// Ends all connections, so that SQLite leaves a single file.
    pub async fn close(self) {
        if let Err(error) = self.db.close().await {
            tracing::warn!(%error, "the database was not closed cleanly");
        }
    }

    /// Behind a `SELECT` that claims rows: locks them, passing by those that another transaction
    /// holds.
    pub(super) const fn for_update(&self) -> &'static str {
        match self.engine {
            // The transaction began as the only writer.
            Engine::Sqlite => "",
            Engine::MariaDb => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// Behind a `SELECT` of a row that is going to be changed: waits for whoever holds it.
    pub(super) const fn locked(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite => "",
            Engine::MariaDb => " FOR UPDATE",
        }
    }

    /// Begins a transaction that writes. Use [`transaction!`], which does it again where the
    /// database asks for it.
    pub(super) async fn begin(&self) -> Result<Tx, StoreError> {
        let writer = match self.engine {
            Engine::Sqlite => Some(Arc::clone(&self.writer).lock_owned().await),
            Engine::MariaDb => None,
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Tx {
            inner: self.db.begin_with_options(options).await?,
            _writer: writer,
        })
    }
}

impl Tx {
    /// Commits what went well, takes back what did not.
    pub(super) async fn finish<T>(self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        match done {
            Ok(value) => {
                self.inner.commit().await?;
                Ok(value)
            }
            Err(error) => {
                if let Err(fault) = self.inner.rollback().await {
                    tracing::debug!(%fault, "the transaction could not be taken back; the database does it");
                }
                Err(error)
            }
        }
    }
}

/// Counts the tries of a transaction, or of a question outside of one.
pub(super) struct Tries {
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
        let has_time = self.count < TRIES_MAX
            || (matches!(&error, StoreError::Database(e) if is_gone(e))
                && self.begun.elapsed() < GONE_MAX);
        if !has_time || !(error.wants_another_try() || was_overtaken) {
            return Err(error);
        }
        let most = 4_u64 << self.count.min(7);
        tokio::time::sleep(Duration::from_millis(rand::random_range(1..=most))).await;
        Ok(())
    }
}

/// Runs `$body`, a future over `&$tx`, in a transaction: commits it, or takes it back and does it
/// again as a whole where the database asks for that.
macro_rules! transaction {
    ($store:expr, |$tx:ident| $body:expr) => {{
        let mut tries = $crate::store::db::Tries::new();
        loop {
            let ended = match $store.begin().await {
                Ok($tx) => {
                    let done = $body.await;
                    $tx.finish(done).await
                }
                Err(error) => Err(error),
            };
            match ended {
                Ok(value) => break Ok(value),
                Err(error) => {
                    if let Err(error) = tries.again(error).await {
                        break Err(error);
                    }
                }
            }
        }
    }};
}
pub(super) use transaction;

/// Does the database ask for the whole transaction again?
pub(super) fn wants_another_try(error: &DbErr) -> bool {
    is_gone(error)
        || match sqlx_error(error) {
            Some(sqlx::Error::Database(told)) => match number(&**told) {
                Some(number) => AGAIN.contains(&number),
                // SQLITE_BUSY and SQLITE_LOCKED, with whatever stands above the low byte.
                None => told
                    .code()
                    .and_then(|code| code.parse::<u32>().ok())
                    .is_some_and(|code| matches!(code & 0xff, 5 | 6)),
            },
            _ => false,
        }
}

/// Is it the node that is gone, and not the transaction that failed?
fn is_gone(error: &DbErr) -> bool {
    match sqlx_error(error) {
        Some(sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed) => true,
        Some(sqlx::Error::Database(told)) => {
            number(&**told).is_some_and(|number| GONE.contains(&number))
        }
        _ => false,
    }
}

/// MariaDB's number of the error.
fn number(told: &dyn sqlx::error::DatabaseError) -> Option<u16> {
    told.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
        .map(sqlx::mysql::MySqlDatabaseError::number)
}

/// Does the database say that this account may not do it?
pub(super) fn is_forbidden(error: &StoreError) -> bool {
    let StoreError::Database(error) = error else {
        return false;
    };
    let Some(sqlx::Error::Database(told)) = sqlx_error(error) else {
        return false;
    };
    // No right to the database, no right to the table.
    matches!(number(&**told), Some(1044 | 1142))
}

/// Is there already a row with this unique key?
pub(super) fn is_taken(error: &StoreError) -> bool {
    let StoreError::Database(error) = error else {
        return false;
    };
    matches!(sqlx_error(error), Some(sqlx::Error::Database(told)) if told.is_unique_violation())
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(e))
        | DbErr::Exec(RuntimeErr::SqlxError(e))
        | DbErr::Query(RuntimeErr::SqlxError(e)) => Some(e),
        _ => None,
    }
}

/// Values for the question marks, in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$(sea_orm::Value::from($value)),*] };
}
pub(super) use values;

/// `?, ?, ?`
pub(super) fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

fn statement(backend: DbBackend, sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(backend, sql, values)
}

/// Changes rows; says how many matched.
pub(super) async fn execute<C: ConnectionTrait>(
    c: &C,
    sql: &str,
    values: Vec<Value>,
) -> Result<u64, StoreError> {
    Ok(
        c.execute_raw(statement(c.get_database_backend(), sql, values))
            .await?
            .rows_affected(),
    )
}

/// Inserts a row; says its number.
pub(super) async fn insert<C: ConnectionTrait>(
    c: &C,
    sql: &str,
    values: Vec<Value>,
) -> Result<i64, StoreError> {
    let id = c
        .execute_raw(statement(c.get_database_backend(), sql, values))
        .await?
        .last_insert_id();
    i64::try_from(id).map_err(|_| StoreError::Damaged("số dòng quá lớn".to_owned()))
}

/// Where questions are put: to any connection, which may be done again, or in a transaction, which
/// is done again as a whole.
pub(super) trait Asked: ConnectionTrait {
    /// May a question be put again by itself?
    const ALONE: bool;
}

impl Asked for DatabaseConnection {
    const ALONE: bool = true;
}

impl Asked for DatabaseTransaction {
    const ALONE: bool = false;
}

/// Puts `$question` until it is answered, or the error is for the caller.
macro_rules! answered {
    ($on:ty, $question:expr) => {{
        let mut tries = Tries::new();
        loop {
            match $question.await {
                Ok(answer) => break Ok(answer),
                Err(error) if <$on>::ALONE => tries.again(error.into()).await?,
                Err(error) => break Err(error.into()),
            }
        }
    }};
}

/// The first row.
pub(super) async fn one<C: Asked>(
    c: &C,
    sql: &str,
    values: Vec<Value>,
) -> Result<Option<QueryResult>, StoreError> {
    let question = statement(c.get_database_backend(), sql, values);
    answered!(C, c.query_one_raw(question.clone()))
}

/// All rows.
pub(super) async fn all<C: Asked>(
    c: &C,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<QueryResult>, StoreError> {
    let question = statement(c.get_database_backend(), sql, values);
    answered!(C, c.query_all_raw(question.clone()))
}

/// A whole number that is there.
pub(super) fn int(row: &QueryResult, at: usize) -> Result<i64, StoreError> {
    Ok(row.try_get_by_index::<i64>(at)?)
}

/// A whole number, where there is one.
pub(super) fn int_or_none(row: &QueryResult, at: usize) -> Result<Option<i64>, StoreError> {
    Ok(row.try_get_by_index::<Option<i64>>(at)?)
}

/// A text that is there.
pub(super) fn text(row: &QueryResult, at: usize) -> Result<String, StoreError> {
    Ok(row.try_get_by_index::<String>(at)?)
}

/// A text, where there is one.
pub(super) fn text_or_none(row: &QueryResult, at: usize) -> Result<Option<String>, StoreError> {
    Ok(row.try_get_by_index::<Option<String>>(at)?)
}
