//! Guessing: after five wrong answers for a login from one address (or one network of the newer ones)
//! within a quarter of an hour nobody looks any more; nor after fifty, whatever the logins.
//!
//! Lives here: the counting, for every place that asks for a password or a code. A try is counted
//! before it is looked at and taken away when it was right, so that any number of tries at once are
//! still five. Never here: what is right.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::server::AppState;
use crate::server::web::address::network;
use crate::server::web::origin::Origin;
use crate::server::web::problem::Problem;
use crate::store::Actor;

/// So many wrong tries are allowed ...
const TRIES_MAX: i64 = 5;
/// ... and so many from one place over all logins ...
const TRIES_OVER_LOGINS_MAX: i64 = 50;
/// ... within this time.
const TRIES_MS: i64 = 15 * 60 * 1000;

/// Counts one try; hands back its number.
pub async fn count(app: &AppState, login: &str, from: &Origin) -> Result<i64, Problem> {
    let since = app.store().now_ms() - TRIES_MS;
    let ip: Option<IpAddr> = from.ip.parse().ok();
    // Behind a proxy that nobody told us of all people come from this computer.
    let over_logins = ip
        .is_none_or(|ip| !ip.is_loopback())
        .then_some(TRIES_OVER_LOGINS_MAX);
    let counted = app
        .store()
        .accounts()
        .sign_ins()
        .count_try(login, &place(from), since, TRIES_MAX, over_logins)
        .await?;
    counted.ok_or_else(|| Problem::too_many_tries(TRIES_MS.unsigned_abs() / 1000))
}

/// From where somebody guesses: an address, or the network that one subscriber has.
pub fn place(from: &Origin) -> String {
    from.ip.parse().map_or_else(|_| from.ip.clone(), network)
}

/// Who has so many passwords looked at, or waits for it, waits outside: the few places that there are
/// belong to everybody.
const LOOKS_MAX: usize = 4;

/// Looks by place.
static LOOKS: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);

/// One look. It is over when this is dropped.
struct LookGuard(String);

impl LookGuard {
    fn begin(from: &Origin) -> Result<Self, Problem> {
        let place = place(from);
        let mut looks = LOOKS.lock().unwrap_or_else(PoisonError::into_inner);
        let count = looks.entry(place.clone()).or_default();
        if *count >= LOOKS_MAX {
            return Err(Problem::too_many(1));
        }
        *count += 1;
        Ok(Self(place))
    }
}

impl Drop for LookGuard {
    fn drop(&mut self) {
        let mut looks = LOOKS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = looks.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                looks.remove(&self.0);
            }
        }
    }
}

/// Is the answer right? `look` is not even begun where there were too many wrong ones.
pub async fn is_right(
    app: &AppState,
    login: &str,
    from: &Origin,
    actor: &Actor,
    look: impl Future<Output = Result<bool, Problem>>,
) -> Result<bool, Problem> {
    let number = count(app, login, from).await?;
    let looking = match LookGuard::begin(from) {
        Ok(looking) => looking,
        // It was not looked at, so it was no guess.
        Err(busy) => {
            app.store()
                .accounts()
                .sign_ins()
                .forgive_try(number)
                .await?;
            return Err(busy);
        }
    };
    let is_right = look.await?;
    drop(looking);
    if is_right {
        app.store()
            .accounts()
            .sign_ins()
            .forgive_try(number)
            .await?;
        return Ok(true);
    }
    app.store()
        .accounts()
        .sign_ins()
        .keep_try(login, actor)
        .await?;
    Ok(false)
}
