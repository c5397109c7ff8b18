//! What machines say of their attempts.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
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
use crate::store::jobs::ReportVerdict;
use crate::store::machines::Scope;

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
pub struct OutcomesRequest {
    #[schema(max_items = 500)]
    outcomes: Vec<OutcomeReport>,
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
    JsonBody(request): JsonBody<OutcomesRequest>,
) -> Result<Json<OutcomeAnswers>, Problem> {
    let machine = machine.needs(Scope::Lease)?;
    not_too_many(request.outcomes.len(), MANY)?;
    let shop = app.shop().await?;
    let reports: Vec<Report> = request.outcomes.into_iter().map(report).collect();
    let verdicts = app
        .store()
        .jobs()
        .report(machine.id, &reports, &shop)
        .await?;
    let answered = reports.into_iter().zip(verdicts).map(|(report, verdict)| {
        let (result, refusal) = match verdict {
            ReportVerdict::Accepted => ("accepted", None),
            ReportVerdict::Duplicate => ("duplicate", None),
            ReportVerdict::Refused(refusal) => ("refused", Some(refusal)),
        };
        metrics::counter!("gachno_outcomes_total", "outcome" => report.outcome.wire(), "result" => result).increment(1);
        OutcomeAnswer { attempt: report.attempt, job: report.job, result, reason: refusal.map(LeaseRefusal::wire), detail: refusal.map(LeaseRefusal::advice) }
    });
    Ok(Json(OutcomeAnswers {
        outcomes: answered.collect(),
    }))
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
