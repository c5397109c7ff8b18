//! Every event's hash covers the hash before it, so that a change anywhere shows.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};

use super::backup::read_only;

use super::{Ledger, LedgerError, NewBatch};
use crate::domain::Vnd;

/// Where the chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("chuỗi băm của sổ bị đứt tại sự kiện {seq}: nội dung đã bị sửa hoặc bị xóa bớt")]
pub struct ChainFault {
    /// The first event that does not fit.
    pub seq: i64,
}

/// The hash before the first event.
const GENESIS: &str = "gachno";

fn hash(
    prev: &str,
    seq: i64,
    attempt: Option<&str>,
    batch: &str,
    at_ms: i64,
    kind: &str,
    body: &str,
) -> String {
    let mut hasher = Sha256::new();
    for part in [
        prev,
        &seq.to_string(),
        attempt.unwrap_or(""),
        batch,
        &at_ms.to_string(),
        kind,
        body,
    ] {
        // Length first: no two different rows run together into the same bytes.
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex(&hasher.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The newest event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChainHead {
    pub seq: i64,
    pub hash: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// The newest event, or the beginning.
pub(super) async fn head(sql: &mut SqliteConnection) -> Result<ChainHead, sqlx::Error> {
    let row = sqlx::query("SELECT seq, hash, at_ms FROM events ORDER BY seq DESC LIMIT 1")
        .fetch_optional(sql)
        .await?;
    Ok(row.map_or_else(
        || ChainHead {
            seq: 0,
            hash: GENESIS.to_owned(),
            at_ms: 0,
        },
        |row| ChainHead {
            seq: row.get(0),
            hash: row.get(1),
            at_ms: row.get(2),
        },
    ))
}

/// Is the event with this number the one with this hash?
pub(super) async fn has(
    sql: &mut SqliteConnection,
    seq: i64,
    hash: &str,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT 1 FROM events WHERE seq = ? AND hash = ?")
        .bind(seq)
        .bind(hash)
        .fetch_optional(sql)
        .await?;
    Ok(row.is_some())
}

/// Appends one event behind `prev`. Its time is never earlier: a clock that is set back stands
/// still in here.
pub(super) async fn append(
    sql: &mut SqliteConnection,
    now_ms: i64,
    prev: &ChainHead,
    attempt: Option<&str>,
    batch: &str,
    kind: &str,
    body: &str,
) -> Result<ChainHead, sqlx::Error> {
    let (seq, at_ms) = (prev.seq + 1, now_ms.max(prev.at_ms));
    let hash = hash(&prev.hash, seq, attempt, batch, at_ms, kind, body);
    sqlx::query("INSERT INTO events (seq, attempt_id, batch_id, at_ms, kind, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(seq)
        .bind(attempt)
        .bind(batch)
        .bind(at_ms)
        .bind(kind)
        .bind(body)
        .bind(&hash)
        .execute(sql)
        .await?;
    Ok(ChainHead { seq, hash, at_ms })
}

/// What makes two runs the same batch.
pub(super) fn identity(new: &NewBatch) -> String {
    let mut hasher = Sha256::new();
    let mut add = |part: &str| {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    };
    add(new.service.spec().wire);
    add(&new.portal);
    add(if new.is_dry_run { "dry" } else { "" });
    add(&new.also);
    for job in &new.jobs {
        add(&job.identity(new.service));
        add(&job.amount.map(Vnd::digits).unwrap_or_default());
        add(job.order_id.as_deref().unwrap_or(""));
        // The same bill, handed out anew, is another job.
        if let Some(ticket) = &job.ticket {
            add(&ticket.id);
            add(&ticket.fence.to_string());
        }
    }
    hex(&hasher.finalize())
}

impl Ledger {
    /// Goes through the whole chain, on a connection of its own: a batch goes on meanwhile.
    /// `Ok(Err(_))` names the first event that does not fit; else the number of events.
    pub async fn verify(&self) -> Result<Result<i64, ChainFault>, LedgerError> {
        let fault = |e| LedgerError::of(&self.path, e);
        let mut sql = SqliteConnection::connect_with(&read_only(&self.path)?)
            .await
            .map_err(fault)?;
        let verified = verify(&mut sql).await.map_err(|e| self.fault(e));
        sql.close().await.map_err(fault)?;
        verified
    }
}

async fn verify(sql: &mut SqliteConnection) -> Result<Result<i64, ChainFault>, sqlx::Error> {
    let mut prev = GENESIS.to_owned();
    let mut last = 0_i64;
    loop {
        let rows = sqlx::query("SELECT seq, attempt_id, batch_id, at_ms, kind, body, hash FROM events WHERE seq > ? ORDER BY seq LIMIT 10000")
            .bind(last)
            .fetch_all(&mut *sql)
            .await?;
        if rows.is_empty() {
            return Ok(Ok(last));
        }
        for row in rows {
            // What cannot even be read is not what was written.
            let Some((seq, expected, found)) = link(&prev, &row) else {
                return Ok(Err(ChainFault { seq: last + 1 }));
            };
            if seq != last + 1 || found != expected {
                return Ok(Err(ChainFault { seq: last + 1 }));
            }
            prev = expected;
            last = seq;
        }
    }
}

/// A row's number, the hash that it should have and the one that it has; `None` where a flipped bit
/// made a text of it that is none.
fn link(prev: &str, row: &SqliteRow) -> Option<(i64, String, String)> {
    let seq: i64 = row.try_get(0).ok()?;
    let attempt: Option<&str> = row.try_get(1).ok()?;
    let (batch, at_ms) = (row.try_get(2).ok()?, row.try_get(3).ok()?);
    let (kind, body) = (row.try_get(4).ok()?, row.try_get(5).ok()?);
    let expected = hash(prev, seq, attempt, batch, at_ms, kind, body);
    Some((seq, expected, row.try_get(6).ok()?))
}
