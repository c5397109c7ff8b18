//! A login at work: it takes jobs until none is left, and does again what may be done again.

use std::time::Duration;

use super::ask_portal::reading_of;
use super::carry::{Carrier, is_paid};
use super::crew::Waiting;
use super::locked::locked;
use super::login::PortalLogin;
use super::progress::{OutcomeEvent, Progress};
use super::tools::EngineError;
use crate::browser::Session;
use crate::domain::driver::{AttemptDriver, Finish, JobTask};
use crate::domain::{Conclusion, State};
use crate::ledger::{BatchJob, JobResult, LiveAttempt};
use crate::portal::PortalError;

/// A login that has nothing to do shows itself to the portal this often, so that it is not logged
/// out.
const KEEP_ALIVE: Duration = Duration::from_secs(90);

/// How a job was left.
enum Left {
    /// It has its outcome, or is in doubt.
    Done(Conclusion),
    /// A stop came between two tries.
    Stopped,
    /// What is in doubt on the account has to be settled first.
    Postponed(Box<Waiting>),
}

impl PortalLogin<'_> {
    /// Takes jobs until none is left.
    pub async fn work(&mut self) -> Result<(), EngineError> {
        let worked = Box::pin(self.take_jobs()).await;
        self.crew.control.has_tab(self.number, None);
        self.reporter
            .say(Progress::LoggedOut { login: self.number });
        worked
    }

    async fn take_jobs(&mut self) -> Result<(), EngineError> {
        while let Some(waiting) = self.next_job().await {
            if self.session.is_none()
                && let Err(error) = self.connect().await
            {
                self.crew.put_back(waiting);
                let is_stopped = self.crew.control.is_stopped();
                if self.number == 0 && !is_stopped {
                    return Err(error);
                }
                // The others go on without this one.
                tracing::warn!(%error, login = self.number, "this login is given up");
                return Ok(());
            }
            let index = waiting.index;
            if self.is_check_due(index) {
                self.check_fall_if_due(index).await?;
                if self.crew.is_ending() {
                    self.crew.put_back(waiting);
                    break;
                }
            }
            match self.job_with_retries(waiting).await? {
                Left::Done(end) => {
                    let pushbacks = self.session.as_ref().map_or(0, Session::take_pushbacks);
                    self.crew.done(index, &end, pushbacks);
                }
                Left::Stopped => break,
                Left::Postponed(waiting) => {
                    self.crew.put_back(*waiting);
                    self.settle_first().await?;
                }
            }
        }
        Ok(())
    }

    /// The next job; meanwhile the login is kept alive.
    async fn next_job(&mut self) -> Option<Waiting> {
        loop {
            match tokio::time::timeout(KEEP_ALIVE, self.crew.next(self.number)).await {
                Ok(next) => return next,
                Err(_) if self.session.is_some() => {
                    if self.read_balance().await.is_none() {
                        tracing::debug!(
                            "keeping the login alive failed; it is renewed when it is needed"
                        );
                    }
                }
                Err(_) => {}
            }
        }
    }

    /// One job to its outcome, as often as the driver says.
    async fn job_with_retries(&mut self, waiting: Waiting) -> Result<Left, EngineError> {
        let (batch, index) = (self.crew.batch, waiting.index);
        let entry = &batch.jobs[index];
        let queued = |last: &LiveAttempt| last.attempt.state == State::Queued;
        let begun = waiting.live.or_else(|| entry.last.clone().filter(queued));
        let mut live = match begun {
            Some(live) => live,
            None => self.tools.ledger.attempt(batch, entry).await?,
        };
        let mut tries = 0;
        loop {
            let calls_before = self.calls();
            let driver = self.driver_for(entry, &live).after_tries(tries);
            let mut carrier = Carrier::new(self, &mut live, driver, Some(index)).await;
            let finish = carrier.begin().await?;
            tries = carrier.driver.tries();
            self_saw(&carrier);
            match finish {
                Finish::Ended | Finish::InDoubt { .. } => {
                    let may_keep_page = carrier.driver.may_keep_page();
                    drop(carrier);
                    if may_keep_page {
                        self.kept.release();
                    }
                    if is_paid(&live) {
                        locked(&self.crew.calls_per_payment).push(self.calls() - calls_before);
                    }
                    break;
                }
                Finish::Postponed => {
                    drop(carrier);
                    let live = Some(live);
                    return Ok(Left::Postponed(Box::new(Waiting { index, live })));
                }
                Finish::Stop(fault) => {
                    let error = carrier.reason_to_stop(fault);
                    drop(carrier);
                    return Err(error.into());
                }
                Finish::Retry { wait_ms, fault } => {
                    let error = carrier.fault.take();
                    drop(carrier);
                    let error = error.unwrap_or(PortalError::System(fault.why));
                    if !self.wait_to_try_again(entry, &error, wait_ms).await? {
                        let live = Some(live);
                        self.crew.put_back(Waiting { index, live });
                        return Ok(Left::Stopped);
                    }
                }
                Finish::Anew { wait_ms, why } => {
                    drop(carrier);
                    live = self.tools.ledger.attempt(batch, entry).await?;
                    let error = PortalError::Unreadable(why);
                    if !self.wait_to_try_again(entry, &error, wait_ms).await? {
                        let live = Some(live);
                        self.crew.put_back(Waiting { index, live });
                        return Ok(Left::Stopped);
                    }
                }
            }
        }
        if let (Some(claims), Some(ticket)) = (&self.tools.claims, &entry.job.ticket) {
            claims.let_go(ticket);
        }
        self.say_outcome(index, entry, &live);
        Ok(Left::Done(live.attempt.standing()))
    }

    fn driver_for(&self, entry: &BatchJob, live: &LiveAttempt) -> AttemptDriver {
        let (plan, job) = (self.plan, entry.job.clone());
        let task = JobTask {
            service: plan.service,
            is_repeat_wanted: plan.repeats.are_meant(plan.service, &job),
            job,
            agent: plan.agent.clone(),
            is_dry_run: plan.dry_run,
            minimum: self.tools.map.rules.minimum_debt,
        };
        let reading = reading_of(&self.tools.map, live.attempt.observed.as_deref());
        AttemptDriver::new(task, self.crew.rules.clone(), live.attempt.clone(), reading)
    }

    /// Waits, and brings the session back to where a try can begin. `false`: a stop came.
    async fn wait_to_try_again(
        &mut self,
        entry: &BatchJob,
        error: &PortalError,
        wait_ms: u64,
    ) -> Result<bool, EngineError> {
        tracing::warn!(account = %entry.job.account, %error, "nothing was sent; once more");
        self.reporter.say(Progress::Retry {
            account: entry.job.account.to_string(),
            why: error.to_string(),
        });
        tokio::select! {
            () = self.crew.control.stopped() => return Ok(false),
            () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
        }
        match self.recover_session(error).await {
            Ok(()) => {}
            Err(EngineError::Portal(again)) if again.may_be_tried_again() => {
                tracing::warn!(error = %again, "the session could not be renewed yet");
            }
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    pub fn say_outcome(&self, index: usize, entry: &BatchJob, live: &LiveAttempt) {
        let result = JobResult {
            job: entry.job.clone(),
            attempt: Some(live.id.clone()),
            conclusion: live.attempt.standing(),
            customer: live.attempt.quote.as_ref().and_then(|q| q.customer.clone()),
            at: None,
        };
        let event = OutcomeEvent::of(self.plan.service, index, &result);
        self.reporter.say(Progress::Outcome(event));
    }
}

/// What the portal's answer teaches about its words.
fn self_saw(carrier: &Carrier<'_, '_>) {
    let Some(said) = carrier.live.attempt.observed.as_deref() else {
        return;
    };
    let crew = carrier.login.crew;
    crew.saw_answer(&carrier.driver.reading().answer);
    if carrier.login.tools.map.words().tell_wrong_pin(said) {
        crew.pause(
            "Cổng báo sai mã PIN: đã dừng ngay ở dòng đầu để tránh khóa tài khoản. Nhập lại mã PIN rồi chạy lại:              những dòng chưa làm sẽ làm tiếp. (Wrong PIN.)"
                .to_owned(),
        );
    }
}
