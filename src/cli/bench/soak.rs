//! `gachno bench soak`: the server as a program of its own, at a steady rate of everything that is asked of it,
//! with clients, lines and a database that fail. What it told and what it kept are compared in the end.
//!
//! Lives here: the order of a run, and what came of it. `work` asks, `trouble` breaks, `relay` is the lines that
//! are cut, `tally` remembers what was told.

mod relay;
mod tally;
mod trouble;
mod work;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::relay::{Relay, Upstream};
use self::tally::Tally;
use self::work::{Pace, Shop};
use super::files::{Served, SignedInPerson};
use super::stage::small;
use super::{BROKEN, Row, on_both};
use crate::cli::args::Bench;
use crate::cli::{Failure, tell};
use crate::server::SecretKeys;
use crate::store::catalogue::{AccountStatus, Role};
use crate::store::machines::Scope;
use crate::store::people::{NewAccount, hash_password};
use crate::store::{Actor, Engine, Store};

/// How long it runs where nobody says.
const MINUTES: u32 = 3;
/// Those who work with jobs, who bring them, who look at pages, and who behave badly.
const MACHINES: usize = 16;
const BRINGERS: usize = 6;
const PEOPLE: usize = 16;
const BAD_CLIENTS: usize = 4;
/// How often the memory is looked at.
const LOOKS: Duration = Duration::from_secs(1);
/// How long what is left may take once nothing is broken any more.
const DRAIN_MAX: Duration = Duration::from_mins(3);
/// The last third of the memory against the one before it.
const GROWTH_MAX: f64 = 1.10;
const LOGIN: &str = "soak";

pub(super) async fn soak(options: &Bench) -> Result<Vec<Row>, Failure> {
    let time = Duration::from_secs(60 * u64::from(options.minutes.unwrap_or(MINUTES)));
    let rate = options.rate;
    on_both(options, async |name, url, folder| {
        tell(&format!(
            "{name}: {} phút, {rate} yêu cầu/s…",
            time.as_secs() / 60
        ));
        one(url, folder, time, rate).await
    })
    .await
}

async fn one(url: &str, folder: &Path, time: Duration, rate: u32) -> anyhow::Result<Vec<Row>> {
    let store = Store::open(url).await?;
    let password = uuid::Uuid::new_v4().to_string();
    let tokens = people_and_machines(&store, &password).await?;
    // The database behind a line that can be cut; a file has none.
    let line = match store.engine() {
        Engine::MariaDb => Some(Relay::open(Upstream::of_database(url)?).await?),
        Engine::Sqlite => None,
    };
    let database = match &line {
        Some(line) => line.database_url(url)?,
        None => url.to_owned(),
    };
    SecretKeys::open_or_create(&crate::config::Home::at(folder).serve_key())?;
    let environment = [("GACHNO_SERVE_REQUESTS_PER_SECOND", "1000000")];
    let started = Served::start_with(folder, Some(&database), &environment).await;
    let mut served = started.map_err(|_| anyhow::anyhow!("the server did not start"))?;
    let place = served.url().trim_start_matches("http://").to_owned();
    let front = Relay::open(Upstream::Tcp(place.clone())).await?;

    let tally = Arc::new(Tally::default());
    let pace = Arc::new(Pace::new(rate));
    let (working, adding) = (CancellationToken::new(), CancellationToken::new());
    let mut workers = JoinSet::new();
    let front_url = format!("http://{}", front.address());
    let shop = |token: &SecretString| Shop::new(&front_url, token, &tally, &pace);
    for number in 0..MACHINES {
        let token = &tokens[number % tokens.len()];
        workers.spawn(work::machine(shop(token)?, working.clone()));
    }
    for number in 0..BRINGERS {
        workers.spawn(work::bring(shop(&tokens[0])?, number, adding.clone()));
    }
    // Signed in past the relay: a lost sign-in would be a person less.
    let person = Arc::new(SignedInPerson::sign_in_as(served.url(), LOGIN, &password).await?);
    for _ in 0..PEOPLE {
        workers.spawn(work::look(
            shop(&tokens[0])?,
            Arc::clone(&person),
            adding.clone(),
        ));
    }
    let mut breaking = JoinSet::new();
    for _ in 0..BAD_CLIENTS {
        breaking.spawn(trouble::bad_client(place.clone()));
    }
    breaking.spawn(trouble::network(front.cutter()));
    match &line {
        Some(line) => breaking.spawn(trouble::database_line(line.cutter())),
        None => breaking.spawn(trouble::held_writes(Store::connect_to(url).await?)),
    };

    let (begun, mut memory) = (Instant::now(), Vec::new());
    while begun.elapsed() < time {
        tokio::time::sleep(LOOKS).await;
        memory.extend(served.now_mb());
        if !served.is_alive() {
            bail!("the server ended in the middle of it");
        }
    }
    let asked = tally.asked();
    let took = begun.elapsed();
    // Nothing is broken any more, and nothing new comes: what is begun is done.
    breaking.shutdown().await;
    adding.cancel();
    let drained = drained(&store, &tally).await?;
    working.cancel();
    while workers.join_next().await.transpose()?.is_some() {}
    let wrong = audited(&store, &tally, drained).await?;
    store.close().await;
    for why in wrong.iter().take(20) {
        tell(&format!("✗ {why}"));
    }
    drop(served);
    Ok(rows(&tally, &memory, asked, took, wrong.len()))
}

