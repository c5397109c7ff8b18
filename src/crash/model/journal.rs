//! The durable journal of the model: what the ledger knows, asked as the engine asks it.

use crate::domain::driver::{Books, FallBooks, HistoryRead, JobTask, Reading, Since};
use crate::domain::guard::EqualTopUp;
use crate::domain::ticket::told;
use crate::domain::{
    Attempt, Claim, Event, GuardFacts, HistoryRow, Intent, Outcome, Source, State, Vnd,
};

/// One attempt's durable record.
#[derive(Debug)]
pub(super) struct JournalRecord {
    pub job: usize,
    /// Runs of another list (a server hands out anew) are other batches.
    pub batch: u32,
    /// The fence of the lease that it was made under.
    pub fence: i64,
    pub attempt: Attempt,
    /// What the words mean that it has observed.
    pub reading: Reading,
    pub armed_seq: i64,
    pub unknown_ms: i64,
    pub ended_ms: i64,
    /// Confirming requests that left for the portal.
    pub sends: u32,
    /// The browser still holds the request (until it is let go or killed).
    pub is_held: bool,
}

/// Something to tell the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct ModelLetter {
    pub attempt: usize,
    pub outcome: Outcome,
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    pub records: Vec<JournalRecord>,
    pub seq: i64,
    /// Told in this order, once the link is there.
    pub outbox: Vec<ModelLetter>,
}

impl Journal {
    /// A new attempt.
    pub fn begin(&mut self, job: usize, batch: u32, fence: i64) -> usize {
        self.records.push(JournalRecord {
            job,
            batch,
            fence,
            attempt: Attempt::default(),
            reading: Reading::SILENT,
            armed_seq: 0,
            unknown_ms: 0,
            ended_ms: 0,
            sends: 0,
            is_held: false,
        });
        self.records.len() - 1
    }

    /// Appends by the program's own transitions.
    pub fn append(&mut self, index: usize, event: &Event, task: &JobTask, now: i64) {
        self.seq += 1;
        let record = &mut self.records[index];
        let before = record.attempt.state;
        match record.attempt.clone().after(event) {
            Ok(next) => record.attempt = next,
            Err(error) => unreachable!("{error}"),
        }
        match event {
            Event::Armed(_) => record.armed_seq = self.seq,
            Event::ContactLost { .. } if record.armed_seq > 0 && record.unknown_ms == 0 => {
                record.unknown_ms = now;
            }
            Event::Concluded(_) => record.ended_ms = now,
            _ => {}
        }
        let standing = record.attempt.standing();
        if task.job.ticket.is_some()
            && let Some(outcome) = told(
                Source::Server,
                task.service,
                before,
                record.attempt.state,
                &standing,
            )
        {
            self.outbox.push(ModelLetter {
                attempt: index,
                outcome,
            });
        }
    }

    pub fn is_open(&self, index: usize) -> bool {
        let attempt = &self.records[index].attempt;
        attempt.intent.is_some() && !matches!(attempt.state, State::Done(_))
    }

    pub fn open(&self) -> Vec<usize> {
        (0..self.records.len())
            .filter(|index| self.is_open(*index))
            .collect()
    }

    /// Attempts in doubt that nobody is at, beside this one.
    pub fn others_in_doubt(&self, except: usize) -> usize {
        let is_unknown = |index: &usize| {
            let state = self.records[*index].attempt.state;
            matches!(state, State::Unknown | State::Reconciling)
        };
        let open = self.open();
        open.iter()
            .filter(|index| **index != except && is_unknown(index))
            .count()
    }

    fn is_paid(&self, index: usize) -> bool {
        self.records[index].attempt.state == State::Done(Outcome::Paid)
    }

    fn obligation(&self, index: usize) -> Option<&str> {
        let intent = self.records[index].attempt.intent.as_ref()?;
        Some(intent.obligation.as_str())
    }

    /// What speaks against paying now.
    pub fn facts(&self, index: usize, task: &JobTask, now: i64) -> GuardFacts {
        let (obligation, mine) = (task.job.obligation(task.service), &self.records[index]);
        let is_debt = task.job.top_up(task.service).is_none();
        let same: Vec<usize> = (0..self.records.len())
            .filter(|other| *other != index && self.obligation(*other) == Some(&obligation))
            .collect();
        let paid: Vec<usize> = (same.iter().copied())
            .filter(|other| self.is_paid(*other))
            .collect();
        let paid_before = paid
            .iter()
            .find(|other| is_debt || self.records[**other].job == mine.job);
        let equal = paid
            .iter()
            .find(|other| !is_debt && self.records[**other].batch != mine.batch);
        GuardFacts {
            now_ms: now,
            doubt_on: same
                .iter()
                .find(|other| self.is_open(**other))
                .map(ToString::to_string),
            paid_before_ms: paid_before.map(|other| self.records[*other].ended_ms),
            equal: equal.map(|other| EqualTopUp {
                at_ms: self.records[*other].ended_ms,
            }),
            spent_in_batch: Vnd::ZERO,
            spent_today: Vnd::ZERO,
            others_in_doubt: self.others_in_doubt(index),
            last_paid_ms: (0..self.records.len())
                .filter(|other| self.is_paid(*other))
                .map(|other| self.records[other].ended_ms)
                .max(),
        }
    }

