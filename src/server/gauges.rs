//! Numbers for a monitoring system, in Prometheus' text form.

use std::sync::OnceLock;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::App;
use super::caller::Caller;
use super::problem::Problem;
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
pub async fn measure(State(_): State<App>, request: Request, next: Next) -> Response {
    numbers();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let (method, begun) = (request.method().as_str().to_owned(), Instant::now());
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("gachno_request_seconds", "route" => route.clone(), "method" => method.clone()).record(begun.elapsed().as_secs_f64());
    metrics::counter!("gachno_requests_total", "route" => route, "method" => method, "status" => status).increment(1);
    response
}

pub async fn metrics(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    caller.may_read(Scope::Metrics, false)?;
    for (service, state, count) in app.store().jobs().counts().await? {
        metrics::gauge!("gachno_jobs", "service" => service, "state" => state)
            .set(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    }
    let handle = numbers();
    handle.run_upkeep();
    Ok((
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        handle.render(),
    )
        .into_response())
}
