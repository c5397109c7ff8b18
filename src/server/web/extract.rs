//! What comes in besides forms: JSON, a query, parts of a path. What cannot be read is a [`Problem`].

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::server::AppState;

/// JSON in, a problem document where it is none.
pub struct JsonBody<T>(pub T);
impl<T: DeserializeOwned> FromRequest<AppState> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        let parsed: Result<Json<T>, JsonRejection> = Json::from_request(request, app).await;
        parsed
            .map(|Json(body)| Self(body))
            .map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    Problem::too_large("Yêu cầu quá lớn. Chia nhỏ rồi gửi lại.")
                }
                _ => Problem::bad_request(format!(
                    "Nội dung không đúng dạng: {}",
                    rejection.body_text()
                )),
            })
    }
}

/// A query string, or a problem document.
pub struct QueryParams<T>(pub T);
impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for QueryParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &AppState,
    ) -> Result<Self, Problem> {
        let parsed: Result<axum::extract::Query<T>, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, app).await;
        parsed
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|e| Problem::bad_request(format!("Tham số không đúng: {}", e.body_text())))
    }
}

/// A part of the path, or a problem document.
pub struct PathParam<T>(pub T);
impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for PathParam<T> {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &AppState,
    ) -> Result<Self, Problem> {
        let parsed: Result<axum::extract::Path<T>, PathRejection> =
            axum::extract::Path::from_request_parts(parts, app).await;
        parsed
            .map(|axum::extract::Path(path)| Self(path))
            .map_err(|_| Problem::not_found("Không có địa chỉ này."))
    }
}

/// The word in an address that says what was just done.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    /// One of the known words.
    pub done: Option<String>,
}
