//! A portal, a folder and a configuration for a bench, and one batch of it with a clock beside it.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};
use tokio::sync::mpsc::unbounded_channel;

use super::{count, percentile};
use crate::app::{self, Secrets};
use crate::cli::Failure;
use crate::cli::demo::demo_config;
use crate::config::{Config, Home};
use crate::domain::{Defaults, Intake, JobList, Service};
use crate::engine::{self, Control, Finished, Progress, Reporter};
use crate::sandbox::{self, Sandbox, Scenario, Unlisted};

/// The payment services, with a list's line for the job of a number of seven digits.
pub(super) const PAYMENTS: [(Service, &str); 4] = [
    (Service::PayEvn, "PE{}"),
    (Service::PayTvInternet, "tv{}_gftth"),
    (Service::TopUpMulti, "097{}|50000"),
    (Service::TopUpViettel, "098{}|15000"),
];

/// A portal where everybody owes something. Everything is gone when it is dropped.
pub(super) struct Stage {
    pub portal: Sandbox,
    pub config: Config,
    pub secrets: Secrets,
    folder: tempfile::TempDir,
}

/// More than any bench pays, in đồng.
const ENOUGH: i64 = 1_000_000_000_000;

/// What a batch came to.
pub(super) struct Measured {
    /// Jobs a minute.
    pub per_minute: f64,
    /// Jobs a minute if nothing but the portal's answers took time.
    pub portal_per_minute: f64,
    /// The portal's own time in the time of the logins at work, 0 to 1.
    pub share: f64,
    /// What a job takes beyond the portal's answers, in milliseconds.
    pub added_ms: f64,
    /// What each of the portal's answers costs beyond it, in milliseconds, at the 95th percentile
    /// of the jobs. Only with one login.
    pub added_a_step_p95_ms: f64,
    /// Round trips to the browser that a payment waits for.
    pub calls: f64,
    /// Memory of the browser with everything that belongs to it, in megabytes, while all logins
    /// work. Linux only.
    pub browser_mb: Option<f64>,
}

/// A job's end: when, and the portal's time and answers until then.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: Instant,
    portal_ms: f64,
    answers: u64,
}

impl Stage {
    pub async fn new(latency_ms: u64) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
        let mut scenario = Scenario {
            unlisted: Unlisted::Owing,
            ..Scenario::default()
        };
        for agent in &mut scenario.agents {
            agent.balance = ENOUGH;
        }
        let latency = Duration::from_millis(latency_ms);
        let portal = sandbox::start(sandbox::SandboxOptions {
            latency,
            scenario,
            ..sandbox::SandboxOptions::default()
        })
        .await
        .map_err(Failure::cannot_run)?;
        let (mut config, secrets) = demo_config(&portal, true)?;
        config.browser.logins_per_browser = 8;
        Ok(Self {
            portal,
            config,
            secrets,
            folder,
        })
    }

    pub fn home(&self) -> Home {
        Home::at(self.folder.path())
    }

    /// Size of the evidence that was kept.
    pub fn evidence_kb(&self) -> f64 {
        let mut folders = vec![self.home().evidence()];
        let mut bytes = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.metadata() {
                    Ok(about) if about.is_dir() => folders.push(entry.path()),
                    Ok(about) => bytes += about.len(),
                    Err(_) => {}
                }
            }
        }
        small(bytes) / 1_024.0
    }

    fn mark(&self) -> Mark {
        let answers = self.portal.truth().answers;
        Mark {
            at: Instant::now(),
            portal_ms: answers.total_ms,
            answers: answers.count,
        }
    }

    /// Pays `jobs` bills with `logins`, measured after `warm_up` of them and until the logins run
    /// out of work.
    pub async fn pay(
        &self,
        service: Service,
        line: &str,
        jobs: u32,
        logins: u16,
        warm_up: u32,
    ) -> Result<Measured, Failure> {
        let tools = app::tools(&self.home(), &self.config, None).await?;
        let lines: Vec<String> = (0..jobs)
            .map(|i| line.replace("{}", &format!("{:07}", 1_000_000 + i)))
            .collect();
        let list = JobList::from_lines(service, Defaults::default(), &lines.join("\n"));
        let mut plan = app::plan(
            &self.config,
            &self.secrets,
            service,
            Intake {
                list,
                ..Intake::default()
            },
        );
        plan.sessions = logins.into();
        let (sender, mut events) = unbounded_channel();
        let (reporter, control) = (Reporter::to(sender), Control::default());
        let mut marks = Vec::new();
        let mut browser_mb = None;
        let last = (jobs + 1).saturating_sub(u32::from(logins)) as usize;
        let watch = async {
            while let Some(event) = events.recv().await {
                match event {
                    Progress::LoggedIn { .. } if marks.is_empty() => marks.push(self.mark()),
                    Progress::Outcome(_) => {
                        marks.push(self.mark());
                        if marks.len() == last {
                            browser_mb = tokio::task::spawn_blocking(browsers_mb)
                                .await
                                .unwrap_or_default();
                        }
                    }
                    Progress::BatchFinished { .. } => break,
                    _ => {}
                }
            }
        };
        let (finished, ()) = tokio::join!(engine::run(&tools, &plan, &reporter, &control), watch);
        let finished = finished.map_err(Failure::cannot_run)?;
        if let Some(bad) = finished.results.iter().find(|r| !r.is_paid()) {
            return Err(Failure::cannot_run(anyhow::anyhow!(
                "{}: {}",
                bad.job.account,
                bad.conclusion.message
            )));
        }
        let marks = &marks[..=last.min(marks.len() - 1)];
        Ok(Measured {
            browser_mb,
            ..measured(&finished, &marks[warm_up as usize..], logins)
        })
    }
}

