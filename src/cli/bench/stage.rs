//! A portal, a folder and a configuration for a bench, and one batch of it with a clock beside it.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::unbounded_channel;

pub(super) use super::number::small;
use super::tree::{TreeTime, browsers_mb};
use super::{count, percentile};
use crate::app::{self, Secrets};
use crate::cli::Failure;
use crate::cli::demo::demo_config;
use crate::config::{Config, Home};
use crate::domain::{Defaults, Intake, JobList, Outcome, Service};
use crate::engine::{self, Control, Finished, Progress, Reporter};
use crate::sandbox::{self, Sandbox, Scenario, Unlisted};

/// A service at work, as it is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct BenchErrand {
    pub service: Service,
    /// A list's line for the job of a number of seven digits.
    pub line: &'static str,
    /// Which kind of job, where a service has several.
    pub kind: &'static str,
    /// The fewest requests that its flow needs, with the page open and the type dialog shown.
    pub needed: u32,
    /// Requests of the newest of the old automations, and its seconds of fixed sleep.
    pub old: (u32, f64),
}

impl BenchErrand {
    const fn of(
        service: Service,
        line: &'static str,
        kind: &'static str,
        needed: u32,
        old: (u32, f64),
    ) -> Self {
        Self {
            service,
            line,
            kind,
            needed,
            old,
        }
    }

    pub fn title(&self) -> String {
        let title = self.service.spec().title;
        if self.kind.is_empty() {
            title.to_owned()
        } else {
            format!("{title}, {}", self.kind)
        }
    }
}

/// Every kind of job.
pub(super) const ERRANDS: [BenchErrand; 7] = [
    BenchErrand::of(Service::PayEvn, "PE{}", "", 2, (2, 2.0)),
    BenchErrand::of(Service::PayTvInternet, "tv{}_gftth", "", 4, (7, 9.0)),
    BenchErrand::of(
        Service::TopUpMulti,
        "097{}|50000",
        "trả trước",
        5,
        (7, 12.0),
    ),
    BenchErrand::of(Service::TopUpMulti, "096{}", "trả sau", 5, (7, 12.0)),
    BenchErrand::of(Service::TopUpViettel, "098{}|15000", "", 4, (8, 15.0)),
    BenchErrand::of(Service::LookUpFtth, "tv{}_gftth", "", 1, (4, 9.0)),
    BenchErrand::of(Service::LookUpPostpaid, "096{}", "", 3, (5, 10.0)),
];

/// The payments that the old scripts are run for.
pub(super) const PAYMENTS: [BenchErrand; 4] = [ERRANDS[0], ERRANDS[1], ERRANDS[2], ERRANDS[4]];

/// A portal where everybody owes something. Everything is gone when it is dropped.
pub(super) struct PortalStage {
    pub portal: Sandbox,
    latency_ms: u64,
    pub config: Config,
    pub secrets: Secrets,
    folder: tempfile::TempDir,
}

/// So many jobs are measured at least.
const MEASURED_MIN: usize = 5;

/// More than any bench pays, in đồng.
const ENOUGH: i64 = 1_000_000_000_000;

/// What a batch came to.
pub(super) struct Measured {
    /// Jobs a minute.
    pub per_minute: f64,
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
    /// Requests that the portal answered for each job, scripts and styles aside.
    pub requests: f64,
    /// Jobs a minute of one login where each takes the fewest requests that it needs.
    pub floor_per_minute: f64,
    /// Processor seconds of the whole process tree for each job, the simulated portal in it.
    pub cpu_s: f64,
}

/// A job's end: when, and the portal's time and answers until then.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: Instant,
    portal_ms: f64,
    answers: u64,
}

impl PortalStage {
    pub async fn new(latency_ms: u64) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
        let mut scenario = Scenario {
            unlisted: Unlisted::Owing,
            ..Scenario::default()
        };
        // As an independent portal has them, where the requests were counted.
        scenario.switches.type_dialog_percent = 100;
        scenario.switches.amount_asks = true;
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
            latency_ms,
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
        errand: BenchErrand,
        jobs: u32,
        logins: u16,
        warm_up: u32,
    ) -> Result<Measured, Failure> {
        Box::pin(self.pay_unboxed(errand, jobs, logins, warm_up)).await
    }

    async fn pay_unboxed(
        &self,
        errand: BenchErrand,
        jobs: u32,
        logins: u16,
        warm_up: u32,
    ) -> Result<Measured, Failure> {
        let BenchErrand { service, line, .. } = errand;
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
        let (mut marks, mut warm_up) = (Vec::new(), warm_up as usize);
        let mut at_work = HashSet::new();
        let mut browser_mb = None;
        let (mut began, mut ended) = (TreeTime::default(), TreeTime::default());
        let last = (jobs + 1).saturating_sub(u32::from(logins)) as usize;
        let most_warm_up = last.saturating_sub(MEASURED_MIN);
        let watch = async {
            while let Some(event) = events.recv().await {
                match event {
                    Progress::LoggedIn { .. } if marks.is_empty() => {
                        marks.push(self.mark());
                    }
                    Progress::State { login, .. } => {
                        // What it costs that a login begins is not what a job costs.
                        let is_another = at_work.insert(login) && at_work.len() > 1;
                        if is_another && warm_up < most_warm_up {
                            let all_begun = marks.len() + usize::from(logins);
                            warm_up = warm_up.max(all_begun).min(most_warm_up);
                        }
                    }
                    Progress::Outcome(_) => {
                        marks.push(self.mark());
                        if marks.len() == warm_up + 1 {
                            began = TreeTime::now();
                        }
                        if marks.len() == last + 1 {
                            ended = TreeTime::now();
                        }
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
        let is_as_meant = |result: &crate::ledger::JobResult| {
            result.is_paid() || result.conclusion.outcome == Outcome::Debt
        };
        if let Some(bad) = finished.results.iter().find(|r| !is_as_meant(r)) {
            return Err(Failure::cannot_run(anyhow::anyhow!(
                "{}: {}",
                bad.job.account,
                bad.conclusion.message
            )));
        }
        let marks = &marks[..=last.min(marks.len() - 1)];
        let measured_jobs = count(marks.len() - 1 - warm_up);
        Ok(Measured {
            browser_mb,
            floor_per_minute: 60_000.0 / (f64::from(errand.needed) * small(self.latency_ms)),
            cpu_s: ended.since(&began) / measured_jobs,
            ..measured(&finished, &marks[warm_up..], logins)
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
        added_ms: (wall_ms * f64::from(logins) - portal_ms) / jobs,
        added_a_step_p95_ms: percentile(&mut steps, 95),
        calls: mean(&finished.calls_per_payment),
        requests: small(last.answers - first.answers) / jobs,
        floor_per_minute: 0.0,
        cpu_s: 0.0,
        browser_mb: None,
    }
}
