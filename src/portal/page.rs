//! What all pages share: a step is one run of the page's script, and brings back what stands on the
//! page.

use std::time::Duration;

use serde_json::{Value, json};

use super::kept::KeptForm;
use super::snapshot::{Snapshot, StepFault};
use super::step::{ready, refresh_balance};
use super::{PortalError, PortalMap};
use crate::browser::{BrowserError, Session};
use crate::domain::Vnd;

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
    /// The form that the last job left open; `None`: every job loads its page.
    pub(super) kept: Option<&'s KeptForm>,
    pub(super) asks_balance: bool,
}

/// What a call to the page's script ends with.
pub(super) enum Call {
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
            kept: None,
            asks_balance: false,
        }
    }

    /// The same, with the form that the login's last job left open.
    #[must_use]
    pub fn keeping(self, kept: &'s KeptForm) -> Self {
        Self {
            kept: Some(kept),
            ..self
        }
    }

    /// The same; a form that is used again asks for the agent's balance anew before anything else.
    #[must_use]
    pub fn asking_balance(self, asks_balance: bool) -> Self {
        Self {
            asks_balance,
            ..self
        }
    }

    pub(super) async fn open(&mut self, path: &str) -> Result<(), PortalError> {
        self.forget_form();
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        };
        Ok(self.session.goto(&url).await?)
    }

    fn forget_form(&self) {
        if let Some(kept) = self.kept {
            kept.forget();
        }
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
        self.words_of(snapshot)
    }

    /// What a page says, with the step that could not be done on it.
    pub(super) fn words_of(
        &self,
        snapshot: Snapshot,
    ) -> Result<(Snapshot, Option<PortalError>), PortalError> {
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

    pub(super) fn check(&self, snapshot: Snapshot) -> Result<Snapshot, PortalError> {
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

    pub(super) fn fault(&self, fault: &StepFault) -> PortalError {
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

    pub(super) async fn attempt_step(
        &mut self,
        steps: Vec<Value>,
        on_login: bool,
        doc: Option<&str>,
    ) -> Result<Snapshot, PortalError> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        self.attempt_named(&id, steps, on_login, doc).await
    }

    /// The program's id names its result in the page, for whoever asks for it again.
    pub(super) async fn attempt_named(
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

    pub(super) async fn call(
        &mut self,
        program: Option<Value>,
        id: &str,
    ) -> Result<Call, PortalError> {
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

    /// Asks for the balance on the page as it stands, touching nothing else. `None`: it was not sent
    /// anew.
    pub async fn balance_in_place(&mut self) -> Result<Option<Vnd>, PortalError> {
        let snapshot = self.step(vec![refresh_balance()]).await?;
        Ok(snapshot.balance_vnd().filter(|_| snapshot.refreshed))
    }

    /// The same with who is logged in. `None`: the page does not say.
    pub async fn look_in_place(&mut self) -> Result<Option<(String, Vnd)>, PortalError> {
        let snapshot = self.step(vec![refresh_balance()]).await?;
        let balance = snapshot.balance_vnd().filter(|_| snapshot.refreshed);
        Ok(snapshot.agent.zip(balance))
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
