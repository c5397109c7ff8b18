//! The API that programs use: machines lease jobs and report them, others add them and look.
//!
//! Lives here: what goes over the wire, and who asks. The routes and their description come from one
//! place ([`described`]). Never here: rules about jobs, cookies.

mod answers;
mod caller;
mod docs;
mod jobs;
mod lease;
mod lists;
mod outcomes;
mod whole;
mod window;

pub use caller::Caller;
pub use docs::home;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::web::limits::{OURS_ALONE, RouteLimits};
use super::web::problem::Problem;

/// Jobs, heartbeats, outcomes in one request.
const MANY: usize = 500;
/// Bytes of a request: ten thousand jobs take less.
const BODY_MAX: usize = 4 * 1024 * 1024;

/// The routes, and what the description says of them.
pub fn described() -> (Router<AppState>, OpenApi) {
    let (calls, description) = OpenApiRouter::with_openapi(docs::about())
        .routes(routes!(lists::health))
        .routes(routes!(lists::data))
        .routes(routes!(lists::public_data))
        .routes(routes!(lease::lease))
        .routes(routes!(lease::heartbeat))
        .routes(routes!(lease::arm))
        .routes(routes!(lease::give_back))
        .routes(routes!(outcomes::outcomes))
        .routes(routes!(jobs::jobs, jobs::add_jobs))
        .routes(routes!(jobs::job))
        .routes(routes!(window::banners))
        .routes(routes!(window::me))
        .split_for_parts();
    (calls, answers::complete(answers::with_problem(description)))
}

/// The routes within their limits.
pub fn router(app: &AppState) -> Router<AppState> {
    let (calls, description) = described();
    let limits = RouteLimits {
        body_max: BODY_MAX,
        deadline: app.deadlines().request,
        late: "Máy chủ không trả lời kịp. Thử lại sau ít phút.",
        content_policy: OURS_ALONE,
    };
    limits.around(calls.merge(docs::router(description)))
}

fn not_too_many(count: usize, most: usize) -> Result<(), Problem> {
    if count > most {
        Err(Problem::bad_request(format!(
            "Nhiều nhất {most} dòng trong một yêu cầu; có {count}."
        )))
    } else {
        Ok(())
    }
}
