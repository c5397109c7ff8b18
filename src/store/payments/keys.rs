//! Idempotency keys: a call that is repeated with its key is done once.

use super::Payments;
use crate::domain::calendar::DAY_MS;
use crate::store::base::{Conn, Tx, execute, int_or_none, one, text, transaction, values};
use crate::store::{StoreError, digest};

/// How long a key is honoured.
pub(super) const KEPT_MS: i64 = 7 * DAY_MS;

/// A key that somebody sent along, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    caller: String,
    key_hash: String,
    request_hash: String,
}

impl KeyUse {
    /// `caller`'s key for `request`: what is asked, in whatever form two equal requests have in common.
    pub fn of(caller: &str, key: &str, request: &str) -> Self {
        Self {
            caller: caller.to_owned(),
            key_hash: digest(key.as_bytes()),
            request_hash: digest(request.as_bytes()),
        }
    }

    /// By this the same key of the same caller is known, whatever was asked.
    pub(super) fn name(&self) -> String {
        digest(format!("{}|{}", self.caller, self.key_hash).as_bytes())
    }
}

/// What a key says of a call that may be done again as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyClaim {
    /// It is the first time, or nobody sent a key.
    First,
    /// The same call came before.
    Again,
    /// The key was used for something else.
    Other,
}

/// The key was used before, for another request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedKey;

/// What this key has made: its number, or that it was something else.
pub(super) async fn look(
    tx: &Tx,
    key: Option<&KeyUse>,
) -> Result<Option<Result<i64, UsedKey>>, StoreError> {
    let Some(key) = key else {
        return Ok(None);
    };
    let sql = "SELECT request_hash, made FROM idempotency_key WHERE caller = ? AND key_hash = ? AND at > ?";
    let since = tx.now_ms() - KEPT_MS;
    let Some(row) = one(tx, sql, values![&key.caller, &key.key_hash, since]).await? else {
        return Ok(None);
    };
    let is_same = text(&row, 0)? == key.request_hash;
    let made = int_or_none(&row, 1)?.filter(|_| is_same);
    Ok(Some(made.ok_or(UsedKey)))
}

/// Keeps what this key has made. Two at once: the slower one's transaction is done again, and finds it.
pub(super) async fn keep(tx: &Tx, key: Option<&KeyUse>, made: i64) -> Result<(), StoreError> {
    let Some(key) = key else {
        return Ok(());
    };
    // Only what is honoured no more: what somebody else has just kept must stay, and stand in the way.
    let old = "DELETE FROM idempotency_key WHERE caller = ? AND key_hash = ? AND at <= ?";
    let since = tx.now_ms() - KEPT_MS;
    execute(tx, old, values![&key.caller, &key.key_hash, since]).await?;
    let sql = "INSERT INTO idempotency_key (caller, key_hash, request_hash, made, at) VALUES (?, ?, ?, ?, ?)";
    let given = values![
        &key.caller,
        &key.key_hash,
        &key.request_hash,
        made,
        tx.now_ms()
    ];
    execute(tx, sql, given).await.map(|_| ())
}

/// The same, where it may be kept already by the same request.
pub(super) async fn keep_once(tx: &Tx, key: Option<&KeyUse>, made: i64) -> Result<(), StoreError> {
    if look(tx, key).await?.is_none() {
        keep(tx, key, made).await?;
    }
    Ok(())
}

/// Is this key free for `made`, or was it kept for just that?
pub(super) async fn claim(
    tx: &Tx,
    key: Option<&KeyUse>,
    made: i64,
) -> Result<KeyClaim, StoreError> {
    match look(tx, key).await? {
        Some(Ok(id)) if id == made => Ok(KeyClaim::Again),
        Some(_) => Ok(KeyClaim::Other),
        None => keep(tx, key, made).await.map(|()| KeyClaim::First),
    }
}

impl Payments<'_> {
    /// Keeps a key for a call that may be repeated as it is.
    pub async fn use_key(&self, key: Option<&KeyUse>, made: i64) -> Result<KeyClaim, StoreError> {
        if key.is_none() {
            return Ok(KeyClaim::First);
        }
        transaction!(self.store, |tx| claim(&tx, key, made))
    }

    /// Forgets keys that are not honoured any more, and counts of calls that are over.
    pub async fn forget_keys(&self) -> Result<u64, StoreError> {
        let now = self.store.now_ms();
        let sql = "DELETE FROM idempotency_key WHERE at <= ?";
        let keys = execute(self.store, sql, values![now - KEPT_MS]).await?;
        let sql = "DELETE FROM call_count WHERE since > 0 AND since <= ?";
        execute(self.store, sql, values![now - 2 * DAY_MS]).await?;
        Ok(keys)
    }
}
