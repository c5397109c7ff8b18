//! A batch from its beginning to its end: entering, logins at work, retries, what is left in doubt,
//! the result.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::book::Stamp;
use super::control::Control;
use super::crew::{Crew, Waiting, locked};
use super::evidence::{EvidenceStore, Piece};
use super::halt::Halt;
use super::plan::{Plan, PlanError};
use super::progress::{Counts, OutcomeEvent, Progress, Reporter};
use super::recover::recover;
use super::timing::day_start_ms;
use crate::browser::{BrowserError, BrowserSettings, Session};
use crate::client::Claims;
use crate::domain::{Attempt, Conclusion, Event, Language, Outcome, Patience, Proof, State, Vnd};
use crate::ledger::{Batch, BatchJob, JobResult, Ledger, LedgerError, LiveAttempt, NewBatch};
use crate::portal::{LoginStep, Page, PortalError, PortalMap, Surveyed};

/// First wait before a technical failure is tried again; doubled each time.
const BACKOFF: Duration = Duration::from_millis(500);
/// A login that has nothing to do shows itself to the portal this often, so that it is not logged
/// out.
const KEEP_ALIVE: Duration = Duration::from_secs(90);

/// What a batch is run with: the same for every batch of a program.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The journal.
    pub ledger: Arc<Ledger>,
    /// The portal's pages and words.
    pub map: Arc<PortalMap>,
    /// The portal's base address, without a slash at the end.
    pub portal_url: String,
    /// How browsers are started.
    pub browser: BrowserSettings,
    /// Logins in one browser, at most.
    pub logins_per_browser: usize,
    /// Where evidence goes.
    pub evidence: EvidenceStore,
    /// How long an answer of the portal is waited for.
    pub answer_max: Duration,
    /// How long a person is waited for.
    pub person_max: Duration,
    /// How often a job is tried again after a technical failure before arming.
    pub retries: u32,
    /// Technical failures in a row after which the batch pauses.
    pub failures_before_pause: u32,
    /// How patient reconciliation is.
    pub patience: Patience,
    /// How long a batch that is through goes on looking into what is in doubt.
    pub settle_max: Duration,
    /// The claims of jobs that a server gave to this machine.
    pub claims: Option<Arc<Claims>>,
    /// For crash tests.
    pub halt: Halt,
}

/// A batch that was gone through, or as far as it came.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its id.
    pub batch: String,
    /// Every job, in order.
    pub results: Vec<JobResult>,
    /// The portal user.
    pub agent: String,
    /// When it was entered.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// Was it stopped by the operator?
    pub stopped: bool,
    /// Why it paused by itself, where it did.
    pub paused: Option<String>,
    /// Commands to the browser for each payment that was proven in this run.
    pub calls_per_payment: Vec<u64>,
}

/// Why a batch could not be run at all, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The plan is not whole.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The journal. Nothing goes on without it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Browser or portal, in a way that every job would meet.
    #[error(transparent)]
    Portal(#[from] PortalError),
}

impl From<BrowserError> for EngineError {
    fn from(error: BrowserError) -> Self {
        Self::Portal(error.into())
    }
}

/// Why a job's attempt ended without an outcome.
pub(super) enum JobFault {
    /// Before arming: may be tried again.
    Technical(PortalError),
    /// The journal cannot be written: the batch ends here.
    Ledger(LedgerError),
}

impl From<PortalError> for JobFault {
    fn from(error: PortalError) -> Self {
        Self::Technical(error)
    }
}

impl From<LedgerError> for JobFault {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<JobFault> for EngineError {
    fn from(fault: JobFault) -> Self {
        match fault {
            JobFault::Technical(error) => error.into(),
            JobFault::Ledger(error) => error.into(),
        }
    }
}

/// One login at work on a batch.
pub(super) struct Run<'r> {
    pub crew: &'r Crew<'r>,
    pub tools: &'r Tools,
    pub plan: &'r Plan,
    pub reporter: &'r Reporter,
    /// Which one, from 0: the first leads.
    pub(super) login: usize,
    pub session: Option<Session>,
    /// Who the browser is logged in as.
    pub agent: String,
    /// Where the electricity page was found.
    pub bill_page: Option<String>,
}

