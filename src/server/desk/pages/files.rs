//! The files that the pages bring along: anybody may have them.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::server::desk::paper::PRINT_STYLE;
use crate::server::desk::view::assets::{
    ICON, ICON_192, ICON_512, MANIFEST, SCRIPT, STYLE, WORKER,
};
use crate::server::web::route::Route;

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
/// It does not change under its address.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// It is asked for again after a while.
const A_WHILE: &str = "public, max-age=3600";

/// The files' routes.
pub fn routes() -> Vec<Route> {
    vec![
        Route::open(
            "/desk/assets/desk.css",
            get(async || file(CSS, STYLE.as_bytes(), FOR_EVER)),
        ),
        Route::open(
            "/desk/assets/desk.js",
            get(async || file(JS, SCRIPT.as_bytes(), FOR_EVER)),
        ),
        Route::open(
            "/desk/assets/receipt_print.css",
            get(async || file(CSS, PRINT_STYLE.as_bytes(), A_WHILE)),
        ),
        Route::open(
            "/desk/assets/icon.svg",
            get(async || file("image/svg+xml", ICON.as_bytes(), A_WHILE)),
        ),
        Route::open(
            "/desk/assets/icon-192.png",
            get(async || file("image/png", ICON_192, A_WHILE)),
        ),
        Route::open(
            "/desk/assets/icon-512.png",
            get(async || file("image/png", ICON_512, A_WHILE)),
        ),
        Route::open(
            "/desk/manifest.webmanifest",
            get(async || file("application/manifest+json", MANIFEST.as_bytes(), A_WHILE)),
        ),
        Route::open("/desk/sw.js", get(async || worker())),
    ]
}

fn file(kind: &'static str, bytes: &'static [u8], kept: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)];
    (headers, bytes).into_response()
}

/// It stands in front of all pages of the desk, and is asked for anew each time.
fn worker() -> Response {
    let mut response = file(JS, WORKER.as_bytes(), "no-cache");
    response.headers_mut().insert(
        HeaderName::from_static("service-worker-allowed"),
        HeaderValue::from_static("/desk"),
    );
    response
}
