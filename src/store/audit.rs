//! Who changed what, from where, before and after. Appended in the transaction of the change
//! itself.

use serde_json::Value as Json;

use super::StoreError;
use super::db::{Store, Tx, insert, values};
use super::search::search_text;

/// Longer states are cut: the trail says what changed, it is no copy of a file.
const JSON_MAX: usize = 60_000;

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// A user of the shop, where it is one.
    pub user_id: Option<i64>,
    /// The user's name; `machine:…` or `system` where it is none.
    pub who: String,
    /// The network address.
    pub from_where: Option<String>,
    /// The request that asked for it.
    pub request_id: Option<String>,
}

impl Actor {
    /// The program itself.
    pub fn system() -> Self {
        Self {
            user_id: None,
            who: "system".to_owned(),
            from_where: None,
            request_id: None,
        }
    }
}

/// Appends to the trail.
#[expect(
    clippy::too_many_arguments,
    reason = "one row of the trail is all of this"
)]
pub(super) async fn write(
    store: &Store,
    tx: &Tx,
    actor: &Actor,
    action: &str,
    table: Option<&str>,
    row_id: Option<i64>,
    before: Option<&Json>,
    after: Option<&Json>,
) -> Result<(), StoreError> {
    let cut = |json: &Json| json.to_string().chars().take(JSON_MAX).collect::<String>();
    let search = search_text([Some(actor.who.as_str()), Some(action), table]);
    let sql = "INSERT INTO audit (at, user_id, who, from_where, action, table_name, row_id, before_json, after_json, request_id, search_text) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let given = values![
        store.now_ms(),
        actor.user_id,
        actor.who.clone(),
        actor.from_where.clone(),
        action,
        table,
        row_id,
        before.map(cut),
        after.map(cut),
        actor.request_id.clone(),
        search,
    ];
    insert(&**tx, sql, given).await.map(|_| ())
}

impl Store {
    /// Appends something that changed no row: a log-in, a refusal, an export.
    pub async fn audit(
        &self,
        actor: &Actor,
        action: &str,
        table: Option<&str>,
        after: Option<&Json>,
    ) -> Result<(), StoreError> {
        super::db::transaction!(self, |tx| write(
            self, &tx, actor, action, table, None, None, after
        ))
    }
}
