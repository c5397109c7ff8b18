//! The connection: SQLite or MariaDB by the address, the clock that all servers agree on, and the
//! way to each area.
//!
//! Never here: a table's name.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, MySqlPool, SqlitePool};

use super::engine::Engine;
use super::sql::{SqlValue, int, one};
use super::watch::Watch;
use super::writers::Writers;
use crate::store::StoreError;

/// A transaction in which nothing was said for so long was left by a server that died without a
/// word. What it holds is let go; a living one says something every few milliseconds, and does the
/// transaction again where it did not.
pub(super) const IDLE_MAX: &str = "SET SESSION idle_transaction_timeout = 10";
/// A copy reads from one database while the other one writes and sums up.
pub(super) const IDLE_FOR_EVER: &str = "SET SESSION idle_transaction_timeout = 0";
/// How long SQLite waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a free connection is waited for.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(4);
/// How long whoever asks by a connection of its own waits for it.
const PROBE_MAX: Duration = Duration::from_millis(700);

/// The connections, of whichever database it is.
#[derive(Debug, Clone)]
pub(super) enum Pools {
    /// Those who read, and those who write.
    Sqlite(SqlitePool, Writers),
    MariaDb(MySqlPool),
}

/// The server's database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pools: Pools,
    clock: Clock,
    watch: Option<Watch>,
}

/// Where the time comes from.
#[derive(Debug, Clone)]
enum Clock {
    /// The machine's, and how far the database's is ahead of it.
    Machine { ahead_ms: Arc<AtomicI64> },
    /// A test's.
    Still(Arc<AtomicI64>),
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
    let options: SqliteConnectOptions = url
        .starts_with("sqlite")
        .then(|| url.parse().ok())
        .flatten()?;
    let file = options.get_filename();
    (!url.contains(":memory:") && !url.contains("mode=ro")).then(|| file.to_owned())
}

