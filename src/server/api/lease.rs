//! Jobs are leased, held, armed, given back, each with a fencing token.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::caller::KnownMachine;
use super::whole::{whole, whole_or_none};
use super::{MANY, answers, not_too_many};
use crate::domain::{Service, Vnd};
use crate::server::AppState;
use crate::server::web::extract::{JsonBody, PathParam};
use crate::server::web::problem::Problem;
use crate::store::jobs::{Held, Lease};
use crate::store::machines::Scope;

/// Leases may last this long: shorter than a fail-over loses jobs, longer leaves a dead machine's
/// jobs lying.
const LEASE_MS: std::ops::RangeInclusive<i64> = 5_000..=600_000;

/// Asks for jobs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseRequest {
    /// The service's wire name.
    #[schema(schema_with = answers::service)]
    service: Service,
    /// How many, at most; more than 200 is 200, 0 is 1.
    #[serde(default = "ten", deserialize_with = "whole")]
    #[schema(value_type = i64, minimum = 0, maximum = 4_294_967_295_i64)]
    limit: u32,
    /// How long they are held without a heartbeat (5 000–600 000); without it the shop's setting.
    #[serde(default, deserialize_with = "whole_or_none")]
    lease_ms: Option<i64>,
    /// Who sits at the machine.
    operator: Option<String>,
}

const fn ten() -> u32 {
    10
}

#[utoipa::path(post, path = "/api/jobs/lease", tag = "jobs", request_body = LeaseRequest, responses((status = 200, body = Lease)), security(("machine" = [])),
    description = "Hands out jobs that may be done now, each to one machine only.")]
pub async fn lease(
    State(app): State<AppState>,
    machine: KnownMachine,
    JsonBody(request): JsonBody<LeaseRequest>,
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

async fn lease_ms(app: &AppState, requested: Option<i64>) -> Result<i64, Problem> {
    let wanted = match requested {
        Some(requested) => requested,
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
    #[serde(deserialize_with = "whole")]
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
    #[serde(default, deserialize_with = "whole_or_none")]
    sessions: Option<i64>,
    /// How long the jobs are held from now on.
    #[serde(default, deserialize_with = "whole_or_none")]
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

#[utoipa::path(post, path = "/api/jobs/heartbeat", tag = "jobs", request_body = HeartbeatRequest, responses((status = 200, body = JobAnswers)), security(("machine" = [])),
    description = "Holds jobs for longer. An empty list says that the machine is alive.")]
pub async fn heartbeat(
    State(app): State<AppState>,
    machine: KnownMachine,
    JsonBody(request): JsonBody<HeartbeatRequest>,
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
        Some(app.store().shared_now_ms() + lease_ms),
    ))
}

/// Asks whether a payment may be confirmed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArmRequest {
    /// The fence that the job came with.
    #[serde(deserialize_with = "whole")]
    fence: i64,
    /// The attempt's id, made by the machine.
    attempt: Uuid,
    /// What will be paid, in đồng.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    #[serde(default, deserialize_with = "whole_or_none")]
    amount: Option<Vnd>,
    /// How long the job is held from now on.
    #[serde(default, deserialize_with = "whole_or_none")]
    lease_ms: Option<i64>,
    /// A person has said that an equal top-up of a short while ago shall be made once more.
    #[serde(default)]
    again: bool,
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
pub async fn arm(
    State(app): State<AppState>,
    machine: KnownMachine,
    PathParam(id): PathParam<String>,
    JsonBody(request): JsonBody<ArmRequest>,
) -> Result<Json<ArmAnswer>, Problem> {
    let machine = machine.needs(Scope::Lease)?;
    let lease_ms = lease_ms(&app, request.lease_ms).await?;
    let held = Held {
        id: id.clone(),
        fence: request.fence,
    };
    let jobs = app.store().jobs();
    let (attempt, amount) = (request.attempt, request.amount);
    let armed = if request.again {
        jobs.arm_repeat(machine.id, &held, attempt, amount, lease_ms)
            .await?
    } else {
        jobs.arm(machine.id, &held, attempt, amount, lease_ms)
            .await?
    };
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
pub async fn give_back(
    State(app): State<AppState>,
    machine: KnownMachine,
    JsonBody(request): JsonBody<GiveBackRequest>,
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
