//! What the wallet, `HiFPT`, a company's own system and we sign of every request: when, how, where, and the
//! body's digest.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use url::{Position, Url};

use super::digest::{hmac_sha256, is_hmac_sha256, sha256};

/// The headers that say when a request was made and that it is ours.
pub fn headers(
    secret: &SecretString,
    method: &Method,
    url: &Url,
    body: Option<&str>,
) -> [(&'static str, String); 2] {
    let timestamp = jiff::Timestamp::now().as_second().to_string();
    let signature = signature(
        secret.expose_secret(),
        &timestamp,
        method.as_str(),
        &url[Position::BeforePath..Position::AfterQuery],
        body.unwrap_or_default().as_bytes(),
    );
    [("x-timestamp", timestamp), ("x-signature", signature)]
}

/// The text that is signed. `path` is what stands in the request line, its query included.
fn signed_text(timestamp: &str, method: &str, path: &str, body: &[u8]) -> String {
    format!("{timestamp}\n{method}\n{path}\n{}", sha256(body))
}

/// The signature of a request.
pub fn signature(secret: &str, timestamp: &str, method: &str, path: &str, body: &[u8]) -> String {
    hmac_sha256(
        secret,
        signed_text(timestamp, method, path, body).as_bytes(),
    )
}

/// Is it this request's signature?
pub fn is_signed(
    secret: &str,
    (timestamp, signature): (&str, &str),
    (method, path): (&str, &str),
    body: &[u8],
) -> bool {
    let text = signed_text(timestamp, method, path, body);
    is_hmac_sha256(secret, text.as_bytes(), signature)
}
