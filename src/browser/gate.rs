//! The commit gate: the confirming request is held before it leaves the browser, looked at, and let
//! go once.
//!
//! While a gate is on, every request of the tab waits. The first confirming one is let go after its
//! release is on disk; a second one is failed, and so is one that does not say what it should.
//! Where there is no `BiDi` the gate is a name only: the latch in the page lets one click through.

use std::pin::pin;
use std::time::Duration;

use serde_json::{Value, json};

use super::BrowserError;
use super::Session;
use super::bidi::{BidiEvent, Request};
use super::tab::BrowserTab;
use super::webdriver::GRACE;

/// A body is asked for while its request is held: an answer takes three milliseconds.
const BODY_WAIT: Duration = Duration::from_secs(3);

/// How strong a gate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Requests are held, and behind them the connections are shut: nothing leaves, whoever dies.
    Valve,
    /// Requests are held in the browser. A driver that dies lets them go.
    Wire,
    /// Nothing is held.
    Latch,
}

/// A request to send something, as it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The browser's id of the request.
    pub id: String,
    /// Where to.
    pub url: String,
    /// Its body.
    pub body: String,
    /// The attempt whose click the page told of.
    pub attempt: Option<String>,
    /// The view that the page showed at that click.
    pub view: Option<String>,
}

/// What the page tells through its channel.
#[derive(Debug, Default, serde::Deserialize)]
struct Told {
    /// Body of a form that loads a document: its request cannot be asked for its own while it is
    /// held.
    body: Option<String>,
    attempt: Option<String>,
    view: Option<String>,
}

/// What a held request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// The one that moves the money, and it says what it should.
    Confirms,
    /// Something else.
    Other,
    /// It confirms, but not what was armed.
    Wrong(String),
}

/// What went through the gate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passed {
    /// Was the confirming request let go, or can that not be ruled out?
    pub is_released: bool,
    /// Why it was failed instead, where it was: it is certain that it did not leave.
    pub refused: Option<String>,
    /// Confirming requests that were failed because one had been let go.
    pub doubles: u32,
    /// HTTP status of the answer to the confirming request.
    pub status: Option<u16>,
}

/// A gate that is on. Made before arming; lifted when the answer is read.
#[derive(Debug)]
#[must_use = "a gate that is not lifted holds the tab's requests for ever"]
pub struct Gate {
    strength: Strength,
    intercept: Option<String>,
    confirming: Option<String>,
    told: Told,
    /// Was the valve told to open since it was shut?
    is_valve_opened: bool,
    passed: Passed,
}

impl Gate {
    /// How strong it is.
    pub fn strength(&self) -> Strength {
        self.strength
    }

    /// Puts the gate on. Nothing that the tab sends from now on leaves by itself.
    pub async fn hold(session: &Session) -> Result<Self, BrowserError> {
        let mut gate = Self {
            strength: Strength::Latch,
            intercept: None,
            confirming: None,
            told: Told::default(),
            is_valve_opened: false,
            passed: Passed::default(),
        };
        let Some(tab) = &session.tab else {
            return Ok(gate);
        };
        session.count("network.addIntercept");
        // What the tab told before concerns nobody any more.
        let mut events = tab.events.lock().await;
        while events.try_recv().is_ok() {}
        drop(events);
        let wanted = json!({ "phases": ["beforeRequestSent"], "contexts": [tab.context] });
        let held = tab
            .bidi
            .command("network.addIntercept", wanted, GRACE)
            .await?;
        gate.intercept = held
            .get("intercept")
            .and_then(Value::as_str)
            .map(str::to_owned);
        gate.strength = Strength::Wire;
        if let Some(valve) = &tab.valve {
            // A tab whose requests are held and whose valve does not answer is of no use to
            // anybody.
            valve.shut().await.map_err(|error| BrowserError::Lost {
                why: error.to_string(),
            })?;
            gate.strength = Strength::Valve;
        }
        Ok(gate)
    }

    /// Does the work with the gate on. `judge` says what a held request is; `release` makes its
    /// release durable and is called once at most. A request that cannot be read, or whose release
    /// cannot be written, is failed.
    pub async fn through<T, E: std::fmt::Display>(
        &mut self,
        session: &Session,
        work: impl Future<Output = T>,
        judge: impl Fn(&Posted) -> Judgement,
        release: impl AsyncFnOnce(&Posted) -> Result<(), E>,
    ) -> T {
        let mut work = pin!(work);
        let Some(tab) = &session.tab else {
            return work.await;
        };
        let mut events = tab.events.lock().await;
        let mut release = Some(release);
        loop {
            let event = tokio::select! {
                biased;
                done = &mut work => return done,
                event = events.recv() => event,
            };
            match event {
                // The channel ends with the driver; the work notices by itself.
                None => return work.await,
                Some(BidiEvent::Said(text)) => self.hear(&text),
                Some(BidiEvent::Answered { request, status })
                    if self.confirming.as_ref() == Some(&request) =>
                {
                    self.passed.status = Some(status);
                }
                Some(BidiEvent::Request(request)) if request.is_held => {
                    self.attend(session, tab, &request, &judge, &mut release)
                        .await;
                }
                Some(_) => {}
            }
        }
    }

    fn hear(&mut self, text: &str) {
        let Ok(told) = serde_json::from_str::<Told>(text) else {
            return;
        };
        self.told.body = told.body.or(self.told.body.take());
        self.told.attempt = told.attempt.or(self.told.attempt.take());
        self.told.view = told.view.or(self.told.view.take());
    }

