//! Letters as the shop's people see them: one with its attempts, what they say, how these words look.
//!
//! Lives here: pages. The list of letters is the one of any table. Never here: sending what waits.

mod one;
mod templates;

use axum::routing::{get, post};

use crate::server::web::permission::Right;
use crate::server::web::route::{Need, Route};
use crate::store::catalogue::Area;

/// The routes of letters.
pub fn routes() -> Vec<Route> {
    let may = |right| Need::May(Area::Payments, right);
    let (see, edit) = (may(Right::See), may(Right::Edit));
    let change = |path, handler| Route::change(path, edit, handler);
    vec![
        Route::read("/admin/letters/{id}", see, get(one::show)),
        change("/admin/letters/{id}/again", post(one::again)),
        Route::read("/admin/templates", see, get(templates::list)),
        Route::read("/admin/templates/{owner}/{kind}", see, get(templates::show)),
        change("/admin/templates/{owner}/{kind}", post(templates::save)),
        change(
            "/admin/templates/{owner}/{kind}/preview",
            post(templates::preview),
        ),
        change(
            "/admin/templates/{owner}/{kind}/test",
            post(templates::test),
        ),
        change(
            "/admin/templates/{owner}/{kind}/drop",
            post(templates::drop_own),
        ),
    ]
}