/// Somebody who looks at pages, and machines.
async fn people_and_machines(store: &Store, password: &str) -> anyhow::Result<Vec<SecretString>> {
    let (actor, hash) = (
        Actor::system(),
        hash_password(&SecretString::from(password.to_owned()))?,
    );
    let account = NewAccount {
        username: LOGIN,
        name: None,
        role: Role::Owner,
        status: AccountStatus::Active,
    };
    store.accounts().add(&account, &hash, None, &actor).await?;
    let scopes = [Scope::Lease, Scope::Read, Scope::Write];
    let mut tokens = Vec::new();
    for number in 0..4 {
        let name = format!("soak {number}");
        let machine = store.machines().add(&name, &scopes, None, &actor).await?;
        tokens.push(SecretString::from(machine.token.expose_secret().to_owned()));
    }
    Ok(tokens)
}

/// Waits until every job has ended. Says whether they did in time.
async fn drained(store: &Store, tally: &Tally) -> anyhow::Result<bool> {
    let begun = Instant::now();
    loop {
        let counts = store.jobs().counts().await?;
        let ended: i64 = counts
            .iter()
            .filter(|(_, state, _)| state == "done")
            .map(|(.., count)| count)
            .sum();
        if tally.is_done(ended) {
            return Ok(true);
        }
        if begun.elapsed() > DRAIN_MAX {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// What was told against what was kept: each difference in words.
async fn audited(store: &Store, tally: &Tally, drained: bool) -> anyhow::Result<Vec<String>> {
    let mut wrong = tally.broken();
    if !drained {
        wrong.push("jobs did not end although everything worked again".to_owned());
    }
    let (filter, mut kept) = (crate::store::jobs::JobFilter::default(), Vec::new());
    let mut filter = filter;
    loop {
        let page = store.jobs().list(&filter, 1_000).await?;
        let Some(last) = page.last() else {
            break;
        };
        filter.after = Some(last.number);
        kept.extend(page);
    }
    wrong.extend(tally.compared(&kept));
    Ok(wrong)
}

fn rows(tally: &Tally, memory: &[f64], asked: u64, took: Duration, wrong: usize) -> Vec<Row> {
    let number = |count: usize| small(count as u64);
    let mut rows = vec![
        Row::plain("requests", small(asked), ""),
        Row::plain("requests a second", small(asked) / took.as_secs_f64(), "/s"),
    ];
    rows.extend(tally.rows());
    let third = memory.len() / 3;
    if third > 0 {
        let mean = |some: &[f64]| some.iter().sum::<f64>() / number(some.len());
        let (first, second, last) = (
            mean(&memory[..third]),
            mean(&memory[third..2 * third]),
            mean(&memory[2 * third..]),
        );
        rows.extend([
            Row::plain("memory, first third", first, "MB"),
            Row::plain("memory, second third", second, "MB"),
            Row::plain("memory, last third", last, "MB"),
            Row::at_most(
                "memory, last third against the second",
                last / second,
                "",
                GROWTH_MAX,
            ),
        ]);
    }
    rows.push(Row::at_most(BROKEN, number(wrong), "", 0.0));
    rows
}

impl Upstream {
    /// Where the database of this address listens.
    fn of_database(url: &str) -> anyhow::Result<Self> {
        let url = url::Url::parse(url)?;
        let socket = url.query_pairs().find(|(name, _)| name == "socket");
        if let Some((_, socket)) = socket {
            return Ok(Self::Socket(socket.into_owned().into()));
        }
        let host = url
            .host_str()
            .context("the database's address has no host")?;
        Ok(Self::Tcp(format!("{host}:{}", url.port().unwrap_or(3306))))
    }
}
