//! Who asks: a machine by its token, or this very computer.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use secrecy::{ExposeSecret, SecretString};

use crate::server::AppState;
use crate::server::web::address::{address, network};
use crate::server::web::problem::Problem;
use crate::store::Actor;
use crate::store::machines::{Machine, Scope};

/// Who asks, as far as the network knows.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The address: the socket's, or what the one proxy in front says.
    pub ip: IpAddr,
    /// The request's id.
    pub request_id: String,
    /// The machine, where a good token came along.
    pub machine: Option<Machine>,
    is_page: bool,
}

/// A machine with a good token. Without one the handler never runs.
#[derive(Debug, Clone)]
pub struct KnownMachine {
    /// Which.
    pub machine: Machine,
    /// For the audit trail.
    pub actor: Actor,
}

impl Caller {
    /// A program on this computer: not another one's page in its browser.
    pub fn is_local(&self) -> bool {
        self.ip.is_loopback() && !self.is_page
    }

    /// May read what `scope` opens: a machine that has it, anyone where `open` is set, and this
    /// computer.
    pub fn may_read(&self, scope: Scope, open: bool) -> Result<(), Problem> {
        match &self.machine {
            Some(machine) if machine.may(scope) => Ok(()),
            _ if open || self.is_local() => Ok(()),
            Some(_) => Err(Problem::no_scope(scope.wire())),
            None => Err(Problem::no_token()),
        }
    }
}

impl KnownMachine {
    /// May it?
    pub fn needs(&self, scope: Scope) -> Result<&Machine, Problem> {
        if self.machine.may(scope) {
            Ok(&self.machine)
        } else {
            Err(Problem::no_scope(scope.wire()))
        }
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let socket = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        let ip = address(&parts.headers, socket, app.config().behind_proxy);
        let token = bearer(&parts.headers);
        // Before the database is asked: a guess at a token costs its sender, not us.
        app.admit(&network(ip)).map_err(Problem::too_many)?;
        let machine = match &token {
            Some(token) => Some(
                app.store()
                    .machines()
                    .of_token(token.expose_secret())
                    .await?
                    .ok_or_else(Problem::no_token)?,
            ),
            None => None,
        };
        if let Some(machine) = &machine {
            tracing::Span::current().record("who", format!("machine:{}", machine.name));
            // A machine that changes its address is still the same machine.
            app.admit(&format!("machine:{}", machine.id))
                .map_err(Problem::too_many)?;
            let program = text(&parts.headers, &header::USER_AGENT);
            app.store()
                .machines()
                .heard_of(machine, program, None, None)
                .await?;
        }
        let request_id = parts
            .headers
            .get("x-request-id")
            .and_then(|v| v.to_str().ok())
            .unwrap_or("")
            .to_owned();
        Ok(Self {
            ip,
            request_id,
            machine,
            is_page: is_page(&parts.headers),
        })
    }
}

impl FromRequestParts<AppState> for KnownMachine {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let machine = caller.machine.ok_or_else(Problem::no_token)?;
        let who = format!("machine:{}", machine.name);
        let actor = Actor {
            user_id: None,
            who,
            from_where: Some(caller.ip.to_string()),
            request_id: Some(caller.request_id),
        };
        Ok(Self { machine, actor })
    }
}

fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    text(headers, &header::AUTHORIZATION)?
        .strip_prefix("Bearer ")
        .map(|token| SecretString::from(token.trim()))
}

fn text<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// A page in a browser says where it comes from; one that goes by another name for this computer
/// says that name.
fn is_page(headers: &HeaderMap) -> bool {
    let is_foreign = text(headers, &header::HOST).is_some_and(|host| {
        let name = host
            .rsplit_once(':')
            .filter(|(_, port)| port.chars().all(|c| c.is_ascii_digit()))
            .map_or(host, |(name, _)| name);
        name != "localhost" && name.trim_matches(['[', ']']).parse::<IpAddr>().is_err()
    });
    let site = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok());
    // A proxy on this computer that nobody told us of: who stands behind it is not local.
    let is_passed_on =
        headers.contains_key("x-forwarded-for") || headers.contains_key(header::FORWARDED);
    is_foreign
        || is_passed_on
        || headers.contains_key(header::ORIGIN)
        || site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_apart_from_a_program() {
        let with = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(
                header::HeaderName::from_static(name),
                value.parse().expect("value"),
            )])
        };
        assert!(!is_page(&with("host", "127.0.0.1:8000")));
        assert!(!is_page(&with("host", "[::1]:8000")));
        assert!(
            is_page(&with("host", "evil.example:8000")),
            "a name that was pointed here"
        );
        assert!(is_page(&with("origin", "https://evil.example")));
        assert!(is_page(&with("sec-fetch-site", "cross-site")));
        assert!(is_page(&with("x-forwarded-for", "127.0.0.1")));
    }
}
