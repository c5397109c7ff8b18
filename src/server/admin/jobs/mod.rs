//! Jobs as people work on them: typed in one by one, looked at, decided.

pub mod by_hand;
mod review;

use axum::routing::{get, post};

use crate::server::web::permission::Right;
use crate::server::web::route::{Need, Route};
use crate::store::catalogue::Area;

/// The routes of jobs.
pub fn routes() -> Vec<Route> {
    let may = |right| Need::May(Area::Jobs, right);
    vec![
        Route::read("/admin/review", may(Right::See), get(review::list)),
        Route::read("/admin/review/{id}", may(Right::See), get(review::show)),
        Route::change(
            "/admin/review/{id}",
            may(Right::Decide),
            post(review::decide),
        )
        .asking(|form| match form.text("resolution") {
            "paid" => Some("Ghi là ĐÃ TRẢ? Không sửa lại được."),
            "not_paid" => Some("Ghi là CHƯA TRẢ và giao làm lại?"),
            "dropped" => Some("Ghi là CHƯA TRẢ và không làm nữa?"),
            _ => None,
        }),
        Route::change(
            "/admin/review/{id}/change",
            may(Right::Edit),
            post(review::change),
        ),
    ]
}