/// Runs the batch, or continues it. Returns as soon as a stop is asked for and what is on its way
/// is done.
pub async fn run(
    tools: &Tools,
    plan: &Plan,
    reporter: &Reporter,
    control: &Control,
) -> Result<Finished, EngineError> {
    plan.check()?;
    if plan.service.is_payment() && !plan.dry_run {
        tools.ledger.check_whole().await?;
    }
    // What a dead run left is read while its browsers still live, and only then cleared.
    recover(tools).await?;
    let batch = tools.ledger.enter(new_batch(tools, plan)).await?;
    reporter.say(Progress::BatchStarted {
        batch: batch.id.clone(),
        service: plan.service,
        total: batch.jobs.len(),
        errors: plan.list.errors.len(),
        duplicates: plan.list.duplicates.len(),
        continued: batch.continued,
        dry_run: plan.dry_run,
    });
    let crew = Crew::new(tools, plan, &batch, reporter, control);
    let mut lead = Run::new(&crew, 0);
    let gone_through = lead.go_through().await;
    let agent = lead.agent.clone();
    crew.evidence_kept().await;
    if let Some(session) = lead.session.take() {
        session.close().await;
    }
    let calls = std::mem::take(&mut *locked(&crew.calls_per_payment));
    if let Err(error) = tools.ledger.back_up_if_due().await {
        tracing::warn!(%error, "the ledger could not be copied");
    }
    match gone_through {
        Ok(end) => finish(tools, plan, &batch, agent, end, calls, reporter).await,
        Err(error @ (EngineError::Portal(_) | EngineError::Plan(_))) => {
            // What was reached stands; the rest is told as not reached, and the batch can be
            // continued.
            let end = End {
                stopped: false,
                paused: Some(error.to_string()),
            };
            finish(tools, plan, &batch, agent, end, calls, reporter).await?;
            Err(error)
        }
        Err(error @ EngineError::Ledger(_)) => Err(error),
    }
}

/// How the loop ended.
#[derive(Debug, Default)]
struct End {
    stopped: bool,
    paused: Option<String>,
}

async fn finish(
    tools: &Tools,
    plan: &Plan,
    batch: &Batch,
    agent: String,
    end: End,
    calls_per_payment: Vec<u64>,
    reporter: &Reporter,
) -> Result<Finished, EngineError> {
    let is_complete = !end.stopped && end.paused.is_none();
    let finished = if is_complete {
        tools.ledger.finish(&batch.id).await?
    } else {
        Timestamp::now()
    };
    let results = tools.ledger.results(&batch.id, plan.service).await?;
    for (index, result) in results
        .iter()
        .enumerate()
        .filter(|(_, r)| r.conclusion.outcome == Outcome::Cancelled)
    {
        reporter.say(Progress::Outcome(OutcomeEvent::of(
            plan.service,
            index,
            result,
        )));
    }
    let mut outcomes = Counts::new();
    for result in &results {
        *outcomes.entry(result.conclusion.outcome).or_default() += 1;
    }
    reporter.say(Progress::BatchFinished {
        batch: batch.id.clone(),
        outcomes,
        paid: paid_total(&results),
        stopped: end.stopped,
        paused: end.paused.clone(),
    });
    Ok(Finished {
        batch: batch.id.clone(),
        results,
        agent,
        started: batch.started,
        finished,
        stopped: end.stopped,
        paused: end.paused,
        calls_per_payment,
    })
}

fn paid_total(results: &[JobResult]) -> Vnd {
    results
        .iter()
        .filter(|r| r.is_paid())
        .filter_map(|r| r.conclusion.amount)
        .sum()
}

fn new_batch(tools: &Tools, plan: &Plan) -> NewBatch {
    let left_out: Vec<_> = plan
        .list
        .errors
        .iter()
        .map(|e| serde_json::json!({ "row": e.row, "account": e.account, "why": e.why }))
        .chain(
            plan.list
                .duplicates
                .iter()
                .map(|d| serde_json::json!({ "row": d.row, "account": d.account.as_str(), "why": format!("trùng với {}", d.first_row) })),
        )
        .collect();
    NewBatch {
        service: plan.service,
        agent: plan.agent.clone().unwrap_or_default(),
        operator: plan.operator.clone(),
        portal: tools.portal_url.clone(),
        is_dry_run: plan.dry_run,
        also: plan
            .receiver
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        jobs: plan.list.jobs.clone(),
        left_out: left_out.into(),
        day_start_ms: day_start_ms(Timestamp::now(), &TimeZone::system()),
        force_new: plan.force_new,
    }
}

