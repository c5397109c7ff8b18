//! How the database goes about our statements: which index it uses, and which tables it reads whole.
//!
//! What is asked is the statement as it was sent, with the values it was sent with: a copy of it in a
//! test would prove nothing of the program.

use super::engine::Engine;
use super::sql::{SqlRow, SqlValue, all, int_or_none, text, text_or_none};
use super::store::Store;
pub use super::watch::Watch;
use crate::store::StoreError;

/// One table in the plan of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanStep {
    /// The table.
    pub table: String,
    /// The index that is used. `None`: none is.
    pub index: Option<String>,
    /// Is each of its rows, or each entry of that index, looked at?
    pub is_whole: bool,
    /// How many rows the database thinks that is. `None`: it does not say (SQLite).
    pub rows: Option<i64>,
}

/// How a statement is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPlan {
    /// The statement.
    pub sql: String,
    /// Its tables, in the order in which they are read.
    pub steps: Vec<PlanStep>,
}

impl Watch {
    /// The plans of all that was sent so far and looks for rows, on a database that holds what `store`
    /// holds.
    pub async fn plans(&self, store: &Store) -> Result<Vec<StatementPlan>, StoreError> {
        let kept = self.kept();
        let mut plans = Vec::with_capacity(kept.len());
        for (sql, values) in kept {
            if looks_for_rows(&sql) {
                let mut steps = steps(store, &sql, values).await?;
                for step in &mut steps {
                    step.table = table_named(&sql, &step.table).to_owned();
                }
                plans.push(StatementPlan { sql, steps });
            }
        }
        Ok(plans)
    }
}

/// The table that a statement calls by this name.
fn table_named<'s>(sql: &'s str, name: &'s str) -> &'s str {
    let is_between = |c: char| !(c.is_alphanumeric() || c == '_');
    let words: Vec<&str> = sql
        .split(is_between)
        .filter(|word| !word.is_empty())
        .collect();
    let is_it = |some: &&[&str]| matches!(some, ["FROM" | "JOIN", _, "AS", alias] | ["FROM" | "JOIN", _, alias, _] if *alias == name);
    words.windows(4).find(is_it).map_or(name, |some| some[1])
}

fn looks_for_rows(sql: &str) -> bool {
    ["SELECT", "UPDATE", "DELETE"]
        .iter()
        .any(|word| sql.trim_start().starts_with(word))
}

async fn steps(
    store: &Store,
    sql: &str,
    values: Vec<SqlValue>,
) -> Result<Vec<PlanStep>, StoreError> {
    match store.engine() {
        Engine::Sqlite => {
            let rows = all(store, &format!("EXPLAIN QUERY PLAN {sql}"), values).await?;
            let details = rows.iter().map(|row| text(row, 3));
            let details: Vec<String> = details.collect::<Result<_, _>>()?;
            Ok(details.iter().filter_map(|told| of_detail(told)).collect())
        }
        Engine::MariaDb => {
            let rows = all(store, &format!("EXPLAIN {sql}"), values).await?;
            rows.iter()
                .filter_map(|row| of_row(row).transpose())
                .collect()
        }
    }
}

/// `SEARCH table USING INDEX name (column=?)`, `SCAN table`, …; all else is about no table.
fn of_detail(told: &str) -> Option<PlanStep> {
    let mut words = told.split_whitespace();
    let is_whole = match words.next()? {
        "SCAN" => true,
        "SEARCH" => false,
        _ => return None,
    };
    let table = words
        .next()
        .filter(|table| *table != "CONSTANT")?
        .to_owned();
    let using = told
        .split_once(" INDEX ")
        .and_then(|(_, rest)| rest.split(' ').next());
    let index = if told.contains("PRIMARY KEY") {
        Some("PRIMARY")
    } else {
        using
    };
    Some(PlanStep {
        table,
        index: index.map(str::to_owned),
        is_whole,
        rows: None,
    })
}

/// A row of MariaDB's: `id, select_type, table, type, possible_keys, key, key_len, ref, rows, Extra`.
fn of_row(row: &SqlRow) -> Result<Option<PlanStep>, StoreError> {
    let Some(table) = text_or_none(row, 2)?.filter(|table| !table.starts_with('<')) else {
        return Ok(None);
    };
    let how = text_or_none(row, 3)?.unwrap_or_default();
    // A number in some versions, a text in others.
    let rows = match text_or_none(row, 8) {
        Ok(rows) => rows.and_then(|rows| rows.parse().ok()),
        Err(_) => int_or_none(row, 8)?,
    };
    Ok(Some(PlanStep {
        table,
        index: text_or_none(row, 5)?,
        is_whole: matches!(how.as_str(), "ALL" | "index"),
        rows,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sqlite_says_of_a_table_is_read() {
        let step =
            of_detail("SEARCH i USING COVERING INDEX item_state (contract_id=? AND state=?)");
        let step = step.unwrap();
        assert_eq!((step.table.as_str(), step.is_whole), ("i", false));
        assert_eq!(step.index.as_deref(), Some("item_state"));
        let step = of_detail("SEARCH c USING INTEGER PRIMARY KEY (rowid=?)").unwrap();
        assert_eq!(step.index.as_deref(), Some("PRIMARY"));
        let step = of_detail("SCAN contract").unwrap();
        assert!(step.is_whole && step.index.is_none());
        assert_eq!(of_detail("USE TEMP B-TREE FOR ORDER BY"), None);
        assert_eq!(of_detail("SCAN CONSTANT ROW"), None);
    }

    #[test]
    fn a_table_is_told_by_its_own_name() {
        let sql =
            "SELECT c.id FROM visit v JOIN `contract` AS c ON c.id = v.contract_id WHERE v.id = ?";
        assert_eq!(table_named(sql, "v"), "visit");
        assert_eq!(table_named(sql, "c"), "contract");
        assert_eq!(table_named(sql, "visit"), "visit");
    }
}
