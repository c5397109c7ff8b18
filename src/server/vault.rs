//! What must not lie in the database in clear, as Fernet tokens. The key is a file beside the configuration, so that a
//! copy of the database alone shows no secret.

use std::io;
use std::path::{Path, PathBuf};

use fernet::Fernet;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::secret_file;

/// Why secrets cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The file cannot be read or written.
    #[error("Không đọc/ghi được tệp khóa {path}. Kiểm tra quyền truy cập. (Cannot read or write the key file.)")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Others can read it.
    #[error("Người khác đọc được tệp khóa {0}. Chạy: chmod 600 {0} (The key file is readable by others.)")]
    Open(PathBuf),
    /// It holds no key.
    #[error("Tệp khóa {0} không phải khóa Fernet. Đặt lại đúng tệp khóa của cơ sở dữ liệu này. (Not a Fernet key.)")]
    NoKey(PathBuf),
    /// The token was not made with this key.
    #[error("Không mở được bí mật: sai khóa hoặc đồng hồ máy chạy chậm. (Wrong key, or the clock was set back.)")]
    WrongKey,
}

/// The server's vault.
pub struct Vault(Fernet);

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(sealed)")
    }
}

impl Vault {
    /// Opens it by the key in the file; makes one where there is no file.
    pub fn open_or_create(path: &Path) -> Result<Self, VaultError> {
        let io = |source| VaultError::Io { path: path.to_owned(), source };
        let key = match std::fs::read_to_string(path) {
            Ok(text) => {
                if secret_file::is_open_to_others(path) {
                    return Err(VaultError::Open(path.to_owned()));
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
        Fernet::new(key.trim()).map(Self).ok_or_else(|| VaultError::NoKey(path.to_owned()))
    }

    /// Seals a secret. An empty one stays empty.
    pub fn seal(&self, secret: &SecretString) -> String {
        match secret.expose_secret() {
            "" => String::new(),
            text => self.0.encrypt(text.as_bytes()),
        }
    }

    /// Opens a secret; `None` where there is none.
    pub fn unseal(&self, sealed: &str) -> Result<Option<SecretString>, VaultError> {
        if sealed.is_empty() {
            return Ok(None);
        }
        let bytes = Zeroizing::new(self.0.decrypt(sealed).map_err(|_| VaultError::WrongKey)?);
        let text = std::str::from_utf8(&bytes).map_err(|_| VaultError::WrongKey)?;
        Ok(Some(SecretString::from(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_with_its_own_key_only() {
        let folder = tempfile::tempdir().expect("folder");
        let vault = |name: &str| Vault::open_or_create(&folder.path().join(name)).expect("vault");
        let sealed = vault("a").seal(&SecretString::from("246810"));
        assert!(!sealed.contains("246810"));
        assert_eq!(vault("a").unseal(&sealed).expect("fits").expect("there").expose_secret(), "246810");
        assert!(matches!(vault("b").unseal(&sealed), Err(VaultError::WrongKey)));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("serve.key");
        Vault::open_or_create(&path).expect("made");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("mode");
        assert!(matches!(Vault::open_or_create(&path), Err(VaultError::Open(_))));
    }
}
