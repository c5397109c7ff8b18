//! Who changed what, from where, before and after. Appended in the transaction of the change
//! itself.

use serde_json::{Map, Value as Json};

use super::search_text::search_text;
use super::{Conn, SqlRow, Store, Tx, all, insert, int, int_or_none, text, text_or_none};
use super::{transaction, values};
use crate::store::StoreError;
use crate::store::catalogue::{AuditAction, Table};

/// Longer states are cut: the trail says what changed, it is no copy of a file.
const JSON_MAX: usize = 60_000;

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// A user of the shop, where it is one.
    pub user_id: Option<i64>,
    /// The user's name; `machine:…` or `system` where it is none.
    pub who: String,
    /// The network address.
    pub from_where: Option<String>,
    /// The request that asked for it.
    pub request_id: Option<String>,
}

impl Actor {
    /// The program itself.
    pub fn system() -> Self {
        Self {
            user_id: None,
            who: "system".to_owned(),
            from_where: None,
            request_id: None,
        }
    }
}

/// An entry of the trail that is to be written.
#[derive(Debug, Clone)]
pub struct Entry {
    action: AuditAction,
    table: Option<&'static str>,
    row_id: Option<i64>,
    before: Option<Json>,
    after: Option<Json>,
}

impl Entry {
    /// That this was done.
    pub const fn of(action: AuditAction) -> Self {
        Self {
            action,
            table: None,
            row_id: None,
            before: None,
            after: None,
        }
    }

    /// In this table.
    #[must_use]
    pub const fn table(mut self, table: &'static Table) -> Self {
        self.table = Some(table.name);
        self
    }

    /// With this row of a table.
    #[must_use]
    pub const fn row(mut self, table: &'static Table, id: i64) -> Self {
        self.table = Some(table.name);
        self.row_id = Some(id);
        self
    }

    /// What it was before, by column.
    #[must_use]
    pub fn before(mut self, state: Json) -> Self {
        self.before = Some(state);
        self
    }

    /// What it is now, by column.
    #[must_use]
    pub fn after(mut self, state: Json) -> Self {
        self.after = Some(state);
        self
    }
}

/// An entry of the trail as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who.
    pub who: String,
    /// What: [`AuditAction::wire`], or a word of an older version.
    pub action: String,
    /// What it was before, by column.
    pub before: Map<String, Json>,
    /// What it is since, by column.
    pub after: Map<String, Json>,
}

/// Appends to the trail.
pub(in crate::store) async fn write(
    tx: &Tx,
    actor: &Actor,
    entry: Entry,
) -> Result<(), StoreError> {
    let cut = |json: Json| json.to_string().chars().take(JSON_MAX).collect::<String>();
    let action = entry.action.wire();
    let search = search_text([Some(actor.who.as_str()), Some(action), entry.table]);
    let sql = "INSERT INTO audit (at, user_id, who, from_where, action, table_name, row_id, before_json, after_json, request_id, search_text) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let given = values![
        tx.now_ms(),
        actor.user_id,
        actor.who.clone(),
        actor.from_where.clone(),
        action,
        entry.table,
        entry.row_id,
        entry.before.map(cut),
        entry.after.map(cut),
        actor.request_id.clone(),
        search,
    ];
    insert(tx, sql, given).await.map(|_| ())
}

/// The audit trail ([`Store::audit`]).
pub struct Audit<'s> {
    store: &'s Store,
}

impl Store {
    /// The audit trail.
    pub const fn audit(&self) -> Audit<'_> {
        Audit { store: self }
    }
}

impl Audit<'_> {
    /// Appends something that changed no row: a sign-in, a refusal, an export.
    pub async fn record(&self, actor: &Actor, entry: Entry) -> Result<(), StoreError> {
        transaction!(self.store, |tx| write(&tx, actor, entry.clone()))
    }

    /// What happened to a row, the newest first.
    pub async fn of_row(
        &self,
        table: &'static Table,
        id: i64,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let sql = format!(
            "SELECT at, who, action, before_json, after_json FROM audit WHERE table_name = ? AND row_id = ? ORDER BY id DESC LIMIT {limit}"
        );
        all(self.store, &sql, values![table.name, id])
            .await?
            .iter()
            .map(|row| {
                Ok(AuditRow {
                    at: int(row, 0)?,
                    who: text(row, 1)?,
                    action: text(row, 2)?,
                    before: state(row, 3)?,
                    after: state(row, 4)?,
                })
            })
            .collect()
    }

    /// What the entry of this number says, and of which row: the table's name and the number.
    pub async fn entry(&self, id: i64) -> Result<(AuditRow, Option<(String, i64)>), StoreError> {
        let sql = "SELECT at, who, action, before_json, after_json, table_name, row_id FROM audit WHERE id = ?";
        let row = super::one(self.store, sql, values![id])
            .await?
            .ok_or(StoreError::NoRow)?;
        let about = text_or_none(&row, 5)?.zip(int_or_none(&row, 6)?);
        let entry = AuditRow {
            at: int(&row, 0)?,
            who: text(&row, 1)?,
            action: text(&row, 2)?,
            before: state(&row, 3)?,
            after: state(&row, 4)?,
        };
        Ok((entry, about))
    }
}

/// A state that was cut cannot be read any more.
fn state(row: &SqlRow, at: usize) -> Result<Map<String, Json>, StoreError> {
    Ok(text_or_none(row, at)?
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}
