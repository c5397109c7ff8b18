//! The steps of the page's script, as data.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

pub(super) fn ready() -> Value {
    json!({ "op": "ready" })
}

/// The balance is asked for anew, on the page as it stands.
pub(super) fn refresh_balance() -> Value {
    json!({ "op": "refresh_balance" })
}

pub(super) fn click(on: &str) -> Value {
    json!({ "op": "click", "on": on })
}

pub(super) fn click_if_there(on: &str) -> Value {
    json!({ "op": "click", "on": on, "optional": true })
}

pub(super) fn fill(on: &str, value: &str) -> Value {
    json!({ "op": "fill", "on": on, "value": value })
}

pub(super) fn fill_if_there(on: &str, value: &str) -> Value {
    json!({ "op": "fill", "on": on, "value": value, "optional": true })
}

/// A secret's value is compared in the page and never comes back.
pub(super) fn fill_secret(on: &str, value: &SecretString, optional: bool) -> Value {
    json!({ "op": "fill", "on": on, "value": value.expose_secret(), "secret": true, "optional": optional })
}

pub(super) fn await_any(elements: &[&str]) -> Value {
    json!({ "op": "await_any", "elements": elements })
}

/// Waits for the question that this paying button answers, or for words that say otherwise.
pub(super) fn await_question(confirm: &str) -> Value {
    json!({ "op": "await_any", "elements": ["frame.confirm_dialog", confirm], "confirm": confirm })
}

pub(super) fn read(on: &str, what: &str, name: &str) -> Value {
    json!({ "op": "read", "on": on, "what": what, "as": name })
}
