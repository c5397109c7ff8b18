//! What may happen to a job on the server: handed out, armed, reported, in doubt, looked into by a
//! person.
//!
//! The same law as on the operator's machine, seen from the other side: what was armed is never
//! handed out again by itself, ends are never rewritten, and a report that comes too late moves
//! nothing but keeps what it says.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::outcome::Outcome;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// May be handed out.
    Ready,
    /// Handed out; nothing was confirmed on the portal yet.
    Leased,
    /// The machine was allowed to confirm: money may be on its way.
    Armed,
    /// Ended with an outcome that was wanted: paid, looked up, nothing owed.
    Done,
    /// Ended without it: refused, not found, or failed too often.
    Failed,
    /// It may have been paid and may not. Never handed out.
    InDoubt,
    /// Reports contradict each other: a person decides. Never handed out.
    Review,
    /// Taken back by a person.
    Cancelled,
}

/// What happens to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEvent {
    /// A machine takes it.
    Taken,
    /// The machine that has it gives it back, untouched.
    GivenBack,
    /// The machine that has it asks whether it may confirm.
    Armed,
    /// Nothing was heard of the machine until its lease ran out.
    LeaseRanOut,
    /// The machine that had it last tells how it ended. What is in review is a person's: another
    /// word of a machine is kept, and ends the contradiction as little as the first two did.
    Reported {
        /// How.
        outcome: Outcome,
        /// Is there something that proves it, and was the machine allowed to do it?
        is_proven: bool,
        /// Was this the last try that the shop allows?
        was_last_try: bool,
        /// Has somebody else said that money moved, and no person has looked since?
        is_disputed: bool,
    },
    /// Somebody who has no claim on it (any more) says that money moved or may have moved.
    Disputed,
    /// A person decides what a doubt was.
    Resolved(Resolution),
    /// A person takes it back.
    Cancelled,
    /// A person has it done again.
    Reopened,
}

/// What a person finds about a job in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// It was paid.
    Paid,
    /// It was not paid, and shall be done again.
    NotPaid,
    /// It was not paid, and shall not be done again.
    Dropped,
}

/// Something that cannot happen to a job in this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("việc đang ở trạng thái {} nên không thể: {event:?} (not possible in this state)", state.label())]
pub struct IllegalJobEvent {
    /// Where it stands.
    pub state: JobState,
    /// What was to happen.
    pub event: JobEvent,
}

/// The only place a job's state changes. An impossible pair is an error that names both halves.
pub fn after(state: JobState, event: JobEvent) -> Result<JobState, IllegalJobEvent> {
    use JobEvent as E;
    use JobState as S;
    Ok(match (state, event) {
        (S::Ready, E::Taken) => S::Leased,
        (S::Leased, E::GivenBack | E::LeaseRanOut)
        | (S::InDoubt | S::Review, E::Resolved(Resolution::NotPaid))
        | (S::Failed | S::Cancelled, E::Reopened) => S::Ready,
        (S::Leased, E::Armed) => S::Armed,
        // Nobody knows what the machine still did: the one thing that must never be handed out
        // again.
        (S::Armed, E::LeaseRanOut) => S::InDoubt,
        (
            S::Leased | S::Armed | S::InDoubt,
            E::Reported {
                outcome,
                is_proven,
                was_last_try,
                is_disputed,
            },
        ) => reported(outcome, is_proven, was_last_try, is_disputed),
        // A payment that we know nothing of: better a person's minute than a second payment.
        (S::Ready | S::Leased | S::Failed | S::Cancelled | S::Review, E::Disputed) => S::Review,
        // Remembered beside the state: what its own machine says next is weighed against it.
        (S::Armed | S::InDoubt | S::Done, E::Disputed) => state,
        (S::InDoubt | S::Review, E::Resolved(Resolution::Paid)) => S::Done,
        (S::InDoubt | S::Review, E::Resolved(Resolution::Dropped))
        | (S::Ready | S::Leased | S::Failed, E::Cancelled) => S::Cancelled,
        (state, event) => return Err(IllegalJobEvent { state, event }),
    })
}

