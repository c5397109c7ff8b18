//! Who sits at the browser: a cookie with 256 random bits, of which the database knows only the
//! hash.
//!
//! Lives here: sessions from sign-in to sign-out, their limits, and what every handler gets
//! ([`Person`]). Never here: passwords.
//!
//! A session ends after [`IDLE_MS`] without a request and after [`WHOLE_MS`] in any case; its id
//! changes whenever what it may do changes.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::page::Fault;
use super::permission::{Right, may};
use crate::server::App;
use crate::server::caller::address;
use crate::store::catalogue::{Area, Table};
use crate::store::people::{Account, WebSession};
use crate::store::{Actor, StoreError, digest};

/// Without a request for so long a session is over.
pub const IDLE_MS: i64 = 30 * 60 * 1000;
/// So long it lasts at most.
pub const WHOLE_MS: i64 = 12 * 60 * 60 * 1000;
/// Who has shown the password only has this long for the rest.
const STEP_MS: i64 = 10 * 60 * 1000;
/// `last_seen` is written at most so often.
const TOUCH_MS: i64 = 60 * 1000;
/// A device is known for a year since the last sign-in there.
const DEVICE_S: i64 = 365 * 24 * 60 * 60;
/// The cookies' names, without what binds them to the host.
const SESSION: &str = "gachno";
const DEVICE: &str = "gachno-device";

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
pub struct Data {
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

impl Data {
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
    pub account: Account,
    /// The hash of the session's id.
    pub session: String,
    /// What the session remembers.
    pub data: Data,
    /// From where.
    pub from: Origin,
}

/// From where a request comes.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The network address.
    pub ip: String,
    /// The request's id.
    pub request_id: String,
    /// With what.
    pub agent: Option<String>,
    /// Did it come over TLS, as far as we can know?
    pub is_secure: bool,
    /// Does it never leave this computer?
    pub is_local: bool,
    /// Does htmx ask for a part of a page?
    pub is_part: bool,
    /// The browser's own id, where it has one.
    pub device: Option<SecretString>,
}

impl Person {
    /// May they?
    pub fn may(&self, area: Area, right: Right) -> bool {
        may(self.account.role, area, right)
    }

    /// May they, with this table?
    pub fn may_table(&self, table: &Table, right: Right) -> bool {
        table.area.is_some_and(|area| self.may(area, right))
    }

