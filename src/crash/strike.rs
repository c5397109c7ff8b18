//! Killing: what, and when.

use std::path::Path;
use std::time::Duration;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use crate::engine::Boundary;

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Victim {
    /// `gachno run`.
    Program,
    /// Its `ChromeDriver`.
    Driver,
    /// Its browser.
    Browser,
    /// Its relay.
    Relay,
    /// The portal, which comes back a moment later.
    Portal,
}

impl Victim {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Program,
        Self::Driver,
        Self::Browser,
        Self::Relay,
        Self::Portal,
    ];

    /// Its name in a list.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Driver => "driver",
            Self::Browser => "browser",
            Self::Relay => "relay",
            Self::Portal => "portal",
        }
    }
}

/// When it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// When a payment reaches this boundary first; the program waits there.
    At(Boundary),
    /// So long after the program was started.
    After(Duration),
}

/// One killing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    /// When.
    pub when: When,
    /// What.
    pub victim: Victim,
}

/// Kills -9 every process of this kind that belongs to the program; says how many.
pub(super) fn kill(program: u32, run_folder: &Path, victim: Victim) -> usize {
    let Ok(mut system) = System::new() else {
        return 0;
    };
    let what = ProcessRefreshKind::nothing()
        .with_cmd(UpdateKind::Always)
        .without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let profiles = format!("--user-data-dir={}", run_folder.display());
    let fits = |pid: &Pid, process: &sysinfo::Process| {
        let is_child = process.parent() == Some(Pid::from_u32(program));
        let mut words = process.cmd().iter().map(|word| word.to_string_lossy());
        match victim {
            Victim::Program => pid.as_u32() == program,
            Victim::Driver => is_child && words.any(|word| word.starts_with("--port=")),
            Victim::Relay => is_child && words.any(|word| word == "relay"),
            Victim::Browser => {
                let words: Vec<_> = words.collect();
                words.iter().any(|word| word.starts_with(&profiles))
                    && !words.iter().any(|word| word.starts_with("--type="))
            }
            Victim::Portal => false,
        }
    };
    system
        .processes()
        .iter()
        .filter(|(pid, process)| fits(pid, process) && process.kill())
        .count()
}

/// The browsers whose profiles lie in this folder.
pub(super) fn browsers(run_folder: &Path) -> Vec<u32> {
    let Ok(mut system) = System::new() else {
        return Vec::new();
    };
    let what = ProcessRefreshKind::nothing()
        .with_cmd(UpdateKind::Always)
        .without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let profiles = format!("--user-data-dir={}", run_folder.display());
    let is_ours = |process: &sysinfo::Process| {
        process
            .cmd()
            .iter()
            .any(|word| word.to_string_lossy().starts_with(&profiles))
    };
    system
        .processes()
        .iter()
        .filter(|(_, process)| is_ours(process))
        .map(|(pid, _)| pid.as_u32())
        .collect()
}

/// Does it still run? What has ended and was not yet asked about by its parent does not.
pub(super) fn is_alive(pid: u32) -> bool {
    let Ok(mut system) = System::new() else {
        return false;
    };
    let pid = Pid::from_u32(pid);
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        true,
        ProcessRefreshKind::nothing().without_tasks(),
    );
    system
        .process(pid)
        .is_some_and(|process| process.status() != sysinfo::ProcessStatus::Zombie)
}
