//! Arguments of `gachno store`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::domain::Vnd;

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Adds what a database lacks, an old dump's too; loses nothing. `gachno serve` does it by
    /// itself.
    Migrate {
        /// Else the server's own.
        #[arg(long, value_name = "URL")]
        database: Option<String>,
    },
    /// Copies a whole shop from one database into an empty one, and compares both.
    Copy {
        /// <sqlite://FILE> or <mysql://…>
        #[arg(long, value_name = "URL")]
        from: String,
        /// <sqlite://FILE> or <mysql://…>
        #[arg(long, value_name = "URL")]
        to: String,
    },
    /// Saves the database into a file (SQLite, whatever the server runs on), while it works.
    Backup {
        /// Where to; must not be there yet.
        file: PathBuf,
        /// Else the server's own.
        #[arg(long, value_name = "URL")]
        database: Option<String>,
    },
    /// Brings a saved file back into an empty database.
    Restore {
        /// What `backup` wrote.
        file: PathBuf,
        /// Else the server's own.
        #[arg(long, value_name = "URL")]
        database: Option<String>,
    },
    /// Makes a token for a machine and prints it, this once.
    Token {
        /// What the machine is called.
        name: String,
        /// jobs:lease, jobs:write, jobs:read, metrics, payments:write, payments:read,
        /// collection:write, desk
        #[arg(long, value_delimiter = ',', default_value = "jobs:lease,jobs:read")]
        scopes: Vec<String>,
        /// Binds the token to a person: it sees what that person sees. Needed for `desk`.
        #[arg(long, value_name = "USERNAME")]
        person: Option<String>,
        /// Else the server's own.
        #[arg(long, value_name = "URL")]
        database: Option<String>,
    },
    /// What is set for a provider, or for what sends letters: prints it as one JSON object, without
    /// secrets.
    Provider(Box<StoreProvider>),
    /// Makes one more payee (who receives money) and prints its number. Number 1 is there from the
    /// start.
    Payee {
        /// What it is called.
        name: String,
        /// Else the server's own.
        #[arg(long, value_name = "URL")]
        database: Option<String>,
    },
    /// Makes or changes a person, and prints them as one JSON object.
    Person(Box<StorePerson>),
    /// Changes the key of the secrets in the database (serve.key): a new one is made, everything is
    /// sealed anew, the old one is dropped. All servers are stopped for it; the new file goes to
    /// each of them.
    Rekey {
        /// Else the server's own.
        #[arg(long, value_name = "URL")]
        database: Option<String>,
    },
    /// The way back in: prints a password for an owner that works once, for a quarter of an hour.
    ///
    /// Ends that account's sessions, takes away its second factor and its device. Where no owner
    /// may sign in a new one is made.
    Owner {
        /// Else the server's own.
        #[arg(long, value_name = "URL")]
        database: Option<String>,
    },
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags, named as they are typed"
)]
pub struct StoreProvider {
    /// payos, vnpay, wallet, vietqr, smtp, sms, zns, hifpt, backoffice
    pub kind: String,
    /// Which payee's.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub owner: i64,
    /// Read the settings from stdin, one JSON object with all of them. Another `checksum_key` keeps
    /// the one before.
    #[arg(long, required_unless_present_any = ["show", "off", "drop_old_keys"], conflicts_with_all = ["show", "off", "drop_old_keys"])]
    pub stdin: bool,
    /// Only show them.
    #[arg(long, conflicts_with_all = ["off", "drop_old_keys"])]
    pub show: bool,
    /// Turn it off; what is set stays.
    #[arg(long, conflicts_with = "drop_old_keys")]
    pub off: bool,
    /// Forget the keys that were replaced.
    #[arg(long)]
    pub drop_old_keys: bool,
    /// Else the server's own.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
}

#[derive(Debug, Args)]
pub struct StorePerson {
    /// The login.
    pub username: String,
    /// owner, manager, operator, collector, `read_only`, customer
    #[arg(long)]
    pub role: String,
    /// The person's name.
    #[arg(long, value_name = "N")]
    pub name: Option<String>,
    /// Where letters go.
    #[arg(long, value_name = "E")]
    pub email: Option<String>,
    /// Where messages go.
    #[arg(long, value_name = "P")]
    pub phone: Option<String>,
    /// A collector is: `tin_pnc` or `thu_cuoc` (else).
    #[arg(long, value_name = "K")]
    pub kind: Option<String>,
    /// What a collector may hold in cash, in đồng; a new one's is 0.
    #[arg(long, value_name = "N")]
    pub cash_limit: Option<Vnd>,
    /// What they may hold besides, in đồng.
    #[arg(long, value_name = "N", requires = "extra_until")]
    pub extra: Option<Vnd>,
    /// The last day of that.
    #[arg(long, value_name = "YYYY-MM-DD", requires = "extra")]
    pub extra_until: Option<jiff::civil::Date>,
    /// Works for this payee only; 0: for all.
    #[arg(long, value_name = "N")]
    pub payee: Option<i64>,
    /// Read the password from stdin. It need not be changed at the first sign-in.
    #[arg(long)]
    pub password_stdin: bool,
    /// Else the server's own.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
}
