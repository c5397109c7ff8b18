//! The device that an account is bound to: a cookie with 256 random bits that lasts a year, of
//! which the database knows only the hash.
//!
//! Lives here: is it the right device, and binding one. Never here: passwords, who may choose it.

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use crate::server::AppState;
use crate::server::web::origin::Origin;
use crate::server::web::problem::Problem;
use crate::store::people::{Device, UserAccount};
use crate::store::{Actor, digest};

/// Said only to who has shown the right password.
pub const REFUSED: &str = "Tài khoản này chỉ đăng nhập được từ thiết bị đã gắn. Dùng thiết bị đó, hoặc nhờ chủ hay quản lý bỏ gắn thiết bị.";

/// May the account sign in from there? One that is yet to be bound may from anywhere.
pub fn fits(account: &UserAccount, from: &Origin) -> bool {
    match &account.device {
        Device::Any | Device::Next => true,
        Device::Only(hash) => from.device.as_ref().is_some_and(|id| hash_of(id) == *hash),
    }
}

/// The last step of signing in: binds what is to be bound. Hands back the cookie that keeps the
/// device known.
pub async fn settle(
    app: &AppState,
    from: &Origin,
    account: &UserAccount,
    actor: &Actor,
) -> Result<Option<HeaderValue>, Problem> {
    let refused = || Problem::refused(REFUSED);
    if !fits(account, from) {
        return Err(refused());
    }
    let mut id = from.device.clone();
    match account.device {
        Device::Any => return Ok(None),
        Device::Only(_) => {}
        Device::Next => {
            // A cookie that another account is bound to is this device's; any other might have been
            // put there by somebody.
            let known = match &id {
                Some(id) => app.store().accounts().knows_device(&hash_of(id)).await?,
                None => false,
            };
            if !known {
                id = Some(SecretString::from(
                    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()),
                ));
            }
            let hash = id.as_ref().map(hash_of).unwrap_or_default();
            // Two devices at once: the first one has it.
            if !app
                .store()
                .accounts()
                .bind_device(account.user_id, &hash, actor)
                .await?
            {
                return Err(refused());
            }
        }
    }
    Ok(id.map(|id| from.device_cookie(id.expose_secret())))
}

fn hash_of(id: &SecretString) -> String {
    digest(id.expose_secret().as_bytes())
}
