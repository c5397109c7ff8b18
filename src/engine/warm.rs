//! Logins that stay open between the batches of one window.
//!
//! What a batch leaves in order is parked: its sessions, the forms in them (emptied), the balance
//! that was read at rest and the history's mark. The next batch of the same account takes them over
//! and looks at them before it trusts them. Meanwhile they are kept alive; after a quiet time, when
//! the window is locked and at the program's end they are closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::plan::Plan;
use crate::browser::{Session, Shards};
use crate::domain::Vnd;
use crate::portal::{KeptForm, Page, PortalMap};

use secrecy::ExposeSecret;

/// A parked login shows itself to the portal this often, so that it is not logged out.
const KEEP_ALIVE: Duration = Duration::from_secs(90);
/// A history's mark is read anew after so long: what stands above it grows.
const MARK_MAX: Duration = Duration::from_mins(30);
/// The place where logins wait. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Warm {
    /// Zero: nothing is kept.
    quiet: Duration,
    parked: Arc<Mutex<Option<Parked>>>,
    /// Closed while a batch was at work: what it leaves is closed too.
    is_shut: Arc<AtomicBool>,
}

/// What a batch left for the next one.
#[derive(Debug)]
struct Parked {
    logins: Vec<WarmLogin>,
    handover: Handover,
    /// Whose they are: what was typed to log in, and who has to stand on the page.
    account: Account,
    since: Instant,
    reach: PortalReach,
}

/// How the portal is reached: its pages and words, its address, and how long an answer is waited for.
#[derive(Debug, Clone)]
pub(super) struct PortalReach {
    pub map: Arc<PortalMap>,
    pub portal_url: String,
    pub answer_max: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Account {
    username: Option<String>,
    agent: Option<String>,
}

impl Account {
    fn of(plan: &Plan) -> Self {
        let username = plan.credentials.username.as_ref();
        Self {
            username: username.map(|name| name.expose_secret().to_owned()),
            agent: plan.agent.clone(),
        }
    }
}

/// An open login with what is known of it.
#[derive(Debug)]
pub(super) struct WarmLogin {
    pub session: Session,
    pub agent: String,
    pub bill_page: Option<String>,
    pub kept: KeptForm,
}

/// What the next batch starts from, beside the logins.
#[derive(Debug, Default)]
pub(super) struct Handover {
    pub shards: Option<Arc<Shards>>,
    /// A balance that was read at rest: how much, the ledger's newest event then, and when
    /// (milliseconds since 1970).
    pub rest: Option<(Vnd, i64, i64)>,
    /// The history's mark, the ledger's newest event when it was read, and when that was.
    pub mark: Option<((String, i64), Instant)>,
}

impl Warm {
    /// Keeps logins for so long; zero: not at all.
    pub fn for_so_long(quiet: Duration) -> Self {
        Self {
            quiet,
            parked: Arc::default(),
            is_shut: Arc::default(),
        }
    }

    /// What is parked for this plan's account. What belongs to another is closed.
    pub(super) async fn take(&self, plan: &Plan) -> (Vec<WarmLogin>, Handover) {
        self.is_shut.store(false, Ordering::Release);
        let Some(parked) = self.parked.lock().await.take() else {
            return Default::default();
        };
        if parked.account != Account::of(plan) || parked.since.elapsed() > self.quiet {
            parked.close().await;
            return Default::default();
        }
        let mut handover = parked.handover;
        handover.mark = handover.mark.filter(|(_, read)| read.elapsed() < MARK_MAX);
        (parked.logins, handover)
    }

    /// Parks what a batch left in order; without a quiet time it is closed.
    pub(super) async fn park(
        &self,
        reach: PortalReach,
        plan: &Plan,
        logins: Vec<WarmLogin>,
        handover: Handover,
    ) {
        let parked = Parked {
            logins,
            handover,
            account: Account::of(plan),
            since: Instant::now(),
            reach,
        };
        let mut slot = self.parked.lock().await;
        // Asked behind the lock: whoever closes says so first, and takes what stands here then.
        let is_on = !self.quiet.is_zero() && !self.is_shut.load(Ordering::Acquire);
        if !is_on || parked.logins.is_empty() {
            drop(slot);
            parked.close().await;
            return;
        }
        let since = parked.since;
        let old = slot.replace(parked);
        drop(slot);
        if let Some(old) = old {
            old.close().await;
        }
        tokio::spawn(self.clone().watch(since));
    }

    /// Keeps what was parked then alive until it is taken or its time is over.
    async fn watch(self, since: Instant) {
        loop {
            let left = self.quiet.saturating_sub(since.elapsed());
            tokio::time::sleep(left.min(KEEP_ALIVE)).await;
            let mut slot = self.parked.lock().await;
            let Some(parked) = slot.as_mut().filter(|parked| parked.since == since) else {
                return;
            };
            let is_over = since.elapsed() >= self.quiet;
            if is_over || !parked.stay_alive().await {
                if let Some(parked) = slot.take() {
                    parked.close().await;
                }
                return;
            }
        }
    }

    /// Closes what is parked: the window is locked, the configuration changed, the program ends.
    pub async fn close(&self) {
        self.is_shut.store(true, Ordering::Release);
        let parked = self.parked.lock().await.take();
        if let Some(parked) = parked {
            parked.close().await;
        }
    }
}

impl Parked {
    /// Asks for the balance in each login. `false`: one does not live any more.
    async fn stay_alive(&mut self) -> bool {
        let PortalReach {
            map,
            portal_url,
            answer_max,
        } = &self.reach;
        for login in &self.logins {
            let mut page =
                Page::new(&login.session, map, portal_url, *answer_max).keeping(&login.kept);
            let balance = match page.look_in_place().await {
                Ok(Some((_, balance))) => balance,
                Ok(None) => return false,
                Err(error) => {
                    tracing::info!(%error, "a parked login does not live any more");
                    return false;
                }
            };
            // A balance that moved meanwhile was moved by somebody else: the next batch reads it.
            let now_ms = jiff::Timestamp::now().as_millisecond();
            self.handover.rest = self
                .handover
                .rest
                .filter(|(rest, ..)| *rest == balance)
                .map(|(rest, seq, _)| (rest, seq, now_ms));
        }
        true
    }

    async fn close(self) {
        for login in self.logins {
            login.session.close().await;
        }
    }
}
