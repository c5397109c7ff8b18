//! `gachno bench`: numbers of this machine, side by side in one run.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use super::args::{Bench, BenchName};
use super::demo::demo_config;
use super::{Ended, Exit, Failure, say};
use crate::app;
use crate::config::Home;
use crate::domain::{Defaults, Intake, JobList, Service};
use crate::engine::{self, Control, Progress, Reporter};
use crate::{mock_api, sandbox};

/// The row that says how often the program broke its word.
pub(super) const BROKEN: &str = "broken promises";

/// One number.
pub(super) struct Row {
    name: String,
    value: f64,
    unit: &'static str,
    goal: Option<f64>,
    /// Is less better?
    is_cost: bool,
}

impl Row {
    /// A number that says something by itself.
    pub fn plain(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, goal: None, is_cost: false }
    }

    /// A number that must not be larger than this.
    pub fn at_most(name: impl Into<String>, value: f64, unit: &'static str, goal: f64) -> Self {
        Self { name: name.into(), value, unit, goal: Some(goal), is_cost: true }
    }

    /// A number that must not be smaller than this.
    pub fn at_least(name: impl Into<String>, value: f64, unit: &'static str, goal: f64) -> Self {
        Self { name: name.into(), value, unit, goal: Some(goal), is_cost: false }
    }

    fn met(&self) -> Option<bool> {
        self.goal.map(|goal| if self.is_cost { self.value <= goal } else { self.value >= goal })
    }
}

pub async fn bench(options: Bench) -> Ended {
    let rows = match options.name {
        BenchName::Crash => super::crash::crash(&options).await?,
        BenchName::Model => super::crash::model(&options).await?,
        BenchName::Payment => payment(options.jobs, options.latency_ms).await?,
    };
    if options.json {
        let rows: Vec<Value> =
            rows.iter().map(|r| json!({ "name": r.name, "value": r.value, "unit": r.unit, "goal": r.goal, "met": r.met() })).collect();
        let machine = format!("{} {}, {} cores", std::env::consts::OS, std::env::consts::ARCH, cores());
        say(&json!({ "bench": options.name.wire(), "rows": rows, "machine": machine }).to_string());
    } else {
        for row in &rows {
            let goal = row.goal.map(|g| format!("(mục tiêu {g})")).unwrap_or_default();
            let mark = row.met().map_or("", |met| if met { "✓" } else { "✗" });
            say(&format!("{:<48} {:>10.2} {:<8} {goal} {mark}", row.name, row.value, row.unit));
        }
    }
    // A number that is missed is a number; a promise that is broken is a failure.
    let is_broken = rows.iter().any(|row| row.name == BROKEN && row.value > 0.0);
    Ok(if is_broken { Exit::NeedsReview } else { Exit::Done })
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Each payment service on a portal with this latency: whose time is it, and how many WebDriver calls does it take?
async fn payment(jobs: u32, latency_ms: u64) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for (service, line) in [
        (Service::PayEvn, "PE{}"),
        (Service::PayTvInternet, "tv{}_gftth"),
        (Service::TopUpMulti, "097{}|50000"),
        (Service::TopUpViettel, "098{}|15000"),
    ] {
        let lines: Vec<String> = (0..jobs).map(|i| line.replace("{}", &format!("{:07}", 1_000_000 + i))).collect();
        let one = measured(service, &lines.join("\n"), latency_ms).await?;
        let name = |what: &str| format!("{} · {what}", service.spec().title);
        rows.push(Row::at_least(name("phần thời gian của cổng"), one.share * 100.0, "%", 97.0));
        rows.push(Row::plain(name("thời gian thêm mỗi việc"), one.added_ms, "ms"));
        rows.push(Row::at_most(name("lượt chờ trình duyệt mỗi lần trả"), one.calls, "lượt", 8.0));
        rows.push(Row::plain(name("việc mỗi phút"), one.per_minute, "việc"));
    }
    Ok(rows)
}

struct Measured {
    /// The portal's own time in the time of the jobs.
    share: f64,
    /// What a job takes beyond it.
    added_ms: f64,
    calls: f64,
    per_minute: f64,
}

async fn measured(service: Service, lines: &str, latency_ms: u64) -> Result<Measured, Failure> {
    let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
    let scenario = sandbox::Scenario { unlisted: sandbox::Unlisted::Owing, ..sandbox::Scenario::default() };
    let latency = Duration::from_millis(latency_ms);
    let portal = sandbox::start(sandbox::Options { latency, scenario, ..sandbox::Options::default() }).await.map_err(Failure::cannot_run)?;
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let api = mock_api::start(mock_api::Options { listen, delay: None, seed: None }).await.map_err(Failure::cannot_run)?;
    let (config, secrets) = demo_config(&portal, &api, true)?;
    let tools = app::tools(&Home::at(folder.path()), &config, None).await?;
    let list = JobList::from_lines(service, Defaults::default(), lines);
    let plan = app::plan(&config, &secrets, service, Intake { list, ..Intake::default() });
    let (sender, mut events) = unbounded_channel();
    let reporter = Reporter::to(sender);
    let control = Control::default();
    let mut started = (Instant::now(), 0.0);
    let mut ended = (Instant::now(), 0.0);
    let watch = async {
        while let Some(event) = events.recv().await {
            match event {
                Progress::LoggedIn { .. } => started = (Instant::now(), portal.truth().answers.total_ms),
                Progress::Outcome(_) => ended = (Instant::now(), portal.truth().answers.total_ms),
                Progress::BatchFinished { .. } => break,
                _ => {}
            }
        }
    };
    let (finished, ()) = tokio::join!(engine::run(&tools, &plan, &reporter, &control), watch);
    let finished = finished.map_err(Failure::cannot_run)?;
    let wall_ms = ended.0.duration_since(started.0).as_secs_f64() * 1_000.0;
    let portal_ms = ended.1 - started.1;
    let mean = |values: &[u64]| values.iter().map(|v| u32::try_from(*v).map_or(0.0, f64::from)).sum::<f64>() / count(values.len());
    Ok(Measured {
        share: portal_ms / wall_ms,
        added_ms: (wall_ms - portal_ms) / count(finished.results.len()),
        calls: mean(&finished.calls_per_payment),
        per_minute: count(finished.results.len()) * 60_000.0 / wall_ms,
    })
}

pub(super) fn count(n: usize) -> f64 {
    u32::try_from(n.max(1)).map_or(f64::MAX, f64::from)
}
