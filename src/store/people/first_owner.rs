//! The owner's password for once: at the first start, and from the terminal when nobody gets in.

use secrecy::SecretString;
use serde_json::json;

use super::account::{FirstOwner, NewAccount, UserAccount};
use super::accounts::{Accounts, add};
use super::login::has_login;
use super::owners::{lock_owners, owners};
use super::password::hash_password;
use super::sessions::end_all;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{Conn, Tx, execute, transaction, values};
use crate::store::catalogue::people::USERS;
use crate::store::catalogue::{AccountStatus, AuditAction, Role};
use crate::store::random::letters;

/// How long the owner's password for once works.
const ONCE_MS: i64 = 15 * 60 * 1000;
/// The owner's login on a new server.
const OWNER: &str = "chu";

impl Accounts<'_> {
    /// Makes an owner where there is none that can sign in. `None`: there is one.
    pub async fn first_owner(&self) -> Result<Option<FirstOwner>, StoreError> {
        // Most starts end here, without a hash that takes its time.
        if owners(self.store)
            .await?
            .iter()
            .any(|owner| owner.may_sign_in(self.store.now_ms()))
        {
            return Ok(None);
        }
        let password = SecretString::from(letters(16));
        let hash = hash_password(&password)?;
        let made = transaction!(self.store, |tx| first_owner(&tx, &hash))?;
        Ok(made.map(|username| FirstOwner { username, password }))
    }

    /// The way back in: a password that works once and for a quarter of an hour, for an owner who
    /// may sign in, else for a new one. Ends the account's sessions, and takes away its second
    /// factor and its device: they may be what was lost.
    pub async fn owner_for_once(&self, actor: &Actor) -> Result<FirstOwner, StoreError> {
        let password = SecretString::from(letters(16));
        let hash = hash_password(&password)?;
        let username = transaction!(self.store, |tx| owner_for_once(&tx, &hash, actor))?;
        Ok(FirstOwner { username, password })
    }
}

async fn first_owner(tx: &Tx, hash: &str) -> Result<Option<String>, StoreError> {
    // Two servers that start together: the second waits for this row, then finds the first
    // one's owner.
    execute(
        tx,
        "INSERT INTO schema_lock (name, since_ms) VALUES (?, ?)",
        values!["first_owner", tx.now_ms()],
    )
    .await?;
    let made = owner_where_none_is(tx, hash).await?;
    execute(
        tx,
        "DELETE FROM schema_lock WHERE name = ?",
        values!["first_owner"],
    )
    .await?;
    Ok(made)
}

async fn owner_where_none_is(tx: &Tx, hash: &str) -> Result<Option<String>, StoreError> {
    let owners = owners(tx).await?;
    if owners.iter().any(|owner| owner.may_sign_in(tx.now_ms())) {
        return Ok(None);
    }
    // One who only never used the password for once gets another.
    let late = owners.iter().find(|owner| {
        owner.status == AccountStatus::Active && owner.is_open && owner.password_until.is_some()
    });
    let_in(tx, late, hash, &Actor::system()).await.map(Some)
}

async fn owner_for_once(tx: &Tx, hash: &str, actor: &Actor) -> Result<String, StoreError> {
    let owners = lock_owners(tx).await?;
    let works = |owner: &&UserAccount| owner.status == AccountStatus::Active && owner.is_open;
    let_in(tx, owners.iter().find(works), hash, actor).await
}

async fn let_in(
    tx: &Tx,
    owner: Option<&UserAccount>,
    hash: &str,
    actor: &Actor,
) -> Result<String, StoreError> {
    let until = tx.now_ms() + ONCE_MS;
    let Some(owner) = owner else {
        let mut username = OWNER.to_owned();
        let mut next = 2;
        while has_login(tx, &username, None).await? {
            username = format!("{OWNER}{next}");
            next += 1;
        }
        let user = NewAccount {
            username: &username,
            name: Some("Chủ cửa hàng"),
            role: Role::Owner,
            status: AccountStatus::Active,
        };
        add(tx, &user, None, hash, Some(until), actor).await?;
        return Ok(username);
    };
    let sql = "UPDATE accounts SET password_hash = ?, password_until = ?, must_change = 1, device = NULL, totp_secret = NULL, \
               recovery_codes = NULL, totp_last_step = NULL, updated_at = ?, version = version + 1 WHERE user_id = ?";
    execute(tx, sql, values![hash, until, tx.now_ms(), owner.user_id]).await?;
    end_all(tx, owner.user_id).await?;
    let state = json!({ "until": until, "totp": false, "one_device": false });
    audit::write(
        tx,
        actor,
        Entry::of(AuditAction::AccountsReset)
            .row(&USERS, owner.user_id)
            .after(state),
    )
    .await?;
    Ok(owner.username.clone())
}
