//! Makes a database ours by adding to it: an empty one, one of an old dump, one that was left
//! half-way.
//!
//! Every step looks first and adds what is missing, so each may be done again; each that was done
//! stands in `schema_history`. Nothing is ever dropped, and no column narrowed.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::catalogue::{Column, Index, Kind, SEARCH_MAX, TABLES, Table};
use super::db::{
    Asked, Engine, Store, Tx, all, execute, int, int_or_none, is_forbidden, one, text, transaction,
    values,
};
use super::{StoreError, digest};

/// Raised when an older program must not work on the database any more.
const VERSION: i64 = 1;
/// A migration that stands for longer was left by a server that died.
const LOCK_AGE_MAX_MS: i64 = 30 * 60 * 1000;
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

    /// Adds what is missing. On a database that has everything it is one question.
    pub async fn migrate(&self) -> Result<Migrated, StoreError> {
        let fingerprint = fingerprint(self.engine());
        if let Some(found) = self.version().await? {
            if found > VERSION {
                return Err(StoreError::Newer {
                    found,
                    ours: VERSION,
                });
            }
            if has_step(&self.db, &fingerprint).await? {
                return Ok(Migrated::default());
            }
        }
        let made = execute(&self.db, &history_table(self.engine()), vec![]).await;
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
            &self.db,
            "DELETE FROM schema_lock WHERE name = ?",
            values!["schema"],
        )
        .await?;
        let migrated = done?;
        self.fill_search_texts().await?;
        Ok(migrated)
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
            &self.db,
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
        execute(&self.db, &sql, vec![]).await?;
        let now = self.now_ms();
        execute(
            &self.db,
            "DELETE FROM schema_lock WHERE since_ms < ?",
            values![now - LOCK_AGE_MAX_MS],
        )
        .await?;
        match execute(
            &self.db,
            "INSERT INTO schema_lock (name, since_ms) VALUES (?, ?)",
            values!["schema", now],
        )
        .await
        {
            Ok(_) => Ok(()),
            Err(error) if super::db::is_taken(&error) => {
                let row = one(&self.db, "SELECT since_ms FROM schema_lock", vec![]).await?;
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
        transaction!(self, |tx| self.add_in(&tx, fingerprint))
    }

    async fn add_in(&self, tx: &Tx, fingerprint: &str) -> Result<Migrated, StoreError> {
        if self.engine() == Engine::MariaDb {
            // A row with id 0 stays what it is, and an old zero date does not stop a column from
            // being added.
            execute(
                &**tx,
                "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'",
                vec![],
            )
            .await?;
        }
        let mut steps = Vec::new();
        let existing = self.all_columns(&**tx).await?;
        for (name, sql) in self.old_formats(tx).await? {
            execute(&**tx, &sql, vec![]).await?;
            self.note(tx, &name).await?;
            steps.push(name);
        }
        for table in TABLES {
            let there = existing.get(table.name);
            for (name, sql) in steps_of(self.engine(), table, there) {
                execute(&**tx, &sql, vec![]).await?;
                self.note(tx, &name).await?;
                steps.push(name);
            }
            let indexes = self.indexes_of(tx, table.name, there.is_some()).await?;
            for index in table
                .indexes
                .iter()
                .filter(|i| !indexes.contains(&i.name.to_owned()))
            {
                execute(&**tx, &create_index(table, index), vec![]).await?;
            }
        }
        // Of a version that did not keep it.
        execute(&**tx, "UPDATE jobs SET ended_at = updated_at WHERE ended_at IS NULL AND state IN ('done', 'failed', 'cancelled')", vec![]).await?;
        self.note(tx, fingerprint).await?;
        if self.engine() == Engine::MariaDb {
            execute(&**tx, "SET SESSION sql_mode = DEFAULT", vec![]).await?;
        }
        Ok(Migrated { steps })
    }

    /// Tables of ours that know no transactions, or whose rows have a form in which an index is
    /// short.
    async fn old_formats(&self, tx: &Tx) -> Result<Vec<(String, String)>, StoreError> {
        if self.engine() == Engine::Sqlite {
            return Ok(Vec::new());
        }
        let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' \
                   AND (engine <> 'InnoDB' OR row_format NOT IN ('Dynamic', 'Compressed'))";
        let names = all(&**tx, sql, vec![])
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

    async fn note(&self, tx: &Tx, step: &str) -> Result<(), StoreError> {
        if !has_step(&**tx, step).await? {
            execute(
                &**tx,
                "INSERT INTO schema_history (step, version, at_ms) VALUES (?, ?, ?)",
                values![step, VERSION, self.now_ms()],
            )
            .await?;
        }
        Ok(())
    }

    pub(super) async fn all_columns<C: Asked>(
        &self,
        c: &C,
    ) -> Result<HashMap<String, HashMap<String, Existing>>, StoreError> {
        let sql = match self.engine() {
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

    async fn indexes_of(
        &self,
        tx: &Tx,
        table: &str,
        exists: bool,
    ) -> Result<Vec<String>, StoreError> {
        if !exists {
            return Ok(Vec::new());
        }
        let sql = match self.engine() {
            Engine::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"
            }
            Engine::MariaDb => {
                "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ?"
            }
        };
        all(&**tx, sql, values![table])
            .await?
            .iter()
            .map(|row| text(row, 0))
            .collect()
    }

    /// Fills the search text of rows that have none: those of an old dump, and what other programs
    /// write.
    pub async fn fill_search_texts(&self) -> Result<u64, StoreError> {
        let mut filled = 0;
        for table in TABLES.iter().filter(|t| t.has("search_text")) {
            loop {
                let batch = transaction!(self, |tx| self.fill_some(&tx, table, FILL_BATCH))?;
                filled += batch;
                if batch < u64::from(FILL_BATCH) {
                    break;
                }
            }
        }
        Ok(filled)
    }
}

/// A column as it is in the database.
#[derive(Debug)]
pub(super) struct Existing {
    kind: String,
    key: String,
    extra: String,
}

async fn columns_of(store: &Store, table: &str) -> Result<HashSet<String>, StoreError> {
    let sql = match store.engine() {
        Engine::Sqlite => "SELECT name FROM pragma_table_info(?)",
        Engine::MariaDb => {
            "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?"
        }
    };
    all(&store.db, sql, values![table])
        .await?
        .iter()
        .map(|row| text(row, 0))
        .collect()
}

async fn has_step<C: Asked>(c: &C, step: &str) -> Result<bool, StoreError> {
    Ok(one(
        c,
        "SELECT 1 FROM schema_history WHERE step = ?",
        values![step],
    )
    .await?
    .is_some())
}

/// What is missing of a table, each with a name for the history.
fn steps_of(
    engine: Engine,
    table: &Table,
    there: Option<&HashMap<String, Existing>>,
) -> Vec<(String, String)> {
    let Some(there) = there else {
        return vec![(
            format!("create {}", table.name),
            create_table(engine, table),
        )];
    };
    let mut steps = Vec::new();
    let mut step = |name: String, sql: String| steps.push((name, sql));
    let name = table.name;
    if engine == Engine::MariaDb
        && table.is_keyed()
        && let Some(id) = there.get("id")
    {
        if id.key != "PRI" {
            step(
                format!("key {name}.id"),
                format!("ALTER TABLE `{name}` ADD PRIMARY KEY (`id`)"),
            );
        }
        if !id.extra.contains("auto_increment") {
            // InnoDB goes on above the largest id that is there.
            step(
                format!("number {name}.id"),
                format!(
                    "ALTER TABLE `{name}` MODIFY `id` {} NOT NULL AUTO_INCREMENT",
                    id.kind
                ),
            );
        }
    }
    for column in table.columns {
        match there.get(column.name) {
            None => step(
                format!("add {name}.{}", column.name),
                format!(
                    "ALTER TABLE `{name}` ADD COLUMN {}",
                    definition(engine, table, column)
                ),
            ),
            Some(found)
                if engine == Engine::MariaDb
                    && column.kind == Kind::Decimal
                    && found.kind.starts_with("double") =>
            {
                step(
                    format!("widen {name}.{}", column.name),
                    format!(
                        "ALTER TABLE `{name}` MODIFY {}",
                        definition(engine, table, column)
                    ),
                );
            }
            // Made from the row's other columns, and made again by the filling that follows.
            Some(found)
                if engine == Engine::MariaDb
                    && column.name == "search_text"
                    && !found.kind.starts_with("varchar") =>
            {
                step(
                    format!("narrow {name}.search_text"),
                    format!(
                        "ALTER TABLE `{name}` DROP COLUMN search_text, ADD COLUMN {}",
                        definition(engine, table, column)
                    ),
                );
            }
            Some(_) => {}
        }
    }
    steps
}

fn create_table(engine: Engine, table: &Table) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|c| definition(engine, table, c))
        .collect();
    format!(
        "CREATE TABLE IF NOT EXISTS `{}` ({}){}",
        table.name,
        columns.join(", "),
        suffix(engine)
    )
}

