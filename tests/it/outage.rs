//! The database goes away, the disk is full, there is no place left: everybody is told so soon, with when to
//! ask again, and it goes on by itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gachno::server::{
    self, AppState, ConnectionLimits, Deadlines, Running, SecretKeys, ServeConfig,
};
use gachno::store::machines::Scope;
use gachno::store::{Actor, Store};
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use crate::database::{Base, Which};
use crate::world::terminate;

const PATIENCE: Duration = Duration::from_secs(40);

/// Stands between the server and its database; gone, nobody listens there.
struct Line {
    socket: PathBuf,
    database: PathBuf,
    open: Option<tokio::task::JoinHandle<()>>,
}

impl Line {
    fn open(folder: &Path, database: PathBuf) -> Self {
        let mut line = Self {
            socket: folder.join("line.sock"),
            database,
            open: None,
        };
        line.join();
        line
    }

    fn join(&mut self) {
        let listener = UnixListener::bind(&self.socket).unwrap();
        let database = Arc::new(self.database.clone());
        self.open = Some(tokio::spawn(async move {
            // Dropped with the task, and what runs in it ends.
            let mut lines = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                let database = Arc::clone(&database);
                lines.spawn(async move {
                    let mut far = UnixStream::connect(&*database).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        }));
    }

    async fn cut(&mut self) {
        let open = self.open.take().unwrap();
        open.abort();
        let _ = open.await;
        std::fs::remove_file(&self.socket).unwrap();
    }
}

async fn started(url: &str, folder: &Path, deadlines: Deadlines) -> (Running, String) {
    gachno::init_tls();
    let store = Store::open(url).await.unwrap();
    let machine = store
        .machines()
        .add("quầy 1", &Scope::ALL, None, &Actor::system())
        .await
        .unwrap();
    let config = ServeConfig {
        requests_per_second: 5_000,
        ..ServeConfig::local(url, folder.join("serve.key"))
    };
    let vault = SecretKeys::open_or_create(&config.key_file).unwrap();
    let app = AppState::with_deadlines(store, config, vault, deadlines);
    let running = server::start_with(app).await.unwrap();
    (running, machine.token.expose_secret().to_owned())
}

/// What health says, when to ask again, and how long that took.
async fn health(url: &str) -> (StatusCode, Option<String>, Value, Duration) {
    asked(reqwest::Client::new().get(format!("{url}/api/health"))).await
}

async fn asked(request: reqwest::RequestBuilder) -> (StatusCode, Option<String>, Value, Duration) {
    let begun = Instant::now();
    let answer = request.send().await.unwrap();
    let again = answer
        .headers()
        .get("retry-after")
        .map(|v| v.to_str().unwrap().to_owned());
    (
        answer.status(),
        again,
        answer.json().await.unwrap(),
        begun.elapsed(),
    )
}

async fn lease(url: &str, token: &str) -> (StatusCode, Option<String>, Value, Duration) {
    let ask = json!({ "service": "gach_dien_evn", "limit": 1 });
    let request = reqwest::Client::new().post(format!("{url}/api/jobs/lease"));
    asked(request.bearer_auth(token).json(&ask)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_told_at_once_and_found_again() {
    let Some(base) = Base::new(Which::MariaDb) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (address, database) = base.url.split_once("?socket=").unwrap();
    let mut line = Line::open(folder.path(), PathBuf::from(database));
    let url = format!("{address}?socket={}", line.socket.display());
    let (running, token) = started(&url, folder.path(), Deadlines::default()).await;
    let url = running.url();
    assert_eq!(health(&url).await.0, StatusCode::OK);
    assert_eq!(lease(&url, &token).await.0, StatusCode::OK);

    line.cut().await;
    let asked = tokio::join!(health(&url), lease(&url, &token), lease(&url, &token));
    let (status, again, told, took) = asked.0;
    assert_eq!(
        (status, again.as_deref()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("5")),
        "{told}"
    );
    assert!(took < Duration::from_secs(2), "health took {took:?}");
    for (status, again, told, took) in [asked.1, asked.2] {
        assert_eq!(
            (status, again.as_deref()),
            (StatusCode::SERVICE_UNAVAILABLE, Some("5")),
            "{told}"
        );
        assert!(took < Duration::from_secs(5), "a lease took {took:?}");
    }

    line.join();
    let begun = Instant::now();
    while health(&url).await.0 != StatusCode::OK || lease(&url, &token).await.0 != StatusCode::OK {
        assert!(
            begun.elapsed() < PATIENCE,
            "it does not find its database again"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    running.stop().await;
}

/// A server on a disk of 24 MB of its own, which is filled when a file says so. `None`: this machine lets
/// nobody mount one.
fn on_a_small_disk(folder: &Path) -> Option<std::process::Child> {
    const SCRIPT: &str = r#"set -e
mkdir -p "$1/disk"; mount -t tmpfs -o size=24m none "$1/disk"; echo mounted
GACHNO_HOME="$1/home" "$2" serve --listen 127.0.0.1:0 --database "sqlite://$1/disk/shop.db?mode=rwc" & server=$!
trap 'kill $server' TERM
wait_for() { while [ ! -e "$1" ]; do sleep 0.05; done; }
wait_for "$1/fill"; dd if=/dev/zero of="$1/disk/much" bs=4k 2>/dev/null || true; echo full
wait_for "$1/empty"; rm "$1/disk/much"; echo empty
wait $server
"#;
    let child = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", SCRIPT, "sh"])
        .arg(folder)
        .arg(env!("CARGO_BIN_EXE_gachno"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    child.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_of_a_full_disk_until_there_is_room_again() {
    use std::io::BufRead;
    gachno::init_tls();
    let folder = tempfile::tempdir().unwrap();
    let Some(mut child) = on_a_small_disk(folder.path()) else {
        eprintln!("SKIPPED: no unshare on this machine");
        return;
    };
    let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _ = say.send(line);
        }
    });
    let mut next = async || {
        tokio::time::timeout(PATIENCE, said.recv())
            .await
            .expect("in time")
    };
    if next().await.as_deref() != Some("mounted") {
        let _ = child.wait();
        eprintln!("SKIPPED: this machine mounts no disk for a test");
        return;
    }
    let ready: Value = serde_json::from_str(&next().await.unwrap()).unwrap();
    let url = ready["url"].as_str().unwrap().to_owned();
    assert_eq!(health(&url).await.0, StatusCode::OK);

    let until = async |wanted: StatusCode| {
        let begun = Instant::now();
        loop {
            let (status, again, told, _) = health(&url).await;
            if status == wanted {
                return (again, told);
            }
            assert!(begun.elapsed() < PATIENCE, "{told}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    std::fs::write(folder.path().join("fill"), "").unwrap();
    assert_eq!(next().await.as_deref(), Some("full"));
    let (again, told) = until(StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(
        (again.as_deref(), told["message"].as_str()),
        (Some("5"), Some("Database cannot be written"))
    );
    std::fs::write(folder.path().join("empty"), "").unwrap();
    assert_eq!(next().await.as_deref(), Some("empty"));
    until(StatusCode::OK).await;
    terminate(&child);
    child.wait().unwrap();
}

#[tokio::test]
async fn whoever_finds_no_place_is_told_when_to_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let base = Base::new(Which::Sqlite).unwrap();
    let connections = ConnectionLimits {
        all: 2,
        ..ConnectionLimits::default()
    };
    let deadlines = Deadlines {
        connections,
        ..Deadlines::default()
    };
    let (running, _) = started(&base.url, folder.path(), deadlines).await;
    let place = running.url().trim_start_matches("http://").to_owned();
    let connect = async || tokio::net::TcpStream::connect(&place).await.unwrap();
    let held = (connect().await, connect().await);
    // Both are taken in before the third.
    let mut told = String::new();
    connect().await.read_to_string(&mut told).await.unwrap();
    assert!(
        told.starts_with("HTTP/1.1 503 ") && told.contains("retry-after: 5"),
        "{told:?}"
    );
    drop(held);
}

#[tokio::test]
async fn numbers_are_there_before_anything_was_counted_and_are_well_formed() {
    let folder = tempfile::tempdir().unwrap();
    let base = Base::new(Which::Sqlite).unwrap();
    let (running, token) = started(&base.url, folder.path(), Deadlines::default()).await;
    let look = async || {
        let numbers = reqwest::Client::new()
            .get(format!("{}/metrics", running.url()))
            .bearer_auth(&token)
            .send()
            .await
            .unwrap();
        numbers.text().await.unwrap()
    };
    let numbers = look().await;
    for line in [
        "gachno_connections_refused_total 0",
        "gachno_database_writable 1",
        "gachno_leases_lost_total{armed=\"yes\"} 0",
        "gachno_jobs_leased_total{service=\"gach_dien_evn\"} 0",
        "gachno_arms_total{result=\"armed\"} 0",
        "gachno_outcomes_total{outcome=\"paid\",result=\"refused\"} 0",
        "gachno_task_failures_total{task=\"writes\"} 0",
        "gachno_jobs{service=\"gach_dien_evn\",state=\"in_doubt\"} 0",
    ] {
        assert!(
            numbers.lines().any(|told| told == line),
            "{line} is not in\n{numbers}"
        );
    }
    // Times stand in fixed buckets: those add up over servers, and need the same memory however much is counted.
    let numbers = look().await;
    let timed = "gachno_request_seconds_bucket{route=\"/metrics\",method=\"GET\",le=\"30\"} ";
    assert!(
        numbers.contains(timed) && !numbers.contains("quantile="),
        "{numbers}"
    );
    // Prometheus' own judge, where it is at hand.
    let Ok(mut judge) = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    else {
        eprintln!("SKIPPED: no promtool on this machine");
        return;
    };
    std::io::Write::write_all(&mut judge.stdin.take().unwrap(), numbers.as_bytes()).unwrap();
    let judged = judge.wait_with_output().unwrap();
    let said = [judged.stdout, judged.stderr].concat();
    assert!(
        judged.status.success() && said.is_empty(),
        "{}",
        String::from_utf8_lossy(&said)
    );
}
