//! The web admin: pages for people, drawn on the server; htmx adds, it does not carry.
//!
//! Lives here: the pages of the shop's own people, a room each. [`routes`] is all of them, each with
//! who may use it. Never here: SQL, rules about jobs or money, sessions and permissions (`web`).
//!
//! *Invariants: a route cannot be added without saying who may use it; every change is a POST that another site cannot
//! send; a column's or table's name comes from the catalogue; no secret and no hash reaches a page;
//! a refusal shows an id and never a cause.*

mod dashboard;
mod guide;
mod import;
mod jobs;
mod letters;
mod machines;
mod notifications;
mod payments;
mod people;
mod providers;
mod reach;
mod settings;
mod tables;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::web::guard::guarded;
use super::web::limits::{OURS_ALONE, RouteLimits};
use super::web::origin::Origin;
use super::web::page::dressed;
use super::web::problem::Problem;
use super::web::route::{Need, Route};
use super::web::{asset_routes, paths};
use super::{AppState, door};

/// Bytes of a form.
const FORM_MAX: usize = 1024 * 1024;
/// What is said where an answer took too long: it may have been carried out all the same.
const LATE: &str = "Máy chủ không trả lời kịp. Mở lại trang và xem việc đã xong chưa.";

/// All routes of the admin, each with who may use it.
pub fn routes() -> Vec<Route> {
    page_routes().into_iter().chain(all_file_routes()).collect()
}

fn all_file_routes() -> Vec<Route> {
    let mut routes = import::file_routes();
    routes.extend(payments::file_routes());
    routes
}

fn page_routes() -> Vec<Route> {
    let first = Route::read(paths::HOME, Need::SignedIn, get(dashboard::show));
    asset_routes::routes()
        .into_iter()
        .chain(door::routes())
        .chain([first])
        .chain(jobs::routes())
        .chain(import::routes())
        .chain(people::routes())
        .chain(machines::routes())
        .chain(settings::routes())
        .chain(providers::routes())
        .chain(letters::routes())
        .chain(notifications::routes())
        .chain(payments::routes())
        .chain(tables::routes())
        .chain(guide::routes())
        .collect()
}

/// The admin's routes, each behind its guard and within its limits.
pub fn router(app: &AppState) -> Router<AppState> {
    let pages = RouteLimits {
        body_max: FORM_MAX,
        deadline: app.deadlines().request,
        late: LATE,
        content_policy: OURS_ALONE,
    };
    // Files come in over slow lines, and many rows take their time.
    let files = RouteLimits {
        body_max: import::BODY_MAX,
        deadline: app.deadlines().import,
        ..pages
    };
    let csrf = CsrfLayer::new().with_rejection_response(|_: ProtectionError| {
        Problem::refused("Yêu cầu này đến từ trang khác nên không được nhận.").into_response()
    });
    let nowhere = Router::new().route("/admin/{*rest}", get(async || Problem::no_page()));
    Router::new()
        .merge(pages.around(guarded(app, page_routes()).merge(nowhere)))
        .merge(files.around(guarded(app, all_file_routes())))
        .layer(csrf)
        .layer(from_fn_with_state(app.clone(), dress))
}

/// Draws refusals with the request's id, and says that TLS is here to stay where there is TLS.
async fn dress(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let from = Origin::of(&parts, &app);
    let response = next.run(Request::from_parts(parts, body)).await;
    let mut response = dressed(response, &from.request_id, from.is_part);
    if from.is_secure {
        response.headers_mut().insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    response
}
