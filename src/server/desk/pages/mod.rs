//! The desk's pages: for a thumb on a phone first. They ask what the calls ask, and draw what comes of it.
//!
//! Lives here: forms read, pages drawn. Never here: rules, SQL, what becomes of money.

mod cash;
mod contract;
mod day;
mod draw;
mod files;
mod list;
mod manage;
mod me;
mod notify;
mod payment;
mod receipt;
mod stream;
mod visit;
mod visit_form;

pub use receipt::paper_of;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::server::AppState;
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::guard::guarded;
use crate::server::web::limits::{OURS_ALONE, RouteLimits};
use crate::server::web::preferred::wants_page;
use crate::server::web::problem::Problem;
use crate::server::web::route::{Need, Route};

/// Bytes of a form.
const FORM_MAX: usize = 64 * 1024;
/// What is said where an answer took too long.
const LATE: &str = "Máy chủ không trả lời kịp. Mở lại hợp đồng xem đã ghi chưa rồi mới thu lại.";

/// All pages of the desk, each with who may use it.
pub fn routes() -> Vec<Route> {
    let mut routes = files::routes();
    routes.extend(page_routes());
    routes.extend(manage::routes());
    routes.extend(manage::file_routes());
    routes
}

fn page_routes() -> Vec<Route> {
    let read = |path, handler| Route::read(path, Need::Desk, handler);
    let change = |path, handler| Route::change(path, Need::Desk, handler);
    vec![
        read("/desk", get(list::today)),
        read("/desk/search", get(list::search)),
        read("/desk/contracts/{number}", get(contract::show)),
        change("/desk/contracts/{number}/pay", post(contract::pay)),
        change("/desk/contracts/{number}/visit", post(visit::keep)),
        read("/desk/payments/{id}", get(payment::show)),
        read("/desk/payments/{id}/refresh", get(payment::refresh)),
        read("/desk/payments/{id}/events", get(stream::events)),
        read("/desk/payments/{id}/qr.png", get(payment::qr)),
        read("/desk/payments/{id}/print", get(receipt::print)),
        read("/desk/payments/{id}/receipt.pdf", get(receipt::pdf)),
        change("/desk/payments/{id}/check", post(payment::check)),
        change("/desk/payments/{id}/otp", post(payment::otp)),
        change("/desk/payments/{id}/otp/resend", post(payment::resend)),
        change("/desk/payments/{id}/cancel", post(payment::cancel)),
        change("/desk/payments/{id}/void", post(payment::void)),
        read("/desk/cash", get(cash::show)),
        change("/desk/hand-ins", post(cash::hand_in)),
        read("/desk/day", get(day::show)),
        read("/desk/me", get(me::show)),
        // For whoever holds a receipt.
        Route::open("/receipts/{token}", get(receipt::genuine)),
        Route::open("/receipts/{token}/pdf", get(receipt::public_pdf)),
    ]
}

/// The pages' routes, each behind its guard and within its limits.
pub fn router(app: &AppState) -> Router<AppState> {
    let pages = RouteLimits {
        body_max: FORM_MAX,
        deadline: app
            .deadlines()
            .request
            .max(std::time::Duration::from_secs(20)),
        late: LATE,
        content_policy: OURS_ALONE,
    };
    // Files come in over slow lines, and many rows take their time.
    let files = RouteLimits {
        body_max: manage::BODY_MAX,
        deadline: app.deadlines().import,
        ..pages
    };
    let csrf = CsrfLayer::new().with_rejection_response(|_: ProtectionError| {
        Problem::refused("Yêu cầu này đến từ trang khác nên không được nhận.").into_response()
    });
    let mut forms = files::routes();
    forms.extend(page_routes());
    forms.extend(manage::routes());
    let nowhere = Router::new().route("/desk/{*rest}", get(async || Problem::no_page()));
    Router::new()
        .merge(pages.around(guarded(app, forms).merge(nowhere)))
        .merge(files.around(guarded(app, manage::file_routes())))
        .layer(csrf)
        .layer(from_fn(dressed))
}

/// A refusal is a page of the desk where a person asked, else a document.
async fn dressed(request: Request, next: Next) -> Response {
    let is_person = wants_page(request.headers());
    let response = next.run(request).await;
    if is_person {
        return draw::refused(response);
    }
    match response.extensions().get::<PayRefusal>() {
        Some(refusal) => refusal.at_desk(),
        None => response,
    }
}