/// Is there anything left to do for a job that has been tried before?
fn is_to_do(batch: &Batch, last: Option<&LiveAttempt>) -> bool {
    match last.map(|l| l.attempt.state) {
        None | Some(State::Queued) => true,
        // Going on after an interruption does again what is free of consequences; an outcome stays
        // one.
        Some(State::Done(outcome)) if !batch.was_finished => {
            matches!(
                outcome,
                Outcome::Failed | Outcome::NotSent | Outcome::Cancelled
            )
        }
        // The operator asks again for a batch that was gone through: everything that moved no
        // money.
        Some(State::Done(outcome)) => outcome.may_be_tried_again(),
        // In doubt (the ledger's recovery leaves no other state): locked.
        Some(_) => false,
    }
}

/// Was it held at the gate, and is it still ours? A job that a server gave is told there, which
/// then hands it out anew.
pub(super) fn is_to_repeat(entry: &BatchJob, live: &LiveAttempt) -> bool {
    live.attempt.state == State::Done(Outcome::NotSent) && entry.job.ticket.is_none()
}

impl<'r> Run<'r> {
    fn new(crew: &'r Crew<'r>, login: usize) -> Self {
        let agent = crew.plan.agent.clone().unwrap_or_default();
        Self {
            crew,
            tools: crew.tools,
            plan: crew.plan,
            reporter: crew.reporter,
            login,
            session: None,
            agent,
            bill_page: None,
        }
    }

    /// The lead: looks into doubts first, works with the others, looks into new doubts last.
    async fn go_through(&mut self) -> Result<End, EngineError> {
        let (batch, control) = (self.crew.batch, self.crew.control);
        let total = batch.jobs.len();
        let mut to_do: Vec<usize> = (0..total)
            .filter(|i| is_to_do(batch, batch.jobs[*i].last.as_ref()))
            .collect();
        let in_doubt = self.tools.ledger.in_doubt().await?;
        let needs_browser = !to_do.is_empty() || in_doubt.iter().any(|l| l.batch_id == batch.id);
        if needs_browser && !control.is_stopped() {
            match self.connect().await {
                // Stopped while a browser was opened or a person was waited for.
                Err(_) if control.is_stopped() => {
                    return Ok(End {
                        stopped: true,
                        paused: None,
                    });
                }
                connected => connected?,
            }
            self.tools.ledger.bind_agent(&batch.id, &self.agent).await?;
            // Before the same account is touched, what is in doubt on it is looked into.
            self.look_into_doubts().await?;
            to_do.append(&mut locked(&self.crew.not_sent));
            to_do.sort_unstable();
            self.begin_book(!to_do.is_empty()).await?;
        }
        let kept = self.say_what_stands(&to_do).await?;
        let paid = self.tools.ledger.paid_in(&batch.id).await?;
        let has_work = !to_do.is_empty();
        self.crew.begin(&to_do, kept, paid);
        self.crew.say_progress();
        if has_work && self.session.is_some() {
            self.work_together().await?;
        }
        let mut rounds = 0;
        while self.session.is_some() && !self.crew.is_ending() {
            self.settle_what_is_left().await?;
            // What turned out never to have been sent is done again, as a technical failure before
            // arming would be.
            let again = std::mem::take(&mut *locked(&self.crew.not_sent));
            if again.is_empty() || rounds == self.tools.retries || control.is_stopped() {
                break;
            }
            rounds += 1;
            self.crew.again(&again);
            self.work_together().await?;
        }
        let paused = self.crew.breaker();
        Ok(End {
            stopped: control.is_stopped() && paused.is_none() && self.crew.has_waiting(),
            paused,
        })
    }

    /// The balance and the history's newest transaction while nothing is on its way: what later
    /// proofs start from.
    async fn begin_book(&mut self, has_work: bool) -> Result<(), EngineError> {
        if !self.plan.service.is_payment() || !has_work || self.plan.dry_run {
            return Ok(());
        }
        let seq = self.tools.ledger.seq().await;
        match self.page()?.history_mark().await {
            Ok(mark) => *locked(&self.crew.history_mark) = mark.map(|mark| (mark, seq)),
            Err(error) => {
                tracing::warn!(%error, "the history's mark could not be read; it will prove nothing in this batch")
            }
        }
        Ok(())
    }

