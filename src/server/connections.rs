//! Connections: taken, counted in all and for each caller, and ended where nothing is said on them.
//!
//! Lives here: the loop that accepts, handshakes beside each other, how long a head may take to come. Never
//! here: what a request is about. Bodies and answers have their deadlines at the routers (`web::limits`).
//!
//! *Invariant: nobody holds a place by silence: a handshake, a head, and the pause between two requests all
//! have an end.*

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::starting::StartingGate;
use super::web::address::network;

/// Who has not agreed on keys by then is sent away.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// After a fault of the listener itself (too many open files): it is tried again.
const REST: Duration = Duration::from_millis(200);

/// What whoever finds no place is told, where it costs no handshake.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Says so without waiting for anybody. What was sent is taken first: a connection that is closed over unread
/// bytes takes the answer with it.
fn turn_away(stream: &TcpStream) {
    let mut sent = [0; 4096];
    // Err: nothing there, or nobody: either way there is nothing to wait for.
    let _ = stream.try_read(&mut sent);
    let _ = stream.try_write(FULL);
}

/// How many connections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Of everybody together.
    pub all: usize,
    /// Of one address, or one network of the newer ones. Programs on this computer, and a proxy in front,
    /// speak for many.
    pub of_one: usize,
    /// How long the head of a request may take, the pause before it included.
    pub head: Duration,
}

/// More than any shop has.
const MOST: usize = 20_000;
/// Open files that are left to the database, the log and whatever else the server needs.
const SPARE: usize = 128;
/// How often the log speaks of connections that were turned away.
const SAID_EVERY: Duration = Duration::from_mins(1);

/// How many connections the system has room for: each is an open file.
#[cfg(unix)]
fn room() -> usize {
    use rustix::process::{Resource, getrlimit};
    let files = getrlimit(Resource::Nofile).current;
    let files = files.and_then(|files| usize::try_from(files).ok());
    files.map_or(MOST, |files| files.saturating_sub(SPARE).max(SPARE))
}

#[cfg(not(unix))]
const fn room() -> usize {
    MOST
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            all: MOST.min(room()),
            of_one: 256,
            head: Duration::from_secs(20),
        }
    }
}

/// Who is there.
#[derive(Debug, Default)]
struct Census {
    all: usize,
    by_network: HashMap<String, usize>,
}

/// Lets connections in, and out again.
#[derive(Debug, Clone)]
struct Door {
    limits: ConnectionLimits,
    census: Arc<Mutex<Census>>,
    /// Nobody is counted by address: all of them are the proxy's.
    is_proxied: bool,
}

/// A connection's place. It is free again when this is dropped.
struct Place {
    door: Door,
    network: Option<String>,
}

