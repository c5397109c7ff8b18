//! Receipts: their public page, and cancelling them.

use axum::http::StatusCode;

use super::contract::key_used;
use super::who::DeskPerson;
use crate::server::AppState;
use crate::server::pay::refusal::PayRefusal;
use crate::store::desk::{DeskPayment, ReceiptFault};

/// Where anybody with the token sees whether a receipt is genuine.
pub fn url(app: &AppState, desk: &DeskPayment) -> String {
    format!("{}/receipts/{}", app.public_url(), desk.token)
}

/// Cancels a receipt, with the reason.
pub async fn cancel(
    app: &AppState,
    me: &DeskPerson,
    number: &str,
    reason: Option<&str>,
    key: Option<&str>,
) -> Result<DeskPayment, PayRefusal> {
    me.manager()?;
    let reason = reason.ok_or_else(|| {
        PayRefusal::of(
            StatusCode::UNPROCESSABLE_ENTITY,
            "reason_needed",
            "Ghi lý do hủy phiếu thu.",
        )
    })?;
    let key = me.key(key, &format!("receipt_cancel|{number}|{reason}"));
    let desk = app.store().desk();
    let cancelled = desk
        .cancel_receipt(me.owner, number, reason, key.as_ref(), &me.actor())
        .await?;
    match cancelled {
        Ok((desk, payment)) => {
            if let Some(payment) = payment {
                app.pay().changed(&payment);
            }
            Ok(desk)
        }
        Err(ReceiptFault::KeyUsed) => Err(key_used()),
        Err(fault) => Err(PayRefusal::of(
            StatusCode::CONFLICT,
            "not_cancellable",
            fault.to_string(),
        )),
    }
}
