//! Secrets as Fernet tokens inside `config.json`.
//!
//! The key is 32 bytes, written as URL-safe base64, as every Fernet library takes it. It comes from
//! the system's keyring, or from a passphrase by Argon2id with the salt and the costs that stand in
//! the file's `vault`.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use fernet::Fernet;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Sealed in every vault, so that a wrong key is told apart from a damaged secret.
const CHECK_TEXT: &[u8] = b"gachno";
/// fernet refuses tokens from further in the future than this, in seconds; a clock set back looks
/// like a wrong key.
const CLOCK_SKEW_S: u64 = 60;

/// A secret as it stands in the file: a Fernet token, or empty. `Debug` shows neither.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl Sealed {
    /// Is there no secret?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() {
            "(empty)"
        } else {
            "(sealed)"
        })
    }
}

/// How the key is found. Stands in the file; nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultHeader {
    /// Where the key comes from.
    pub key: KeySource,
    /// A token of a known text, to tell a wrong key from a damaged secret.
    pub check: String,
}

/// Where the key comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum KeySource {
    /// The system's keyring holds it, under this account name.
    Keyring {
        /// Account name below the service `gachno`.
        account: String,
    },
    /// Argon2id of a passphrase.
    Argon2id {
        /// Base64 (URL-safe, padded).
        salt: String,
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes over the memory.
        passes: u32,
        /// Lanes.
        lanes: u32,
    },
}

/// What the caller can offer to open a vault.
#[derive(Debug, Clone, Default)]
pub struct Unlock {
    /// A passphrase (`GACHNO_PASSPHRASE`, or asked for without echo).
    pub passphrase: Option<SecretString>,
    /// May the system's keyring be used?
    pub keyring: bool,
}

/// Why a secret cannot be opened or sealed.
#[derive(Debug, thiserror::Error)]
pub enum ConfigVaultError {
    /// A passphrase is needed and none was given.
    #[error(
        "Cần mật khẩu mở khóa cấu hình. Đặt biến GACHNO_PASSPHRASE hoặc nhập khi được hỏi. (A passphrase is needed.)"
    )]
    NoPassphrase,
    /// The key does not fit.
    #[error(
        "Mật khẩu mở khóa không đúng với tệp cấu hình này; chưa thay đổi gì. (Wrong passphrase or key; nothing was changed.)"
    )]
    WrongKey,
    /// The token carries a time from the future.
    #[error(
        "Đồng hồ máy chạy chậm {0} giây so với lúc lưu bí mật. Chỉnh lại giờ rồi thử lại. (The clock was set back.)"
    )]
    ClockSetBack(u64),
    /// One token is damaged; the key fits.
    #[error(
        "Bí mật {0} trong cấu hình bị hỏng. Đặt lại bằng: gachno config set {0} (This secret is damaged; set it again.)"
    )]
    DamagedSecret(String),
    /// The header's parameters make no key.
    #[error("Phần \"vault\" của cấu hình bị hỏng. (The vault's header is damaged.) [{0}]")]
    BadHeader(String),
    /// The keyring does not answer, or has no such entry.
    #[error(
        "Không lấy được khóa từ kho khóa của hệ điều hành. Mở khóa kho khóa hoặc đặt GACHNO_PASSPHRASE cho cấu hình mới. (Keyring not available.) [{0}]"
    )]
    Keyring(String),
}

/// An open vault.
pub struct ConfigVault {
    fernet: Fernet,
    header: VaultHeader,
}

impl fmt::Debug for ConfigVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl ConfigVault {
    /// Opens the vault that the header describes. `Err(WrongKey)` where the offered key does not
    /// fit.
    pub fn open(header: &VaultHeader, unlock: &Unlock) -> Result<Self, ConfigVaultError> {
        let fernet = match &header.key {
            KeySource::Argon2id { .. } => {
                let passphrase = unlock
                    .passphrase
                    .as_ref()
                    .ok_or(ConfigVaultError::NoPassphrase)?;
                fernet_of(&derive(&header.key, passphrase)?)?
            }
            KeySource::Keyring { account } => {
                keyring_key(account).and_then(|key| from_key(&key))?
            }
        };
        match fernet.decrypt(&header.check) {
            Ok(text) if text == CHECK_TEXT => Ok(Self {
                fernet,
                header: header.clone(),
            }),
            _ => Err(clock_fault(&header.check).unwrap_or(ConfigVaultError::WrongKey)),
        }
    }

    /// Makes a new vault: with the passphrase where one is offered, else in the keyring where there
    /// is one.
    pub fn create(unlock: &Unlock) -> Result<Self, ConfigVaultError> {
        let (key_source, fernet) = match &unlock.passphrase {
            Some(passphrase) => {
                let source = KeySource::Argon2id {
                    salt: URL_SAFE.encode(rand::random::<[u8; 16]>()),
                    memory_kib: 64 * 1024,
                    passes: 3,
                    lanes: 1,
                };
                let fernet = fernet_of(&derive(&source, passphrase)?)?;
                (source, fernet)
            }
            None if unlock.keyring => {
                let account = format!("vault-{}", uuid::Uuid::new_v4().simple());
                let key = Zeroizing::new(Fernet::generate_key());
                store_in_keyring(&account, &key)?;
                (KeySource::Keyring { account }, from_key(&key)?)
            }
            None => return Err(ConfigVaultError::NoPassphrase),
        };
        let header = VaultHeader {
            key: key_source,
            check: fernet.encrypt(CHECK_TEXT),
        };
        Ok(Self { fernet, header })
    }