    async fn work_together(&mut self) -> Result<(), EngineError> {
        let crew = self.crew;
        let mut others: Vec<Run<'r>> = (1..self.plan.sessions.min(crew.batch.jobs.len()))
            .map(|login| Run::new(crew, login))
            .collect();
        let mut first_fault = None;
        {
            let mut at_work: FuturesUnordered<_> = others
                .iter_mut()
                .chain(std::iter::once(self))
                .map(Run::work)
                .collect();
            while let Some(ended) = at_work.next().await {
                if let Err(error) = ended {
                    crew.halt.cancel();
                    // The journal's fault is the graver one: nothing may be told without it.
                    if first_fault.is_none() || matches!(error, EngineError::Ledger(_)) {
                        first_fault = Some(error);
                    }
                }
            }
        }
        // Pictures are taken of living pages only.
        crew.evidence_kept().await;
        for session in others.into_iter().filter_map(|run| run.session) {
            session.close().await;
        }
        first_fault.map_or(Ok(()), Err)
    }

    /// Takes jobs until none is left.
    async fn work(&mut self) -> Result<(), EngineError> {
        let worked = self.take_jobs().await;
        self.crew.control.has_tab(self.login, None);
        self.reporter.say(Progress::LoggedOut { login: self.login });
        worked
    }

    async fn take_jobs(&mut self) -> Result<(), EngineError> {
        while let Some(waiting) = self.next_job().await {
            if self.session.is_none()
                && let Err(error) = self.connect().await
            {
                self.crew.put_back(waiting);
                let is_stopped = self.crew.control.is_stopped();
                if self.login == 0 && !is_stopped {
                    return Err(error);
                }
                // The others go on without this one.
                tracing::warn!(%error, login = self.login, "this login is given up");
                return Ok(());
            }
            let index = waiting.index;
            let Some(end) = self.job_with_retries(waiting).await? else {
                break;
            };
            let pushbacks = self.session.as_ref().map_or(0, Session::take_pushbacks);
            self.crew.done(index, &end, pushbacks);
        }
        Ok(())
    }

    /// The next job; meanwhile the login is kept alive.
    async fn next_job(&mut self) -> Option<Waiting> {
        loop {
            match tokio::time::timeout(KEEP_ALIVE, self.crew.next(self.login)).await {
                Ok(next) => return next,
                Err(_) if self.session.is_some() => {
                    if let Ok(mut page) = self.page()
                        && let Err(error) = page.balance().await
                    {
                        tracing::debug!(%error, "keeping the login alive failed; it is renewed when it is needed");
                    }
                }
                Err(_) => {}
            }
        }
    }

    /// Jobs that keep an outcome from before are said again, so that a listener knows the whole
    /// batch.
    async fn say_what_stands(&self, to_do: &[usize]) -> Result<usize, EngineError> {
        let batch = self.crew.batch;
        if to_do.len() == batch.jobs.len() {
            return Ok(0);
        }
        let results = self.tools.ledger.results(&batch.id, batch.service).await?;
        let mut kept = 0;
        for (index, result) in results
            .iter()
            .enumerate()
            .filter(|(i, _)| to_do.binary_search(i).is_err())
        {
            kept += 1;
            self.reporter.say(Progress::Outcome(OutcomeEvent::of(
                batch.service,
                index,
                result,
            )));
        }
        Ok(kept)
    }

