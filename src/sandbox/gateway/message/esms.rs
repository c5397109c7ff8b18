//! eSMS: all values are texts, and HTTP says 200 to everything.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::super::Gateway;
use super::super::keys::{ESMS_API_KEY, ESMS_BRANDNAME, ESMS_SECRET_KEY};
use super::super::reply::{GatewayReply, answered};
use super::super::world::GatewayWorld;
use super::{dialled, is_taken, take};

fn refused(code: &str, text: &str) -> GatewayReply {
    (
        200,
        json!({"CodeResult": code, "CountRegenerate": 0, "ErrorMessage": text}),
    )
}

pub async fn send(State(gateway): State<Gateway>, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    answered(&gateway, "esms.send", None, |world| sent(world, &asked)).await
}

fn sent(world: &mut GatewayWorld, asked: &Value) -> GatewayReply {
    let of = |name: &str| asked[name].as_str().unwrap_or_default();
    let (id, content) = (of("RequestId"), of("Content"));
    if of("ApiKey") != ESMS_API_KEY || of("SecretKey") != ESMS_SECRET_KEY {
        return refused("101", "Authorize Failed");
    }
    if of("Brandname") != ESMS_BRANDNAME {
        return refused("104", "Brand name code is not exist");
    }
    let Some(phone) = dialled(of("Phone")) else {
        return refused("108", "Phone number invalid");
    };
    if of("SmsType") != "2" {
        return refused("118", "Sms type not supported");
    }
    if content.is_empty() || (of("IsUnicode") != "1" && !content.is_ascii()) {
        return refused("146", "Sai template Brandname CSKH");
    }
    if !id.is_empty() && is_taken(world, "esms", id) {
        return refused("124", "Request exist 1");
    }
    let number = world.number();
    if of("Sandbox") != "1" {
        take(world, "esms", id, phone, content.to_owned());
    }
    (
        200,
        json!({"CodeResult": "100", "CountRegenerate": 0, "SMSID": format!("sms-{number}")}),
    )
}