    /// What goes into the file.
    pub fn header(&self) -> &VaultHeader {
        &self.header
    }

    /// Seals a secret. An empty one stays empty.
    pub fn seal(&self, secret: &SecretString) -> Sealed {
        match secret.expose_secret() {
            "" => Sealed::default(),
            text => Sealed(self.fernet.encrypt(text.as_bytes())),
        }
    }

    /// Opens a secret; `None` where there is none. `name` is its key in the file, for the error.
    pub fn unseal(
        &self,
        name: &str,
        sealed: &Sealed,
    ) -> Result<Option<SecretString>, ConfigVaultError> {
        if sealed.is_empty() {
            return Ok(None);
        }
        let damaged = || ConfigVaultError::DamagedSecret(name.to_owned());
        let bytes = Zeroizing::new(
            self.fernet
                .decrypt(&sealed.0)
                .map_err(|_| clock_fault(&sealed.0).unwrap_or_else(damaged))?,
        );
        let text = std::str::from_utf8(&bytes).map_err(|_| damaged())?;
        Ok(Some(SecretString::from(text)))
    }
}

/// The Fernet key of a passphrase: 32 bytes of Argon2id, version 0x13.
fn derive(
    source: &KeySource,
    passphrase: &SecretString,
) -> Result<Zeroizing<[u8; 32]>, ConfigVaultError> {
    let KeySource::Argon2id {
        salt,
        memory_kib,
        passes,
        lanes,
    } = source
    else {
        return Err(ConfigVaultError::BadHeader(
            "not a passphrase vault".to_owned(),
        ));
    };
    // A file from elsewhere must not make this machine work for hours.
    if *memory_kib > 4 * 1024 * 1024 || *passes > 100 || *lanes > 64 {
        return Err(ConfigVaultError::BadHeader(
            "chi phí Argon2 quá lớn".to_owned(),
        ));
    }
    let bad = |e: &dyn fmt::Display| ConfigVaultError::BadHeader(e.to_string());
    let salt = URL_SAFE.decode(salt).map_err(|e| bad(&e))?;
    let params = Params::new(*memory_kib, *passes, *lanes, Some(32)).map_err(|e| bad(&e))?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose_secret().as_bytes(), &salt, key.as_mut())
        .map_err(|e| bad(&e))?;
    Ok(key)
}

fn fernet_of(key: &Zeroizing<[u8; 32]>) -> Result<Fernet, ConfigVaultError> {
    from_key(&Zeroizing::new(URL_SAFE.encode(key.as_ref())))
}

fn from_key(key: &str) -> Result<Fernet, ConfigVaultError> {
    Fernet::new(key)
        .ok_or_else(|| ConfigVaultError::BadHeader("khóa không phải 32 byte base64".to_owned()))
}

/// A token's time stands in clear behind its version byte: big-endian seconds.
fn clock_fault(token: &str) -> Option<ConfigVaultError> {
    let bytes = URL_SAFE.decode(token).ok()?;
    let stamped = u64::from_be_bytes(bytes.get(1..9)?.try_into().ok()?);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let ahead = stamped.saturating_sub(now);
    // Further than ten years ahead is not a clock but a damaged token.
    (ahead > CLOCK_SKEW_S && ahead < 10 * 365 * 86_400)
        .then_some(ConfigVaultError::ClockSetBack(ahead))
}

#[cfg(feature = "desktop")]
fn on_keyring<T: Send + 'static>(
    account: &str,
    work: impl FnOnce(&keyring::Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<T, ConfigVaultError> {
    let account = account.to_owned();
    // The keyring's client blocks and must not do so on a runtime's thread.
    std::thread::spawn(move || {
        keyring::Entry::new("gachno", &account).and_then(|entry| work(&entry))
    })
    .join()
    .map_err(|_| ConfigVaultError::Keyring("kho khóa không trả lời".to_owned()))?
    .map_err(|e| ConfigVaultError::Keyring(e.to_string()))
}

#[cfg(feature = "desktop")]
fn keyring_key(account: &str) -> Result<Zeroizing<String>, ConfigVaultError> {
    on_keyring(account, keyring::Entry::get_password).map(Zeroizing::new)
}

#[cfg(feature = "desktop")]
fn store_in_keyring(account: &str, key: &Zeroizing<String>) -> Result<(), ConfigVaultError> {
    let key = key.clone();
    on_keyring(account, move |entry| entry.set_password(&key))
}

#[cfg(not(feature = "desktop"))]
fn keyring_key(_: &str) -> Result<Zeroizing<String>, ConfigVaultError> {
    Err(ConfigVaultError::Keyring(
        "bản này không có hỗ trợ kho khóa".to_owned(),
    ))
}

#[cfg(not(feature = "desktop"))]
fn store_in_keyring(_: &str, _: &Zeroizing<String>) -> Result<(), ConfigVaultError> {
    Err(ConfigVaultError::Keyring(
        "bản này không có hỗ trợ kho khóa".to_owned(),
    ))
}

#[cfg(test)]
mod tests;