    /// One job to its outcome. `None`: a stop came between two tries.
    async fn job_with_retries(
        &mut self,
        waiting: Waiting,
    ) -> Result<Option<Conclusion>, EngineError> {
        let (batch, control, index) = (self.crew.batch, self.crew.control, waiting.index);
        let entry = &batch.jobs[index];
        let begun = waiting.live.or_else(|| {
            entry
                .last
                .clone()
                .filter(|last| last.attempt.state == State::Queued)
        });
        let mut live = match begun {
            Some(live) => live,
            None => self.tools.ledger.attempt(batch, entry).await?,
        };
        let mut tries = 0;
        loop {
            let fault = match self.attempt_job(entry, index, &mut live).await {
                // The gate held it: nothing was sent, so it is as good as a technical failure
                // before arming.
                Ok(()) if is_to_repeat(entry, &live) && tries < self.tools.retries => {
                    tries += 1;
                    let why = live.attempt.standing().message;
                    tracing::warn!(account = %entry.job.account, why, tries, "held at the gate; once more");
                    live = self.tools.ledger.attempt(batch, entry).await?;
                    PortalError::Unreadable(why)
                }
                Ok(()) => break,
                Err(JobFault::Ledger(error)) => return Err(error.into()),
                Err(JobFault::Technical(error)) => {
                    self.keep_failure(&live, &error).await;
                    tries += 1;
                    tracing::warn!(account = %entry.job.account, %error, tries, "technical failure before arming");
                    self.tools
                        .ledger
                        .append(
                            &mut live,
                            Event::ContactLost {
                                why: error.to_string(),
                            },
                        )
                        .await?;
                    error
                }
            };
            if fault.ends_the_batch() {
                return Err(fault.into());
            }
            if tries > self.tools.retries {
                let end = Conclusion::of(Outcome::Failed, Proof::None, fault.to_string());
                self.tools
                    .ledger
                    .append(&mut live, Event::Concluded(end))
                    .await?;
                break;
            }
            self.reporter.say(Progress::Retry {
                account: entry.job.account.to_string(),
                why: fault.to_string(),
            });
            tokio::select! {
                () = control.stopped() => {
                    self.crew.put_back(Waiting { index, live: Some(live) });
                    return Ok(None);
                }
                () = tokio::time::sleep(BACKOFF * 2_u32.saturating_pow(tries - 1)) => {}
            }
            match self.recover_session(&fault).await {
                Ok(()) => {}
                Err(EngineError::Portal(again)) if again.may_be_tried_again() => {
                    tracing::warn!(error = %again, "the session could not be renewed yet");
                }
                Err(error) => return Err(error),
            }
        }
        if let (Some(claims), Some(ticket)) = (&self.tools.claims, &entry.job.ticket) {
            claims.let_go(ticket);
        }
        self.say_outcome(index, entry, &live);
        Ok(Some(live.attempt.standing()))
    }

    pub(super) fn say_outcome(&self, index: usize, entry: &BatchJob, live: &LiveAttempt) {
        let result = JobResult {
            job: entry.job.clone(),
            attempt: Some(live.id.clone()),
            conclusion: live.attempt.standing(),
            customer: live.attempt.quote.as_ref().and_then(|q| q.customer.clone()),
            at: None,
        };
        self.reporter.say(Progress::Outcome(OutcomeEvent::of(
            self.plan.service,
            index,
            &result,
        )));
    }

    /// What the page looked like when it could not be used.
    async fn keep_failure(&self, live: &LiveAttempt, error: &PortalError) {
        if matches!(
            error,
            PortalError::PageChanged { .. } | PortalError::System(_) | PortalError::NoAnswer { .. }
        ) {
            self.keep_picture(live, "failure").await;
        }
    }

    /// A picture of the page, named in the ledger.
    pub(super) async fn keep_picture(&self, live: &LiveAttempt, what: &'static str) {
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

    /// The page of the open session.
    pub(super) fn page(&self) -> Result<Page<'_>, PortalError> {
        let lost = || BrowserError::Lost {
            why: "chưa mở trình duyệt".to_owned(),
        };
        let session = self.session.as_ref().ok_or_else(lost)?;
        Ok(Page::new(
            session,
            &self.tools.map,
            &self.tools.portal_url,
            self.tools.answer_max,
        ))
    }

    /// Commands of the open session so far.
    pub(super) fn calls(&self) -> u64 {
        self.session.as_ref().map_or(0, Session::calls)
    }

    /// What a fault needs before the next try: nothing, a new login, or a new browser.
    pub(super) async fn recover_session(&mut self, error: &PortalError) -> Result<(), EngineError> {
        match error {
            PortalError::Browser(e) if e.is_lost() => self.connect().await,
            PortalError::Expired => self.log_in().await,
            _ if self.session.is_none() => self.connect().await,
            _ => Ok(()),
        }
    }

