//! Every connection of a browser goes through here, so that it can be cut and kept out: the valve
//! behind the gate.
//!
//! Two things happen below the browser's own interception. Chromium sends a request again by
//! itself, a POST too, when a connection that it had used before closes without a byte; and a
//! driver that dies lets a held request go. Against both the browser is given a SOCKS5 proxy of
//! ours, one port a login: *shut* closes what is open and keeps new connections waiting, *open*
//! lets them through. A request that leaves just after *open* travels on a new connection, which
//! Chromium never repeats; while the valve is shut nothing can leave, whoever dies.
//!
//! It runs as a process of its own (`gachno relay`), so that an answer on its way still reaches the
//! page when the program is killed. Its orders come line by line on stdin, `NUMBER ORDER`, each
//! acknowledged on stdout under its number, so that an answer that comes too late is never taken for
//! another's; a valve stays as it is when the program is gone.

mod carrier;
mod spare;

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

pub use carrier::serve;

use super::BrowserError;
use super::workspace::MARK;
use crate::process::quiet;

/// An order is acknowledged in microseconds; after this the relay counts as dead.
const ORDER_MAX: Duration = Duration::from_secs(5);

/// The relay of one browser.
#[derive(Debug)]
pub(super) struct ConnectionRelay {
    orders: Mutex<Orders<ChildStdin, BufReader<ChildStdout>>>,
    pid: u32,
    /// Killed when this is dropped.
    child: std::sync::Mutex<Child>,
}

/// The line to the relay.
#[derive(Debug)]
struct Orders<W, R> {
    to: W,
    from: Lines<R>,
    /// The number of the last order.
    number: u64,
    /// Was the last order cut short while it was written?
    is_torn: bool,
}

impl<W: AsyncWrite + Unpin, R: AsyncBufRead + Unpin> Orders<W, R> {
    fn new(to: W, from: R) -> Self {
        Self {
            to,
            from: from.lines(),
            number: 0,
            is_torn: false,
        }
    }

    /// Gives an order and reads its answer; `None`: the relay has exited. May be dropped at any
    /// moment: answers to earlier orders are passed over.
    async fn ask(&mut self, order: &str) -> io::Result<Option<String>> {
        self.number += 1;
        let number = self.number;
        // What is left of an order that was cut short becomes a line of its own, which says nothing.
        let start = if self.is_torn { "\n" } else { "" };
        self.is_torn = true;
        self.to
            .write_all(format!("{start}{number} {order}\n").as_bytes())
            .await?;
        self.to.flush().await?;
        self.is_torn = false;
        while let Some(line) = self.from.next_line().await? {
            if let Some((answered, answer)) = line.split_once(' ')
                && answered.parse() == Ok(number)
            {
                return Ok(Some(answer.to_owned()));
            }
        }
        Ok(None)
    }
}

/// One login's valve.
#[derive(Debug, Clone)]
pub(super) struct Valve {
    relay: Arc<ConnectionRelay>,
    port: u16,
}

impl ConnectionRelay {
    /// Starts `program relay`. `profile`: what a reaper will know it by, should we be killed.
    pub fn start(program: &Path, profile: Option<&Path>) -> Result<Arc<Self>, BrowserError> {
        let fault = |why: String| BrowserError::Relay { why };
        let mut command = Command::from(quiet(program));
        command
            .arg("relay")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        if let Some(profile) = profile {
            command.env(MARK, profile);
        }
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .spawn()
            .map_err(|e| fault(format!("{}: {e}", program.display())))?;
        let (Some(stdin), Some(stdout), Some(pid)) =
            (child.stdin.take(), child.stdout.take(), child.id())
        else {
            return Err(fault("không nối được ống lệnh".to_owned()));
        };
        Ok(Arc::new(Self {
            orders: Mutex::new(Orders::new(stdin, BufReader::new(stdout))),
            pid,
            child: child.into(),
        }))
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Has it exited? Then its browser reaches nothing any more.
    fn is_gone(&self) -> bool {
        let mut child = self
            .child
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        !matches!(child.try_wait(), Ok(None))
    }

    /// Ends it; the browser behind it reaches nothing any more.
    pub fn kill(&self) {
        let mut child = self
            .child
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = child.start_kill();
    }

    /// A new port with an open valve.
    pub async fn valve(self: &Arc<Self>) -> Result<Valve, BrowserError> {
        let answer = self.order("new").await?;
        let port = answer
            .parse()
            .map_err(|_| BrowserError::Relay { why: answer })?;
        Ok(Valve {
            relay: self.clone(),
            port,
        })
    }

    async fn order(&self, order: &str) -> Result<String, BrowserError> {
        let fault = |why: &str| BrowserError::Relay {
            why: format!("{order}: {why}"),
        };
        let exchange = async { self.orders.lock().await.ask(order).await };
        match tokio::time::timeout(ORDER_MAX, exchange).await {
            Ok(Ok(Some(line))) => line
                .strip_prefix("ok")
                .map(|rest| rest.trim().to_owned())
                .ok_or_else(|| fault(&line)),
            Ok(Ok(None)) => Err(fault("đã thoát")),
            Ok(Err(error)) => Err(fault(&error.to_string())),
            Err(_) => Err(fault("không trả lời")),
        }
    }
}

impl Valve {
    /// The proxy's address, `host:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Has its relay exited?
    pub fn is_gone(&self) -> bool {
        self.relay.is_gone()
    }

    /// Closes every connection of this login and keeps new ones waiting.
    pub async fn shut(&self) -> Result<(), BrowserError> {
        self.relay
            .order(&format!("shut {}", self.port))
            .await
            .map(drop)
    }

    /// Lets connections through again.
    pub async fn open(&self) -> Result<(), BrowserError> {
        self.relay
            .order(&format!("open {}", self.port))
            .await
            .map(drop)
    }
}

#[cfg(test)]
mod tests;
