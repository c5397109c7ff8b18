//! The old way to get jobs: the whole list of a service, as every client since 2025 reads it.
//!
//! A list is no lease: two machines that read it both have it. It is for clients that know nothing
//! else, and for looking.

use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::App;
use super::caller::Caller;
use super::problem::Problem;
use crate::domain::{PaymentType, Service};
use crate::store::jobs::JobView;
use crate::store::machines::Scope;

/// Jobs in a list. What does not fit comes with the next one.
const LIST_MAX: u32 = 10_000;

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/health", get(health))
        .route("/api/data/{service}", get(data))
        .route("/api/public/services/{service}/data", get(public_data))
}

#[utoipa::path(get, path = "/api/health", tag = "lists", responses((status = 200, description = "It works, the database answers"), (status = 503)))]
async fn health(State(app): State<App>) -> Response {
    let timestamp = jiff::Timestamp::now().as_duration().as_secs_f64();
    match app.store().ping().await {
        Ok(()) => Json(json!({ "status": "success", "message": "API server is running", "timestamp": timestamp })).into_response(),
        Err(error) => {
            tracing::error!(error = format!("{:#}", anyhow::Error::from(error)), "the database does not answer");
            let told = json!({ "status": "error", "message": "Database is not available", "timestamp": timestamp });
            (StatusCode::SERVICE_UNAVAILABLE, Json(told)).into_response()
        }
    }
}

#[utoipa::path(get, path = "/api/data/{service}", tag = "lists", params(("service" = String, Path, description = "The service's wire name")),
    responses((status = 200, description = "The open jobs of the service, in the keys of old"), (status = 404, description = "Unknown service")), security((), ("machine" = [])),
    description = "Needs a machine's token (`jobs:read`), unless the setting `open_data` is on or the caller is a program on the server's own computer.")]
async fn data(
    State(app): State<App>,
    Path(service): Path<String>,
    asked: axum::extract::Request,
) -> Response {
    list(&app, &service, asked, |service| service.spec().api_name).await
}

#[utoipa::path(get, path = "/api/public/services/{service}/data", tag = "lists", params(("service" = String, Path, description = "The service's wire name")),
    responses((status = 200, description = "The same, with the service's wire name and the source")), security((), ("machine" = [])))]
async fn public_data(
    State(app): State<App>,
    Path(service): Path<String>,
    asked: axum::extract::Request,
) -> Response {
    list(&app, &service, asked, |service| service.spec().wire).await
}

async fn list(
    app: &App,
    service: &str,
    asked: axum::extract::Request,
    name: impl Fn(Service) -> &'static str,
) -> Response {
    let Ok(service) = service.parse::<Service>() else {
        return (
            StatusCode::NOT_FOUND,
            Json(json!({ "status": "error", "message": "Service type not found" })),
        )
            .into_response();
    };
    let (mut parts, _) = asked.into_parts();
    let told = async {
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        content(app, service, &caller).await
    };
    match told.await {
        Ok(data) => Json(
            json!({ "status": "success", "service": name(service), "data": data, "source": "db" }),
        )
        .into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn content(app: &App, service: Service, caller: &Caller) -> Result<Value, Problem> {
    let shop = app.shop().await?;
    caller.may_read(Scope::Read, shop.open_data)?;
    let jobs = app.store().open_jobs(service, LIST_MAX).await?;
    let mut data = shape(service, &jobs);
    if service.spec().takes_receiver_phone {
        let own = jobs
            .iter()
            .find_map(|j| j.receiver_phone.clone())
            .or(Some(shop.receiver_phone).filter(|p| !p.is_empty()));
        data.extend(own.map(|phone| ("receiver_phone".to_owned(), Value::from(phone))));
    }
    // Only a machine that may pay gets the PIN, and only where the owner has put one here.
    if service.is_payment() && caller.machine.as_ref().is_some_and(|m| m.may(Scope::Lease)) {
        match app.vault().unseal(&shop.pin_sealed) {
            Ok(pin) => {
                data.extend(pin.map(|pin| ("pin".to_owned(), Value::from(pin.expose_secret()))))
            }
            Err(error) => tracing::error!(%error, "the PIN in the settings cannot be opened"),
        }
    }
    Ok(Value::Object(data))
}

/// The keys of old, with `code_order_map` for where each came from. In it, and in the lists, an
/// amount stands behind a bar.
fn shape(service: Service, jobs: &[JobView]) -> Map<String, Value> {
    let code = |job: &JobView| {
        job.amount.map_or_else(
            || job.code.clone(),
            |amount| format!("{}|{amount}", job.code),
        )
    };
    let mut data = Map::new();
    data.insert(
        service.spec().list_key.to_owned(),
        jobs.iter().map(code).collect(),
    );
    if service == Service::TopUpMulti {
        data.insert(
            "phone_amount_pairs".to_owned(),
            jobs.iter()
                .map(|j| json!({ "phone": j.code, "amount": j.amount }))
                .collect(),
        );
        let is_all = |payment: PaymentType| {
            !jobs.is_empty()
                && jobs
                    .iter()
                    .all(|j| j.payment_type.as_deref() == Some(payment.label()))
        };
        let payment = [PaymentType::Prepaid, PaymentType::Postpaid]
            .into_iter()
            .find(|p| is_all(*p));
        data.extend(payment.map(|p| ("payment_type".to_owned(), Value::from(p.label()))));
    }
    let newest = jobs
        .iter()
        .max_by_key(|j| j.number)
        .and_then(|j| j.order_id.clone());
    data.insert(
        "order_id".to_owned(),
        newest.map_or(Value::Null, Value::from),
    );
    let map = jobs
        .iter()
        .filter(|j| j.order_id.is_some())
        .map(|j| json!({ "code": code(j), "orderId": j.order_id }));
    data.insert("code_order_map".to_owned(), map.collect());
    data
}
