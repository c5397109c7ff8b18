//! The owners: a shop always has one who can get in.
//!
//! Lives here: what a change of people may not do. Never here: what a role may do.

use super::account::{ACCOUNT, UserAccount, account_of};
use super::login::free_login;
use crate::store::StoreError;
use crate::store::base::{Conn, Tx, all};
use crate::store::catalogue::Table;

/// The owners before a change ([`owners_before`]).
pub(in crate::store) struct Before(Vec<UserAccount>);

pub(super) async fn owners<C: Conn>(c: &C) -> Result<Vec<UserAccount>, StoreError> {
    let sql = c.casts(&format!(
        "{ACCOUNT} WHERE accounts.role = 'owner' ORDER BY users.id"
    ));
    all(c, &sql, vec![])
        .await?
        .iter()
        .map(|row| account_of(c, row))
        .collect()
}

/// The owners, held: two who put each other away at once come one after the other.
pub(in crate::store) async fn lock_owners(tx: &Tx) -> Result<Vec<UserAccount>, StoreError> {
    all(
        tx,
        &format!(
            "SELECT id FROM accounts WHERE role = 'owner' ORDER BY id{}",
            tx.locked()
        ),
        vec![],
    )
    .await?;
    owners(tx).await
}

/// Begins a change of people, which ends with [`check_owners`].
pub(in crate::store) async fn owners_before(tx: &Tx) -> Result<Before, StoreError> {
    lock_owners(tx).await.map(Before)
}

/// Of the owners who could sign in one still can, for as long and by the same login. Without
/// one nobody could let anybody in again.
pub(in crate::store) async fn check_owners(tx: &Tx, before: &Before) -> Result<(), StoreError> {
    let (now, after) = (tx.now_ms(), owners(tx).await?);
    let keeps = |is_good: &dyn Fn(&UserAccount) -> bool| {
        let mut good = before.0.iter().filter(|owner| is_good(owner)).peekable();
        good.peek().is_none()
            || good.any(|was| {
                after.iter().any(|is| {
                    is.user_id == was.user_id && is.username == was.username && is_good(is)
                })
            })
    };
    if keeps(&|owner| owner.stays(now)) && keeps(&|owner| owner.may_sign_in(now)) {
        Ok(())
    } else {
        Err(StoreError::LastOwner)
    }
}

/// What holds for rows that are people in the generic access: no login twice, and an owner who can
/// get in stays. `None` for any other table. After the change [`people_after`] looks again.
pub(in crate::store) async fn people_before(
    tx: &Tx,
    table: &Table,
    id: Option<i64>,
    login: Option<&serde_json::Value>,
) -> Result<Option<Before>, StoreError> {
    if !table.is_people {
        return Ok(None);
    }
    let before = owners_before(tx).await?;
    if let Some(login) = login.and_then(serde_json::Value::as_str) {
        free_login(tx, login, id).await?;
    }
    Ok(Some(before))
}

/// See [`people_before`].
pub(in crate::store) async fn people_after(
    tx: &Tx,
    before: Option<&Before>,
) -> Result<(), StoreError> {
    match before {
        Some(before) => check_owners(tx, before).await,
        None => Ok(()),
    }
}
