//! What PayOS sends by itself, in the form that it documents and in one that older programs sign with a
//! header. Pure functions over the bytes as they came.

use serde_json::{Map, Value};

use super::answer::moment;
use super::checksum_keys;
use super::sign::{compact_forms, is_signed};
use crate::domain::payment::ORDER_CODE_MAX;
use crate::providers::digest::is_hmac_sha256;
use crate::providers::strict::{has_float, integer, parse, text};
use crate::providers::{News, ProviderEvent, SeenTransfer, Settings, WebhookRefusal};

/// How [`ProviderEvent::kind`] begins where the documented form came: `official:00`.
pub const OFFICIAL: &str = "official:";
/// How it begins where the form with a header came: `seed:PAID`.
pub const SEED: &str = "seed:";

/// The longest body that is read.
const BODY_MAX: usize = 64 * 1_024;

/// The order that a webhook speaks of, so that its payee's key can be looked up. Nothing is verified.
pub fn peek_order_code(raw: &[u8]) -> Option<String> {
    let body = members(raw)?;
    let told = match body.get("data") {
        Some(Value::Object(data)) => data.get("orderCode"),
        _ => body.get("orderCode"),
    };
    let code = match told? {
        Value::Number(number) => number.as_i64()?,
        Value::String(digits) => order_code(digits)?,
        _ => return None,
    };
    (code > 0).then(|| code.to_string())
}

/// Verifies and reads a webhook: with the key that is set or one that it replaced, in the forms that the
/// settings allow (`signature_mode`).
///
/// [`ProviderEvent::kind`] says which form it was ([`OFFICIAL`], [`SEED`]): they are answered
/// differently.
pub fn read_webhook(
    settings: &Settings,
    x_signature: Option<&str>,
    raw: &[u8],
) -> Result<ProviderEvent, WebhookRefusal> {
    let body = members(raw).ok_or(WebhookRefusal::Signature)?;
    let keys = checksum_keys(settings);
    let mode = settings.text("signature_mode").unwrap_or("official");
    let has_signature = body.contains_key("signature");
    // Where both forms are allowed, what is there has to hold, all of it.
    let (official, seed) = match mode {
        "seed" => (false, true),
        "both" => (has_signature, x_signature.is_some()),
        _ => (true, false),
    };
    let holds = (official || seed)
        && (!official || keys.iter().any(|key| is_official(key, &body)))
        && (!seed || keys.iter().any(|key| is_seed(key, x_signature, raw, &body)));
    if !holds {
        return Err(WebhookRefusal::Signature);
    }
    if official {
        official_event(&body).ok_or(WebhookRefusal::Signature)
    } else {
        seed_event(&body)
    }
}

fn members(raw: &[u8]) -> Option<Map<String, Value>> {
    if raw.len() > BODY_MAX {
        return None;
    }
    match parse(raw) {
        Some(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// Is `data` signed, as the documents have it?
pub fn is_official(key: &str, body: &Map<String, Value>) -> bool {
    match (body.get("data"), text(body, "signature")) {
        (Some(Value::Object(data)), Some(signature)) => is_signed(key, data, signature),
        _ => false,
    }
}

/// Does the header sign the body: its bytes, or one of the two ways of writing the same content
/// compactly?
fn is_seed(key: &str, header: Option<&str>, raw: &[u8], body: &Map<String, Value>) -> bool {
    let Some(header) = header else { return false };
    if is_hmac_sha256(key, raw, header) {
        return true;
    }
    let body = Value::Object(body.clone());
    // A number that is not whole may have been rounded in reading: it is not written anew.
    !has_float(&body)
        && compact_forms(&body)
            .iter()
            .any(|form| is_hmac_sha256(key, form.as_bytes(), header))
}

/// The exact shape, and on `data` alone, for nothing else is signed. An answer to a call of ours, or our
/// own order, is signed as well and has another shape.
fn official_event(body: &Map<String, Value>) -> Option<ProviderEvent> {
    let data = body.get("data")?.as_object()?;
    let order_code = integer(data, "orderCode").filter(|c| (1..=ORDER_CODE_MAX).contains(c))?;
    let amount = integer(data, "amount").filter(|amount| *amount >= 0)?;
    let reference = text(data, "reference")?;
    let link_id = text(data, "paymentLinkId")?;
    let code = text(data, "code")?;
    let at = text(data, "transactionDateTime")?;
    let is_money = code == "00" && amount > 0 && !reference.is_empty();
    let news = if is_money {
        News::Money(SeenTransfer {
            reference: reference.to_owned(),
            amount,
            currency: text(data, "currency").unwrap_or_default().to_owned(),
            at_ms: moment(at),
            method: None,
        })
    } else {
        News::Nothing
    };
    Some(ProviderEvent {
        order_code,
        link_id: Some(link_id.to_owned()),
        key: format!("{OFFICIAL}{link_id}:{reference}"),
        kind: format!("{OFFICIAL}{}", short(code)),
        news,
    })
}

fn seed_event(body: &Map<String, Value>) -> Result<ProviderEvent, WebhookRefusal> {
    let missing = |name: &str| WebhookRefusal::Shape(name.to_owned());
    let of = |name: &'static str| {
        let text = text(body, name).filter(|text| !text.is_empty());
        text.ok_or_else(|| missing(name))
    };
    let code = match body.get("orderCode") {
        Some(Value::String(digits)) => order_code(digits),
        Some(Value::Number(number)) => number.as_i64(),
        _ => None,
    };
    let code = code
        .filter(|c| (1..=ORDER_CODE_MAX).contains(c))
        .ok_or_else(|| missing("orderCode"))?;
    let (status, reference, currency) = (of("status")?, of("transId")?, of("currency")?);
    let amount = integer(body, "amount")
        .filter(|amount| *amount >= 0)
        .ok_or_else(|| missing("amount"))?;
    let news = match status {
        "PAID" if amount == 0 => return Err(missing("amount")),
        "PAID" => News::Money(SeenTransfer {
            reference: reference.to_owned(),
            amount,
            currency: currency.to_owned(),
            at_ms: None,
            method: text(body, "paymentMethod").map(short),
        }),
        "CANCELLED" | "EXPIRED" | "FAILED" => News::AskAgain,
        _ => News::Nothing,
    };
    Ok(ProviderEvent {
        order_code: code,
        link_id: None,
        key: format!("{SEED}{code}:{reference}:{status}"),
        kind: format!("{SEED}{}", short(status)),
        news,
    })
}

/// Digits and nothing else, as many as a code has.
fn order_code(digits: &str) -> Option<i64> {
    let is_plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_plain.then(|| digits.parse().ok()).flatten()
}

/// A word that goes into a column.
fn short(word: &str) -> String {
    word.chars().take(32).collect()
}

#[cfg(test)]
mod tests;
