//! What becomes of a payment at the door when its money does: items, receipt, cash of the day, messages,
//! jobs. Called by `payments` in the transaction that books the money.

use super::contract::{ContractItem, items_of, items_to_settle};
use super::head::{Head, head};
use super::notice;
use crate::domain::calendar::day_of;
use crate::domain::desk::{DeskMethod, ItemState, receipt_number};
use crate::domain::payment::{PayableKind, PaymentState, Standing, payable_status};
use crate::domain::{Job, Service, Vnd};
use crate::store::base::audit::Actor;
use crate::store::base::search_text::search_text;
use crate::store::base::{
    Conn, SqlValue, Tx, all, execute, int, int_or_none, marks, one, text, values,
};
use crate::store::jobs::{self, Added, JobOrigin, NewJob};
use crate::store::payments::PaymentRow;
use crate::store::{Engine, StoreError};

/// What a payment at the door owes, held until the transaction ends.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct DeskOwing {
    /// What is to be paid, in đồng.
    pub amount: i64,
    /// What was credited.
    pub paid: i64,
    /// Is it over, with its items open for others?
    pub is_over: bool,
}

/// Locks a payment at the door. Money that comes when it is over pays it all the same, where nobody else
/// has taken its items since.
pub(in crate::store) async fn lock(tx: &Tx, id: i64) -> Result<DeskOwing, StoreError> {
    let sql = format!(
        "SELECT amount, paid, status, cancelled_at FROM desk_payment WHERE id = ?{}",
        tx.locked()
    );
    let row = one(tx, &sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    let (amount, paid) = (int(&row, 0)?, int(&row, 1)?);
    let is_cancelled = text(&row, 2)? == "cancelled";
    let was_receipted = int_or_none(&row, 3)?.is_some();
    let is_over = is_cancelled && (was_receipted || !are_open(tx, id).await?);
    Ok(DeskOwing {
        amount,
        paid,
        is_over,
    })
}

async fn are_open(tx: &Tx, id: i64) -> Result<bool, StoreError> {
    let items = rows_of(tx, id).await?;
    Ok(items.iter().all(|item| item.state == ItemState::Open))
}

/// The rows of what is on a payment, locked.
async fn rows_of(tx: &Tx, id: i64) -> Result<Vec<ContractItem>, StoreError> {
    let sql = "SELECT contract_id FROM desk_payment WHERE id = ?";
    let row = one(tx, sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    let ids = item_ids(tx, id).await?;
    let mut items = items_of(tx, int(&row, 0)?, tx.locked()).await?;
    items.retain(|item| ids.contains(&item.id));
    Ok(items)
}

async fn item_ids(tx: &Tx, id: i64) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT item_id FROM desk_payment_item WHERE desk_payment_id = ? ORDER BY id";
    let rows = all(tx, sql, values![id]).await?;
    rows.iter().map(|row| int(row, 0)).collect()
}

/// Credits a payment at the door, or takes back what was credited. Says whether it is paid now, and was
/// not before.
pub(in crate::store) async fn credit(
    tx: &Tx,
    id: i64,
    owing: DeskOwing,
    credit: i64,
) -> Result<bool, StoreError> {
    let paid = owing.paid + credit;
    let is_paid = paid >= owing.amount;
    let status = match (owing.is_over, is_paid) {
        (true, _) => "cancelled",
        (_, true) => "confirmed",
        (_, false) => "pending",
    };
    let sql = "UPDATE desk_payment SET paid = ?, payment_status = ?, status = ?, updated_at = ? WHERE id = ?";
    let payment_status = payable_status(owing.amount, paid, credit < 0);
    let given = values![paid, payment_status, status, tx.now_ms(), id];
    execute(tx, sql, given).await?;
    Ok(is_paid && owing.paid < owing.amount)
}

/// What follows from a change of the payment that carries the money.
pub(in crate::store) async fn follow(
    tx: &Tx,
    payment: &PaymentRow,
    before: &Standing,
    is_paid_now: bool,
) -> Result<(), StoreError> {
    debug_assert_eq!(payment.payable.kind, PayableKind::Receipt);
    let id = payment.payable.id;
    let (now, was) = (payment.state(), before.state);
    // Less than the sum, and a person takes it for all: the shop bears the rest, and the book names it.
    let is_accepted = now == PaymentState::Paid
        && was == PaymentState::Underpaid
        && payment.standing.money.credited > 0;
    if is_paid_now || is_accepted {
        return paid(tx, id).await;
    }
    let is_over = matches!(
        now,
        PaymentState::Cancelled | PaymentState::Expired | PaymentState::Failed
    );
    if is_over && was != now {
        release(tx, id).await?;
    }
    if now == PaymentState::Refunded && was != now {
        give_back(tx, id).await?;
    }
    Ok(())
}

/// Nothing came and nothing comes: its items are for others.
async fn release(tx: &Tx, id: i64) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let sql = "UPDATE desk_payment SET status = 'cancelled', updated_at = ? WHERE id = ?";
    execute(tx, sql, values![now, id]).await?;
    open_items(tx, id, &["taken"]).await
}

