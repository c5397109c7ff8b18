//! A file as an answer that a browser saves.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// What a workbook is called on the wire.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A file of this kind under a name of letters, digits, points and underscores.
pub fn attachment(kind: &str, name: &str, body: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, body).into_response()
}
