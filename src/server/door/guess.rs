//! Guessing: after five wrong answers for a login from one address within a quarter of an hour
//! nobody looks any more.
//!
//! Lives here: the counting, for every place that asks for a password or a code. A try is counted
//! before it is looked at and taken away when it was right, so that any number of tries at once are
//! still five. Never here: what is right.

use crate::server::AppState;
use crate::server::web::origin::Origin;
use crate::server::web::problem::Problem;
use crate::store::Actor;

/// So many wrong tries are allowed ...
const TRIES_MAX: i64 = 5;
/// ... within this time.
const TRIES_MS: i64 = 15 * 60 * 1000;

/// Counts one try; hands back its number.
pub async fn count(app: &AppState, login: &str, from: &Origin) -> Result<i64, Problem> {
    let since = app.store().now_ms() - TRIES_MS;
    let counted = app
        .store()
        .sign_ins()
        .count_try(login, &from.ip, since, TRIES_MAX)
        .await?;
    counted.ok_or_else(|| Problem::too_many_tries(TRIES_MS.unsigned_abs() / 1000))
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
    if look.await? {
        app.store().sign_ins().forgive_try(number).await?;
        return Ok(true);
    }
    app.store().sign_ins().keep_try(login, actor).await?;
    Ok(false)
}
