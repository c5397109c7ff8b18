//! The report of a batch, made from the ledger alone: the same ledger gives the same report, byte for byte.

use jiff::tz::TimeZone;

use crate::ledger::{BatchSummary, JobResult, Ledger, LedgerError};
use crate::report::{LeftOut, Report, Row};

/// What a batch's report says. `None`: there is no such batch.
pub async fn report_of(ledger: &Ledger, batch: &str) -> Result<Option<Report>, LedgerError> {
    let Some(summary) = ledger.batch(batch).await? else { return Ok(None) };
    let results = ledger.results(batch, summary.service).await?;
    Ok(Some(report(summary, results)))
}

/// Everything that was done, oldest first, a report for each service.
pub async fn reports_of_all(ledger: &Ledger, only: Option<&str>) -> Result<Vec<Report>, LedgerError> {
    let mut batches = ledger.batches(u32::MAX >> 1).await?;
    batches.retain(|batch| only.is_none_or(|id| id == batch.id));
    reports(ledger, batches).await
}

/// The same for the batches that were entered since then, in milliseconds since 1970.
pub async fn reports_since(ledger: &Ledger, since_ms: i64) -> Result<Vec<Report>, LedgerError> {
    reports(ledger, ledger.batches_since(since_ms).await?).await
}

/// From batches, the newest first.
async fn reports(ledger: &Ledger, batches: Vec<BatchSummary>) -> Result<Vec<Report>, LedgerError> {
    let mut all: Vec<Report> = Vec::new();
    for batch in batches.into_iter().rev() {
        let results = ledger.results(&batch.id, batch.service).await?;
        let one = report(batch, results);
        match all.iter_mut().find(|r| r.service == one.service) {
            Some(report) => {
                report.finished = one.finished;
                report.rows.extend(one.rows);
            }
            None => all.push(one),
        }
    }
    Ok(all)
}

fn report(batch: BatchSummary, results: Vec<JobResult>) -> Report {
    // A batch that was stopped ends with the last thing that happened in it.
    let last = results.iter().filter_map(|r| r.at).max();
    let finished = batch.finished.or(last).unwrap_or(batch.started);
    let left_out = batch.left_out.as_array().into_iter().flatten().map(|row| {
        let text = |key: &str| row.get(key).and_then(serde_json::Value::as_str).unwrap_or("").to_owned();
        LeftOut { row: text("row"), account: text("account"), why: text("why") }
    });
    Report {
        service: batch.service,
        started: batch.started,
        finished,
        operator: batch.operator,
        portal_user: batch.agent,
        portal_url: batch.portal,
        program: concat!("GachNo ", env!("CARGO_PKG_VERSION")).to_owned(),
        zone: TimeZone::system(),
        left_out: left_out.collect(),
        rows: results
            .into_iter()
            .map(|r| Row {
                account: r.job.account.to_string(),
                order_id: r.job.order_id,
                payment: r.job.payment,
                customer: r.customer,
                amount: r.conclusion.amount.or(r.job.amount),
                outcome: r.conclusion.outcome,
                proof: r.conclusion.proof,
                transaction_id: r.conclusion.transaction_id,
                message: r.conclusion.message,
                at: r.at,
                attempt: r.attempt,
            })
            .collect(),
        batch: batch.id,
    }
}
