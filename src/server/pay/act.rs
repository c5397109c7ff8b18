//! What a payer does besides paying: taking it back, entering the wallet's one-time password.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde_json::json;

use super::begin::{counted, guest_key_of};
use super::cashier::Cashier;
use super::input::CallInput;
use super::look::{of_token, seen};
use super::make::{key_of, key_used};
use super::page::found;
use super::path::Path;
use super::refusal::PayRefusal;
use super::who::Who;
use super::wire::{OtpSent, OtpTerms, StateForm};
use crate::domain::payment::{End, Provider};
use crate::providers::{ProviderFault, ProviderRefusal};
use crate::server::AppState;
use crate::store::payments::{Fact, Heard, HeardFrom, KeyClaim, KeyUse, PaymentRow};

/// `POST /payment/cancel/{id}`
pub async fn cancel(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
    input: CallInput,
) -> Result<Response, PayRefusal> {
    who.known()?;
    let (payment, _) = seen(&app, &who, id).await?;
    who.may_pay()?;
    counted(&app, &who, None).await?;
    let key = key_of(&who, &input, &format!("cancel|{id}"));
    meant(&app, key, id).await?;
    let back = format!("/payment/status/{id}");
    cancelled(&app, &who, payment, &input, &back).await
}

/// The caller's key is kept for this call, which may be repeated as it is; not for another one. Says whether it
/// came before.
async fn meant(app: &AppState, key: Option<KeyUse>, id: i64) -> Result<bool, PayRefusal> {
    match app.store().payments().use_key(key.as_ref(), id).await? {
        KeyClaim::First => Ok(false),
        KeyClaim::Again => Ok(true),
        KeyClaim::Other => Err(key_used()),
    }
}

/// `POST /pay/{token}/cancel`
pub async fn guest_cancel(
    State(app): State<AppState>,
    who: Who,
    Path(token): Path<String>,
    input: CallInput,
) -> Result<Response, PayRefusal> {
    let (_, payment) = of_token(&app, &token).await?;
    let payment = payment.ok_or_else(PayRefusal::not_found)?;
    counted(&app, &who, Some(&token)).await?;
    let asked = format!("cancel|{}", payment.id);
    meant(&app, guest_key_of(&token, &input, &asked), payment.id).await?;
    cancelled(&app, &who, payment, &input, &format!("/pay/{token}")).await
}

async fn cancelled(
    app: &AppState,
    who: &Who,
    payment: PaymentRow,
    input: &CallInput,
    back: &str,
) -> Result<Response, PayRefusal> {
    let (cashier, actor) = (Cashier::of(app), who.actor());
    // Carried through whether or not somebody still waits: the provider may have done it already.
    let work = async move { cashier.cancel(payment, &actor).await };
    let payment = match app.carry_through(work).await {
        Ok(cancelled) => cancelled?,
        Err(_) => return Err(PayRefusal::broken()),
    };
    if input.is_form() {
        return Ok(found(back));
    }
    let body = json!({ "success": true, "state": payment.state().wire() });
    Ok(Json(body).into_response())
}

/// A payment by wallet that waits for its one-time password. `None`: it waited when the same call came before.
async fn waiting(
    app: &AppState,
    who: &Who,
    id: i64,
    key: Option<KeyUse>,
) -> Result<Option<PaymentRow>, PayRefusal> {
    who.known()?;
    let (payment, _) = seen(app, who, id).await?;
    who.may_pay()?;
    counted(app, who, None).await?;
    let is_of_wallet = payment.provider == Provider::Wallet;
    if is_of_wallet && payment.state().is_open() {
        meant(app, key, id).await?;
        return Ok(Some(payment));
    }
    if is_of_wallet && key.is_some() && meant(app, key, id).await? {
        return Ok(None);
    }
    Err(PayRefusal::conflict("Khoản này không chờ mã OTP.").with("state", payment.state().wire()))
}

/// `POST /payment/otp/{id}`
pub async fn otp(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
    input: CallInput,
) -> Result<Response, PayRefusal> {
    // The password itself is kept nowhere, not even as a digest.
    let key = key_of(&who, &input, &format!("otp|{id}"));
    if let Some(payment) = waiting(&app, &who, id, key).await? {
        let (cashier, otp) = (Cashier::of(&app), otp_of(&input)?);
        let work = async move { enter(&cashier, payment, &otp).await };
        match app.carry_through(work).await {
            Ok(entered) => entered?,
            Err(_) => return Err(PayRefusal::broken()),
        };
    }
    if input.is_form() {
        return Ok(found(&format!("/payment/status/{id}")));
    }
    let (payment, payable) = seen(&app, &who, id).await?;
    Ok(Json(StateForm::of(&payment, payable.owed(), None)).into_response())
}

