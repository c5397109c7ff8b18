//! What the logins of a batch share: the jobs that are left, the account book, the pace.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::book::Book;
use super::control::Control;
use super::locked::locked;
use super::pace::LoginPace;
use super::plan::Plan;
use super::progress::{Progress, Reporter};
use super::timing::eta_s;
use super::tools::Tools;
use super::warm::{Handover, WarmLogin};
use crate::browser::Shards;
use crate::domain::{Answer, AttemptRules, Conclusion, Outcome, Vnd};
use crate::ledger::{Batch, LiveAttempt};

/// A job that waits, with the attempt that was begun on it, if one was.
#[derive(Debug)]
pub(super) struct Waiting {
    pub index: usize,
    pub live: Option<LiveAttempt>,
}

/// Everything that is shared. One task drives all logins, so its locks are held for moments.
pub(super) struct Crew<'r> {
    pub tools: &'r Tools,
    pub plan: &'r Plan,
    pub batch: &'r Batch,
    pub reporter: &'r Reporter,
    pub control: &'r Control,
    pub shards: Arc<Shards>,
    /// Logins that are open already: of the batch before, or of this one's last round.
    warm: Mutex<Vec<WarmLogin>>,
    /// The account's balance at rest was taken over from the batch before, which had checked it.
    pub is_rest_known: bool,
    /// When the history's mark was read.
    pub mark_read: Mutex<Option<Instant>>,
    pub book: Book,
    /// What every attempt is bound by.
    pub rules: Arc<AttemptRules>,
    /// The portal answered a payment in words that nobody knows, or in none, and in no known ones
    /// since.
    words_fail: AtomicBool,
    /// Between the last guard and the arming no other payment may slip in, or two would pass one
    /// limit.
    pub arming: tokio::sync::Mutex<()>,
    /// One person is asked one thing at a time.
    pub person: tokio::sync::Mutex<()>,
    /// Set when the batch cannot go on, whoever found it out.
    pub halt: CancellationToken,
    pub calls_per_payment: Mutex<Vec<u64>>,
    pub evidence: Mutex<JoinSet<()>>,
    /// The newest transaction in the portal's history when the batch began, and the ledger's newest
    /// event then.
    pub history_mark: Mutex<Option<(String, i64)>>,
    /// Jobs of this batch that were in doubt and turned out never to have been sent.
    pub not_sent: Mutex<Vec<usize>>,
    queue: Mutex<Queue>,
    pace: Mutex<LoginPace>,
    /// Told whenever a job may have become free or the pace may have changed.
    news: Notify,
    tally: Mutex<Tally>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Accounts that a login is at: one account is never in two.
    busy: HashSet<String>,
}

#[derive(Debug)]
struct Tally {
    kept: usize,
    done: usize,
    failures: u32,
    paid: Vnd,
    balance: Option<Vnd>,
    started: Timestamp,
    breaker: Option<String>,
}

impl<'r> Crew<'r> {
    pub fn new(
        tools: &'r Tools,
        plan: &'r Plan,
        batch: &'r Batch,
        reporter: &'r Reporter,
        control: &'r Control,
    ) -> Self {
        Self::with(
            (tools, plan, batch),
            reporter,
            control,
            (Vec::new(), Handover::default()),
        )
    }

