//! The second factor of an account: its secret, the steps that were used, recovery codes.

use super::accounts::Accounts;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{Conn, Tx, execute, transaction, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::people::USERS;

impl Accounts<'_> {
    /// The second factor's secret (a Fernet token) and the hashes of its recovery codes; `None`
    /// takes it away.
    pub async fn set_totp(
        &self,
        user_id: i64,
        sealed: Option<&str>,
        recovery_codes: Option<&str>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self.store, |tx| set_totp(
            &tx,
            user_id,
            sealed,
            recovery_codes,
            actor
        ))
    }

    /// Uses up a time step of the second factor. `false`: it was used before.
    pub async fn use_totp_step(&self, user_id: i64, step: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE accounts SET totp_last_step = ? WHERE user_id = ? AND (totp_last_step IS NULL OR totp_last_step < ?)";
        Ok(execute(self.store, sql, values![step, user_id, step]).await? == 1)
    }

    /// What is left of the recovery codes, where they are still the ones that were read.
    pub async fn set_recovery_codes(
        &self,
        user_id: i64,
        before: &str,
        after: &str,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE accounts SET recovery_codes = ? WHERE user_id = ? AND recovery_codes = ?";
        Ok(execute(self.store, sql, values![after, user_id, before]).await? == 1)
    }
}

async fn set_totp(
    tx: &Tx,
    user_id: i64,
    sealed: Option<&str>,
    codes: Option<&str>,
    actor: &Actor,
) -> Result<(), StoreError> {
    let sql = "UPDATE accounts SET totp_secret = ?, recovery_codes = ?, totp_last_step = NULL, updated_at = ?, version = version + 1 WHERE user_id = ?";
    execute(tx, sql, values![sealed, codes, tx.now_ms(), user_id]).await?;
    let action = if sealed.is_some() {
        AuditAction::AccountsTotpOn
    } else {
        AuditAction::AccountsTotpOff
    };
    audit::write(tx, actor, Entry::of(action).row(&USERS, user_id)).await
}
