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

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
    Lines,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex, watch};

use super::BrowserError;
use super::workspace::MARK;

/// An order is acknowledged in microseconds; after this the relay counts as dead.
const ORDER_MAX: Duration = Duration::from_secs(5);
/// How long a relay whose program is gone goes on carrying what is on its way.
const ORPHAN_MAX: Duration = Duration::from_mins(10);

// ---- The program's side ---------------------------------------------------------------------------------------------

/// The relay of one browser.
#[derive(Debug)]
pub(super) struct Relay {
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
    relay: Arc<Relay>,
    port: u16,
}

impl Relay {
    /// Starts `program relay`. `profile`: what a reaper will know it by, should we be killed.
    pub fn start(program: &Path, profile: Option<&Path>) -> Result<Arc<Self>, BrowserError> {
        let fault = |why: String| BrowserError::Relay { why };
        let mut command = Command::new(program);
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
        #[cfg(windows)]
        command.creation_flags(0x0800_0000 /* CREATE_NO_WINDOW */);
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

// ---- The relay's side -----------------------------------------------------------------------------------------------

/// A port's valve. The number counts how often it was shut: a connection of an earlier count is
/// cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    is_open: bool,
    shut_count: u64,
}

/// Carries connections until its orders end, and then what is on its way.
pub async fn serve(
    orders: impl AsyncRead + Unpin,
    mut acks: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut orders = BufReader::new(orders).lines();
    let mut valves: HashMap<u16, watch::Sender<Position>> = HashMap::new();
    while let Some(line) = orders.next_line().await? {
        let (number, order) = line.split_once(' ').unwrap_or((line.as_str(), ""));
        let answer = match carry_out(order, &mut valves).await? {
            Some(Done::Opened(port)) => format!("{number} ok {port}\n"),
            Some(Done::Turned) => format!("{number} ok\n"),
            None => format!("{number} unknown order\n"),
        };
        acks.write_all(answer.as_bytes()).await?;
        acks.flush().await?;
    }
    // The program is gone. A valve that it left shut stays shut; open ones carry their answers
    // home.
    tokio::time::sleep(ORPHAN_MAX).await;
    Ok(())
}

/// What became of an order.
enum Done {
    /// A port with an open valve was made.
    Opened(u16),
    /// The valve was turned.
    Turned,
}

/// `new`, `shut PORT`, `open PORT`; `None`: it is none of these.
async fn carry_out(
    order: &str,
    valves: &mut HashMap<u16, watch::Sender<Position>>,
) -> io::Result<Option<Done>> {
    if order == "new" {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (valve, position) = watch::channel(Position {
            is_open: true,
            shut_count: 0,
        });
        valves.insert(port, valve);
        tokio::spawn(accept(listener, position));
        return Ok(Some(Done::Opened(port)));
    }
    let Some((turn, valve)) = order
        .split_once(' ')
        .and_then(|(turn, port)| Some((turn, valves.get(&port.parse().ok()?)?)))
    else {
        return Ok(None);
    };
    match turn {
        "shut" => valve.send_modify(|position| {
            position.is_open = false;
            position.shut_count += 1;
        }),
        "open" => valve.send_modify(|position| position.is_open = true),
        _ => return Ok(None),
    }
    Ok(Some(Done::Turned))
}

async fn accept(listener: TcpListener, position: watch::Receiver<Position>) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                tokio::spawn(carry(client, position.clone()));
            }
            // Out of handles, for instance: the browser tries again by itself.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn carry(mut client: TcpStream, mut position: watch::Receiver<Position>) {
    let Ok(target) = target_of(&mut client).await else {
        return;
    };
    // Waiting here is the hold: nothing has gone to the portal yet, not even a connection.
    let Ok(shut_count) = position.wait_for(|p| p.is_open).await.map(|p| p.shut_count) else {
        return;
    };
    let Ok(mut server) = TcpStream::connect((target.0.as_str(), target.1)).await else {
        let _ = client.write_all(&reply(5)).await;
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let is_same = |p: &Position| p.is_open && p.shut_count == shut_count;
    if !is_same(&position.borrow_and_update()) || client.write_all(&reply(0)).await.is_err() {
        return;
    }
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        _ = position.wait_for(|p| p.shut_count != shut_count) => {}
    }
}

/// SOCKS5 (RFC 1928), the part that a browser uses: no authentication, CONNECT, any kind of
/// address.
async fn target_of(client: &mut TcpStream) -> io::Result<(String, u16)> {
    let bad = || io::Error::from(io::ErrorKind::InvalidData);
    let mut head = [0; 2];
    client.read_exact(&mut head).await?;
    let mut methods = vec![0; head[1].into()];
    client.read_exact(&mut methods).await?;
    if head[0] != 5 || !methods.contains(&0) {
        return Err(bad());
    }
    client.write_all(&[5, 0]).await?;
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    if request[1] != 1 {
        client.write_all(&reply(7)).await?;
        return Err(bad());
    }
    let host = match request[3] {
        1 => {
            let mut ip = [0; 4];
            client.read_exact(&mut ip).await?;
            std::net::Ipv4Addr::from(ip).to_string()
        }
        3 => {
            let mut name = vec![0; client.read_u8().await?.into()];
            client.read_exact(&mut name).await?;
            String::from_utf8(name).map_err(|_| bad())?
        }
        4 => {
            let mut ip = [0; 16];
            client.read_exact(&mut ip).await?;
            std::net::Ipv6Addr::from(ip).to_string()
        }
        _ => return Err(bad()),
    };
    Ok((host, client.read_u16().await?))
}

/// The answer to CONNECT; the bound address says nothing to a browser.
const fn reply(code: u8) -> [u8; 10] {
    [5, code, 0, 1, 0, 0, 0, 0, 0, 0]
}

#[cfg(test)]
mod tests;
