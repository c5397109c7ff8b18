//! What a running batch says: the same events for the terminal, the window and `--json`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc::UnboundedSender;

use crate::domain::{Errand, Outcome, Proof, Service, Vnd};
use crate::ledger::JobResult;

/// One event. As JSON it is one object a line with the key `event`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Progress {
    /// The batch is in the ledger.
    BatchStarted {
        /// Its id.
        batch: String,
        /// What is done.
        service: Service,
        /// Number of jobs.
        total: usize,
        /// Rows that were left out because they are wrong.
        errors: usize,
        /// Rows that say the same as an earlier one.
        duplicates: usize,
        /// Does it go on with an earlier run?
        continued: bool,
        /// Stops before arming.
        dry_run: bool,
    },
    /// A job changed its state.
    State {
        /// Which login works on it, from 0.
        login: usize,
        /// Its place in the list, from 0.
        index: usize,
        /// Its account.
        account: String,
        /// Its attempt.
        attempt: String,
        /// The state's name.
        state: &'static str,
        /// The quote, once there is one.
        amount: Option<Vnd>,
    },
    /// A job has an outcome.
    Outcome(OutcomeEvent),
    /// How far it is.
    Progress {
        /// Jobs with an outcome.
        done: usize,
        /// All jobs.
        total: usize,
        /// Seconds to the end, once that can be told.
        eta_s: Option<u64>,
        /// Paid so far in this batch.
        paid: Vnd,
        /// The agent's balance, as last seen.
        balance: Option<Vnd>,
    },
    /// A person has to do something in the browser.
    NeedsPerson {
        /// In which login's browser, from 0.
        login: usize,
        /// What.
        errand: Errand,
        /// The same, in Vietnamese.
        what: String,
        /// Until when they are waited for, in milliseconds since 1970.
        until_ms: i64,
    },
    /// The person has done it.
    PersonDone,
    /// Logged in, with the balance where the page shows one.
    LoggedIn {
        /// Which login, from 0.
        login: usize,
        /// As whom.
        agent: String,
        /// The agent's balance.
        balance: Option<Vnd>,
    },
    /// This login works no more: nothing is left for it, or it could not be kept.
    LoggedOut {
        /// Which, from 0.
        login: usize,
    },
    /// What is in doubt is looked into before anything else is done.
    Settling {
        /// Attempts in doubt.
        open: usize,
        /// When the next look is due, in milliseconds since 1970.
        next_ms: i64,
        /// Until when it is looked at most, in milliseconds since 1970.
        until_ms: i64,
    },
    /// A technical failure that is tried again.
    Retry {
        /// The account.
        account: String,
        /// Why, for people.
        why: String,
    },
    /// A crash test's boundary was reached (see [`super::Halt`]).
    Halted {
        /// Its name.
        at: &'static str,
    },
    /// The batch is over, for now or for good.
    BatchFinished {
        /// Its id.
        batch: String,
        /// Jobs by outcome.
        outcomes: Counts,
        /// Sum of what was paid.
        paid: Vnd,
        /// Was it stopped by the operator?
        stopped: bool,
        /// Why it paused by itself, where it did.
        paused: Option<String>,
    },
}

/// Jobs by outcome.
pub type Counts = BTreeMap<Outcome, usize>;

/// A job's outcome on the wire.
#[derive(Debug, Clone, Serialize)]
pub struct OutcomeEvent {
    /// What was done.
    pub service: Service,
    /// Its place in the list, from 0.
    pub index: usize,
    /// For whom.
    pub account: String,
    /// The order, where there is one.
    pub order_id: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// In đồng.
    pub amount: Option<Vnd>,
    /// The portal's id.
    pub transaction_id: Option<String>,
    /// What proves it.
    pub proof: Proof,
    /// The portal's words, or ours.
    pub message: String,
    /// Whose bill it is.
    pub customer: Option<String>,
    /// The attempt's id; `None` where none was made.
    pub attempt: Option<String>,
    /// When.
    pub at: Timestamp,
    /// It was concluded on an earlier day, and is told for the record: it is not this run's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub earlier: bool,
}

impl OutcomeEvent {
    /// From the ledger.
    pub fn of(service: Service, index: usize, result: &JobResult) -> Self {
        Self {
            service,
            index,
            account: result.job.account.to_string(),
            order_id: result.job.order_id.clone(),
            outcome: result.conclusion.outcome,
            amount: result.conclusion.amount,
            transaction_id: result.conclusion.transaction_id.clone(),
            proof: result.conclusion.proof,
            message: result.conclusion.message.clone(),
            customer: result.customer.clone(),
            attempt: result.attempt.clone(),
            at: result.at.unwrap_or_else(Timestamp::now),
            earlier: false,
        }
    }
}

/// Where events go. A listener that has gone away does not disturb the batch.
#[derive(Debug, Clone)]
pub struct Reporter(Option<UnboundedSender<Progress>>);

impl Reporter {
    /// Sends to this channel.
    pub fn to(sender: UnboundedSender<Progress>) -> Self {
        Self(Some(sender))
    }

    /// Sends nowhere.
    pub fn silent() -> Self {
        Self(None)
    }

    pub(super) fn say(&self, progress: Progress) {
        if let Some(sender) = &self.0 {
            let _ = sender.send(progress);
        }
    }
}
