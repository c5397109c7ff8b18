//! What can happen to an attempt, and what is written down of it.

use serde::{Deserialize, Serialize};

use crate::domain::money::Vnd;
use crate::domain::outcome::{Outcome, Proof};
use crate::domain::reconcile::Look;

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
