//! `gachno bench scale`: how far it goes beyond this machine, reckoned from what is measured on it.

use super::number::small;
use super::payment::with_logins;
use super::stage::{ERRANDS, PortalStage};
use super::{Bench, Row, cores, count, record, server};
use crate::cli::Failure;

/// Logins that are measured together, to hold what is reckoned against.
const TOGETHER: u16 = 8;
/// A login counts as carried as long as it makes so much of what the portal's own time allows.
const OF_THE_FLOOR: f64 = 0.75;
/// The share of a machine's memory that browsers may take.
const OF_THE_MEMORY: f64 = 0.7;
/// Lasting waits for the disk a payment (armed, released, ended), for two that are measured.
const WAITS: f64 = 3.0 / 2.0;
/// Nobody starts more browsers than this on one machine.
const LOGINS_MAX: u32 = 1_000;

/// What a payment and a login cost.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// The portal's answers to one payment, in seconds.
    portal_s: f64,
    /// What a payment takes beyond them on an idle machine, in seconds.
    own_s: f64,
    /// Processor time of a payment over the whole process tree, in seconds.
    cpu_s: f64,
    /// Memory of a login, in megabytes.
    login_mb: f64,
    /// Memory of a browser without a login, in megabytes.
    browser_mb: f64,
    /// How long the ledger's disk is waited for in one payment, in seconds; one payment after the
    /// other.
    disk_s: f64,
    /// Jobs a second that the shop's server hands out.
    leases_per_s: f64,
}

#[derive(Debug, Clone, Copy)]
struct Machine {
    cores: u32,
    memory_gb: u32,
}

/// What gives first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    Processor,
    Memory,
    Disk,
    Leases,
}

impl Limit {
    fn title(self) -> &'static str {
        match self {
            Self::Processor => "bộ xử lý",
            Self::Memory => "bộ nhớ",
            Self::Disk => "đĩa của sổ cái",
            Self::Leases => "máy chủ giao việc",
        }
    }
}

/// What is carried, until something gives.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Carried {
    logins: u32,
    per_minute: f64,
    first: Limit,
}

impl Cost {
    /// Payments a minute of each of so many logins on so many cores.
    ///
    /// What a payment takes of its own is work for the processor, which waits for a free core: with
    /// a share ρ of c cores at work about 1 / (1 − ρᶜ) times as long. More payments are more work, so
    /// the answer is where both agree.
    fn each(&self, logins: u32, cores: u32) -> f64 {
        let (mut low, mut high) = (0.0, 60.0 / (self.portal_s + self.own_s));
        let exponent = i32::try_from(cores).unwrap_or(i32::MAX);
        for _ in 0..50 {
            let rate = f64::midpoint(low, high);
            let busy = f64::from(logins) * rate * self.cpu_s / (60.0 * f64::from(cores));
            let is_too_fast = busy >= 1.0
                || rate > 60.0 / (self.portal_s + self.own_s / (1.0 - busy.powi(exponent)));
            if is_too_fast {
                high = rate;
            } else {
                low = rate;
            }
        }
        low
    }

    fn memory_for(&self, logins: u32) -> f64 {
        self.browser_mb * f64::from(logins.div_ceil(TOGETHER.into()))
            + self.login_mb * f64::from(logins)
    }

    /// The browsers of one machine: as many logins as all still run well.
    fn browsers(&self, machine: Machine) -> Carried {
        let enough = OF_THE_FLOOR * 60.0 / self.portal_s;
        let memory_mb = f64::from(machine.memory_gb) * 1_024.0 * OF_THE_MEMORY;
        let mut carried = Carried {
            logins: 0,
            per_minute: 0.0,
            first: Limit::Processor,
        };
        for logins in 1..=LOGINS_MAX {
            let each = self.each(logins, machine.cores);
            if each < enough {
                break;
            }
            if self.memory_for(logins) > memory_mb {
                carried.first = Limit::Memory;
                break;
            }
            carried.logins = logins;
            carried.per_minute = each * f64::from(logins);
        }
        carried
    }

    /// One machine with one ledger.
    fn machine(&self, machine: Machine) -> Carried {
        self.on_one_ledger(self.browsers(machine))
    }

    /// One program with its ledger, its browsers on the nodes of a grid.
    fn grid(&self, nodes: u32, machine: Machine) -> Carried {
        self.on_one_ledger(times(self.browsers(machine), nodes))
    }

    /// Machines with a ledger each that get their jobs from one server.
    fn fleet(&self, machines: u32, machine: Machine) -> Carried {
        let all = times(self.machine(machine), machines);
        bounded(all, self.leases_per_s * 60.0, Limit::Leases)
    }

    fn on_one_ledger(&self, carried: Carried) -> Carried {
        bounded(carried, 60.0 / self.disk_s, Limit::Disk)
    }
}

fn times(carried: Carried, many: u32) -> Carried {
    Carried {
        logins: carried.logins * many,
        per_minute: carried.per_minute * f64::from(many),
        ..carried
    }
}