fn create_index(table: &Table, index: &Index) -> String {
    let columns: Vec<String> = index.columns.iter().map(|c| format!("`{c}`")).collect();
    let unique = if index.unique { "UNIQUE " } else { "" };
    format!(
        "CREATE {unique}INDEX IF NOT EXISTS `{}` ON `{}` ({})",
        index.name,
        table.name,
        columns.join(", ")
    )
}

fn history_table(engine: Engine) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS schema_history (step VARCHAR(128) NOT NULL PRIMARY KEY, version BIGINT NOT NULL, at_ms BIGINT NOT NULL){}",
        suffix(engine)
    )
}

/// Charset and collation stand on every table: a database's own default may be anything.
const fn suffix(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "",
        Engine::MariaDb => " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
    }
}

fn definition(engine: Engine, table: &Table, column: &Column) -> String {
    let mut sql = format!("`{}` ", column.name);
    if column.kind == Kind::Id {
        sql.push_str(match (engine, table.is_old) {
            (Engine::Sqlite, _) => "INTEGER PRIMARY KEY AUTOINCREMENT",
            (Engine::MariaDb, true) => "INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY",
            (Engine::MariaDb, false) => "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
        });
        return sql;
    }
    match engine {
        Engine::Sqlite => sql.push_str(if column.kind.is_number() {
            "INTEGER"
        } else {
            "TEXT"
        }),
        Engine::MariaDb => sql.push_str(&mariadb_type(table, column)),
    }
    sql.push_str(if column.nullable {
        " NULL"
    } else {
        " NOT NULL"
    });
    if let Some(default) = column.default {
        let _ = write!(sql, " DEFAULT {default}");
    } else if column.nullable {
        sql.push_str(" DEFAULT NULL");
    }
    sql
}

