//! What carriers of messages say of them: the number under which one was taken, and whether it arrived.

use super::Letters;
use crate::store::StoreError;
use crate::store::base::{execute, one, text, values};

/// What a carrier says became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It arrived.
    Delivered,
    /// It did not, and will not.
    Refused,
}

impl Delivery {
    const fn wire(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Refused => "refused",
        }
    }
}

/// Tokens of a messenger, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTokens {
    /// Of which settings they grew.
    pub seed_hash: String,
    /// Both, as JSON, as a Fernet token.
    pub sealed: String,
    /// Until when the one to send with is good, in milliseconds since 1970.
    pub expires_at: i64,
}

impl Letters<'_> {
    /// A carrier took a letter under this number of its own.
    pub async fn carried(&self, id: i64, carrier_id: &str) -> Result<(), StoreError> {
        let carrier_id: String = carrier_id.chars().take(128).collect();
        let sql = "UPDATE letter SET carrier_id = ? WHERE id = ?";
        execute(self.store, sql, values![carrier_id, id])
            .await
            .map(|_| ())
    }

    /// A carrier says what became of a letter that it knows by this number. `false`: we know no such one.
    pub async fn delivered(
        &self,
        channel: &str,
        carrier_id: &str,
        delivery: Delivery,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE letter SET delivery = ?, delivered_at = COALESCE(delivered_at, ?) WHERE channel = ? AND carrier_id = ?";
        let given = values![delivery.wire(), self.store.now_ms(), channel, carrier_id];
        Ok(execute(self.store, sql, given).await? > 0)
    }

    /// The tokens of a payee's messenger.
    pub async fn tokens(&self, payee: i64) -> Result<Option<KeptTokens>, StoreError> {
        let sql =
            "SELECT seed_hash, tokens_sealed, expires_at FROM message_token WHERE owner_id = ?";
        let Some(row) = one(self.store, sql, values![payee]).await? else {
            return Ok(None);
        };
        Ok(Some(KeptTokens {
            seed_hash: text(&row, 0)?,
            sealed: text(&row, 1)?,
            expires_at: crate::store::base::int(&row, 2)?,
        }))
    }

    /// Keeps the tokens of a payee's messenger.
    pub async fn keep_tokens(&self, payee: i64, kept: &KeptTokens) -> Result<(), StoreError> {
        let now = self.store.now_ms();
        let sql = "UPDATE message_token SET seed_hash = ?, tokens_sealed = ?, expires_at = ?, updated_at = ? WHERE owner_id = ?";
        let given = values![&kept.seed_hash, &kept.sealed, kept.expires_at, now, payee];
        if execute(self.store, sql, given).await? > 0 {
            return Ok(());
        }
        let sql = "INSERT INTO message_token (owner_id, seed_hash, tokens_sealed, expires_at, updated_at) VALUES (?, ?, ?, ?, ?)";
        let given = values![payee, &kept.seed_hash, &kept.sealed, kept.expires_at, now];
        execute(self.store, sql, given).await.map(|_| ())
    }
}
