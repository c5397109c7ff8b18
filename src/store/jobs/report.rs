//! What machines say of their attempts, each report once; what is refused is kept for a person.

use jiff::Timestamp;
use sea_orm::Value;
use serde::Serialize;

use super::{ROW, Row, proof_wire, read_row};
use crate::domain::lease::{JobEvent, JobState, after, counts_as_try, may_have_moved_money};
use crate::domain::{Outcome, Proof, Report, Vnd};
use crate::store::audit::Actor;
use crate::store::collection::Collected;
use crate::store::db::{Store, Tx, execute, insert, one, text, text_or_none, transaction, values};
use crate::store::search::search_text;
use crate::store::settings::Shop;
use crate::store::{StoreError, digest};

/// Why a machine may not do what it asks for, or why its report moves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such job.
    NoJob,
    /// It was handed to another machine, or taken back.
    Lost,
    /// It is not handed out any more: the report came after the lease had run out.
    Late,
    /// It has ended.
    Ended,
    /// Another attempt of it was armed.
    OtherAttempt,
    /// Another job of the same debt is on its way or in doubt.
    DebtLocked,
    /// The shop's limit.
    OverLimit,
    /// A top-up of another amount than the one that was ordered.
    OtherAmount,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NoJob,
        Self::Lost,
        Self::Late,
        Self::Ended,
        Self::OtherAttempt,
        Self::DebtLocked,
        Self::OverLimit,
        Self::OtherAmount,
    ];

    /// The name on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::NoJob => "no_job",
            Self::Lost => "lost",
            Self::Late => "late",
            Self::Ended => "ended",
            Self::OtherAttempt => "other_attempt",
            Self::DebtLocked => "debt_locked",
            Self::OverLimit => "over_limit",
            Self::OtherAmount => "other_amount",
        }
    }

    /// In few words, for a list.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoJob => "Không có việc này",
            Self::Lost => "Việc đã giao máy khác hoặc thu hồi",
            Self::Late => "Đến sau hạn giữ việc",
            Self::Ended => "Việc đã có kết quả",
            Self::OtherAttempt => "Đang có lần thanh toán khác",
            Self::DebtLocked => "Nợ này đang khóa",
            Self::OverLimit => "Vượt hạn mức",
            Self::OtherAmount => "Khác số tiền được đặt",
        }
    }

    /// For people.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NoJob => "Máy chủ không có việc này.",
            Self::Lost => {
                "Việc này không còn thuộc máy này: đã giao cho máy khác hoặc đã thu hồi. Không thanh toán."
            }
            Self::Late => "Kết quả đến sau khi hết hạn giữ việc. Máy chủ giữ lại để người xem.",
            Self::Ended => "Việc này đã có kết quả. Máy chủ giữ lại báo cáo để người xem.",
            Self::OtherAttempt => "Việc này đang có một lần thanh toán khác.",
            Self::DebtLocked => {
                "Một việc khác của cùng khoản nợ đang thanh toán hoặc chưa rõ kết quả. Đợi đối soát xong."
            }
            Self::OverLimit => "Vượt hạn mức của cửa hàng. Hỏi người quản lý.",
            Self::OtherAmount => "Số tiền khác với số tiền được đặt. Không thanh toán.",
        }
    }
}

/// What the server made of a report. It is kept in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It settled the job, or put it into doubt.
    Accepted,
    /// It was accepted before.
    Duplicate,
    /// It moves nothing and waits for a person.
    Refused(Refusal),
}

impl Store {
    /// Takes a machine's reports, one after another, each once. What is refused is kept with the
    /// reason.
    pub async fn report(
        &self,
        machine: i64,
        reports: &[Report],
        shop: &Shop,
    ) -> Result<Vec<Verdict>, StoreError> {
        let mut verdicts = Vec::with_capacity(reports.len());
        for report in reports {
            verdicts.push(transaction!(self, |tx| self.report_in(&tx, machine, report, shop))?);
        }
        Ok(verdicts)
    }

    async fn report_in(
        &self,
        tx: &Tx,
        machine: i64,
        report: &Report,
        shop: &Shop,
    ) -> Result<Verdict, StoreError> {
        let row = match one(
            &**tx,
            &format!("{ROW}{}", self.locked()),
            values![report.job.clone()],
        )
        .await?
        {
            Some(row) => Some(read_row(&row)?),
            None => None,
        };
        // Behind the job's lock: two copies of one report come one after another.
        if let Some(known) = one(
            &**tx,
            "SELECT verdict, reason FROM reports WHERE digest = ?",
            values![digest_of(report, machine)],
        )
        .await?
        {
            let is_accepted = text(&known, 0)? == "accepted";
            let reason = text_or_none(&known, 1)?.unwrap_or_default();
            return Ok(if is_accepted {
                Verdict::Duplicate
            } else {
                Verdict::Refused(refusal_of(&reason))
            });
        }
        let Some(row) = row else {
            return self
                .keep(tx, machine, report, None, Err(Refusal::NoJob))
                .await;
        };
        let tries = row.tries + i64::from(counts_as_try(report.outcome));
        let armed = self.armed_attempt(tx, row.id, row.fence).await?;
        let event = JobEvent::Reported {
            outcome: report.outcome,
            is_proven: report.proof != Proof::None && armed.is_some(),
            was_last_try: tries >= shop.tries_max,
            is_disputed: row.is_disputed,
        };
        let refused = match after(row.state, event) {
            _ if !row.is_held_by(machine, report.fence) => Some(Refusal::Lost),
            Err(_) if row.state.is_end() => Some(Refusal::Ended),
            Err(_) => Some(Refusal::Late),
            Ok(_) => armed
                .filter(|armed| *armed != report.attempt)
                .map(|_| Refusal::OtherAttempt),
        };
        if let Some(refusal) = refused {
            if may_have_moved_money(report.outcome)
                && let Ok(state) = after(row.state, JobEvent::Disputed)
            {
                self.dispute(tx, &row, state).await?;
            }
            return self
                .keep(tx, machine, report, Some(row.id), Err(refusal))
                .await;
        }
        let state = after(row.state, event)?;
        self.settle(tx, &row, state, tries, report, shop).await?;
        self.keep(tx, machine, report, Some(row.id), Ok(())).await
    }

