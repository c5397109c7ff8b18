//! What one server does for all: a row says who, until when. Kept over a cluster, where named locks
//! are not.

use super::StoreError;
use super::db::{Store, Tx, execute, insert, int, one, text, transaction, values};
use crate::domain::calendar::DAY_MS;

impl Store {
    /// Is this server (`owner`, new at each start) the one that does the task, for the next
    /// `lease_ms`?
    pub async fn leads(&self, task: &str, owner: &str, lease_ms: i64) -> Result<bool, StoreError> {
        transaction!(self, |tx| self.leads_in(&tx, task, owner, lease_ms))
    }

    async fn leads_in(
        &self,
        tx: &Tx,
        task: &str,
        owner: &str,
        lease_ms: i64,
    ) -> Result<bool, StoreError> {
        let now = self.now_ms();
        let sql = format!(
            "SELECT owner, until_ms FROM leader_lease WHERE name = ?{}",
            self.locked()
        );
        let Some(row) = one(&**tx, &sql, values![task]).await? else {
            let sql = "INSERT INTO leader_lease (name, owner, until_ms) VALUES (?, ?, ?)";
            insert(&**tx, sql, values![task, owner, now + lease_ms]).await?;
            return Ok(true);
        };
        if text(&row, 0)? != owner && int(&row, 1)? > now {
            return Ok(false);
        }
        let sql =
            "UPDATE leader_lease SET owner = ?, until_ms = ?, fence = fence + 1 WHERE name = ?";
        execute(&**tx, sql, values![owner, now + lease_ms, task]).await?;
        Ok(true)
    }

    /// Lets another server take over at once.
    pub async fn resigns(&self, owner: &str) -> Result<(), StoreError> {
        execute(
            &self.db,
            "UPDATE leader_lease SET until_ms = 0 WHERE owner = ?",
            values![owner],
        )
        .await
        .map(|_| ())
    }

    /// Forgets what nobody needs any more. Never anything about money, and never the trail.
    pub async fn forget_old(&self, keep_days: i64) -> Result<u64, StoreError> {
        let now = self.now_ms();
        let old = now - keep_days.max(1) * DAY_MS;
        let sessions = execute(
            &self.db,
            "DELETE FROM web_sessions WHERE expires_at < ?",
            values![now],
        )
        .await?;
        let failures = execute(
            &self.db,
            "DELETE FROM login_failures WHERE at < ?",
            values![old],
        )
        .await?;
        Ok(sessions + failures)
    }
}
