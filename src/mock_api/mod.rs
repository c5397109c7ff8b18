//! The stateless sample job API: six services, random samples of ten fixed codes each, as the
//! contract has it.
//!
//! For trying the program without a server. It keeps nothing and knows nothing of what is done with
//! its samples.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::domain::Service;

/// The PIN of all samples; the sandbox's default agent has the same.
const PIN: &str = "246810";

/// How the API is started.
#[derive(Debug, Clone)]
pub struct MockApiOptions {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Delay of each data call; without one, half a second to one and a half.
    pub delay: Option<Duration>,
    /// Makes the samples repeatable.
    pub seed: Option<u64>,
}

impl Default for MockApiOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            delay: None,
            seed: None,
        }
    }
}

/// Why it cannot be started.
#[derive(Debug, thiserror::Error)]
#[error(
    "Không mở được {0}: cổng đang được dùng hoặc địa chỉ không thuộc máy này. Chọn cổng khác bằng --listen. (Cannot listen there.)"
)]
pub struct ListenError(SocketAddr, #[source] std::io::Error);

/// A running API. Dropping it stops it.
#[derive(Debug)]
pub struct MockApi {
    address: SocketAddr,
    stop: CancellationToken,
}

#[derive(Debug, Clone)]
struct Shared {
    delay: Option<Duration>,
    random: Arc<Mutex<StdRng>>,
}

/// Starts it in the background; it can be used when this returns.
pub async fn start(options: MockApiOptions) -> Result<MockApi, ListenError> {
    let fault = |e| ListenError(options.listen, e);
    let listener = TcpListener::bind(options.listen).await.map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    let seed = options.seed.unwrap_or_else(rand::random);
    let shared = Shared {
        delay: options.delay,
        random: Arc::new(Mutex::new(StdRng::seed_from_u64(seed))),
    };
    let router = Router::new()
        .route("/", get(index).options(preflight))
        .route("/api/health", get(health).options(preflight))
        .route("/api/data/{service}", get(data).options(preflight))
        .fallback(async || not_found())
        .layer(axum::middleware::map_response(open_to_browsers))
        .with_state(shared);
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let stop = CancellationToken::new();
    let ended = stop.clone();
    tokio::spawn(async move {
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(async move { ended.cancelled().await })
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "the sample API stopped");
        }
    });
    Ok(MockApi { address, stop })
}

impl MockApi {
    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for MockApi {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn preflight() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Any page may ask: the samples are nobody's secret.
async fn open_to_browsers(mut response: Response) -> Response {
    const CORS: [(HeaderName, HeaderValue); 3] = [
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, OPTIONS"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("*"),
        ),
    ];
    response.headers_mut().extend(CORS);
    response
}

async fn index() -> Json<Value> {
    let endpoints: Vec<String> = Service::ALL
        .iter()
        .map(|s| format!("/api/data/{s}"))
        .collect();
    Json(json!({ "status": "success", "message": "Viettel Pay Mock API", "endpoints": endpoints }))
}

async fn health() -> Json<Value> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64();
    Json(json!({ "status": "success", "message": "API server is running", "timestamp": now }))
}

async fn data(State(shared): State<Shared>, Path(service): Path<String>) -> Response {
    let Ok(service) = service.parse::<Service>() else {
        return not_found();
    };
    let (data, drawn) = {
        let mut random = shared.random.lock().unwrap_or_else(PoisonError::into_inner);
        (
            sample(service, &mut random),
            Duration::from_millis(random.random_range(500..=1_500)),
        )
    };
    tokio::time::sleep(shared.delay.unwrap_or(drawn)).await;
    Json(json!({ "status": "success", "service": service.spec().api_name, "data": data }))
        .into_response()
}

fn not_found() -> Response {
    (
        StatusCode::NOT_FOUND,
        Json(json!({ "status": "error", "message": "Service type not found" })),
    )
        .into_response()
}

/// A whole answer, as the API gives it, for whoever wants sample jobs without asking over HTTP.
pub fn drawn(service: Service) -> Value {
    json!({ "status": "success", "service": service.spec().api_name, "data": sample(service, &mut rand::make_rng()) })
}

