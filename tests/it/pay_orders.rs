//! What is told of payments in any order, several times, by two servers: the end is what the set of it
//! says, and the books agree after each step.

use std::time::{Duration, Instant};

use gachno::domain::payment::{End, PaymentState};
use gachno::sandbox;
use gachno::store::payments::{Fact, Heard, HeardFrom, PaymentRow, SeenMoney};
use gachno::store::{Actor, Store};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::StatusCode;
use serde_json::json;

use crate::database::{Base, Which, on_both};
use crate::pay::{PayShop, official};

/// How long sequences are tried.
const TRIED: Duration = Duration::from_secs(12);
const AMOUNT: i64 = 240_000;

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    /// The provider tells of this transfer.
    Webhook(usize),
    /// The provider is asked, and says all transfers up to this one.
    Poll(usize, i64),
    /// Somebody takes the payment back.
    Cancel,
}

/// A payment, and all that will be told of it.
#[derive(Debug)]
struct Story {
    transfers: Vec<(String, i64)>,
    steps: Vec<Step>,
    /// Was it taken back before anything else was told?
    is_over_first: bool,
    is_cancelled: bool,
}

impl Story {
    fn drawn(rng: &mut StdRng, number: usize) -> Self {
        let parts = [AMOUNT, AMOUNT / 2, AMOUNT / 3, 10_000, AMOUNT + 5_000];
        let count = rng.random_range(0..4);
        let transfers: Vec<_> = (0..count)
            .map(|at| {
                (
                    format!("FT{number}x{at}"),
                    parts[rng.random_range(0..parts.len())],
                )
            })
            .collect();
        let mut steps = Vec::new();
        for at in 0..transfers.len() {
            steps.extend((0..rng.random_range(1..4)).map(|_| Step::Webhook(at)));
        }
        for _ in 0..rng.random_range(0..3) {
            steps.push(Step::Poll(
                rng.random_range(0..=transfers.len()),
                rng.random_range(0..i64::MAX),
            ));
        }
        let (is_cancelled, is_over_first) = (rng.random_bool(0.6), rng.random_bool(0.5));
        if is_cancelled {
            steps.push(Step::Cancel);
            if rng.random_bool(0.3) {
                steps.push(Step::Cancel);
            }
        }
        for at in (1..steps.len()).rev() {
            steps.swap(at, rng.random_range(0..=at));
        }
        Self {
            transfers,
            steps,
            is_over_first: is_cancelled && is_over_first,
            is_cancelled,
        }
    }

    /// What came, in đồng.
    fn total(&self) -> i64 {
        self.transfers.iter().map(|(_, amount)| amount).sum()
    }

    /// Is this what the set of all that was told leads to?
    fn ends_as(&self, payment: &PaymentRow) -> bool {
        let (total, money) = (self.total(), payment.standing.money);
        let as_open = match total {
            0 if self.is_cancelled => payment.state() == PaymentState::Cancelled,
            0 => payment.state() == PaymentState::Pending,
            some if some < AMOUNT => {
                payment.state() == PaymentState::Underpaid && money.credited == total
            }
            _ => {
                payment.state() == PaymentState::Paid
                    && money.credited == AMOUNT
                    && money.surplus == total - AMOUNT
            }
        };
        let as_over = total > 0 && payment.state() == PaymentState::Review && money.review == total;
        let is_one_of_them = match (self.is_cancelled, self.is_over_first) {
            (false, _) => as_open,
            (true, true) if total > 0 => as_over,
            // Whichever was committed first.
            (true, _) => as_open || as_over,
        };
        is_one_of_them && money.received() == total
    }
}

async fn hear(store: &Store, payment: i64, source: HeardFrom, key: &str, facts: &[Fact]) {
    let actor = Actor::system();
    let heard = Heard {
        payment,
        source,
        kind: "test",
        key,
        body: "",
        facts,
        actor: (source == HeardFrom::Person).then_some(&actor),
    };
    store.payments().hear(&heard).await.expect("booked");
}

