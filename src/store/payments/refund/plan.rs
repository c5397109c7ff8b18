//! A refund is planned: of which transfers, in which parts, once for each decision.

use serde_json::json;

use super::{NewRefund, RefundPlan, book};
use crate::domain::payment::{PaymentState, RefundState, refund_parts};
use crate::store::base::audit::Actor;
use crate::store::base::search_text::search_text;
use crate::store::base::{Conn, Tx, all, execute, insert, int, one, text, values};
use crate::store::payments::ask::rest_ms;
use crate::store::payments::hear::{HeardFrom, keep_event, place};
use crate::store::payments::keys::{self};
use crate::store::payments::payable;
use crate::store::payments::refund_row::{REFUND_ROW, RefundAttempt, of_payment, read};
use crate::store::payments::row::{PaymentRow, lock};
use crate::store::{StoreError, digest};

pub(super) async fn plan(
    tx: &Tx,
    new: &NewRefund,
    actor: &Actor,
) -> Result<RefundPlan, StoreError> {
    match keys::look(tx, new.key.as_ref()).await? {
        Some(Ok(id)) if id == new.payment => {}
        Some(_) => return Ok(RefundPlan::KeyUsed),
        None => {}
    }
    let at = place(tx, new.payment).await?;
    payable::lock(tx, at).await?;
    let payment = lock(tx, new.payment).await?;
    let all = of_payment(tx, payment.id).await?;
    let open: Vec<RefundAttempt> = all.iter().filter(|a| a.state.is_open()).cloned().collect();
    if !open.is_empty() {
        return Ok(RefundPlan::Open(open));
    }
    let decision = new.decision();
    let mine: Vec<&RefundAttempt> = all.iter().filter(|a| a.decision == decision).collect();
    let wanted = match wanted(new, &payment, &mine, tx.now_ms()) {
        Ok(wanted) => wanted,
        Err(RefundPlan::Done(row)) => {
            keys::keep_once(tx, new.key.as_ref(), payment.id).await?;
            return Ok(RefundPlan::Done(row));
        }
        Err(plan) => return Ok(plan),
    };
    let parts = if payment.provider.pays_back() {
        let transactions = transactions(tx, payment.id, &all).await?;
        let left: Vec<i64> = transactions.iter().map(|t| t.1).collect();
        match refund_parts(wanted, &left) {
            Some(parts) => parts
                .into_iter()
                .map(|(at, amount)| (transactions[at].0.clone(), amount))
                .collect(),
            None => return Ok(RefundPlan::TooMuch(left.iter().sum())),
        }
    } else {
        vec![(String::new(), wanted)]
    };
    replace_refused(tx, payment.id, &decision).await?;
    keys::keep_once(tx, new.key.as_ref(), payment.id).await?;
    let mut made = Vec::with_capacity(parts.len());
    for (at, (reference, amount)) in parts.into_iter().enumerate() {
        let name = format!(
            "{}|{decision}|{}|{at}|{}",
            payment.order_code,
            mine.len(),
            tx.now_ms()
        );
        let part = Part {
            decision: &decision,
            request_id: format!("R{}", &digest(name.as_bytes())[..24]),
            reference,
            amount,
        };
        made.push(write(tx, &payment, &part, new, actor).await?);
    }
    if payment.provider.pays_back() {
        return Ok(RefundPlan::Send(made));
    }
    match made.first() {
        Some(attempt) => {
            let outcome = book(tx, attempt, None, actor).await?;
            Ok(RefundPlan::Booked(Box::new(outcome)))
        }
        None => Ok(RefundPlan::NothingThere),
    }
}