    /// What is known about the account, for weighing what the balance says.
    pub fn books(&self, index: usize, now: i64) -> Books {
        let record = &self.records[index];
        let rest = |intent: &Intent| intent.balance_before.zip(intent.balance_seq);
        let own = record.attempt.intent.as_ref().and_then(rest);
        let earlier = self
            .records
            .iter()
            .filter(|r| r.armed_seq > 0 && r.armed_seq < record.armed_seq)
            .filter_map(|r| Some((r.armed_seq, rest(r.attempt.intent.as_ref()?)?)))
            .max_by_key(|(armed_seq, _)| *armed_seq)
            .map(|(_, rest)| rest);
        Books {
            now_ms: now,
            in_doubt: self.open().len(),
            own: own.map(|rest| self.since(index, rest)),
            earlier: earlier.map(|rest| self.since(index, rest)),
        }
    }

    /// What was paid since that balance was read at rest; `None`: since the newest one that an attempt
    /// was armed with.
    pub fn fall(&self, rest: Option<(Vnd, i64)>, now: i64) -> FallBooks {
        let newest = || {
            let armed = self.records.iter().filter(|record| record.armed_seq > 0);
            let newest = armed.max_by_key(|record| record.armed_seq)?;
            let intent = newest.attempt.intent.as_ref()?;
            intent.balance_before.zip(intent.balance_seq)
        };
        let rest = rest.or_else(newest);
        let since = rest.map_or(0, |(_, seq)| seq);
        let paid: Vec<usize> = (0..self.records.len())
            .filter(|index| self.records[*index].armed_seq > since && self.is_paid(*index))
            .collect();
        let disputed = paid
            .iter()
            .filter(|index| self.records[**index].attempt.dispute.is_some());
        let amount = |index: &usize| {
            let intent = self.records[*index].attempt.intent.as_ref();
            let amount = intent.map(|intent| intent.amount).unwrap_or_default();
            (index.to_string(), amount)
        };
        FallBooks {
            now_ms: now,
            seq: self.seq,
            rest: rest.map(|(balance, _)| balance),
            open: self.open().len() + disputed.count(),
            paid: paid.iter().map(amount).collect(),
            last_paid_ms: (0..self.records.len())
                .filter(|index| self.is_paid(*index))
                .map(|index| self.records[index].ended_ms)
                .max(),
        }
    }

    /// What was proven paid by attempts that were armed after that event.
    pub fn paid_since(&self, seq: i64) -> Vnd {
        self.since(usize::MAX, (Vnd::ZERO, seq)).paid
    }

    fn since(&self, except: usize, (balance, seq): (Vnd, i64)) -> Since {
        let armed_since = |index: &usize| self.records[*index].armed_seq > seq;
        let amount = |index: usize| {
            let intent = self.records[index].attempt.intent.as_ref();
            intent.map(|intent| intent.amount).unwrap_or_default()
        };
        let paid = (0..self.records.len())
            .filter(|index| *index != except && armed_since(index) && self.is_paid(*index));
        Since {
            balance,
            paid: paid.map(amount).sum(),
            open: self
                .open()
                .into_iter()
                .filter(armed_since)
                .map(amount)
                .collect(),
        }
    }

    /// The history with whose its rows may be.
    pub fn history(&self, rows: Vec<HistoryRow>, account: impl Fn(usize) -> String) -> HistoryRead {
        let claim = |index: usize| {
            let record = &self.records[index];
            Claim {
                account: account(record.job),
                amount: record
                    .attempt
                    .intent
                    .as_ref()
                    .map(|intent| intent.amount)
                    .unwrap_or_default(),
                transaction: record
                    .attempt
                    .conclusion
                    .as_ref()
                    .and_then(|end| end.transaction_id.clone()),
            }
        };
        let paid = (0..self.records.len()).filter(|index| self.is_paid(*index));
        HistoryRead {
            rows,
            is_complete: true,
            paid: paid.map(claim).collect(),
            open: self.open().into_iter().map(claim).collect(),
        }
    }
}
