//! Zalo: templates by phone number, under a token that is renewed with another that works once.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::super::Gateway;
use super::super::keys::{ZALO_APP_ID, ZALO_SECRET_KEY, zalo_access, zalo_refresh};
use super::super::reply::{GatewayReply, answered};
use super::super::time::now_ms;
use super::super::world::GatewayWorld;
use super::{dialled, header, take};

/// The longest id of ours that it echoes.
const TRACKING_MAX: usize = 48;

fn refused(error: i64, message: &str) -> GatewayReply {
    (200, json!({ "error": error, "message": message }))
}

pub async fn renew(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let work = |world: &mut GatewayWorld| {
        let of = |name: &str| form.get(name).map_or("", String::as_str);
        let is_ours = of("app_id") == ZALO_APP_ID
            && of("grant_type") == "refresh_token"
            && header(&headers, "secret_key") == ZALO_SECRET_KEY;
        // Each works once: the one before is dead as soon as the next was made.
        if !is_ours || of("refresh_token") != zalo_refresh(world.zalo_renewed) {
            return (
                200,
                json!({"error": -14014, "error_name": "Invalid refresh token"}),
            );
        }
        world.zalo_renewed += 1;
        (
            200,
            json!({
                "access_token": zalo_access(world.zalo_renewed),
                "refresh_token": zalo_refresh(world.zalo_renewed),
                "expires_in": "90000",
            }),
        )
    };
    answered(&gateway, "zalo.token", None, work).await
}

pub async fn send(State(gateway): State<Gateway>, headers: HeaderMap, body: Bytes) -> Response {
    let token = header(&headers, "access_token");
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    answered(&gateway, "zalo.send", None, |world| {
        sent(world, &token, &asked)
    })
    .await
}

fn sent(world: &mut GatewayWorld, token: &str, asked: &Value) -> GatewayReply {
    let of = |name: &str| asked[name].as_str().unwrap_or_default();
    if world.zalo_renewed == 0 || token != zalo_access(world.zalo_renewed) {
        return refused(-124, "Access token is invalid");
    }
    let Some(phone) = dialled(of("phone")) else {
        return refused(-108, "Phone number is invalid");
    };
    if of("template_id").is_empty() {
        return refused(-109, "Template id is invalid");
    }
    let data = &asked["template_data"];
    if !data
        .as_object()
        .is_some_and(|data| data.values().all(Value::is_string))
    {
        return refused(-112, "Template data is invalid");
    }
    let id = of("tracking_id");
    if id.is_empty() || id.len() > TRACKING_MAX {
        return refused(-132, "Parameter is invalid");
    }
    if world.scenario.no_zalo.contains(&phone) {
        return refused(-118, "Zalo account not existed");
    }
    let text = format!("{} {data}", of("template_id"));
    take(world, "zalo", id, phone, text);
    let number = world.number();
    let data = json!({
        "msg_id": format!("zns-{number}"),
        "sent_time": now_ms().to_string(),
        "sending_mode": "1",
        "quota": {"dailyQuota": "500", "remainingQuota": "499"},
    });
    (200, json!({"error": 0, "message": "Success", "data": data}))
}
