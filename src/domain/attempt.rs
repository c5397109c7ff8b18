//! One attempt at one job: its states, and the one function that moves it.
//!
//! Live work and recovery after a crash both go through [`Attempt::after`]: read the events, fold,
//! continue. An attempt at or past [`State::Armed`] may have moved money; only proof leads out of
//! there.

use serde::{Deserialize, Serialize};

use super::money::Vnd;
use super::outcome::{Outcome, Proof};
use super::reconcile::Look;

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

/// What the portal said before the payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// What will be paid.
    pub amount: Vnd,
    /// Whose bill it is, where the page says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The agent's balance in the page's frame at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Vnd>,
}

/// How at most one confirming request per attempt is ensured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateKind {
    /// The request is held before it leaves the browser, checked, and let go once; until its
    /// release is on disk no connection leaves the machine, whoever dies.
    Valve,
    /// The request is held in the browser alone: a driver that dies lets it go.
    Wire,
    /// A latch in the page, keyed by the attempt, lets one click through.
    Latch,
}

/// What is on disk before a click that can move money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Portal user whose balance pays.
    pub agent: String,
    /// What is locked while this attempt is in doubt.
    pub obligation: String,
    /// The amount.
    pub amount: Vnd,
    /// The agent's balance at a time when nothing else was on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_before: Option<Vnd>,
    /// The ledger's newest event at that time: what was paid after it explains what the balance
    /// fell by since. A number and not a time, because a clock can be set back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_seq: Option<i64>,
    /// Was every earlier attempt of this agent settled, so that the balance can serve as proof?
    pub balance_is_proof: bool,
    /// How one request per attempt is ensured.
    pub gate: GateKind,
    /// WebDriver session.
    pub session: String,
    /// Process id of the browser, where it is ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser_pid: Option<u32>,
    /// `host:port` of the browser's debugger, for attaching again after a crash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debugger_address: Option<String>,
    /// Address of the browser's `BiDi` socket, for the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bidi_url: Option<String>,
    /// The tab, for the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The newest transaction id in the portal's history before the click, empty where the history
    /// was: what stands above it came later. `None`: no history that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_mark: Option<String>,
    /// The ledger's newest event when that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_seq: Option<i64>,
}

impl Intent {
    /// An intent that names nothing but what is paid and how it is held: no balance, no browser, no
    /// history.
    pub fn bare(agent: &str, obligation: String, amount: Vnd, gate: GateKind) -> Self {
        Self {
            agent: agent.to_owned(),
            obligation,
            amount,
            balance_before: None,
            balance_seq: None,
            balance_is_proof: false,
            gate,
            session: String::new(),
            browser_pid: None,
            debugger_address: None,
            bidi_url: None,
            context: None,
            history_mark: None,
            history_seq: None,
        }
    }
}

/// What happened to an attempt. Appended to the ledger, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A session took the job.
    Leased {
        /// WebDriver session.
        session: String,
        /// Who was signed in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<String>,
    },
    /// The portal said what is owed, or that a top-up is possible.
    QuoteSeen(Quote),
    /// The form is filled and read back; the dialog stands open.
    Prepared,
    /// Arming was agreed to.
    PreArmed,
    /// The intent, durable before the click.
    Armed(Intent),
    /// The confirming request is let go, once. Durable before it leaves.
    Released {
        /// The browser's id of it, for asking a living browser after a crash.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
        /// Hash of its body with the PIN masked, which lies with the evidence.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    },
    /// The release is on disk, but the gate then did not let the request go, and never will: the
    /// browser died, or what carries its connections.
    Withheld {
        /// Why, for people.
        why: String,
    },
    /// The portal's answer as it was read.
    Observed {
        /// Its messages, word for word.
        said: Vec<Said>,
        /// The agent's balance after the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        balance: Option<Vnd>,
    },
    /// Contact was lost or nothing could be made of what was seen.
    ContactLost {
        /// Why, for people.
        why: String,
    },
    /// Evidence is being gathered.
    ReconcileStarted,
    /// One look at everything that can be asked.
    Looked(Look),
    /// Files that were kept. Changes nothing about where the attempt stands.
    EvidenceKept {
        /// All of them.
        files: Vec<Kept>,
    },
    /// Paid by the portal's words, but the account fell by less than all that was told. Changes
    /// nothing about where the attempt stands: a person has to compare it with the portal.
    Disputed {
        /// What was expected and what was seen, for people.
        why: String,
    },
    /// The end, with its proof.
    Concluded(Conclusion),
}

/// A file of evidence, found by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What it shows: `request`, `response`, `quote`, `outcome`, `failure`, `doubt`, and what kind
    /// of file.
    pub what: String,
    /// SHA-256 of its bytes, in hex.
    pub hash: String,
}

