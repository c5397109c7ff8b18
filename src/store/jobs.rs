//! Jobs: added once, handed to one machine at a time, armed, reported.
//!
//! The law is [`crate::domain::lease`]; here it is carried out, each step in one transaction that looks at the row, asks
//! the law, and changes the row only where nobody was faster. Start at [`Store::take`], [`Store::arm`], [`Store::report`].

use std::collections::HashMap;

use sea_orm::{QueryResult, Value};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::Actor;
use super::collection::Collected;
use super::db::{Store, Tx, all, execute, insert, int, int_or_none, is_taken, marks, one, text, text_or_none, transaction, values};
use super::settings::Shop;
use super::{StoreError, digest};
use crate::domain::lease::{JobEvent, JobState, Resolution, after, counts_as_try, may_have_moved_money};
use crate::domain::text::plain;
use crate::domain::{Account, Job, Outcome, PaymentType, Proof, Service, Vnd};

/// Jobs that one lease may hold.
pub const LEASE_MAX: u32 = 200;
/// Jobs that are inserted in one transaction: a cluster does not like large ones.
const ADD_BATCH: usize = 250;
/// Leases that the rescuer takes back in one transaction.
const RESCUE_BATCH: u32 = 500;

/// A job to be added.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// What is to be done.
    pub service: Service,
    /// For whom.
    pub account: Account,
    /// A top-up's amount.
    pub amount: Option<Vnd>,
    /// What a debt is expected to be.
    pub expected_amount: Option<Vnd>,
    /// Where an electricity bill is receipted to.
    pub receiver_phone: Option<String>,
    /// Prepaid or postpaid, for the service that has both.
    pub payment: Option<PaymentType>,
    /// The billing period.
    pub period: Option<String>,
    /// The order it came from.
    pub order_id: Option<String>,
    /// Who or what brought it: `api`, `import`, `admin`.
    pub source: String,
    /// For people.
    pub note: Option<String>,
    /// Smaller is earlier.
    pub priority: i64,
    /// Not before this time.
    pub run_at: i64,
    /// The import that brought it.
    pub import_id: Option<i64>,
    /// The collection row that it settles.
    pub collection_data_id: Option<i64>,
    /// The same key twice is the same job.
    pub key: Option<String>,
}

impl NewJob {
    /// A job as the intake checked it.
    pub fn of(service: Service, job: &Job, source: &str) -> Self {
        let top_up = job.top_up(service);
        Self {
            service,
            account: job.account.clone(),
            amount: top_up,
            expected_amount: if top_up.is_some() { None } else { job.amount },
            receiver_phone: None,
            payment: job.payment,
            period: None,
            order_id: job.order_id.clone(),
            source: source.to_owned(),
            note: None,
            priority: 100,
            run_at: 0,
            import_id: None,
            collection_data_id: None,
            key: None,
        }
    }

    /// What locks when money is on its way.
    fn debt_key(&self) -> String {
        format!("{}|{}", self.service, self.account.key())
    }

    /// What two open jobs must not have in common.
    pub(super) fn live_key(&self) -> String {
        let amount = self.amount.map(Vnd::digits).unwrap_or_default();
        digest(format!("{}|{}|{amount}|{}", self.service, self.account.key(), self.order_id.as_deref().unwrap_or("")).as_bytes())
    }

    fn add_key(&self) -> Option<String> {
        self.key.as_ref().map(|key| digest(key.as_bytes()))
    }

    fn search_text(&self) -> String {
        plain(&format!("{} {} {}", self.account, self.order_id.as_deref().unwrap_or(""), self.note.as_deref().unwrap_or("")))
    }
}

/// What became of a job that was to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", content = "id", rename_all = "snake_case")]
pub enum Added {
    /// It is new.
    Added(String),
    /// The same key was sent before.
    Repeated(String),
    /// Another open job says the same.
    Duplicate(String),
}

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
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::NoJob, Self::Lost, Self::Late, Self::Ended, Self::OtherAttempt, Self::DebtLocked, Self::OverLimit];

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
        }
    }

    /// For people.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NoJob => "Máy chủ không có việc này.",
            Self::Lost => "Việc này không còn thuộc máy này: đã giao cho máy khác hoặc đã thu hồi. Không thanh toán.",
            Self::Late => "Kết quả đến sau khi hết hạn giữ việc. Máy chủ giữ lại để người xem.",
            Self::Ended => "Việc này đã có kết quả. Máy chủ giữ lại báo cáo để người xem.",
            Self::OtherAttempt => "Việc này đang có một lần thanh toán khác.",
            Self::DebtLocked => "Một việc khác của cùng khoản nợ đang thanh toán hoặc chưa rõ kết quả. Đợi đối soát xong.",
            Self::OverLimit => "Vượt hạn mức của cửa hàng. Hỏi người quản lý.",
        }
    }
}

