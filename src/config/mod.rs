//! `config.json`, the secrets in it, and where things lie on disk.
//!
//! Lives here: the one struct that is the file's manual, the Fernet vault, atomic writes, the
//! folders. Never here: what the values mean to a payment; a secret in clear outside [`secrecy`]
//! types.

mod edit;
mod files;
mod home;
mod vault;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::{Limits, Patience};

pub use edit::{KeyFault, bounds, choices, get, is_owners, is_secret, keys, seat, set, unseat};
pub use files::{private_folder, write_atomically};
pub use home::Home;
pub use vault::{ConfigVault, ConfigVaultError, KeySource, Sealed, Unlock, VaultHeader};

/// Everything that can be set. Unknown keys are refused, so that a slip of the finger is not
/// silently ignored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The agent portal and who we are on it.
    pub portal: Portal,
    /// How payments in doubt are looked into.
    pub reconcile: Reconcile,
    /// Where jobs come from.
    pub api: Api,
    /// The shop's own collection site, another place that jobs may come from.
    pub site: Site,
    /// The browser and its driver.
    pub browser: BrowserConfig,
    /// What must not be exceeded, in đồng. `null` is no limit.
    pub limits: Limits,
    /// Where reports go.
    pub report: ReportConfig,
    /// What is kept of each payment.
    pub evidence: EvidenceRules,
    /// The operator's window.
    pub window: Window,
    /// The window working by itself.
    pub auto: AutoConfig,
    /// Who works here where nobody signs in; recorded with every batch.
    pub operator: String,
    /// Who may sign in to the window, each with a PIN of their own. Empty: nobody has to.
    pub operators: Vec<Seat>,
    /// How the secrets' key is found. Written by the program.
    pub vault: Option<VaultHeader>,
}

/// Somebody who may sign in to the window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seat {
    /// As it stands in reports.
    pub name: String,
    /// Secret: the PIN that signs in. It is not the portal's.
    pub pin: Sealed,
}

/// The agent portal and who we are on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Portal {
    /// Base address.
    pub url: String,
    /// Secret: the agent code that logs in. A batch refuses to run when the browser is somebody
    /// else.
    pub username: Sealed,
    /// Secret: the portal password (six characters at most).
    pub password: Sealed,
    /// Secret: the PIN that confirms payments.
    pub pin: Sealed,
    /// The agent code as the portal's frame shows it, where it differs from the login name. Empty:
    /// the same.
    pub agent_code: String,
    /// How long an answer of the portal is waited for, in seconds. After a confirming click that
    /// makes a doubt.
    pub answer_timeout_s: u32,
    /// How long a person is waited for (captcha, OTP, login by hand), in seconds.
    pub person_timeout_s: u32,
    /// How often a job is tried again after a technical failure before anything was armed.
    pub retries: u32,
    /// Technical failures in a row after which the batch pauses.
    pub failures_before_pause: u32,
}

/// How payments in doubt are looked into. Nobody knows how long the portal takes to show a payment:
/// these are cautious.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reconcile {
    /// How long a batch that is through goes on looking, in seconds.
    pub wait_s: u32,
    /// When a payment is looked into, in milliseconds after it became unknown. After the last a
    /// person is asked.
    pub look_after_ms: Vec<u32>,
    /// How long the portal may take to show a payment in its history, in milliseconds.
    pub settle_ms: u32,
    /// How far two readings of the history without the payment must lie apart, in milliseconds.
    pub apart_ms: u32,
}

impl Reconcile {
    /// The same as the rules take it.
    pub fn patience(&self) -> Patience {
        Patience {
            schedule_ms: self.look_after_ms.iter().copied().map(i64::from).collect(),
            settle_ms: self.settle_ms.into(),
            apart_ms: self.apart_ms.into(),
        }
    }
}

impl Default for Reconcile {
    fn default() -> Self {
        Self {
            wait_s: 150,
            look_after_ms: vec![
                0, 5_000, 15_000, 60_000, 130_000, 300_000, 900_000, 3_600_000,
            ],
            settle_ms: 60_000,
            apart_ms: 60_000,
        }
    }
}

