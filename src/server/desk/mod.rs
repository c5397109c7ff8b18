//! The collection desk on the wire and on the collector's phone.
//!
//! Lives here: who may ([`who`]), what each call does ([`contract`], [`pay`], [`cash`], [`books`],
//! [`receipt`], [`visit`], [`import`]) as functions that pages and programs share, the routes, and the pages
//! ([`pages`] asks, [`view`] shows, [`paper`] prints). Never here: SQL,
//! rules (`domain::desk`), what becomes of a payment.
//!
//! *Invariants: page and call go through the same function; a refusal is `{"code", "message"}`; somebody
//! else's payment is not there.*

pub mod api;
pub mod books;
pub mod cash;
pub mod contract;
pub mod import;
pub mod pages;
pub mod paper;
pub mod pay;
pub mod receipt;
pub mod settle;
pub mod sheet;
pub mod source;
pub mod view;
pub mod visit;
pub mod wallet;
pub mod who;
pub mod wire;

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};

use super::AppState;
use super::pay::refusal::PayRefusal;
use super::web::limits::RouteLimits;

/// Bytes of what a collector sends.
const BODY_MAX: usize = 64 * 1024;
/// Bytes of a thousand contracts.
const CONTRACTS_MAX: usize = 16 * 1024 * 1024;
/// How long a thousand contracts may take.
const CONTRACTS_DEADLINE: Duration = Duration::from_mins(2);
/// What is answered here is no page, and nothing loads from it.
const DOCUMENTS: &str = "default-src 'none'; frame-ancestors 'none'";

/// All calls of the desk.
pub fn router(app: &AppState) -> Router<AppState> {
    let late = "Máy chủ không trả lời kịp. Thử lại sau ít phút.";
    let calls = RouteLimits {
        body_max: BODY_MAX,
        deadline: app.deadlines().request.max(Duration::from_secs(20)),
        late,
        content_policy: DOCUMENTS,
    };
    let bringing = RouteLimits {
        body_max: CONTRACTS_MAX,
        deadline: CONTRACTS_DEADLINE,
        late,
        content_policy: DOCUMENTS,
    };
    let brought = Router::new().route("/api/contracts", post(api::bring));
    calls
        .around(desk().layer(from_fn(said_as_a_desk)))
        .merge(bringing.around(brought))
        .merge(pages::router(app))
}

fn desk() -> Router<AppState> {
    Router::new()
        .route("/api/desk/contracts", get(api::contracts))
        .route("/api/desk/contracts/{number}", get(api::contract))
        .route("/api/desk/check", post(api::check))
        .route("/api/desk/payments", post(api::begin))
        .route("/api/desk/payments/{id}", get(api::payment))
        .route("/api/desk/payments/{id}/check", post(api::ask))
        .route("/api/desk/payments/{id}/otp", post(api::otp))
        .route("/api/desk/payments/{id}/otp/resend", post(api::resend))
        .route("/api/desk/payments/{id}/cancel", post(api::cancel))
        .route("/api/desk/cash", get(api::cash))
        .route("/api/desk/hand-ins", get(api::hand_ins).post(api::hand_in))
        .route("/api/desk/hand-ins/{id}/confirm", post(api::confirm))
        .route("/api/desk/visits", post(api::visit))
        .route("/api/desk/day", get(api::day))
        .route("/api/desk/book", get(api::book))
        .route(
            "/api/desk/receipts/{number}/cancel",
            post(api::cancel_receipt),
        )
        .route("/api/desk/items/{id}/settle", post(api::settle))
}

/// A refusal is said in the desk's own form.
async fn said_as_a_desk(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match response.extensions().get::<PayRefusal>() {
        Some(refusal) => refusal.at_desk(),
        None => response,
    }
}
