//! `gachno bench server`: what the shop's server carries on this machine.

use std::time::Instant;

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::files::{self, Served};
use super::{Row, count, percentile};
use crate::cli::args::Bench;
use crate::cli::{Failure, tell};
use crate::domain::{Account, Job, Service};
use crate::server::{self, AppState, SecretKeys, ServeConfig};
use crate::store::catalogue::Column;
use crate::store::catalogue::work::{self, jobs};
use crate::store::jobs::{JobOrigin, NewJob};
use crate::store::machines::Scope;
use crate::store::tables::{Compare, Filter, ListQuery};
use crate::store::{Actor, Store, sqlite_url};

/// Machines that ask at the same time.
const CLIENTS: usize = 8;
/// Jobs that are leased, for each size of a lease.
const JOBS: usize = 5_000;
/// Starts that are timed.
const STARTS: usize = 10;
/// Pages that are timed, for each kind of list.
const PAGES: usize = 20;

pub(super) async fn server(options: &Bench) -> Result<Vec<Row>, Failure> {
    let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
    let mut rows = start_up().await?;
    let sqlite = sqlite_url(&folder.path().join("shop.db"));
    rows.extend(leases("SQLite", &sqlite, folder.path()).await?);
    match &options.mariadb {
        Some(url) => rows.extend(leases("MariaDB", url, folder.path()).await?),
        None => tell("MariaDB: bỏ qua. Đo với: --mariadb mysql://… (một cơ sở dữ liệu trống)"),
    }
    let large = sqlite_url(&folder.path().join("large.db"));
    rows.extend(lists("SQLite", &large, options.events).await?);
    rows.extend(files::files(&large, folder.path(), options.events).await?);
    if let Some(url) = &options.mariadb {
        rows.extend(lists("MariaDB", url, options.events).await?);
    }
    Ok(rows)
}

/// The program itself on an empty folder, until it says that it is ready.
async fn start_up() -> Result<Vec<Row>, Failure> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
        let begun = Instant::now();
        let served = Served::start(folder.path(), None).await?;
        times.push(ms(begun));
        drop(served);
    }
    Ok(vec![Row::at_most(
        "start on an empty SQLite file, median",
        percentile(&mut times, 50),
        "ms",
        300.0,
    )])
}

/// Jobs a second that a server on SQLite hands out, ten a request.
pub(super) async fn leases_per_s() -> Result<f64, Failure> {
    let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
    let shop = sqlite_url(&folder.path().join("shop.db"));
    let rows = leases("SQLite", &shop, folder.path()).await?;
    Ok(rows.first().map_or(0.0, |row| row.value))
}

/// Leases through the HTTP API, until there are no jobs left.
async fn leases(name: &str, url: &str, folder: &std::path::Path) -> Result<Vec<Row>, Failure> {
    let store = Store::open(url).await.map_err(Failure::cannot_run)?;
    let config = ServeConfig::local(url, folder.join("serve.key"));
    let vault = SecretKeys::open_or_create(&config.key_file).map_err(Failure::cannot_run)?;
    let machine = store
        .machines()
        .add("bench", &[Scope::Lease], None, &Actor::system())
        .await
        .map_err(Failure::cannot_run)?;
    let running = server::start_with(AppState::new(store.clone(), config, vault))
        .await
        .map_err(Failure::cannot_run)?;
    let mut rows = Vec::new();
    for (round, limit) in [10, 1].into_iter().enumerate() {
        fill(&store, round * JOBS, JOBS).await?;
        let begun = Instant::now();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                tokio::spawn(client(
                    running.url(),
                    machine.token.expose_secret().to_owned(),
                    limit,
                ))
            })
            .collect();
        let (mut times, mut ids) = (Vec::new(), Vec::new());
        for client in clients {
            let (t, i) = client
                .await
                .map_err(Failure::cannot_run)?
                .map_err(Failure::cannot_run)?;
            times.extend(t);
            ids.extend(i);
        }
        let took = begun.elapsed().as_secs_f64();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        let goal = if limit == 10 && name == "MariaDB" {
            Some(2_000.0)
        } else {
            None
        };
        let rate = count(all) / took;
        let label = format!("{name}, {CLIENTS} clients, {limit} a request: jobs leased");
        rows.push(goal.map_or_else(
            || Row::plain(&label, rate, "/s"),
            |goal| Row::at_least(&label, rate, "/s", goal),
        ));
        rows.push(Row::plain(
            format!("{name}, {limit} a request: p50"),
            percentile(&mut times, 50),
            "ms",
        ));
        rows.push(Row::plain(
            format!("{name}, {limit} a request: p99"),
            percentile(&mut times, 99),
            "ms",
        ));
        let twice = f64::from(u32::try_from(all - ids.len()).unwrap_or(u32::MAX));
        rows.push(Row::at_most(
            format!("{name}, {limit} a request: given twice"),
            twice,
            "jobs",
            0.0,
        ));
    }
    running.stop().await;
    Ok(rows)
}

