//! `gachno bench desk`: what the collection desk carries on this machine: a contract opened and found among
//! many, cash taken by many hands at once, what its pages weigh.

mod stage;

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::json;

use super::files::SignedInPerson;
use super::{BROKEN, Row, count, on_both, percentile};
use crate::cli::Failure;
use crate::cli::args::Bench;
use crate::domain::calendar::{day_of, day_start};
use stage::{BILLS, COLLECTORS, DeskStage, EACH, Hand, LIMIT, PASSWORD};

/// How often a contract is opened, and how often something is looked for.
const TIMES: usize = 400;
/// What a page brings along the first time.
const FILES: [&str; 5] = [
    "/desk/assets/desk.css",
    "/desk/assets/desk.js",
    "/desk/assets/icon.svg",
    "/desk/manifest.webmanifest",
    "/desk/sw.js",
];

pub(super) async fn desk(options: &Bench) -> Result<Vec<Row>, Failure> {
    on_both(options, async |name, url, folder| {
        measured(name, url, folder, options).await
    })
    .await
}

async fn measured(
    name: &str,
    url: &str,
    folder: &std::path::Path,
    options: &Bench,
) -> anyhow::Result<Vec<Row>> {
    let stage = DeskStage::open(url, folder, options.contracts).await?;
    let served = stage.serve().await?;
    let first = stage
        .hands
        .first()
        .ok_or_else(|| anyhow::anyhow!("nobody"))?;
    let mut rows = vec![Row::plain(
        "contracts held",
        f64::from(options.contracts),
        "",
    )];
    rows.push(opened(&stage, served.url(), first, options.contracts).await?);
    rows.extend(found(&stage, served.url(), first, options.contracts).await?);
    rows.extend(taken(&stage, served.url(), name == "MariaDB").await?);
    rows.extend(weighed(served.url()).await?);
    Ok(rows)
}

/// A contract with many bills, one after another.
async fn opened(stage: &DeskStage, url: &str, hand: &Hand, contracts: u32) -> anyhow::Result<Row> {
    let mut took = Vec::with_capacity(TIMES);
    for turn in 0..TIMES {
        let number = stage::number(scattered(turn, contracts));
        let path = format!("{url}/api/desk/contracts/{number}");
        let (view, time) = stage.get(&path, hand).await?;
        let bills = view["bills"].as_array().map_or(0, Vec::len);
        anyhow::ensure!(bills == BILLS, "{number} has {bills} bills");
        took.push(time.as_secs_f64() * 1_000.0);
    }
    let p99 = percentile(&mut took, 99);
    let name = format!("a contract of {BILLS} bills opens, p99");
    Ok(Row::at_most(name, p99, "ms", 30.0))
}

/// Contracts looked for by number, phone and name.
async fn found(
    stage: &DeskStage,
    url: &str,
    hand: &Hand,
    contracts: u32,
) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (what, asked) in [
        ("number", stage::number as fn(u32) -> String),
        ("phone", stage::phone),
        ("name", stage::name),
        ("two frequent words", |_| "nguyen thi".to_owned()),
    ] {
        let mut took = Vec::with_capacity(TIMES);
        for turn in 0..TIMES {
            let asked = asked(scattered(turn, contracts));
            let query: String = url::form_urlencoded::byte_serialize(asked.as_bytes()).collect();
            let path = format!("{url}/api/desk/contracts?q={query}");
            let (answer, time) = stage.get(&path, hand).await?;
            let count = answer["contracts"].as_array().map_or(0, Vec::len);
            anyhow::ensure!(count > 0, "nothing found for {asked:?}");
            took.push(time.as_secs_f64() * 1_000.0);
        }
        let p99 = percentile(&mut took, 99);
        rows.push(Row::at_most(
            format!("found by {what}, p99"),
            p99,
            "ms",
            150.0,
        ));
    }
    Ok(rows)
}

