//! The two forms of a job list, and the old site's. Pure.
//!
//! The sample form has lists of codes with one amount and type for all; the ordered form has
//! `code_order_map` and `phone_amount_pairs`. In the ordered form one rule alone is reliable: an
//! amount makes a top-up, none a postpaid debt.

use serde_json::{Map, Value};

use crate::domain::PaymentType;
use crate::domain::job::{Defaults, JobList, RawJob};
use crate::domain::service::UnknownService;
use crate::domain::text::folded;
use crate::domain::{AccountKind, Intake, Phone, Service, Vnd};

/// Keys that a list of accounts may stand under, the service's own first.
const LIST_KEYS: [&str; 3] = ["subscriber_codes", "bill_codes", "phone_numbers"];

/// Why an answer is no job list. Faults of single elements are no errors here: they become rows
/// that are named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The source says that it failed.
    #[error("Nguồn dữ liệu báo lỗi: {0}. (The source reports an error.)")]
    Failed(String),
    /// It is another service's list.
    #[error("Dữ liệu là của dịch vụ {found:?}, không phải {expected:?}. (Another service's data.)")]
    OtherService {
        /// What it says.
        found: String,
        /// What was asked for.
        expected: &'static str,
    },
    /// Something has another shape.
    #[error("Dữ liệu sai dạng tại {at}. (Wrong shape.) [{why}]")]
    Shape {
        /// Which element.
        at: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

fn shape(at: &str, why: &'static str) -> PayloadError {
    PayloadError::Shape {
        at: at.to_owned(),
        why,
    }
}

/// Reads a whole answer (`status`, `service`, `data`), a bare `data` object, or the old site's
/// comma-separated text.
pub fn read(service: Service, overrides: Defaults, body: &Value) -> Result<Intake, PayloadError> {
    let top = match body {
        Value::Array(_) | Value::String(_) => return list_only(service, overrides, "data", body),
        Value::Object(map) => map,
        _ => return Err(shape("(gốc)", "cần một đối tượng JSON")),
    };
    if let Some(status) = top.get("status").and_then(Value::as_str)
        && status != "success"
    {
        let message = top.get("message").and_then(Value::as_str).unwrap_or(status);
        return Err(PayloadError::Failed(message.to_owned()));
    }
    if let Some(found) = top.get("service").and_then(Value::as_str) {
        check_service(service, found)?;
    }
    let is_envelope = top.contains_key("status") || top.contains_key("data");
    let data = match top.get("data") {
        Some(Value::Object(data)) => data,
        Some(other) => return list_only(service, overrides, "data", other),
        None if is_envelope => return Err(shape("data", "thiếu")),
        None => top,
    };
    let is_sample = top.get("source").and_then(Value::as_str) == Some("mock");
    object(service, overrides, data).map(|intake| Intake {
        is_sample,
        ..intake
    })
}

fn check_service(service: Service, found: &str) -> Result<(), PayloadError> {
    let spec = service.spec();
    let same = [spec.wire, spec.title, spec.api_name]
        .iter()
        .any(|name| dashes(name) == dashes(found));
    let is_known: Result<Service, UnknownService> = found.parse();
    let is_other = is_known.is_ok()
        || Service::ALL
            .iter()
            .any(|s| dashes(s.spec().api_name) == dashes(found));
    // A name that nobody knows is a label; only another service's name is a contradiction.
    if same || !is_other {
        Ok(())
    } else {
        Err(PayloadError::OtherService {
            found: found.to_owned(),
            expected: spec.wire,
        })
    }
}

fn dashes(text: &str) -> String {
    folded(text).replace(['–', '—'], "-")
}

fn list_only(
    service: Service,
    overrides: Defaults,
    at: &str,
    value: &Value,
) -> Result<Intake, PayloadError> {
    let rows = match value {
        Value::String(text) => {
            let codes = text.split([',', '\n']).filter(|c| !c.trim().is_empty());
            codes
                .enumerate()
                .map(|(i, code)| RawJob::from_line(service, format!("{at}[{i}]"), code))
                .collect()
        }
        Value::Array(items) => rows_of(service, at, items),
        _ => return Err(shape(at, "cần một danh sách")),
    };
    Ok(Intake {
        list: JobList::check(service, overrides, rows),
        ..Intake::default()
    })
}

fn object(
    service: Service,
    overrides: Defaults,
    data: &Map<String, Value>,
) -> Result<Intake, PayloadError> {
    let map = list(data, "code_order_map")?;
    let pairs = list(data, "phone_amount_pairs")?;
    let is_ordered = map.is_some_and(|m| !m.is_empty()) || pairs.is_some();
    let mut rows: Vec<RawJob> = Vec::new();
    for (i, entry) in map.into_iter().flatten().enumerate() {
        rows.push(mapped(service, &format!("code_order_map[{i}]"), entry));
    }
    for (i, entry) in pairs.into_iter().flatten().enumerate() {
        push_new(
            &mut rows,
            item(service, &format!("phone_amount_pairs[{i}]"), entry),
        );
    }
    let own_key = service.spec().list_key;
    let mut found_list = map.is_some() || pairs.is_some();
    for key in std::iter::once(own_key).chain(LIST_KEYS.into_iter().filter(|k| *k != own_key)) {
        let Some(items) = list(data, key)? else {
            continue;
        };
        found_list = true;
        for raw in rows_of(service, key, items) {
            if is_ordered {
                push_new(&mut rows, raw);
            } else {
                rows.push(raw);
            }
        }
    }
    if !found_list {
        return Err(PayloadError::Shape {
            at: own_key.to_owned(),
            why: "thiếu danh sách",
        });
    }
    if map.is_none_or(Vec::is_empty)
        && let (Some(order), Some(first)) = (text(data.get("order_id")), rows.first_mut())
    {
        first.order_id.get_or_insert(order);
    }
    let own = if is_ordered {
        Defaults::default()
    } else {
        defaults(service, data)?
    };
    let defaults = Defaults {
        amount: overrides.amount.or(own.amount),
        payment: overrides.payment.or(own.payment),
    };
    let receiver_phone = match text(data.get("receiver_phone")) {
        Some(phone) => Some(
            phone
                .parse::<Phone>()
                .map_err(|_| shape("receiver_phone", "không phải số điện thoại di động"))?,
        ),
        None => None,
    };
    let pin = text(data.get("pin")).map(Into::into);
    Ok(Intake {
        list: JobList::check(service, defaults, rows),
        receiver_phone,
        pin,
        is_sample: false,
    })
}

/// What the list says for all its rows.
fn defaults(service: Service, data: &Map<String, Value>) -> Result<Defaults, PayloadError> {
    let takes_amount = matches!(service, Service::TopUpMulti | Service::TopUpViettel);
    let amount = match text(data.get("amount")).filter(|_| takes_amount) {
        Some(amount) => Some(
            amount
                .parse::<Vnd>()
                .map_err(|_| shape("amount", "không phải số tiền"))?,
        ),
        None => None,
    };
    let payment = match text(data.get("payment_type")).filter(|_| service.spec().takes_payment_type)
    {
        Some(payment) => Some(
            payment
                .parse::<PaymentType>()
                .map_err(|_| shape("payment_type", "không phải hình thức thanh toán"))?,
        ),
        None => None,
    };
    Ok(Defaults { amount, payment })
}

/// A row that an earlier one does not already name: lists repeat what the map says with its order.
fn push_new(rows: &mut Vec<RawJob>, raw: RawJob) {
    let is_named = rows
        .iter()
        .any(|r| r.account == raw.account && (r.amount == raw.amount || raw.amount.is_none()));
    if !is_named {
        rows.push(raw);
    }
}

fn list<'v>(
    data: &'v Map<String, Value>,
    key: &str,
) -> Result<Option<&'v Vec<Value>>, PayloadError> {
    match data.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(_) => Err(shape(key, "cần một danh sách")),
    }
}

