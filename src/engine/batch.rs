//! A batch from its beginning to its end: entering, the logins at work, what is left in doubt, the
//! result.

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;

use super::control::Control;
use super::crew::Crew;
use super::locked::locked;
use super::login::PortalLogin;
use super::plan::Plan;
use super::progress::{Counts, OutcomeEvent, Progress, Reporter};
use super::recover::recover;
use super::tools::{EngineError, Finished, Tools};
use crate::domain::batch::is_to_do;
use crate::domain::calendar::day_start;
use crate::domain::{Outcome, Vnd};
use crate::ledger::{Batch, Entered, JobResult, NewBatch};

/// Runs the batch, or continues it. Returns as soon as a stop is asked for and what is on its way
/// is done.
pub async fn run(
    tools: &Tools,
    plan: &Plan,
    reporter: &Reporter,
    control: &Control,
) -> Result<Finished, EngineError> {
    // A whole batch with its logins is a large thing to carry about.
    Box::pin(run_to_the_end(tools, plan, reporter, control)).await
}

async fn run_to_the_end(
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
    let batch = match tools.ledger.enter(new_batch(tools, plan)).await? {
        Entered::Batch(batch) => batch,
        Entered::Ask(stopped) => return Err(EngineError::Stopped(stopped)),
    };
    reporter.say(Progress::BatchStarted {
        batch: batch.id.clone(),
        service: plan.service,
        total: batch.jobs.len(),
        errors: plan.list.errors.len(),
        duplicates: plan.list.duplicates.len(),
        continued: batch.continued,
        dry_run: plan.dry_run,
    });
    let warm = tools.warm.take(plan).await;
    let crew = Crew::with((tools, plan, &batch), reporter, control, warm);
    let mut lead = PortalLogin::new(&crew, 0);
    let gone_through = lead.go_through().await;
    let agent = lead.agent.clone();
    crew.evidence_kept().await;
    // What is in doubt is asked of its browser at the next start, and then that has to be gone.
    let doubts = tools.ledger.in_doubt().await;
    let is_sure = doubts.as_ref().is_ok_and(Vec::is_empty);
    let is_in_order = gone_through.as_ref().is_ok_and(End::is_in_order) && is_sure;
    // Whatever the ledger says: no login is left open on the way out.
    leave(lead, is_in_order).await;
    doubts?;
    let calls = std::mem::take(&mut *locked(&crew.calls_per_payment));
    if let Err(error) = tools.ledger.backups().make_if_due().await {
        tracing::warn!(%error, "the ledger could not be copied");
    }
    match gone_through {
        Ok(end) => finish(tools, plan, &batch, agent, end, calls, reporter).await,
        Err(EngineError::Ledger(error)) => Err(error.into()),
        Err(error) => {
            // What was reached stands; the rest is told as not reached, and the batch can be
            // continued.
            let end = End {
                stopped: false,
                paused: Some(error.to_string()),
            };
            finish(tools, plan, &batch, agent, end, calls, reporter).await?;
            Err(error)
        }
    }
}

/// Leaves the portal: what is in order waits for the next batch, the rest is closed.
async fn leave(lead: PortalLogin<'_>, is_in_order: bool) {
    let crew = lead.crew;
    let mut logins = crew.warm_logins();
    // The lead goes first again: the last one is taken first.
    logins.extend(lead.into_warm().await);
    if is_in_order {
        let handover = crew.handover();
        crew.tools
            .warm
            .park(crew.tools.reach(), crew.plan, logins, handover)
            .await;
        return;
    }
    for login in logins {
        login.session.close().await;
    }
}

/// How the loop ended.
#[derive(Debug, Default)]
struct End {
    stopped: bool,
    paused: Option<String>,
}

impl End {
    /// Neither stopped nor paused.
    fn is_in_order(&self) -> bool {
        !self.stopped && self.paused.is_none()
    }
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
        tools.ledger.clock().now()
    };
    let records = tools.ledger.records();
    let results = records.results(&batch.id, plan.service).await?;
    for (index, result) in results
        .iter()
        .enumerate()
        .filter(|(_, r)| r.conclusion.outcome == Outcome::Cancelled)
    {
        let event = OutcomeEvent::of(plan.service, index, result);
        reporter.say(Progress::Outcome(event));
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
    let paid = results.iter().filter(|result| result.is_paid());
    paid.filter_map(|result| result.conclusion.amount).sum()
}

fn new_batch(tools: &Tools, plan: &Plan) -> NewBatch {
    let errors =
        plan.list.errors.iter().map(
            |row| serde_json::json!({ "row": row.row, "account": row.account, "why": row.why }),
        );
    let duplicates = plan.list.duplicates.iter().map(|row| {
        let why = format!("trùng với {}", row.first_row);
        serde_json::json!({ "row": row.row, "account": row.account.as_str(), "why": why })
    });
    let left_out: Vec<_> = errors.chain(duplicates).collect();
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
        choice: plan.choice.clone(),
    }
}