fn bounded(carried: Carried, per_minute: f64, limit: Limit) -> Carried {
    if carried.per_minute <= per_minute {
        return carried;
    }
    Carried {
        per_minute,
        first: limit,
        ..carried
    }
}

pub(super) async fn scale(options: &Bench) -> Result<Vec<Row>, Failure> {
    let errand = ERRANDS[0];
    let one = PortalStage::new(options.latency_ms)
        .await?
        .pay(errand, options.jobs + 2, 1, 2)
        .await?;
    let eight = Box::pin(with_logins(errand, TOGETHER, options)).await?;
    let portal_s = f64::from(errand.needed) * small(options.latency_ms) / 1_000.0;
    let (alone_mb, together_mb) = (
        one.browser_mb.unwrap_or_default(),
        eight.browser_mb.unwrap_or_default(),
    );
    let login_mb = (together_mb - alone_mb).max(0.0) / f64::from(TOGETHER - 1);
    let cost = Cost {
        portal_s,
        own_s: (60.0 / one.per_minute - portal_s).max(0.0),
        cpu_s: one.cpu_s,
        login_mb,
        browser_mb: (alone_mb - login_mb).max(0.0),
        disk_s: record::waits_ms().await? * WAITS / 1_000.0,
        leases_per_s: server::leases_per_s().await?,
    };
    let mut rows = vec![
        Row::plain("CPU mỗi lần trả", cost.cpu_s, "s"),
        Row::plain(
            "thời gian thêm ngoài cổng, mỗi lần trả",
            cost.own_s * 1_000.0,
            "ms",
        ),
        Row::plain("bộ nhớ mỗi phiên", cost.login_mb, "MB"),
        Row::plain("bộ nhớ mỗi trình duyệt", cost.browser_mb, "MB"),
        Row::plain(
            "chờ đĩa của sổ cái, mỗi lần trả",
            cost.disk_s * 1_000.0,
            "ms",
        ),
        Row::plain("việc máy chủ giao được", cost.leases_per_s, "/s"),
        Row::plain(
            format!("{TOGETHER} phiên trên máy này: tính ra so với đo được"),
            cost.each(TOGETHER.into(), u32::try_from(cores()).unwrap_or(1)) * f64::from(TOGETHER)
                / eight.per_minute,
            "×",
        ),
    ];
    let machines =
        [(2, 4), (4, 8), (8, 16), (16, 32)].map(|(cores, memory_gb)| Machine { cores, memory_gb });
    for machine in machines {
        rows.extend(told(
            &format!("một máy {}", title(machine)),
            cost.machine(machine),
        ));
    }
    for nodes in [4, 16] {
        let name = format!("lưới {nodes} nút {}", title(machines[1]));
        rows.extend(told(&name, cost.grid(nodes, machines[1])));
    }
    for many in [10, 100, 1_000] {
        let name = format!("máy chủ với {many} máy {}", title(machines[0]));
        rows.extend(told(&name, cost.fleet(many, machines[0])));
    }
    Ok(rows)
}

fn title(machine: Machine) -> String {
    format!("{} nhân {} GB", machine.cores, machine.memory_gb)
}

fn told(what: &str, carried: Carried) -> [Row; 2] {
    [
        Row::plain(
            format!("{what}: số phiên"),
            count(carried.logins as usize),
            "phiên",
        ),
        Row::plain(
            format!("{what}, giới hạn bởi {}", carried.first.title()),
            carried.per_minute,
            "việc/phút",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost {
        portal_s: 0.6,
        own_s: 0.1,
        cpu_s: 0.15,
        login_mb: 80.0,
        browser_mb: 300.0,
        disk_s: 0.012,
        leases_per_s: 2_000.0,
    };
    const SMALL: Machine = Machine {
        cores: 2,
        memory_gb: 4,
    };

    #[test]
    fn more_logins_are_each_a_little_slower_and_never_more_than_the_cores_have() {
        let rates: Vec<f64> = (1..40).map(|logins| COST.each(logins, 2)).collect();
        assert!(rates.is_sorted_by(|a, b| a >= b), "{rates:?}");
        for (logins, rate) in (1..).zip(&rates) {
            assert!(f64::from(logins) * rate * COST.cpu_s <= 120.0);
        }
    }

    #[test]
    fn what_gives_first_depends_on_what_there_is() {
        let usual = COST.machine(SMALL);
        assert_eq!(usual.first, Limit::Processor);
        assert!(usual.logins >= 6, "{usual:?}");
        let heavy = Cost {
            login_mb: 900.0,
            ..COST
        };
        assert_eq!(heavy.machine(SMALL).first, Limit::Memory);
        assert_eq!(COST.grid(100, SMALL).first, Limit::Disk);
        assert_eq!(COST.fleet(10_000, SMALL).first, Limit::Leases);
    }

    #[test]
    fn a_fleet_carries_what_its_machines_do_until_the_server_gives() {
        let (one, ten) = (COST.machine(SMALL), COST.fleet(10, SMALL));
        assert_eq!(ten.logins, one.logins * 10);
        assert!((ten.per_minute - one.per_minute * 10.0).abs() < 1e-6);
    }
}
