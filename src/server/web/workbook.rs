//! A workbook as an answer that a browser saves.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// What a workbook is called on the wire.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The bytes of a workbook under a name without its ending: letters, digits and underscores.
pub fn workbook(name: &str, bytes: Vec<u8>) -> Response {
    let name = format!("attachment; filename=\"{name}.xlsx\"");
    let headers = [
        (header::CONTENT_TYPE, XLSX.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, bytes).into_response()
}
