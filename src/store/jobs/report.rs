//! What machines say of their attempts, each report once; what is refused is kept for a person.

use jiff::Timestamp;

use super::arm::{Permission, permission_of};
use super::row::{JobRecord, ROW, read_row};
use super::{Jobs, debts};
use crate::domain::lease::{JobEvent, JobState, after, counts_as_try, may_have_moved_money};
use crate::domain::{Outcome, Proof, Report, Vnd};
use crate::store::base::audit::Actor;
use crate::store::base::search_text::{self, search_text};
use crate::store::base::{
    Conn, SqlValue, Tx, execute, exists, insert, one, text, text_or_none, transaction, values,
};
use crate::store::catalogue::work::JOBS;
use crate::store::catalogue::{LeaseRefusal, ReportStatus};
use crate::store::collection::{self, Collected};
use crate::store::desk::{self, SettleNews};
use crate::store::settings::ShopRules;
use crate::store::{StoreError, digest, machines};

/// What the server made of a report. It is kept in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportVerdict {
    /// It settled the job, or put it into doubt.
    Accepted,
    /// It was accepted before.
    Duplicate,
    /// It moves nothing and waits for a person.
    Refused(LeaseRefusal),
}

impl Jobs<'_> {
    /// Takes a machine's reports, one after another, each once.
    pub async fn report(
        &self,
        machine: i64,
        reports: &[Report],
        shop: &ShopRules,
    ) -> Result<Vec<ReportVerdict>, StoreError> {
        let mut verdicts = Vec::with_capacity(reports.len());
        for report in reports {
            verdicts.push(self.report_one(machine, report, shop).await?);
        }
        Ok(verdicts)
    }

    /// Takes a machine's report, once. What is refused is kept with the reason.
    pub async fn report_one(
        &self,
        machine: i64,
        report: &Report,
        shop: &ShopRules,
    ) -> Result<ReportVerdict, StoreError> {
        transaction!(self.store, |tx| accept(&tx, machine, report, shop))
    }

    /// Keeps a report that nobody can read, once, for a person: what it may have said of its job is not believed.
    pub async fn keep_unreadable(
        &self,
        machine: i64,
        report: &Report,
    ) -> Result<ReportVerdict, StoreError> {
        transaction!(self.store, |tx| unreadable(&tx, machine, report))
    }
}

async fn unreadable(tx: &Tx, machine: i64, report: &Report) -> Result<ReportVerdict, StoreError> {
    let refused = LeaseRefusal::BadReport;
    let known = "SELECT id FROM reports WHERE digest = ?";
    if exists(tx, known, values![digest_of(report, machine)]).await? {
        return Ok(ReportVerdict::Refused(refused));
    }
    let job = one(tx, ROW, values![report.job.clone()]).await?;
    let job = job.as_ref().map(read_row).transpose()?;
    keep(tx, machine, report, job.map(|job| job.id), Err(refused)).await
}

