//! Our own server's leased way: take, hold, arm, give back, report. Every call may be sent again
//! without harm.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApiError, JobApi};
use crate::domain::job::Defaults;
use crate::domain::{Intake, JobList, Phone, RawJob, Report, Service, Source, Ticket, Vnd};

/// How long jobs are held without a word from us. Four heartbeats fit into it, and a cluster's
/// fail-over.
pub const LEASE_MS: i64 = 60_000;
/// Longer than a cluster needs to find out that one of its nodes is dead.
const CALL_MAX: Duration = Duration::from_secs(20);
/// Arming is waited for by a payment whose dialog is open.
const ARM_MAX: Duration = Duration::from_secs(8);
/// The server takes no more in one request.
const MANY: usize = 500;

/// Our own server, as this machine.
#[derive(Debug, Clone)]
pub struct JobServer {
    api: JobApi,
}

/// What the server made of a report. It has it in any case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ServerAnswer {
    /// The attempt that was reported.
    pub attempt: String,
    /// `accepted`, `duplicate` or `refused`.
    pub result: String,
    /// Why it was refused, for people.
    #[serde(default)]
    pub detail: Option<String>,
}

/// What the shop wants its operators to read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ShopBanner {
    /// Its title.
    pub name: String,
    /// Its text.
    #[serde(default)]
    pub content: Option<String>,
    /// Where it leads.
    #[serde(default)]
    pub link: Option<String>,
}

/// Why a payment may not be confirmed.
#[derive(Debug, thiserror::Error)]
pub enum Denial {
    /// The server says no: it was given to another machine, its debt is locked, a limit is reached.
    #[error("{0}")]
    Refused(String),
    /// An equal top-up was made a short while ago: a person has to say that it is meant.
    #[error("{0}")]
    Repeat(String),
    /// Nobody knows whether the server said yes.
    #[error("Máy chủ chưa trả lời có cho thanh toán hay không; chưa trả gì. {0}")]
    Unanswered(#[source] ApiError),
}

#[derive(Deserialize)]
struct Lease {
    jobs: Vec<Leased>,
}

#[derive(Deserialize)]
struct Leased {
    id: String,
    fence: i64,
    code: String,
    #[serde(default)]
    amount: Option<i64>,
    #[serde(default)]
    expected_amount: Option<i64>,
    #[serde(default)]
    receiver_phone: Option<String>,
    #[serde(default)]
    payment_type: Option<String>,
    #[serde(default)]
    order_id: Option<String>,
}

#[derive(Deserialize)]
struct Standings {
    jobs: Vec<Standing>,
}

#[derive(Deserialize)]
struct Standing {
    id: String,
    result: String,
}

#[derive(Deserialize)]
struct Answers {
    outcomes: Vec<ServerAnswer>,
}

#[derive(Deserialize)]
struct Banners {
    banners: Vec<ShopBanner>,
}

impl JobServer {
    /// The server behind this API, where it is one of ours and knows this machine's token; `None`
    /// for any other.
    pub async fn behind(api: &JobApi) -> Result<Option<Self>, ApiError> {
        if api.token.is_none() {
            return Ok(None);
        }
        let me = api.get("/api/me", api.health_max).await?;
        Ok(me
            .filter(|me| me.get("scopes").is_some())
            .map(|_| Self::new(api.clone())))
    }

    /// The server behind this API, without asking.
    pub fn new(api: JobApi) -> Self {
        Self { api }
    }

    /// Takes jobs, each for this machine alone. They are held for [`LEASE_MS`], longer by
    /// [`Self::heartbeat`].
    pub async fn lease(
        &self,
        service: Service,
        limit: u16,
        operator: &str,
        overrides: Defaults,
    ) -> Result<Intake, ApiError> {
        let body = json!({ "service": service, "limit": limit, "lease_ms": LEASE_MS, "operator": operator });
        let lease: Lease = self.ask("/api/jobs/lease", &body).await?;
        // One that all have is the batch's, and can be seen and changed before it begins; else each
        // job keeps its own.
        let first = lease
            .jobs
            .first()
            .and_then(|job| job.receiver_phone.clone());
        let is_shared = lease.jobs.iter().all(|job| job.receiver_phone == first);
        let receiver_phone = first
            .filter(|_| is_shared)
            .and_then(|phone| phone.parse::<Phone>().ok());
        let rows = lease
            .jobs
            .into_iter()
            .enumerate()
            .map(|(place, job)| RawJob {
                row: format!("việc {}", place + 1),
                account: job.code,
                amount: job
                    .amount
                    .or(job.expected_amount)
                    .map(|dong| dong.to_string()),
                order_id: job.order_id,
                payment: job.payment_type,
                receiver: job.receiver_phone.filter(|_| !is_shared),
                ticket: Some(Ticket {
                    source: Source::Server,
                    id: job.id,
                    fence: job.fence,
                }),
            });
        Ok(Intake {
            list: JobList::check(service, overrides, rows),
            receiver_phone,
            ..Intake::default()
        })
    }

