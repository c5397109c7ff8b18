//! The job API: jobs are leased, armed, reported, each with a fencing token; and added by other
//! programs.

#![expect(unused_qualifications, reason = "utoipa's macros write them")]

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::App;
use super::caller::{Caller, KnownMachine};
use super::problem::Problem;
use crate::domain::{JobState, Outcome, Proof, Report, Service, Vnd};
use crate::server::intake::JobText;
use crate::store::catalogue::LeaseRefusal;
use crate::store::jobs::{
    Added, Held, JobFilter, JobSource, JobView, Lease, NewJob, ReportVerdict,
};
use crate::store::machines::Scope;

/// Leases may last this long: shorter than a fail-over loses jobs, longer leaves a dead machine's
/// jobs lying.
const LEASE_MS: std::ops::RangeInclusive<i64> = 5_000..=600_000;
/// Jobs, heartbeats, outcomes in one request.
const MANY: usize = 500;
/// Jobs that are added in one request.
const ADD_MAX: usize = 10_000;
/// Jobs on a page.
const PAGE: u32 = 100;
const PAGE_MAX: u32 = 1_000;

/// The routes.
pub fn router() -> Router<App> {
    Router::new()
        .route("/api/jobs/lease", post(lease))
        .route("/api/jobs/heartbeat", post(heartbeat))
        .route("/api/jobs/{id}/arm", post(arm))
        .route("/api/jobs/give-back", post(give_back))
        .route("/api/outcomes", post(outcomes))
        .route("/api/jobs", get(jobs).post(add_jobs))
        .route("/api/jobs/{id}", get(job))
        .route("/api/banners", get(banners))
        .route("/api/me", get(me))
}

/// JSON in, a problem document where it is none.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let parsed: Result<Json<T>, JsonRejection> = Json::from_request(request, app).await;
        parsed
            .map(|Json(body)| Self(body))
            .map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "too_large",
                    "The request is too large",
                    "Yêu cầu quá lớn. Chia nhỏ rồi gửi lại.",
                ),
                _ => Problem::bad_request(format!(
                    "Nội dung không đúng dạng: {}",
                    rejection.body_text()
                )),
            })
    }
}

/// A query string, or a problem document.
pub struct QueryParams<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for QueryParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &App,
    ) -> Result<Self, Problem> {
        let parsed: Result<axum::extract::Query<T>, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, app).await;
        parsed
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|e| Problem::bad_request(format!("Tham số không đúng: {}", e.body_text())))
    }
}

/// A part of the path, or a problem document.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &App,
    ) -> Result<Self, Problem> {
        let parsed: Result<axum::extract::Path<T>, PathRejection> =
            axum::extract::Path::from_request_parts(parts, app).await;
        parsed
            .map(|axum::extract::Path(path)| Self(path))
            .map_err(|_| Problem::not_found("Không có địa chỉ này."))
    }
}

/// Asks for jobs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseRequest {
    /// The service's wire name.
    #[schema(value_type = String, example = "gach_dien_evn")]
    service: Service,
    /// How many, at most (1–200).
    #[serde(default = "ten")]
    limit: u32,
    /// How long they are held without a heartbeat (5 000–600 000); without it the shop's setting.
    lease_ms: Option<i64>,
    /// Who sits at the machine.
    operator: Option<String>,
}

const fn ten() -> u32 {
    10
}

#[utoipa::path(post, path = "/api/jobs/lease", tag = "jobs", request_body = LeaseRequest, responses((status = 200, body = Lease)), security(("machine" = [])),
    description = "Hands out jobs that may be done now, each to one machine only.")]
