//! What the owner does to accounts beyond standing: a password for once, a trial.

use serde_json::json;

use super::StoreError;
use super::accounts::old_time;
use super::audit::{self, Actor};
use super::db::{Store, execute, transaction, values};

const DAY_MS: i64 = 86_400_000;

impl Store {
    /// A password that works once and until then. Ends all sessions of the account.
    pub async fn set_password_for_once(&self, user_id: i64, hash: &str, until_ms: i64, actor: &Actor) -> Result<(), StoreError> {
        transaction!(self, |tx| async {
            let sql =
                "UPDATE accounts SET password_hash = ?, password_until = ?, must_change = 1, updated_at = ?, version = version + 1 WHERE user_id = ?";
            if execute(&*tx, sql, values![hash, until_ms, self.now_ms(), user_id]).await? == 0 {
                return Err(StoreError::NoRow);
            }
            execute(&*tx, "DELETE FROM web_sessions WHERE user_id = ?", values![user_id]).await?;
            audit::write(self, &tx, actor, "accounts.reset", Some("users"), Some(user_id), None, Some(&json!({ "until": until_ms }))).await
        })
    }

    /// From now on the account works for so many days; none: for ever.
    pub async fn set_trial(&self, user_id: i64, days: Option<i64>, actor: &Actor) -> Result<(), StoreError> {
        let until = days.map(|days| old_time(self.now_ms() + days.clamp(1, 3_650) * DAY_MS));
        transaction!(self, |tx| async {
            let sql = "UPDATE users SET trial = ?, trial_expire_date = ?, version = version + 1 WHERE id = ?";
            if execute(&*tx, sql, values![i64::from(until.is_some()), until.clone(), user_id]).await? == 0 {
                return Err(StoreError::NoRow);
            }
            let told = json!({ "trial": until.is_some(), "trial_expire_date": until });
            audit::write(self, &tx, actor, "accounts.trial", Some("users"), Some(user_id), None, Some(&told)).await
        })
    }
}
