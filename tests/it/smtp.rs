//! Letters on their way: a server of ours against a mail server that is watched.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gachno::domain::letter::LetterChannel;
use gachno::providers::{Channel, Settings};
use gachno::store::Actor;
use gachno::store::channels::NewChannel;
use gachno::store::letters::{LEASE_MS, NewLetter};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::admin::Shop;
use crate::letters::letter;

/// A mail that the sink took, as it stood on the wire.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    pub data: String,
}

/// A mail server that takes everything, but for a few receivers of whom it says otherwise.
pub struct Sink {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    mails: Vec<Mail>,
    /// How often each receiver was asked for.
    asked: HashMap<String, usize>,
    connections: usize,
}

impl Sink {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                all.lock().unwrap().connections += 1;
                tokio::spawn(talk(stream, Arc::clone(&all)));
            }
        });
        Self { port, seen }
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.seen.lock().unwrap().mails.clone()
    }

    pub fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }
}

/// `None`: the line goes dead.
fn answer_to_receiver(to: &str, times: usize) -> Option<&'static str> {
    match to.split('@').next().unwrap_or_default() {
        "gone" => Some("550 5.1.1 no such mailbox"),
        "busy" if times == 1 => Some("451 4.3.0 try again later"),
        "dead" if times == 1 => None,
        _ => Some("250 ok"),
    }
}

/// A conversation. A receiver `mute…` is one whose first mail is taken without a word.
async fn talk(stream: TcpStream, seen: Arc<Mutex<Seen>>) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut to = String::new();
    let mut times = 0;
    write.write_all(b"220 sink\r\n").await.ok()?;
    while let Some(line) = lines.next_line().await.ok()? {
        let word = line.split([' ', ':']).next()?.to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-sink\r\n250-8BITMIME\r\n250 SIZE 1000000",
            "RCPT" => {
                to = line.split(['<', '>']).nth(1)?.to_owned();
                times = {
                    let mut seen = seen.lock().unwrap();
                    let count = seen.asked.entry(to.clone()).or_default();
                    *count += 1;
                    *count
                };
                answer_to_receiver(&to, times)?
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                let mut data = String::new();
                loop {
                    let line = lines.next_line().await.ok()??;
                    if line == "." {
                        break;
                    }
                    data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    data.push('\n');
                }
                let to = to.clone();
                seen.lock().unwrap().mails.push(Mail {
                    to: to.clone(),
                    data,
                });
                if to.starts_with("mute") && times == 1 {
                    return None;
                }
                "250 taken"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await.ok()?;
                return Some(());
            }
            _ => "250 ok",
        };
        write
            .write_all(format!("{answer}\r\n").as_bytes())
            .await
            .ok()?;
    }
    Some(())
}

/// Payee 1's letters go there.
pub async fn set_mail_server(shop: &Shop, port: u16) {
    let text = format!(
        r#"{{"host":"127.0.0.1","port":{port},"tls":"none","from":"Cửa hàng <shop@example.org>"}}"#
    );
    let settings = Settings::read(Channel::Smtp, &text).unwrap();
    let app = shop.running.app();
    let new = NewChannel {
        payee: 1,
        channel: "smtp",
        sealed: &app.vault().seal(&settings.sealable()),
        shown: &settings.shown(),
        is_on: true,
        version: None,
    };
    let channels = app.store().channels();
    channels.put(new, &Actor::system()).await.unwrap();
    app.forget_channels().await;
}

fn to(code: &str, recipient: &str) -> NewLetter {
    NewLetter {
        recipient: recipient.to_owned(),
        ..letter(code)
    }
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < end, "waited in vain for: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The value of a header of a mail.
fn header<'m>(mail: &'m Mail, name: &str) -> Vec<&'m str> {
    mail.data
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        .collect()
}