async fn lease(
    State(app): State<App>,
    machine: KnownMachine,
    Body(request): Body<LeaseRequest>,
) -> Result<Json<Lease>, Problem> {
    let machine = machine.needs(Scope::Lease)?;
    let lease_ms = lease_ms(&app, request.lease_ms).await?;
    if request.operator.is_some() {
        app.store()
            .machines()
            .heard_of(machine, None, None, request.operator.as_deref())
            .await?;
    }
    let lease = app
        .store()
        .jobs()
        .lease(machine.id, request.service, request.limit.max(1), lease_ms)
        .await?;
    metrics::counter!("gachno_jobs_leased_total", "service" => request.service.spec().wire)
        .increment(lease.jobs.len() as u64);
    Ok(Json(lease))
}

async fn lease_ms(app: &App, asked: Option<i64>) -> Result<i64, Problem> {
    let wanted = match asked {
        Some(asked) => asked,
        None => app.shop().await?.lease_ms,
    };
    Ok(wanted.clamp(*LEASE_MS.start(), *LEASE_MS.end()))
}

/// A job that a machine speaks of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldJob {
    /// Its id.
    id: String,
    /// The fence that it came with.
    fence: i64,
    /// Why it is given back.
    reason: Option<String>,
}

/// What a machine still works on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatRequest {
    #[schema(max_items = 500)]
    jobs: Vec<HeldJob>,
    /// How many logins are alive.
    sessions: Option<i64>,
    /// How long the jobs are held from now on.
    lease_ms: Option<i64>,
}

/// Does the machine still have the job?
#[derive(Debug, Serialize, ToSchema)]
pub struct JobAnswer {
    id: String,
    /// `ok` or `lost`: from then on nothing may be confirmed for it.
    result: &'static str,
}

/// For each job.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobAnswers {
    jobs: Vec<JobAnswer>,
    /// Held until then.
    until_ms: Option<i64>,
}

fn answers(jobs: Vec<HeldJob>, kept: Vec<bool>, until_ms: Option<i64>) -> Json<JobAnswers> {
    let jobs = jobs
        .into_iter()
        .zip(kept)
        .map(|(job, ok)| JobAnswer {
            id: job.id,
            result: if ok { "ok" } else { "lost" },
        })
        .collect();
    Json(JobAnswers { jobs, until_ms })
}

fn not_too_many(count: usize, most: usize) -> Result<(), Problem> {
    if count > most {
        Err(Problem::bad_request(format!(
            "Nhiều nhất {most} dòng trong một yêu cầu; có {count}."
        )))
    } else {
        Ok(())
    }
}

#[utoipa::path(post, path = "/api/jobs/heartbeat", tag = "jobs", request_body = HeartbeatRequest, responses((status = 200, body = JobAnswers)), security(("machine" = [])),
    description = "Holds jobs for longer. An empty list says that the machine is alive.")]
async fn heartbeat(
    State(app): State<App>,
    machine: KnownMachine,
    Body(request): Body<HeartbeatRequest>,
) -> Result<Json<JobAnswers>, Problem> {
    let machine = machine.needs(Scope::Lease)?;
    not_too_many(request.jobs.len(), MANY)?;
    let lease_ms = lease_ms(&app, request.lease_ms).await?;
    if let Some(sessions) = request.sessions {
        app.store()
            .machines()
            .heard_of(machine, None, Some(sessions.clamp(0, 10_000)), None)
            .await?;
    }
    let held: Vec<Held> = request
        .jobs
        .iter()
        .map(|j| Held {
            id: j.id.clone(),
            fence: j.fence,
        })
        .collect();
    let alive = app
        .store()
        .jobs()
        .heartbeat(machine.id, &held, lease_ms)
        .await?;
    Ok(answers(
        request.jobs,
        alive,
        Some(app.store().now_ms() + lease_ms),
    ))
}

/// Asks whether a payment may be confirmed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArmRequest {
    /// The fence that the job came with.
    fence: i64,
    /// The attempt's id, made by the machine.
    attempt: Uuid,
    /// What will be paid, in đồng.
    #[schema(value_type = Option<i64>)]
    amount: Option<Vnd>,
    /// How long the job is held from now on.
    lease_ms: Option<i64>,
}

/// The payment may be confirmed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArmAnswer {
    id: String,
    /// Held until then; a heartbeat holds it for longer. When it runs out, the job is in doubt.
    until_ms: i64,
}