/// A random sample of the service's ten codes. All values are texts.
fn sample(service: Service, random: &mut StdRng) -> Value {
    let mut some = |codes: [&'static str; 10], least: usize, most: usize| -> Vec<&'static str> {
        let count = random.random_range(least..=most);
        codes.sample(random, count).copied().collect()
    };
    match service {
        Service::LookUpFtth => json!({ "subscriber_codes": some(FTTH, 3, 7) }),
        Service::PayEvn => {
            json!({ "bill_codes": some(BILLS, 3, 6), "receiver_phone": "0981234567", "pin": PIN })
        }
        Service::TopUpMulti => {
            json!({ "phone_numbers": some(PHONES, 4, 8), "pin": PIN, "payment_type": "Nạp trả trước", "amount": "50.000đ" })
        }
        Service::TopUpViettel => {
            json!({ "phone_numbers": some(VIETTEL, 4, 8), "pin": PIN, "amount": "100000" })
        }
        Service::PayTvInternet => json!({ "subscriber_codes": some(TV, 3, 7), "pin": PIN }),
        Service::LookUpPostpaid => json!({ "phone_numbers": some(POSTPAID, 5, 9) }),
    }
}

const FTTH: [&str; 10] = [
    "84903100001",
    "84903100002",
    "84903100003",
    "84903100004",
    "84903100005",
    "84903100006",
    "84903100007",
    "84903100008",
    "84903100009",
    "84903100010",
];
const BILLS: [&str; 10] = [
    "PE01000100001",
    "PE01000100002",
    "PE01000100003",
    "PE01000100004",
    "PE01000100005",
    "PE01000100006",
    "PE01000100007",
    "PE01000100008",
    "PE01000100009",
    "PE01000100010",
];
const PHONES: [&str; 10] = [
    "0901100001",
    "0912100002",
    "0933100003",
    "0944100004",
    "0765100005",
    "0836100006",
    "0567100007",
    "0988100008",
    "0329100009",
    "0870100010",
];
const VIETTEL: [&str; 10] = [
    "0981200001",
    "0972200002",
    "0963200003",
    "0864200004",
    "0325200005",
    "0336200006",
    "0347200007",
    "0358200008",
    "0369200009",
    "0370200010",
];
const TV: [&str; 10] = [
    "HTV0010001",
    "HTV0010002",
    "HTV0010003",
    "HTV0010004",
    "HTV0010005",
    "HTV0010006",
    "HTV0010007",
    "HTV0010008",
    "HTV0010009",
    "HTV0010010",
];
const POSTPAID: [&str; 10] = [
    "0981300001",
    "0972300002",
    "0963300003",
    "0864300004",
    "0325300005",
    "0336300006",
    "0347300007",
    "0358300008",
    "0369300009",
    "0370300010",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::JobApi;
    use crate::domain::Defaults;

    async fn started() -> MockApi {
        crate::init_tls();
        start(MockApiOptions {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            delay: Some(Duration::ZERO),
            seed: Some(7),
        })
        .await
        .expect("starts")
    }

    #[tokio::test]
    async fn our_own_client_understands_every_service() {
        let api = started().await;
        let client = JobApi::new(
            &api.url(),
            None,
            Duration::from_secs(5),
            Duration::from_secs(5),
        )
        .expect("address");
        assert_eq!(client.health().await.expect("healthy").status, "success");
        for (service, least, most) in [
            (Service::LookUpFtth, 3, 7),
            (Service::PayEvn, 3, 6),
            (Service::TopUpMulti, 4, 8),
            (Service::TopUpViettel, 4, 8),
            (Service::PayTvInternet, 3, 7),
            (Service::LookUpPostpaid, 5, 9),
        ] {
            let intake = client
                .fetch(service, Defaults::default())
                .await
                .expect("list");
            assert!(
                (least..=most).contains(&intake.list.jobs.len()),
                "{service}"
            );
            assert_eq!(
                (intake.list.errors.len(), intake.list.duplicates.len()),
                (0, 0),
                "{service}"
            );
        }
    }

    #[tokio::test]
    async fn an_unknown_service_and_a_browsers_question_are_answered_as_agreed() {
        let api = started().await;
        let answer = reqwest::get(format!("{}/api/data/nope", api.url()))
            .await
            .expect("answers");
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        assert_eq!(
            answer.json::<Value>().await.expect("json"),
            json!({ "status": "error", "message": "Service type not found" })
        );
        let data: Value = reqwest::get(format!("{}/api/data/nap_tien_da_mang", api.url()))
            .await
            .expect("answers")
            .json()
            .await
            .expect("json");
        assert_eq!(
            (&data["service"], &data["data"]["amount"]),
            (&json!("Nạp tiền đa mạng"), &json!("50.000đ"))
        );
    }

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let api = started().await;
        let taken = MockApiOptions {
            listen: api.address,
            ..MockApiOptions::default()
        };
        let error = start(taken).await.expect_err("taken").to_string();
        assert!(error.contains(&api.address.to_string()), "{error}");
    }
}
