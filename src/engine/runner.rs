//! The loop over a batch's jobs: one session, its log-ins, its retries, its end.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::evidence::EvidenceStore;
use super::plan::{Plan, PlanError};
use super::progress::{Counts, OutcomeEvent, Progress, Reporter};
use super::timing::{day_start_ms, eta_s};
use crate::browser::{BrowserError, Session, Settings};
use crate::domain::{Attempt, Conclusion, Event, Outcome, Proof, State, Vnd};
use crate::ledger::{Batch, BatchJob, JobResult, Ledger, LedgerError, LiveAttempt, NewBatch};
use crate::portal::{LoginStep, Page, PortalError, PortalMap};

/// First wait before a technical failure is tried again; doubled each time.
const BACKOFF: Duration = Duration::from_millis(500);

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
    pub browser: Settings,
    /// Where pictures go.
    pub evidence: EvidenceStore,
    /// How long an answer of the portal is waited for.
    pub answer_max: Duration,
    /// How long a person is waited for.
    pub person_max: Duration,
    /// How often a job is tried again after a technical failure before arming.
    pub retries: u32,
    /// Technical failures in a row after which the batch pauses.
    pub failures_before_pause: u32,
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
    /// WebDriver commands for each payment that was proven in this run.
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

/// A running batch.
pub(super) struct Run<'r> {
    pub tools: &'r Tools,
    pub plan: &'r Plan,
    pub batch_id: String,
    pub reporter: &'r Reporter,
    pub session: Option<Session>,
    /// Who the browser is logged in as.
    pub agent: String,
    /// The agent's balance, as last seen.
    pub balance: Option<Vnd>,
    /// Where the electricity page was found.
    pub bill_page: Option<String>,
    pub calls_per_payment: Vec<u64>,
}