/// The one-time password that somebody entered.
pub(in crate::server) fn otp_of(input: &CallInput) -> Result<SecretString, PayRefusal> {
    let otp = input.needed("otp")?;
    if !(4..=8).contains(&otp.len()) || !otp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(PayRefusal::invalid("otp: cần 4–8 chữ số."));
    }
    Ok(SecretString::from(otp))
}

pub(in crate::server) async fn enter(
    cashier: &Cashier,
    payment: PaymentRow,
    otp: &SecretString,
) -> Result<PaymentRow, PayRefusal> {
    let provider = cashier.provider(payment.owner_id, payment.provider).await?;
    let provider = provider.ok_or_else(|| PayRefusal::provider("Ví đang tắt."))?;
    let order = cashier.order_ref(&payment);
    let call = provider.enter_otp(&order, otp);
    match cashier.in_line(&payment, "otp", call).await {
        Ok(told) => {
            let outcome = cashier
                .take(&payment, &told, HeardFrom::Poll, "otp")
                .await?;
            Ok(outcome.payment)
        }
        Err(fault) => Err(otp_refused(cashier, &payment, fault).await?),
    }
}

/// Another one-time password is sent, and the one before is dead.
pub(in crate::server) async fn send_again(
    cashier: &Cashier,
    payment: &PaymentRow,
) -> Result<(), PayRefusal> {
    let provider = cashier.provider(payment.owner_id, payment.provider).await?;
    let provider = provider.ok_or_else(|| PayRefusal::provider("Ví đang tắt."))?;
    let order = cashier.order_ref(payment);
    let call = provider.resend_otp(&order);
    match cashier.in_line(payment, "otp_resend", call).await {
        Ok(prompt) => cashier.keep_prompt(payment, &prompt).await,
        Err(fault) => Err(otp_refused(cashier, payment, fault).await?),
    }
}

/// What follows from a no: a wrong one may be entered again, a locked payment is over.
async fn otp_refused(
    cashier: &Cashier,
    payment: &PaymentRow,
    fault: ProviderFault,
) -> Result<PayRefusal, PayRefusal> {
    let ProviderFault::Refused { why, code, .. } = &fault else {
        return Ok(PayRefusal::from(fault));
    };
    let refusal = match why {
        ProviderRefusal::OtpWrong { attempts_left } => {
            cashier.keep_attempts(payment, *attempts_left).await?;
            let error = format!("Mã OTP không đúng. Còn {attempts_left} lần.");
            return Ok(PayRefusal::otp("otp_wrong", &error).with("attempts_left", *attempts_left));
        }
        ProviderRefusal::OtpExpired => {
            return Ok(PayRefusal::otp(
                "otp_expired",
                "Mã OTP đã hết hạn. Bấm Gửi lại mã.",
            ));
        }
        ProviderRefusal::OtpTooEarly { retry_after_s } => {
            return Ok(PayRefusal::limited(*retry_after_s));
        }
        ProviderRefusal::OtpLocked => PayRefusal::otp(
            "otp_locked",
            "Nhập sai quá số lần. Chọn lại cách thanh toán.",
        ),
        ProviderRefusal::NoFunds => PayRefusal::no_funds(code),
        _ => return Ok(PayRefusal::from(fault)),
    };
    let heard = Heard {
        payment: payment.id,
        source: HeardFrom::Poll,
        kind: code,
        key: code,
        body: &fault.to_string(),
        facts: &[Fact::Ended(End::Failed)],
        actor: None,
    };
    cashier.hear(&heard).await?;
    Ok(refusal.with("state", "failed"))
}

/// `POST /payment/otp/{id}/resend`
pub async fn resend(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
    input: CallInput,
) -> Result<Response, PayRefusal> {
    let key = key_of(&who, &input, &format!("resend|{id}"));
    if let Some(payment) = waiting(&app, &who, id, key).await? {
        let cashier = Cashier::of(&app);
        // The password before it is dead as soon as another one is sent, whether or not somebody still waits.
        let work = async move { send_again(&cashier, &payment).await };
        match app.carry_through(work).await {
            Ok(sent) => sent?,
            Err(_) => return Err(PayRefusal::broken()),
        }
    }
    if input.is_form() {
        return Ok(found(&format!("/payment/status/{id}")));
    }
    let (payment, payable) = seen(&app, &who, id).await?;
    let body = OtpSent {
        state: StateForm::of(&payment, payable.owed(), None),
        otp: OtpTerms::of(&payment),
    };
    Ok((StatusCode::OK, Json(body)).into_response())
}
