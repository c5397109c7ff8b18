//! What the owner does to accounts beyond standing: a password for once, a trial, one device.

use serde_json::json;

use super::StoreError;
use super::accounts::{Account, Device, NEXT_DEVICE};
use super::audit::{self, Actor};
use super::db::{Store, Tx, execute, one, transaction, values};
use crate::domain::calendar::{DAY_MS, old_time};

impl Store {
    /// A password that works once and until then. Ends all sessions of the account.
    pub async fn set_password_for_once(
        &self,
        user_id: i64,
        hash: &str,
        until_ms: i64,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self, |tx| async {
            let owners = self.owners_before(&tx).await?;
            let sql = "UPDATE accounts SET password_hash = ?, password_until = ?, must_change = 1, updated_at = ?, version = version + 1 WHERE user_id = ?";
            if execute(&*tx, sql, values![hash, until_ms, self.now_ms(), user_id]).await? == 0 {
                return Err(StoreError::NoRow);
            }
            self.owners_after(&tx, &owners).await?;
            execute(
                &*tx,
                "DELETE FROM web_sessions WHERE user_id = ?",
                values![user_id],
            )
            .await?;
            audit::write(
                self,
                &tx,
                actor,
                "accounts.reset",
                Some("users"),
                Some(user_id),
                None,
                Some(&json!({ "until": until_ms })),
            )
            .await
        })
    }

    /// From now on the account works for so many days; none: for ever.
    pub async fn set_trial(
        &self,
        user_id: i64,
        days: Option<i64>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let until = days.map(|days| old_time(self.now_ms() + days.clamp(1, 3_650) * DAY_MS));
        transaction!(self, |tx| async {
            let owners = self.owners_before(&tx).await?;
            let sql = "UPDATE users SET trial = ?, trial_expire_date = ?, version = version + 1 WHERE id = ?";
            if execute(
                &*tx,
                sql,
                values![i64::from(until.is_some()), until.clone(), user_id],
            )
            .await?
                == 0
            {
                return Err(StoreError::NoRow);
            }
            self.owners_after(&tx, &owners).await?;
            let told = json!({ "trial": until.is_some(), "trial_expire_date": until });
            audit::write(
                self,
                &tx,
                actor,
                "accounts.trial",
                Some("users"),
                Some(user_id),
                None,
                Some(&told),
            )
            .await
        })
    }

    /// Binds the account to the device of its next sign-in, which ends its sessions; or lets it in
    /// from anywhere again.
    pub async fn set_device(
        &self,
        user_id: i64,
        binds: bool,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self, |tx| self.set_device_in(&tx, user_id, binds, actor))
    }

    async fn set_device_in(
        &self,
        tx: &Tx,
        user_id: i64,
        binds: bool,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let owners = self.locked_owners(tx).await?;
        // A lost device must not close the shop to its owners.
        let is_free = |owner: &Account| {
            owner.user_id != user_id
                && owner.device == Device::Any
                && owner.may_sign_in(self.now_ms())
        };
        if binds
            && owners.iter().any(|owner| owner.user_id == user_id)
            && !owners.iter().any(is_free)
        {
            return Err(StoreError::BadValue {
                field: "Thiết bị".to_owned(),
                why: "cửa hàng phải còn một chủ không gắn thiết bị".to_owned(),
            });
        }
        let sql = "UPDATE accounts SET device = ?, updated_at = ?, version = version + 1 WHERE user_id = ?";
        if execute(
            &**tx,
            sql,
            values![binds.then_some(NEXT_DEVICE), self.now_ms(), user_id],
        )
        .await?
            == 0
        {
            return Err(StoreError::NoRow);
        }
        if binds {
            execute(
                &**tx,
                "DELETE FROM web_sessions WHERE user_id = ?",
                values![user_id],
            )
            .await?;
        }
        let told = json!({ "one_device": binds });
        audit::write(
            self,
            tx,
            actor,
            "accounts.device",
            Some("users"),
            Some(user_id),
            None,
            Some(&told),
        )
        .await
    }

    /// Binds the account, where it is to be bound still. `false`: another device was faster.
    pub async fn bind_device(
        &self,
        user_id: i64,
        hash: &str,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        transaction!(self, |tx| async {
            let sql = "UPDATE accounts SET device = ?, updated_at = ?, version = version + 1 WHERE user_id = ? AND device = ?";
            if execute(
                &*tx,
                sql,
                values![hash, self.now_ms(), user_id, NEXT_DEVICE],
            )
            .await?
                == 0
            {
                return Ok(false);
            }
            audit::write(
                self,
                &tx,
                actor,
                "accounts.device_bound",
                Some("users"),
                Some(user_id),
                None,
                None,
            )
            .await?;
            Ok(true)
        })
    }

    /// Is any account bound to this device?
    pub async fn knows_device(&self, hash: &str) -> Result<bool, StoreError> {
        Ok(one(
            &self.db,
            "SELECT 1 FROM accounts WHERE device = ?",
            values![hash],
        )
        .await?
        .is_some())
    }
}
