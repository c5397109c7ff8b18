//! What a dead run left behind is cleared at the next start: its own browsers, drivers and
//! profiles, nobody else's.
//!
//! Each session writes one small record before its browser starts. A record whose program is gone
//! names what to clear; processes are matched by the profile's path (unique) or by pid and start
//! time, never by name alone.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::BrowserError;
use crate::config::write_atomically;

/// One session's traces on this machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    /// The program that opened it.
    app: Process,
    /// Its driver.
    driver: Option<Process>,
    /// Its relay.
    #[serde(default)]
    relay: Option<Process>,
    /// Its profile's folder.
    pub profile: PathBuf,
}

/// A process, told apart from a later one with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Process {
    pid: u32,
    /// Seconds since 1970.
    started: u64,
}

/// What was cleared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Sessions of dead runs.
    pub sessions: usize,
    /// Processes that were still alive.
    pub processes: usize,
}

impl Record {
    /// Writes the record of a session that is about to start.
    pub fn write(
        run: &Path,
        profile: &Path,
        driver: u32,
        relay: Option<u32>,
    ) -> Result<PathBuf, BrowserError> {
        let system = processes();
        let started = |pid| {
            system
                .as_ref()
                .and_then(|s| s.process(Pid::from_u32(pid)))
                .map_or(0, sysinfo::Process::start_time)
        };
        let process = |pid: u32| Process {
            pid,
            started: started(pid),
        };
        let record = Self {
            app: process(std::process::id()),
            driver: Some(process(driver)),
            relay: relay.map(process),
            profile: profile.to_owned(),
        };
        let name = profile.file_name().unwrap_or_default().to_string_lossy();
        let path = run.join(format!("{name}.json"));
        let disk = |source| BrowserError::Disk {
            path: path.clone(),
            source,
        };
        let text = serde_json::to_vec(&record).map_err(|e| disk(e.into()))?;
        write_atomically(&path, &text).map_err(disk)?;
        Ok(path)
    }
}

/// Clears what dead runs left in this run folder.
pub fn reap(run: &Path) -> Reaped {
    let mut reaped = Reaped::default();
    let Ok(entries) = fs::read_dir(run) else {
        return reaped;
    };
    let records: Vec<(PathBuf, Record)> = entries
        .flatten()
        .filter(|entry| entry.path().extension() == Some(OsStr::new("json")))
        .filter_map(|entry| {
            Some((
                entry.path(),
                serde_json::from_slice(&fs::read(entry.path()).ok()?).ok()?,
            ))
        })
        .collect();
    if records.is_empty() {
        return reaped;
    }
    // Without a process table nothing can be told apart, so nothing is touched.
    let Some(system) = processes() else {
        return reaped;
    };
    for (path, record) in records {
        if is_alive(&system, record.app) {
            continue;
        }
        reaped.sessions += 1;
        // Browser first: a driver that dies first lets a held request go.
        reaped.processes += kill_users_of(&system, &record.profile);
        for helper in [record.driver, record.relay].into_iter().flatten() {
            if is_alive(&system, helper)
                && let Some(process) = system.process(Pid::from_u32(helper.pid))
            {
                reaped.processes += usize::from(process.kill());
            }
        }
        clear(&path, &record.profile);
    }
    reaped
}

/// Kills every process that was started with this profile; says how many.
pub(super) fn kill_browser_of(profile: &Path) -> usize {
    processes().map_or(0, |system| kill_users_of(&system, profile))
}

fn kill_users_of(system: &System, profile: &Path) -> usize {
    let flag = format!("--user-data-dir={}", profile.display());
    let uses = |process: &&sysinfo::Process| process.cmd().iter().any(|word| word == flag.as_str());
    // The main process first (it has no `--type=`); its children go with it.
    let mut users: Vec<&sysinfo::Process> = system.processes().values().filter(uses).collect();
    users.sort_by_key(|p| {
        p.cmd()
            .iter()
            .any(|word| word.to_string_lossy().starts_with("--type="))
    });
    users.iter().filter(|process| process.kill()).count()
}

/// Removes profile and record. A browser that is just dying may still write: a few tries, then it
/// is left to the next start.
pub(super) fn clear(record: &Path, profile: &Path) {
    const TRIES: u32 = 40;
    for attempt in 0..TRIES {
        match fs::remove_dir_all(profile) {
            Ok(()) => break,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => break,
            Err(error) if attempt + 1 == TRIES => {
                tracing::warn!(%error, profile = %profile.display(), "profile could not be removed; the next start tries again");
                return;
            }
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(25)),
        }
    }
    let _ = fs::remove_file(record);
}

fn is_alive(system: &System, process: Process) -> bool {
    system.process(Pid::from_u32(process.pid)).is_some_and(|p| {
        p.start_time() == process.started && p.status() != sysinfo::ProcessStatus::Zombie
    })
}

/// The process table with command lines, or `None` where the system does not show it.
fn processes() -> Option<System> {
    let mut system = System::new()
        .inspect_err(|error| tracing::warn!(%error, "no process table"))
        .ok()?;
    let what = ProcessRefreshKind::nothing()
        .with_cmd(UpdateKind::Always)
        .without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    Some(system)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::process::Command;

    fn record(run: &Path, name: &str, app: Process) -> PathBuf {
        let profile = run.join(name);
        fs::create_dir_all(profile.join("Default")).expect("profile");
        let record = Record {
            app,
            driver: None,
            relay: None,
            profile: profile.clone(),
        };
        fs::write(
            run.join(format!("{name}.json")),
            serde_json::to_vec(&record).expect("json"),
        )
        .expect("write");
        profile
    }

    fn a_browser_on(profile: &Path) -> std::process::Child {
        // Any program that keeps the flag among its arguments and waits.
        let flag = format!("--user-data-dir={}", profile.display());
        Command::new("tail")
            .args(["-f", "/dev/null", "--pid=1"])
            .env("X", &flag)
            .arg0_flag(&flag)
            .spawn()
            .expect("spawn")
    }

    trait Arg0 {
        fn arg0_flag(&mut self, flag: &str) -> &mut Self;
    }

    impl Arg0 for Command {
        fn arg0_flag(&mut self, flag: &str) -> &mut Self {
            std::os::unix::process::CommandExt::arg0(self, flag)
        }
    }

    #[test]
    fn a_dead_runs_browser_goes_and_a_living_ones_stays() {
        let dir = tempfile::tempdir().expect("dir");
        let me = Process {
            pid: std::process::id(),
            started: processes()
                .expect("table")
                .process(Pid::from_u32(std::process::id()))
                .expect("me")
                .start_time(),
        };
        let living = record(dir.path(), "living", me);
        let dead = record(
            dir.path(),
            "dead",
            Process {
                pid: me.pid,
                started: me.started - 1_000,
            },
        );
        let mut orphan = a_browser_on(&dead);
        let mut working = a_browser_on(&living);

        assert_eq!(
            reap(dir.path()),
            Reaped {
                sessions: 1,
                processes: 1
            }
        );
        assert!(!orphan.wait().expect("gone").success());
        assert!(
            working.try_wait().expect("asked").is_none(),
            "somebody else's browser is not touched"
        );
        assert!(!dead.exists() && living.exists());
        assert_eq!(reap(dir.path()), Reaped::default());
        working.kill().expect("kill");
        working.wait().expect("gone");
    }
}
