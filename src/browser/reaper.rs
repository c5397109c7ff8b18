//! What a dead run left behind is cleared at the next start: its own browsers, drivers, relays and
//! profiles, nobody else's.
//!
//! A record whose program is gone names what to clear; processes are matched by the profile's path
//! (unique, in their arguments or their environment) or by pid and start time, never by name alone.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::workspace::{MARK, PREFIX, ProcessId, Record, clear};

/// What was cleared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Sessions of dead runs.
    pub sessions: usize,
    /// Processes that were still alive.
    pub processes: usize,
}

/// Clears what dead runs left in this run folder.
pub fn reap(run: &Path) -> Reaped {
    let mut reaped = Reaped::default();
    // Folders first, records second: a living program writes the record before it makes the folder,
    // so a folder of this list without a record in that one is nobody's.
    let folders = profiles_in(run);
    let records = records_in(run);
    if folders.is_empty() && records.is_empty() {
        return reaped;
    }
    // Without a process table nothing can be told apart, so nothing is touched.
    let Some(system) = processes() else {
        return reaped;
    };
    let is_living = |record: &Record| is_alive(&system, record.app);
    for (path, record) in &records {
        // A record is renamed into its place whole; one that cannot be read has been damaged since,
        // and says nothing about anybody who is alive.
        let Some(record) = record else {
            clear_dead(&system, &mut reaped, path, &path.with_extension(""), &[]);
            continue;
        };
        if !is_living(record) {
            let helpers: Vec<ProcessId> = [record.driver, record.relay]
                .into_iter()
                .flatten()
                .collect();
            clear_dead(&system, &mut reaped, path, &record.profile, &helpers);
        }
    }
    for folder in folders {
        let record = folder.with_extension("json");
        let is_known = records.iter().any(|(path, known)| {
            *path == record || known.as_ref().is_some_and(|r| r.profile == folder)
        });
        if !is_known {
            clear_dead(&system, &mut reaped, &record, &folder, &[]);
        }
    }
    reaped
}

fn clear_dead(
    system: &System,
    reaped: &mut Reaped,
    record: &Path,
    profile: &Path,
    helpers: &[ProcessId],
) {
    reaped.sessions += 1;
    reaped.processes += kill_all_of(system, profile, helpers);
    clear(record, profile);
}

fn profiles_in(run: &Path) -> Vec<PathBuf> {
    paths_in(run)
        .filter(|path| path.is_dir())
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
        })
        .collect()
}

/// The records with what they say; `None` where one cannot be understood.
fn records_in(run: &Path) -> Vec<(PathBuf, Option<Record>)> {
    paths_in(run)
        .filter(|path| path.extension() == Some(OsStr::new("json")))
        .filter_map(|path| {
            let text = fs::read(&path).ok()?;
            Some((path, serde_json::from_slice(&text).ok()))
        })
        .collect()
}

fn paths_in(run: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(run)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
}

/// Kills every process that was started with this profile; says how many.
pub(super) fn kill_browser_of(profile: &Path) -> usize {
    processes().map_or(0, |system| kill_all_of(&system, profile, &[]))
}

/// Kills the browser of this profile and its helpers, and says how many processes that were.
/// Browser first: a driver that dies first lets a held request go.
fn kill_all_of(system: &System, profile: &Path, helpers: &[ProcessId]) -> usize {
    let mut doomed: Vec<(Rank, &sysinfo::Process)> = system
        .processes()
        .values()
        .filter_map(|process| Some((rank_of(process, profile, helpers)?, process)))
        .collect();
    doomed.sort_by_key(|(rank, _)| *rank);
    let doomed: Vec<&sysinfo::Process> = doomed.into_iter().map(|(_, process)| process).collect();
    kill(&doomed)
}

#[cfg(not(windows))]
fn kill(doomed: &[&sysinfo::Process]) -> usize {
    doomed.iter().filter(|process| process.kill()).count()
}

/// In one go: a program would be started for each process else. They are ended in this order, each
/// with what it has started.
#[cfg(windows)]
fn kill(doomed: &[&sysinfo::Process]) -> usize {
    if doomed.is_empty() {
        return 0;
    }
    let mut command = crate::process::quiet("taskkill.exe");
    command.args(["/F", "/T"]);
    for process in doomed {
        command.args(["/PID", &process.pid().to_string()]);
    }
    let ended = command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status();
    match ended {
        Ok(_) => doomed.len(),
        Err(error) => {
            tracing::warn!(%error, "taskkill");
            doomed.iter().filter(|process| process.kill()).count()
        }
    }
}

