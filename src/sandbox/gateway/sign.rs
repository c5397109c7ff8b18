//! The providers' signatures, as the facts write them down; shared with nobody.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha512};

/// HMAC-SHA256 in lower-case hexadecimal digits.
pub fn hmac_sha256(key: &str, text: &str) -> String {
    Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map(|mac| hex(&mac.chain_update(text).finalize().into_bytes()))
        .unwrap_or_default()
}

/// HMAC-SHA512 in lower-case hexadecimal digits.
pub fn hmac_sha512(key: &str, text: &str) -> String {
    Hmac::<Sha512>::new_from_slice(key.as_bytes())
        .map(|mac| hex(&mac.chain_update(text).finalize().into_bytes()))
        .unwrap_or_default()
}

/// SHA-256 in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// PayOS: of an object's members, sorted.
pub fn of_object(key: &str, data: &Value) -> String {
    let members = data.as_object().cloned().unwrap_or_default();
    let text: Vec<String> = by_name(&members)
        .iter()
        .map(|(name, value)| match value {
            Value::Null => format!("{name}="),
            Value::String(text) => format!("{name}={text}"),
            Value::Array(items) => {
                let items: Vec<Value> = items.iter().map(sorted_item).collect();
                format!("{name}={}", Value::Array(items))
            }
            value => format!("{name}={value}"),
        })
        .collect();
    hmac_sha256(key, &text.join("&"))
}

fn sorted_item(item: &Value) -> Value {
    match item {
        Value::Object(members) => Value::Object(by_name(members).into_iter().collect()),
        item => item.clone(),
    }
}

fn by_name(members: &Map<String, Value>) -> Vec<(String, Value)> {
    let mut sorted: Vec<_> = members
        .iter()
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    sorted
}

/// VNPay: pairs sorted, form-encoded, without empty ones; the digest comes last.
pub fn of_query(secret: &str, pairs: &[(&str, String)]) -> String {
    let mut sorted: Vec<_> = pairs.iter().filter(|(_, v)| !v.is_empty()).collect();
    sorted.sort();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(sorted.into_iter().map(|(n, v)| (*n, v.as_str())));
    let query = query.finish();
    let digest = hmac_sha512(secret, &query);
    format!("{query}&vnp_SecureHash={digest}")
}

/// CRC-16/CCITT-FALSE, bit by bit.
fn crc(text: &str) -> u16 {
    text.bytes().fold(0xFFFF, |crc: u16, byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            }
        })
    })
}

/// The text of a QR for a transfer to an account.
pub fn qr(bin: &str, account: &str, amount: i64, note: &str) -> String {
    let object = |tag: &str, value: &str| format!("{tag}{:02}{value}", value.chars().count());
    let bank = object("00", bin) + &object("01", account);
    let to = object("00", "A000000727") + &object("01", &bank) + &object("02", "QRIBFTTA");
    let text = object("00", "01")
        + &object("01", "12")
        + &object("38", &to)
        + &object("53", "704")
        + &object("54", &amount.to_string())
        + &object("58", "VN")
        + &object("62", &object("08", note))
        + "6304";
    let crc = crc(&text);
    format!("{text}{crc:04X}")
}
