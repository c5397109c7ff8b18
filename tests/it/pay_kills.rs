//! The server killed again and again while guests pay, and a database that goes away: nothing is lost,
//! nothing is booked twice, everything settles by itself.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use gachno::domain::payment::PaymentState;
use gachno::sandbox::{self, Gateway, Incoming, Sandbox};
use gachno::store::machines::Scope;
use gachno::store::payments::{PaymentFilter, PaymentRow};
use gachno::store::{Actor, Store};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::database::{Base, Which, on_both};
use crate::pay::official;

const KILLS: usize = 14;
const GUESTS: usize = 4;
/// Payments of each guest.
const EACH: usize = 12;
const PATIENCE: Duration = Duration::from_mins(1);
const AMOUNT: i64 = 150_000;

/// A server in a process of its own, always at the same address.
pub struct Served(Child);

impl Served {
    pub async fn start(home: &Path, database: &str, port: u16) -> Self {
        let mut serve = Command::new(env!("CARGO_BIN_EXE_gachno"));
        serve
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .args(["--database", database])
            .env("GACHNO_HOME", home)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        tokio::task::spawn_blocking(move || {
            let mut child = serve.spawn().expect("started");
            let mut line = String::new();
            let out = child.stdout.take().expect("piped");
            BufReader::new(out).read_line(&mut line).expect("read");
            assert!(line.contains("ready"), "it starts: {line}");
            Self(child)
        })
        .await
        .expect("joined")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A shop whose server comes and goes.
struct Shop {
    home: tempfile::TempDir,
    database: String,
    port: u16,
    store: Store,
    token: SecretString,
    http: reqwest::Client,
    sandbox: Sandbox,
}

impl Shop {
    async fn open(base: &Base) -> Self {
        gachno::init_tls();
        let sandbox = sandbox::start(sandbox::SandboxOptions::default())
            .await
            .expect("a sandbox");
        let store = base.store().await;
        let scopes = [Scope::PaymentsRead, Scope::PaymentsWrite];
        let machines = store.machines();
        let (actor, name) = (Actor::system(), "máy");
        let made = machines.add_for(name, &scopes, None, None, &actor).await;
        let token = made.expect("a token").token;
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let shop = Self {
            home: tempfile::tempdir().expect("folder"),
            database: base.url.clone(),
            port: free.local_addr().expect("an address").port(),
            store,
            token,
            http: reqwest::Client::builder()
                .timeout(Duration::from_secs(25))
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .expect("client"),
            sandbox,
        };
        for channel in ["payos", "smtp"] {
            shop.provider(channel);
        }
        let hook = shop.url("/webhook/payos");
        shop.gateway().update(|scenario| {
            scenario.webhooks.payos = Some(hook);
            scenario.delivery.repeats = 2;
            scenario.delivery.forge = true;
            scenario.delivery.retries = 2;
            scenario.delivery.retry_ms = 200;
        });
        shop
    }

    fn gateway(&self) -> &Gateway {
        self.sandbox.gateway()
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    async fn serve(&self) -> Served {
        Served::start(self.home.path(), &self.database, self.port).await
    }

    /// As a shop sets it up, with the program.
    fn provider(&self, channel: &str) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gachno"))
            .args(["store", "provider", channel, "--stdin"])
            .args(["--database", &self.database])
            .env("GACHNO_HOME", self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("runs");
        let settings = self.gateway().settings()[channel].to_string();
        let mut stdin = child.stdin.take().expect("stdin");
        stdin.write_all(settings.as_bytes()).expect("written");
        drop(stdin);
        assert!(child.wait().expect("ends").success(), "{channel}");
    }

    /// Asks once. `None`: nobody answers, or not now.
    async fn once(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        key: &str,
        is_guest: bool,
    ) -> Option<(u16, Value)> {
        let mut request = self
            .http
            .request(method.parse().expect("a method"), self.url(path));
        request = request.header("accept", "application/json");
        if !is_guest {
            request = request.bearer_auth(self.token.expose_secret());
        }
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        if matches!(status, 429 | 500 | 503) {
            return None;
        }
        Some((status, answer.json().await.unwrap_or_default()))
    }

    /// Asks until somebody answers, as people do.
    async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        key: &str,
        is_guest: bool,
    ) -> (u16, Value) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = self.once(method, path, body.as_ref(), key, is_guest).await {
                return answer;
            }
            assert!(Instant::now() < end, "{path}: nobody answers");
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    /// A guest begins to pay. The payment, its number, and the link's token.
    async fn begin(&self, name: &str) -> (i64, i64, String) {
        let request = json!({
            "amount": AMOUNT, "description": name,
            "customer": { "name": name, "email": format!("{name}@example.com"), "phone": "0981234567" },
        });
        let (status, made) = self
            .ask("POST", "/api/payment-requests", Some(request), name, false)
            .await;
        assert_eq!(status, 201, "{made}");
        let link = made["pay_url"].as_str().expect("a link");
        let token = link.rsplit('/').next().expect("a token").to_owned();
        let begin = json!({ "token": token, "method": "payos" });
        let (status, begun) = self
            .ask("POST", "/payment/process_payment", Some(begin), "", true)
            .await;
        assert_eq!(status, 200, "{begun}");
        let id = begun["payment_id"].as_i64().expect("a payment");
        let (_, payment) = self
            .ask("GET", &format!("/api/payments/{id}"), None, "", false)
            .await;
        (id, payment["order_code"].as_i64().expect("a number"), token)
    }

    /// One guest, with whatever comes to mind.
    async fn guest(&self, number: usize, world: &World) {
        for turn in 0..EACH {
            let (id, code, token) = self.begin(&format!("khach{number}x{turn}")).await;
            let kind = (number * EACH + turn) % 6;
            match kind {
                0 => self.pays(code, AMOUNT, false),
                1 => self.pays(code, AMOUNT, true),
                2 => {
                    self.pays(code, 50_000, false);
                    self.pays(code, AMOUNT - 50_000, turn % 4 < 2);
                }
                3 => {
                    let path = format!("/pay/{token}/cancel");
                    self.ask("POST", &path, Some(json!({})), "", true).await;
                    if turn % 4 < 2 {
                        self.pays(code, AMOUNT, false);
                    }
                }
                4 => {
                    self.pays(code, AMOUNT + 10_000, false);
                    self.refund(id, world).await;
                }
                _ => self.strange(world).await,
            }
            if turn % 3 == 0 {
                let path = format!("/pay/{token}/refresh");
                self.once("GET", &path, None, "", true).await;
            }
        }
    }

    fn pays(&self, code: i64, amount: i64, untold: bool) {
        let money = Incoming {
            amount: Some(amount),
            untold,
            ..Incoming::default()
        };
        self.gateway().payos_money(code, money).expect("a link");
    }

    /// Part of what came is paid back as soon as it is known here.
    async fn refund(&self, id: i64, world: &World) {
        let end = Instant::now() + PATIENCE;
        let path = format!("/api/payments/{id}/decide");
        let refund = json!({ "decision": "refund", "amount": 10_000, "reason": "chuyển thừa" });
        while self
            .ask(
                "POST",
                &path,
                Some(refund.clone()),
                &format!("refund{id}"),
                false,
            )
            .await
            .0
            != 200
        {
            assert!(Instant::now() < end, "{id} is never known to be paid");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        world.refunded.fetch_add(10_000, Ordering::Relaxed);
    }

    /// Money of an order that nobody made here.
    async fn strange(&self, world: &World) {
        let code = 1_000_000 + i64::from(rand::random::<u32>());
        let settings = self.gateway().settings();
        let key = settings["payos"]["checksum_key"].as_str().expect("a key");
        let body: Value =
            serde_json::from_str(&official(code, &format!("LA{code}"), 7_000, key)).expect("JSON");
        for _ in 0..2 {
            let (status, answer) = self
                .ask("POST", "/webhook/payos", Some(body.clone()), "", true)
                .await;
            assert_eq!(status, 200, "{answer}");
        }
        world.unmatched.fetch_add(7_000, Ordering::Relaxed);
    }

    async fn payments(&self) -> Vec<PaymentRow> {
        let all = self
            .store
            .payments()
            .list(&PaymentFilter::default(), 1_000)
            .await;
        all.expect("payments")
    }
}

/// What people did that no simulator knows of.
#[derive(Default)]
struct World {
    refunded: AtomicI64,
    unmatched: AtomicI64,
}

/// Money of each order as it really came: reference and amount.
fn truth(gateway: &Gateway) -> BTreeMap<i64, BTreeMap<String, i64>> {
    let mut orders = BTreeMap::<i64, BTreeMap<String, i64>>::new();
    for transfer in gateway.truth().transfers {
        let of_order = orders.entry(transfer.order_code).or_default();
        of_order.insert(transfer.reference, transfer.amount);
    }
    orders
}

/// Waits until all that really came is booked, nothing is stuck, and every mail has gone.
async fn settled(shop: &Shop) {
    let begun = Instant::now();
    loop {
        let (payments, orders) = (shop.payments().await, truth(shop.gateway()));
        let is_booked = |p: &PaymentRow| {
            let came: i64 = orders
                .get(&p.order_code)
                .map_or(0, |money| money.values().sum());
            p.state() != PaymentState::Created
                && (p.received() == came || p.received() == came - 10_000)
        };
        let late: Vec<_> = payments.iter().filter(|p| !is_booked(p)).collect();
        let letters = shop.store.letters().counts().await.expect("letters");
        let waiting = letters
            .iter()
            .filter(|(_, state, _)| state == "waiting")
            .count();
        if late.is_empty() && waiting == 0 {
            return;
        }
        assert!(
            begun.elapsed() < PATIENCE + PATIENCE,
            "{waiting} letters wait; {late:#?}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What must be true at the end, whatever happened.
async fn holds(shop: &Shop, world: &World) {
    let (payments, orders) = (shop.payments().await, truth(shop.gateway()));
    let seen = shop.gateway().truth();
    assert_eq!(
        seen.links.len(),
        payments.len(),
        "one link for each order, and no other"
    );
    let codes: HashSet<_> = seen.links.iter().map(|link| link.order_code).collect();
    assert_eq!(codes.len(), seen.links.len(), "no order has two");
    let mut sum = 0;
    for payment in &payments {
        let booked = shop
            .store
            .payments()
            .transfers(payment.id)
            .await
            .expect("transfers");
        let came: Vec<_> = booked
            .iter()
            .filter(|t| t.amount > 0)
            .map(|t| (t.reference.clone(), t.amount))
            .collect();
        let once: BTreeMap<_, _> = came.iter().cloned().collect();
        assert_eq!(came.len(), once.len(), "each once: {came:?}");
        assert_eq!(
            once,
            orders.get(&payment.order_code).cloned().unwrap_or_default(),
            "{payment:#?}"
        );
        let back = booked.iter().filter(|t| t.amount < 0).count();
        assert!(back <= 1, "paid back once");
        sum += booked.iter().map(|t| t.amount).sum::<i64>();
    }
    let books = shop.store.money_books().books(None).await.expect("books");
    assert!(books.agree(), "{books:?}");
    let all: i64 = orders.values().flat_map(BTreeMap::values).sum();
    let refunded = world.refunded.load(Ordering::Relaxed);
    assert_eq!((books.transfers, sum), (all - refunded, all - refunded));
    assert_eq!(books.unmatched, world.unmatched.load(Ordering::Relaxed));
    let mut ids = HashMap::<String, HashSet<String>>::new();
    for mail in seen.mails {
        let to = mail.to.first().expect("somebody").clone();
        ids.entry(to).or_default().insert(mail.message_id);
    }
    for payment in &payments {
        let is_paid = matches!(payment.state(), PaymentState::Paid | PaymentState::Refunded);
        let mails = ids.get(&payment.customer_email).map_or(0, HashSet::len);
        assert_eq!(
            mails,
            usize::from(is_paid),
            "one message for each that is paid: {payment:#?}"
        );
    }
}

on_both! {
    async fn a_server_that_is_killed_at_any_moment_books_everything_once(base: &Base) {
        let shop = Arc::new(Shop::open(base).await);
        let world = Arc::new(World::default());
        let mut served = shop.serve().await;
        let guests: Vec<_> = (0..GUESTS).map(|number| {
            let (shop, world) = (Arc::clone(&shop), Arc::clone(&world));
            tokio::spawn(async move { shop.guest(number, &world).await })
        }).collect();
        for _ in 0..KILLS {
            // Not a wait for anything: a moment that nobody chose.
            tokio::time::sleep(Duration::from_millis(rand::random_range(50..900))).await;
            drop(served);
            served = shop.serve().await;
        }
        for guest in guests {
            tokio::time::timeout(PATIENCE * 2, guest).await.expect("in time").expect("paid");
        }
        settled(&shop).await;
        holds(&shop, &world).await;
        drop(served);
    }
}

/// Nobody can write into this SQLite file until it is let go.
fn locked(database: &str) -> (std::thread::JoinHandle<()>, Arc<AtomicBool>) {
    let path = PathBuf::from(
        database
            .trim_start_matches("sqlite://")
            .split('?')
            .next()
            .expect("a path"),
    );
    let is_locked = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_locked);
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async move {
            use sqlx::{Connection, Executor};
            let mut connection =
                sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display()))
                    .await
                    .expect("opened");
            connection.execute("BEGIN EXCLUSIVE").await.expect("locked");
            told.store(true, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(10)).await;
            connection.execute("ROLLBACK").await.expect("let go");
        });
    });
    (thread, is_locked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_is_gone_for_ten_seconds_loses_nothing() {
    let base = Base::new(Which::Sqlite).expect("SQLite");
    let shop = Arc::new(Shop::open(&base).await);
    let world = World::default();
    let served = shop.serve().await;
    let mut orders = Vec::new();
    for number in 0..10 {
        orders.push(shop.begin(&format!("khach{number}")).await);
    }
    let (thread, is_locked) = locked(&shop.database);
    while !is_locked.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Told at once and again; whoever is told 503 has to be told again, or the provider is asked.
    for (_, code, _) in &orders {
        shop.pays(*code, AMOUNT, false);
    }
    let settings = shop.gateway().settings();
    let key = settings["payos"]["checksum_key"].as_str().expect("a key");
    let told: Value = serde_json::from_str(&official(77, "LA77", 7_000, key)).expect("JSON");
    let begun = Instant::now();
    let answer = shop
        .http
        .post(shop.url("/webhook/payos"))
        .json(&told)
        .send()
        .await
        .expect("answered");
    let status = answer.status().as_u16();
    assert!(matches!(status, 200 | 503), "{status}");
    assert!(begun.elapsed() < Duration::from_secs(25));
    tokio::task::spawn_blocking(move || thread.join().expect("let go"))
        .await
        .expect("joined");
    let (status, _) = shop
        .ask("POST", "/webhook/payos", Some(told), "", true)
        .await;
    assert_eq!(status, 200);
    world.unmatched.fetch_add(7_000, Ordering::Relaxed);
    settled(&shop).await;
    holds(&shop, &world).await;
    drop(served);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_server_goes_on_asking_when_the_one_that_led_is_killed() {
    let Some(base) = Base::new(Which::MariaDb) else {
        return;
    };
    let mut shop = Shop::open(&base).await;
    shop.gateway()
        .update(|scenario| scenario.delivery.silent = true);
    let first = shop.serve().await;
    let (id, code, _) = shop.begin("first").await;
    shop.pays(code, AMOUNT, true);
    let is_paid = async |shop: &Shop, id: i64| {
        let row = shop.store.payments().find(id).await.expect("read");
        row.is_some_and(|row| row.state() == PaymentState::Paid)
    };
    let until_paid = async |shop: &Shop, id: i64| {
        let begun = Instant::now();
        while !is_paid(shop, id).await {
            assert!(begun.elapsed() < PATIENCE, "nobody asks about {id}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    until_paid(&shop, id).await;
    // It leads. Another one starts beside it, and it is killed.
    let port = TcpListener::bind("127.0.0.1:0").expect("a port");
    shop.port = port.local_addr().expect("an address").port();
    drop(port);
    let _second = shop.serve().await;
    drop(first);
    let (id, code, _) = shop.begin("second").await;
    shop.pays(code, AMOUNT, true);
    until_paid(&shop, id).await;
}
