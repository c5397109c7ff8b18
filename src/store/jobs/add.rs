//! Jobs come in, each once.

use std::collections::HashMap;

use serde::Serialize;
use uuid::Uuid;

use super::Jobs;
use super::new_job::{NewJob, live_key};
use crate::domain::lease::JobState;
use crate::domain::{PaymentType, Vnd};
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{
    Conn, SqlValue, Tx, all, execute, int_or_none, marks, text, text_or_none, transaction, values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::work::JOBS;

/// Jobs that are inserted in one transaction: a cluster does not like large ones.
const ADD_BATCH: usize = 250;

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
    /// The same key was sent before, for another job: this one.
    KeyTaken(String),
}

impl Jobs<'_> {
    /// Adds jobs. One with a key that was sent before, or that an open job already says, is told
    /// and not added.
    pub async fn add(&self, jobs: &[NewJob], actor: &Actor) -> Result<Vec<Added>, StoreError> {
        let mut added = Vec::with_capacity(jobs.len());
        for some in jobs.chunks(ADD_BATCH) {
            added.extend(transaction!(self.store, |tx| add(&tx, some, actor))?);
        }
        Ok(added)
    }

    /// Which of these jobs an open job says already.
    pub async fn already_open(&self, jobs: &[NewJob]) -> Result<Vec<bool>, StoreError> {
        let keys: Vec<String> = jobs.iter().map(NewJob::live_key).collect();
        let mut open = HashMap::new();
        for some in keys.chunks(500) {
            open.extend(known_by(self.store, "live_key", some).await?);
        }
        Ok(keys.iter().map(|key| open.contains_key(key)).collect())
    }
}

/// Adds jobs within a transaction: [`ADD_BATCH`] of them at most, for a cluster does not like more.
pub(in crate::store) async fn add(
    tx: &Tx,
    jobs: &[NewJob],
    actor: &Actor,
) -> Result<Vec<Added>, StoreError> {
    let keys: Vec<String> = jobs
        .iter()
        .flat_map(|job| [job.add_key(), job.old_add_key()])
        .flatten()
        .collect();
    let live_keys: Vec<String> = jobs.iter().map(NewJob::live_key).collect();
    let mut by_add_key = keyed(tx, &keys).await?;
    let mut by_live_key = known_by(tx, "live_key", &live_keys).await?;
    let mut rows: Vec<SqlValue> = Vec::new();
    let mut answers = Vec::with_capacity(jobs.len());
    for (job, live_key) in jobs.iter().zip(live_keys) {
        let add_key = job.add_key();
        let known = add_key.as_ref().and_then(|key| by_add_key.get(key));
        let known_of_old = job.old_add_key().and_then(|key| by_add_key.get(&key));
        let is_same = |known: &&Keyed| known.says == live_key;
        if let Some(known) = known.or(known_of_old.filter(is_same)) {
            let id = known.public_id.clone();
            answers.push(if is_same(&known) {
                Added::Repeated(id)
            } else {
                Added::KeyTaken(id)
            });
        } else if let Some(known) = by_live_key.get(&live_key) {
            answers.push(Added::Duplicate(known.clone()));
        } else {
            let public_id = Uuid::now_v7().to_string();
            let keys = (live_key.as_str(), add_key.as_deref());
            rows.extend(new_row(job, &public_id, keys, actor, tx.now_ms()));
            let keyed = Keyed {
                public_id: public_id.clone(),
                says: live_key.clone(),
            };
            by_add_key.extend(add_key.map(|key| (key, keyed)));
            by_live_key.insert(live_key, public_id.clone());
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
        execute(tx, &sql, rows).await?;
        let entry = Entry::of(AuditAction::JobsAdd)
            .table(&JOBS)
            .after(serde_json::json!({ "count": count }));
        audit::write(tx, actor, entry).await?;
    }
    Ok(answers)
}

/// A job that was added with a key.
struct Keyed {
    public_id: String,
    /// What it says, as [`NewJob::live_key`] does, whether or not it is still open.
    says: String,
}

/// The jobs that were added with these keys, by key.
async fn keyed(tx: &Tx, keys: &[String]) -> Result<HashMap<String, Keyed>, StoreError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT add_key, public_id, debt_key, amount, order_id, contract_item_id FROM jobs WHERE add_key IN ({})",
        marks(keys.len())
    );
    let mut found = HashMap::with_capacity(keys.len());
    for row in all(tx, &sql, keys.iter().map(SqlValue::from).collect()).await? {
        let order_id = text_or_none(&row, 4)?;
        let keyed = Keyed {
            public_id: text(&row, 1)?,
            says: live_key(
                &text(&row, 2)?,
                int_or_none(&row, 3)?,
                order_id.as_deref(),
                int_or_none(&row, 5)?,
            ),
        };
        found.insert(text(&row, 0)?, keyed);
    }
    Ok(found)
}

/// The public ids of the jobs that have these keys in a unique column, by key.
async fn known_by<C: Conn>(
    c: &C,
    column: &str,
    keys: &[String],
) -> Result<HashMap<String, String>, StoreError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT {column}, public_id FROM jobs WHERE {column} IN ({})",
        marks(keys.len())
    );
    all(c, &sql, keys.iter().map(SqlValue::from).collect())
        .await?
        .iter()
        .map(|row| Ok((text(row, 0)?, text(row, 1)?)))
        .collect()
}

const NEW_COLUMNS: [&str; 24] = [
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
    "contract_item_id",
    "debt_key",
    "live_key",
    "add_key",
    "created_by",
    "created_at",
    "updated_at",
    "search_text",
];

fn new_row(
    job: &NewJob,
    public_id: &str,
    (live_key, add_key): (&str, Option<&str>),
    actor: &Actor,
    now: i64,
) -> Vec<SqlValue> {
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
        job.source.wire(),
        job.note.clone(),
        job.priority,
        job.run_at,
        JobState::Ready.wire(),
        job.import_id,
        job.collection_data_id,
        job.contract_item_id,
        job.debt_key(),
        live_key,
        add_key,
        actor.user_id,
        now,
        now,
        job.search_text(),
    ]
}
