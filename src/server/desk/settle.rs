//! A person says that an item is settled, and why they know.

use axum::http::StatusCode;

use super::who::DeskPerson;
use crate::server::AppState;
use crate::server::pay::refusal::PayRefusal;

/// Keeps it: for who answers for the shop, and with a reason.
pub async fn by_hand(
    app: &AppState,
    me: &DeskPerson,
    item: i64,
    reason: Option<&str>,
) -> Result<(), PayRefusal> {
    me.manager()?;
    let reason = reason.ok_or_else(|| {
        PayRefusal::of(
            StatusCode::UNPROCESSABLE_ENTITY,
            "reason_needed",
            "Ghi lý do.",
        )
    })?;
    let desk = app.store().desk();
    let actor = me.actor();
    let is_settled = desk.settle_by_hand(me.owner, item, reason, &actor).await?;
    if is_settled {
        Ok(())
    } else {
        Err(PayRefusal::conflict(
            "Khoản này đã gạch, hoặc đang được gạch.",
        ))
    }
}
