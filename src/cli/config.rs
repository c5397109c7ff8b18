//! `gachno config`

use std::io::{IsTerminal, Read};

use secrecy::SecretString;

use super::args::ConfigArguments as What;
use super::{Ended, Exit, Failure, say, tell, unlock};
use crate::config::{self, Config, ConfigVault, ConfigVaultError, Home};

/// A value longer than this is a file that was piped in by mistake.
const VALUE_MAX: u64 = 64 * 1024;

pub fn config(what: What) -> Ended {
    let home = Home::find()?;
    let path = home.config_file();
    match what {
        What::Path => {
            for (name, path) in [
                ("config", path),
                ("ledger", home.ledger()),
                ("logs", home.logs()),
                ("evidence", home.evidence()),
                ("portal_map", home.portal_map()),
            ] {
                say(&format!("{name}\t{}", path.display()));
            }
        }
        What::Operator { name: None, .. } => Config::load(&path)?
            .operators
            .iter()
            .for_each(|seat| say(&seat.name)),
        What::Operator {
            name: Some(name),
            remove: true,
            ..
        } => config::unseat(&Config::load(&path)?, &name)
            .map_err(Failure::usage)?
            .save(&path)?,
        What::Operator {
            name: Some(name),
            stdin,
            ..
        } => {
            let config = Config::load(&path)?;
            let pin = value_of("operators", None, stdin)?;
            config::seat(&config, &name, &pin, || vault(&config))
                .map_err(Failure::usage)?
                .save(&path)?;
            tell(&format!("Đã lưu mã PIN của {}.", name.trim()));
        }
        What::Get { key } => {
            say(&config::get(&Config::load(&path)?, &key).map_err(Failure::usage)?);
        }
        What::Set { key, value, stdin } => {
            let config = Config::load(&path)?;
            // An unknown key is said before anything is asked for.
            config::get(&config, &key).map_err(Failure::usage)?;
            let value = value_of(&key, value, stdin)?;
            let changed =
                config::set(&config, &key, &value, || vault(&config)).map_err(Failure::usage)?;
            changed.save(&path)?;
            tell(&format!("Đã lưu {key}."));
        }
    }
    Ok(Exit::Done)
}

fn value_of(key: &str, value: Option<String>, stdin: bool) -> Result<SecretString, Failure> {
    let refuse = |text: &str| Failure::usage(anyhow::anyhow!("{text}"));
    match value {
        Some(_) if config::is_secret(key) => Err(refuse(
            "Không nhận bí mật trên dòng lệnh (người khác đọc được). Dùng --stdin hoặc bỏ trống để được hỏi. (Secrets are never taken from an argument.)",
        )),
        Some(value) => Ok(value.into()),
        None if stdin || !std::io::stdin().is_terminal() => {
            let mut text = String::new();
            std::io::stdin()
                .lock()
                .take(VALUE_MAX)
                .read_to_string(&mut text)
                .map_err(Failure::usage)?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned().into())
        }
        None => unlock::ask(&format!("{key}: ")),
    }
}

/// The vault of the file, or a new one.
fn vault(config: &Config) -> Result<ConfigVault, ConfigVaultError> {
    let no_passphrase = |_| ConfigVaultError::NoPassphrase;
    if let Some(header) = &config.vault {
        return ConfigVault::open(header, &unlock::for_opening(config).map_err(no_passphrase)?);
    }
    let first = unlock::for_creating(false).map_err(no_passphrase)?;
    match ConfigVault::create(&first) {
        // No keyring on this machine: a passphrase does it.
        Err(ConfigVaultError::Keyring(why)) => {
            tell(&format!(
                "Không dùng được kho khóa của hệ điều hành ({why}); dùng mật khẩu mở khóa."
            ));
            ConfigVault::create(&unlock::for_creating(true).map_err(no_passphrase)?)
        }
        made => made,
    }
}
