//! The texts that VNPay signs: a query's own text, or values between bars.

use serde_json::{Map, Value};
use url::form_urlencoded::byte_serialize;

use crate::providers::Settings;
use crate::providers::digest::{hmac_sha256, hmac_sha512, is_hmac_sha256_any_case, is_hmac_sha512};

/// Signed of a question about a payment.
pub const QUERY: &[&str] = &[
    "vnp_RequestId",
    "vnp_Version",
    "vnp_Command",
    "vnp_TmnCode",
    "vnp_TxnRef",
    "vnp_TransactionDate",
    "vnp_CreateDate",
    "vnp_IpAddr",
    "vnp_OrderInfo",
];
/// Signed of an order to pay back.
pub const REFUND: &[&str] = &[
    "vnp_RequestId",
    "vnp_Version",
    "vnp_Command",
    "vnp_TmnCode",
    "vnp_TransactionType",
    "vnp_TxnRef",
    "vnp_Amount",
    "vnp_TransactionNo",
    "vnp_TransactionDate",
    "vnp_CreateBy",
    "vnp_CreateDate",
    "vnp_IpAddr",
    "vnp_OrderInfo",
];
/// Signed of the answer to a question; the answer to a refund has all but the last two.
pub const ANSWER: &[&str] = &[
    "vnp_ResponseId",
    "vnp_Command",
    "vnp_ResponseCode",
    "vnp_Message",
    "vnp_TmnCode",
    "vnp_TxnRef",
    "vnp_Amount",
    "vnp_BankCode",
    "vnp_PayDate",
    "vnp_TransactionNo",
    "vnp_TransactionType",
    "vnp_TransactionStatus",
    "vnp_OrderInfo",
    "vnp_PromotionCode",
    "vnp_PromotionAmount",
];
/// How many of them a refund's answer has.
pub const REFUND_ANSWER: usize = 13;

/// A terminal's secret, and which digest it was given for.
#[derive(Clone)]
pub struct Secret {
    key: String,
    is_sha256: bool,
}

impl Secret {
    /// As it is set.
    pub fn of(settings: &Settings) -> Self {
        Self {
            key: settings.text("hash_secret").unwrap_or_default().to_owned(),
            is_sha256: settings.text("hash_algorithm") == Some("SHA256"),
        }
    }

    /// The digest of a text.
    pub fn sign(&self, text: &str) -> String {
        if self.is_sha256 {
            hmac_sha256(&self.key, text.as_bytes())
        } else {
            hmac_sha512(&self.key, text.as_bytes())
        }
    }

    /// Is it this text's digest? VNPay's own programs write it in either case.
    pub fn holds(&self, text: &str, digits: &str) -> bool {
        if self.is_sha256 {
            is_hmac_sha256_any_case(&self.key, text.as_bytes(), digits)
        } else {
            is_hmac_sha512(&self.key, text.as_bytes(), digits)
        }
    }
}

/// The text of a form.
pub fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// A query with its digest at the end: names in their order, nothing empty. What is signed is what is
/// sent.
pub fn signed_query(secret: &Secret, parameters: &[(&str, String)]) -> String {
    let mut parameters: Vec<_> = parameters.iter().filter(|(_, v)| !v.is_empty()).collect();
    parameters.sort();
    let pairs: Vec<String> = parameters
        .into_iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    let query = pairs.join("&");
    let digest = secret.sign(&query);
    format!("{query}&vnp_SecureHash={digest}")
}

/// Values between bars, in this order. What is missing is empty. `None`: a value has a bar in it, so that
/// it could be cut in two ways.
pub fn piped(names: &[&str], members: &Map<String, Value>) -> Option<String> {
    let values: Option<Vec<String>> = names.iter().map(|n| value_text(members.get(*n))).collect();
    let values = values?;
    let is_clear = !values.iter().any(|value| value.contains('|'));
    is_clear.then(|| values.join("|"))
}

/// Of a text or a whole number.
pub fn value_text(value: Option<&Value>) -> Option<String> {
    match value {
        None | Some(Value::Null) => Some(String::new()),
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) if !number.is_f64() => Some(number.to_string()),
        Some(_) => None,
    }
}
