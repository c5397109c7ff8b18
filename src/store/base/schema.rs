//! Makes a database ours by adding to it: an empty one, one of an old dump, one that was left
//! half-way.
//!
//! Every step looks first and adds what is missing, so each may be done again; each that was done
//! stands in `schema_history`. Nothing is ever dropped, and no column narrowed.

use std::collections::{HashMap, HashSet};

use super::ddl::{Existing, create_index, fingerprint, history_table, steps_of, suffix};
use super::fault::is_forbidden;
use super::{
    Conn, Engine, Store, Tx, all, execute, exists, insert_once, int, int_or_none, is_taken, one,
    search_text, text, transaction, values,
};
use crate::store::StoreError;
use crate::store::catalogue::TABLES;

/// Raised when an older program must not work on the database any more.
const VERSION: i64 = 1;
/// A migration that stands for longer was left by a server that died.
const LOCK_AGE_MAX_MS: i64 = 30 * 60 * 1000;
/// What the payee that a shop has from the start is called.
pub(super) const FIRST_PAYEE: &str = "Cửa hàng";
/// Rows whose search text is filled in one transaction.
const FILL_BATCH: u32 = 500;

/// What was done to the database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrated {
    /// The steps, as they stand in `schema_history`.
    pub steps: Vec<String>,
}

impl Store {
    /// Connects, and makes the database ours.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let store = Self::connect(url).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Connects to a database that is there, and makes it ours.
    pub async fn open_existing(url: &str) -> Result<Self, StoreError> {
        let store = Self::connect_to(url).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Adds what is missing. On a database that has everything it is two questions.
    pub async fn migrate(&self) -> Result<Migrated, StoreError> {
        let fingerprint = fingerprint(self.engine());
        if let Some(found) = self.version().await? {
            if found > VERSION {
                return Err(StoreError::Newer {
                    found,
                    ours: VERSION,
                });
            }
            if has_step(self, &fingerprint).await? {
                self.first_payee().await?;
                return Ok(Migrated::default());
            }
        }
        let made = execute(self, &history_table(self.engine()), vec![]).await;
        // The first thing that needs more than the running server's rights.
        made.map_err(|error| {
            if is_forbidden(&error) {
                StoreError::MayNotMigrate
            } else {
                error
            }
        })?;
        self.hold_the_schema().await?;
        let done = self.add_all(&fingerprint).await;
        execute(
            self,
            "DELETE FROM schema_lock WHERE name = ?",
            values!["schema"],
        )
        .await?;
        let migrated = done?;
        self.first_payee().await?;
        self.fill_search_texts().await?;
        Ok(migrated)
    }

    /// A shop has a payee from the start: number 1, which people may name as they like.
    pub(super) async fn first_payee(&self) -> Result<(), StoreError> {
        if exists(self, "SELECT 1 FROM owner WHERE id = 1", vec![]).await? {
            return Ok(());
        }
        let into = "INTO owner (id, name, created_at, search_text) VALUES (1, ?, ?, ?)";
        let search = search_text::search_text([Some(FIRST_PAYEE)]);
        insert_once(self, into, values![FIRST_PAYEE, self.now_ms(), search]).await?;
        Ok(())
    }

    /// The version that the database says it has; `None` where it never was ours.
    async fn version(&self) -> Result<Option<i64>, StoreError> {
        if !columns_of(self, "schema_history")
            .await?
            .contains("version")
        {
            return Ok(None);
        }
        let row = one(
            self,
            &self.casts("SELECT CAST(MAX(version) AS SIGNED) FROM schema_history"),
            vec![],
        )
        .await?;
        row.map_or(Ok(None), |row| int_or_none(&row, 0))
    }

    /// A row that only one server can insert: it also holds over a cluster, where named locks do
    /// not.
    async fn hold_the_schema(&self) -> Result<(), StoreError> {
        let suffix = suffix(self.engine());
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS schema_lock (name VARCHAR(64) NOT NULL PRIMARY KEY, since_ms BIGINT NOT NULL){suffix}"
        );
        execute(self, &sql, vec![]).await?;
        let now = self.now_ms();
        execute(
            self,
            "DELETE FROM schema_lock WHERE since_ms < ?",
            values![now - LOCK_AGE_MAX_MS],
        )
        .await?;
        match execute(
            self,
            "INSERT INTO schema_lock (name, since_ms) VALUES (?, ?)",
            values!["schema", now],
        )
        .await
        {
            Ok(_) => Ok(()),
            Err(error) if is_taken(&error) => {
                let row = one(self, "SELECT since_ms FROM schema_lock", vec![]).await?;
                let since = row.map_or(Ok(now), |row| int(&row, 0))?;
                Err(StoreError::Migrating(
                    jiff::Timestamp::from_millisecond(since)
                        .map_or_else(|_| since.to_string(), |t| t.to_string()),
                ))
            }
            Err(error) => Err(error),
        }
    }

    async fn add_all(&self, fingerprint: &str) -> Result<Migrated, StoreError> {
        // One connection for all: on SQLite also one transaction; MariaDB commits each DDL
        // statement by itself.
        transaction!(self, |tx| add(&tx, fingerprint))
    }

    /// Fills the search text of rows that have none: those of an old dump, and what other programs
    /// write.
    pub async fn fill_search_texts(&self) -> Result<u64, StoreError> {
        let mut filled = 0;
        for table in TABLES.into_iter().filter(|t| t.is_searched()) {
            loop {
                let batch =
                    transaction!(self, |tx| search_text::fill_missing(&tx, table, FILL_BATCH))?;
                filled += batch;
                if batch < u64::from(FILL_BATCH) {
                    break;
                }
            }
        }
        Ok(filled)
    }
}