async fn state(shop: &Shop, id: i64) -> String {
    shop.store()
        .letters()
        .find(id)
        .await
        .unwrap()
        .unwrap()
        .state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_goes_out_as_it_was_written_and_keeps_its_id_over_failures() {
    let shop = Shop::open().await;
    let sink = Sink::open().await;
    let letters = shop.store().letters();
    for (code, recipient) in [
        ("GOOD", "lan@example.org"),
        ("GONE", "gone@example.org"),
        ("BUSY", "busy@example.org"),
        ("MUTE", "mute@example.org"),
        ("DEAD", "dead@example.org"),
        ("ODD", "not an address"),
    ] {
        letters.write(&to(code, recipient)).await.unwrap();
    }
    // Before there is a server they wait, and say for what.
    until("a reason", async || {
        letters.find(1).await.unwrap().unwrap().why.is_some()
    })
    .await;
    let why = letters.find(1).await.unwrap().unwrap().why.unwrap();
    assert!(why.contains("Cổng thanh toán"), "{why}");
    set_mail_server(&shop, sink.port).await;
    shop.wait(31_000);
    until("the first ones", async || {
        state(&shop, 1).await == "sent" && state(&shop, 2).await == "given_up"
    })
    .await;
    until("a second failure of three", async || {
        let mut all = Vec::new();
        for id in [3, 4, 5] {
            all.push(letters.tries(id).await.unwrap().len());
        }
        all == [2, 2, 2] && state(&shop, 6).await == "given_up"
    })
    .await;
    shop.wait(61_000);
    until("the others", async || {
        state(&shop, 3).await == "sent"
            && state(&shop, 4).await == "sent"
            && state(&shop, 5).await == "sent"
    })
    .await;
    let mails = sink.mails();
    let of = |name: &str| -> Vec<&Mail> {
        mails
            .iter()
            .filter(|mail| mail.to.starts_with(name))
            .collect()
    };
    let good = of("lan")[0];
    assert_eq!(
        header(good, "Message-ID"),
        ["<payment-paid.GOOD.email@gachno>"]
    );
    assert_eq!(header(good, "Auto-Submitted"), ["auto-generated"]);
    assert!(
        header(good, "Subject")[0].starts_with("=?utf-8?"),
        "{}",
        good.data
    );
    assert!(good.data.contains("multipart/alternative"));
    assert!(good.data.contains("text/plain") && good.data.contains("text/html"));
    // Taken without a word: it went twice, and whoever receives it sees one id.
    let mute = of("mute");
    assert_eq!(mute.len(), 2);
    assert_eq!(header(mute[0], "Message-ID"), header(mute[1], "Message-ID"));
    assert_eq!(
        (of("busy").len(), of("dead").len(), of("gone").len()),
        (1, 1, 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_server_had_in_its_hands_goes_with_the_same_id() {
    let shop = Shop::open().await;
    let sink = Sink::open().await;
    let letters = shop.store().letters();
    // Another server took it, and was killed with it: whether it went nobody knows.
    let held = loop {
        // Our own task may be faster with one of them.
        let code = format!("K{}", rand::random::<u32>());
        letters.write(&letter(&code)).await.unwrap();
        let taken = letters.claim(&[LetterChannel::Email], 1).await.unwrap();
        if let Some(taken) = taken.into_iter().next() {
            break taken;
        }
    };
    set_mail_server(&shop, sink.port).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let is_ours = |mail: &Mail| header(mail, "Message-ID") == [format!("<{}>", held.message_id)];
    assert!(!sink.mails().iter().any(is_ours), "it is held");
    shop.wait(LEASE_MS);
    until("the letter", async || sink.mails().iter().any(is_ours)).await;
    until("its end", async || state(&shop, held.id).await == "sent").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_letters_go_out_over_few_connections() {
    const MANY: usize = 600;
    let shop = Shop::open().await;
    let sink = Sink::open().await;
    set_mail_server(&shop, sink.port).await;
    for number in 0..MANY {
        let new = to(&format!("M{number}"), "lan@example.org");
        shop.store().letters().write(&new).await.unwrap();
    }
    let begun = Instant::now();
    until("all of them", async || sink.mails().len() >= MANY).await;
    let seconds = begun.elapsed().as_secs_f64();
    assert!(seconds < 10.0, "{MANY} letters took {seconds:.1} s");
    assert_eq!(sink.mails().len(), MANY);
    assert!(
        sink.connections() <= 32,
        "{} connections",
        sink.connections()
    );
}
