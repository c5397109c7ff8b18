//! What a browser of ours has on disk: a throwaway profile folder and, beside it, a record that
//! names the program that opened it.
//!
//! The record is written before anything is started or made, so that at whatever moment the program
//! is killed the next start finds what it left (see `reaper`). Process ids are added once they are
//! known; until then the helpers are found by [`MARK`], which stands in their environment from their
//! first instruction on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::BrowserError;
use crate::config::{private_folder, write_atomically};

/// Environment variable of the driver and the relay: the profile's path, which no two browsers
/// share.
pub(super) const MARK: &str = "GACHNO_BROWSER_PROFILE";
/// How the names of profile folders begin.
pub(super) const PREFIX: &str = "profile-";

/// A process, told apart from a later one with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProcessId {
    pub pid: u32,
    /// Seconds since 1970.
    pub started: u64,
}

impl ProcessId {
    /// The living processes of these numbers.
    fn of(pids: &[u32]) -> Vec<Self> {
        let pids: Vec<Pid> = pids.iter().copied().map(Pid::from_u32).collect();
        let Ok(mut system) = System::new() else {
            return Vec::new();
        };
        let what = ProcessRefreshKind::nothing().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&pids), true, what);
        pids.iter()
            .filter_map(|pid| system.process(*pid))
            .map(|process| Self {
                pid: process.pid().as_u32(),
                started: process.start_time(),
            })
            .collect()
    }

    /// This program.
    fn own() -> Self {
        let pid = std::process::id();
        // Where the system shows no processes nothing is ever reaped, so the time is of no use.
        Self::of(&[pid]).pop().unwrap_or(Self { pid, started: 0 })
    }
}

/// The record's text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    /// The program that opened the browser.
    pub app: ProcessId,
    /// Its driver, once that is known.
    #[serde(default)]
    pub driver: Option<ProcessId>,
    /// Its relay, once that is known.
    #[serde(default)]
    pub relay: Option<ProcessId>,
    /// The profile's folder.
    pub profile: PathBuf,
}

/// A profile folder and its record.
#[derive(Debug)]
pub(super) struct Workspace {
    record: PathBuf,
    profile: PathBuf,
}

impl Workspace {
    /// Writes the record of a browser that is about to be started, then makes its profile folder.
    pub fn claim(run: &Path) -> Result<Self, BrowserError> {
        let name = format!("{PREFIX}{}", uuid::Uuid::new_v4().simple());
        let workspace = Self {
            record: run.join(format!("{name}.json")),
            profile: run.join(name),
        };
        private_folder(run).map_err(|e| workspace.disk(e))?;
        workspace.write(&[])?;
        if let Err(error) = private_folder(&workspace.profile) {
            let fault = workspace.disk(error);
            workspace.clear();
            return Err(fault);
        }
        Ok(workspace)
    }

    /// Adds the helpers, now that they run.
    pub fn name_helpers(&self, driver: u32, relay: Option<u32>) -> Result<(), BrowserError> {
        let pids: Vec<u32> = std::iter::once(driver).chain(relay).collect();
        self.write(&pids)
    }

    /// `helpers`: the driver, then the relay.
    fn write(&self, helpers: &[u32]) -> Result<(), BrowserError> {
        let known = ProcessId::of(helpers);
        let helper = |at: usize| {
            let pid = helpers.get(at)?;
            known.iter().copied().find(|process| process.pid == *pid)
        };
        let record = Record {
            app: ProcessId::own(),
            driver: helper(0),
            relay: helper(1),
            profile: self.profile.clone(),
        };
        let text = serde_json::to_vec(&record).map_err(|e| self.disk(e.into()))?;
        write_atomically(&self.record, &text).map_err(|e| self.disk(e))
    }

    /// The profile's folder.
    pub fn profile(&self) -> &Path {
        &self.profile
    }

    /// Removes profile and record.
    pub fn clear(&self) {
        clear(&self.record, &self.profile);
    }

    fn disk(&self, source: io::Error) -> BrowserError {
        BrowserError::Disk {
            path: self.record.clone(),
            source,
        }
    }
}

/// Removes the profile, then the record. A browser that is just dying may still write: a few tries,
/// then both are left to the next start.
pub(super) fn clear(record: &Path, profile: &Path) {
    const TRIES: u32 = 40;
    for attempt in 0..TRIES {
        match fs::remove_dir_all(profile) {
            Ok(()) => break,
            Err(e) if e.kind() == io::ErrorKind::NotFound => break,
            Err(error) if attempt + 1 == TRIES => {
                tracing::warn!(%error, profile = %profile.display(), "profile could not be removed; the next start tries again");
                return;
            }
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(25)),
        }
    }
    let _ = fs::remove_file(record);
}
