//! What a person likes: which columns of a table they look at. One row of `settings` a person, not
//! worth a trail.

use serde_json::{Map, Value as Json};

use super::ShopSettings;
use crate::store::StoreError;
use crate::store::base::{Conn, Tx, execute, one, text, transaction, values};

impl ShopSettings<'_> {
    /// What the person likes, by name.
    pub async fn preferences(&self, user_id: i64) -> Result<Map<String, Json>, StoreError> {
        let row = one(
            self.store,
            "SELECT value FROM settings WHERE name = ?",
            values![name_of(user_id)],
        )
        .await?;
        let text = row.map(|row| text(&row, 0)).transpose()?;
        Ok(text
            .and_then(|t| serde_json::from_str(&t).ok())
            .unwrap_or_default())
    }

    /// The person likes this; `null` forgets it.
    pub async fn prefer(&self, user_id: i64, what: &str, value: &Json) -> Result<(), StoreError> {
        let mut all = self.preferences(user_id).await?;
        if value.is_null() {
            all.remove(what);
        } else {
            all.insert(what.to_owned(), value.clone());
        }
        transaction!(self.store, |tx| keep(
            &tx,
            user_id,
            &Json::Object(all.clone())
        ))
    }
}

async fn keep(tx: &Tx, user_id: i64, all: &Json) -> Result<(), StoreError> {
    let (name, now) = (name_of(user_id), tx.now_ms());
    let changed = execute(
        tx,
        "UPDATE settings SET value = ?, updated_at = ? WHERE name = ?",
        values![all.to_string(), now, name.clone()],
    )
    .await?;
    if changed == 0 {
        execute(
            tx,
            "INSERT INTO settings (name, value, updated_at) VALUES (?, ?, ?)",
            values![name, all.to_string(), now],
        )
        .await?;
    }
    Ok(())
}

fn name_of(user_id: i64) -> String {
    format!("likings.{user_id}")
}
