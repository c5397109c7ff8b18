//! Passwords: what one has to be, and hashing on threads of their own.

use secrecy::SecretString;
use tokio::sync::Semaphore;

use crate::server::web::problem::Problem;
use crate::store::people::{hash_password, password_fits};

/// Passwords that are looked at at once: each takes 19 MiB and a core.
static ARGON: Semaphore = Semaphore::const_new(2);
/// A password is between these many characters.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

/// So many characters of a password are scored.
const SCORED_MAX: usize = 32;

/// Why this cannot be a password; `None` where it can.
pub fn password_fault(password: &str, about: &[&str]) -> Option<&'static str> {
    if !LENGTH.contains(&password.chars().count()) {
        return Some("Mật khẩu cần từ 8 đến 128 ký tự.");
    }
    let words: Vec<&str> = about
        .iter()
        .copied()
        .chain(["gachno", "gạch nợ", "viettel", "viettelpay", "bankplus"])
        .collect();
    // Its cost grows with the third power of the length; what is hard to guess is so in its beginning.
    let beginning: String = password.chars().take(SCORED_MAX).collect();
    let is_weak = zxcvbn::zxcvbn(&beginning, &words).score() < zxcvbn::Score::Three;
    is_weak.then_some("Mật khẩu dễ đoán. Dùng vài từ không liên quan, ví dụ bốn từ ngẫu nhiên.")
}

/// Hashed on a thread of its own.
pub async fn hashed(password: &str) -> Result<String, Problem> {
    let _one_of_few = ARGON.acquire().await.map_err(|_| Problem::broken())?;
    let password = SecretString::from(password.to_owned());
    Ok(
        tokio::task::spawn_blocking(move || hash_password(&password))
            .await
            .map_err(|_| Problem::broken())??,
    )
}

/// Does the password fit the hash? On a thread of its own.
pub async fn fits(password: &str, hash: &str) -> Result<bool, Problem> {
    let _one_of_few = ARGON.acquire().await.map_err(|_| Problem::broken())?;
    let (password, hash) = (SecretString::from(password.to_owned()), hash.to_owned());
    tokio::task::spawn_blocking(move || password_fits(&password, &hash))
        .await
        .map_err(|_| Problem::broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_hard_to_guess() {
        for weak in [
            "ngắn",
            "password123",
            "gachno2026",
            "chu12345",
            &"x".repeat(129),
        ] {
            assert!(password_fault(weak, &["chu"]).is_some(), "{weak}");
        }
        assert_eq!(password_fault("thuyền giấy mưa phùn", &["chu"]), None);
    }
}
