//! Do payments work? Whom it asks, it asks at most every half minute.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::shown::time;
use crate::providers::{Channel, ProviderFault};
use crate::server::AppState;

/// So long what was seen is believed.
const BELIEVED: Duration = Duration::from_secs(30);
/// So long a provider may take to say that it is there.
const ANSWER_MAX: Duration = Duration::from_secs(8);

/// What a look at all parts said.
#[derive(Debug, Clone)]
pub struct ProvidersHealth {
    is_healthy: bool,
    parts: BTreeMap<String, String>,
    looked_ms: i64,
}

/// `GET /health/payment`
pub async fn health(State(app): State<AppState>) -> Response {
    let database = app.store().pulse().ping().await;
    if let Err(error) = &database {
        tracing::error!(error = %error, "the database does not answer");
    }
    let is_there = database.is_ok();
    let seen = if is_there {
        Some(app.pay().health(BELIEVED, look(&app)).await)
    } else {
        None
    };
    let is_healthy = is_there && seen.as_ref().is_some_and(|s| s.is_healthy);
    let mut body = json!({
        "status": if is_healthy { "healthy" } else { "unhealthy" },
        "service": "payment",
        "database": if is_there { "connected" } else { "unhealthy" },
        "timestamp": time(app.store().now_ms()),
    });
    if let Some(seen) = seen {
        body["payos"] = json!(worst(&seen.parts, Channel::PayOs));
        body["parts"] = json!(seen.parts);
        body["looked_at"] = Value::from(time(seen.looked_ms));
    }
    let status = if is_healthy {
        StatusCode::OK
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    (status, Json(body)).into_response()
}

/// What is said of a channel over all payees.
fn worst(parts: &BTreeMap<String, String>, channel: Channel) -> &'static str {
    let of: Vec<&String> = parts
        .iter()
        .filter(|(name, _)| name.starts_with(channel.wire()))
        .map(|(_, says)| says)
        .collect();
    if of.is_empty() {
        "not_configured"
    } else if of.iter().any(|says| *says == "unhealthy") {
        "unhealthy"
    } else {
        "connected"
    }
}

async fn look(app: &AppState) -> ProvidersHealth {
    let mut parts = BTreeMap::new();
    let mut is_healthy = true;
    match app.channels().await {
        Ok(channels) => {
            for channel in [Channel::PayOs, Channel::VnPay, Channel::Wallet] {
                for open in channels.all(channel) {
                    let (payee, says) = match open {
                        Ok(open) => (open.payee, asked(app, open).await),
                        Err(fault) => (fault.payee, "unhealthy"),
                    };
                    is_healthy &= says != "unhealthy";
                    let name = if payee == crate::store::payees::FIRST {
                        channel.wire().to_owned()
                    } else {
                        format!("{}/{payee}", channel.wire())
                    };
                    parts.insert(name, says.to_owned());
                }
            }
        }
        Err(error) => {
            tracing::error!(%error, "the providers' settings cannot be read");
            is_healthy = false;
        }
    }
    ProvidersHealth {
        is_healthy,
        parts,
        looked_ms: app.store().now_ms(),
    }
}

async fn asked(app: &AppState, open: &crate::server::channels::OpenChannel) -> &'static str {
    let Ok(provider) = app.pay().provider(open) else {
        return "unhealthy";
    };
    match tokio::time::timeout(ANSWER_MAX, provider.check()).await {
        Ok(Ok(()) | Err(ProviderFault::Busy { .. } | ProviderFault::NotOffered { .. })) => {
            "connected"
        }
        Ok(Err(fault)) => {
            tracing::warn!(%fault, "a provider is not well");
            "unhealthy"
        }
        Err(_) => "unhealthy",
    }
}
