//! The loop's end: the portal has taken what the customer has paid, or a person says what is so.

use serde_json::json;

use super::head::head;
use super::{Desk, notice};
use crate::domain::desk::ItemState;
use crate::domain::{JobState, Outcome};
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{
    Conn, Tx, execute, exists, int, int_or_none, one, text, transaction, values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::contracts::CONTRACT_ITEM;
use crate::store::jobs;

/// What became of the job of an item.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct SettleNews {
    /// The job's row.
    pub job: i64,
    /// How it stands now.
    pub state: JobState,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What was paid, in đồng, where somebody said it.
    pub amount: Option<i64>,
}

/// The job of an item came to an end, or into doubt: what was paid or found paid is settled; anything else
/// leaves the item paid, and the day's book names it.
pub(in crate::store) async fn job_ended(
    tx: &Tx,
    item: i64,
    news: SettleNews,
    actor: &Actor,
) -> Result<(), StoreError> {
    let how = match (news.state, news.outcome) {
        (JobState::Done, Some(Outcome::Paid)) => "portal",
        (JobState::Done, Some(Outcome::AlreadyCleared)) => "cleared",
        _ => return Ok(()),
    };
    let sql = format!(
        "SELECT number, amount, state, desk_payment_id FROM contract_item WHERE id = ? AND job_id = ?{}",
        tx.locked()
    );
    let Some(row) = one(tx, &sql, values![item, news.job]).await? else {
        return Ok(());
    };
    let (number, amount) = (text(&row, 0)?, int(&row, 1)?);
    if text(&row, 2)? != ItemState::Paid.wire() {
        return Ok(());
    }
    let told = news.amount.filter(|_| how == "portal");
    let reason = told
        .filter(|told| *told != amount)
        .map(|told| format!("cổng thu {told} đ, khách trả {amount} đ"));
    let end = End {
        how,
        outcome: news.outcome,
        reason: reason.as_deref(),
    };
    settle(tx, item, ItemState::Paid, &end, actor).await?;
    let Some(payment) = int_or_none(&row, 3)? else {
        return Ok(());
    };
    if is_told(tx).await? {
        let head = head(tx, payment).await?;
        notice::tell_settled(tx, &head, (item, &number, amount)).await?;
    }
    Ok(())
}

/// Does the shop tell customers when a bill is paid at the portal?
async fn is_told(tx: &Tx) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM settings WHERE name = 'desk_tell_settled' AND value = 'true'";
    exists(tx, sql, values![]).await
}

/// How an item came to be settled.
struct End<'e> {
    /// `portal`, `cleared` or `person`.
    how: &'static str,
    outcome: Option<Outcome>,
    reason: Option<&'e str>,
}

async fn settle(
    tx: &Tx,
    item: i64,
    before: ItemState,
    end: &End<'_>,
    actor: &Actor,
) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let sql = "UPDATE contract_item SET state = 'settled', settled_by = ?, settle_outcome = ?, settle_reason = ?, settled_at = ?, updated_at = ? WHERE id = ?";
    let outcome = end.outcome.map(Outcome::wire);
    let given = values![end.how, outcome, end.reason, now, now, item];
    execute(tx, sql, given).await?;
    let entry = Entry::of(AuditAction::ItemSettle)
        .row(&CONTRACT_ITEM, item)
        .before(json!({ "state": before.wire() }))
        .after(json!({ "state": "settled", "by": end.how, "reason": end.reason }));
    audit::write(tx, actor, entry).await
}

impl Desk<'_> {
    /// A person says that an item is settled, and why they know: one that was collected and whose job did
    /// not settle it, or one that was never collected. `false`: it is settled already, or somebody is at it.
    pub async fn settle_by_hand(
        &self,
        owner: i64,
        item: i64,
        reason: &str,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        transaction!(self.store, |tx| by_hand(&tx, owner, item, reason, actor))
    }
}

async fn by_hand(
    tx: &Tx,
    owner: i64,
    item: i64,
    reason: &str,
    actor: &Actor,
) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT i.state FROM contract_item i JOIN contract c ON c.id = i.contract_id WHERE i.id = ? AND c.owner_id = ?{}",
        tx.locked()
    );
    let row = one(tx, &sql, values![item, owner]).await?;
    let state = text(&row.ok_or(StoreError::NoRow)?, 0)?;
    let state = ItemState::of(&state)
        .ok_or_else(|| StoreError::Damaged(format!("contract_item.state: {state:?}")))?;
    if !matches!(state, ItemState::Open | ItemState::Paid) {
        return Ok(false);
    }
    let is_free = jobs::is_withdrawn(tx, item, "Đã gạch nợ bằng cách khác").await?;
    if !is_free && has_live_job(tx, item).await? {
        return Ok(false);
    }
    let end = End {
        how: "person",
        outcome: None,
        reason: Some(reason),
    };
    settle(tx, item, state, &end, actor).await?;
    Ok(true)
}

/// Is a job of this item on its way?
async fn has_live_job(tx: &Tx, item: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM jobs WHERE contract_item_id = ? AND state IN ('ready', 'leased', 'armed', 'in_doubt', 'review')";
    exists(tx, sql, values![item]).await
}
