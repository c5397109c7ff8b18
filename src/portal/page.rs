//! What all pages share: one script a step, its snapshot, and the one click that moves money.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::confirming::{Expected, ids, masked};
use super::{Class, Moment, PortalError, PortalMap};
use crate::browser::{BrowserError, Gate, Passed, Posted, Session, Strength};
use crate::domain::{Said, Vnd};
use crate::ledger::Armed;

const SCRIPT: &str = include_str!("../../assets/portal/page.js");
/// One call waits in the page for this long at most; the loop is outside.
const CALL_BUDGET: Duration = Duration::from_millis(1_900);
/// How long an element that has no request behind it may take to appear (a fading panel, a dialog's
/// effect).
const PATIENCE: Duration = Duration::from_secs(3);

/// A browser session on the portal.
#[derive(Debug)]
pub struct Page<'s> {
    pub(super) session: &'s Session,
    pub(super) map: &'s PortalMap,
    pub(super) base: &'s str,
    pub(super) answer_max: Duration,
}

/// What a look-up found.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, never in a collection"
)]
pub enum LookUp {
    /// Something to pay (or, for a top-up, a page that takes it).
    Found(Found),
    /// The portal says that nothing is owed, in these words.
    NoDebt(String),
    /// It was paid before.
    Cleared(String),
    /// The account is not known.
    NotFound(String),
    /// The portal refuses.
    Rejected(String),
    /// Several contracts, none of which is the code to the letter.
    Several(Vec<super::Contract>),
}

/// Something to pay.
#[derive(Debug)]
pub struct Found {
    /// How much.
    pub amount: Vnd,
    /// Whose it is.
    pub customer: Option<String>,
    /// Words for the report.
    pub note: String,
    /// The agent's balance in the frame.
    pub balance: Option<Vnd>,
    /// The agent code in the frame.
    pub agent: Option<String>,
    /// How far the page is.
    pub readiness: Readiness,
}

/// How far a page is towards the paying click.
#[derive(Debug)]
pub enum Readiness {
    /// This contract has to be chosen first.
    Contract(super::Contract),
    /// The debt stands on the phone page.
    PhoneDebt,
    /// The dialog stands open.
    Prepared(Prepared),
    /// A look-up: nothing is to be paid.
    LookedUp,
}

/// Preparing ended with the dialog open, or with a refusal.
#[derive(Debug)]
pub enum Ready {
    /// The dialog stands open.
    Prepared(Prepared),
    /// The portal refuses, in these words.
    Rejected(String),
    /// The portal says that nothing is owed (any more).
    Cleared(String),
}

/// The form is filled and read back, the confirm dialog stands open. Consumed by the click; cannot
/// be made elsewhere.
#[derive(Debug)]
pub struct Prepared {
    pub(super) confirm: &'static str,
    /// Was the amount typed into a field, so that the request carries it?
    is_typed: bool,
    /// The dialog's words. The click is not made when they have changed.
    dialog: String,
    /// The document that the dialog stands in. The click is made in no other.
    doc: String,
    /// Amounts of money in the dialog.
    pub dialog_amounts: Vec<Vnd>,
    /// The agent's balance in the frame.
    pub balance: Option<Vnd>,
    /// The agent code in the frame.
    pub agent: Option<String>,
}

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
}

/// What one script call brings back.
#[derive(Debug, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what the page shows, as the script sends it"
)]
pub(super) struct Snapshot {
    pub url: String,
    doc: String,
    pub agent: Option<String>,
    pub balance: Option<String>,
    messages: Vec<RawMessage>,
    pub login: bool,
    pub captcha: bool,
    pub otp: bool,
    pub expired: bool,
    pub dialog: Option<String>,
    #[serde(default)]
    pub reads: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub cards: Vec<RawCard>,
    #[serde(default)]
    pub links: Vec<String>,
    #[serde(default)]
    pub table: Option<RawTable>,
    #[serde(default)]
    pub survey: Option<super::survey::RawSurvey>,
    matched: BTreeMap<String, usize>,
    pressed: bool,
    refreshed: bool,
    answered: Option<RawAnswer>,
    error: Option<StepFault>,
}

#[derive(Debug, Deserialize)]
struct RawMessage {
    severity: String,
    text: String,
}

#[derive(Debug, Deserialize)]
struct RawAnswer {
    messages: Vec<RawMessage>,
    receipt: String,
    #[serde(default)]
    raw: String,
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
struct StepFault {
    kind: String,
    element: String,
    detail: String,
}

/// What a call to the page's script ends with.
enum Call {
    Done(Box<Snapshot>),
    Running,
    /// The document went away.
    Gone,
}

impl<'s> Page<'s> {
    /// A view of the session as a portal at `base` (without a slash at the end).
    pub fn new(
        session: &'s Session,
        map: &'s PortalMap,
        base: &'s str,
        answer_max: Duration,
    ) -> Self {
        Self {
            session,
            map,
            base,
            answer_max,
        }
    }

