//! Who may sign in: beside the old `users`, whose own passwords nothing here trusts.
//!
//! Lives here: password hashes, roles and statuses, failed log-ins, sessions. Never here: cookies,
//! what a role may do, who is the first owner (`owners`).

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sea_orm::QueryResult;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::StoreError;
use super::audit::{self, Actor};
use super::db::{
    Store, Tx, all, execute, insert, int, int_or_none, one, text, text_or_none, transaction, values,
};
use super::search::search_text;
use crate::domain::calendar::old_time;

/// What somebody is in the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything but owners and keys.
    Manager,
    /// Jobs.
    Operator,
    /// The collection desk.
    Collector,
    /// Looks.
    ReadOnly,
}

impl Role {
    /// The name in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Operator => "operator",
            Self::Collector => "collector",
            Self::ReadOnly => "read_only",
        }
    }

    fn of(wire: &str) -> Self {
        // What nobody knows may do least.
        [Self::Owner, Self::Manager, Self::Operator, Self::Collector]
            .into_iter()
            .find(|r| r.wire() == wire)
            .unwrap_or(Self::ReadOnly)
    }
}

/// May the account be used?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Yes.
    Active,
    /// Somebody has to approve it first.
    Pending,
    /// No.
    Suspended,
}

impl Status {
    /// The name in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Suspended => "suspended",
        }
    }
}

/// From where the account may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Device {
    /// From anywhere.
    Any,
    /// From anywhere once, and from then on only from there.
    Next,
    /// From the device whose id has this SHA-256.
    Only(String),
}

/// How [`Device::Next`] stands in the database: no hash looks like it.
pub(super) const NEXT_DEVICE: &str = "next";

/// An account with what the old table says about its user.
#[derive(Debug, Clone)]
pub struct Account {
    /// The row of `users`.
    pub user_id: i64,
    /// The login.
    pub username: String,
    /// The person's name.
    pub name: Option<String>,
    /// What they are.
    pub role: Role,
    /// May it be used?
    pub status: Status,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// Must the password be changed before anything else?
    pub must_change: bool,
    /// The password works until then.
    pub password_until: Option<i64>,
    /// Fernet token of the second factor's secret.
    pub totp_secret: Option<String>,
    /// The last time step whose code was used.
    pub totp_last_step: Option<i64>,
    /// Hashes of the recovery codes, as JSON.
    pub recovery_codes: Option<String>,
    /// The device that it is bound to.
    pub device: Device,
    /// The old table's word: active, not blocked, not deleted, and its trial not over.
    pub is_open: bool,
    /// Is it on a trial that ends some day?
    pub is_on_trial: bool,
    /// For optimistic locking.
    pub version: i64,
}

impl Account {
    /// May it be used now?
    pub fn may_sign_in(&self, now_ms: i64) -> bool {
        self.status == Status::Active
            && self.is_open
            && self.password_until.is_none_or(|until| now_ms < until)
    }

    /// May it be used now, and on every day to come unless somebody changes that?
    pub fn stays(&self, now_ms: i64) -> bool {
        self.may_sign_in(now_ms) && self.password_until.is_none() && !self.is_on_trial
    }
}

/// The owner's login on a new server. The password is told once and never again.
#[derive(Debug)]
pub struct FirstOwner {
    /// The login.
    pub username: String,
    /// Works once, for a quarter of an hour.
    pub password: SecretString,
}

/// A session as it is kept: by the hash of its id.
#[derive(Debug, Clone)]
pub struct WebSession {
    /// SHA-256 of the id in the cookie.
    pub hash: String,
    /// Whose.
    pub user_id: Option<i64>,
    /// Since when.
    pub created_at: i64,
    /// The last request.
    pub last_seen: i64,
    /// The end, whatever happens.
    pub expires_at: i64,
    /// From where.
    pub ip: Option<String>,
    /// With what.
    pub agent: Option<String>,
    /// What the sign-in module keeps in it.
    pub data: Option<String>,
}