    /// What they are called: the person's name, else the login.
    pub fn name(&self) -> &str {
        self.account
            .name
            .as_deref()
            .filter(|name| !name.is_empty())
            .unwrap_or(&self.account.username)
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

impl Origin {
    /// Reads it from a request.
    pub fn of(parts: &Parts, app: &App) -> Self {
        let socket = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        let behind_proxy = app.config().behind_proxy;
        let text = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok());
        let (is_secure, is_local) = wire(
            app.config().tls.is_some(),
            behind_proxy,
            text("x-forwarded-proto"),
            socket,
        );
        let mut origin = Self {
            ip: address(&parts.headers, socket, behind_proxy).to_string(),
            request_id: text("x-request-id").unwrap_or_default().to_owned(),
            agent: text("user-agent").map(|a| a.chars().take(200).collect()),
            is_secure,
            is_local,
            is_part: parts.headers.contains_key("hx-request"),
            device: None,
        };
        origin.device = origin
            .cookie_named(DEVICE, &parts.headers)
            .map(SecretString::from);
        origin
    }

    /// Somebody who has not signed in, for the audit trail.
    pub fn actor(&self) -> Actor {
        Actor {
            user_id: None,
            who: "?".to_owned(),
            from_where: Some(self.ip.clone()),
            request_id: Some(self.request_id.clone()),
        }
    }

    /// A cookie that is bound to the host and travels over TLS only. Plain HTTP that never leaves
    /// the computer is the one exception: `Secure` is not taken there by every browser, and nobody
    /// is in between.
    fn is_bound(&self) -> bool {
        self.is_secure || !self.is_local
    }

    fn name_of(&self, name: &str) -> String {
        if self.is_bound() {
            format!("__Host-{name}")
        } else {
            name.to_owned()
        }
    }

    fn cookie_named<'h>(&self, name: &str, headers: &'h HeaderMap) -> Option<&'h str> {
        let name = self.name_of(name);
        let all = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|v| v.to_str().ok());
        all.flat_map(|line| line.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(name.as_str())?.strip_prefix('='))
    }

    /// The session's id.
    pub fn session_id<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        self.cookie_named(SESSION, headers)
    }

    /// Sets the session's cookie; an empty id takes it away.
    pub fn cookie(&self, id: &str) -> HeaderValue {
        self.set(SESSION, id, id.is_empty().then_some(0))
    }

    /// Sets the device's cookie.
    pub fn device_cookie(&self, id: &str) -> HeaderValue {
        self.set(DEVICE, id, Some(DEVICE_S))
    }

    fn set(&self, name: &str, value: &str, lasts_s: Option<i64>) -> HeaderValue {
        let secure = if self.is_bound() { "; Secure" } else { "" };
        let lasts = lasts_s.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let text = format!(
            "{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{lasts}",
            self.name_of(name)
        );
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// Is the wire encrypted, and does it never leave this computer? A proxy says what it speaks
/// outside; without one the server's own TLS says it, and a header says nothing.
fn wire(
    has_tls: bool,
    behind_proxy: bool,
    proto: Option<&str>,
    socket: Option<IpAddr>,
) -> (bool, bool) {
    if behind_proxy {
        return (
            proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https")),
            false,
        );
    }
    (has_tls, socket.is_some_and(|ip| ip.is_loopback()))
}

/// Begins a session in place of the one that was there; hands back the cookie.
pub async fn begin(
    app: &App,
    from: &Origin,
    user_id: i64,
    data: &Data,
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
        app.store().sessions().end(before).await?;
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
    app.store().sessions().add(&session).await?;
    Ok(from.cookie(&id))
}

/// What a session remembers, as it is kept.
pub fn to_json(data: &Data) -> String {
    serde_json::to_string(data).unwrap_or_default()
}

/// The person behind the cookie, as far as the sign-in has come. Accounts are read again each time:
/// who was blocked a moment ago is out.
pub async fn find(
    app: &App,
    from: Origin,
    headers: &HeaderMap,
) -> Result<Option<Person>, StoreError> {
    let Some(id) = from.session_id(headers) else {
        return Ok(None);
    };
    let hash = digest(id.as_bytes());
    let Some(session) = app.store().sessions().find(&hash).await? else {
        return Ok(None);
    };
    let now = app.store().now_ms();
    if now - session.last_seen > IDLE_MS {
        app.store().sessions().end(&hash).await?;
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
        app.store().sessions().end(&hash).await?;
        return Ok(None);
    };
    if now - session.last_seen > TOUCH_MS {
        app.store().sessions().touch(&hash, None).await?;
    }
    Ok(Some(Person {
        account,
        session: hash,
        data,
        from,
    }))
}

/// Put there by the guard of the route.
impl FromRequestParts<App> for Person {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Fault> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(Fault::not_signed_in)
    }
}

/// From where, whoever it is.
impl FromRequestParts<App> for Origin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts, app))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    const ELSEWHERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 20)));

    #[test]
    fn what_is_encrypted_is_known_and_not_believed() {
        for (has_tls, behind_proxy, proto, socket, told) in [
            (false, false, None, HERE, (false, true)),
            (false, false, Some("https"), ELSEWHERE, (false, false)),
            (true, false, None, ELSEWHERE, (true, false)),
            (true, false, None, HERE, (true, true)),
            (false, true, Some("https"), HERE, (true, false)),
            (true, true, Some("http"), HERE, (false, false)),
        ] {
            assert_eq!(
                wire(has_tls, behind_proxy, proto, socket),
                told,
                "{has_tls} {behind_proxy} {proto:?} {socket:?}"
            );
        }
    }

    #[test]
    fn only_plain_http_within_the_computer_has_a_cookie_that_is_not_secure() {
        for (is_secure, is_local, is_bound) in [
            (false, true, false),
            (true, true, true),
            (true, false, true),
            (false, false, true),
        ] {
            let (ip, request_id) = (String::new(), String::new());
            let from = Origin {
                ip,
                request_id,
                agent: None,
                is_secure,
                is_local,
                is_part: false,
                device: None,
            };
            for cookie in [from.cookie("x"), from.device_cookie("x")] {
                let text = cookie.to_str().expect("text");
                assert!(text.contains("; HttpOnly; SameSite=Lax"), "{text}");
                assert_eq!(
                    (text.starts_with("__Host-gachno"), text.contains("; Secure")),
                    (is_bound, is_bound),
                    "{text}"
                );
            }
        }
    }
}
