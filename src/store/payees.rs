//! Payees: who receives the money. A shop has number 1 from the start.
//!
//! Lives here: making, naming and finding them. Never here: what is set for a payee (`channels`).

use serde_json::json;

use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::search_text::search_text;
use crate::store::base::{
    Conn, SqlRow, Store, Tx, all, exists, insert, int, one, text, transaction, values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::payments::OWNER;

/// The payee that a shop has from the start.
pub const FIRST: i64 = 1;

/// Who receives money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payee {
    /// Its number: `owner` on the wire.
    pub id: i64,
    /// What people call it.
    pub name: String,
}

/// Payees ([`Store::payees`]).
pub struct Payees<'s> {
    store: &'s Store,
}

impl Store {
    /// Who receives money.
    pub const fn payees(&self) -> Payees<'_> {
        Payees { store: self }
    }
}

impl Payees<'_> {
    /// One more; says its number.
    pub async fn add(&self, name: &str, actor: &Actor) -> Result<i64, StoreError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
            return Err(StoreError::BadValue {
                field: "Tên bên nhận".to_owned(),
                why: "cần 1–200 ký tự".to_owned(),
            });
        }
        transaction!(self.store, |tx| add(&tx, name, actor))
    }

    /// All of them, in the order in which they were made.
    pub async fn list(&self) -> Result<Vec<Payee>, StoreError> {
        let sql = "SELECT id, name FROM owner ORDER BY id LIMIT 1000";
        let rows = all(self.store, sql, vec![]).await?;
        rows.iter().map(payee).collect()
    }

    /// The one of this number.
    pub async fn find(&self, id: i64) -> Result<Option<Payee>, StoreError> {
        let sql = "SELECT id, name FROM owner WHERE id = ?";
        let row = one(self.store, sql, values![id]).await?;
        row.as_ref().map(payee).transpose()
    }
}

fn payee(row: &SqlRow) -> Result<Payee, StoreError> {
    Ok(Payee {
        id: int(row, 0)?,
        name: text(row, 1)?,
    })
}

async fn add(tx: &Tx, name: &str, actor: &Actor) -> Result<i64, StoreError> {
    let sql = "INSERT INTO owner (name, created_at, search_text) VALUES (?, ?, ?)";
    let given = values![name, tx.now_ms(), search_text([Some(name)])];
    let id = insert(tx, sql, given).await?;
    let entry = Entry::of(AuditAction::PayeeAdd)
        .row(&OWNER, id)
        .after(json!({ "name": name }));
    audit::write(tx, actor, entry).await?;
    Ok(id)
}

/// There is a payee of this number, or it is a bad value.
pub(in crate::store) async fn known(tx: &Tx, id: i64) -> Result<(), StoreError> {
    if exists(tx, "SELECT 1 FROM owner WHERE id = ?", values![id]).await? {
        return Ok(());
    }
    Err(StoreError::BadValue {
        field: "Bên nhận".to_owned(),
        why: format!("không có số {id}"),
    })
}
