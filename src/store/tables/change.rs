//! A row is added, changed, deleted, brought back. The change and its row in the audit trail are one
//! transaction; a row that somebody else changed since it was read is refused.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::follow::follow;
use super::list::{read, select};
use super::query::TableRow;
use super::relations::point_somewhere;
use super::value::parse;
use super::{Fields, Tables, free, writable};
use crate::domain::calendar::old_time;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::cells::bound;
use crate::store::base::search_text::text_of;
use crate::store::base::{Conn, SqlValue, Tx, execute, insert, one, transaction, values};
use crate::store::catalogue::{AuditAction, ColumnKind, SEARCH_TEXT, Table};
use crate::store::people::owners::{people_after, people_before};

impl Tables<'_> {
    /// Adds a row. Says its number.
    pub async fn add(
        &self,
        table: &'static Table,
        fields: &Fields,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        free(table)?;
        transaction!(self.store, |tx| add(&tx, table, fields, actor))
    }

    /// Changes a row that nobody changed since it was read at `version`. Says its new version.
    pub async fn change(
        &self,
        table: &'static Table,
        id: i64,
        version: i64,
        fields: &Fields,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        writable(table)?;
        transaction!(self.store, |tx| change(
            &tx,
            table,
            id,
            Some(version),
            fields,
            actor
        ))
    }

    /// Deletes a row; it can be brought back.
    pub async fn delete(
        &self,
        table: &'static Table,
        id: i64,
        version: i64,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        free(table)?;
        transaction!(self.store, |tx| delete(
            &tx,
            table,
            id,
            Some(version),
            true,
            actor
        ))
    }

    /// Brings a deleted row back.
    pub async fn restore(
        &self,
        table: &'static Table,
        id: i64,
        version: i64,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        free(table)?;
        transaction!(self.store, |tx| delete(
            &tx,
            table,
            id,
            Some(version),
            false,
            actor
        ))
    }
}

pub(in crate::store) async fn add(
    tx: &Tx,
    table: &'static Table,
    fields: &Fields,
    actor: &Actor,
) -> Result<i64, StoreError> {
    let mut set = checked(table, fields)?;
    for column in table
        .columns
        .iter()
        .filter(|c| c.editable && !c.nullable && c.default.is_none() && c.kind != ColumnKind::Id)
    {
        if !set.contains_key(column.name) {
            return Err(StoreError::BadValue {
                field: column.vi.to_owned(),
                why: "không được để trống".to_owned(),
            });
        }
    }
    people_before(tx, table, None, set.get("username")).await?;
    point_somewhere(tx, table, &set).await?;
    let after = Json::Object(set.clone());
    stamp(tx, table, &mut set, &["created_at", "updated_at"]);
    if table.is_searched() {
        let text = text_of(table, |name| set.get(name)?.as_str());
        set.insert(SEARCH_TEXT.to_owned(), Json::from(text));
    }
    // An old dump's columns have no defaults of their own.
    let left_out: Vec<(&str, &str)> = table
        .columns
        .iter()
        .filter(|c| !c.nullable && !set.contains_key(c.name))
        .filter_map(|c| Some((c.name, c.default?)))
        .collect();
    let names: Vec<String> = set
        .keys()
        .map(String::as_str)
        .chain(left_out.iter().map(|(name, _)| *name))
        .map(|name| format!("`{name}`"))
        .collect();
    let places: Vec<&str> = set
        .keys()
        .map(|_| "?")
        .chain(left_out.iter().map(|(_, default)| *default))
        .collect();
    let sql = format!(
        "INSERT INTO `{}` ({}) VALUES ({})",
        table.name,
        names.join(", "),
        places.join(", ")
    );
    let id = insert(tx, &sql, set.values().map(bound).collect()).await?;
    audit::write(
        tx,
        actor,
        Entry::of(AuditAction::Add).row(table, id).after(after),
    )
    .await?;
    follow(tx, table, id, None, actor).await?;
    Ok(id)
}

fn stamp(tx: &Tx, table: &Table, set: &mut Map<String, Json>, names: &[&str]) {
    let now = tx.now_ms();
    for column in names.iter().filter_map(|name| table.column(name)) {
        let value = if column.kind == ColumnKind::OldTime {
            Json::from(old_time(now))
        } else {
            Json::from(now)
        };
        set.insert(column.name.to_owned(), value);
    }
}

