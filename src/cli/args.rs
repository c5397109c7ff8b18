//! The command line.

mod ledger;
mod run;
mod store;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::browser::Version;
use crate::server::LogForm;

pub use ledger::{ConfigArguments, LedgerArguments};
pub use run::RunArguments;
pub use store::{StoreCommand, StorePerson, StoreProvider};

/// Công cụ của điểm thu hộ: gạch nợ trên cổng đại lý, chứng minh từng kết quả, không bao giờ trả
/// hai lần.
#[derive(Debug, Parser)]
#[command(name = "gachno", version, about)]
pub struct Arguments {
    /// Show the log on stderr as well (-v: info, -vv: debug, -vvv: every command to the browser).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    #[command(subcommand)]
    pub command: Option<Program>,
}

#[derive(Debug, Subcommand)]
pub enum Program {
    /// The operator's window (also without any command).
    Desktop,
    /// Everything on this machine with nothing to configure: sandbox portal, sample jobs, window.
    Demo(DemoArguments),
    /// One batch without a window.
    Run(Box<RunArguments>),
    /// The stateless sample job API.
    MockApi(MockApiArguments),
    /// The shop's collection site, simulated: lists bills, is told which are completed.
    MockSite(MockSiteArguments),
    /// The shop's server: jobs for the operators' machines, on a database of its own.
    Serve(Serve),
    /// The server's database: brought up to date, copied, saved.
    Store {
        #[command(subcommand)]
        what: StoreCommand,
    },
    /// The portal simulator, with faults on demand and a truth ledger.
    Sandbox(SandboxArguments),
    /// Checks configuration, browser, driver, ledger, job API and portal; moves no money.
    Doctor(Doctor),
    /// Which browser and driver this machine has.
    Driver {
        #[command(subcommand)]
        what: Option<DriverCommand>,
    },
    /// Numbers of this machine.
    Bench(Bench),
    /// Prints what completes commands in a shell: bash, zsh, fish, powershell, elvish.
    Completions {
        /// Which shell's.
        shell: clap_complete::Shell,
    },
    /// Writes the pages of the manual; for packages.
    #[command(hide = true)]
    Man {
        /// Where to.
        folder: PathBuf,
    },
    /// Carries a browser's connections; started by the program itself.
    #[command(hide = true)]
    Relay,
    /// What this machine has done.
    Ledger {
        #[command(subcommand)]
        what: LedgerArguments,
    },
    /// Reads and sets the configuration.
    Config {
        #[command(subcommand)]
        what: ConfigArguments,
    },
}

#[derive(Debug, Subcommand)]
pub enum DriverCommand {
    /// Fetches the driver that fits the browser, unless it is here already; prints where it is.
    Fetch {
        /// For this version instead of the browser's own: 156, or 156.0.8078.108.
        #[arg(long, value_name = "V", value_parser = version)]
        version: Option<Version>,
        /// That version is one of Edge.
        #[arg(long, requires = "version")]
        edge: bool,
    },
}

/// Reads `156` or `156.0.8078.108`.
fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| "viết như 156 hoặc 156.0.8078.108".to_owned())
}

#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Run one batch of each service without a window and write the reports.
    #[arg(long)]
    pub headless: bool,
    /// How long each answer of the simulated portal takes.
    #[arg(long, default_value_t = 80)]
    pub latency_ms: u64,
}

#[derive(Debug, Args)]
pub struct MockApiArguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Delay of each data call; without it half a second to one and a half.
    #[arg(long)]
    pub delay_ms: Option<u64>,
}

#[derive(Debug, Args)]
pub struct MockSiteArguments {
    /// Where it listens; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// The login of the simulated user.
    #[arg(long, default_value = "thuho")]
    pub user: String,
    /// Its password: of a simulator, no secret.
    #[arg(long, default_value = "thuho")]
    pub password: String,
    /// Bills that are not completed: a service's name there, and codes. env=PE01,PE02
    #[arg(long, value_name = "TYPE=CODES", value_parser = bills)]
    pub bills: Vec<(String, Vec<String>)>,
}

/// Reads `env=PE01,PE02`.
fn bills(text: &str) -> Result<(String, Vec<String>), String> {
    let (service, codes) = text.split_once('=').ok_or("viết như env=PE01,PE02")?;
    Ok((
        service.to_owned(),
        codes
            .split(',')
            .map(|code| code.trim().to_owned())
            .filter(|code| !code.is_empty())
            .collect(),
    ))
}