/// What a machine says of an attempt.
#[derive(Debug, Clone)]
pub struct Report {
    /// The attempt's id on the machine.
    pub attempt: Uuid,
    /// The job's public id.
    pub job: String,
    /// The fence that it was handed out with.
    pub fence: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// How much moved.
    pub amount: Option<Vnd>,
    /// The portal's number.
    pub transaction_id: Option<String>,
    /// What proves it.
    pub proof: Proof,
    /// The portal's words.
    pub message: Option<String>,
    /// The machine's time.
    pub at_ms: Option<i64>,
    /// Who sat at the machine.
    pub operator: Option<String>,
}

impl Report {
    /// The same machine's same report twice has the same digest. Somebody else's copy of it is another report.
    fn digest(&self, machine: i64) -> String {
        let amount = self.amount.map(Vnd::digits).unwrap_or_default();
        let transaction = self.transaction_id.as_deref().unwrap_or("");
        digest(format!("{machine}|{}|{}|{}|{}|{amount}|{transaction}|{:?}", self.attempt, self.job, self.fence, self.outcome, self.proof).as_bytes())
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

/// What the rescuer did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rescued {
    /// Jobs that may be handed out again.
    pub returned: u64,
    /// Payments of which nobody knows.
    pub in_doubt: u64,
}

/// A job as the API shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the catalogue's")]
pub struct JobView {
    pub id: String,
    #[serde(skip)]
    pub number: i64,
    pub service: String,
    pub code: String,
    pub amount: Option<i64>,
    pub expected_amount: Option<i64>,
    pub order_id: Option<String>,
    pub payment_type: Option<String>,
    pub receiver_phone: Option<String>,
    pub state: String,
    pub outcome: Option<String>,
    pub paid_amount: Option<i64>,
    pub transaction_id: Option<String>,
    pub proof: Option<String>,
    pub message: Option<String>,
    pub machine: Option<String>,
    pub fence: i64,
    pub tries: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// A banner of the operator's window.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names are the old table's")]
pub struct Banner {
    pub name: String,
    pub content: Option<String>,
    pub position: Option<String>,
    pub link: Option<String>,
    pub link_to: Option<String>,
}

/// Which jobs.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Of this service.
    pub service: Option<Service>,
    /// In this state.
    pub state: Option<JobState>,
    /// For exactly this account.
    pub code: Option<String>,
    /// Of this order.
    pub order_id: Option<String>,
    /// Newer than this place in the list ([`JobView::number`]).
    pub after: Option<i64>,
}

/// A job's row as the rules need it.
struct Row {
    id: i64,
    state: JobState,
    machine_id: Option<i64>,
    fence: i64,
    tries: i64,
    debt_key: String,
    service: String,
    is_deleted: bool,
    collection_id: Option<i64>,
}

const ROW: &str = "SELECT id, state, machine_id, fence, tries, debt_key, service, deleted_at, collection_data_id FROM jobs WHERE public_id = ?";

fn read_row(row: &QueryResult) -> Result<Row, StoreError> {
    Ok(Row {
        id: int(row, 0)?,
        state: text(row, 1)?.parse().map_err(|e: crate::domain::lease::UnknownJobState| StoreError::Damaged(e.to_string()))?,
        machine_id: int_or_none(row, 2)?,
        fence: int(row, 3)?,
        tries: int(row, 4)?,
        debt_key: text(row, 5)?,
        service: text(row, 6)?,
        is_deleted: int_or_none(row, 7)?.is_some(),
        collection_id: int_or_none(row, 8)?,
    })
}

impl Row {
    fn is_held_by(&self, machine: i64, fence: i64) -> bool {
        self.machine_id == Some(machine) && self.fence == fence
    }
}

impl Store {
    /// Adds jobs. One with a key that was sent before, or that an open job already says, is told and not added.
    pub async fn add_jobs(&self, jobs: &[NewJob], actor: &Actor) -> Result<Vec<Added>, StoreError> {
        let mut added = Vec::with_capacity(jobs.len());
        for some in jobs.chunks(ADD_BATCH) {
            added.extend(transaction!(self, |tx| self.add_some(&tx, some, actor))?);
        }
        Ok(added)
    }

