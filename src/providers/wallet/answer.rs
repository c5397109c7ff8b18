//! What the wallet answers: a payment, or a code that says why not.

use serde_json::{Map, Value};

use crate::domain::payment::End;
use crate::providers::http::{Http, HttpAnswer};
use crate::providers::strict::{integer, parse, text};
use crate::providers::{
    Link, OtpPrompt, ProviderFault, ProviderRefusal, SeenTransfer, Told, ToldStanding,
};

/// Digits of a one-time password where nothing is said of them.
const OTP_LENGTH: u8 = 6;

/// The members of an answer of success.
pub fn members(http: &Http, answer: &HttpAnswer) -> Result<Map<String, Value>, ProviderFault> {
    let read = parse(&answer.body);
    let members = match read {
        Some(Value::Object(members)) => Some(members),
        // Payments of an order, where the wallet answers with a list of the one.
        Some(Value::Array(mut list)) if list.len() == 1 => match list.pop() {
            Some(Value::Object(members)) => Some(members),
            _ => None,
        },
        _ => None,
    };
    match (answer.status, members) {
        (200..=299, Some(members)) => Ok(members),
        (429, None) => Err(refusal(http, answer, 429, &Map::new())),
        // A page of whatever stands between us is not the wallet's word.
        (status @ (400..=407 | 409..=499), Some(members)) => {
            Err(refusal(http, answer, status, &members))
        }
        (status, _) => Err(http.unknown(format!("HTTP {status} without a usable answer"))),
    }
}

fn refusal(
    http: &Http,
    answer: &HttpAnswer,
    status: u16,
    said: &Map<String, Value>,
) -> ProviderFault {
    let code = text(said, "code").unwrap_or_default();
    let why = match code {
        "otp_wrong" => ProviderRefusal::OtpWrong {
            attempts_left: integer(said, "attempts_left").unwrap_or_default(),
        },
        "otp_expired" => ProviderRefusal::OtpExpired,
        "otp_locked" => ProviderRefusal::OtpLocked,
        "otp_too_early" => ProviderRefusal::OtpTooEarly {
            retry_after_s: integer(said, "retry_after_s")
                .and_then(|seconds| u64::try_from(seconds).ok())
                .unwrap_or(answer.retry_after_s),
        },
        "insufficient_balance" | "limit_exceeded" | "wallet_locked" => ProviderRefusal::NoFunds,
        "wallet_not_linked" => ProviderRefusal::NotLinked,
        "duplicate_order" => ProviderRefusal::Repeated,
        _ => match status {
            401 | 403 => ProviderRefusal::Settings,
            404 => ProviderRefusal::Absent,
            429 => {
                return ProviderFault::Busy {
                    provider: http.provider(),
                    retry_after_s: answer.retry_after_s,
                };
            }
            _ => ProviderRefusal::Other,
        },
    };
    let code = if code.is_empty() {
        status.to_string()
    } else {
        code.to_owned()
    };
    let words = text(said, "message").unwrap_or_default();
    ProviderFault::Refused {
        provider: http.provider(),
        code: code.chars().take(40).collect(),
        text: words.chars().take(300).collect(),
        why,
    }
}

/// A payment as it stands; `None`: a shape that the wallet does not have, or another order's.
pub fn told(payment: &Map<String, Value>, order_code: i64, raw: String) -> Option<Told> {
    let id = text(payment, "payment_id").filter(|id| !id.is_empty())?;
    if order_of(payment)? != order_code {
        return None;
    }
    let amount = integer(payment, "amount")?;
    let standing = standing(text(payment, "state")?);
    let mut told = Told {
        standing,
        amount: Some(amount),
        transfers: Vec::new(),
        link: Link {
            id: Some(id.to_owned()),
            ..Link::default()
        },
        raw,
    };
    match standing {
        ToldStanding::Paid => told.transfers.push(transfer(payment, id, amount)),
        ToldStanding::Open => told.link.otp = prompt(payment),
        _ => {}
    }
    Some(told)
}

/// The order that a payment is of.
pub fn order_of(payment: &Map<String, Value>) -> Option<i64> {
    match payment.get("order_id")? {
        Value::String(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok(),
        Value::Number(number) => number.as_i64(),
        _ => None,
    }
}

/// The money of a payment that succeeded.
pub fn transfer(payment: &Map<String, Value>, id: &str, amount: i64) -> SeenTransfer {
    let times = ["paid_at", "succeeded_at", "updated_at"];
    SeenTransfer {
        reference: id.to_owned(),
        amount,
        currency: text(payment, "currency").unwrap_or("VND").to_owned(),
        at_ms: times.iter().find_map(|name| moment(text(payment, name)?)),
        method: None,
    }
}

/// A word that is not known is "open, ask again".
pub fn standing(state: &str) -> ToldStanding {
    match state {
        "succeeded" => ToldStanding::Paid,
        "processing" => ToldStanding::Processing,
        "failed" => ToldStanding::Ended(End::Failed),
        "cancelled" => ToldStanding::Ended(End::Cancelled),
        "expired" => ToldStanding::Ended(End::Expired),
        _ => ToldStanding::Open,
    }
}

/// The one-time password that a payment waits for.
pub fn prompt(payment: &Map<String, Value>) -> Option<OtpPrompt> {
    let otp = match payment.get("otp") {
        Some(otp) => otp.as_object()?,
        None => payment,
    };
    Some(OtpPrompt {
        length: integer(otp, "length")
            .and_then(|n| u8::try_from(n).ok())
            .unwrap_or(OTP_LENGTH),
        expires_ms: moment(text(otp, "expires_at")?)?,
        attempts_left: integer(otp, "attempts_left")?,
        resend_after_s: integer(otp, "resend_after_s").unwrap_or_default(),
        sent_to: text(otp, "sent_to").unwrap_or_default().to_owned(),
    })
}

fn moment(text: &str) -> Option<i64> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(at.as_millisecond())
}
