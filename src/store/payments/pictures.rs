//! Numbers of customers' payments for pictures: how many are paid, how fast, how much, by whom.

use super::Payments;
use crate::domain::calendar::{AHEAD_MS, DAY_MS};
use crate::store::StoreError;
use crate::store::base::{Conn, SqlValue, all, int, one, text};

/// How long paying took, in steps that end at so many minutes.
pub const STEPS_MIN: [i64; 6] = [1, 2, 5, 15, 60, 24 * 60];

/// Payments of one day, one provider, one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// When the day begins in Viet Nam, in milliseconds since 1970.
    pub day_ms: i64,
    /// By whom.
    pub provider: String,
    /// How far they came.
    pub state: String,
    /// How many.
    pub count: i64,
}

/// Money of one day, one provider, one payee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// When the day begins in Viet Nam, in milliseconds since 1970.
    pub day_ms: i64,
    /// By whom.
    pub provider: String,
    /// Whose.
    pub owner_id: i64,
    /// What arrived, in đồng.
    pub came: i64,
    /// What was paid back, in đồng.
    pub back: i64,
}

/// How long it took from the beginning to the money, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Took {
    /// Payments that were paid.
    pub count: i64,
    /// Half of them took less.
    pub median_ms: Option<i64>,
    /// Nine of ten took less.
    pub p90_ms: Option<i64>,
    /// How many took up to each of [`STEPS_MIN`], and how many longer.
    pub steps: [i64; STEPS_MIN.len() + 1],
}

fn whose(owner: Option<i64>, column: &str) -> String {
    owner.map_or_else(String::new, |_| format!(" AND {column} = ?"))
}

fn given(since_ms: i64, owner: Option<i64>) -> Vec<SqlValue> {
    let mut given = vec![SqlValue::from(since_ms)];
    given.extend(owner.map(SqlValue::from));
    given
}

/// The day of a moment in Viet Nam, as both databases count.
fn day(column: &str) -> String {
    format!("{column} - ({column} + {AHEAD_MS}) % {DAY_MS}")
}

impl Payments<'_> {
    /// Payments that were made since this moment, by day, provider and state.
    pub async fn made_since(
        &self,
        owner: Option<i64>,
        since_ms: i64,
    ) -> Result<Vec<Made>, StoreError> {
        let (day, whose) = (day("created_at"), whose(owner, "owner_id"));
        let sql = self.store.casts(&format!(
            "SELECT CAST({day} AS SIGNED), provider, state, COUNT(*) FROM payment WHERE created_at >= ?{whose} GROUP BY 1, 2, 3"
        ));
        let rows = all(self.store, &sql, given(since_ms, owner)).await?;
        rows.iter()
            .map(|row| {
                Ok(Made {
                    day_ms: int(row, 0)?,
                    provider: text(row, 1)?,
                    state: text(row, 2)?,
                    count: int(row, 3)?,
                })
            })
            .collect()
    }

    /// Money that moved since this moment, by day, provider and payee.
    pub async fn came_since(
        &self,
        owner: Option<i64>,
        since_ms: i64,
    ) -> Result<Vec<Came>, StoreError> {
        let (day, whose) = (day("t.at"), whose(owner, "p.owner_id"));
        let sql = self.store.casts(&format!(
            "SELECT CAST({day} AS SIGNED), t.provider, p.owner_id, \
             CAST(SUM(CASE WHEN t.amount > 0 THEN t.amount ELSE 0 END) AS SIGNED), \
             CAST(SUM(CASE WHEN t.amount < 0 THEN -t.amount ELSE 0 END) AS SIGNED) \
             FROM payment_transfer t JOIN payment p ON p.id = t.payment_id WHERE t.at >= ?{whose} GROUP BY 1, 2, 3"
        ));
        let rows = all(self.store, &sql, given(since_ms, owner)).await?;
        rows.iter()
            .map(|row| {
                Ok(Came {
                    day_ms: int(row, 0)?,
                    provider: text(row, 1)?,
                    owner_id: int(row, 2)?,
                    came: int(row, 3)?,
                    back: int(row, 4)?,
                })
            })
            .collect()
    }

    /// How long paying took, of payments that were made since this moment.
    pub async fn took_since(&self, owner: Option<i64>, since_ms: i64) -> Result<Took, StoreError> {
        let whose = whose(owner, "owner_id");
        let from = format!("FROM payment WHERE created_at >= ? AND paid_at IS NOT NULL{whose}");
        let mut sums = vec!["COUNT(*)".to_owned()];
        for minutes in STEPS_MIN {
            let ms = minutes * 60_000;
            sums.push(format!(
                "CAST(COALESCE(SUM(CASE WHEN paid_at - created_at <= {ms} THEN 1 ELSE 0 END), 0) AS SIGNED)"
            ));
        }
        let sql = self
            .store
            .casts(&format!("SELECT {} {from}", sums.join(", ")));
        let row = one(self.store, &sql, given(since_ms, owner))
            .await?
            .ok_or(StoreError::NoRow)?;
        let mut took = Took {
            count: int(&row, 0)?,
            ..Took::default()
        };
        let mut before = 0;
        for at in 0..STEPS_MIN.len() {
            let so_far = int(&row, at + 1)?;
            took.steps[at] = so_far - before;
            before = so_far;
        }
        took.steps[STEPS_MIN.len()] = took.count - before;
        if took.count > 0 {
            took.median_ms = self
                .nth(&from, owner, since_ms, (took.count - 1) / 2)
                .await?;
            let nine = (took.count * 9 + 9) / 10 - 1;
            took.p90_ms = self.nth(&from, owner, since_ms, nine).await?;
        }
        Ok(took)
    }

    async fn nth(
        &self,
        from: &str,
        owner: Option<i64>,
        since_ms: i64,
        place: i64,
    ) -> Result<Option<i64>, StoreError> {
        let sql = self.store.casts(&format!(
            "SELECT CAST(paid_at - created_at AS SIGNED) {from} ORDER BY 1 LIMIT 1 OFFSET {place}"
        ));
        let row = one(self.store, &sql, given(since_ms, owner)).await?;
        row.map(|row| int(&row, 0)).transpose()
    }
}
