//! One attempt at one job: its states, and the one function that moves it.
//!
//! Live work and recovery after a crash both go through [`Attempt::after`]: read the events, fold,
//! continue. An attempt at or past [`State::Armed`] may have moved money; only proof leads out of
//! there.

mod event;

use serde::{Deserialize, Serialize};

use super::outcome::{Outcome, Proof};
use super::reconcile::Look;

pub use event::{Conclusion, Event, GateKind, Intent, Kept, Quote, Said};

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waiting. Nothing happened yet, or a technical failure before arming brought it back here.
    Queued,
    /// A session took it.
    Leased,
    /// The portal said what is owed (or that a top-up is possible).
    LookedUp,
    /// The form is filled and read back equal, the confirm dialog stands open.
    Prepared,
    /// The server (or, without one, this machine) agreed that arming may begin.
    PreArmed,
    /// The intent is durable on disk. From here on money may move.
    Armed,
    /// The gate let the confirming request out. Without a gate: the click was handed to the
    /// browser.
    Released,
    /// The portal's answer is on disk.
    Observed,
    /// It may have been paid and may not.
    Unknown,
    /// Evidence is being gathered for an unknown attempt.
    Reconciling,
    /// The end. Never left again.
    Done(Outcome),
}

impl State {
    /// May money have moved without the outcome being known? Such an attempt locks its debt.
    pub const fn is_in_doubt(self) -> bool {
        matches!(
            self,
            Self::Armed | Self::Released | Self::Observed | Self::Unknown | Self::Reconciling
        )
    }

    /// The name on the wire, one word.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::LookedUp => "looked_up",
            Self::Prepared => "prepared",
            Self::PreArmed => "pre_armed",
            Self::Armed => "armed",
            Self::Released => "released",
            Self::Observed => "observed",
            Self::Unknown => "unknown",
            Self::Reconciling => "reconciling",
            Self::Done(outcome) => outcome.wire(),
        }
    }
}

/// An attempt, folded from its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Where it stands.
    pub state: State,
    /// The portal's quote.
    pub quote: Option<Quote>,
    /// What was armed.
    pub intent: Option<Intent>,
    /// The browser's id of the confirming request, once it was let go.
    pub request: Option<String>,
    /// The portal's words after the click.
    pub observed: Option<Vec<Said>>,
    /// Were they read from the living browser of a run that had died?
    pub is_reattached: bool,
    /// What was asked since it is unknown.
    pub looks: Vec<Look>,
    /// Files that were kept.
    pub evidence: Vec<Kept>,
    /// Why it is unknown, where it is.
    pub doubt: Option<String>,
    /// Why its payment is disputed, where it is.
    pub dispute: Option<String>,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
}

/// An event that cannot happen in this state. It names both halves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("sự kiện {event} không thể xảy ra khi giao dịch đang ở trạng thái {state}")]
pub struct IllegalEvent {
    /// The state.
    pub state: &'static str,
    /// The event.
    pub event: &'static str,
}

impl Default for Attempt {
    fn default() -> Self {
        Self {
            state: State::Queued,
            quote: None,
            intent: None,
            request: None,
            observed: None,
            is_reattached: false,
            looks: Vec::new(),
            evidence: Vec::new(),
            doubt: None,
            dispute: None,
            conclusion: None,
        }
    }
}

