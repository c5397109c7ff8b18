//! The shop's collection site, simulated: a list of bills for each service, and which of them it
//! was told are completed.
//!
//! Shapes as its old clients know them: Basic login, codes in one comma-separated text, one exact
//! sentence for success. It shares nothing with the client, so that a mistake there cannot hide
//! here.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How it is started.
#[derive(Debug, Clone)]
pub struct MockSiteOptions {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Who may ask.
    pub user: String,
    /// With which password.
    pub password: String,
    /// Codes that are not completed, by the site's own name of the service (`env`, `deposit`…).
    pub bills: BTreeMap<String, Vec<String>>,
    /// So many reports are answered with a fault before one is taken.
    pub faults: u32,
}

/// A running site. Dropping it stops it.
#[derive(Debug)]
pub struct MockSite {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

#[derive(Debug)]
struct Shared {
    login: String,
    book: Mutex<Book>,
}

#[derive(Debug)]
struct Book {
    bills: BTreeMap<String, Vec<String>>,
    completed: Vec<String>,
    faults: u32,
}

/// Starts it in the background; it can be used when this returns.
pub async fn start(options: MockSiteOptions) -> std::io::Result<MockSite> {
    let listener = TcpListener::bind(options.listen).await?;
    let address = listener.local_addr()?;
    let login = format!(
        "Basic {}",
        STANDARD.encode(format!("{}:{}", options.user, options.password))
    );
    let book = Mutex::new(Book {
        bills: options.bills,
        completed: Vec::new(),
        faults: options.faults,
    });
    let shared = Arc::new(Shared { login, book });
    let router = Router::new()
        .route("/api/list-bill-not-completed", get(list))
        .route("/api/tool-bill-completed", post(completed))
        .with_state(shared.clone());
    let stop = CancellationToken::new();
    let ended = stop.clone();
    tokio::spawn(async move {
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(async move { ended.cancelled().await })
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "the simulated site stopped");
        }
    });
    Ok(MockSite {
        address,
        shared,
        stop,
    })
}

impl MockSite {
    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was told is completed, in order; a code twice if it was told twice.
    pub fn completed(&self) -> Vec<String> {
        self.shared.book().completed.clone()
    }
}

impl Drop for MockSite {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuses(&self, headers: &HeaderMap) -> Option<Response> {
        let is_known = headers
            .get(header::AUTHORIZATION)
            .is_some_and(|given| given.as_bytes() == self.login.as_bytes());
        (!is_known).then(|| {
            (
                StatusCode::UNAUTHORIZED,
                Json(json!({ "message": "Unauthorized" })),
            )
                .into_response()
        })
    }
}

async fn list(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    if let Some(refusal) = shared.refuses(&headers) {
        return refusal;
    }
    let codes = asked
        .get("service_type")
        .and_then(|service| shared.book().bills.get(service).cloned())
        .unwrap_or_default();
    Json(json!({ "data": codes.join(",") })).into_response()
}

#[derive(Deserialize)]
struct Completed {
    account: String,
}

async fn completed(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(told): Json<Completed>,
) -> Response {
    if let Some(refusal) = shared.refuses(&headers) {
        return refusal;
    }
    let mut book = shared.book();
    if book.faults > 0 {
        book.faults -= 1;
        return Json(json!({ "msg": "Không cập nhật được" })).into_response();
    }
    for codes in book.bills.values_mut() {
        codes.retain(|code| *code != told.account);
    }
    book.completed.push(told.account);
    let answer: Value = json!({ "msg": "Cập nhật thành công" });
    Json(answer).into_response()
}
