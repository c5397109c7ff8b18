//! What is asked of a server all day: jobs brought, taken, paid and told, pages looked at.
//!
//! Whoever is not answered asks again, as our own programs do: with the same key, the same attempt.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::super::files::SignedInPerson;
use super::tally::{AMOUNT, Tally};

/// How long a machine holds a job without being heard of: the shortest there is, so that what a lost answer
/// took comes back soon.
const LEASE_MS: i64 = 5_000;
/// Who is not answered for so long has met a server that is gone.
const PATIENCE: Duration = Duration::from_mins(2);
/// Jobs that are brought at a time, and taken at a time.
const BROUGHT: u64 = 5;
const TAKEN: u64 = 3;

/// Lets so many requests go each second, whoever asks.
#[derive(Debug)]
pub(super) struct Pace {
    apart: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    pub fn new(rate: u32) -> Self {
        Self {
            apart: Duration::from_secs(1) / rate.max(1),
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits for one's turn. What could not be asked while the server was away is not made up for.
    async fn turn(&self) {
        let at = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let at = (*next).max(Instant::now());
            *next = at + self.apart;
            at
        };
        tokio::time::sleep_until(at.into()).await;
    }
}

/// A client of the shop.
#[derive(Debug, Clone)]
pub(super) struct Shop {
    url: String,
    token: SecretString,
    http: reqwest::Client,
    tally: Arc<Tally>,
    pace: Arc<Pace>,
}

impl Shop {
    pub fn new(
        url: &str,
        token: &SecretString,
        tally: &Arc<Tally>,
        pace: &Arc<Pace>,
    ) -> reqwest::Result<Self> {
        Ok(Self {
            url: url.to_owned(),
            token: token.clone(),
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(30))
                .build()?,
            tally: Arc::clone(tally),
            pace: Arc::clone(pace),
        })
    }

    /// Asks once. `None`: no answer, or one that says to ask again.
    async fn once(&self, path: &str, body: &Value) -> Option<(u16, Value)> {
        self.pace.turn().await;
        let begun = Instant::now();
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .bearer_auth(self.token.expose_secret());
        let answered = async {
            let answer = request.json(body).send().await?;
            let status = answer.status().as_u16();
            Ok::<_, reqwest::Error>((status, answer.json::<Value>().await?))
        };
        let answer = answered.await.ok();
        let status = answer.as_ref().map_or(0, |(status, _)| *status);
        self.tally.answered(status, begun.elapsed());
        answer.filter(|(status, _)| !matches!(status, 429 | 503))
    }

    /// Asks until it is answered.
    async fn ask(&self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(answer) = self.once(path, body).await {
                return Some(answer);
            }
            tokio::time::sleep(Duration::from_millis(rand::random_range(50..300))).await;
        }
        self.tally
            .is_wrong(format!("{path} was not answered for two minutes"));
        None
    }
}

/// Brings jobs, each under a key of its own.
pub(super) async fn bring(shop: Shop, number: usize, stop: CancellationToken) {
    for round in 0_u64.. {
        if stop.is_cancelled() {
            return;
        }
        let job = |place: u64| {
            let key = format!("soak-{number}-{}", round * BROUGHT + place);
            let code = format!("PE{number:02}{:09}", round * BROUGHT + place);
            json!({ "code": code, "amount": AMOUNT, "key": key })
        };
        let jobs: Vec<Value> = (0..BROUGHT).map(job).collect();
        let body = json!({ "service": "gach_dien_evn", "jobs": jobs });
        let Some((status, told)) = shop.ask("/api/jobs", &body).await else {
            return;
        };
        let rows = told["jobs"].as_array().map_or(&[][..], Vec::as_slice);
        if status != 200 || rows.len() != jobs.len() {
            shop.tally
                .is_wrong(format!("jobs were not added: {status} {told}"));
            return;
        }
        for row in rows {
            match (row["result"].as_str(), row["id"].as_str()) {
                (Some("added" | "repeated"), Some(id)) => shop.tally.added(id),
                _ => shop.tally.is_wrong(format!("a job was not added: {row}")),
            }
        }
        // Machines pay them one by one: whoever brings faster than that only makes a heap.
        tokio::time::sleep(Duration::from_millis(rand::random_range(300..900))).await;
    }
}

/// Takes jobs, asks whether it may pay, pays, tells.
pub(super) async fn machine(shop: Shop, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let lease = json!({ "service": "gach_dien_evn", "limit": TAKEN, "lease_ms": LEASE_MS });
        // A lease whose answer is lost comes back by itself.
        let Some((200, told)) = shop.once("/api/jobs/lease", &lease).await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let jobs = told["jobs"].as_array().map_or(&[][..], Vec::as_slice);
        if jobs.is_empty() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let taken = Uuid::now_v7();
        for job in jobs {
            if let (Some(id), Some(fence)) = (job["id"].as_str(), job["fence"].as_i64()) {
                shop.tally.given(id, fence, taken);
                pay(&shop, id, fence).await;
            }
        }
    }
}

async fn pay(shop: &Shop, id: &str, fence: i64) {
    let attempt = Uuid::now_v7();
    let arm = json!({ "fence": fence, "attempt": attempt, "amount": AMOUNT, "lease_ms": LEASE_MS });
    match shop.ask(&format!("/api/jobs/{id}/arm"), &arm).await {
        Some((200, _)) => shop.tally.armed(id, attempt),
        // Its time was over while nobody answered. A yes that was lost on its way is taken back.
        Some((409 | 404, _)) => {
            let gone = json!({ "outcomes": [{
                "attempt": attempt, "job": id, "fence": fence, "outcome": "cancelled",
            }] });
            shop.ask("/api/outcomes", &gone).await;
            return;
        }
        None => return,
        Some((status, told)) => {
            shop.tally
                .is_wrong(format!("{id} was not armed: {status} {told}"));
            return;
        }
    }
    let outcome = json!({ "outcomes": [{
        "attempt": attempt, "job": id, "fence": fence, "outcome": "paid", "amount": AMOUNT,
        "transaction_id": format!("GD{}", attempt.simple()), "proof": "response", "message": "Thành công",
    }] });
    let Some((status, told)) = shop.ask("/api/outcomes", &outcome).await else {
        return;
    };
    match (status, told["outcomes"][0]["result"].as_str()) {
        (200, Some("accepted" | "duplicate")) => shop.tally.paid(id),
        _ => shop
            .tally
            .is_wrong(format!("a payment was not taken: {status} {told}")),
    }
}

/// Looks at pages, and asks how the server is.
pub(super) async fn look(shop: Shop, person: Arc<SignedInPerson>, stop: CancellationToken) {
    const PAGES: [&str; 7] = [
        "/admin",
        "/admin/t/jobs",
        "/admin/t/jobs?q=pe00",
        "/admin/t/jobs?f.state.is=done&sort=updated_at&desc=1",
        "/admin/t/reports",
        "/admin/machines",
        "/api/health",
    ];
    while !stop.is_cancelled() {
        shop.pace.turn().await;
        let path = PAGES[rand::random_range(0..PAGES.len())];
        let begun = Instant::now();
        let status = person.status_of(&shop.url, path).await.unwrap_or(0);
        shop.tally.answered(status, begun.elapsed());
        if matches!(status, 301..=399 | 401 | 403 | 404) {
            shop.tally
                .is_wrong(format!("{path} was answered with {status}"));
            return;
        }
    }
}
