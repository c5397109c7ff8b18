//! What a list is to the batches before it: the same one going on, another one, or something that a
//! person has to be asked about. Pure.
//!
//! What was concluded on an earlier day is never told again as this run's outcome. A stopped list
//! of debts is simply looked up anew, since what was paid of it shows no debt. A stopped list of
//! top-ups cannot be looked up, so a person is asked.

use super::attempt::State;
use super::driver::{Flaw, is_free_of_consequences};
use super::job::Job;
use super::outcome::Outcome;
use super::service::Service;

/// What kind of list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// It only reads, or stops before arming: it may be repeated at will.
    MovesNothing,
    /// Every row is a debt: the portal says what is still owed.
    Debts,
    /// At least one row is a top-up: the portal cannot tell a repeated one from a second one.
    TopUps,
}

impl ListKind {
    /// Of these jobs.
    pub fn of<'j>(
        service: Service,
        is_dry_run: bool,
        jobs: impl IntoIterator<Item = &'j Job>,
    ) -> Self {
        if is_dry_run || !service.is_payment() {
            Self::MovesNothing
        } else if jobs.into_iter().any(|job| job.top_up(service).is_some()) {
            Self::TopUps
        } else {
            Self::Debts
        }
    }
}

/// The newest batch of the same list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastBatch {
    /// When it was entered, in milliseconds since 1970.
    pub started_ms: i64,
    /// Was it gone through?
    pub is_finished: bool,
}

/// What a person has said about a list that was stopped on an earlier day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ListChoice {
    /// Nothing (yet).
    #[default]
    Unsaid,
    /// Go on with this batch.
    Continue(String),
    /// Begin anew, whatever was done of it.
    New,
}

/// What becomes of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuation {
    /// It goes on with the newest batch of the same list.
    Continues,
    /// It is a batch of its own.
    New,
    /// A person has to choose between the two.
    Ask,
}

/// What a list is to the newest batch of the same list. `day_start_ms`: the beginning of this day.
pub fn continuation(
    kind: ListKind,
    last: LastBatch,
    day_start_ms: i64,
    flaw: Flaw,
) -> Continuation {
    let is_of_today = last.started_ms >= day_start_ms;
    if cfg!(test) && flaw == Flaw::TellsEarlierDays && !last.is_finished {
        return Continuation::Continues;
    }
    match (kind, last.is_finished, is_of_today) {
        // A look-up that is over may be wanted once more.
        (ListKind::MovesNothing, true, _)
        | (ListKind::MovesNothing | ListKind::Debts, _, false)
        // What was topped up a short while ago is held back row by row.
        | (ListKind::TopUps, true, false) => Continuation::New,
        (ListKind::TopUps, false, false) => Continuation::Ask,
        (_, _, true) => Continuation::Continues,
    }
}

/// Is there anything left to do for a job whose newest attempt stands here (`None`: none was
/// made)? `was_finished`: the batch had been gone through before.
pub fn is_to_do(was_finished: bool, newest: Option<State>) -> bool {
    match newest {
        None | Some(State::Queued) => true,
        // Going on after an interruption does again what is free of consequences; an outcome stays
        // one.
        Some(State::Done(outcome)) if !was_finished => {
            is_free_of_consequences(outcome) || outcome == Outcome::HeldBack
        }
        // The operator asks again for a batch that was gone through: everything that moved no
        // money.
        Some(State::Done(outcome)) => outcome.may_be_tried_again(),
        // In doubt (recovery leaves no other state): locked.
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{DAY_MS, day_start};

    /// 00:00:10 in Việt Nam, still the day before in UTC.
    fn just_after_midnight() -> i64 {
        let at: jiff::Timestamp = "2026-10-31T17:00:10Z".parse().expect("a time");
        at.as_millisecond()
    }

    fn of(kind: ListKind, seconds_ago: i64, is_finished: bool) -> Continuation {
        let now = just_after_midnight();
        let last = LastBatch {
            started_ms: now - seconds_ago * 1_000,
            is_finished,
        };
        continuation(kind, last, day_start(now), Flaw::None)
    }

    #[test]
    fn a_list_of_this_day_goes_on_and_one_of_an_earlier_day_does_not() {
        for kind in [ListKind::Debts, ListKind::TopUps, ListKind::MovesNothing] {
            assert_eq!(of(kind, 5, false), Continuation::Continues, "{kind:?}");
        }
        // Twenty seconds ago it was yesterday.
        assert_eq!(of(ListKind::Debts, 20, false), Continuation::New);
        assert_eq!(of(ListKind::MovesNothing, 20, false), Continuation::New);
        assert_eq!(of(ListKind::TopUps, 20, false), Continuation::Ask);
        assert_eq!(of(ListKind::TopUps, 20, true), Continuation::New);
        assert_eq!(of(ListKind::Debts, 20, true), Continuation::New);
    }

    #[test]
    fn a_payment_list_that_is_over_is_told_again_on_the_same_day_and_a_look_up_is_done_anew() {
        assert_eq!(of(ListKind::Debts, 5, true), Continuation::Continues);
        assert_eq!(of(ListKind::TopUps, 5, true), Continuation::Continues);
        assert_eq!(of(ListKind::MovesNothing, 5, true), Continuation::New);
    }

    #[test]
    fn an_old_list_is_told_as_todays_only_by_the_flaw() {
        let now = just_after_midnight();
        let october = LastBatch {
            started_ms: now - 30 * DAY_MS,
            is_finished: false,
        };
        let with = |flaw| continuation(ListKind::Debts, october, day_start(now), flaw);
        assert_eq!(with(Flaw::None), Continuation::New);
        assert_eq!(with(Flaw::TellsEarlierDays), Continuation::Continues);
    }

    #[test]
    fn going_on_never_does_again_what_was_paid_or_may_have_been() {
        for was_finished in [false, true] {
            assert!(is_to_do(was_finished, None));
            assert!(is_to_do(was_finished, Some(State::Queued)));
            assert!(is_to_do(was_finished, Some(State::Done(Outcome::Failed))));
            for never in [
                State::Done(Outcome::Paid),
                State::Unknown,
                State::Armed,
                State::Observed,
                State::Reconciling,
            ] {
                assert!(!is_to_do(was_finished, Some(never)), "{never:?}");
            }
        }
        let rejected = Some(State::Done(Outcome::Rejected));
        assert!(
            !is_to_do(false, rejected),
            "an interruption changes no outcome"
        );
        assert!(
            is_to_do(true, rejected),
            "asked for again, it is tried again"
        );
    }
}