    /// The same with what the batch before left.
    pub fn with(
        (tools, plan, batch): (&'r Tools, &'r Plan, &'r Batch),
        reporter: &'r Reporter,
        control: &'r Control,
        (warm, handover): (Vec<WarmLogin>, Handover),
    ) -> Self {
        let now = Timestamp::now();
        let Handover { shards, rest, mark } = handover;
        let shards = shards.unwrap_or_else(|| {
            Arc::new(Shards::new(tools.browser.clone(), tools.logins_per_browser))
        });
        let book = Book::default();
        if let Some((balance, seq, at_ms)) = rest {
            book.rests_at(balance, seq, at_ms);
        }
        let (mark, mark_read) = mark.unzip();
        Self {
            tools,
            plan,
            batch,
            reporter,
            control,
            shards,
            warm: Mutex::new(warm),
            is_rest_known: rest.is_some(),
            mark_read: Mutex::new(mark_read),
            book,
            rules: Arc::new(tools.rules(plan.limits)),
            words_fail: AtomicBool::new(false),
            arming: tokio::sync::Mutex::default(),
            person: tokio::sync::Mutex::default(),
            halt: CancellationToken::new(),
            calls_per_payment: Mutex::default(),
            evidence: Mutex::default(),
            history_mark: Mutex::new(mark),
            not_sent: Mutex::default(),
            queue: Mutex::default(),
            pace: Mutex::new(LoginPace::new(plan.sessions.max(1), now.as_millisecond())),
            news: Notify::new(),
            tally: Mutex::new(Tally {
                kept: 0,
                done: 0,
                failures: 0,
                paid: Vnd::ZERO,
                balance: None,
                started: now,
                breaker: None,
            }),
        }
    }

    /// A login that is open already.
    pub fn warm_login(&self) -> Option<WarmLogin> {
        locked(&self.warm).pop()
    }

    /// A login that is open and has nothing to do.
    pub fn keep_warm(&self, login: WarmLogin) {
        locked(&self.warm).push(login);
    }

    /// All of them.
    pub fn warm_logins(&self) -> Vec<WarmLogin> {
        std::mem::take(&mut *locked(&self.warm))
    }

    /// What the next batch starts from.
    pub fn handover(&self) -> Handover {
        let read = *locked(&self.mark_read);
        Handover {
            shards: Some(self.shards.clone()),
            rest: self.book.rest_at(),
            mark: self.history_mark().zip(read),
        }
    }

    /// Puts the jobs in, in order. `kept` jobs have their outcome from before, `paid` is what was
    /// paid by them.
    pub fn begin(&self, to_do: &[usize], kept: usize, paid: Vnd) {
        locked(&self.queue)
            .waiting
            .extend(to_do.iter().map(|index| Waiting {
                index: *index,
                live: None,
            }));
        let mut tally = locked(&self.tally);
        (tally.kept, tally.paid, tally.started) = (kept, paid, Timestamp::now());
        *locked(&self.pace) =
            LoginPace::new(self.plan.sessions.max(1), tally.started.as_millisecond());
    }

    /// Puts jobs in once more that were done before and turned out to be free of consequences.
    pub fn again(&self, jobs: &[usize]) {
        locked(&self.queue)
            .waiting
            .extend(jobs.iter().map(|index| Waiting {
                index: *index,
                live: None,
            }));
        let mut tally = locked(&self.tally);
        tally.done = tally.done.saturating_sub(jobs.len());
    }

    fn key(&self, index: usize) -> String {
        self.batch.jobs[index].job.account.key()
    }

    /// The next job for this login, in the list's order; waits while others are at its account,
    /// while the pace is lower or while the operator paused. `None`: nothing is left, or the batch
    /// ends.
    pub async fn next(&self, login: usize) -> Option<Waiting> {
        loop {
            let news = self.news.notified();
            self.control.resumed().await;
            if self.is_ending() {
                return None;
            }
            if login < locked(&self.pace).allowed() {
                let mut queue = locked(&self.queue);
                let free = queue
                    .waiting
                    .iter()
                    .position(|w| !queue.busy.contains(&self.key(w.index)));
                if let Some(waiting) = free.and_then(|place| queue.waiting.remove(place)) {
                    queue.busy.insert(self.key(waiting.index));
                    return Some(waiting);
                }
                if queue.waiting.is_empty() {
                    return None;
                }
            } else if locked(&self.queue).waiting.is_empty() {
                return None;
            }
            tokio::select! {
                () = news => {}
                () = self.control.stopped() => {}
                () = self.halt.cancelled() => {}
            }
        }
    }

    /// Is there nothing to be taken any more?
    pub fn is_ending(&self) -> bool {
        self.control.is_stopped()
            || self.halt.is_cancelled()
            || locked(&self.tally).breaker.is_some()
    }

    /// A job that this login could not even try goes back to where it was.
    pub fn put_back(&self, waiting: Waiting) {
        let mut queue = locked(&self.queue);
        queue.busy.remove(&self.key(waiting.index));
        queue.waiting.push_front(waiting);
        drop(queue);
        self.news.notify_waiters();
    }

    /// A job has its outcome (or is in doubt).
    pub fn done(&self, index: usize, end: &Conclusion, pushbacks: u32) {
        locked(&self.queue).busy.remove(&self.key(index));
        let now_ms = Timestamp::now().as_millisecond();
        let mut pace = locked(&self.pace);
        if pushbacks > 0 || end.outcome == Outcome::Failed {
            pace.pushed_back(now_ms);
        } else {
            pace.done(now_ms);
        }
        drop(pace);
        let mut tally = locked(&self.tally);
        tally.done += 1;
        tally.failures = if matches!(end.outcome, Outcome::Failed | Outcome::Unknown) {
            tally.failures + 1
        } else {
            0
        };
        if end.outcome == Outcome::Paid {
            tally.paid = tally.paid.saturating_add(end.amount.unwrap_or_default());
        }
        let left = (self.batch.jobs.len()).saturating_sub(tally.kept + tally.done);
        let failures = tally.failures;
        let is_too_much = failures >= self.tools.failures_before_pause && left > 0;
        drop(tally);
        if is_too_much {
            self.pause(format!(
                "Tạm dừng sau {failures} lỗi kỹ thuật liên tiếp. Lỗi cuối: {} Kiểm tra mạng và cổng \
                 (gachno doctor --portal), rồi chạy lại: lô tiếp tục ở chỗ đang dở.",
                end.message
            ));
        }
        self.say_progress();
        self.news.notify_waiters();
    }

    /// The portal's words have proven none of the payments before.
    pub fn words_have_failed(&self) {
        self.words_fail.store(true, Ordering::Release);
    }

    /// What the portal answered to a payment that it answered at all: known words can be trusted to
    /// prove the next one, unknown ones or none cannot.
    pub fn saw_answer(&self, answer: &Answer) {
        match answer {
            Answer::Success { .. } => self.words_fail.store(false, Ordering::Release),
            Answer::Unclear | Answer::Silent => self.words_fail.store(true, Ordering::Release),
            Answer::Refused | Answer::Cleared => {}
        }
    }

    /// Did the portal's words prove none of the payments before?
    pub fn do_words_fail(&self) -> bool {
        self.words_fail.load(Ordering::Acquire)
    }

    /// Can something else than the balance prove a payment: a history, or words that are not known
    /// to fail?
    pub fn is_provable_in_words(&self) -> bool {
        !self.do_words_fail() || self.history_mark().is_some()
    }

    /// The newest transaction in the portal's history when the batch began, and the ledger's newest
    /// event then.
    pub fn history_mark(&self) -> Option<(String, i64)> {
        locked(&self.history_mark).clone()
    }

    /// Pauses the batch by itself, for this reason.
    pub fn pause(&self, why: String) {
        tracing::warn!(why, "the batch pauses");
        locked(&self.tally).breaker.get_or_insert(why);
        self.news.notify_waiters();
    }

    pub fn saw_balance(&self, balance: Option<Vnd>) {
        let mut tally = locked(&self.tally);
        tally.balance = balance.or(tally.balance);
    }

    pub fn balance(&self) -> Option<Vnd> {
        locked(&self.tally).balance
    }

    /// Why the batch paused by itself, where it did.
    pub fn breaker(&self) -> Option<String> {
        locked(&self.tally).breaker.clone()
    }

    /// Waits until everything that is being kept is kept.
    pub async fn evidence_kept(&self) {
        let mut keeping = std::mem::take(&mut *locked(&self.evidence));
        while keeping.join_next().await.is_some() {}
    }

    /// Are jobs left that nobody has begun?
    pub fn has_waiting(&self) -> bool {
        !locked(&self.queue).waiting.is_empty()
    }

    pub fn say_progress(&self) {
        let tally = locked(&self.tally);
        let total = self.batch.jobs.len();
        let elapsed = Timestamp::now().duration_since(tally.started);
        let elapsed =
            jiff::Span::new().milliseconds(elapsed.as_millis().try_into().unwrap_or(i64::MAX));
        let eta_s = eta_s(elapsed, tally.done, total.saturating_sub(tally.kept));
        let (done, paid, balance) = (tally.kept + tally.done, tally.paid, tally.balance);
        drop(tally);
        self.reporter.say(Progress::Progress {
            done,
            total,
            eta_s,
            paid,
            balance,
        });
    }
}
