//! A person's word on a job.

use serde_json::json;

use super::new_job::live_key;
use super::row::{JobRecord, ROW, read_row};
use super::{Jobs, debts};
use crate::domain::lease::{JobEvent, JobState, Resolution, after};
use crate::domain::{Outcome, Proof, Vnd};
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{
    Conn, SqlValue, Tx, execute, int_or_none, is_taken, one, search_text, text, text_or_none,
    transaction, values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::work::JOBS;
use crate::store::collection::{self, Collected};
use crate::store::desk::{self, SettleNews};

/// What a person says.
struct Decision<'d> {
    event: JobEvent,
    outcome: Option<Outcome>,
    paid: Option<Vnd>,
    reason: &'d str,
}

impl Jobs<'_> {
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
            Resolution::Paid => Outcome::Paid,
            Resolution::NotPaid | Resolution::Dropped => Outcome::NotSent,
        };
        let decision = Decision {
            event: JobEvent::Resolved(resolution),
            outcome: Some(outcome),
            paid: amount.filter(|_| resolution == Resolution::Paid),
            reason,
        };
        transaction!(self.store, |tx| decide(&tx, job, &decision, actor))
    }

    /// A person takes a job back.
    pub async fn cancel(
        &self,
        job: &str,
        reason: &str,
        actor: &Actor,
    ) -> Result<JobState, StoreError> {
        let decision = Decision {
            event: JobEvent::Cancelled,
            outcome: Some(Outcome::Cancelled),
            paid: None,
            reason,
        };
        transaction!(self.store, |tx| decide(&tx, job, &decision, actor))
    }

    /// A person has a failed or cancelled job done again.
    pub async fn reopen(
        &self,
        job: &str,
        reason: &str,
        actor: &Actor,
    ) -> Result<JobState, StoreError> {
        let decision = Decision {
            event: JobEvent::Reopened,
            outcome: None,
            paid: None,
            reason,
        };
        transaction!(self.store, |tx| decide(&tx, job, &decision, actor))
    }
}

async fn decide(
    tx: &Tx,
    job: &str,
    decision: &Decision<'_>,
    actor: &Actor,
) -> Result<JobState, StoreError> {
    let row = one(tx, &format!("{ROW}{}", tx.locked()), values![job])
        .await?
        .ok_or(StoreError::NoRow)?;
    let row = read_row(&row)?;
    let state = after(row.state, decision.event)?;
    write(tx, &row, state, decision).await?;
    search_text::renew(tx, &JOBS, row.id).await?;
    debts::follow(tx, &row, state, tx.now_ms()).await?;
    if let (Some(Outcome::Paid), Some(collected)) = (decision.outcome, row.collection_id) {
        let paid = Collected {
            amount: decision.paid,
            transaction_id: None,
            by: &actor.who,
        };
        collection::settle(tx, collected, row.id, &paid, actor).await?;
    }
    if let Some(item) = row.item_id {
        let news = SettleNews {
            job: row.id,
            state,
            outcome: decision.outcome,
            amount: decision.paid.map(Vnd::dong),
        };
        desk::job_ended(tx, item, news, actor).await?;
    }
    let entry = Entry::of(AuditAction::JobsDecide)
        .row(&JOBS, row.id)
        .before(json!({ "state": row.state, "fence": row.fence }))
        .after(json!({
            "state": state,
            "outcome": decision.outcome,
            "paid_amount": decision.paid,
            "reason": decision.reason,
        }));
    audit::write(tx, actor, entry).await?;
    Ok(state)
}

async fn write(
    tx: &Tx,
    row: &JobRecord,
    state: JobState,
    decision: &Decision<'_>,
) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let live_key = match (state.is_end(), row.has_live_key) {
        (true, _) => Some(None),
        // It had ended once, and is open again.
        (false, false) => Some(Some(live_key_of(tx, row.id).await?)),
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
    let proof = decision
        .outcome
        .filter(|o| *o != Outcome::Cancelled)
        .map(|_| Proof::Person.wire());
    let mut given = values![
        state.wire(),
        decision.outcome.map(Outcome::wire),
        proof,
        decision.paid.map(Vnd::dong),
        decision.reason,
        now,
        now,
        state.is_end().then_some(now)
    ];
    given.extend(live_key.map(SqlValue::from));
    given.push(SqlValue::from(row.id));
    execute(tx, &sql, given).await.map_err(|error| {
        let same = || StoreError::BadValue {
            field: "Mã / số".to_owned(),
            why: "đã có một việc đang mở giống hệt".to_owned(),
        };
        if is_taken(&error) { same() } else { error }
    })?;
    Ok(())
}

async fn live_key_of(tx: &Tx, id: i64) -> Result<String, StoreError> {
    let sql = "SELECT debt_key, amount, order_id, contract_item_id FROM jobs WHERE id = ?";
    let row = one(tx, sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    let (debt_key, order_id) = (text(&row, 0)?, text_or_none(&row, 2)?);
    Ok(live_key(
        &debt_key,
        int_or_none(&row, 1)?,
        order_id.as_deref(),
        int_or_none(&row, 3)?,
    ))
}
