//! What comes in: fields of a form, in order and with repeats; parts of a path.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::page::Fault;
use crate::server::App;

/// Larger forms are refused. Files have a limit of their own.
const FORM_MAX: usize = 1024 * 1024;

/// A form as it was sent.
#[derive(Debug, Clone, Default)]
pub struct Form(pub Vec<(String, String)>);

impl Form {
    /// The last value of a field, trimmed; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.exact(name).trim()
    }

    /// The last value of a field as it was sent: a password is every byte of it.
    pub fn exact(&self, name: &str) -> &str {
        self.0
            .iter()
            .rev()
            .find(|(n, _)| n == name)
            .map_or("", |(_, v)| v)
    }

    /// Was the field sent?
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// All values of a field.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// A number, where the field holds one.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name).parse().ok()
    }
}

impl FromRequest<App> for Form {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let bytes = Bytes::from_request(request, app)
            .await
            .map_err(|e| Fault::new(e.status(), "Không đọc được biểu mẫu."))?;
        if bytes.len() > FORM_MAX {
            return Err(Fault::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "Biểu mẫu quá lớn.",
            ));
        }
        Ok(Self(
            url::form_urlencoded::parse(&bytes).into_owned().collect(),
        ))
    }
}

/// Parts of a path. One that is none of ours leads nowhere.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let parsed = axum::extract::Path::from_request_parts(parts, app).await;
        parsed
            .map(|axum::extract::Path(path)| Self(path))
            .map_err(|_| Fault::not_found())
    }
}

/// A form that brings the rows of a file along; its route says how large it may be.
pub struct BigForm(pub Form);

impl FromRequest<App> for BigForm {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let bytes = Bytes::from_request(request, app)
            .await
            .map_err(|e| Fault::new(e.status(), "Biểu mẫu quá lớn."))?;
        Ok(Self(Form(
            url::form_urlencoded::parse(&bytes).into_owned().collect(),
        )))
    }
}
