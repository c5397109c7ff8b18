//! An account for somebody whom the old shop knew: their row of `users` stays what it is, with everything that
//! points to it, and gets a way in.
//!
//! Lives here: what has to hold of the row and the login, and the change. Never here: which role is proposed.

use serde_json::json;

use super::account::{ACCOUNT, account_of};
use super::accounts::{Accounts, add_to};
use super::login::is_login;
use super::owners::lock_owners;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::search_text::renew;
use crate::store::base::{
    Conn, SqlRow, Tx, execute, exists, int, int_or_none, one, text, text_or_none, transaction,
    values,
};
use crate::store::catalogue::people::USERS;
use crate::store::catalogue::{AccountStatus, AuditAction, Role};

/// A row of the old shop's people, as somebody sees it who gives it an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldPerson {
    /// The row of `users`.
    pub id: i64,
    /// The login there.
    pub username: String,
    /// The person's name.
    pub name: Option<String>,
    /// The old system's number of their role. What it meant there was never written down.
    pub old_role: Option<i64>,
    /// Was the row put away?
    pub is_deleted: bool,
    /// Have they an account?
    pub has_account: bool,
    /// Is something to be collected by this login?
    pub collects: bool,
}

/// The account that somebody is given.
#[derive(Debug, Clone, Copy)]
pub struct GivenAccount<'g> {
    /// By which they sign in. Another one than the row has becomes the row's.
    pub username: &'g str,
    /// What they are.
    pub role: Role,
}

const OLD_PERSON: &str = "SELECT CAST(users.id AS SIGNED), users.username, users.name, CAST(users.role AS SIGNED), users.deleted_at, \
     CASE WHEN EXISTS (SELECT 1 FROM accounts WHERE accounts.user_id = users.id) THEN 1 ELSE 0 END FROM users";

impl Accounts<'_> {
    /// Somebody whom the shop knows, with an account or without.
    pub async fn old_person(&self, id: i64) -> Result<Option<OldPerson>, StoreError> {
        self.read_old("users.id = ?", values![id]).await
    }

    /// Whoever has this login and no account.
    pub async fn old_person_named(&self, login: &str) -> Result<Option<OldPerson>, StoreError> {
        let clause = format!(
            "{} AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.user_id = users.id) ORDER BY users.id LIMIT 1",
            is_login(self.store, "users.username")
        );
        self.read_old(&clause, values![login]).await
    }

    async fn read_old(
        &self,
        clause: &str,
        given: Vec<crate::store::base::SqlValue>,
    ) -> Result<Option<OldPerson>, StoreError> {
        let sql = self.store.casts(&format!("{OLD_PERSON} WHERE {clause}"));
        let Some(row) = one(self.store, &sql, given).await? else {
            return Ok(None);
        };
        let mut person = old_person_of(&row)?;
        let sql = "SELECT 1 FROM collection_data WHERE username = ? LIMIT 1";
        person.collects = exists(self.store, sql, values![&person.username]).await?;
        Ok(Some(person))
    }

    /// Gives this user an account, with a password that works until then and has to be changed at the first
    /// sign-in.
    pub async fn give(
        &self,
        id: i64,
        given: GivenAccount<'_>,
        password_hash: &str,
        until: i64,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self.store, |tx| give(
            &tx,
            id,
            given,
            password_hash,
            until,
            actor
        ))
    }
}

fn old_person_of(row: &SqlRow) -> Result<OldPerson, StoreError> {
    Ok(OldPerson {
        id: int(row, 0)?,
        username: text(row, 1)?,
        name: text_or_none(row, 2)?,
        old_role: int_or_none(row, 3)?,
        is_deleted: int_or_none(row, 4)?.is_some(),
        has_account: int(row, 5)? == 1,
        collects: false,
    })
}

async fn give(
    tx: &Tx,
    id: i64,
    given: GivenAccount<'_>,
    hash: &str,
    until: i64,
    actor: &Actor,
) -> Result<(), StoreError> {
    // Held, so that two who want the same login come one after the other.
    lock_owners(tx).await?;
    let sql = tx.casts(&format!("{OLD_PERSON} WHERE users.id = ?{}", tx.locked()));
    let row = one(tx, &sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    let person = old_person_of(&row)?;
    let refused = |field: &str, why: &str| {
        Err(StoreError::BadValue {
            field: field.to_owned(),
            why: why.to_owned(),
        })
    };
    if person.has_account {
        return refused(
            "Tài khoản",
            "người này đã có. Mở tài khoản của họ để đặt lại mật khẩu",
        );
    }
    if person.is_deleted {
        return refused(
            "Người dùng",
            "dòng này đã bị xóa. Khôi phục dòng rồi cấp tài khoản",
        );
    }
    if let Some(other) = account_named(tx, given.username).await? {
        return refused(
            "Tên đăng nhập",
            &format!("đã là của tài khoản #{other}. Chọn tên khác cho người này"),
        );
    }
    if person.username != given.username {
        // Another row may have it without an account: then it is that person's.
        super::login::free_login(tx, given.username, Some(id)).await?;
        let sql = "UPDATE users SET username = ?, version = version + 1 WHERE id = ?";
        execute(tx, sql, values![given.username, id]).await?;
        renew(tx, &USERS, id).await?;
    }
    let status = AccountStatus::Active;
    add_to(tx, id, (given.role, status), None, hash, Some(until)).await?;
    let account = one(
        tx,
        &format!("{} WHERE accounts.user_id = ?", tx.casts(ACCOUNT)),
        values![id],
    )
    .await?
    .map(|row| account_of(tx, &row))
    .transpose()?
    .ok_or(StoreError::NoRow)?;
    if !account.is_open {
        return refused(
            "Người dùng",
            "đang bị chặn, ngừng hoạt động hoặc hết hạn dùng thử. Sửa các ô đó của dòng rồi cấp tài khoản",
        );
    }
    let after = json!({ "username": given.username, "role": given.role, "status": status });
    let entry = Entry::of(AuditAction::AccountsAdd).row(&USERS, id);
    let before = json!({ "username": person.username });
    audit::write(tx, actor, entry.before(before).after(after)).await
}

/// The user whose account signs in by this login.
async fn account_named(tx: &Tx, login: &str) -> Result<Option<i64>, StoreError> {
    let sql = tx.casts(&format!(
        "SELECT CAST(users.id AS SIGNED) FROM accounts JOIN users ON users.id = accounts.user_id WHERE {} ORDER BY users.id LIMIT 1",
        is_login(tx, "users.username")
    ));
    let row = one(tx, &sql, values![login]).await?;
    row.map(|row| int(&row, 0)).transpose()
}
