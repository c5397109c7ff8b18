//! The first set-up, and the vault that a first secret makes.

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc::UnboundedReceiver;

use super::Teller;
use super::message::{Command, First, ReachUpdate, SetupCommand, SetupUpdate, Update};
use super::reach::{fetch_driver, health, look_at_browser};
use crate::app::{self, Secrets};
use crate::config::{self, Config, ConfigVault, ConfigVaultError, Home, Unlock};
use crate::desktop::words::said;

/// Waits for the first set-up, saves it, and goes on with it. What was set before without a secret stays.
pub async fn first(
    home: &Home,
    known: Config,
    inbox: &mut UnboundedReceiver<Command>,
    teller: &Teller,
) -> Option<(Config, Secrets, Unlock)> {
    teller.tell(Update::Setup(SetupUpdate::First));
    let settings = app::browser_settings(home, &known);
    look_at_browser(settings.clone(), teller.clone()).await;
    loop {
        let Command::Setup(command) = inbox.recv().await? else {
            continue;
        };
        match command {
            SetupCommand::Skip => {
                return Some((known, Secrets::default(), Unlock::default()));
            }
            SetupCommand::Check(url, token) => {
                let mut config = known.clone();
                config.api.url = url;
                let secrets = Secrets {
                    token: given(token),
                    ..Secrets::default()
                };
                let api = health(&config, &secrets).await;
                teller.tell(Update::Reach(ReachUpdate::Api(api)));
                look_at_browser(settings.clone(), teller.clone()).await;
            }
            SetupCommand::FetchDriver => {
                tokio::spawn(fetch_driver(settings.clone(), teller.clone()));
            }
            SetupCommand::Finish(form) => {
                let (path, known) = (home.config_file(), known.clone());
                let saved = tokio::task::spawn_blocking(move || {
                    let made = made(&form, known)?;
                    made.0.save(&path).map_err(said)?;
                    Ok::<_, String>(made)
                });
                match saved.await {
                    Ok(Ok(made)) => return Some(made),
                    Ok(Err(why)) => teller.tell(Update::Setup(SetupUpdate::Bad(why))),
                    Err(error) => teller.tell(Update::Setup(SetupUpdate::Bad(said(error)))),
                }
            }
            _ => {}
        }
    }
}

pub(super) fn made(form: &First, known: Config) -> Result<(Config, Secrets, Unlock), String> {
    let unlock = Unlock {
        passphrase: Some(form.passphrase.clone()).filter(|p| !p.expose_secret().is_empty()),
        keyring: form.use_keyring,
    };
    let mut config = known;
    for (key, value) in form
        .values
        .iter()
        .filter(|(_, value)| !value.expose_secret().trim().is_empty())
    {
        config = with(&config, key, value, &unlock)?;
    }
    let secrets = app::secrets(&config, &unlock).map_err(said)?;
    Ok((config, secrets, unlock))
}

/// A configuration with one key changed; its first secret makes the vault.
pub(super) fn with(
    config: &Config,
    key: &str,
    value: &SecretString,
    unlock: &Unlock,
) -> Result<Config, String> {
    config::set(config, key, value, || vault(config, unlock)).map_err(said)
}

/// The configuration's vault, or a new one.
pub(super) fn vault(config: &Config, unlock: &Unlock) -> Result<ConfigVault, ConfigVaultError> {
    match &config.vault {
        Some(header) => ConfigVault::open(header, unlock),
        None if unlock.passphrase.is_none() && !unlock.keyring => {
            Err(ConfigVaultError::NoPassphrase)
        }
        // With a passphrase the keyring is not asked.
        None => ConfigVault::create(unlock),
    }
}

/// What was typed, where anything was.
pub(super) fn given(text: SecretString) -> Option<SecretString> {
    Some(text).filter(|text| !text.expose_secret().is_empty())
}
