//! The portal of the model: balance, debts, requests under way, a history, and its words.

use std::collections::HashMap;

use rand::RngExt as _;
use rand::rngs::SmallRng;

use crate::domain::driver::Reading;
use crate::domain::{Answer, HistoryRow, Said, Vnd};

/// A request is on its way for this long at most (milliseconds).
pub(super) const LATE_MAX: i64 = 400;
/// The money moves this much after the answer at most.
pub(super) const BOOKING_MAX: i64 = 300;
/// The history shows a payment this much later at most.
pub(super) const HISTORY_MAX: i64 = 400;

/// How the portal words a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wording {
    /// In known words, with the amount.
    WithAmount,
    /// In known words, without it.
    Plain,
    /// In words that nobody has seen.
    Odd,
}

/// A confirming request between a browser and the portal.
#[derive(Debug, Clone)]
pub(super) struct OnWire {
    /// Whose it is: an attempt of the machine that is modelled, or of the other one.
    pub sender: Sender,
    pub account: String,
    pub amount: i64,
    pub arrives: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sender {
    Attempt(usize),
    OtherMachine(usize),
}

/// What was said to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    Success,
    Refused,
    Cleared,
    /// Something broke inside: odd words, and nothing moved.
    Broken,
}

#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what is so in a world that is made up"
)]
pub(super) struct ModelPortal {
    pub balance: i64,
    pub debts: HashMap<String, i64>,
    pub is_debt: bool,
    pub has_history: bool,
    pub wording: Wording,
    /// The money moves later than the answer.
    pub books_late: bool,
    /// Says success now and then where no money moves.
    pub lies: bool,
    /// Whose request it lied about.
    pub lied: Vec<Sender>,
    wire: Vec<OnWire>,
    /// Amounts that will leave the balance, and when.
    booking: Vec<(i64, i64)>,
    answers: HashMap<Sender, Judged>,
    /// When it shows in the history, and the row.
    history: Vec<(i64, HistoryRow)>,
    /// Whose request moved money, and how much.
    pub moved: Vec<(Sender, i64)>,
}

impl ModelPortal {
    pub fn new(dice: &mut SmallRng, is_debt: bool, debts: HashMap<String, i64>) -> Self {
        Self {
            balance: 400_000,
            debts,
            is_debt,
            has_history: dice.random_bool(0.7),
            wording: match dice.random_range(0..4) {
                0 => Wording::Odd,
                1 => Wording::Plain,
                _ => Wording::WithAmount,
            },
            books_late: dice.random_bool(0.3),
            lies: dice.random_bool(0.1),
            lied: Vec::new(),
            wire: Vec::new(),
            booking: Vec::new(),
            answers: HashMap::new(),
            history: Vec::new(),
            moved: Vec::new(),
        }
    }

    pub fn owed(&self, account: &str) -> i64 {
        self.debts.get(account).copied().unwrap_or_default()
    }

    pub fn send(&mut self, request: OnWire) {
        self.wire.push(request);
    }

    /// What is due by now happens, in the order of time.
    pub fn pass_to(&mut self, now: i64, dice: &mut SmallRng) {
        let (mut due, later): (Vec<OnWire>, Vec<OnWire>) =
            self.wire.drain(..).partition(|r| r.arrives <= now);
        self.wire = later;
        due.sort_by_key(|request| request.arrives);
        for request in due {
            self.arrive(&request, dice);
        }
        let (due, later): (Vec<_>, Vec<_>) = self.booking.drain(..).partition(|b| b.0 <= now);
        self.booking = later;
        self.balance -= due.iter().map(|(_, amount)| amount).sum::<i64>();
    }

    fn arrive(&mut self, request: &OnWire, dice: &mut SmallRng) {
        let owed = self.owed(&request.account);
        let is_other = matches!(request.sender, Sender::OtherMachine(_));
        let is_broken = !is_other && dice.random_bool(0.03);
        let verdict = match self.is_debt {
            _ if is_broken => Judged::Broken,
            true if owed == 0 => Judged::Cleared,
            // The other machine has another agent's account.
            _ if !is_other && self.balance < request.amount => Judged::Refused,
            _ => Judged::Success,
        };
        let is_lie = !is_other && self.lies && dice.random_bool(0.1);
        if verdict == Judged::Success && is_lie {
            self.lied.push(request.sender);
            self.debts.insert(request.account.clone(), 0);
        } else if verdict == Judged::Success {
            if self.is_debt {
                self.debts.insert(request.account.clone(), 0);
            }
            if !is_other {
                self.book(request, dice);
            }
            self.moved.push((request.sender, request.amount));
        }
        self.answers.entry(request.sender).or_insert(verdict);
    }

    fn book(&mut self, request: &OnWire, dice: &mut SmallRng) {
        let late = if self.books_late {
            dice.random_range(0..=BOOKING_MAX)
        } else {
            0
        };
        let booked = request.arrives + late;
        self.booking.push((booked, request.amount));
        let row = HistoryRow {
            transaction: format!("T{}", self.moved.len()),
            account: request.account.clone(),
            amount: vnd(request.amount),
        };
        let shows = booked + dice.random_range(0..=HISTORY_MAX);
        self.history.push((shows, row));
    }

    pub fn verdict(&self, sender: Sender) -> Option<Judged> {
        self.answers.get(&sender).copied()
    }

    /// The rows that the history shows now.
    pub fn rows(&self, now: i64) -> Vec<HistoryRow> {
        let shown = self.history.iter().filter(|(shows, _)| *shows <= now);
        shown.map(|(_, row)| row.clone()).collect()
    }

    /// Its words, and what they mean by the map.
    pub fn words(&self, verdict: Judged, amount: i64, is_odd: bool) -> (Vec<Said>, Reading) {
        let answer = match (verdict, self.wording) {
            _ if is_odd => Answer::Unclear,
            (Judged::Broken, _) | (Judged::Success, Wording::Odd) => Answer::Unclear,
            (Judged::Success, Wording::Plain) => Answer::Success {
                amounts: Vec::new(),
            },
            (Judged::Success, Wording::WithAmount) => Answer::Success {
                amounts: vec![vnd(amount)],
            },
            (Judged::Refused, _) => Answer::Refused,
            (Judged::Cleared, _) => Answer::Cleared,
        };
        let said = Said {
            severity: "info".into(),
            text: format!("{verdict:?}"),
        };
        let transaction = None;
        let reading = Reading {
            answer,
            transaction,
        };
        (vec![said], reading)
    }
}

pub(super) fn vnd(dong: i64) -> Vnd {
    Vnd::try_from(dong).unwrap_or_default()
}
