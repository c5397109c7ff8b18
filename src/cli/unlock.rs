//! How a secret's key is come by on a terminal.

use std::io::IsTerminal;

use secrecy::{ExposeSecret, SecretString};

use super::Failure;
use crate::config::{Config, KeySource, Unlock};

/// For opening: the passphrase of the environment, else asked for where the vault wants one.
pub fn for_opening(config: &Config) -> Result<Unlock, Failure> {
    let wants_passphrase = config
        .vault
        .as_ref()
        .is_some_and(|v| matches!(v.key, KeySource::Argon2id { .. }));
    let passphrase = match of_environment() {
        Some(passphrase) => Some(passphrase),
        None if wants_passphrase && std::io::stdin().is_terminal() => {
            Some(ask("Mật khẩu mở khóa cấu hình: ")?)
        }
        None => None,
    };
    Ok(Unlock {
        passphrase,
        keyring: true,
    })
}

/// For a first secret: the environment's passphrase, else the keyring, else a new passphrase typed
/// twice.
pub fn for_creating(keyring_failed: bool) -> Result<Unlock, Failure> {
    match of_environment() {
        Some(passphrase) => Ok(Unlock {
            passphrase: Some(passphrase),
            keyring: false,
        }),
        None if !keyring_failed && cfg!(feature = "desktop") => Ok(Unlock {
            passphrase: None,
            keyring: true,
        }),
        None if std::io::stdin().is_terminal() => {
            let first = ask("Chọn mật khẩu mở khóa cấu hình (giữ kỹ, không lấy lại được): ")?;
            let second = ask("Nhập lại: ")?;
            if first.expose_secret() != second.expose_secret() || first.expose_secret().is_empty() {
                return Err(Failure::usage(anyhow::anyhow!(
                    "Hai lần nhập không giống nhau. (The two do not match.)"
                )));
            }
            Ok(Unlock {
                passphrase: Some(first),
                keyring: false,
            })
        }
        None => Ok(Unlock::default()),
    }
}

fn of_environment() -> Option<SecretString> {
    std::env::var("GACHNO_PASSPHRASE")
        .ok()
        .filter(|p| !p.is_empty())
        .map(SecretString::from)
}

/// Asks without echo.
pub fn ask(prompt: &str) -> Result<SecretString, Failure> {
    rpassword::prompt_password(prompt)
        .map(SecretString::from)
        .map_err(Failure::usage)
}
