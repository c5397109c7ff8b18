//! The routes of the files that pages bring along.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::assets::{HTMX, ICON, SCRIPT, STYLE};
use super::route::Route;

/// The files' routes: anybody may have them.
pub fn routes() -> Vec<Route> {
    vec![
        Route::open(
            "/admin/assets/style.css",
            get(async || asset("text/css; charset=utf-8", STYLE)),
        ),
        Route::open(
            "/admin/assets/admin.js",
            get(async || asset("text/javascript; charset=utf-8", SCRIPT)),
        ),
        Route::open(
            "/admin/assets/htmx.min.js",
            get(async || asset("text/javascript; charset=utf-8", HTMX)),
        ),
        Route::open(
            "/admin/assets/icon.svg",
            get(async || asset("image/svg+xml", ICON)),
        ),
    ]
}

/// A file that never changes under its address.
fn asset(kind: &'static str, text: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ],
        text,
    )
        .into_response()
}