    async fn add_some(&self, tx: &Tx, jobs: &[NewJob], actor: &Actor) -> Result<Vec<Added>, StoreError> {
        let (mut by_add_key, mut by_live_key) = (HashMap::new(), HashMap::new());
        let add_keys: Vec<String> = jobs.iter().filter_map(NewJob::add_key).collect();
        let live_keys: Vec<String> = jobs.iter().map(NewJob::live_key).collect();
        for (column, keys, found) in [("add_key", &add_keys, &mut by_add_key), ("live_key", &live_keys, &mut by_live_key)] {
            if keys.is_empty() {
                continue;
            }
            let sql = format!("SELECT {column}, public_id FROM jobs WHERE {column} IN ({})", marks(keys.len()));
            for row in all(&**tx, &sql, keys.iter().map(Value::from).collect()).await? {
                found.insert(text(&row, 0)?, text(&row, 1)?);
            }
        }
        let now = self.now_ms();
        let mut rows: Vec<Value> = Vec::new();
        let mut answers = Vec::with_capacity(jobs.len());
        for (job, live_key) in jobs.iter().zip(live_keys) {
            let add_key = job.add_key();
            if let Some(known) = add_key.as_ref().and_then(|key| by_add_key.get(key)) {
                answers.push(Added::Repeated(known.clone()));
            } else if let Some(known) = by_live_key.get(&live_key) {
                answers.push(Added::Duplicate(known.clone()));
            } else {
                let public_id = Uuid::now_v7().to_string();
                rows.extend(Self::new_row(job, &public_id, &live_key, add_key.as_deref(), actor, now));
                by_live_key.insert(live_key, public_id.clone());
                by_add_key.extend(add_key.map(|key| (key, public_id.clone())));
                answers.push(Added::Added(public_id));
            }
        }
        let count = rows.len() / NEW_COLUMNS.len();
        if count > 0 {
            let one_row = format!("({})", marks(NEW_COLUMNS.len()));
            let sql = format!("INSERT INTO jobs ({}) VALUES {}", NEW_COLUMNS.join(", "), vec![one_row; count].join(", "));
            execute(&**tx, &sql, rows).await?;
            let after = serde_json::json!({ "count": count });
            super::audit::write(self, tx, actor, "jobs.add", Some("jobs"), None, None, Some(&after)).await?;
        }
        Ok(answers)
    }

    fn new_row(job: &NewJob, public_id: &str, live_key: &str, add_key: Option<&str>, actor: &Actor, now: i64) -> Vec<Value> {
        values![
            public_id,
            job.service.spec().wire,
            job.account.as_str(),
            job.amount.map(Vnd::dong),
            job.expected_amount.map(Vnd::dong),
            job.receiver_phone.clone(),
            job.payment.map(PaymentType::label),
            job.period.clone(),
            job.order_id.clone(),
            job.source.clone(),
            job.note.clone(),
            job.priority,
            job.run_at,
            JobState::Ready.wire(),
            job.import_id,
            job.collection_data_id,
            job.debt_key(),
            live_key,
            add_key,
            actor.user_id,
            now,
            now,
            job.search_text(),
        ]
    }

    /// Hands out up to `limit` jobs of a service, each to one machine only.
    pub async fn take(&self, machine: i64, service: Service, limit: u32, lease_ms: i64) -> Result<Lease, StoreError> {
        transaction!(self, |tx| self.take_in(&tx, machine, service, limit.min(LEASE_MAX), lease_ms))
    }

    async fn take_in(&self, tx: &Tx, machine: i64, service: Service, limit: u32, lease_ms: i64) -> Result<Lease, StoreError> {
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
        let (mut ids, mut jobs) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
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
        Ok(Lease { lease, until_ms, jobs })
    }

    /// Holds jobs for longer. Says for each whether the machine still has it.
    pub async fn heartbeat(&self, machine: i64, jobs: &[Held], lease_ms: i64) -> Result<Vec<bool>, StoreError> {
        transaction!(self, |tx| self.heartbeat_in(&tx, machine, jobs, lease_ms))
    }

    async fn heartbeat_in(&self, tx: &Tx, machine: i64, jobs: &[Held], lease_ms: i64) -> Result<Vec<bool>, StoreError> {
        let now = self.now_ms();
        let mut alive = Vec::with_capacity(jobs.len());
        for held in jobs {
            let sql = "UPDATE jobs SET lease_until = ?, heartbeat_at = ? WHERE public_id = ? AND machine_id = ? AND fence = ? AND state IN ('leased', 'armed')";
            let matched = execute(&**tx, sql, values![now + lease_ms, now, held.id.clone(), machine, held.fence]).await?;
            alive.push(matched == 1);
        }
        Ok(alive)
    }