    pub(super) async fn open(&mut self, path: &str) -> Result<(), PortalError> {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        };
        Ok(self.session.goto(&url).await?)
    }

    /// Runs the steps and reads the page. A step that could not be done is an error; a lost session
    /// is one too.
    pub(super) async fn step(&mut self, steps: Vec<Value>) -> Result<Snapshot, PortalError> {
        let snapshot = self.attempt_step(steps, false, None).await?;
        self.check(snapshot)
    }

    /// As [`Self::step`], on the login page, where a login form is no lost session.
    pub(super) async fn step_on_login(
        &mut self,
        steps: Vec<Value>,
    ) -> Result<Snapshot, PortalError> {
        let snapshot = self.attempt_step(steps, true, None).await?;
        match &snapshot.error {
            Some(fault) => Err(self.fault(fault)),
            None => Ok(snapshot),
        }
    }

    /// As [`Self::step`], but the page's words are handed over even where a step could not be done:
    /// a portal that refuses a number shows why, and the rest of the form never comes.
    pub(super) async fn step_with_words(
        &mut self,
        steps: Vec<Value>,
    ) -> Result<(Snapshot, Option<PortalError>), PortalError> {
        let snapshot = self.attempt_step(steps, false, None).await?;
        if snapshot.expired || snapshot.login {
            return Err(PortalError::Expired);
        }
        let fault = snapshot.error.as_ref().map(|fault| self.fault(fault));
        Ok((snapshot, fault))
    }

    /// The browser's own error page stands where the portal should: driver and page load strategy
    /// decide whether loading it was an error already.
    fn reached(&self, snapshot: Snapshot) -> Result<Snapshot, PortalError> {
        if snapshot.url.starts_with("chrome-error:") {
            return Err(BrowserError::PageUnreachable {
                url: self.base.to_owned(),
                why: "trình duyệt không kết nối được".to_owned(),
            }
            .into());
        }
        Ok(snapshot)
    }

    fn check(&self, snapshot: Snapshot) -> Result<Snapshot, PortalError> {
        if snapshot.expired || snapshot.login {
            return Err(PortalError::Expired);
        }
        if let Some(fault) = &snapshot.error {
            return Err(self.fault(fault));
        }
        for (element, locator) in snapshot.matched.iter().filter(|(_, locator)| **locator > 0) {
            tracing::debug!(element, locator, "an alternative locator matched");
        }
        Ok(snapshot)
    }

    fn fault(&self, fault: &StepFault) -> PortalError {
        match fault.kind.as_str() {
            "expired" => PortalError::Expired,
            "timeout" => PortalError::NoAnswer {
                seconds: self.answer_max.as_secs(),
            },
            "script" => PortalError::Unreadable(fault.detail.clone()),
            kind => PortalError::PageChanged {
                element: fault.element.clone(),
                why: match kind {
                    "missing" => "không có trên trang",
                    "hidden" => "đang bị ẩn",
                    "covered" => "bị lớp khác che",
                    "disabled" => "đang bị khóa",
                    "readback" => "đọc lại khác với đã nhập",
                    "stays" => "hộp thoại không đóng",
                    other => other,
                }
                .to_owned(),
            },
        }
    }

