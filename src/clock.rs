//! What time it is: the system's clock, or one that a test sets by hand.
//!
//! Lives here: the one place where the ledger and the engine ask for the time, so that a test can
//! cross midnight. Never here: what a day is ([`crate::domain::calendar`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// A clock. Clones show the same time.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's.
    pub fn system() -> Self {
        Self(None)
    }

    /// One that stands at this moment until it is moved by [`Self::advance`].
    pub fn set_to(at: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.as_millisecond()))))
    }

    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Some(ms) => ms.load(Ordering::Acquire),
            None => Timestamp::now().as_millisecond(),
        }
    }

    /// The moment.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).unwrap_or_default()
    }

    /// Moves a clock that was set by hand; the system's goes by itself.
    pub fn advance(&self, ms: i64) {
        if let Some(now) = &self.0 {
            now.fetch_add(ms, Ordering::AcqRel);
        }
    }
}