/// All collectors take cash at the same time.
async fn taken(stage: &DeskStage, url: &str, has_goal: bool) -> anyhow::Result<Vec<Row>> {
    let begun = Instant::now();
    let hands = stream::iter(stage.hands.iter().enumerate())
        .map(|(at, hand)| collect(stage, url, hand, at))
        .buffer_unordered(COLLECTORS);
    let all: Vec<anyhow::Result<Vec<Duration>>> = hands.collect().await;
    let took = begun.elapsed().as_secs_f64();
    let mut times = Vec::new();
    for one in all {
        times.extend(one?.iter().map(|time| time.as_secs_f64() * 1_000.0));
    }
    let rate = count(times.len()) / took;
    let name = format!("receipts/s, {COLLECTORS} collectors in cash");
    let receipts = if has_goal {
        Row::at_least(name, rate, "/s", 300.0)
    } else {
        Row::plain(name, rate, "/s")
    };
    let broken = broken(stage, times.len()).await?;
    Ok(vec![
        receipts,
        Row::plain("a receipt, p99", percentile(&mut times, 99), "ms"),
        Row::at_most(BROKEN, broken, "", 0.0),
    ])
}

async fn collect(
    stage: &DeskStage,
    url: &str,
    hand: &Hand,
    at: usize,
) -> anyhow::Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(EACH);
    for (contract, item) in stage.doors(at).await? {
        let body = json!({ "contract": contract, "items": [item.to_string()], "method": "cash", "notify": { "sms": false } });
        let path = format!("{url}/api/desk/payments");
        let (answer, time) = stage.post(&path, hand, &body).await?;
        if answer["code"] == "over_limit" {
            // What comes after it is too much as well.
            break;
        }
        anyhow::ensure!(answer["state"] == "paid", "{answer}");
        took.push(time);
    }
    Ok(took)
}

/// How often something was not as it must be: a limit passed, a number left out, books that disagree.
async fn broken(stage: &DeskStage, receipts: usize) -> anyhow::Result<f64> {
    let mut broken = 0;
    let cash = stage.store.desk().cash();
    for hand in &stage.hands {
        let held = cash.collector(hand.id).await?.map_or(0, |c| c.cash.held);
        broken += u32::from(held > LIMIT);
    }
    let (day, from) = (
        day_of(stage.store.now_ms()),
        day_start(stage.store.now_ms()),
    );
    let last = stage.store.desk().cash().last_number(1, &day).await?;
    broken += u32::from(usize::try_from(last)? != receipts);
    let book = cash.book(1, &day, from).await?;
    broken += u32::from(book.cash != book.held || !book.differences.is_empty());
    Ok(f64::from(broken))
}

/// What a page weighs on the wire: with everything that it needs, and once that is known.
async fn weighed(url: &str) -> anyhow::Result<Vec<Row>> {
    let person = SignedInPerson::sign_in_as(url, stage::LOGIN, PASSWORD).await?;
    let mut rows = Vec::new();
    let number = stage::number(0);
    let mut first = 0;
    for file in FILES {
        first += person.weigh(file).await?;
    }
    for (name, path) in [
        ("today's list", "/desk".to_owned()),
        ("a contract", format!("/desk/contracts/{number}")),
    ] {
        let alone = person.weigh(&path).await?;
        let kb = |bytes: usize| count(bytes) / 1_000.0;
        rows.push(Row::at_most(
            format!("{name} the first time"),
            kb(first + alone),
            "kB",
            60.0,
        ));
        rows.push(Row::at_most(
            format!("{name} after that"),
            kb(alone),
            "kB",
            15.0,
        ));
    }
    Ok(rows)
}

/// A number that jumps about, the same in each run.
fn scattered(turn: usize, among: u32) -> u32 {
    let turn = u32::try_from(turn).unwrap_or_default();
    turn.wrapping_mul(2_654_435_761) % among.max(1)
}
