//! What lies sealed in the database, when the key changes.
//!
//! Lives here: where sealed texts lie. Never here: keys.

use serde_json::{Value as Json, json};

use super::audit::{self, Actor, Entry};
use super::{Conn, Store, Tx, all, execute, exists, int, text, transaction, values};
use crate::store::StoreError;
use crate::store::catalogue::AuditAction;

/// Seals a sealed text anew; nothing where it is of the new key already.
pub type Renew<'r> = &'r (dyn Fn(&str) -> Result<Option<String>, String> + Sync);

/// A server that runs renews its lease.
const RUNNING: &str = "SELECT 1 FROM leader_lease WHERE until_ms > ? LIMIT 1";

/// What lies sealed in the database ([`Store::seals`]).
pub struct Seals<'s> {
    store: &'s Store,
}

impl Store {
    /// What lies sealed in the database.
    pub const fn seals(&self) -> Seals<'_> {
        Seals { store: self }
    }
}

impl Seals<'_> {
    /// Does no server run on this database? Asked before a key file is touched.
    pub async fn is_at_rest(&self) -> Result<(), StoreError> {
        if exists(self.store, RUNNING, values![self.store.shared_now_ms()]).await? {
            return Err(StoreError::Running);
        }
        Ok(())
    }

    /// Seals everything anew, all or nothing. Says how many texts. While a server runs it is
    /// refused: that server knows the old key only.
    pub async fn reseal(&self, renew: Renew<'_>, actor: &Actor) -> Result<usize, StoreError> {
        transaction!(self.store, |tx| reseal(&tx, renew, actor))
    }
}

async fn reseal(tx: &Tx, renew: Renew<'_>, actor: &Actor) -> Result<usize, StoreError> {
    if exists(tx, RUNNING, values![tx.shared_now_ms()]).await? {
        return Err(StoreError::Running);
    }
    let count = reseal_accounts(tx, renew).await?
        + reseal_settings(tx, renew).await?
        + reseal_channels(tx, renew).await?
        + reseal_tokens(tx, renew).await?;
    // Who is about to set up a second factor has its secret in the session: they sign in and begin
    // again.
    let sql = "DELETE FROM web_sessions WHERE data LIKE '%totp_new%'";
    execute(tx, sql, vec![]).await?;
    let entry = Entry::of(AuditAction::SecretsRekey).after(json!({ "count": count }));
    audit::write(tx, actor, entry).await?;
    Ok(count)
}

fn renewed(renew: Renew<'_>, sealed: &str) -> Result<Option<String>, StoreError> {
    renew(sealed).map_err(StoreError::Damaged)
}

async fn reseal_accounts(tx: &Tx, renew: Renew<'_>) -> Result<usize, StoreError> {
    let mut count = 0;
    let sql = format!(
        "SELECT user_id, totp_secret FROM accounts WHERE totp_secret IS NOT NULL{}",
        tx.locked()
    );
    for row in all(tx, &sql, vec![]).await? {
        if let Some(sealed) = renewed(renew, &text(&row, 1)?)? {
            let sql =
                "UPDATE accounts SET totp_secret = ?, version = version + 1 WHERE user_id = ?";
            execute(tx, sql, values![sealed, int(&row, 0)?]).await?;
            count += 1;
        }
    }
    Ok(count)
}

async fn reseal_settings(tx: &Tx, renew: Renew<'_>) -> Result<usize, StoreError> {
    let mut count = 0;
    let sql = format!(
        "SELECT name, value FROM settings WHERE name LIKE '%sealed'{}",
        tx.locked()
    );
    for row in all(tx, &sql, vec![]).await? {
        let kept: Json = serde_json::from_str(&text(&row, 1)?)
            .map_err(|e| StoreError::Damaged(e.to_string()))?;
        if let Some(sealed) = renewed(renew, kept.as_str().unwrap_or_default())? {
            let sql = "UPDATE settings SET value = ?, version = version + 1 WHERE name = ?";
            let given = values![Json::from(sealed).to_string(), text(&row, 0)?];
            execute(tx, sql, given).await?;
            count += 1;
        }
    }
    Ok(count)
}

async fn reseal_channels(tx: &Tx, renew: Renew<'_>) -> Result<usize, StoreError> {
    let mut count = 0;
    let sql = format!(
        "SELECT id, settings_sealed FROM payment_config{}",
        tx.locked()
    );
    for row in all(tx, &sql, vec![]).await? {
        if let Some(sealed) = renewed(renew, &text(&row, 1)?)? {
            let sql =
                "UPDATE payment_config SET settings_sealed = ?, version = version + 1 WHERE id = ?";
            execute(tx, sql, values![sealed, int(&row, 0)?]).await?;
            count += 1;
        }
    }
    Ok(count)
}

async fn reseal_tokens(tx: &Tx, renew: Renew<'_>) -> Result<usize, StoreError> {
    let mut count = 0;
    let sql = format!("SELECT id, tokens_sealed FROM message_token{}", tx.locked());
    for row in all(tx, &sql, vec![]).await? {
        if let Some(sealed) = renewed(renew, &text(&row, 1)?)? {
            let sql = "UPDATE message_token SET tokens_sealed = ? WHERE id = ?";
            execute(tx, sql, values![sealed, int(&row, 0)?]).await?;
            count += 1;
        }
    }
    Ok(count)
}