fn measured(finished: &Finished, marks: &[Mark], logins: u16) -> Measured {
    let (Some(first), Some(last)) = (marks.first(), marks.last()) else {
        unreachable!("there are jobs")
    };
    let wall_ms = last.at.duration_since(first.at).as_secs_f64() * 1_000.0;
    let portal_ms = last.portal_ms - first.portal_ms;
    let jobs = count(marks.len() - 1);
    let mean = |values: &[u64]| values.iter().map(|v| small(*v)).sum::<f64>() / count(values.len());
    let mut steps: Vec<f64> = marks
        .windows(2)
        .map(|pair| {
            let took_ms = pair[1].at.duration_since(pair[0].at).as_secs_f64() * 1_000.0;
            (took_ms - (pair[1].portal_ms - pair[0].portal_ms))
                / small((pair[1].answers - pair[0].answers).max(1))
        })
        .collect();
    Measured {
        per_minute: jobs * 60_000.0 / wall_ms,
        portal_per_minute: jobs * 60_000.0 / portal_ms,
        share: portal_ms / (wall_ms * f64::from(logins)),
        added_ms: (wall_ms * f64::from(logins) - portal_ms) / jobs,
        added_a_step_p95_ms: percentile(&mut steps, 95),
        calls: mean(&finished.calls_per_payment),
        browser_mb: None,
    }
}

fn small(n: u64) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

/// Memory of the browsers that this process started, drivers aside. Shared pages are counted once
/// (PSS).
fn browsers_mb() -> Option<f64> {
    let mut system = System::new().ok()?;
    system.refresh_processes_specifics(
        ProcessesToUpdate::All,
        true,
        ProcessRefreshKind::nothing().without_tasks(),
    );
    let parents: HashMap<u32, u32> = system
        .processes()
        .iter()
        .filter_map(|(pid, process)| Some((pid.as_u32(), process.parent()?.as_u32())))
        .collect();
    let ours = std::process::id();
    // Us, the drivers we started, and below each driver its browser.
    let drivers: HashSet<u32> = parents
        .iter()
        .filter(|(_, parent)| **parent == ours)
        .map(|(pid, _)| *pid)
        .collect();
    let is_of_a_browser = |pid: u32| {
        std::iter::successors(Some(pid), |pid| parents.get(pid).copied())
            .take(16)
            .skip(1)
            .any(|above| drivers.contains(&above))
    };
    let kilobytes: u64 = parents
        .keys()
        .filter(|pid| is_of_a_browser(**pid))
        .filter_map(|pid| pss_kb(*pid))
        .sum();
    (kilobytes > 0).then(|| small(kilobytes) / 1_024.0)
}

pub(super) fn pss_kb(pid: u32) -> Option<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    rollup
        .lines()
        .find_map(|line| line.strip_prefix("Pss:"))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}
