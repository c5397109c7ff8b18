use super::*;
use tokio::io::{AsyncReadExt, duplex};
use tokio::net::{TcpListener, TcpStream};

/// A server that says which of its connections this is, as soon as it is spoken to.
async fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let port = listener.local_addr().expect("address").port();
    tokio::spawn(async move {
        for count in 1_u8.. {
            let Ok((mut stream, _)) = listener.accept().await else {
                return;
            };
            tokio::spawn(async move {
                while let Ok(1) = stream.read(&mut [0]).await {
                    let _ = stream.write_all(&[count]).await;
                }
            });
        }
    });
    port
}

/// Which connection of the server is this?
async fn which(stream: &mut TcpStream) -> u8 {
    stream.write_all(&[0]).await.expect("said");
    stream.read_u8().await.expect("answered")
}

async fn dial(relay: u16, target: u16) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", relay))
        .await
        .expect("relay");
    stream.write_all(&[5, 1, 0]).await.expect("hello");
    stream.read_exact(&mut [0; 2]).await.expect("hello back");
    let mut connect = vec![5, 1, 0, 3, 9];
    connect.extend(b"127.0.0.1");
    connect.extend(target.to_be_bytes());
    stream.write_all(&connect).await.expect("connect");
    stream
}

#[tokio::test]
async fn a_shut_valve_cuts_what_is_open_and_holds_what_comes() {
    let target = server().await;
    let (orders, relay_in) = duplex(256);
    let (relay_out, acks) = duplex(256);
    let relay = tokio::spawn(serve(relay_in, relay_out));
    let mut orders = Orders::new(orders, BufReader::new(acks));
    let mut order = async |text: String| orders.ask(&text).await.expect("asked").expect("answered");
    let port: u16 = order("new".into())
        .await
        .strip_prefix("ok ")
        .expect("port")
        .parse()
        .expect("number");
    let mut first = dial(port, target).await;
    let mut answer = [0; 10];
    first.read_exact(&mut answer).await.expect("through");
    assert_eq!(which(&mut first).await, 1);

    assert_eq!(order(format!("shut {port}")).await, "ok");
    assert_eq!(
        first.read(&mut answer).await.unwrap_or(0),
        0,
        "what was open is cut"
    );
    let mut second = dial(port, target).await;
    let held =
        tokio::time::timeout(Duration::from_millis(100), second.read_exact(&mut answer)).await;
    assert!(held.is_err(), "what comes waits");
    assert_eq!(order(format!("open {port}")).await, "ok");
    second.read_exact(&mut answer).await.expect("through");
    assert_eq!(
        which(&mut second).await,
        2,
        "on a connection of its own, the one that was ready before"
    );
    assert_eq!(order("jump".into()).await, "unknown order");
    relay.abort();
}

#[tokio::test]
async fn a_connection_is_ready_before_it_is_needed() {
    let (target, elsewhere) = (server().await, server().await);
    let to = |port| spare::Target {
        host: "127.0.0.1".into(),
        port,
    };
    let spare = Arc::new(spare::Spare::default());
    let connect = async |port| spare.connect(&to(port)).await.expect("connected");
    assert_eq!(which(&mut connect(target).await).await, 1);
    assert_eq!(
        which(&mut connect(elsewhere).await).await,
        1,
        "a spare goes where it was made for"
    );
    assert_eq!(which(&mut connect(elsewhere).await).await, 2);
    assert_eq!(which(&mut connect(target).await).await, 3, "2 was given up");
}

#[tokio::test]
async fn a_spare_that_the_other_side_closed_is_not_used() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let target = spare::Target {
        host: "127.0.0.1".into(),
        port: listener.local_addr().expect("address").port(),
    };
    let spare = Arc::new(spare::Spare::default());
    let _first = spare.connect(&target).await.expect("connected");
    let _there = listener.accept().await.expect("the first");
    let (ahead, _) = listener.accept().await.expect("the spare");
    drop(ahead);
    let (mut second, mut there) = (
        spare.connect(&target).await.expect("connected"),
        listener.accept().await.expect("another one").0,
    );
    there.write_all(&[7]).await.expect("said");
    assert_eq!(second.read_u8().await.expect("heard"), 7);
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_taken_for_the_next_orders() {
    let (orders, relay_in) = duplex(256);
    let (mut relay_out, acks) = duplex(256);
    let mut orders = Orders::new(orders, BufReader::new(acks));
    let limit = Duration::from_millis(20);
    let late = tokio::time::timeout(limit, orders.ask("shut 40000")).await;
    assert!(late.is_err(), "nobody answers in time");
    // Now it answers both, in their order.
    let relay = async {
        let mut lines = BufReader::new(relay_in).lines();
        for answer in ["ok", "ok 40123"] {
            let line = lines.next_line().await.expect("read").expect("an order");
            let number = line.split(' ').next().expect("a number");
            relay_out
                .write_all(format!("{number} {answer}\n").as_bytes())
                .await
                .expect("answered");
        }
    };
    let (answer, ()) = tokio::join!(orders.ask("new"), relay);
    assert_eq!(answer.expect("asked").as_deref(), Some("ok 40123"));
}

#[tokio::test]
async fn an_order_that_was_cut_short_spoils_no_other() {
    // Room for a few letters: the first order cannot be written whole.
    let (orders, mut relay_in) = duplex(4);
    let (relay_out, acks) = duplex(256);
    let mut orders = Orders::new(orders, BufReader::new(acks));
    let cut = tokio::time::timeout(Duration::from_millis(20), orders.ask("shut 40000")).await;
    assert!(cut.is_err());
    let relay = tokio::spawn(async move {
        let (read, mut write) = duplex(256);
        let copy = async move { tokio::io::copy(&mut relay_in, &mut write).await };
        tokio::join!(copy, serve(read, relay_out)).1
    });
    let answer = orders.ask("new").await.expect("asked").expect("answered");
    assert!(answer.starts_with("ok "), "{answer}");
    relay.abort();
}
