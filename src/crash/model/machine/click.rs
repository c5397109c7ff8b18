//! The click in the model: pressed, let go, departed, answered.

use rand::RngExt as _;

use super::{LoginSeat, Simulation};
use crate::crash::model::portal::{LATE_MAX, OnWire, Sender, vnd};
use crate::domain::GateKind;
use crate::domain::driver::{ClickAnswer, Input, Reply};
use crate::engine::Book;

impl Simulation {
    pub(super) fn send(&mut self, attempt: usize, arrives: i64) {
        let job = self.journal.records[attempt].job;
        let request = OnWire {
            sender: Sender::Attempt(attempt),
            account: self.account(job),
            amount: self.journal.records[attempt]
                .attempt
                .intent
                .as_ref()
                .map_or(0, |intent| intent.amount.dong()),
            arrives,
        };
        let record = &mut self.journal.records[attempt];
        record.is_held = false;
        record.sends += 1;
        self.portal.send(request);
    }

    pub(super) fn press(&mut self, book: &Book, seat: &mut LoginSeat<'_>) -> Option<Input> {
        if seat.is_waiting {
            return Some(self.answer(book, seat));
        }
        // The page does not click (its dialog changed): the gate knows that nothing left.
        if self.chance(1.0) {
            return Some(answered(Reply::NotSent("not clicked".into()), false));
        }
        if self.gate == GateKind::Latch {
            self.depart(seat.attempt);
            seat.is_waiting = true;
            return None;
        }
        self.journal.records[seat.attempt].is_held = true;
        Some(Input::Held {
            request: seat.attempt.to_string(),
            body: String::new(),
        })
    }

    pub(super) fn let_go(&mut self, book: &Book, seat: &mut LoginSeat<'_>) -> Option<Input> {
        if seat.is_waiting {
            return Some(self.answer(book, seat));
        }
        if self.gate == GateKind::Valve && self.chance(2.0) {
            // The browser died before the valve was opened.
            self.journal.records[seat.attempt].is_held = false;
            return Some(answered(Reply::NotSent("browser died".into()), false));
        }
        self.depart(seat.attempt);
        seat.is_waiting = true;
        None
    }

    pub(super) fn depart(&mut self, attempt: usize) {
        // Some requests never arrive.
        if self.chance(6.0) {
            let record = &mut self.journal.records[attempt];
            record.is_held = false;
            record.sends += 1;
            return;
        }
        let arrives = self.now + self.dice.random_range(0..LATE_MAX);
        self.send(attempt, arrives);
    }

    /// What comes back: words, with a balance where nothing else moves it.
    pub(super) fn answer(&mut self, book: &Book, seat: &LoginSeat<'_>) -> Input {
        let is_lost = self.chance(12.0);
        if !is_lost {
            self.pass(LATE_MAX);
        }
        let verdict = self.portal.verdict(Sender::Attempt(seat.attempt));
        let Some(verdict) = verdict.filter(|_| !is_lost) else {
            return answered(Reply::Lost("no answer".into()), false);
        };
        let is_odd = self.chance(4.0);
        let amount = self.armed_amount(seat.attempt);
        let (said, reading) = self.portal.words(verdict, amount, is_odd);
        let is_told = seat.asks_balance && !self.chance(10.0);
        let balance = is_told.then(|| vnd(self.portal.balance));
        answered(
            Reply::Read {
                said,
                reading,
                balance,
            },
            book.is_untouched(seat.stamp, 1),
        )
    }
}

pub(super) fn answered(reply: Reply, is_balance_mine: bool) -> Input {
    Input::Answered(ClickAnswer {
        reply,
        is_balance_mine,
    })
}
