//! The fall of the agent's balance, checked for many payments at once.
//!
//! Words of success that name the amount prove a payment, so the balance is not asked for with each
//! one. What they say is still held against the account: at the next page that brings the balance
//! anyway, every so many payments and at the end. Where the account fell by less than was told, and
//! by exactly so much less that some of the payments could be missing, nothing more is armed and a
//! person is told which ones they can be.

use std::collections::HashSet;

use super::{AttemptRules, Effect, Flaw, Input, OutOfOrder};
use crate::domain::money::Vnd;

/// Payments that one login makes between two checks, at most.
const PAYMENTS_MAX: u64 = 25;
/// How long payments stay unchecked, at most, in milliseconds.
const AGE_MAX_MS: i64 = 120_000;
/// So many different sums are tried; beyond them only one or two payments are looked for, or all.
const SUMS_MAX: usize = 100_000;

/// What was paid since the balance was read at rest last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unchecked {
    /// How many payments were armed since.
    pub payments: u64,
    /// How long ago it was read, in milliseconds.
    pub age_ms: i64,
    /// What is about to be paid is equal to one of them, to the same account: rows of a history
    /// could not tell the two apart.
    pub has_equal: bool,
}

/// Is the fall to be checked before the next payment?
pub fn is_check_due(unchecked: &Unchecked, logins: usize) -> bool {
    let most = PAYMENTS_MAX.saturating_mul(u64::try_from(logins.max(1)).unwrap_or(1));
    unchecked.has_equal
        || unchecked.payments >= most
        || (unchecked.payments > 0 && unchecked.age_ms >= AGE_MAX_MS)
}

/// What the journal knows about the payments since the balance was read at rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FallBooks {
    /// Milliseconds since 1970.
    pub now_ms: i64,
    /// The journal's newest event.
    pub seq: i64,
    /// That balance; `None`: none is known.
    pub rest: Option<Vnd>,
    /// Payments that were proven since, and are not disputed: which attempt, and how much.
    pub paid: Vec<(String, Vnd)>,
    /// Attempts on the account that are open or disputed: their own looks come first.
    pub open: usize,
    /// When a payment was proven last, in milliseconds since 1970.
    pub last_paid_ms: Option<i64>,
}

/// What the check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fall {
    /// The account fell by what was told. This balance is one at rest, with the journal's newest
    /// event then.
    Agrees(Vnd, i64),
    /// It moved by something else that convicts nobody (a fee, a deposit, somebody else at work), long
    /// enough after the last payment for that to be booked: a balance at rest all the same.
    Moved(Vnd, i64),
    /// It fell by so much less that some of the payments did not move it: these can be the ones.
    Missing {
        /// What the account should hold.
        expected: Vnd,
        /// What it holds.
        seen: Vnd,
        /// The attempts.
        attempts: Vec<String>,
    },
    /// Nothing to check, or nothing that says anything.
    Unknown,
}

/// What the check asks for next, or what it found.
#[derive(Debug, Clone, PartialEq)]
pub enum FallStep {
    /// To be carried out and answered.
    Ask(Effect),
    /// The end.
    Done(Fall),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Rest,
    Books,
    Balance,
    Waiting,
}

/// One check on its way.
#[derive(Debug, Clone)]
pub struct FallCheck {
    settle_waits_ms: Vec<u64>,
    /// How long the portal may take to book a payment, in milliseconds.
    settle_ms: i64,
    is_skipped: bool,
    phase: Phase,
    books: FallBooks,
    waits: usize,
}

impl FallCheck {
    /// A check that has not begun.
    pub fn new(rules: &AttemptRules) -> Self {
        Self {
            settle_waits_ms: rules.settle_waits_ms.clone(),
            settle_ms: rules.patience.settle_ms,
            is_skipped: cfg!(test) && rules.flaw == Flaw::BelievesEveryWord,
            phase: Phase::Rest,
            books: FallBooks::default(),
            waits: 0,
        }
    }

    /// The first effect.
    pub fn begin(&mut self) -> FallStep {
        self.phase = Phase::Rest;
        FallStep::Ask(Effect::WaitForRest)
    }

