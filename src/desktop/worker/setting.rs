//! The configuration from the window: changes, import and export.

use secrecy::SecretString;
use serde_json::Value;

use super::Teller;
use super::first_setup::{vault, with};
use super::message::Update;
use super::open::Open;
use crate::app::{self, Secrets};
use crate::config::{self, Config, KeySource, Sealed, Unlock};
use crate::desktop::words::said;

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
        Some(pin) => config::seat(config, &name, &pin, || vault(config, unlock)).map_err(said),
        None => config::unseat(config, &name).map_err(said),
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
    let (config, is_demo, own) = (open.config.clone(), open.is_demo, open.secrets.clone());
    let path = open.home.config_file();
    let changed = tokio::task::spawn_blocking(move || {
        let changed = change(&config, &unlock)?;
        let secrets = app::secrets(&changed, &unlock).map_err(said)?;
        if is_demo {
            return Ok((changed, own, unlock));
        }
        changed.save(&path).map_err(said)?;
        Ok::<_, String>((changed, secrets, unlock))
    });
    changed.await.map_err(said)?
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
        Ok(text) => config::write_atomically(file.path(), text.as_bytes()).map_err(said),
        Err(error) => Err(said(error)),
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
    let (own, theirs) = (open.config.clone(), file.path().to_owned());
    let target = (!open.is_demo).then(|| open.home.config_file());
    let imported = tokio::task::spawn_blocking(move || {
        let config = merged(&own, Config::load(&theirs)?);
        match target {
            Some(target) => config.save(&target).map(|()| config),
            None => Ok(config),
        }
    });
    let config = match imported.await {
        Ok(imported) => imported.map_err(said),
        Err(error) => Err(said(error)),
    };
    Some(config.map(|config| (config, open.secrets.clone(), open.unlock.clone())))
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

#[cfg(test)]
mod tests;