#[utoipa::path(post, path = "/api/jobs/{id}/arm", tag = "jobs", request_body = ArmRequest, responses((status = 200, body = ArmAnswer), (status = 409, body = Problem)),
    security(("machine" = [])), params(("id" = String, Path, description = "The job's id")),
    description = "Before the confirming click, with the amount that will be confirmed (a top-up's is the ordered one; without an amount every limit refuses). After a 200 the job is never handed out again by itself; after anything else nothing may be confirmed.")]
async fn arm(
    State(app): State<App>,
    machine: KnownMachine,
    Path(id): Path<String>,
    Body(request): Body<ArmRequest>,
) -> Result<Json<ArmAnswer>, Problem> {
    let machine = machine.needs(Scope::Lease)?;
    let lease_ms = lease_ms(&app, request.lease_ms).await?;
    let held = Held {
        id: id.clone(),
        fence: request.fence,
    };
    let armed = app
        .store()
        .jobs()
        .arm(machine.id, &held, request.attempt, request.amount, lease_ms)
        .await?;
    let label = armed
        .as_ref()
        .map_or_else(|refusal| refusal.wire(), |_| "armed");
    metrics::counter!("gachno_arms_total", "result" => label).increment(1);
    Ok(Json(ArmAnswer {
        id,
        until_ms: armed?,
    }))
}

/// What a machine does not want to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveBackRequest {
    #[schema(max_items = 500)]
    jobs: Vec<HeldJob>,
}

#[utoipa::path(post, path = "/api/jobs/give-back", tag = "jobs", request_body = GiveBackRequest, responses((status = 200, body = JobAnswers)), security(("machine" = [])),
    description = "Gives jobs back that were not armed. What was armed cannot be given back, only reported.")]
async fn give_back(
    State(app): State<App>,
    machine: KnownMachine,
    Body(request): Body<GiveBackRequest>,
) -> Result<Json<JobAnswers>, Problem> {
    let machine = machine.needs(Scope::Lease)?;
    not_too_many(request.jobs.len(), MANY)?;
    let held: Vec<_> = request
        .jobs
        .iter()
        .map(|j| {
            (
                Held {
                    id: j.id.clone(),
                    fence: j.fence,
                },
                j.reason.clone(),
            )
        })
        .collect();
    let given = app.store().jobs().give_back(machine.id, &held).await?;
    Ok(answers(request.jobs, given, None))
}

/// How an attempt ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeReport {
    /// The attempt's id, made by the machine. The same report may be sent any number of times.
    attempt: Uuid,
    /// The job's id.
    job: String,
    /// The fence that it came with.
    fence: i64,
    #[schema(value_type = String, example = "paid")]
    outcome: Outcome,
    /// How much moved, in đồng.
    #[schema(value_type = Option<i64>)]
    amount: Option<Vnd>,
    /// The portal's number.
    transaction_id: Option<String>,
    #[schema(value_type = String, example = "response")]
    #[serde(default = "nothing")]
    proof: Proof,
    /// The portal's words.
    message: Option<String>,
    /// The machine's time, RFC 3339.
    #[schema(value_type = Option<String>)]
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
async fn outcomes(
    State(app): State<App>,
    machine: KnownMachine,
    Body(request): Body<OutcomesRequest>,
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

/// A job to be added, as any source writes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJobRow {
    /// Bill code, subscriber code or phone number.
    code: String,
    /// A top-up's amount in đồng, or what a debt is expected to be; a number or a text such as
    /// `50.000đ`.
    #[schema(value_type = Option<i64>)]
    amount: Option<serde_json::Value>,
    order_id: Option<String>,
    /// `Nạp trả trước` or `Gạch nợ trả sau`, for the service that has both.
    payment_type: Option<String>,
    receiver_phone: Option<String>,
    period: Option<String>,
    note: Option<String>,
    /// Smaller is earlier; 100 is the usual.
    priority: Option<i64>,
    /// Not before this time, RFC 3339.
    #[schema(value_type = Option<String>)]
    run_at: Option<Timestamp>,
    /// The same key twice is the same job.
    key: Option<String>,
}

