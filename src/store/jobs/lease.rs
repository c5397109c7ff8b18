//! Jobs are handed out, held, armed, given back, and taken back from machines that died.

use sea_orm::Value;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ROW, Refusal, Row, read_row};
use crate::domain::lease::{JobEvent, JobState, after};
use crate::domain::{Service, Vnd};
use crate::store::StoreError;
use crate::store::db::{
    Store, Tx, all, execute, insert, int, int_or_none, marks, one, text, text_or_none, transaction,
    values,
};

/// Jobs that one lease may hold.
pub const LEASE_MAX: u32 = 200;

/// Leases that the rescuer takes back in one transaction.
const RESCUE_BATCH: u32 = 500;

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

/// What the rescuer did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rescued {
    /// Jobs that may be handed out again.
    pub returned: u64,
    /// Payments of which nobody knows.
    pub in_doubt: u64,
}

impl Store {
    /// Hands out up to `limit` jobs of a service, each to one machine only.
    pub async fn take(
        &self,
        machine: i64,
        service: Service,
        limit: u32,
        lease_ms: i64,
    ) -> Result<Lease, StoreError> {
        transaction!(self, |tx| self.take_in(
            &tx,
            machine,
            service,
            limit.min(LEASE_MAX),
            lease_ms
        ))
    }

    async fn take_in(
        &self,
        tx: &Tx,
        machine: i64,
        service: Service,
        limit: u32,
        lease_ms: i64,
    ) -> Result<Lease, StoreError> {
        let (now, lease) = (self.now_ms(), Uuid::now_v7().to_string());
        let until_ms = now + lease_ms;
        let sql = format!(
            "SELECT id, public_id, fence, code, amount, expected_amount, receiver_phone, payment_type, period, order_id FROM jobs \
             WHERE state = 'ready' AND service = ? AND run_at <= ? AND deleted_at IS NULL \
             AND NOT EXISTS (SELECT 1 FROM debt_locks WHERE debt_locks.debt_key = jobs.debt_key) \
             ORDER BY priority, run_at, id LIMIT {limit}{}",
            self.for_update()
        );
        let rows = all(&**tx, &sql, values![service.spec().wire, now]).await?;
        let (mut ids, mut jobs) = (
            Vec::with_capacity(rows.len()),
            Vec::with_capacity(rows.len()),
        );
        for row in &rows {
            ids.push(Value::from(int(row, 0)?));
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
            if execute(&**tx, &sql, given).await? != count {
                return Err(StoreError::Stale);
            }
        }
        Ok(Lease {
            lease,
            until_ms,
            jobs,
        })
    }

    /// Holds jobs for longer. Says for each whether the machine still has it.
    pub async fn heartbeat(
        &self,
        machine: i64,
        jobs: &[Held],
        lease_ms: i64,
    ) -> Result<Vec<bool>, StoreError> {
        transaction!(self, |tx| self.heartbeat_in(&tx, machine, jobs, lease_ms))
    }

    async fn heartbeat_in(
        &self,
        tx: &Tx,
        machine: i64,
        jobs: &[Held],
        lease_ms: i64,
    ) -> Result<Vec<bool>, StoreError> {
        let now = self.now_ms();
        let mut alive = Vec::with_capacity(jobs.len());
        for held in jobs {
            let sql = "UPDATE jobs SET lease_until = ?, heartbeat_at = ? WHERE public_id = ? AND machine_id = ? AND fence = ? AND state IN ('leased', 'armed')";
            let matched = execute(
                &**tx,
                sql,
                values![now + lease_ms, now, held.id.clone(), machine, held.fence],
            )
            .await?;
            alive.push(matched == 1);
        }
        Ok(alive)
    }

    /// May the machine confirm this job on the portal? When this says yes, that is durable: from
    /// then on the job is never handed out by itself. Asking again for the same attempt is answered
    /// the same.
    pub async fn arm(
        &self,
        machine: i64,
        job: &Held,
        attempt: Uuid,
        amount: Option<Vnd>,
        lease_ms: i64,
    ) -> Result<Result<i64, Refusal>, StoreError> {
        transaction!(self, |tx| self
            .arm_in(&tx, machine, job, attempt, amount, lease_ms))
    }

