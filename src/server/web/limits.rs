//! What holds for every route of a router: how large a body may be, how long an answer may take, what
//! its pages may load and where they may send.
//!
//! Each router is mounted with its own: what a file may weigh is not what a form may weigh, and a page
//! that leads to a payment provider may send there what no other page may.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use tower_http::set_header::SetResponseHeaderLayer;

use super::problem::Problem;
use crate::server::AppState;

/// Pages load and send to nobody but us.
pub const OURS_ALONE: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// The limits of a router.
#[derive(Debug, Clone, Copy)]
pub struct RouteLimits {
    /// Bytes of a body.
    pub body_max: usize,
    /// How long an answer may take, the body's way here included.
    pub deadline: Duration,
    /// What is said where it took longer.
    pub late: &'static str,
    /// The Content-Security-Policy of its pages.
    pub content_policy: &'static str,
}

impl RouteLimits {
    /// The router within these limits.
    pub fn around(self, router: Router<AppState>) -> Router<AppState> {
        let in_time = move |request: Request, next: Next| async move {
            // Nobody waits for ever, neither for us nor for a body that does not come.
            match tokio::time::timeout(self.deadline, next.run(request)).await {
                Ok(response) => response,
                Err(_) => Problem::late(self.late).into_response(),
            }
        };
        router
            .layer(DefaultBodyLimit::max(self.body_max))
            .layer(from_fn(in_time))
            .layer(SetResponseHeaderLayer::if_not_present(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static(self.content_policy),
            ))
    }
}
