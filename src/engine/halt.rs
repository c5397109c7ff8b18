//! A place where a crash test stops the program in the middle of a payment, to kill it or what it
//! stands on.
//!
//! Off unless `gachno run --halt-at` names a boundary. It then says `halted` once and waits for a
//! line on stdin.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncBufReadExt, BufReader};

use super::progress::{Progress, Reporter};
use crate::domain::State;

/// Every boundary of a payment where a crash means something else than at the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Boundary {
    /// A session took the job.
    Leased,
    /// The quote is on disk.
    LookedUp,
    /// The dialog stands open.
    Prepared,
    /// Arming was agreed to.
    PreArmed,
    /// The intent is on disk; nothing was clicked.
    Armed,
    /// Clicked; the confirming request is held.
    Held,
    /// Its release is on disk; the request is still held.
    Released,
    /// The portal's answer was read; it is not on disk.
    Answered,
    /// The answer is on disk.
    Observed,
    /// Nothing could be made of it.
    Unknown,
    /// Evidence is being gathered.
    Reconciling,
    /// The end is on disk.
    Done,
}

impl From<State> for Boundary {
    fn from(state: State) -> Self {
        match state {
            State::Queued | State::Leased => Self::Leased,
            State::LookedUp => Self::LookedUp,
            State::Prepared => Self::Prepared,
            State::PreArmed => Self::PreArmed,
            State::Armed => Self::Armed,
            State::Released => Self::Released,
            State::Observed => Self::Observed,
            State::Unknown => Self::Unknown,
            State::Reconciling => Self::Reconciling,
            State::Done(_) => Self::Done,
        }
    }
}

impl Boundary {
    /// Those that every payment goes through.
    pub const ON_THE_WAY: [Self; 10] = [
        Self::Leased,
        Self::LookedUp,
        Self::Prepared,
        Self::PreArmed,
        Self::Armed,
        Self::Held,
        Self::Released,
        Self::Answered,
        Self::Observed,
        Self::Done,
    ];

    /// Its name on the command line.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Leased => "leased",
            Self::LookedUp => "looked_up",
            Self::Prepared => "prepared",
            Self::PreArmed => "pre_armed",
            Self::Armed => "armed",
            Self::Held => "held",
            Self::Released => "released",
            Self::Answered => "answered",
            Self::Observed => "observed",
            Self::Unknown => "unknown",
            Self::Reconciling => "reconciling",
            Self::Done => "done",
        }
    }
}

impl std::str::FromStr for Boundary {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = Self::ON_THE_WAY
            .into_iter()
            .chain([Self::Unknown, Self::Reconciling]);
        all.into_iter()
            .find(|b| b.wire() == text)
            .ok_or_else(|| format!("không có ranh giới {text}"))
    }
}

/// Where to halt, once. The default halts nowhere.
#[derive(Debug, Clone, Default)]
pub struct Halt(Option<Arc<(Boundary, AtomicBool)>>);

impl Halt {
    /// Halts when this boundary is reached for the first time.
    pub fn at_first(boundary: Boundary) -> Self {
        Self(Some(Arc::new((boundary, AtomicBool::new(false)))))
    }

    pub(super) async fn at(&self, here: Boundary, reporter: &Reporter) {
        let Some((wanted, was_here)) = self.0.as_deref() else {
            return;
        };
        if *wanted != here || was_here.swap(true, Ordering::AcqRel) {
            return;
        }
        reporter.say(Progress::Halted { at: here.wire() });
        let mut line = String::new();
        let _ = BufReader::new(tokio::io::stdin())
            .read_line(&mut line)
            .await;
    }
}
