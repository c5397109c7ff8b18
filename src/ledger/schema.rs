//! The tables, and how an older file becomes a newer one.

use std::path::Path;

use sqlx::{Connection, Row, SqliteConnection};

use super::LedgerError;

/// One step from each schema to the next. Steps that have been released are never changed; new ones
/// are added.
const STEPS: [&str; 6] = [
    "
CREATE TABLE batches (
    id          TEXT PRIMARY KEY,
    identity    TEXT NOT NULL,
    service     TEXT NOT NULL,
    agent       TEXT NOT NULL,
    operator    TEXT NOT NULL,
    portal      TEXT NOT NULL,
    is_dry_run  INTEGER NOT NULL,
    left_out    TEXT NOT NULL,
    started_ms  INTEGER NOT NULL,
    finished_ms INTEGER
) STRICT;
CREATE INDEX batches_by_identity ON batches (identity, started_ms);
CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY,
    batch_id    TEXT NOT NULL REFERENCES batches (id),
    position    INTEGER NOT NULL,
    account     TEXT NOT NULL,
    account_key TEXT NOT NULL,
    amount      INTEGER,
    order_id    TEXT,
    payment     TEXT,
    source_row  TEXT NOT NULL,
    UNIQUE (batch_id, position)
) STRICT;
CREATE TABLE attempts (
    id             TEXT PRIMARY KEY,
    job_id         INTEGER NOT NULL REFERENCES jobs (id),
    batch_id       TEXT NOT NULL REFERENCES batches (id),
    service        TEXT NOT NULL,
    account_key    TEXT NOT NULL,
    state          TEXT NOT NULL,
    outcome        TEXT,
    obligation     TEXT,
    agent          TEXT,
    amount         INTEGER,
    transaction_id TEXT,
    started_ms     INTEGER NOT NULL,
    updated_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_by_job ON attempts (job_id, started_ms);
CREATE INDEX attempts_by_batch ON attempts (batch_id, started_ms);
CREATE INDEX attempts_by_obligation ON attempts (obligation) WHERE obligation IS NOT NULL;
CREATE INDEX attempts_unfinished ON attempts (started_ms) WHERE outcome IS NULL;
CREATE INDEX attempts_by_agent ON attempts (agent, updated_ms) WHERE agent IS NOT NULL;
CREATE TABLE events (
    seq        INTEGER PRIMARY KEY,
    attempt_id TEXT REFERENCES attempts (id),
    batch_id   TEXT NOT NULL REFERENCES batches (id),
    at_ms      INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    body       TEXT NOT NULL,
    hash       TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_attempt ON events (attempt_id, seq);
CREATE INDEX events_by_batch ON events (batch_id, attempt_id);
CREATE INDEX jobs_by_account ON jobs (account_key);
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
",
    "
CREATE INDEX events_armed ON events (seq) WHERE kind = 'armed';
",
    "
CREATE INDEX attempts_ended ON attempts (updated_ms) WHERE outcome IS NOT NULL;
CREATE INDEX batches_started ON batches (started_ms);
",
    "
ALTER TABLE jobs ADD COLUMN source TEXT;
ALTER TABLE jobs ADD COLUMN ticket TEXT;
ALTER TABLE jobs ADD COLUMN fence INTEGER;
ALTER TABLE jobs ADD COLUMN returned_ms INTEGER;
CREATE INDEX jobs_held ON jobs (id) WHERE source IS NOT NULL AND returned_ms IS NULL;
CREATE TABLE outbox (
    seq             INTEGER PRIMARY KEY,
    job_id          INTEGER NOT NULL REFERENCES jobs (id),
    attempt_id      TEXT NOT NULL REFERENCES attempts (id),
    source          TEXT NOT NULL,
    body            TEXT NOT NULL,
    made_ms         INTEGER NOT NULL,
    acknowledged_ms INTEGER,
    answer          TEXT
) STRICT;
CREATE INDEX outbox_waiting ON outbox (seq) WHERE acknowledged_ms IS NULL;
",
    // An electricity bill may have a receiver of its own.
    "ALTER TABLE jobs ADD COLUMN receiver TEXT;",
    // Agent codes are the same whatever their case.
    "
DROP INDEX attempts_by_agent;
CREATE INDEX attempts_by_agent ON attempts (agent COLLATE NOCASE, updated_ms) WHERE agent IS NOT NULL;
",
];

/// As the first step makes it.
pub const NEVER_DELETED: &str = "CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;";

/// Why the schema cannot be brought up to date.
pub enum MigrateError {
    /// Made by a newer program.
    Newer(i64),
    /// The database's own fault.
    Sql(sqlx::Error),
}

impl MigrateError {
    pub fn at(self, path: &Path) -> LedgerError {
        match self {
            Self::Newer(found) => LedgerError::Newer {
                path: path.to_owned(),
                found,
                known: known(),
            },
            Self::Sql(source) => LedgerError::of(path, source),
        }
    }
}

impl From<sqlx::Error> for MigrateError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

pub(super) fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Each step is one transaction together with its number: a crash leaves a whole schema.
pub async fn migrate(sql: &mut SqliteConnection) -> Result<(), MigrateError> {
    migrate_to(sql, known()).await
}

/// Up to this schema only: for tests, what an earlier program left.
pub(super) async fn migrate_to(
    sql: &mut SqliteConnection,
    newest: i64,
) -> Result<(), MigrateError> {
    let found: i64 = sqlx::query("PRAGMA user_version")
        .fetch_one(&mut *sql)
        .await?
        .get(0);
    if found > known() {
        return Err(MigrateError::Newer(found));
    }
    for (number, step) in (1_i64..)
        .zip(STEPS)
        .skip_while(|(number, _)| *number <= found)
        .take_while(|(number, _)| *number <= newest)
    {
        let mut tx = sql.begin().await?;
        sqlx::raw_sql(step).execute(&mut *tx).await?;
        // A pragma takes no parameters; the number is ours.
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "PRAGMA user_version = {number}"
        )))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
    }
    Ok(())
}
