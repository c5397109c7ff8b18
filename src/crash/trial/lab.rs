//! The laboratory: runs the program as a process, strikes it, and compares what is left.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::Instant;

use super::{BATCHES_MAX, OUTAGE, PASSPHRASE, RESTARTS_MAX, RUN_MAX, Trial, TrialResult};
use crate::browser;
use crate::config::{Config, ConfigError, ConfigVault, ConfigVaultError, Home, Unlock};
use crate::crash::audit::{Audited, audit};
use crate::crash::strike::{Strike, Victim, When, kill};
use crate::crash::troubles::SETTLING_MS;
use crate::domain::{Defaults, Service};
use crate::ledger::{BatchSummary, Ledger, LedgerError};
use crate::report::read_file;
use crate::sandbox::{self, Sandbox, SandboxError, Scenario, Unlisted};

/// Why a trial could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// Files or processes.
    #[error("{0}: {1}")]
    Io(&'static str, #[source] std::io::Error),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its secrets.
    #[error(transparent)]
    ConfigVault(#[from] ConfigVaultError),
    /// The portal.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Where trials are made: the program, and a configuration that all of them copy.
#[derive(Debug)]
pub struct Lab {
    pub(super) program: PathBuf,
    pub(super) config: Config,
}

impl Lab {
    /// `program`: the `gachno` that is tried.
    pub fn new(program: &Path) -> Result<Self, LabError> {
        let mut config = Config::default();
        let unlock = Unlock {
            passphrase: Some(SecretString::from(PASSPHRASE)),
            keyring: false,
        };
        let vault = ConfigVault::create(&unlock)?;
        for agent in Scenario::default().agents {
            config.portal.username = vault.seal(&agent.username.into());
            config.portal.password = vault.seal(&agent.password.into());
            config.portal.pin = vault.seal(&agent.pin.into());
        }
        config.vault = Some(vault.header().clone());
        config.portal.answer_timeout_s = 5;
        config.portal.person_timeout_s = 2;
        config.portal.failures_before_pause = 50;
        config.browser.headless = true;
        // As patient as the sandbox needs, which settles soon.
        config.reconcile.wait_s = 15;
        config.reconcile.look_after_ms = vec![0, 500, 1_000, 1_600, 2_500, 4_000, 8_000];
        config.reconcile.settle_ms = u32::try_from(SETTLING_MS).unwrap_or(u32::MAX) + 300;
        config.reconcile.apart_ms = 500;
        Ok(Self {
            program: program.to_owned(),
            config,
        })
    }

    /// Makes the trial. Its folder, browsers and servers are gone when this returns.
    pub async fn run(&self, trial: &Trial) -> Result<TrialResult, LabError> {
        let mut scenario = Scenario::default();
        for trouble in &trial.troubles {
            trouble.apply(&mut scenario);
        }
        let (home, portal) = self.set_up(trial, scenario).await?;
        let tried = self.go(trial, home.path(), &portal).await;
        // What a killed run left behind goes with the folder.
        let run_folder = Home::at(home.path()).run();
        let _ = tokio::task::spawn_blocking(move || browser::reap(&run_folder)).await;
        tried
    }

    /// A folder with configuration and list, and a portal where everybody owes something.
    pub(in crate::crash) async fn set_up(
        &self,
        trial: &Trial,
        scenario: Scenario,
    ) -> Result<(TempDir, Sandbox), LabError> {
        let home = tempfile::tempdir().map_err(|e| LabError::Io("temporary folder", e))?;
        let scenario = Scenario {
            unlisted: Unlisted::Owing,
            ..scenario
        };
        let portal = sandbox::start(sandbox::SandboxOptions {
            scenario,
            latency: Duration::from_millis(20),
            ..sandbox::SandboxOptions::default()
        })
        .await?;
        let mut config = self.config.clone();
        config.portal.url = portal.url();
        config.report.folder = home.path().join("ket_qua").display().to_string();
        config.save(&Home::at(home.path()).config_file())?;
        std::fs::write(home.path().join("jobs.txt"), trial.job_lines())
            .map_err(|e| LabError::Io("jobs.txt", e))?;
        Ok((home, portal))
    }

    pub(super) async fn go(
        &self,
        trial: &Trial,
        home: &Path,
        portal: &Sandbox,
    ) -> Result<TrialResult, LabError> {
        let mut verdict = TrialResult::default();
        let mut strikes = trial.strikes.iter();
        let mut before = Vec::new();
        while verdict.runs < RESTARTS_MAX {
            let strike = strikes.next();
            verdict.runs += 1;
            let Some(code) = self
                .one_run(trial, home, portal, strike, &mut verdict.kills)
                .await?
            else {
                verdict
                    .audited
                    .wrong
                    .push(format!("run {} hangs", verdict.runs));
                return Ok(verdict);
            };
            if strike.is_some() {
                continue;
            }
            let now = states(home).await?;
            // Everything is proven, or another run changes nothing any more.
            if code == Some(0) || now == before {
                break;
            }
            before = now;
        }
        verdict.audited = self.compare(trial, home, portal).await?;
        Ok(verdict)
    }

    /// One start of the program, with what is killed meanwhile. `None`: it did not end.
    pub(in crate::crash) async fn one_run(
        &self,
        trial: &Trial,
        home: &Path,
        portal: &Sandbox,
        strike: Option<&Strike>,
        kills: &mut usize,
    ) -> Result<Option<Option<i32>>, LabError> {
        let mut command = self.command(trial, home);
        if let Some(Strike {
            when: When::At(boundary),
            ..
        }) = strike
        {
            command.args(["--halt-at", boundary.wire()]);
        }
        let mut child = command.spawn().map_err(|e| LabError::Io("gachno run", e))?;
        let Some(stdout) = child.stdout.take() else {
            return Ok(None);
        };
        let mut lines = BufReader::new(stdout).lines();
        let end = Instant::now() + RUN_MAX;
        if let Some(strike) = strike {
            let has_come = match strike.when {
                When::At(_) => is_halted(&mut lines, end).await,
                When::After(time) => is_alive_after(&mut child, &mut lines, time).await,
            };
            if has_come {
                *kills += hit(&child, home, portal, strike.victim).await?;
            }
            // Go on, whoever is left.
            if let Some(stdin) = child.stdin.as_mut() {
                let _ = stdin.write_all(b"\n").await;
            }
        }
        let rest = async {
            while let Ok(Some(_)) = lines.next_line().await {}
            child.wait().await
        };
        match tokio::time::timeout_at(end, rest).await {
            Ok(Ok(status)) => Ok(Some(status.code())),
            Ok(Err(error)) => Err(LabError::Io("gachno run", error)),
            Err(_) => Ok(None),
        }
    }

    /// The program on the trial's list, not yet started.
    pub(in crate::crash) fn command(&self, trial: &Trial, home: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args([
                "run",
                trial.service.spec().wire,
                "--jobs",
                "jobs.txt",
                "--headless",
                "--json",
                "--yes",
                "--sessions",
            ])
            .arg(trial.sessions.to_string())
            .args(trial.is_warm.then_some("--rehearse"))
            .current_dir(home)
            .env("GACHNO_HOME", home)
            .env("GACHNO_PASSPHRASE", PASSPHRASE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }

    pub(super) async fn compare(
        &self,
        trial: &Trial,
        home: &Path,
        portal: &Sandbox,
    ) -> Result<Audited, LabError> {
        let ledger = Ledger::open(&Home::at(home).ledger()).await?;
        let batches = real_batches(&ledger).await?;
        let Some(batch) = batches.first() else {
            return Ok(Audited {
                wrong: vec!["no batch in the ledger".to_owned()],
                ..Audited::default()
            });
        };
        let results = ledger.records().results(&batch.id, batch.service).await?;
        let events = ledger.events_of_batch(&batch.id).await?;
        let count = |kind: &str| events.iter().filter(|e| e.kind == kind).count();
        let mut audited = audit(
            trial.jobs,
            &results,
            count("released") - count("withheld"),
            &portal.truth(),
        );
        if batches.len() > 1 {
            audited
                .wrong
                .push("a second batch was made of the same jobs".to_owned());
        }
        if ledger.verify().await?.is_err() {
            audited.wrong.push("the chain is broken".to_owned());
        }
        let wanted: Vec<String> = results.iter().map(|r| r.job.account.to_string()).collect();
        if accounts_of_newest_report(home, trial.service) != wanted {
            audited
                .wrong
                .push("the report does not show the jobs".to_owned());
        }
        if audited.for_a_person > 0 && !trial.may_need_a_person {
            let why = results
                .iter()
                .find(|r| !r.is_proven())
                .map(|r| r.conclusion.message.clone())
                .unwrap_or_default();
            audited
                .wrong
                .push(format!("{} left for a person: {why}", audited.for_a_person));
        }
        Ok(audited)
    }
}

pub(super) async fn is_halted(lines: &mut Lines<BufReader<ChildStdout>>, end: Instant) -> bool {
    let seen = async {
        while let Ok(Some(line)) = lines.next_line().await {
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            if event["event"] == "halted" {
                return true;
            }
        }
        false
    };
    tokio::time::timeout_at(end, seen).await.unwrap_or(false)
}

/// Waits so long, reading along. `false`: it was over before.
pub(super) async fn is_alive_after(
    child: &mut Child,
    lines: &mut Lines<BufReader<ChildStdout>>,
    time: Duration,
) -> bool {
    let reading = async { while let Ok(Some(_)) = lines.next_line().await {} };
    let _ = tokio::time::timeout(time, reading).await;
    matches!(child.try_wait(), Ok(None))
}

pub(super) async fn hit(
    child: &Child,
    home: &Path,
    portal: &Sandbox,
    victim: Victim,
) -> Result<usize, LabError> {
    if victim == Victim::Portal {
        portal.crash();
        tokio::time::sleep(OUTAGE).await;
        portal.come_back().await?;
        return Ok(1);
    }
    let (Some(pid), run_folder) = (child.id(), Home::at(home).run()) else {
        return Ok(0);
    };
    let killed = tokio::task::spawn_blocking(move || kill(pid, &run_folder, victim)).await;
    Ok(killed.unwrap_or_default())
}

/// The batches that were to pay, the newest first.
pub(super) async fn real_batches(ledger: &Ledger) -> Result<Vec<BatchSummary>, LedgerError> {
    let mut all = ledger.records().batches(BATCHES_MAX).await?;
    all.retain(|batch| !batch.is_dry_run);
    Ok(all)
}

/// Every job's standing, for seeing whether another run changes anything.
pub(super) async fn states(home: &Path) -> Result<Vec<String>, LabError> {
    let ledger = Ledger::open(&Home::at(home).ledger()).await?;
    let batches = real_batches(&ledger).await?;
    let Some(batch) = batches.first() else {
        return Ok(Vec::new());
    };
    let results = ledger.records().results(&batch.id, batch.service).await?;
    Ok(results
        .iter()
        .map(|r| format!("{:?}", r.conclusion.outcome))
        .collect())
}

pub(super) fn accounts_of_newest_report(home: &Path, service: Service) -> Vec<String> {
    let folder = home.join("ket_qua").join(service.spec().folder);
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let newest = files.max_by_key(|file| file.metadata().and_then(|m| m.modified()).ok());
    let read = newest.and_then(|file| read_file(&file.path(), service, Defaults::default()).ok());
    read.map(|intake| {
        intake
            .list
            .jobs
            .iter()
            .map(|job| job.account.to_string())
            .collect()
    })
    .unwrap_or_default()
}