async fn accept(
    tx: &Tx,
    machine: i64,
    report: &Report,
    shop: &ShopRules,
) -> Result<ReportVerdict, StoreError> {
    let row = match one(
        tx,
        &format!("{ROW}{}", tx.locked()),
        values![report.job.clone()],
    )
    .await?
    {
        Some(row) => Some(read_row(&row)?),
        None => None,
    };
    // Behind the job's lock: two copies of one report come one after another.
    if let Some(known) = one(
        tx,
        "SELECT verdict, reason FROM reports WHERE digest = ?",
        values![digest_of(report, machine)],
    )
    .await?
    {
        let is_accepted = text(&known, 0)? == ReportStatus::Accepted.wire();
        let reason = text_or_none(&known, 1)?.unwrap_or_default();
        return Ok(if is_accepted {
            ReportVerdict::Duplicate
        } else {
            ReportVerdict::Refused(LeaseRefusal::of(&reason).unwrap_or(LeaseRefusal::Late))
        });
    }
    let Some(row) = row else {
        return keep(tx, machine, report, None, Err(LeaseRefusal::NoJob)).await;
    };
    let tries = row.tries + i64::from(counts_as_try(report.outcome));
    let permission = permission_of(tx, row.id, row.fence).await?;
    let event = |is_proven| JobEvent::Reported {
        outcome: report.outcome,
        is_proven,
        was_last_try: tries >= shop.tries_max,
        is_disputed: row.is_disputed,
    };
    let refused = match after(row.state, event(true)) {
        _ if !row.is_held_by(machine, report.fence) => Some(LeaseRefusal::Lost),
        Err(_) if row.state.is_end() => Some(LeaseRefusal::Ended),
        Err(_) => Some(LeaseRefusal::Late),
        Ok(_) => permission
            .as_ref()
            .filter(|permission| permission.attempt != report.attempt)
            .map(|_| LeaseRefusal::OtherAttempt),
    };
    if let Some(refusal) = refused {
        if may_have_moved_money(report.outcome)
            && let Ok(state) = after(row.state, JobEvent::Disputed)
        {
            dispute(tx, &row, state).await?;
        }
        return keep(tx, machine, report, Some(row.id), Err(refusal)).await;
    }
    let is_proven = is_proven(tx, &row, permission.as_ref(), report).await?;
    let state = after(row.state, event(is_proven))?;
    settle(tx, &row, state, tries, report, shop).await?;
    keep(tx, machine, report, Some(row.id), Ok(())).await
}

/// Does something prove what the report says? A payment is proven where the machine was allowed to
/// make this very one, and where its transaction proves no other: two payments with one number are
/// for a person to see.
async fn is_proven(
    tx: &Tx,
    row: &JobRecord,
    permission: Option<&Permission>,
    report: &Report,
) -> Result<bool, StoreError> {
    let Some(permission) = permission.filter(|_| report.proof != Proof::None) else {
        return Ok(false);
    };
    if report.outcome != Outcome::Paid {
        return Ok(true);
    }
    if !permission.covers(report.amount) {
        return Ok(false);
    }
    let Some(transaction) = &report.transaction_id else {
        return Ok(true);
    };
    // Claimed before it is looked for: of two jobs that claim the same number at once, one waits for
    // the other or is done again, and sees it.
    let sql = "UPDATE jobs SET transaction_id = ? WHERE id = ?";
    execute(tx, sql, values![transaction.clone(), row.id]).await?;
    let sql = format!(
        "SELECT id FROM jobs WHERE transaction_id = ? AND id <> ? AND outcome = 'paid'{}",
        tx.locked()
    );
    Ok(!exists(tx, &sql, values![transaction.clone(), row.id]).await?)
}

/// Carries an accepted report out: the job's new state, what was collected, the debt's lock.
async fn settle(
    tx: &Tx,
    row: &JobRecord,
    state: JobState,
    tries: i64,
    report: &Report,
    shop: &ShopRules,
) -> Result<(), StoreError> {
    let now = tx.now_ms();
    // What a look-up found is what a payment of it may expect; only what was paid counts as paid.
    let is_doubt = report.outcome == Outcome::Paid && state != JobState::Done;
    let outcome = if is_doubt {
        Outcome::Unknown
    } else {
        report.outcome
    };
    write(tx, row, (state, outcome), tries, report, shop).await?;
    search_text::renew(tx, &JOBS, row.id).await?;
    if let (Outcome::Paid, Some(collected)) = (outcome, row.collection_id) {
        let machine = machines::name_of(tx, row.machine_id).await?;
        let actor = Actor {
            who: format!("machine:{machine}"),
            ..Actor::system()
        };
        let paid = Collected {
            amount: report.amount,
            transaction_id: report.transaction_id.as_deref(),
            by: report.operator.as_deref().unwrap_or(&machine),
        };
        collection::settle(tx, collected, row.id, &paid, &actor).await?;
    }
    if let Some(item) = row.item_id {
        let machine = machines::name_of(tx, row.machine_id).await?;
        let actor = Actor {
            who: format!("machine:{machine}"),
            ..Actor::system()
        };
        let news = SettleNews {
            job: row.id,
            state,
            outcome: Some(outcome),
            amount: report.amount.map(Vnd::dong),
        };
        desk::job_ended(tx, item, news, &actor).await?;
    }
    debts::follow(tx, row, state, now).await
}

