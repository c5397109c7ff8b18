//! Pages of any table, single rows, whole lists for an export.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value as Json;
use tokio::sync::mpsc;

use super::Tables;
use super::clauses::{Clauses, behind, compared, of_collector, of_payee, place, shown};
use super::query::{COUNT_MAX, Count, ListQuery, Listing, PAGE_MAX, TableRow};
use super::readable;
use crate::store::StoreError;
use crate::store::base::cells::{cell, read_as};
use crate::store::base::{Conn, SqlRow, all, exists, int, marks, one, values};
use crate::store::catalogue::{ColumnKind, TABLES, Table};

impl Tables<'_> {
    /// A page of a table.
    pub async fn list(
        &self,
        table: &'static Table,
        query: &ListQuery,
        limit: u32,
    ) -> Result<Listing, StoreError> {
        self.page(readable(table)?, query, limit.clamp(1, PAGE_MAX) as usize)
            .await
    }

    pub(super) async fn page(
        &self,
        table: &'static Table,
        query: &ListQuery,
        limit: usize,
    ) -> Result<Listing, StoreError> {
        let sort = query
            .sort
            .as_ref()
            .map(|column| shown(table, column))
            .transpose()?
            .filter(|c| c.kind != ColumnKind::Id);
        let descending = query.is_descending();
        let mut clauses = Clauses::of(self.store.engine(), table, query)?;
        if let Some(after) = &query.after {
            behind(&mut clauses, self.store.engine(), sort, descending, after)?;
        }
        let way = if descending { "DESC" } else { "ASC" };
        let order = sort.map_or_else(
            || format!("id {way}"),
            |c| format!("{} {way}, id {way}", compared(self.store.engine(), c)),
        );
        let sql = format!(
            "{} WHERE {} ORDER BY {order} LIMIT {}",
            select(self.store, table),
            clauses.sql(),
            limit + 1
        );
        let mut rows = all(self.store, &sql, clauses.given)
            .await?
            .iter()
            .map(|row| read(table, row))
            .collect::<Result<Vec<TableRow>, _>>()?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(|row| {
            let at = sort.and_then(|c| table.shown().position(|other| other.name == c.name));
            place(at.map_or(&Json::Null, |at| &row.cells[at]), row.id)
        });
        Ok(Listing { rows, next })
    }

    /// How many rows a list has, without counting for ever.
    pub async fn count(
        &self,
        table: &'static Table,
        query: &ListQuery,
    ) -> Result<Count, StoreError> {
        readable(table)?;
        let clauses = Clauses::of(self.store.engine(), table, query)?;
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM `{}` WHERE {} LIMIT {}) AS some",
            table.name,
            clauses.sql(),
            COUNT_MAX + 1
        );
        let count = one(self.store, &sql, clauses.given)
            .await?
            .map_or(Ok(0), |row| int(&row, 0))?;
        Ok(if count > COUNT_MAX {
            Count::MoreThan(COUNT_MAX)
        } else {
            Count::Exactly(count)
        })
    }

    /// Which tables the menu leads to only while something is in them, and what is: the names of those that hold a row.
    pub async fn filled(&self) -> Result<HashSet<&'static str>, StoreError> {
        let asked: BTreeSet<&'static str> = TABLES
            .iter()
            .flat_map(|table| table.shown_with.iter().copied())
            .collect();
        let mut filled = HashSet::new();
        for name in asked {
            let sql = format!("SELECT 1 FROM `{name}` LIMIT 1");
            if one(self.store, &sql, vec![]).await?.is_some() {
                filled.insert(name);
            }
        }
        Ok(filled)
    }

    /// The numbers of a list's rows, `limit` at most.
    pub async fn ids(
        &self,
        table: &'static Table,
        query: &ListQuery,
        limit: u32,
    ) -> Result<Vec<i64>, StoreError> {
        readable(table)?;
        let clauses = Clauses::of(self.store.engine(), table, query)?;
        let sql = format!(
            "SELECT CAST(id AS SIGNED) FROM `{}` WHERE {} LIMIT {limit}",
            table.name,
            clauses.sql()
        );
        all(self.store, &self.store.casts(&sql), clauses.given)
            .await?
            .iter()
            .map(|row| int(row, 0))
            .collect()
    }

    /// One row, deleted or not.
    pub async fn fetch(&self, table: &'static Table, id: i64) -> Result<TableRow, StoreError> {
        readable(table)?;
        let row = one(
            self.store,
            &format!("{} WHERE id = ?", select(self.store, table)),
            values![id],
        )
        .await?
        .ok_or(StoreError::NoRow)?;
        read(table, &row)
    }

    /// May whoever works for this payee alone see the row? Where rows are nobody's, everybody may.
    pub async fn is_of_payee(
        &self,
        table: &'static Table,
        id: i64,
        payee: i64,
    ) -> Result<bool, StoreError> {
        let Some(whose) = of_payee(readable(table)?) else {
            return Ok(true);
        };
        let sql = format!("SELECT 1 FROM `{}` WHERE id = ? AND {whose}", table.name);
        exists(self.store, &sql, values![id, payee]).await
    }

    /// May the collector with this login see the row? Where rows are nobody's, everybody may.
    pub async fn is_of_collector(
        &self,
        table: &'static Table,
        id: i64,
        login: &str,
    ) -> Result<bool, StoreError> {
        let Some(whose) = of_collector(self.store.engine(), readable(table)?) else {
            return Ok(true);
        };
        let sql = format!("SELECT 1 FROM `{}` WHERE id = ? AND {whose}", table.name);
        let mut given = values![id];
        given.extend(table.collectors.iter().map(|_| login.into()));
        exists(self.store, &sql, given).await
    }

    /// The rows of these numbers, in this order, deleted ones too. One that is gone meanwhile is
    /// left out.
    pub async fn rows(
        &self,
        table: &'static Table,
        ids: &[i64],
    ) -> Result<Vec<TableRow>, StoreError> {
        readable(table)?;
        let mut by_id: HashMap<i64, TableRow> = HashMap::with_capacity(ids.len());
        for some in ids.chunks(PAGE_MAX as usize) {
            let sql = format!(
                "{} WHERE id IN ({})",
                select(self.store, table),
                marks(some.len())
            );
            for row in all(
                self.store,
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

    /// All rows of a list, a thousand at a time, for an export. Ends when the receiver is dropped.
    pub fn export(
        &self,
        table: &'static Table,
        query: &ListQuery,
    ) -> Result<mpsc::Receiver<Result<Vec<TableRow>, StoreError>>, StoreError> {
        readable(table)?;
        Clauses::of(self.store.engine(), table, query)?;
        let (send, receive) = mpsc::channel(2);
        let (store, mut query) = (self.store.clone(), query.clone());
        tokio::spawn(async move {
            loop {
                let page = store.tables().page(table, &query, PAGE_MAX as usize).await;
                let next = page.as_ref().ok().and_then(|p| p.next.clone());
                let is_last = next.is_none();
                query.after = next;
                if send.send(page.map(|p| p.rows)).await.is_err() || is_last {
                    return;
                }
            }
        });
        Ok(receive)
    }
}

/// Asks for what may be shown of a table's rows.
pub(super) fn select(c: &impl Conn, table: &Table) -> String {
    let columns: Vec<String> = table
        .shown()
        .map(|column| read_as(c.engine(), column))
        .collect();
    format!("SELECT {} FROM `{}`", columns.join(", "), table.name)
}

pub(super) fn read(table: &'static Table, row: &SqlRow) -> Result<TableRow, StoreError> {
    let cells = table
        .shown()
        .enumerate()
        .map(|(at, column)| cell(row, at, column))
        .collect::<Result<Vec<Json>, _>>()?;
    let number = |name: &str| {
        table
            .shown()
            .position(|c| c.name == name)
            .and_then(|at| cells[at].as_i64())
    };
    Ok(TableRow {
        id: number("id").unwrap_or_default(),
        version: number("version").unwrap_or_default(),
        is_deleted: number("deleted_at").is_some(),
        cells,
    })
}
