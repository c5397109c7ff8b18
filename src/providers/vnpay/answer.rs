//! What VNPay answers to questions and to refunds: values between bars, signed.

use serde_json::{Map, Value};

use super::sign::{ANSWER, REFUND_ANSWER, Secret, piped, value_text};
use crate::domain::calendar::AHEAD_MS;
use crate::domain::payment::End;
use crate::providers::http::{Http, HttpAnswer};
use crate::providers::strict::parse;
use crate::providers::{
    Link, ProviderFault, ProviderRefusal, RefundTold, SeenTransfer, Told, ToldStanding,
};

/// How long VNPay takes two questions about one payment for one.
const REPEAT_S: u64 = 60;

/// The members of a signed answer. `is_refund`: two of the fields are not signed there.
pub fn signed(
    http: &Http,
    secret: &Secret,
    answer: &HttpAnswer,
    is_refund: bool,
) -> Result<Map<String, Value>, ProviderFault> {
    match answer.status {
        429 => {
            return Err(ProviderFault::Busy {
                provider: http.provider(),
                retry_after_s: answer.retry_after_s,
            });
        }
        200..=299 => {}
        // VNPay says no with 200 and signs it: anything else may have been done all the same.
        status => return Err(http.unknown(format!("HTTP {status}"))),
    }
    let Some(Value::Object(members)) = parse(&answer.body) else {
        return Err(http.unknown("not a JSON object"));
    };
    if is_signed(secret, &members, is_refund) {
        return Ok(members);
    }
    // A terminal or a secret that VNPay does not know cannot be signed for, and moves nothing.
    match word(&members, "vnp_ResponseCode").as_str() {
        code @ ("02" | "97") => {
            let words = word(&members, "vnp_Message");
            Err(refused(http, code, &words, ProviderRefusal::Settings))
        }
        _ => Err(http.unknown("the answer's signature does not hold")),
    }
}

/// Does the digest of an answer hold?
pub fn is_signed(secret: &Secret, members: &Map<String, Value>, is_refund: bool) -> bool {
    let names = if is_refund {
        &ANSWER[..REFUND_ANSWER]
    } else {
        ANSWER
    };
    let digest = word(members, "vnp_SecureHash");
    piped(names, members).is_some_and(|text| secret.holds(&text, &digest))
}

/// How a payment stands.
pub fn told(
    http: &Http,
    members: &Map<String, Value>,
    reference: &str,
    raw: &str,
) -> Result<Told, ProviderFault> {
    let of = |name| word(members, name);
    let code = of("vnp_ResponseCode");
    let told = |standing| Told {
        standing,
        amount: None,
        transfers: Vec::new(),
        link: Link::default(),
        raw: raw.to_owned(),
    };
    match code.as_str() {
        "00" => {}
        "91" => return Ok(told(ToldStanding::Absent)),
        "94" => {
            return Err(ProviderFault::Busy {
                provider: http.provider(),
                retry_after_s: REPEAT_S,
            });
        }
        "02" | "97" => {
            return Err(refused(
                http,
                &code,
                &of("vnp_Message"),
                ProviderRefusal::Settings,
            ));
        }
        "03" => {
            return Err(refused(
                http,
                &code,
                &of("vnp_Message"),
                ProviderRefusal::Other,
            ));
        }
        _ => return Err(http.unknown(format!("code {code}"))),
    }
    let hundredths: i64 = of("vnp_Amount").parse().unwrap_or(-1);
    if of("vnp_TxnRef") != reference || hundredths < 0 || hundredths % 100 != 0 {
        return Err(http.unknown("an answer about something else"));
    }
    let mut told = told(standing(&of("vnp_TransactionStatus")));
    told.amount = Some(hundredths / 100);
    let number = of("vnp_TransactionNo");
    if told.standing == ToldStanding::Paid {
        if number.is_empty() || number == "0" {
            return Err(http.unknown("money without a number"));
        }
        told.transfers.push(SeenTransfer {
            reference: number.clone(),
            amount: hundredths / 100,
            currency: "VND".to_owned(),
            at_ms: moment(&of("vnp_PayDate")),
            method: Some(of("vnp_BankCode")).filter(|bank| !bank.is_empty()),
        });
    }
    told.link.id = Some(number).filter(|n| !n.is_empty() && n != "0");
    Ok(told)
}

/// The number of a refund that VNPay took.
pub fn refunded(http: &Http, members: &Map<String, Value>) -> Result<String, ProviderFault> {
    let of = |name| word(members, name);
    let code = of("vnp_ResponseCode");
    let no = |why| Err(refused(http, &code, &of("vnp_Message"), why));
    match code.as_str() {
        "00" => Ok(of("vnp_TransactionNo")),
        "94" => no(ProviderRefusal::Repeated),
        "91" => no(ProviderRefusal::Absent),
        "02" | "97" => no(ProviderRefusal::Settings),
        "03" | "16" | "93" | "95" => no(ProviderRefusal::Other),
        _ => no(ProviderRefusal::InDoubt),
    }
}

/// What an answer about a payment says of paying it back.
pub fn refund_told(members: &Map<String, Value>, reference: &str) -> RefundTold {
    let of = |name| word(members, name);
    if of("vnp_ResponseCode") != "00" || of("vnp_TxnRef") != reference {
        return RefundTold::Nothing;
    }
    match of("vnp_TransactionStatus").as_str() {
        "05" | "06" => RefundTold::OnItsWay,
        "09" => RefundTold::Refused,
        _ => RefundTold::Nothing,
    }
}

/// What a status of a payment says. 05, 06 and 09 are of a refund: the payment was paid.
fn standing(status: &str) -> ToldStanding {
    match status {
        "00" | "05" | "06" | "09" | "10" | "20" => ToldStanding::Paid,
        "02" => ToldStanding::Ended(End::Failed),
        // The customer's bank took it and VNPay did not get it: a person has to look.
        "04" | "07" => ToldStanding::Suspect,
        "08" => ToldStanding::Ended(End::Expired),
        "11" => ToldStanding::Ended(End::Cancelled),
        _ => ToldStanding::Open,
    }
}

pub fn refused(http: &Http, code: &str, words: &str, why: ProviderRefusal) -> ProviderFault {
    ProviderFault::Refused {
        provider: http.provider(),
        code: code.chars().take(40).collect(),
        text: words.chars().take(300).collect(),
        why,
    }
}

pub fn word(members: &Map<String, Value>, name: &str) -> String {
    value_text(members.get(name)).unwrap_or_default()
}

/// `20261120091500`, Viet Nam's time.
pub fn moment(text: &str) -> Option<i64> {
    let local = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", text).ok()?;
    let at = local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(at.as_millisecond() - AHEAD_MS)
}

/// The other way.
pub fn stamp(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms + AHEAD_MS).map_or_else(
        |_| String::new(),
        |at| at.strftime("%Y%m%d%H%M%S").to_string(),
    )
}
