//! The server of a shop: the job API now, the web admin on top of it.
//!
//! Lives here: HTTP. [`App`] is what every handler gets; [`caller`] says who asks; [`api`] is the
//! leased way that our own client uses, [`data`] the old lists; [`tasks`] runs beside the requests.
//! Never here: SQL, rules about jobs.
//!
//! *Invariants: nothing is kept in the process that a second server would need; the job API reads bearer tokens and never
//! a cookie; a refusal is a problem document with a request id, never a cause.*

pub mod admin;
pub mod api;
pub mod caller;
pub mod config;
mod data;
mod docs;
mod gauges;
mod intake;
pub mod problem;
mod secret_file;
mod tasks;
mod tls;
mod vault;

use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{
    MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use tracing::Instrument;
use uuid::Uuid;

use crate::store::people::FirstOwner;
use crate::store::settings::Shop;
use crate::store::{Store, StoreError};
pub use config::{LogForm, ServeConfig, ServeConfigError, ServeFile, TlsFiles, check_database};
use problem::Problem;
use tls::TlsListener;
pub use tls::{Certificate, TlsError};
pub use vault::{Vault, VaultError};

/// Larger requests are refused: ten thousand jobs take less.
const BODY_MAX: usize = 4 * 1024 * 1024;
/// How long the settings are believed without asking again.
const SHOP_AGE_MAX: Duration = Duration::from_secs(2);
/// How long running requests and tasks may take to end.
const STOP_MAX: Duration = Duration::from_secs(20);

/// How long a request may take, its body included.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// Longer than a cluster needs to find out that one of its nodes is dead.
    pub request: Duration,
    /// Files come in over slow lines, and many rows take their time.
    pub import: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(20),
            import: Duration::from_mins(5),
        }
    }
}

impl Deadlines {
    fn of(&self, method: &Method, path: &str) -> Duration {
        if *method == Method::POST && path.starts_with("/admin/import/") {
            self.import
        } else {
            self.request
        }
    }
}

/// What every handler gets. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    config: ServeConfig,
    vault: Vault,
    /// New at each start: a server that comes back is another one.
    owner: String,
    shop: Mutex<Option<(Instant, Shop)>>,
    limiter: DefaultKeyedRateLimiter<String>,
    deadlines: Deadlines,
    /// What is carried through even when nobody waits for it any more.
    begun: TaskTracker,
}

impl App {
    /// A server's state over an open database.
    pub fn new(store: Store, config: ServeConfig, vault: Vault) -> Self {
        Self::with_deadlines(store, config, vault, Deadlines::default())
    }

