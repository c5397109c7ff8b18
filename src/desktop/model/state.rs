//! Where the window stands: what is on the screen, who is on the portal, what is reached.

use std::collections::{HashMap, HashSet};

use crate::desktop::style::Tone;
use crate::domain::{Errand, Service};

/// Which link with a source of jobs: another address or token is another one. What one link handed
/// out means nothing at another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkId(u64);

impl LinkId {
    /// The one that comes after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A service's form and list.
    Service(Service),
    /// "Was it paid?", and what is in doubt.
    Find,
    /// Batches, sums, the day's end.
    History,
    /// The configuration.
    Settings,
    /// What was told.
    Notices,
}

/// Who is on the portal now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// Nobody.
    Nobody,
    /// A batch of this service.
    Batch(Service),
    /// The reconciler.
    Reconciling,
}

/// What is known of a service's accounts from before, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Paid this month, and when.
    pub paid: HashMap<String, String>,
    /// In doubt.
    pub in_doubt: HashSet<String>,
    /// Milliseconds that a job of the newest batch took; `None` before the first.
    pub ms_a_job: Option<u64>,
}

/// Runs every service by itself, on a schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AutoMode {
    /// Is it on?
    pub is_on: bool,
    /// Is it about to be switched on, and asked about once more?
    pub is_asked: bool,
    /// When the next round begins, in milliseconds since 1970.
    pub next_ms: i64,
    /// Services of this round that are still to come.
    pub queue: Vec<Service>,
}

/// Is the program ready to work?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setup {
    /// Opening the ledger.
    Opening,
    /// Nothing is configured yet.
    First,
    /// The configuration's secrets are locked.
    Locked(Option<String>),
    /// It cannot work, and why.
    Fault(String),
    /// Ready.
    Ready,
}

/// Something that is waited for, for so long at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
    /// Until when at most.
    pub until_ms: i64,
}

impl Wait {
    /// How much of it is over at this moment, from 0 to 1.
    pub fn share(self, now_ms: i64) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a bar's length")]
        let part = |ms: i64| ms.max(0) as f32;
        let all = part(self.until_ms - self.since_ms).max(1.0);
        (part(now_ms - self.since_ms) / all).min(1.0)
    }

    /// What is left of it, as minutes and seconds: `1:40`.
    pub fn left(self, now_ms: i64) -> String {
        let seconds = (self.until_ms - now_ms).max(0) / 1_000;
        format!("{}:{:02}", seconds / 60, seconds % 60)
    }
}

/// A person has to do something in a login's browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    /// Which login, from 0.
    pub login: usize,
    /// What.
    pub errand: Errand,
    /// How long they are waited for.
    pub wait: Wait,
}

/// What is in doubt is looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settling {
    /// How many attempts.
    pub open: usize,
    /// For how long.
    pub wait: Wait,
}

/// A light in the state line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Being looked at.
    Checking,
    /// Good.
    Good(String),
    /// Not, and why.
    Bad(String),
    /// It is not used here.
    Unused,
}

/// The driver of the browser, where it is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DriverCard {
    /// It is there, or no driver would help.
    #[default]
    None,
    /// It can be fetched; what is wrong without it.
    Wanted(String),
    /// It is being fetched; how much of it is here, in percent.
    Fetching(Option<u8>),
    /// It could not be fetched, and why.
    Failed(String),
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Good or bad.
    pub tone: Tone,
    /// The text.
    pub text: String,
    /// What the machine said about it, for whoever mends it.
    pub cause: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}
