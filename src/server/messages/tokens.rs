//! Zalo's tokens: kept sealed, renewed by one server at a time, kept before they are used.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::domain::letter::LetterFault;
use crate::providers::message::zalo::{Zalo, ZaloTokens};
use crate::server::AppState;
use crate::server::channels::OpenChannel;
use crate::store::digest;
use crate::store::letters::KeptTokens;

/// A token is renewed so long before it ends, in milliseconds.
const EARLY_MS: i64 = 5 * 60 * 1000;
/// How long one server may take to renew, in milliseconds.
const LEASE_MS: i64 = 20_000;
/// How often somebody looks whether another server has renewed, and how long they wait in between.
const LOOKS: usize = 40;
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A token to send with. `refused`: one that Zalo has just refused; another one is wanted.
pub(super) async fn access(
    app: &AppState,
    open: &OpenChannel,
    zalo: &Zalo,
    refused: Option<&SecretString>,
) -> Result<SecretString, LetterFault> {
    if let Some(known) = kept(app, open).await?
        && known.is_good(app, refused)
    {
        return Ok(known.tokens.access);
    }
    let _one_at_a_time = app.carriers().renewing.lock().await;
    let lease = format!("zalo {}", open.payee);
    for _ in 0..LOOKS {
        let known = kept(app, open).await?;
        if let Some(known) = &known
            && known.is_good(app, refused)
        {
            return Ok(known.tokens.access.clone());
        }
        let leads = app
            .store()
            .leader()
            .leads(&lease, app.owner(), LEASE_MS)
            .await;
        if leads.map_err(|error| later(&error))? {
            let refresh = known.map_or_else(
                || open.settings.secret("refresh_token").unwrap_or_default(),
                |known| known.tokens.refresh,
            );
            let tokens = zalo.renew(&refresh).await?;
            keep(app, open, &tokens).await?;
            return Ok(tokens.access);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(LetterFault::Temporary(
        "Máy chủ khác đang xin mã Zalo mới, chưa xong.".to_owned(),
    ))
}

/// Tokens as they are kept.
struct Known {
    tokens: ZaloTokens,
    expires_at: i64,
}

impl Known {
    fn is_good(&self, app: &AppState, refused: Option<&SecretString>) -> bool {
        let is_refused = refused
            .is_some_and(|refused| refused.expose_secret() == self.tokens.access.expose_secret());
        !is_refused && self.expires_at > app.store().now_ms() + EARLY_MS
    }
}

/// Of which settings tokens grow: when somebody enters another one to renew with, that one counts.
fn seed(open: &OpenChannel) -> String {
    let seed = open.settings.secret("refresh_token").unwrap_or_default();
    digest(format!("zalo seed|{}", seed.expose_secret()).as_bytes())
}

fn later(error: &dyn std::fmt::Display) -> LetterFault {
    LetterFault::Temporary(error.to_string())
}

async fn kept(app: &AppState, open: &OpenChannel) -> Result<Option<Known>, LetterFault> {
    let kept = app.store().letters().tokens(open.payee).await;
    let Some(kept) = kept.map_err(|error| later(&error))? else {
        return Ok(None);
    };
    if kept.seed_hash != seed(open) {
        return Ok(None);
    }
    let text = app.vault().unseal(&kept.sealed);
    let text = text.map_err(|error| later(&error))?.unwrap_or_default();
    let json: Value = serde_json::from_str(text.expose_secret()).unwrap_or_default();
    let secret = |name: &str| json[name].as_str().map(SecretString::from);
    Ok(secret("access")
        .zip(secret("refresh"))
        .map(|(access, refresh)| Known {
            tokens: ZaloTokens {
                access,
                refresh,
                lasts_s: 0,
            },
            expires_at: kept.expires_at,
        }))
}

async fn keep(app: &AppState, open: &OpenChannel, tokens: &ZaloTokens) -> Result<(), LetterFault> {
    let json = json!({
        "access": tokens.access.expose_secret(),
        "refresh": tokens.refresh.expose_secret(),
    });
    let kept = KeptTokens {
        seed_hash: seed(open),
        sealed: app.vault().seal(&SecretString::from(json.to_string())),
        expires_at: app.store().now_ms() + tokens.lasts_s * 1_000,
    };
    let letters = app.store().letters();
    letters
        .keep_tokens(open.payee, &kept)
        .await
        .map_err(|error| later(&error))
}
