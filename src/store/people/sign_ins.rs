//! Sign-ins that went well and that did not: tries are counted before anybody looks at them.

use super::accounts::Accounts;
use serde_json::json;

use super::account::UserAccount;
use super::login::is_login;
use crate::domain::calendar::DAY_MS;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{Conn, Store, Tx, execute, insert, int, one, transaction, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::people::USERS;

/// Sign-ins ([`Accounts::sign_ins`](super::Accounts::sign_ins)).
pub struct SignIns<'s> {
    store: &'s Store,
}

impl<'s> Accounts<'s> {
    /// Sign-ins that went well and that did not.
    pub const fn sign_ins(&self) -> SignIns<'s> {
        SignIns { store: self.store }
    }
}

impl SignIns<'_> {
    /// Somebody signed in; failed tries from there are forgotten.
    pub async fn succeeded(
        &self,
        account: &UserAccount,
        ip: &str,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self.store, |tx| succeeded(&tx, account, ip, actor))
    }

    /// A sign-in failed although the password was right.
    pub async fn failed(&self, username: &str, ip: &str, actor: &Actor) -> Result<(), StoreError> {
        let username = cut(username);
        transaction!(self.store, |tx| failed(&tx, &username, ip, actor))
    }

    /// Counts a try before anybody looks at it; `None` where there were `most` since then for this
    /// login from there, or `most_over_logins` from there whatever the login.
    pub async fn count_try(
        &self,
        username: &str,
        ip: &str,
        since_ms: i64,
        most: i64,
        most_over_logins: Option<i64>,
    ) -> Result<Option<i64>, StoreError> {
        let username = cut(username);
        let number = insert(
            self.store,
            "INSERT INTO login_failures (username, ip, at) VALUES (?, ?, ?)",
            values![username.clone(), ip, self.store.now_ms()],
        )
        .await?;
        let sql = format!(
            "SELECT COUNT(*) FROM login_failures WHERE {} AND ip = ? AND at >= ?",
            failed_login(self.store)
        );
        let tries = one(
            self.store,
            &sql,
            values![username.clone(), username, ip, since_ms],
        )
        .await?
        .map_or(Ok(0), |row| int(&row, 0))?;
        let sql = "SELECT COUNT(*) FROM login_failures WHERE ip = ? AND at >= ?";
        let over_logins = match most_over_logins {
            Some(_) => one(self.store, sql, values![ip, since_ms]).await?,
            None => None,
        };
        let over_logins = over_logins.map_or(Ok(0), |row| int(&row, 0))?;
        if tries <= most && most_over_logins.is_none_or(|most| over_logins <= most) {
            return Ok(Some(number));
        }
        self.forgive_try(number).await?;
        Ok(None)
    }

    /// The try is not counted any more.
    pub async fn forgive_try(&self, number: i64) -> Result<(), StoreError> {
        execute(
            self.store,
            "DELETE FROM login_failures WHERE id = ?",
            values![number],
        )
        .await
        .map(|_| ())
    }

    /// The try stays, and the trail says so.
    pub async fn keep_try(&self, username: &str, actor: &Actor) -> Result<(), StoreError> {
        self.store
            .audit()
            .record(actor, failed_entry(&cut(username)))
            .await
    }

    /// Forgets failures that are older than so many days. Says how many.
    pub async fn forget_old(&self, keep_days: i64) -> Result<u64, StoreError> {
        let old = self.store.now_ms() - keep_days.max(1) * DAY_MS;
        execute(
            self.store,
            "DELETE FROM login_failures WHERE at < ?",
            values![old],
        )
        .await
    }
}

async fn succeeded(
    tx: &Tx,
    account: &UserAccount,
    ip: &str,
    actor: &Actor,
) -> Result<(), StoreError> {
    execute(
        tx,
        "UPDATE accounts SET last_login = ? WHERE user_id = ?",
        values![tx.now_ms(), account.user_id],
    )
    .await?;
    let sql = format!(
        "DELETE FROM login_failures WHERE {} AND ip = ?",
        failed_login(tx)
    );
    execute(
        tx,
        &sql,
        values![account.username.clone(), account.username.clone(), ip],
    )
    .await?;
    audit::write(
        tx,
        actor,
        Entry::of(AuditAction::Login).row(&USERS, account.user_id),
    )
    .await
}

async fn failed(tx: &Tx, username: &str, ip: &str, actor: &Actor) -> Result<(), StoreError> {
    insert(
        tx,
        "INSERT INTO login_failures (username, ip, at) VALUES (?, ?, ?)",
        values![username, ip, tx.now_ms()],
    )
    .await?;
    audit::write(tx, actor, failed_entry(username)).await
}

/// A login as the table of failed tries takes it, whatever somebody typed.
fn cut(username: &str) -> String {
    username.chars().take(255).collect()
}

fn failed_entry(username: &str) -> Entry {
    Entry::of(AuditAction::LoginFailed).after(json!({ "username": username }))
}

/// The first comparison is the index's, the second is exact: whoever has `chú` must not clear the
/// tries at `chu`.
fn failed_login(c: &impl Conn) -> String {
    format!("username = ? AND {}", is_login(c, "username"))
}
