//! A login is one person's, letter by letter.

use crate::store::StoreError;
use crate::store::base::{Conn, Tx, exists, values};

/// Nobody else has this login.
pub(in crate::store) async fn free_login(
    tx: &Tx,
    login: &str,
    except: Option<i64>,
) -> Result<(), StoreError> {
    if has_login(tx, login, except).await? {
        return Err(StoreError::BadValue {
            field: "Tên đăng nhập".to_owned(),
            why: "đã có người dùng".to_owned(),
        });
    }
    Ok(())
}

pub(super) async fn has_login(
    tx: &Tx,
    login: &str,
    except: Option<i64>,
) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT 1 FROM users WHERE {} AND id <> ? LIMIT 1",
        is_login(tx, "users.username")
    );
    exists(tx, &sql, values![login, except.unwrap_or(-1)]).await
}

/// Is the column this login (`?`), letter by letter? MariaDB's usual comparison takes `chú` and
/// `CHU ` for `chu`.
pub(super) fn is_login(c: &impl Conn, column: &str) -> String {
    c.engine().exactly(column)
}
