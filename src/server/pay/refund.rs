//! Money is paid back: by the provider where it can, else a person has done it and it is written down.

use serde_json::json;

use super::cashier::Cashier;
use super::refusal::PayRefusal;
use crate::domain::payment::{PaymentState, Provider};
use crate::providers::{ProviderFault, RefundOrder};
use crate::server::AppState;
use crate::store::payments::{Fact, Heard, PaymentRow, Source};
use crate::store::{Actor, digest};

/// A refund that somebody decided.
#[derive(Debug, Clone)]
pub struct Refund {
    /// Of which payment.
    pub payment: PaymentRow,
    /// Whole đồng; nothing: all that is there.
    pub amount: Option<i64>,
    /// Why.
    pub reason: String,
    /// The caller's own name for it.
    pub key: Option<String>,
}

/// Pays back, once: the same refund of the same payment is the same one, however often it is pressed.
pub async fn pay_back(
    app: &AppState,
    refund: Refund,
    actor: Actor,
) -> Result<PaymentRow, PayRefusal> {
    let (cashier, own) = (Cashier::of(app), app.clone());
    // Carried through whether or not somebody still waits: the provider may have done it already.
    let work = async move { carried(&own, &cashier, refund, &actor).await };
    match app.carry_through(work).await {
        Ok(done) => done,
        Err(_) => Err(PayRefusal::broken()),
    }
}

async fn carried(
    app: &AppState,
    cashier: &Cashier,
    refund: Refund,
    actor: &Actor,
) -> Result<PaymentRow, PayRefusal> {
    let payment = &refund.payment;
    let id = id_of(&refund);
    let transfers = app.store().payments().transfers(payment.id).await?;
    // Done before, by this very refund or as a whole.
    let is_done = transfers.iter().any(|t| t.reference == id);
    if is_done || (payment.state() == PaymentState::Refunded && payment.received() == 0) {
        let found = app.store().payments().find(payment.id).await?;
        return found.ok_or_else(PayRefusal::not_found);
    }
    let received = payment.received();
    let amount = refund.amount.unwrap_or(received);
    if received <= 0 {
        return Err(PayRefusal::conflict("Khoản này chưa nhận tiền nào."));
    }
    if amount > received {
        return Err(PayRefusal::invalid(format!(
            "amount: chỉ nhận {received} đ, không hoàn nhiều hơn."
        )));
    }
    let body = json!({ "refund": id, "amount": amount, "reason": refund.reason }).to_string();
    if payment.provider == Provider::VnPay {
        let paid = transfers.iter().rev().find(|t| t.amount > 0);
        let reference = paid.map(|t| t.reference.clone()).unwrap_or_default();
        by_provider(
            app,
            cashier,
            &refund,
            (&id, amount, reference),
            (&body, actor),
        )
        .await?;
    }
    let heard = Heard {
        payment: payment.id,
        source: Source::Person,
        kind: "refund",
        key: &format!("refund|{id}"),
        body: &body,
        facts: &[Fact::Refunded {
            amount,
            reference: id.clone(),
        }],
        actor: Some(actor),
    };
    Ok(cashier.hear(&heard).await?.payment)
}

/// The refund's number: the caller's key makes it, else what it is and how the payment stood.
fn id_of(refund: &Refund) -> String {
    let payment = &refund.payment;
    let what = match &refund.key {
        Some(key) => format!("{}|key|{key}", payment.id),
        None => format!("{}|{:?}|{}", payment.id, refund.amount, refund.reason),
    };
    format!("R{}", &digest(what.as_bytes())[..20])
}

/// The provider pays back. What it is asked is durable before it is asked; a refund that it knows already
/// was done.
async fn by_provider(
    app: &AppState,
    cashier: &Cashier,
    refund: &Refund,
    (id, amount, reference): (&str, i64, String),
    (body, actor): (&str, &Actor),
) -> Result<(), PayRefusal> {
    let payment = &refund.payment;
    let provider = cashier.provider(payment.owner_id, payment.provider).await?;
    let provider = provider.ok_or_else(|| PayRefusal::provider("VNPay đang tắt."))?;
    let asked = (Source::Person, "refund_asked", id, body);
    let payments = app.store().payments();
    payments
        .keep_event(
            Some(payment.id),
            payment.provider.wire(),
            asked,
            "Đang gửi cổng",
        )
        .await?;
    let order = RefundOrder {
        order: cashier.order_ref(payment),
        id: id.to_owned(),
        amount,
        is_whole: amount == payment.standing.amount,
        reference,
        by: actor.who.clone(),
        reason: refund.reason.clone(),
    };
    let call = provider.refund(&order);
    match cashier.at_once(payment, "refund", call).await {
        Ok(_) => Ok(()),
        // Asked for before, and on its way there.
        Err(ProviderFault::Refused { ref code, .. }) if code == "94" => Ok(()),
        Err(ProviderFault::Refused { text, code, .. }) => Err(PayRefusal::conflict(format!(
            "VNPay không hoàn tiền: {text} (mã {code})."
        ))),
        Err(fault) => Err(PayRefusal::from(fault)),
    }
}
