//! A payment at the door as its rows have it.

use super::told::{DeskNotice, notices_of};
use super::{Desk, DeskCash};
use crate::domain::desk::{DeskMethod, ItemKind, ItemState};
use crate::domain::payment::{PayableKind, PayableRef};
use crate::store::StoreError;
use crate::store::base::{Conn, SqlRow, all, int, int_or_none, one, text, text_or_none, values};

/// A payment at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskPayment {
    /// Its number: `id` on the wire.
    pub id: i64,
    /// Whose money it is.
    pub owner_id: i64,
    /// The contract's number.
    pub contract: String,
    /// The contract's row.
    pub contract_id: i64,
    /// Who took it.
    pub collector_id: i64,
    /// The collector's login.
    pub collector: String,
    /// How the customer pays.
    pub method: DeskMethod,
    /// The customer.
    pub customer_name: String,
    /// Where the door is.
    pub address: String,
    /// What is to be paid, in đồng.
    pub total: i64,
    /// What was credited.
    pub paid: i64,
    /// Opens the public page of its receipt.
    pub token: String,
    /// The receipt's number, once it is paid.
    pub receipt: Option<String>,
    /// The day of the receipt (`2026-11-26`).
    pub receipt_day: Option<String>,
    /// When it was paid.
    pub receipt_at: Option<i64>,
    /// When the receipt was cancelled.
    pub cancelled_at: Option<i64>,
    /// Why.
    pub cancel_reason: Option<String>,
    /// The number that is told.
    pub notify_phone: String,
    /// When it was begun.
    pub created_at: i64,
    /// What is paid with it.
    pub items: Vec<DeskItem>,
    /// What the customer is told.
    pub notices: Vec<DeskNotice>,
    /// The payment that carries its money.
    pub payment: i64,
}

/// An item of it, as it was when it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskItem {
    /// Its row.
    pub id: i64,
    /// Bill or receivable.
    pub kind: ItemKind,
    /// Its number.
    pub number: String,
    /// What it is, in words.
    pub content: String,
    /// Whole đồng.
    pub amount: i64,
    /// How far it has come by now; open again where this payment gave it back.
    pub state: ItemState,
    /// The days that it is about.
    pub days: Option<(String, String)>,
}

impl DeskPayment {
    /// What is paid for, as payments know it.
    pub const fn payable(&self) -> PayableRef {
        PayableRef {
            kind: PayableKind::Receipt,
            id: self.id,
        }
    }

    /// Is there a receipt that holds?
    pub const fn has_receipt(&self) -> bool {
        self.receipt.is_some() && self.cancelled_at.is_none()
    }
}

const ROW: &str = "SELECT d.id, d.owner_id, c.number, d.contract_id, d.collector_id, u.username, d.method, d.customer_name, c.address, d.amount, d.paid, \
     d.pay_token, d.receipt_number, d.receipt_day, d.receipt_at, d.cancelled_at, d.cancel_reason, d.notify_phone, d.created_at, \
     (SELECT CAST(MAX(p.id) AS SIGNED) FROM payment p WHERE p.payable_kind = 'receipt' AND p.payable_id = d.id) \
     FROM desk_payment d JOIN contract c ON c.id = d.contract_id LEFT JOIN users u ON u.id = d.collector_id";

fn read(row: &SqlRow) -> Result<DeskPayment, StoreError> {
    let method = text(row, 6)?;
    Ok(DeskPayment {
        id: int(row, 0)?,
        owner_id: int(row, 1)?,
        contract: text(row, 2)?,
        contract_id: int(row, 3)?,
        collector_id: int(row, 4)?,
        collector: text_or_none(row, 5)?.unwrap_or_default(),
        method: DeskMethod::of(&method)
            .ok_or_else(|| StoreError::Damaged(format!("desk_payment.method: {method:?}")))?,
        customer_name: text(row, 7)?,
        address: text(row, 8)?,
        total: int(row, 9)?,
        paid: int(row, 10)?,
        token: text(row, 11)?,
        receipt: text_or_none(row, 12)?,
        receipt_day: text_or_none(row, 13)?,
        receipt_at: int_or_none(row, 14)?,
        cancelled_at: int_or_none(row, 15)?,
        cancel_reason: text_or_none(row, 16)?,
        notify_phone: text(row, 17)?,
        created_at: int(row, 18)?,
        items: Vec::new(),
        notices: Vec::new(),
        payment: int_or_none(row, 19)?.unwrap_or_default(),
    })
}

async fn whole<C: Conn>(c: &C, mut payment: DeskPayment) -> Result<DeskPayment, StoreError> {
    payment.items = items_of(c, payment.id).await?;
    payment.notices = notices_of(c, payment.id).await?;
    Ok(payment)
}