/// Argon2id with a new salt, as a PHC string. Takes its time: not on a runtime's thread where many
/// wait.
pub fn hash_password(password: &SecretString) -> Result<String, StoreError> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
    hash.map(|h| h.to_string())
        .map_err(|e| StoreError::Damaged(format!("argon2: {e}")))
}

/// Does the password fit? A hash that cannot be read fits nothing.
pub fn password_fits(password: &SecretString, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.expose_secret().as_bytes(), &hash)
            .is_ok()
    })
}

pub(super) const ACCOUNT: &str = "SELECT CAST(users.id AS SIGNED), users.username, users.name, accounts.role, accounts.status, accounts.password_hash, \
                       CAST(accounts.must_change AS SIGNED), accounts.password_until, accounts.totp_secret, accounts.totp_last_step, \
                       accounts.recovery_codes, accounts.device, accounts.version, CAST(users.active AS SIGNED), CAST(users.block AS SIGNED), \
                       users.deleted_at, CAST(users.trial AS SIGNED), CAST(users.trial_expire_date AS CHAR) \
                       FROM accounts JOIN users ON users.id = accounts.user_id";

impl Store {
    /// Makes a user with an account. The password has to be changed at the first sign-in where
    /// `until` is given.
    pub async fn add_account(
        &self,
        new: &NewAccount<'_>,
        password_hash: &str,
        until: Option<i64>,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        transaction!(self, |tx| self.add_account_in(
            &tx,
            new,
            password_hash,
            until,
            actor
        ))
    }