    /// The next one, now that the last is answered.
    pub fn step(&mut self, input: Input) -> Result<FallStep, OutOfOrder> {
        Ok(match (self.phase, input) {
            (Phase::Rest, Input::AtRest) => {
                self.phase = Phase::Books;
                FallStep::Ask(Effect::ReadFall)
            }
            (Phase::Books, Input::Fall(books)) => {
                let is_to_check = books.rest.is_some() && !books.paid.is_empty() && books.open == 0;
                self.books = books;
                if !is_to_check || self.is_skipped {
                    return Ok(FallStep::Done(Fall::Unknown));
                }
                self.phase = Phase::Balance;
                FallStep::Ask(Effect::ReadBalance)
            }
            (Phase::Balance, Input::Balance(Some(seen))) => self.weigh(seen),
            (Phase::Balance, Input::Balance(None)) => FallStep::Done(Fall::Unknown),
            (Phase::Waiting, Input::Waited) => {
                self.phase = Phase::Balance;
                FallStep::Ask(Effect::ReadBalance)
            }
            (phase, input) => {
                return Err(OutOfOrder::Input {
                    phase: format!("{phase:?}"),
                    input: format!("{input:?}"),
                });
            }
        })
    }

    fn weigh(&mut self, seen: Vnd) -> FallStep {
        let amounts: Vec<Vnd> = self.books.paid.iter().map(|(_, amount)| *amount).collect();
        let paid: Vnd = amounts.iter().copied().sum();
        let Some(expected) = self.books.rest.and_then(|rest| rest.checked_sub(paid)) else {
            return FallStep::Done(Fall::Unknown);
        };
        if seen == expected {
            return FallStep::Done(Fall::Agrees(seen, self.books.seq));
        }
        let could_miss = seen
            .checked_sub(expected)
            .is_some_and(|less| could_be_missing(less, &amounts));
        if !could_miss {
            let last_paid_ms = self.books.last_paid_ms;
            let is_booked = last_paid_ms.is_none_or(|at| self.books.now_ms - at >= self.settle_ms);
            return FallStep::Done(if is_booked {
                Fall::Moved(seen, self.books.seq)
            } else {
                Fall::Unknown
            });
        }
        // The portal may book a moment after it answers.
        if let Some(ms) = self.settle_waits_ms.get(self.waits).copied() {
            self.waits += 1;
            self.phase = Phase::Waiting;
            return FallStep::Ask(Effect::Wait(ms));
        }
        FallStep::Done(Fall::Missing {
            expected,
            seen,
            attempts: self.books.paid.iter().map(|(id, _)| id.clone()).collect(),
        })
    }
}

/// Is this the sum of some of the amounts?
fn could_be_missing(less: Vnd, amounts: &[Vnd]) -> bool {
    if less.is_zero() {
        return false;
    }
    let mut sums: HashSet<Vnd> = HashSet::from([Vnd::ZERO]);
    for amount in amounts {
        let more = sums.iter().map(|sum| sum.saturating_add(*amount));
        let more: Vec<Vnd> = more.filter(|sum| *sum <= less).collect();
        sums.extend(more);
        if sums.len() > SUMS_MAX {
            return could_few_be_missing(less, amounts);
        }
    }
    sums.contains(&less)
}

