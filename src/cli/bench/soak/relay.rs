//! A line between two programs that is cut in the middle of what they say.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// Who is behind the line.
#[derive(Debug, Clone)]
pub(super) enum Upstream {
    Tcp(String),
    /// On this computer.
    Socket(PathBuf),
}

/// Cuts a line, and takes it away for a while.
#[derive(Debug, Clone)]
pub(super) struct Cutter {
    cuts: broadcast::Sender<u8>,
    is_away: Arc<AtomicBool>,
}

impl Cutter {
    /// Each connection is cut with this chance, in percent.
    pub fn cut(&self, percent: u8) {
        // Err: there is none.
        let _ = self.cuts.send(percent);
    }

    /// Nobody gets through until it is back.
    pub fn away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }
}

/// A line. Gone with this.
pub(super) struct Relay {
    address: SocketAddr,
    cutter: Cutter,
    _carrying: AbortOnDropHandle<()>,
}

impl Relay {
    pub async fn open(upstream: Upstream) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let cutter = Cutter {
            cuts: broadcast::channel(16).0,
            is_away: Arc::default(),
        };
        let carrying = tokio::spawn(carry(listener, upstream, cutter.clone()));
        Ok(Self {
            address,
            cutter,
            _carrying: AbortOnDropHandle::new(carrying),
        })
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn cutter(&self) -> Cutter {
        self.cutter.clone()
    }

    /// The address of a database, through this line.
    pub fn database_url(&self, url: &str) -> anyhow::Result<String> {
        let mut url = url::Url::parse(url)?;
        let rest: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| name != "socket")
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.set_query(None);
        if !rest.is_empty() {
            url.query_pairs_mut().extend_pairs(rest);
        }
        url.set_host(Some(&self.address.ip().to_string()))?;
        url.set_port(Some(self.address.port()))
            .map_err(|()| anyhow::anyhow!("the database's address takes no port"))?;
        Ok(url.into())
    }
}

async fn carry(listener: TcpListener, upstream: Upstream, cutter: Cutter) {
    let mut open = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        while open.try_join_next().is_some() {}
        if cutter.is_away.load(Ordering::Relaxed) {
            continue;
        }
        let (upstream, cuts) = (upstream.clone(), cutter.cuts.subscribe());
        open.spawn(async move {
            match upstream {
                Upstream::Tcp(place) => {
                    if let Ok(far) = TcpStream::connect(&place).await {
                        until_cut(near, far, cuts).await;
                    }
                }
                #[cfg(unix)]
                Upstream::Socket(path) => {
                    if let Ok(far) = tokio::net::UnixStream::connect(&path).await {
                        until_cut(near, far, cuts).await;
                    }
                }
                #[cfg(not(unix))]
                Upstream::Socket(_) => {}
            }
        });
    }
}

async fn until_cut(
    mut near: TcpStream,
    mut far: impl AsyncRead + AsyncWrite + Unpin,
    mut cuts: broadcast::Receiver<u8>,
) {
    // Err: small pieces wait for each other.
    let _ = near.set_nodelay(true);
    let cut = async {
        while let Ok(percent) = cuts.recv().await {
            if rand::random_range(0..100) < percent {
                return;
            }
        }
    };
    tokio::select! {
        // Err: one of them went away.
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
        () = cut => {}
    }
}
