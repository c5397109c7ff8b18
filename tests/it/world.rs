//! A shop in a temporary folder: sandbox portal, ledger, browser. Everything is gone when it is
//! dropped.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gachno::browser::BrowserSettings;
use gachno::clock::Clock;
use gachno::domain::{Defaults, JobList, Limits, ListChoice, Outcome, Patience, Service};
use gachno::engine::{
    Control, EngineError, EvidenceStore, Finished, Halt, Plan, Progress, Repeats, Reporter, Tools,
    run,
};
use gachno::ledger::Ledger;
use gachno::portal::{Credentials, PortalMap};
use gachno::sandbox::{self, Sandbox, Scenario, Truth};

pub const AGENT: &str = "1234567890_VTP_00001_DB";
pub const PIN: &str = "246810";

pub struct World {
    pub dir: tempfile::TempDir,
    pub sandbox: Sandbox,
    pub answer_max: Duration,
    pub limits: Limits,
    pub pin: String,
    pub password: String,
    pub agent: String,
    pub force_new: bool,
    /// What was said about an earlier batch of the same list.
    pub choice: ListChoice,
    /// Equal top-ups that are meant.
    pub repeats: Repeats,
    /// What time it is for ledger and engine.
    pub clock: Clock,
    pub dry_run: bool,
    pub retries: u32,
    pub failures_before_pause: u32,
    pub sessions: usize,
    /// One browser a login and a latch in the page, as on an old grid.
    pub classic: bool,
    /// How long doubts are looked into at the end of a batch.
    pub settle_max: Duration,
}

/// What a batch left behind.
pub struct After {
    pub finished: Finished,
    pub events: Vec<Progress>,
}

impl After {
    /// Outcome of an account.
    pub fn outcome(&self, account: &str) -> Outcome {
        self.result(account).conclusion.outcome
    }

    pub fn result(&self, account: &str) -> &gachno::ledger::JobResult {
        self.finished
            .results
            .iter()
            .find(|r| r.job.account.as_str() == account)
            .unwrap_or_else(|| panic!("no {account} in the batch"))
    }

    /// How often something was tried again.
    pub fn retries(&self) -> usize {
        self.events
            .iter()
            .filter(|e| matches!(e, Progress::Retry { .. }))
            .count()
    }

    pub fn message(&self, account: &str) -> &str {
        &self.result(account).conclusion.message
    }
}

impl World {
    pub async fn with(change: impl FnOnce(&mut Scenario)) -> Self {
        gachno::init_tls();
        let mut scenario = Scenario::default();
        scenario.switches.light = true;
        change(&mut scenario);
        let sandbox = sandbox::start(sandbox::SandboxOptions {
            scenario,
            ..sandbox::SandboxOptions::default()
        })
        .await
        .expect("sandbox starts");
        Self {
            dir: tempfile::tempdir().expect("folder"),
            sandbox,
            answer_max: Duration::from_secs(10),
            limits: Limits::default(),
            pin: PIN.to_owned(),
            password: "mk1234".to_owned(),
            agent: AGENT.to_owned(),
            force_new: false,
            choice: ListChoice::Unsaid,
            repeats: Repeats::None,
            clock: Clock::system(),
            dry_run: false,
            retries: 2,
            failures_before_pause: 3,
            sessions: 1,
            classic: false,
            settle_max: Duration::ZERO,
        }
    }

    pub fn truth(&self) -> Truth {
        self.sandbox.truth()
    }

    pub fn ledger_path(&self) -> PathBuf {
        self.dir.path().join("ledger.db")
    }

    pub fn run_folder(&self) -> PathBuf {
        self.dir.path().join("run")
    }

    pub async fn tools(&self) -> Tools {
        Tools {
            ledger: Arc::new(
                Ledger::open_by(&self.ledger_path(), self.clock.clone())
                    .await
                    .expect("ledger opens"),
            ),
            map: Arc::new(PortalMap::load(None).expect("map")),
            portal_url: self.sandbox.url(),
            browser: BrowserSettings {
                headless: true,
                run_folder: self.run_folder(),
                classic: self.classic,
                relay: Some(env!("CARGO_BIN_EXE_gachno").into()),
                ..BrowserSettings::default()
            },
            logins_per_browser: 4,
            warm: gachno::engine::Warm::default(),
            evidence: EvidenceStore::at(&self.dir.path().join("evidence"), true),
            answer_max: self.answer_max,
            person_max: Duration::from_secs(20),
            retries: self.retries,
            failures_before_pause: self.failures_before_pause,
            // As patient as the sandbox needs, which settles at once.
            patience: Patience {
                schedule_ms: vec![0, 400, 1_000, 1_600, 2_500],
                settle_ms: 300,
                apart_ms: 500,
            },
            settle_max: self.settle_max,
            claims: None,
            halt: Halt::default(),
        }
    }

    pub fn plan(&self, service: Service, lines: &str) -> Plan {
        Plan {
            service,
            list: JobList::from_lines(service, Defaults::default(), lines),
            receiver: "0912345678".parse().ok(),
            pin: Some(self.pin.clone().into()),
            credentials: Credentials {
                username: Some(AGENT.to_owned().into()),
                password: Some(self.password.clone().into()),
            },
            agent: Some(self.agent.clone()),
            operator: "Lan".to_owned(),
            limits: self.limits,
            is_sample: false,
            dry_run: self.dry_run,
            choice: if self.force_new {
                ListChoice::New
            } else {
                self.choice.clone()
            },
            repeats: self.repeats.clone(),
            sessions: self.sessions,
        }
    }

    pub async fn try_run(&self, service: Service, lines: &str) -> Result<After, EngineError> {
        let tools = self.tools().await;
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let finished = run(
            &tools,
            &self.plan(service, lines),
            &Reporter::to(sender),
            &Control::default(),
        )
        .await?;
        let mut events = Vec::new();
        while let Ok(event) = receiver.try_recv() {
            events.push(event);
        }
        assert_eq!(
            tools.ledger.verify().await.expect("read").map(|_| ()),
            Ok(()),
            "the chain is whole"
        );
        Ok(After { finished, events })
    }

    pub async fn run(&self, service: Service, lines: &str) -> After {
        self.try_run(service, lines)
            .await
            .unwrap_or_else(|e| panic!("{e}"))
    }

    /// What the ledger calls paid and what the portal's book says moved are the same, to the đồng.
    pub fn assert_books_agree(&self, after: &After) {
        let truth = self.truth();
        let paid: i64 = after
            .finished
            .results
            .iter()
            .filter(|r| r.is_paid())
            .filter_map(|r| r.conclusion.amount)
            .map(gachno::domain::Vnd::dong)
            .sum();
        assert_eq!(paid, truth.total, "ledger and truth disagree: {truth:#?}");
    }
}

/// SIGTERM, as a system that shuts down sends it.
#[cfg(unix)]
pub fn terminate(child: &std::process::Child) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("signal");
}

/// There is no such word elsewhere: what waits for it is told so.
#[cfg(not(unix))]
pub fn terminate(_: &std::process::Child) {
    panic!("SIGTERM is known on Unix alone");
}
