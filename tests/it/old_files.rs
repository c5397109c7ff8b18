//! Files that an older program made: a ledger and a shop's database as text, written by the program of 26 November 2026.
//! Today's opens both, knows all that they knew, and goes on with them.

use std::path::Path;
use std::process::{Command, Output};

use gachno::server::{self, AppState, SecretKeys, ServeConfig};
use gachno::store::Store;
use gachno::store::people::password_fits;
use reqwest::StatusCode;
use secrecy::SecretString;
use serde_json::{Value, json};

/// Tokens of that shop, which opens nothing else.
const MACHINE: &str = "gn_3y5njqxz_2dymtg24vrna5cftf2ienffhckpsbafi2ku7hax9";
const COLLECTOR: &str = "gn_sv258ern_kw8axnmrwpu6szkak8dk4pvqwrg7cj3seuxqdqec";
const MANAGER: &str = "gn_wumkiqan_2t8qvhkqh2wqdak6ecdn89uzds9tixh5wur2vaag";

/// The file that these words make.
async fn file_of(path: &Path, words: &str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        // The words stand in the order of their names.
        .foreign_keys(false)
        .create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(words.to_owned()))
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
}

fn gachno(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gachno"))
        .args(arguments)
        .current_dir(home)
        .env("GACHNO_HOME", home)
        .env("GACHNO_PASSPHRASE", "mưa rào Hà Nội")
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&text)
    );
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn an_older_programs_ledger_is_whole_and_tells_what_was_paid() {
    let home = tempfile::tempdir().unwrap();
    let words = concat!(include_str!("old/ledger.sql"), "PRAGMA user_version = 6;");
    file_of(&home.path().join("ledger.db"), words).await;
    said(&gachno(home.path(), &["ledger", "verify"]));
    let list = said(&gachno(home.path(), &["ledger", "list"]));
    for known in ["Gạch điện EVN", "Nạp tiền Viettel"] {
        assert!(list.contains(known), "{known}: {list}");
    }
    let story = said(&gachno(
        home.path(),
        &["ledger", "show", "01a21a6f-c108-740e-a4eb-a472b00352ca"],
    ));
    for known in ["427.000", "VTP0020260001"] {
        assert!(story.contains(known), "{known}: {story}");
    }
}

#[tokio::test]
async fn an_older_programs_shop_goes_on_with_its_people_machines_and_money() {
    gachno::init_tls();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("server.db");
    file_of(&file, include_str!("old/shop.sql")).await;
    let url = format!("sqlite://{}", file.display());
    let store = Store::open(&url).await.unwrap();
    // Whoever signed in signs in.
    let hang = store.accounts().named("hang").await.unwrap().unwrap();
    let password = SecretString::from("thuyền giấy mưa phùn");
    assert!(password_fits(&password, &hang.password_hash));
    let config = ServeConfig::local(&url, home.path().join("serve.key"));
    let vault = SecretKeys::open_or_create(&config.key_file).unwrap();
    let running = server::start_with(AppState::new(store, config, vault))
        .await
        .unwrap();
    let ask = async |token: &str, path: &str| {
        let request = reqwest::Client::new().get(format!("{}{path}", running.url()));
        let answer = request.bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json::<Value>().await.unwrap()
    };
    let jobs = ask(MACHINE, "/api/jobs?limit=10").await;
    let paid: Vec<&Value> = jobs["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|job| job["outcome"] == "paid")
        .collect();
    assert_eq!(paid.len(), 1, "{jobs}");
    // What was collected is held, what is owed is owed, and the day's book knows both.
    assert_eq!(
        ask(COLLECTOR, "/api/desk/cash").await["held"],
        json!(150_000)
    );
    let contract = ask(COLLECTOR, "/api/desk/contracts/HD1").await;
    assert_eq!(contract["bills"].as_array().unwrap().len(), 1, "{contract}");
    let book = ask(MANAGER, "/api/desk/book?date=2026-11-27").await;
    assert_eq!(
        (&book["collected"]["cash"], &book["held"]),
        (&json!(150_000), &json!(150_000))
    );
    assert_eq!(book["differences"], json!([]));
    running.stop().await;
}
