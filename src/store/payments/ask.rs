//! Which payments a provider is to be asked about, and when: by one server of all, and by whoever opens
//! a page, without asking more often than is agreed.

use super::Questions;
use super::row::{PAYMENT_ROW, PaymentRow, read_payment};
use crate::store::StoreError;
use crate::store::base::{Conn, all, execute, int, one, values};

/// Between two questions about one payment, whoever asks, in milliseconds.
const APART_MS: i64 = 5_000;
/// Who has claimed a question has so long for it.
const CLAIMED_MS: i64 = 60_000;

/// A payment whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub payment: PaymentRow,
}

/// How long after the question before it the next one comes, in milliseconds: 15 s, 30 s, 1, 2, 4 minutes,
/// then every 5 minutes.
pub const fn rest_ms(asks: i64) -> i64 {
    match asks {
        ..=0 => 15_000,
        1 => 30_000,
        2 => 60_000,
        3 => 120_000,
        4 => 240_000,
        _ => 300_000,
    }
}

impl Questions<'_> {
    /// Payments of this payee and provider whose turn it is, claimed: nobody else gets them for a minute.
    pub async fn due(&self, owner: i64, provider: &str, most: u32) -> Result<Vec<Due>, StoreError> {
        let now = self.store.now_ms();
        let sql = self.store.casts(&format!(
            "{PAYMENT_ROW} WHERE ask_at <= ? AND owner_id = ? AND provider = ? ORDER BY ask_at LIMIT {most}"
        ));
        let mut due = Vec::new();
        for row in all(self.store, &sql, values![now, owner, provider]).await? {
            let payment = read_payment(&row)?;
            let sql = "UPDATE payment SET ask_at = ? WHERE id = ? AND ask_at = ?";
            let given = values![now + CLAIMED_MS, payment.id, payment.ask_at];
            if execute(self.store, sql, given).await? > 0 {
                due.push(Due { payment });
            }
        }
        Ok(due)
    }

    /// Payees and providers with a payment whose turn it is.
    pub async fn due_channels(&self) -> Result<Vec<(i64, String)>, StoreError> {
        // Bounded inside, so that no database walks all payments in the order of their payees instead.
        let sql = "SELECT DISTINCT owner_id, provider FROM (SELECT owner_id, provider FROM payment WHERE ask_at <= ? LIMIT 100000) AS due";
        let rows = all(self.store, sql, values![self.store.now_ms()]).await?;
        rows.iter()
            .map(|row| Ok((int(row, 0)?, crate::store::base::text(row, 1)?)))
            .collect()
    }

    /// The provider was asked: when it is asked next. `None`: never again.
    pub async fn asked(&self, id: i64, next_ms: Option<i64>) -> Result<(), StoreError> {
        let sql = "UPDATE payment SET asks = asks + 1, asked_at = ?, ask_at = ? WHERE id = ?";
        let given = values![self.store.now_ms(), next_ms, id];
        execute(self.store, sql, given).await.map(|_| ())
    }

    /// Its link was taken back; it is asked about once more when its time is over.
    pub async fn closed(&self, id: i64, next_ms: i64) -> Result<(), StoreError> {
        let sql = "UPDATE payment SET is_closing = 0, ask_at = ?, asked_at = ? WHERE id = ?";
        let given = values![next_ms, self.store.now_ms(), id];
        execute(self.store, sql, given).await.map(|_| ())
    }

    /// The provider is asked as soon as possible.
    pub async fn ask_soon(&self, id: i64) -> Result<(), StoreError> {
        let sql = "UPDATE payment SET ask_at = ? WHERE id = ?";
        execute(self.store, sql, values![self.store.now_ms(), id])
            .await
            .map(|_| ())
    }

    /// May the provider be asked now? At most every five seconds for one payment, over all servers.
    pub async fn claim_question(&self, id: i64) -> Result<bool, StoreError> {
        let now = self.store.now_ms();
        let sql =
            "UPDATE payment SET asked_at = ? WHERE id = ? AND (asked_at IS NULL OR asked_at <= ?)";
        let given = values![now, id, now - APART_MS];
        Ok(execute(self.store, sql, given).await? > 0)
    }

    /// A server has started: everything that is open is asked about at once, for nobody knows what was
    /// missed. Says how many.
    pub async fn ask_all(&self) -> Result<u64, StoreError> {
        let sql = "UPDATE payment SET ask_at = ? WHERE ask_at > ?";
        let now = self.store.now_ms();
        execute(self.store, sql, values![now, now]).await
    }

    /// How many payments are open, and when the oldest of them was made.
    pub async fn open_age(&self) -> Result<(i64, Option<i64>), StoreError> {
        let sql = self.store.casts(
            "SELECT COUNT(*), CAST(MIN(created_at) AS SIGNED) FROM payment WHERE state IN ('created', 'pending', 'processing', 'underpaid')",
        );
        match one(self.store, &sql, vec![]).await? {
            Some(row) => Ok((int(&row, 0)?, crate::store::base::int_or_none(&row, 1)?)),
            None => Ok((0, None)),
        }
    }

    /// How many payments a person has to look at, by why.
    pub async fn task_counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = "SELECT task, COUNT(*) FROM payment WHERE task IS NOT NULL GROUP BY task";
        let rows = all(self.store, sql, vec![]).await?;
        rows.iter()
            .map(|row| Ok((crate::store::base::text(row, 0)?, int(row, 1)?)))
            .collect()
    }

    /// Payments that changed since `since_ms`, with what they are for: for those who look at their pages.
    pub async fn changed_since(
        &self,
        since_ms: i64,
        most: u32,
    ) -> Result<Vec<PaymentRow>, StoreError> {
        let sql = self.store.casts(&format!(
            "{PAYMENT_ROW} WHERE updated_at >= ? ORDER BY updated_at LIMIT {most}"
        ));
        let rows = all(self.store, &sql, values![since_ms]).await?;
        rows.iter().map(read_payment).collect()
    }
}
