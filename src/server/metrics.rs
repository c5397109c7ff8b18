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
use crate::domain::{JobState, Service};
use crate::store::machines::Scope;

static NUMBERS: OnceLock<PrometheusHandle> = OnceLock::new();

/// One recorder for the process; a second server in it counts into the same.
fn numbers() -> &'static PrometheusHandle {
    NUMBERS.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("somebody else counts already; /metrics stays empty");
        }
        handle
    })
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
        metrics::gauge!("gachno_jobs", "service" => service, "state" => state)
            .set(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    }
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
            .set(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    }
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
