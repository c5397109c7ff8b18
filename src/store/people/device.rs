//! The one device that an account may be bound to.

use serde_json::json;

use super::account::{Device, NEXT_DEVICE, UserAccount};
use super::accounts::Accounts;
use super::owners::lock_owners;
use super::sessions::end_all;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{Conn, Tx, execute, exists, transaction, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::people::USERS;

impl Accounts<'_> {
    /// Binds the account to the device of its next sign-in, which ends its sessions; or lets it in
    /// from anywhere again.
    pub async fn set_device(
        &self,
        user_id: i64,
        binds: bool,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self.store, |tx| set_device(&tx, user_id, binds, actor))
    }

    /// Binds the account, where it is to be bound still. `false`: another device was faster.
    pub async fn bind_device(
        &self,
        user_id: i64,
        hash: &str,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        transaction!(self.store, |tx| async {
            let sql = "UPDATE accounts SET device = ?, updated_at = ?, version = version + 1 WHERE user_id = ? AND device = ?";
            if execute(
                &tx,
                sql,
                values![hash, self.store.now_ms(), user_id, NEXT_DEVICE],
            )
            .await?
                == 0
            {
                return Ok(false);
            }
            audit::write(
                &tx,
                actor,
                Entry::of(AuditAction::AccountsDeviceBound).row(&USERS, user_id),
            )
            .await?;
            Ok(true)
        })
    }

    /// Is any account bound to this device?
    pub async fn knows_device(&self, hash: &str) -> Result<bool, StoreError> {
        exists(
            self.store,
            "SELECT 1 FROM accounts WHERE device = ?",
            values![hash],
        )
        .await
    }
}

async fn set_device(tx: &Tx, user_id: i64, binds: bool, actor: &Actor) -> Result<(), StoreError> {
    let owners = lock_owners(tx).await?;
    // A lost device must not close the shop to its owners.
    let is_free = |owner: &UserAccount| {
        owner.user_id != user_id && owner.device == Device::Any && owner.may_sign_in(tx.now_ms())
    };
    if binds && owners.iter().any(|owner| owner.user_id == user_id) && !owners.iter().any(is_free) {
        return Err(StoreError::BadValue {
            field: "Thiết bị".to_owned(),
            why: "cửa hàng phải còn một chủ không gắn thiết bị".to_owned(),
        });
    }
    let sql =
        "UPDATE accounts SET device = ?, updated_at = ?, version = version + 1 WHERE user_id = ?";
    if execute(
        tx,
        sql,
        values![binds.then_some(NEXT_DEVICE), tx.now_ms(), user_id],
    )
    .await?
        == 0
    {
        return Err(StoreError::NoRow);
    }
    if binds {
        end_all(tx, user_id).await?;
    }
    let state = json!({ "one_device": binds });
    audit::write(
        tx,
        actor,
        Entry::of(AuditAction::AccountsDevice)
            .row(&USERS, user_id)
            .after(state),
    )
    .await
}
