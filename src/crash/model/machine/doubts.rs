//! What a start of the program does with what the one before left, and how doubts are looked into.

use rand::RngExt as _;

use super::{Crash, Simulation};
use crate::crash::model::portal::Sender;
use crate::domain::Settled;
use crate::domain::driver::{Effect, Input, Reattached};

impl Simulation {
    pub(super) fn recover(&mut self) -> Result<(), Crash> {
        for attempt in 0..self.journal.records.len() {
            let mut driver = self.driver(attempt);
            let Ok(mut effect) = driver.recover() else {
                continue;
            };
            let is_gone = !self.chance(60.0);
            if is_gone && !self.journal.is_open(attempt) {
                self.journal.records[attempt].is_held = false;
            }
            loop {
                self.live_on()?;
                let input = match effect {
                    Effect::Record(event) => {
                        self.append(attempt, &event);
                        self.live_on()?;
                        Input::Recorded
                    }
                    Effect::Reattach => Input::Reattached(self.reattach(attempt, is_gone)),
                    _ => break,
                };
                let Some(next) = self.step(&mut driver, input) else {
                    break;
                };
                effect = next;
            }
            self.journal.records[attempt].reading = driver.reading().clone();
            // Browsers of dead runs are cleared, and with them what they held.
            self.journal.records[attempt].is_held = false;
        }
        Ok(())
    }

    pub(super) fn reattach(&mut self, attempt: usize, is_gone: bool) -> Reattached {
        let was_held = std::mem::take(&mut self.journal.records[attempt].is_held);
        if is_gone {
            return Reattached::Nothing;
        }
        let has_request = self.journal.records[attempt].attempt.request.is_some();
        if was_held {
            return if has_request {
                Reattached::HeldFailed
            } else {
                Reattached::Nothing
            };
        }
        match self.portal.verdict(Sender::Attempt(attempt)) {
            Some(verdict) => {
                let amount = self.armed_amount(attempt);
                let (said, reading) = self.portal.words(verdict, amount, false);
                Reattached::Read { said, reading }
            }
            None => Reattached::Nothing,
        }
    }

    pub(super) fn armed_amount(&self, attempt: usize) -> i64 {
        let intent = self.journal.records[attempt].attempt.intent.as_ref();
        intent.map_or(0, |intent| intent.amount.dong())
    }

    /// Is there an open attempt that may still settle by itself?
    pub(super) fn hope(&self) -> bool {
        let open = self.journal.open();
        open.iter()
            .any(|attempt| matches!(self.looks(*attempt), Settled::LookAt(_)))
    }

    pub(super) fn looks(&self, attempt: usize) -> Settled {
        let unknown_ms = self.journal.records[attempt].unknown_ms;
        self.driver(attempt).looks_so_far(unknown_ms)
    }

    // ---- The reconciler ----
    pub(super) fn look_into_doubts(&mut self) -> Result<(), Crash> {
        loop {
            let open = self.journal.open();
            let mut settled = 0;
            for attempt in &open {
                settled += u32::from(self.look_into(*attempt)?);
            }
            if settled == 0 || open.is_empty() {
                return Ok(());
            }
        }
    }

    pub(super) fn settle_what_is_left(&mut self) -> Result<(), Crash> {
        loop {
            let due = |attempt: usize| match self.looks(attempt) {
                Settled::LookAt(due) => Some((due, attempt)),
                Settled::Proven(..) | Settled::Person => None,
            };
            let open = self.journal.open();
            let Some((due, attempt)) = open.into_iter().filter_map(due).min() else {
                return Ok(());
            };
            self.pass((due - self.now).max(1));
            self.look_into(attempt)?;
        }
    }

    /// One look. `true`: it is settled.
    pub(super) fn look_into(&mut self, attempt: usize) -> Result<bool, Crash> {
        let mut driver = self.driver(attempt);
        let unknown_ms = self.journal.records[attempt].unknown_ms;
        let mut effect = match driver.look(unknown_ms) {
            Ok(effect) => effect,
            Err(error) => {
                self.out_of_order.push(error.to_string());
                return Ok(false);
            }
        };
        loop {
            self.live_on()?;
            let ms = self.dice.random_range(1..20);
            self.pass(ms);
            let input = match effect {
                Effect::Finish(_) => return Ok(!self.journal.is_open(attempt)),
                Effect::Record(event) => {
                    self.append(attempt, &event);
                    Some(Input::Recorded)
                }
                reading => self.read(attempt, reading),
            };
            let next = input.and_then(|input| self.step(&mut driver, input));
            let Some(next) = next else { return Ok(false) };
            effect = next;
        }
    }
}
