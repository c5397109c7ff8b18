//! The files of our own that pages bring along: a style sheet, a script, htmx, an icon.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::route::Route;
use crate::store::digest;

/// The style sheet.
pub const STYLE: &str = include_str!("../../../assets/admin/style.css");
/// The script of our own: what htmx does not do.
pub const SCRIPT: &str = include_str!("../../../assets/admin/admin.js");
/// htmx 2.0.11, as it was published (0BSD).
pub const HTMX: &str = include_str!("../../../assets/admin/htmx.min.js");

/// What stands in the browser's tab.
pub const ICON: &str = include_str!("../../../assets/admin/icon.svg");

/// Changes with the assets, so that browsers may keep them for ever.
pub static ASSETS: LazyLock<String> =
    LazyLock::new(|| digest([STYLE, SCRIPT, HTMX, ICON].concat().as_bytes())[..12].to_owned());

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn htmx_is_the_published_file() {
        assert_eq!(
            digest(HTMX.as_bytes()),
            "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
        );
    }
}