    pub(super) async fn add_account_in(
        &self,
        tx: &Tx,
        new: &NewAccount<'_>,
        hash: &str,
        until: Option<i64>,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        // Held, so that two who want the same login come one after the other.
        self.locked_owners(tx).await?;
        self.free_login(tx, new.username, None).await?;
        let now = self.now_ms();
        let search = search_text([Some(new.username), new.name]);
        let sql = "INSERT INTO users (username, password, name, created_at, updated_at, search_text) VALUES (?, '', ?, ?, ?, ?)";
        let old_now = old_time(now);
        let user_id = insert(
            &**tx,
            sql,
            values![new.username, new.name, old_now.clone(), old_now, search],
        )
        .await?;
        let sql = "INSERT INTO accounts (user_id, role, password_hash, status, must_change, password_until, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let given = values![
            user_id,
            new.role.wire(),
            hash,
            new.status.wire(),
            i64::from(until.is_some()),
            until,
            now,
            now
        ];
        insert(&**tx, sql, given).await?;
        let after = json!({ "username": new.username, "role": new.role, "status": new.status });
        audit::write(
            self,
            tx,
            actor,
            "accounts.add",
            Some("users"),
            Some(user_id),
            None,
            Some(&after),
        )
        .await?;
        Ok(user_id)
    }

    /// The account of this login. Several old users may share a login: the one that was first has
    /// it.
    pub async fn account_named(&self, username: &str) -> Result<Option<Account>, StoreError> {
        self.read_account(&self.is_login("users.username"), values![username])
            .await
    }

    /// The account of this user.
    pub async fn account(&self, user_id: i64) -> Result<Option<Account>, StoreError> {
        self.read_account("accounts.user_id = ?", values![user_id])
            .await
    }

    async fn read_account(
        &self,
        clause: &str,
        given: Vec<sea_orm::Value>,
    ) -> Result<Option<Account>, StoreError> {
        let sql = format!(
            "{} WHERE {clause} ORDER BY users.id LIMIT 1",
            self.casts(ACCOUNT)
        );
        one(&self.db, &sql, given)
            .await?
            .as_ref()
            .map(|row| self.account_of(row))
            .transpose()
    }

    pub(super) fn account_of(&self, row: &QueryResult) -> Result<Account, StoreError> {
        let status = match text(row, 4)?.as_str() {
            "active" => Status::Active,
            "pending" => Status::Pending,
            _ => Status::Suspended,
        };
        let trial_ends = text_or_none(row, 17)?.filter(|_| matches!(int(row, 16), Ok(1)));
        let is_trial_over = trial_ends
            .as_ref()
            .is_some_and(|until| *until <= old_time(self.now_ms()));
        Ok(Account {
            user_id: int(row, 0)?,
            username: text(row, 1)?,
            name: text_or_none(row, 2)?,
            role: Role::of(&text(row, 3)?),
            status,
            password_hash: text(row, 5)?,
            must_change: int(row, 6)? == 1,
            password_until: int_or_none(row, 7)?,
            totp_secret: text_or_none(row, 8)?,
            totp_last_step: int_or_none(row, 9)?,
            recovery_codes: text_or_none(row, 10)?,
            device: match text_or_none(row, 11)? {
                None => Device::Any,
                Some(next) if next == NEXT_DEVICE => Device::Next,
                Some(hash) => Device::Only(hash),
            },
            version: int(row, 12)?,
            is_open: int(row, 13)? == 1
                && int(row, 14)? == 0
                && int_or_none(row, 15)?.is_none()
                && !is_trial_over,
            is_on_trial: trial_ends.is_some(),
        })
    }

    /// A new password, which ends all sessions but the one whose hash is given.
    pub async fn set_password(
        &self,
        user_id: i64,
        hash: &str,
        keep_session: Option<&str>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self, |tx| self.set_password_in(
            &tx,
            user_id,
            hash,
            keep_session,
            actor
        ))
    }

    async fn set_password_in(
        &self,
        tx: &Tx,
        user_id: i64,
        hash: &str,
        keep: Option<&str>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE accounts SET password_hash = ?, password_until = NULL, must_change = 0, updated_at = ?, version = version + 1 WHERE user_id = ?";
        if execute(&**tx, sql, values![hash, self.now_ms(), user_id]).await? == 0 {
            return Err(StoreError::NoRow);
        }
        execute(
            &**tx,
            "DELETE FROM web_sessions WHERE user_id = ? AND hash <> ?",
            values![user_id, keep.unwrap_or("")],
        )
        .await?;
        audit::write(
            self,
            tx,
            actor,
            "accounts.password",
            Some("users"),
            Some(user_id),
            None,
            None,
        )
        .await
    }

    /// Another role or status. Somebody who may no longer sign in is out at once.
    pub async fn set_standing(
        &self,
        user_id: i64,
        role: Role,
        status: Status,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self, |tx| self
            .set_standing_in(&tx, user_id, role, status, actor))
    }

    async fn set_standing_in(
        &self,
        tx: &Tx,
        user_id: i64,
        role: Role,
        status: Status,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let owners = self.owners_before(tx).await?;
        let sql = format!(
            "SELECT role, status FROM accounts WHERE user_id = ?{}",
            self.locked()
        );
        let row = one(&**tx, &sql, values![user_id])
            .await?
            .ok_or(StoreError::NoRow)?;
        let before = json!({ "role": text(&row, 0)?, "status": text(&row, 1)? });
        let sql = "UPDATE accounts SET role = ?, status = ?, updated_at = ?, version = version + 1 WHERE user_id = ?";
        execute(
            &**tx,
            sql,
            values![role.wire(), status.wire(), self.now_ms(), user_id],
        )
        .await?;
        self.owners_after(tx, &owners).await?;
        execute(
            &**tx,
            "DELETE FROM web_sessions WHERE user_id = ?",
            values![user_id],
        )
        .await?;
        audit::write(
            self,
            tx,
            actor,
            "accounts.standing",
            Some("users"),
            Some(user_id),
            Some(&before),
            Some(&json!({ "role": role, "status": status })),
        )
        .await
    }

    /// The second factor's secret (a Fernet token) and the hashes of its recovery codes; `None`
    /// takes it away.
    pub async fn set_totp(
        &self,
        user_id: i64,
        sealed: Option<&str>,
        recovery_codes: Option<&str>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self, |tx| self.set_totp_in(
            &tx,
            user_id,
            sealed,
            recovery_codes,
            actor
        ))
    }

    async fn set_totp_in(
        &self,
        tx: &Tx,
        user_id: i64,
        sealed: Option<&str>,
        codes: Option<&str>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE accounts SET totp_secret = ?, recovery_codes = ?, totp_last_step = NULL, updated_at = ?, version = version + 1 WHERE user_id = ?";
        execute(&**tx, sql, values![sealed, codes, self.now_ms(), user_id]).await?;
        let action = if sealed.is_some() {
            "accounts.totp_on"
        } else {
            "accounts.totp_off"
        };
        audit::write(
            self,
            tx,
            actor,
            action,
            Some("users"),
            Some(user_id),
            None,
            None,
        )
        .await
    }

    /// Uses up a time step of the second factor. `false`: it was used before.
    pub async fn use_totp_step(&self, user_id: i64, step: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE accounts SET totp_last_step = ? WHERE user_id = ? AND (totp_last_step IS NULL OR totp_last_step < ?)";
        Ok(execute(&self.db, sql, values![step, user_id, step]).await? == 1)
    }

    /// What is left of the recovery codes, where they are still the ones that were read.
    pub async fn set_recovery_codes(
        &self,
        user_id: i64,
        before: &str,
        after: &str,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE accounts SET recovery_codes = ? WHERE user_id = ? AND recovery_codes = ?";
        Ok(execute(&self.db, sql, values![after, user_id, before]).await? == 1)
    }

    /// Somebody signed in; failed tries from there are forgotten.
    pub async fn signed_in(
        &self,
        account: &Account,
        ip: &str,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self, |tx| self.signed_in_in(&tx, account, ip, actor))
    }

    async fn signed_in_in(
        &self,
        tx: &Tx,
        account: &Account,
        ip: &str,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        execute(
            &**tx,
            "UPDATE accounts SET last_login = ? WHERE user_id = ?",
            values![self.now_ms(), account.user_id],
        )
        .await?;
        let sql = format!(
            "DELETE FROM login_failures WHERE {} AND ip = ?",
            self.failed_login()
        );
        execute(
            &**tx,
            &sql,
            values![account.username.clone(), account.username.clone(), ip],
        )
        .await?;
        audit::write(
            self,
            tx,
            actor,
            "login",
            Some("users"),
            Some(account.user_id),
            None,
            None,
        )
        .await
    }

    /// A sign-in failed although the password was right.
    pub async fn sign_in_failed(
        &self,
        username: &str,
        ip: &str,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let username = cut(username);
        transaction!(self, |tx| self.failed_in(&tx, &username, ip, actor))
    }

    async fn failed_in(
        &self,
        tx: &Tx,
        username: &str,
        ip: &str,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        insert(
            &**tx,
            "INSERT INTO login_failures (username, ip, at) VALUES (?, ?, ?)",
            values![username, ip, self.now_ms()],
        )
        .await?;
        audit::write(
            self,
            tx,
            actor,
            "login_failed",
            None,
            None,
            None,
            Some(&json!({ "username": username })),
        )
        .await
    }

    /// Counts a try before anybody looks at it; `None` where there were `most` since then for this
    /// login from there.
    pub async fn count_try(
        &self,
        username: &str,
        ip: &str,
        since_ms: i64,
        most: i64,
    ) -> Result<Option<i64>, StoreError> {
        let username = cut(username);
        let number = insert(
            &self.db,
            "INSERT INTO login_failures (username, ip, at) VALUES (?, ?, ?)",
            values![username.clone(), ip, self.now_ms()],
        )
        .await?;
        let sql = format!(
            "SELECT COUNT(*) FROM login_failures WHERE {} AND ip = ? AND at >= ?",
            self.failed_login()
        );
        let tries = one(
            &self.db,
            &sql,
            values![username.clone(), username, ip, since_ms],
        )
        .await?
        .map_or(Ok(0), |row| int(&row, 0))?;
        if tries <= most {
            return Ok(Some(number));
        }
        self.try_was_right(number).await?;
        Ok(None)
    }

    /// The try is not counted any more.
    pub async fn try_was_right(&self, number: i64) -> Result<(), StoreError> {
        execute(
            &self.db,
            "DELETE FROM login_failures WHERE id = ?",
            values![number],
        )
        .await
        .map(|_| ())
    }

    /// The try stays, and the trail says so.
    pub async fn try_was_wrong(&self, username: &str, actor: &Actor) -> Result<(), StoreError> {
        self.audit(
            actor,
            "login_failed",
            None,
            Some(&json!({ "username": cut(username) })),
        )
        .await
    }

    /// The first comparison is the index's, the second is exact: whoever has `chú` must not clear
    /// the tries at `chu`.
    fn failed_login(&self) -> String {
        format!("username = ? AND {}", self.is_login("username"))
    }

    /// Begins a session.
    pub async fn add_session(&self, session: &WebSession) -> Result<(), StoreError> {
        let sql = "INSERT INTO web_sessions (hash, user_id, created_at, last_seen, expires_at, ip, agent, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let s = session.clone();
        insert(
            &self.db,
            sql,
            values![
                s.hash,
                s.user_id,
                s.created_at,
                s.last_seen,
                s.expires_at,
                s.ip,
                s.agent,
                s.data
            ],
        )
        .await
        .map(|_| ())
    }

    /// The session of this hash, where it is not over.
    pub async fn session(&self, hash: &str) -> Result<Option<WebSession>, StoreError> {
        let sql = format!("{SESSION} WHERE hash = ? AND expires_at > ?");
        one(&self.db, &sql, values![hash, self.now_ms()])
            .await?
            .as_ref()
            .map(session_of)
            .transpose()
    }

    /// A user's sessions, the newest first.
    pub async fn sessions_of(&self, user_id: i64) -> Result<Vec<WebSession>, StoreError> {
        let sql = format!(
            "{SESSION} WHERE user_id = ? AND expires_at > ? ORDER BY last_seen DESC LIMIT 100"
        );
        all(&self.db, &sql, values![user_id, self.now_ms()])
            .await?
            .iter()
            .map(session_of)
            .collect()
    }

    /// The session was used; `data` where it changed.
    pub async fn touch_session(&self, hash: &str, data: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE web_sessions SET last_seen = ?, data = COALESCE(?, data) WHERE hash = ?";
        execute(&self.db, sql, values![self.now_ms(), data, hash])
            .await
            .map(|_| ())
    }

    /// Ends a session.
    pub async fn end_session(&self, hash: &str) -> Result<(), StoreError> {
        execute(
            &self.db,
            "DELETE FROM web_sessions WHERE hash = ?",
            values![hash],
        )
        .await
        .map(|_| ())
    }

    /// `CAST(… AS SIGNED)` is what MariaDB needs to give any number as one kind; SQLite has its own
    /// word for it.
    pub(super) fn casts(&self, sql: &str) -> String {
        match self.engine() {
            super::Engine::MariaDb => sql.to_owned(),
            super::Engine::Sqlite => sql
                .replace("AS SIGNED)", "AS INTEGER)")
                .replace("AS CHAR)", "AS TEXT)"),
        }
    }
}

