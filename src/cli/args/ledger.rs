//! Arguments of `gachno ledger` and `gachno config`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum LedgerArguments {
    /// The newest batches.
    List {
        /// How many.
        #[arg(long, default_value_t = 20)]
        most: u32,
    },
    /// "Did we pay this?": by code, phone, order, transaction or attempt id.
    Show {
        /// What to look for.
        what: String,
    },
    /// Goes through the hash chain.
    Verify,
    /// Every job's standing.
    Export {
        /// JSON lines.
        #[arg(long, conflicts_with = "xlsx")]
        json: bool,
        /// An Excel file, with a sheet for each service.
        #[arg(long, value_name = "FILE.xlsx")]
        xlsx: Option<PathBuf>,
        /// Only this batch.
        #[arg(long)]
        batch: Option<String>,
    },
    /// Tells outcomes that their source has not acknowledged yet.
    Deliver,
    /// Copies the ledger while it works; says where to. A copy is also made by itself after
    /// batches.
    Backup,
    /// A person's word, with name and reason, that an older copy of the ledger was compared with
    /// the portal's history: payments go on.
    Adopt {
        /// Who says so.
        #[arg(long)]
        name: String,
        /// What was compared.
        #[arg(long)]
        reason: String,
    },
    /// Writes a batch's report again.
    Report {
        /// The batch's id.
        batch: String,
        /// Where to.
        #[arg(long, value_name = "FILE.xlsx")]
        report: PathBuf,
    },
    /// A person's word on an attempt in doubt, with name and reason. Said once, never rewritten.
    Resolve {
        /// The attempt's id.
        attempt: String,
        /// It was paid.
        #[arg(
            long,
            required_unless_present = "not_paid",
            conflicts_with = "not_paid"
        )]
        paid: bool,
        /// It was not paid; the job may be done again.
        #[arg(long)]
        not_paid: bool,
        /// Who says so.
        #[arg(long)]
        name: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Looks into everything that is in doubt.
    Reconcile {
        /// JSON lines.
        #[arg(long)]
        json: bool,
        /// The portal's address instead of the configured one.
        #[arg(long, value_name = "URL")]
        portal: Option<String>,
        /// Browsers without windows.
        #[arg(long)]
        headless: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum ConfigArguments {
    /// Prints a key's value; a secret only as ********.
    Get {
        /// Dotted: portal.url
        key: String,
    },
    /// Sets a key. Secrets are asked for without echo, or read from stdin.
    Set {
        /// Dotted: portal.url
        key: String,
        /// The value; not for secrets.
        #[arg(conflicts_with = "stdin")]
        value: Option<String>,
        /// Read the value from stdin.
        #[arg(long)]
        stdin: bool,
    },
    /// Who may sign in to the window. Without a name: prints them.
    Operator {
        /// As it stands in reports. The PIN is asked for without echo, or read from stdin.
        name: Option<String>,
        /// May not sign in any more.
        #[arg(long, requires = "name", conflicts_with = "stdin")]
        remove: bool,
        /// Read the PIN from stdin.
        #[arg(long)]
        stdin: bool,
    },
    /// Where the files are.
    Path,
}
