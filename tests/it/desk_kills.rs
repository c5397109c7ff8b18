//! The server killed again and again while collectors take money: no item twice, no limit passed, no gap in
//! the receipts, and the book agrees.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gachno::domain::calendar::day_of;
use gachno::store::machines::Scope;
use gachno::store::people::PersonWanted;
use gachno::store::{Actor, Store};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::database::{Base, Which, on_both};
use crate::desk::{bill, free_contract};
use crate::pay_kills::Served;

const KILLS: usize = 10;
const COLLECTORS: usize = 4;
/// Contracts, which all collectors want.
const CONTRACTS: usize = 30;
/// What each may hold: less than is there to be taken.
const LIMIT: i64 = 90_000;
const BILL: i64 = 10_000;
const PATIENCE: Duration = Duration::from_mins(1);

struct Door {
    store: Store,
    port: u16,
    http: reqwest::Client,
    hands: Vec<(i64, SecretString)>,
}

impl Door {
    async fn open(base: &Base) -> Self {
        gachno::init_tls();
        let store = base.store().await;
        let actor = Actor::system();
        let mut contracts = Vec::new();
        for number in 0..CONTRACTS {
            let json = free_contract(&format!("HD{number}"), &[bill("B1", 1, BILL)]);
            let contract = gachno::domain::desk::IncomingContract::read(&json).expect("good");
            contracts.push((number, contract));
        }
        store.desk().put(1, &contracts, &actor).await.expect("kept");
        let mut hands = Vec::new();
        for number in 0..COLLECTORS {
            let login = format!("thu{number}");
            let wanted = PersonWanted::collector(&login, "thu_cuoc", LIMIT);
            let accounts = store.accounts();
            let person = accounts.put(&wanted, None, "unknown", &actor).await;
            let id = person.expect("kept").id;
            let machines = store.machines();
            let made = machines.add_for("máy", &[Scope::Desk], None, Some(id), &actor);
            hands.push((id, made.await.expect("made").token));
        }
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        Self {
            store,
            port: free.local_addr().expect("an address").port(),
            http: reqwest::Client::builder()
                .timeout(Duration::from_secs(20))
                .build()
                .expect("client"),
            hands,
        }
    }

    /// Asks until somebody answers, as a phone at a door does: with the same key each time.
    async fn ask(&self, token: &str, path: &str, body: Option<&Value>, key: &str) -> (u16, Value) {
        let end = Instant::now() + PATIENCE;
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        loop {
            let request = match body {
                Some(body) => self.http.post(&url).json(body),
                None => self.http.get(&url),
            };
            let request = request.bearer_auth(token).header("idempotency-key", key);
            if let Ok(answer) = request.send().await {
                let status = answer.status().as_u16();
                if !matches!(status, 429 | 500 | 503)
                    && let Ok(body) = answer.json().await
                {
                    return (status, body);
                }
            }
            assert!(Instant::now() < end, "{path}: nobody answers");
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    /// One collector goes from door to door. Says the receipts that they hold in their hand.
    async fn collect(&self, at: usize) -> Vec<String> {
        let token = self.hands[at].1.expose_secret();
        let mut receipts = Vec::new();
        for turn in 0..CONTRACTS {
            let contract = format!("HD{}", (turn + at * 7) % CONTRACTS);
            let path = format!("/api/desk/contracts/{contract}");
            let (_, view) = self.ask(token, &path, None, "").await;
            let bills = view["bills"].as_array().expect("bills");
            let open: Vec<&Value> = bills
                .iter()
                .filter(|b| b["state"] == "open")
                .map(|b| &b["id"])
                .collect();
            if open.is_empty() {
                continue;
            }
            let body = json!({ "contract": contract, "items": open, "method": "cash", "notify": { "sms": true } });
            let key = format!("{contract}x{turn}");
            let (status, answer) = self
                .ask(token, "/api/desk/payments", Some(&body), &key)
                .await;
            match status {
                201 => receipts.push(
                    answer["receipt"]["number"]
                        .as_str()
                        .expect("a receipt")
                        .to_owned(),
                ),
                409 => assert_eq!(answer["code"], "item_taken", "{answer}"),
                422 => assert_eq!(answer["code"], "over_limit", "{answer}"),
                _ => panic!("{status} {answer}"),
            }
        }
        receipts
    }
}

on_both! {
async fn a_server_that_is_killed_takes_nothing_twice_and_leaves_no_gap(base: &Base) {
    let door = Door::open(base).await;
    let home = tempfile::tempdir().unwrap();
    let is_over = AtomicBool::new(false);
    let killing = async {
        for round in 0..=KILLS {
            let served = Served::start(home.path(), &base.url, door.port).await;
            let lives = Instant::now();
            let most = if round == KILLS { PATIENCE } else { Duration::from_millis(150 + 90 * (round as u64 % 5)) };
            while lives.elapsed() < most && !is_over.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            drop(served);
            if is_over.load(Ordering::Relaxed) {
                return;
            }
        }
    };
    let collecting = async {
        let all = (0..COLLECTORS).map(|at| door.collect(at));
        let receipts: Vec<String> = futures_util::future::join_all(all).await.concat();
        is_over.store(true, Ordering::Relaxed);
        receipts
    };
    let ((), mut in_hand) = tokio::join!(killing, collecting);
    let day = day_of(door.store.now_ms());
    let mut kept: Vec<_> = door.store.desk().cash().receipts(1, &day).await.unwrap();
    kept.sort_by(|a, b| a.receipt.cmp(&b.receipt));
    let numbers: Vec<String> = kept.iter().map(|receipt| receipt.receipt.clone().unwrap()).collect();
    let expected: Vec<String> = (1..=numbers.len()).map(|n| format!("PT{}-{n:04}", day.replace('-', ""))).collect();
    assert_eq!(numbers, expected, "no gap");
    in_hand.sort();
    assert_eq!(in_hand, numbers, "each receipt is in one hand");
    assert_eq!(numbers.len(), CONTRACTS, "everything was taken, once");
    for (id, _) in &door.hands {
        let cash = door.store.desk().cash().collector(*id).await.unwrap().unwrap().cash;
        let taken: i64 = kept.iter().filter(|r| r.collector_id == *id).map(|r| r.total).sum();
        assert_eq!(cash.held, taken);
        assert!(taken <= LIMIT);
    }
    let from = gachno::domain::calendar::day_start(door.store.now_ms());
    let book = door.store.desk().cash().book(1, &day, from).await.unwrap();
    assert_eq!((book.cash, book.held, book.handed_in), (BILL * 30, BILL * 30, 0));
    assert!(book.differences.is_empty(), "{book:?}");
}
}
