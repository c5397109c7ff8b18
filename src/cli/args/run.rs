//! Arguments of `gachno run`.

use std::path::PathBuf;

use clap::Args;

use crate::domain::{PaymentType, Phone, Service, Vnd};
use crate::engine::Boundary;

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags, named as they are typed"
)]
pub struct RunArguments {
    /// `tra_cuu_ftth`, `gach_dien_evn`, `nap_tien_da_mang`, `nap_tien_viettel`,
    /// `thanh_toan_tv_internet`, `tra_cuu_no_tra_sau`
    pub service: Service,
    /// A job file: .json, .csv, .txt or .xlsx.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "from_api",
        conflicts_with = "from_api"
    )]
    pub jobs: Option<PathBuf>,
    /// Take the jobs from the job API.
    #[arg(long)]
    pub from_api: bool,
    /// The job API's address instead of the configured one.
    #[arg(long, value_name = "URL")]
    pub api: Option<String>,
    /// The portal's address instead of the configured one.
    #[arg(long, value_name = "URL")]
    pub portal: Option<String>,
    /// A portal map instead of the configured or built-in one.
    #[arg(long, value_name = "FILE")]
    pub portal_map: Option<PathBuf>,
    /// Logins that work at the same time, at most (else `browser.sessions`): the portal's own pace
    /// decides how many.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub sessions: Option<u16>,
    /// Browsers without windows.
    #[arg(long)]
    pub headless: bool,
    /// Amount of every top-up without one of its own, in đồng.
    #[arg(long, value_name = "N")]
    pub amount: Option<Vnd>,
    /// "Nạp trả trước" (prepaid) or "Gạch nợ trả sau" (postpaid), for rows that do not say it.
    #[arg(long, value_name = "T")]
    pub payment_type: Option<PaymentType>,
    /// The phone number that electricity bills are receipted to.
    #[arg(long, value_name = "P")]
    pub receiver_phone: Option<Phone>,
    /// Write the report to this file instead of the report folder.
    #[arg(long, value_name = "FILE.xlsx")]
    pub report: Option<PathBuf>,
    /// JSON lines on stdout, and nothing else.
    #[arg(long)]
    pub json: bool,
    /// Stop before arming: everything up to the confirming click, which is not made.
    #[arg(long)]
    pub dry_run: bool,
    /// The most that this batch may pay, in đồng.
    #[arg(long, value_name = "N")]
    pub max_total: Option<Vnd>,
    /// Pay without asking. Needed where there is no terminal.
    #[arg(long)]
    pub yes: bool,
    /// Make a new batch even if the same jobs were run before.
    #[arg(long, conflicts_with = "continue_batch")]
    pub new_batch: bool,
    /// Go on with this batch of the same list, which was stopped on an earlier day.
    #[arg(long = "continue", value_name = "BATCH")]
    pub continue_batch: Option<String>,
    /// Top up once more what an equal top-up (same number and amount) was made for a short while
    /// ago.
    #[arg(long)]
    pub again: bool,
    /// For crash tests: do the list dry first; the logins stay open for the batch itself, as a window's do.
    #[arg(long, hide = true)]
    pub rehearse: bool,
    /// For crash tests: stop at this boundary of the first payment that reaches it, until a line
    /// comes on stdin.
    #[arg(long, hide = true)]
    pub halt_at: Option<Boundary>,
}
