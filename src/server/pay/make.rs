//! Bookings and payment requests, made by the shop's programs and people, and looked at.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::input::CallInput;
use super::path::Path;
use super::refusal::PayRefusal;
use super::shown;
use super::who::Who;
use super::wire::PayableForm;
use crate::domain::payment::PayableKind;
use crate::server::AppState;
use crate::store::payees;
use crate::store::payments::{KeyUse, NewBooking, NewPayable, NewRenter, NewRequest, Payable};

/// The longest time that a request may be open, in seconds: a year.
const EXPIRES_MAX_S: i64 = 366 * 86_400;

/// Makes a booking.
pub async fn add_booking(
    State(app): State<AppState>,
    who: Who,
    input: CallInput,
) -> Result<Response, PayRefusal> {
    who.may_act()?;
    let (start_ms, end_ms) = (input.moment("start_time")?, input.moment("end_time")?);
    let (Some(start_ms), Some(end_ms)) = (start_ms, end_ms) else {
        return Err(PayRefusal::invalid("Cần start_time và end_time."));
    };
    if end_ms <= start_ms {
        return Err(PayRefusal::invalid("end_time phải sau start_time."));
    }
    let what = NewBooking {
        room_title: input.needed("room_title")?,
        start_ms,
        end_ms,
    };
    let new = gathered(&app, &who, &input, "renter", what).await?;
    let key = key_of(&who, &input, &format!("booking|{new:?}"));
    let made = app
        .store()
        .payments()
        .payables()
        .add_booking(&new, key.as_ref(), &who.actor())
        .await?;
    answered(&app, made.map_err(|_| key_used())?, &input).await
}

/// Makes a payment request.
pub async fn add_request(
    State(app): State<AppState>,
    who: Who,
    input: CallInput,
) -> Result<Response, PayRefusal> {
    who.may_act()?;
    let lasts = input.integer("expires_in_s")?;
    if lasts.is_some_and(|s| s <= 0 || s > EXPIRES_MAX_S) {
        return Err(PayRefusal::invalid(
            "expires_in_s: cần từ 1 giây đến 366 ngày.",
        ));
    }
    let now = app.store().now_ms();
    let what = NewRequest {
        description: input.needed("description")?,
        expires_ms: lasts.map(|s| now + s * 1_000),
    };
    let mut new = gathered(&app, &who, &input, "customer", what).await?;
    // The same key means the same request, whenever it is sent again.
    let asked = format!(
        "request|{:?}|{:?}|{lasts:?}|{}|{}",
        new.renter, new.what.description, new.amount, new.owner_id
    );
    let key = key_of(&who, &input, &asked);
    new.what.expires_ms = lasts.map(|s| now + s * 1_000);
    let made = app
        .store()
        .payments()
        .payables()
        .add_request(&new, key.as_ref(), &who.actor())
        .await?;
    answered(&app, made.map_err(|_| key_used())?, &input).await
}

/// The key was used for something else.
pub fn key_used() -> PayRefusal {
    PayRefusal::conflict("Idempotency-Key này đã dùng cho yêu cầu khác.")
}

/// The caller's key for what is asked.
pub fn key_of(who: &Who, input: &CallInput, request: &str) -> Option<KeyUse> {
    let key = input.idempotency_key.as_deref()?;
    Some(KeyUse::of(&who.key(), key, request))
}

/// Could a letter go there?
pub fn is_address(email: &str) -> bool {
    email.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !email.contains(char::is_whitespace)
    })
}

async fn gathered<W>(
    app: &AppState,
    who: &Who,
    input: &CallInput,
    payer: &str,
    what: W,
) -> Result<NewPayable<W>, PayRefusal> {
    let amount = input
        .amount("amount")?
        .ok_or_else(|| PayRefusal::invalid("amount: không được để trống."))?;
    let owner_id = match (input.integer("owner_id")?, who.payee()) {
        (Some(asked), Some(own)) if asked != own => return Err(PayRefusal::forbidden()),
        (Some(asked), _) => asked,
        (None, own) => own.unwrap_or(payees::FIRST),
    };
    if !app
        .store()
        .payments()
        .payables()
        .has_payee(owner_id)
        .await?
    {
        return Err(PayRefusal::invalid("owner_id: không có bên nhận này."));
    }
    let part = |name: &str| Ok::<_, PayRefusal>(input.within(payer, name)?.unwrap_or_default());
    let renter = NewRenter {
        name: part("name")?,
        email: part("email")?,
        phone: part("phone")?,
        username: input.within(payer, "username")?,
    };
    if renter.name.is_empty() {
        return Err(PayRefusal::invalid(format!(
            "{payer}.name: không được để trống."
        )));
    }
    if !renter.email.is_empty() && !is_address(&renter.email) {
        return Err(PayRefusal::invalid(format!(
            "{payer}.email: không phải địa chỉ e-mail."
        )));
    }
    Ok(NewPayable {
        owner_id,
        amount,
        renter,
        what,
    })
}

async fn answered(
    app: &AppState,
    made: Payable,
    input: &CallInput,
) -> Result<Response, PayRefusal> {
    if input.flag("send")? == Some(true) {
        super::letter::send_request(app, &made).await?;
    }
    let body = PayableForm::whole(app, &made).await?;
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// A booking.
pub async fn booking(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Json<PayableForm>, PayRefusal> {
    one(&app, &who, PayableKind::Booking, id).await
}

/// A payment request.
pub async fn request(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Json<PayableForm>, PayRefusal> {
    one(&app, &who, PayableKind::Request, id).await
}

async fn one(
    app: &AppState,
    who: &Who,
    kind: PayableKind,
    id: i64,
) -> Result<Json<PayableForm>, PayRefusal> {
    who.may_look()?;
    let found = app
        .store()
        .payments()
        .payables()
        .payable(shown::at(kind, id))
        .await?;
    let found = found
        .filter(|payable| who.sees(payable))
        .ok_or_else(PayRefusal::not_found)?;
    PayableForm::whole(app, &found).await.map(Json)
}