    /// May the machine confirm this job on the portal? When this says yes, that is durable: from then on the job is
    /// never handed out by itself. Asking again for the same attempt is answered the same.
    pub async fn arm(&self, machine: i64, job: &Held, attempt: Uuid, amount: Option<Vnd>, lease_ms: i64) -> Result<Result<i64, Refusal>, StoreError> {
        transaction!(self, |tx| self.arm_in(&tx, machine, job, attempt, amount, lease_ms))
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
        let Some(row) = one(&**tx, &format!("{ROW}{}", self.locked()), values![held.id.clone()]).await? else { return Ok(Err(Refusal::NoJob)) };
        let row = read_row(&row)?;
        if !row.is_held_by(machine, held.fence) || row.is_deleted {
            return Ok(Err(Refusal::Lost));
        }
        let now = self.now_ms();
        let until_ms = now + lease_ms;
        if row.state == JobState::Armed {
            let same = self.armed_attempt(tx, row.id, row.fence).await?.as_deref() == Some(&attempt.to_string());
            if same {
                execute(&**tx, "UPDATE jobs SET lease_until = ?, heartbeat_at = ? WHERE id = ?", values![until_ms, now, row.id]).await?;
            }
            return Ok(if same { Ok(until_ms) } else { Err(Refusal::OtherAttempt) });
        }
        let Ok(state) = after(row.state, JobEvent::Armed) else {
            return Ok(Err(if row.state.is_end() { Refusal::Ended } else { Refusal::Lost }));
        };
        if one(&**tx, "SELECT 1 FROM debt_locks WHERE debt_key = ?", values![row.debt_key.clone()]).await?.is_some() {
            return Ok(Err(Refusal::DebtLocked));
        }
        if self.is_over_limit(tx, machine, &row.service, amount).await? {
            return Ok(Err(Refusal::OverLimit));
        }
        let known = one(&**tx, "SELECT 1 FROM attempts WHERE attempt = ?", values![attempt.to_string()]).await?;
        if known.is_some() {
            return Ok(Err(Refusal::OtherAttempt));
        }
        self.lock_debt(tx, &row, now).await?;
        let sql = "INSERT INTO attempts (attempt, job_id, fence, machine_id, amount, armed_at) VALUES (?, ?, ?, ?, ?, ?)";
        insert(&**tx, sql, values![attempt.to_string(), row.id, row.fence, machine, amount.map(Vnd::dong), now]).await?;
        let sql = "UPDATE jobs SET state = ?, lease_until = ?, heartbeat_at = ?, updated_at = ?, version = version + 1 WHERE id = ? AND fence = ?";
        execute(&**tx, sql, values![state.wire(), until_ms, now, now, row.id, row.fence]).await?;
        Ok(Ok(until_ms))
    }

    /// Gives jobs back, untouched. Says for each whether the machine still had it.
    pub async fn give_back(&self, machine: i64, jobs: &[(Held, Option<String>)]) -> Result<Vec<bool>, StoreError> {
        transaction!(self, |tx| self.give_back_in(&tx, machine, jobs))
    }

    async fn give_back_in(&self, tx: &Tx, machine: i64, jobs: &[(Held, Option<String>)]) -> Result<Vec<bool>, StoreError> {
        let state = after(JobState::Leased, JobEvent::GivenBack)?;
        let now = self.now_ms();
        let mut given = Vec::with_capacity(jobs.len());
        for (held, reason) in jobs {
            let sql = "UPDATE jobs SET state = ?, lease_id = NULL, lease_until = NULL, message = COALESCE(?, message), updated_at = ?, version = version + 1 \
                       WHERE public_id = ? AND machine_id = ? AND fence = ? AND state = 'leased'";
            let matched = execute(&**tx, sql, values![state.wire(), reason.clone(), now, held.id.clone(), machine, held.fence]).await?;
            given.push(matched == 1);
        }
        Ok(given)
    }

    /// Takes a machine's reports, one after another, each once. What is refused is kept with the reason.
    pub async fn report(&self, machine: i64, reports: &[Report], shop: &Shop) -> Result<Vec<Verdict>, StoreError> {
        let mut verdicts = Vec::with_capacity(reports.len());
        for report in reports {
            verdicts.push(transaction!(self, |tx| self.report_in(&tx, machine, report, shop))?);
        }
        Ok(verdicts)
    }

    async fn report_in(&self, tx: &Tx, machine: i64, report: &Report, shop: &Shop) -> Result<Verdict, StoreError> {
        let row = match one(&**tx, &format!("{ROW}{}", self.locked()), values![report.job.clone()]).await? {
            Some(row) => Some(read_row(&row)?),
            None => None,
        };
        // Behind the job's lock: two copies of one report come one after another.
        if let Some(known) = one(&**tx, "SELECT verdict, reason FROM reports WHERE digest = ?", values![report.digest(machine)]).await? {
            let is_accepted = text(&known, 0)? == "accepted";
            let reason = text_or_none(&known, 1)?.unwrap_or_default();
            return Ok(if is_accepted { Verdict::Duplicate } else { Verdict::Refused(refusal_of(&reason)) });
        }
        let Some(row) = row else { return self.keep(tx, machine, report, None, Err(Refusal::NoJob)).await };
        let tries = row.tries + i64::from(counts_as_try(report.outcome));
        let event = JobEvent::Reported { outcome: report.outcome, was_last_try: tries >= shop.tries_max };
        let refused = match after(row.state, event) {
            _ if !row.is_held_by(machine, report.fence) => Some(Refusal::Lost),
            Err(_) if row.state.is_end() => Some(Refusal::Ended),
            Err(_) => Some(Refusal::Late),
            Ok(_) => {
                self.armed_attempt(tx, row.id, row.fence).await?.filter(|armed| *armed != report.attempt.to_string()).map(|_| Refusal::OtherAttempt)
            }
        };
        if let Some(refusal) = refused {
            if may_have_moved_money(report.outcome)
                && let Ok(state) = after(row.state, JobEvent::Disputed)
                && state != row.state
            {
                self.dispute(tx, &row, state).await?;
            }
            return self.keep(tx, machine, report, Some(row.id), Err(refusal)).await;
        }
        let state = after(row.state, event)?;
        self.settle(tx, &row, state, tries, report, shop).await?;
        self.keep(tx, machine, report, Some(row.id), Ok(())).await
    }