fn reported(outcome: Outcome, is_proven: bool, was_last_try: bool, is_disputed: bool) -> JobState {
    match outcome {
        // A payment that nothing proves is a doubt, whoever tells it.
        Outcome::Paid if !is_proven => JobState::InDoubt,
        Outcome::Paid => JobState::Done,
        Outcome::Unknown => JobState::InDoubt,
        // One says that money moved, the other that it did not: neither is believed.
        _ if is_disputed => JobState::Review,
        Outcome::Debt | Outcome::NoDebt | Outcome::AlreadyCleared => JobState::Done,
        // The portal's or our own refusal: doing it again would end the same.
        Outcome::NotFound | Outcome::Rejected | Outcome::Refused | Outcome::HeldBack => {
            JobState::Failed
        }
        Outcome::Failed | Outcome::NotSent if was_last_try => JobState::Failed,
        Outcome::Failed | Outcome::NotSent | Outcome::Cancelled | Outcome::DryRun => {
            JobState::Ready
        }
    }
}

impl JobState {
    /// All of them, in the order of a job's life.
    pub const ALL: [Self; 8] = [
        Self::Ready,
        Self::Leased,
        Self::Armed,
        Self::Done,
        Self::Failed,
        Self::InDoubt,
        Self::Review,
        Self::Cancelled,
    ];

    /// The name on the wire and in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Leased => "leased",
            Self::Armed => "armed",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::InDoubt => "in_doubt",
            Self::Review => "review",
            Self::Cancelled => "cancelled",
        }
    }

    /// The word on the screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ready => "Chờ làm",
            Self::Leased => "Đang làm",
            Self::Armed => "Đang thanh toán",
            Self::Done => "Xong",
            Self::Failed => "Không làm được",
            Self::InDoubt => "Chưa rõ, cần đối soát",
            Self::Review => "Cần người xem",
            Self::Cancelled => "Đã hủy",
        }
    }

    /// Is there nothing left to do?
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// May money be on its way, so that no other job of the same debt is handed out?
    pub const fn locks_debt(self) -> bool {
        matches!(self, Self::Armed | Self::InDoubt | Self::Review)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.wire())
    }
}

/// No state has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("không có trạng thái {0:?} (unknown state)")]
pub struct UnknownJobState(pub String);

impl FromStr for JobState {
    type Err = UnknownJobState;

    fn from_str(wire: &str) -> Result<Self, UnknownJobState> {
        Self::ALL
            .into_iter()
            .find(|s| s.wire() == wire)
            .ok_or_else(|| UnknownJobState(wire.to_owned()))
    }
}

/// Does the outcome say that money moved, or may have?
pub const fn may_have_moved_money(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Paid | Outcome::Unknown)
}

