//! Whether the database answers, takes what is written, and agrees with this machine about the time.

use std::time::Duration;

use super::sql::{Conn, execute, insert_once};
use super::store::Store;
use super::tx::transaction;
use crate::store::StoreError;

/// How long whoever asks whether the database answers waits for one of the connections.
const PING_MAX: Duration = Duration::from_secs(1);

/// How the database is ([`Store::pulse`]).
pub struct Pulse<'s> {
    store: &'s Store,
}

impl Store {
    /// How the database is.
    pub const fn pulse(&self) -> Pulse<'_> {
        Pulse { store: self }
    }
}

impl Pulse<'_> {
    /// Does it answer? Asked once, and not for long: who asks wants to know how it is now.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match tokio::time::timeout(PING_MAX, self.store.first("SELECT 1", vec![])).await {
            Ok(answered) => answered.map(|_| ()).map_err(Into::into),
            // All connections may be at work: a new one tells whether anybody is there.
            Err(_) => Ok(Box::pin(self.store.probe()).await?),
        }
    }

    /// Can something be written? A full disk, and a database that was made read-only, still answer every
    /// question.
    pub async fn try_to_write(&self) -> Result<(), StoreError> {
        let sql = "UPDATE leader_lease SET fence = fence + 1 WHERE name = 'writes'";
        if transaction!(self.store, |tx| execute(&tx, sql, vec![]))? == 0 {
            let into = "INTO leader_lease (name, owner, until_ms) VALUES ('writes', '', 0)";
            transaction!(self.store, |tx| insert_once(&tx, into, vec![]))?;
        }
        Ok(())
    }

    /// Compares the clock with the database's, where that is another machine.
    pub async fn tune_clock(&self) -> Result<(), StoreError> {
        self.store.tune_clock().await
    }
}
