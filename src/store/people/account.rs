//! An account as it is read, with what the old table says about its user.
//!
//! Lives here: types and questions about them. Never here: changes.

use crate::domain::calendar::old_time;
use crate::store::StoreError;
use crate::store::base::{Conn, SqlRow, int, int_or_none, text, text_or_none};
use crate::store::catalogue::{AccountStatus, Role};
use secrecy::SecretString;

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
pub struct UserAccount {
    /// The row of `users`.
    pub user_id: i64,
    /// The login.
    pub username: String,
    /// The person's name.
    pub name: Option<String>,
    /// What they are.
    pub role: Role,
    /// May it be used?
    pub status: AccountStatus,
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
    /// When that trial ends, as the old system writes times: `2025-08-31 10:20:30`, UTC.
    pub trial_ends: Option<String>,
    /// The last sign-in.
    pub last_login: Option<i64>,
    /// Works for this payee alone; `None`: for all.
    pub payee: Option<i64>,
    /// For optimistic locking.
    pub version: i64,
}

impl UserAccount {
    /// May it be used now?
    pub fn may_sign_in(&self, now_ms: i64) -> bool {
        self.status == AccountStatus::Active
            && self.is_open
            && self.password_until.is_none_or(|until| now_ms < until)
    }

    /// May it be used now, and on every day to come unless somebody changes that?
    pub fn stays(&self, now_ms: i64) -> bool {
        self.may_sign_in(now_ms) && self.password_until.is_none() && !self.is_on_trial
    }
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
    pub status: AccountStatus,
}

/// The owner's login on a new server. The password is told once and never again.
#[derive(Debug)]
pub struct FirstOwner {
    /// The login.
    pub username: String,
    /// Works once, for a quarter of an hour.
    pub password: SecretString,
}

pub(super) const ACCOUNT: &str = "SELECT CAST(users.id AS SIGNED), users.username, users.name, accounts.role, accounts.status, accounts.password_hash, \
                       CAST(accounts.must_change AS SIGNED), accounts.password_until, accounts.totp_secret, accounts.totp_last_step, \
                       accounts.recovery_codes, accounts.device, accounts.version, CAST(users.active AS SIGNED), CAST(users.block AS SIGNED), \
                       users.deleted_at, CAST(users.trial AS SIGNED), CAST(users.trial_expire_date AS CHAR), accounts.last_login, accounts.payee_id \
                       FROM accounts JOIN users ON users.id = accounts.user_id";

pub(super) fn account_of(c: &impl Conn, row: &SqlRow) -> Result<UserAccount, StoreError> {
    // What nobody knows may do least.
    let role = Role::of(&text(row, 3)?).unwrap_or(Role::Customer);
    let status = AccountStatus::of(&text(row, 4)?).unwrap_or(AccountStatus::Suspended);
    let trial_ends = text_or_none(row, 17)?.filter(|_| matches!(int(row, 16), Ok(1)));
    let is_trial_over = trial_ends
        .as_ref()
        .is_some_and(|until| *until <= old_time(c.now_ms()));
    Ok(UserAccount {
        user_id: int(row, 0)?,
        username: text(row, 1)?,
        name: text_or_none(row, 2)?,
        role,
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
        trial_ends,
        last_login: int_or_none(row, 18)?,
        payee: int_or_none(row, 19)?,
    })
}
