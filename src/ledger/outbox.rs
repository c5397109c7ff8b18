//! What has to be told to the places that jobs came from, until they have said that they have it.
//!
//! A letter is written in the same transaction as the event that it tells of: neither is there
//! without the other.

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};
use tokio::sync::futures::Notified;

use super::{Ledger, LedgerError, LiveAttempt, ticket_of};
use crate::domain::ticket::told;
use crate::domain::{Attempt, Outcome, Report, Source, State, Ticket};

/// Something to tell, as it lies in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its number; letters are sent in this order.
    pub seq: i64,
    /// For whom.
    pub to: Source,
    /// What.
    pub report: Report,
}

/// Writes the letter that this move is worth, where the job came from somewhere. `true`: there is
/// one.
pub(super) async fn write(
    sql: &mut SqliteConnection,
    live: &LiveAttempt,
    next: &Attempt,
    at_ms: i64,
) -> Result<bool, sqlx::Error> {
    // Arming and releasing are on the way of every payment: nothing is asked there.
    if !matches!(next.state, State::Done(_) | State::Unknown) {
        return Ok(false);
    }
    let job = sqlx::query(
        "SELECT j.source, j.ticket, j.fence, b.operator FROM jobs j JOIN batches b ON b.id = j.batch_id WHERE j.id = ? AND j.source IS NOT NULL",
    )
    .bind(live.job_id)
    .fetch_optional(&mut *sql)
    .await?;
    let Some((ticket, operator)) = job
        .as_ref()
        .and_then(|row| Some((ticket_of(row)?, row.get::<String, _>("operator"))))
    else {
        return Ok(false);
    };
    let standing = next.standing();
    let Some(outcome) = told(
        ticket.source,
        live.service,
        live.attempt.state,
        next.state,
        &standing,
    ) else {
        return Ok(false);
    };
    let report = Report {
        attempt: live.id.clone(),
        job: ticket.id,
        fence: ticket.fence,
        outcome,
        amount: standing.amount,
        transaction_id: standing.transaction_id,
        proof: standing.proof,
        message: Some(standing.message).filter(|m| !m.is_empty()),
        at: Timestamp::from_millisecond(at_ms).ok(),
        operator: Some(operator).filter(|o| !o.is_empty()),
    };
    let body = serde_json::to_string(&report).map_err(|e| sqlx::Error::Encode(e.into()))?;
    sqlx::query(
        "INSERT INTO outbox (job_id, attempt_id, source, body, made_ms) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(live.job_id)
    .bind(&live.id)
    .bind(ticket.source.wire())
    .bind(body)
    .bind(at_ms)
    .execute(&mut *sql)
    .await?;
    if outcome != Outcome::Unknown {
        sqlx::query("UPDATE jobs SET returned_ms = ? WHERE id = ?")
            .bind(at_ms)
            .bind(live.job_id)
            .execute(sql)
            .await?;
    }
    Ok(true)
}

/// What has to be told to the places that jobs came from.
#[derive(Debug, Clone, Copy)]
pub struct Outbox<'l> {
    ledger: &'l Ledger,
}

impl Ledger {
    /// What has to be told to the places that jobs came from.
    pub fn outbox(&self) -> Outbox<'_> {
        Outbox { ledger: self }
    }
}

impl<'l> Outbox<'l> {
    /// The oldest letters for this source that it has not acknowledged, `limit` at most.
    pub async fn letters(&self, to: Source, limit: u32) -> Result<Vec<Letter>, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        let rows = sqlx::query("SELECT seq, body FROM outbox WHERE acknowledged_ms IS NULL AND source = ? ORDER BY seq LIMIT ?",)
            .bind(to.wire())
        .bind(limit)
            .fetch_all(&mut writer.sql)
            .await
            .map_err(|e| self.ledger.fault(e))?;
        let mut letters = Vec::with_capacity(rows.len());
        for row in rows {
            let report = serde_json::from_str(row.get("body"))
                .map_err(|e| LedgerError::Body("outbox", e))?;
            letters.push(Letter {
                seq: row.get("seq"),
                to,
                report,
            });
        }
        Ok(letters)
    }

    /// How many letters nobody has acknowledged.
    pub async fn unacknowledged(&self) -> Result<u64, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        let row = sqlx::query("SELECT COUNT(*) FROM outbox WHERE acknowledged_ms IS NULL")
            .fetch_one(&mut writer.sql)
            .await;
        let count: i64 = row.map_err(|e| self.ledger.fault(e))?.get(0);
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Resolves when a letter is written after this call, whether or not it is polled by then: who
    /// asks first and looks into the box afterwards misses none.
    pub fn new_letter(&self) -> Notified<'l> {
        self.ledger.letters.notified()
    }

    /// The source has it; `answer` is what it made of it.
    pub async fn acknowledge(&self, seq: i64, answer: &str) -> Result<(), LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        sqlx::query("UPDATE outbox SET acknowledged_ms = ?, answer = ? WHERE seq = ? AND acknowledged_ms IS NULL")
            .bind(self.ledger.clock.now_ms())
            .bind(answer)
            .bind(seq)
            .execute(&mut writer.sql)
            .await
            .map_err(|e| self.ledger.fault(e))?;
        Ok(())
    }

    /// Claims of jobs that were never told an end of and of which no attempt may have moved money:
    /// they can be given back. `batch`: of this batch alone.
    pub async fn held(&self, batch: Option<&str>) -> Result<Vec<Ticket>, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        let rows = sqlx::query(
            "SELECT j.source, j.ticket, j.fence FROM jobs j WHERE j.source IS NOT NULL AND j.returned_ms IS NULL \
             AND (?1 IS NULL OR j.batch_id = ?1) AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.job_id = j.id AND a.outcome IS NULL \
             AND a.state IN ('armed', 'released', 'observed', 'unknown', 'reconciling')) ORDER BY j.id",
        )
        .bind(batch)
        .fetch_all(&mut writer.sql)
        .await
        .map_err(|e| self.ledger.fault(e))?;
        Ok(rows.iter().filter_map(ticket_of).collect())
    }

    /// These claims are no longer ours.
    pub async fn gave_back(&self, tickets: &[Ticket]) -> Result<(), LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        for ticket in tickets {
            sqlx::query("UPDATE jobs SET returned_ms = ? WHERE source = ? AND ticket = ? AND fence = ? AND returned_ms IS NULL")
                .bind(self.ledger.clock.now_ms())
                .bind(ticket.source.wire())
                .bind(&ticket.id)
                .bind(ticket.fence)
                .execute(&mut writer.sql)
                .await
                .map_err(|e| self.ledger.fault(e))?;
        }
        Ok(())
    }
}
