//! Tables, columns and indexes as statements of either database.
//!
//! Lives here: pure functions over the catalogue. Never here: the database.

use std::collections::HashMap;
use std::fmt::Write;

use super::Engine;
use super::engine::EXACT;
use crate::store::catalogue::{Column, ColumnKind, Index, SEARCH_MAX, SEARCH_TEXT, TABLES, Table};
use crate::store::digest;

/// A column as it is in the database.
#[derive(Debug)]
pub(super) struct Existing {
    pub kind: String,
    pub key: String,
    pub extra: String,
    /// How its text is compared (MariaDB); empty where it is no text.
    pub collation: String,
}

/// One statement, and what it is called in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SchemaStep {
    pub table: &'static str,
    /// Those of all that it does.
    pub names: Vec<String>,
    pub sql: String,
}

/// What changes a table: behind `ALTER TABLE …`, where it can stand beside others.
pub(super) struct Change {
    table: &'static str,
    name: String,
    what: What,
}

enum What {
    /// Part of an `ALTER TABLE`.
    Clause(String),
    /// A statement of its own.
    Statement(String),
}

impl SchemaStep {
    /// A table's changes as statements: MariaDB does all of them in one pass over the table, SQLite takes one
    /// at a time.
    pub fn joined(engine: Engine, changes: Vec<Change>) -> Vec<Self> {
        let mut steps: Vec<Self> = Vec::new();
        let mut is_open = false;
        for Change { table, name, what } in changes {
            match what {
                What::Statement(sql) => {
                    is_open = false;
                    steps.push(Self {
                        table,
                        names: vec![name],
                        sql,
                    });
                }
                What::Clause(clause) => match steps.last_mut() {
                    Some(step) if is_open && engine == Engine::MariaDb => {
                        let _ = write!(step.sql, ", {clause}");
                        step.names.push(name);
                    }
                    _ => {
                        is_open = true;
                        steps.push(Self {
                            table,
                            names: vec![name],
                            sql: format!("ALTER TABLE `{table}` {clause}"),
                        });
                    }
                },
            }
        }
        steps
    }
}

/// A table that knows no transactions, or whose rows have a form in which an index is short (MariaDB).
pub(super) fn table_format_step(table: &'static Table) -> Change {
    Change {
        table: table.name,
        name: format!("format {}", table.name),
        what: What::Clause("ENGINE=InnoDB ROW_FORMAT=DYNAMIC".to_owned()),
    }
}

/// What is missing of a table, each with a name for the history.
pub(super) fn steps_of(
    engine: Engine,
    table: &'static Table,
    there: Option<&HashMap<String, Existing>>,
) -> Vec<Change> {
    let name = table.name;
    let Some(there) = there else {
        return vec![Change {
            table: name,
            name: format!("create {name}"),
            what: What::Statement(create_table(engine, table)),
        }];
    };
    let mut clauses = if engine == Engine::MariaDb {
        key_clauses(table, there)
    } else {
        Vec::new()
    };
    for column in table.columns {
        let defined = || definition(engine, table, column);
        match there.get(column.name) {
            None => clauses.push((
                format!("add {name}.{}", column.name),
                format!("ADD COLUMN {}", defined()),
            )),
            Some(found)
                if engine == Engine::MariaDb
                    && column.kind == ColumnKind::Decimal
                    && found.kind.starts_with("double") =>
            {
                clauses.push((
                    format!("widen {name}.{}", column.name),
                    format!("MODIFY {}", defined()),
                ));
            }
            // Made from the row's other columns, and made again by the filling that follows.
            Some(found)
                if engine == Engine::MariaDb
                    && column.name == SEARCH_TEXT
                    && !found.kind.starts_with("varchar") =>
            {
                clauses.push((
                    format!("narrow {name}.search_text"),
                    format!("DROP COLUMN search_text, ADD COLUMN {}", defined()),
                ));
            }
            Some(found)
                if engine == Engine::MariaDb
                    && table.is_exact(column)
                    && found.collation != EXACT =>
            {
                clauses.push((
                    format!("exact {name}.{}", column.name),
                    format!("MODIFY {}", defined()),
                ));
            }
            Some(_) => {}
        }
    }
    let change = |(step, clause)| Change {
        table: name,
        name: step,
        what: What::Clause(clause),
    };
    clauses.into_iter().map(change).collect()
}

