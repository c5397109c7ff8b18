//! What comes in: a JSON object or a form, read by the same names and equally strictly.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::refusal::PayRefusal;
use super::who::is_foreign;
use crate::domain::text::is_unseen;
use crate::providers::strict;
use crate::server::AppState;
use crate::server::web::form::FormData;

/// Letters of a text that somebody sends.
const TEXT_MAX: usize = 250;

/// A request's body with what says who sent it.
pub struct CallInput {
    body: Body,
    /// A caller's own name for this very call.
    pub idempotency_key: Option<String>,
    /// Everything else.
    pub headers: HeaderMap,
}

enum Body {
    Json(Map<String, Value>),
    Form(FormData),
}

/// Too large for us: said as everywhere.
pub enum InputRefusal {
    /// The body is too large.
    TooLarge,
    /// It cannot be read.
    Refused(PayRefusal),
}

impl IntoResponse for InputRefusal {
    fn into_response(self) -> Response {
        match self {
            Self::TooLarge => PayRefusal::too_large().into_response(),
            Self::Refused(refusal) => refusal.into_response(),
        }
    }
}

impl FromRequest<AppState> for CallInput {
    type Rejection = InputRefusal;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, InputRefusal> {
        let headers = request.headers().clone();
        let invalid = |error: &str| InputRefusal::Refused(PayRefusal::invalid(error));
        // A page of another site cannot send a token, only what a browser sends by itself.
        if !headers.contains_key(header::AUTHORIZATION) && is_foreign(&headers) {
            return Err(InputRefusal::Refused(PayRefusal::forbidden()));
        }
        let text = |name: header::HeaderName| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_ascii_lowercase()
        };
        let kind = text(header::CONTENT_TYPE);
        let bytes = Bytes::from_request(request, app)
            .await
            .map_err(|rejection| match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => InputRefusal::TooLarge,
                _ => invalid("Không đọc được nội dung."),
            })?;
        let body = if kind.starts_with("application/x-www-form-urlencoded") {
            Body::Form(FormData::parse(&bytes))
        } else if bytes.is_empty() {
            Body::Json(Map::new())
        } else {
            // What names a member twice would be read as one thing here and as another elsewhere.
            match strict::parse(&bytes) {
                Some(Value::Object(members)) => Body::Json(members),
                _ => return Err(invalid("Cần một đối tượng JSON, mỗi tên một lần.")),
            }
        };
        // A key that cannot be read must not be taken for none: what it is to happen once would happen again.
        let key = headers
            .get("idempotency-key")
            .map(|value| std::str::from_utf8(value.as_bytes()).map(str::trim))
            .transpose()
            .map_err(|_| invalid("Idempotency-Key: cần chữ UTF-8."))?
            .filter(|key| !key.is_empty());
        if key.is_some_and(|key| key.len() > 255) {
            return Err(invalid("Idempotency-Key dài quá 255 ký tự."));
        }
        Ok(Self {
            body,
            idempotency_key: key.map(str::to_owned),
            headers,
        })
    }
}

impl CallInput {
    /// Was it a form, sent by a page?
    pub const fn is_form(&self) -> bool {
        matches!(self.body, Body::Form(_))
    }

