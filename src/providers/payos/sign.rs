//! The texts that PayOS signs. The key is the checksum key's own letters; that they look like
//! hexadecimal digits means nothing.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::providers::digest::{hmac_sha256, is_hmac_sha256};

/// What is signed of an order that is to be created.
#[derive(Debug, Clone, Copy)]
pub struct CreateText<'a> {
    pub order_code: i64,
    pub amount: i64,
    pub description: &'a str,
    pub return_url: &'a str,
    pub cancel_url: &'a str,
}

impl CreateText<'_> {
    /// The signature: values as they stand, in this order.
    pub fn signature(self, key: &str) -> String {
        let Self {
            order_code,
            amount,
            description,
            return_url,
            cancel_url,
        } = self;
        let text = format!(
            "amount={amount}&cancelUrl={cancel_url}&description={description}&orderCode={order_code}&returnUrl={return_url}"
        );
        hmac_sha256(key, text.as_bytes())
    }
}

/// Is this the signature of an answer's or a webhook's `data`?
pub fn is_signed(key: &str, data: &Map<String, Value>, signature: &str) -> bool {
    let text = object_text(data);
    text.is_some_and(|text| is_hmac_sha256(key, text.as_bytes(), signature))
}

/// Members as received, sorted by name. `None`: something that PayOS's own code cannot sign.
fn object_text(data: &Map<String, Value>) -> Option<String> {
    let parts: Option<Vec<String>> = sorted(data)
        .into_iter()
        .map(|(name, value)| Some(format!("{name}={}", value_text(value)?)))
        .collect();
    Some(parts?.join("&"))
}

fn value_text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => String::new(),
        // PayOS takes these two words for "nothing".
        Value::String(text) if text == "null" || text == "undefined" => String::new(),
        Value::String(text) => text.clone(),
        // PayOS sends no such thing; its own code makes this of it.
        Value::Object(_) => "[object Object]".to_owned(),
        Value::Array(items) => {
            let items: Option<Vec<Value>> = items.iter().map(item).collect();
            compact(&Value::Array(items?))
        }
        Value::Bool(_) | Value::Number(_) => compact(value),
    })
}

/// An item of a list, as PayOS's own code turns it before it writes it: an object with its members
/// sorted; anything else as the object that JavaScript makes of it.
fn item(value: &Value) -> Option<Value> {
    let numbered = |values: Vec<Value>| {
        let members = values.into_iter().enumerate();
        Value::Object(members.map(|(at, v)| (at.to_string(), v)).collect())
    };
    Some(match value {
        Value::Null => return None,
        Value::Object(members) => {
            let members = sorted(members).into_iter();
            Value::Object(members.map(|(n, v)| (n.clone(), v.clone())).collect())
        }
        Value::Array(items) => numbered(items.clone()),
        Value::String(text) => numbered(text.chars().map(|c| json!(c)).collect()),
        Value::Bool(_) | Value::Number(_) => json!({}),
    })
}

/// By UTF-16 code units, as JavaScript sorts.
fn sorted(members: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    sorted
}

/// JSON without spaces, members as they stand, letters as they are, numbers as JavaScript writes them.
fn compact(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(compact).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<String> = members
                .map(|(name, value)| format!("{}:{}", json!(name), compact(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => float_text(float),
            _ => number.to_string(),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => value.to_string(),
    }
}

fn float_text(float: f64) -> String {
    let size = float.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{float:e}");
        if text.contains("e-") {
            text
        } else {
            text.replace('e', "e+")
        }
    } else {
        float.to_string()
    }
}

/// JSON without spaces in the order of its members, as it was before somebody escaped it: with letters
/// as they are, and with everything that is not ASCII as `\uXXXX`, which is how Python writes it.
pub fn compact_forms(value: &Value) -> [String; 2] {
    let plain = value.to_string();
    let mut escaped = String::with_capacity(plain.len());
    for c in plain.chars() {
        if (' '..='~').contains(&c) {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    [plain, escaped]
}

/// The `x-signature` of a payout: everything sorted, escaped as JavaScript's `encodeURIComponent` does.
///
/// We send no payouts; it stands here so that what is known of the scheme is held by a test.
#[cfg(test)]
pub fn payout_signature(key: &str, body: &Map<String, Value>) -> String {
    let text: Vec<String> = sorted(body)
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                value => compact(&deeply_sorted(value)),
            };
            format!("{}={}", component(name), component(&value))
        })
        .collect();
    hmac_sha256(key, text.join("&").as_bytes())
}

#[cfg(test)]
fn deeply_sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(deeply_sorted).collect()),
        Value::Object(members) => {
            let members = sorted(members).into_iter();
            Value::Object(
                members
                    .map(|(n, v)| (n.clone(), deeply_sorted(v)))
                    .collect(),
            )
        }
        value => value.clone(),
    }
}

#[cfg(test)]
fn component(text: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&b);
    let written = text.bytes().map(|b| {
        if is_plain(b) {
            char::from(b).to_string()
        } else {
            format!("%{b:02X}")
        }
    });
    written.collect()
}