fn mariadb_type(table: &Table, column: &Column) -> String {
    if column.name == "search_text" {
        // Compared byte by byte, and short enough for an index: without accents there is nothing to
        // collate.
        return format!("varchar({SEARCH_MAX}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    }
    if let Some(old) = column.old_type.filter(|_| table.is_old) {
        return old.to_owned();
    }
    match column.kind {
        Kind::Id | Kind::Int | Kind::Relation { .. } if table.is_old => "int".to_owned(),
        Kind::Id | Kind::Int | Kind::Money | Kind::TimeMs | Kind::Relation { .. } => {
            "bigint".to_owned()
        }
        Kind::Decimal => "decimal(15,2)".to_owned(),
        Kind::Text(length) => format!("varchar({length})"),
        Kind::Choice(_) => "varchar(64)".to_owned(),
        Kind::LongText if table.is_old => "text".to_owned(),
        Kind::LongText => "mediumtext".to_owned(),
        Kind::Bool => "tinyint(1)".to_owned(),
        Kind::Date => "date".to_owned(),
        Kind::OldTime => "timestamp".to_owned(),
    }
}

/// Changes when anything of the schema does.
fn fingerprint(engine: Engine) -> String {
    let mut all = String::new();
    for table in TABLES {
        all.push_str(&create_table(engine, table));
        for index in table.indexes {
            all.push_str(&create_index(table, index));
        }
    }
    format!("schema {}", &digest(all.as_bytes())[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_are_named_on_every_table() {
        for table in TABLES {
            assert!(create_table(Engine::MariaDb, table).ends_with("COLLATE=utf8mb4_unicode_ci"));
            assert!(!create_table(Engine::Sqlite, table).contains("ENGINE"));
        }
        assert_ne!(fingerprint(Engine::Sqlite), fingerprint(Engine::MariaDb));
    }
}