async fn columns_of(store: &Store, table: &str) -> Result<HashSet<String>, StoreError> {
    let sql = match store.engine() {
        Engine::Sqlite => "SELECT name FROM pragma_table_info(?)",
        Engine::MariaDb => {
            "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?"
        }
    };
    all(store, sql, values![table])
        .await?
        .iter()
        .map(|row| text(row, 0))
        .collect()
}

async fn has_step<C: Conn>(c: &C, step: &str) -> Result<bool, StoreError> {
    exists(
        c,
        "SELECT 1 FROM schema_history WHERE step = ?",
        values![step],
    )
    .await
}

async fn add(tx: &Tx, fingerprint: &str) -> Result<Migrated, StoreError> {
    if tx.engine() == Engine::MariaDb {
        // A row with id 0 stays what it is, and an old zero date does not stop a column from
        // being added.
        execute(
            tx,
            "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'",
            vec![],
        )
        .await?;
    }
    let mut steps = Vec::new();
    let existing = all_columns(tx).await?;
    for (name, sql) in old_formats(tx).await? {
        execute(tx, &sql, vec![]).await?;
        note(tx, &name).await?;
        steps.push(name);
    }
    for table in TABLES {
        let there = existing.get(table.name);
        for (name, sql) in steps_of(tx.engine(), table, there) {
            execute(tx, &sql, vec![]).await?;
            note(tx, &name).await?;
            steps.push(name);
        }
        let indexes = indexes_of(tx, table.name, there.is_some()).await?;
        for index in table
            .indexes
            .iter()
            .filter(|i| !indexes.contains(&i.name.to_owned()))
        {
            execute(tx, &create_index(table, index), vec![]).await?;
        }
    }
    // Of a version that did not keep it.
    execute(tx, "UPDATE jobs SET ended_at = updated_at WHERE ended_at IS NULL AND state IN ('done', 'failed', 'cancelled')", vec![]).await?;
    // So too.
    execute(tx, "UPDATE cash_day SET handed_in = (SELECT COALESCE(SUM(d.amount), 0) FROM desk_payment d WHERE d.collector_id = cash_day.collector_id \
                 AND d.receipt_day = cash_day.day AND d.method = 'cash' AND d.cancelled_at IS NULL) - held WHERE handed_in IS NULL", vec![]).await?;
    note(tx, fingerprint).await?;
    if tx.engine() == Engine::MariaDb {
        execute(tx, "SET SESSION sql_mode = DEFAULT", vec![]).await?;
    }
    Ok(Migrated { steps })
}

/// Tables of ours that know no transactions, or whose rows have a form in which an index is
/// short.
async fn old_formats(tx: &Tx) -> Result<Vec<(String, String)>, StoreError> {
    if tx.engine() == Engine::Sqlite {
        return Ok(Vec::new());
    }
    let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' \
               AND (engine <> 'InnoDB' OR row_format NOT IN ('Dynamic', 'Compressed'))";
    let names = all(tx, sql, vec![])
        .await?
        .iter()
        .map(|row| text(row, 0))
        .collect::<Result<Vec<String>, _>>()?;
    let ours = names
        .into_iter()
        .filter(|name| TABLES.iter().any(|t| t.name == name));
    Ok(ours
        .map(|name| {
            (
                format!("format {name}"),
                format!("ALTER TABLE `{name}` ENGINE=InnoDB ROW_FORMAT=DYNAMIC"),
            )
        })
        .collect())
}

async fn note(tx: &Tx, step: &str) -> Result<(), StoreError> {
    if !has_step(tx, step).await? {
        execute(
            tx,
            "INSERT INTO schema_history (step, version, at_ms) VALUES (?, ?, ?)",
            values![step, VERSION, tx.now_ms()],
        )
        .await?;
    }
    Ok(())
}

async fn indexes_of(tx: &Tx, table: &str, exists: bool) -> Result<Vec<String>, StoreError> {
    if !exists {
        return Ok(Vec::new());
    }
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?",
        Engine::MariaDb => {
            "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ?"
        }
    };
    all(tx, sql, values![table])
        .await?
        .iter()
        .map(|row| text(row, 0))
        .collect()
}

pub(super) async fn all_columns<C: Conn>(
    c: &C,
) -> Result<HashMap<String, HashMap<String, Existing>>, StoreError> {
    let sql = match c.engine() {
        Engine::Sqlite => {
            "SELECT m.name, p.name, p.type, CASE WHEN p.pk > 0 THEN 'PRI' ELSE '' END, 'auto_increment' FROM sqlite_master m, pragma_table_info(m.name) p \
             WHERE m.type = 'table'"
        }
        Engine::MariaDb => {
            "SELECT table_name, column_name, column_type, column_key, extra FROM information_schema.columns WHERE table_schema = DATABASE()"
        }
    };
    let mut found: HashMap<String, HashMap<String, Existing>> = HashMap::new();
    for row in all(c, sql, vec![]).await? {
        let column = Existing {
            kind: text(&row, 2)?.to_lowercase(),
            key: text(&row, 3)?,
            extra: text(&row, 4)?,
        };
        found
            .entry(text(&row, 0)?)
            .or_default()
            .insert(text(&row, 1)?, column);
    }
    Ok(found)
}
