//! Customers' payments on the wire: what programs call, what providers tell, what a payer sees.
//!
//! Lives here: who asks ([`who`]), what comes in ([`input`]) and goes out ([`shown`], [`page`],
//! [`refusal`]), and the cashier, which carries payments between the store and their providers. Never
//! here: SQL, signatures, what becomes of a payment.
//!
//! *Invariants: an intent is durable before a provider is called; what a provider tells is believed by its
//! signature alone; a return address books nothing; somebody else's payment is not there.*

pub mod act;
mod back;
mod begin;
mod books;
pub mod cashier;
pub mod decide;
mod facts;
mod health;
pub mod input;
mod kept;
pub mod letter;
mod look;
pub mod make;
mod news;
pub(in crate::server) mod page;
pub(in crate::server) mod path;
pub mod refund;
pub mod refusal;
pub mod shown;
mod state;
mod stream;
pub mod turn;
mod webhook;
pub mod who;
pub mod wire;

pub use facts::next_question;
pub use state::PayState;

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};

use super::AppState;
use super::web::limits::RouteLimits;
use super::web::preferred::{wants_json, wants_page};

/// Bytes of what anybody sends.
const BODY_MAX: usize = 64 * 1024;
/// Pages load from nobody but us and send to nobody but us. A provider's page is a link, and no form's goal.
const PAY_PAGES: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// All routes of payments.
pub fn router(app: &AppState) -> Router<AppState> {
    let limits = RouteLimits {
        body_max: BODY_MAX,
        deadline: app.deadlines().request.max(Duration::from_secs(20)),
        late: "Máy chủ không trả lời kịp. Thử lại sau ít phút.",
        content_policy: PAY_PAGES,
    };
    limits.around(calls().merge(news()).merge(pages()))
}

/// What programs call: documents, whoever asks.
fn calls() -> Router<AppState> {
    Router::new()
        .route("/api/bookings", post(make::add_booking))
        .route("/api/bookings/{id}", get(make::booking))
        .route("/api/payment-requests", post(make::add_request))
        .route("/api/payment-requests/{id}", get(make::request))
        .route("/api/payments", get(books::list))
        .route("/api/payments/books", get(books::books))
        .route("/api/payments/unmatched", get(books::unmatched))
        .route("/api/payments/unmatched/{id}/attach", post(books::attach))
        .route("/api/payments/{id}", get(books::one))
        .route("/api/payments/{id}/transfers", post(books::transfer))
        .route("/api/payments/{id}/decide", post(books::decide))
        .route("/api/notifications/check", get(news::check))
        .route("/api/notifications/read", post(news::read))
        .route("/health/payment", get(health::health))
}

/// What providers tell.
fn news() -> Router<AppState> {
    Router::new()
        .route("/webhook/payos", post(webhook::payos_any))
        .route("/webhook/payos/health", get(webhook::payos_health))
        .route("/webhook/payos/{owner}", post(webhook::payos_of))
        .route("/webhook/wallet", post(webhook::from_wallet))
        .route("/payment/vnpay/ipn", get(webhook::vnpay_ipn))
}

/// What payers see: pages, or documents where a program asks.
fn pages() -> Router<AppState> {
    let css = || async { page::asset("text/css; charset=utf-8", page::STYLE) };
    let script = || async { page::asset("text/javascript; charset=utf-8", page::SCRIPT) };
    Router::new()
        .route("/payment", get(look::own))
        .route("/payment/process_payment", post(begin::process))
        .route("/payment/status/{id}", get(look::status))
        .route("/payment/success/{id}", get(look::ended))
        .route("/payment/failed/{id}", get(look::ended))
        .route("/payment/qr/{id}", get(look::qr))
        .route("/payment/qr/{id}/qr.png", get(look::qr_picture))
        .route("/payment/refresh-status/{id}", get(look::refresh))
        .route("/payment/events/{id}", get(stream::of_payment))
        .route("/payment/cancel/{id}", post(act::cancel))
        .route("/payment/otp/{id}", post(act::otp))
        .route("/payment/otp/{id}/resend", post(act::resend))
        .route("/payment/return", get(back::come_back))
        .route("/payment/vnpay/return", get(webhook::vnpay_return))
        .route("/pay/assets/pay.css", get(css))
        .route("/pay/assets/pay.js", get(script))
        .route("/pay/{token}", get(look::guest))
        .route("/pay/{token}/refresh", get(look::guest_refresh))
        .route("/pay/{token}/events", get(stream::of_guest))
        .route("/pay/{token}/qr.png", get(look::guest_qr_picture))
        .route("/pay/{token}/cancel", post(act::guest_cancel))
        .layer(from_fn(dressed))
}

/// A refusal is a page where a person asked: a browser that navigates says that it takes pages.
async fn dressed(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_person = wants_page(headers) && !wants_json(headers);
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    if !is_person {
        return response;
    }
    // From what was done to the page on which it was pressed.
    let back = path
        .strip_suffix("/cancel")
        .filter(|path| path.starts_with("/pay/"));
    page::refused(response, back)
}