/// Does the outcome use up one of the tries that the shop allows?
pub const fn counts_as_try(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Failed | Outcome::NotSent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn every_event() -> Vec<JobEvent> {
        let mut all = vec![
            JobEvent::Taken,
            JobEvent::GivenBack,
            JobEvent::Armed,
            JobEvent::LeaseRanOut,
            JobEvent::Disputed,
            JobEvent::Cancelled,
            JobEvent::Reopened,
        ];
        all.extend(
            [Resolution::Paid, Resolution::NotPaid, Resolution::Dropped].map(JobEvent::Resolved),
        );
        for outcome in Outcome::ALL {
            for bits in 0..8_u8 {
                let [is_proven, was_last_try, is_disputed] = [1, 2, 4].map(|bit| bits & bit != 0);
                all.push(JobEvent::Reported {
                    outcome,
                    is_proven,
                    was_last_try,
                    is_disputed,
                });
            }
        }
        all
    }

    #[test]
    fn what_was_armed_is_ready_again_only_by_proof_or_a_person() {
        for event in every_event() {
            let is_persons = matches!(event, JobEvent::Resolved(_));
            assert!(
                is_persons
                    || matches!(
                        after(JobState::Review, event),
                        Err(_) | Ok(JobState::Review)
                    ),
                "review is left by a person alone: {event:?}"
            );
        }
        for state in [JobState::Armed, JobState::InDoubt, JobState::Review] {
            for event in every_event() {
                if after(state, event) == Ok(JobState::Ready) {
                    let by_proof = matches!(event, JobEvent::Reported { outcome, is_disputed: false, .. } if outcome.may_be_tried_again());
                    assert!(
                        by_proof || event == JobEvent::Resolved(Resolution::NotPaid),
                        "{state} {event:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_end_is_left_only_by_a_person_or_a_contradiction() {
        for state in JobState::ALL.into_iter().filter(|s| s.is_end()) {
            for event in every_event() {
                let allowed = after(state, event).is_err()
                    || matches!(
                        event,
                        JobEvent::Reopened | JobEvent::Disputed | JobEvent::Cancelled
                    );
                assert!(allowed, "{state} {event:?}");
            }
        }
        for event in every_event() {
            assert!(
                matches!(after(JobState::Done, event), Err(_) | Ok(JobState::Done)),
                "what is done stays done: {event:?}"
            );
        }
    }

    #[test]
    fn a_dead_machines_jobs_come_back_and_its_payments_do_not() {
        assert_eq!(
            after(JobState::Leased, JobEvent::LeaseRanOut),
            Ok(JobState::Ready)
        );
        assert_eq!(
            after(JobState::Armed, JobEvent::LeaseRanOut),
            Ok(JobState::InDoubt)
        );
        assert!(after(JobState::InDoubt, JobEvent::Taken).is_err());
        assert!(after(JobState::Armed, JobEvent::GivenBack).is_err());
    }

    #[test]
    fn only_what_failed_before_the_payment_is_done_again_and_not_for_ever() {
        let told = |outcome, was_last_try| {
            after(
                JobState::Armed,
                JobEvent::Reported {
                    outcome,
                    is_proven: true,
                    was_last_try,
                    is_disputed: false,
                },
            )
        };
        assert_eq!(told(Outcome::NotSent, false), Ok(JobState::Ready));
        assert_eq!(told(Outcome::NotSent, true), Ok(JobState::Failed));
        assert_eq!(told(Outcome::Rejected, false), Ok(JobState::Failed));
        assert_eq!(told(Outcome::Unknown, false), Ok(JobState::InDoubt));
        assert_eq!(told(Outcome::Paid, true), Ok(JobState::Done));
    }

    #[test]
    fn a_payment_is_done_by_proof_and_undone_by_nobodys_denial() {
        let told = |outcome, is_proven, is_disputed| {
            after(
                JobState::Armed,
                JobEvent::Reported {
                    outcome,
                    is_proven,
                    was_last_try: false,
                    is_disputed,
                },
            )
        };
        assert_eq!(told(Outcome::Paid, false, false), Ok(JobState::InDoubt));
        assert_eq!(told(Outcome::Paid, true, true), Ok(JobState::Done));
        for outcome in Outcome::ALL
            .into_iter()
            .filter(|o| !may_have_moved_money(*o))
        {
            assert_eq!(told(outcome, true, true), Ok(JobState::Review), "{outcome}");
        }
    }

    proptest! {
        /// However events follow each other: a job that was paid stays so.
        #[test]
        fn paid_is_for_ever(order in proptest::collection::vec(0..every_event().len(), 0..40)) {
            let events = every_event();
            let (mut state, mut was_done) = (JobState::Ready, false);
            for event in order.into_iter().filter_map(|i| events.get(i)) {
                state = after(state, *event).unwrap_or(state);
                prop_assert!(!was_done || state == JobState::Done);
                was_done = state == JobState::Done;
            }
        }
    }
}
