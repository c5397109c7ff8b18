//! The account's fall in the model: pages that are kept and their old balances, and the check that
//! holds what was told against the account.

use super::machine::{Crash, Simulation};
use super::portal::vnd;
use crate::domain::driver::{Effect, Fall, FallCheck, FallStep, Input, is_check_due};
use crate::domain::{Event, Flaw, Vnd};
use crate::engine::Book;

/// A balance that cannot be read is asked for again at the end, so often.
const TRIES: u32 = 8;

impl Simulation {
    /// The balance that a look-up brings: one that was just read, or none where the page was kept.
    pub(super) fn balance_on_page(&mut self, with_balance: bool) -> Option<Vnd> {
        let is_kept = self.chance(75.0);
        if with_balance || !is_kept {
            self.old_balance = vnd(self.portal.balance);
            return Some(self.old_balance);
        }
        (self.rules.flaw == Flaw::BelievesOldBalances).then_some(self.old_balance)
    }

    /// By the program's own rule, or now and then: batches of the model are short.
    pub(super) fn is_check_due(&mut self, book: &Book, job: usize, logins: usize) -> bool {
        let task = &self.tasks[job];
        let next = task.job.obligation(task.service);
        let unchecked = book.unchecked(Some(&next), self.now);
        is_check_due(&unchecked, logins) || self.chance(5.0)
    }

    /// Nobody is at work.
    pub(super) fn check_fall(
        &mut self,
        book: &Book,
        rest: Option<(Vnd, i64)>,
    ) -> Result<(), Crash> {
        for _ in 0..TRIES {
            let fall = self.check_once(rest)?;
            self.is_unchecked = false;
            match fall {
                Fall::Agrees(balance, seq) | Fall::Moved(balance, seq) => {
                    book.rests_at(balance, seq, self.now);
                }
                Fall::Missing { attempts, .. } => {
                    for attempt in attempts.iter().filter_map(|id| id.parse().ok()) {
                        let why = String::new();
                        self.append(attempt, &Event::Disputed { why });
                        self.live_on()?;
                    }
                    self.is_paused = true;
                }
                Fall::Unknown if self.is_to_check(rest) => {
                    self.is_unchecked = true;
                    continue;
                }
                Fall::Unknown => {}
            }
            return Ok(());
        }
        Ok(())
    }

    /// Is there something to check that could not be: a balance that was not to be read?
    fn is_to_check(&self, rest: Option<(Vnd, i64)>) -> bool {
        let books = self.journal.fall(rest, self.now);
        books.rest.is_some()
            && !books.paid.is_empty()
            && books.open == 0
            && self.rules.flaw != Flaw::BelievesEveryWord
    }

    fn check_once(&mut self, rest: Option<(Vnd, i64)>) -> Result<Fall, Crash> {
        let mut check = FallCheck::new(&self.rules);
        let mut step = check.begin();
        loop {
            self.live_on()?;
            let effect = match step {
                FallStep::Done(fall) => return Ok(fall),
                FallStep::Ask(effect) => effect,
            };
            let input = match effect {
                Effect::WaitForRest => Some(Input::AtRest),
                Effect::ReadFall => Some(Input::Fall(self.journal.fall(rest, self.now))),
                reading => self.read(usize::MAX, reading),
            };
            let Some(input) = input else {
                return Ok(Fall::Unknown);
            };
            match check.step(input) {
                Ok(next) => step = next,
                Err(error) => {
                    self.out_of_order.push(error.to_string());
                    return Ok(Fall::Unknown);
                }
            }
        }
    }
}
