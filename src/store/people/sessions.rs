//! Sessions of people who signed in, kept by the hash of their ids.

use crate::store::StoreError;
use crate::store::base::{
    SqlRow, Store, Tx, all, execute, insert, int, int_or_none, one, text, text_or_none, values,
};

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

/// Sessions ([`Accounts::sessions`](super::Accounts::sessions)).
pub struct Sessions<'s> {
    pub(super) store: &'s Store,
}

impl Sessions<'_> {
    /// Begins a session.
    pub async fn add(&self, session: &WebSession) -> Result<(), StoreError> {
        let sql = "INSERT INTO web_sessions (hash, user_id, created_at, last_seen, expires_at, ip, agent, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let s = session.clone();
        insert(
            self.store,
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
    pub async fn find(&self, hash: &str) -> Result<Option<WebSession>, StoreError> {
        let sql = format!("{SESSION} WHERE hash = ? AND expires_at > ?");
        one(self.store, &sql, values![hash, self.store.now_ms()])
            .await?
            .as_ref()
            .map(session_of)
            .transpose()
    }

    /// A user's sessions, the newest first.
    pub async fn of_user(&self, user_id: i64) -> Result<Vec<WebSession>, StoreError> {
        let sql = format!(
            "{SESSION} WHERE user_id = ? AND expires_at > ? ORDER BY last_seen DESC LIMIT 100"
        );
        all(self.store, &sql, values![user_id, self.store.now_ms()])
            .await?
            .iter()
            .map(session_of)
            .collect()
    }

    /// The session was used; `data` where it changed.
    pub async fn touch(&self, hash: &str, data: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE web_sessions SET last_seen = ?, data = COALESCE(?, data) WHERE hash = ?";
        execute(self.store, sql, values![self.store.now_ms(), data, hash])
            .await
            .map(|_| ())
    }

    /// Ends a session.
    pub async fn end(&self, hash: &str) -> Result<(), StoreError> {
        execute(
            self.store,
            "DELETE FROM web_sessions WHERE hash = ?",
            values![hash],
        )
        .await
        .map(|_| ())
    }

    /// Forgets those that are over. Says how many.
    pub async fn forget_ended(&self) -> Result<u64, StoreError> {
        let sql = "DELETE FROM web_sessions WHERE expires_at < ?";
        execute(self.store, sql, values![self.store.now_ms()]).await
    }
}

/// Signs a user out everywhere.
pub(in crate::store) async fn end_all(tx: &Tx, user_id: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM web_sessions WHERE user_id = ?";
    execute(tx, sql, values![user_id]).await.map(|_| ())
}

/// Who was blocked, or put away, is out at once.
pub(in crate::store) async fn end_of_closed(tx: &Tx, user_id: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM web_sessions WHERE user_id = ? AND EXISTS (SELECT 1 FROM users WHERE users.id = ? AND \
               (users.active = 0 OR users.block = 1 OR users.deleted_at IS NOT NULL))";
    execute(tx, sql, values![user_id, user_id])
        .await
        .map(|_| ())
}

const SESSION: &str =
    "SELECT hash, user_id, created_at, last_seen, expires_at, ip, agent, data FROM web_sessions";

fn session_of(row: &SqlRow) -> Result<WebSession, StoreError> {
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
