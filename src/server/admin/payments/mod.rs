//! Customers' payments as the shop's people see them: one with its story, what waits for a person, the
//! daily comparison, statements of a bank, pictures, requests.
//!
//! Lives here: pages. The list of payments is the one of any table. Never here: what becomes of a payment,
//! calls to providers (`server::pay`).
//!
//! *Invariants: who works for a payee sees that payee's payments, and the others are not there; what cannot
//! be taken back is asked twice, by the server; looking changes nothing.*

mod act;
mod compare;
mod pictures;
mod refunds;
mod request;
mod review;
mod statement;
mod story;
mod words;

use axum::routing::{get, post};

use crate::server::AppState;
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::route::{Need, Route};
use crate::server::web::session::Person;
use crate::store::catalogue::Area;
use crate::store::payments::PaymentRow;

/// Letters of a reason, at least.
const REASON_MIN: usize = 5;
/// Letters of a reason, at most.
const REASON_MAX: usize = 250;

/// The routes of payments.
pub fn routes() -> Vec<Route> {
    let may = |right| Need::May(Area::Payments, right);
    let (see, decide) = (may(Right::See), may(Right::Decide));
    let look = |path, handler| Route::read(path, see, handler);
    let change = |path, handler| Route::change(path, decide, handler);
    vec![
        look("/admin/payments/review", get(review::show)),
        look("/admin/payments/compare", get(compare::show)),
        change("/admin/payments/compare", post(compare::run)),
        change("/admin/payments/compare/{id}/seen", post(compare::looked)),
        look("/admin/payments/pictures", get(pictures::show)),
        look("/admin/payments/new", get(request::form)),
        change("/admin/payments/new", post(request::add)),
        look("/admin/payments/requests/{id}", get(request::show)),
        look("/admin/payments/requests/{id}/qr.png", get(request::qr)),
        look("/admin/payments/statement", get(statement::form)),
        look("/admin/payments/statement/{id}", get(statement::show)),
        look("/admin/payments/{id}", get(story::show)),
        look("/admin/payments/{id}/qr.png", get(story::qr)),
        change("/admin/payments/{id}/decide", post(act::decide)),
        change(
            "/admin/payments/{id}/refunds/{refund}",
            post(refunds::settle),
        ),
        change("/admin/payments/{id}/refresh", post(act::refresh)),
        change("/admin/payments/{id}/cancel", post(act::cancel)),
        change("/admin/payments/{id}/transfer", post(act::transfer)),
        change("/admin/payments/unmatched/{id}", post(review::decide)),
    ]
}

/// The routes that carry a file.
pub fn file_routes() -> Vec<Route> {
    statement::file_routes()
}

/// A payment that this person may see.
async fn seen(app: &AppState, person: &Person, id: i64) -> Result<PaymentRow, Problem> {
    let found = app.store().payments().find(id).await?;
    found
        .filter(|row| is_seen(person, Some(row.owner_id)))
        .ok_or_else(Problem::no_page)
}

/// Does this person see what is this payee's?
fn is_seen(person: &Person, payee: Option<i64>) -> bool {
    let own = person.account.payee;
    own.is_none_or(|own| payee == Some(own))
}

/// A reason as it is kept.
fn reason(text: &str) -> Result<String, Problem> {
    if text.chars().count() < REASON_MIN {
        return Err(Problem::bad("Ghi lý do (từ 5 ký tự)."));
    }
    Ok(text.chars().take(REASON_MAX).collect())
}
