//! The reconciler: looks into attempts in doubt, on their schedule, and settles what can be proven.

use std::time::Duration;

use super::ask_portal::reading_of;
use super::carry::Carrier;
use super::locked::locked;
use super::login::PortalLogin;
use super::progress::Progress;
use super::tools::EngineError;
use crate::domain::driver::{AttemptDriver, JobTask};
use crate::domain::{Outcome, Settled, State, Vnd, is_same_agent};
use crate::ledger::{LedgerError, LiveAttempt};

impl PortalLogin<'_> {
    /// Everything in doubt on this login's account, oldest first.
    async fn my_doubts(&self) -> Result<Vec<LiveAttempt>, LedgerError> {
        let mut mine = self.tools.ledger.in_doubt().await?;
        mine.retain(|live| {
            let intent = live.attempt.intent.as_ref();
            intent.is_some_and(|intent| is_same_agent(&intent.agent, &self.agent))
        });
        Ok(mine)
    }

    /// One look at each attempt that is in doubt, whatever its schedule says: somebody is about to
    /// touch its account.
    pub async fn look_into_doubts(&mut self) -> Result<(), EngineError> {
        loop {
            let mut settled = 0;
            for mut live in self.my_doubts().await? {
                if self.crew.control.is_stopped() {
                    return Ok(());
                }
                settled += usize::from(self.look_into(&mut live).await?);
            }
            // Each one that is settled may free the balance to speak for another.
            if settled == 0 || self.my_doubts().await?.is_empty() {
                return Ok(());
            }
        }
    }

    /// Goes on looking, on schedule, until nothing is in doubt, only a person could say, or the
    /// time for it is over. Says how many are still in doubt.
    pub async fn settle_what_is_left(&mut self) -> Result<usize, EngineError> {
        let patience = i64::try_from(self.tools.settle_max.as_millis()).unwrap_or(i64::MAX / 2);
        let end_ms = self.now_ms().saturating_add(patience);
        loop {
            let doubts = self.my_doubts().await?;
            let open = doubts.len();
            let mut next: Option<(i64, LiveAttempt)> = None;
            for live in doubts {
                if let Some(due) = self.due(&live).await?
                    && next.as_ref().is_none_or(|(earliest, _)| due < *earliest)
                {
                    next = Some((due, live));
                }
            }
            let Some((due, mut live)) = next.filter(|(due, _)| *due <= end_ms) else {
                return Ok(open);
            };
            self.reporter.say(Progress::Settling {
                open,
                next_ms: due,
                until_ms: end_ms,
            });
            let wait = Duration::from_millis(u64::try_from(due - self.now_ms()).unwrap_or(0));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.crew.control.stopped() => return Ok(open),
            }
            self.look_into(&mut live).await?;
        }
    }

    /// When it is worth looking at again, in milliseconds since 1970.
    async fn due(&self, live: &LiveAttempt) -> Result<Option<i64>, LedgerError> {
        let Some(driver) = self.driver_of(live).await? else {
            return Ok(None);
        };
        let since = self.tools.ledger.records().unknown_since(&live.id).await?;
        match driver.looks_so_far(since.unwrap_or_default()) {
            Settled::LookAt(due) => Ok(Some(due)),
            Settled::Proven(..) | Settled::Person => Ok(None),
        }
    }

    async fn driver_of(&self, live: &LiveAttempt) -> Result<Option<AttemptDriver>, LedgerError> {
        let Some(job) = self.tools.ledger.job_of(live).await? else {
            return Ok(None);
        };
        let task = JobTask {
            service: live.service,
            job,
            agent: Some(self.agent.clone()),
            is_dry_run: false,
            is_repeat_wanted: false,
            minimum: Vnd::ZERO,
        };
        let reading = reading_of(&self.tools.map, live.attempt.observed.as_deref());
        let rules = self.crew.rules.clone();
        Ok(Some(AttemptDriver::new(
            task,
            rules,
            live.attempt.clone(),
            reading,
        )))
    }

    /// One look at one attempt. `true`: it is settled.
    async fn look_into(&mut self, live: &mut LiveAttempt) -> Result<bool, EngineError> {
        let Some(driver) = self.driver_of(live).await? else {
            return Ok(false);
        };
        let since = self.tools.ledger.records().unknown_since(&live.id).await?;
        let mut carrier = Carrier::new(self, live, driver, None).await;
        carrier.look(since.unwrap_or_default()).await?;
        let may_be_done_again = carrier.driver.may_be_done_again();
        drop(carrier);
        let State::Done(outcome) = live.attempt.state else {
            return Ok(false);
        };
        tracing::info!(attempt = live.id, %outcome, "an attempt in doubt was settled");
        self.say_settled(live, may_be_done_again && outcome == Outcome::NotSent);
        Ok(true)
    }

    /// A job of this batch is told again, now that it is known.
    fn say_settled(&self, live: &LiveAttempt, is_to_repeat: bool) {
        let batch = self.crew.batch;
        if live.batch_id == batch.id
            && let Some(index) = batch.jobs.iter().position(|job| job.id == live.job_id)
        {
            if is_to_repeat {
                locked(&self.crew.not_sent).push(index);
            }
            self.say_outcome(index, &batch.jobs[index], live);
        }
    }

    /// Settles what is in doubt before anything more is paid, because nothing else could prove it.
    /// Where that cannot be done in time the batch pauses and says why.
    pub async fn settle_first(&mut self) -> Result<(), EngineError> {
        let crew = self.crew;
        // What is on its way is waited for, and only one login looks.
        let at_rest = crew.book.at_work.write().await;
        self.look_into_doubts().await?;
        let open = self.settle_what_is_left().await?;
        drop(at_rest);
        if open > 0 && !crew.control.is_stopped() {
            crew.pause(format!(
                "Tạm dừng: còn {open} giao dịch chưa rõ mà cổng này chỉ có số dư làm bằng chứng, \
                 trả tiếp thì giao dịch sau cũng không chứng minh được. Đối soát xong rồi chạy lại: lô \
                 tiếp tục ở chỗ đang dở."
            ));
        }
        Ok(())
    }
}