/// Makes an empty file that only its owner can read, where there is none.
pub(in crate::store) fn private_file(file: &Path) -> std::io::Result<()> {
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
    /// matter ([`Schema::migrate`](super::schema::Schema::migrate)).
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        if let Some(file) = file_of(url) {
            private_file(&file).map_err(|fault| unreachable(url, sqlx::Error::Io(fault)))?;
        }
        Self::connect_to(url).await
    }

    /// Connects to a database that is there; where none is, that is an error and none is made.
    pub async fn connect_to(url: &str) -> Result<Self, StoreError> {
        let pools = match url.split_once(':') {
            Some(("sqlite", _)) => sqlite(url).await,
            Some(("mysql" | "mariadb", rest)) => {
                mariadb(&format!("mysql:{rest}")).await.map(Pools::MariaDb)
            }
            _ => return Err(StoreError::BadAddress(shown(url))),
        };
        let store = Self {
            pools: pools.map_err(|fault| unreachable(url, fault))?,
            clock: Clock::Machine {
                ahead_ms: Arc::default(),
            },
            watch: None,
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

    /// The same database, with what is sent to it kept in `watch`, to see how it goes about that.
    #[must_use]
    pub fn watched(mut self, watch: &Watch) -> Self {
        self.watch = Some(watch.clone());
        self
    }

    pub(super) fn note(&self, sql: &str, values: &[SqlValue]) {
        if let Some(watch) = &self.watch {
            watch.note(sql, values);
        }
    }

    /// Which database it is.
    pub const fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite(..) => Engine::Sqlite,
            Pools::MariaDb(_) => Engine::MariaDb,
        }
    }

    /// Milliseconds since 1970 by this machine's clock: what is written down, days, terms.
    pub fn now_ms(&self) -> i64 {
        match &self.clock {
            Clock::Machine { .. } => jiff::Timestamp::now().as_millisecond(),
            Clock::Still(now) => now.load(Ordering::Relaxed),
        }
    }

    /// Milliseconds since 1970 as all servers of this database see it, by the database's clock: when a
    /// lease ends, they must agree.
    pub fn shared_now_ms(&self) -> i64 {
        match &self.clock {
            Clock::Machine { ahead_ms } => self.now_ms() + ahead_ms.load(Ordering::Relaxed),
            Clock::Still(_) => self.now_ms(),
        }
    }

    /// Compares the clock with the database's, where that is another machine.
    pub(super) async fn tune_clock(&self) -> Result<(), StoreError> {
        let (Engine::MariaDb, Clock::Machine { ahead_ms }) = (self.engine(), &self.clock) else {
            return Ok(());
        };
        let sql = "SELECT CAST(ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) AS SIGNED)";
        let before = jiff::Timestamp::now().as_millisecond();
        let row = one(self, sql, vec![]).await?;
        let after = jiff::Timestamp::now().as_millisecond();
        if let Some(row) = row {
            let ahead = int(&row, 0)? - i64::midpoint(before, after);
            ahead_ms.store(ahead, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Asks by a connection of its own.
    pub(super) async fn probe(&self) -> Result<(), sqlx::Error> {
        let asked = async {
            match &self.pools {
                Pools::Sqlite(pool, _) => {
                    let mut own = pool.connect_options().as_ref().clone().connect().await?;
                    own.execute("SELECT 1").await.map(|_| ())
                }
                Pools::MariaDb(pool) => {
                    let mut own = pool.connect_options().as_ref().clone().connect().await?;
                    own.execute("SELECT 1").await.map(|_| ())
                }
            }
        };
        let late = |_| Err(sqlx::Error::PoolTimedOut);
        tokio::time::timeout(PROBE_MAX, asked)
            .await
            .unwrap_or_else(late)
    }

    /// Why there was no connection in time: the pool tries where nobody listens, too, and does not say so.
    pub(super) async fn why(&self, error: sqlx::Error) -> sqlx::Error {
        if !matches!(error, sqlx::Error::PoolTimedOut) {
            return error;
        }
        // Boxed: it is rare, and would make every question as large as a handshake.
        match Box::pin(self.probe()).await {
            Err(refused @ sqlx::Error::Io(_)) => refused,
            _ => error,
        }
    }

    /// Ends all connections, so that SQLite leaves a single file.
    pub async fn close(self) {
        match self.pools {
            Pools::Sqlite(pool, writers) => {
                writers.close().await;
                pool.close().await;
            }
            Pools::MariaDb(pool) => pool.close().await,
        }
    }

    pub(super) const fn pools(&self) -> &Pools {
        &self.pools
    }

    /// Copies SQLite's file into another one, while it works.
    pub(super) async fn vacuum_into(&self, file: &Path) -> Result<(), StoreError> {
        // Within no transaction, and nobody who writes waits for it.
        if let Pools::Sqlite(pool, _) = &self.pools {
            let into = sqlx::query("VACUUM INTO ?").bind(file.display().to_string());
            into.execute(pool).await?;
        }
        Ok(())
    }
}

fn unreachable(url: &str, source: sqlx::Error) -> StoreError {
    StoreError::Unreachable {
        url: shown(url),
        source,
    }
}

/// How many read SQLite's file at the same time. Each works in a thread of its own and keeps a cache: two for each
/// processor find all there is to find, and more of them only need memory.
fn readers() -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(processors * 2).unwrap_or(8).clamp(2, 8)
}

async fn sqlite(url: &str) -> Result<Pools, sqlx::Error> {
    let options = url
        .parse::<SqliteConnectOptions>()?
        .disable_statement_logging()
        .journal_mode(SqliteJournalMode::Wal)
        // `connect` makes the file, with its owner's rights alone.
        .create_if_missing(url.contains(":memory:"))
        // An acknowledged `arm` must survive a power cut.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(false)
        // For each of the connections, in KB: the system keeps the file itself in memory.
        .pragma("cache_size", "-2000");
    // All that is written goes through one connection, and stays prepared there.
    let writers = Writers::new(&options.clone().statement_cache_capacity(200));
    let pool = SqlitePoolOptions::new()
        .max_connections(readers())
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // Where SQLite itself has ended what was read as one moment (a fault of the disk), ending it once more
        // fails, and the connection would count as being in it for ever.
        .before_acquire(|connection, _| {
            let is_free = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_free) })
        })
        .connect_with(options)
        .await?;
    Ok(Pools::Sqlite(pool, writers))
}

async fn mariadb(url: &str) -> Result<MySqlPool, sqlx::Error> {
    let options = url
        .parse::<MySqlConnectOptions>()?
        .disable_statement_logging();
    MySqlPoolOptions::new()
        .max_connections(24)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection
                    .execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
                    .await?;
                // On a cluster: what another server wrote is seen. A plain MariaDB does not know it.
                let _ = connection.execute("SET SESSION wsrep_sync_wait = 1").await;
                connection.execute(IDLE_MAX).await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await
}
