//! One login at work: its browser session, who it is, and what it can read.

use std::time::Duration;

use super::book::Stamp;
use super::crew::Crew;
use super::evidence::Piece;
use super::plan::Plan;
use super::progress::{Progress, Reporter};
use super::tools::{EngineError, Tools};
use crate::browser::{BrowserError, Session};
use crate::domain::{Event, Language, Vnd, is_same_agent};
use crate::ledger::{LedgerError, LiveAttempt};
use crate::portal::{KeptForm, LoginStep, Page, PortalError};

/// First wait before opening a browser or logging in is tried again; doubled each time.
const BACKOFF: Duration = Duration::from_millis(500);

/// One login at work on a batch.
pub(super) struct PortalLogin<'r> {
    pub crew: &'r Crew<'r>,
    pub tools: &'r Tools,
    pub plan: &'r Plan,
    pub reporter: &'r Reporter,
    /// Which one, from 0: the first leads.
    pub number: usize,
    pub session: Option<Session>,
    /// Who the browser is logged in as.
    pub agent: String,
    /// Where the electricity page was found.
    pub bill_page: Option<String>,
    /// The form that the last job left open.
    pub kept: KeptForm,
}

impl<'r> PortalLogin<'r> {
    pub fn new(crew: &'r Crew<'r>, number: usize) -> Self {
        Self {
            crew,
            tools: crew.tools,
            plan: crew.plan,
            reporter: crew.reporter,
            number,
            session: None,
            agent: crew.plan.agent.clone().unwrap_or_default(),
            bill_page: None,
            kept: KeptForm::default(),
        }
    }

