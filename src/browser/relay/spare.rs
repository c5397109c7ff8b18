//! A connection that is ready before it is needed.
//!
//! Behind a valve each confirming request travels on a new connection. On a line of 80 ms its two
//! handshakes are what a payment waits for: TCP's is over before, on a connection that has carried
//! nothing yet. The browser's own handshake of TLS stays, and with it everything that a browser
//! knows of a connection: to it this one is new.

use std::io;
use std::mem::MaybeUninit;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long one is kept: shorter than servers wait for a first word.
const SPARE_MAX: Duration = Duration::from_secs(15);
/// A line that needs longer for a handshake gains nothing by a spare.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Where a browser wants to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// A name or an address.
    pub host: String,
    pub port: u16,
}

impl Target {
    async fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect((self.host.as_str(), self.port)).await
    }
}

/// One connection ahead to where a login went last.
#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<Ahead>);

#[derive(Debug, Default)]
struct Ahead {
    last: Option<Target>,
    /// On its way or there; whoever takes it waits for it.
    made: Option<Made>,
}

#[derive(Debug)]
struct Made {
    target: Target,
    since: Instant,
    connection: JoinHandle<Option<TcpStream>>,
}

impl Made {
    fn is_old(&self) -> bool {
        self.since.elapsed() >= SPARE_MAX
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Spare {
    /// A connection to the target, the spare one where it fits and lives; the next spare is begun.
    pub async fn connect(self: &Arc<Self>, target: &Target) -> io::Result<TcpStream> {
        let taken = {
            let mut ahead = self.lock();
            ahead.last = Some(target.clone());
            ahead
                .made
                .take_if(|made| made.target == *target && !made.is_old())
        };
        let ready = match taken {
            Some(mut made) => (&mut made.connection)
                .await
                .ok()
                .flatten()
                .filter(is_untouched),
            None => None,
        };
        let connection = match ready {
            Some(connection) => connection,
            None => target.connect().await?,
        };
        self.renew();
        Ok(connection)
    }

    /// Begins a connection to the last target, where none is ahead.
    pub fn renew(self: &Arc<Self>) {
        let mut ahead = self.lock();
        let Some(target) = ahead.last.clone() else {
            return;
        };
        let is_there = |made: &Made| made.target == target && !made.is_old();
        if ahead.made.as_ref().is_some_and(is_there) {
            return;
        }
        let wanted = target.clone();
        ahead.made = Some(Made {
            target,
            since: Instant::now(),
            connection: tokio::spawn(async move {
                let connected = tokio::time::timeout(CONNECT_MAX, wanted.connect()).await;
                connected.ok()?.ok()
            }),
        });
        let spare = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(SPARE_MAX).await;
            if let Some(spare) = spare.upgrade() {
                let _ = spare.lock().made.take_if(|made| made.is_old());
            }
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ahead> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Neither closed nor spoken on by the other side. Asked of the system itself: what tokio knows of a
/// connection may be older.
fn is_untouched(connection: &TcpStream) -> bool {
    let seen = SockRef::from(connection).peek(&mut [MaybeUninit::uninit()]);
    seen.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}
