//! The head of a payment at the door, as what follows from its money needs it.

use crate::domain::desk::{CollectorKind, DeskMethod};
use crate::store::StoreError;
use crate::store::base::{Conn, Tx, int, one, text, text_or_none, values};

/// The head of a payment at the door, for what follows from its money.
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row of facts, each by its own name"
)]
pub(super) struct Head {
    pub id: i64,
    pub owner_id: i64,
    pub contract: String,
    pub collector_id: i64,
    /// What the collector is.
    pub kind: Option<CollectorKind>,
    /// Has the payee a system of its own that wants to know?
    pub has_company: bool,
    pub method: DeskMethod,
    pub customer_name: String,
    pub address: String,
    pub total: i64,
    pub notify_hifpt: bool,
    pub notify_sms: bool,
    pub notify_zns: bool,
    pub phone: String,
    pub receipt: Option<String>,
    /// The earliest and the latest day of what is on it, where it has any.
    pub days: Option<(String, String)>,
}

impl Head {
    /// Is the customer told by `HiFPT`? A fee collector's always are.
    pub fn tells_by_hifpt(&self) -> bool {
        self.notify_hifpt || self.kind == Some(CollectorKind::FeeCollector)
    }
}

pub(super) async fn head(tx: &Tx, id: i64) -> Result<Head, StoreError> {
    let sql = tx.casts(
        "SELECT d.owner_id, c.number, d.collector_id, d.method, d.customer_name, c.address, d.amount, CAST(d.notify_hifpt AS SIGNED), \
         CAST(d.notify_sms AS SIGNED), CAST(d.notify_zns AS SIGNED), d.notify_phone, d.receipt_number, k.kind, \
         (SELECT COUNT(*) FROM payment_config p WHERE p.owner_id = d.owner_id AND p.provider = 'backoffice' AND p.is_on = 1), \
         (SELECT MIN(i.from_day) FROM desk_payment_item i WHERE i.desk_payment_id = d.id AND i.to_day IS NOT NULL), \
         (SELECT MAX(i.to_day) FROM desk_payment_item i WHERE i.desk_payment_id = d.id AND i.from_day IS NOT NULL) \
         FROM desk_payment d JOIN contract c ON c.id = d.contract_id LEFT JOIN collector k ON k.user_id = d.collector_id WHERE d.id = ?",
    );
    let row = one(tx, &sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    let method = text(&row, 3)?;
    Ok(Head {
        id,
        owner_id: int(&row, 0)?,
        contract: text(&row, 1)?,
        collector_id: int(&row, 2)?,
        method: DeskMethod::of(&method)
            .ok_or_else(|| StoreError::Damaged(format!("desk_payment.method: {method:?}")))?,
        customer_name: text(&row, 4)?,
        address: text(&row, 5)?,
        total: int(&row, 6)?,
        notify_hifpt: int(&row, 7)? != 0,
        notify_sms: int(&row, 8)? != 0,
        notify_zns: int(&row, 9)? != 0,
        phone: text(&row, 10)?,
        receipt: text_or_none(&row, 11)?,
        kind: text_or_none(&row, 12)?
            .as_deref()
            .and_then(CollectorKind::of),
        has_company: int(&row, 13)? != 0,
        days: text_or_none(&row, 14)?.zip(text_or_none(&row, 15)?),
    })
}