/// How much is to be sent for it now; or what there is to say instead.
pub(super) fn wanted(
    new: &NewRefund,
    payment: &PaymentRow,
    mine: &[&RefundAttempt],
    now_ms: i64,
) -> Result<i64, RefundPlan> {
    let refused = mine
        .iter()
        .filter(|a| a.state == RefundState::Refused && !a.is_replaced);
    let missing: i64 = refused.map(|a| a.amount).sum();
    let since = now_ms - new.is_same_for_ms();
    let is_begun = mine
        .iter()
        .any(|a| a.state == RefundState::Done && a.updated_at > since);
    let received = payment.received();
    let is_all_back = payment.state() == PaymentState::Refunded && received == 0;
    if is_all_back || is_begun && missing == 0 {
        return Err(RefundPlan::Done(Box::new(payment.clone())));
    }
    if received <= 0 {
        return Err(RefundPlan::NothingThere);
    }
    let wanted = if is_begun {
        missing
    } else {
        new.amount.unwrap_or(received)
    };
    if wanted > received {
        return Err(RefundPlan::TooMuch(received));
    }
    Ok(wanted)
}

/// The money that came, the oldest first: each transaction's reference, with what is left of it.
pub(super) async fn transactions(
    tx: &Tx,
    payment: i64,
    attempts: &[RefundAttempt],
) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT reference, amount FROM payment_transfer WHERE payment_id = ? ORDER BY id";
    let (mut left, mut back) = (Vec::new(), 0);
    for row in &all(tx, sql, values![payment]).await? {
        let (reference, amount) = (text(row, 0)?, int(row, 1)?);
        if amount > 0 {
            left.push((reference, amount));
        } else {
            back -= amount;
        }
    }
    for attempt in attempts.iter().filter(|a| a.state == RefundState::Done) {
        back -= attempt.amount;
        if let Some((_, left)) = left.iter_mut().find(|(r, _)| *r == attempt.reference) {
            *left -= attempt.amount;
        }
    }
    // Paid back before attempts were written down: always the newest was named.
    for (_, left) in left.iter_mut().rev() {
        let part = back.clamp(0, (*left).max(0));
        *left -= part;
        back -= part;
    }
    Ok(left)
}

pub(super) async fn replace_refused(
    tx: &Tx,
    payment: i64,
    decision: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE payment_refund SET is_replaced = 1 WHERE payment_id = ? AND decision = ? AND state = 'refused'";
    execute(tx, sql, values![payment, decision])
        .await
        .map(|_| ())
}

/// An attempt that is to be written down.
pub(super) struct Part<'p> {
    pub(super) decision: &'p str,
    pub(super) request_id: String,
    pub(super) reference: String,
    pub(super) amount: i64,
}

pub(super) async fn write(
    tx: &Tx,
    payment: &PaymentRow,
    part: &Part<'_>,
    new: &NewRefund,
    actor: &Actor,
) -> Result<RefundAttempt, StoreError> {
    let is_sent = payment.provider.pays_back();
    let (now, state) = (
        tx.now_ms(),
        if is_sent {
            RefundState::Begun
        } else {
            RefundState::Done
        },
    );
    let sql = "INSERT INTO payment_refund (payment_id, decision, request_id, reference, amount, state, reason, who, ask_at, created_at, updated_at, \
               search_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let words = search_text([
        Some(part.request_id.as_str()),
        Some(part.reference.as_str()),
        Some(payment.payment_code.as_str()),
    ]);
    let given = values![
        payment.id,
        part.decision,
        &part.request_id,
        &part.reference,
        part.amount,
        state.wire(),
        &new.reason,
        &actor.who,
        is_sent.then(|| now + rest_ms(0)),
        now,
        now,
        words
    ];
    let id = insert(tx, sql, given).await?;
    if is_sent {
        let body = json!({ "refund": part.request_id, "transaction": part.reference, "amount": part.amount, "reason": new.reason });
        let (body, provider) = (body.to_string(), payment.provider.wire());
        let asked = (
            HeardFrom::Person,
            "refund_asked",
            part.request_id.as_str(),
            body.as_str(),
        );
        keep_event(tx, Some(payment.id), provider, asked, "Đang gửi cổng").await?;
    }
    let sql = tx.casts(&format!("{REFUND_ROW} WHERE id = ?"));
    let row = one(tx, &sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    read(&row)
}