    async fn settle(&self, tx: &Tx, row: &Row, state: JobState, tries: i64, report: &Report, shop: &Shop) -> Result<(), StoreError> {
        let now = self.now_ms();
        let run_at = if counts_as_try(report.outcome) { now + shop.retry_after_ms * tries.max(1) } else { now };
        let live_key = if state.is_end() { ", live_key = NULL" } else { "" };
        let later = if state == JobState::Ready { ", run_at = ?" } else { "" };
        let sql = format!(
            "UPDATE jobs SET state = ?, outcome = ?, paid_amount = ?, expected_amount = COALESCE(?, expected_amount), transaction_id = ?, proof = ?, message = ?, tries = ?, lease_id = NULL, \
             lease_until = NULL, updated_at = ?, version = version + 1{live_key}{later} WHERE id = ? AND fence = ?"
        );
        // What a look-up found is what a payment of it may expect; only what was paid counts as paid.
        let of = |outcome: Outcome| report.amount.filter(|_| report.outcome == outcome).map(Vnd::dong);
        let (paid, owed) = (of(Outcome::Paid), of(Outcome::Debt));
        let mut given = values![
            state.wire(),
            report.outcome.wire(),
            paid,
            owed,
            report.transaction_id.clone(),
            wire(report.proof),
            report.message.clone(),
            tries,
            now
        ];
        given.extend((state == JobState::Ready).then(|| Value::from(run_at)));
        given.extend(values![row.id, row.fence]);
        execute(&**tx, &sql, given).await?;
        if let (Outcome::Paid, Some(collected)) = (report.outcome, row.collection_id) {
            let machine = self.machine_name(tx, row.machine_id).await?;
            let actor = Actor { who: format!("machine:{machine}"), ..Actor::system() };
            let by = report.operator.as_deref().unwrap_or(&machine);
            let paid = Collected { amount: report.amount, transaction_id: report.transaction_id.as_deref(), by };
            self.settle_collection(tx, collected, row.id, &paid, &actor).await?;
        }
        self.follow_lock(tx, row, state, now).await
    }

    async fn machine_name(&self, tx: &Tx, machine: Option<i64>) -> Result<String, StoreError> {
        let row = one(&**tx, "SELECT name FROM machines WHERE id = ?", values![machine]).await?;
        row.map_or_else(|| Ok(String::new()), |row| text(&row, 0))
    }

    async fn dispute(&self, tx: &Tx, row: &Row, state: JobState) -> Result<(), StoreError> {
        let now = self.now_ms();
        execute(&**tx, "UPDATE jobs SET state = ?, updated_at = ?, version = version + 1 WHERE id = ?", values![state.wire(), now, row.id]).await?;
        self.follow_lock(tx, row, state, now).await
    }

    /// The debt's lock stands exactly as long as money of it may be on its way.
    async fn follow_lock(&self, tx: &Tx, row: &Row, state: JobState, now: i64) -> Result<(), StoreError> {
        if state.locks_debt() {
            let held = one(&**tx, "SELECT 1 FROM debt_locks WHERE debt_key = ?", values![row.debt_key.clone()]).await?;
            if held.is_none() {
                self.lock_debt(tx, row, now).await?;
            }
            return Ok(());
        }
        execute(&**tx, "DELETE FROM debt_locks WHERE debt_key = ? AND job_id = ?", values![row.debt_key.clone(), row.id]).await.map(|_| ())
    }

    async fn lock_debt(&self, tx: &Tx, row: &Row, now: i64) -> Result<(), StoreError> {
        insert(&**tx, "INSERT INTO debt_locks (debt_key, job_id, since) VALUES (?, ?, ?)", values![row.debt_key.clone(), row.id, now])
            .await
            .map(|_| ())
    }

    async fn armed_attempt(&self, tx: &Tx, job: i64, fence: i64) -> Result<Option<String>, StoreError> {
        let row = one(&**tx, "SELECT attempt FROM attempts WHERE job_id = ? AND fence = ? ORDER BY id DESC LIMIT 1", values![job, fence]).await?;
        row.map(|row| text(&row, 0)).transpose()
    }

