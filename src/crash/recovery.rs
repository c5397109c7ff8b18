//! How long it takes to stand up again.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::strike::{Victim, When, browsers, is_alive};
use super::trial::{Lab, LabError, Trial};
use crate::browser;
use crate::config::Home;
use crate::domain::Service;
use crate::engine::Boundary;
use crate::ledger::{EVENTS_A_PAYMENT, Ledger, filled};
use crate::sandbox::{Sandbox, Scenario};

/// How often the processes are looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Not by then: never.
const LIMIT: Duration = Duration::from_mins(1);

/// A start after a killing, all from the start of the program except the first two.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recovery {
    /// Events in the ledger.
    pub events: i64,
    /// Its opening alone.
    pub opened: Duration,
    /// The ledger is open and the attempt that was in flight has its state.
    pub classified: Duration,
    /// The attempt that was in flight has its proof; the killed run's browser was asked.
    pub proven: Duration,
    /// Nothing of the killed run is left.
    pub reaped: Duration,
}

impl Lab {
    /// Kills a run in the middle of a payment, with its browser alive, on a ledger of so many
    /// events; starts it again.
    pub async fn recovery(&self, events: u32) -> Result<Recovery, LabError> {
        let trial =
            Trial::of(Service::PayEvn).struck(When::At(Boundary::Released), Victim::Program);
        let (home, portal) = self.set_up(&trial, Scenario::default()).await?;
        let tried = self.recover(&trial, home.path(), &portal, events).await;
        let run_folder = Home::at(home.path()).run();
        let _ = tokio::task::spawn_blocking(move || browser::reap(&run_folder)).await;
        tried
    }

    async fn recover(
        &self,
        trial: &Trial,
        home: &Path,
        portal: &Sandbox,
        events: u32,
    ) -> Result<Recovery, LabError> {
        let ledger = Home::at(home).ledger();
        let mut recovery = Recovery {
            events: filled(&ledger, events / EVENTS_A_PAYMENT).await?,
            ..Recovery::default()
        };
        let started = Instant::now();
        let opened = Ledger::open(&ledger).await?;
        recovery.opened = started.elapsed();
        opened.close().await?;

        let broken = |what| LabError::Io("gachno run", std::io::Error::other(what));
        let mut kills = 0;
        let hung = || broken("hangs");
        self.one_run(trial, home, portal, trial.strikes.first(), &mut kills)
            .await?
            .ok_or_else(hung)?;
        let run_folder = Home::at(home).run();
        let old = browsers(&run_folder);
        if kills != 1 || old.is_empty() {
            return Err(broken("was not killed beside its browser"));
        }

        let started = Instant::now();
        let mut child = self
            .command(trial, home)
            .spawn()
            .map_err(|e| LabError::Io("gachno run", e))?;
        let Some(stdout) = child.stdout.take() else {
            return Err(broken("says nothing"));
        };
        let mut lines = BufReader::new(stdout).lines();
        let told = async {
            let (mut classified, mut proven) = (None, None);
            while let Ok(Some(line)) = lines.next_line().await {
                classified.get_or_insert_with(|| started.elapsed());
                let event: Value = serde_json::from_str(&line).unwrap_or_default();
                if event["event"] == "outcome" {
                    proven.get_or_insert_with(|| started.elapsed());
                }
            }
            (classified, proven)
        };
        let gone = async {
            while started.elapsed() < LIMIT {
                if !old.iter().any(|pid| is_alive(*pid)) {
                    return Some(started.elapsed());
                }
                tokio::time::sleep(LOOK).await;
            }
            None
        };
        let ((classified, proven), reaped) =
            tokio::time::timeout(LIMIT, async { tokio::join!(told, gone) })
                .await
                .map_err(|_| hung())?;
        let _ = child.wait().await;
        let never = Duration::MAX;
        (recovery.classified, recovery.proven, recovery.reaped) = (
            classified.unwrap_or(never),
            proven.unwrap_or(never),
            reaped.unwrap_or(never),
        );
        Ok(recovery)
    }
}
