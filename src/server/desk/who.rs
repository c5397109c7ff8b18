//! Who works at the desk: a collector, or somebody who answers for the shop.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::server::AppState;
use crate::server::pay::refusal::PayRefusal;
use crate::server::pay::who::{Who, WhoIs};
use crate::store::catalogue::Role;
use crate::store::desk::DeskPayment;
use crate::store::machines::Scope;
use crate::store::payments::KeyUse;
use crate::store::people::UserAccount;
use crate::store::{Actor, payees};

/// Somebody at the desk.
#[derive(Debug, Clone)]
pub struct DeskPerson {
    /// Who it is.
    pub person: UserAccount,
    /// By what they came: a token, or a session.
    pub who: Who,
    /// Whose contracts and money it is about.
    pub owner: i64,
}

impl FromRequestParts<AppState> for DeskPerson {
    type Rejection = PayRefusal;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, PayRefusal> {
        let who = Who::from_request_parts(parts, app).await?;
        Self::of(who)
    }
}

impl DeskPerson {
    /// Somebody who may work at the desk. Else 401, or 403.
    pub fn of(who: Who) -> Result<Self, PayRefusal> {
        who.known()?;
        let person = match &who.is {
            WhoIs::Program(program) => program.person.clone(),
            WhoIs::Person(account) => Some((**account).clone()),
            WhoIs::BadToken | WhoIs::Stranger => None,
        };
        let may = |person: &UserAccount| {
            matches!(person.role, Role::Collector | Role::Manager | Role::Owner)
        };
        let person = person.filter(|p| may(p) && who.has_scope(&[Scope::Desk]));
        let person = person.ok_or_else(PayRefusal::forbidden)?;
        Ok(Self {
            owner: person.payee.unwrap_or(payees::FIRST),
            person,
            who,
        })
    }

    /// Does this one answer for the shop?
    pub const fn is_manager(&self) -> bool {
        matches!(self.person.role, Role::Manager | Role::Owner)
    }

    /// Only who answers for the shop may.
    pub fn manager(&self) -> Result<(), PayRefusal> {
        if self.is_manager() {
            Ok(())
        } else {
            Err(PayRefusal::forbidden())
        }
    }

    /// Is it a payment that this one may see: one's own, or any of the shop's for who answers for it?
    pub fn sees(&self, payment: &DeskPayment) -> bool {
        payment.owner_id == self.owner
            && (self.is_manager() || payment.collector_id == self.person.user_id)
    }

    /// For the audit trail: the person, whichever way they came.
    pub fn actor(&self) -> Actor {
        Actor {
            user_id: Some(self.person.user_id),
            ..self.who.actor()
        }
    }

    /// A caller's own name for a call, with what is asked.
    pub fn key(&self, key: Option<&str>, request: &str) -> Option<KeyUse> {
        key.map(|key| KeyUse::of(&format!("desk:{}", self.person.user_id), key, request))
    }
}