    async fn keep(&self, tx: &Tx, machine: i64, report: &Report, job_id: Option<i64>, ended: Result<(), Refusal>) -> Result<Verdict, StoreError> {
        let (verdict, reason, answer) = match ended {
            Ok(()) => ("accepted", None, Verdict::Accepted),
            Err(refusal) => ("refused", Some(refusal.wire()), Verdict::Refused(refusal)),
        };
        let search = plain(&format!(
            "{} {} {} {} {}",
            report.attempt,
            report.job,
            report.operator.as_deref().unwrap_or(""),
            report.transaction_id.as_deref().unwrap_or(""),
            report.message.as_deref().unwrap_or("")
        ));
        let sql = "INSERT INTO reports (digest, attempt, job, job_id, fence, machine_id, operator, outcome, amount, transaction_id, proof, message, \
                   reported_at, at, verdict, reason, search_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let given = values![
            report.digest(machine),
            report.attempt.to_string(),
            report.job.clone(),
            job_id,
            report.fence,
            machine,
            report.operator.clone(),
            report.outcome.wire(),
            report.amount.map(Vnd::dong),
            report.transaction_id.clone(),
            wire(report.proof),
            report.message.clone(),
            report.at_ms,
            self.now_ms(),
            verdict,
            reason,
            search,
        ];
        insert(&**tx, sql, given).await?;
        Ok(answer)
    }

    async fn is_over_limit(&self, tx: &Tx, machine: i64, service: &str, amount: Option<Vnd>) -> Result<bool, StoreError> {
        let Some(amount) = amount.map(Vnd::dong) else { return Ok(false) };
        let sql = "SELECT machine_id, service, per_job, per_day FROM limits WHERE deleted_at IS NULL AND (machine_id IS NULL OR machine_id = ?) \
                   AND (service IS NULL OR service = ?)";
        for limit in all(&**tx, sql, values![machine, service]).await? {
            if int_or_none(&limit, 2)?.is_some_and(|most| amount > most) {
                return Ok(true);
            }
            let Some(most) = int_or_none(&limit, 3)? else { continue };
            // What was armed today and not proven to be nothing.
            let sql = self.casts(
                "SELECT CAST(COALESCE(SUM(attempts.amount), 0) AS SIGNED) FROM attempts JOIN jobs ON jobs.id = attempts.job_id \
                       WHERE attempts.armed_at >= ? AND (? IS NULL OR attempts.machine_id = ?) AND (? IS NULL OR jobs.service = ?) \
                       AND (jobs.state IN ('armed', 'in_doubt', 'review') OR jobs.outcome = 'paid')",
            );
            let (of_machine, of_service) = (int_or_none(&limit, 0)?, text_or_none(&limit, 1)?);
            let given = values![start_of_day(self.now_ms()), of_machine, of_machine, of_service.clone(), of_service];
            let spent = one(&**tx, &sql, given).await?.map_or(Ok(0), |row| int(&row, 0))?;
            if spent + amount > most {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A limit for a machine and a service; `None` is all of them.
    pub async fn set_limit(
        &self,
        machine: Option<i64>,
        service: Option<Service>,
        per_job: Option<Vnd>,
        per_day: Option<Vnd>,
    ) -> Result<i64, StoreError> {
        let sql = "INSERT INTO limits (machine_id, service, per_job, per_day) VALUES (?, ?, ?, ?)";
        let given = values![machine, service.map(|s| s.spec().wire), per_job.map(Vnd::dong), per_day.map(Vnd::dong)];
        insert(&self.db, sql, given).await
    }

    /// Takes back what dead machines hold: what was not armed may be handed out again, what was armed is in doubt.
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
            let sql = format!("SELECT id FROM jobs WHERE state = ? AND lease_until < ? LIMIT {RESCUE_BATCH}{}", self.for_update());
            let rows = all(&**tx, &sql, values![state.wire(), now]).await?;
            if rows.is_empty() {
                continue;
            }
            let ids = rows.iter().map(|row| int(row, 0)).collect::<Result<Vec<i64>, _>>()?;
            let outcome = if next == JobState::InDoubt { ", outcome = 'unknown'" } else { "" };
            let sql = format!(
                "UPDATE jobs SET state = ?, lease_id = NULL, lease_until = NULL, updated_at = ?, version = version + 1{outcome} \
                 WHERE state = ? AND lease_until < ? AND id IN ({})",
                marks(ids.len())
            );
            let mut given = values![next.wire(), now, state.wire(), now];
            given.extend(ids.into_iter().map(Value::from));
            let count = execute(&**tx, &sql, given).await?;
            if next == JobState::InDoubt { rescued.in_doubt += count } else { rescued.returned += count }
        }
        Ok(rescued)
    }

    /// A person's word on a job in doubt or in review, with the reason. Said once, never rewritten.
    pub async fn resolve(&self, job: &str, resolution: Resolution, amount: Option<Vnd>, reason: &str, actor: &Actor) -> Result<JobState, StoreError> {
        let outcome = match resolution {
            Resolution::Paid => Some(Outcome::Paid),
            Resolution::NotPaid | Resolution::Dropped => Some(Outcome::NotSent),
        };
        let paid = amount.filter(|_| resolution == Resolution::Paid);
        transaction!(self, |tx| self.decide(&tx, job, JobEvent::Resolved(resolution), outcome, paid, reason, actor))
    }

    /// A person takes a job back.
    pub async fn cancel(&self, job: &str, reason: &str, actor: &Actor) -> Result<JobState, StoreError> {
        transaction!(self, |tx| self.decide(&tx, job, JobEvent::Cancelled, Some(Outcome::Cancelled), None, reason, actor))
    }

    /// A person has a failed or cancelled job done again.
    pub async fn reopen(&self, job: &str, reason: &str, actor: &Actor) -> Result<JobState, StoreError> {
        transaction!(self, |tx| self.decide(&tx, job, JobEvent::Reopened, None, None, reason, actor))
    }

    #[expect(clippy::too_many_arguments, reason = "a decision is all of this, and it is private")]
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
        let row = one(&**tx, &format!("{ROW}{}", self.locked()), values![job]).await?.ok_or(StoreError::NoRow)?;
        let row = read_row(&row)?;
        let state = after(row.state, event)?;
        let now = self.now_ms();
        let live_key = match (state.is_end(), row.state.is_end()) {
            (true, _) => Some(None),
            (false, true) => Some(Some(self.live_key_of(tx, row.id).await?)),
            (false, false) => None,
        };
        let more = if live_key.is_some() { ", live_key = ?" } else { "" };
        let sql = format!(
            "UPDATE jobs SET state = ?, outcome = ?, proof = ?, paid_amount = ?, message = ?, lease_id = NULL, lease_until = NULL, fence = fence + 1, \
             tries = 0, run_at = ?, updated_at = ?, version = version + 1{more} WHERE id = ?"
        );
        let proof = outcome.filter(|o| *o != Outcome::Cancelled).map(|_| wire(Proof::Person));
        let mut given = values![state.wire(), outcome.map(Outcome::wire), proof, paid.map(Vnd::dong), reason, now, now];
        given.extend(live_key.map(Value::from));
        given.push(Value::from(row.id));
        execute(&**tx, &sql, given).await.map_err(|error| {
            let same = || StoreError::BadValue { field: "Mã / số".to_owned(), why: "đã có một việc đang mở giống hệt".to_owned() };
            if is_taken(&error) { same() } else { error }
        })?;
        self.follow_lock(tx, &row, state, now).await?;
        if let (Some(Outcome::Paid), Some(collected)) = (outcome, row.collection_id) {
            let paid = Collected { amount: paid, transaction_id: None, by: &actor.who };
            self.settle_collection(tx, collected, row.id, &paid, actor).await?;
        }
        let before = serde_json::json!({ "state": row.state, "fence": row.fence });
        let after = serde_json::json!({ "state": state, "outcome": outcome, "paid_amount": paid, "reason": reason });
        super::audit::write(self, tx, actor, "jobs.decide", Some("jobs"), Some(row.id), Some(&before), Some(&after)).await?;
        Ok(state)
    }

