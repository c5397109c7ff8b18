//! Jobs come in, each once.

use std::collections::HashMap;

use sea_orm::Value;
use serde::Serialize;
use uuid::Uuid;

use crate::domain::lease::JobState;
use crate::domain::{Account, Job, PaymentType, Service, Vnd};
use crate::store::audit::{self, Actor};
use crate::store::db::{Store, Tx, all, execute, marks, text, transaction, values};
use crate::store::search::search_text;
use crate::store::{StoreError, digest};

/// Jobs that are inserted in one transaction: a cluster does not like large ones.
const ADD_BATCH: usize = 250;

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
            receiver_phone: job.receiver.as_ref().map(|phone| phone.as_str().to_owned()),
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
    pub(in crate::store) fn live_key(&self) -> String {
        let amount = self.amount.map(Vnd::digits).unwrap_or_default();
        digest(
            format!(
                "{}|{}|{amount}|{}",
                self.service,
                self.account.key(),
                self.order_id.as_deref().unwrap_or("")
            )
            .as_bytes(),
        )
    }

    fn add_key(&self) -> Option<String> {
        self.key.as_ref().map(|key| digest(key.as_bytes()))
    }

    fn search_text(&self) -> String {
        search_text([
            Some(self.account.as_str()),
            self.order_id.as_deref(),
            self.note.as_deref(),
        ])
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

impl Store {
    /// Adds jobs. One with a key that was sent before, or that an open job already says, is told
    /// and not added.
    pub async fn add_jobs(&self, jobs: &[NewJob], actor: &Actor) -> Result<Vec<Added>, StoreError> {
        let mut added = Vec::with_capacity(jobs.len());
        for some in jobs.chunks(ADD_BATCH) {
            added.extend(transaction!(self, |tx| self.add_some(&tx, some, actor))?);
        }
        Ok(added)
    }

    async fn add_some(
        &self,
        tx: &Tx,
        jobs: &[NewJob],
        actor: &Actor,
    ) -> Result<Vec<Added>, StoreError> {
        let (mut by_add_key, mut by_live_key) = (HashMap::new(), HashMap::new());
        let add_keys: Vec<String> = jobs.iter().filter_map(NewJob::add_key).collect();
        let live_keys: Vec<String> = jobs.iter().map(NewJob::live_key).collect();
        for (column, keys, found) in [
            ("add_key", &add_keys, &mut by_add_key),
            ("live_key", &live_keys, &mut by_live_key),
        ] {
            if keys.is_empty() {
                continue;
            }
            let sql = format!(
                "SELECT {column}, public_id FROM jobs WHERE {column} IN ({})",
                marks(keys.len())
            );
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
                rows.extend(Self::new_row(
                    job,
                    &public_id,
                    &live_key,
                    add_key.as_deref(),
                    actor,
                    now,
                ));
                by_live_key.insert(live_key, public_id.clone());
                by_add_key.extend(add_key.map(|key| (key, public_id.clone())));
                answers.push(Added::Added(public_id));
            }
        }
        let count = rows.len() / NEW_COLUMNS.len();
        if count > 0 {
            let one_row = format!("({})", marks(NEW_COLUMNS.len()));
            let sql = format!(
                "INSERT INTO jobs ({}) VALUES {}",
                NEW_COLUMNS.join(", "),
                vec![one_row; count].join(", ")
            );
            execute(&**tx, &sql, rows).await?;
            let after = serde_json::json!({ "count": count });
            audit::write(
                self,
                tx,
                actor,
                "jobs.add",
                Some("jobs"),
                None,
                None,
                Some(&after),
            )
            .await?;
        }
        Ok(answers)
    }

    fn new_row(
        job: &NewJob,
        public_id: &str,
        live_key: &str,
        add_key: Option<&str>,
        actor: &Actor,
        now: i64,
    ) -> Vec<Value> {
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
}