fn rows_of(service: Service, at: &str, items: &[Value]) -> Vec<RawJob> {
    items
        .iter()
        .enumerate()
        .map(|(i, entry)| item(service, &format!("{at}[{i}]"), entry))
        .collect()
}

/// One element: text, number, or an object with the usual names.
fn item(service: Service, at: &str, entry: &Value) -> RawJob {
    match entry {
        Value::Object(fields) => {
            let named = ["code", "phone", "account", "bill_code", "subscriber_code"]
                .iter()
                .find_map(|k| account_text(service, fields.get(*k)));
            let mut raw = RawJob::from_line(service, at, named.as_deref().unwrap_or(""));
            raw.amount = text(fields.get("amount")).or(raw.amount);
            raw.order_id = text(fields.get("orderId").or(fields.get("order_id"))).or(raw.order_id);
            raw.payment = text(fields.get("payment_type")).or(raw.payment);
            raw.receiver = text(fields.get("receiver_phone"));
            raw
        }
        other => RawJob::from_line(
            service,
            at,
            &account_text(service, Some(other)).unwrap_or_default(),
        ),
    }
}

/// An entry of `code_order_map`: the order stands beside the code, which may itself be
/// `phone|amount`.
fn mapped(service: Service, at: &str, entry: &Value) -> RawJob {
    let order = entry.get("orderId").or(entry.get("order_id"));
    RawJob {
        order_id: text(order),
        ..item(service, at, entry)
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A phone that came as a number has lost its zero; a text has not.
fn account_text(service: Service, value: Option<&Value>) -> Option<String> {
    let is_phone = service.spec().account == AccountKind::Phone;
    match value? {
        Value::Number(number) if is_phone && number.to_string().len() == 9 => {
            Some(format!("0{number}"))
        }
        other => text(Some(other)),
    }
}

#[cfg(test)]
mod tests;