    async fn attempt_step(
        &mut self,
        steps: Vec<Value>,
        on_login: bool,
        doc: Option<&str>,
    ) -> Result<Snapshot, PortalError> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        self.attempt_named(&id, steps, on_login, doc).await
    }

    /// The program's id names its result in the page, for whoever asks for it again.
    async fn attempt_named(
        &mut self,
        id: &str,
        steps: Vec<Value>,
        on_login: bool,
        doc: Option<&str>,
    ) -> Result<Snapshot, PortalError> {
        let program = self.program(&steps, on_login, doc);
        // Steps time out in the page; this end is only for a page that does not even do that.
        let deadline = tokio::time::Instant::now() + self.answer_max * 2 + PATIENCE * 4;
        let mut call = self.call(Some(program), id).await?;
        loop {
            match call {
                Call::Done(snapshot) => return self.reached(*snapshot),
                Call::Gone => {
                    // A navigation: the page that came is read once, without doing anything on it.
                    return self.settled(on_login).await;
                }
                Call::Running if tokio::time::Instant::now() > deadline => {
                    return Err(PortalError::NoAnswer {
                        seconds: self.answer_max.as_secs(),
                    });
                }
                Call::Running => call = self.call(None, id).await?,
            }
        }
    }

    /// A program for the page's script; with `doc` it runs in that document only.
    fn program(&self, steps: &[Value], on_login: bool, doc: Option<&str>) -> Value {
        json!({
            "steps": steps,
            "elements": self.map.elements,
            "answerMs": self.answer_max.as_millis(),
            "patienceMs": PATIENCE.as_millis(),
            "onLogin": on_login,
            "doc": doc,
        })
    }

    /// Reads the page that stands there now.
    async fn settled(&mut self, on_login: bool) -> Result<Snapshot, PortalError> {
        const TRIES: u32 = 5;
        for _ in 0..TRIES {
            let id = uuid::Uuid::new_v4().simple().to_string();
            let program = self.program(&[ready()], on_login, None);
            let mut call = self.call(Some(program), &id).await?;
            while matches!(call, Call::Running) {
                call = self.call(None, &id).await?;
            }
            if let Call::Done(snapshot) = call {
                return self.reached(*snapshot);
            }
        }
        Err(PortalError::Unreadable(
            "trang liên tục chuyển hướng".to_owned(),
        ))
    }

    async fn call(&mut self, program: Option<Value>, id: &str) -> Result<Call, PortalError> {
        let arguments = vec![
            program.unwrap_or_default(),
            id.into(),
            u64::try_from(CALL_BUDGET.as_millis())
                .unwrap_or_default()
                .into(),
        ];
        match self.session.run(SCRIPT, arguments).await {
            Ok(value) if value.get("running").is_some() => Ok(Call::Running),
            Ok(value) if value.get("gone").is_some() => Ok(Call::Gone),
            Ok(value) => serde_json::from_value(value)
                .map(|s| Call::Done(Box::new(s)))
                .map_err(|e| PortalError::Unreadable(e.to_string())),
            // A script cut short by a navigation ends in one of several errors: what counts is the
            // page that comes.
            Err(BrowserError::Script { why }) => {
                tracing::debug!(why, "the page's script was cut short");
                Ok(Call::Gone)
            }
            Err(error) => Err(error.into()),
        }
    }

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
            attempt: armed.attempt().to_owned(),
        };
        let steps = vec![
            json!({ "op": "press", "on": prepared.confirm, "attempt": armed.attempt(), "dialog": prepared.dialog }),
            json!({ "op": "refresh_balance" }),
        ];
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

    /// Loads a page with the frame and reads the balance from it.
    pub async fn balance(&mut self) -> Result<Option<Vnd>, PortalError> {
        let path = self
            .map
            .pages
            .internet_tv
            .first()
            .cloned()
            .unwrap_or_default();
        self.open(&path).await?;
        let snapshot = self.step(vec![ready()]).await?;
        Ok(snapshot.balance_vnd())
    }

    /// The window as a picture. Fields that a secret was typed into are veiled when it is typed.
    pub async fn screenshot(&mut self) -> Result<Vec<u8>, PortalError> {
        Ok(self.session.screenshot().await?)
    }

    /// The page's text as a person reads it.
    pub async fn text(&mut self) -> Result<String, PortalError> {
        const TEXT: &str = "arguments[0](document.body ? document.body.innerText : '');";
        let text = self.session.run(TEXT, Vec::new()).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }
}

impl Snapshot {
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
                Some((Class::Refused, text)) => Some(LookUp::Rejected(text)),
                Some((Class::Expired, _)) => return Err(PortalError::Expired),
                Some((Class::System | Class::Person | Class::Unclear | Class::Success, text)) => {
                    return Err(PortalError::System(text));
                }
            },
        )
    }

    /// A debt of this amount, with what the frame says.
    pub fn found(&self, amount: Vnd, readiness: Readiness) -> LookUp {
        LookUp::Found(Found {
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

impl Prepared {
    /// The amount was typed into a field: the request has to carry it.
    pub(super) fn typed(self) -> Self {
        Self {
            is_typed: true,
            ..self
        }
    }
}

impl Ready {
    /// As [`Prepared::typed`].
    pub(super) fn typed(self) -> Self {
        match self {
            Self::Prepared(prepared) => Self::Prepared(prepared.typed()),
            other => other,
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

// The steps of the page's script, as data.

pub(super) fn ready() -> Value {
    json!({ "op": "ready" })
}

pub(super) fn click(on: &str) -> Value {
    json!({ "op": "click", "on": on })
}

pub(super) fn click_if_there(on: &str) -> Value {
    json!({ "op": "click", "on": on, "optional": true })
}

pub(super) fn fill(on: &str, value: &str) -> Value {
    json!({ "op": "fill", "on": on, "value": value })
}

pub(super) fn fill_if_there(on: &str, value: &str) -> Value {
    json!({ "op": "fill", "on": on, "value": value, "optional": true })
}

/// A secret's value is compared in the page and never comes back.
pub(super) fn fill_secret(on: &str, value: &SecretString, optional: bool) -> Value {
    json!({ "op": "fill", "on": on, "value": value.expose_secret(), "secret": true, "optional": optional })
}

pub(super) fn await_any(elements: &[&str]) -> Value {
    json!({ "op": "await_any", "elements": elements })
}

/// Waits for the question that this paying button answers, or for words that say otherwise.
pub(super) fn await_question(confirm: &str) -> Value {
    json!({ "op": "await_any", "elements": ["frame.confirm_dialog", confirm], "confirm": confirm })
}

pub(super) fn read(on: &str, what: &str, name: &str) -> Value {
    json!({ "op": "read", "on": on, "what": what, "as": name })
}