    async fn live_key_of(&self, tx: &Tx, id: i64) -> Result<String, StoreError> {
        let row = one(&**tx, "SELECT debt_key, amount, order_id FROM jobs WHERE id = ?", values![id]).await?.ok_or(StoreError::NoRow)?;
        let amount = int_or_none(&row, 1)?.map(|a| a.to_string()).unwrap_or_default();
        Ok(digest(format!("{}|{amount}|{}", text(&row, 0)?, text_or_none(&row, 2)?.unwrap_or_default()).as_bytes()))
    }

    /// Jobs, oldest first.
    pub async fn jobs(&self, filter: &JobFilter, limit: u32) -> Result<Vec<JobView>, StoreError> {
        let mut clauses = vec!["jobs.deleted_at IS NULL".to_owned()];
        let mut given = Vec::new();
        let mut also = |clause: &str, value: Option<Value>| {
            if let Some(value) = value {
                clauses.push(clause.to_owned());
                given.push(value);
            }
        };
        also("jobs.service = ?", filter.service.map(|s| Value::from(s.spec().wire)));
        also("jobs.state = ?", filter.state.map(|s| Value::from(s.wire())));
        also("jobs.code = ?", filter.code.clone().map(Value::from));
        also("jobs.order_id = ?", filter.order_id.clone().map(Value::from));
        also("jobs.id > ?", filter.after.map(Value::from));
        let sql = format!("{VIEW} WHERE {} ORDER BY jobs.id LIMIT {limit}", clauses.join(" AND "));
        all(&self.db, &sql, given).await?.iter().map(read_view).collect()
    }

    /// One job.
    pub async fn job(&self, public_id: &str) -> Result<Option<JobView>, StoreError> {
        one(&self.db, &format!("{VIEW} WHERE jobs.public_id = ? AND jobs.deleted_at IS NULL"), values![public_id])
            .await?
            .as_ref()
            .map(read_view)
            .transpose()
    }

