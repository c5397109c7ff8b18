//! The relay's own side: a port a login, connections that are carried, cut and kept out.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::spare::{Spare, Target};

/// How long a relay whose program is gone goes on carrying what is on its way.
const ORPHAN_MAX: Duration = Duration::from_mins(10);

/// A port's valve. The number counts how often it was shut: a connection of an earlier count is
/// cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    is_open: bool,
    shut_count: u64,
}

/// A login's port.
struct OpenPort {
    valve: watch::Sender<Position>,
    spare: Arc<Spare>,
}

/// Carries connections until its orders end, and then what is on its way.
pub async fn serve(
    orders: impl AsyncRead + Unpin,
    mut acks: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut orders = BufReader::new(orders).lines();
    let mut valves = HashMap::new();
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
async fn carry_out(order: &str, valves: &mut HashMap<u16, OpenPort>) -> io::Result<Option<Done>> {
    if order == "new" {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (valve, position) = watch::channel(Position {
            is_open: true,
            shut_count: 0,
        });
        let spare = Arc::new(Spare::default());
        valves.insert(
            port,
            OpenPort {
                valve,
                spare: spare.clone(),
            },
        );
        tokio::spawn(accept(listener, position, spare));
        return Ok(Some(Done::Opened(port)));
    }
    let Some((turn, login)) = order
        .split_once(' ')
        .and_then(|(turn, port)| Some((turn, valves.get(&port.parse().ok()?)?)))
    else {
        return Ok(None);
    };
    match turn {
        "shut" => {
            login.valve.send_modify(|position| {
                position.is_open = false;
                position.shut_count += 1;
            });
            login.spare.renew();
        }
        "open" => login.valve.send_modify(|position| position.is_open = true),
        _ => return Ok(None),
    }
    Ok(Some(Done::Turned))
}

async fn accept(listener: TcpListener, position: watch::Receiver<Position>, spare: Arc<Spare>) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                tokio::spawn(carry(client, position.clone(), spare.clone()));
            }
            // Out of handles, for instance: the browser tries again by itself.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn carry(mut client: TcpStream, mut position: watch::Receiver<Position>, spare: Arc<Spare>) {
    let Ok(target) = target_of(&mut client).await else {
        return;
    };
    // Waiting here is the hold: not a byte has gone to the portal yet.
    let Ok(shut_count) = position.wait_for(|p| p.is_open).await.map(|p| p.shut_count) else {
        return;
    };
    let Ok(mut server) = spare.connect(&target).await else {
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
async fn target_of(client: &mut TcpStream) -> io::Result<Target> {
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
    Ok(Target {
        host,
        port: client.read_u16().await?,
    })
}

/// The answer to CONNECT; the bound address says nothing to a browser.
const fn reply(code: u8) -> [u8; 10] {
    [5, code, 0, 1, 0, 0, 0, 0, 0, 0]
}
