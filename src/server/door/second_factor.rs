//! The second factor: a code of six digits that changes every half minute, and recovery codes for a
//! lost phone.
//!
//! The secret lies sealed in the database, recovery codes as hashes; a time step counts once.

use qrcode::QrCode;
use qrcode::render::svg;
use secrecy::{ExposeSecret, SecretString};
use totp_rs::{Algorithm, Builder, Secret, Totp};

use crate::server::AppState;
use crate::server::web::problem::Problem;
use crate::store::people::UserAccount;
use crate::store::{digest, random_letters};

/// Recovery codes that are given out.
const CODES: usize = 10;

/// A new secret, sealed.
pub fn new_secret(app: &AppState) -> String {
    let bytes: [u8; 20] = rand::random();
    app.vault().seal(&SecretString::from(
        Secret::from(bytes.to_vec()).to_base32(),
    ))
}

fn totp(app: &AppState, sealed: &str, username: &str) -> Result<Totp, Problem> {
    let fault = |error: String| {
        tracing::error!(error, "a second factor cannot be read");
        Problem::broken()
    };
    let secret = app
        .vault()
        .unseal(sealed)
        .map_err(|e| fault(e.to_string()))?
        .ok_or_else(|| fault("empty".to_owned()))?;
    let secret =
        Secret::try_from_base32(secret.expose_secret()).map_err(|e| fault(e.to_string()))?;
    let account = username.replace(':', " ");
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_secret(secret)
        .with_account_name(account)
        .with_issuer(Some("GachNo"))
        .build()
        .map_err(|e| fault(e.to_string()))
}

/// What an authenticator reads: the picture, and the letters for typing.
pub fn enrolment(
    app: &AppState,
    sealed: &str,
    username: &str,
) -> Result<(String, String), Problem> {
    let totp = totp(app, sealed, username)?;
    let url = totp.to_url().map_err(|_| Problem::broken())?;
    let code = QrCode::new(url.as_bytes()).map_err(|_| Problem::broken())?;
    let picture = code
        .render::<svg::Color<'_>>()
        .min_dimensions(220, 220)
        .build();
    // The renderer writes an XML head that has no place within a page.
    let picture = picture
        .find("<svg")
        .map_or(String::new(), |at| picture[at..].to_owned());
    Ok((picture, totp.secret().to_base32()))
}

/// The step that the code belongs to, by the server's clock.
pub fn step_of(app: &AppState, sealed: &str, code: &str) -> Result<Option<i64>, Problem> {
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 6 || code.len() > 8 {
        return Ok(None);
    }
    let now = u64::try_from(app.store().now_ms() / 1000).unwrap_or(0);
    Ok(totp(app, sealed, "x")?
        .check(&digits, now)
        .and_then(|step| i64::try_from(step).ok()))
}

/// Is it the account's code of this moment, or one of its recovery codes? Either counts once.
pub async fn accepts(app: &AppState, account: &UserAccount, code: &str) -> Result<bool, Problem> {
    let Some(sealed) = &account.totp_secret else {
        return Ok(false);
    };
    if let Some(step) = step_of(app, sealed, code)? {
        return Ok(app
            .store()
            .accounts()
            .use_totp_step(account.user_id, step)
            .await?);
    }
    let Some(kept) = &account.recovery_codes else {
        return Ok(false);
    };
    let hashes: Vec<String> = serde_json::from_str(kept).unwrap_or_default();
    let given = hash_of(account.user_id, code);
    let left: Vec<&String> = hashes.iter().filter(|hash| **hash != given).collect();
    if left.len() == hashes.len() {
        return Ok(false);
    }
    let left = serde_json::to_string(&left).map_err(|_| Problem::broken())?;
    Ok(app
        .store()
        .accounts()
        .set_recovery_codes(account.user_id, kept, &left)
        .await?)
}

/// New recovery codes, and what is kept of them.
pub fn new_codes(user_id: i64) -> (Vec<String>, String) {
    let codes: Vec<String> = (0..CODES)
        .map(|_| random_letters(10))
        .map(|c| format!("{}-{}", &c[..5], &c[5..]))
        .collect();
    let hashes: Vec<String> = codes.iter().map(|code| hash_of(user_id, code)).collect();
    (codes, serde_json::to_string(&hashes).unwrap_or_default())
}

/// 50 random bits of a code need no slow hash; the user's number keeps two equal codes apart.
fn hash_of(user_id: i64, code: &str) -> String {
    let plain: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    digest(format!("recovery|{user_id}|{plain}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_are_kept_as_hashes_of_their_letters() {
        let (codes, kept) = new_codes(7);
        assert_eq!(codes.len(), CODES);
        assert!(codes.iter().all(|code| !kept.contains(code.as_str())));
        assert_eq!(hash_of(7, "ABCDE 12345"), hash_of(7, "abcde-12345"));
        assert_ne!(hash_of(7, "abcde-12345"), hash_of(8, "abcde-12345"));
    }
}
