//! The first start on the database of an old shop: it says what it is at and answers meanwhile, it may be
//! killed whenever somebody likes, and no row is ever searched that has no text yet.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gachno::store::{Doing, Store};
use reqwest::StatusCode;
use serde_json::Value;
use sqlx::{Connection, Executor, Row};

use crate::database::{Base, Which, on_both};
use crate::world::terminate;

/// Enough to be met while it works.
const ROWS: u32 = 30_000;
const PATIENCE: Duration = Duration::from_mins(3);
/// How long a program may take to end that was told to.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// Runs SQL as another program would, and reads the first number of what the last statement answers.
async fn number(base: &Base, sql: &str) -> i64 {
    if base.url.starts_with("sqlite") {
        let mut connection = sqlx::SqliteConnection::connect(&base.url).await.unwrap();
        let row = connection
            .fetch_one(sqlx::AssertSqlSafe(sql.to_owned()))
            .await;
        row.unwrap().get(0)
    } else {
        base.ask(sql).trim().parse().unwrap()
    }
}

async fn run(base: &Base, sql: &str) {
    if base.url.starts_with("sqlite") {
        let mut connection = sqlx::SqliteConnection::connect(&base.url).await.unwrap();
        connection
            .execute(sqlx::AssertSqlSafe(sql.to_owned()))
            .await
            .unwrap();
    } else {
        base.load(sql);
    }
}

/// A shop with many rows, as an older version left it: no texts to search by, an index that is not there.
async fn old_shop(base: &Base, rows: u32) {
    base.store().await.close().await;
    let (numbers, names) = if base.url.starts_with("sqlite") {
        let numbers = format!(
            "WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < {rows})"
        );
        (numbers, "'Nguyễn Văn Điện ' || seq FROM n")
    } else {
        (
            String::new(),
            "CONCAT('Nguyễn Văn Điện ', seq) FROM seq_1_to_ROWS",
        )
    };
    let names = names.replace("ROWS", &rows.to_string());
    run(
        base,
        &format!("INSERT INTO collection_data (code, name) {numbers} SELECT 'PE' , {names}"),
    )
    .await;
    let drop = if base.url.starts_with("sqlite") {
        "DROP INDEX collection_search_gn"
    } else {
        "ALTER TABLE collection_data DROP INDEX collection_search_gn"
    };
    run(base, drop).await;
    run(
        base,
        "DELETE FROM schema_history WHERE step LIKE 'schema %'",
    )
    .await;
}

/// The server as a program of its own, from its first moment.
struct Starting {
    child: Child,
    url: String,
}

impl Starting {
    fn begin(home: &Path, base: &Base) -> Self {
        let free = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_gachno"))
            .args([
                "serve",
                "--listen",
                &free.to_string(),
                "--database",
                &base.url,
            ])
            .env("GACHNO_HOME", home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            child,
            url: format!("http://{free}"),
        }
    }