/// An old table's number becomes a key that counts by itself.
fn key_clauses(table: &Table, there: &HashMap<String, Existing>) -> Vec<(String, String)> {
    let Some(id) = there.get("id").filter(|_| table.is_keyed()) else {
        return Vec::new();
    };
    let (name, mut clauses) = (table.name, Vec::new());
    if id.key != "PRI" {
        clauses.push((
            format!("key {name}.id"),
            "ADD PRIMARY KEY (`id`)".to_owned(),
        ));
    }
    if !id.extra.contains("auto_increment") {
        // InnoDB goes on above the largest id that is there.
        clauses.push((
            format!("number {name}.id"),
            format!("MODIFY `id` {} NOT NULL AUTO_INCREMENT", id.kind),
        ));
    }
    clauses
}

/// Indexes of a table.
pub(super) fn index_steps<'i>(
    engine: Engine,
    table: &'static Table,
    indexes: impl Iterator<Item = &'i Index>,
) -> Vec<Change> {
    let what = |index: &Index| match engine {
        Engine::Sqlite => What::Statement(create_index(table, index)),
        Engine::MariaDb => What::Clause(format!(
            "ADD {}INDEX IF NOT EXISTS `{}` ({})",
            unique(index),
            index.name,
            columns_of(index)
        )),
    };
    indexes
        .map(|index| Change {
            table: table.name,
            name: format!("index {}", index.name),
            what: what(index),
        })
        .collect()
}

fn unique(index: &Index) -> &'static str {
    if index.unique { "UNIQUE " } else { "" }
}

fn columns_of(index: &Index) -> String {
    let columns: Vec<String> = index.columns.iter().map(|c| format!("`{c}`")).collect();
    columns.join(", ")
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
    format!(
        "CREATE {}INDEX IF NOT EXISTS `{}` ON `{}` ({})",
        unique(index),
        index.name,
        table.name,
        columns_of(index)
    )
}

pub(super) fn history_table(engine: Engine) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS schema_history (step VARCHAR(128) NOT NULL PRIMARY KEY, version BIGINT NOT NULL, at_ms BIGINT NOT NULL){}",
        suffix(engine)
    )
}

/// Charset and collation stand on every table: a database's own default may be anything.
pub(super) const fn suffix(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "",
        Engine::MariaDb => " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
    }
}

fn definition(engine: Engine, table: &Table, column: &Column) -> String {
    let mut sql = format!("`{}` ", column.name);
    if column.kind == ColumnKind::Id {
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
    if column.name == SEARCH_TEXT {
        // Compared byte by byte, and short enough for an index: without accents there is nothing to
        // collate.
        return format!("varchar({SEARCH_MAX}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    }
    if let Some(old) = column.old_type.filter(|_| table.is_old) {
        return old.to_owned();
    }
    match column.kind {
        ColumnKind::Id | ColumnKind::Int | ColumnKind::Relation { .. } if table.is_old => {
            "int".to_owned()
        }
        ColumnKind::Id
        | ColumnKind::Int
        | ColumnKind::Money
        | ColumnKind::TimeMs
        | ColumnKind::Relation { .. } => "bigint".to_owned(),
        ColumnKind::Decimal => "decimal(15,2)".to_owned(),
        ColumnKind::Text(length) if table.is_exact(column) => {
            format!("varchar({length}) CHARACTER SET utf8mb4 COLLATE {EXACT}")
        }
        ColumnKind::Text(length) => format!("varchar({length})"),
        ColumnKind::Choice(_) => "varchar(64)".to_owned(),
        ColumnKind::LongText if table.is_old => "text".to_owned(),
        ColumnKind::LongText => "mediumtext".to_owned(),
        ColumnKind::Bool => "tinyint(1)".to_owned(),
        ColumnKind::Date => "date".to_owned(),
        ColumnKind::OldTime => "timestamp".to_owned(),
    }
}

/// Changes when anything of the schema does.
pub(super) fn fingerprint(engine: Engine) -> String {
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
