//! The report of a batch, made from the ledger alone: the same ledger gives the same report, byte
//! for byte.

use jiff::tz::TimeZone;

use crate::ledger::{BatchSummary, JobResult, Ledger, LedgerError};
use crate::report::{BatchReport, LeftOut, ReportRow};

/// What a batch's report says. `None`: there is no such batch.
pub async fn report_of(ledger: &Ledger, batch: &str) -> Result<Option<BatchReport>, LedgerError> {
    let Some(summary) = ledger.records().batch(batch).await? else {
        return Ok(None);
    };
    let results = ledger.records().results(batch, summary.service).await?;
    Ok(Some(report(summary, results)))
}

/// Everything that was done, oldest first, a report for each service.
pub async fn reports_of_all(
    ledger: &Ledger,
    only: Option<&str>,
) -> Result<Vec<BatchReport>, LedgerError> {
    reports_of(ledger, |batch| only.is_none_or(|id| id == batch.id)).await
}

/// The same for chosen batches.
pub async fn reports_of(
    ledger: &Ledger,
    is_chosen: impl Fn(&BatchSummary) -> bool,
) -> Result<Vec<BatchReport>, LedgerError> {
    let mut batches = ledger.records().batches(u32::MAX >> 1).await?;
    batches.retain(is_chosen);
    reports(ledger, batches).await
}

/// What was found in the ledger (wire name of the service, and the result), a report for each
/// service.
pub fn reports_of_found(found: Vec<(String, JobResult)>) -> Vec<BatchReport> {
    let mut all: Vec<BatchReport> = Vec::new();
    for (service, result) in found {
        let Ok(service) = service.parse() else {
            continue;
        };
        let at = result.at.unwrap_or_default();
        match all.iter_mut().find(|report| report.service == service) {
            Some(report) => {
                (report.started, report.finished) =
                    (report.started.min(at), report.finished.max(at));
                report.rows.push(row(result));
            }
            None => all.push(BatchReport {
                service,
                started: at,
                finished: at,
                operator: String::new(),
                portal_user: String::new(),
                portal_url: String::new(),
                program: program(),
                zone: TimeZone::system(),
                left_out: Vec::new(),
                rows: vec![row(result)],
                batch: String::new(),
            }),
        }
    }
    all
}

/// From batches, the newest first.
async fn reports(
    ledger: &Ledger,
    batches: Vec<BatchSummary>,
) -> Result<Vec<BatchReport>, LedgerError> {
    let mut all: Vec<BatchReport> = Vec::new();
    for batch in batches.into_iter().rev() {
        let results = ledger.records().results(&batch.id, batch.service).await?;
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

fn report(batch: BatchSummary, results: Vec<JobResult>) -> BatchReport {
    // A batch that was stopped ends with the last thing that happened in it.
    let last = results.iter().filter_map(|r| r.at).max();
    let finished = batch.finished.or(last).unwrap_or(batch.started);
    let left_out = batch.left_out.as_array().into_iter().flatten().map(|row| {
        let text = |key: &str| {
            row.get(key)
                .and_then(serde_json::Value::as_str)
                .unwrap_or("")
                .to_owned()
        };
        LeftOut {
            row: text("row"),
            account: text("account"),
            why: text("why"),
        }
    });
    BatchReport {
        service: batch.service,
        started: batch.started,
        finished,
        operator: batch.operator,
        portal_user: batch.agent,
        portal_url: batch.portal,
        program: program(),
        zone: TimeZone::system(),
        left_out: left_out.collect(),
        rows: results.into_iter().map(row).collect(),
        batch: batch.id,
    }
}

fn row(result: JobResult) -> ReportRow {
    ReportRow {
        account: result.job.account.to_string(),
        order_id: result.job.order_id,
        payment: result.job.payment,
        customer: result.customer,
        amount: result.conclusion.amount.or(result.job.amount),
        outcome: result.conclusion.outcome,
        proof: result.conclusion.proof,
        transaction_id: result.conclusion.transaction_id,
        message: result.conclusion.message,
        at: result.at,
        attempt: result.attempt,
    }
}

fn program() -> String {
    concat!("GachNo ", env!("CARGO_PKG_VERSION")).to_owned()
}
