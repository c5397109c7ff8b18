//! Who asks about money: a program with a token, a person with a session, or a stranger.
//!
//! Lives here: who it is, and what that one may see and do with which payment. Never here: guests' links,
//! which are a right of their own (`guest`).

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::refusal::PayRefusal;
use crate::server::AppState;
use crate::server::web::origin::Origin;
use crate::server::web::permission::{Right, may};
use crate::server::web::session::{self, Step};
use crate::store::Actor;
use crate::store::catalogue::{Area, Role};
use crate::store::machines::{Machine, Scope};
use crate::store::payments::{Payable, PaymentRow};
use crate::store::people::UserAccount;

/// Who asks.
#[derive(Debug, Clone)]
pub struct Who {
    /// Who it is.
    pub is: WhoIs,
    /// From where.
    pub from: Origin,
}

/// Who it is.
#[derive(Debug, Clone)]
pub enum WhoIs {
    /// A program of the shop's.
    Program(Box<CallingProgram>),
    /// Somebody who has signed in.
    Person(Box<UserAccount>),
    /// A token came along that opens nothing.
    BadToken,
    /// Nobody that we know.
    Stranger,
}

/// A program with a token.
#[derive(Debug, Clone)]
pub struct CallingProgram {
    /// Its token.
    pub machine: Machine,
    /// Whose eyes it sees with.
    pub person: Option<UserAccount>,
}

impl FromRequestParts<AppState> for Who {
    type Rejection = PayRefusal;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, PayRefusal> {
        let from = Origin::of(parts, app);
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let is = program(app, &parts.headers).await?;
            return Ok(Self { is, from });
        }
        let person = session::find(app, from.clone(), &parts.headers).await?;
        let is = match person.filter(|p| p.data.step == Step::Full) {
            Some(person) => {
                let shop = app.shop().await?;
                if person.lacks_second_factor(&shop) {
                    WhoIs::Stranger
                } else {
                    tracing::Span::current()
                        .record("who", format!("user:{}", person.account.username));
                    WhoIs::Person(Box::new(person.account))
                }
            }
            None => WhoIs::Stranger,
        };
        Ok(Self { is, from })
    }
}

async fn program(app: &AppState, headers: &HeaderMap) -> Result<WhoIs, PayRefusal> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.strip_prefix("Bearer "));
    let machine = match token {
        Some(token) => app.store().machines().of_token(token.trim()).await?,
        None => None,
    };
    let Some(machine) = machine else {
        return Ok(WhoIs::BadToken);
    };
    tracing::Span::current().record("who", format!("machine:{}", machine.name));
    app.admit(&format!("machine:{}", machine.id))
        .map_err(PayRefusal::limited)?;
    let person = match machine.person {
        Some(id) => {
            let now = app.store().now_ms();
            let account = app.store().accounts().find(id).await?;
            match account.filter(|a| a.may_sign_in(now)) {
                Some(account) => Some(account),
                // A token of somebody who may not come in any more opens nothing.
                None => return Ok(WhoIs::BadToken),
            }
        }
        None => None,
    };
    Ok(WhoIs::Program(Box::new(CallingProgram { machine, person })))
}

impl Who {
    /// The person, where it is one, or a program that sees with a person's eyes.
    pub fn person(&self) -> Option<&UserAccount> {
        match &self.is {
            WhoIs::Program(program) => program.person.as_ref(),
            WhoIs::Person(account) => Some(account),
            WhoIs::BadToken | WhoIs::Stranger => None,
        }
    }

    /// Whoever it is has shown it.
    pub fn known(&self) -> Result<(), PayRefusal> {
        match self.is {
            WhoIs::Program(_) | WhoIs::Person(_) => Ok(()),
            WhoIs::BadToken | WhoIs::Stranger => Err(PayRefusal::unauthorized()),
        }
    }

