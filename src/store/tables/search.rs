//! Rows that are found by words.
//!
//! A search looks for pieces of words anywhere in the text, so no order of an index helps it. But
//! it can read the index instead of the rows, which is a tenth of the bytes: see
//! [`Tables::page_and_count`].

use serde_json::Value as Json;

use super::clauses::{Clauses, place, read_place};
use super::query::{COUNT_MAX, Count, Deleted, ListQuery, Listing, PAGE_MAX};
use super::{Tables, readable};
use crate::store::StoreError;
use crate::store::base::{Conn, Engine, all, int};
use crate::store::catalogue::{ColumnKind, Index, Table};

/// The index that alone answers the query, where there is one: words, nothing else, newest or
/// oldest first.
fn answering(table: &Table, query: &ListQuery) -> Option<&'static Index> {
    let by_number = query
        .sort
        .is_none_or(|column| column.kind == ColumnKind::Id);
    let words_alone = query.filters.is_empty()
        && query.payee.is_none()
        && query.collector.is_none()
        && !query.search.trim().is_empty();
    let knows_deleted = |index: &Index| {
        query.deleted == Deleted::With
            || !table.keeps_deleted()
            || index.columns.contains(&"deleted_at")
    };
    table.indexes.iter().find(|index| {
        words_alone
            && by_number
            && index.columns.starts_with(&["id", "search_text"])
            && knows_deleted(index)
    })
}

impl Tables<'_> {
    /// A page of a table, and how many rows the whole list has. Words alone are looked for once for
    /// both.
    pub async fn page_and_count(
        &self,
        table: &'static Table,
        query: &ListQuery,
        limit: u32,
    ) -> Result<(Listing, Count), StoreError> {
        readable(table)?;
        let Some(index) = answering(table, query) else {
            return tokio::try_join!(self.list(table, query, limit), self.count(table, query));
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
            return tokio::try_join!(self.page(table, query, limit), self.count(table, query));
        }
        ids.truncate(limit);
        let next = ids
            .last()
            .filter(|_| has_more)
            .map(|id| place(&Json::Null, *id));
        Ok((
            Listing {
                rows: self.rows(table, &ids).await?,
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
        query: &ListQuery,
        limit: usize,
    ) -> Result<(Vec<i64>, i64), StoreError> {
        let mut clauses = Clauses::of(self.store.engine(), table, query)?;
        // Neither database takes it by itself: both think that the rows, which lie in this order,
        // cost as little.
        let hint = match self.store.engine() {
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
        let rows = all(self.store, &self.store.casts(&sql), clauses.given).await?;
        let ids = rows
            .iter()
            .map(|row| int(row, 0))
            .collect::<Result<Vec<i64>, _>>()?;
        Ok((ids, rows.first().map_or(Ok(0), |row| int(row, 1))?))
    }
}