    /// Holds these for longer; returns those that are no longer ours. With none it says that the
    /// machine is alive.
    pub async fn heartbeat(
        &self,
        held: &[Ticket],
        sessions: usize,
    ) -> Result<Vec<Ticket>, ApiError> {
        let mut lost = Vec::new();
        for some in chunks(held) {
            let body = json!({ "jobs": jobs(some), "sessions": sessions, "lease_ms": LEASE_MS });
            let standings: Standings = self.ask("/api/jobs/heartbeat", &body).await?;
            lost.extend(
                some.iter()
                    .filter(|ticket| {
                        standings
                            .jobs
                            .iter()
                            .any(|j| j.id == ticket.id && j.result != "ok")
                    })
                    .cloned(),
            );
        }
        Ok(lost)
    }

    /// May this attempt be confirmed? Only after `Ok` anything may be pressed. Asked again by
    /// itself where the way there failed: the same attempt is armed once, however often it asks.
    /// `is_repeat_meant`: a person has said that an equal top-up shall be made once more.
    pub async fn arm(
        &self,
        ticket: &Ticket,
        attempt: &str,
        amount: Vnd,
        is_repeat_meant: bool,
    ) -> Result<(), Denial> {
        let path = format!("/api/jobs/{}/arm", ticket.id);
        let body = json!({ "fence": ticket.fence, "attempt": attempt, "amount": amount, "lease_ms": LEASE_MS, "again": is_repeat_meant });
        let ask = || self.api.send(Method::POST, &path, Some(&body), ARM_MAX);
        match ask.retry(backoff(2)).when(ApiError::is_of_the_way).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(Denial::Refused("Máy chủ không có việc này.".to_owned())),
            Err(error) if error.is_of_the_way() => Err(Denial::Unanswered(error)),
            Err(ApiError::Server { message, code, .. }) if code == "repeat" => {
                Err(Denial::Repeat(message))
            }
            Err(ApiError::Server {
                status: 400..=499,
                message,
                ..
            }) => Err(Denial::Refused(message)),
            Err(error @ ApiError::Denied { .. }) => Err(Denial::Refused(error.to_string())),
            Err(error) => Err(Denial::Unanswered(error)),
        }
    }

    /// Gives back what was not begun.
    pub async fn give_back(&self, tickets: &[Ticket], reason: &str) -> Result<(), ApiError> {
        for some in chunks(tickets).filter(|some| !some.is_empty()) {
            let mut jobs = jobs(some);
            for job in &mut jobs {
                job["reason"] = reason.into();
            }
            let _: Standings = self
                .ask("/api/jobs/give-back", &json!({ "jobs": jobs }))
                .await?;
        }
        Ok(())
    }

    /// Tells outcomes; an answer for each that arrived.
    pub async fn report(&self, reports: &[Report]) -> Result<Vec<ServerAnswer>, ApiError> {
        let answers: Answers = self
            .ask("/api/outcomes", &json!({ "outcomes": reports }))
            .await?;
        Ok(answers.outcomes)
    }

    /// What the shop wants its operators to read.
    pub async fn banners(&self) -> Result<Vec<ShopBanner>, ApiError> {
        let Some(value) = self.api.get("/api/banners", self.api.health_max).await? else {
            return Ok(Vec::new());
        };
        let read: Banners = serde_json::from_value(value).map_err(ApiError::NotJson)?;
        Ok(read.banners)
    }

    async fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, ApiError> {
        let ask = || self.api.send(Method::POST, path, Some(body), CALL_MAX);
        let value = ask.retry(backoff(2)).when(ApiError::is_of_the_way).await?;
        let value = value.ok_or_else(|| ApiError::Server {
            status: StatusCode::NOT_FOUND.as_u16(),
            message: path.to_owned(),
            code: String::new(),
        })?;
        serde_json::from_value(value).map_err(ApiError::NotJson)
    }
}

fn backoff(times: usize) -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_times(times)
        .with_jitter()
}

/// At least one, so that an empty list is said too.
fn chunks(tickets: &[Ticket]) -> impl Iterator<Item = &[Ticket]> {
    std::iter::once(&tickets[..tickets.len().min(MANY)])
        .chain(tickets.get(MANY..).unwrap_or_default().chunks(MANY))
}

fn jobs(tickets: &[Ticket]) -> Vec<Value> {
    tickets
        .iter()
        .map(|ticket| json!({ "id": ticket.id, "fence": ticket.fence }))
        .collect()
}
