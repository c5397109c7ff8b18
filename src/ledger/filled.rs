//! A ledger as it is after years: for measuring how long one takes to open.

use std::path::Path;

use sqlx::Connection;
use uuid::Uuid;

use super::writer::Writer;
use super::writer::set_status;
use super::{LedgerError, anchor, chain};
use crate::clock::Clock;
use crate::domain::{
    Attempt, Conclusion, Event, GateKind, Intent, Outcome, Proof, Quote, Service, Vnd,
};

/// Payments that a batch of it has.
const BATCH: u32 = 500;
/// Events that a payment has.
pub const EVENTS_A_PAYMENT: u32 = 8;

/// Makes a ledger of so many electricity bills, all paid, each with [`EVENTS_A_PAYMENT`] events in
/// one whole chain. Says how many events it has. Nothing is waited for to be on disk: a crash
/// meanwhile leaves a damaged file.
pub async fn filled(path: &Path, payments: u32) -> Result<i64, LedgerError> {
    let fault = |e| LedgerError::of(path, e);
    let mut writer = Writer::open(path).await?;
    sqlx::query("PRAGMA synchronous = OFF")
        .execute(&mut writer.sql)
        .await
        .map_err(fault)?;
    let mut done = 0;
    while done < payments {
        let size = BATCH.min(payments - done);
        batch(&mut writer, done, size).await.map_err(fault)??;
        done += size;
    }
    anchor::note(path, &writer.head);
    let events = writer.head.seq;
    writer.sql.close().await.map_err(fault)?;
    Ok(events)
}

async fn batch(
    writer: &mut Writer,
    first: u32,
    size: u32,
) -> Result<Result<(), LedgerError>, sqlx::Error> {
    let now_ms = Clock::system().now_ms();
    let (id, wire) = (Uuid::now_v7().to_string(), Service::PayEvn.spec().wire);
    let mut tx = writer.sql.begin().await?;
    sqlx::query("INSERT INTO batches VALUES (?, ?, ?, 'A', 'Lan', 'http://portal', 0, '[]', ?, ?)")
        .bind(&id)
        .bind(&id)
        .bind(wire)
        .bind(now_ms)
        .bind(now_ms)
        .execute(&mut *tx)
        .await?;
    for position in 0..size {
        let account = format!("pe{:08}", first + position);
        let job = sqlx::query("INSERT INTO jobs (batch_id, position, account, account_key, source_row) VALUES (?, ?, ?, ?, '')")
            .bind(&id)
            .bind(position)
            .bind(&account)
            .bind(&account)
            .execute(&mut *tx)
            .await?
            .last_insert_rowid();
        let attempt_id = Uuid::now_v7().to_string();
        sqlx::query(
            "INSERT INTO attempts (id, job_id, batch_id, service, account_key, state, started_ms, updated_ms) VALUES (?, ?, ?, ?, ?, '', ?, ?)",
        )
        .bind(&attempt_id)
        .bind(job)
        .bind(&id)
        .bind(wire)
        .bind(&account)
        .bind(now_ms)
        .bind(now_ms)
        .execute(&mut *tx)
        .await?;
        let mut attempt = Attempt::default();
        for event in life(&account) {
            attempt = match attempt.after(&event) {
                Ok(next) => next,
                Err(error) => return Ok(Err(error.into())),
            };
            let body = match serde_json::to_string(&event) {
                Ok(body) => body,
                Err(error) => return Ok(Err(LedgerError::Body(event.wire(), error))),
            };
            writer.head = chain::append(
                &mut tx,
                now_ms,
                &writer.head,
                Some(&attempt_id),
                &id,
                event.wire(),
                &body,
            )
            .await?;
        }
        set_status(&mut tx, &attempt_id, &attempt, now_ms).await?;
    }
    tx.commit().await.map(Ok)
}

/// A payment as most are.
fn life(account: &str) -> [Event; EVENTS_A_PAYMENT as usize] {
    let (amount, balance) = (Vnd::fixed(150_000), Some(Vnd::fixed(9_000_000)));
    [
        Event::Leased {
            session: "s".into(),
            operator: None,
        },
        Event::QuoteSeen(Quote {
            amount,
            customer: Some("NGUYỄN VĂN A".into()),
            balance,
        }),
        Event::Prepared,
        Event::PreArmed,
        Event::Armed(Intent {
            balance_before: balance,
            balance_is_proof: true,
            balance_seq: Some(0),
            session: "s".into(),
            ..Intent::bare("A", format!("evn:{account}"), amount, GateKind::Valve)
        }),
        Event::Released {
            request: Some("1".into()),
            body: None,
        },
        Event::Observed {
            said: Vec::new(),
            balance: Some(Vnd::fixed(8_850_000)),
        },
        Event::Concluded(Conclusion {
            outcome: Outcome::Paid,
            proof: Proof::Response,
            amount: Some(amount),
            transaction_id: Some(format!("GD{account}")),
            message: "Thanh toán thành công".into(),
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;

    #[tokio::test]
    async fn a_filled_ledger_is_one_like_any_other() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("ledger.db");
        let events = filled(&path, 600).await.expect("filled");
        assert_eq!(events, 600 * i64::from(EVENTS_A_PAYMENT));
        let ledger = Ledger::open(&path).await.expect("opens");
        assert_eq!(ledger.verify().await.expect("read"), Ok(events));
        assert_eq!(ledger.records().batches(10).await.expect("read").len(), 2);
        assert!(
            ledger.records().find("pe00000599").await.expect("read")[0]
                .1
                .is_paid()
        );
    }
}
