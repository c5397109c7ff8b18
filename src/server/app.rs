//! What every handler gets: the database, the settings, the secrets' key, and what is counted.
//!
//! *Invariant: nothing is kept here that a second server would need.*

use std::collections::HashSet;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::Mutex;
use tokio::task::JoinError;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use uuid::Uuid;

use super::channels::OpenChannels;
use super::config::ServeConfig;
use super::connections::ConnectionLimits;
use super::mail::Mailers;
use super::messages::Carriers;
use super::pay::PayState;
use super::vault::SecretKeys;
use crate::store::settings::ShopRules;
use crate::store::{Store, StoreError};

/// How long the settings are believed without asking again.
const SHOP_AGE_MAX: Duration = Duration::from_secs(2);
/// How long it is believed which tables of the old system are empty.
const FILLED_AGE_MAX: Duration = Duration::from_mins(1);

/// How long a request may take, its body included.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// Longer than a cluster needs to find out that one of its nodes is dead.
    pub request: Duration,
    /// Files come in over slow lines, and many rows take their time.
    pub import: Duration,
    /// How many connections there may be, and how long they may be silent.
    pub connections: ConnectionLimits,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(20),
            import: Duration::from_mins(5),
            connections: ConnectionLimits::default(),
        }
    }
}

/// What every handler gets. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    inner: Arc<Inner>,
}

/// Names of tables of the catalogue.
pub type TableNames = Arc<HashSet<&'static str>>;

struct Inner {
    store: Store,
    config: ServeConfig,
    vault: SecretKeys,
    /// New at each start: a server that comes back is another one.
    owner: String,
    shop: KeptFor<ShopRules>,
    channels: KeptFor<Arc<OpenChannels>>,
    /// Tables of the old system that hold anything.
    filled: KeptFor<TableNames>,
    /// Connections to mail servers.
    mailers: Mailers,
    /// Where it listens, once it does.
    url: OnceLock<String>,
    limiter: DefaultKeyedRateLimiter<String>,
    deadlines: Deadlines,
    /// What is carried through even when nobody waits for it any more.
    begun: TaskTracker,
    pay: PayState,
    carriers: Carriers,
    writes: Writes,
}

/// What was read from the database a short while ago. Whoever finds it too old reads it anew, and the others wait.
struct KeptFor<T>(Mutex<Option<(Instant, T)>>);

impl<T> Default for KeptFor<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> KeptFor<T> {
    async fn get(
        &self,
        age_max: Duration,
        read: impl AsyncFnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut kept = self.0.lock().await;
        if let Some((at, value)) = kept.as_ref()
            && at.elapsed() < age_max
        {
            return Ok(value.clone());
        }
        let value = read().await?;
        *kept = Some((Instant::now(), value.clone()));
        Ok(value)
    }

    async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

/// Whether the database could be written when that was tried last.
#[derive(Debug, Default)]
pub struct Writes(AtomicBool);

impl Writes {
    /// It could not.
    pub fn is_failing(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What came of the last try. Says whether that is news.
    pub fn tried(&self, is_failing: bool) -> bool {
        self.0.swap(is_failing, Ordering::Relaxed) != is_failing
    }
}

impl AppState {
    /// A server's state over an open database.
    pub fn new(store: Store, config: ServeConfig, vault: SecretKeys) -> Self {
        Self::with_deadlines(store, config, vault, Deadlines::default())
    }

    /// With other deadlines than the usual ones.
    pub fn with_deadlines(
        store: Store,
        config: ServeConfig,
        vault: SecretKeys,
        deadlines: Deadlines,
    ) -> Self {
        let per_second = NonZero::new(config.requests_per_second).unwrap_or(NonZero::<u32>::MIN);
        let quota = Quota::per_second(per_second)
            .allow_burst(per_second.saturating_mul(NonZero::<u32>::MIN.saturating_add(3)));
        let (owner, limiter) = (Uuid::now_v7().to_string(), RateLimiter::keyed(quota));
        let (shop, begun) = (KeptFor::default(), TaskTracker::new());
        Self {
            inner: Arc::new(Inner {
                store,
                config,
                vault,
                owner,
                shop,
                channels: KeptFor::default(),
                filled: KeptFor::default(),
                mailers: Mailers::default(),
                url: OnceLock::new(),
                limiter,
                deadlines,
                begun,
                pay: PayState::default(),
                carriers: Carriers::default(),
                writes: Writes::default(),
            }),
        }
    }

