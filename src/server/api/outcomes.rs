//! What machines say of their attempts.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::caller::KnownMachine;
use super::whole::{whole, whole_or_none};
use super::{MANY, answers, not_too_many};
use crate::domain::{Outcome, Proof, Report, Vnd};
use crate::server::AppState;
use crate::server::web::extract::JsonBody;
use crate::server::web::problem::Problem;
use crate::store::catalogue::LeaseRefusal;
use crate::store::digest;
use crate::store::jobs::ReportVerdict;
use crate::store::machines::Scope;

/// Letters that are kept of a report that cannot be read.
const UNREADABLE_MAX: usize = 4_000;

/// How an attempt ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeReport {
    /// The attempt's id, made by the machine. The same report may be sent any number of times.
    attempt: Uuid,
    /// The job's id.
    job: String,
    /// The fence that it came with.
    #[serde(deserialize_with = "whole")]
    fence: i64,
    #[schema(schema_with = answers::outcome)]
    outcome: Outcome,
    /// How much moved, in đồng.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    #[serde(default, deserialize_with = "whole_or_none")]
    amount: Option<Vnd>,
    /// The portal's number.
    transaction_id: Option<String>,
    #[schema(schema_with = answers::proof)]
    #[serde(default = "nothing")]
    proof: Proof,
    /// The portal's words.
    message: Option<String>,
    /// The machine's time, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// Who sat at the machine.
    operator: Option<String>,
}

const fn nothing() -> Proof {
    Proof::None
}

/// What a machine has to tell.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is described so, and read one by one")]
pub struct OutcomesRequest {
    #[schema(max_items = 500)]
    outcomes: Vec<OutcomeReport>,
}

/// The same as it came, not yet read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    outcomes: Vec<Box<RawValue>>,
}

/// What became of a report. It is kept in any case and need not be sent again.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeAnswer {
    #[schema(format = "uuid")]
    attempt: String,
    job: String,
    /// `accepted`, `duplicate` or `refused`.
    result: &'static str,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
}

/// For each report.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeAnswers {
    outcomes: Vec<OutcomeAnswer>,
}

#[utoipa::path(post, path = "/api/outcomes", tag = "jobs", request_body = OutcomesRequest, responses((status = 200, body = OutcomeAnswers)), security(("machine" = [])),
    description = "Takes outcomes, each once. What comes too late or from a stranger moves nothing and is kept for a person. A payment is done where it was armed and has a proof; else it is in doubt.")]
pub async fn outcomes(
    State(app): State<AppState>,
    machine: KnownMachine,
    JsonBody(request): JsonBody<Sent>,
) -> Result<Json<OutcomeAnswers>, Problem> {
    let machine = machine.needs(Scope::Lease)?;
    not_too_many(request.outcomes.len(), MANY)?;
    let shop = app.shop().await?;
    let jobs = app.store().jobs();
    let mut outcomes = Vec::with_capacity(request.outcomes.len());
    for sent in &request.outcomes {
        let (report, verdict) = match serde_json::from_str::<OutcomeReport>(sent.get()) {
            Ok(read) => {
                let report = report(read);
                let verdict = jobs.report_one(machine.id, &report, &shop).await?;
                (report, verdict)
            }
            // The others of this call have moved money: none of them waits for this one to be mended.
            Err(why) => {
                tracing::warn!(%why, machine = machine.id, "a report cannot be read; it is kept as it came");
                let report = unreadable(sent.get(), &why);
                let verdict = jobs.keep_unreadable(machine.id, &report).await?;
                (report, verdict)
            }
        };
        outcomes.push(answer(report, verdict));
    }
    Ok(Json(OutcomeAnswers { outcomes }))
}

fn answer(report: Report, verdict: ReportVerdict) -> OutcomeAnswer {
    let (result, refusal) = match verdict {
        ReportVerdict::Accepted => ("accepted", None),
        ReportVerdict::Duplicate => ("duplicate", None),
        ReportVerdict::Refused(refusal) => ("refused", Some(refusal)),
    };
    metrics::counter!("gachno_outcomes_total", "outcome" => report.outcome.wire(), "result" => result)
        .increment(1);
    OutcomeAnswer {
        attempt: report.attempt,
        job: report.job,
        result,
        reason: refusal.map(LeaseRefusal::wire),
        detail: refusal.map(LeaseRefusal::advice),
    }
}

/// What can be kept of a report that cannot be read: its words, and whose they seem to be.
fn unreadable(raw: &str, why: &serde_json::Error) -> Report {
    let read: Value = serde_json::from_str(raw).unwrap_or_default();
    let text = |name: &str, most: usize| -> String {
        let text = read.get(name).and_then(Value::as_str).unwrap_or_default();
        text.chars().take(most).collect()
    };
    let said: String = raw.chars().take(UNREADABLE_MAX).collect();
    // Where it names no attempt its own words do: the same report twice is one.
    let attempt = Some(text("attempt", 36)).filter(|attempt| !attempt.is_empty());
    Report {
        attempt: attempt.unwrap_or_else(|| digest(raw.as_bytes())[..36].to_owned()),
        job: text("job", 64),
        fence: read
            .get("fence")
            .and_then(Value::as_i64)
            .unwrap_or_default(),
        outcome: Outcome::Unknown,
        amount: None,
        transaction_id: None,
        proof: Proof::None,
        message: Some(format!("Không đọc được ({why}): {said}")),
        at: None,
        operator: None,
    }
}

fn report(sent: OutcomeReport) -> Report {
    let cut =
        |text: Option<String>, most: usize| text.map(|t| t.chars().take(most).collect::<String>());
    Report {
        attempt: sent.attempt.to_string(),
        job: sent.job.chars().take(64).collect(),
        fence: sent.fence,
        outcome: sent.outcome,
        amount: sent.amount,
        transaction_id: cut(sent.transaction_id, 255),
        proof: sent.proof,
        message: cut(sent.message, 10_000),
        at: sent.at,
        operator: cut(sent.operator, 255),
    }
}
