//! What must not lie in the database in clear, as Fernet tokens. The key is a file beside the
//! configuration, so that a copy of the database alone shows no secret.
//!
//! The file may hold several keys, one a line: the first one seals, all of them open. So a key can
//! be changed ([`SecretKeys::begin_rekey`]) without a moment in which something cannot be opened.

use std::io;
use std::path::{Path, PathBuf};

use fernet::Fernet;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::secret_file;

/// Why secrets cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SecretKeysError {
    /// The file cannot be read or written.
    #[error(
        "Không đọc/ghi được tệp khóa {path}. Kiểm tra quyền truy cập. (Cannot read or write the key file.)"
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Others can read it.
    #[error(
        "Người khác đọc được tệp khóa {0}. Chạy: chmod 600 {0} (The key file is readable by others.)"
    )]
    Open(PathBuf),
    /// It holds no key.
    #[error(
        "Tệp khóa {0} không phải khóa Fernet. Đặt lại đúng tệp khóa của cơ sở dữ liệu này. (Not a Fernet key.)"
    )]
    NoKey(PathBuf),
    /// The token was not made with this key.
    #[error(
        "Không mở được bí mật: sai tệp khóa. Đặt lại đúng tệp khóa của cơ sở dữ liệu này. (Wrong key.)"
    )]
    WrongKey,
}

/// The server's vault.
pub struct SecretKeys {
    first: Fernet,
    older: Vec<Fernet>,
}

impl std::fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKeys(sealed)")
    }
}

impl SecretKeys {
    /// Opens it by the key in the file; makes one where there is no file.
    pub fn open_or_create(path: &Path) -> Result<Self, SecretKeysError> {
        let io = |source| SecretKeysError::Io {
            path: path.to_owned(),
            source,
        };
        let key = match std::fs::read_to_string(path) {
            Ok(text) => {
                if secret_file::is_open_to_others(path) {
                    return Err(SecretKeysError::Open(path.to_owned()));
                }
                Zeroizing::new(text)
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let key = Zeroizing::new(Fernet::generate_key());
                crate::config::write_atomically(path, key.as_bytes()).map_err(io)?;
                key
            }
            Err(e) => return Err(io(e)),
        };
        let no_key = || SecretKeysError::NoKey(path.to_owned());
        let keys = key
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| Fernet::new(line).ok_or_else(no_key));
        let mut keys = keys.collect::<Result<Vec<_>, _>>()?.into_iter();
        Ok(Self {
            first: keys.next().ok_or_else(no_key)?,
            older: keys.collect(),
        })
    }

    /// Puts a new key before those in the file, and opens it so. What is sealed from now on is
    /// sealed with the new one.
    pub fn begin_rekey(path: &Path) -> Result<Self, SecretKeysError> {
        Self::open_or_create(path)?;
        let io = |source| SecretKeysError::Io {
            path: path.to_owned(),
            source,
        };
        let old = Zeroizing::new(std::fs::read_to_string(path).map_err(io)?);
        let both = Zeroizing::new(format!(
            "{}\n{}\n",
            *Zeroizing::new(Fernet::generate_key()),
            old.trim()
        ));
        crate::config::write_atomically(path, both.as_bytes()).map_err(io)?;
        Self::open_or_create(path)
    }

    /// Leaves the first key alone in the file: everything is sealed with it.
    pub fn end_rekey(path: &Path) -> Result<(), SecretKeysError> {
        let io = |source| SecretKeysError::Io {
            path: path.to_owned(),
            source,
        };
        let all = Zeroizing::new(std::fs::read_to_string(path).map_err(io)?);
        let first = all
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .ok_or_else(|| SecretKeysError::NoKey(path.to_owned()))?;
        crate::config::write_atomically(path, first.as_bytes()).map_err(io)
    }

    /// Seals a sealed text with the first key; `None` where it is already, or where there is
    /// nothing.
    pub fn renew(&self, sealed: &str) -> Result<Option<String>, SecretKeysError> {
        if sealed.is_empty() || opened(&self.first, sealed).is_some() {
            return Ok(None);
        }
        Ok(self.unseal(sealed)?.map(|secret| self.seal(&secret)))
    }

    /// Seals a secret. An empty one stays empty.
    pub fn seal(&self, secret: &SecretString) -> String {
        match secret.expose_secret() {
            "" => String::new(),
            text => self.first.encrypt(text.as_bytes()),
        }
    }

    /// Opens a secret; `None` where there is none.
    pub fn unseal(&self, sealed: &str) -> Result<Option<SecretString>, SecretKeysError> {
        if sealed.is_empty() {
            return Ok(None);
        }
        let mut keys = std::iter::once(&self.first).chain(&self.older);
        let bytes = Zeroizing::new(
            keys.find_map(|key| opened(key, sealed))
                .ok_or(SecretKeysError::WrongKey)?,
        );
        let text = std::str::from_utf8(&bytes).map_err(|_| SecretKeysError::WrongKey)?;
        Ok(Some(SecretString::from(text)))
    }
}

/// Opens a sealed text, whenever it was sealed: a clock that was set back makes no secret of ours
/// a stranger's, and what was sealed has no age here.
fn opened(key: &Fernet, sealed: &str) -> Option<Vec<u8>> {
    const AT_ANY_TIME: u64 = u64::MAX / 2;
    key.decrypt_at_time(sealed, None, AT_ANY_TIME).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_with_its_own_key_only() {
        let folder = tempfile::tempdir().expect("folder");
        let vault =
            |name: &str| SecretKeys::open_or_create(&folder.path().join(name)).expect("vault");
        let sealed = vault("a").seal(&SecretString::from("246810"));
        assert!(!sealed.contains("246810"));
        assert_eq!(
            vault("a")
                .unseal(&sealed)
                .expect("fits")
                .expect("there")
                .expose_secret(),
            "246810"
        );
        assert!(matches!(
            vault("b").unseal(&sealed),
            Err(SecretKeysError::WrongKey)
        ));
    }

    #[test]
    fn a_key_is_changed_without_a_moment_in_which_something_cannot_be_opened() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("serve.key");
        let old = SecretKeys::open_or_create(&path).expect("made");
        let sealed = old.seal(&SecretString::from("246810"));
        let both = SecretKeys::begin_rekey(&path).expect("begun");
        let read = |vault: &SecretKeys, sealed: &str| {
            vault
                .unseal(sealed)
                .map(|s| s.expect("there").expose_secret().to_owned())
                .ok()
        };
        assert_eq!(read(&both, &sealed).as_deref(), Some("246810"));
        let renewed = both.renew(&sealed).expect("opens").expect("was old");
        assert_eq!(
            (read(&both, &renewed).as_deref(), read(&old, &renewed)),
            (Some("246810"), None)
        );
        assert_eq!(
            (
                both.renew(&renewed).expect("opens"),
                both.renew("").expect("nothing")
            ),
            (None, None)
        );
        SecretKeys::end_rekey(&path).expect("ended");
        let new = SecretKeys::open_or_create(&path).expect("opens");
        assert_eq!(
            (read(&new, &renewed).as_deref(), read(&new, &sealed)),
            (Some("246810"), None)
        );
        std::fs::write(&path, "\n \n").expect("written");
        assert!(matches!(
            SecretKeys::open_or_create(&path),
            Err(SecretKeysError::NoKey(_))
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("serve.key");
        SecretKeys::open_or_create(&path).expect("made");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("mode");
        assert!(matches!(
            SecretKeys::open_or_create(&path),
            Err(SecretKeysError::Open(_))
        ));
    }
}
