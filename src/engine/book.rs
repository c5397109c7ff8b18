//! The agent's account while a batch is at work: what is on its way, and the last balance that was
//! read at rest.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::locked::locked;
use crate::domain::Vnd;
use crate::domain::driver::Unchecked;

/// When the agent's balance can be compared: what is on its way, and how many were armed so far.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// Held for reading by every armed attempt, for writing by whoever needs the account at rest.
    pub at_work: tokio::sync::RwLock<()>,
    open: AtomicUsize,
    armed: AtomicU64,
    /// A balance read when nothing was on its way.
    rest: Mutex<Option<Rest>>,
}

/// A balance read at rest, and what was armed since.
#[derive(Debug)]
struct Rest {
    balance: Vnd,
    /// The ledger's newest event at that time.
    seq: i64,
    /// When, in milliseconds since 1970.
    at_ms: i64,
    /// What was armed since, each obligation once.
    since: HashSet<String>,
    payments: u64,
}

/// The account at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    armed: u64,
    is_at_rest: bool,
    /// The ledger's newest event.
    pub seq: i64,
}

impl Stamp {
    /// Was nothing on its way then?
    pub fn is_at_rest(self) -> bool {
        self.is_at_rest
    }
}

/// An armed attempt of this run, until it is concluded or in doubt.
#[derive(Debug)]
pub(crate) struct OnItsWay<'b>(&'b Book);

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Book {
    /// `seq`: the ledger's newest event, asked for just before.
    pub fn stamp(&self, seq: i64) -> Stamp {
        let is_at_rest = self.open.load(Ordering::Acquire) == 0;
        Stamp {
            armed: self.armed.load(Ordering::Acquire),
            is_at_rest,
            seq,
        }
    }

    /// Was nothing armed since the stamp but `mine` attempts of one's own?
    pub fn is_untouched(&self, since: Stamp, mine: u64) -> bool {
        since.is_at_rest && self.armed.load(Ordering::Acquire) == since.armed + mine
    }

    pub fn arm(&self, obligation: &str) -> OnItsWay<'_> {
        if let Some(rest) = &mut *locked(&self.rest) {
            rest.payments += 1;
            rest.since.insert(obligation.to_owned());
        }
        self.open.fetch_add(1, Ordering::AcqRel);
        self.armed.fetch_add(1, Ordering::AcqRel);
        OnItsWay(self)
    }

    /// A balance that was read when nothing was on its way.
    pub fn at_rest(&self) -> Option<(Vnd, i64)> {
        locked(&self.rest)
            .as_ref()
            .map(|rest| (rest.balance, rest.seq))
    }

    /// The same with when it was read, in milliseconds since 1970; `None` also where something was
    /// armed since.
    pub fn rest_at(&self) -> Option<(Vnd, i64, i64)> {
        let rest = locked(&self.rest);
        let rest = rest.as_ref().filter(|rest| rest.payments == 0)?;
        Some((rest.balance, rest.seq, rest.at_ms))
    }

    /// `at_ms`: now, in milliseconds since 1970.
    pub fn rests_at(&self, balance: Vnd, seq: i64, at_ms: i64) {
        *locked(&self.rest) = Some(Rest {
            balance,
            seq,
            at_ms,
            since: HashSet::new(),
            payments: 0,
        });
    }

    /// What was armed since the last balance at rest; `next`: the obligation that is about to be.
    pub fn unchecked(&self, next: Option<&str>, now_ms: i64) -> Unchecked {
        match &*locked(&self.rest) {
            Some(rest) => Unchecked {
                payments: rest.payments,
                age_ms: now_ms - rest.at_ms,
                has_equal: next.is_some_and(|next| rest.since.contains(next)),
            },
            None => Unchecked::default(),
        }
    }
}