/// What is kept of each payment, beside the request and the answer at the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvidenceRules {
    /// The question and the page's text of every payment, and pictures of those that the portal did
    /// not answer plainly; off: of failures and doubts alone.
    pub pictures: bool,
    /// A picture of every payment. Each takes about a tenth of a second in which nothing is paid.
    pub every_payment: bool,
    /// Files older than this many days are removed; the ledger keeps their hashes.
    pub keep_days: u32,
}

impl Default for EvidenceRules {
    fn default() -> Self {
        Self {
            pictures: true,
            every_payment: false,
            keep_days: 180,
        }
    }
}

/// Where jobs come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Api {
    /// `api`: the job API at `api.url`; `site`: the collection site at `site.url`.
    pub source: String,
    /// Base address of the job API.
    pub url: String,
    /// Secret: the machine's token. With one, jobs are leased from our server, and what became of
    /// them is told there.
    pub token: Sealed,
    /// How many jobs are taken at once where they are leased.
    pub jobs_at_once: u16,
    /// How long the health check may take, in seconds.
    pub health_timeout_s: u32,
    /// How long a list may take, in seconds.
    pub data_timeout_s: u32,
}

/// The shop's own collection site.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Site {
    /// Base address.
    pub url: String,
    /// Secret: the user's own web login there.
    pub username: Sealed,
    /// Secret: its password.
    pub password: Sealed,
}

/// The browser and its driver. Empty paths are searched for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BrowserConfig {
    /// A WebDriver that runs elsewhere (Selenium Grid). Empty: our own `ChromeDriver`.
    pub webdriver_url: String,
    /// Chromium, Chrome or Edge.
    pub browser_path: String,
    /// Its driver.
    pub driver_path: String,
    /// A driver that is missing, or too old since the browser renewed itself: `ask` a person (auto
    /// mode fetches it by itself), `yes`: fetch it by itself, `no`: never.
    pub fetch_driver: String,
    /// A mirror of Chrome for Testing that drivers come from. Empty: its makers.
    pub driver_mirror: String,
    /// The same for Edge's drivers.
    pub edge_driver_mirror: String,
    /// Without a window. Captcha and OTP then cannot be done by a person at this machine.
    pub headless: bool,
    /// Speak `BiDi`: the commit gate, and several logins in a browser. Off: a latch in the page, a
    /// browser a login.
    pub bidi: bool,
    /// Carry the browser's connections through a relay of ours that is shut while a payment is
    /// held. Off only where a proxy has to be used to reach the portal.
    pub valve: bool,
    /// Logins that work on a batch at the same time, at most.
    pub sessions: u16,
    /// Logins in one browser, at most. A browser that dies takes them along.
    pub logins_per_browser: u16,
    /// How many minutes the window keeps logins open after a batch, for the next one; 0: not at all.
    pub keep_open_min: u16,
}

impl Default for BrowserConfig {
    fn default() -> Self {
        Self {
            webdriver_url: String::new(),
            browser_path: String::new(),
            driver_path: String::new(),
            fetch_driver: "ask".to_owned(),
            driver_mirror: String::new(),
            edge_driver_mirror: String::new(),
            headless: false,
            bidi: true,
            valve: true,
            sessions: 1,
            logins_per_browser: 4,
            keep_open_min: 10,
        }
    }
}

/// The operator's window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Window {
    /// `vi` or `en`.
    pub language: String,
    /// Light ink on dark paper.
    pub dark: bool,
    /// How large everything is, in percent of what the system says: 80 to 200.
    pub scale_percent: u32,
    /// Locks after so many minutes without a hand on it; 0 is never.
    pub lock_after_min: u32,
    /// A sound when a batch is over or somebody is needed.
    pub sound: bool,
    /// Warns when the portal's balance falls below so many đồng; 0: never.
    pub low_balance: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            language: "vi".to_owned(),
            dark: false,
            scale_percent: 100,
            lock_after_min: 15,
            sound: true,
            low_balance: 0,
        }
    }
}