/// A login as the table of failed tries takes it, whatever somebody typed.
fn cut(username: &str) -> String {
    username.chars().take(255).collect()
}

/// A user that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewAccount<'n> {
    /// The login.
    pub username: &'n str,
    /// The person's name.
    pub name: Option<&'n str>,
    /// What they are.
    pub role: Role,
    /// May it be used?
    pub status: Status,
}

const SESSION: &str =
    "SELECT hash, user_id, created_at, last_seen, expires_at, ip, agent, data FROM web_sessions";

fn session_of(row: &QueryResult) -> Result<WebSession, StoreError> {
    Ok(WebSession {
        hash: text(row, 0)?,
        user_id: int_or_none(row, 1)?,
        created_at: int(row, 2)?,
        last_seen: int(row, 3)?,
        expires_at: int(row, 4)?,
        ip: text_or_none(row, 5)?,
        agent: text_or_none(row, 6)?,
        data: text_or_none(row, 7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let hash = hash_password(&SecretString::from("mưa rào 81")).expect("hash");
        assert!(hash.starts_with("$argon2id$"));
        assert!(password_fits(&SecretString::from("mưa rào 81"), &hash));
        assert!(!password_fits(&SecretString::from("mưa rào 82"), &hash));
        assert!(!password_fits(&SecretString::from(""), "not a hash"));
    }
}