/// One of them, two of them, or all.
fn could_few_be_missing(less: Vnd, amounts: &[Vnd]) -> bool {
    let is_two = |(at, first): (usize, &Vnd)| {
        let second = less.checked_sub(*first);
        second.is_some_and(|second| amounts[at + 1..].contains(&second))
    };
    amounts.contains(&less)
        || less == amounts.iter().copied().sum()
        || amounts.iter().enumerate().any(is_two)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Limits, Patience};

    fn check() -> FallCheck {
        FallCheck::new(&AttemptRules {
            limits: Limits::default(),
            patience: Patience {
                schedule_ms: vec![0],
                settle_ms: 500,
                apart_ms: 100,
            },
            retries: 1,
            settle_waits_ms: vec![100],
            flaw: Flaw::None,
        })
    }

    fn books(paid: &[u32]) -> FallBooks {
        let paid = paid.iter().enumerate();
        FallBooks {
            seq: 9,
            rest: Some(Vnd::fixed(1_000_000)),
            paid: paid
                .map(|(i, amount)| (i.to_string(), Vnd::fixed(*amount)))
                .collect(),
            ..FallBooks::default()
        }
    }

    /// The end of a check in which the balance says this, however often it is read.
    fn found(books: &FallBooks, seen: u32) -> Fall {
        let mut check = check();
        let mut step = check.begin();
        loop {
            let input = match step {
                FallStep::Done(fall) => return fall,
                FallStep::Ask(Effect::WaitForRest) => Input::AtRest,
                FallStep::Ask(Effect::ReadFall) => Input::Fall(books.clone()),
                FallStep::Ask(Effect::ReadBalance) => Input::Balance(Some(Vnd::fixed(seen))),
                FallStep::Ask(Effect::Wait(_)) => Input::Waited,
                FallStep::Ask(other) => panic!("{other:?}"),
            };
            step = check.step(input).expect("in order");
        }
    }

    #[test]
    fn a_fall_by_all_that_was_told_is_a_new_rest() {
        let all = Fall::Agrees(Vnd::fixed(940_000), 9);
        assert_eq!(found(&books(&[10_000, 20_000, 30_000]), 940_000), all);
    }

    #[test]
    fn a_payment_that_did_not_move_the_account_is_missed() {
        for seen in [950_000, 960_000, 970_000, 1_000_000] {
            let fall = found(&books(&[10_000, 20_000, 30_000]), seen);
            assert!(matches!(fall, Fall::Missing { .. }), "{seen}: {fall:?}");
        }
    }

    #[test]
    fn fees_discounts_and_other_hands_convict_nobody() {
        for seen in [939_400, 940_600, 900_000, 2_000_000] {
            let mut told = books(&[10_000, 20_000, 30_000]);
            (told.now_ms, told.last_paid_ms) = (1_000, Some(501));
            assert_eq!(found(&told, seen), Fall::Unknown, "{seen}");
            told.last_paid_ms = Some(500);
            assert_eq!(found(&told, seen), Fall::Moved(Vnd::fixed(seen), 9));
        }
        let in_doubt = FallBooks {
            open: 1,
            ..books(&[10_000])
        };
        assert_eq!(found(&in_doubt, 1_000_000), Fall::Unknown);
        assert_eq!(found(&books(&[]), 1_000_000), Fall::Unknown);
    }

    #[test]
    fn among_very_many_payments_one_two_or_all_are_missed() {
        let amounts: Vec<Vnd> = (0..200).map(|i| Vnd::fixed(10_007 + i * i * 31)).collect();
        let of = |places: &[usize]| places.iter().map(|place| amounts[*place]).sum::<Vnd>();
        assert!(could_few_be_missing(of(&[7]), &amounts));
        assert!(could_few_be_missing(of(&[7, 190]), &amounts));
        assert!(could_few_be_missing(
            amounts.iter().copied().sum(),
            &amounts
        ));
        assert!(!could_few_be_missing(Vnd::fixed(11), &amounts));
        // Equal ones have few sums, however many they are.
        let equal = vec![Vnd::fixed(50_000); 200];
        assert!(could_be_missing(Vnd::fixed(3_500_000), &equal));
        assert!(!could_be_missing(Vnd::fixed(3_510_000), &equal));
    }

    #[test]
    fn it_is_due_after_so_many_payments_or_so_long_or_before_an_equal_one() {
        let due = |payments, age_ms, has_equal, logins| {
            let unchecked = Unchecked {
                payments,
                age_ms,
                has_equal,
            };
            is_check_due(&unchecked, logins)
        };
        assert!(!due(0, AGE_MAX_MS, false, 1) && !due(24, 0, false, 1));
        assert!(due(25, 0, false, 1) && !due(25, 0, false, 2) && due(1, AGE_MAX_MS, false, 1));
        assert!(due(1, 0, true, 8));
    }
}