impl Door {
    fn census(&self) -> std::sync::MutexGuard<'_, Census> {
        self.census.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, or nothing where there is none.
    fn admit(&self, from: SocketAddr) -> Option<Place> {
        let is_counted = !self.is_proxied && !from.ip().is_loopback();
        let network = is_counted.then(|| network(from.ip()));
        let mut census = self.census();
        if census.all >= self.limits.all {
            return None;
        }
        if let Some(network) = &network {
            let count = census.by_network.entry(network.clone()).or_default();
            if *count >= self.limits.of_one {
                return None;
            }
            *count += 1;
        }
        census.all += 1;
        drop(census);
        Some(Place {
            door: self.clone(),
            network,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut census = self.door.census();
        census.all -= 1;
        if let Some(network) = &self.network
            && let Some(count) = census.by_network.get_mut(network)
        {
            *count -= 1;
            if *count == 0 {
                census.by_network.remove(network);
            }
        }
    }
}

/// What all connections have in common.
pub struct Serving {
    /// What answers.
    pub gate: StartingGate,
    /// Where the server speaks HTTPS.
    pub tls: Option<TlsAcceptor>,
    /// How many there may be.
    pub limits: ConnectionLimits,
    /// Do all of them come through a proxy?
    pub is_proxied: bool,
    /// The server ends.
    pub stop: CancellationToken,
}

impl Serving {
    /// Takes connections until the server ends, then waits for the requests that are being answered.
    pub async fn run(self, listener: TcpListener) {
        let door = Door {
            limits: self.limits,
            census: Arc::default(),
            is_proxied: self.is_proxied,
        };
        let (serving, open) = (Arc::new(self), TaskTracker::new());
        let mut said: Option<Instant> = None;
        loop {
            let accepted = tokio::select! {
                () = serving.stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be taken");
                    tokio::time::sleep(REST).await;
                    continue;
                }
            };
            let Some(place) = door.admit(from) else {
                metrics::counter!("gachno_connections_refused_total").increment(1);
                if said.is_none_or(|said| said.elapsed() > SAID_EVERY) {
                    said = Some(Instant::now());
                    let (all, of_one) = (door.limits.all, door.limits.of_one);
                    tracing::warn!(%from, all, of_one, "there is no place for a connection; more are counted in gachno_connections_refused_total");
                }
                if serving.tls.is_none() {
                    turn_away(&stream);
                }
                continue;
            };
            let serving = Arc::clone(&serving);
            open.spawn(async move {
                serving.connection(stream, from).await;
                drop(place);
            });
        }
        open.close();
        open.wait().await;
    }

    async fn connection(&self, stream: TcpStream, from: SocketAddr) {
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else {
            return self.requests(stream, from).await;
        };
        let agreed = tokio::select! {
            () = self.stop.cancelled() => return,
            agreed = tokio::time::timeout(HANDSHAKE_MAX, tls.accept(stream)) => agreed,
        };
        match agreed {
            Ok(Ok(stream)) => self.requests(stream, from).await,
            Ok(Err(error)) => tracing::debug!(%from, %error, "no TLS handshake"),
            Err(_) => tracing::debug!(%from, "the TLS handshake took too long"),
        }
    }

    async fn requests(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        from: SocketAddr,
    ) {
        let gate = self.gate.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(from));
            gate.router().oneshot(request.map(Body::new))
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            // A peer that went away, or said nothing for too long.
            tracing::debug!(%from, %error, "a connection ended");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(is_proxied: bool) -> Door {
        let limits = ConnectionLimits {
            all: 5,
            of_one: 2,
            ..ConnectionLimits::default()
        };
        Door {
            limits,
            census: Arc::default(),
            is_proxied,
        }
    }

    fn from(text: &str) -> SocketAddr {
        SocketAddr::new(text.parse().expect("an address"), 1)
    }

    #[test]
    fn one_caller_takes_its_share_and_leaves_room_for_others() {
        let door = door(false);
        let held: Vec<_> = (0..2)
            .filter_map(|_| door.admit(from("203.0.113.7")))
            .collect();
        assert_eq!(held.len(), 2);
        assert!(door.admit(from("203.0.113.7")).is_none());
        let one = door.admit(from("2001:db8::1")).expect("another caller");
        let two = door
            .admit(from("2001:db8::ffff"))
            .expect("the same network");
        assert!(door.admit(from("2001:db8::2")).is_none());
        let here = door.admit(from("127.0.0.1")).expect("this computer");
        assert!(
            door.admit(from("127.0.0.1")).is_none(),
            "there are no more in all"
        );
        drop((one, two, here));
        drop(held);
        assert!(
            door.admit(from("203.0.113.7")).is_some(),
            "places become free"
        );
        assert!(
            door.census().by_network.is_empty(),
            "and nobody is remembered"
        );
    }

    #[test]
    fn a_proxy_speaks_for_many() {
        let door = door(true);
        let held: Vec<_> = (0..5)
            .filter_map(|_| door.admit(from("10.0.0.1")))
            .collect();
        assert_eq!(held.len(), 5);
    }
}
