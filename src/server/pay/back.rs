//! Customers come back from a provider. What the address says of the payment is nobody's word: the
//! provider is asked.

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::cashier::Cashier;
use super::page::found;
use super::refusal::PayRefusal;
use super::who::Who;
use crate::server::AppState;
use crate::server::web::form::FormData;
use crate::store::payments::{HeardFrom, PaymentRow};

/// `GET /payment/return`
pub async fn come_back(
    State(app): State<AppState>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PayRefusal> {
    back(&app, &who, &query.unwrap_or_default()).await
}

/// The link's token is what leads on: an order code is no secret.
pub async fn back(app: &AppState, who: &Who, query: &str) -> Result<Response, PayRefusal> {
    let query = FormData::parse(query.as_bytes());
    let payments = app.store().payments();
    let payable = app
        .store()
        .payments()
        .payables()
        .payable_of_token(query.text("t"))
        .await?;
    let payable = payable.ok_or_else(PayRefusal::not_found)?;
    let code = ["orderCode", "vnp_TxnRef"]
        .iter()
        .find_map(|name| query.number(name));
    let all = payments.of_payable(payable.at).await?;
    let of_code = |row: &&PaymentRow| code.is_none_or(|code| row.order_code == code);
    match all.into_iter().find(|row| of_code(&row)) {
        Some(payment) => to_status(app, who, payment).await,
        None => Ok(found(&format!("/pay/{}", payable.pay_token))),
    }
}

/// Asks, and goes to the page that shows what came of it.
pub async fn to_status(
    app: &AppState,
    who: &Who,
    payment: PaymentRow,
) -> Result<Response, PayRefusal> {
    let payment = Cashier::of(app).refresh(payment, HeardFrom::Return).await?;
    let payable = app
        .store()
        .payments()
        .payables()
        .payable(payment.payable)
        .await?;
    let payable = payable.ok_or_else(PayRefusal::not_found)?;
    Ok(found(&if who.sees_payment(&payment, &payable) {
        format!("/payment/status/{}", payment.id)
    } else {
        format!("/pay/{}", payable.pay_token)
    }))
}
