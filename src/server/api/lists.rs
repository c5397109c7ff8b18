//! The old way to get jobs: the whole list of a service, as every client since 2025 reads it.
//!
//! A list is no lease: two machines that read it both have it. It is for clients that know nothing
//! else, and for looking.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use crate::domain::{PaymentType, Service};
use crate::server::AppState;
use crate::server::web::extract::PathParam;
use crate::server::web::problem::{Problem, RETRY_AFTER_S};
use crate::store::jobs::JobView;
use crate::store::machines::Scope;

/// Jobs in a list. What does not fit comes with the next one.
const LIST_MAX: u32 = 10_000;

#[utoipa::path(get, path = "/api/health", tag = "lists", responses((status = 200, body = Health, description = "It works, the database answers and can be written"), (status = 503, body = Health, description = "It does not; ask again after `Retry-After` seconds")))]
pub async fn health(State(app): State<AppState>) -> Response {
    let message = match app.store().pulse().ping().await {
        Ok(()) if app.writes().is_failing() => "Database cannot be written",
        Ok(()) => {
            return Json(Health {
                status: "success",
                message: "API server is running",
                timestamp: now_s(),
            })
            .into_response();
        }
        Err(error) => {
            let error = format!("{:#}", anyhow::Error::from(error));
            tracing::error!(error, "the database does not answer");
            "Database is not available"
        }
    };
    let body = Health {
        status: "error",
        message,
        timestamp: now_s(),
    };
    let again = [(header::RETRY_AFTER, RETRY_AFTER_S.to_string())];
    (StatusCode::SERVICE_UNAVAILABLE, again, Json(body)).into_response()
}

/// How the server is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `success`, `error`, or `starting` while the database is made ready.
    status: &'static str,
    /// In English.
    message: &'static str,
    /// The server's time, in seconds since 1970.
    timestamp: f64,
}

/// A list as every client since 2025 reads it.
#[derive(Serialize, ToSchema)]
pub struct OldAnswer {
    /// `success`
    status: &'static str,
    service: &'static str,
    #[schema(value_type = Object)]
    data: OldList,
    /// `db`
    source: &'static str,
}

/// No, in the words of old.
#[derive(Serialize, ToSchema)]
pub struct OldRefusal {
    /// `error`
    status: &'static str,
    message: &'static str,
}

fn now_s() -> f64 {
    jiff::Timestamp::now().as_duration().as_secs_f64()
}

#[utoipa::path(get, path = "/api/data/{service}", tag = "lists", params(("service" = String, Path, description = "The service's wire name")),
    responses((status = 200, body = OldAnswer, description = "The open jobs of the service, in the keys of old"), (status = 404, body = OldRefusal, description = "Unknown service")), security((), ("machine" = [])),
    description = "Needs a machine's token (`jobs:read`), unless the setting `open_data` is on or the caller is a program on the server's own computer.")]
pub async fn data(
    State(app): State<AppState>,
    PathParam(service): PathParam<String>,
    request: axum::extract::Request,
) -> Response {
    list(&app, &service, request, |service| service.spec().api_name).await
}

#[utoipa::path(get, path = "/api/public/services/{service}/data", tag = "lists", params(("service" = String, Path, description = "The service's wire name")),
    responses((status = 200, body = OldAnswer, description = "The same, with the service's wire name and the source"), (status = 404, body = OldRefusal, description = "Unknown service")), security((), ("machine" = [])))]
pub async fn public_data(
    State(app): State<AppState>,
    PathParam(service): PathParam<String>,
    request: axum::extract::Request,
) -> Response {
    list(&app, &service, request, |service| service.spec().wire).await
}

async fn list(
    app: &AppState,
    service: &str,
    request: axum::extract::Request,
    name: impl Fn(Service) -> &'static str,
) -> Response {
    let Ok(service) = service.parse::<Service>() else {
        return (
            StatusCode::NOT_FOUND,
            Json(OldRefusal {
                status: "error",
                message: "Service type not found",
            }),
        )
            .into_response();
    };
    let (mut parts, _) = request.into_parts();
    let listed = async {
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        content(app, service, &caller).await
    };
    match listed.await {
        Ok(data) => Json(OldAnswer {
            status: "success",
            service: name(service),
            data,
            source: "db",
        })
        .into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn content(app: &AppState, service: Service, caller: &Caller) -> Result<OldList, Problem> {
    let shop = app.shop().await?;
    caller.may_read(Scope::Read, shop.open_data)?;
    let jobs = app.store().jobs().open(service, LIST_MAX).await?;
    let mut list = OldList::of(service, &jobs);
    if service.spec().takes_receiver_phone {
        list.receiver_phone = jobs
            .iter()
            .find_map(|j| j.receiver_phone.clone())
            .or(Some(shop.receiver_phone).filter(|p| !p.is_empty()));
    }
    // Only a machine that may pay gets the PIN, and only where the owner has put one here.
    if service.is_payment() && caller.machine.as_ref().is_some_and(|m| m.may(Scope::Lease)) {
        match app.vault().unseal(&shop.pin_sealed) {
            Ok(pin) => list.pin = pin.map(|pin| pin.expose_secret().to_owned()),
            Err(error) => tracing::error!(%error, "the PIN in the settings cannot be opened"),
        }
    }
    Ok(list)
}

/// A list as every client since 2025 reads it. In it an amount stands behind a bar.
#[derive(Serialize)]
struct OldList {
    /// The codes, under the service's own name for them.
    #[serde(flatten)]
    codes: BTreeMap<&'static str, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_amount_pairs: Option<Vec<PhoneAmount>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_type: Option<&'static str>,
    /// Of the newest job.
    order_id: Option<String>,
    /// Where each code came from.
    code_order_map: Vec<CodeOrder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receiver_phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<String>,
}

#[derive(Serialize)]
struct PhoneAmount {
    phone: String,
    amount: Option<i64>,
}

#[derive(Serialize)]
struct CodeOrder {
    code: String,
    #[serde(rename = "orderId")]
    order_id: String,
}

impl OldList {
    fn of(service: Service, jobs: &[JobView]) -> Self {
        let is_multi = service == Service::TopUpMulti;
        let pair = |job: &JobView| PhoneAmount {
            phone: job.code.clone(),
            amount: job.amount,
        };
        let origin = |job: &JobView| {
            Some(CodeOrder {
                code: code_of(job),
                order_id: job.order_id.clone()?,
            })
        };
        let newest = jobs.iter().max_by_key(|j| j.number);
        Self {
            codes: BTreeMap::from([(service.spec().list_key, jobs.iter().map(code_of).collect())]),
            phone_amount_pairs: is_multi.then(|| jobs.iter().map(pair).collect()),
            payment_type: payment_of(jobs).filter(|_| is_multi),
            order_id: newest.and_then(|j| j.order_id.clone()),
            code_order_map: jobs.iter().filter_map(origin).collect(),
            receiver_phone: None,
            pin: None,
        }
    }
}

fn code_of(job: &JobView) -> String {
    job.amount.map_or_else(
        || job.code.clone(),
        |amount| format!("{}|{amount}", job.code),
    )
}

/// The payment type that all of them have.
fn payment_of(jobs: &[JobView]) -> Option<&'static str> {
    [PaymentType::Prepaid, PaymentType::Postpaid]
        .map(PaymentType::label)
        .into_iter()
        .find(|label| {
            !jobs.is_empty()
                && jobs
                    .iter()
                    .all(|j| j.payment_type.as_deref() == Some(*label))
        })
}