/// One message as it stands on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// `info`, `warn`, `error`, `fatal`, or `receipt` for the print panel.
    pub severity: String,
    /// Its words.
    pub text: String,
}

impl Said {
    /// All messages in one text for people.
    pub fn joined(said: &[Self]) -> String {
        said.iter()
            .map(|s| s.text.as_str())
            .collect::<Vec<_>>()
            .join(" | ")
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conclusion {
    /// The class.
    pub outcome: Outcome,
    /// What proves it.
    pub proof: Proof,
    /// The amount paid or owed, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Vnd>,
    /// The portal's transaction id, where its answer had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// The portal's own words, or ours where it said nothing.
    pub message: String,
}

impl Conclusion {
    /// An end with words and nothing else.
    pub const fn of(outcome: Outcome, proof: Proof, message: String) -> Self {
        Self {
            outcome,
            proof,
            amount: None,
            transaction_id: None,
            message,
        }
    }

    /// The gate's word: nothing left the machine.
    pub const fn not_sent(message: String) -> Self {
        Self::of(Outcome::NotSent, Proof::None, message)
    }

    /// The same about this amount.
    #[must_use]
    pub fn about(self, amount: Vnd) -> Self {
        Self {
            amount: Some(amount),
            ..self
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

impl Event {
    /// The event's name on the wire.
    pub const fn wire(&self) -> &'static str {
        match self {
            Self::Leased { .. } => "leased",
            Self::QuoteSeen(_) => "quote_seen",
            Self::Prepared => "prepared",
            Self::PreArmed => "pre_armed",
            Self::Armed(_) => "armed",
            Self::Released { .. } => "released",
            Self::Withheld { .. } => "withheld",
            Self::Observed { .. } => "observed",
            Self::ContactLost { .. } => "contact_lost",
            Self::ReconcileStarted => "reconcile_started",
            Self::Looked(_) => "looked",
            Self::EvidenceKept { .. } => "evidence_kept",
            Self::Disputed { .. } => "disputed",
            Self::Concluded(_) => "concluded",
        }
    }
}

impl Event {
    /// Has it to be on disk before anything else happens? What leads up to arming moves no money, and
    /// an answer is either followed by its end or read again: these may go to disk with the next one
    /// that has to.
    pub const fn must_last(&self) -> bool {
        match self {
            Self::Leased { .. }
            | Self::QuoteSeen(_)
            | Self::Prepared
            | Self::PreArmed
            | Self::Observed { .. }
            | Self::EvidenceKept { .. } => false,
            Self::Armed(_)
            | Self::Released { .. }
            | Self::Withheld { .. }
            | Self::ContactLost { .. }
            | Self::ReconcileStarted
            | Self::Looked(_)
            | Self::Disputed { .. }
            | Self::Concluded(_) => true,
        }
    }

    /// Is it told beside the attempt's life, and changes nothing about where it stands?
    pub const fn is_note(&self) -> bool {
        matches!(self, Self::EvidenceKept { .. } | Self::Disputed { .. })
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn intent() -> Intent {
        Intent {
            balance_before: Some(Vnd::fixed(1_000_000)),
            balance_seq: Some(0),
            balance_is_proof: true,
            ..Intent::bare("A", "o".into(), Vnd::fixed(150_000), GateKind::Latch)
        }
    }

    fn end(outcome: Outcome, proof: Proof) -> Event {
        Event::Concluded(Conclusion {
            outcome,
            proof,
            amount: None,
            transaction_id: None,
            message: String::new(),
        })
    }

    fn quote() -> Event {
        Event::QuoteSeen(Quote {
            amount: Vnd::fixed(150_000),
            customer: None,
            balance: None,
        })
    }

    fn until_armed() -> Vec<Event> {
        vec![
            Event::Leased {
                session: "s".into(),
                operator: None,
            },
            quote(),
            Event::Prepared,
            Event::PreArmed,
            Event::Armed(intent()),
        ]
    }

    fn released() -> Event {
        Event::Released {
            request: Some("7.1".into()),
            body: None,
        }
    }

    fn lost() -> Event {
        Event::ContactLost {
            why: "mất mạng".into(),
        }
    }

    #[test]
    fn a_payment_goes_through_every_state_to_paid() {
        let mut events = until_armed();
        events.extend([
            released(),
            Event::Observed {
                said: vec![],
                balance: None,
            },
            end(Outcome::Paid, Proof::Response),
        ]);
        let attempt = Attempt::fold(&events).expect("legal");
        assert_eq!(attempt.state, State::Done(Outcome::Paid));
        assert_eq!(attempt.intent.map(|i| i.amount), Some(Vnd::fixed(150_000)));
    }

    #[test]
    fn losing_contact_before_arming_starts_over_and_after_it_is_doubt() {
        for n in 1..=4 {
            let attempt = Attempt::fold(&until_armed()[..n])
                .expect("legal")
                .after(&lost())
                .expect("legal");
            assert_eq!(attempt.state, State::Queued, "after {n} events");
        }
        let attempt = Attempt::fold(&until_armed())
            .expect("legal")
            .after(&lost())
            .expect("legal");
        assert_eq!(attempt.state, State::Unknown);
        assert_eq!(attempt.standing().outcome, Outcome::Unknown);
        assert_eq!(attempt.standing().amount, Some(Vnd::fixed(150_000)));
    }

    #[test]
    fn nothing_is_paid_without_a_click_and_a_proof() {
        let armed = Attempt::fold(&until_armed()).expect("legal");
        assert!(
            armed
                .clone()
                .after(&end(Outcome::Paid, Proof::Response))
                .is_err(),
            "armed is not paid"
        );
        let seen = armed
            .after(&Event::Observed {
                said: vec![],
                balance: None,
            })
            .expect("legal");
        assert!(
            seen.clone()
                .after(&end(Outcome::Paid, Proof::None))
                .is_err(),
            "clicked is not paid"
        );
        assert!(
            seen.clone()
                .after(&end(Outcome::Rejected, Proof::None))
                .is_err()
        );
        assert!(
            seen.clone()
                .after(&end(Outcome::Failed, Proof::Response))
                .is_err(),
            "past the click nothing is simply failed"
        );
        assert!(seen.after(&end(Outcome::Paid, Proof::Balance)).is_ok());
    }

    #[test]
    fn an_armed_attempt_cannot_be_armed_or_leased_again() {
        let armed = Attempt::fold(&until_armed()).expect("legal");
        for again in until_armed() {
            assert!(armed.clone().after(&again).is_err(), "{}", again.wire());
            let unknown = armed.clone().after(&lost()).expect("legal");
            assert!(unknown.after(&again).is_err(), "{}", again.wire());
        }
    }

    #[test]
    fn ends_are_never_rewritten() {
        let attempt = Attempt::fold(&until_armed())
            .expect("legal")
            .after(&lost())
            .expect("legal");
        let done = attempt
            .after(&end(Outcome::Rejected, Proof::Response))
            .expect("legal");
        assert!(
            done.clone()
                .after(&end(Outcome::Paid, Proof::History))
                .is_err()
        );
    }

    fn any_event() -> impl Strategy<Value = Event> {
        let outcome = prop::sample::select(Outcome::ALL.to_vec());
        let proof = prop::sample::select(vec![Proof::Response, Proof::Balance, Proof::None]);
        prop_oneof![
            Just(Event::Leased {
                session: "s".into(),
                operator: None
            }),
            Just(quote()),
            Just(Event::Prepared),
            Just(Event::PreArmed),
            Just(Event::Armed(intent())),
            Just(released()),
            Just(Event::EvidenceKept { files: vec![] }),
            Just(Event::Disputed { why: "w".into() }),
            Just(Event::Observed {
                said: vec![Said {
                    severity: "info".into(),
                    text: "m".into()
                }],
                balance: None
            }),
            Just(lost()),
            Just(Event::ReconcileStarted),
            (outcome, proof).prop_map(|(o, p)| end(o, p)),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_the_laws_hold(events in prop::collection::vec(any_event(), 0..60)) {
            let mut attempt = Attempt::default();
            let mut armed = 0;
            for event in &events {
                let before = attempt.clone();
                let Ok(next) = attempt.clone().after(event) else { continue };
                attempt = next;
                armed += usize::from(matches!(event, Event::Armed(_)));
                // Past arming an attempt leaves doubt only with an end.
                if before.state.is_in_doubt() {
                    prop_assert!(attempt.state.is_in_doubt() || matches!(attempt.state, State::Done(_)));
                }
                if let State::Done(outcome) = before.state {
                    prop_assert_eq!(attempt.state, State::Done(outcome));
                }
                if let State::Done(Outcome::Paid) = attempt.state {
                    prop_assert!(attempt.intent.is_some());
                    prop_assert_ne!(attempt.conclusion.as_ref().map(|c| c.proof), Some(Proof::None));
                }
            }
            prop_assert!(armed <= 1, "one attempt is armed once at most");
        }

        #[test]
        fn events_survive_the_disk(event in any_event()) {
            let text = serde_json::to_string(&event).expect("json");
            prop_assert_eq!(serde_json::from_str::<Event>(&text).expect("json"), event);
        }
    }
}
