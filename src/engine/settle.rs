//! The reconciler: looks into attempts in doubt, on their schedule, and settles what can be proven.

use std::time::Duration;

use jiff::Timestamp;

use super::crew::locked;
use super::prove::doubt_text;
use super::runner::{EngineError, Run, is_to_repeat};
use crate::domain::reconcile::{balance_says, match_history, settle};
use crate::domain::{
    BalanceSays, Claim, Conclusion, DebtAfter, Event, HistorySays, Intent, Job, Look, Settled, Vnd,
};
use crate::ledger::{LedgerError, LiveAttempt};

impl Run<'_> {
    /// Everything in doubt on this login's account, oldest first.
    async fn my_doubts(&self) -> Result<Vec<LiveAttempt>, LedgerError> {
        let mut mine = self.tools.ledger.in_doubt().await?;
        mine.retain(|l| {
            l.attempt
                .intent
                .as_ref()
                .is_some_and(|i| i.agent.eq_ignore_ascii_case(&self.agent))
        });
        Ok(mine)
    }

    /// One look at each attempt that is in doubt, whatever its schedule says: somebody is about to
    /// touch its account.
    pub(super) async fn look_into_doubts(&mut self) -> Result<(), EngineError> {
        loop {
            let mut settled = 0;
            for mut live in self.my_doubts().await? {
                settled += usize::from(self.look_into(&mut live).await?);
            }
            // Each one that is settled may free the balance to speak for another.
            if settled == 0 || self.my_doubts().await?.is_empty() {
                return Ok(());
            }
        }
    }

    /// Goes on looking, on schedule, until nothing is in doubt, only a person could say, or the
    /// time for it is over.
    pub(super) async fn settle_what_is_left(&mut self) -> Result<(), EngineError> {
        let end_ms =
            now_ms() + i64::try_from(self.tools.settle_max.as_millis()).unwrap_or(i64::MAX / 2);
        loop {
            let mut next: Option<(i64, LiveAttempt)> = None;
            for live in self.my_doubts().await? {
                if let Settled::LookAt(due) = self.settled(&live).await?
                    && next.as_ref().is_none_or(|(earliest, _)| due < *earliest)
                {
                    next = Some((due, live));
                }
            }
            let Some((due, mut live)) = next.filter(|(due, _)| *due <= end_ms) else {
                return Ok(());
            };
            let wait = Duration::from_millis(u64::try_from(due - now_ms()).unwrap_or(0));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.crew.control.stopped() => return Ok(()),
            }
            self.look_into(&mut live).await?;
        }
    }

    /// What its looks so far prove.
    async fn settled(&self, live: &LiveAttempt) -> Result<Settled, LedgerError> {
        let Some(job) = self.tools.ledger.job_of(live).await? else {
            return Ok(Settled::Person);
        };
        let since = self
            .tools
            .ledger
            .unknown_since(&live.id)
            .await?
            .unwrap_or_default();
        Ok(settle(
            &live.attempt.looks,
            job.top_up(live.service).is_none(),
            since,
            &self.tools.patience,
        ))
    }

    /// One look at one attempt. `true`: it is settled.
    async fn look_into(&mut self, live: &mut LiveAttempt) -> Result<bool, EngineError> {
        let (Some(job), Some(intent)) = (
            self.tools.ledger.job_of(live).await?,
            live.attempt.intent.clone(),
        ) else {
            return Ok(false);
        };
        let ledger = self.tools.ledger.clone();
        ledger.append(live, Event::ReconcileStarted).await?;
        self.tools
            .halt
            .at(live.attempt.state.into(), self.reporter)
            .await;
        // The portal's own words, with the balance at rest, may say it at once.
        let doubt = match self.verdict(live, &job, None, &[]).await? {
            Ok((outcome, proof)) => {
                let end = self.conclusion(live, outcome, proof, None);
                return self.end(live, end).await;
            }
            Err(doubt) => doubt,
        };
        let look = self.look(live, &job, &intent).await?;
        ledger.append(live, Event::Looked(look)).await?;
        match self.settled(live).await? {
            Settled::Proven(outcome, proof, transaction) => {
                let end = self.conclusion(live, outcome, proof, transaction);
                self.end(live, end).await
            }
            Settled::LookAt(_) => {
                ledger
                    .append(
                        live,
                        Event::ContactLost {
                            why: doubt_text(live, doubt),
                        },
                    )
                    .await?;
                Ok(false)
            }
            Settled::Person => {
                let why = format!(
                    "{}. Cần người kiểm tra rồi xác nhận (gachno ledger resolve)",
                    doubt_text(live, doubt)
                );
                ledger.append(live, Event::ContactLost { why }).await?;
                Ok(false)
            }
        }
    }

    async fn end(&self, live: &mut LiveAttempt, end: Conclusion) -> Result<bool, EngineError> {
        tracing::info!(attempt = live.id, outcome = %end.outcome, "an attempt in doubt was settled");
        self.tools
            .ledger
            .append(live, Event::Concluded(end))
            .await?;
        self.say_settled(live);
        Ok(true)
    }

    /// A job of this batch is told again, now that it is known.
    fn say_settled(&self, live: &LiveAttempt) {
        let batch = self.crew.batch;
        if live.batch_id == batch.id
            && let Some(index) = batch.jobs.iter().position(|j| j.id == live.job_id)
        {
            if is_to_repeat(&batch.jobs[index], live) {
                locked(&self.crew.not_sent).push(index);
            }
            self.say_outcome(index, &batch.jobs[index], live);
        }
    }

    /// Asks everything that can be asked, once.
    async fn look(
        &mut self,
        live: &LiveAttempt,
        job: &Job,
        intent: &Intent,
    ) -> Result<Look, EngineError> {
        let is_debt = job.top_up(live.service).is_none();
        let history = self.history_says(job, intent).await?;
        let debt = if is_debt {
            self.debt_after(live.service, job).await
        } else {
            DebtAfter::NotAsked
        };
        let after = self.read_balance().await;
        let balance = self.balance_says(live, intent, after).await?;
        Ok(Look {
            at_ms: now_ms(),
            history,
            debt,
            balance,
        })
    }

    /// What the balance says with everything else that is open taken into account.
    async fn balance_says(
        &self,
        live: &LiveAttempt,
        intent: &Intent,
        after: Option<Vnd>,
    ) -> Result<BalanceSays, LedgerError> {
        let ledger = &self.tools.ledger;
        let own = intent
            .balance_before
            .filter(|_| intent.balance_is_proof)
            .zip(intent.balance_seq);
        let (rest, is_earlier) = match own {
            Some(rest) => (Some(rest), false),
            None => (ledger.rest_before(&intent.agent, &live.id).await?, true),
        };
        let Some((before, seq)) = rest else {
            return Ok(BalanceSays::NoProof);
        };
        let paid = ledger.paid_since(&intent.agent, seq, &live.id).await?;
        let (_, open) = ledger.claims(&intent.agent, seq).await?;
        // One that was open already when the balance was read is not among them: then it says
        // nothing.
        let is_all = open.len() == self.my_doubts().await?.len();
        let amounts: Vec<Vnd> = open.into_iter().map(|claim| claim.amount).collect();
        let says = balance_says(before.checked_sub(paid).filter(|_| is_all), after, &amounts);
        Ok(if is_earlier {
            says.of_an_earlier_run()
        } else {
            says
        })
    }

    async fn history_says(
        &mut self,
        job: &Job,
        intent: &Intent,
    ) -> Result<HistorySays, EngineError> {
        let (Some(mark), Some(since)) = (&intent.history_mark, intent.history_seq) else {
            return Ok(HistorySays::NotToBeHad);
        };
        let read = match self.page()?.history(mark).await {
            Err(error) => match self.renew(error).await {
                Ok(()) => self.page()?.history(mark).await,
                Err(error) => Err(error),
            },
            read => read,
        };
        let history = match read {
            Ok(Some(history)) => history,
            Ok(None) => return Ok(HistorySays::NotToBeHad),
            Err(error) => {
                tracing::warn!(%error, "the history could not be read");
                return Ok(HistorySays::NotToBeHad);
            }
        };
        let (paid, open) = self.tools.ledger.claims(&intent.agent, since).await?;
        let me = Claim {
            account: job.account.as_str().to_owned(),
            amount: intent.amount,
            transaction: None,
        };
        Ok(match match_history(&history.rows, &paid, &open, &me) {
            HistorySays::Absent if !history.is_complete => HistorySays::NotToBeHad,
            says => says,
        })
    }
}

fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}
