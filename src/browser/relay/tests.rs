use super::*;
use tokio::io::duplex;

/// A server that says how many connections it has seen, to each.
async fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let port = listener.local_addr().expect("address").port();
    tokio::spawn(async move {
        for count in 1_u8.. {
            let Ok((mut stream, _)) = listener.accept().await else {
                return;
            };
            tokio::spawn(async move {
                let _ = stream.write_all(&[count]).await;
                let mut rest = Vec::new();
                let _ = stream.read_to_end(&mut rest).await;
            });
        }
    });
    port
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
    let mut answer = [0; 11];
    first.read_exact(&mut answer).await.expect("through");
    assert_eq!(answer[10], 1);

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
        answer[10], 2,
        "on a connection of its own, and the server saw none while it was shut"
    );
    assert_eq!(order("jump".into()).await, "unknown order");
    relay.abort();
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
