//! Where the window stands: what is on the screen, who is on the portal, what is reached.

use std::collections::{HashMap, HashSet};

use crate::desktop::style::Tone;
use crate::domain::Service;

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

/// A light in the state line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Being looked at.
    Checking,
    /// Good.
    Good(String),
    /// Not, and why.
    Bad(String),
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
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}