    async fn settle(
        &self,
        tx: &Tx,
        row: &Row,
        state: JobState,
        tries: i64,
        report: &Report,
        shop: &Shop,
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let run_at = if counts_as_try(report.outcome) {
            now + shop.retry_after_ms * tries.max(1)
        } else {
            now
        };
        let live_key = if state.is_end() {
            ", live_key = NULL"
        } else {
            ""
        };
        let ended = state.is_end().then_some(now);
        let later = if state == JobState::Ready {
            ", run_at = ?"
        } else {
            ""
        };
        let sql = format!(
            "UPDATE jobs SET state = ?, outcome = ?, paid_amount = ?, expected_amount = COALESCE(?, expected_amount), transaction_id = ?, proof = ?, message = ?, tries = ?, lease_id = NULL, \
             lease_until = NULL, updated_at = ?, ended_at = ?, version = version + 1{live_key}{later} WHERE id = ? AND fence = ?"
        );
        // What a look-up found is what a payment of it may expect; only what was paid counts as
        // paid.
        let is_doubt = report.outcome == Outcome::Paid && state != JobState::Done;
        let outcome = if is_doubt {
            Outcome::Unknown
        } else {
            report.outcome
        };
        let of = |wanted: Outcome| report.amount.filter(|_| outcome == wanted).map(Vnd::dong);
        let (paid, owed) = (of(Outcome::Paid), of(Outcome::Debt));
        let mut given = values![
            state.wire(),
            outcome.wire(),
            paid,
            owed,
            report.transaction_id.clone(),
            proof_wire(report.proof),
            report.message.clone(),
            tries,
            now,
            ended
        ];
        given.extend((state == JobState::Ready).then(|| Value::from(run_at)));
        given.extend(values![row.id, row.fence]);
        execute(&**tx, &sql, given).await?;
        self.renew_search_text(tx, "jobs", row.id).await?;
        if let (Outcome::Paid, Some(collected)) = (outcome, row.collection_id) {
            let machine = self.machine_name(tx, row.machine_id).await?;
            let actor = Actor {
                who: format!("machine:{machine}"),
                ..Actor::system()
            };
            let by = report.operator.as_deref().unwrap_or(&machine);
            let paid = Collected {
                amount: report.amount,
                transaction_id: report.transaction_id.as_deref(),
                by,
            };
            self.settle_collection(tx, collected, row.id, &paid, &actor)
                .await?;
        }
        self.follow_lock(tx, row, state, now).await
    }

    async fn machine_name(&self, tx: &Tx, machine: Option<i64>) -> Result<String, StoreError> {
        let row = one(
            &**tx,
            "SELECT name FROM machines WHERE id = ?",
            values![machine],
        )
        .await?;
        row.map_or_else(|| Ok(String::new()), |row| text(&row, 0))
    }

    async fn dispute(&self, tx: &Tx, row: &Row, state: JobState) -> Result<(), StoreError> {
        let now = self.now_ms();
        let sql = "UPDATE jobs SET state = ?, updated_at = ?, disputed_at = ?, ended_at = CASE WHEN ? THEN ended_at END, version = version + 1 WHERE id = ?";
        execute(
            &**tx,
            sql,
            values![state.wire(), now, now, state.is_end(), row.id],
        )
        .await?;
        self.follow_lock(tx, row, state, now).await
    }

    async fn keep(
        &self,
        tx: &Tx,
        machine: i64,
        report: &Report,
        job_id: Option<i64>,
        ended: Result<(), Refusal>,
    ) -> Result<Verdict, StoreError> {
        let (verdict, reason, answer) = match ended {
            Ok(()) => ("accepted", None, Verdict::Accepted),
            Err(refusal) => ("refused", Some(refusal.wire()), Verdict::Refused(refusal)),
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
            proof_wire(report.proof),
            report.message.clone(),
            report.at.map(Timestamp::as_millisecond),
            self.now_ms(),
            verdict,
            reason,
            search,
        ];
        insert(&**tx, sql, given).await?;
        Ok(answer)
    }
}

fn refusal_of(wire: &str) -> Refusal {
    Refusal::ALL
        .into_iter()
        .find(|r| r.wire() == wire)
        .unwrap_or(Refusal::Late)
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
