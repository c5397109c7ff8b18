//! From configuration to the engine's tools: what the terminal and the window share.
//!
//! Lives here: opening secrets once, overrides of the command line, where reports go.
//! Never here: arguments, widgets, what a batch does.

mod link;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::browser::{BrowserSettings, FetchPolicy, Supply};
use crate::client::{ApiError, JobApi};
use crate::config::{Config, ConfigError, ConfigVault, Home, Unlock};
use crate::domain::{Intake, ListChoice, Service};
use crate::engine::{EvidenceStore, Halt, Plan, Repeats, Tools, Warm};
use crate::ledger::{Ledger, LedgerError};
use crate::portal::{Credentials, MapError, PortalMap};

pub use link::{LinkError, ServerLink, link};

/// How long the source is waited for when a program ends with outcomes to tell.
const LAST_CHANCE: Duration = Duration::from_secs(10);

/// The secrets of the configuration, opened.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// Agent code that logs in.
    pub username: Option<SecretString>,
    /// Portal password.
    pub password: Option<SecretString>,
    /// Confirms payments.
    pub pin: Option<SecretString>,
    /// The machine's token at the job API.
    pub token: Option<SecretString>,
    /// The login at the collection site.
    pub site: Option<(SecretString, SecretString)>,
    /// Who may sign in to the window, and with which PIN.
    pub operators: Vec<(String, SecretString)>,
}

/// Why the program cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Configuration or its secrets.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The portal map.
    #[error(transparent)]
    Map(#[from] MapError),
    /// The journal.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Opens every secret there is. A configuration without any needs no key.
pub fn secrets(config: &Config, unlock: &Unlock) -> Result<Secrets, ConfigError> {
    let portal = &config.portal;
    let sealed = [
        &portal.username,
        &portal.password,
        &portal.pin,
        &config.api.token,
        &config.site.username,
        &config.site.password,
    ];
    let is_any = sealed.iter().any(|s| !s.is_empty()) || !config.operators.is_empty();
    let Some(header) = config.vault.as_ref().filter(|_| is_any) else {
        return Ok(Secrets::default());
    };
    let vault = ConfigVault::open(header, unlock)?;
    Ok(Secrets {
        username: vault.unseal("portal.username", &portal.username)?,
        password: vault.unseal("portal.password", &portal.password)?,
        pin: vault.unseal("portal.pin", &portal.pin)?,
        token: vault.unseal("api.token", &config.api.token)?,
        site: vault
            .unseal("site.username", &config.site.username)?
            .zip(vault.unseal("site.password", &config.site.password)?),
        operators: config
            .operators
            .iter()
            .filter_map(|seat| {
                Some(
                    vault
                        .unseal("operators", &seat.pin)
                        .transpose()?
                        .map(|pin| (seat.name.clone(), pin)),
                )
            })
            .collect::<Result<_, _>>()?,
    })
}

/// Opens the ledger and reads the portal map.
pub async fn tools(
    home: &Home,
    config: &Config,
    map_file: Option<&Path>,
) -> Result<Tools, SetupError> {
    let ledger = Ledger::open(&home.ledger()).await?;
    tools_on(Arc::new(ledger), home, config, map_file)
}

/// The same on a ledger that is open already. Call it on a runtime.
pub fn tools_on(
    ledger: Arc<Ledger>,
    home: &Home,
    config: &Config,
    map_file: Option<&Path>,
) -> Result<Tools, SetupError> {
    home.close_to_others();
    let own_map = home.portal_map();
    let map = PortalMap::load(map_file.or_else(|| own_map.exists().then_some(own_map.as_path())))?;
    let evidence = EvidenceStore::at(&home.evidence(), config.evidence.pictures)
        .with_every_picture(config.evidence.every_payment);
    let (old, keep_days) = (evidence.clone(), config.evidence.keep_days);
    // In the background: what is old may be many files.
    tokio::task::spawn_blocking(move || old.prune(keep_days));
    Ok(Tools {
        ledger,
        map: Arc::new(map),
        portal_url: config.portal.url.trim_end_matches('/').to_owned(),
        browser: browser_settings(home, config),
        logins_per_browser: config.browser.logins_per_browser.max(1).into(),
        evidence,
        answer_max: seconds(config.portal.answer_timeout_s),
        person_max: seconds(config.portal.person_timeout_s),
        retries: config.portal.retries,
        failures_before_pause: config.portal.failures_before_pause.max(1),
        patience: config.reconcile.patience(),
        settle_max: Duration::from_secs(config.reconcile.wait_s.into()),
        warm: Warm::default(),
        claims: None,
        halt: Halt::default(),
    })
}

/// How browsers are started here.
pub fn browser_settings(home: &Home, config: &Config) -> BrowserSettings {
    let browser = &config.browser;
    BrowserSettings {
        webdriver_url: browser.webdriver_url.clone(),
        browser_path: browser.browser_path.clone(),
        driver_path: browser.driver_path.clone(),
        supply: Supply {
            folder: home.drivers(),
            mirror: browser.driver_mirror.clone(),
            edge_mirror: browser.edge_driver_mirror.clone(),
            policy: FetchPolicy::of(&browser.fetch_driver),
        },
        headless: browser.headless,
        run_folder: home.run(),
        classic: !browser.bidi,
        relay: relay_program(config),
    }
}

/// Where a window's logins wait between two batches.
pub fn warm(config: &Config) -> Warm {
    Warm::for_so_long(Duration::from_secs(
        60 * u64::from(config.browser.keep_open_min),
    ))
}

/// The program whose `relay` carries the browser's connections: this one, or the one beside
/// whatever this is.
fn relay_program(config: &Config) -> Option<PathBuf> {
    let me = std::env::current_exe()
        .ok()
        .filter(|_| config.browser.valve)?;
    let name = format!("{}{}", env!("CARGO_PKG_NAME"), std::env::consts::EXE_SUFFIX);
    if me.file_name().is_some_and(|file| file == name.as_str()) {
        return Some(me);
    }
    // A test or a benchmark lies in a folder below it.
    me.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(&name))
        .find(|program| program.is_file())
        .or(Some(me))
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count.max(1)))
}

