//! The server over HTTP, the same stories on SQLite and on MariaDB.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gachno::server::{self, AppState, Running, SecretKeys, ServeConfig};
use gachno::store::machines::Scope;
use gachno::store::settings::ShopSetting;
use gachno::store::{Actor, Store};
use reqwest::{Client, Method, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::database::{Base, Which, on_both};
use crate::world::terminate;

/// A running server with a machine that may do everything.
struct Shop {
    running: Running,
    clock: Arc<AtomicI64>,
    token: SecretString,
    http: Client,
    _folder: tempfile::TempDir,
}

fn config(url: &str, folder: &Path) -> ServeConfig {
    ServeConfig {
        requests_per_second: 5_000,
        ..ServeConfig::local(url, folder.join("serve.key"))
    }
}

impl Shop {
    async fn open(base: &Base) -> Self {
        Self::with(base, |_| {}).await
    }

    async fn with(base: &Base, change: impl Fn(&mut ServeConfig)) -> Self {
        gachno::init_tls();
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(&base.url, folder.path());
        change(&mut config);
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000));
        let store = Store::open(&base.url)
            .await
            .unwrap()
            .with_clock(Arc::clone(&clock));
        let token = store
            .machines()
            .add("quầy 1", &Scope::ALL, None, &Actor::system())
            .await
            .unwrap()
            .token;
        let vault = SecretKeys::open_or_create(&config.key_file).unwrap();
        let running = server::start_with(AppState::new(store, config, vault))
            .await
            .unwrap();
        Self {
            running,
            clock,
            token,
            http: Client::new(),
            _folder: folder,
        }
    }

    fn store(&self) -> &Store {
        self.running.app().store()
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        token: Option<&str>,
    ) -> Response {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.running.url()));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let answer = self
            .ask(
                Method::POST,
                path,
                Some(body),
                Some(self.token.expose_secret()),
            )
            .await;
        (answer.status(), answer.json().await.unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self
            .ask(Method::GET, path, None, Some(self.token.expose_secret()))
            .await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    async fn set(&self, setting: ShopSetting) {
        self.store()
            .settings()
            .set(&setting, &Actor::system())
            .await
            .unwrap();
        self.running.app().forget_shop().await;
    }
}

#[tokio::test]
async fn each_bill_keeps_the_receiver_that_it_came_with() {
    use gachno::client::{JobApi, JobServer};
    let base = Base::new(Which::Sqlite).unwrap();
    let shop = Shop::open(&base).await;
    let api = JobApi::new(
        &shop.running.url(),
        Some(shop.token.clone()),
        std::time::Duration::from_secs(5),
        std::time::Duration::from_secs(30),
    )
    .unwrap();
    let receivers = async |phones: [Option<&str>; 2]| {
        let rows = json!([{ "code": "PE001", "receiver_phone": phones[0] }, { "code": "PE002", "receiver_phone": phones[1] }]);
        let (status, added) = shop
            .post(
                "/api/jobs",
                json!({ "service": "gach_dien_evn", "jobs": rows }),
            )
            .await;
        assert_eq!(status, StatusCode::OK, "{added}");
        let server = JobServer::new(api.clone());
        let intake = server
            .lease(
                gachno::domain::Service::PayEvn,
                10,
                "Lan",
                gachno::domain::Defaults::default(),
            )
            .await
            .unwrap();
        for job in &intake.list.jobs {
            shop.store()
                .jobs()
                .cancel(&job.ticket.as_ref().unwrap().id, "xong", &Actor::system())
                .await
                .unwrap();
        }
        let own = intake
            .list
            .jobs
            .iter()
            .map(|job| job.receiver.as_ref().map(ToString::to_string))
            .collect::<Vec<_>>();
        (intake.receiver_phone.map(|phone| phone.to_string()), own)
    };
    let (first, second) = (Some("0981234567"), Some("0987654321"));
    let text = |phone: Option<&str>| phone.map(str::to_owned);
    assert_eq!(
        receivers([first, first]).await,
        (text(first), vec![None, None]),
        "the batch's, which can be seen and changed"
    );
    assert_eq!(
        receivers([first, second]).await,
        (None, vec![text(first), text(second)])
    );
    assert_eq!(
        receivers([first, None]).await,
        (None, vec![text(first), None]),
        "nobody gets another one's receipt"
    );
}

