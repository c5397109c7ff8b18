//! Passwords as hashes.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};

use crate::store::StoreError;

/// Argon2id with a new salt, as a PHC string. Takes its time: not on a runtime's thread where many
/// wait.
pub fn hash_password(password: &SecretString) -> Result<String, StoreError> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
    hash.map(|h| h.to_string())
        .map_err(|e| StoreError::Damaged(format!("argon2: {e}")))
}

/// Does the password fit? A hash that cannot be read fits nothing.
pub fn password_fits(password: &SecretString, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.expose_secret().as_bytes(), &hash)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let hash = hash_password(&SecretString::from("mưa rào 81")).expect("hash");
        assert!(hash.starts_with("$argon2id$"));
        assert!(password_fits(&SecretString::from("mưa rào 81"), &hash));
        assert!(!password_fits(&SecretString::from("mưa rào 82"), &hash));
        assert!(!password_fits(&SecretString::from(""), "not a hash"));
    }
}