pub(super) async fn change(
    tx: &Tx,
    table: &'static Table,
    id: i64,
    version: Option<i64>,
    fields: &Fields,
    actor: &Actor,
) -> Result<i64, StoreError> {
    let row = row_locked(tx, table, id, version).await?;
    if row.is_deleted {
        return Err(StoreError::NoRow);
    }
    let now: HashMap<&str, &Json> = table.shown().map(|c| c.name).zip(&row.cells).collect();
    // What an old row has and nobody touched is no mistake of whoever changes something else in
    // it.
    let stands = |(name, text): &&(String, String)| {
        now.get(name.as_str())
            .is_none_or(|cell| as_text(cell) != text.trim())
    };
    let mut set = checked(table, &fields.iter().filter(stands).cloned().collect())?;
    set.retain(|name, value| now.get(name.as_str()).is_none_or(|old| *old != value));
    if set.is_empty() {
        return Ok(row.version);
    }
    let owners = people_before(tx, table, Some(id), set.get("username")).await?;
    point_somewhere(tx, table, &set).await?;
    let before: Map<String, Json> = set
        .keys()
        .map(|name| {
            (
                name.clone(),
                now.get(name.as_str()).map_or(Json::Null, |v| (*v).clone()),
            )
        })
        .collect();
    let after = Json::Object(set.clone());
    if table.is_searched() {
        let text = text_of(table, |name| {
            set.get(name).or(now.get(name).copied())?.as_str()
        });
        set.insert(SEARCH_TEXT.to_owned(), Json::from(text));
    }
    stamp(tx, table, &mut set, &["updated_at"]);
    let names: Vec<String> = set.keys().map(|name| format!("`{name}` = ?")).collect();
    let sql = format!(
        "UPDATE `{}` SET {}, version = version + 1 WHERE id = ? AND version = ?",
        table.name,
        names.join(", ")
    );
    let mut given: Vec<SqlValue> = set.values().map(bound).collect();
    given.extend(values![id, row.version]);
    if execute(tx, &sql, given).await? != 1 {
        return Err(StoreError::Stale);
    }
    people_after(tx, owners.as_ref()).await?;
    audit::write(
        tx,
        actor,
        Entry::of(AuditAction::Change)
            .row(table, id)
            .before(Json::Object(before))
            .after(after),
    )
    .await?;
    follow(tx, table, id, Some(&set), actor).await?;
    Ok(row.version + 1)
}

async fn row_locked(
    tx: &Tx,
    table: &'static Table,
    id: i64,
    version: Option<i64>,
) -> Result<TableRow, StoreError> {
    let sql = format!("{} WHERE id = ?{}", select(tx, table), tx.locked());
    let row = read(
        table,
        &one(tx, &sql, values![id]).await?.ok_or(StoreError::NoRow)?,
    )?;
    if version.is_some_and(|version| version != row.version) {
        Err(StoreError::Stale)
    } else {
        Ok(row)
    }
}

pub(in crate::store) async fn delete(
    tx: &Tx,
    table: &'static Table,
    id: i64,
    version: Option<i64>,
    gone: bool,
    actor: &Actor,
) -> Result<(), StoreError> {
    let row = row_locked(tx, table, id, version).await?;
    if row.is_deleted == gone {
        return Err(StoreError::NoRow);
    }
    let owners = people_before(tx, table, Some(id), None).await?;
    let at = gone.then(|| tx.now_ms());
    execute(
        tx,
        &format!(
            "UPDATE `{}` SET deleted_at = ?, version = version + 1 WHERE id = ?",
            table.name
        ),
        values![at, id],
    )
    .await?;
    people_after(tx, owners.as_ref()).await?;
    let cells: Map<String, Json> = table
        .shown()
        .map(|c| c.name.to_owned())
        .zip(row.cells)
        .collect();
    audit::write(
        tx,
        actor,
        Entry::of(if gone {
            AuditAction::Delete
        } else {
            AuditAction::Restore
        })
        .row(table, id)
        .before(Json::Object(cells)),
    )
    .await?;
    follow(tx, table, id, None, actor).await
}

fn as_text(cell: &Json) -> String {
    cell.as_str().map_or_else(
        || {
            if cell.is_null() {
                String::new()
            } else {
                cell.to_string()
            }
        },
        str::to_owned,
    )
}

/// A form's texts as values. A column that forms may not write is an error, not a silence.
pub(super) fn checked(table: &Table, fields: &Fields) -> Result<Map<String, Json>, StoreError> {
    let mut set = Map::new();
    for (name, text) in fields {
        let column = table
            .shown_column(name)
            .ok_or_else(|| StoreError::NotAllowed(name.clone()))?;
        if !column.editable {
            return Err(StoreError::NotAllowed(name.clone()));
        }
        set.insert(column.name.to_owned(), parse(column, text)?);
    }
    Ok(set)
}
