//! What is answered while the database is being made ready: that, to everybody, and when to ask again.
//!
//! An old shop's database takes a while at the first start. A balancer, a machine and a person are told what
//! the server is at, instead of finding nobody there.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::web::limits::OURS_ALONE;
use super::web::page::dressed;
use super::web::preferred::wants_page;
use super::web::problem::Problem;
use crate::store::Doing;

/// When to ask again.
const AGAIN_S: u64 = 5;

/// What stands behind the door: first the word that the server starts, then its routes.
#[derive(Debug, Clone, Default)]
pub(super) struct StartingGate {
    inside: Arc<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    ready: OnceLock<Router>,
    starting: OnceLock<Router>,
    doing: Mutex<Option<Doing>>,
}

impl StartingGate {
    /// Whoever asks now is answered by this.
    pub fn router(&self) -> Router {
        let ready = self.inside.ready.get();
        let now = ready.unwrap_or_else(|| self.inside.starting.get_or_init(|| self.starting()));
        now.clone()
    }

    /// The server is at this.
    pub fn at(&self, doing: Doing) {
        *self.doing() = Some(doing);
    }

    /// From now on these answer.
    pub fn open(&self, router: Router) {
        // Err: it is open.
        let _ = self.inside.ready.set(router);
    }

    fn doing(&self) -> std::sync::MutexGuard<'_, Option<Doing>> {
        let doing = &self.inside.doing;
        doing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn starting(&self) -> Router {
        let (health, rest) = (self.clone(), self.clone());
        Router::new()
            .route(
                "/api/health",
                get(async move || health.told_to_a_balancer()),
            )
            .fallback(async move |headers: HeaderMap| rest.told(&headers))
    }

    fn told_to_a_balancer(&self) -> Response {
        let doing = *self.doing();
        let mut body = json!({
            "status": "starting",
            "message": "The database is being made ready",
            "timestamp": jiff::Timestamp::now().as_duration().as_secs_f64(),
        });
        if let Some(doing) = doing {
            body["doing"] = doing.to_string().into();
        }
        match doing {
            Some(Doing::Shaping { table, at, of }) => {
                body["progress"] = json!({ "table": table, "done": at, "of": of, "unit": "steps" });
            }
            Some(Doing::Filling { table, done, of }) => {
                body["progress"] =
                    json!({ "table": table, "done": done, "of": of, "unit": "rows" });
            }
            Some(Doing::Waiting) | None => {}
        }
        let mut response = (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, AGAIN_S.into());
        headers.insert(
            header::CACHE_CONTROL,
            header::HeaderValue::from_static("no-store"),
        );
        response
    }

    fn told(&self, headers: &HeaderMap) -> Response {
        let at = self.doing().map(|doing| format!(" Đang {doing}."));
        let detail = format!(
            "Máy chủ đang khởi động.{} Thử lại sau ít giây.",
            at.unwrap_or_default()
        );
        let response = Problem::starting(detail).after(AGAIN_S).into_response();
        let mut response = if wants_page(headers) {
            dressed(response, "", false)
        } else {
            response
        };
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CACHE_CONTROL, "no-store"),
            (header::CONTENT_SECURITY_POLICY, OURS_ALONE),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            headers.insert(name, header::HeaderValue::from_static(value));
        }
        response
    }
}