/// Jobs to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddRequest {
    #[schema(value_type = String, example = "gach_dien_evn")]
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
async fn add_jobs(
    State(app): State<App>,
    machine: KnownMachine,
    Body(request): Body<AddRequest>,
) -> Result<Json<AddAnswers>, Problem> {
    machine.needs(Scope::Write)?;
    not_too_many(request.jobs.len(), ADD_MAX)?;
    let (mut good, mut rows, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    for (at, row) in request.jobs.into_iter().enumerate() {
        match new_job(request.service, row) {
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
        let (result, id) = match added {
            Added::Added(id) => ("added", id),
            Added::Repeated(id) => ("repeated", id),
            Added::Duplicate(id) => ("duplicate", id),
        };
        AddAnswer {
            row,
            result,
            id: Some(id),
            detail: None,
        }
    }));
    answers.sort_by_key(|a| a.row);
    Ok(Json(AddAnswers {
        added: count,
        jobs: answers,
    }))
}

/// A row as a job. `Err`: what is wrong with it, for people.
fn new_job(service: Service, row: NewJobRow) -> Result<NewJob, String> {
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
        .job(Some(service), JobSource::Api)
        .map_err(|fault| fault.why)?;
    Ok(NewJob {
        run_at: row.run_at.map_or(0, Timestamp::as_millisecond),
        key: row.key,
        ..job
    })
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct JobsQuery {
    #[param(value_type = Option<String>)]
    service: Option<Service>,
    #[param(value_type = Option<String>)]
    state: Option<JobState>,
    code: Option<String>,
    order_id: Option<String>,
    /// `next` of the page before.
    after: Option<i64>,
    /// Jobs on a page (1–1000).
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
async fn jobs(
    State(app): State<App>,
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
async fn job(
    State(app): State<App>,
    machine: KnownMachine,
    Path(id): Path<String>,
) -> Result<Json<JobView>, Problem> {
    machine.needs(Scope::Read)?;
    app.store()
        .jobs()
        .find(&id)
        .await?
        .map(Json)
        .ok_or_else(|| Problem::not_found("Không có việc này."))
}

/// A banner of the operator's window.
#[derive(Debug, Serialize, ToSchema)]
pub struct BannerView {
    name: String,
    content: Option<String>,
    position: Option<String>,
    link: Option<String>,
    link_to: Option<String>,
}

#[utoipa::path(get, path = "/api/banners", tag = "window", responses((status = 200, body = [BannerView])))]
async fn banners(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let shop = app.shop().await?;
    caller
        .machine
        .as_ref()
        .map_or_else(|| caller.may_read(Scope::Read, shop.open_data), |_| Ok(()))?;
    let shown = app
        .store()
        .banners()
        .shown()
        .await?
        .into_iter()
        .map(|b| BannerView {
            name: b.name,
            content: b.content,
            position: b.position,
            link: b.link,
            link_to: b.link_to,
        });
    Ok(Json(serde_json::json!({ "banners": shown.collect::<Vec<_>>() })).into_response())
}

/// Who the server takes the caller for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    name: String,
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
    /// The server's time, in milliseconds since 1970.
    now_ms: i64,
    /// How long a job is held when the machine does not say.
    lease_ms: i64,
}

#[utoipa::path(get, path = "/api/me", tag = "window", responses((status = 200, body = Me), (status = 401, body = Problem)), security(("machine" = [])))]
async fn me(State(app): State<App>, machine: KnownMachine) -> Result<Json<Me>, Problem> {
    let lease_ms = app.shop().await?.lease_ms;
    Ok(Json(Me {
        name: machine.machine.name,
        scopes: machine.machine.scopes,
        now_ms: app.store().now_ms(),
        lease_ms,
    }))
}
