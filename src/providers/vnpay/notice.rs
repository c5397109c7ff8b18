//! What VNPay tells in the query of an address of ours: by itself (IPN), and with the customer who comes
//! back. Pure functions over the query as it came.

use url::form_urlencoded::parse;

use super::answer::moment;
use super::sign::{Secret, encoded};
use crate::domain::payment::{End, ORDER_CODE_MAX};
use crate::providers::{News, ProviderEvent, SeenTransfer, Settings, WebhookRefusal};

/// The longest query that is read.
const QUERY_MAX: usize = 8_192;
/// The most parameters in it.
const PARAMETERS_MAX: usize = 64;

/// What was told, with the amount as it was told: in hundredths of a đồng.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VnPayNotice {
    /// What it says. An order code of 0 stands for a reference that none of our orders can have: that
    /// order is not found.
    pub event: ProviderEvent,
    /// To be compared with a hundred times the payment's amount.
    pub amount_hundredths: i64,
}

/// The terminal and the order that a query speaks of, so that the terminal's secret can be looked up.
/// Nothing is verified.
pub fn peek(query: &str) -> Option<(String, String)> {
    let pairs = Pairs::of(query)?;
    let of = |name| pairs.value(name).filter(|value| !value.is_empty());
    Some((of("vnp_TmnCode")?, of("vnp_TxnRef")?))
}

/// Verifies and reads a query.
pub fn read_notice(settings: &Settings, query: &str) -> Result<VnPayNotice, WebhookRefusal> {
    let pairs = Pairs::of(query).ok_or(WebhookRefusal::Signature)?;
    let is_ours = settings.text("tmn_code") == pairs.value("vnp_TmnCode").as_deref();
    if !is_ours || !pairs.hold(&Secret::of(settings)) {
        return Err(WebhookRefusal::Signature);
    }
    pairs.notice().ok_or(WebhookRefusal::Signature)
}

/// VNPay's parameters of a query, still encoded, sorted by name.
pub struct Pairs<'a> {
    pairs: Vec<(&'a str, &'a str)>,
    digest: &'a str,
}

impl<'a> Pairs<'a> {
    /// `None`: too long, without a digest, or a name stands twice.
    pub fn of(query: &'a str) -> Option<Self> {
        if query.len() > QUERY_MAX {
            return None;
        }
        let (mut pairs, mut digests) = (Vec::new(), Vec::new());
        for pair in query.split('&').filter(|pair| pair.starts_with("vnp_")) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("vnp_SecureHash", digest) => digests.push(digest),
                ("vnp_SecureHashType", _) => {}
                pair => pairs.push(pair),
            }
        }
        pairs.sort_by_key(|(name, _)| *name);
        let is_twice = pairs.windows(2).any(|two| two[0].0 == two[1].0);
        let [digest] = digests[..] else { return None };
        (!is_twice && pairs.len() <= PARAMETERS_MAX).then_some(Self { pairs, digest })
    }

    /// Does the digest hold? Nobody says whether VNPay signs what it sends or writes it anew, and whether
    /// it signs what is empty: all four are this query and no other.
    pub fn hold(&self, secret: &Secret) -> bool {
        let as_sent = |(name, value): &(&str, &str)| format!("{name}={value}");
        let anew = |(name, value): &(&str, &str)| {
            format!("{}={}", encoded(&decoded(name)), encoded(&decoded(value)))
        };
        let joined = |write: &dyn Fn(&(&str, &str)) -> String, keeps_empty: bool| {
            let pairs = self
                .pairs
                .iter()
                .filter(|(_, v)| keeps_empty || !v.is_empty());
            pairs.map(write).collect::<Vec<_>>().join("&")
        };
        [
            joined(&as_sent, false),
            joined(&as_sent, true),
            joined(&anew, false),
            joined(&anew, true),
        ]
        .iter()
        .any(|text| secret.holds(text, self.digest))
    }

    fn value(&self, name: &str) -> Option<String> {
        let pair = self.pairs.iter().find(|(other, _)| *other == name);
        pair.map(|(_, value)| decoded(value))
    }

    /// What it says; `None`: an amount that is none.
    pub fn notice(&self) -> Option<VnPayNotice> {
        let of = |name| self.value(name).unwrap_or_default();
        let (reference, number) = (of("vnp_TxnRef"), of("vnp_TransactionNo"));
        let (code, status) = (of("vnp_ResponseCode"), of("vnp_TransactionStatus"));
        let amount_hundredths = digits(&of("vnp_Amount"))?;
        let news = news(&code, &status, || SeenTransfer {
            // VNPay numbers every payment; its bank's number or ours stands in where it did not.
            reference: [&number, &of("vnp_BankTranNo"), &reference]
                .into_iter()
                .find(|text| !text.is_empty() && *text != "0")
                .cloned()
                .unwrap_or_default(),
            amount: amount_hundredths / 100,
            currency: "VND".to_owned(),
            at_ms: moment(&of("vnp_PayDate")),
            method: [of("vnp_CardType"), of("vnp_BankCode")]
                .into_iter()
                .find(|word| !word.is_empty()),
        });
        let order_code = digits(&reference).filter(|code| *code <= ORDER_CODE_MAX);
        let event = ProviderEvent {
            order_code: order_code.unwrap_or_default(),
            link_id: Some(number.clone()).filter(|n| !n.is_empty() && n != "0"),
            key: format!("{reference}:{number}:{code}:{status}"),
            kind: format!("{code}/{status}").chars().take(40).collect(),
            news,
        };
        Some(VnPayNotice {
            event,
            amount_hundredths,
        })
    }
}

/// Paid is "00" twice. Where the two do not agree, VNPay is asked.
fn news(code: &str, status: &str, transfer: impl FnOnce() -> SeenTransfer) -> News {
    match (code, status) {
        ("00", "00") => News::Money(transfer()),
        ("07", _) | (_, "07") | ("00", "04") => News::Suspect,
        ("00", "" | "01") | (_, "00") => News::AskAgain,
        ("24", _) => News::Ended(End::Cancelled),
        _ => News::Ended(End::Failed),
    }
}

fn digits(text: &str) -> Option<i64> {
    let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

fn decoded(text: &str) -> String {
    // As one name without a value: `=` inside stays what it is.
    let text = text.replace('=', "%3D").replace('&', "%26");
    let mut pairs = parse(text.as_bytes());
    pairs
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}