/// Items of a payment that are in one of these states are open again.
pub(super) async fn open_items(tx: &Tx, id: i64, states: &[&str]) -> Result<(), StoreError> {
    let sql = format!(
        "UPDATE contract_item SET state = 'open', desk_payment_id = NULL, job_id = NULL, updated_at = ? WHERE desk_payment_id = ? AND state IN ({})",
        marks(states.len())
    );
    let mut given = values![tx.now_ms(), id];
    given.extend(states.iter().map(|state| SqlValue::from(*state)));
    execute(tx, &sql, given).await?;
    let sql = "UPDATE desk_payment_item SET held_item = NULL WHERE desk_payment_id = ? AND held_item IS NOT NULL \
               AND NOT EXISTS (SELECT 1 FROM contract_item i WHERE i.id = desk_payment_item.item_id AND i.desk_payment_id = ?)";
    execute(tx, sql, values![id, id]).await.map(|_| ())
}

/// All of its money was paid back by the provider: the receipt does not hold any more. What the portal has
/// settled stays settled.
async fn give_back(tx: &Tx, id: i64) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let sql = "UPDATE desk_payment SET status = 'cancelled', cancelled_at = COALESCE(cancelled_at, ?), cancel_reason = COALESCE(cancel_reason, 'Đã hoàn tiền'), \
               updated_at = ? WHERE id = ? AND receipt_number IS NOT NULL";
    execute(tx, sql, values![now, now, id]).await?;
    for item in rows_of(tx, id).await? {
        if item.state == ItemState::Paid
            && !jobs::is_withdrawn(tx, item.id, "Tiền của phiếu thu đã hoàn lại").await?
        {
            // Somebody is at it: a person decides what it is when that has ended.
            return Ok(());
        }
    }
    open_items(tx, id, &["paid", "taken"]).await
}

/// The customer has paid: the items are paid, there is a receipt, people are told, the portal is to be.
/// The number is taken last of what all receipts of a day wait for.
async fn paid(tx: &Tx, id: i64) -> Result<(), StoreError> {
    let mut head = head(tx, id).await?;
    let now = tx.now_ms();
    let sql = "UPDATE contract_item SET state = 'paid', updated_at = ? WHERE desk_payment_id = ? AND state = 'taken'";
    if execute(tx, sql, values![now, id]).await? == 0 {
        take_again(tx, id).await?;
    }
    let to_settle = items_to_settle(tx, id).await?;
    let day = day_of(now);
    if head.method == DeskMethod::Cash {
        super::cash::add_to_day(tx, head.collector_id, &day, head.total).await?;
    }
    let number = next_number(tx, head.owner_id, &day).await?;
    let number = receipt_number(now, number);
    let words = search_text([
        Some(head.customer_name.as_str()),
        Some(head.contract.as_str()),
        Some(number.as_str()),
    ]);
    let sql = "UPDATE desk_payment SET receipt_number = ?, receipt_day = ?, receipt_at = ?, status = 'confirmed', updated_at = ?, search_text = ? WHERE id = ?";
    let given = values![number.as_str(), day.as_str(), now, now, words, id];
    execute(tx, sql, given).await?;
    head.receipt = Some(number);
    notice::tell_receipt(tx, &head).await?;
    notice::tell_company(tx, &head).await?;
    make_jobs(tx, &head, &to_settle).await
}

