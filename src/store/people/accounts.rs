//! Who may sign in: accounts beside the old `users`, whose own passwords nothing here trusts.
//!
//! Lives here: making, finding and changing accounts. Never here: cookies, what a role may do, who
//! is the first owner (`owners`).

use serde_json::json;

use super::account::{ACCOUNT, NewAccount, UserAccount, account_of};
use super::login::{free_login, is_login};
use super::owners::{check_owners, lock_owners, owners_before};
use super::sessions::{Sessions, end_all};
use crate::domain::calendar::{DAY_MS, old_time};
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::search_text::search_text;
use crate::store::base::{
    Conn, SqlValue, Store, Tx, all, execute, insert, one, text, transaction, values,
};
use crate::store::catalogue::people::USERS;
use crate::store::catalogue::{AccountStatus, AuditAction, Role};

/// Who may sign in ([`Store::accounts`]).
pub struct Accounts<'s> {
    pub(super) store: &'s Store,
}

impl Store {
    /// Who may sign in: beside the old `users`, whose own passwords nothing here trusts.
    pub const fn accounts(&self) -> Accounts<'_> {
        Accounts { store: self }
    }
}

impl<'s> Accounts<'s> {
    /// Sessions of people who signed in.
    pub const fn sessions(&self) -> Sessions<'s> {
        Sessions { store: self.store }
    }
}

impl Accounts<'_> {
    /// Makes a user with an account. The password has to be changed at the first sign-in where
    /// `until` is given.
    pub async fn add(
        &self,
        new: &NewAccount<'_>,
        password_hash: &str,
        until: Option<i64>,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        self.add_for(new, None, password_hash, until, actor).await
    }

    /// The same for somebody who works for this payee alone; `None`: for all.
    pub async fn add_for(
        &self,
        new: &NewAccount<'_>,
        payee: Option<i64>,
        password_hash: &str,
        until: Option<i64>,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        transaction!(self.store, |tx| add(
            &tx,
            new,
            payee,
            password_hash,
            until,
            actor
        ))
    }

    /// The account of this login. Several old users may share a login: the one that was first has
    /// it.
    pub async fn named(&self, username: &str) -> Result<Option<UserAccount>, StoreError> {
        self.read_account(&is_login(self.store, "users.username"), values![username])
            .await
    }

    /// The account of this user.
    pub async fn find(&self, user_id: i64) -> Result<Option<UserAccount>, StoreError> {
        self.read_account("accounts.user_id = ?", values![user_id])
            .await
    }

    /// All accounts, the newest first.
    pub async fn list(&self, limit: u32) -> Result<Vec<UserAccount>, StoreError> {
        let sql = self.store.casts(&format!(
            "{ACCOUNT} ORDER BY accounts.id DESC LIMIT {limit}"
        ));
        all(self.store, &sql, vec![])
            .await?
            .iter()
            .map(|row| account_of(self.store, row))
            .collect()
    }

    async fn read_account(
        &self,
        clause: &str,
        given: Vec<SqlValue>,
    ) -> Result<Option<UserAccount>, StoreError> {
        let sql = format!(
            "{} WHERE {clause} ORDER BY users.id LIMIT 1",
            self.store.casts(ACCOUNT)
        );
        one(self.store, &sql, given)
            .await?
            .as_ref()
            .map(|row| account_of(self.store, row))
            .transpose()
    }

    /// A new password, which ends all sessions but the one whose hash is given.
    pub async fn set_password(
        &self,
        user_id: i64,
        hash: &str,
        keep_session: Option<&str>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self.store, |tx| set_password(
            &tx,
            user_id,
            hash,
            keep_session,
            actor
        ))
    }

    /// Another role or status. Somebody who may no longer sign in is out at once.
    pub async fn set_role(
        &self,
        user_id: i64,
        role: Role,
        status: AccountStatus,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self.store, |tx| set_role(&tx, user_id, role, status, actor))
    }

    /// A password that works once and until then. Ends all sessions of the account.
    pub async fn set_password_for_once(
        &self,
        user_id: i64,
        hash: &str,
        until_ms: i64,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self.store, |tx| async {
            let owners = owners_before(&tx).await?;
            let sql = "UPDATE accounts SET password_hash = ?, password_until = ?, must_change = 1, updated_at = ?, version = version + 1 WHERE user_id = ?";
            if execute(
                &tx,
                sql,
                values![hash, until_ms, self.store.now_ms(), user_id],
            )
            .await?
                == 0
            {
                return Err(StoreError::NoRow);
            }
            check_owners(&tx, &owners).await?;
            end_all(&tx, user_id).await?;
            audit::write(
                &tx,
                actor,
                Entry::of(AuditAction::AccountsReset)
                    .row(&USERS, user_id)
                    .after(json!({ "until": until_ms })),
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
        let until = days.map(|days| old_time(self.store.now_ms() + days.clamp(1, 3_650) * DAY_MS));
        transaction!(self.store, |tx| async {
            let owners = owners_before(&tx).await?;
            let sql = "UPDATE users SET trial = ?, trial_expire_date = ?, version = version + 1 WHERE id = ?";
            if execute(
                &tx,
                sql,
                values![i64::from(until.is_some()), until.clone(), user_id],
            )
            .await?
                == 0
            {
                return Err(StoreError::NoRow);
            }
            check_owners(&tx, &owners).await?;
            let state = json!({ "trial": until.is_some(), "trial_expire_date": until });
            audit::write(
                &tx,
                actor,
                Entry::of(AuditAction::AccountsTrial)
                    .row(&USERS, user_id)
                    .after(state),
            )
            .await
        })
    }
}

pub(in crate::store) async fn add(
    tx: &Tx,
    new: &NewAccount<'_>,
    payee: Option<i64>,
    hash: &str,
    until: Option<i64>,
    actor: &Actor,
) -> Result<i64, StoreError> {
    // Held, so that two who want the same login come one after the other.
    lock_owners(tx).await?;
    free_login(tx, new.username, None).await?;
    let now = tx.now_ms();
    let search = search_text([Some(new.username), new.name]);
    let sql = "INSERT INTO users (username, password, name, created_at, updated_at, search_text) VALUES (?, '', ?, ?, ?, ?)";
    let old_now = old_time(now);
    let user_id = insert(
        tx,
        sql,
        values![new.username, new.name, old_now.clone(), old_now, search],
    )
    .await?;
    add_to(tx, user_id, (new.role, new.status), payee, hash, until).await?;
    let mut after = json!({ "username": new.username, "role": new.role, "status": new.status });
    if let Some(payee) = payee {
        after["payee"] = payee.into();
    }
    audit::write(
        tx,
        actor,
        Entry::of(AuditAction::AccountsAdd)
            .row(&USERS, user_id)
            .after(after),
    )
    .await?;
    Ok(user_id)
}

/// An account on a row of `users`. `until`: the password works until then, and is changed at the first
/// sign-in.
pub(super) async fn add_to(
    tx: &Tx,
    user_id: i64,
    (role, status): (Role, AccountStatus),
    payee: Option<i64>,
    hash: &str,
    until: Option<i64>,
) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let sql = "INSERT INTO accounts (user_id, role, password_hash, status, must_change, password_until, payee_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let given = values![
        user_id,
        role.wire(),
        hash,
        status.wire(),
        i64::from(until.is_some()),
        until,
        payee,
        now,
        now
    ];
    insert(tx, sql, given).await.map(|_| ())
}

