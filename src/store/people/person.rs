//! A person made or changed as a whole, from the terminal: login, role, payee, what a collector may hold.
//!
//! Lives here: the one transaction over `users`, `accounts` and `collector`. Never here: what a role may
//! do, the desk's money.

use serde_json::{Value as Json, json};

use super::account::{ACCOUNT, NewAccount, UserAccount, account_of};
use super::accounts::{Accounts, add, set_password, set_role};
use super::login::is_login;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::search_text::renew;
use crate::store::base::{
    Conn, Tx, execute, insert, int_or_none, one, text, text_or_none, transaction, values,
};
use crate::store::catalogue::people::USERS;
use crate::store::catalogue::{AccountStatus, AuditAction, Role};
use crate::store::payees;

/// What somebody is to be. What is `None` stays as it is.
#[derive(Debug, Clone)]
pub struct PersonWanted<'w> {
    /// The login: who it is.
    pub username: &'w str,
    /// What they are.
    pub role: Role,
    /// The person's name.
    pub name: Option<&'w str>,
    /// Where letters go.
    pub email: Option<&'w str>,
    /// Where messages go.
    pub phone: Option<&'w str>,
    /// Works for this payee alone; `Some(0)`: for all.
    pub payee: Option<i64>,
    /// For a collector.
    pub collector: CollectorWanted<'w>,
}

impl<'w> PersonWanted<'w> {
    /// A collector of this kind who may hold so much cash, in đồng.
    pub fn collector(username: &'w str, kind: &'w str, cash_limit: i64) -> Self {
        Self {
            username,
            role: Role::Collector,
            name: None,
            email: None,
            phone: None,
            payee: None,
            collector: CollectorWanted {
                kind: Some(kind),
                cash_limit: Some(cash_limit),
                extra: None,
            },
        }
    }
}

/// What a collector is to be. What is `None` stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CollectorWanted<'w> {
    /// `tin_pnc` or `thu_cuoc`.
    pub kind: Option<&'w str>,
    /// How much cash they may hold, in đồng. A new collector's is 0.
    pub cash_limit: Option<i64>,
    /// What they may hold besides until a day: đồng, and the last day (`2026-11-30`).
    pub extra: Option<(i64, &'w str)>,
}

/// A person as the terminal tells of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonKept {
    /// The row of `users`.
    pub id: i64,
    /// Were they made just now?
    pub is_new: bool,
    /// Everything, for people and programs.
    pub told: Json,
}

/// What a collector is where nobody says.
const USUAL_KIND: &str = "thu_cuoc";

impl Accounts<'_> {
    /// Makes or changes a person. `hash` is a new password's, which need not be changed at the first
    /// sign-in; `unknown` is the hash of a password that nobody knows, for a new person without one.
    pub async fn put(
        &self,
        wanted: &PersonWanted<'_>,
        hash: Option<&str>,
        unknown: &str,
        actor: &Actor,
    ) -> Result<PersonKept, StoreError> {
        transaction!(self.store, |tx| put(&tx, wanted, hash, unknown, actor))
    }
}

async fn put(
    tx: &Tx,
    wanted: &PersonWanted<'_>,
    hash: Option<&str>,
    unknown: &str,
    actor: &Actor,
) -> Result<PersonKept, StoreError> {
    if let Some(payee) = wanted.payee.filter(|payee| *payee != 0) {
        payees::known(tx, payee).await?;
    }
    let found = named(tx, wanted.username).await?;
    let is_new = found.is_none();
    let id = if let Some(account) = found {
        change(tx, &account, wanted, hash, actor).await?;
        account.user_id
    } else {
        let new = NewAccount {
            username: wanted.username,
            name: wanted.name,
            role: wanted.role,
            status: AccountStatus::Active,
        };
        add(tx, &new, None, hash.unwrap_or(unknown), None, actor).await?
    };
    let before = if is_new {
        None
    } else {
        Some(told(tx, id).await?)
    };
    set_details(tx, id, wanted).await?;
    if wanted.role == Role::Collector || wanted.collector != CollectorWanted::default() {
        set_collector(tx, id, &wanted.collector).await?;
    }
    let after = told(tx, id).await?;
    if before.as_ref() != Some(&after) {
        let mut entry = Entry::of(AuditAction::Change)
            .row(&USERS, id)
            .after(after.clone());
        if let Some(before) = before {
            entry = entry.before(before);
        }
        audit::write(tx, actor, entry).await?;
    }
    Ok(PersonKept {
        id,
        is_new,
        told: after,
    })
}

