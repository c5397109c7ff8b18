//! Payments as they are looked through, with what was told of each.

use std::collections::HashMap;

use super::Payments;
use super::row::{PAYMENT_ROW, PaymentRow, read_payment};
use crate::domain::payment::{PayableRef, PaymentState, Provider};
use crate::store::StoreError;
use crate::store::base::{Conn, SqlValue, all, int, marks, text, text_or_none, values};

/// Transfers and events of one payment that are shown.
const OF_ONE_MAX: u32 = 500;

/// Transfers and events of a page of payments that are shown.
const OF_PAGE_MAX: u32 = 20_000;

/// What came for a payment, and what was told of it.
pub type StoredStory = (Vec<StoredTransfer>, Vec<StoredEvent>);

/// Which payments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentFilter {
    /// In this state.
    pub state: Option<PaymentState>,
    /// By this provider.
    pub provider: Option<Provider>,
    /// With this number.
    pub order_code: Option<i64>,
    /// Made at this moment or later, in milliseconds since 1970.
    pub from_ms: Option<i64>,
    /// Made before this moment.
    pub to_ms: Option<i64>,
    /// Of this payee.
    pub owner_id: Option<i64>,
    /// Of the customer with this login.
    pub username: Option<String>,
    /// That a person has to look at.
    pub needs_person: bool,
    /// Older than this one: the last of the page before.
    pub before_id: Option<i64>,
}

/// Money that is booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTransfer {
    /// The bank's or the provider's number of it.
    pub reference: String,
    /// Whole đồng; less than nothing where it was paid back.
    pub amount: i64,
    /// Its currency.
    pub currency: String,
    /// When it moved, in milliseconds since 1970.
    pub at: i64,
    /// From where we know.
    pub source: String,
}

/// Something that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// By whom.
    pub source: String,
    /// What kind of telling it was.
    pub kind: String,
    /// As it came.
    pub body: String,
    /// Had it an effect, or could it have had one?
    pub is_accepted: bool,
    /// Why not.
    pub why: Option<String>,
}

impl Payments<'_> {
    /// A page of payments, the newest first.
    pub async fn list(
        &self,
        filter: &PaymentFilter,
        most: u32,
    ) -> Result<Vec<PaymentRow>, StoreError> {
        let (clauses, given) = clauses_of(filter);
        let sql = self.store.casts(&format!(
            "{PAYMENT_ROW} WHERE {clauses} ORDER BY id DESC LIMIT {most}"
        ));
        let rows = all(self.store, &sql, given).await?;
        rows.iter().map(read_payment).collect()
    }

    /// The payments of a payable, the newest first.
    pub async fn of_payable(&self, at: PayableRef) -> Result<Vec<PaymentRow>, StoreError> {
        let sql = self.store.casts(&format!(
            "{PAYMENT_ROW} WHERE payable_kind = ? AND payable_id = ? ORDER BY id DESC LIMIT 100"
        ));
        let rows = all(self.store, &sql, values![at.kind.wire(), at.id]).await?;
        rows.iter().map(read_payment).collect()
    }

    /// Money that is booked on a payment, in the order in which it was.
    pub async fn transfers(&self, id: i64) -> Result<Vec<StoredTransfer>, StoreError> {
        let sql = format!(
            "SELECT reference, amount, currency, at, source FROM payment_transfer WHERE payment_id = ? ORDER BY id LIMIT {OF_ONE_MAX}"
        );
        let rows = all(self.store, &sql, values![id]).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredTransfer {
                    reference: text(row, 0)?,
                    amount: int(row, 1)?,
                    currency: text(row, 2)?,
                    at: int(row, 3)?,
                    source: text(row, 4)?,
                })
            })
            .collect()
    }

    /// What was told of a payment, in the order in which it came.
    pub async fn events(&self, id: i64) -> Result<Vec<StoredEvent>, StoreError> {
        let sql = self.store.casts(&format!(
            "SELECT at, source, kind, body, CAST(accepted AS SIGNED), why FROM payment_event WHERE payment_id = ? ORDER BY id LIMIT {OF_ONE_MAX}"
        ));
        let rows = all(self.store, &sql, values![id]).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredEvent {
                    at: int(row, 0)?,
                    source: text(row, 1)?,
                    kind: text(row, 2)?,
                    body: text(row, 3)?,
                    is_accepted: int(row, 4)? != 0,
                    why: text_or_none(row, 5)?,
                })
            })
            .collect()
    }
}

impl Payments<'_> {
    /// What came for these payments, and what was told of them without its words: a question each for all.
    pub async fn stories(&self, ids: &[i64]) -> Result<HashMap<i64, StoredStory>, StoreError> {
        let mut stories: HashMap<i64, StoredStory> = HashMap::new();
        if ids.is_empty() {
            return Ok(stories);
        }
        let given = || ids.iter().map(|id| SqlValue::from(*id)).collect::<Vec<_>>();
        let whose = format!(
            "payment_id IN ({}) ORDER BY id LIMIT {OF_PAGE_MAX}",
            marks(ids.len())
        );
        let sql = format!(
            "SELECT payment_id, reference, amount, currency, at, source FROM payment_transfer WHERE {whose}"
        );
        for row in &all(self.store, &sql, given()).await? {
            let transfer = StoredTransfer {
                reference: text(row, 1)?,
                amount: int(row, 2)?,
                currency: text(row, 3)?,
                at: int(row, 4)?,
                source: text(row, 5)?,
            };
            stories.entry(int(row, 0)?).or_default().0.push(transfer);
        }
        let sql = self.store.casts(&format!(
            "SELECT payment_id, at, source, kind, CAST(accepted AS SIGNED), why FROM payment_event WHERE {whose}"
        ));
        for row in &all(self.store, &sql, given()).await? {
            let event = StoredEvent {
                at: int(row, 1)?,
                source: text(row, 2)?,
                kind: text(row, 3)?,
                body: String::new(),
                is_accepted: int(row, 4)? != 0,
                why: text_or_none(row, 5)?,
            };
            stories.entry(int(row, 0)?).or_default().1.push(event);
        }
        Ok(stories)
    }
}

fn clauses_of(filter: &PaymentFilter) -> (String, Vec<SqlValue>) {
    let mut clauses = vec!["1 = 1"];
    let mut given: Vec<SqlValue> = Vec::new();
    let mut also = |clause: &'static str, value: Option<SqlValue>| {
        if let Some(value) = value {
            clauses.push(clause);
            given.push(value);
        }
    };
    also("state = ?", filter.state.map(|s| s.wire().into()));
    also("provider = ?", filter.provider.map(|p| p.wire().into()));
    also("order_code = ?", filter.order_code.map(Into::into));
    also("created_at >= ?", filter.from_ms.map(Into::into));
    also("created_at < ?", filter.to_ms.map(Into::into));
    also("owner_id = ?", filter.owner_id.map(Into::into));
    also("id < ?", filter.before_id.map(Into::into));
    also(
        "renter_id IN (SELECT id FROM renter WHERE username = ?)",
        filter.username.as_deref().map(Into::into),
    );
    if filter.needs_person {
        clauses.push("task IS NOT NULL");
    }
    (clauses.join(" AND "), given)
}
