//! What machines were allowed to do and what they said, for a person who has to decide.

use std::collections::HashMap;

use super::Jobs;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{
    Conn, Tx, all, execute, int, int_or_none, one, text, text_or_none, transaction, values,
};
use crate::store::catalogue::work::REPORTS;
use crate::store::catalogue::{AuditAction, ReportStatus};

/// Reports that are marked in one transaction.
const SEEN_BATCH: usize = 200;

/// A report on a job, accepted or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRecord {
    /// When it came.
    pub at: i64,
    /// Which machine said it.
    pub machine: String,
    /// `domain::Outcome::wire`
    pub outcome: String,
    /// How much moved, in đồng.
    pub amount: Option<i64>,
    /// What proves it: `domain::Proof` by its name in the database.
    pub proof: String,
    /// The portal's number.
    pub transaction_id: Option<String>,
    /// The portal's words.
    pub message: Option<String>,
    /// Who sat at the machine.
    pub operator: Option<String>,
    /// [`ReportStatus::wire`]
    pub status: String,
    /// Why it was not accepted: `LeaseRefusal::wire`.
    pub reason: Option<String>,
    /// The attempt that it tells of.
    pub attempt: String,
}

/// An attempt that a machine was allowed to confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArmedAttempt {
    /// When.
    pub at: i64,
    /// Which machine.
    pub machine: String,
    /// How much, in đồng.
    pub amount: Option<i64>,
    /// Its id, made by the machine.
    pub attempt: String,
}

impl Jobs<'_> {
    /// What was reported on a job, the newest first.
    pub async fn reports_of(&self, job: i64, limit: u32) -> Result<Vec<ReportRecord>, StoreError> {
        let sql = format!(
            "SELECT reports.at, machines.name, reports.outcome, reports.amount, reports.proof, reports.transaction_id, reports.message, \
             reports.operator, reports.verdict, reports.reason, reports.attempt \
             FROM reports LEFT JOIN machines ON machines.id = reports.machine_id WHERE reports.job_id = ? ORDER BY reports.id DESC LIMIT {limit}"
        );
        all(self.store, &sql, values![job])
            .await?
            .iter()
            .map(|row| {
                Ok(ReportRecord {
                    at: int(row, 0)?,
                    machine: text_or_none(row, 1)?.unwrap_or_default(),
                    outcome: text(row, 2)?,
                    amount: int_or_none(row, 3)?,
                    proof: text(row, 4)?,
                    transaction_id: text_or_none(row, 5)?,
                    message: text_or_none(row, 6)?,
                    operator: text_or_none(row, 7)?,
                    status: text(row, 8)?,
                    reason: text_or_none(row, 9)?,
                    attempt: text(row, 10)?,
                })
            })
            .collect()
    }

    /// What machines were allowed to do for a job, the newest first.
    pub async fn attempts_of(&self, job: i64, limit: u32) -> Result<Vec<ArmedAttempt>, StoreError> {
        let sql = format!(
            "SELECT attempts.armed_at, machines.name, attempts.amount, attempts.attempt \
             FROM attempts LEFT JOIN machines ON machines.id = attempts.machine_id WHERE attempts.job_id = ? ORDER BY attempts.id DESC LIMIT {limit}"
        );
        all(self.store, &sql, values![job])
            .await?
            .iter()
            .map(|row| {
                Ok(ArmedAttempt {
                    at: int(row, 0)?,
                    machine: text_or_none(row, 1)?.unwrap_or_default(),
                    amount: int_or_none(row, 2)?,
                    attempt: text(row, 3)?,
                })
            })
            .collect()
    }

    /// What was allowed last for each job in doubt, by the job's number.
    pub async fn doubtful_amounts(&self) -> Result<HashMap<i64, i64>, StoreError> {
        let sql = self.store.casts(
            "SELECT CAST(attempts.job_id AS SIGNED), CAST(MAX(attempts.amount) AS SIGNED) FROM attempts JOIN jobs ON jobs.id = attempts.job_id \
             WHERE jobs.state IN ('in_doubt', 'review') AND jobs.deleted_at IS NULL AND attempts.amount IS NOT NULL GROUP BY attempts.job_id",
        );
        all(self.store, &sql, vec![])
            .await?
            .iter()
            .map(|row| Ok((int(row, 0)?, int(row, 1)?)))
            .collect()
    }

    /// Reports that were not accepted and that nobody has looked at.
    pub async fn unseen_reports(&self) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM reports WHERE verdict = 'refused' AND seen_at IS NULL";
        one(self.store, sql, vec![])
            .await?
            .map_or(Ok(0), |row| int(&row, 0))
    }

    /// Somebody has looked at these refused reports. Says how many nobody had looked at before.
    pub async fn see_reports(&self, ids: &[i64], actor: &Actor) -> Result<usize, StoreError> {
        let mut seen = 0;
        for some in ids.chunks(SEEN_BATCH) {
            seen += transaction!(self.store, |tx| see_some(&tx, some, actor))?;
        }
        Ok(seen)
    }

    /// Is it a refused report that nobody has looked at?
    pub async fn is_unseen(&self, report: i64) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM reports WHERE id = ? AND verdict = ? AND seen_at IS NULL";
        let given = values![report, ReportStatus::Refused.wire()];
        Ok(one(self.store, sql, given).await?.is_some())
    }
}

async fn see_some(tx: &Tx, ids: &[i64], actor: &Actor) -> Result<usize, StoreError> {
    let mut seen = 0;
    for id in ids {
        let sql = "UPDATE reports SET seen_at = ? WHERE id = ? AND verdict = 'refused' AND seen_at IS NULL";
        let now = tx.now_ms();
        if execute(tx, sql, values![now, *id]).await? == 1 {
            seen += 1;
            let state = serde_json::json!({ "seen_at": now });
            audit::write(
                tx,
                actor,
                Entry::of(AuditAction::ReportsSeen)
                    .row(&REPORTS, *id)
                    .after(state),
            )
            .await?;
        }
    }
    Ok(seen)
}
