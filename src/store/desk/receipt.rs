//! Receipts: what anybody may know of one, and cancelling it.

use serde_json::json;

use super::Desk;
use super::cash::{declared, take_off_day};
use super::follow::open_items;
use super::pay::{DeskPayment, of_id};
use crate::domain::desk::{DeskMethod, ItemState};
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{Conn, Tx, execute, int, one, transaction, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::contracts::DESK_PAYMENT;
use crate::store::jobs;
use crate::store::payments::{Fact, Heard, HeardFrom, KeyUse, PaymentRow, for_desk};

/// What anybody with the token may know of a receipt: nobody's name, phone or address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicReceipt {
    /// Its number.
    pub number: String,
    /// Đồng.
    pub total: i64,
    /// When it was paid, in milliseconds since 1970.
    pub at: i64,
    /// Was it cancelled?
    pub is_cancelled: bool,
}

/// Why a receipt cannot be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// Only cash is given back by hand.
    #[error("Chỉ hủy được phiếu thu tiền mặt")]
    NotCash,
    /// The cash was handed in, or is declared.
    #[error("Tiền của phiếu này đã nộp, không hủy được")]
    HandedIn,
    /// A machine is at it, or has been.
    #[error("Hóa đơn của phiếu này đang được gạch nợ hoặc đã gạch, không hủy được")]
    BeingSettled,
    /// It was cancelled before.
    #[error("Phiếu này đã hủy")]
    Cancelled,
    /// The key was used for something else.
    #[error("Khóa Idempotency-Key này đã dùng cho yêu cầu khác")]
    KeyUsed,
}

impl DeskPayment {
    /// What anybody with the token may know; `None`: there is no receipt.
    pub fn public(&self) -> Option<PublicReceipt> {
        Some(PublicReceipt {
            number: self.receipt.clone()?,
            total: self.total,
            at: self.receipt_at?,
            is_cancelled: self.cancelled_at.is_some(),
        })
    }
}

impl Desk<'_> {
    /// Cancels a receipt, with the reason: its items are open again, its number stays. Asked again with the
    /// same key, it answers the same.
    pub async fn cancel_receipt(
        &self,
        owner: i64,
        number: &str,
        reason: &str,
        key: Option<&KeyUse>,
        actor: &Actor,
    ) -> Result<Result<(DeskPayment, Option<PaymentRow>), ReceiptFault>, StoreError> {
        transaction!(self.store, |tx| cancelled(
            &tx,
            (owner, number),
            reason,
            key,
            actor
        ))
    }
}

async fn cancelled(
    tx: &Tx,
    (owner, number): (i64, &str),
    reason: &str,
    key: Option<&KeyUse>,
    actor: &Actor,
) -> Result<Result<(DeskPayment, Option<PaymentRow>), ReceiptFault>, StoreError> {
    let sql = format!(
        "SELECT id FROM desk_payment WHERE owner_id = ? AND receipt_number = ?{}",
        tx.locked()
    );
    let row = one(tx, &sql, values![owner, number]).await?;
    let id = int(&row.ok_or(StoreError::NoRow)?, 0)?;
    let desk = of_id(tx, id).await?.ok_or(StoreError::NoRow)?;
    // Behind the lock: of two presses at once the second one sees what the first has made.
    match for_desk::key_look(tx, key).await? {
        Some(Ok(made)) if made == id => return Ok(Ok((desk, None))),
        Some(_) => return Ok(Err(ReceiptFault::KeyUsed)),
        None => {}
    }
    if let Some(fault) = in_the_way(&desk) {
        return Ok(Err(fault));
    }
    // Asked before anything is changed: what is returned is kept.
    for item in &desk.items {
        if item.state == ItemState::Paid && !jobs::can_be_withdrawn(tx, item.id).await? {
            return Ok(Err(ReceiptFault::BeingSettled));
        }
    }
    let sql = format!(
        "SELECT held FROM collector WHERE user_id = ?{}",
        tx.locked()
    );
    let held = match one(tx, &sql, values![desk.collector_id]).await? {
        Some(row) => int(&row, 0)?,
        None => 0,
    };
    let day = desk.receipt_day.as_deref().unwrap_or_default();
    let is_declared = held - desk.total < declared(tx, desk.collector_id).await?;
    if is_declared || !take_off_day(tx, desk.collector_id, day, desk.total).await? {
        return Ok(Err(ReceiptFault::HandedIn));
    }
    for item in &desk.items {
        jobs::is_withdrawn(tx, item.id, "Phiếu thu đã hủy").await?;
    }
    let sql = "UPDATE desk_payment SET cancelled_at = ?, cancelled_by = ?, cancel_reason = ?, updated_at = ? WHERE id = ?";
    let now = tx.now_ms();
    execute(tx, sql, values![now, actor.user_id, reason, now, id]).await?;
    let payment = give_money_back(tx, &desk, actor).await?;
    open_items(tx, id, &["paid"]).await?;
    let entry = Entry::of(AuditAction::ReceiptCancel)
        .row(&DESK_PAYMENT, id)
        .before(json!({ "receipt": number, "total": desk.total }))
        .after(json!({ "cancelled": true, "reason": reason }));
    audit::write(tx, actor, entry).await?;
    for_desk::key_keep(tx, key, id).await?;
    let after = of_id(tx, id).await?.ok_or(StoreError::NoRow)?;
    Ok(Ok((after, payment)))
}

fn in_the_way(desk: &DeskPayment) -> Option<ReceiptFault> {
    if desk.cancelled_at.is_some() {
        Some(ReceiptFault::Cancelled)
    } else if desk.method != DeskMethod::Cash {
        Some(ReceiptFault::NotCash)
    } else if desk.items.iter().any(|i| i.state == ItemState::Settled) {
        Some(ReceiptFault::BeingSettled)
    } else {
        None
    }
}

/// The customer has the cash again.
async fn give_money_back(
    tx: &Tx,
    desk: &DeskPayment,
    actor: &Actor,
) -> Result<Option<PaymentRow>, StoreError> {
    if desk.payment == 0 {
        return Ok(None);
    }
    let heard = Heard {
        payment: desk.payment,
        source: HeardFrom::Person,
        kind: "receipt_cancelled",
        key: "receipt_cancelled",
        body: "",
        facts: &[Fact::Refunded {
            amount: desk.total,
            reference: format!("back-{}", desk.receipt.as_deref().unwrap_or_default()),
        }],
        actor: Some(actor),
    };
    let outcome = for_desk::hear(tx, &heard).await?;
    Ok(Some(outcome.payment))
}
