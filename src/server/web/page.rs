//! Pages: how one is drawn, how one leads to another, and how a refusal looks on one.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::assets::ASSETS;
use super::paths::SIGN_IN;
use super::problem::Problem;

/// Renders a page.
pub fn page(template: &impl Template) -> Result<Response, Problem> {
    let html = template.render().map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        Problem::broken()
    })?;
    Ok(Html(html).into_response())
}

/// Renders a page with a status of its own.
pub fn page_with(status: StatusCode, template: &impl Template) -> Result<Response, Problem> {
    let mut response = page(template)?;
    *response.status_mut() = status;
    Ok(response)
}

/// To another page of ours.
pub fn go(to: &str) -> Response {
    Redirect::to(to).into_response()
}

#[derive(Template)]
#[template(path = "fault.html")]
struct ProblemPage<'p> {
    status: u16,
    message: &'p str,
    request_id: &'p str,
    assets: &'static str,
}

/// Draws the page of a refusal; a part of a page gets its words only.
pub fn dressed(response: Response, request_id: &str, is_part: bool) -> Response {
    let Some(problem) = response.extensions().get::<Problem>().cloned() else {
        return response;
    };
    let page = ProblemPage {
        status: problem.status().as_u16(),
        message: problem.detail(),
        request_id,
        assets: &ASSETS,
    };
    let body = if is_part {
        askama::filters::escape(problem.detail(), askama::filters::Html)
            .map(|e| e.to_string())
            .unwrap_or_default()
    } else {
        page.render().unwrap_or_default()
    };
    let mut drawn = (problem.status(), Html(body)).into_response();
    if let Some(seconds) = problem.retry_after_s() {
        drawn
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    if is_part && problem.status() == StatusCode::UNAUTHORIZED {
        drawn
            .headers_mut()
            .insert("hx-redirect", header::HeaderValue::from_static(SIGN_IN));
    }
    drawn
}
