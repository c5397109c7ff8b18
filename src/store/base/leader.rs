//! What one server does for all: a row says who, until when. Kept over a cluster, where named locks
//! are not.

use super::{Conn, Engine, Store, Tx, execute, insert, int, one, text, transaction, values};
use crate::store::StoreError;

/// Who does what one server does for all ([`Store::leader`]).
pub struct Leader<'s> {
    store: &'s Store,
}

impl Store {
    /// Who does what one server does for all.
    pub const fn leader(&self) -> Leader<'_> {
        Leader { store: self }
    }
}

impl Leader<'_> {
    /// Is this server (`owner`, new at each start) the one that does the task, for the next
    /// `lease_ms`?
    pub async fn leads(&self, task: &str, owner: &str, lease_ms: i64) -> Result<bool, StoreError> {
        transaction!(self.store, |tx| claim(&tx, task, owner, lease_ms))
    }

    /// This server (`owner`) has just started on a database that one machine alone can open: whoever led
    /// before has died, or hands over to the newer one.
    pub async fn take_over(&self, owner: &str) -> Result<(), StoreError> {
        if self.store.engine() != Engine::Sqlite {
            return Ok(());
        }
        let sql = "UPDATE leader_lease SET until_ms = 0 WHERE owner <> ?";
        execute(self.store, sql, values![owner]).await.map(|_| ())
    }

    /// Lets another server take over at once.
    pub async fn resign(&self, owner: &str) -> Result<(), StoreError> {
        execute(
            self.store,
            "UPDATE leader_lease SET until_ms = 0 WHERE owner = ?",
            values![owner],
        )
        .await
        .map(|_| ())
    }
}

async fn claim(tx: &Tx, task: &str, owner: &str, lease_ms: i64) -> Result<bool, StoreError> {
    let now = tx.shared_now_ms();
    let sql = format!(
        "SELECT owner, until_ms FROM leader_lease WHERE name = ?{}",
        tx.locked()
    );
    let Some(row) = one(tx, &sql, values![task]).await? else {
        let sql = "INSERT INTO leader_lease (name, owner, until_ms) VALUES (?, ?, ?)";
        insert(tx, sql, values![task, owner, now + lease_ms]).await?;
        return Ok(true);
    };
    if text(&row, 0)? != owner && int(&row, 1)? > now {
        return Ok(false);
    }
    let sql = "UPDATE leader_lease SET owner = ?, until_ms = ?, fence = fence + 1 WHERE name = ?";
    execute(tx, sql, values![owner, now + lease_ms, task]).await?;
    Ok(true)
}
