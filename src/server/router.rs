//! All routes, behind what holds for every one of them: an id, a line in the log, safe headers.
//!
//! What holds for some of them only, such as bodies, deadlines and content policies, stands at their
//! own router (`web::limits`).

use std::time::Instant;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Request, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{
    MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use uuid::Uuid;

use super::app::AppState;
use super::web::limits::OURS_ALONE;
use super::web::problem::Problem;
use super::{admin, api, desk, messages, metrics, nowhere, pay};

/// Bytes of an address that the log keeps.
const PATH_LOGGED: usize = 200;

#[derive(Clone, Copy)]
struct NewRequestId;

impl MakeRequestId for NewRequestId {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&Uuid::now_v7().to_string())
            .ok()
            .map(RequestId::new)
    }
}

/// All routes, behind what holds for every one of them.
pub fn router(app: AppState) -> Router {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    let headers = ServiceBuilder::new()
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::X_FRAME_OPTIONS, "DENY"))
        .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
        .layer(fixed(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ))
        .layer(fixed(header::CACHE_CONTROL, "no-store"))
        // Where a router says nothing else.
        .layer(fixed(header::CONTENT_SECURITY_POLICY, OURS_ALONE));
    let around = ServiceBuilder::new()
        // A caller's own id is not taken: it would let anybody write into our log.
        .map_request(|mut request: Request<_>| {
            request.headers_mut().remove(REQUEST_ID);
            request
        })
        .layer(SetRequestIdLayer::new(REQUEST_ID, NewRequestId))
        .layer(SetSensitiveRequestHeadersLayer::new([
            header::AUTHORIZATION,
            header::COOKIE,
        ]))
        .layer(TraceLayer::new_for_http().make_span_with(span_of))
        .layer(axum::middleware::from_fn(log))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(headers)
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(|_| {
            Problem::broken().into_response()
        }));
    let is_https = app.config().tls.is_some();
    let routes = Router::new()
        .route("/", get(api::home))
        .route("/metrics", get(metrics::metrics))
        .merge(api::router(&app))
        .merge(admin::router(&app))
        .merge(pay::router(&app))
        .merge(desk::router(&app))
        .merge(messages::router(&app))
        .fallback(nowhere::no_address)
        .method_not_allowed_fallback(nowhere::no_method)
        .layer(axum::middleware::from_fn(metrics::measure))
        .layer(axum::middleware::from_fn(one_host))
        .layer(axum::middleware::from_fn(readable))
        .layer(around)
        .with_state(app);
    // A promise for a year, made only where it can be kept: a proxy in front makes its own.
    if is_https {
        routes.layer(fixed(
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        ))
    } else {
        routes
    }
}

/// What stands in the log about a request; who asked is filled in by whoever finds out.
fn span_of<B>(request: &Request<B>) -> tracing::Span {
    let id = request.headers().get("x-request-id");
    let id = id.and_then(|v| v.to_str().ok()).unwrap_or("");
    // A stranger's address may be 60 kB: the log is no place for it.
    let path = request.uri().path();
    let path = &path[..path.floor_char_boundary(PATH_LOGGED)];
    tracing::info_span!("request", method = %request.method(), path, id, who = tracing::field::Empty)
}

/// One line of the log for each request; what it was and who asked stands in its span.
async fn log(request: axum::extract::Request, next: Next) -> Response {
    let begun = Instant::now();
    let response = next.run(request).await;
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(status = response.status().as_u16(), ms, "answered");
    response
}

/// HTTP/1.1 names its host, once (RFC 9112 §3.2): where two stand, a proxy may have believed the other.
async fn one_host(request: axum::extract::Request, next: Next) -> Response {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if request.version() == Version::HTTP_11 && hosts != 1 {
        let text = "Cần đúng một dòng Host.";
        return Problem::new(StatusCode::BAD_REQUEST, "host", "Bad request", text).into_response();
    }
    next.run(request).await
}

/// An address that is no text is one where nothing is.
async fn readable(request: axum::extract::Request, next: Next) -> Response {
    let path = percent_encoding::percent_decode_str(request.uri().path());
    if path.decode_utf8().is_err() {
        return nowhere::no_address(request.uri().clone(), request.headers().clone()).await;
    }
    next.run(request).await
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