    /// How long requests may take.
    pub(crate) fn deadlines(&self) -> Deadlines {
        self.inner.deadlines
    }

    /// How many connections there may be.
    pub(crate) fn connection_limits(&self) -> ConnectionLimits {
        self.inner.deadlines.connections
    }

    /// This server among those of the same database: new at each start.
    pub(crate) fn owner(&self) -> &str {
        &self.inner.owner
    }

    /// Takes nothing new, and waits for what must not be left half-done.
    pub(super) async fn carried(&self) {
        self.inner.begun.close();
        self.inner.begun.wait().await;
    }

    /// Who carries messages.
    pub(super) fn carriers(&self) -> &Carriers {
        &self.inner.carriers
    }

    /// Whether the database can be written.
    pub fn writes(&self) -> &Writes {
        &self.inner.writes
    }

    /// What payments keep in the process.
    pub fn pay(&self) -> &PayState {
        &self.inner.pay
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// How the server is set up.
    pub fn config(&self) -> &ServeConfig {
        &self.inner.config
    }

    /// Seals what must not lie in the database in clear.
    pub fn vault(&self) -> &SecretKeys {
        &self.inner.vault
    }

    /// The shop's settings, at most two seconds old.
    pub async fn shop(&self) -> Result<ShopRules, StoreError> {
        let read = async || self.inner.store.settings().shop().await;
        self.inner.shop.get(SHOP_AGE_MAX, read).await
    }

    /// The tables of the old system that hold anything, as it was a minute ago at most: an old dump is not brought in
    /// every day.
    pub async fn filled_tables(&self) -> Result<TableNames, StoreError> {
        let read = async || Ok(Arc::new(self.inner.store.tables().filled().await?));
        self.inner.filled.get(FILLED_AGE_MAX, read).await
    }

    /// The settings were changed by this server.
    pub async fn forget_shop(&self) {
        self.inner.shop.forget().await;
    }

    /// What is set for providers and for what sends letters, at most two seconds old.
    pub async fn channels(&self) -> Result<Arc<OpenChannels>, StoreError> {
        let read = async || {
            let all = self.inner.store.channels().list().await?;
            Ok(Arc::new(OpenChannels::of(all, &self.inner.vault)))
        };
        self.inner.channels.get(SHOP_AGE_MAX, read).await
    }

    /// What is set was changed by this server.
    pub async fn forget_channels(&self) {
        self.inner.channels.forget().await;
    }

    /// Connections to mail servers, kept between letters.
    pub(super) fn mailers(&self) -> &Mailers {
        &self.inner.mailers
    }

    /// It listens there: said once.
    pub(super) fn listens_at(&self, url: String) {
        // Err: it was said.
        let _ = self.inner.url.set(url);
    }

    /// What addresses for others begin with, without a slash at the end: as it is set, else where it
    /// listens.
    pub fn public_url(&self) -> String {
        let set = self.inner.config.public_url.as_ref();
        let set = set.map(|url| url.as_str().trim_end_matches('/').to_owned());
        set.or_else(|| self.inner.url.get().cloned())
            .unwrap_or_else(|| self.inner.config.own_url(self.inner.config.listen))
    }

    /// Does what must not be left half-done: whether or not the one who asked still waits, and
    /// before the server ends.
    pub(crate) async fn carry_through<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, JoinError> {
        self.inner
            .begun
            .spawn(work.instrument(tracing::Span::current()))
            .await
    }

    /// Forgets the callers that have not asked for a while.
    pub(crate) fn forget_callers(&self) {
        self.inner.limiter.retain_recent();
    }

    /// `Err`: this caller has to wait so many seconds.
    pub(crate) fn admit(&self, caller: &str) -> Result<(), u64> {
        use governor::clock::{Clock, DefaultClock};
        let checked = self.inner.limiter.check_key(&caller.to_owned());
        checked.map_err(|not_until| {
            not_until
                .wait_time_from(DefaultClock::default().now())
                .as_secs()
                + 1
        })
    }
}
