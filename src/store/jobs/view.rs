//! Jobs as they are looked at.

use serde::Serialize;
use utoipa::ToSchema;

use super::Jobs;
use super::row::state_of;
use crate::domain::Service;
use crate::domain::lease::JobState;
use crate::store::StoreError;
use crate::store::base::{
    SqlRow, SqlValue, all, int, int_or_none, marks, one, text, text_or_none, values,
};

/// Numbers in one question.
const NUMBERS_MAX: usize = 1_000;

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
    #[schema(value_type = String, example = "ready")]
    pub state: JobState,
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

const VIEW: &str = "SELECT jobs.public_id, jobs.id, jobs.service, jobs.code, jobs.amount, jobs.expected_amount, jobs.order_id, jobs.payment_type, \
                    jobs.receiver_phone, jobs.state, jobs.outcome, jobs.paid_amount, jobs.transaction_id, jobs.proof, jobs.message, machines.name, \
                    jobs.fence, jobs.tries, jobs.created_at, jobs.updated_at FROM jobs LEFT JOIN machines ON machines.id = jobs.machine_id";

fn read_view(row: &SqlRow) -> Result<JobView, StoreError> {
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
        state: state_of(row, 9)?,
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

impl Jobs<'_> {
    /// Jobs, oldest first.
    pub async fn list(&self, filter: &JobFilter, limit: u32) -> Result<Vec<JobView>, StoreError> {
        let mut clauses = vec!["jobs.deleted_at IS NULL".to_owned()];
        let mut given = Vec::new();
        let mut also = |clause: &str, value: Option<SqlValue>| {
            if let Some(value) = value {
                clauses.push(clause.to_owned());
                given.push(value);
            }
        };
        also(
            "jobs.service = ?",
            filter.service.map(|s| SqlValue::from(s.spec().wire)),
        );
        also(
            "jobs.state = ?",
            filter.state.map(|s| SqlValue::from(s.wire())),
        );
        also("jobs.code = ?", filter.code.clone().map(SqlValue::from));
        also(
            "jobs.order_id = ?",
            filter.order_id.clone().map(SqlValue::from),
        );
        also("jobs.id > ?", filter.after.map(SqlValue::from));
        let sql = format!(
            "{VIEW} WHERE {} ORDER BY jobs.id LIMIT {limit}",
            clauses.join(" AND ")
        );
        all(self.store, &sql, given)
            .await?
            .iter()
            .map(read_view)
            .collect()
    }

    /// One job.
    pub async fn find(&self, public_id: &str) -> Result<Option<JobView>, StoreError> {
        one(
            self.store,
            &format!("{VIEW} WHERE jobs.public_id = ? AND jobs.deleted_at IS NULL"),
            values![public_id],
        )
        .await?
        .as_ref()
        .map(read_view)
        .transpose()
    }

    /// The public ids of the jobs of these numbers, in no order. One that is gone is left out.
    pub async fn public_ids(&self, numbers: &[i64]) -> Result<Vec<String>, StoreError> {
        let mut ids = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(NUMBERS_MAX) {
            let sql = format!(
                "SELECT public_id FROM jobs WHERE id IN ({}) ORDER BY id",
                marks(some.len())
            );
            let given = some.iter().copied().map(SqlValue::from).collect();
            for row in all(self.store, &sql, given).await? {
                ids.push(text(&row, 0)?);
            }
        }
        Ok(ids)
    }

    /// Jobs of a service that may be handed out now, in the order in which they would be.
    pub async fn open(&self, service: Service, limit: u32) -> Result<Vec<JobView>, StoreError> {
        let sql = format!(
            "{VIEW} WHERE jobs.state = 'ready' AND jobs.service = ? AND jobs.run_at <= ? AND jobs.deleted_at IS NULL \
             AND NOT EXISTS (SELECT 1 FROM debt_locks WHERE debt_locks.debt_key = jobs.debt_key) \
             ORDER BY jobs.priority, jobs.run_at, jobs.id LIMIT {limit}"
        );
        all(
            self.store,
            &sql,
            values![service.spec().wire, self.store.now_ms()],
        )
        .await?
        .iter()
        .map(read_view)
        .collect()
    }

    /// How many jobs there are of each service in each state.
    pub async fn counts(&self) -> Result<Vec<(String, String, i64)>, StoreError> {
        let rows = all(
            self.store,
            "SELECT service, state, COUNT(*) FROM jobs GROUP BY state, service",
            vec![],
        )
        .await?;
        rows.iter()
            .map(|row| Ok((text(row, 0)?, text(row, 1)?, int(row, 2)?)))
            .collect()
    }
}