/// Runs the batch, or continues it. Returns as soon as a stop is asked for and the job at hand is done.
pub async fn run(tools: &Tools, plan: &Plan, reporter: &Reporter, stop: &CancellationToken) -> Result<Finished, EngineError> {
    plan.check()?;
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
    let mut run = Run::new(tools, plan, batch.id.clone(), reporter);
    let gone_through = run.go_through(&batch, stop).await;
    if let Some(session) = run.session.take() {
        session.close().await;
    }
    let calls = run.calls_per_payment;
    match gone_through {
        Ok(end) => finish(tools, plan, &batch, run.agent, end, calls, reporter).await,
        Err(error @ (EngineError::Portal(_) | EngineError::Plan(_))) => {
            // What was reached stands; the rest is told as not reached, and the batch can be continued.
            let end = End { stopped: false, paused: Some(error.to_string()) };
            finish(tools, plan, &batch, run.agent, end, calls, reporter).await?;
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
    let finished = if is_complete { tools.ledger.finish(&batch.id).await? } else { Timestamp::now() };
    let results = tools.ledger.results(&batch.id, plan.service).await?;
    for (index, result) in results.iter().enumerate().filter(|(_, r)| r.conclusion.outcome == Outcome::Cancelled) {
        reporter.say(Progress::Outcome(OutcomeEvent::of(plan.service, index, result)));
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
    results.iter().filter(|r| r.is_paid()).filter_map(|r| r.conclusion.amount).sum()
}

fn new_batch(tools: &Tools, plan: &Plan) -> NewBatch {
    let left_out: Vec<_> = plan
        .list
        .errors
        .iter()
        .map(|e| serde_json::json!({ "row": e.row, "account": e.account, "why": e.why }))
        .chain(plan.list.duplicates.iter().map(|d| {
            serde_json::json!({ "row": d.row, "account": d.account.as_str(), "why": format!("trùng với {}", d.first_row) })
        }))
        .collect();
    NewBatch {
        service: plan.service,
        agent: plan.agent.clone().unwrap_or_default(),
        operator: plan.operator.clone(),
        portal: tools.portal_url.clone(),
        is_dry_run: plan.dry_run,
        also: plan.receiver.as_ref().map(ToString::to_string).unwrap_or_default(),
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
        // Going on after an interruption does again what is free of consequences; an outcome stays one.
        Some(State::Done(outcome)) if !batch.was_finished => {
            matches!(outcome, Outcome::Failed | Outcome::NotSent | Outcome::Cancelled)
        }
        // The operator asks again for a batch that was gone through: everything that moved no money.
        Some(State::Done(outcome)) => outcome.may_be_tried_again(),
        // In doubt (the ledger's recovery leaves no other state): locked.
        Some(_) => false,
    }
}

impl<'r> Run<'r> {
    fn new(tools: &'r Tools, plan: &'r Plan, batch_id: String, reporter: &'r Reporter) -> Self {
        let agent = plan.agent.clone().unwrap_or_default();
        Self { tools, plan, batch_id, reporter, session: None, agent, balance: None, bill_page: None, calls_per_payment: Vec::new() }
    }

    async fn go_through(&mut self, batch: &Batch, stop: &CancellationToken) -> Result<End, EngineError> {
        let total = batch.jobs.len();
        let to_do: Vec<usize> = (0..total).filter(|i| is_to_do(batch, batch.jobs[*i].last.as_ref())).collect();
        let in_doubt = self.tools.ledger.in_doubt().await?;
        let needs_browser = !to_do.is_empty() || in_doubt.iter().any(|l| l.batch_id == batch.id);
        let mut end = End::default();
        if needs_browser && !stop.is_cancelled() {
            match self.connect(stop).await {
                // Stopped while a browser was opened or a person was waited for.
                Err(_) if stop.is_cancelled() => return Ok(End { stopped: true, paused: None }),
                connected => connected?,
            }
            self.tools.ledger.bind_agent(&batch.id, &self.agent).await?;
            // Before the same account is touched, what is in doubt on it is looked into.
            self.settle_doubts(in_doubt).await?;
        }
        let kept = self.say_what_stands(batch, &to_do).await?;
        let started = Timestamp::now();
        let (mut failures, mut done) = (0, 0);
        self.say_progress(kept, total, None).await?;
        for index in to_do {
            if stop.is_cancelled() {
                end.stopped = true;
                break;
            }
            let outcome = self.job_with_retries(batch, index, stop).await?;
            let Some(outcome) = outcome else {
                end.stopped = true;
                break;
            };
            done += 1;
            failures = if matches!(outcome.outcome, Outcome::Failed | Outcome::Unknown) { failures + 1 } else { 0 };
            let elapsed = Timestamp::now().duration_since(started);
            let eta = eta_s(jiff::Span::new().milliseconds(elapsed.as_millis().try_into().unwrap_or(i64::MAX)), done, total - kept);
            self.say_progress(kept + done, total, eta).await?;
            if failures >= self.tools.failures_before_pause && kept + done < total {
                let why = format!("Tạm dừng sau {failures} lỗi kỹ thuật liên tiếp. Lỗi cuối: {}", outcome.message);
                tracing::warn!(why, "the batch pauses");
                end.paused = Some(why);
                break;
            }
        }
        Ok(end)
    }

    async fn say_progress(&self, done: usize, total: usize, eta_s: Option<u64>) -> Result<(), EngineError> {
        let spent = self.tools.ledger.paid_in(&self.batch_id).await?;
        self.reporter.say(Progress::Progress { done, total, eta_s, paid: spent, balance: self.balance });
        Ok(())
    }

    /// Jobs that keep an outcome from before are said again, so that a listener knows the whole batch.
    async fn say_what_stands(&self, batch: &Batch, to_do: &[usize]) -> Result<usize, EngineError> {
        if to_do.len() == batch.jobs.len() {
            return Ok(0);
        }
        let results = self.tools.ledger.results(&batch.id, batch.service).await?;
        let mut kept = 0;
        for (index, result) in results.iter().enumerate().filter(|(i, _)| to_do.binary_search(i).is_err()) {
            kept += 1;
            self.reporter.say(Progress::Outcome(OutcomeEvent::of(batch.service, index, result)));
        }
        Ok(kept)
    }

    /// One job to its outcome. `None`: a stop came between two tries.
    async fn job_with_retries(&mut self, batch: &Batch, index: usize, stop: &CancellationToken) -> Result<Option<Conclusion>, EngineError> {
        let entry = &batch.jobs[index];
        let mut live = match &entry.last {
            Some(last) if last.attempt.state == State::Queued => last.clone(),
            _ => self.tools.ledger.attempt(batch, entry).await?,
        };
        let mut tries = 0;
        loop {
            let Err(fault) = self.attempt_job(entry, index, &mut live).await else { break };
            let error = match fault {
                JobFault::Ledger(error) => return Err(error.into()),
                JobFault::Technical(error) => error,
            };
            self.keep_picture(&live, &error).await;
            tries += 1;
            tracing::warn!(account = %entry.job.account, %error, tries, "technical failure before arming");
            self.tools.ledger.append(&mut live, Event::ContactLost { why: error.to_string() }).await?;
            if error.ends_the_batch() {
                return Err(error.into());
            }
            if tries > self.tools.retries {
                let end = Conclusion { outcome: Outcome::Failed, proof: Proof::None, amount: None, transaction_id: None, message: error.to_string() };
                self.tools.ledger.append(&mut live, Event::Concluded(end)).await?;
                break;
            }
            self.reporter.say(Progress::Retry { account: entry.job.account.to_string(), why: error.to_string() });
            tokio::select! {
                () = stop.cancelled() => return Ok(None),
                () = tokio::time::sleep(BACKOFF * 2_u32.saturating_pow(tries - 1)) => {}
            }
            match self.recover_session(&error, stop).await {
                Ok(()) => {}
                Err(EngineError::Portal(again)) if again.may_be_tried_again() => {
                    tracing::warn!(error = %again, "the session could not be renewed yet");
                }
                Err(error) => return Err(error),
            }
        }
        self.say_outcome(index, entry, &live);
        Ok(Some(live.attempt.standing()))
    }

    fn say_outcome(&self, index: usize, entry: &BatchJob, live: &LiveAttempt) {
        let result = JobResult {
            job: entry.job.clone(),
            attempt: Some(live.id.clone()),
            conclusion: live.attempt.standing(),
            customer: live.attempt.quote.as_ref().and_then(|q| q.customer.clone()),
            at: None,
        };
        self.reporter.say(Progress::Outcome(OutcomeEvent::of(self.plan.service, index, &result)));
    }

    async fn keep_picture(&mut self, live: &LiveAttempt, error: &PortalError) {
        if matches!(error, PortalError::PageChanged { .. } | PortalError::System(_) | PortalError::NoAnswer { .. }) {
            let evidence = self.tools.evidence.clone();
            if let Ok(mut page) = self.page()
                && let Some(path) = evidence.picture(&mut page, &live.id, "loi").await
            {
                tracing::info!(path = %path.display(), "a picture of the failure was kept");
            }
        }
    }

    /// The page of the open session.
    pub(super) fn page(&mut self) -> Result<Page<'_>, PortalError> {
        let lost = || BrowserError::Lost { why: "chưa mở trình duyệt".to_owned() };
        let session = self.session.as_mut().ok_or_else(lost)?;
        Ok(Page::new(session, &self.tools.map, &self.tools.portal_url, self.tools.answer_max))
    }

    /// WebDriver commands of the open session so far.
    pub(super) fn calls(&self) -> u64 {
        self.session.as_ref().map_or(0, Session::calls)
    }

    /// What a fault needs before the next try: nothing, a new login, or a new browser.
    pub(super) async fn recover_session(&mut self, error: &PortalError, stop: &CancellationToken) -> Result<(), EngineError> {
        match error {
            PortalError::Browser(e) if e.is_lost() => self.connect(stop).await,
            PortalError::Expired => self.log_in(stop).await,
            _ if self.session.is_none() => self.connect(stop).await,
            _ => Ok(()),
        }
    }

    /// Opens a browser and logs in.
    async fn connect(&mut self, stop: &CancellationToken) -> Result<(), EngineError> {
        if let Some(dead) = self.session.take() {
            // Browser first, driver second; nothing polite is left to say to a lost session.
            let _ = tokio::task::spawn_blocking(move || drop(dead)).await;
        }
        let mut tries = 0;
        loop {
            match Session::open(&self.tools.browser).await {
                Ok(session) => {
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
        self.log_in(stop).await
    }

    async fn log_in(&mut self, stop: &CancellationToken) -> Result<(), EngineError> {
        let (credentials, person_max, reporter) = (self.plan.credentials.clone(), self.tools.person_max, self.reporter.clone());
        let mut tries = 0;
        let found = loop {
            let mut page = self.page()?;
            let step = page.log_in(&credentials).await;
            match step {
                Ok(LoginStep::In(agent)) => break agent,
                Ok(LoginStep::NeedsPerson(what)) => {
                    tracing::info!(what, "a person is needed");
                    reporter.say(Progress::NeedsPerson { what: format!("Cần bạn {what} trên trình duyệt") });
                    let agent = tokio::select! {
                        agent = page.await_person(person_max) => agent?,
                        () = stop.cancelled() => return Err(PortalError::NobodyCame { seconds: 0 }.into()),
                    };
                    reporter.say(Progress::PersonDone);
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
        let balance = self.page()?.balance().await?;
        self.balance = balance.or(self.balance);
        self.reporter.say(Progress::LoggedIn { agent: self.agent.clone(), balance });
        Ok(())
    }

    /// The browser must be who the configuration says.
    pub(super) fn check_agent(&self, found: &str) -> Result<(), PortalError> {
        match &self.plan.agent {
            Some(expected) if !expected.trim().eq_ignore_ascii_case(found.trim()) => {
                Err(PortalError::OtherUser { found: found.to_owned(), expected: expected.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Opens a browser, logs in as far as a program may, and says as whom. For the doctor: it touches nothing else.
pub async fn check_login(tools: &Tools, plan: &Plan) -> Result<String, EngineError> {
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let reporter = Reporter::to(sender);
    let mut run = Run::new(tools, plan, String::new(), &reporter);
    let connected = run.connect(&CancellationToken::new()).await;
    if let Some(session) = run.session.take() {
        session.close().await;
    }
    connected?;
    let mut seen = run.agent.clone();
    while let Ok(event) = events.try_recv() {
        if let Progress::LoggedIn { agent, balance } = event {
            seen = format!("đăng nhập {agent}, số dư {}", balance.map_or_else(|| "không đọc được".to_owned(), |b| b.to_string()));
        }
    }
    Ok(seen)
}

/// Looks into everything that is in doubt, outside of a batch. Says how each attempt stands afterwards.
pub async fn reconcile(tools: &Tools, plan: &Plan, reporter: &Reporter, stop: &CancellationToken) -> Result<Vec<(String, Attempt)>, EngineError> {
    let in_doubt = tools.ledger.in_doubt().await?;
    if in_doubt.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = in_doubt.iter().map(|l| l.id.clone()).collect();
    let mut run = Run::new(tools, plan, String::new(), reporter);
    let settled = match run.connect(stop).await {
        Ok(()) => run.settle_doubts(in_doubt).await,
        Err(error) => Err(error),
    };
    if let Some(session) = run.session.take() {
        session.close().await;
    }
    settled?;
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
        Batch { id: "b".into(), service: Service::PayEvn, continued: true, was_finished, started: Timestamp::UNIX_EPOCH, jobs: vec![] }
    }

    fn last(state: State) -> LiveAttempt {
        LiveAttempt {
            id: "a".into(),
            job_id: 1,
            batch_id: "b".into(),
            service: Service::PayEvn,
            attempt: Attempt { state, ..Attempt::default() },
        }
    }

    #[test]
    fn going_on_never_does_again_what_was_paid_or_may_have_been() {
        for was_finished in [false, true] {
            let batch = batch(was_finished);
            assert!(is_to_do(&batch, None));
            assert!(is_to_do(&batch, Some(&last(State::Queued))));
            assert!(is_to_do(&batch, Some(&last(State::Done(Outcome::Failed)))));
            for never in [State::Done(Outcome::Paid), State::Unknown, State::Armed, State::Observed, State::Reconciling] {
                assert!(!is_to_do(&batch, Some(&last(never))), "{never:?}");
            }
        }
        assert!(!is_to_do(&batch(false), Some(&last(State::Done(Outcome::Rejected)))), "an interruption changes no outcome");
        assert!(is_to_do(&batch(true), Some(&last(State::Done(Outcome::Rejected)))), "asked for again, it is tried again");
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
        };
        assert_eq!(plan.check(), Err(PlanError::NoPin));
        // A public endpoint makes numbers up where it has no jobs: those are strangers.
        let sample = Plan { is_sample: true, pin: Some("246810".to_owned().into()), ..plan.clone() };
        assert_eq!(sample.check(), Err(PlanError::Sample));
        let plan = Plan { pin: Some("246810".to_owned().into()), agent: None, ..plan };
        assert_eq!(plan.check(), Err(PlanError::NoAgent));
        let plan = Plan { list: JobList::default(), ..plan };
        assert_eq!(plan.check(), Err(PlanError::Empty));
    }
}
