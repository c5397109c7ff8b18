//! From where a request comes, as far as we can know, and the cookies that it may have.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use secrecy::SecretString;

use super::address::address;
use crate::server::AppState;
use crate::store::Actor;

/// A device is known for a year since the last sign-in there.
const DEVICE_LASTS: Duration = Duration::days(365);
/// The cookies' names, without what binds them to the host.
const SESSION: &str = "gachno";
const DEVICE: &str = "gachno-device";

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

impl Origin {
    /// Reads it from a request.
    pub fn of(parts: &Parts, app: &AppState) -> Self {
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

    fn cookie_named(&self, name: &str, headers: &HeaderMap) -> Option<String> {
        let name = self.name_of(name);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(Cookie::split_parse)
            .filter_map(Result::ok)
            .find(|cookie| cookie.name() == name)
            .map(|cookie| cookie.value().to_owned())
    }

    /// The session's id.
    pub fn session_id(&self, headers: &HeaderMap) -> Option<String> {
        self.cookie_named(SESSION, headers)
    }

    /// Sets the session's cookie; an empty id takes it away.
    pub fn cookie(&self, id: &str) -> HeaderValue {
        self.set(SESSION, id, id.is_empty().then_some(Duration::ZERO))
    }

    /// Sets the device's cookie.
    pub fn device_cookie(&self, id: &str) -> HeaderValue {
        self.set(DEVICE, id, Some(DEVICE_LASTS))
    }

    fn set(&self, name: &str, value: &str, lasts: Option<Duration>) -> HeaderValue {
        let mut cookie = Cookie::build((self.name_of(name), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_bound());
        if let Some(lasts) = lasts {
            cookie = cookie.max_age(lasts);
        }
        // Err: a value with a control character, and ours are letters and digits.
        HeaderValue::from_str(&cookie.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// From where, whoever it is.
impl FromRequestParts<AppState> for Origin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &AppState,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts, app))
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

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    const ELSEWHERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 20)));

    #[test]
    fn what_is_encrypted_is_known_and_not_believed() {
        for (has_tls, behind_proxy, proto, socket, expected) in [
            (false, false, None, HERE, (false, true)),
            (false, false, Some("https"), ELSEWHERE, (false, false)),
            (true, false, None, ELSEWHERE, (true, false)),
            (true, false, None, HERE, (true, true)),
            (false, true, Some("https"), HERE, (true, false)),
            (true, true, Some("http"), HERE, (false, false)),
        ] {
            assert_eq!(
                wire(has_tls, behind_proxy, proto, socket),
                expected,
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