async fn named(tx: &Tx, username: &str) -> Result<Option<UserAccount>, StoreError> {
    let sql = format!(
        "{} WHERE {} ORDER BY users.id LIMIT 1",
        tx.casts(ACCOUNT),
        is_login(tx, "users.username")
    );
    let row = one(tx, &sql, values![username]).await?;
    row.map(|row| account_of(tx, &row)).transpose()
}

async fn change(
    tx: &Tx,
    account: &UserAccount,
    wanted: &PersonWanted<'_>,
    hash: Option<&str>,
    actor: &Actor,
) -> Result<(), StoreError> {
    let id = account.user_id;
    if account.role != wanted.role {
        set_role(tx, id, wanted.role, account.status, actor).await?;
    }
    if let Some(hash) = hash {
        set_password(tx, id, hash, None, actor).await?;
    }
    Ok(())
}

async fn set_details(tx: &Tx, id: i64, wanted: &PersonWanted<'_>) -> Result<(), StoreError> {
    let sql = "UPDATE users SET name = COALESCE(?, name), email = COALESCE(?, email), phone = COALESCE(?, phone), version = version + 1 WHERE id = ?";
    execute(
        tx,
        sql,
        values![wanted.name, wanted.email, wanted.phone, id],
    )
    .await?;
    renew(tx, &USERS, id).await?;
    if let Some(payee) = wanted.payee {
        let sql = "UPDATE accounts SET payee_id = ?, updated_at = ?, version = version + 1 WHERE user_id = ?";
        let payee = Some(payee).filter(|payee| *payee != 0);
        execute(tx, sql, values![payee, tx.now_ms(), id]).await?;
    }
    Ok(())
}

async fn set_collector(tx: &Tx, id: i64, wanted: &CollectorWanted<'_>) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let sql = format!("SELECT id FROM collector WHERE user_id = ?{}", tx.locked());
    if one(tx, &sql, values![id]).await?.is_none() {
        let sql = "INSERT INTO collector (user_id, kind, cash_limit, extra, held, created_at, updated_at) VALUES (?, ?, 0, 0, 0, ?, ?)";
        insert(tx, sql, values![id, USUAL_KIND, now, now]).await?;
    }
    let sql = "UPDATE collector SET kind = COALESCE(?, kind), cash_limit = COALESCE(?, cash_limit), updated_at = ?, version = version + 1 WHERE user_id = ?";
    let given = values![wanted.kind, wanted.cash_limit, now, id];
    execute(tx, sql, given).await?;
    if let Some((extra, until)) = wanted.extra {
        let sql = "UPDATE collector SET extra = ?, extra_until = ? WHERE user_id = ?";
        execute(tx, sql, values![extra, until, id]).await?;
    }
    Ok(())
}

async fn told(tx: &Tx, id: i64) -> Result<Json, StoreError> {
    let sql = tx.casts(
        "SELECT users.username, users.name, users.email, users.phone, accounts.role, accounts.status, accounts.payee_id, collector.kind, \
         collector.cash_limit, collector.extra, CAST(collector.extra_until AS CHAR) FROM users JOIN accounts ON accounts.user_id = users.id \
         LEFT JOIN collector ON collector.user_id = users.id WHERE users.id = ?",
    );
    let row = one(tx, &sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    let whole = |at| int_or_none(&row, at);
    let mut told = json!({
        "id": id,
        "username": text(&row, 0)?,
        "role": text(&row, 4)?,
        "status": text(&row, 5)?,
        "name": text_or_none(&row, 1)?,
        "email": text_or_none(&row, 2)?,
        "phone": text_or_none(&row, 3)?,
        "payee": whole(6)?,
    });
    if text(&row, 4)? == Role::Collector.wire() || whole(8)?.is_some_and(|limit| limit > 0) {
        told["kind"] = json!(text_or_none(&row, 7)?);
        told["cash_limit"] = json!(whole(8)?);
        told["extra"] = json!(whole(9)?);
        told["extra_until"] = json!(text_or_none(&row, 10)?);
    }
    Ok(told)
}