    async fn arm_in(
        &self,
        tx: &Tx,
        machine: i64,
        held: &Held,
        attempt: Uuid,
        amount: Option<Vnd>,
        lease_ms: i64,
    ) -> Result<Result<i64, Refusal>, StoreError> {
        let Some(row) = one(
            &**tx,
            &format!("{ROW}{}", self.locked()),
            values![held.id.clone()],
        )
        .await?
        else {
            return Ok(Err(Refusal::NoJob));
        };
        let row = read_row(&row)?;
        if !row.is_held_by(machine, held.fence) || row.is_deleted {
            return Ok(Err(Refusal::Lost));
        }
        let now = self.now_ms();
        let until_ms = now + lease_ms;
        if row.state == JobState::Armed {
            let same = self.armed_attempt(tx, row.id, row.fence).await?.as_deref()
                == Some(&attempt.to_string());
            if same {
                execute(
                    &**tx,
                    "UPDATE jobs SET lease_until = ?, heartbeat_at = ? WHERE id = ?",
                    values![until_ms, now, row.id],
                )
                .await?;
            }
            return Ok(if same {
                Ok(until_ms)
            } else {
                Err(Refusal::OtherAttempt)
            });
        }
        let Ok(state) = after(row.state, JobEvent::Armed) else {
            return Ok(Err(if row.state.is_end() {
                Refusal::Ended
            } else {
                Refusal::Lost
            }));
        };
        if one(
            &**tx,
            "SELECT 1 FROM debt_locks WHERE debt_key = ?",
            values![row.debt_key.clone()],
        )
        .await?
        .is_some()
        {
            return Ok(Err(Refusal::DebtLocked));
        }
        let amount = match (row.amount, amount) {
            (Some(ordered), Some(told)) if ordered != told.dong() => {
                return Ok(Err(Refusal::OtherAmount));
            }
            (Some(ordered), _) => Vnd::try_from(ordered).ok(),
            (None, told) => told,
        };
        if self
            .is_over_limit(tx, machine, &row.service, amount)
            .await?
        {
            return Ok(Err(Refusal::OverLimit));
        }
        let known = one(
            &**tx,
            "SELECT 1 FROM attempts WHERE attempt = ?",
            values![attempt.to_string()],
        )
        .await?;
        if known.is_some() {
            return Ok(Err(Refusal::OtherAttempt));
        }
        self.lock_debt(tx, &row, now).await?;
        let sql = "INSERT INTO attempts (attempt, job_id, fence, machine_id, amount, armed_at) VALUES (?, ?, ?, ?, ?, ?)";
        insert(
            &**tx,
            sql,
            values![
                attempt.to_string(),
                row.id,
                row.fence,
                machine,
                amount.map(Vnd::dong),
                now
            ],
        )
        .await?;
        let sql = "UPDATE jobs SET state = ?, lease_until = ?, heartbeat_at = ?, updated_at = ?, version = version + 1 WHERE id = ? AND fence = ?";
        execute(
            &**tx,
            sql,
            values![state.wire(), until_ms, now, now, row.id, row.fence],
        )
        .await?;
        Ok(Ok(until_ms))
    }

    /// Gives jobs back, untouched. Says for each whether the machine still had it.
    pub async fn give_back(
        &self,
        machine: i64,
        jobs: &[(Held, Option<String>)],
    ) -> Result<Vec<bool>, StoreError> {
        transaction!(self, |tx| self.give_back_in(&tx, machine, jobs))
    }