    /// The network address.
    pub fn ip(&self) -> IpAddr {
        self.from
            .ip
            .parse()
            .unwrap_or(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST))
    }

    /// May it do one of these? A person may what the role allows.
    pub fn has_scope(&self, scopes: &[Scope]) -> bool {
        match &self.is {
            WhoIs::Program(program) => scopes.iter().any(|scope| program.machine.may(*scope)),
            WhoIs::Person(_) => true,
            WhoIs::BadToken | WhoIs::Stranger => false,
        }
    }

    fn is_customer(&self) -> bool {
        self.person().is_some_and(|p| p.role == Role::Customer)
    }

    fn role_may(&self, right: Right) -> bool {
        self.person()
            .is_none_or(|p| may(p.role, Area::Payments, right))
    }

    /// May look at payments at all: at those of others by role, at one's own as a customer.
    pub fn may_look(&self) -> Result<(), PayRefusal> {
        self.known()?;
        let is_allowed = self.has_scope(&[Scope::PaymentsRead, Scope::PaymentsWrite])
            && (self.is_customer() || self.role_may(Right::See));
        if is_allowed {
            Ok(())
        } else {
            Err(PayRefusal::forbidden())
        }
    }

    /// May make, pay for and take back what is somebody else's.
    pub fn may_act(&self) -> Result<(), PayRefusal> {
        self.known()?;
        let is_allowed = self.has_scope(&[Scope::PaymentsWrite])
            && !self.is_customer()
            && self.role_may(Right::Decide);
        if is_allowed {
            Ok(())
        } else {
            Err(PayRefusal::forbidden())
        }
    }

    /// May pay: for what is one's own as a customer, for anything as whoever acts for the shop.
    pub fn may_pay(&self) -> Result<(), PayRefusal> {
        self.known()?;
        let is_customers = self.is_customer() && self.has_scope(&[Scope::PaymentsWrite]);
        if is_customers { Ok(()) } else { self.may_act() }
    }

    /// Works for this payee alone.
    pub fn payee(&self) -> Option<i64> {
        self.person().and_then(|p| p.payee)
    }

    /// Of whom alone it sees what there is: a customer's login.
    pub fn only_of(&self) -> Option<&str> {
        self.person()
            .filter(|p| p.role == Role::Customer)
            .map(|p| p.username.as_str())
    }

    /// Does it see what this payable and its payments are?
    pub fn sees(&self, payable: &Payable) -> bool {
        let is_its_payee = self.payee().is_none_or(|payee| payee == payable.owner_id);
        let is_own = self
            .only_of()
            .is_none_or(|login| payable.renter.username.as_deref() == Some(login));
        is_its_payee && is_own
    }

    /// Is it somebody to whom this payment may be shown?
    pub fn sees_payment(&self, payment: &PaymentRow, payable: &Payable) -> bool {
        self.may_look().is_ok() && payment.owner_id == payable.owner_id && self.sees(payable)
    }

    /// Who it is, for keys and counts: the same over all servers.
    pub fn key(&self) -> String {
        match &self.is {
            WhoIs::Program(program) => match &program.person {
                Some(person) => format!("user:{}", person.user_id),
                None => format!("token:{}", program.machine.id),
            },
            WhoIs::Person(account) => format!("user:{}", account.user_id),
            WhoIs::BadToken | WhoIs::Stranger => format!("ip:{}", self.from.ip),
        }
    }

    /// Is it counted how often it begins to pay? A program that nobody sits behind has the server's own
    /// bound.
    pub const fn is_counted(&self) -> bool {
        match &self.is {
            WhoIs::Program(program) => program.person.is_some(),
            WhoIs::Person(_) | WhoIs::BadToken | WhoIs::Stranger => true,
        }
    }

    /// For the audit trail.
    pub fn actor(&self) -> Actor {
        let (user_id, who) = match &self.is {
            WhoIs::Program(program) => (
                program.person.as_ref().map(|p| p.user_id),
                format!("machine:{}", program.machine.name),
            ),
            WhoIs::Person(account) => (Some(account.user_id), account.username.clone()),
            WhoIs::BadToken | WhoIs::Stranger => (None, "guest".to_owned()),
        };
        Actor {
            user_id,
            who,
            ..self.from.actor()
        }
    }
}

/// Was this sent by a page of another site? A browser that says from where it comes is believed; one that
/// does not says at least whose page it was, and our own pages say `null`, for they tell nobody where one
/// came from.
pub fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else {
        return false;
    };
    let host = text("host").unwrap_or_default();
    origin
        .split_once("://")
        .is_none_or(|(_, authority)| authority != host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_another_site_is_told_apart() {
        let with = |pairs: &[(&'static str, &'static str)]| {
            pairs
                .iter()
                .map(|(name, value)| {
                    (
                        header::HeaderName::from_static(name),
                        value.parse().expect("a value"),
                    )
                })
                .collect::<HeaderMap>()
        };
        let host = ("host", "shop.example");
        for (pairs, expected) in [
            (&[host][..], false),
            (&[host, ("sec-fetch-site", "same-origin")], false),
            (&[host, ("sec-fetch-site", "none")], false),
            (&[host, ("sec-fetch-site", "same-site")], true),
            (&[host, ("sec-fetch-site", "cross-site")], true),
            (
                &[host, ("sec-fetch-site", "same-origin"), ("origin", "null")],
                false,
            ),
            (&[host, ("origin", "https://shop.example")], false),
            (&[host, ("origin", "https://evil.example")], true),
            (&[host, ("origin", "null")], true),
        ] {
            assert_eq!(is_foreign(&with(pairs)), expected, "{pairs:?}");
        }
    }
}
