//! Copies of the journal while it is at work, and making a whole one of a damaged one.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{Column, Connection, Row, SqliteConnection, ValueRef};

use super::{Ledger, LedgerError, schema};

/// Copies that are kept.
const KEEP: usize = 14;
/// A copy is made when the newest one is older than this.
const DUE: Duration = Duration::from_hours(1);
/// Rows that are read at once from a damaged file.
const CHUNK: i64 = 256;

/// What was saved of a damaged file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salvaged {
    /// Where the damaged file lies now, untouched.
    pub kept: PathBuf,
    /// Events that were saved.
    pub events: i64,
    /// The copy that had more than the damaged file, where one was taken.
    pub from_copy: Option<PathBuf>,
}

/// Copies of the journal, while it is at work ([`Ledger::backups`]).
pub struct Backups<'l> {
    ledger: &'l Ledger,
}

impl Ledger {
    /// Copies of the journal.
    pub const fn backups(&self) -> Backups<'_> {
        Backups { ledger: self }
    }
}

impl Backups<'_> {
    /// Copies the journal, while it is written to, where the newest copy is old enough; keeps the
    /// newest ones. Says where the copy lies.
    pub async fn make_if_due(&self) -> Result<Option<PathBuf>, LedgerError> {
        let newest = sorted_copies(&copies_of(&self.ledger.path)).pop();
        let age = newest.and_then(|path| fs::metadata(path).ok()?.modified().ok()?.elapsed().ok());
        if age.is_some_and(|age| age < DUE) {
            return Ok(None);
        }
        self.make().await.map(Some)
    }

    /// Copies the journal now.
    pub async fn make(&self) -> Result<PathBuf, LedgerError> {
        copy(&self.ledger.path, self.ledger.clock.now()).await
    }

    /// Copies a journal that another program of ours works with.
    pub async fn make_beside(path: &Path) -> Result<PathBuf, LedgerError> {
        copy(path, Timestamp::now()).await
    }
}

/// Copies a journal, while it is written to, into its folder of copies; keeps the newest ones.
async fn copy(from: &Path, now: Timestamp) -> Result<PathBuf, LedgerError> {
    let folder = copies_of(from);
    fs::create_dir_all(&folder).map_err(|e| LedgerError::folder(&folder, e))?;
    let now = now
        .to_zoned(TimeZone::system())
        .strftime("%Y%m%d-%H%M%S%.3f")
        .to_string();
    let path = folder.join(format!("ledger-{now}.db"));
    let temporary = folder.join(format!(".{now}.tmp"));
    // A connection of its own: the work goes on meanwhile.
    let fault = |e| LedgerError::of(from, e);
    let mut sql = SqliteConnection::connect_with(&read_only(from)?)
        .await
        .map_err(fault)?;
    let into = temporary.to_string_lossy().into_owned();
    let copied = sqlx::query("VACUUM INTO ?")
        .bind(into)
        .execute(&mut sql)
        .await
        .map_err(fault);
    sql.close().await.map_err(fault)?;
    let named = copied
        .and_then(|_| fs::rename(&temporary, &path).map_err(|e| LedgerError::folder(&path, e)));
    if let Err(error) = named {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    let all = sorted_copies(&folder);
    for old in all.iter().take(all.len().saturating_sub(KEEP)) {
        let _ = fs::remove_file(old);
    }
    Ok(path)
}

fn copies_of(path: &Path) -> PathBuf {
    path.with_file_name("sao_luu")
}

/// Oldest first: the names are times.
fn sorted_copies(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let mut copies: Vec<PathBuf> = entries
        .filter(|path| path.extension() == Some(OsStr::new("db")))
        .collect();
    copies.sort();
    copies
}

/// How a file is opened beside the connection that writes it.
pub(super) fn read_only(path: &Path) -> Result<SqliteConnectOptions, LedgerError> {
    let options =
        SqliteConnectOptions::from_str("sqlite://").map_err(|e| LedgerError::of(path, e))?;
    Ok(options.filename(path).read_only(true))
}

/// Makes a whole journal of what can be read of a damaged one, or of the newest copy where that has
/// more. The damaged file is moved aside, never changed. `None`: nothing could be saved, and
/// nothing was touched.
pub(super) async fn salvage(path: &Path) -> Result<Option<Salvaged>, LedgerError> {
    let rebuilt = path.with_extension("cuu.tmp");
    let _ = fs::remove_file(&rebuilt);
    let mut events = copy_whole(path, &rebuilt).await.unwrap_or_default();
    let mut from_copy = None;
    if let Some(copy) = sorted_copies(&copies_of(path)).pop() {
        let of_copy = path.with_extension("sao.tmp");
        let _ = fs::remove_file(&of_copy);
        let in_copy = copy_whole(&copy, &of_copy).await.unwrap_or_default();
        if in_copy > events {
            fs::rename(&of_copy, &rebuilt).map_err(|e| LedgerError::folder(&rebuilt, e))?;
            (events, from_copy) = (in_copy, Some(copy));
        } else {
            let _ = fs::remove_file(&of_copy);
        }
    }
    if events == 0 {
        let _ = fs::remove_file(&rebuilt);
        return Ok(None);
    }
    let now = Timestamp::now()
        .to_zoned(TimeZone::system())
        .strftime("%Y%m%d-%H%M%S")
        .to_string();
    let kept = path.with_extension(format!("hong-{now}.db"));
    fs::rename(path, &kept).map_err(|e| LedgerError::folder(&kept, e))?;
    for more in ["-wal", "-shm"] {
        let with = |base: &Path| PathBuf::from(format!("{}{more}", base.display()));
        let _ = fs::rename(with(path), with(&kept));
    }
    fs::rename(&rebuilt, path).map_err(|e| LedgerError::folder(path, e))?;
    Ok(Some(Salvaged {
        kept,
        events,
        from_copy,
    }))
}

/// Copies every readable row; of the events only the unbroken beginning. Says how many events that
/// are.
async fn copy_whole(from: &Path, to: &Path) -> Result<i64, LedgerError> {
    let fault = |e| LedgerError::of(from, e);
    let mut old = SqliteConnection::connect_with(&read_only(from)?)
        .await
        .map_err(fault)?;
    let options = SqliteConnectOptions::from_str("sqlite://")
        .map_err(fault)?
        .filename(to)
        .create_if_missing(true)
        .foreign_keys(false);
    let mut new = SqliteConnection::connect_with(&options)
        .await
        .map_err(fault)?;
    schema::migrate(&mut new).await.map_err(|e| e.at(to))?;
    let mut tx = new.begin().await.map_err(fault)?;
    for table in ["batches", "jobs", "attempts", "events", "outbox"] {
        let mut last = 0_i64;
        loop {
            let (rows, is_end) = chunk(&mut old, table, last).await;
            let Some(newest) = rows.iter().map(|row| row.get::<i64, _>(0)).max() else {
                if is_end {
                    break;
                }
                last += CHUNK;
                continue;
            };
            for row in &rows {
                insert(&mut tx, table, row).await.map_err(fault)?;
            }
            last = newest;
        }
    }
    tx.commit().await.map_err(fault)?;
    // Behind a gap the chain says nothing any more.
    let whole: i64 = sqlx::query(
        "SELECT COALESCE((SELECT MIN(seq) - 1 FROM events e WHERE seq > 1 AND NOT EXISTS (SELECT 1 FROM events p WHERE p.seq = e.seq - 1)), \
         (SELECT COALESCE(MAX(seq), 0) FROM events))",
    )
    .fetch_one(&mut new)
    .await
    .map_err(fault)?
    .get(0);
    let first: i64 = sqlx::query("SELECT COALESCE(MIN(seq), 1) FROM events")
        .fetch_one(&mut new)
        .await
        .map_err(fault)?
        .get(0);
    let whole = if first == 1 { whole } else { 0 };
    let lost: i64 = sqlx::query("SELECT COUNT(*) FROM events WHERE seq > ?")
        .bind(whole)
        .fetch_one(&mut new)
        .await
        .map_err(fault)?
        .get(0);
    if lost > 0 {
        cut_after(&mut new, whole).await.map_err(fault)?;
    }
    // Both files are moved next.
    new.close().await.map_err(fault)?;
    old.close().await.map_err(fault)?;
    Ok(whole)
}

/// Drops the events behind a gap; what stands in `attempts` is folded again from what is left when
/// it is opened.
async fn cut_after(sql: &mut SqliteConnection, seq: i64) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("DROP TRIGGER events_are_never_deleted")
        .execute(&mut *sql)
        .await?;
    sqlx::query("DELETE FROM events WHERE seq > ?")
        .bind(seq)
        .execute(&mut *sql)
        .await?;
    sqlx::raw_sql(schema::NEVER_DELETED)
        .execute(&mut *sql)
        .await
        .map(drop)
}

