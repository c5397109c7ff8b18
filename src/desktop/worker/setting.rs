//! The configuration from the window: first set-up, changes, import and export, the doctor.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use super::message::{Command, ReachUpdate, SetupCommand, SetupUpdate, Update};
use super::open::{Open, health};
use super::{Teller, given};
use crate::app::{self, Secrets};
use crate::browser::{self as browsers, BrowserSettings};
use crate::config::{self, Config, Home, KeySource, Sealed, Unlock, Vault, VaultError};
use crate::domain::{Intake, Service};
use crate::engine::survey;
use crate::portal::Standing;

/// What the first set-up's form holds.
#[derive(Debug)]
pub struct First {
    /// Keys with what was typed for them; empty ones are left as they are.
    pub values: Vec<(&'static str, SecretString)>,
    /// Empty: the system's keyring.
    pub passphrase: SecretString,
    /// Keep the key there.
    pub use_keyring: bool,
}

/// Waits for the first set-up, saves it, and goes on with it.
pub async fn first(
    home: &Home,
    inbox: &mut UnboundedReceiver<Command>,
    teller: &Teller,
) -> Option<(Config, Secrets, Unlock)> {
    teller.tell(Update::Setup(SetupUpdate::First));
    let found = tokio::task::spawn_blocking(|| browser(&BrowserSettings::default())).await;
    teller.tell(Update::Reach(ReachUpdate::Browser(
        found.unwrap_or_else(|e| Err(e.to_string())),
    )));
    loop {
        let Command::Setup(command) = inbox.recv().await? else {
            continue;
        };
        match command {
            SetupCommand::Skip => {
                return Some((Config::default(), Secrets::default(), Unlock::default()));
            }
            SetupCommand::Check(url, token) => {
                let mut config = Config::default();
                config.api.url = url;
                let secrets = Secrets {
                    token: given(token),
                    ..Secrets::default()
                };
                let api = health(&config, &secrets).await;
                teller.tell(Update::Reach(ReachUpdate::Api(api)));
                let found =
                    tokio::task::spawn_blocking(|| browser(&BrowserSettings::default())).await;
                teller.tell(Update::Reach(ReachUpdate::Browser(
                    found.unwrap_or_else(|e| Err(e.to_string())),
                )));
            }
            SetupCommand::Finish(form) => {
                let path = home.config_file();
                let saved = tokio::task::spawn_blocking(move || {
                    let made = made(&form)?;
                    made.0.save(&path).map_err(|e| e.to_string())?;
                    Ok::<_, String>(made)
                });
                match saved.await {
                    Ok(Ok(made)) => return Some(made),
                    Ok(Err(why)) => teller.tell(Update::Setup(SetupUpdate::Bad(why))),
                    Err(error) => teller.tell(Update::Setup(SetupUpdate::Bad(error.to_string()))),
                }
            }
            _ => {}
        }
    }
}

fn made(form: &First) -> Result<(Config, Secrets, Unlock), String> {
    let unlock = Unlock {
        passphrase: Some(form.passphrase.clone()).filter(|p| !p.expose_secret().is_empty()),
        keyring: form.use_keyring,
    };
    let mut config = Config::default();
    for (key, value) in form
        .values
        .iter()
        .filter(|(_, value)| !value.expose_secret().trim().is_empty())
    {
        config = with(&config, key, value, &unlock)?;
    }
    let secrets = app::secrets(&config, &unlock).map_err(|e| e.to_string())?;
    Ok((config, secrets, unlock))
}

/// A configuration with one key changed; its first secret makes the vault.
fn with(
    config: &Config,
    key: &str,
    value: &SecretString,
    unlock: &Unlock,
) -> Result<Config, String> {
    config::set(config, key, value, || vault(config, unlock)).map_err(|e| e.to_string())
}

/// The configuration's vault, or a new one.
fn vault(config: &Config, unlock: &Unlock) -> Result<Vault, VaultError> {
    match &config.vault {
        Some(header) => Vault::open(header, unlock),
        None if unlock.passphrase.is_none() && !unlock.keyring => Err(VaultError::NoPassphrase),
        // With a passphrase the keyring is not asked.
        None => Vault::create(unlock),
    }
}

/// Saves one key.
pub async fn set(
    open: &Open,
    key: &str,
    value: SecretString,
) -> Result<(Config, Secrets, Unlock), String> {
    let mut unlock = open.unlock.clone();
    unlock.keyring |= keeps_in_keyring(&open.config);
    let key = key.to_owned();
    changed(open, unlock, move |config, unlock| {
        with(config, &key, &value, unlock)
    })
    .await
}

/// Lets this person sign in with this PIN, or not any more.
pub async fn seat(
    open: &Open,
    name: String,
    pin: Option<SecretString>,
) -> Result<(Config, Secrets, Unlock), String> {
    let mut unlock = open.unlock.clone();
    unlock.keyring |= keeps_in_keyring(&open.config);
    changed(open, unlock, move |config, unlock| match pin {
        Some(pin) => {
            config::seat(config, &name, &pin, || vault(config, unlock)).map_err(|e| e.to_string())
        }
        None => config::unseat(config, &name).map_err(|e| e.to_string()),
    })
    .await
}

/// A keyring's vault is opened by the keyring; where there is no vault yet it may be made there.
fn keeps_in_keyring(config: &Config) -> bool {
    config
        .vault
        .as_ref()
        .is_none_or(|header| matches!(header.key, KeySource::Keyring { .. }))
}

/// Changes the configuration and saves it. A demo's is in no file, and what it changes goes with
/// it.
async fn changed(
    open: &Open,
    unlock: Unlock,
    change: impl FnOnce(&Config, &Unlock) -> Result<Config, String> + Send + 'static,
) -> Result<(Config, Secrets, Unlock), String> {
    let config = open.config.clone();
    let changed = tokio::task::spawn_blocking(move || {
        let changed = change(&config, &unlock)?;
        let secrets = app::secrets(&changed, &unlock).map_err(|e| e.to_string())?;
        Ok::<_, String>((changed, secrets, unlock))
    });
    let (config, secrets, unlock) = changed.await.map_err(|e| e.to_string())??;
    if open.is_demo {
        return Ok((config, open.secrets.clone(), unlock));
    }
    config
        .save(&open.home.config_file())
        .map_err(|e| e.to_string())?;
    Ok((config, secrets, unlock))
}

/// Tells every key with its value.
pub fn tell(open: &Open, teller: &Teller, saved: Option<String>) {
    let value = |key: &String| config::get(&open.config, key).unwrap_or_default();
    let rows = config::keys()
        .into_iter()
        .map(|key| (key.clone(), value(&key), config::is_secret(&key)))
        .collect();
    teller.tell(Update::Settings(rows, saved));
}

/// Everything but the secrets and their vault.
fn without_secrets(config: &Config) -> Result<Value, serde_json::Error> {
    let plain = Config {
        portal: config::Portal {
            username: Sealed::default(),
            password: Sealed::default(),
            pin: Sealed::default(),
            ..config.portal.clone()
        },
        api: config::Api {
            token: Sealed::default(),
            ..config.api.clone()
        },
        site: config::Site {
            url: config.site.url.clone(),
            ..config::Site::default()
        },
        operators: Vec::new(),
        vault: None,
        ..config.clone()
    };
    serde_json::to_value(plain)
}

/// Writes the settings without secrets where the operator chooses. `None`: nowhere.
pub async fn export(open: &Open) -> Option<Result<String, String>> {
    let file = rfd::AsyncFileDialog::new()
        .set_file_name("gachno-config.json")
        .add_filter("JSON", &["json"])
        .save_file()
        .await?;
    let text = without_secrets(&open.config).and_then(|value| serde_json::to_string_pretty(&value));
    let written = match text {
        Ok(text) => {
            config::write_atomically(file.path(), text.as_bytes()).map_err(|e| e.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    Some(written.map(|()| file.path().display().to_string()))
}

/// Takes settings over from a file that the operator chooses; our own secrets stay. `None`: none
/// was chosen.
pub async fn import(open: &Open) -> Option<Result<(Config, Secrets, Unlock), String>> {
    let file = rfd::AsyncFileDialog::new()
        .add_filter("JSON", &["json"])
        .pick_file()
        .await?;
    Some(imported(open, file.path()))
}

fn imported(open: &Open, path: &std::path::Path) -> Result<(Config, Secrets, Unlock), String> {
    let config = merged(&open.config, Config::load(path).map_err(|e| e.to_string())?);
    if !open.is_demo {
        config
            .save(&open.home.config_file())
            .map_err(|e| e.to_string())?;
    }
    Ok((config, open.secrets.clone(), open.unlock.clone()))
}

/// Somebody else's settings with our own secrets and our own key.
fn merged(own: &Config, theirs: Config) -> Config {
    Config {
        portal: config::Portal {
            username: own.portal.username.clone(),
            password: own.portal.password.clone(),
            pin: own.portal.pin.clone(),
            ..theirs.portal
        },
        api: config::Api {
            token: own.api.token.clone(),
            ..theirs.api
        },
        site: config::Site {
            url: theirs.site.url,
            ..own.site.clone()
        },
        operators: own.operators.clone(),
        vault: own.vault.clone(),
        ..theirs
    }
}

/// Is a browser with its driver there?
pub fn browser(settings: &BrowserSettings) -> Result<String, String> {
    if !settings.webdriver_url.is_empty() {
        return Ok(browsers::without_password(&settings.webdriver_url));
    }
    let found =
        browsers::find(&settings.browser_path, &settings.driver_path).map_err(|e| e.to_string())?;
    let (browser, driver) = browsers::versions(&found).map_err(|e| e.to_string())?;
    Ok(if browser.is_empty() {
        format!("ChromeDriver {driver}")
    } else {
        format!("Chromium {browser}")
    })
}

/// What the doctor has to say: good or not, what, and the detail. Logs in, moves no money.
pub async fn diagnosis(open: &Open) -> Vec<(bool, String, String)> {
    let mut all = Vec::new();
    let mut add = |what: &str, result: Result<String, String>| {
        let is_good = result.is_ok();
        all.push((is_good, what.to_owned(), result.unwrap_or_else(|why| why)));
    };
    add("API", health(&open.config, &open.secrets).await);
    let settings = open.tools.browser.clone();
    let found = tokio::task::spawn_blocking(move || browser(&settings)).await;
    add("Chromium", found.unwrap_or_else(|e| Err(e.to_string())));
    add(
        "ledger",
        match open.tools.ledger.verify().await {
            Ok(Ok(events)) => Ok(format!("{events} ✔")),
            Ok(Err(fault)) => Err(fault.to_string()),
            Err(error) => Err(error.to_string()),
        },
    );
    let mut tools = app::tools_on(open.tools.ledger.clone(), &open.home, &open.config, None)
        .map_err(|e| e.to_string());
    if let Ok(tools) = &mut tools {
        tools.browser.headless = true;
    }
    let plan = app::plan(
        &open.config,
        &open.secrets,
        Service::LookUpFtth,
        Intake::default(),
    );
    match tools {
        Err(why) => add("portal", Err(why)),
        Ok(tools) => match survey(&tools, &plan).await {
            Err(error) => add("portal", Err(error.to_string())),
            Ok(visit) => {
                add(
                    "portal",
                    visit
                        .login
                        .map(|(agent, balance)| {
                            format!(
                                "{agent} · {}",
                                balance.map_or_else(|| "—".to_owned(), |b| b.to_string())
                            )
                        })
                        .map_err(|e| e.to_string()),
                );
                for page in &visit.pages {
                    let missing = page
                        .elements
                        .iter()
                        .filter(|e| e.standing == Standing::Missing);
                    let missing: Vec<String> = missing
                        .map(|e| match e.nearest.first() {
                            Some(near) => format!("{} ≈ {}", e.element, near.locator),
                            None => e.element.clone(),
                        })
                        .collect();
                    add(
                        page.page,
                        if missing.is_empty() {
                            Ok(page.url.clone())
                        } else {
                            Err(missing.join(", "))
                        },
                    );
                }
            }
        },
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_set_up_is_sealed_and_opens_again() {
        let form = First {
            values: vec![
                ("portal.username", "AGENT".into()),
                ("portal.pin", "246810".into()),
                ("api.url", "http://127.0.0.1:9".into()),
                ("api.token", "".into()),
            ],
            passphrase: "con mèo".into(),
            use_keyring: false,
        };
        let (config, secrets, _) = made(&form).expect("good");
        assert_eq!(
            secrets.pin.as_ref().map(|p| p.expose_secret().to_owned()),
            Some("246810".to_owned())
        );
        assert_eq!(
            (config.api.url.as_str(), config.api.token.is_empty()),
            ("http://127.0.0.1:9", true)
        );
        let shown = serde_json::to_string(&without_secrets(&config).expect("json")).expect("json");
        assert!(
            !shown.contains("gAAAA") && shown.contains("127.0.0.1:9"),
            "no token of a secret: {shown}"
        );
        let without_key = First {
            passphrase: "".into(),
            ..form
        };
        assert!(made(&without_key).is_err(), "secrets need a key");
        let bad = First {
            values: vec![("portal.pin", "12ab".into())],
            passphrase: "x".into(),
            use_keyring: false,
        };
        assert!(made(&bad).expect_err("refused").contains("PIN"));
    }

    #[test]
    fn settings_of_another_machine_bring_everything_but_their_secrets() {
        let form = |pin: &str| First {
            values: vec![("portal.pin", pin.into())],
            passphrase: "x".into(),
            use_keyring: false,
        };
        let (own, ..) = made(&form("111111")).expect("good");
        let (mut theirs, ..) = made(&form("222222")).expect("good");
        theirs.limits.per_day = Some(crate::domain::Vnd::fixed(5_000_000));
        let merged = merged(&own, theirs);
        assert_eq!(
            (
                merged.limits.per_day.map(crate::domain::Vnd::dong),
                &merged.portal.pin,
                &merged.vault
            ),
            (Some(5_000_000), &own.portal.pin, &own.vault)
        );
    }
}