on_both! {
    async fn a_machine_takes_arms_and_reports_and_the_owner_sees_it(base: &Base) {
        let shop = Shop::open(base).await;
        let rows = json!([{ "code": "PE001", "order_id": "A1", "key": "k1" }, { "code": "x!" }, { "code": "PE002", "amount": "150.000đ" }]);
        let (status, added) = shop.post("/api/jobs", json!({ "service": "gach_dien_evn", "jobs": rows })).await;
        assert_eq!((status, &added["added"]), (StatusCode::OK, &json!(2)), "{added}");
        assert_eq!(added["jobs"][1]["result"], "refused");
        assert!(added["jobs"][1]["detail"].as_str().unwrap().contains("ký tự lạ"), "{added}");

        let (_, lease) = shop.post("/api/jobs/lease", json!({ "service": "gach_dien_evn", "limit": 5, "operator": "Lan" })).await;
        let jobs = lease["jobs"].as_array().unwrap();
        assert_eq!((jobs.len(), &jobs[0]["order_id"], &jobs[1]["expected_amount"]), (2, &json!("A1"), &json!(150_000)));
        let (id, fence) = (jobs[0]["id"].as_str().unwrap(), &jobs[0]["fence"]);
        let (_, beat) = shop.post("/api/jobs/heartbeat", json!({ "jobs": [{ "id": id, "fence": fence }, { "id": id, "fence": 99 }], "sessions": 2 })).await;
        assert_eq!((&beat["jobs"][0]["result"], &beat["jobs"][1]["result"]), (&json!("ok"), &json!("lost")));

        let attempt = Uuid::now_v7();
        let arm = json!({ "fence": fence, "attempt": attempt, "amount": 350_000 });
        assert_eq!(shop.post(&format!("/api/jobs/{id}/arm"), arm.clone()).await.0, StatusCode::OK);
        assert_eq!(shop.post(&format!("/api/jobs/{id}/arm"), arm).await.0, StatusCode::OK, "asked again");
        let other = json!({ "fence": fence, "attempt": Uuid::now_v7(), "amount": 350_000 });
        let (status, problem) = shop.post(&format!("/api/jobs/{id}/arm"), other).await;
        assert_eq!((status, &problem["code"], &problem["status"]), (StatusCode::CONFLICT, &json!("other_attempt"), &json!(409)));
        let (_, given) = shop.post("/api/jobs/give-back", json!({ "jobs": [{ "id": id, "fence": fence }, { "id": jobs[1]["id"], "fence": 1 }] })).await;
        assert_eq!((&given["jobs"][0]["result"], &given["jobs"][1]["result"]), (&json!("lost"), &json!("ok")), "what was armed is only reported");

        let told = json!({ "outcomes": [{ "attempt": attempt, "job": id, "fence": fence, "outcome": "paid", "amount": 350_000, "transaction_id": "VT1",
            "proof": "response", "message": "Thành công", "at": "2026-11-21T08:00:00+07:00", "operator": "Lan" }] });
        // What cannot be read is kept as it came, and none of the others waits for it.
        let mut beside = told.clone();
        for odd in [
            json!({ "attempt": Uuid::now_v7(), "job": id, "fence": fence, "outcome": "maybe", "amount": 1 }),
            json!({ "attempt": "x", "job": id, "fence": fence, "outcome": "paid", "amount": -1 }),
            json!("nothing"),
        ] {
            beside["outcomes"].as_array_mut().unwrap().insert(0, odd);
        }
        for expected in ["accepted", "duplicate"] {
            let (status, answer) = shop.post("/api/outcomes", beside.clone()).await;
            let answers = answer["outcomes"].as_array().unwrap();
            assert_eq!((status, answers.len(), &answers[3]["result"]), (StatusCode::OK, 4, &json!(expected)), "{answer}");
            for odd in &answers[..3] {
                assert_eq!((&odd["result"], &odd["reason"]), (&json!("refused"), &json!("bad_report")), "{answer}");
            }
        }
        assert_eq!(shop.post("/api/outcomes", told.clone()).await.1["outcomes"][0]["result"], json!("duplicate"));
        let job = shop.get(&format!("/api/jobs/{id}")).await;
        assert_eq!((&job["state"], &job["paid_amount"], &job["machine"]), (&json!("done"), &json!(350_000), &json!("quầy 1")));
        let page = shop.get("/api/jobs?state=ready&limit=1").await;
        assert_eq!((page["jobs"].as_array().unwrap().len(), page["next"].is_i64()), (1, true));
        let rest = shop.get(&format!("/api/jobs?state=ready&limit=1&after={}", page["next"])).await;
        assert_eq!((rest["jobs"].as_array().unwrap().len(), &rest["next"]), (0, &Value::Null));
        assert_eq!(shop.get("/api/me").await["name"], "quầy 1");
    }
}

