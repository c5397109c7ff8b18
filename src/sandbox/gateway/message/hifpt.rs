//! `HiFPT`, as the house's own contract has it: signed like the wallet, shown once for each id.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::super::Gateway;
use super::super::keys::{HIFPT_CLIENT_ID, HIFPT_SECRET};
use super::super::reply::{GatewayReply, answered};
use super::super::sign;
use super::super::time::now_ms;
use super::super::world::GatewayWorld;
use super::{dialled, header, is_taken, take};

/// How far clocks may be apart.
const APART_MAX_S: i64 = 300;

pub async fn send(
    State(gateway): State<Gateway>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let work = |world: &mut GatewayWorld| {
        if is_signed(&uri, &headers, &body) {
            let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
            sent(world, &asked)
        } else {
            (401, json!({"code": "bad_signature"}))
        }
    };
    answered(&gateway, "hifpt.send", None, work).await
}

fn is_signed(uri: &Uri, headers: &HeaderMap, body: &[u8]) -> bool {
    let timestamp = header(headers, "x-timestamp");
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let text = format!("{timestamp}\nPOST\n{path}\n{}", sign::sha256(body));
    let sent_s: i64 = timestamp.parse().unwrap_or_default();
    header(headers, "x-client-id") == HIFPT_CLIENT_ID
        && (now_ms() / 1_000 - sent_s).abs() <= APART_MAX_S
        && sign::hmac_sha256(HIFPT_SECRET, &text) == header(headers, "x-signature")
}

fn sent(world: &mut GatewayWorld, asked: &Value) -> GatewayReply {
    let of = |name: &str| asked[name].as_str().unwrap_or_default();
    let id = of("message_id");
    let phone = dialled(of("phone"));
    let (Some(phone), false) = (phone, id.is_empty() || of("body").is_empty()) else {
        return (422, json!({"code": "bad_request"}));
    };
    if world.scenario.no_hifpt.contains(&phone) {
        return (404, json!({"code": "no_hifpt"}));
    }
    let answer = json!({ "message_id": id, "accepted": true });
    if is_taken(world, "hifpt", id) {
        return (200, answer);
    }
    let text = format!("{}\n{}\n{}", of("title"), of("body"), of("link"));
    take(world, "hifpt", id, phone, text);
    (202, answer)
}
