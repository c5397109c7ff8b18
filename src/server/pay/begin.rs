//! Somebody begins to pay: a program, a person who has signed in, or a stranger with the link.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::cashier::{Cashier, Wish};
use super::input::CallInput;
use super::make::key_of;
use super::page::words;
use super::refusal::PayRefusal;
use super::shown;
use super::who::{Who, WhoIs};
use super::wire::{BegunForm, OtpTerms};
use crate::domain::payment::{PayableKind, Provider};
use crate::server::AppState;
use crate::store::catalogue::Role;
use crate::store::payments::{KeyUse, Payable};

/// Whose money it is about, and by what right.
struct Asked {
    payable: Payable,
    /// The link's token, where that is the right.
    token: Option<String>,
}

/// `POST /payment/process_payment`
pub async fn process(
    State(app): State<AppState>,
    who: Who,
    input: CallInput,
) -> Result<Response, PayRefusal> {
    let asked = asked(&app, &who, &input).await?;
    counted(&app, &who, asked.token.as_deref()).await?;
    let method = match input.text("method")?.as_deref() {
        None => Provider::PayOs,
        Some(word) => Provider::of(word)
            .filter(|provider| provider.is_for_customers())
            .ok_or_else(|| PayRefusal::invalid("method: payos, vnpay, wallet hoặc vietqr."))?,
    };
    let amount = input.amount("amount")?;
    if amount.is_some_and(|amount| amount > method.amount_max()) {
        return Err(PayRefusal::invalid(
            "amount: vượt mức của cách thanh toán này.",
        ));
    }
    let description = input.text("description")?;
    let wallet_agent = match method {
        Provider::Wallet => Some(wallet_of(&who, &asked)?),
        _ => None,
    };
    let request = format!(
        "process|{:?}|{}|{amount:?}|{description:?}",
        asked.payable.at,
        method.wire()
    );
    let key = match &asked.token {
        Some(token) => guest_key_of(token, &input, &request),
        None => key_of(&who, &input, &request),
    };
    let wish = Wish {
        method,
        amount,
        description,
        wants_qr: false,
        is_english: words::of(&input.headers, None).code == "en",
        ip: who.ip(),
        wallet_agent,
    };
    let cashier = Cashier::of(&app);
    let row = cashier.begin(&asked.payable, wish, key.as_ref()).await?;
    let to = match &asked.token {
        // Whoever has a wallet has signed in, and enters its password there.
        Some(token) if method != Provider::Wallet => format!("/pay/{token}"),
        _ => format!("/payment/status/{}", row.id),
    };
    if input.is_form() {
        return Ok((StatusCode::FOUND, [(header::LOCATION, to)]).into_response());
    }
    let begun = BegunForm {
        success: true,
        payment_id: row.id,
        redirect_url: to,
        pay_url: shown::pay_url(&app, &asked.payable),
        state: row.state().wire(),
        payment_status: row.state().payment_status(),
        otp: OtpTerms::of(&row),
    };
    Ok(Json(begun).into_response())
}

fn guest_key(token: &str) -> String {
    format!("pay:{}", &crate::store::digest(token.as_bytes())[..40])
}

/// The key of whoever has the link, for what is asked.
pub fn guest_key_of(token: &str, input: &CallInput, request: &str) -> Option<KeyUse> {
    let key = input.idempotency_key.as_deref()?;
    Some(KeyUse::of(&guest_key(token), key, request))
}

/// Whoever begins too often has to wait. A program that nobody sits behind has the server's own bound.
pub async fn counted(app: &AppState, who: &Who, token: Option<&str>) -> Result<(), PayRefusal> {
    let caller = match token {
        Some(token) => format!("{}|{}", &guest_key(token)[..20], who.from.ip),
        None if who.is_counted() => who.key(),
        None => return Ok(()),
    };
    let counted = app
        .store()
        .payments()
        .questions()
        .count_call(&caller)
        .await?;
    counted.map_err(PayRefusal::limited)
}

async fn asked(app: &AppState, who: &Who, input: &CallInput) -> Result<Asked, PayRefusal> {
    if let Some(token) = input.text("token")? {
        let payable = app
            .store()
            .payments()
            .payables()
            .payable_of_token(&token)
            .await?;
        return Ok(Asked {
            payable: payable.ok_or_else(PayRefusal::not_found)?,
            token: Some(token),
        });
    }
    who.may_pay()?;
    let at = match (
        input.integer(PayableKind::Booking.field())?,
        input.integer(PayableKind::Request.field())?,
    ) {
        (Some(id), None) => shown::at(PayableKind::Booking, id),
        (None, Some(id)) => shown::at(PayableKind::Request, id),
        _ => {
            return Err(PayRefusal::invalid(
                "Cần booking_id hoặc request_id (một trong hai).",
            ));
        }
    };
    let payable = app.store().payments().payables().payable(at).await?;
    Ok(Asked {
        payable: payable
            .filter(|payable| who.sees(payable))
            .ok_or_else(PayRefusal::not_found)?,
        token: None,
    })
}

/// Has whoever opened a link signed in as the one who is to pay? Then they are no guest.
pub fn is_payer(who: &Who, payable: &Payable) -> bool {
    let WhoIs::Person(person) = &who.is else {
        return false;
    };
    payable.renter.username.as_ref() == Some(&person.username)
}

/// Whose wallet it is: that of whoever pays. Strangers have none.
fn wallet_of(who: &Who, asked: &Asked) -> Result<String, PayRefusal> {
    let refused =
        || PayRefusal::invalid("Ví chỉ dùng được khi người trả tiền đã đăng nhập. Chọn cách khác.");
    if asked.token.is_some() && !is_payer(who, &asked.payable) {
        return Err(refused());
    }
    let person = who.person();
    let pays_by_own =
        matches!(who.is, WhoIs::Person(_)) || person.is_some_and(|p| p.role == Role::Customer);
    match person.filter(|_| pays_by_own) {
        Some(person) => Ok(person.username.clone()),
        None => asked.payable.renter.username.clone().ok_or_else(refused),
    }
}