/// Money that came after its payment was over, for items that nobody has taken since.
async fn take_again(tx: &Tx, id: i64) -> Result<(), StoreError> {
    let ids = item_ids(tx, id).await?;
    let sql = format!(
        "UPDATE contract_item SET state = 'paid', desk_payment_id = ?, updated_at = ? WHERE id IN ({}) AND state = 'open'",
        marks(ids.len())
    );
    let mut given = values![id, tx.now_ms()];
    given.extend(ids.iter().copied().map(SqlValue::from));
    execute(tx, &sql, given).await?;
    let sql = "UPDATE desk_payment_item SET held_item = item_id WHERE desk_payment_id = ?";
    execute(tx, sql, values![id]).await.map(|_| ())
}

/// The next number of a payee's day. Whoever comes at the same time waits here until this payment is
/// written, and takes the next one: what comes after it in the transaction is what a day's receipts wait
/// for.
async fn next_number(tx: &Tx, owner: i64, day: &str) -> Result<i64, StoreError> {
    let counted = match tx.engine() {
        Engine::Sqlite => "ON CONFLICT (owner_id, day) DO UPDATE SET",
        Engine::MariaDb => "ON DUPLICATE KEY UPDATE",
    };
    let sql = format!(
        "INSERT INTO receipt_counter (owner_id, day, last) VALUES (?, ?, 1) {counted} last = last + 1 RETURNING last"
    );
    let row = one(tx, &sql, values![owner, day]).await?;
    int(&row.ok_or(StoreError::NoRow)?, 0)
}

/// One job for each item that we settle.
async fn make_jobs(tx: &Tx, head: &Head, items: &[ContractItem]) -> Result<(), StoreError> {
    let receipt = head.receipt.as_deref();
    for item in items {
        let Some(job) = job_of(item, receipt) else {
            continue;
        };
        let actor = Actor {
            user_id: Some(head.collector_id),
            ..Actor::system()
        };
        let added = jobs::add(tx, std::slice::from_ref(&job), &actor).await?;
        let Some(
            Added::Added(public)
            | Added::Duplicate(public)
            | Added::Repeated(public)
            | Added::KeyTaken(public),
        ) = added.first()
        else {
            continue;
        };
        let sql = "UPDATE contract_item SET job_id = (SELECT id FROM jobs WHERE public_id = ?) WHERE id = ?";
        execute(tx, sql, values![public.as_str(), item.id]).await?;
    }
    Ok(())
}

/// The job that settles an item. `None`: nobody said that we settle it, or it is nothing that the portal
/// takes.
fn job_of(item: &ContractItem, receipt: Option<&str>) -> Option<NewJob> {
    let settle = crate::domain::desk::Settle {
        service: item.settle_service.clone()?,
        code: item.settle_code.clone()?,
    };
    let (service, account) = settle.parsed().ok()?;
    let amount = Vnd::try_from(item.amount).ok()?;
    let job = Job {
        account,
        amount: Some(amount),
        order_id: receipt.map(str::to_owned),
        payment: (service == Service::TopUpMulti).then_some(crate::domain::PaymentType::Postpaid),
        receiver: None,
        row: item.number.clone(),
        ticket: None,
    };
    let mut new = NewJob::of(service, &job, JobOrigin::Desk);
    new.contract_item_id = Some(item.id);
    Some(new)
}