/// The order of killing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The browser's main process; its children go with it.
    Browser,
    /// What it started.
    BrowserChild,
    /// Driver and relay.
    Helper,
}

fn rank_of(process: &sysinfo::Process, profile: &Path, helpers: &[ProcessId]) -> Option<Rank> {
    if let Some(rank) = rank_by_words(process.cmd(), profile) {
        return Some(rank);
    }
    let mark = format!("{MARK}={}", profile.display());
    let is_helper = helpers
        .iter()
        .any(|helper| helper.pid == process.pid().as_u32() && is_same(process, *helper))
        || process.environ().iter().any(|entry| entry == mark.as_str());
    is_helper.then_some(Rank::Helper)
}

/// Is it the browser of this profile, by its command line?
///
/// On a Linux desktop (where a session bus answers) Chromium writes its command line anew as one word with blanks
/// between, and its environment with it: then the flag stands within the first word.
fn rank_by_words(words: &[OsString], profile: &Path) -> Option<Rank> {
    let flag = format!("--user-data-dir={}", profile.display());
    let first = words.first()?.to_string_lossy();
    let is_rewritten = first.contains(" --") && {
        let mut found = first.match_indices(flag.as_str());
        found.any(|(at, _)| {
            let (before, after) = (&first[..at], &first[at + flag.len()..]);
            before.ends_with(' ') && (after.is_empty() || after.starts_with(' '))
        })
    };
    if !is_rewritten && words.iter().all(|word| word != flag.as_str()) {
        return None;
    }
    let is_type = |word: &OsString| word.to_string_lossy().starts_with("--type=");
    let is_child = first.contains(" --type=") || words.iter().any(is_type);
    Some(if is_child {
        Rank::BrowserChild
    } else {
        Rank::Browser
    })
}

fn is_same(process: &sysinfo::Process, known: ProcessId) -> bool {
    process.start_time() == known.started && process.status() != sysinfo::ProcessStatus::Zombie
}

fn is_alive(system: &System, known: ProcessId) -> bool {
    system
        .process(Pid::from_u32(known.pid))
        .is_some_and(|process| is_same(process, known))
}

/// The process table with arguments and environments, or `None` where the system does not show it.
fn processes() -> Option<System> {
    let mut system = System::new()
        .inspect_err(|error| tracing::warn!(%error, "no process table"))
        .ok()?;
    let what = ProcessRefreshKind::nothing()
        .with_cmd(UpdateKind::Always)
        .with_environ(UpdateKind::Always)
        .without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    Some(system)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::process::Command;

    fn record(run: &Path, name: &str, app: ProcessId) -> PathBuf {
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
    fn a_browser_is_known_by_its_words_however_it_writes_them() {
        let rank = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            rank_by_words(&words, Path::new("/run/my profile-1"))
        };
        let flag = "--user-data-dir=/run/my profile-1";
        assert_eq!(rank(&["chromium", "--a", flag]), Some(Rank::Browser));
        assert_eq!(
            rank(&["chromium", "--type=renderer", flag]),
            Some(Rank::BrowserChild)
        );
        // As it stands where a session bus answers.
        for (line, expected) in [
            (
                format!("/usr/lib/chromium/chromium --a {flag} --b"),
                Some(Rank::Browser),
            ),
            (
                format!("/usr/lib/chromium/chromium --a {flag}"),
                Some(Rank::Browser),
            ),
            (
                format!("/usr/lib/chromium/chromium --type=utility {flag} --b"),
                Some(Rank::BrowserChild),
            ),
            (format!("/usr/lib/chromium/chromium --a {flag}2 --b"), None),
            (
                format!("/usr/lib/chromium/chromium --a --x{flag} --b"),
                None,
            ),
        ] {
            assert_eq!(rank(&[&line]), expected, "{line}");
        }
        assert_eq!(
            rank(&["bash", "-c", &format!("chromium {flag} --b")]),
            None,
            "somebody's own words"
        );
        assert_eq!(rank(&[]), None);
    }

    #[test]
    fn a_dead_runs_browser_goes_and_a_living_ones_stays() {
        let dir = tempfile::tempdir().expect("dir");
        let me = ProcessId {
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
            ProcessId {
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
