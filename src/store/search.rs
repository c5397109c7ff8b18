//! What a row is found by: its texts, without accents, in one column that a narrow index holds.
//!
//! A search looks for pieces of words anywhere in the text, so no order of an index helps it. But
//! it can read the index instead of the rows, which is a tenth of the bytes: see
//! [`Store::page_and_count`].

use std::collections::HashMap;

use sea_orm::QueryResult;
use serde_json::Value as Json;

use super::StoreError;
use super::catalogue::{Index, Kind, SEARCH_MAX, Table};
use super::db::{Engine, Store, Tx, all, execute, int, marks, one, text_or_none, values};
use super::rows::{
    COUNT_MAX, Clauses, Count, Deleted, Listing, PAGE_MAX, Query, Row, place, read, read_place,
    readable,
};
use crate::domain::text::plain;

/// The search text of a row with these texts.
pub(super) fn search_text<'t>(texts: impl IntoIterator<Item = Option<&'t str>>) -> String {
    let texts: Vec<&str> = texts.into_iter().flatten().collect();
    plain(&texts.join(" "))
        .chars()
        .take(SEARCH_MAX.into())
        .collect()
}

/// The search text of a row whose columns have these values.
pub(super) fn text_of<'t>(
    table: &Table,
    value: impl Fn(&'static str) -> Option<&'t str>,
) -> String {
    search_text(
        table
            .columns
            .iter()
            .filter(|c| c.searchable)
            .map(|c| value(c.name)),
    )
}

/// The index that alone answers the query, where there is one: words, nothing else, newest or
/// oldest first.
fn answering(table: &Table, query: &Query) -> Option<&'static Index> {
    let by_number = query
        .sort
        .as_deref()
        .is_none_or(|name| table.column(name).is_some_and(|c| c.kind == Kind::Id));
    let words_alone = query.filters.is_empty() && !query.search.trim().is_empty();
    let knows_deleted = |index: &Index| {
        query.deleted == Deleted::With
            || !table.has("deleted_at")
            || index.columns.contains(&"deleted_at")
    };
    table.indexes.iter().find(|index| {
        words_alone
            && by_number
            && index.columns.starts_with(&["id", "search_text"])
            && knows_deleted(index)
    })
}

impl Store {
    /// A page of a table, and how many rows the whole list has. Words alone are looked for once for
    /// both.
    pub async fn page_and_count(
        &self,
        table_name: &str,
        query: &Query,
        limit: u32,
    ) -> Result<(Listing, Count), StoreError> {
        let table = readable(table_name)?;
        let Some(index) = answering(table, query) else {
            return tokio::try_join!(
                self.list(table_name, query, limit),
                self.count(table_name, query)
            );
        };
        let limit = limit.clamp(1, PAGE_MAX) as usize;
        let (mut ids, all) = self.found(table, index, query, limit + 1).await?;
        let count = if all > COUNT_MAX {
            Count::MoreThan(COUNT_MAX)
        } else {
            Count::Exactly(all)
        };
        let has_more = ids.len() > limit;
        if !has_more && (all > COUNT_MAX || query.after.is_some() && ids.is_empty()) {
            // Further down than we count.
            return tokio::try_join!(
                self.page(table, query, limit),
                self.count(table_name, query)
            );
        }
        ids.truncate(limit);
        let next = ids
            .last()
            .filter(|_| has_more)
            .map(|id| place(&Json::Null, *id));
        Ok((
            Listing {
                rows: self.rows(table.name, &ids).await?,
                next,
            },
            count,
        ))
    }