    /// What it says of itself once it listens.
    async fn health(&self) -> (StatusCode, Option<String>, Value) {
        let begun = Instant::now();
        loop {
            if let Ok(answer) = reqwest::get(format!("{}/api/health", self.url)).await {
                let again = answer.headers().get("retry-after");
                let again = again.map(|value| value.to_str().unwrap().to_owned());
                return (answer.status(), again, answer.json().await.unwrap());
            }
            assert!(begun.elapsed() < PATIENCE, "nobody listens");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many rows were left when it has filled some. `None`: it was ready before anybody saw it.
    async fn filling(&self) -> Option<i64> {
        let begun = Instant::now();
        loop {
            let (status, again, told) = self.health().await;
            if status == StatusCode::OK {
                return None;
            }
            assert_eq!(
                (status, again.as_deref()),
                (StatusCode::SERVICE_UNAVAILABLE, Some("5"))
            );
            assert_eq!(told["status"], "starting", "{told}");
            let progress = &told["progress"];
            if progress["unit"] == "rows" && progress["done"].as_i64() > Some(0) {
                assert_eq!(progress["table"], "collection_data");
                assert!(
                    told["doing"].as_str().unwrap().contains("collection_data"),
                    "{told}"
                );
                return progress["of"].as_i64();
            }
            assert!(begun.elapsed() < PATIENCE, "{told}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to end; hands back what it said on the terminal.
    fn end(mut self) -> String {
        terminate(&self.child);
        let begun = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < ENDS_WITHIN, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut said = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        said
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

on_both! {
async fn a_first_start_says_what_it_is_at_and_goes_on_whatever_ended_it(base: &Base) {
    gachno::init_tls();
    old_shop(base, ROWS).await;
    let home = tempfile::tempdir().unwrap();
    let left = async || number(base, "SELECT COUNT(*) FROM collection_data WHERE search_text IS NULL").await;

    // While it works everybody is told so, in their own form.
    let first = Starting::begin(home.path(), base);
    let all = first.filling().await.expect("it works on it");
    assert_eq!(all, i64::from(ROWS));
    let lease = reqwest::Client::new().post(format!("{}/api/jobs/lease", first.url)).send().await.unwrap();
    assert_eq!(lease.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(lease.headers()["retry-after"], "5");
    assert_eq!(lease.headers()["content-type"], "application/problem+json; charset=utf-8");
    assert_eq!(lease.json::<Value>().await.unwrap()["code"], "starting");
    let page = reqwest::Client::new().get(format!("{}/admin", first.url)).header("accept", "text/html").send().await.unwrap();
    assert_eq!((page.status(), page.headers()["retry-after"].to_str().unwrap()), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    assert!(page.text().await.unwrap().contains("Máy chủ đang khởi động"));

    // Told to end, it ends; the next one goes on at once from there.
    let said = first.end();
    assert!(said.contains("lần chạy sau làm tiếp ngay"), "{said}");
    let second = Starting::begin(home.path(), base);
    let begun = Instant::now();
    let rest = second.filling().await.expect("there is more to do");
    assert!(rest < all, "what was done stays done");
    assert!(begun.elapsed() < Duration::from_secs(8), "nobody is waited for: {:?}", begun.elapsed());

    // Killed, it leaves a lease that runs out within seconds.
    second.kill();
    assert!(left().await > 0, "the test met it at work");
    let mut third = Starting::begin(home.path(), base);
    let stdout = third.child.stdout.take().unwrap();
    let ready = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).map(|_| line)
    });
    let ready = tokio::time::timeout(PATIENCE, ready).await.expect("in time").unwrap().unwrap();
    assert!(ready.contains("\"ready\""), "{ready}");
    assert_eq!(left().await, 0, "whoever searches now finds every row");
    assert_eq!(third.health().await.0, StatusCode::OK);
}
}

on_both! {
async fn two_that_start_together_make_a_database_once(base: &Base) {
    let (one, two) = (Store::connect(&base.url).await.unwrap(), Store::connect(&base.url).await.unwrap());
    let (one, two) = tokio::join!(async { one.schema().migrate().await }, async { two.schema().migrate().await });
    let (one, two) = (one.unwrap().steps, two.unwrap().steps);
    assert!(one.is_empty() != two.is_empty(), "one of them: {} and {}", one.len(), two.len());
    assert_eq!(number(base, "SELECT COUNT(*) FROM schema_lock").await, 0, "and nobody holds it any more");
}
}

on_both! {
async fn who_died_long_ago_is_not_waited_for(base: &Base) {
    old_shop(base, 10).await;
    run(base, "INSERT INTO schema_lock (name, since_ms) VALUES ('schema', 1)").await;
    let store = Store::connect(&base.url).await.unwrap();
    let waited = std::sync::atomic::AtomicBool::new(false);
    let tell = |doing| {
        if doing == Doing::Waiting {
            waited.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    };
    let never = tokio_util::sync::CancellationToken::new();
    let migrated = store.schema().migrate_until(&never, &tell).await.unwrap();
    assert!(migrated.steps.contains(&"index collection_search_gn".to_owned()), "{migrated:?}");
    assert!(!waited.into_inner());
}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_name_their_things_by_is_told_apart_letter_by_letter() {
    let Some(base) = Base::new(Which::MariaDb) else {
        return;
    };
    let store = base.store().await;
    // As an earlier version made them.
    run(&base, "ALTER TABLE contract MODIFY number varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL; DELETE FROM schema_history WHERE step LIKE 'schema %'").await;
    assert_eq!(
        store.schema().migrate().await.unwrap().steps,
        ["exact contract.number"]
    );
    let contract = |number: &str| {
        let json = crate::desk::free_contract(number, &[crate::desk::bill("B1", 1, 1_000)]);
        gachno::domain::desk::IncomingContract::read(&json).unwrap()
    };
    let list: Vec<_> = ["HDX", "hdX", "hdx\u{301}"]
        .map(contract)
        .into_iter()
        .enumerate()
        .collect();
    let tally = store
        .desk()
        .put(1, &list, &gachno::store::Actor::system())
        .await
        .unwrap();
    assert_eq!(tally.added, 3);
    let loose = "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN \
                 ('payment_transfer', 'unmatched_money', 'contract', 'contract_item') AND column_name IN ('reference', 'number') AND collation_name <> 'utf8mb4_nopad_bin'";
    assert_eq!(number(&base, loose).await, 0);
}