    /// A text, trimmed; `None` where there is none.
    pub fn text(&self, name: &str) -> Result<Option<String>, PayRefusal> {
        let text = match &self.body {
            Body::Form(form) => form.text(name).to_owned(),
            Body::Json(members) => match members.get(name) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.trim().to_owned(),
                Some(_) => return Err(PayRefusal::invalid(format!("{name}: cần một chuỗi."))),
            },
        };
        checked(name, text).map(|text| Some(text).filter(|text| !text.is_empty()))
    }

    /// A text that must be there.
    pub fn needed(&self, name: &str) -> Result<String, PayRefusal> {
        self.text(name)?
            .ok_or_else(|| PayRefusal::invalid(format!("{name}: không được để trống.")))
    }

    /// A whole number; `None` where there is none. A number in quotes is a text, not a number.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, PayRefusal> {
        let bad = || PayRefusal::invalid(format!("{name}: cần một số nguyên."));
        match &self.body {
            Body::Form(form) => match form.text(name) {
                "" => Ok(None),
                text if text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit()) => {
                    text.parse().map(Some).map_err(|_| bad())
                }
                _ => Err(bad()),
            },
            Body::Json(members) => match members.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(value) => value.as_i64().map(Some).ok_or_else(bad),
            },
        }
    }

    /// An amount of money, in đồng.
    pub fn amount(&self, name: &str) -> Result<Option<i64>, PayRefusal> {
        match self.integer(name)? {
            Some(amount) if amount <= 0 => {
                Err(PayRefusal::invalid(format!("{name}: phải lớn hơn 0.")))
            }
            Some(amount) if amount > crate::domain::Provider::VnPay.amount_max() => {
                Err(PayRefusal::invalid(format!("{name}: quá lớn.")))
            }
            amount => Ok(amount),
        }
    }

    /// Yes or no; `None` where nothing is said.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, PayRefusal> {
        match &self.body {
            Body::Form(form) if form.has(name) => Ok(Some(form.text(name) != "0")),
            Body::Form(_) => Ok(None),
            Body::Json(members) => match members.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::Bool(is)) => Ok(Some(*is)),
                Some(_) => Err(PayRefusal::invalid(format!("{name}: cần true hoặc false."))),
            },
        }
    }

    /// A member of an object in it; a form writes it as `object.member`.
    pub fn within(&self, object: &str, name: &str) -> Result<Option<String>, PayRefusal> {
        let bad = |name: &str| PayRefusal::invalid(format!("{name}: cần một chuỗi."));
        let text = match &self.body {
            Body::Form(form) => form.text(&format!("{object}.{name}")).to_owned(),
            Body::Json(members) => match members.get(object) {
                None | Some(Value::Null) => String::new(),
                Some(Value::Object(inner)) => match inner.get(name) {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.trim().to_owned(),
                    Some(_) => return Err(bad(name)),
                },
                Some(_) => {
                    return Err(PayRefusal::invalid(format!("{object}: cần một đối tượng.")));
                }
            },
        };
        checked(name, text).map(|text| Some(text).filter(|text| !text.is_empty()))
    }

    /// Texts in a list, each once in the order in which they came; a number counts as its digits.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, PayRefusal> {
        let bad = || PayRefusal::invalid(format!("{name}: cần một danh sách chuỗi."));
        let all: Vec<String> = match &self.body {
            Body::Form(form) => form.all(name).map(str::to_owned).collect(),
            Body::Json(members) => match members.get(name) {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(all)) if all.len() <= 1_000 => all
                    .iter()
                    .map(|one| match one {
                        Value::String(text) => Ok(text.trim().to_owned()),
                        Value::Number(number) => Ok(number.to_string()),
                        _ => Err(bad()),
                    })
                    .collect::<Result<_, _>>()?,
                Some(_) => return Err(bad()),
            },
        };
        let mut once: Vec<String> = Vec::with_capacity(all.len());
        for text in all {
            if !once.contains(&text) {
                once.push(text);
            }
        }
        Ok(once)
    }

    /// Yes or no in an object in it; a form writes it as `object.member`.
    pub fn flag_within(&self, object: &str, name: &str) -> Result<Option<bool>, PayRefusal> {
        let members = match &self.body {
            Body::Form(_) => return self.flag(&format!("{object}.{name}")),
            Body::Json(members) => members,
        };
        match members.get(object) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(inner)) => match inner.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::Bool(is)) => Ok(Some(*is)),
                Some(_) => Err(PayRefusal::invalid(format!(
                    "{object}.{name}: cần true hoặc false."
                ))),
            },
            Some(_) => Err(PayRefusal::invalid(format!("{object}: cần một đối tượng."))),
        }
    }

    /// Is there such a member in an object in it, whatever it says?
    pub fn has_within(&self, object: &str, name: &str) -> bool {
        match &self.body {
            Body::Form(form) => form.has(&format!("{object}.{name}")),
            Body::Json(members) => members
                .get(object)
                .and_then(|inner| inner.get(name))
                .is_some_and(|value| !value.is_null()),
        }
    }

    /// Whole numbers in a list; `None` where there is no list.
    pub fn integers(&self, name: &str) -> Result<Option<Vec<i64>>, PayRefusal> {
        let bad = || PayRefusal::invalid(format!("{name}: cần một danh sách số."));
        match &self.body {
            Body::Form(form) => form
                .all(name)
                .map(|text| text.parse().map_err(|_| bad()))
                .collect::<Result<Vec<_>, _>>()
                .map(|all| Some(all).filter(|all| !all.is_empty())),
            Body::Json(members) => match members.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::Array(all)) if all.len() <= 1_000 => all
                    .iter()
                    .map(|one| one.as_i64().ok_or_else(bad))
                    .collect::<Result<Vec<_>, _>>()
                    .map(Some),
                Some(_) => Err(bad()),
            },
        }
    }

    /// A moment, as RFC 3339 writes it, in milliseconds since 1970.
    pub fn moment(&self, name: &str) -> Result<Option<i64>, PayRefusal> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let bad = |_| {
            PayRefusal::invalid(format!(
                "{name}: cần thời điểm như 2026-11-26T08:00:00+07:00."
            ))
        };
        let at: jiff::Timestamp = text.parse().map_err(bad)?;
        Ok(Some(at.as_millisecond()))
    }
}

/// As people see it, and short enough.
fn checked(name: &str, mut text: String) -> Result<String, PayRefusal> {
    text.retain(|c| !is_unseen(c));
    if text.chars().count() > TEXT_MAX {
        return Err(PayRefusal::invalid(format!(
            "{name}: dài quá {TEXT_MAX} ký tự."
        )));
    }
    if text
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return Err(PayRefusal::invalid(format!("{name}: có ký tự lạ.")));
    }
    Ok(text)
}
