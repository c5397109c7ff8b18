//! An answer, and what a fault makes of it.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

use super::Gateway;
use super::scenario::GatewayFaultAction;
use super::world::GatewayWorld;

/// How long somebody is kept without an answer.
const SILENCE: Duration = Duration::from_secs(90);

/// HTTP's status and a body.
pub type GatewayReply = (u16, Value);

/// Works on a call, unless or until something goes wrong with it.
pub async fn answered(
    gateway: &Gateway,
    at: &str,
    order_code: Option<i64>,
    work: impl FnOnce(&mut GatewayWorld) -> GatewayReply,
) -> Response {
    let fault = gateway.world().called(at, order_code);
    answered_under(fault, gateway, work).await
}

/// Works on a call that this goes wrong with.
pub async fn answered_under(
    fault: Option<GatewayFaultAction>,
    gateway: &Gateway,
    work: impl FnOnce(&mut GatewayWorld) -> GatewayReply,
) -> Response {
    let is_done = !matches!(
        fault,
        Some(
            GatewayFaultAction::Silent { done: false }
                | GatewayFaultAction::Drop { done: false }
                | GatewayFaultAction::Html { done: false }
                | GatewayFaultAction::Http { done: false, .. }
                | GatewayFaultAction::Broken { done: false }
                | GatewayFaultAction::Refuse { .. }
        )
    );
    let reply = if is_done {
        work(&mut gateway.world())
    } else {
        (200, json!({}))
    };
    match fault {
        None => plain(reply),
        Some(fault) => spoiled(fault, reply).await,
    }
}

async fn spoiled(fault: GatewayFaultAction, reply: GatewayReply) -> Response {
    match fault {
        GatewayFaultAction::Silent { .. } => {
            tokio::time::sleep(SILENCE).await;
            dropped()
        }
        GatewayFaultAction::LateMs(ms) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            plain(reply)
        }
        GatewayFaultAction::Drop { .. } => dropped(),
        GatewayFaultAction::Html { .. } => {
            Html("<html><body><h1>Hệ thống đang bảo trì</h1></body></html>").into_response()
        }
        GatewayFaultAction::Http {
            status,
            retry_after_s,
            ..
        } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            let mut response = (status, Html("<html><body>Error</body></html>")).into_response();
            if let Some(seconds) = retry_after_s {
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
        GatewayFaultAction::Refuse { code, text } => plain((
            200,
            // Each provider looks at its own of these.
            json!({
                "code": code, "desc": text, "message": text, "data": null, "vnp_ResponseCode": code,
                "CodeResult": code, "ErrorMessage": text, "error": code.parse::<i64>().ok(),
            }),
        )),
        GatewayFaultAction::WrongSignature => {
            let (status, mut body) = reply;
            for name in ["signature", "vnp_SecureHash"] {
                if let Some(signature) = body.get_mut(name) {
                    let length = signature.as_str().map_or(64, str::len);
                    *signature = "0".repeat(length).into();
                }
            }
            plain((status, body))
        }
        GatewayFaultAction::Broken { .. } => {
            let whole = reply.1.to_string();
            let half: String = whole.chars().take(whole.chars().count() / 2).collect();
            (
                StatusCode::OK,
                [(header::CONTENT_TYPE, "application/json")],
                half,
            )
                .into_response()
        }
    }
}

pub fn plain((status, body): GatewayReply) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, Json(body)).into_response()
}

/// The connection breaks.
fn dropped() -> Response {
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    Body::from_stream(stream::iter([Err::<Bytes, _>(broken)])).into_response()
}