async fn client(
    url: String,
    token: String,
    limit: u32,
) -> reqwest::Result<(Vec<f64>, Vec<String>)> {
    let http = reqwest::Client::new();
    let (mut times, mut ids) = (Vec::new(), Vec::new());
    loop {
        let begun = Instant::now();
        let ask = http
            .post(format!("{url}/api/jobs/lease"))
            .bearer_auth(&token)
            .json(&json!({ "service": "gach_dien_evn", "limit": limit, "lease_ms": 600_000 }));
        let lease: Value = ask.send().await?.error_for_status()?.json().await?;
        times.push(ms(begun));
        let jobs = lease["jobs"].as_array().map_or(&[][..], Vec::as_slice);
        if jobs.is_empty() {
            return Ok((times, ids));
        }
        ids.extend(
            jobs.iter()
                .filter_map(|job| job["id"].as_str().map(str::to_owned)),
        );
    }
}

/// Pages of a long list, as the admin asks for them.
async fn lists(base: &str, url: &str, rows: u32) -> Result<Vec<Row>, Failure> {
    let store = Store::open(url).await.map_err(Failure::cannot_run)?;
    let begun = Instant::now();
    // Behind those that were leased, where it is the same database.
    fill(&store, 1_000_000, rows as usize).await?;
    let mut told = vec![Row::plain(
        format!("{base}: jobs added"),
        f64::from(rows) / begun.elapsed().as_secs_f64(),
        "/s",
    )];
    let filter = |column: Column, value: &str| Filter {
        column,
        compare: Compare::Is,
        value: value.to_owned(),
    };
    let queries = [
        ("newest first", ListQuery::default(), 150.0),
        (
            "one state, by time",
            ListQuery {
                filters: vec![filter(jobs::STATE, "ready")],
                sort: Some(jobs::UPDATED_AT),
                ..ListQuery::default()
            },
            150.0,
        ),
        (
            "one code",
            ListQuery {
                filters: vec![filter(jobs::CODE, "PE1000777")],
                ..ListQuery::default()
            },
            150.0,
        ),
        (
            "a word that many have",
            ListQuery {
                search: "pe100".to_owned(),
                ..ListQuery::default()
            },
            150.0,
        ),
        (
            "a word that nobody has",
            ListQuery {
                search: "khong co".to_owned(),
                ..ListQuery::default()
            },
            1_000.0,
        ),
    ];
    for (name, query, goal) in queries {
        let mut times = Vec::new();
        // The first question reads from the disk what the others find in memory.
        store
            .tables()
            .page_and_count(&work::JOBS, &query, 50)
            .await
            .map_err(Failure::cannot_run)?;
        for _ in 0..PAGES {
            let begun = Instant::now();
            store
                .tables()
                .page_and_count(&work::JOBS, &query, 50)
                .await
                .map_err(Failure::cannot_run)?;
            times.push(ms(begun));
        }
        told.push(Row::at_most(
            format!("{base}: page and count of {rows} jobs, {name}, p99"),
            percentile(&mut times, 99),
            "ms",
            goal,
        ));
    }
    store.close().await;
    Ok(told)
}

async fn fill(store: &Store, from: usize, many: usize) -> Result<(), Failure> {
    let mut jobs = Vec::with_capacity(5_000);
    for i in from..from + many {
        let account = Account::parse(Service::PayEvn.spec().account, &format!("PE{i:07}"))
            .map_err(Failure::cannot_run)?;
        let job = Job {
            account,
            amount: None,
            order_id: Some(format!("order-{i}")),
            payment: None,
            receiver: None,
            row: String::new(),
            ticket: None,
        };
        jobs.push(NewJob::of(Service::PayEvn, &job, JobOrigin::Sample));
        if jobs.len() == 5_000 || i + 1 == from + many {
            store
                .jobs()
                .add(&jobs, &Actor::system())
                .await
                .map_err(Failure::cannot_run)?;
            jobs.clear();
        }
    }
    Ok(())
}

fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1_000.0
}
