//! Fields of a form, in order and with repeats.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};

use super::problem::Problem;
use crate::server::AppState;

/// A form as it was sent.
#[derive(Debug, Clone, Default)]
pub struct FormData(pub Vec<(String, String)>);

impl FormData {
    /// Reads `a=1&b=2`, from a body or behind the question mark of an address.
    pub fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

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

    /// Was it opened on what stands there now? A page says in `as_of` what it was drawn from
    /// ([`as_of`]); whoever sends no page's form means what he sends.
    pub fn is_of(&self, now: &str) -> bool {
        !self.has("as_of") || self.text("as_of") == now
    }

    /// A number, where the field holds one.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name).parse().ok()
    }
}

/// The state that a form was drawn from, in a few letters: another one when anything of it changed.
pub fn as_of(state: &impl serde::Serialize) -> String {
    let text = serde_json::to_vec(state).unwrap_or_default();
    crate::store::digest(&text)[..16].to_owned()
}

/// How large it may be, its route says.
impl FromRequest<AppState> for FormData {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, app)
            .await
            .map_err(|_| Problem::too_large("Biểu mẫu quá lớn hoặc gửi dở dang."))?;
        Ok(Self::parse(&bytes))
    }
}