    /// With other deadlines than the usual ones.
    pub fn with_deadlines(
        store: Store,
        config: ServeConfig,
        vault: Vault,
        deadlines: Deadlines,
    ) -> Self {
        let per_second = NonZero::new(config.requests_per_second).unwrap_or(NonZero::<u32>::MIN);
        let quota = Quota::per_second(per_second)
            .allow_burst(per_second.saturating_mul(NonZero::<u32>::MIN.saturating_add(3)));
        let (owner, limiter) = (Uuid::now_v7().to_string(), RateLimiter::keyed(quota));
        let (shop, begun) = (Mutex::default(), TaskTracker::new());
        Self {
            inner: Arc::new(Inner {
                store,
                config,
                vault,
                owner,
                shop,
                limiter,
                deadlines,
                begun,
            }),
        }
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
    pub fn vault(&self) -> &Vault {
        &self.inner.vault
    }

    /// The shop's settings, at most two seconds old.
    pub async fn shop(&self) -> Result<Shop, StoreError> {
        let mut kept = self.inner.shop.lock().await;
        if let Some((read, shop)) = kept.as_ref()
            && read.elapsed() < SHOP_AGE_MAX
        {
            return Ok(shop.clone());
        }
        let shop = self.inner.store.settings().shop().await?;
        *kept = Some((Instant::now(), shop.clone()));
        Ok(shop)
    }

    /// The settings were changed by this server.
    pub async fn forget_shop(&self) {
        *self.inner.shop.lock().await = None;
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

/// Why the server cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Nobody can listen there.
    #[error(
        "Không mở được {0}: cổng đang được dùng hoặc địa chỉ không thuộc máy này. Chọn cổng khác bằng --listen. (Cannot listen there.)"
    )]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key of the secrets cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A running server. Dropping it stops it; [`Running::stop`] waits for what is running.
pub struct Running {
    address: SocketAddr,
    app: App,
    stop: CancellationToken,
    tasks: TaskTracker,
    certificate: Option<Certificate>,
    /// Told once, on a new server.
    pub first_owner: Option<FirstOwner>,
}

/// Starts the server; it can be used when this returns.
pub async fn start(config: ServeConfig) -> Result<Running, ServeError> {
    let store = Store::open(&config.database).await?;
    let vault = Vault::open_or_create(&config.key_file)?;
    start_with(App::new(store, config, vault)).await
}

/// Starts it over a state that is there.
pub async fn start_with(app: App) -> Result<Running, ServeError> {
    let fault = |e| ServeError::Listen(app.config().listen, e);
    let certificate = app
        .config()
        .tls
        .as_ref()
        .map(Certificate::open)
        .transpose()?;
    let listener = TcpListener::bind(app.config().listen)
        .await
        .map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    let first_owner = app.store().accounts().first_owner().await?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let ended = stop.clone().cancelled_owned();
    if let Some(certificate) = &certificate {
        let listener =
            TlsListener::new(listener, certificate).map_err(|e| fault(std::io::Error::other(e)))?;
        // As it is; wrapped for its address alone.
        tasks.spawn(watched(
            axum::serve(listener.tap_io(|_| {}), service)
                .with_graceful_shutdown(ended)
                .into_future(),
        ));
        tasks.spawn(certificate.clone().watch(stop.clone()));
    } else {
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        tasks.spawn(watched(
            axum::serve(listener, service)
                .with_graceful_shutdown(ended)
                .into_future(),
        ));
    }
    tasks.spawn(tasks::run(app.clone(), stop.clone()));
    tasks.close();
    Ok(Running {
        address,
        app,
        stop,
        tasks,
        certificate,
        first_owner,
    })
}

async fn watched(served: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = served.await {
        tracing::error!(%error, "the server stopped");
    }
}

impl Running {
    /// Its base address.
    pub fn url(&self) -> String {
        let scheme = if self.app.config().tls.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    /// Its state.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Looks at the certificate's files now, rather than within half a minute.
    pub fn reload(&self) {
        if let Some(certificate) = &self.certificate {
            certificate.look();
        }
    }

    /// Takes nothing new, lets what is running end, and lets another server take over.
    pub async fn stop(self) {
        self.stop.cancel();
        self.app.inner.begun.close();
        let ended = async {
            self.tasks.wait().await;
            self.app.inner.begun.wait().await;
        };
        if tokio::time::timeout(STOP_MAX, ended).await.is_err() {
            tracing::warn!("some requests were still running when the server ended");
        }
        if let Err(error) = self
            .app
            .store()
            .leader()
            .resign(&self.app.inner.owner)
            .await
        {
            tracing::debug!(%error, "not resigned; the lease runs out by itself");
        }
        self.app.store().clone().close().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[derive(Clone, Copy)]
struct NewRequestId;

impl MakeRequestId for NewRequestId {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&Uuid::now_v7().to_string())
            .ok()
            .map(RequestId::new)
    }
}

/// All routes, behind what holds for every one of them.
pub fn router(app: App) -> Router {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    let headers = ServiceBuilder::new()
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::X_FRAME_OPTIONS, "DENY"))
        .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
        .layer(fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(fixed(header::CACHE_CONTROL, "no-store"))
        .layer(fixed(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
        ));
    let around = ServiceBuilder::new()
        // A caller's own id is not taken: it would let anybody write into our log.
        .map_request(|mut request: Request<_>| {
            request.headers_mut().remove(REQUEST_ID);
            request
        })
        .layer(SetRequestIdLayer::new(REQUEST_ID, NewRequestId))
        .layer(SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION, header::COOKIE]))
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request<_>| {
            let id = request.headers().get(REQUEST_ID).and_then(|v| v.to_str().ok()).unwrap_or("");
            tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id, who = tracing::field::Empty)
        }))
        .layer(axum::middleware::from_fn(tell))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(headers)
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(|_| broken()))
        .layer(axum::middleware::from_fn_with_state(app.clone(), in_time))
        .layer(DefaultBodyLimit::max(BODY_MAX));
    let is_https = app.config().tls.is_some();
    let routes = Router::new()
        .route("/", get(docs::home))
        .route("/metrics", get(gauges::metrics))
        .merge(data::router())
        .merge(api::router())
        .merge(docs::router())
        .merge(admin::router(&app))
        .fallback(async || Problem::not_found("Không có địa chỉ này."))
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method",
                "Method not allowed",
                "Không dùng được cách gọi này.",
            )
        })
        .layer(axum::middleware::from_fn_with_state(
            app.clone(),
            gauges::measure,
        ))
        .layer(around)
        .with_state(app);
    // A promise for a year, made only where it can be kept: a proxy in front makes its own.
    if is_https {
        routes.layer(fixed(
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        ))
    } else {
        routes
    }
}

/// One line of the log for each request; what it was and who asked stands in its span.
async fn tell(request: axum::extract::Request, next: Next) -> Response {
    let begun = Instant::now();
    let response = next.run(request).await;
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(status = response.status().as_u16(), ms, "answered");
    response
}

/// Nobody waits for ever, neither for us nor for a body that does not come.
async fn in_time(State(app): State<App>, request: axum::extract::Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_page = path.starts_with("/admin");
    let most = app.inner.deadlines.of(request.method(), path);
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) if is_page => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Máy chủ không trả lời kịp. Mở lại trang và xem việc đã xong chưa.",
        )
            .into_response(),
        Err(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "deadline",
            "It took too long",
            "Máy chủ không trả lời kịp. Thử lại sau ít phút.",
        )
        .into_response(),
    }
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

fn broken() -> Response {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "fault",
        "A fault in the server",
        "Máy chủ gặp lỗi. Gửi mã yêu cầu (x-request-id) cho kỹ thuật.",
    )
    .into_response()
}
