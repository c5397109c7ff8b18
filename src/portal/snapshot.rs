//! What one call of the page's script brings back, and what it means before the paying click.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::look_up::{FoundDebt, LookUp, Readiness};
use super::map::Shape;
use super::message::{Class, Moment};
use super::prepared::{Prepared, RawField, Ready};
use super::{PortalError, PortalMap};
use crate::domain::{Said, Vnd};

/// What one script call brings back.
#[derive(Debug, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what the page shows, as the script sends it"
)]
pub(super) struct Snapshot {
    pub url: String,
    pub doc: String,
    pub agent: Option<String>,
    pub balance: Option<String>,
    pub messages: Vec<RawMessage>,
    pub login: bool,
    pub captcha: bool,
    pub otp: bool,
    pub expired: bool,
    pub dialog: Option<String>,
    #[serde(default)]
    pub reads: BTreeMap<String, Option<String>>,
    /// The amount's button that is chosen, as the form sends it.
    #[serde(default)]
    pub picked: Option<RawField>,
    #[serde(default)]
    pub cards: Vec<RawCard>,
    #[serde(default)]
    pub links: Vec<String>,
    #[serde(default)]
    pub table: Option<RawTable>,
    #[serde(default)]
    pub survey: Option<RawSurvey>,
    pub matched: BTreeMap<String, usize>,
    pub pressed: bool,
    pub refreshed: bool,
    pub answered: Option<RawAnswer>,
    pub error: Option<StepFault>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawMessage {
    pub severity: String,
    pub text: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawAnswer {
    pub messages: Vec<RawMessage>,
    pub receipt: String,
    #[serde(default)]
    pub raw: String,
}

/// A table of the history as it stands on the page.
#[derive(Debug, Deserialize)]
pub(super) struct RawTable {
    pub rows: Vec<RawRow>,
    /// Addresses of further pages.
    pub pages: Vec<String>,
    /// Is there a button that brings the next page?
    pub more: bool,
}

/// One row of it.
#[derive(Debug, Deserialize)]
pub(super) struct RawRow {
    pub transaction: String,
    pub account: String,
    pub amount: String,
}

/// One contract's card as it stands on the page.
#[derive(Debug, Deserialize)]
pub(super) struct RawCard {
    pub lines: BTreeMap<String, String>,
    pub button: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StepFault {
    pub kind: String,
    pub element: String,
    pub detail: String,
}

/// What a survey of the page brings back.
#[derive(Debug, Default, Deserialize)]
pub(super) struct RawSurvey {
    pub found: BTreeMap<String, RawFound>,
    pub candidates: Vec<RawCandidate>,
    pub html: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawFound {
    pub locator: usize,
    pub shown: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct RawCandidate {
    pub id: String,
    pub is: Shape,
    pub words: String,
    pub shown: bool,
}

impl Snapshot {
    /// Why a form that was used again could not serve, where it could not. A portal that refuses in
    /// words did serve; an answer that never came is no fault of the form.
    pub fn misfit(&self, doc: &str) -> Option<String> {
        if self.doc != doc {
            return Some("document".to_owned());
        }
        let fault = self.error.as_ref()?;
        let is_of_the_form = !matches!(fault.kind.as_str(), "timeout" | "expired");
        let is_misfit = fault.kind == "stale" || (is_of_the_form && self.messages.is_empty());
        is_misfit.then(|| format!("{} {} {}", fault.kind, fault.element, fault.detail))
    }

    pub fn balance_vnd(&self) -> Option<Vnd> {
        self.balance.as_deref().and_then(|text| text.parse().ok())
    }

    pub fn read(&self, name: &str) -> Option<&str> {
        self.reads
            .get(name)
            .and_then(Option::as_deref)
            .filter(|text| !text.is_empty())
    }

    pub fn said(&self) -> Vec<Said> {
        self.messages
            .iter()
            .map(|m| Said {
                severity: m.severity.clone(),
                text: m.text.clone(),
            })
            .collect()
    }

    /// What the page's messages mean before the click, as a look-up's end. `Ok(None)`: nothing
    /// stands in the way.
    pub fn refusal(&self, map: &PortalMap) -> Result<Option<LookUp>, PortalError> {
        Ok(
            match map.words().before_click(&self.said(), Moment::LookUp) {
                None => None,
                Some((Class::NoDebt, text)) => Some(LookUp::NoDebt(text)),
                Some((Class::Cleared, text)) => Some(LookUp::Cleared(text)),
                Some((Class::NotFound, text)) => Some(LookUp::NotFound(text)),
                Some((Class::Refused | Class::WrongPin, text)) => Some(LookUp::Rejected(text)),
                Some((Class::Expired, _)) => return Err(PortalError::Expired),
                Some((Class::System | Class::Person | Class::Unclear | Class::Success, text)) => {
                    return Err(PortalError::System(text));
                }
            },
        )
    }

    /// A debt of this amount, with what the frame says.
    pub fn found(&self, amount: Vnd, readiness: Readiness) -> LookUp {
        LookUp::Found(FoundDebt {
            amount,
            customer: None,
            note: format!("Nợ {amount}"),
            balance: self.balance_vnd(),
            agent: self.agent.clone(),
            readiness,
        })
    }

    /// The open dialog as something that can be confirmed with this element.
    pub fn prepared(&self, confirm: &'static str) -> Option<Prepared> {
        let dialog = self.dialog.clone()?;
        Some(Prepared {
            confirm,
            is_typed: false,
            picked: self.picked.clone(),
            dialog_amounts: Vnd::all_in(&dialog),
            dialog,
            doc: self.doc.clone(),
            balance: self.balance_vnd(),
            agent: self.agent.clone(),
        })
    }

    /// After preparing: the dialog, or a refusal, or an error where the page shows neither.
    pub fn ready(&self, map: &PortalMap, confirm: &'static str) -> Result<Ready, PortalError> {
        // A refusal wins over an open dialog: not paying is the safe side.
        match self.refusal(map)? {
            Some(LookUp::NoDebt(text) | LookUp::Cleared(text)) => Ok(Ready::Cleared(text)),
            Some(LookUp::Rejected(text) | LookUp::NotFound(text)) => Ok(Ready::Rejected(text)),
            Some(LookUp::Found(_) | LookUp::Several(_)) | None => self
                .prepared(confirm)
                .map(Ready::Prepared)
                .ok_or_else(|| PortalError::PageChanged {
                    element: "frame.confirm_dialog".to_owned(),
                    why: "không mở ra".to_owned(),
                }),
        }
    }
}

impl From<RawMessage> for Said {
    fn from(raw: RawMessage) -> Self {
        Self {
            severity: raw.severity,
            text: raw.text,
        }
    }
}
