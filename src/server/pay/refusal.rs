//! How a no sounds on the wire of payments: `{"error", "code"}` for programs, a page for people.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::domain::payment::Refused;
use crate::providers::ProviderFault;
use crate::server::web::problem::Problem;
use crate::store::StoreError;

/// When somebody asks again whom a silent provider or database could not answer, in seconds.
const RETRY_AFTER_S: u64 = 5;

/// A refusal. The cause goes to the log, never into the answer.
#[derive(Debug, Clone)]
pub struct PayRefusal(Box<Refusal>);

#[derive(Debug, Clone)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    error: String,
    retry_after_s: Option<u64>,
    also: Map<String, Value>,
}

impl PayRefusal {
    fn new(status: StatusCode, code: &'static str, error: impl Into<String>) -> Self {
        Self(Box::new(Refusal {
            status,
            code,
            error: error.into(),
            retry_after_s: None,
            also: Map::new(),
        }))
    }

    /// The request cannot be used.
    pub fn invalid(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", error)
    }

    /// There is no such thing, or it is somebody else's.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "Không có khoản thanh toán này.",
        )
    }

    /// The body is larger than what is taken.
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "VALIDATION_ERROR",
            "Yêu cầu quá lớn. Chia nhỏ rồi gửi lại.",
        )
    }

    /// Nobody has shown who they are.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHORIZED",
            "Cần đăng nhập hoặc mã truy cập hợp lệ.",
        )
    }

    /// Whoever it is may not.
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "FORBIDDEN",
            "Không có quyền làm việc này.",
        )
    }

    /// It does not fit how things stand.
    pub fn conflict(error: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", error)
    }

    /// Too often.
    pub fn limited(retry_after_s: u64) -> Self {
        let error = format!("Quá nhiều lần. Thử lại sau {retry_after_s} giây.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", error).after(retry_after_s)
    }

    /// The provider did not answer, whichever it is.
    pub fn provider(error: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "PAYOS_CONNECTION_ERROR",
            error,
        )
        .after(RETRY_AFTER_S)
    }

    /// A fault of ours.
    pub fn broken() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL_ERROR",
            "Máy chủ gặp lỗi. Thử lại sau ít phút.",
        )
    }

    /// A fault of ours that passes by itself.
    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "INTERNAL_ERROR",
            "Máy chủ đang bận. Thử lại sau ít phút.",
        )
        .after(RETRY_AFTER_S)
    }

    /// A refusal with a code of its own.
    pub fn of(status: StatusCode, code: &'static str, error: impl Into<String>) -> Self {
        Self::new(status, code, error)
    }

    /// The same as the collection desk says it: `{"code", "message"}`, codes in small letters.
    pub fn at_desk(&self) -> Response {
        let code = match self.0.code {
            "VALIDATION_ERROR" => "invalid",
            "NOT_FOUND" => "not_found",
            "UNAUTHORIZED" => "unauthorized",
            "FORBIDDEN" => "forbidden",
            "CONFLICT" => "conflict",
            "RATE_LIMITED" => "rate_limited",
            "PAYOS_CONNECTION_ERROR" => "provider_unreachable",
            "INTERNAL_ERROR" => "internal_error",
            own => own,
        };
        let mut body = Map::new();
        body.insert("code".to_owned(), json!(code));
        body.insert("message".to_owned(), json!(self.0.error));
        body.extend(self.0.also.clone());
        let mut response = (self.0.status, Json(body)).into_response();
        self.head(&mut response);
        response
    }

    fn head(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Some(seconds) = self.0.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.0.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
    }

    /// A refusal about a one-time password, with a code of its own.
    pub fn otp(code: &'static str, error: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, error)
    }

    /// The wallet's own no to the money: which one it is, and that another way has to be chosen.
    pub fn no_funds(code: &str) -> Self {
        let (code, error) = match code {
            "limit_exceeded" => (
                "limit_exceeded",
                "Vượt hạn mức của ví. Chọn lại cách thanh toán.",
            ),
            "wallet_locked" => (
                "wallet_locked",
                "Ví đang bị khóa. Chọn lại cách thanh toán.",
            ),
            _ => (
                "insufficient_balance",
                "Ví không đủ tiền. Chọn lại cách thanh toán.",
            ),
        };
        Self::otp(code, error)
    }

    /// When to ask again.
    #[must_use]
    pub fn after(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// With something more to say.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.also.insert(name.to_owned(), value.into());
        self
    }

    /// The same in other words.
    #[must_use]
    pub fn saying(mut self, error: impl Into<String>) -> Self {
        self.0.error = error.into();
        self
    }

    /// What more it says by this name.
    pub fn also(&self, name: &str) -> Option<&Value> {
        self.0.also.get(name)
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What a person reads.
    pub fn error(&self) -> &str {
        &self.0.error
    }
}

impl From<StoreError> for PayRefusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoRow => Self::not_found(),
            StoreError::BadValue { why, .. } => Self::invalid(why),
            StoreError::Stale => Self::conflict(error.to_string()),
            other => {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(other)),
                    "the database could not do it"
                );
                Self::busy()
            }
        }
    }
}

impl From<PayRefusal> for Problem {
    fn from(refusal: PayRefusal) -> Self {
        let problem = Self::new(
            refusal.0.status,
            "payment",
            "The payment does not allow it",
            refusal.0.error.clone(),
        );
        match refusal.0.retry_after_s {
            Some(seconds) => problem.after(seconds),
            None => problem,
        }
    }
}

impl From<Refused> for PayRefusal {
    fn from(refused: Refused) -> Self {
        Self::invalid(refused.to_string())
    }
}

impl From<ProviderFault> for PayRefusal {
    fn from(fault: ProviderFault) -> Self {
        tracing::warn!(%fault, cause = ?fault, "a provider did not do it");
        let retry_after_s = match &fault {
            ProviderFault::Busy { retry_after_s, .. } => *retry_after_s,
            _ => RETRY_AFTER_S,
        };
        let error = match &fault {
            ProviderFault::Refused { .. } => {
                "Cổng thanh toán từ chối yêu cầu này. Chọn cách khác hoặc báo cửa hàng.".to_owned()
            }
            ProviderFault::Busy { retry_after_s, .. } => {
                format!("Cổng thanh toán đang đông. Thử lại sau {retry_after_s} giây.")
            }
            _ => "Cổng thanh toán chưa trả lời. Thử lại sau ít giây.".to_owned(),
        };
        Self::provider(error).after(retry_after_s)
    }
}

impl IntoResponse for PayRefusal {
    fn into_response(self) -> Response {
        let mut body = Map::new();
        body.insert("error".to_owned(), json!(self.0.error));
        body.insert("code".to_owned(), json!(self.0.code));
        body.extend(self.0.also.clone());
        let mut response = (self.0.status, Json(body)).into_response();
        self.head(&mut response);
        // Where a person asked, it is drawn as a page.
        response.extensions_mut().insert(self);
        response
    }
}
