//! A server from its start to its end: the listener, the tasks, the last requests.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::app::AppState;
use super::config::ServeConfig;
use super::connections::{ConnectionLimits, Serving};
use super::router::router;
use super::starting::StartingGate;
use super::tasks;
use super::tls::{Certificate, TlsError};
use super::vault::{SecretKeys, SecretKeysError};
use crate::store::people::FirstOwner;
use crate::store::{Store, StoreError, Teller};

/// How long running requests and tasks may take to end.
const STOP_MAX: Duration = Duration::from_secs(20);

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
    SecretKeys(#[from] SecretKeysError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A running server. Dropping it stops it; [`Running::stop`] waits for what is running.
pub struct Running {
    address: SocketAddr,
    app: AppState,
    stop: CancellationToken,
    tasks: TaskTracker,
    certificate: Option<Certificate>,
    /// Told once, on a new server.
    pub first_owner: Option<FirstOwner>,
}

/// Starts the server; it can be used when this returns.
pub async fn start(config: ServeConfig) -> Result<Running, ServeError> {
    start_telling(config, &CancellationToken::new(), &|_| ()).await
}

/// Starts the server, and says what it is at where the database takes a while. Meanwhile it listens and
/// answers everybody that it starts. It ends within moments once `stop` says so.
pub async fn start_telling(
    config: ServeConfig,
    stop: &CancellationToken,
    tell: Teller<'_>,
) -> Result<Running, ServeError> {
    let listening = Listening::open(&config, ConnectionLimits::default()).await?;
    let told = |doing| {
        listening.gate.at(doing);
        tell(doing);
    };
    let connected = tokio::select! {
        connected = Store::connect(&config.database) => connected,
        () = stop.cancelled() => Err(StoreError::Stopped),
    };
    let store = connected?;
    store.schema().migrate_until(stop, &told).await?;
    let vault = SecretKeys::open_or_create(&config.key_file)?;
    listening.serve(AppState::new(store, config, vault)).await
}

/// Starts it over a state that is there.
pub async fn start_with(app: AppState) -> Result<Running, ServeError> {
    let listening = Listening::open(app.config(), app.connection_limits()).await?;
    listening.serve(app).await
}

/// A server that listens, and has nothing to say yet but that. Dropping it ends it.
struct Listening {
    address: SocketAddr,
    gate: StartingGate,
    certificate: Option<Certificate>,
    tasks: TaskTracker,
    stop: DropGuard,
}

impl Listening {
    async fn open(config: &ServeConfig, limits: ConnectionLimits) -> Result<Self, ServeError> {
        let fault = |e| ServeError::Listen(config.listen, e);
        let certificate = config.tls.as_ref().map(Certificate::open).transpose()?;
        let listener = TcpListener::bind(config.listen).await.map_err(fault)?;
        let address = listener.local_addr().map_err(fault)?;
        super::metrics::begin();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let acceptor = certificate.as_ref().map(Certificate::acceptor).transpose();
        let gate = StartingGate::default();
        let serving = Serving {
            gate: gate.clone(),
            tls: acceptor.map_err(|e| fault(std::io::Error::other(e)))?,
            limits,
            is_proxied: config.behind_proxy,
            stop: stop.clone(),
        };
        tasks.spawn(serving.run(listener));
        if let Some(certificate) = &certificate {
            tasks.spawn(certificate.clone().watch(stop.clone()));
        }
        Ok(Self {
            address,
            gate,
            certificate,
            tasks,
            stop: stop.drop_guard(),
        })
    }

    /// Answers from now on, and does what is done beside the requests.
    async fn serve(self, app: AppState) -> Result<Running, ServeError> {
        app.listens_at(app.config().own_url(self.address));
        let first_owner = app.store().accounts().first_owner().await?;
        app.store().leader().take_over(app.owner()).await?;
        self.gate.open(router(app.clone()));
        let stop = self.stop.disarm();
        for task in tasks::ALL {
            self.tasks.spawn(task.run(app.clone(), stop.clone()));
        }
        self.tasks.close();
        Ok(Running {
            address: self.address,
            app,
            stop,
            tasks: self.tasks,
            certificate: self.certificate,
            first_owner,
        })
    }
}

impl Running {
    /// Its base address.
    pub fn url(&self) -> String {
        self.app.config().own_url(self.address)
    }

    /// Its state.
    pub fn app(&self) -> &AppState {
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
        self.app.pay().close();
        let ended = async {
            self.tasks.wait().await;
            self.app.carried().await;
        };
        if tokio::time::timeout(STOP_MAX, ended).await.is_err() {
            tracing::warn!("some requests were still running when the server ended");
        }
        let leader = self.app.store().leader();
        if let Err(error) = leader.resign(self.app.owner()).await {
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
