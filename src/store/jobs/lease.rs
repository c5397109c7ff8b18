//! Jobs are handed out, held for longer, given back.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Jobs;
use super::row::{ROW, read_row};
use crate::domain::Service;
use crate::domain::lease::{JobEvent, JobState, after};
use crate::store::StoreError;
use crate::store::base::{
    Conn, SqlValue, Tx, all, execute, int, int_or_none, marks, one, search_text, text,
    text_or_none, transaction, values,
};
use crate::store::catalogue::work::JOBS;

/// Jobs that one lease may hold.
pub const LEASE_MAX: u32 = 200;

/// Jobs handed out together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Lease {
    /// Its id.
    pub lease: String,
    /// Held until then, unless a heartbeat comes.
    pub until_ms: i64,
    /// What is to be done.
    pub jobs: Vec<LeasedJob>,
}

/// A job as a machine gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeasedJob {
    /// Its public id.
    pub id: String,
    /// Goes along with everything that is said about it: who has an older one has lost it.
    pub fence: i64,
    /// For whom.
    pub code: String,
    /// A top-up's amount.
    pub amount: Option<i64>,
    /// What a debt is expected to be.
    pub expected_amount: Option<i64>,
    /// Where an electricity bill is receipted to.
    pub receiver_phone: Option<String>,
    /// `Nạp trả trước` or `Gạch nợ trả sau`.
    pub payment_type: Option<String>,
    /// The billing period.
    pub period: Option<String>,
    /// The order it came from.
    pub order_id: Option<String>,
}

/// A job that a machine speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its public id.
    pub id: String,
    /// The fence that it was handed out with.
    pub fence: i64,
}

impl Jobs<'_> {
    /// Hands out up to `limit` jobs of a service, each to one machine only.
    pub async fn lease(
        &self,
        machine: i64,
        service: Service,
        limit: u32,
        lease_ms: i64,
    ) -> Result<Lease, StoreError> {
        transaction!(self.store, |tx| lease(
            &tx,
            machine,
            service,
            limit.min(LEASE_MAX),
            lease_ms
        ))
    }

    /// Holds jobs for longer. Says for each whether the machine still has it.
    pub async fn heartbeat(
        &self,
        machine: i64,
        jobs: &[Held],
        lease_ms: i64,
    ) -> Result<Vec<bool>, StoreError> {
        transaction!(self.store, |tx| heartbeat(&tx, machine, jobs, lease_ms))
    }

    /// Gives jobs back, untouched. Says for each whether the machine still had it.
    pub async fn give_back(
        &self,
        machine: i64,
        jobs: &[(Held, Option<String>)],
    ) -> Result<Vec<bool>, StoreError> {
        transaction!(self.store, |tx| give_back(&tx, machine, jobs))
    }
}

async fn lease(
    tx: &Tx,
    machine: i64,
    service: Service,
    limit: u32,
    lease_ms: i64,
) -> Result<Lease, StoreError> {
    let (now, lease) = (tx.now_ms(), Uuid::now_v7().to_string());
    let until_ms = tx.shared_now_ms() + lease_ms;
    let sql = format!(
        "SELECT id, public_id, fence, code, amount, expected_amount, receiver_phone, payment_type, period, order_id FROM jobs \
         WHERE state = 'ready' AND service = ? AND run_at <= ? AND deleted_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM debt_locks WHERE debt_locks.debt_key = jobs.debt_key) \
         ORDER BY priority, run_at, id LIMIT {limit}{}",
        tx.claimed()
    );
    let rows = all(tx, &sql, values![service.spec().wire, now]).await?;
    let (mut ids, mut jobs) = (
        Vec::with_capacity(rows.len()),
        Vec::with_capacity(rows.len()),
    );
    for row in &rows {
        ids.push(SqlValue::from(int(row, 0)?));
        jobs.push(LeasedJob {
            id: text(row, 1)?,
            fence: int(row, 2)? + 1,
            code: text(row, 3)?,
            amount: int_or_none(row, 4)?,
            expected_amount: int_or_none(row, 5)?,
            receiver_phone: text_or_none(row, 6)?,
            payment_type: text_or_none(row, 7)?,
            period: text_or_none(row, 8)?,
            order_id: text_or_none(row, 9)?,
        });
    }
    if !ids.is_empty() {
        let state = after(JobState::Ready, JobEvent::Taken)?;
        let sql = format!(
            "UPDATE jobs SET state = ?, fence = fence + 1, machine_id = ?, lease_id = ?, lease_until = ?, heartbeat_at = ?, updated_at = ?, \
             version = version + 1 WHERE state = 'ready' AND id IN ({})",
            marks(ids.len())
        );
        let count = ids.len() as u64;
        let mut given = values![state.wire(), machine, lease.clone(), until_ms, now, now];
        given.extend(ids);
        if execute(tx, &sql, given).await? != count {
            return Err(StoreError::Stale);
        }
    }
    Ok(Lease {
        lease,
        until_ms,
        jobs,
    })
}

async fn heartbeat(
    tx: &Tx,
    machine: i64,
    jobs: &[Held],
    lease_ms: i64,
) -> Result<Vec<bool>, StoreError> {
    let now = tx.now_ms();
    let mut alive = Vec::with_capacity(jobs.len());
    for held in jobs {
        let sql = "UPDATE jobs SET lease_until = ?, heartbeat_at = ? WHERE public_id = ? AND machine_id = ? AND fence = ? AND state IN ('leased', 'armed')";
        let matched = execute(
            tx,
            sql,
            values![
                tx.shared_now_ms() + lease_ms,
                now,
                held.id.clone(),
                machine,
                held.fence
            ],
        )
        .await?;
        alive.push(matched == 1);
    }
    Ok(alive)
}

async fn give_back(
    tx: &Tx,
    machine: i64,
    jobs: &[(Held, Option<String>)],
) -> Result<Vec<bool>, StoreError> {
    let state = after(JobState::Leased, JobEvent::GivenBack)?;
    let now = tx.now_ms();
    let mut given = Vec::with_capacity(jobs.len());
    for (held, reason) in jobs {
        let sql = "UPDATE jobs SET state = ?, lease_id = NULL, lease_until = NULL, message = COALESCE(?, message), updated_at = ?, version = version + 1 \
                   WHERE public_id = ? AND machine_id = ? AND fence = ? AND state = 'leased'";
        let matched = execute(
            tx,
            sql,
            values![
                state.wire(),
                reason.clone(),
                now,
                held.id.clone(),
                machine,
                held.fence
            ],
        )
        .await?;
        given.push(matched == 1);
        if matched == 1
            && reason.is_some()
            && let Some(row) = one(tx, ROW, values![held.id.clone()]).await?
        {
            search_text::renew(tx, &JOBS, read_row(&row)?.id).await?;
        }
    }
    Ok(given)
}
