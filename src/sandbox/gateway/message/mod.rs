//! Those who carry short messages: eSMS ([`esms`]), Zalo ([`zalo`]), `HiFPT` ([`hifpt`]). What they take is
//! kept and shown to nobody.

mod esms;
mod hifpt;
mod zalo;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::post;

use super::Gateway;
use super::truth::GatewayMessage;
use super::world::{GatewayWorld, keep};

pub fn router(gateway: &Gateway) -> Router {
    Router::new()
        .route(
            "/esms/MainService.svc/json/SendMultipleMessage_V4_post_json/",
            post(esms::send),
        )
        .route("/zalo/v4/oa/access_token", post(zalo::renew))
        .route("/zalo/message/template", post(zalo::send))
        .route("/hifpt/v1/messages", post(hifpt::send))
        .with_state(gateway.clone())
}

/// Digits of a phone number in Viet Nam, as it is dialled at home; `None`: it is none.
fn dialled(phone: &str) -> Option<String> {
    let phone = phone.trim_start_matches('+');
    let phone = match phone.strip_prefix("84") {
        Some(rest) => format!("0{rest}"),
        None => phone.to_owned(),
    };
    let is_right =
        phone.len() == 10 && phone.starts_with('0') && phone.bytes().all(|b| b.is_ascii_digit());
    is_right.then_some(phone)
}

/// Was a message of this id taken before?
fn is_taken(world: &GatewayWorld, channel: &str, id: &str) -> bool {
    let mut messages = world.messages.iter();
    messages.any(|message| message.channel == channel && message.id == id)
}

fn take(world: &mut GatewayWorld, channel: &'static str, id: &str, to: String, text: String) {
    let message = GatewayMessage {
        channel,
        id: id.to_owned(),
        order_code: 0,
        to,
        text,
    };
    keep(&mut world.messages, message);
}

fn header(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|v| v.to_str().ok());
    value.unwrap_or_default().to_owned()
}