/// What is on a payment, in the order in which it was taken.
pub(super) async fn items_of<C: Conn>(c: &C, id: i64) -> Result<Vec<DeskItem>, StoreError> {
    let sql = "SELECT p.item_id, p.kind, p.number, p.content, p.amount, p.from_day, p.to_day, i.state, i.desk_payment_id \
               FROM desk_payment_item p LEFT JOIN contract_item i ON i.id = p.item_id WHERE p.desk_payment_id = ? ORDER BY p.id LIMIT 100";
    let rows = all(c, sql, values![id]).await?;
    let read = |row: &SqlRow| {
        let kind = text(row, 1)?;
        let state = text_or_none(row, 7)?.as_deref().and_then(ItemState::of);
        // What another payment has by now is nothing of this one's.
        let is_ours = int_or_none(row, 8)? == Some(id);
        Ok(DeskItem {
            id: int(row, 0)?,
            kind: ItemKind::of(&kind)
                .ok_or_else(|| StoreError::Damaged(format!("desk_payment_item.kind: {kind:?}")))?,
            number: text(row, 2)?,
            content: text(row, 3)?,
            amount: int(row, 4)?,
            state: state.filter(|_| is_ours).unwrap_or(ItemState::Open),
            days: text_or_none(row, 5)?.zip(text_or_none(row, 6)?),
        })
    };
    rows.iter().map(read).collect()
}

pub(super) async fn of_id<C: Conn>(c: &C, id: i64) -> Result<Option<DeskPayment>, StoreError> {
    let sql = c.casts(&format!("{ROW} WHERE d.id = ?"));
    match one(c, &sql, values![id]).await? {
        Some(row) => Ok(Some(whole(c, read(&row)?).await?)),
        None => Ok(None),
    }
}

impl Desk<'_> {
    /// A payment at the door.
    pub async fn payment(&self, id: i64) -> Result<Option<DeskPayment>, StoreError> {
        of_id(self.store, id).await
    }

    /// The payment of a receipt's number.
    pub async fn of_receipt(
        &self,
        owner: i64,
        number: &str,
    ) -> Result<Option<DeskPayment>, StoreError> {
        let sql = self.store.casts(&format!(
            "{ROW} WHERE d.owner_id = ? AND d.receipt_number = ?"
        ));
        self.found(&sql, values![owner, number]).await
    }

    /// The payment whose receipt's public page this token opens.
    pub async fn of_token(&self, token: &str) -> Result<Option<DeskPayment>, StoreError> {
        let sql = self.store.casts(&format!("{ROW} WHERE d.pay_token = ?"));
        self.found(&sql, values![token]).await
    }

    async fn found(
        &self,
        sql: &str,
        given: Vec<crate::store::base::SqlValue>,
    ) -> Result<Option<DeskPayment>, StoreError> {
        match one(self.store, sql, given).await? {
            Some(row) => Ok(Some(whole(self.store, read(&row)?).await?)),
            None => Ok(None),
        }
    }

    /// The last payments of a collector, or of a contract, the newest first.
    pub async fn payments_of(
        &self,
        owner: i64,
        of: PaymentsOf<'_>,
        limit: u32,
    ) -> Result<Vec<DeskPayment>, StoreError> {
        let (whose, given) = match of {
            PaymentsOf::Collector(id) => ("d.collector_id = ?", values![owner, id]),
            PaymentsOf::Contract(number) => ("c.number = ?", values![owner, number]),
        };
        let sql = self.store.casts(&format!(
            "{ROW} WHERE d.owner_id = ? AND {whose} ORDER BY d.id DESC LIMIT {limit}"
        ));
        let rows = all(self.store, &sql, given).await?;
        rows.iter().map(read).collect()
    }
}

/// Whose payments.
#[derive(Debug, Clone, Copy)]
pub enum PaymentsOf<'o> {
    /// A collector's.
    Collector(i64),
    /// A contract's, by its number.
    Contract(&'o str),
}

impl DeskCash<'_> {
    /// Receipts of a day, of all collectors, the newest first. Cancelled ones are among them.
    pub async fn receipts(&self, owner: i64, day: &str) -> Result<Vec<DeskPayment>, StoreError> {
        let sql = self.store.casts(&format!(
            "{ROW} WHERE d.owner_id = ? AND d.receipt_day = ? ORDER BY d.id DESC LIMIT 2000"
        ));
        let rows = all(self.store, &sql, values![owner, day]).await?;
        rows.iter().map(read).collect()
    }
}
