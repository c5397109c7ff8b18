//! How the server says no: problem details (RFC 9457), Vietnamese for people, English and a code
//! for programs.
//!
//! One refusal for all: a program gets it as a document, a person on a page, which is drawn by the
//! layer around the pages ([`super::page::dressed`]).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::StoreError;
use crate::store::catalogue::LeaseRefusal;

/// When somebody asks again whom a busy or silent server could not answer.
pub const RETRY_AFTER_S: u64 = 5;

/// A refusal. The cause goes to the log, never into the answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: the status says which kind it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// In English.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened and what to do next, in Vietnamese.
    detail: String,
    /// Stable, for programs.
    code: &'static str,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

impl Problem {
    /// A refusal with a code of its own.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            detail: detail.into(),
            code,
            retry_after_s: None,
        }
    }

    /// No token, or none that opens anything.
    pub fn no_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "no_token",
            "A machine token is needed",
            "Cần mã máy hợp lệ. Hỏi chủ cửa hàng để lấy mã mới.",
        )
    }

    /// The token does not open this.
    pub fn no_scope(scope: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "no_scope",
            "The token lacks the scope",
            format!("Mã máy này không có quyền {scope}."),
        )
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found", detail)
    }

    /// The request cannot be understood.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "bad_request",
            "The request cannot be used",
            detail,
        )
    }

    /// Nobody has signed in, or the session is over.
    pub fn not_signed_in() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "not_signed_in",
            "Nobody has signed in",
            "Phiên đăng nhập đã hết. Đăng nhập lại rồi làm tiếp.",
        )
    }

    /// The role does not allow it.
    pub fn forbidden() -> Self {
        Self::refused("Tài khoản này không có quyền làm việc đó. Hỏi chủ cửa hàng.")
    }

    /// It is not allowed, for a reason of its own.
    pub fn refused(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    /// There is no such page.
    pub fn no_page() -> Self {
        Self::not_found("Không có trang hoặc dòng này.")
    }

    /// The request makes no sense.
    pub fn bad(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad",
            "The request makes no sense",
            detail,
        )
    }

    /// The request is larger than its route takes.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The request is too large",
            detail,
        )
    }

    /// It took too long.
    pub fn late(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "deadline",
            "It took too long",
            detail,
        )
        .after(RETRY_AFTER_S)
    }

    /// The server does not work yet.
    pub fn starting(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "starting",
            "The server is starting",
            detail,
        )
    }

    /// A fault of ours.
    pub fn broken() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "fault",
            "A fault in the server",
            "Máy chủ gặp lỗi. Gửi mã yêu cầu (x-request-id) cho kỹ thuật.",
        )
    }

    /// Too many guesses.
    pub fn too_many_tries(retry_after_s: u64) -> Self {
        let minutes = retry_after_s / 60 + 1;
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_tries",
            "Too many tries",
            format!("Thử quá nhiều lần. Đợi {minutes} phút rồi thử lại."),
        )
        .after(retry_after_s)
    }

    /// When to ask again.
    #[must_use]
    pub const fn after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What happened and what to do next, for people.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// When to ask again.
    pub const fn retry_after_s(&self) -> Option<u64> {
        self.retry_after_s
    }

    /// Too many in too short a time.
    pub fn too_many(retry_after_s: u64) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many",
            "Too many requests",
            format!("Gửi quá nhiều yêu cầu. Thử lại sau {retry_after_s} giây."),
        )
        .after(retry_after_s)
    }
}

impl From<LeaseRefusal> for Problem {
    fn from(refusal: LeaseRefusal) -> Self {
        let status = if refusal == LeaseRefusal::NoJob {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::CONFLICT
        };
        Self::new(
            status,
            refusal.wire(),
            "The job cannot be armed",
            refusal.advice(),
        )
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let detail = error.to_string();
        match error {
            StoreError::Stale => Self::new(
                StatusCode::CONFLICT,
                "stale",
                "Somebody else changed it",
                detail,
            ),
            StoreError::NoRow => Self::not_found(detail),
            StoreError::NotAllowed(_) => Self::new(
                StatusCode::BAD_REQUEST,
                "not_allowed",
                "Unknown or closed name",
                detail,
            ),
            StoreError::BadValue { .. } | StoreError::LastOwner => Self::bad_request(detail),
            StoreError::Job(_) => Self::new(
                StatusCode::CONFLICT,
                "state",
                "Not possible in this state",
                detail,
            ),
            StoreError::BadAddress(_)
            | StoreError::Unreachable { .. }
            | StoreError::Newer { .. }
            | StoreError::Migrating
            | StoreError::Stopped
            | StoreError::MayNotMigrate
            | StoreError::Copy(_)
            | StoreError::Damaged(_)
            | StoreError::Running
            | StoreError::TakenBack(_)
            | StoreError::Database(_) => {
                let is_full = error.is_full();
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "the database could not do it"
                );
                let (code, title, detail) = if is_full {
                    (
                        "disk_full",
                        "The database has no room left",
                        "Ổ đĩa của máy chủ đã đầy, không ghi thêm được. Báo người quản lý dọn chỗ rồi thử lại.",
                    )
                } else {
                    (
                        "database",
                        "The database cannot be reached",
                        "Máy chủ đang bận hoặc mất cơ sở dữ liệu. Thử lại sau ít phút.",
                    )
                };
                Self::new(StatusCode::SERVICE_UNAVAILABLE, code, title, detail).after(RETRY_AFTER_S)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        const KIND: HeaderValue =
            HeaderValue::from_static("application/problem+json; charset=utf-8");
        let status = self.status();
        let body = Json(&self).into_response().into_body();
        let mut response = (status, [(header::CONTENT_TYPE, KIND)], body).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // Where pages are, it is drawn as one.
        response.extensions_mut().insert(self);
        response
    }
}
