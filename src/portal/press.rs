//! The one click that moves money, and what is known after it.

use serde_json::json;

use super::PortalError;
use super::confirming::{Expected, ids, masked};
use super::page::{Call, Page};
use super::prepared::Prepared;
use super::snapshot::Snapshot;
use super::step::refresh_balance;
use crate::browser::{Gate, Passed, Posted, Strength};
use crate::domain::{Said, Vnd};
use crate::ledger::Armed;

/// What is known after the paying click was handed to the browser.
#[derive(Debug, Clone)]
pub struct Answered {
    /// It is certain that nothing was sent: the page did not click, or the gate held what it would
    /// have sent.
    pub not_clicked: bool,
    /// New messages, and the print panel as severity `receipt`.
    pub said: Vec<Said>,
    /// The agent's balance, where the portal sent it anew.
    pub balance: Option<Vnd>,
    /// Why nothing could be read, where nothing could.
    pub lost: Option<String>,
    /// The raw answer to the confirming request, where it was caught.
    pub raw: Option<String>,
    /// HTTP status of that answer, where the gate saw it.
    pub status: Option<u16>,
}

impl Answered {
    /// Nothing could be read.
    fn lost(why: String) -> Self {
        Self {
            not_clicked: false,
            said: Vec::new(),
            balance: None,
            lost: Some(why),
            raw: None,
            status: None,
        }
    }

    /// Nothing is known.
    pub fn unread() -> Self {
        Self::lost(String::new())
    }

    /// Nothing was sent, for this reason.
    pub fn not_sent(why: String) -> Self {
        Self {
            not_clicked: true,
            ..Self::lost(why)
        }
    }
}

/// What is about to be confirmed, for the gate to compare.
#[derive(Debug, Clone)]
pub struct Armament {
    /// As it was typed.
    pub account: String,
    /// In đồng.
    pub amount: Vnd,
    /// Ask for the agent's balance right after the answer.
    pub asks_balance: bool,
}

impl Page<'_> {
    /// Puts the gate on this tab. Before arming: its strength is part of what is armed.
    pub async fn hold(&mut self) -> Result<Gate, PortalError> {
        Ok(Gate::hold(self.session).await?)
    }

    /// The one click that moves money. What it takes is consumed; whatever comes back, it is never
    /// made again.
    ///
    /// `release` makes the release durable, with the request's id and its masked body; without its
    /// `Ok` nothing leaves. An answer that did not come is no error here: it is what
    /// [`Answered::lost`] says, and makes a doubt.
    pub async fn press<E: std::fmt::Display>(
        &mut self,
        prepared: Prepared,
        armed: Armed,
        mut gate: Gate,
        armament: &Armament,
        release: impl AsyncFnOnce(&str, &str) -> Result<(), E>,
    ) -> Answered {
        let (session, words) = (self.session, &self.map.gate);
        let strength = gate.strength();
        let expected = Expected {
            words,
            buttons: ids(self
                .map
                .elements
                .get(prepared.confirm)
                .map_or(&[], Vec::as_slice)),
            account: armament.account.clone(),
            typed_amount: Some(armament.amount).filter(|_| prepared.is_typed),
            picked: prepared
                .picked
                .clone()
                .map(|field| (field.name, field.value)),
            attempt: armed.attempt().to_owned(),
        };
        let mut steps = vec![
            json!({ "op": "press", "on": prepared.confirm, "attempt": armed.attempt(), "dialog": prepared.dialog }),
        ];
        if armament.asks_balance {
            steps.push(refresh_balance());
        }
        let work = self.attempt_named(armed.attempt(), steps, false, Some(&prepared.doc));
        let release =
            async |posted: &Posted| release(&posted.id, &masked(words, &posted.body)).await;
        let snapshot = gate
            .through(session, work, |posted| expected.judge(posted), release)
            .await;
        let raw = match &snapshot {
            Ok(s) if s.answered.as_ref().is_some_and(|a| !a.raw.is_empty()) => None,
            // The page has no word of the answer; the browser may have caught it.
            _ => gate.answer(session).await,
        };
        let passed = gate.lift(session).await;
        let mut answered = self.answered(snapshot, raw);
        answered.status = passed.status;
        match (strength, passed) {
            (
                _,
                Passed {
                    refused: Some(why),
                    is_released: false,
                    ..
                },
            ) => Answered::not_sent(why),
            // Nothing left the tab, and nothing can any more.
            (
                Strength::Valve,
                Passed {
                    is_released: false, ..
                },
            ) if !answered.not_clicked => Answered::not_sent(
                answered
                    .lost
                    .unwrap_or_else(|| "trang không gửi yêu cầu xác nhận".to_owned()),
            ),
            _ => answered,
        }
    }

    /// What the page says after the click.
    fn answered(
        &self,
        snapshot: Result<Snapshot, PortalError>,
        caught: Option<String>,
    ) -> Answered {
        let snapshot = match snapshot {
            Ok(snapshot) => snapshot,
            Err(error) => {
                return Answered {
                    raw: caught,
                    ..Answered::lost(error.to_string())
                };
            }
        };
        let not_clicked = !snapshot.pressed
            && snapshot.error.as_ref().is_some_and(|e| {
                matches!(
                    e.kind.as_str(),
                    "missing" | "covered" | "changed" | "expired"
                )
            });
        if not_clicked {
            let why = snapshot.error.as_ref().map(|e| self.fault(e).to_string());
            return Answered::not_sent(
                why.unwrap_or_else(|| "trang báo chưa bấm xác nhận".to_owned()),
            );
        }
        let Some(answer) = snapshot.answered else {
            let why = snapshot.error.map_or_else(
                || "trang đã chuyển đi".to_owned(),
                |e| self.fault(&e).to_string(),
            );
            return Answered {
                raw: caught,
                ..Answered::lost(why)
            };
        };
        let raw = Some(answer.raw).filter(|raw| !raw.is_empty()).or(caught);
        let mut said: Vec<Said> = answer.messages.into_iter().map(Said::from).collect();
        if !answer.receipt.is_empty() {
            said.push(Said {
                severity: "receipt".to_owned(),
                text: answer.receipt,
            });
        }
        let balance = snapshot
            .balance
            .filter(|_| snapshot.refreshed)
            .and_then(|text| text.parse().ok());
        Answered {
            not_clicked: false,
            said,
            balance,
            lost: None,
            raw,
            status: None,
        }
    }

    /// What the page of a dead run says of its click: the result of the program that pressed still
    /// stands there.
    pub async fn recall(&mut self, attempt: &str) -> Result<Answered, PortalError> {
        let deadline = tokio::time::Instant::now() + self.answer_max;
        loop {
            match self.call(None, attempt).await? {
                Call::Done(snapshot) => return Ok(self.answered(Ok(*snapshot), None)),
                Call::Gone => return Ok(Answered::lost("trang đã chuyển đi".to_owned())),
                Call::Running if tokio::time::Instant::now() > deadline => {
                    return Ok(Answered::lost("trang vẫn chưa có trả lời".to_owned()));
                }
                Call::Running => {}
            }
        }
    }
}
