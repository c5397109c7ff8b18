//! What payments keep in the process: providers with their connections, who looks at which page. Nothing
//! that a second server would need: it has its own.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use super::refusal::PayRefusal;
use crate::domain::payment::PayableRef;
use crate::providers::{self, Channel, PaymentProvider};
use crate::server::channels::OpenChannel;
use crate::store::Engine;
use crate::store::payments::PaymentRow;

/// Questions about one payment by one caller in a minute.
const REFRESHES: NonZero<u32> = match NonZero::new(15) {
    Some(count) => count,
    None => NonZero::<u32>::MIN,
};

/// A provider, and the version of the settings that it was made of.
type Made = (i64, Arc<dyn PaymentProvider>);

/// What payments keep in the process.
pub struct PayState {
    made: Mutex<HashMap<(i64, Channel), Made>>,
    /// By what is paid for: when it was last known to change, in milliseconds since 1970.
    topics: Mutex<HashMap<PayableRef, watch::Sender<i64>>>,
    /// Has this server looked at what was open when it started?
    has_looked: AtomicBool,
    /// Until when changes were looked for.
    looked_ms: AtomicI64,
    refreshes: DefaultKeyedRateLimiter<String>,
    /// By payee: when its wallet did not answer.
    silent_wallets: Mutex<HashMap<i64, Instant>>,
    health: tokio::sync::Mutex<Option<(Instant, super::health::ProvidersHealth)>>,
    booking: Semaphore,
}

/// What is booked at once on a database with connections to share: a payment's row that somebody holds stops those who
/// tell of it, and never all the others. SQLite's writers stand in one line anyway.
const BOOKED_AT_ONCE: usize = 16;

impl Default for PayState {
    fn default() -> Self {
        Self {
            made: Mutex::default(),
            topics: Mutex::default(),
            has_looked: AtomicBool::new(false),
            looked_ms: AtomicI64::new(0),
            refreshes: RateLimiter::keyed(Quota::per_minute(REFRESHES)),
            silent_wallets: Mutex::default(),
            health: tokio::sync::Mutex::default(),
            booking: Semaphore::new(BOOKED_AT_ONCE),
        }
    }
}

/// Poison is a panic of somebody else: what it guards here is whole all the same.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PayState {
    /// A place to book in; `None`: none is needed. Waits in line for it.
    pub async fn place_to_book(&self, engine: Engine) -> Option<SemaphorePermit<'_>> {
        match engine {
            Engine::Sqlite => None,
            // It is never closed.
            Engine::MariaDb => self.booking.acquire().await.ok(),
        }
    }

    /// The provider of these settings, with the connections that it has.
    pub fn provider(&self, open: &OpenChannel) -> Result<Arc<dyn PaymentProvider>, PayRefusal> {
        let settings = &open.settings;
        let key = (open.payee, settings.channel());
        if let Some((version, provider)) = held(&self.made).get(&key)
            && *version == open.version
        {
            return Ok(Arc::clone(provider));
        }
        let provider = providers::make(settings).map_err(|fault| {
            tracing::error!(channel = settings.channel().wire(), %fault, "a provider cannot be used");
            PayRefusal::provider("Cổng thanh toán cài đặt chưa đúng. Báo cửa hàng.")
        })?;
        held(&self.made).insert(key, (open.version, Arc::clone(&provider)));
        Ok(provider)
    }

    /// A payment changed: whoever looks at its page is told.
    pub fn changed(&self, payment: &PaymentRow) {
        if let Some(topic) = held(&self.topics).get(&payment.payable) {
            topic.send_if_modified(|at| {
                let is_news = payment.updated_at > *at;
                *at = (*at).max(payment.updated_at);
                is_news
            });
        }
    }

    /// Changes of what this is about, for as long as it is held.
    pub fn listen(&self, at: PayableRef) -> watch::Receiver<i64> {
        let mut topics = held(&self.topics);
        topics
            .entry(at)
            .or_insert_with(|| watch::Sender::new(0))
            .subscribe()
    }

    /// Does anybody look? Forgets what nobody looks at any more.
    pub fn is_watched(&self) -> bool {
        let mut topics = held(&self.topics);
        topics.retain(|_, topic| topic.receiver_count() > 0);
        !topics.is_empty()
    }

    /// From when on changes are to be looked for: some are seen twice, none is missed that took a while to
    /// be committed.
    pub fn look_from(&self, now_ms: i64) -> i64 {
        const OVERLAP_MS: i64 = 3_000;
        let before = self.looked_ms.swap(now_ms, Ordering::Relaxed);
        before.max(now_ms - 60_000) - OVERLAP_MS
    }

    /// Is it the first time that this server looks after open payments?
    pub fn is_first_look(&self) -> bool {
        !self.has_looked.swap(true, Ordering::Relaxed)
    }

    /// Nobody is told anything any more: the server ends.
    pub fn close(&self) {
        held(&self.topics).clear();
    }

    /// May this caller have this payment refreshed? `Err`: in so many seconds.
    pub fn admit_refresh(&self, caller: &str, payment: i64) -> Result<(), u64> {
        use governor::clock::{Clock, DefaultClock};
        let checked = self.refreshes.check_key(&format!("{caller}|{payment}"));
        checked.map_err(|until| {
            until
                .wait_time_from(DefaultClock::default().now())
                .as_secs()
                + 1
        })
    }

    /// Forgets callers that have not asked for a while.
    pub fn forget_callers(&self) {
        self.refreshes.retain_recent();
    }

    /// Did a payee's wallet not answer a moment ago?
    pub fn was_wallet_silent(&self, payee: i64, within: Duration) -> bool {
        let silent = held(&self.silent_wallets);
        silent.get(&payee).is_some_and(|at| at.elapsed() < within)
    }

    /// A payee's wallet did not answer.
    pub fn wallet_is_silent(&self, payee: i64) {
        held(&self.silent_wallets).insert(payee, Instant::now());
    }

    /// What the last look at all providers said, where it is not older than `most`.
    pub async fn health(
        &self,
        most: Duration,
        look: impl Future<Output = super::health::ProvidersHealth>,
    ) -> super::health::ProvidersHealth {
        let mut kept = self.health.lock().await;
        if let Some((at, health)) = kept.as_ref()
            && at.elapsed() < most
        {
            return health.clone();
        }
        let health = look.await;
        *kept = Some((Instant::now(), health.clone()));
        health
    }
}
