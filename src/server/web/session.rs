//! Who sits at the browser: a cookie with 256 random bits, of which the database knows only the
//! hash.
//!
//! Lives here: sessions from sign-in to sign-out, their limits, and what every handler gets
//! ([`Person`]). Never here: passwords.
//!
//! A session ends after [`IDLE_MS`] without a request and after [`WHOLE_MS`] in any case; its id
//! changes whenever what it may do changes.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::origin::Origin;
use super::permission::{Right, may};
use super::problem::Problem;
use crate::server::AppState;
use crate::server::app::TableNames;
use crate::store::catalogue::{Area, Column, Role, Table};
use crate::store::notifications::{Reader, Sees};
use crate::store::people::{UserAccount, WebSession};
use crate::store::settings::ShopRules;
use crate::store::{Actor, StoreError, digest};

/// Without a request for so long a session is over.
pub const IDLE_MS: i64 = 30 * 60 * 1000;
/// So long it lasts at most.
pub const WHOLE_MS: i64 = 12 * 60 * 60 * 1000;
/// Who has shown the password only has this long for the rest.
const STEP_MS: i64 = 10 * 60 * 1000;
/// `last_seen` is written at most so often.
const TOUCH_MS: i64 = 60 * 1000;

/// How far a sign-in has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The second factor's code is still to come.
    Code,
    /// The password has to be changed first.
    Password,
    /// All the way.
    Full,
}

/// What a session remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionData {
    /// How far the sign-in has come.
    pub step: Step,
    /// A second factor that is being set up: its secret, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp_new: Option<String>,
    /// Was the second factor that it replaces shown?
    #[serde(default)]
    pub totp_replaces: bool,
    /// Where to go after the sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl SessionData {
    /// Of a session that begins.
    pub const fn of(step: Step, next: Option<String>) -> Self {
        Self {
            step,
            totp_new: None,
            totp_replaces: false,
            next,
        }
    }
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Person {
    /// The account as it is now.
    pub account: UserAccount,
    /// The hash of the session's id.
    pub session: String,
    /// What the session remembers.
    pub data: SessionData,
    /// From where.
    pub from: Origin,
    /// Notifications that they have not read; counted for pages alone.
    pub unread: Option<i64>,
    /// Customers' money that waits for a person; counted for pages alone.
    pub to_decide: Option<i64>,
    /// Tables of the old system that hold anything: the menu leads to no others. Known for pages alone.
    pub filled: TableNames,
}

impl Person {
    /// Whose notifications they see: those of the payees that they work for.
    pub fn reader(&self) -> Reader {
        let sees = self.account.payee.map_or(Sees::All, Sees::Payee);
        Reader::person(self.account.user_id, sees)
    }

    /// May they?
    pub fn may(&self, area: Area, right: Right) -> bool {
        may(self.account.role, area, right)
    }

    /// May they, with this table?
    pub fn may_table(&self, table: &Table, right: Right) -> bool {
        // What is nobody's among what is to be collected is no collector's.
        let is_closed = self.as_collector().is_some()
            && table.area == Some(Area::Collection)
            && table.collectors.is_empty();
        !is_closed && table.area.is_some_and(|area| self.may(area, right))
    }

    /// May they write this column of a row that they may edit?
    pub fn may_write(&self, table: &Table, column: &Column) -> bool {
        let is_noted = self.as_collector().is_none()
            || table.collectors.is_empty()
            || table.noted.contains(column);
        table.is_editable(column) && is_noted
    }

    /// Whoever works for one payee alone has to do with those who work for it, and with nobody else.
    pub fn may_reach(&self, account: &UserAccount) -> bool {
        let payee = self.account.payee;
        payee.is_none() || payee == account.payee
    }

    /// The login of a collector, who sees the rows that are theirs alone.
    pub fn as_collector(&self) -> Option<&str> {
        (self.account.role == Role::Collector).then_some(self.account.username.as_str())
    }

    /// What they are called: the person's name, else the login.
    pub fn name(&self) -> &str {
        self.account
            .name
            .as_deref()
            .filter(|name| !name.is_empty())
            .unwrap_or(&self.account.username)
    }

    /// Must somebody of this role have a second factor that is not there?
    pub fn lacks_second_factor(&self, shop: &ShopRules) -> bool {
        shop.require_2fa
            && matches!(self.account.role, Role::Owner | Role::Manager)
            && self.account.totp_secret.is_none()
    }

    /// For the audit trail.
    pub fn actor(&self) -> Actor {
        Actor {
            user_id: Some(self.account.user_id),
            who: self.account.username.clone(),
            ..self.from.actor()
        }
    }
}

/// Begins a session in place of the one that was there; hands back the cookie.
pub async fn begin(
    app: &AppState,
    from: &Origin,
    user_id: i64,
    data: &SessionData,
    before: Option<&str>,
) -> Result<HeaderValue, StoreError> {
    let id = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let now = app.store().now_ms();
    let lasts = if data.step == Step::Full {
        WHOLE_MS
    } else {
        STEP_MS
    };
    if let Some(before) = before {
        app.store().accounts().sessions().end(before).await?;
    }
    let session = WebSession {
        hash: digest(id.as_bytes()),
        user_id: Some(user_id),
        created_at: now,
        last_seen: now,
        expires_at: now + lasts,
        ip: Some(from.ip.clone()),
        agent: from.agent.clone(),
        data: Some(to_json(data)),
    };
    app.store().accounts().sessions().add(&session).await?;
    Ok(from.cookie(&id))
}

/// What a session remembers, as it is kept.
pub fn to_json(data: &SessionData) -> String {
    serde_json::to_string(data).unwrap_or_default()
}

/// The person behind the cookie, as far as the sign-in has come. Accounts are read again each time:
/// who was blocked a moment ago is out.
pub async fn find(
    app: &AppState,
    from: Origin,
    headers: &HeaderMap,
) -> Result<Option<Person>, StoreError> {
    let Some(id) = from.session_id(headers) else {
        return Ok(None);
    };
    let hash = digest(id.as_bytes());
    let Some(session) = app.store().accounts().sessions().find(&hash).await? else {
        return Ok(None);
    };
    let now = app.store().now_ms();
    if now - session.last_seen > IDLE_MS {
        app.store().accounts().sessions().end(&hash).await?;
        return Ok(None);
    }
    let Some(user_id) = session.user_id else {
        return Ok(None);
    };
    let account = app
        .store()
        .accounts()
        .find(user_id)
        .await?
        .filter(|a| a.may_sign_in(now));
    let data = session
        .data
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok());
    let (Some(account), Some(data)) = (account, data) else {
        app.store().accounts().sessions().end(&hash).await?;
        return Ok(None);
    };
    if now - session.last_seen > TOUCH_MS {
        app.store().accounts().sessions().touch(&hash, None).await?;
    }
    Ok(Some(Person {
        account,
        session: hash,
        data,
        from,
        unread: None,
        to_decide: None,
        filled: TableNames::default(),
    }))
}

/// Put there by the guard of the route.
impl FromRequestParts<AppState> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(Problem::not_signed_in)
    }
}
