//! The program as a script sees it: exit codes, JSON lines, files, signals.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

#[cfg(target_os = "linux")]
use crate::world::terminate;
use crate::world::{AGENT, PIN};

const PASSWORD: &str = "mk1234";
const PASSPHRASE: &str = "mưa rào Hà Nội";

struct Shop {
    dir: tempfile::TempDir,
    sandbox: Option<Child>,
    url: String,
}

impl Drop for Shop {
    fn drop(&mut self) {
        if let Some(mut sandbox) = self.sandbox.take() {
            let _ = sandbox.kill();
            let _ = sandbox.wait();
        }
        // What a killed run left behind goes with the shop.
        gachno::browser::reap(&self.dir.path().join("run"));
    }
}

impl Shop {
    fn bare() -> Self {
        Self {
            dir: tempfile::tempdir().expect("folder"),
            sandbox: None,
            url: String::new(),
        }
    }

    /// A configured shop on a sandbox of its own, as a process.
    fn open(scenario: &Value) -> Self {
        let mut shop = Self::bare();
        let file = shop.file("scenario.json", &scenario.to_string());
        let mut sandbox = shop
            .command(&["sandbox", "--scenario", file.to_str().expect("path")])
            .stdout(Stdio::piped())
            .spawn()
            .expect("sandbox");
        let mut line = String::new();
        BufReader::new(sandbox.stdout.as_mut().expect("stdout"))
            .read_line(&mut line)
            .expect("a line");
        let ready: Value = serde_json::from_str(&line).expect("json");
        assert_eq!(ready["event"], "ready");
        ready["url"]
            .as_str()
            .expect("url")
            .clone_into(&mut shop.url);
        shop.sandbox = Some(sandbox);
        for (key, value) in [
            ("portal.username", AGENT),
            ("portal.password", PASSWORD),
            ("portal.pin", PIN),
            ("portal.url", &shop.url),
        ] {
            let output = shop.piped(&["config", "set", key, "--stdin"], value);
            assert!(
                output.status.success(),
                "{key}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        shop
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gachno"));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env("GACHNO_HOME", self.dir.path())
            .env("GACHNO_PASSPHRASE", PASSPHRASE)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("runs")
    }

    fn piped(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        child
            .stdin
            .take()
            .expect("stdin")
            .write_all(input.as_bytes())
            .expect("written");
        child.wait_with_output().expect("ends")
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    fn batch(&self, service: &str, jobs: &Path, more: &[&str]) -> (i32, Vec<Value>, String) {
        let jobs = jobs.to_str().expect("path");
        let mut arguments = vec![
            "run",
            service,
            "--jobs",
            jobs,
            "--headless",
            "--json",
            "--yes",
        ];
        arguments.extend(more);
        let output = self.run(&arguments);
        let lines = String::from_utf8(output.stdout).expect("utf-8");
        let events = lines
            .lines()
            .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}")))
            .collect();
        (
            output.status.code().unwrap_or(-1),
            events,
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }

    fn truth(&self) -> Value {
        gachno::init_tls();
        let runtime = tokio::runtime::Runtime::new().expect("runtime");
        runtime.block_on(async {
            reqwest::get(format!("{}/sandbox/truth", self.url))
                .await
                .expect("answers")
                .json()
                .await
                .expect("json")
        })
    }
}

fn outcome<'e>(events: &'e [Value], account: &str) -> &'e Value {
    events
        .iter()
        .rev()
        .find(|e| e["event"] == "outcome" && e["account"] == account)
        .unwrap_or_else(|| panic!("{account} in {events:#?}"))
}

#[test]
fn a_batch_tells_everything_as_json_lines_and_exits_with_zero() {
    let shop = Shop::open(
        &serde_json::json!({ "accounts": { "PE0001": { "debt": 150_000 }, "PE0002": { "kind": "no_debt" } } }),
    );
    let jobs = shop.file(
        "jobs.csv",
        "Mã khách hàng;Mã đơn\nPE0001;D1\nPE0002;\nmã lạ!;\nPE0001;\n",
    );
    let (code, events, errors) = shop.batch("gach_dien_evn", &jobs, &["--report", "bao_cao.xlsx"]);
    assert_eq!(code, 0, "{errors}");
    let paid = outcome(&events, "PE0001");
    for (key, value) in [
        ("outcome", "paid".into()),
        ("amount", 150_000.into()),
        ("proof", "response".into()),
        ("order_id", "D1".into()),
    ] {
        let value: Value = value;
        assert_eq!(paid[key], value, "{key}");
    }
    assert!(paid["attempt"].is_string() && paid["transaction_id"].is_string());
    assert!(
        paid["at"]
            .as_str()
            .is_some_and(|at| at.parse::<jiff::Timestamp>().is_ok())
    );
    assert_eq!(outcome(&events, "PE0002")["outcome"], "no_debt");
    assert_eq!(outcome(&events, "mã lạ!")["outcome"], "refused");
    let kinds: Vec<&str> = events.iter().filter_map(|e| e["event"].as_str()).collect();
    assert!(kinds.contains(&"state") && kinds.contains(&"progress"));
    assert_eq!(kinds.last(), Some(&"batch_finished"));
    assert!(shop.dir.path().join("bao_cao.xlsx").exists());

    // The ledger tells the same, and its report is the same, byte for byte.
    let exported = shop.run(&["ledger", "export", "--json"]);
    let lines: Vec<Value> = String::from_utf8(exported.stdout)
        .expect("utf-8")
        .lines()
        .map(|l| serde_json::from_str(l).expect("json"))
        .collect();
    assert_eq!((lines.len(), &lines[0]["attempt"]), (2, &paid["attempt"]));
    let batch = lines[0]["batch"].as_str().expect("id");
    assert!(
        shop.run(&["ledger", "report", batch, "--report", "lai.xlsx"])
            .status
            .success()
    );
    let read = |name: &str| std::fs::read(shop.dir.path().join(name)).expect("read");
    assert_eq!(read("bao_cao.xlsx"), read("lai.xlsx"));
    let shown = String::from_utf8(shop.run(&["ledger", "show", "D1"]).stdout).expect("utf-8");
    assert!(shown.contains("Đã thanh toán 150.000 đ"), "{shown}");
    assert!(shop.run(&["ledger", "verify"]).status.success());
}

#[test]
fn no_secret_is_in_any_file_that_a_run_leaves() {
    let shop = Shop::open(&serde_json::json!({ "accounts": { "k1_gftth": { "debt": 165_000 } } }));
    let jobs = shop.file("jobs.json", r#"{"subscriber_codes":["k1_gftth"]}"#);
    let (code, _, errors) = shop.batch("thanh_toan_tv_internet", &jobs, &["-vv"]);
    assert_eq!(code, 0, "{errors}");
    std::fs::remove_file(shop.dir.path().join("scenario.json")).ok();
    let mut files = vec![("stderr".to_owned(), errors.into_bytes())];
    collect(shop.dir.path(), &mut files);
    assert!(
        files.iter().any(|(name, _)| name.contains("logs/gachno")),
        "there is a log"
    );
    for (name, bytes) in files {
        for secret in [PASSWORD, PASSPHRASE] {
            assert!(!holds(&bytes, secret), "{secret} in {name}");
        }
        // Six digits may stand in a hash or a time by chance; alone they may not.
        let text = String::from_utf8_lossy(&bytes);
        let alone = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == PIN);
        assert!(!alone, "the PIN in {name}");
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

fn collect(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("list").flatten() {
        if entry.path().is_dir() {
            collect(&entry.path(), into);
        } else {
            into.push((
                entry.path().display().to_string(),
                std::fs::read(entry.path()).unwrap_or_default(),
            ));
        }
    }
}

#[test]
fn bad_usage_and_bad_input_exit_with_two_and_say_why() {
    let shop = Shop::bare();
    let jobs = shop.file("jobs.txt", "PE0001\n");
    let jobs = jobs.to_str().expect("path");
    for (arguments, word) in [
        (vec!["run", "gach_dien_evn", "--jobs", jobs], "PIN"),
        (vec!["run", "nap_the", "--jobs", jobs], "nap_the"),
        (vec!["run", "tra_cuu_ftth"], "--jobs"),
        (
            vec!["run", "tra_cuu_ftth", "--jobs", "/nowhere.csv"],
            "nowhere",
        ),
        (
            vec![
                "run",
                "tra_cuu_ftth",
                "--jobs",
                jobs,
                "--portal",
                "không phải địa chỉ",
            ],
            "portal.url",
        ),
        (
            vec![
                "run",
                "tra_cuu_ftth",
                "--jobs",
                jobs,
                "--portal-map",
                "/nowhere.toml",
            ],
            "nowhere",
        ),
        (vec!["config", "get", "portal.urll"], "portal.urll"),
        (vec!["config", "set", "portal.pin", "246810"], "--stdin"),
    ] {
        let output = shop.run(&arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(word), "{arguments:?}: {errors}");
        assert!(output.stdout.is_empty());
    }
    let down = shop.run(&[
        "run",
        "gach_dien_evn",
        "--from-api",
        "--api",
        "http://127.0.0.1:9",
        "--yes",
    ]);
    assert_eq!(
        down.status.code(),
        Some(1),
        "an API that is down is no usage error"
    );
}

#[test]
fn a_batch_that_cannot_run_tells_every_job_and_is_continued_later() {
    let shop = Shop::open(&serde_json::json!({ "accounts": { "PE0001": { "debt": 150_000 } } }));
    assert!(
        shop.piped(&["config", "set", "portal.password", "--stdin"], "sai123")
            .status
            .success()
    );
    let jobs = shop.file("jobs.txt", "PE0001\n");
    let (code, events, errors) = shop.batch("gach_dien_evn", &jobs, &[]);
    assert_eq!(code, 1, "{errors}");
    assert!(errors.contains("không cho đăng nhập"), "{errors}");
    assert_eq!(outcome(&events, "PE0001")["outcome"], "cancelled");
    assert_eq!(
        events.last().map(|e| &e["event"]),
        Some(&"batch_finished".into())
    );
    assert!(
        shop.piped(&["config", "set", "portal.password", "--stdin"], PASSWORD)
            .status
            .success()
    );
    let (code, events, errors) = shop.batch("gach_dien_evn", &jobs, &[]);
    assert_eq!(
        (code, &events[0]["continued"]),
        (0, &true.into()),
        "{errors}"
    );
    assert_eq!(outcome(&events, "PE0001")["outcome"], "paid");
}

#[test]
fn a_payment_without_a_terminal_needs_yes() {
    let shop = Shop::open(&serde_json::json!({}));
    let jobs = shop.file("jobs.txt", "PE0001\n");
    let output = shop.run(&[
        "run",
        "gach_dien_evn",
        "--jobs",
        jobs.to_str().expect("path"),
        "--headless",
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--yes"));
    assert_eq!(shop.truth()["asked"], 0);
}

#[test]
fn a_damaged_config_or_a_wrong_key_changes_nothing() {
    let shop = Shop::bare();
    assert!(
        shop.piped(&["config", "set", "portal.pin", "--stdin"], PIN)
            .status
            .success()
    );
    let get = |passphrase: &str, key: &str| {
        shop.command(&["config", "get", key])
            .env("GACHNO_PASSPHRASE", passphrase)
            .output()
            .expect("runs")
    };
    assert_eq!(
        String::from_utf8_lossy(&get(PASSPHRASE, "portal.pin").stdout).trim(),
        "********"
    );
    let before = std::fs::read(shop.dir.path().join("config.json")).expect("read");
    let wrong = shop
        .command(&["config", "set", "portal.password", "--stdin"])
        .env("GACHNO_PASSPHRASE", "sai")
        .stdin(Stdio::null())
        .output()
        .expect("runs");
    assert_eq!(
        wrong.status.code(),
        Some(2),
        "{}",
        String::from_utf8_lossy(&wrong.stderr)
    );
    assert_eq!(
        std::fs::read(shop.dir.path().join("config.json")).expect("read"),
        before
    );
    shop.file("config.json", "{\"portal\": ");
    let damaged = shop.run(&["config", "get", "portal.url"]);
    assert_eq!(damaged.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&damaged.stderr).contains("hong-"),
        "{}",
        String::from_utf8_lossy(&damaged.stderr)
    );
}

/// A batch that is slow enough to be interrupted: each look-up takes a while.
fn slow_shop() -> (Shop, PathBuf) {
    let shop = Shop::open(&serde_json::json!({
        "unlisted": "owing", "faults": [{ "at": "pay", "times": 0, "action": { "delay_ms": 500 } }]
    }));
    let jobs = shop.file("jobs.txt", "PE0001\nPE0002\nPE0003\nPE0004\nPE0005\n");
    (shop, jobs)
}

/// Starts the batch and waits until so many jobs are paid.
fn started(shop: &Shop, jobs: &Path, paid: usize) -> Child {
    let arguments = [
        "run",
        "gach_dien_evn",
        "--jobs",
        jobs.to_str().expect("path"),
        "--headless",
        "--json",
        "--yes",
    ];
    let mut child = shop
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("runs");
    let lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let mut seen = 0;
    for line in lines.map_while(Result::ok) {
        seen += usize::from(line.contains("\"outcome\":\"paid\""));
        if seen >= paid {
            break;
        }
    }
    assert!(seen >= paid, "the batch ended early");
    child
}

/// Living processes of browsers whose profile lies in this shop.
#[cfg(target_os = "linux")]
fn browsers_of(shop: &Shop) -> usize {
    let flag = format!("--user-data-dir={}", shop.dir.path().display());
    let processes = std::fs::read_dir("/proc").expect("proc").flatten();
    processes
        .filter(|p| std::fs::read(p.path().join("cmdline")).is_ok_and(|line| holds(&line, &flag)))
        .count()
}

/// Nothing is left of them. A browser's last process may take a moment to go on a busy machine.
#[cfg(target_os = "linux")]
fn assert_browsers_go(shop: &Shop) {
    let end = Instant::now() + Duration::from_secs(20);
    while browsers_of(shop) > 0 {
        assert!(Instant::now() < end, "a browser was left behind");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_run_is_continued_and_nothing_is_paid_twice() {
    let (shop, jobs) = slow_shop();
    let mut child = started(&shop, &jobs, 2);
    child.kill().expect("kill -9");
    child.wait().expect("gone");
    assert!(browsers_of(&shop) > 0, "nobody could clean up");
    let (code, events, errors) = shop.batch("gach_dien_evn", &jobs, &[]);
    assert_eq!(events[0]["continued"], true);
    let truth = shop.truth();
    for account in ["PE0001", "PE0002", "PE0003", "PE0004", "PE0005"] {
        let end = outcome(&events, account);
        let times = truth["movements"]
            .as_array()
            .expect("list")
            .iter()
            .filter(|m| m["account"] == account && m["moved"] == true)
            .count();
        assert!(times <= 1, "{account} was paid {times} times");
        match end["outcome"].as_str() {
            Some("paid") => assert_eq!(times, 1, "{account}"),
            // Killed between the click and its answer, with nothing that proves what became of it.
            Some("unknown") => assert_eq!(code, 3),
            other => panic!("{account}: {other:?} {errors}"),
        }
    }
    assert_browsers_go(&shop);
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminated_run_stops_at_a_safe_point_and_leaves_no_browser() {
    assert_stops_at_a_safe_point(terminate);
}

/// A terminal that is closed is no reason to let a payment go unproven.
#[test]
#[cfg(target_os = "linux")]
fn a_run_whose_terminal_is_closed_stops_as_safely() {
    let status = std::fs::read_to_string("/proc/self/status").expect("read");
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    if ignored.is_some_and(|mask| {
        mask.trim()
            .ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f'])
    }) {
        return eprintln!("started so as not to mind a hangup: not tried");
    }
    assert_stops_at_a_safe_point(|child| {
        let pid = rustix::process::Pid::from_child(child);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).expect("signal");
    });
}

#[cfg(target_os = "linux")]
fn assert_stops_at_a_safe_point(end: impl Fn(&Child)) {
    let (shop, jobs) = slow_shop();
    let mut child = started(&shop, &jobs, 1);
    end(&child);
    let latest = Instant::now() + Duration::from_secs(30);
    let status = loop {
        if let Some(status) = child.try_wait().expect("asked") {
            break status;
        }
        assert!(Instant::now() < latest, "it does not stop");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(130));
    assert_browsers_go(&shop);
    let truth = shop.truth();
    let moved = truth["moved"].as_u64().expect("number");
    assert!((1..5).contains(&moved), "{moved}");
    let (code, events, errors) = shop.batch("gach_dien_evn", &jobs, &[]);
    assert_eq!(code, 0, "{errors}");
    assert!(
        events
            .iter()
            .filter(|e| e["event"] == "outcome")
            .all(|e| e["outcome"] == "paid")
    );
    assert_eq!(shop.truth()["moved"], 5);
}

#[cfg(target_os = "linux")]
#[test]
fn a_second_program_on_the_same_ledger_is_sent_away() {
    let (shop, jobs) = slow_shop();
    let mut child = started(&shop, &jobs, 1);
    let second = shop.run(&["ledger", "list"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&second.stderr).contains(&child.id().to_string()),
        "{}",
        String::from_utf8_lossy(&second.stderr)
    );
    // A copy is made beside it.
    let copied = shop.run(&["ledger", "backup"]);
    let said = String::from_utf8_lossy(&copied.stdout).trim().to_owned();
    assert!(
        copied.status.success() && Path::new(&said).is_file(),
        "{copied:?}"
    );
    child.kill().expect("kill");
    child.wait().expect("gone");
}

#[test]
fn the_doctor_says_what_is_wrong_and_moves_no_money() {
    let shop = Shop::open(&serde_json::json!({}));
    let output = shop.run(&["doctor", "--portal", "--json"]);
    let seen: Value = serde_json::from_slice(&output.stdout).expect("json");
    let checks = seen["checks"].as_array().expect("list");
    let check = |what: &str| {
        checks
            .iter()
            .find(|c| c["check"] == what)
            .unwrap_or_else(|| panic!("{what} in {checks:?}"))
    };
    for good in ["config", "secrets", "browser", "ledger", "portal"] {
        assert_eq!(check(good)["ok"], true, "{:?}", check(good));
    }
    assert_eq!(check("api")["ok"], false, "nobody listens there");
    assert!(
        check("portal")["detail"]
            .as_str()
            .is_some_and(|d| d.contains(AGENT))
    );
    assert_eq!(shop.truth()["asked"], 0);
}

#[test]
fn a_taken_port_and_a_read_only_folder_say_so() {
    let shop = Shop::open(&serde_json::json!({}));
    let address = shop.url.trim_start_matches("http://").to_owned();
    for server in ["sandbox", "mock-api"] {
        let output = shop.run(&[server, "--listen", &address]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains(&address));
    }
    let output = shop
        .command(&["ledger", "list"])
        .env("GACHNO_HOME", "/proc/gachno")
        .output()
        .expect("runs");
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The demo's customer pays, whatever becomes of the rest: nothing to configure, bounded in time.
#[test]
fn the_demo_shows_a_request_from_its_link_to_the_green_page() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gachno"))
        .args(["demo", "--headless"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("runs");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let told: Vec<String> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.starts_with("Sổ của cổng"))
        .take(3)
        .collect();
    // The batches that follow are another test's.
    let _ = child.kill();
    let _ = child.wait();
    let all = told.join("\n");
    assert!(all.contains("/pay/"), "{all}");
    assert!(
        all.contains("trang chuyển xanh") && all.contains("khớp"),
        "{all}"
    );
}