impl<'r> PortalLogin<'r> {
    /// The lead: looks into doubts first, works with the others, looks into new doubts last.
    async fn go_through(&mut self) -> Result<End, EngineError> {
        let control = self.crew.control;
        let mut to_do = self.jobs_to_do();
        if self.needs_browser(&to_do).await? && !control.is_stopped() {
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
            let batch = &self.crew.batch.id;
            self.tools.ledger.bind_agent(batch, &self.agent).await?;
            // Before the same account is touched, what is in doubt on it is looked into, and what a
            // dead run was told is held against the account.
            self.look_into_doubts().await?;
            if !self.crew.is_rest_known {
                self.check_fall_before(self.crew.balance()).await?;
            }
            to_do.append(&mut locked(&self.crew.not_sent));
            to_do.sort_unstable();
            self.begin_book(!to_do.is_empty()).await?;
        }
        let kept = self.say_what_stands(&to_do).await?;
        let records = self.tools.ledger.records();
        let paid = records.paid_in(&self.crew.batch.id).await?;
        let has_work = !to_do.is_empty();
        self.crew.begin(&to_do, kept, paid);
        self.crew.say_progress();
        if has_work && self.session.is_some() {
            self.work_together().await?;
        }
        self.work_on_what_was_not_sent().await?;
        self.check_fall().await?;
        let paused = self.crew.breaker();
        Ok(End {
            stopped: control.is_stopped() && paused.is_none() && self.crew.has_waiting(),
            paused,
        })
    }

    fn jobs_to_do(&self) -> Vec<usize> {
        let batch = self.crew.batch;
        let newest = |index: &usize| {
            let last = batch.jobs[*index].last.as_ref();
            last.map(|last| last.attempt.state)
        };
        (0..batch.jobs.len())
            .filter(|index| is_to_do(batch.was_finished, newest(index)))
            .collect()
    }

    async fn needs_browser(&self, to_do: &[usize]) -> Result<bool, EngineError> {
        let in_doubt = self.tools.ledger.in_doubt().await?;
        let batch = &self.crew.batch.id;
        Ok(!to_do.is_empty() || in_doubt.iter().any(|live| live.batch_id == *batch))
    }

    /// What turned out never to have been sent is done again, as a technical failure before arming
    /// would be.
    async fn work_on_what_was_not_sent(&mut self) -> Result<(), EngineError> {
        let mut rounds = 0;
        while self.session.is_some() && !self.crew.is_ending() {
            self.settle_what_is_left().await?;
            let again = std::mem::take(&mut *locked(&self.crew.not_sent));
            let is_over = rounds == self.tools.retries || self.crew.control.is_stopped();
            if again.is_empty() || is_over {
                break;
            }
            rounds += 1;
            self.crew.again(&again);
            self.work_together().await?;
        }
        Ok(())
    }

    /// The balance and the history's newest transaction while nothing is on its way: what later
    /// proofs start from.
    async fn begin_book(&mut self, has_work: bool) -> Result<(), EngineError> {
        if !self.plan.service.is_payment() || !has_work || self.plan.dry_run {
            return Ok(());
        }
        let account = self.tools.ledger.account(&self.agent);
        if account.words_have_proven(self.plan.service).await? == Some(false) {
            self.crew.words_have_failed();
        }
        if self.crew.history_mark().is_some() {
            return Ok(());
        }
        let seq = self.tools.ledger.seq().await;
        match self.page()?.history_mark().await {
            Ok(mark) => {
                *locked(&self.crew.history_mark) = mark.map(|mark| (mark, seq));
                *locked(&self.crew.mark_read) = Some(std::time::Instant::now());
            }
            Err(error) => {
                tracing::warn!(%error, "the history's mark could not be read; it will prove nothing in this batch");
            }
        }
        Ok(())
    }

    async fn work_together(&mut self) -> Result<(), EngineError> {
        let crew = self.crew;
        let logins = self.plan.sessions.min(crew.batch.jobs.len());
        let mut others: Vec<PortalLogin<'r>> = (1..logins)
            .map(|number| PortalLogin::new(crew, number))
            .collect();
        let mut first_fault = None;
        {
            let mut at_work: FuturesUnordered<_> = others
                .iter_mut()
                .chain(std::iter::once(self))
                .map(PortalLogin::work)
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
        for login in others {
            if let Some(warm) = login.into_warm().await {
                crew.keep_warm(warm);
            }
        }
        first_fault.map_or(Ok(()), Err)
    }

    /// Jobs that keep an outcome from before are said again, so that a listener knows the whole
    /// batch; those of an earlier day as what they are.
    async fn say_what_stands(&self, to_do: &[usize]) -> Result<usize, EngineError> {
        let batch = self.crew.batch;
        if to_do.len() == batch.jobs.len() {
            return Ok(0);
        }
        let today = day_start(self.tools.ledger.clock().now_ms());
        let is_earlier = |at: Option<Timestamp>| at.is_some_and(|at| at.as_millisecond() < today);
        let records = self.tools.ledger.records();
        let results = records.results(&batch.id, batch.service).await?;
        let mut kept = 0;
        for (index, result) in results
            .iter()
            .enumerate()
            .filter(|(index, _)| to_do.binary_search(index).is_err())
        {
            kept += 1;
            self.reporter.say(Progress::Outcome(OutcomeEvent {
                earlier: is_earlier(result.at),
                ..OutcomeEvent::of(batch.service, index, result)
            }));
        }
        Ok(kept)
    }
}
