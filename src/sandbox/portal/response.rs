//! Answers of the portal as they go over the wire, whole or broken.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt as _};

use super::jsf;
use super::scenario::FaultAction;
use super::shared::Shared;

const COOKIE: &str = "JSESSIONID";

/// The session's id, and whether it is new.
pub fn session_of(headers: &HeaderMap) -> (String, bool) {
    let cookies = headers
        .get(header::COOKIE)
        .and_then(|c| c.to_str().ok())
        .unwrap_or("");
    let known = cookies
        .split(';')
        .filter_map(|c| c.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE);
    known.map_or_else(
        || (uuid::Uuid::new_v4().simple().to_string(), true),
        |(_, id)| (id.to_owned(), false),
    )
}

pub fn html(text: String, session: &str, is_new: bool) -> Response {
    let mut response = (
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        text,
    )
        .into_response();
    if is_new && let Ok(cookie) = format!("{COOKIE}={session}; Path=/; HttpOnly").parse() {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

pub fn xml(text: String) -> Response {
    (
        [
            (header::CONTENT_TYPE, "text/xml; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        text,
    )
        .into_response()
}

/// An answer that breaks off: after its first bytes are on the wire, or before any.
pub fn dropped(after_first_bytes: bool) -> Response {
    let first = async move {
        Ok(Bytes::from_static(if after_first_bytes {
            b"<?xml version='1.0'"
        } else {
            b""
        }))
    };
    let broken = async move {
        if after_first_bytes {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    };
    Body::from_stream(stream::once(first).chain(stream::once(broken))).into_response()
}

pub fn status_page(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (
        status,
        "<html><body><h1>Service temporarily unavailable</h1></body></html>",
    )
        .into_response()
}

/// Faults that keep the request from being worked on.
pub async fn refuse_before(
    shared: &Shared,
    faults: &[FaultAction],
    session: &str,
) -> Option<Response> {
    for fault in faults {
        match fault {
            FaultAction::DelayMs(ms) => tokio::time::sleep(Duration::from_millis(*ms)).await,
            FaultAction::Drop { moved: false } => return Some(dropped(true)),
            FaultAction::Reset { moved: false } => return Some(dropped(false)),
            FaultAction::Http {
                status,
                moved: false,
            } => return Some(status_page(*status)),
            FaultAction::ErrorAnswer { moved: false } => return Some(xml(jsf::error())),
            FaultAction::NotXml { moved: false } => return Some(status_page(200)),
            FaultAction::Expire => shared.world().expire(session),
            _ => {}
        }
    }
    None
}

/// The answer's own fate once the work is done.
pub fn spoil_after(faults: &[FaultAction]) -> Option<Response> {
    faults.iter().find_map(|fault| match fault {
        FaultAction::Drop { moved: true } => Some(dropped(true)),
        FaultAction::Reset { moved: true } => Some(dropped(false)),
        FaultAction::Http {
            status,
            moved: true,
        } => Some(status_page(*status)),
        FaultAction::ErrorAnswer { moved: true } => Some(xml(jsf::error())),
        FaultAction::NotXml { moved: true } => Some(status_page(200)),
        _ => None,
    })
}
