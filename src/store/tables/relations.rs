//! Relations: what people know the rows of other tables by. The database has no foreign keys, as
//! the old one had none.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::Tables;
use super::clauses::Clauses;
use super::query::{Compare, Filter, ListQuery};
use crate::store::StoreError;
use crate::store::base::{Conn, SqlValue, Tx, all, exists, int, marks, text_or_none, values};
use crate::store::catalogue::{Column, ColumnKind, Table, table};

impl Tables<'_> {
    /// What people know rows of a table by: for the cells of a relation.
    pub async fn names(
        &self,
        column: &Column,
        ids: &[i64],
    ) -> Result<HashMap<i64, String>, StoreError> {
        let ColumnKind::Relation { table, shown } = column.kind else {
            return Ok(HashMap::new());
        };
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = self.store.casts(&format!(
            "SELECT CAST(id AS SIGNED), `{shown}` FROM `{table}` WHERE id IN ({})",
            marks(ids.len())
        ));
        let rows = all(
            self.store,
            &sql,
            ids.iter().map(|id| SqlValue::from(*id)).collect(),
        )
        .await?;
        rows.iter()
            .map(|row| Ok((int(row, 0)?, text_or_none(row, 1)?.unwrap_or_default())))
            .collect()
    }

    /// A pick list of a relation: the first rows that fit the search, with what people know them
    /// by. `by_name`: whoever asks may know of them nothing but that, so nothing else answers.
    pub async fn pick_list(
        &self,
        column: &Column,
        search: &str,
        payee: Option<i64>,
        by_name: bool,
        limit: u32,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let ColumnKind::Relation { table, shown } = column.kind else {
            return Err(StoreError::NotAllowed(column.name.to_owned()));
        };
        let table = table_of(table)?;
        let mut query = ListQuery {
            payee,
            ..ListQuery::default()
        };
        if !by_name {
            search.clone_into(&mut query.search);
        } else if !search.trim().is_empty() {
            let column = table.column(shown).copied();
            query.filters.push(Filter {
                column: column.ok_or_else(|| StoreError::NotAllowed(shown.to_owned()))?,
                compare: Compare::Contains,
                value: search.to_owned(),
            });
        }
        let clauses = Clauses::of(self.store.engine(), table, &query)?;
        let sql = format!(
            "SELECT CAST(id AS SIGNED), `{shown}` FROM `{}` WHERE {} ORDER BY `{shown}`, id LIMIT {}",
            table.name,
            clauses.sql(),
            limit.min(100)
        );
        let rows = all(self.store, &self.store.casts(&sql), clauses.given).await?;
        rows.iter()
            .map(|row| Ok((int(row, 0)?, text_or_none(row, 1)?.unwrap_or_default())))
            .collect()
    }
}

fn table_of(name: &str) -> Result<&'static Table, StoreError> {
    table(name).ok_or_else(|| StoreError::NotAllowed(name.to_owned()))
}

/// A relation leads to a row that is there: the database has no foreign keys, as the old one
/// had none.
pub(super) async fn point_somewhere(
    tx: &Tx,
    table: &Table,
    set: &Map<String, Json>,
) -> Result<(), StoreError> {
    for (name, value) in set {
        let Some(Column {
            kind: ColumnKind::Relation { table: other, .. },
            vi,
            ..
        }) = table.column(name)
        else {
            continue;
        };
        let Some(id) = value.as_i64() else { continue };
        if !exists(
            tx,
            &format!("SELECT 1 FROM `{other}` WHERE id = ?"),
            values![id],
        )
        .await?
        {
            return Err(StoreError::BadValue {
                field: (*vi).to_owned(),
                why: format!("không có dòng số {id}"),
            });
        }
    }
    Ok(())
}