/// One of the two servers.
struct Told<'t> {
    servers: [&'t PayShop; 2],
    key: String,
}

impl Told<'_> {
    async fn step(&self, (id, code): (i64, i64), story: &Story, step: &Step, at: usize) {
        let server = self.servers[at % 2];
        match step {
            Step::Webhook(which) => {
                let (reference, amount) = &story.transfers[*which];
                let body = official(code, reference, *amount, &self.key);
                let url = format!("{}/webhook/payos", server.running.url());
                let request = server
                    .http
                    .post(url)
                    .header("content-type", "application/json");
                let answer = request.body(body).send().await.expect("answered");
                assert_eq!(answer.status(), StatusCode::OK);
            }
            Step::Poll(known, nonce) => {
                let seen = |(reference, amount): &(String, i64)| {
                    Fact::Money(SeenMoney {
                        reference: reference.clone(),
                        amount: *amount,
                        currency: "VND".to_owned(),
                        at_ms: None,
                        method: None,
                    })
                };
                let mut facts: Vec<Fact> = story.transfers[..*known].iter().map(seen).collect();
                facts.push(Fact::Opened);
                hear(
                    server.store(),
                    id,
                    HeardFrom::Poll,
                    &format!("answer|{nonce}"),
                    &facts,
                )
                .await;
            }
            Step::Cancel => {
                let facts = [Fact::Ended(End::Cancelled)];
                hear(server.store(), id, HeardFrom::Person, "cancelled", &facts).await;
            }
        }
    }
}

on_both! {
async fn the_end_is_what_the_set_of_all_that_was_told_says(base: &Base) {
    gachno::init_tls();
    let sandbox = sandbox::start(sandbox::SandboxOptions::default()).await.expect("a sandbox");
    let shop = PayShop::live(base, &sandbox).await;
    let other = shop.second(base).await;
    let settings = sandbox.gateway().settings();
    let key = settings["payos"]["checksum_key"].as_str().expect("a key").to_owned();
    let told = Told { servers: [&shop, &other], key };
    let seed: u64 = rand::random();
    let mut rng = StdRng::seed_from_u64(seed);
    let begun = Instant::now();
    let (mut number, mut all) = (0, 0);
    while begun.elapsed() < TRIED {
        number += 1;
        let story = Story::drawn(&mut rng, number);
        let (request, _) = shop.request(AMOUNT).await;
        let (status, made) = shop.post("/payment/process_payment", json!({ "request_id": request, "method": "payos" })).await;
        assert_eq!(status, StatusCode::OK, "{made}");
        let id = made["payment_id"].as_i64().expect("a payment");
        let code = shop.payment(id).await["order_code"].as_i64().expect("a number");
        if story.is_over_first {
            told.step((id, code), &story, &Step::Cancel, 0).await;
        }
        let mut rest = story.steps.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rng.random_range(1..=rest.len().min(4)));
            let at_once = now.iter().enumerate().map(|(at, step)| told.step((id, code), &story, step, at));
            futures_util::future::join_all(at_once).await;
            let books = shop.store().money_books().books(None).await.expect("books");
            assert!(books.agree(), "seed {seed}, story {number}: {books:?}");
            rest = later;
        }
        let payment = shop.store().payments().find(id).await.expect("read").expect("a payment");
        assert!(story.ends_as(&payment), "seed {seed}, story {number}: {story:#?} {payment:#?}");
        let transfers = shop.store().payments().transfers(id).await.expect("transfers");
        assert_eq!(transfers.len(), story.transfers.len(), "seed {seed}, story {number}: each once");
        all += story.total();
        let books = shop.store().money_books().books(None).await.expect("books");
        assert_eq!((books.transfers, books.unmatched), (all, 0), "seed {seed}, story {number}");
    }
    assert!(number > 3, "too slow to say anything: {number}");
}
}