/// The window working by itself, service by service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AutoConfig {
    /// Minutes between two rounds.
    pub every_min: u32,
    /// No round begins from this hour of the day…
    pub quiet_from: u32,
    /// …until this one; the same hour is no quiet at all.
    pub quiet_to: u32,
    /// Names of services, separated by commas. Empty: all of them.
    pub services: String,
}

impl Default for AutoConfig {
    fn default() -> Self {
        Self {
            every_min: 10,
            quiet_from: 22,
            quiet_to: 6,
            services: String::new(),
        }
    }
}

/// Where reports go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportConfig {
    /// The folder that holds one folder per service. Empty: `ket_qua` in the working directory, on
    /// Windows and macOS `GachNo` in the user's documents.
    pub folder: String,
    /// The shop's name as it stands on receipts.
    pub shop: String,
}

impl Default for Portal {
    fn default() -> Self {
        Self {
            url: "https://kpp.bankplus.vn".to_owned(),
            username: Sealed::default(),
            password: Sealed::default(),
            pin: Sealed::default(),
            agent_code: String::new(),
            answer_timeout_s: 60,
            person_timeout_s: 300,
            retries: 2,
            failures_before_pause: 3,
        }
    }
}

impl Default for Api {
    fn default() -> Self {
        Self {
            source: "api".to_owned(),
            url: "http://127.0.0.1:8080".to_owned(),
            token: Sealed::default(),
            jobs_at_once: 50,
            health_timeout_s: 5,
            data_timeout_s: 10,
        }
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read or written.
    #[error(
        "Không đọc/ghi được {path}. Kiểm tra quyền truy cập và dung lượng đĩa. (Cannot read or write it.)"
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file is not what it should be. It was copied aside and left as it is.
    #[error(
        "{path} bị hỏng. Đã giữ bản sao tại {kept}; sửa lại hoặc xóa tệp rồi đặt lại cấu hình. (Damaged; a copy was kept.) [{why}]"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where it is damaged.
        why: String,
        /// The copy.
        kept: PathBuf,
    },
    /// The system names no folder for configuration.
    #[error(
        "Không tìm được thư mục cấu hình của người dùng. Đặt biến GACHNO_HOME. (No home directory; set GACHNO_HOME.)"
    )]
    NoHome,
    /// The secrets cannot be opened.
    #[error(transparent)]
    ConfigVault(#[from] ConfigVaultError),
}

impl Config {
    /// Reads the file. A missing file is the defaults; a damaged one is kept aside and refused.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => {
                return Err(ConfigError::Io {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        serde_json::from_slice(&bytes).map_err(|e| damaged(path, &bytes, &e.to_string()))
    }

    /// Writes the file: whole or not at all, readable by its owner only.
    pub fn save(&self, path: &Path) -> Result<(), ConfigError> {
        let io = |source| ConfigError::Io {
            path: path.to_owned(),
            source,
        };
        let mut text = serde_json::to_string_pretty(self).map_err(|e| io(e.into()))?;
        text.push('\n');
        write_atomically(path, text.as_bytes()).map_err(io)
    }
}

/// Keeps the damaged file's bytes under a name that says what they are, once per content.
fn damaged(path: &Path, bytes: &[u8], why: &str) -> ConfigError {
    use sha2::{Digest, Sha256};
    let mark: String = Sha256::digest(bytes)
        .iter()
        .take(4)
        .map(|b| format!("{b:02x}"))
        .collect();
    let kept = path.with_extension(format!("hong-{mark}.json"));
    if !kept.exists()
        && let Err(error) = write_atomically(&kept, bytes)
    {
        tracing::warn!(%error, "the damaged config could not be kept aside");
    }
    ConfigError::Damaged {
        path: path.to_owned(),
        why: why.to_owned(),
        kept,
    }
}

#[cfg(test)]
mod tests;
