//! What PayOS answers: the envelope, its signature, a payment link.

use serde_json::{Map, Value};

use super::sign::is_signed;
use crate::domain::payment::End;
use crate::providers::http::{Http, HttpAnswer};
use crate::providers::strict::{integer, parse, text};
use crate::providers::{Link, ProviderFault, ProviderRefusal, SeenTransfer, Told, ToldStanding};

/// The data of an answer that is signed with one of these keys.
pub fn signed_data(
    http: &Http,
    keys: &[String],
    answer: &HttpAnswer,
) -> Result<Map<String, Value>, ProviderFault> {
    let mut envelope = envelope(http, answer)?;
    let Some(Value::Object(data)) = envelope.remove("data") else {
        return Err(http.unknown("an answer of success without data"));
    };
    let signature = text(&envelope, "signature").unwrap_or_default();
    if keys.iter().any(|key| is_signed(key, &data, signature)) {
        Ok(data)
    } else {
        Err(http.unknown("the answer's signature does not hold"))
    }
}

/// An envelope of success. PayOS says no with HTTP 200, too.
pub fn envelope(http: &Http, answer: &HttpAnswer) -> Result<Map<String, Value>, ProviderFault> {
    let read = match parse(&answer.body) {
        Some(Value::Object(members)) => Some(members),
        _ => None,
    };
    let told = read.as_ref().and_then(|members| text(members, "code"));
    let words = read.as_ref().and_then(|members| text(members, "desc"));
    let refused = |why, code: &str| ProviderFault::Refused {
        provider: http.provider(),
        code: code.chars().take(40).collect(),
        text: words.unwrap_or_default().chars().take(300).collect(),
        why,
    };
    match (answer.status, told) {
        (429, _) => Err(ProviderFault::Busy {
            provider: http.provider(),
            retry_after_s: answer.retry_after_s,
        }),
        // A page of whatever stands between us is not PayOS's word.
        (401 | 403 | 404, _) if read.is_none() => {
            Err(http.unknown(format!("HTTP {} that PayOS did not write", answer.status)))
        }
        (401 | 403, _) => Err(refused(
            ProviderRefusal::Settings,
            &answer.status.to_string(),
        )),
        (404, _) => Err(refused(ProviderRefusal::Absent, "404")),
        (200..=299, Some("00")) => {
            read.ok_or_else(|| http.unknown("an answer of success without data"))
        }
        (200..=299 | 400..=407 | 409..=428 | 430..=499, Some(code)) if code != "00" => {
            let why = refusal(code, words.unwrap_or_default());
            Err(refused(why, code))
        }
        (status, _) => Err(http.unknown(format!("HTTP {status} without a usable answer"))),
    }
}

fn refusal(code: &str, words: &str) -> ProviderRefusal {
    match code {
        "231" => ProviderRefusal::Repeated,
        "201" | "214" | "401" | "403" => ProviderRefusal::Settings,
        // Nobody published what is said of an unknown order; these are what it may look like.
        "101" | "404" => ProviderRefusal::Absent,
        _ if words.contains("không tồn tại") || words.contains("Không tìm thấy") => {
            ProviderRefusal::Absent
        }
        _ => ProviderRefusal::Other,
    }
}

/// The link of an answer to a create call; `None`: it is not of this order.
pub fn created(data: &Map<String, Value>, order_code: i64, amount: i64) -> Option<Link> {
    let of = |name| text(data, name).filter(|t| !t.is_empty());
    let is_ours =
        integer(data, "orderCode") == Some(order_code) && integer(data, "amount") == Some(amount);
    let bin = of("bin").unwrap_or_default();
    let account = of("accountNumber").map(|number| crate::providers::PayTo {
        bank: crate::domain::vietqr::bank_name(bin)
            .unwrap_or_default()
            .to_owned(),
        bin: bin.to_owned(),
        number: number.to_owned(),
        name: of("accountName").unwrap_or_default().to_owned(),
        // PayOS puts a code of its own before what we said: this is what the transfer must carry.
        note: of("description").unwrap_or_default().to_owned(),
    });
    is_ours.then(|| Link {
        id: of("paymentLinkId").map(str::to_owned),
        checkout_url: of("checkoutUrl").map(str::to_owned),
        qr_text: of("qrCode").map(str::to_owned),
        account,
        otp: None,
    })
}

/// A payment link as it stands. `None`: a shape that PayOS does not have, or another order.
pub fn told(data: &Map<String, Value>, order_code: i64, raw: String) -> Option<Told> {
    if integer(data, "orderCode") != Some(order_code) {
        return None;
    }
    let transfers = match data.get("transactions") {
        Some(Value::Array(seen)) => seen.iter().map(transfer).collect::<Option<Vec<_>>>()?,
        None | Some(Value::Null) => Vec::new(),
        Some(_) => return None,
    };
    let id = text(data, "id").or_else(|| text(data, "paymentLinkId"));
    Some(Told {
        standing: standing(text(data, "status")?),
        amount: integer(data, "amount"),
        transfers,
        link: Link {
            id: id.map(str::to_owned),
            ..Link::default()
        },
        raw,
    })
}

/// A word that is not known is "open, ask again".
fn standing(status: &str) -> ToldStanding {
    match status {
        "PAID" => ToldStanding::Paid,
        "PROCESSING" => ToldStanding::Processing,
        "CANCELLED" => ToldStanding::Ended(End::Cancelled),
        "EXPIRED" => ToldStanding::Ended(End::Expired),
        "FAILED" => ToldStanding::Ended(End::Failed),
        _ => ToldStanding::Open,
    }
}

fn transfer(seen: &Value) -> Option<SeenTransfer> {
    let seen = seen.as_object()?;
    Some(SeenTransfer {
        reference: text(seen, "reference")
            .filter(|r| !r.is_empty())?
            .to_owned(),
        amount: integer(seen, "amount")?,
        // PayOS says no currency here; it moves đồng alone.
        currency: text(seen, "currency").unwrap_or("VND").to_owned(),
        at_ms: text(seen, "transactionDateTime").and_then(moment),
        method: None,
    })
}

/// A time as PayOS writes it: with its zone, or in Viet Nam's.
pub fn moment(text: &str) -> Option<i64> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_millisecond());
    }
    let local: jiff::civil::DateTime = text.trim().parse().ok()?;
    let at = local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(at.as_millisecond() - crate::domain::calendar::AHEAD_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_zone_is_viet_nams() {
        let is = moment("2026-11-20T09:15:00+07:00");
        assert!(is.is_some());
        for same in [
            "2026-11-20 09:15:00",
            "2026-11-20T09:15:00",
            "2026-11-20T02:15:00Z",
        ] {
            assert_eq!(moment(same), is, "{same}");
        }
        assert_eq!(moment("hôm qua"), None);
    }

    #[test]
    fn an_unknown_word_of_a_status_is_asked_for_again() {
        for (word, is) in [
            ("PENDING", ToldStanding::Open),
            ("UNDERPAID", ToldStanding::Open),
            ("SOMETHING", ToldStanding::Open),
            ("PAID", ToldStanding::Paid),
            ("EXPIRED", ToldStanding::Ended(End::Expired)),
        ] {
            assert_eq!(standing(word), is, "{word}");
        }
    }
}
