//! Jobs are added by other programs, and looked at.

#![expect(unused_qualifications, reason = "utoipa's macros write them")]

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::KnownMachine;
use super::whole::whole_or_none;
use super::{answers, not_too_many};
use crate::domain::{JobState, Service};
use crate::server::AppState;
use crate::server::intake::JobText;
use crate::server::web::extract::{JsonBody, PathParam, QueryParams};
use crate::server::web::problem::Problem;
use crate::store::jobs::{Added, JobFilter, JobOrigin, JobView, NewJob};
use crate::store::machines::Scope;

/// Jobs that are added in one request.
const ADD_MAX: usize = 10_000;
/// Jobs on a page.
const PAGE: u32 = 100;
const PAGE_MAX: u32 = 1_000;

/// An amount as sources write it. What is none is refused with its row.
#[derive(Debug, ToSchema)]
#[schema(as = AmountSent)]
#[expect(dead_code, reason = "what is read is any JSON; this describes it")]
#[serde(untagged)]
enum AmountSent {
    /// In đồng.
    Number(f64),
    /// `50.000đ`
    Text(String),
}

/// A job to be added, as any source writes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJobRow {
    /// Bill code, subscriber code or phone number.
    code: String,
    /// A top-up's amount in đồng, or what a debt is expected to be; a number or a text such as
    /// `50.000đ`.
    #[schema(value_type = Option<AmountSent>)]
    amount: Option<serde_json::Value>,
    order_id: Option<String>,
    /// `Nạp trả trước` or `Gạch nợ trả sau`, for the service that has both.
    payment_type: Option<String>,
    receiver_phone: Option<String>,
    period: Option<String>,
    note: Option<String>,
    /// Smaller is earlier; 100 is the usual.
    #[serde(default, deserialize_with = "whole_or_none")]
    priority: Option<i64>,
    /// Not before this time, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    run_at: Option<Timestamp>,
    /// The same key twice from the same machine is the same job; for another job it is refused.
    key: Option<String>,
}

/// Jobs to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddRequest {
    #[schema(schema_with = answers::service)]
    service: Service,
    #[schema(max_items = 10_000)]
    jobs: Vec<NewJobRow>,
}

/// What became of a row.
#[derive(Debug, Serialize, ToSchema)]
pub struct AddAnswer {
    /// Its place in the request, from 0.
    row: usize,
    /// `added`, `repeated` (the same key), `duplicate` (an open job says the same) or `refused`.
    result: &'static str,
    /// The job's id, or the id of the one that says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// For each row.
#[derive(Debug, Serialize, ToSchema)]
pub struct AddAnswers {
    /// How many are new.
    added: usize,
    jobs: Vec<AddAnswer>,
}

#[utoipa::path(post, path = "/api/jobs", tag = "jobs", request_body = AddRequest, responses((status = 200, body = AddAnswers)), security(("machine" = [])),
    description = "Adds jobs. A bad row is named and kept out, the good ones are added.")]
pub async fn add_jobs(
    State(app): State<AppState>,
    machine: KnownMachine,
    JsonBody(request): JsonBody<AddRequest>,
) -> Result<Json<AddAnswers>, Problem> {
    machine.needs(Scope::Write)?;
    not_too_many(request.jobs.len(), ADD_MAX)?;
    let (mut good, mut rows, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    for (at, row) in request.jobs.into_iter().enumerate() {
        match new_job(machine.machine.id, request.service, row) {
            Ok(job) => {
                rows.push(at);
                good.push(job);
            }
            Err(why) => answers.push(AddAnswer {
                row: at,
                result: "refused",
                id: None,
                detail: Some(why),
            }),
        }
    }
    let added = app.store().jobs().add(&good, &machine.actor).await?;
    let count = added
        .iter()
        .filter(|a| matches!(a, Added::Added(_)))
        .count();
    answers.extend(rows.into_iter().zip(added).map(|(row, added)| {
        let (result, id, detail) = match added {
            Added::Added(id) => ("added", id, None),
            Added::Repeated(id) => ("repeated", id, None),
            Added::Duplicate(id) => ("duplicate", id, None),
            Added::KeyTaken(id) => ("refused", id, Some(KEY_TAKEN.to_owned())),
        };
        AddAnswer {
            row,
            result,
            id: Some(id),
            detail,
        }
    }));
    answers.sort_by_key(|a| a.row);
    Ok(Json(AddAnswers {
        added: count,
        jobs: answers,
    }))
}

/// Said where a key is sent again for something else.
const KEY_TAKEN: &str = "khóa này đã gửi cho một việc khác: mỗi việc cần một khóa riêng";

/// A row as a job. `Err`: what is wrong with it, for people.
fn new_job(machine: i64, service: Service, row: NewJobRow) -> Result<NewJob, String> {
    let amount = match row.amount {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    let text = JobText {
        service: String::new(),
        code: row.code,
        amount,
        payment_type: row.payment_type.unwrap_or_default(),
        receiver_phone: row.receiver_phone.unwrap_or_default(),
        order_id: row.order_id.unwrap_or_default(),
        period: row.period.unwrap_or_default(),
        note: row.note.unwrap_or_default(),
        priority: row
            .priority
            .map(|p| p.clamp(0, 1_000_000).to_string())
            .unwrap_or_default(),
    };
    let job = text
        .job(Some(service), JobOrigin::Api)
        .map_err(|fault| fault.why)?;
    Ok(NewJob {
        run_at: row.run_at.map_or(0, Timestamp::as_millisecond),
        key: row.key,
        key_of: Some(machine),
        ..job
    })
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobsQuery {
    #[param(schema_with = answers::service)]
    service: Option<Service>,
    #[param(schema_with = answers::state)]
    state: Option<JobState>,
    code: Option<String>,
    order_id: Option<String>,
    /// `next` of the page before.
    after: Option<i64>,
    /// Jobs on a page; more than 1000 is 1000, 0 is 1.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_i64)]
    limit: Option<u32>,
}

/// A page of jobs, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobsPage {
    jobs: Vec<JobView>,
    /// Goes into `after` for the next page; nothing when this is the last.
    next: Option<i64>,
}

#[utoipa::path(get, path = "/api/jobs", tag = "jobs", params(JobsQuery), responses((status = 200, body = JobsPage)), security(("machine" = [])))]
pub async fn jobs(
    State(app): State<AppState>,
    machine: KnownMachine,
    QueryParams(query): QueryParams<JobsQuery>,
) -> Result<Json<JobsPage>, Problem> {
    machine.needs(Scope::Read)?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let filter = JobFilter {
        service: query.service,
        state: query.state,
        code: query.code,
        order_id: query.order_id,
        after: query.after,
    };
    let jobs = app.store().jobs().list(&filter, limit).await?;
    let next = jobs
        .last()
        .filter(|_| jobs.len() == limit as usize)
        .map(|job| job.number);
    Ok(Json(JobsPage { jobs, next }))
}

#[utoipa::path(get, path = "/api/jobs/{id}", tag = "jobs", responses((status = 200, body = JobView), (status = 404, body = Problem)), security(("machine" = [])),
    params(("id" = String, Path, description = "The job's id")))]
pub async fn job(
    State(app): State<AppState>,
    machine: KnownMachine,
    PathParam(id): PathParam<String>,
) -> Result<Json<JobView>, Problem> {
    machine.needs(Scope::Read)?;
    app.store()
        .jobs()
        .find(&id)
        .await?
        .map(Json)
        .ok_or_else(|| Problem::not_found("Không có việc này."))
}