    async fn attend<E: std::fmt::Display>(
        &mut self,
        session: &Session,
        tab: &BrowserTab,
        request: &Request,
        judge: &impl Fn(&Posted) -> Judgement,
        release: &mut Option<impl AsyncFnOnce(&Posted) -> Result<(), E>>,
    ) {
        let target = json!({ "request": request.id });
        if request.method != "POST" {
            tab.bidi.tell("network.continueRequest", &target);
            return;
        }
        let body = if request.is_navigation {
            self.told.body.take()
        } else {
            session.count("network.getData");
            body_of(tab, &request.id, "request").await
        };
        let (attempt, view) = (self.told.attempt.clone(), self.told.view.clone());
        let posted = body.map(|body| Posted {
            id: request.id.clone(),
            url: request.url.clone(),
            body,
            attempt,
            view,
        });
        let why = match posted.as_ref().map(|posted| (posted, judge(posted))) {
            Some((_, Judgement::Other)) => {
                tab.bidi.tell("network.continueRequest", &target);
                return;
            }
            Some((posted, Judgement::Confirms)) => match release.take() {
                None => {
                    self.passed.doubles += 1;
                    tracing::warn!(url = request.url, "a second confirming request was stopped");
                    tab.bidi.tell("network.failRequest", &target);
                    return;
                }
                Some(release) => match release(posted).await {
                    Ok(()) => match self.let_go(tab, request).await {
                        Ok(()) => return,
                        Err(error) => error.to_string(),
                    },
                    Err(error) => error.to_string(),
                },
            },
            Some((_, Judgement::Wrong(why))) => why,
            None => "không đọc được yêu cầu xác nhận trước khi gửi".to_owned(),
        };
        tracing::warn!(why, "the confirming request is stopped at the gate");
        let is_failed = tab
            .bidi
            .command("network.failRequest", target, GRACE)
            .await
            .is_ok();
        // Without the browser's word on it only a shut valve makes sure.
        if is_failed || (tab.valve.is_some() && !self.is_valve_opened) {
            self.passed.refused = Some(why);
        } else {
            self.passed.is_released = true;
        }
    }

    /// From here on the money may move.
    async fn let_go(&mut self, tab: &BrowserTab, request: &Request) -> Result<(), BrowserError> {
        // A driver that has died lets go of what it held: behind a shut valve that goes nowhere,
        // and so it stays.
        if tab.bidi.is_closed() && tab.valve.is_some() {
            return Err(BrowserError::Lost {
                why: "trình điều khiển đã thoát trước khi gửi".to_owned(),
            });
        }
        if let Some(valve) = &tab.valve {
            self.is_valve_opened = true;
            valve.open().await?;
        }
        self.passed.is_released = true;
        self.confirming = Some(request.id.clone());
        tab.bidi
            .tell("network.continueRequest", &json!({ "request": request.id }));
        Ok(())
    }

    /// The raw answer to the confirming request, where the browser has it.
    pub async fn answer(&self, session: &Session) -> Option<String> {
        let (tab, request) = (session.tab.as_ref()?, self.confirming.as_ref()?);
        session.count("network.getData");
        body_of(tab, request, "response").await
    }

    /// Takes the gate off. What is still held is failed first: nothing slips out behind the one
    /// that was let go.
    pub async fn lift(mut self, session: &Session) -> Passed {
        let Some(tab) = &session.tab else {
            return self.passed;
        };
        let mut events = tab.events.lock().await;
        while let Ok(event) = events.try_recv() {
            match event {
                BidiEvent::Request(request) if request.is_held => {
                    let order = if request.method == "POST" {
                        "network.failRequest"
                    } else {
                        "network.continueRequest"
                    };
                    tab.bidi.tell(order, &json!({ "request": request.id }));
                }
                BidiEvent::Answered { request, status }
                    if self.confirming.as_ref() == Some(&request) =>
                {
                    self.passed.status = Some(status);
                }
                _ => {}
            }
        }
        drop(events);
        session.count("network.removeIntercept");
        let mut lifted = Ok(Value::Null);
        if let Some(intercept) = self.intercept.take() {
            lifted = tab
                .bidi
                .command(
                    "network.removeIntercept",
                    json!({ "intercept": intercept }),
                    GRACE,
                )
                .await;
        }
        if let Err(error) = lifted {
            // The valve stays shut: what this tab may still hold goes nowhere. The next command
            // finds the session lost.
            tracing::warn!(%error, "the gate could not be lifted");
        } else if !self.passed.is_released
            && let Some(valve) = &tab.valve
            && let Err(error) = valve.open().await
        {
            tracing::warn!(%error, "the valve could not be opened");
        }
        self.passed
    }
}

/// Fails a request that a dead run left held. `true`: it was held, so it was never sent.
pub async fn fail_held(session: &Session, request: &str) -> bool {
    let Some(tab) = &session.tab else {
        return false;
    };
    tab.bidi
        .command("network.failRequest", json!({ "request": request }), GRACE)
        .await
        .is_ok()
}

/// The answer to a request of a dead run, where its browser has it.
pub async fn answer_to(session: &Session, request: &str) -> Option<String> {
    body_of(session.tab.as_ref()?, request, "response").await
}

async fn body_of(tab: &BrowserTab, request: &str, kind: &str) -> Option<String> {
    let wanted = json!({ "dataType": kind, "request": request });
    match tab.bidi.command("network.getData", wanted, BODY_WAIT).await {
        Ok(data) => data
            .pointer("/bytes/value")
            .and_then(Value::as_str)
            .map(str::to_owned),
        Err(error) => {
            tracing::debug!(%error, kind, "no body");
            None
        }
    }
}
