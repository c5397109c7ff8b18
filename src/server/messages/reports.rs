//! What carriers tell of messages by themselves: whether one arrived.

use std::collections::HashMap;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use serde_json::Value;

use super::MessageCarrier;
use crate::providers::Channel;
use crate::server::AppState;
use crate::server::web::limits::RouteLimits;
use crate::store::letters::Delivery;

/// Bytes of a report.
const BODY_MAX: usize = 64 * 1024;

/// Where carriers report.
pub fn router(app: &AppState) -> Router<AppState> {
    let limits = RouteLimits {
        body_max: BODY_MAX,
        deadline: app.deadlines().request.max(Duration::from_secs(10)),
        late: "Máy chủ không trả lời kịp.",
        content_policy: "default-src 'none'; frame-ancestors 'none'",
    };
    limits.around(
        Router::new()
            .route("/webhook/esms/{token}", get(of_esms))
            .route("/webhook/zalo", post(of_zalo)),
    )
}

/// All carriers of this kind that are set.
async fn carriers(app: &AppState, channel: Channel) -> Result<Vec<MessageCarrier>, StatusCode> {
    let channels = app.channels().await.map_err(|error| {
        tracing::error!(%error, "channels cannot be read");
        StatusCode::SERVICE_UNAVAILABLE
    })?;
    let all = channels.all(channel).into_iter().flatten();
    Ok(all
        .filter_map(|open| app.carriers().of(open).ok())
        .collect())
}

async fn keep(app: &AppState, channel: &str, id: &str, how: Delivery) -> StatusCode {
    match app.store().letters().delivered(channel, id, how).await {
        // One that we do not know is told once, and not again.
        Ok(_) => StatusCode::OK,
        Err(error) => {
            tracing::error!(%error, "a report of a message could not be kept");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// eSMS reports by a GET that is not signed: the end of its address says that it is theirs.
async fn of_esms(
    State(app): State<AppState>,
    Path(token): Path<String>,
    Query(told): Query<HashMap<String, String>>,
) -> StatusCode {
    let known = match carriers(&app, Channel::Sms).await {
        Ok(known) => known,
        Err(status) => return status,
    };
    let is_theirs = known.iter().any(|carrier| {
        matches!(carrier, MessageCarrier::Esms(esms) if crate::providers::message::is_same(&esms.report_token(), &token))
    });
    if !is_theirs {
        return StatusCode::NOT_FOUND;
    }
    let of = |name: &str| told.get(name).map_or("", String::as_str);
    let went: i64 = of("SendSuccess").parse().unwrap_or(0);
    let how = match of("SendStatus") {
        "5" if went > 0 => Delivery::Delivered,
        "5" | "4" => Delivery::Refused,
        // Waiting, queued, sent: another report comes.
        _ => return StatusCode::OK,
    };
    keep(&app, "sms", of("SMSID"), how).await
}

/// Zalo signs what it tells with the account's own secret.
async fn of_zalo(State(app): State<AppState>, headers: HeaderMap, body: String) -> StatusCode {
    let json: Value = serde_json::from_str(&body).unwrap_or_default();
    let timestamp = match &json["timestamp"] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let signature = headers
        .get("x-zevent-signature")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let known = match carriers(&app, Channel::Zns).await {
        Ok(known) => known,
        Err(status) => return status,
    };
    let is_theirs = known.iter().any(|carrier| {
        matches!(carrier, MessageCarrier::Zalo(zalo) if zalo.is_signed(&body, &timestamp, signature))
    });
    if !is_theirs {
        return StatusCode::UNAUTHORIZED;
    }
    if json["event_name"] != "user_received_message" {
        return StatusCode::OK;
    }
    let id = json["message"]["msg_id"].as_str().unwrap_or_default();
    keep(&app, "zns", id, Delivery::Delivered).await
}
