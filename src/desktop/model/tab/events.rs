//! What a batch says while it runs, folded into its rows, its logins and its pace.

use std::sync::Arc;

use super::{AT_ONCE, Login, RATE_MINUTES, ServiceTab};
use crate::desktop::model::rows::RowState;
use crate::desktop::words::{Words, in_one_language};
use crate::engine::{OutcomeEvent, Progress};

impl ServiceTab {
    /// An event of its batch. `now_ms`: since 1970.
    pub fn fold(&mut self, event: Progress, words: &Words, now_ms: i64) {
        match event {
            Progress::BatchStarted { batch, .. } => self.batch = Some(batch),
            Progress::State {
                login,
                index,
                account,
                attempt,
                state,
                amount,
            } => {
                let state = RowState::of(state);
                let at = self.logins.entry(login).or_default();
                at.at = (!matches!(state, RowState::Done(_))).then_some((account, state));
                at.done += usize::from(matches!(state, RowState::Done(_)));
                self.rows.change(index, |row| {
                    row.state = state;
                    row.amount = amount.or(row.amount);
                    row.at_ms = Some(now_ms);
                    row.attempt = Some(attempt.into());
                });
                self.touched();
            }
            Progress::Outcome(outcome) => self.outcome(&outcome, words, now_ms),
            Progress::Progress {
                done, eta_s, paid, ..
            } => {
                self.done = done;
                self.eta_s = eta_s;
                self.paid = paid;
            }
            Progress::Retry { account, why } => {
                let place = self.rows.iter().position(|row| *row.account == *account);
                if let Some(place) = place {
                    let why = in_one_language(&why, words.language);
                    self.rows
                        .change(place, |row| row.message = Some((words.retry)(&why).into()));
                }
            }
            Progress::BatchFinished {
                outcomes,
                paid,
                stopped,
                paused,
                ..
            } => {
                self.counts = outcomes;
                self.paid = paid;
                self.eta_s = None;
                self.ended = paused
                    .or_else(|| stopped.then(|| (words.stopped)(&self.sums().summary(words))));
            }
            Progress::LoggedIn { login, .. } => {
                *self.logins.entry(login).or_default() = Login {
                    done: self.done_by(login),
                    ..Login::default()
                }
            }
            Progress::LoggedOut { login } => {
                let at = self.logins.entry(login).or_default();
                (at.at, at.is_out, at.needs_person) = (None, true, false);
            }
            Progress::NeedsPerson { login, .. } => {
                self.logins.entry(login).or_default().needs_person = true;
            }
            Progress::PersonDone => self
                .logins
                .values_mut()
                .for_each(|login| login.needs_person = false),
            // The row that is looked into says so by its state.
            Progress::Settling { .. } | Progress::Halted { .. } => {}
        }
    }

    fn done_by(&self, login: usize) -> usize {
        self.logins.get(&login).map_or(0, |login| login.done)
    }

    fn outcome(&mut self, outcome: &OutcomeEvent, words: &Words, now_ms: i64) {
        *self.counts.entry(outcome.outcome).or_default() += 1;
        // A doubt that was settled is told again: it counts once.
        if let Some(RowState::Done(before)) = self.rows.get(outcome.index).map(|row| row.state)
            && before != outcome.outcome
            && let Some(count) = self.counts.get_mut(&before)
        {
            *count = count.saturating_sub(1);
        }
        self.rows.change(outcome.index, |row| {
            row.state = RowState::Done(outcome.outcome);
            row.amount = outcome.amount.or(row.amount);
            row.message = Some(in_one_language(&outcome.message, words.language).into())
                .filter(|text: &Arc<str>| !text.is_empty());
            row.customer = outcome
                .customer
                .as_deref()
                .map(Into::into)
                .or(row.customer.take());
            row.attempt = outcome
                .attempt
                .as_deref()
                .map(Into::into)
                .or(row.attempt.take());
            row.at_ms = Some(outcome.at.as_millisecond());
        });
        let minute = now_ms / 60_000;
        match self.rate.back_mut() {
            Some((at, count)) if *at == minute => *count += 1,
            _ => self.rate.push_back((minute, 1)),
        }
        while self.rate.len() > RATE_MINUTES {
            self.rate.pop_front();
        }
        self.touched();
    }

    /// Jobs in the last whole minute, else in the one that runs.
    pub fn a_minute(&self, now_ms: i64) -> u32 {
        let minute = now_ms / 60_000;
        let in_minute = |wanted: i64| {
            self.rate
                .iter()
                .find(|(at, _)| *at == wanted)
                .map(|(_, count)| *count)
        };
        in_minute(minute - 1)
            .or_else(|| in_minute(minute))
            .unwrap_or_default()
    }

    /// A row changed: the order may not be right any more.
    fn touched(&mut self) {
        if self.wish.is_plain() {
            return;
        }
        self.is_order_stale = true;
        if self.rows.len() <= AT_ONCE {
            self.reorder();
        }
    }
}