/// The next rows after this number, one by one where the chunk cannot be read whole. `true`: the
/// table ends here.
async fn chunk(sql: &mut SqliteConnection, table: &str, last: i64) -> (Vec<SqliteRow>, bool) {
    let query = |limit: &str| {
        sqlx::AssertSqlSafe(format!(
            "SELECT rowid AS number, * FROM {table} WHERE rowid > ?1 {limit}"
        ))
    };
    if let Ok(rows) = sqlx::query(query(&format!("ORDER BY rowid LIMIT {CHUNK}")))
        .bind(last)
        .fetch_all(&mut *sql)
        .await
    {
        let is_end = rows.is_empty();
        return (rows, is_end);
    }
    let mut rows = Vec::new();
    let mut is_any_readable = false;
    for number in last + 1..=last + CHUNK {
        let one = sqlx::query(sqlx::AssertSqlSafe(format!(
            "SELECT rowid AS number, * FROM {table} WHERE rowid = ?1"
        )));
        if let Ok(row) = one.bind(number).fetch_optional(&mut *sql).await {
            is_any_readable = true;
            rows.extend(row);
        }
    }
    // A whole stretch that cannot be read: nothing behind it is reached either.
    let is_end = !is_any_readable;
    (rows, is_end)
}

async fn insert(
    sql: &mut SqliteConnection,
    table: &str,
    row: &SqliteRow,
) -> Result<(), sqlx::Error> {
    // The first column is the row's number; `jobs` and `events` have it as a column of their own
    // too.
    let columns: Vec<&str> = row.columns().iter().skip(1).map(Column::name).collect();
    let places = vec!["?"; columns.len()].join(", ");
    let text = format!(
        "INSERT OR IGNORE INTO {table} ({}) VALUES ({places})",
        columns.join(", ")
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
    for index in 1..=columns.len() {
        let raw = row.try_get_raw(index)?;
        query = match () {
            () if raw.is_null() => query.bind(None::<i64>),
            () if raw.type_info().to_string() == "INTEGER" => query.bind(row.get::<i64, _>(index)),
            () => query.bind(row.try_get::<String, _>(index)?),
        };
    }
    query.execute(sql).await.map(drop)
}
