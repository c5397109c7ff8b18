//! An attempt to pay back as its row has it.

use super::Payments;
use crate::domain::payment::RefundState;
use crate::store::StoreError;
use crate::store::base::{Conn, SqlRow, all, int, int_or_none, text, text_or_none, values};

/// Attempts of one payment that are read, at most.
const OF_ONE_MAX: u32 = 500;

/// An attempt to pay one transaction back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundAttempt {
    /// Its number.
    pub id: i64,
    /// Of which payment.
    pub payment_id: i64,
    /// Which decision of a person's it carries out.
    pub decision: String,
    /// Its name at the provider.
    pub request_id: String,
    /// The transaction that is paid back; empty where a person paid it back.
    pub reference: String,
    /// Whole đồng.
    pub amount: i64,
    /// How far it has come.
    pub state: RefundState,
    /// What the provider said last.
    pub said: Option<String>,
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub who: String,
    /// Did another attempt take its place?
    pub is_replaced: bool,
    /// When it was sent first, in milliseconds since 1970.
    pub sent_at: Option<i64>,
    /// Until when somebody is at it.
    pub held_until: Option<i64>,
    /// How often the provider was asked.
    pub asks: i64,
    /// When it was written down.
    pub created_at: i64,
    /// When it changed last.
    pub updated_at: i64,
}

pub(super) const REFUND_ROW: &str = "SELECT id, payment_id, decision, request_id, reference, amount, state, said, reason, who, \
     CAST(is_replaced AS SIGNED), sent_at, held_until, asks, created_at, updated_at FROM payment_refund";

pub(super) fn read(row: &SqlRow) -> Result<RefundAttempt, StoreError> {
    let state = text(row, 6)?;
    Ok(RefundAttempt {
        id: int(row, 0)?,
        payment_id: int(row, 1)?,
        decision: text(row, 2)?,
        request_id: text(row, 3)?,
        reference: text(row, 4)?,
        amount: int(row, 5)?,
        state: RefundState::of(&state)
            .ok_or_else(|| StoreError::Damaged(format!("payment_refund.state: {state:?}")))?,
        said: text_or_none(row, 7)?,
        reason: text(row, 8)?,
        who: text(row, 9)?,
        is_replaced: int(row, 10)? != 0,
        sent_at: int_or_none(row, 11)?,
        held_until: int_or_none(row, 12)?,
        asks: int(row, 13)?,
        created_at: int(row, 14)?,
        updated_at: int(row, 15)?,
    })
}

/// The attempts of a payment, the oldest first.
pub(super) async fn of_payment<C: Conn>(
    c: &C,
    payment: i64,
) -> Result<Vec<RefundAttempt>, StoreError> {
    let sql = c.casts(&format!(
        "{REFUND_ROW} WHERE payment_id = ? ORDER BY id LIMIT {OF_ONE_MAX}"
    ));
    all(c, &sql, values![payment])
        .await?
        .iter()
        .map(read)
        .collect()
}

impl Payments<'_> {
    /// The attempts to pay a payment back, the oldest first.
    pub async fn refunds(&self, payment: i64) -> Result<Vec<RefundAttempt>, StoreError> {
        of_payment(self.store, payment).await
    }
}