async fn write(
    tx: &Tx,
    row: &JobRecord,
    (state, outcome): (JobState, Outcome),
    tries: i64,
    report: &Report,
    shop: &ShopRules,
) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let live_key = if state.is_end() {
        ", live_key = NULL"
    } else {
        ""
    };
    // A job that is handed out again rests first, unless nothing was tried.
    let run_at = (state == JobState::Ready).then(|| {
        if counts_as_try(report.outcome) {
            now + shop.retry_after_ms * tries.max(1)
        } else {
            now
        }
    });
    let later = if run_at.is_some() { ", run_at = ?" } else { "" };
    let sql = format!(
        "UPDATE jobs SET state = ?, outcome = ?, paid_amount = ?, expected_amount = COALESCE(?, expected_amount), transaction_id = ?, proof = ?, message = ?, tries = ?, lease_id = NULL, \
         lease_until = NULL, updated_at = ?, ended_at = ?, version = version + 1{live_key}{later} WHERE id = ? AND fence = ?"
    );
    let of = |wanted: Outcome| report.amount.filter(|_| outcome == wanted).map(Vnd::dong);
    let mut given = values![
        state.wire(),
        outcome.wire(),
        of(Outcome::Paid),
        of(Outcome::Debt),
        report.transaction_id.clone(),
        report.proof.wire(),
        report.message.clone(),
        tries,
        now,
        state.is_end().then_some(now)
    ];
    given.extend(run_at.map(SqlValue::from));
    given.extend(values![row.id, row.fence]);
    execute(tx, &sql, given).await.map(|_| ())
}

async fn dispute(tx: &Tx, row: &JobRecord, state: JobState) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let sql = "UPDATE jobs SET state = ?, updated_at = ?, disputed_at = ?, ended_at = CASE WHEN ? THEN ended_at END, version = version + 1 WHERE id = ?";
    execute(
        tx,
        sql,
        values![state.wire(), now, now, state.is_end(), row.id],
    )
    .await?;
    debts::follow(tx, row, state, now).await
}

async fn keep(
    tx: &Tx,
    machine: i64,
    report: &Report,
    job_id: Option<i64>,
    ended: Result<(), LeaseRefusal>,
) -> Result<ReportVerdict, StoreError> {
    let (status, reason, answer) = match ended {
        Ok(()) => (ReportStatus::Accepted, None, ReportVerdict::Accepted),
        Err(refusal) => (
            ReportStatus::Refused,
            Some(refusal.wire()),
            ReportVerdict::Refused(refusal),
        ),
    };
    let search = search_text([
        Some(report.attempt.as_str()),
        Some(&report.job),
        report.operator.as_deref(),
        report.transaction_id.as_deref(),
        report.message.as_deref(),
    ]);
    let sql = "INSERT INTO reports (digest, attempt, job, job_id, fence, machine_id, operator, outcome, amount, transaction_id, proof, message, \
               reported_at, at, verdict, reason, search_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let given = values![
        digest_of(report, machine),
        report.attempt.clone(),
        report.job.clone(),
        job_id,
        report.fence,
        machine,
        report.operator.clone(),
        report.outcome.wire(),
        report.amount.map(Vnd::dong),
        report.transaction_id.clone(),
        report.proof.wire(),
        report.message.clone(),
        report.at.map(Timestamp::as_millisecond),
        tx.now_ms(),
        status.wire(),
        reason,
        search,
    ];
    insert(tx, sql, given).await?;
    Ok(answer)
}

/// The same machine's same report twice has the same digest. Somebody else's copy of it is another
/// report.
fn digest_of(report: &Report, machine: i64) -> String {
    let Report {
        attempt,
        job,
        fence,
        outcome,
        proof,
        ..
    } = report;
    let amount = report.amount.map(Vnd::digits).unwrap_or_default();
    let transaction = report.transaction_id.as_deref().unwrap_or("");
    digest(
        format!("{machine}|{attempt}|{job}|{fence}|{outcome}|{amount}|{transaction}|{proof:?}")
            .as_bytes(),
    )
}
