//! Numbers for a monitoring system, in Prometheus' text form.

use std::sync::OnceLock;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::AppState;
use super::api::Caller;
use super::web::problem::Problem;
use crate::domain::letter::LetterChannel;
use crate::domain::payment::PaymentTask;
use crate::domain::{JobState, Service};
use crate::store::StoreError;
use crate::store::machines::Scope;

mod described;

static NUMBERS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Upper ends of the buckets that times are counted in, in seconds. Counts in fixed buckets can be added up over
/// servers, which quantiles cannot, and need the same memory however much is counted.
const SECONDS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// One recorder for the process; a second server in it counts into the same.
fn numbers() -> &'static PrometheusHandle {
    NUMBERS.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        // Err: no buckets at all, and these are some.
        let builder = builder
            .set_buckets(&SECONDS)
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("somebody else counts already; /metrics stays empty");
        }
        described::all();
        handle
    })
}

/// Counts from now on, and says what there is to count.
pub fn begin() {
    numbers();
}

/// Counts and times every request, by its route and not by its path: ids in it are nobody's
/// business.
pub async fn measure(request: Request, next: Next) -> Response {
    numbers();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let (method, begun) = (method_of(request.method()), Instant::now());
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("gachno_request_seconds", "route" => route.clone(), "method" => method)
        .record(begun.elapsed().as_secs_f64());
    metrics::counter!("gachno_requests_total", "route" => route, "method" => method, "status" => status).increment(1);
    response
}

pub async fn metrics(State(app): State<AppState>, caller: Caller) -> Result<Response, Problem> {
    caller.may_read(Scope::Metrics, false)?;
    let counts = app.store().jobs().counts().await?;
    // A state that has become empty says so, instead of its last number.
    for (service, state) in Service::ALL.iter().flat_map(|s| {
        JobState::ALL
            .iter()
            .map(move |state| (s.spec().wire, state.wire()))
    }) {
        let count = counts
            .iter()
            .find(|(of, is, _)| of == service && is == state)
            .map_or(0, |(.., count)| *count);
        metrics::gauge!("gachno_jobs", "service" => service, "state" => state).set(number(count));
    }
    let is_writable = !app.writes().is_failing();
    metrics::gauge!("gachno_database_writable").set(f64::from(u8::from(is_writable)));
    letters(&app).await?;
    payments(&app).await?;
    sum_up();
    let handle = numbers();
    Ok((
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        handle.render(),
    )
        .into_response())
}

/// Letters that wait and that were given up.
async fn letters(app: &AppState) -> Result<(), StoreError> {
    let letters = app.store().letters().counts().await?;
    for (channel, state) in LetterChannel::ALL
        .iter()
        .flat_map(|channel| ["waiting", "given_up"].map(|state| (channel.wire(), state)))
    {
        let count = letters
            .iter()
            .find(|(of, is, _)| of == channel && is == state)
            .map_or(0, |(.., count)| *count);
        metrics::gauge!("gachno_letters", "channel" => channel, "state" => state)
            .set(number(count));
    }
    Ok(())
}

/// Customers' payments: what is open, since when, and what a person has to look at.
async fn payments(app: &AppState) -> Result<(), StoreError> {
    let (open, oldest) = app.store().payments().questions().open_age().await?;
    metrics::gauge!("gachno_payments_open").set(number(open));
    let age_ms = oldest.map_or(0, |at| app.store().now_ms() - at);
    metrics::gauge!("gachno_payment_open_age_seconds").set(number(age_ms.max(0) / 1_000));
    let counts = app.store().payments().questions().task_counts().await?;
    for task in PaymentTask::ALL {
        let of_task = counts.iter().find(|(of, _)| of == task.wire());
        metrics::gauge!("gachno_payment_tasks", "task" => task.wire())
            .set(number(of_task.map_or(0, |(_, count)| *count)));
    }
    let (count, sum) = app.store().money_books().unmatched_open().await?;
    metrics::gauge!("gachno_unmatched_open").set(number(count));
    metrics::gauge!("gachno_unmatched_open_dong").set(number(sum));
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to nine quadrillion, and a number for a picture"
)]
const fn number(count: i64) -> f64 {
    count as f64
}

/// Sums up the samples that have come since the last time: without that they pile up.
pub fn sum_up() {
    numbers().run_upkeep();
}

/// A label for the method: there are as many words for one as anybody likes to send.
fn method_of(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}
