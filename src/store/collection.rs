//! A job that was paid settles the collection row that it was made for, in the transaction that
//! takes the report.

use serde_json::{Value as Json, json};

use super::StoreError;
use super::base::audit::{self, Actor, Entry};
use super::base::{
    Conn, SqlRow, SqlValue, Store, Tx, all, execute, int, int_or_none, marks, one, search_text,
    text_or_none, values,
};
use super::catalogue::AuditAction;
use super::catalogue::desk::COLLECTION_DATA;
use crate::domain::Vnd;
use crate::domain::calendar::{day_of, old_time};

/// Rows in one question.
const ROWS_MAX: usize = 1_000;

/// A row that is to be collected, as jobs are made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionRow {
    /// Its number.
    pub id: i64,
    /// What the portal may ask for: the bill's code.
    pub code: Option<String>,
    /// The customer's name.
    pub name: Option<String>,
    /// What the portal may ask for, where there is no code.
    pub account: Option<String>,
    /// The customer's phone, which may be what the portal asks for.
    pub phone: Option<String>,
    /// What is owed, in đồng.
    pub owed: Option<i64>,
    /// Was it collected?
    pub is_completed: bool,
    /// Was the row deleted?
    pub is_deleted: bool,
}

/// What is to be collected ([`Store::collection`]).
pub struct Collection<'s> {
    store: &'s Store,
}

impl Store {
    /// What is to be collected.
    pub const fn collection(&self) -> Collection<'_> {
        Collection { store: self }
    }
}

impl Collection<'_> {
    /// The rows of these numbers, by number. One that is gone is left out.
    pub async fn rows(&self, ids: &[i64]) -> Result<Vec<CollectionRow>, StoreError> {
        let mut rows = Vec::with_capacity(ids.len());
        for some in ids.chunks(ROWS_MAX) {
            let sql = self.store.casts(&format!(
                "SELECT CAST(id AS SIGNED), code, name, account, phone, CAST(postage AS SIGNED), CAST(completed AS SIGNED), deleted_at \
                 FROM collection_data WHERE id IN ({}) ORDER BY id",
                marks(some.len())
            ));
            let given = some.iter().copied().map(SqlValue::from).collect();
            for row in all(self.store, &sql, given).await? {
                rows.push(read(&row)?);
            }
        }
        Ok(rows)
    }
}

fn read(row: &SqlRow) -> Result<CollectionRow, StoreError> {
    Ok(CollectionRow {
        id: int(row, 0)?,
        code: text_or_none(row, 1)?,
        name: text_or_none(row, 2)?,
        account: text_or_none(row, 3)?,
        phone: text_or_none(row, 4)?,
        owed: int_or_none(row, 5)?,
        is_completed: int_or_none(row, 6)? == Some(1),
        is_deleted: int_or_none(row, 7)?.is_some(),
    })
}

/// The proven payment of a row.
pub(super) struct Collected<'p> {
    /// How much; where nobody could say it, what the row says is owed.
    pub amount: Option<Vnd>,
    /// The portal's number.
    pub transaction_id: Option<&'p str>,
    /// Who did it, for people.
    pub by: &'p str,
}

/// Marks the row as completed. One that is completed already stays as it is, and the trail says
/// that a second payment came: money that was taken twice is for a person to see, not for us to
/// write over.
pub(super) async fn settle(
    tx: &Tx,
    id: i64,
    job: i64,
    paid: &Collected<'_>,
    actor: &Actor,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT completed, paid_value, trans_id, postage FROM collection_data WHERE id = ?{}",
        tx.locked()
    );
    let entry = |action| Entry::of(action).row(&COLLECTION_DATA, id);
    let reported = paid.amount.map(Vnd::dong);
    let Some(row) = one(tx, &sql, values![id]).await? else {
        let entry = entry(AuditAction::CollectionMissing).after(paid.state(job, reported));
        return audit::write(tx, actor, entry).await;
    };
    let is_completed = int_or_none(&row, 0)?.is_some_and(|completed| completed != 0);
    let before = json!({ "completed": is_completed, "paid_value": int_or_none(&row, 1)?, "trans_id": text_or_none(&row, 2)? });
    if is_completed {
        let entry = entry(AuditAction::CollectionPaidAgain)
            .before(before)
            .after(paid.state(job, reported));
        return audit::write(tx, actor, entry).await;
    }
    let amount = match reported {
        Some(amount) => Some(amount),
        None => int_or_none(&row, 3)?,
    };
    let now = tx.now_ms();
    let sql = "UPDATE collection_data SET completed = 1, paid_value = ?, trans_id = COALESCE(?, trans_id), updated_date = ?, updated_time = ?, \
               updated_username = ?, updated_at = ?, version = version + 1 WHERE id = ?";
    let given = values![
        amount,
        paid.transaction_id,
        day_of(now),
        old_time(now),
        paid.by,
        old_time(now),
        id
    ];
    execute(tx, sql, given).await?;
    search_text::renew(tx, &COLLECTION_DATA, id).await?;
    let entry = entry(AuditAction::CollectionSettle)
        .before(before)
        .after(paid.state(job, amount));
    audit::write(tx, actor, entry).await
}

impl Collected<'_> {
    fn state(&self, job: i64, amount: Option<i64>) -> Json {
        json!({ "completed": true, "paid_value": amount, "trans_id": self.transaction_id, "by": self.by, "job": job })
    }
}
