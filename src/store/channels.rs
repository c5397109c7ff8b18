//! What is set for providers and for what sends letters: for each payee and channel one sealed text.
//!
//! Lives here: keeping it, turning it on and off, its rows in the trail. Never here: what stands in it:
//! whoever comes here has sealed it (`server::SecretKeys`), and a channel is the name that it has on the
//! wire.

use serde_json::{Value as Json, json};

use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{
    Conn, SqlRow, Store, Tx, all, execute, insert, int, one, text, transaction, values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::payments::PAYMENT_CONFIG;
use crate::store::payees;

/// What is kept for a channel of a payee.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptChannel {
    /// Whose it is.
    pub payee: i64,
    /// `payos`, `smtp`, …
    pub channel: String,
    /// A Fernet token.
    pub sealed: String,
    /// Is it used?
    pub is_on: bool,
    /// When it was changed, in milliseconds since 1970.
    pub updated_at: i64,
    /// Another one after each change.
    pub version: i64,
}

impl std::fmt::Debug for KeptChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            payee,
            channel,
            is_on,
            version,
            ..
        } = self;
        write!(
            f,
            "KeptChannel({payee} {channel}, on: {is_on}, version {version}, sealed)"
        )
    }
}

/// What is to be kept for a channel of a payee.
#[derive(Clone, Copy)]
pub struct NewChannel<'n> {
    /// Whose it is.
    pub payee: i64,
    /// `payos`, `smtp`, …
    pub channel: &'n str,
    /// A Fernet token.
    pub sealed: &'n str,
    /// The same without secrets, for the trail.
    pub shown: &'n Json,
    /// Is it used?
    pub is_on: bool,
    /// The version that it takes the place of; `None`: there is none yet. Else it is
    /// [`StoreError::Stale`].
    pub version: Option<i64>,
}

/// What is set for providers ([`Store::channels`]).
pub struct Channels<'s> {
    store: &'s Store,
}

impl Store {
    /// What is set for providers and for what sends letters.
    pub const fn channels(&self) -> Channels<'_> {
        Channels { store: self }
    }
}

impl Channels<'_> {
    /// Keeps it.
    pub async fn put(&self, new: NewChannel<'_>, actor: &Actor) -> Result<(), StoreError> {
        transaction!(self.store, |tx| put(&tx, new, actor))
    }

    /// What is kept for this one.
    pub async fn find(&self, payee: i64, channel: &str) -> Result<Option<KeptChannel>, StoreError> {
        let sql = self
            .store
            .casts(&format!("{KEPT} WHERE owner_id = ? AND provider = ?"));
        let row = one(self.store, &sql, values![payee, channel]).await?;
        row.as_ref().map(kept).transpose()
    }

    /// All of them, payee by payee.
    pub async fn list(&self) -> Result<Vec<KeptChannel>, StoreError> {
        let sql = self
            .store
            .casts(&format!("{KEPT} ORDER BY owner_id, provider LIMIT 10000"));
        let rows = all(self.store, &sql, vec![]).await?;
        rows.iter().map(kept).collect()
    }

    /// Turns it on or off. What is set stays.
    pub async fn switch(
        &self,
        payee: i64,
        channel: &str,
        is_on: bool,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        transaction!(self.store, |tx| switch(&tx, payee, channel, is_on, actor))
    }
}

const KEPT: &str = "SELECT owner_id, provider, settings_sealed, CAST(is_on AS SIGNED), updated_at, version FROM payment_config";

fn kept(row: &SqlRow) -> Result<KeptChannel, StoreError> {
    Ok(KeptChannel {
        payee: int(row, 0)?,
        channel: text(row, 1)?,
        sealed: text(row, 2)?,
        is_on: int(row, 3)? == 1,
        updated_at: int(row, 4)?,
        version: int(row, 5)?,
    })
}

async fn held(tx: &Tx, payee: i64, channel: &str) -> Result<Option<(i64, i64, bool)>, StoreError> {
    let sql = tx.casts(&format!(
        "SELECT id, version, CAST(is_on AS SIGNED) FROM payment_config WHERE owner_id = ? AND provider = ?{}",
        tx.locked()
    ));
    let row = one(tx, &sql, values![payee, channel]).await?;
    row.map(|row| Ok((int(&row, 0)?, int(&row, 1)?, int(&row, 2)? == 1)))
        .transpose()
}

async fn put(tx: &Tx, new: NewChannel<'_>, actor: &Actor) -> Result<(), StoreError> {
    payees::known(tx, new.payee).await?;
    let (now, held) = (tx.now_ms(), held(tx, new.payee, new.channel).await?);
    if held.map(|(_, version, _)| version) != new.version {
        return Err(StoreError::Stale);
    }
    let id = if let Some((id, ..)) = held {
        let sql = "UPDATE payment_config SET settings_sealed = ?, is_on = ?, updated_at = ?, version = version + 1 WHERE id = ?";
        execute(tx, sql, values![new.sealed, new.is_on, now, id]).await?;
        id
    } else {
        let sql = "INSERT INTO payment_config (owner_id, provider, settings_sealed, is_on, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)";
        let given = values![new.payee, new.channel, new.sealed, new.is_on, now, now];
        insert(tx, sql, given).await?
    };
    let after = json!({ "owner_id": new.payee, "provider": new.channel, "is_on": new.is_on, "settings": new.shown });
    let entry = Entry::of(AuditAction::ProviderSet)
        .row(&PAYMENT_CONFIG, id)
        .after(after);
    audit::write(tx, actor, entry).await
}

async fn switch(
    tx: &Tx,
    payee: i64,
    channel: &str,
    is_on: bool,
    actor: &Actor,
) -> Result<(), StoreError> {
    let Some((id, _, was_on)) = held(tx, payee, channel).await? else {
        return Err(StoreError::NoRow);
    };
    if was_on == is_on {
        return Ok(());
    }
    let sql =
        "UPDATE payment_config SET is_on = ?, updated_at = ?, version = version + 1 WHERE id = ?";
    execute(tx, sql, values![is_on, tx.now_ms(), id]).await?;
    let state = |is_on: bool| json!({ "owner_id": payee, "provider": channel, "is_on": is_on });
    let entry = Entry::of(AuditAction::ProviderSet)
        .row(&PAYMENT_CONFIG, id)
        .before(state(was_on))
        .after(state(is_on));
    audit::write(tx, actor, entry).await
}
