//! Reading and setting one key by its dotted name (`portal.url`), as `gachno config` does.

mod bounds;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{Config, ConfigVault, ConfigVaultError, Seat};
use crate::domain::Vnd;
pub use bounds::{bounds, choices, is_owners};

/// Keys whose value is sealed. They are never printed and never taken from an argument.
const SECRETS: [&str; 6] = [
    "portal.username",
    "portal.password",
    "portal.pin",
    "api.token",
    "site.username",
    "site.password",
];

/// Why a key cannot be read or set.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// No such key.
    #[error("không có khóa {0:?}; các khóa: {1}")]
    Unknown(String, String),
    /// The value does not fit the key.
    #[error("giá trị của {0} không hợp lệ: {1}")]
    BadValue(String, String),
    /// The secret cannot be sealed.
    #[error(transparent)]
    ConfigVault(#[from] ConfigVaultError),
}

/// Is this key's value a secret?
pub fn is_secret(key: &str) -> bool {
    SECRETS.contains(&key)
}

/// The value of a key as text. A secret only says whether it is set.
pub fn get(config: &Config, key: &str) -> Result<String, KeyFault> {
    let tree = tree(config)?;
    let value = tree
        .pointer(&pointer(key))
        .filter(|_| is_settable(key))
        .ok_or_else(|| unknown(key))?;
    Ok(match value {
        Value::String(sealed) if is_secret(key) => {
            if sealed.is_empty() { "" } else { "********" }.to_owned()
        }
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(parts) => parts
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    })
}

/// A configuration with one key changed. `vault` is asked for only where the key is a secret.
pub fn set(
    config: &Config,
    key: &str,
    value: &SecretString,
    vault: impl FnOnce() -> Result<ConfigVault, ConfigVaultError>,
) -> Result<Config, KeyFault> {
    let mut tree = tree(config)?;
    let place = tree
        .pointer_mut(&pointer(key))
        .filter(|_| is_settable(key))
        .ok_or_else(|| unknown(key))?;
    let text = value.expose_secret().trim_end_matches(['\r', '\n']);
    let bad = |why: String| KeyFault::BadValue(key.to_owned(), why);
    if is_secret(key) {
        check_secret(key, text).map_err(bad)?;
        let vault = vault()?;
        *place = serde_json::to_value(vault.seal(&SecretString::from(text)))
            .map_err(|e| bad(e.to_string()))?;
        let mut changed: Config = serde_json::from_value(tree).map_err(|e| bad(e.to_string()))?;
        changed.vault = Some(vault.header().clone());
        return Ok(changed);
    }
    let text = text.trim();
    *place = match (&*place, key) {
        (
            Value::String(_),
            "portal.url"
            | "api.url"
            | "site.url"
            | "browser.webdriver_url"
            | "browser.driver_mirror"
            | "browser.edge_driver_mirror",
        ) => Value::String(address(key, text).map_err(bad)?),
        (Value::String(_), "browser.fetch_driver") if !matches!(text, "ask" | "yes" | "no") => {
            return Err(bad("nhập ask, yes hoặc no".to_owned()));
        }
        (Value::String(_), key) if !choices(key).is_empty() && !choices(key).contains(&text) => {
            return Err(bad(format!("nhập {}", choices(key).join(" hoặc "))));
        }
        (Value::String(_), _) => Value::String(text.to_owned()),
        (Value::Bool(_), _) => match text {
            "true" | "1" | "có" => Value::Bool(true),
            "false" | "0" | "không" => Value::Bool(false),
            _ => return Err(bad("nhập true hoặc false".to_owned())),
        },
        (_, key) if key.starts_with("limits.") && key != "limits.repeat_hours" => match text {
            "" | "null" if key != "limits.tolerance" => Value::Null,
            amount => amount
                .parse::<Vnd>()
                .map(|v| v.dong().into())
                .map_err(|e| bad(e.to_string()))?,
        },
        (Value::Number(_), "window.low_balance") => {
            let dong = if text.is_empty() {
                0
            } else {
                Vnd::typed(text).map_err(|e| bad(e.to_string()))?.dong()
            };
            Value::from(u32::try_from(dong).map_err(|_| bad("số tiền quá lớn".to_owned()))?)
        }
        (Value::Array(_), _) => {
            let parts = text
                .split([',', ';', ' '])
                .filter(|part| !part.is_empty())
                .map(str::parse::<u32>);
            parts
                .collect::<Result<Vec<_>, _>>()
                .map(Value::from)
                .map_err(|_| bad("nhập các số nguyên, cách nhau bằng dấu phẩy".to_owned()))?
        }
        _ => {
            let number = text
                .parse::<u32>()
                .map_err(|_| bad("nhập một số nguyên không âm".to_owned()))?;
            match bounds(key).filter(|bounds| !bounds.contains(&number)) {
                Some(bounds) => {
                    let (least, most) = bounds.into_inner();
                    return Err(bad(format!("nhập từ {least} đến {most}")));
                }
                None => Value::from(number),
            }
        }
    };
    serde_json::from_value(tree).map_err(|e| bad(e.to_string()))
}

