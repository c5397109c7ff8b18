//! A login at work on a job in the model: how it sits down, has its turn, and is left.

use super::{Crash, Simulation};
use crate::domain::driver::{AttemptDriver, Begin, Effect, Finish};
use crate::engine::{Book, OnItsWay, Stamp};

/// A login at work on a job. Everything in here dies with the program.
#[expect(
    clippy::struct_excessive_bools,
    reason = "where a login stands in a world that is made up"
)]
pub(super) struct LoginSeat<'b> {
    pub(super) attempt: usize,
    pub(super) driver: AttemptDriver,
    /// What is to be carried out next.
    pub(super) effect: Effect,
    pub(super) stamp: Stamp,
    pub(super) has_turn: bool,
    pub(super) is_at_rest: bool,
    pub(super) on_its_way: Option<OnItsWay<'b>>,
    /// The request has left, and its answer is waited for.
    pub(super) is_waiting: bool,
    /// The balance is asked for right after the answer.
    pub(super) asks_balance: bool,
}

/// How a driver was left.
pub(super) enum Left {
    Done,
    Again { attempt: usize, tries: u32 },
    Postponed,
}

impl Simulation {
    pub(super) fn attempt_at(&mut self, job: usize) -> usize {
        let queued = |attempt: &usize| {
            self.journal.records[*attempt].attempt.state == crate::domain::State::Queued
        };
        if let Some(last) = self.last.get(&job).copied().filter(queued) {
            return last;
        }
        let fence = self.fence(job);
        let attempt = self.journal.begin(job, self.batch, fence);
        self.last.insert(job, attempt);
        attempt
    }

    pub(super) fn sit_down<'b>(
        &mut self,
        book: &'b Book,
        attempt: usize,
        tries: u32,
    ) -> Option<LoginSeat<'b>> {
        let stamp = book.stamp(self.journal.seq);
        let mut driver = self.driver(attempt).after_tries(tries);
        let begin = Begin {
            is_provable_in_words: !self.words_fail || self.portal.has_history,
            do_words_fail: self.words_fail,
            is_at_rest: stamp.is_at_rest(),
            expected_balance: book.at_rest().and_then(|rest| self.explained(rest)),
            is_lease_lost: self.has_link() && self.is_lease_lost(attempt),
            ..Begin::default()
        };
        match driver.begin(begin) {
            Ok(effect) => Some(LoginSeat {
                attempt,
                driver,
                effect,
                stamp,
                has_turn: false,
                is_at_rest: false,
                on_its_way: None,
                is_waiting: false,
                asks_balance: false,
            }),
            Err(error) => {
                self.out_of_order.push(error.to_string());
                None
            }
        }
    }

    /// One effect of one login. `None`: it has more to do, or has to wait for the others.
    pub(super) fn turn<'b>(
        &mut self,
        book: &'b Book,
        seat: &mut LoginSeat<'b>,
        others: &[LoginSeat<'b>],
    ) -> Result<Option<Left>, Crash> {
        let effect = seat.effect.clone();
        if let Effect::Finish(finish) = effect {
            let record = &mut self.journal.records[seat.attempt];
            record.reading = seat.driver.reading().clone();
            self.learn(&seat.driver.reading().clone());
            return Ok(Some(self.left(seat, &finish)));
        }
        self.live_on()?;
        let Some(input) = self.carry_out(book, seat, others, effect) else {
            return Ok(None);
        };
        self.live_on()?;
        match self.step(&mut seat.driver, input) {
            Some(next) => seat.effect = next,
            None => return Ok(Some(Left::Done)),
        }
        Ok(None)
    }

    pub(super) fn left(&mut self, seat: &LoginSeat<'_>, finish: &Finish) -> Left {
        match finish {
            Finish::Ended | Finish::InDoubt { .. } | Finish::Stop(_) => Left::Done,
            Finish::Postponed => Left::Postponed,
            Finish::Retry { wait_ms, .. } => {
                self.pass(i64::try_from(*wait_ms).unwrap_or_default());
                Left::Again {
                    attempt: seat.attempt,
                    tries: seat.driver.tries(),
                }
            }
            Finish::Anew { wait_ms, .. } => {
                self.pass(i64::try_from(*wait_ms).unwrap_or_default());
                let job = self.journal.records[seat.attempt].job;
                let attempt = self.attempt_at(job);
                Left::Again {
                    attempt,
                    tries: seat.driver.tries(),
                }
            }
        }
    }
}
