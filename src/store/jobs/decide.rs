//! A person's word on a job.

use sea_orm::Value;

use super::{ROW, proof_wire, read_row};
use crate::domain::lease::{JobEvent, JobState, Resolution, after};
use crate::domain::{Outcome, Proof, Vnd};
use crate::store::audit::{self, Actor};
use crate::store::collection::Collected;
use crate::store::db::{
    Store, Tx, execute, int_or_none, is_taken, one, text, text_or_none, transaction, values,
};
use crate::store::{StoreError, digest};

impl Store {
    /// A person's word on a job in doubt or in review, with the reason. Said once, never rewritten.
    pub async fn resolve(
        &self,
        job: &str,
        resolution: Resolution,
        amount: Option<Vnd>,
        reason: &str,
        actor: &Actor,
    ) -> Result<JobState, StoreError> {
        let outcome = match resolution {
            Resolution::Paid => Some(Outcome::Paid),
            Resolution::NotPaid | Resolution::Dropped => Some(Outcome::NotSent),
        };
        let paid = amount.filter(|_| resolution == Resolution::Paid);
        transaction!(self, |tx| self.decide(
            &tx,
            job,
            JobEvent::Resolved(resolution),
            outcome,
            paid,
            reason,
            actor
        ))
    }

    /// A person takes a job back.
    pub async fn cancel(
        &self,
        job: &str,
        reason: &str,
        actor: &Actor,
    ) -> Result<JobState, StoreError> {
        transaction!(self, |tx| self.decide(
            &tx,
            job,
            JobEvent::Cancelled,
            Some(Outcome::Cancelled),
            None,
            reason,
            actor
        ))
    }

    /// A person has a failed or cancelled job done again.
    pub async fn reopen(
        &self,
        job: &str,
        reason: &str,
        actor: &Actor,
    ) -> Result<JobState, StoreError> {
        transaction!(self, |tx| self.decide(
            &tx,
            job,
            JobEvent::Reopened,
            None,
            None,
            reason,
            actor
        ))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a decision is all of this, and it is private"
    )]
    async fn decide(
        &self,
        tx: &Tx,
        job: &str,
        event: JobEvent,
        outcome: Option<Outcome>,
        paid: Option<Vnd>,
        reason: &str,
        actor: &Actor,
    ) -> Result<JobState, StoreError> {
        let row = one(&**tx, &format!("{ROW}{}", self.locked()), values![job])
            .await?
            .ok_or(StoreError::NoRow)?;
        let row = read_row(&row)?;
        let state = after(row.state, event)?;
        let now = self.now_ms();
        let live_key = match (state.is_end(), row.has_live_key) {
            (true, _) => Some(None),
            // It had ended once, and is open again.
            (false, false) => Some(Some(self.live_key_of(tx, row.id).await?)),
            (false, true) => None,
        };
        let more = if live_key.is_some() {
            ", live_key = ?"
        } else {
            ""
        };
        let sql = format!(
            "UPDATE jobs SET state = ?, outcome = ?, proof = ?, paid_amount = ?, message = ?, lease_id = NULL, lease_until = NULL, fence = fence + 1, \
             tries = 0, run_at = ?, updated_at = ?, ended_at = ?, disputed_at = NULL, version = version + 1{more} WHERE id = ?"
        );
        let proof = outcome
            .filter(|o| *o != Outcome::Cancelled)
            .map(|_| proof_wire(Proof::Person));
        let mut given = values![
            state.wire(),
            outcome.map(Outcome::wire),
            proof,
            paid.map(Vnd::dong),
            reason,
            now,
            now,
            state.is_end().then_some(now)
        ];
        given.extend(live_key.map(Value::from));
        given.push(Value::from(row.id));
        execute(&**tx, &sql, given).await.map_err(|error| {
            let same = || StoreError::BadValue {
                field: "Mã / số".to_owned(),
                why: "đã có một việc đang mở giống hệt".to_owned(),
            };
            if is_taken(&error) { same() } else { error }
        })?;
        self.renew_search_text(tx, "jobs", row.id).await?;
        self.follow_lock(tx, &row, state, now).await?;
        if let (Some(Outcome::Paid), Some(collected)) = (outcome, row.collection_id) {
            let paid = Collected {
                amount: paid,
                transaction_id: None,
                by: &actor.who,
            };
            self.settle_collection(tx, collected, row.id, &paid, actor)
                .await?;
        }
        let before = serde_json::json!({ "state": row.state, "fence": row.fence });
        let after = serde_json::json!({ "state": state, "outcome": outcome, "paid_amount": paid, "reason": reason });
        audit::write(
            self,
            tx,
            actor,
            "jobs.decide",
            Some("jobs"),
            Some(row.id),
            Some(&before),
            Some(&after),
        )
        .await?;
        Ok(state)
    }

    async fn live_key_of(&self, tx: &Tx, id: i64) -> Result<String, StoreError> {
        let row = one(
            &**tx,
            "SELECT debt_key, amount, order_id FROM jobs WHERE id = ?",
            values![id],
        )
        .await?
        .ok_or(StoreError::NoRow)?;
        let amount = int_or_none(&row, 1)?
            .map(|a| a.to_string())
            .unwrap_or_default();
        Ok(digest(
            format!(
                "{}|{amount}|{}",
                text(&row, 0)?,
                text_or_none(&row, 2)?.unwrap_or_default()
            )
            .as_bytes(),
        ))
    }
}
