//! The second step before what cannot be taken back: a page that asks, with the form as it was filled in.
//!
//! The script of the pages asks in the browser and says so (`sure`); where it is off, broken or passed by,
//! the server asks by itself.

use askama::Template;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse, Response};

use super::assets::ASSETS;
use super::form::FormData;
use super::page::page;
use super::problem::Problem;
use super::route::Question;

/// Says that whoever sends the form was asked.
const SURE: &str = "sure";
/// Bytes of a form that is asked about.
const FORM_MAX: usize = 256 * 1024;

#[derive(Template)]
#[template(path = "asked.html")]
struct Asked<'a> {
    question: &'a str,
    action: &'a str,
    fields: &'a [(String, String)],
    assets: &'static str,
}

/// The request as it came, where nothing has to be asked; else the page that asks.
pub async fn asked(request: Request, question: Question) -> Result<Request, Box<Response>> {
    if request.method() != Method::POST {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let too_large =
        |_| Box::new(Problem::too_large("Biểu mẫu quá lớn hoặc gửi dở dang.").into_response());
    let bytes = to_bytes(body, FORM_MAX).await.map_err(too_large)?;
    let form = FormData::parse(&bytes);
    match question(&form).filter(|_| form.text(SURE) != "1") {
        None => Ok(Request::from_parts(parts, Body::from(bytes))),
        Some(question) => {
            let drawn = page(&Asked {
                question,
                action: parts.uri.path(),
                fields: &form.0,
                assets: &ASSETS,
            });
            Err(Box::new(drawn.unwrap_or_else(IntoResponse::into_response)))
        }
    }
}
