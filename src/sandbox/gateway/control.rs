//! `/sandbox/gateway/…`: buttons for tests and for people who try the program. No part of a provider.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Gateway;
use super::payos::Incoming;
use super::scenario::{GatewayDelivery, GatewayFault, Webhooks};
use super::truth::GatewayTruth;

pub fn router(gateway: &Gateway) -> Router {
    Router::new()
        .route("/sandbox/gateway", get(settings))
        .route("/sandbox/gateway/truth", get(truth))
        .route("/sandbox/gateway/transfers", post(transfer))
        .route("/sandbox/gateway/faults", post(fault).delete(no_faults))
        .route("/sandbox/gateway/webhooks", put(webhooks))
        .route("/sandbox/gateway/delivery", put(delivery))
        .route("/sandbox/gateway/contracts", put(contracts))
        .with_state(gateway.clone())
}

async fn settings(State(gateway): State<Gateway>) -> Json<Value> {
    Json(gateway.settings())
}

async fn truth(State(gateway): State<Gateway>) -> Json<GatewayTruth> {
    Json(gateway.truth())
}

/// Money that somebody sends, or another end of an order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transfer {
    #[serde(default = "payos")]
    provider: String,
    order_code: i64,
    /// `PayOS`: else what is missing.
    #[serde(default)]
    amount: Option<i64>,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    currency: Option<String>,
    /// `PayOS`: is it told by a webhook?
    #[serde(default = "yes")]
    webhook: bool,
    /// VNPay: the code of its end, else `00`; wallet: the state, else `succeeded`.
    #[serde(default)]
    outcome: Option<String>,
}

fn payos() -> String {
    "payos".to_owned()
}

const fn yes() -> bool {
    true
}

async fn transfer(State(gateway): State<Gateway>, Json(asked): Json<Transfer>) -> Response {
    let code = asked.order_code;
    let reference = match asked.provider.as_str() {
        "payos" => gateway.payos_money(
            code,
            Incoming {
                amount: asked.amount,
                reference: asked.reference,
                currency: asked.currency,
                untold: !asked.webhook,
            },
        ),
        "vnpay" => gateway.vnpay_ends(code, asked.outcome.as_deref().unwrap_or("00")),
        "wallet" => {
            let state = asked.outcome.as_deref().unwrap_or("succeeded");
            let link = gateway.wallet_ends(code, state).then(|| gateway.truth());
            link.and_then(|truth| Some(truth.link("wallet", code)?.id.clone()))
        }
        _ => return (StatusCode::BAD_REQUEST, "payos, vnpay, wallet").into_response(),
    };
    match reference {
        Some(reference) => {
            (StatusCode::CREATED, Json(json!({ "reference": reference }))).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn fault(State(gateway): State<Gateway>, Json(fault): Json<GatewayFault>) -> StatusCode {
    gateway.fault(fault);
    StatusCode::NO_CONTENT
}

async fn no_faults(State(gateway): State<Gateway>) -> StatusCode {
    gateway.update(|scenario| scenario.faults.clear());
    StatusCode::NO_CONTENT
}

async fn webhooks(State(gateway): State<Gateway>, Json(webhooks): Json<Webhooks>) -> StatusCode {
    gateway.update(|scenario| scenario.webhooks = webhooks);
    StatusCode::NO_CONTENT
}

async fn delivery(
    State(gateway): State<Gateway>,
    Json(delivery): Json<GatewayDelivery>,
) -> StatusCode {
    gateway.update(|scenario| scenario.delivery = delivery);
    StatusCode::NO_CONTENT
}

async fn contracts(
    State(gateway): State<Gateway>,
    Json(contracts): Json<Vec<Value>>,
) -> StatusCode {
    gateway.update(|scenario| scenario.contracts = contracts);
    StatusCode::NO_CONTENT
}
