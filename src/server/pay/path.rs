//! Parts of an address, read: one that cannot be is an address that nothing is behind.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use serde::de::DeserializeOwned;

use super::refusal::PayRefusal;
use crate::server::AppState;

/// A part of the path; what is no such part is not there.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Path<T> {
    type Rejection = PayRefusal;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, PayRefusal> {
        let read = axum::extract::Path::from_request_parts(parts, app).await;
        read.map(|axum::extract::Path(part)| Self(part))
            .map_err(|_| PayRefusal::not_found())
    }
}

/// A body as it came, or why it could not be read.
pub struct WholeBody(pub Bytes);

impl FromRequest<AppState> for WholeBody {
    type Rejection = PayRefusal;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, PayRefusal> {
        let read = Bytes::from_request(request, app).await;
        read.map(Self)
            .map_err(|rejection| match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => PayRefusal::too_large(),
                _ => PayRefusal::invalid("Không đọc được nội dung."),
            })
    }
}
