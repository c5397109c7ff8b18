//! What the wallet sends by itself. Pure functions over the bytes as they came.

use serde_json::Value;

use super::answer::{order_of, standing, transfer};
use crate::domain::payment::ORDER_CODE_MAX;
use crate::providers::sign::is_signed;
use crate::providers::strict::{integer, parse, text};
use crate::providers::{News, ProviderEvent, Settings, ToldStanding, WebhookRefusal};

/// How far its clock and ours may be apart, in seconds.
const APART_MAX_S: i64 = 300;
/// The longest body that is read.
const BODY_MAX: usize = 64 * 1_024;

/// What was told, with the amount that the wallet has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletNotice {
    /// What it says.
    pub event: ProviderEvent,
    /// Whole đồng; to be compared with the payment's amount.
    pub amount: i64,
}

/// The order that a notice speaks of, so that its payee's secret can be looked up. Nothing is verified.
pub fn peek_order_code(raw: &[u8]) -> Option<String> {
    if raw.len() > BODY_MAX {
        return None;
    }
    let code = order_of(parse(raw)?.as_object()?)?;
    (code > 0).then(|| code.to_string())
}

/// Verifies and reads a notice. `path` is that of the request line, `now_s` our clock.
pub fn read_notice(
    settings: &Settings,
    timestamp: Option<&str>,
    signature: Option<&str>,
    path: &str,
    raw: &[u8],
    now_s: i64,
) -> Result<WalletNotice, WebhookRefusal> {
    let (Some(timestamp), Some(signature)) = (timestamp, signature) else {
        return Err(WebhookRefusal::Signature);
    };
    let secret = settings.text("secret").unwrap_or_default();
    let is_plain = !timestamp.is_empty() && timestamp.bytes().all(|b| b.is_ascii_digit());
    let sent_s = timestamp.parse::<i64>().ok().filter(|_| is_plain);
    let is_fresh = sent_s.is_some_and(|sent| now_s.abs_diff(sent) <= APART_MAX_S.unsigned_abs());
    if raw.len() > BODY_MAX
        || secret.is_empty()
        || !is_fresh
        || !is_signed(secret, (timestamp, signature), ("POST", path), raw)
    {
        return Err(WebhookRefusal::Signature);
    }
    notice(raw).ok_or(WebhookRefusal::Signature)
}

fn notice(raw: &[u8]) -> Option<WalletNotice> {
    let Some(Value::Object(payment)) = parse(raw) else {
        return None;
    };
    let filled = |name| text(&payment, name).filter(|text| !text.is_empty());
    let (id, event_id, state) = (filled("payment_id")?, filled("event_id")?, filled("state")?);
    let order_code = order_of(&payment).filter(|code| (1..=ORDER_CODE_MAX).contains(code))?;
    let amount = integer(&payment, "amount").filter(|amount| *amount > 0)?;
    let news = match standing(state) {
        ToldStanding::Paid => News::Money(transfer(&payment, id, amount)),
        ToldStanding::Ended(end) => News::Ended(end),
        ToldStanding::Processing => News::AskAgain,
        _ => News::Nothing,
    };
    let event = ProviderEvent {
        order_code,
        link_id: Some(id.to_owned()),
        key: event_id.chars().take(100).collect(),
        kind: state.chars().take(32).collect(),
        news,
    };
    Some(WalletNotice { event, amount })
}