pub(super) async fn set_password(
    tx: &Tx,
    user_id: i64,
    hash: &str,
    keep: Option<&str>,
    actor: &Actor,
) -> Result<(), StoreError> {
    let sql = "UPDATE accounts SET password_hash = ?, password_until = NULL, must_change = 0, updated_at = ?, version = version + 1 WHERE user_id = ?";
    if execute(tx, sql, values![hash, tx.now_ms(), user_id]).await? == 0 {
        return Err(StoreError::NoRow);
    }
    execute(
        tx,
        "DELETE FROM web_sessions WHERE user_id = ? AND hash <> ?",
        values![user_id, keep.unwrap_or("")],
    )
    .await?;
    audit::write(
        tx,
        actor,
        Entry::of(AuditAction::AccountsPassword).row(&USERS, user_id),
    )
    .await
}

pub(super) async fn set_role(
    tx: &Tx,
    user_id: i64,
    role: Role,
    status: AccountStatus,
    actor: &Actor,
) -> Result<(), StoreError> {
    let owners = owners_before(tx).await?;
    let sql = format!(
        "SELECT role, status FROM accounts WHERE user_id = ?{}",
        tx.locked()
    );
    let row = one(tx, &sql, values![user_id])
        .await?
        .ok_or(StoreError::NoRow)?;
    let before = json!({ "role": text(&row, 0)?, "status": text(&row, 1)? });
    let sql = "UPDATE accounts SET role = ?, status = ?, updated_at = ?, version = version + 1 WHERE user_id = ?";
    execute(
        tx,
        sql,
        values![role.wire(), status.wire(), tx.now_ms(), user_id],
    )
    .await?;
    check_owners(tx, &owners).await?;
    end_all(tx, user_id).await?;
    audit::write(
        tx,
        actor,
        Entry::of(AuditAction::AccountsStanding)
            .row(&USERS, user_id)
            .before(before)
            .after(json!({ "role": role, "status": status })),
    )
    .await
}
