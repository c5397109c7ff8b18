//! What was paid since an agent's balance was read at rest, for holding the account's fall against it.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::LedgerError;
use super::account::{AgentAccount, Sql, last_paid, rest_in};
use crate::domain::Vnd;
use crate::domain::driver::FallBooks;

/// What a run that died said is held against the account for so long; later, somebody may have used
/// the account by hand.
const RECENT_MS: i64 = 600_000;

impl AgentAccount<'_> {
    /// What was paid since that balance was read at rest, for holding the account's fall against it;
    /// `None`: since the newest one that an attempt was armed with, where that was a moment ago.
    pub async fn fall(&self, rest: Option<(Vnd, i64)>) -> Result<FallBooks, LedgerError> {
        let now_ms = self.ledger.clock.now_ms();
        let mut writer = self.ledger.connection.lock().await;
        let seq = writer.head.seq;
        let sql = &mut writer.sql;
        let fall = async {
            let rest = match rest {
                Some(rest) => Some(rest),
                None => recent_rest(sql, self.agent, now_ms - RECENT_MS).await?,
            };
            let (paid, open) = match rest {
                Some((_, since)) => unchecked(sql, self.agent, since).await?,
                None => (Vec::new(), 0),
            };
            Ok(FallBooks {
                now_ms,
                seq,
                rest: rest.map(|(balance, _)| balance),
                paid,
                open,
                last_paid_ms: last_paid(sql, self.agent).await?,
            })
        };
        fall.await.map_err(|e| self.ledger.fault(e))
    }
}

/// Payments that were armed after that event and proven, and how many attempts on the account are
/// open or disputed.
async fn unchecked(
    sql: &mut SqliteConnection,
    agent: &str,
    since_seq: i64,
) -> Sql<(Vec<(String, Vnd)>, usize)> {
    let rows = sqlx::query(
        "SELECT a.id, a.amount FROM attempts a JOIN events e ON e.attempt_id = a.id AND e.kind = 'armed' \
         WHERE a.agent = ? COLLATE NOCASE AND e.seq > ? AND a.outcome = 'paid'",
    )
    .bind(agent)
    .bind(since_seq)
    .fetch_all(&mut *sql)
    .await?;
    let open: i64 = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM attempts WHERE agent = ? COLLATE NOCASE AND outcome IS NULL AND obligation IS NOT NULL) \
         + (SELECT COUNT(*) FROM attempts a JOIN events e ON e.attempt_id = a.id AND e.kind = 'disputed' \
            JOIN events f ON f.attempt_id = a.id AND f.kind = 'armed' AND f.seq > ? \
            WHERE a.agent = ? COLLATE NOCASE)",
    )
    .bind(agent)
    .bind(since_seq)
    .bind(agent)
    .fetch_one(sql)
    .await?
    .get(0);
    let payment = |row: &SqliteRow| {
        let dong = row.get::<Option<i64>, _>(1);
        let amount = dong.and_then(|dong| Vnd::try_from(dong).ok());
        (row.get(0), amount.unwrap_or_default())
    };
    let paid = rows.iter().map(payment).collect();
    Ok((paid, usize::try_from(open).unwrap_or_default()))
}

/// The balance at rest that the newest attempt was armed with, and the newest event at that time,
/// where that attempt was armed since then (milliseconds since 1970).
async fn recent_rest(
    sql: &mut SqliteConnection,
    agent: &str,
    since_ms: i64,
) -> Sql<Option<(Vnd, i64)>> {
    let row = sqlx::query(
        "SELECT e.body FROM events e JOIN attempts a ON a.id = e.attempt_id \
         WHERE a.agent = ? COLLATE NOCASE AND e.kind = 'armed' AND e.at_ms >= ? ORDER BY e.seq DESC LIMIT 1",
    )
    .bind(agent)
    .bind(since_ms)
    .fetch_optional(sql)
    .await?;
    Ok(row.as_ref().and_then(rest_in))
}
