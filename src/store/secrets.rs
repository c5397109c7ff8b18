//! What lies sealed in the database, when the key changes.
//!
//! Lives here: where sealed texts lie. Never here: keys.

use serde_json::{Value as Json, json};

use super::StoreError;
use super::audit::{self, Actor};
use super::db::{Store, Tx, all, execute, int, one, text, transaction, values};

/// Seals a sealed text anew; nothing where it is of the new key already.
pub type Renew<'r> = &'r (dyn Fn(&str) -> Result<Option<String>, String> + Sync);

impl Store {
    /// Seals everything anew, all or nothing. Says how many texts. While a server runs it is
    /// refused: that server knows the old key only.
    pub async fn reseal(&self, renew: Renew<'_>, actor: &Actor) -> Result<usize, StoreError> {
        transaction!(self, |tx| self.reseal_in(&tx, renew, actor))
    }

    async fn reseal_in(
        &self,
        tx: &Tx,
        renew: Renew<'_>,
        actor: &Actor,
    ) -> Result<usize, StoreError> {
        if one(
            &**tx,
            "SELECT 1 FROM leader_lease WHERE until_ms > ? LIMIT 1",
            values![self.now_ms()],
        )
        .await?
        .is_some()
        {
            return Err(StoreError::Running);
        }
        let renewed = |sealed: &str| renew(sealed).map_err(StoreError::Damaged);
        let mut count = 0;
        let sql = format!(
            "SELECT user_id, totp_secret FROM accounts WHERE totp_secret IS NOT NULL{}",
            self.locked()
        );
        for row in all(&**tx, &sql, vec![]).await? {
            if let Some(sealed) = renewed(&text(&row, 1)?)? {
                let sql =
                    "UPDATE accounts SET totp_secret = ?, version = version + 1 WHERE user_id = ?";
                execute(&**tx, sql, values![sealed, int(&row, 0)?]).await?;
                count += 1;
            }
        }
        for row in all(
            &**tx,
            &format!(
                "SELECT name, value FROM settings WHERE name LIKE '%sealed'{}",
                self.locked()
            ),
            vec![],
        )
        .await?
        {
            let kept: Json = serde_json::from_str(&text(&row, 1)?)
                .map_err(|e| StoreError::Damaged(e.to_string()))?;
            if let Some(sealed) = renewed(kept.as_str().unwrap_or_default())? {
                let sql = "UPDATE settings SET value = ?, version = version + 1 WHERE name = ?";
                execute(
                    &**tx,
                    sql,
                    values![Json::from(sealed).to_string(), text(&row, 0)?],
                )
                .await?;
                count += 1;
            }
        }
        // Who is about to set up a second factor has its secret in the session: they sign in and
        // begin again.
        execute(
            &**tx,
            "DELETE FROM web_sessions WHERE data LIKE '%totp_new%'",
            vec![],
        )
        .await?;
        audit::write(
            self,
            tx,
            actor,
            "secrets.rekey",
            None,
            None,
            None,
            Some(&json!({ "count": count })),
        )
        .await?;
        Ok(count)
    }
}
