//! The portal's addresses.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::shared::Shared;
use super::{ajax, login, pages};

pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/", get(pages::home))
        .route(login::PATH, get(pages::login_page).post(ajax::answer))
        .route("/pages/{page}", get(pages::inner_page).post(ajax::answer))
        .route("/captcha.png", get(pages::captcha))
        .route("/javax.faces.resource/{file}", get(pages::resource))
        .route("/faces/javax.faces.resource/{file}", get(pages::resource))
        .layer(axum::middleware::from_fn_with_state(
            shared.clone(),
            renamed,
        ))
        .with_state(shared)
}

/// Pages whose ids have other names: back to the old ones on the way in, to the new ones on the way
/// out.
async fn renamed(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    const PAGE_MAX: usize = 4_000_000;
    let names = shared.world().scenario.switches.rename.clone();
    if names.is_empty() || request.uri().path().contains("javax.faces.resource") {
        return next.run(request).await;
    }
    let swap = |text: String, out: bool| {
        names.iter().fold(text, |text, (old, new)| {
            let (from, to) = if out { (old, new) } else { (new, old) };
            [":", "%3A"].iter().fold(text, |text, colon| {
                text.replace(&format!("{colon}{from}"), &format!("{colon}{to}"))
            })
        })
    };
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, PAGE_MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let body = swap(String::from_utf8_lossy(&bytes).into_owned(), false);
    let (mut parts, body) = next
        .run(Request::from_parts(parts, Body::from(body)))
        .await
        .into_parts();
    let Ok(bytes) = to_bytes(body, PAGE_MAX).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(
        parts,
        Body::from(swap(String::from_utf8_lossy(&bytes).into_owned(), true)),
    )
}
