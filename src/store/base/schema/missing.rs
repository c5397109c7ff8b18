//! What a database lacks, as it says of itself.

use std::collections::{HashMap, HashSet};

use crate::store::StoreError;
use crate::store::base::ddl::{Existing, SchemaStep, index_steps, steps_of, table_format_step};
use crate::store::base::{Conn, Engine, Store, all, exists, text, values};
use crate::store::catalogue::TABLES;

/// Formats, tables and columns, each table's changes as one statement where the database can do that: it
/// writes the table anew once and not each time.
pub(super) async fn missing_columns(store: &Store) -> Result<Vec<SchemaStep>, StoreError> {
    let existing = all_columns(store).await?;
    let old = old_formats(store).await?;
    let mut steps = Vec::new();
    for table in TABLES {
        let mut of_table = steps_of(store.engine(), table, existing.get(table.name));
        if old.contains(table.name) {
            of_table.insert(0, table_format_step(table));
        }
        steps.extend(SchemaStep::joined(store.engine(), of_table));
    }
    Ok(steps)
}

pub(super) async fn missing_indexes(store: &Store) -> Result<Vec<SchemaStep>, StoreError> {
    let sql = match store.engine() {
        Engine::Sqlite => "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'",
        Engine::MariaDb => {
            "SELECT DISTINCT table_name, index_name FROM information_schema.statistics WHERE table_schema = DATABASE()"
        }
    };
    let mut found: HashSet<(String, String)> = HashSet::new();
    for row in all(store, sql, vec![]).await? {
        found.insert((text(&row, 0)?, text(&row, 1)?));
    }
    let mut steps = Vec::new();
    for table in TABLES {
        let missing = table
            .indexes
            .iter()
            .filter(|index| !found.contains(&(table.name.to_owned(), index.name.to_owned())));
        steps.extend(SchemaStep::joined(
            store.engine(),
            index_steps(store.engine(), table, missing),
        ));
    }
    Ok(steps)
}

/// Tables of ours that know no transactions, or whose rows have a form in which an index is
/// short.
pub(super) async fn old_formats(store: &Store) -> Result<HashSet<String>, StoreError> {
    if store.engine() == Engine::Sqlite {
        return Ok(HashSet::new());
    }
    let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' \
               AND (engine <> 'InnoDB' OR row_format NOT IN ('Dynamic', 'Compressed'))";
    let names = all(store, sql, vec![]).await?;
    names.iter().map(|row| text(row, 0)).collect()
}

pub(super) async fn columns_of(store: &Store, table: &str) -> Result<HashSet<String>, StoreError> {
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

pub(super) async fn has_step<C: Conn>(c: &C, step: &str) -> Result<bool, StoreError> {
    exists(
        c,
        "SELECT 1 FROM schema_history WHERE step = ?",
        values![step],
    )
    .await
}

pub(in crate::store::base) async fn all_columns<C: Conn>(
    c: &C,
) -> Result<HashMap<String, HashMap<String, Existing>>, StoreError> {
    let sql = match c.engine() {
        Engine::Sqlite => {
            "SELECT m.name, p.name, p.type, CASE WHEN p.pk > 0 THEN 'PRI' ELSE '' END, 'auto_increment', '' FROM sqlite_master m, pragma_table_info(m.name) p \
             WHERE m.type = 'table'"
        }
        Engine::MariaDb => {
            "SELECT table_name, column_name, column_type, column_key, extra, COALESCE(collation_name, '') FROM information_schema.columns WHERE table_schema = DATABASE()"
        }
    };
    let mut found: HashMap<String, HashMap<String, Existing>> = HashMap::new();
    for row in all(c, sql, vec![]).await? {
        let column = Existing {
            kind: text(&row, 2)?.to_lowercase(),
            key: text(&row, 3)?,
            extra: text(&row, 4)?,
            collation: text(&row, 5)?,
        };
        found
            .entry(text(&row, 0)?)
            .or_default()
            .insert(text(&row, 1)?, column);
    }
    Ok(found)
}
