//! May a machine confirm a payment on the portal?

use uuid::Uuid;

use super::lease::Held;
use super::limit::is_over_limit;
use super::row::{JobRecord, ROW, read_row};
use super::{Jobs, debts, repeats};
use crate::domain::Vnd;
use crate::domain::lease::{JobEvent, JobState, after};
use crate::store::StoreError;
use crate::store::base::{
    Conn, Tx, execute, exists, insert, int_or_none, one, text, transaction, values,
};
use crate::store::catalogue::LeaseRefusal;

/// What a machine wants to confirm.
struct Request<'r> {
    machine: i64,
    job: &'r Held,
    attempt: String,
    amount: Option<Vnd>,
    lease_ms: i64,
    is_repeat_meant: bool,
}

impl Jobs<'_> {
    /// May the machine confirm this job on the portal? When this says yes, that is durable: from
    /// then on the job is never handed out by itself. Asking again for the same attempt is answered
    /// the same. Answers until when the job is held.
    pub async fn arm(
        &self,
        machine: i64,
        job: &Held,
        attempt: Uuid,
        amount: Option<Vnd>,
        lease_ms: i64,
    ) -> Result<Result<i64, LeaseRefusal>, StoreError> {
        self.arm_asked((machine, job), attempt, amount, lease_ms, false)
            .await
    }

    /// The same, where a person has said that an equal top-up of a short while ago shall be made
    /// once more.
    pub async fn arm_repeat(
        &self,
        machine: i64,
        job: &Held,
        attempt: Uuid,
        amount: Option<Vnd>,
        lease_ms: i64,
    ) -> Result<Result<i64, LeaseRefusal>, StoreError> {
        self.arm_asked((machine, job), attempt, amount, lease_ms, true)
            .await
    }

    async fn arm_asked(
        &self,
        (machine, job): (i64, &Held),
        attempt: Uuid,
        amount: Option<Vnd>,
        lease_ms: i64,
        is_repeat_meant: bool,
    ) -> Result<Result<i64, LeaseRefusal>, StoreError> {
        let request = Request {
            machine,
            job,
            attempt: attempt.to_string(),
            amount,
            lease_ms,
            is_repeat_meant,
        };
        transaction!(self.store, |tx| arm(&tx, &request))
    }
}

async fn arm(tx: &Tx, request: &Request<'_>) -> Result<Result<i64, LeaseRefusal>, StoreError> {
    let sql = format!("{ROW}{}", tx.locked());
    let Some(row) = one(tx, &sql, values![request.job.id.clone()]).await? else {
        return Ok(Err(LeaseRefusal::NoJob));
    };
    let row = read_row(&row)?;
    if !row.is_held_by(request.machine, request.job.fence) || row.is_deleted {
        return Ok(Err(LeaseRefusal::Lost));
    }
    if row.state == JobState::Armed {
        return arm_again(tx, &row, request).await;
    }
    let Ok(state) = after(row.state, JobEvent::Armed) else {
        let is_over = row.state.is_end();
        return Ok(Err(if is_over {
            LeaseRefusal::Ended
        } else {
            LeaseRefusal::Lost
        }));
    };
    if debts::is_locked(tx, &row.debt_key).await? {
        return Ok(Err(LeaseRefusal::DebtLocked));
    }
    let amount = match (row.amount, request.amount) {
        (Some(ordered), Some(wanted)) if ordered != wanted.dong() => {
            return Ok(Err(LeaseRefusal::OtherAmount));
        }
        (Some(ordered), _) => Vnd::try_from(ordered).ok(),
        (None, wanted) => wanted,
    };
    if !request.is_repeat_meant && repeats::is_repeat(tx, &row).await? {
        return Ok(Err(LeaseRefusal::Repeat));
    }
    if is_over_limit(tx, request.machine, &row.service, amount).await? {
        return Ok(Err(LeaseRefusal::OverLimit));
    }
    let known = "SELECT 1 FROM attempts WHERE attempt = ?";
    if exists(tx, known, values![request.attempt.clone()]).await? {
        return Ok(Err(LeaseRefusal::OtherAttempt));
    }
    keep_armed(tx, &row, state, request, amount).await.map(Ok)
}

/// The same attempt once more: its answer may have been lost on the way.
async fn arm_again(
    tx: &Tx,
    row: &JobRecord,
    request: &Request<'_>,
) -> Result<Result<i64, LeaseRefusal>, StoreError> {
    let permission = permission_of(tx, row.id, row.fence).await?;
    let Some(permission) = permission.filter(|p| p.attempt == request.attempt) else {
        return Ok(Err(LeaseRefusal::OtherAttempt));
    };
    if request.amount.is_some() && !permission.covers(request.amount) {
        return Ok(Err(LeaseRefusal::OtherAmount));
    }
    let now = tx.now_ms();
    let until_ms = tx.shared_now_ms() + request.lease_ms;
    let sql = "UPDATE jobs SET lease_until = ?, heartbeat_at = ? WHERE id = ?";
    execute(tx, sql, values![until_ms, now, row.id]).await?;
    Ok(Ok(until_ms))
}

/// Writes the permission down: the debt's lock, the attempt, the job's state.
async fn keep_armed(
    tx: &Tx,
    row: &JobRecord,
    state: JobState,
    request: &Request<'_>,
    amount: Option<Vnd>,
) -> Result<i64, StoreError> {
    let now = tx.now_ms();
    let until_ms = tx.shared_now_ms() + request.lease_ms;
    debts::lock(tx, row, now).await?;
    let sql = "INSERT INTO attempts (attempt, job_id, fence, machine_id, amount, armed_at) VALUES (?, ?, ?, ?, ?, ?)";
    let given = values![
        request.attempt.clone(),
        row.id,
        row.fence,
        request.machine,
        amount.map(Vnd::dong),
        now
    ];
    insert(tx, sql, given).await?;
    let sql = "UPDATE jobs SET state = ?, lease_until = ?, heartbeat_at = ?, updated_at = ?, version = version + 1 WHERE id = ? AND fence = ?";
    let given = values![state.wire(), until_ms, now, now, row.id, row.fence];
    execute(tx, sql, given).await?;
    Ok(until_ms)
}

/// The attempt that a machine was allowed to confirm.
pub(super) struct Permission {
    pub attempt: String,
    /// How much; nothing where the machine did not say.
    pub amount: Option<i64>,
}

impl Permission {
    /// Is this what was allowed? Where no amount was, any that is told.
    pub fn covers(&self, paid: Option<Vnd>) -> bool {
        paid.is_some_and(|paid| self.amount.is_none_or(|allowed| allowed == paid.dong()))
    }
}

/// What was allowed last for this job as it is handed out now.
pub(super) async fn permission_of(
    tx: &Tx,
    job: i64,
    fence: i64,
) -> Result<Option<Permission>, StoreError> {
    let sql = "SELECT attempt, amount FROM attempts WHERE job_id = ? AND fence = ? ORDER BY id DESC LIMIT 1";
    let row = one(tx, sql, values![job, fence]).await?;
    row.map(|row| {
        Ok(Permission {
            attempt: text(&row, 0)?,
            amount: int_or_none(&row, 1)?,
        })
    })
    .transpose()
}
