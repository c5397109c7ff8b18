//! What the processes that belong together cost: this one, and all that it started. Linux only.

use std::collections::{HashMap, HashSet};

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

use super::number::small;

/// Linux counts processor time in hundredths of a second.
pub(super) const TICKS_A_SECOND: f64 = 100.0;

/// Processor time of a process so far, in hundredths of a second.
pub(super) fn cpu_ticks(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold spaces.
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(number(11)? + number(12)?)
}

/// Memory of a process in kilobytes; pages that are shared are counted once (PSS).
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

/// Every process with its parent.
fn parents() -> HashMap<u32, u32> {
    let Ok(mut system) = System::new() else {
        return HashMap::new();
    };
    system.refresh_processes_specifics(
        ProcessesToUpdate::All,
        true,
        ProcessRefreshKind::nothing().without_tasks(),
    );
    system
        .processes()
        .iter()
        .filter_map(|(pid, process)| Some((pid.as_u32(), process.parent()?.as_u32())))
        .collect()
}

fn ancestors(parents: &HashMap<u32, u32>, pid: u32) -> impl Iterator<Item = u32> + '_ {
    std::iter::successors(Some(pid), |pid| parents.get(pid).copied()).take(16)
}

/// Processor time of the whole tree so far, by process. The simulated portal runs in this process
/// and is in it too.
#[derive(Debug, Clone, Default)]
pub(super) struct TreeTime(HashMap<u32, u64>);

impl TreeTime {
    pub fn now() -> Self {
        let (parents, ours) = (parents(), std::process::id());
        let tree = parents
            .keys()
            .copied()
            .filter(|pid| ancestors(&parents, *pid).any(|above| above == ours));
        Self(
            tree.filter_map(|pid| Some((pid, cpu_ticks(pid)?)))
                .collect(),
        )
    }

    /// Seconds since then. A process that ended meanwhile is not in it.
    pub fn since(&self, then: &Self) -> f64 {
        let ticks: u64 = self
            .0
            .iter()
            .map(|(pid, ticks)| ticks.saturating_sub(then.0.get(pid).copied().unwrap_or(0)))
            .sum();
        small(ticks) / TICKS_A_SECOND
    }
}

/// Memory of the browsers that this process started, drivers aside, in megabytes.
pub(super) fn browsers_mb() -> Option<f64> {
    let (parents, ours) = (parents(), std::process::id());
    // Us, the drivers we started, and below each driver its browser.
    let drivers: HashSet<u32> = parents
        .iter()
        .filter(|(_, parent)| **parent == ours)
        .map(|(pid, _)| *pid)
        .collect();
    let kilobytes: u64 = parents
        .keys()
        .filter(|pid| {
            ancestors(&parents, **pid)
                .skip(1)
                .any(|above| drivers.contains(&above))
        })
        .filter_map(|pid| pss_kb(*pid))
        .sum();
    (kilobytes > 0).then(|| small(kilobytes) / 1_024.0)
}