    /// The numbers of a page's rows with these words, in the list's order, and how many rows have
    /// them, up to one more than
    /// [`COUNT_MAX`]. One reading of the index, and of what it finds only the page leaves the database.
    async fn found(
        &self,
        table: &Table,
        index: &Index,
        query: &Query,
        limit: usize,
    ) -> Result<(Vec<i64>, i64), StoreError> {
        let mut clauses = Clauses::of(self.engine(), table, query)?;
        // Neither database takes it by itself: both think that the rows, which lie in this order,
        // cost as little.
        let hint = match self.engine() {
            Engine::Sqlite => format!("INDEXED BY `{}`", index.name),
            Engine::MariaDb => format!("FORCE INDEX (`{}`)", index.name),
        };
        let (way, behind) = if query.is_descending() {
            ("DESC", "<")
        } else {
            ("ASC", ">")
        };
        let found = format!(
            "SELECT id FROM `{}` {hint} WHERE {} ORDER BY id {way} LIMIT {}",
            table.name,
            clauses.sql(),
            COUNT_MAX + 1
        );
        let counted = format!("SELECT id, COUNT(*) OVER () AS many FROM ({found}) AS found");
        let after = match query.after.as_deref().map(read_place).transpose()? {
            None => String::new(),
            Some((_, after)) => {
                clauses.given.push(after.into());
                format!("WHERE id {behind} ?")
            }
        };
        let sql = format!(
            "SELECT CAST(id AS SIGNED), many FROM ({counted}) AS counted {after} ORDER BY id {way} LIMIT {limit}"
        );
        let rows = all(&self.db, &self.casts(&sql), clauses.given).await?;
        let ids = rows
            .iter()
            .map(|row| int(row, 0))
            .collect::<Result<Vec<i64>, _>>()?;
        Ok((ids, rows.first().map_or(Ok(0), |row| int(row, 1))?))
    }

    /// Makes a row's search text anew, after columns of it were written by their own rules.
    pub(super) async fn renew_search_text(
        &self,
        tx: &Tx,
        table: &str,
        id: i64,
    ) -> Result<(), StoreError> {
        let table = readable(table)?;
        let Some(row) = one(
            &**tx,
            &self.casts(&format!("{} WHERE id = ?", searched(table))),
            values![id],
        )
        .await?
        else {
            return Ok(());
        };
        self.write_search_text(tx, table, &row).await
    }

    /// Fills the search texts that are missing, `limit` at most; says how many.
    pub(super) async fn fill_some(
        &self,
        tx: &Tx,
        table: &Table,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let rows = all(
            &**tx,
            &self.casts(&format!(
                "{} WHERE search_text IS NULL LIMIT {limit}",
                searched(table)
            )),
            vec![],
        )
        .await?;
        for row in &rows {
            self.write_search_text(tx, table, row).await?;
        }
        Ok(rows.len() as u64)
    }

    async fn write_search_text(
        &self,
        tx: &Tx,
        table: &Table,
        row: &QueryResult,
    ) -> Result<(), StoreError> {
        let count = table.columns.iter().filter(|c| c.searchable).count();
        let texts = (1..=count)
            .map(|at| text_or_none(row, at))
            .collect::<Result<Vec<_>, _>>()?;
        let given = values![
            search_text(texts.iter().map(Option::as_deref)),
            int(row, 0)?
        ];
        execute(
            &**tx,
            &format!("UPDATE `{}` SET search_text = ? WHERE id = ?", table.name),
            given,
        )
        .await
        .map(|_| ())
    }

    /// The rows of these numbers, in this order, deleted ones too. One that is gone meanwhile is
    /// left out.
    pub async fn rows(&self, table_name: &str, ids: &[i64]) -> Result<Vec<Row>, StoreError> {
        let table = readable(table_name)?;
        let mut by_id: HashMap<i64, Row> = HashMap::with_capacity(ids.len());
        for some in ids.chunks(PAGE_MAX as usize) {
            let sql = format!("{} WHERE id IN ({})", self.select(table), marks(some.len()));
            for row in all(
                &self.db,
                &sql,
                some.iter().copied().map(Into::into).collect(),
            )
            .await?
            {
                let row = read(table, &row)?;
                by_id.insert(row.id, row);
            }
        }
        Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
    }
}

/// Asks for a row's number and the texts that it is found by.
fn searched(table: &Table) -> String {
    let names: Vec<String> = table
        .columns
        .iter()
        .filter(|c| c.searchable)
        .map(|c| format!("`{}`", c.name))
        .collect();
    format!(
        "SELECT CAST(id AS SIGNED), {} FROM `{}`",
        names.join(", "),
        table.name
    )
}