/// What is not given here comes from the environment (`GACHNO_SERVE_…`), then from serve.toml in
/// the config folder.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen (else 127.0.0.1:8000); port 0 takes a free one.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// <sqlite://FILE> or <mysql://user:password@host/name>; else server.db in the data folder. A
    /// password is better put into `GACHNO_SERVE_DATABASE` or serve.toml, where nobody sees it in
    /// the list of processes.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// There is a proxy in front: the right-most entry of X-Forwarded-For is who asks.
    #[arg(long)]
    pub behind_proxy: bool,
    /// The certificate with its chain (PEM): speak HTTPS. Renewed files are taken without a
    /// restart.
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM); nobody else may be able to read it.
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// How the log file is written: json (else), text.
    #[arg(long)]
    pub log: Option<LogForm>,
    /// Say what would run, without the secrets, and end.
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub struct SandboxArguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// recovery: events in the ledger.
    #[arg(long, default_value_t = 1_000_000)]
    pub events: u32,
    /// How long each of the portal's answers takes.
    #[arg(long, default_value_t = 0)]
    pub latency_ms: u64,
    /// What is simulated (JSON).
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Makes the accounts that no scenario lists.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct Bench {
    /// What is measured.
    #[arg(value_enum)]
    pub name: BenchName,
    /// payment, throughput, sessions: jobs that are measured, for each service and login.
    #[arg(long, default_value_t = 10)]
    pub jobs: u32,
    /// recovery: events in the ledger; server: rows in the long list.
    #[arg(long, default_value_t = 1_000_000)]
    pub events: u32,
    /// How long each of the portal's answers takes.
    #[arg(long, default_value_t = 300)]
    pub latency_ms: u64,
    /// crash: trials at random for so long; soak: how long it runs (3).
    #[arg(long, conflicts_with = "matrix")]
    pub minutes: Option<u32>,
    /// crash: everything: services × boundaries × victims, services × troubles × boundaries. Else
    /// the bounded part of the tests.
    #[arg(long)]
    pub matrix: bool,
    /// crash, model: repeats the random trials of this number. Else one is made and printed.
    #[arg(long)]
    pub seed: Option<u64>,
    /// model: attempts that are simulated.
    #[arg(long, default_value_t = 1_000_000)]
    pub attempts: u64,
    /// soak: requests a second.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub rate: u32,
    /// server, payments, desk, soak: an empty MariaDB database to measure too.
    #[arg(long, value_name = "URL", visible_alias = "database")]
    pub mariadb: Option<String>,
    /// payments: pages that are open at the same time.
    #[arg(long, default_value_t = 2_000)]
    pub listeners: u32,
    /// payments: open payments that a provider of five calls a second is asked about.
    #[arg(long, default_value_t = 200)]
    pub open: u32,
    /// payments: payments held, against a thousand.
    #[arg(long, default_value_t = 50_000)]
    pub held: u32,
    /// desk: contracts that are held.
    #[arg(long, default_value_t = 200_000)]
    pub contracts: u32,
    /// crash: trials whose name has this in it; payment, sessions, goals: services; server, payments, desk, soak: sqlite or mariadb.
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// crash: trials at the same time.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=16))]
    pub at_once: u16,
    /// One JSON object instead of a table.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum BenchName {
    /// Whose time a payment takes, and how many round trips to the browser.
    Payment,
    /// The portal's own time, ours with one login and with eight, and the old way's sleeps, side by
    /// side.
    Throughput,
    /// One, two, four and eight logins: speed, whose time, memory.
    Sessions,
    /// The table of all goals: requests a job, jobs a minute against the floor, processor time and
    /// memory.
    Goals,
    /// How many logins one machine, a grid and a fleet carry, and what gives first, reckoned from what
    /// is measured here.
    Scale,
    /// The durable steps of a payment beside bare commits of the same database.
    Ledger,
    /// A long ledger opened; a killed run classified, its browsers reaped.
    Recovery,
    /// Frames of the window with up to a million rows; a real window's first frame, idle CPU and
    /// memory.
    #[cfg(feature = "desktop")]
    Window,
    /// Kills the program and what it stands on, in the middle of payments, and compares the books.
    Crash,
    /// The shop's server: leases a second, pages of a long list, start-up.
    Server,
    /// What customers pay: webhooks a second, making a payment, open pages, reconciling, letters.
    Payments,
    /// The collection desk: a contract opened, contracts found, receipts a second, pages' weight.
    Desk,
    /// The server at a steady rate of everything, with clients, lines and a database that fail: what it told
    /// against what it kept, and whether its memory stays.
    Soak,
    /// Simulates engine and portal without a browser: a crash, a late answer or worse at every
    /// step.
    Model,
}

impl BenchName {
    /// The name on the command line.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Throughput => "throughput",
            Self::Sessions => "sessions",
            Self::Goals => "goals",
            Self::Scale => "scale",
            Self::Ledger => "ledger",
            Self::Recovery => "recovery",
            #[cfg(feature = "desktop")]
            Self::Window => "window",
            Self::Crash => "crash",
            Self::Server => "server",
            Self::Payments => "payments",
            Self::Desk => "desk",
            Self::Soak => "soak",
            Self::Model => "model",
        }
    }
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// Log in and look for every element of the portal map on its page, without moving money.
    #[arg(long)]
    pub portal: bool,
    /// One JSON object instead of a table.
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_bad_service_or_amount_is_a_usage_error() {
        for bad in [
            ["gachno", "run", "nap_the", "--from-api"].as_slice(),
            &["gachno", "run", "gach_dien_evn"],
            &[
                "gachno",
                "run",
                "nap_tien_viettel",
                "--from-api",
                "--amount",
                "1.5",
            ],
        ] {
            assert_eq!(
                Arguments::try_parse_from(bad)
                    .expect_err("refused")
                    .exit_code(),
                2,
                "{bad:?}"
            );
        }
    }
}