    /// The page of the open session.
    pub fn page(&self) -> Result<Page<'_>, PortalError> {
        let lost = || BrowserError::Lost {
            why: "chưa mở trình duyệt".to_owned(),
        };
        let session = self.session.as_ref().ok_or_else(lost)?;
        Ok(Page::new(
            session,
            &self.tools.map,
            &self.tools.portal_url,
            self.tools.answer_max,
        )
        .keeping(&self.kept))
    }

    /// Commands of the open session so far.
    pub fn calls(&self) -> u64 {
        self.session.as_ref().map_or(0, Session::calls)
    }

    /// What a fault needs before the next try: nothing, a new login, or a new browser.
    pub async fn recover_session(&mut self, error: &PortalError) -> Result<(), EngineError> {
        match error {
            PortalError::Browser(e) if e.is_lost() => self.connect().await,
            PortalError::Expired => self.log_in().await,
            _ if self.session.is_none() => self.connect().await,
            _ => Ok(()),
        }
    }

    /// Lets the session go without a polite word: browser first, driver second.
    pub async fn drop_session(&mut self) {
        self.kept.forget();
        if let Some(dead) = self.session.take() {
            let _ = tokio::task::spawn_blocking(move || drop(dead)).await;
        }
    }

    /// Opens a browser (or a tab of its own in one) and logs in.
    pub async fn connect(&mut self) -> Result<(), EngineError> {
        self.drop_session().await;
        if self.take_warm().await {
            self.say_logged_in();
            return Ok(());
        }
        let mut tries = 0;
        loop {
            match self.crew.shards.session().await {
                Ok(session) => {
                    self.crew.control.has_tab(self.number, session.camera());
                    self.session = Some(session);
                    break;
                }
                Err(error) => {
                    let error = PortalError::from(error);
                    tries += 1;
                    if !error.may_be_tried_again() || tries > self.tools.retries {
                        return Err(error.into());
                    }
                    tracing::warn!(%error, "the browser did not start; trying again");
                    tokio::time::sleep(BACKOFF * 2_u32.saturating_pow(tries - 1)).await;
                }
            }
        }
        self.log_in().await
    }

    async fn log_in(&mut self) -> Result<(), EngineError> {
        let mut tries = 0;
        let found = loop {
            match self.try_to_log_in().await {
                Ok(agent) => break agent,
                Err(error) => {
                    tries += 1;
                    let is_gone = matches!(&error, PortalError::Browser(e) if e.is_lost());
                    if is_gone || !error.may_be_tried_again() || tries > self.tools.retries {
                        return Err(error.into());
                    }
                    tracing::warn!(%error, "logging in failed; trying again");
                    tokio::time::sleep(BACKOFF * 2_u32.saturating_pow(tries - 1)).await;
                }
            }
        };
        self.check_agent(&found)?;
        self.agent = found;
        self.kept.forget();
        let stamp = self.stamp().await;
        let balance = self.page()?.balance().await?;
        self.crew.saw_balance(balance);
        if let Some(balance) = balance {
            self.rest_if_booked(balance, stamp).await?;
        }
        self.say_logged_in();
        Ok(())
    }

    fn say_logged_in(&self) {
        self.reporter.say(Progress::LoggedIn {
            login: self.number,
            agent: self.agent.clone(),
            balance: self.crew.balance(),
        });
    }

    /// A balance that was just read is one at rest where nothing is on its way or in doubt, and what
    /// was paid before is in it.
    pub(super) async fn rest_if_booked(
        &self,
        balance: Vnd,
        stamp: Stamp,
    ) -> Result<(), LedgerError> {
        let account = self.tools.ledger.account(&self.agent);
        if self.crew.book.is_untouched(stamp, 0)
            && account.others_in_doubt("").await? == 0
            && account
                .is_booked(balance, self.tools.patience.settle_ms)
                .await?
        {
            self.crew.book.rests_at(balance, stamp.seq, self.now_ms());
        }
        Ok(())
    }

    /// One try; where a person is needed, they are waited for.
    async fn try_to_log_in(&self) -> Result<String, PortalError> {
        let mut page = self.page()?;
        let errand = match page.log_in(&self.plan.credentials).await? {
            LoginStep::In(agent) => return Ok(agent),
            LoginStep::NeedsPerson(errand) => errand,
        };
        let _one = self.crew.person.lock().await;
        tracing::info!(?errand, "a person is needed");
        let patience = i64::try_from(self.tools.person_max.as_millis()).unwrap_or(i64::MAX / 2);
        self.reporter.say(Progress::NeedsPerson {
            login: self.number,
            errand,
            what: errand.asked(Language::Vi).to_owned(),
            until_ms: self.now_ms().saturating_add(patience),
        });
        let agent = tokio::select! {
            agent = page.await_person(self.tools.person_max) => agent?,
            () = self.crew.control.stopped() => {
                return Err(PortalError::NobodyCame { seconds: 0 });
            }
        };
        self.reporter.say(Progress::PersonDone);
        Ok(agent)
    }

    /// The account's state now, for telling later what has moved since.
    pub async fn stamp(&self) -> Stamp {
        let seq = self.tools.ledger.seq().await;
        self.crew.book.stamp(seq)
    }

    /// Milliseconds since 1970, by the ledger's clock.
    pub fn now_ms(&self) -> i64 {
        self.tools.ledger.clock().now_ms()
    }

    /// The browser must be who the configuration says.
    pub fn check_agent(&self, found: &str) -> Result<(), PortalError> {
        match &self.plan.agent {
            Some(expected) if !is_same_agent(expected, found) => Err(PortalError::OtherUser {
                found: found.to_owned(),
                expected: expected.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Reads something, once more after renewing the session where that is needed: reading moves no
    /// money, so it may be repeated.
    pub async fn renew(&mut self, error: PortalError) -> Result<(), PortalError> {
        tracing::warn!(%error, "reading after the click failed; once more");
        match self.recover_session(&error).await {
            Ok(()) => Ok(()),
            Err(EngineError::Portal(again)) => Err(again),
            Err(_) => Err(error),
        }
    }

    /// What the account holds now, by the last balance at rest and what was paid since. `None`: no
    /// balance at rest is known.
    pub async fn expected_balance(&self) -> Result<Option<Vnd>, LedgerError> {
        match self.crew.book.at_rest() {
            Some((balance, seq)) => {
                let account = self.tools.ledger.account(&self.agent);
                account.explained(balance, seq).await
            }
            None => Ok(None),
        }
    }

    /// The balance, asked for on the page as it stands. `None`: it was not sent anew.
    pub async fn balance_in_place(&mut self) -> Option<Vnd> {
        let balance = match self.page() {
            Ok(mut page) => page.balance_in_place().await,
            Err(error) => Err(error),
        };
        let balance = balance
            .inspect_err(|error| tracing::debug!(%error, "no balance on the page as it stands"))
            .ok()
            .flatten();
        self.crew.saw_balance(balance);
        balance
    }

    /// The balance as the portal tells it now: on the page that stands, where its last request was
    /// answered, else on one that is loaded. `None`: not to be had.
    pub async fn read_balance(&mut self) -> Option<Vnd> {
        if self.kept.stands()
            && let Some(balance) = self.balance_in_place().await
        {
            return Some(balance);
        }
        let read = match self.balance_once().await {
            Err(error) => match self.renew(error).await {
                Ok(()) => self.balance_once().await,
                Err(error) => Err(error),
            },
            read => read,
        };
        let balance = read.ok().flatten();
        self.crew.saw_balance(balance);
        balance
    }

    async fn balance_once(&mut self) -> Result<Option<Vnd>, PortalError> {
        self.page()?.balance().await
    }

    /// What the page looked like when it could not be used.
    pub async fn keep_failure(&self, live: &LiveAttempt, error: &PortalError) {
        if matches!(
            error,
            PortalError::PageChanged { .. } | PortalError::System(_) | PortalError::NoAnswer { .. }
        ) {
            self.keep_picture(live, "failure").await;
        }
    }

    /// A picture of the page, named in the ledger.
    pub async fn keep_picture(&self, live: &LiveAttempt, what: &'static str) {
        let Ok(mut page) = self.page() else { return };
        let Ok(bytes) = page
            .screenshot()
            .await
            .inspect_err(|error| tracing::debug!(%error, "no picture"))
        else {
            return;
        };
        let store = self.tools.evidence.clone();
        let kept =
            tokio::task::spawn_blocking(move || store.keep(vec![Piece { what, bytes }])).await;
        if let Ok(files) = kept
            && !files.is_empty()
            && let Err(error) = self
                .tools
                .ledger
                .note(&live.id, Event::EvidenceKept { files })
                .await
        {
            tracing::warn!(%error, "a picture is kept but not named in the ledger");
        }
    }
}