/// A configuration in which this person may sign in with this PIN (four digits at least). A known
/// name gets a new one.
pub fn seat(
    config: &Config,
    name: &str,
    pin: &SecretString,
    vault: impl FnOnce() -> Result<ConfigVault, ConfigVaultError>,
) -> Result<Config, KeyFault> {
    let bad = |why: &str| KeyFault::BadValue("operators".to_owned(), why.to_owned());
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(bad("tên dài từ 1 đến 60 ký tự"));
    }
    let digits = pin.expose_secret().trim();
    if digits.len() < 4 || digits.len() > 12 || !digits.chars().all(|c| c.is_ascii_digit()) {
        return Err(bad("mã PIN của người làm gồm 4 đến 12 chữ số"));
    }
    let vault = vault()?;
    let pin = vault.seal(&SecretString::from(digits));
    let mut changed = config.clone();
    match changed.operators.iter_mut().find(|seat| seat.name == name) {
        Some(seat) => seat.pin = pin,
        None => changed.operators.push(Seat {
            name: name.to_owned(),
            pin,
        }),
    }
    changed.vault = Some(vault.header().clone());
    Ok(changed)
}

/// A configuration in which this person may not sign in any more.
pub fn unseat(config: &Config, name: &str) -> Result<Config, KeyFault> {
    let mut changed = config.clone();
    changed.operators.retain(|seat| seat.name != name.trim());
    if changed.operators.len() == config.operators.len() {
        return Err(KeyFault::BadValue(
            "operators".to_owned(),
            format!("không có người làm tên {name:?}"),
        ));
    }
    Ok(changed)
}

fn check_secret(key: &str, text: &str) -> Result<(), String> {
    match key {
        "portal.pin" if !text.chars().all(|c| c.is_ascii_digit()) => {
            Err("mã PIN chỉ gồm chữ số".to_owned())
        }
        // The portal's own field takes six characters and no more.
        "portal.password" if text.chars().count() > 6 => {
            Err("mật khẩu cổng dài tối đa 6 ký tự".to_owned())
        }
        _ if text.chars().any(char::is_control) => Err("có ký tự điều khiển".to_owned()),
        _ => Ok(()),
    }
}

/// Web addresses are kept without a slash at the end; only http and https, no user info.
fn address(key: &str, text: &str) -> Result<String, String> {
    if text.is_empty() && !matches!(key, "portal.url" | "api.url") {
        return Ok(String::new());
    }
    let url = url::Url::parse(text).map_err(|e| format!("không phải địa chỉ web ({e})"))?;
    if !matches!(url.scheme(), "http" | "https")
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(
            "địa chỉ phải bắt đầu bằng http:// hoặc https:// và không chứa mật khẩu".to_owned(),
        );
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn tree(config: &Config) -> Result<Value, KeyFault> {
    serde_json::to_value(config).map_err(|e| KeyFault::BadValue("config".to_owned(), e.to_string()))
}

fn pointer(key: &str) -> String {
    format!("/{}", key.replace('.', "/"))
}

fn is_settable(key: &str) -> bool {
    keys().iter().any(|k| k == key)
}

fn unknown(key: &str) -> KeyFault {
    KeyFault::Unknown(key.to_owned(), keys().join(", "))
}

/// Every key that can be set, dotted.
pub fn keys() -> Vec<String> {
    fn walk(prefix: &str, value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (name, inner) in map {
                    let key = if prefix.is_empty() {
                        name.clone()
                    } else {
                        format!("{prefix}.{name}")
                    };
                    walk(&key, inner, into);
                }
            }
            _ if matches!(prefix, "vault" | "operators") => {}
            _ => into.push(prefix.to_owned()),
        }
    }
    let mut all = Vec::new();
    if let Ok(tree) = tree(&Config::default()) {
        walk("", &tree, &mut all);
    }
    all
}

#[cfg(test)]
mod tests;