    /// Jobs of a service that may be handed out now, in the order in which they would be.
    pub async fn open_jobs(&self, service: Service, limit: u32) -> Result<Vec<JobView>, StoreError> {
        let sql = format!(
            "{VIEW} WHERE jobs.state = 'ready' AND jobs.service = ? AND jobs.run_at <= ? AND jobs.deleted_at IS NULL \
             AND NOT EXISTS (SELECT 1 FROM debt_locks WHERE debt_locks.debt_key = jobs.debt_key) \
             ORDER BY jobs.priority, jobs.run_at, jobs.id LIMIT {limit}"
        );
        all(&self.db, &sql, values![service.spec().wire, self.now_ms()]).await?.iter().map(read_view).collect()
    }

    /// What the operator's window shows.
    pub async fn banners(&self) -> Result<Vec<Banner>, StoreError> {
        let sql = "SELECT name, content, position, link, link_to FROM banner WHERE publish = 1 AND deleted_at IS NULL ORDER BY id LIMIT 50";
        let rows = all(&self.db, sql, vec![]).await?;
        rows.iter()
            .map(|row| {
                Ok(Banner {
                    name: text(row, 0)?,
                    content: text_or_none(row, 1)?,
                    position: text_or_none(row, 2)?,
                    link: text_or_none(row, 3)?,
                    link_to: text_or_none(row, 4)?,
                })
            })
            .collect()
    }

    /// How many jobs there are of each service in each state.
    pub async fn job_counts(&self) -> Result<Vec<(String, String, i64)>, StoreError> {
        let rows = all(&self.db, "SELECT service, state, COUNT(*) FROM jobs GROUP BY state, service", vec![]).await?;
        rows.iter().map(|row| Ok((text(row, 0)?, text(row, 1)?, int(row, 2)?))).collect()
    }
}

const NEW_COLUMNS: [&str; 23] = [
    "public_id",
    "service",
    "code",
    "amount",
    "expected_amount",
    "receiver_phone",
    "payment_type",
    "period",
    "order_id",
    "source",
    "note",
    "priority",
    "run_at",
    "state",
    "import_id",
    "collection_data_id",
    "debt_key",
    "live_key",
    "add_key",
    "created_by",
    "created_at",
    "updated_at",
    "search_text",
];

const VIEW: &str = "SELECT jobs.public_id, jobs.id, jobs.service, jobs.code, jobs.amount, jobs.expected_amount, jobs.order_id, jobs.payment_type, \
                    jobs.receiver_phone, jobs.state, jobs.outcome, jobs.paid_amount, jobs.transaction_id, jobs.proof, jobs.message, machines.name, \
                    jobs.fence, jobs.tries, jobs.created_at, jobs.updated_at FROM jobs LEFT JOIN machines ON machines.id = jobs.machine_id";

fn read_view(row: &QueryResult) -> Result<JobView, StoreError> {
    Ok(JobView {
        id: text(row, 0)?,
        number: int(row, 1)?,
        service: text(row, 2)?,
        code: text(row, 3)?,
        amount: int_or_none(row, 4)?,
        expected_amount: int_or_none(row, 5)?,
        order_id: text_or_none(row, 6)?,
        payment_type: text_or_none(row, 7)?,
        receiver_phone: text_or_none(row, 8)?,
        state: text(row, 9)?,
        outcome: text_or_none(row, 10)?,
        paid_amount: int_or_none(row, 11)?,
        transaction_id: text_or_none(row, 12)?,
        proof: text_or_none(row, 13)?,
        message: text_or_none(row, 14)?,
        machine: text_or_none(row, 15)?,
        fence: int(row, 16)?,
        tries: int(row, 17)?,
        created_at: int(row, 18)?,
        updated_at: int(row, 19)?,
    })
}

fn refusal_of(wire: &str) -> Refusal {
    let all = [Refusal::NoJob, Refusal::Lost, Refusal::Ended, Refusal::OtherAttempt, Refusal::DebtLocked, Refusal::OverLimit];
    all.into_iter().find(|r| r.wire() == wire).unwrap_or(Refusal::Late)
}

fn wire(proof: Proof) -> &'static str {
    match proof {
        Proof::Response => "response",
        Proof::Reattach => "reattach",
        Proof::History => "history",
        Proof::Balance => "balance",
        Proof::Person => "person",
        Proof::None => "none",
    }
}

/// Midnight in Viet Nam, which has had no other time since 1975.
fn start_of_day(now_ms: i64) -> i64 {
    const DAY: i64 = 86_400_000;
    const AHEAD: i64 = 7 * 3_600_000;
    (now_ms + AHEAD).div_euclid(DAY) * DAY - AHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_viet_nam() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().expect("a time").as_millisecond();
        assert_eq!(start_of_day(at("2026-11-21T16:59:59Z")), at("2026-11-20T17:00:00Z"));
        assert_eq!(start_of_day(at("2026-11-21T17:00:00Z")), at("2026-11-21T17:00:00Z"));
    }
}