/// A batch from what came in. The operator's own PIN wins over the list's: a list must not lock the
/// portal's PIN.
pub fn plan(config: &Config, secrets: &Secrets, service: Service, intake: Intake) -> Plan {
    let code = Some(config.portal.agent_code.trim())
        .filter(|c| !c.is_empty())
        .map(str::to_owned);
    let login = secrets
        .username
        .as_ref()
        .map(|u| u.expose_secret().to_owned());
    Plan {
        service,
        list: intake.list,
        receiver: intake.receiver_phone,
        pin: secrets.pin.clone().or(intake.pin),
        credentials: Credentials {
            username: secrets.username.clone(),
            password: secrets.password.clone(),
        },
        agent: code.or(login),
        operator: operator(config),
        limits: config.limits,
        is_sample: intake.is_sample,
        dry_run: false,
        choice: ListChoice::Unsaid,
        repeats: Repeats::None,
        sessions: config.browser.sessions.max(1).into(),
    }
}

/// Who works here: as configured, else the system's user.
pub fn operator(config: &Config) -> String {
    let of_system = || {
        ["USER", "USERNAME", "LOGNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok())
            .unwrap_or_default()
    };
    Some(config.operator.trim())
        .filter(|o| !o.is_empty())
        .map_or_else(of_system, str::to_owned)
}

/// The job API as configured.
pub fn job_api(config: &Config, secrets: &Secrets) -> Result<JobApi, ApiError> {
    JobApi::new(
        &config.api.url,
        secrets.token.clone(),
        seconds(config.api.health_timeout_s),
        seconds(config.api.data_timeout_s),
    )
}

/// The folder that holds one folder of reports per service.
pub fn report_folder(config: &Config) -> PathBuf {
    match config.report.folder.trim() {
        // A program of Windows or macOS is started from wherever it is installed, where nobody
        // looks for reports and nobody may write.
        "" if cfg!(any(windows, target_os = "macos")) => {
            let user = directories::UserDirs::new();
            let documents = user.as_ref().and_then(directories::UserDirs::document_dir);
            documents.map_or_else(|| PathBuf::from("ket_qua"), |folder| folder.join("GachNo"))
        }
        "" => PathBuf::from("ket_qua"),
        folder => PathBuf::from(folder),
    }
}