impl Attempt {
    /// The attempt that its events tell of.
    pub fn fold<'e>(events: impl IntoIterator<Item = &'e Event>) -> Result<Self, IllegalEvent> {
        events.into_iter().try_fold(Self::default(), Attempt::after)
    }

    /// The only place where an attempt changes. An impossible pair is an error that names both
    /// halves.
    pub fn after(mut self, event: &Event) -> Result<Self, IllegalEvent> {
        use State::{
            Armed, Done, Leased, LookedUp, Observed, PreArmed, Prepared, Queued, Reconciling,
            Released, Unknown,
        };
        self.state = match (self.state, event) {
            (Queued, Event::Leased { .. }) => Leased,
            (Leased, Event::QuoteSeen(quote)) => {
                self.quote = Some(quote.clone());
                LookedUp
            }
            (LookedUp, Event::Prepared) => Prepared,
            (Prepared, Event::PreArmed) => PreArmed,
            (PreArmed, Event::Armed(intent)) => {
                self.intent = Some(intent.clone());
                Armed
            }
            (Armed, Event::Released { request, .. }) => {
                self.request.clone_from(request);
                Released
            }
            (Released, Event::Withheld { .. }) => {
                self.request = None;
                Armed
            }
            // Armed without Released is the latch's way: the click and the request are one step
            // there.
            (Armed | Released, Event::Observed { said, .. }) => {
                self.observed = Some(said.clone());
                Observed
            }
            // A living browser told it after the run that asked had died.
            (Unknown | Reconciling, Event::Observed { said, .. }) => {
                self.observed = Some(said.clone());
                self.is_reattached = true;
                Reconciling
            }
            (Unknown | Reconciling, Event::Looked(look)) => {
                self.looks.push(look.clone());
                Reconciling
            }
            (state @ Done(Outcome::Paid), Event::Disputed { why }) => {
                self.dispute = Some(why.clone());
                state
            }
            (state, Event::EvidenceKept { files }) => {
                self.evidence.extend(files.iter().cloned());
                state
            }
            // Nothing was clicked that can move money: look again from the start.
            (Leased | LookedUp | Prepared | PreArmed, Event::ContactLost { .. }) => {
                self.quote = None;
                Queued
            }
            (Armed | Released | Observed | Unknown | Reconciling, Event::ContactLost { why }) => {
                self.doubt = Some(why.clone());
                Unknown
            }
            (Unknown | Reconciling, Event::ReconcileStarted) => Reconciling,
            (state, Event::Concluded(end)) if may_end(state, end) => {
                self.conclusion = Some(end.clone());
                Done(end.outcome)
            }
            (state, event) => {
                return Err(IllegalEvent {
                    state: state.wire(),
                    event: event.wire(),
                });
            }
        };
        Ok(self)
    }

    /// What has to be written of an attempt whose program died in the middle; `None` where it
    /// stands well.
    ///
    /// Behind a valve an armed attempt was never sent: its connections were shut before it was
    /// armed, and open only after its release is on disk.
    pub fn after_crash(&self) -> Option<Event> {
        let why = "Chương trình đã dừng giữa chừng".to_owned();
        match self.state {
            State::Queued | State::Unknown | State::Done(_) => None,
            State::Armed
                if self
                    .intent
                    .as_ref()
                    .is_some_and(|i| i.gate == GateKind::Valve) =>
            {
                Some(Event::Concluded(Conclusion::not_sent(format!(
                    "{why} trước khi yêu cầu xác nhận được gửi đi"
                ))))
            }
            _ => Some(Event::ContactLost { why }),
        }
    }

    /// What a report says of it now: its end, or `unknown` / `cancelled` where it has none.
    pub fn standing(&self) -> Conclusion {
        if let Some(end) = &self.conclusion {
            return end.clone();
        }
        let in_doubt = self.state.is_in_doubt();
        Conclusion {
            outcome: if in_doubt {
                Outcome::Unknown
            } else {
                Outcome::Cancelled
            },
            proof: Proof::None,
            amount: self.intent.as_ref().map(|i| i.amount).filter(|_| in_doubt),
            transaction_id: None,
            message: match (&self.doubt, &self.observed) {
                (Some(doubt), _) => doubt.clone(),
                (None, Some(seen)) => Said::joined(seen),
                (None, None) if in_doubt => {
                    "Chương trình dừng khi chưa có câu trả lời của cổng".to_owned()
                }
                (None, None) => "Chưa làm".to_owned(),
            },
        }
    }
}

/// Which ends are possible where. Past arming every end but `unknown` needs a proof.
fn may_end(state: State, end: &Conclusion) -> bool {
    let before_arming = matches!(
        state,
        State::Queued | State::Leased | State::LookedUp | State::Prepared | State::PreArmed
    );
    let proven = end.proof != Proof::None;
    match end.outcome {
        Outcome::Debt => state == State::LookedUp,
        Outcome::NoDebt
        | Outcome::NotFound
        | Outcome::Refused
        | Outcome::HeldBack
        | Outcome::Failed
        | Outcome::Cancelled => before_arming,
        Outcome::DryRun => state == State::Prepared,
        Outcome::Paid => proven && past_click(state),
        Outcome::Rejected | Outcome::AlreadyCleared => {
            before_arming || (proven && past_click(state))
        }
        // Only the gate proves it at once (the request was held and failed); later it takes other
        // evidence.
        Outcome::NotSent => {
            state == State::Armed
                || (proven && matches!(state, State::Unknown | State::Reconciling))
        }
        // Not an end: it is where an attempt waits for proof.
        Outcome::Unknown => false,
    }
}

const fn past_click(state: State) -> bool {
    matches!(state, State::Observed | State::Unknown | State::Reconciling)
}

#[cfg(test)]
mod tests;
