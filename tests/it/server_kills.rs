//! The server killed again and again while machines work: what it acknowledged holds, and nothing
//! is allowed twice.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gachno::domain::{Account, Job, Service};
use gachno::store::jobs::{JobFilter, NewJob};
use gachno::store::machines::Scope;
use gachno::store::tables::{Count, ListQuery};
use gachno::store::{Actor, Store};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::database::{Base, Which, on_both};

const JOBS: usize = 240;
const MACHINES: usize = 4;
const KILLS: usize = 20;
/// What each bill takes.
const AMOUNT: i64 = 150_000;
/// The shortest lease there is: what a killed server handed out without saying so comes back after
/// it.
const LEASE_MS: i64 = 5_000;
const PATIENCE: Duration = Duration::from_mins(2);

/// A server in a process of its own.
struct Served(Child, String);

impl Served {
    async fn start(home: &Path, database: &str) -> Self {
        let mut serve = Command::new(env!("CARGO_BIN_EXE_gachno"));
        serve
            .args(["serve", "--listen", "127.0.0.1:0", "--database", database])
            .env("GACHNO_HOME", home);
        serve.stdout(Stdio::piped()).stderr(Stdio::null());
        tokio::task::spawn_blocking(move || {
            let mut child = serve.spawn().expect("started");
            let mut line = String::new();
            BufReader::new(child.stdout.take().expect("piped"))
                .read_line(&mut line)
                .expect("read");
            let ready: Value = serde_json::from_str(&line).expect("ready");
            Self(child, ready["url"].as_str().expect("an address").to_owned())
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

/// Where the server is now, and what was pressed on the portal.
#[derive(Default)]
struct World {
    url: Mutex<String>,
    pressed: Mutex<HashMap<String, usize>>,
}

impl World {
    /// Asks until somebody answers, as a machine's courier does.
    async fn ask(
        &self,
        http: &reqwest::Client,
        token: &str,
        path: &str,
        body: &Value,
    ) -> (u16, Value) {
        let end = Instant::now() + PATIENCE;
        loop {
            let url = format!("{}{path}", self.url.lock().expect("whole"));
            let answer = match http.post(url).bearer_auth(token).json(body).send().await {
                // Too many questions are asked again, later.
                Ok(answer) if !matches!(answer.status().as_u16(), 429 | 503) => {
                    Some((answer.status().as_u16(), answer.json().await))
                }
                _ => None,
            };
            if let Some((status, Ok(body))) = answer {
                return (status, body);
            }
            assert!(Instant::now() < end, "{path}: nobody answers");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// One machine, until all jobs are done.
    async fn work(&self, token: &str, store: &Store) {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .build()
            .expect("client");
        while open(store).await > 0 {
            let ask = json!({ "service": "gach_dien_evn", "limit": 3, "lease_ms": LEASE_MS });
            let (_, lease) = self.ask(&http, token, "/api/jobs/lease", &ask).await;
            let jobs = lease["jobs"].as_array().map_or(&[][..], Vec::as_slice);
            if jobs.is_empty() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            for job in jobs {
                let (id, fence, attempt) = (
                    job["id"].as_str().expect("an id"),
                    &job["fence"],
                    Uuid::now_v7(),
                );
                let arm = json!({ "fence": fence, "attempt": attempt, "amount": AMOUNT, "lease_ms": 60_000 });
                if self
                    .ask(&http, token, &format!("/api/jobs/{id}/arm"), &arm)
                    .await
                    .0
                    != 200
                {
                    continue;
                }
                *self
                    .pressed
                    .lock()
                    .expect("whole")
                    .entry(id.to_owned())
                    .or_default() += 1;
                let told = json!({ "outcomes": [{ "attempt": attempt, "job": id, "fence": fence, "outcome": "paid", "amount": AMOUNT, "proof": "response" }] });
                let (_, answer) = self.ask(&http, token, "/api/outcomes", &told).await;
                let result = answer["outcomes"][0]["result"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                assert!(
                    matches!(result.as_str(), "accepted" | "duplicate"),
                    "{answer}"
                );
            }
        }
    }
}

on_both! {
    async fn a_server_that_is_killed_at_any_moment_lets_nothing_be_paid_twice(base: &Base) {
        gachno::init_tls();
        let home = tempfile::tempdir().expect("folder");
        let store = base.store().await;
        let bill = |i: usize| {
            let account = Account::parse(Service::PayEvn.spec().account, &format!("PE{i:05}")).expect("a code");
            let job = Job { account, amount: None, order_id: None, payment: None, receiver: None, row: String::new(), ticket: None };
            NewJob::of(Service::PayEvn, &job, gachno::store::jobs::JobOrigin::Sample)
        };
        store.jobs().add(&(0..JOBS).map(bill).collect::<Vec<_>>(), &Actor::system()).await.expect("added");
        let world = Arc::new(World::default());
        let mut served = Served::start(home.path(), &base.url).await;
        served.1.clone_into(&mut world.url.lock().expect("whole"));
        let mut machines = Vec::new();
        for number in 0..MACHINES {
            let token = store.machines().add(&format!("quầy {number}"), &[Scope::Lease], None, &Actor::system()).await.expect("machine").token;
            let (world, store) = (world.clone(), store.clone());
            machines.push(tokio::spawn(async move { world.work(token.expose_secret(), &store).await }));
        }
        for _ in 0..KILLS {
            // Not a wait for anything: a moment that nobody chose.
            tokio::time::sleep(Duration::from_millis(rand::random_range(20..400))).await;
            drop(served);
            served = Served::start(home.path(), &base.url).await;
            served.1.clone_into(&mut world.url.lock().expect("whole"));
        }
        for machine in machines {
            tokio::time::timeout(PATIENCE, machine).await.expect("in time").expect("worked");
        }
        let jobs = store.jobs().list(&JobFilter::default(), 1_000).await.expect("jobs");
        assert!(jobs.iter().all(|job| job.state.wire() == "done" && job.paid_amount == Some(AMOUNT)));
        let pressed = world.pressed.lock().expect("whole").clone();
        assert_eq!((pressed.len(), pressed.values().max().copied()), (JOBS, Some(1)), "each bill was paid once");
        let count = async |table| store.tables().count(table, &ListQuery::default()).await.expect("counted");
        assert_eq!(count(&gachno::store::catalogue::work::ATTEMPTS).await, Count::Exactly(240), "one for each");
        assert_eq!(count(&gachno::store::catalogue::work::DEBT_LOCKS).await, Count::Exactly(0));
    }
}

async fn open(store: &Store) -> usize {
    store
        .jobs()
        .list(&JobFilter::default(), 1_000)
        .await
        .map_or(usize::MAX, |jobs| {
            jobs.iter().filter(|job| job.state.wire() != "done").count()
        })
}