    /// Opens a browser (or a tab of its own in one) and logs in.
    async fn connect(&mut self) -> Result<(), EngineError> {
        if let Some(dead) = self.session.take() {
            // Browser first, driver second; nothing polite is left to say to a lost session.
            let _ = tokio::task::spawn_blocking(move || drop(dead)).await;
        }
        let mut tries = 0;
        loop {
            match self.crew.shards.session().await {
                Ok(session) => {
                    self.crew.control.has_tab(self.login, session.camera());
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
        let (credentials, person_max) = (&self.plan.credentials, self.tools.person_max);
        let mut tries = 0;
        let found = loop {
            let mut page = self.page()?;
            let step = page.log_in(credentials).await;
            match step {
                Ok(LoginStep::In(agent)) => break agent,
                Ok(LoginStep::NeedsPerson(errand)) => {
                    let _one = self.crew.person.lock().await;
                    tracing::info!(?errand, "a person is needed");
                    let what = errand.asked(Language::Vi).to_owned();
                    self.reporter.say(Progress::NeedsPerson {
                        login: self.login,
                        errand,
                        what,
                    });
                    let agent = tokio::select! {
                        agent = page.await_person(person_max) => agent?,
                        () = self.crew.control.stopped() => return Err(PortalError::NobodyCame { seconds: 0 }.into()),
                    };
                    self.reporter.say(Progress::PersonDone);
                    break agent;
                }
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
        let stamp = self.stamp().await;
        let balance = self.page()?.balance().await?;
        self.crew.saw_balance(balance);
        if let Some(balance) = balance
            && self.crew.book.is_untouched(stamp, 0)
            && !self.tools.ledger.has_doubt(&self.agent, "").await?
        {
            self.crew.book.rests_at(balance, stamp.seq);
        }
        self.reporter.say(Progress::LoggedIn {
            login: self.login,
            agent: self.agent.clone(),
            balance,
        });
        Ok(())
    }

    /// The account's state now, for telling later what has moved since.
    pub(super) async fn stamp(&self) -> Stamp {
        let seq = self.tools.ledger.seq().await;
        self.crew.book.stamp(seq)
    }

    /// The browser must be who the configuration says.
    pub(super) fn check_agent(&self, found: &str) -> Result<(), PortalError> {
        match &self.plan.agent {
            Some(expected) if !expected.trim().eq_ignore_ascii_case(found.trim()) => {
                Err(PortalError::OtherUser {
                    found: found.to_owned(),
                    expected: expected.clone(),
                })
            }
            _ => Ok(()),
        }
    }
}

/// A batch of nothing, for looking at the portal outside of one.
fn no_batch(plan: &Plan) -> Batch {
    Batch {
        id: String::new(),
        service: plan.service,
        continued: false,
        was_finished: false,
        started: Timestamp::now(),
        jobs: Vec::new(),
    }
}

/// Opens a browser, logs in, and hands the page to `then`. For the doctor: it touches nothing else.
async fn on_the_portal<T>(
    tools: &Tools,
    plan: &Plan,
    then: impl AsyncFnOnce(Page<'_>, &str, Option<Vnd>) -> T,
) -> Result<T, EngineError> {
    let (batch, control, reporter) = (no_batch(plan), Control::default(), Reporter::silent());
    let crew = Crew::new(tools, plan, &batch, &reporter, &control);
    let mut run = Run::new(&crew, 0);
    let seen = match run.connect().await {
        Ok(()) => Ok(then(run.page()?, &run.agent, crew.balance()).await),
        Err(error) => Err(error),
    };
    if let Some(session) = run.session.take() {
        session.close().await;
    }
    seen
}

/// What a visit to the portal found.
#[derive(Debug)]
pub struct Visit {
    /// The pages that were reached; the login form is always the first.
    pub pages: Vec<Surveyed>,
    /// As whom it was logged in, with the balance where it could be read.
    pub login: Result<(String, Option<Vnd>), EngineError>,
}

/// Holds the portal map against the live pages: first the login form, then every page behind it.
/// Moves no money.
pub async fn survey(tools: &Tools, plan: &Plan) -> Result<Visit, EngineError> {
    let session = Session::open(&tools.browser).await?;
    let form = Page::new(&session, &tools.map, &tools.portal_url, tools.answer_max)
        .survey_login()
        .await;
    session.close().await;
    let mut pages = vec![form?];
    let behind = on_the_portal(tools, plan, async |mut page, agent, balance| {
        (page.survey_pages().await, agent.to_owned(), balance)
    })
    .await;
    let login = match behind {
        Ok((found, agent, balance)) => {
            pages.extend(found?);
            Ok((agent, balance))
        }
        Err(error) => Err(error),
    };
    Ok(Visit { pages, login })
}

/// Looks into everything that is in doubt, outside of a batch, as long as there is hope. Says how
/// each attempt stands afterwards.
pub async fn reconcile(
    tools: &Tools,
    plan: &Plan,
    reporter: &Reporter,
    control: &Control,
) -> Result<Vec<(String, Attempt)>, EngineError> {
    let ids: Vec<String> = tools
        .ledger
        .in_doubt()
        .await?
        .into_iter()
        .map(|l| l.id)
        .collect();
    recover(tools).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    if !tools.ledger.in_doubt().await?.is_empty() {
        let batch = no_batch(plan);
        let crew = Crew::new(tools, plan, &batch, reporter, control);
        let mut run = Run::new(&crew, 0);
        let settled = match run.connect().await {
            Ok(()) => match run.look_into_doubts().await {
                Ok(()) => run.settle_what_is_left().await,
                error => error,
            },
            Err(error) => Err(error),
        };
        if let Some(session) = run.session.take() {
            session.close().await;
        }
        settled?;
    }
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let attempt = tools.ledger.fold(&id).await?;
        all.push((id, attempt));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Defaults, JobList, Service};

    fn batch(was_finished: bool) -> Batch {
        Batch {
            id: "b".into(),
            service: Service::PayEvn,
            continued: true,
            was_finished,
            started: Timestamp::UNIX_EPOCH,
            jobs: vec![],
        }
    }

    fn last(state: State) -> LiveAttempt {
        LiveAttempt {
            id: "a".into(),
            job_id: 1,
            batch_id: "b".into(),
            service: Service::PayEvn,
            version: 0,
            attempt: Attempt {
                state,
                ..Attempt::default()
            },
        }
    }

    #[test]
    fn going_on_never_does_again_what_was_paid_or_may_have_been() {
        for was_finished in [false, true] {
            let batch = batch(was_finished);
            assert!(is_to_do(&batch, None));
            assert!(is_to_do(&batch, Some(&last(State::Queued))));
            assert!(is_to_do(&batch, Some(&last(State::Done(Outcome::Failed)))));
            for never in [
                State::Done(Outcome::Paid),
                State::Unknown,
                State::Armed,
                State::Observed,
                State::Reconciling,
            ] {
                assert!(!is_to_do(&batch, Some(&last(never))), "{never:?}");
            }
        }
        assert!(
            !is_to_do(&batch(false), Some(&last(State::Done(Outcome::Rejected)))),
            "an interruption changes no outcome"
        );
        assert!(
            is_to_do(&batch(true), Some(&last(State::Done(Outcome::Rejected)))),
            "asked for again, it is tried again"
        );
    }

    #[test]
    fn a_plan_that_cannot_be_carried_out_says_what_is_missing() {
        let plan = Plan {
            service: Service::PayEvn,
            list: JobList::from_lines(Service::PayEvn, Defaults::default(), "PE01"),
            receiver: None,
            pin: None,
            credentials: crate::portal::Credentials::default(),
            agent: Some("A".into()),
            operator: String::new(),
            limits: crate::domain::Limits::default(),
            is_sample: false,
            dry_run: false,
            force_new: false,
            sessions: 1,
        };
        assert_eq!(plan.check(), Err(PlanError::NoPin));
        // A public endpoint makes numbers up where it has no jobs: those are strangers.
        let sample = Plan {
            is_sample: true,
            pin: Some("246810".to_owned().into()),
            ..plan.clone()
        };
        assert_eq!(sample.check(), Err(PlanError::Sample));
        let plan = Plan {
            pin: Some("246810".to_owned().into()),
            agent: None,
            ..plan
        };
        assert_eq!(plan.check(), Err(PlanError::NoAgent));
        let plan = Plan {
            list: JobList::default(),
            ..plan
        };
        assert_eq!(plan.check(), Err(PlanError::Empty));
    }
}