on_both! {
    async fn the_rescuer_takes_back_what_a_dead_machine_holds(base: &Base) {
        let shop = Shop::open(base).await;
        shop.post("/api/jobs", json!({ "service": "gach_dien_evn", "jobs": [{ "code": "PE001" }] })).await;
        let (_, lease) = shop.post("/api/jobs/lease", json!({ "service": "gach_dien_evn" })).await;
        let job = &lease["jobs"][0];
        let path = format!("/api/jobs/{}", job["id"].as_str().unwrap());
        shop.post(&format!("{path}/arm"), json!({ "fence": job["fence"], "attempt": Uuid::now_v7() })).await;
        shop.clock.fetch_add(600_000, Ordering::Relaxed);
        let begun = std::time::Instant::now();
        while shop.get(&path).await["state"] != "in_doubt" {
            assert!(begun.elapsed().as_secs() < 20, "the rescuer never came");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let (_, none) = shop.post("/api/jobs/lease", json!({ "service": "gach_dien_evn" })).await;
        assert_eq!(none["jobs"], json!([]));
        shop.running.stop().await;
    }
}

on_both! {
    async fn the_old_lists_come_from_the_database_in_the_old_shapes(base: &Base) {
        let shop = Shop::open(base).await;
        let rows = json!([{ "code": "0981234567", "amount": 50_000, "order_id": "o1" }, { "code": "0981234568" }]);
        shop.post("/api/jobs", json!({ "service": "nap_tien_da_mang", "jobs": rows })).await;
        let body = shop.get("/api/data/nap_tien_da_mang").await;
        assert_eq!((&body["status"], &body["service"]), (&json!("success"), &json!("Nạp tiền đa mạng")));
        assert_eq!(body["data"]["phone_numbers"], json!(["0981234567|50000", "0981234568"]));
        assert_eq!(body["data"]["code_order_map"], json!([{ "code": "0981234567|50000", "orderId": "o1" }]));
        assert_eq!(body["data"]["pin"], Value::Null, "the owner has put none here");
        shop.set(ShopSetting::PinSealed(shop.running.app().vault().seal(&SecretString::from("246810")))).await;
        assert_eq!(shop.get("/api/data/nap_tien_da_mang").await["data"]["pin"], "246810");
        assert_eq!(shop.get("/api/public/services/nap_tien_da_mang/data").await["service"], "nap_tien_da_mang");
        // Our own client reads it.
        let limit = std::time::Duration::from_secs(5);
        let api = gachno::client::JobApi::new(&shop.running.url(), Some(shop.token.clone()), limit, limit).unwrap();
        let intake = api.fetch(gachno::domain::Service::TopUpMulti, gachno::domain::Defaults::default()).await.unwrap();
        let seen: Vec<_> = intake.list.jobs.iter().map(|j| (j.account.as_str(), j.amount.map(gachno::domain::Vnd::dong), j.order_id.as_deref())).collect();
        assert_eq!(seen, [("0981234567", Some(50_000), Some("o1")), ("0981234568", None, None)]);
        let unknown = shop.ask(Method::GET, "/api/data/nope", None, None).await;
        assert_eq!((unknown.status(), unknown.json::<Value>().await.unwrap()), (StatusCode::NOT_FOUND, json!({ "status": "error", "message": "Service type not found" })));
        assert_eq!(shop.get("/api/health").await["status"], "success");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_job_api_asks_for_a_token_with_its_scope() {
    let base = Base::new(Which::Sqlite).unwrap();
    let shop = Shop::open(&base).await;
    let weak = shop
        .store()
        .machines()
        .add("chỉ xem số", &[Scope::Metrics], None, &Actor::system())
        .await
        .unwrap()
        .token;
    let document = shop.get("/api/openapi.json").await;
    let mut asked = 0;
    for (path, calls) in document["paths"].as_object().unwrap() {
        for (method, call) in calls.as_object().unwrap() {
            if call["tags"][0] != "jobs" {
                continue;
            }
            asked += 1;
            let (method, path) = (
                method.to_uppercase().parse::<Method>().unwrap(),
                path.replace("{id}", "x"),
            );
            let body = (method == Method::POST).then(|| body_for(&path));
            for (token, expected) in [
                (None, 401),
                (Some("gn_abcdefgh_x"), 401),
                (Some(weak.expose_secret()), 403),
            ] {
                let answer = shop.ask(method.clone(), &path, body.clone(), token).await;
                assert_eq!(answer.status().as_u16(), expected, "{method} {path}");
                assert_eq!(
                    answer.headers()["content-type"],
                    "application/problem+json; charset=utf-8"
                );
                assert!(!answer.headers()["x-request-id"].is_empty());
            }
        }
    }
    assert_eq!(asked, 8, "a new route has to be looked at here");
}

fn body_for(path: &str) -> Value {
    match path {
        "/api/jobs" => json!({ "service": "gach_dien_evn", "jobs": [] }),
        "/api/jobs/lease" => json!({ "service": "gach_dien_evn" }),
        "/api/outcomes" => json!({ "outcomes": [] }),
        "/api/jobs/x/arm" => json!({ "fence": 1, "attempt": Uuid::nil() }),
        _ => json!({ "jobs": [] }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_request_is_named_and_a_page_of_somebody_else_gets_nothing() {
    let base = Base::new(Which::Sqlite).unwrap();
    let shop = Shop::open(&base).await;
    let (status, problem) = shop
        .post("/api/jobs/lease", json!({ "service": "nope" }))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("bad_request"))
    );
    assert_eq!(
        shop.post(
            "/api/jobs/lease",
            json!({ "service": "gach_dien_evn", "limits": 3 })
        )
        .await
        .0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    // The answer comes before all of it was sent; a client that goes on sending sees a closed
    // connection instead.
    let large = shop
        .http
        .post(format!("{}/api/jobs", shop.running.url()))
        .bearer_auth(shop.token.expose_secret())
        .body("x".repeat(20_000_000));
    let large = large
        .header("content-type", "application/json")
        .send()
        .await;
    assert!(
        large.is_err()
            || large.is_ok_and(|answer| answer.status() == StatusCode::PAYLOAD_TOO_LARGE)
    );
    assert_eq!(
        shop.ask(Method::DELETE, "/api/jobs", None, None)
            .await
            .status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(
        shop.ask(Method::GET, "/nirgends", None, None)
            .await
            .status(),
        StatusCode::NOT_FOUND
    );

    // A program on this computer may read the lists and the numbers; another site's page in its
    // browser may not.
    let url = |path: &str| format!("{}{path}", shop.running.url());
    for path in ["/api/data/gach_dien_evn", "/metrics", "/api/banners"] {
        assert_eq!(
            shop.http.get(url(path)).send().await.unwrap().status(),
            StatusCode::OK,
            "{path}"
        );
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("host", "evil.example"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let answer = shop
                .http
                .get(url(path))
                .header(name, value)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path} {name}");
        }
    }
    let answer = shop
        .http
        .get(url("/api/docs"))
        .header("x-request-id", "made up\tby me")
        .send()
        .await
        .unwrap();
    assert!(
        !answer.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .contains("made up")
    );
    assert!(
        answer.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("default-src 'self'")
    );
    assert_eq!(
        (
            &answer.headers()["x-content-type-options"],
            &answer.headers()["x-frame-options"]
        ),
        (&"nosniff".parse().unwrap(), &"DENY".parse().unwrap())
    );
    let page = answer.text().await.unwrap();
    assert!(
        page.contains("/api/jobs/lease") && !page.contains("<script"),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_nobody_is_local_and_a_flood_is_slowed_down() {
    let base = Base::new(Which::Sqlite).unwrap();
    let shop = Shop::with(&base, |config| {
        config.behind_proxy = true;
        config.requests_per_second = 5;
    })
    .await;
    let url = format!("{}/api/data/gach_dien_evn", shop.running.url());
    let from = async |told: &str| {
        shop.http
            .get(&url)
            .header("x-forwarded-for", told)
            .send()
            .await
            .unwrap()
    };
    assert_eq!(
        from("127.0.0.1, 203.0.113.7").await.status(),
        StatusCode::UNAUTHORIZED,
        "the left-most entry is only a claim"
    );
    let mut last = StatusCode::OK;
    for i in 0..40 {
        last = from(&format!("10.0.0.{i}, 203.0.113.7")).await.status();
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let slow = from("203.0.113.7").await;
    assert!(slow.headers().contains_key("retry-after"));
    assert_eq!(
        from("203.0.113.8").await.status(),
        StatusCode::UNAUTHORIZED,
        "another one is not slowed down"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_slowed_down_wherever_it_comes_from() {
    let base = Base::new(Which::Sqlite).unwrap();
    let shop = Shop::with(&base, |config| {
        config.behind_proxy = true;
        config.requests_per_second = 5;
    })
    .await;
    let url = format!("{}/api/me", shop.running.url());
    let mut statuses = Vec::new();
    for i in 0..40 {
        let ask = shop
            .http
            .get(&url)
            .bearer_auth(shop.token.expose_secret())
            .header("x-forwarded-for", format!("203.0.113.{i}"));
        statuses.push(ask.send().await.unwrap().status());
    }
    assert_eq!(statuses[0], StatusCode::OK);
    assert!(
        statuses.contains(&StatusCode::TOO_MANY_REQUESTS),
        "{statuses:?}"
    );
}

/// `gachno serve` as a process: ready on an empty folder, the first password on the terminal alone,
/// a clean end.
#[test]
fn the_program_starts_on_an_empty_folder_and_ends_cleanly() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_gachno"));
    serve
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("GACHNO_HOME", folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = serve.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["event"], "ready");
    assert!(
        ready["url"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:")
    );
    terminate(&child);
    assert!(child.wait().unwrap().success());
    let mut told = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    let password = told
        .lines()
        .find_map(|l| l.split_once("Mật khẩu một lần: "))
        .unwrap()
        .1
        .trim()
        .to_owned();
    assert!(!line.contains(&password));
    for file in walk(folder.path()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !bytes
                .windows(password.len())
                .any(|w| w == password.as_bytes()),
            "{}",
            file.display()
        );
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .flat_map(|e| {
            if e.path().is_dir() {
                walk(&e.path())
            } else {
                vec![e.path()]
            }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_do_not_read_how_the_api_is_called() {
    use gachno::store::catalogue::{AccountStatus, Role};
    use gachno::store::people::{NewAccount, hash_password};
    let base = Base::new(Which::Sqlite).unwrap();
    let shop = Shop::with(&base, |config| config.behind_proxy = true).await;
    let hash = hash_password(&SecretString::from("thuyền giấy mưa phùn")).unwrap();
    let lan = NewAccount {
        username: "lan",
        name: None,
        role: Role::ReadOnly,
        status: AccountStatus::Active,
    };
    shop.store()
        .accounts()
        .add(&lan, &hash, None, &Actor::system())
        .await
        .unwrap();
    let http = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let far = |method: Method, path: &str| {
        let request = http.request(method, format!("{}{path}", shop.running.url()));
        request
            .header("x-forwarded-for", "203.0.113.9")
            .header("x-forwarded-proto", "https")
    };
    let form = far(Method::POST, "/admin/sign-in")
        .header("content-type", "application/x-www-form-urlencoded");
    let signed_in = form
        .body("username=lan&password=thuy%E1%BB%81n+gi%E1%BA%A5y+m%C6%B0a+ph%C3%B9n")
        .send()
        .await
        .unwrap();
    let cookie = signed_in
        .headers()
        .get("set-cookie")
        .unwrap()
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    for path in ["/api/openapi.json", "/api/docs"] {
        let status =
            async |request: reqwest::RequestBuilder| request.send().await.unwrap().status();
        assert_eq!(
            status(far(Method::GET, path)).await,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
        assert_eq!(
            status(far(Method::GET, path).header("cookie", "__Host-gachno=x")).await,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
        assert_eq!(
            status(far(Method::GET, path).bearer_auth(shop.token.expose_secret())).await,
            StatusCode::OK,
            "{path}"
        );
        assert_eq!(
            status(far(Method::GET, path).header("cookie", &cookie)).await,
            StatusCode::OK,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_numbers_are_of_now_and_no_strangers_words() {
    let base = Base::new(Which::Sqlite).unwrap();
    let shop = Shop::open(&base).await;
    let numbers = async || {
        let token = Some(shop.token.expose_secret());
        let answer = shop.ask(Method::GET, "/metrics", None, token).await;
        answer.text().await.unwrap()
    };
    let has = |numbers: &str, words: &[&str], end: &str| {
        numbers
            .lines()
            .any(|line| words.iter().all(|w| line.contains(w)) && line.ends_with(end))
    };
    let bill = json!({ "service": "gach_dien_evn", "jobs": [{ "code": "PE001" }] });
    shop.post("/api/jobs", bill).await;
    let take = json!({ "service": "gach_dien_evn" });
    let (_, lease) = shop.post("/api/jobs/lease", take).await;
    let leased = ["gachno_jobs{", "gach_dien_evn", "leased"];
    assert!(has(&numbers().await, &leased, " 1"), "{}", numbers().await);
    let job = json!({ "id": lease["jobs"][0]["id"], "fence": lease["jobs"][0]["fence"] });
    shop.post("/api/jobs/give-back", json!({ "jobs": [job] }))
        .await;
    assert!(
        has(&numbers().await, &leased, " 0"),
        "a state that is empty keeps no number"
    );

    for n in 0..20 {
        let method = Method::from_bytes(format!("A{n}B").as_bytes()).unwrap();
        shop.ask(method, "/nowhere", None, None).await;
    }
    let all = numbers().await;
    assert!(!all.contains("A7B"), "{all}");
    assert!(
        has(&all, &["gachno_requests_total", "OTHER"], " 20"),
        "{all}"
    );

    // Samples are summed up where nobody asks, too: by a task, which says that it ran.
    let begun = std::time::Instant::now();
    while !numbers()
        .await
        .contains("gachno_task_runs_total{task=\"upkeep\"}")
    {
        assert!(begun.elapsed().as_secs() < 20, "nobody sums up");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
