//! How the server says no: problem details (RFC 9457), Vietnamese for people, English and a code
//! for programs.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::StoreError;
use crate::store::catalogue::LeaseRefusal;

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

    /// Too many in too short a time.
    pub fn too_many(retry_after_s: u64) -> Self {
        let detail = format!("Gửi quá nhiều yêu cầu. Thử lại sau {retry_after_s} giây.");
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many",
                "Too many requests",
                detail,
            )
        }
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
            | StoreError::Migrating(_)
            | StoreError::MayNotMigrate
            | StoreError::Copy(_)
            | StoreError::Damaged(_)
            | StoreError::Running
            | StoreError::Database(_) => {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "the database could not do it"
                );
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "database",
                    "The database cannot be reached",
                    "Máy chủ đang bận hoặc mất cơ sở dữ liệu. Thử lại sau ít phút.",
                )
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        const KIND: HeaderValue =
            HeaderValue::from_static("application/problem+json; charset=utf-8");
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after_s = self.retry_after_s;
        let mut response = (
            status,
            [(header::CONTENT_TYPE, KIND)],
            Json(self).into_response().into_body(),
        )
            .into_response();
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(
                HeaderName::from_static("retry-after"),
                HeaderValue::from(seconds),
            );
        }
        response
    }
}