    async fn give_back_in(
        &self,
        tx: &Tx,
        machine: i64,
        jobs: &[(Held, Option<String>)],
    ) -> Result<Vec<bool>, StoreError> {
        let state = after(JobState::Leased, JobEvent::GivenBack)?;
        let now = self.now_ms();
        let mut given = Vec::with_capacity(jobs.len());
        for (held, reason) in jobs {
            let sql = "UPDATE jobs SET state = ?, lease_id = NULL, lease_until = NULL, message = COALESCE(?, message), updated_at = ?, version = version + 1 \
                       WHERE public_id = ? AND machine_id = ? AND fence = ? AND state = 'leased'";
            let matched = execute(
                &**tx,
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
                && let Some(row) = one(&**tx, ROW, values![held.id.clone()]).await?
            {
                self.renew_search_text(tx, "jobs", read_row(&row)?.id)
                    .await?;
            }
        }
        Ok(given)
    }

    /// Takes back what dead machines hold: what was not armed may be handed out again, what was
    /// armed is in doubt.
    pub async fn expire(&self) -> Result<Rescued, StoreError> {
        let mut rescued = Rescued::default();
        loop {
            let some = transaction!(self, |tx| self.expire_some(&tx))?;
            rescued.returned += some.returned;
            rescued.in_doubt += some.in_doubt;
            if some.returned + some.in_doubt < u64::from(RESCUE_BATCH) {
                return Ok(rescued);
            }
        }
    }

    async fn expire_some(&self, tx: &Tx) -> Result<Rescued, StoreError> {
        let now = self.now_ms();
        let mut rescued = Rescued::default();
        for state in [JobState::Leased, JobState::Armed] {
            let next = after(state, JobEvent::LeaseRanOut)?;
            let sql = format!(
                "SELECT id FROM jobs WHERE state = ? AND lease_until < ? LIMIT {RESCUE_BATCH}{}",
                self.for_update()
            );
            let rows = all(&**tx, &sql, values![state.wire(), now]).await?;
            if rows.is_empty() {
                continue;
            }
            let ids = rows
                .iter()
                .map(|row| int(row, 0))
                .collect::<Result<Vec<i64>, _>>()?;
            let outcome = if next == JobState::InDoubt {
                ", outcome = 'unknown'"
            } else {
                ""
            };
            let sql = format!(
                "UPDATE jobs SET state = ?, lease_id = NULL, lease_until = NULL, updated_at = ?, version = version + 1{outcome} \
                 WHERE state = ? AND lease_until < ? AND id IN ({})",
                marks(ids.len())
            );
            let mut given = values![next.wire(), now, state.wire(), now];
            given.extend(ids.into_iter().map(Value::from));
            let count = execute(&**tx, &sql, given).await?;
            if next == JobState::InDoubt {
                rescued.in_doubt += count
            } else {
                rescued.returned += count
            }
        }
        Ok(rescued)
    }

    /// The debt's lock stands exactly as long as money of it may be on its way.
    pub(super) async fn follow_lock(
        &self,
        tx: &Tx,
        row: &Row,
        state: JobState,
        now: i64,
    ) -> Result<(), StoreError> {
        if state.locks_debt() {
            let held = one(
                &**tx,
                "SELECT 1 FROM debt_locks WHERE debt_key = ?",
                values![row.debt_key.clone()],
            )
            .await?;
            if held.is_none() {
                self.lock_debt(tx, row, now).await?;
            }
            return Ok(());
        }
        execute(
            &**tx,
            "DELETE FROM debt_locks WHERE debt_key = ? AND job_id = ?",
            values![row.debt_key.clone(), row.id],
        )
        .await
        .map(|_| ())
    }

    async fn lock_debt(&self, tx: &Tx, row: &Row, now: i64) -> Result<(), StoreError> {
        insert(
            &**tx,
            "INSERT INTO debt_locks (debt_key, job_id, since) VALUES (?, ?, ?)",
            values![row.debt_key.clone(), row.id, now],
        )
        .await
        .map(|_| ())
    }

    pub(super) async fn armed_attempt(
        &self,
        tx: &Tx,
        job: i64,
        fence: i64,
    ) -> Result<Option<String>, StoreError> {
        let row = one(
            &**tx,
            "SELECT attempt FROM attempts WHERE job_id = ? AND fence = ? ORDER BY id DESC LIMIT 1",
            values![job, fence],
        )
        .await?;
        row.map(|row| text(&row, 0)).transpose()
    }
}
