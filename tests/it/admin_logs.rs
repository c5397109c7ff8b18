//! What the server writes down: a line of its own for each request, and no secret.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::admin::Browser;
use crate::admin_guard::Phone;
use crate::database::{Base, Which, on_both};
use crate::world::terminate;

const PASSWORD: &str = "planted-thuyền giấy mưa phùn";
const DATABASE_PASSWORD: &str = "planted-db-81";
const PIN: &str = "80714263";

/// The program as it runs in a shop, as talkative as it gets.
fn serve(home: &Path, database: &str) -> (Child, String) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_gachno"));
    server
        .args(["-vvv", "serve", "--listen", "127.0.0.1:0"])
        .env("GACHNO_HOME", home)
        .env("GACHNO_SERVE_DATABASE", database);
    let terminal = std::fs::File::create(home.join("terminal")).unwrap();
    let mut server = server
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(terminal)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    (server, ready["url"].as_str().unwrap().to_owned())
}

fn end(mut server: Child) {
    terminate(&server);
    let begun = Instant::now();
    while server.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn with_password(base: &Base) -> String {
    if base.url.starts_with("sqlite") {
        return base.url.clone();
    }
    let user = format!("u{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    base.load(&format!("CREATE USER {user}@localhost IDENTIFIED BY '{DATABASE_PASSWORD}'; GRANT ALL ON *.* TO {user}@localhost;"));
    base.url
        .replace("gachno:gachno@", &format!("{user}:{DATABASE_PASSWORD}@"))
}

on_both! {
async fn the_log_holds_every_request_and_no_secret_and_nobody_forges_a_line(base: &Base) {
    gachno::init_tls();
    let home = tempfile::tempdir().unwrap();
    let (server, url) = serve(home.path(), &with_password(base));
    let terminal = || std::fs::read_to_string(home.path().join("terminal")).unwrap();
    let first = terminal().lines().find_map(|l| l.trim().strip_prefix("Mật khẩu một lần: ")).unwrap().to_owned();
    let now = || jiff::Timestamp::now().as_millisecond();

    let mut owner = Browser::at(&url);
    let forged = "x\r\n{\"level\":\"ERROR\",\"message\":\"forged\"}\r\n2026-11-21T00:00:00Z  INFO forged";
    assert_eq!(owner.sign_in(forged, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    owner.get("/admin/sign-in%0d%0aforged?next=%0d%0aforged").await;
    owner.sign_in("chu", &first).await.leads_to("/admin/new-password");
    owner.post("/admin/new-password", &[("password", PASSWORD), ("again", PASSWORD)]).await.leads_to("/admin");
    owner.post("/admin/me/totp", &[("current", PASSWORD)]).await.leads_to("/admin/me#totp");
    let phone = Phone::read(&owner.get("/admin/me").await);
    let code = phone.code_at(now());
    let told = owner.post("/admin/me/totp/confirm", &[("code", &code)]).await;
    let recovery = told.body.split("<div class=\"codes code\"><div>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let half_way = owner.cookie.clone();
    owner.sign_in("chu", PASSWORD).await.leads_to("/admin/code");
    owner.post("/admin/code", &[("code", &recovery)]).await.leads_to("/admin");
    let settings = [
        ("trial_days", "7"), ("tries_max", "3"), ("retry_after_s", "30"), ("lease_s", "60"), ("repeat_hours", "24"), ("keep_days", "90"), ("pin", PIN), ("current", PASSWORD),
    ];
    owner.post("/admin/settings", &settings).await.leads_to("/admin/settings?done=saved");
    let scopes = [("name", "quầy\r\n 1 forged"), ("scope", "jobs:lease"), ("scope", "jobs:write"), ("scope", "jobs:read")];
    let made = owner.post("/admin/machines", &scopes).await;
    let token = made.body.split("<p class=\"secret code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();

    let http = reqwest::Client::new();
    let post = async |path: &str, body: Value| {
        let answer = http.post(format!("{url}{path}")).bearer_auth(&token).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json::<Value>().await.unwrap()
    };
    let jobs = json!([{ "code": "PE01000100001", "amount": 150_000, "note": "một\r\nforged" }]);
    post("/api/jobs", json!({ "service": "gach_dien_evn", "jobs": jobs })).await;
    let lease = post("/api/jobs/lease", json!({ "service": "gach_dien_evn", "limit": 1, "operator": "Lan\r\nforged" })).await;
    let (job, attempt) = (&lease["jobs"][0], uuid::Uuid::now_v7());
    let path = format!("/api/jobs/{}/arm", job["id"].as_str().unwrap());
    post(&path, json!({ "fence": job["fence"], "attempt": attempt, "amount": 150_000 })).await;
    let outcome = json!({ "attempt": attempt, "job": job["id"], "fence": job["fence"], "outcome": "paid", "amount": 150_000,
        "transaction_id": "VT1", "proof": "response", "message": "Thành công\r\nforged", "at": "2026-11-21T08:00:00+07:00", "operator": "Lan" });
    let said = post("/api/outcomes", json!({ "outcomes": [outcome] })).await;
    assert_eq!(said["outcomes"][0]["result"], "accepted", "{said}");
    let list = http.get(format!("{url}/api/data/gach_dien_evn")).bearer_auth(&token).send().await.unwrap();
    assert!(list.status().is_success());
    assert_eq!(http.get(format!("{url}/api/me")).bearer_auth(format!("{token}x")).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let session = owner.cookie.clone();
    owner.get("/admin").await.says("Tổng quan");
    end(server);

    let mut log = String::new();
    for file in std::fs::read_dir(home.path().join("logs")).unwrap().flatten() {
        if file.file_name().to_str().unwrap().starts_with("serve.") {
            log += &std::fs::read_to_string(file.path()).unwrap();
        }
    }
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect();
    assert!(lines.iter().all(|line| line["timestamp"].is_string() && line["level"].is_string() && line["message"] != "forged"), "{log}");
    let answered: Vec<&Value> = lines.iter().filter(|line| line["message"] == "answered").collect();
    assert_eq!(answered.len(), 18, "one a request: {log}");
    for line in &answered {
        let span = &line["span"];
        assert!(line["status"].is_u64() && line["ms"].is_u64() && span["method"].is_string() && span["path"].is_string(), "{line}");
        assert!(span["id"].as_str().is_some_and(|id| id.len() == 36), "{line}");
    }
    let who = |who: &str| answered.iter().filter(|line| line["span"]["who"].as_str().is_some_and(|w| w.starts_with(who))).count();
    assert!(who("user:chu") >= 6 && who("machine:quầy") == 5, "{log}");

    let said = terminal();
    assert!(said.contains("answered") && serde_json::from_str::<Value>(said.lines().last().unwrap()).is_err(), "lines for people: {said}");
    let id = |cookie: &str| cookie.split_once('=').unwrap().1.to_owned();
    let secrets =
        [PASSWORD.to_owned(), DATABASE_PASSWORD.to_owned(), PIN.to_owned(), token, id(&session), id(&half_way), phone.letters().to_owned(), code, recovery];
    for secret in secrets {
        assert!(!log.contains(&secret) && !said.contains(&secret), "{secret} is in the log");
    }
    assert!(!log.contains(&first), "the terminal alone has it");
    assert_eq!(said.matches(&first).count(), 1);
}
}

#[test]
fn a_log_for_people_is_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let check = |flags: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_gachno"))
            .args(["serve", "--check"])
            .args(flags)
            .env("GACHNO_HOME", home.path())
            .output()
            .unwrap();
        serde_json::from_slice::<Value>(&output.stdout)
            .map_or(Value::Null, |told| told["log"].clone())
    };
    assert_eq!(
        (
            check(&[]),
            check(&["--log", "text"]),
            check(&["--log", "xml"])
        ),
        (json!("json"), json!("text"), Value::Null)
    );
}
