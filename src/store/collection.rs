//! A job that was paid settles the collection row that it was made for, in the transaction that
//! takes the report.

use serde_json::{Value as Json, json};

use super::StoreError;
use super::audit::{self, Actor};
use super::db::{Store, Tx, execute, int_or_none, one, text_or_none, values};
use crate::domain::Vnd;
use crate::domain::calendar::{day_of, old_time};

/// The proven payment of a row.
pub(super) struct Collected<'p> {
    /// How much; where nobody could say it, what the row says is owed.
    pub amount: Option<Vnd>,
    /// The portal's number.
    pub transaction_id: Option<&'p str>,
    /// Who did it, for people.
    pub by: &'p str,
}

impl Store {
    /// Marks the row as completed. One that is completed already stays as it is, and the trail says
    /// that a second payment came: money that was taken twice is for a person to see, not for us to
    /// write over.
    pub(super) async fn settle_collection(
        &self,
        tx: &Tx,
        id: i64,
        job: i64,
        paid: &Collected<'_>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT completed, paid_value, trans_id, postage FROM collection_data WHERE id = ?{}",
            self.locked()
        );
        let Some(row) = one(&**tx, &sql, values![id]).await? else {
            return self
                .tell(
                    tx,
                    "collection.missing",
                    id,
                    None,
                    paid.told(job, paid.amount.map(Vnd::dong)),
                    actor,
                )
                .await;
        };
        let is_completed = int_or_none(&row, 0)?.is_some_and(|completed| completed != 0);
        let before = json!({ "completed": is_completed, "paid_value": int_or_none(&row, 1)?, "trans_id": text_or_none(&row, 2)? });
        if is_completed {
            return self
                .tell(
                    tx,
                    "collection.paid_again",
                    id,
                    Some(before),
                    paid.told(job, paid.amount.map(Vnd::dong)),
                    actor,
                )
                .await;
        }
        let amount = paid
            .amount
            .map_or(int_or_none(&row, 3)?, |amount| Some(amount.dong()));
        let now = self.now_ms();
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
        execute(&**tx, sql, given).await?;
        self.renew_search_text(tx, "collection_data", id).await?;
        self.tell(
            tx,
            "collection.settle",
            id,
            Some(before),
            paid.told(job, amount),
            actor,
        )
        .await
    }

    async fn tell(
        &self,
        tx: &Tx,
        action: &str,
        id: i64,
        before: Option<Json>,
        after: Json,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        audit::write(
            self,
            tx,
            actor,
            action,
            Some("collection_data"),
            Some(id),
            before.as_ref(),
            Some(&after),
        )
        .await
    }
}

impl Collected<'_> {
    fn told(&self, job: i64, amount: Option<i64>) -> Json {
        json!({ "completed": true, "paid_value": amount, "trans_id": self.transaction_id, "by": self.by, "job": job })
    }
}
