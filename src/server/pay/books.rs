//! Payments for the shop's programs: lists, one with its story, decisions, money that fits nothing, the
//! books.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::decide::{DecisionWord, TransferLine, decided, transferred};
use super::input::CallInput;
use super::look::seen;
use super::make::{key_of, key_used};
use super::path::Path;
use super::refund::{Refund, pay_back};
use super::refusal::PayRefusal;
use super::who::Who;
use super::wire::{PaymentForm, PaymentList, UnmatchedForm, UnmatchedList, WholePayment};
use crate::domain::payment::{PaymentState, Provider};
use crate::server::AppState;
use crate::server::web::form::FormData;
use crate::store::payments::{Attach, Attached, PaymentBooks, PaymentFilter};

/// Payments on a page.
const PAGE: u32 = 100;
/// Money that fits nothing, at most so much of it in one answer.
const UNMATCHED_MAX: u32 = 500;

/// `GET /api/payments`
pub async fn list(
    State(app): State<AppState>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Json<PaymentList>, PayRefusal> {
    who.may_look()?;
    let query = FormData::parse(query.unwrap_or_default().as_bytes());
    let filter = PaymentFilter {
        owner_id: who.payee(),
        username: who.only_of().map(str::to_owned),
        ..filter_of(&query)?
    };
    let payments = app.store().payments();
    let rows = payments.list(&filter, PAGE).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut stories = payments.stories(&ids).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let payable = app
            .store()
            .payments()
            .payables()
            .payable(row.payable)
            .await?;
        if let Some(payable) = payable {
            let (transfers, events) = stories.remove(&row.id).unwrap_or_default();
            let alone = PaymentForm::of(&app, row, &payable);
            all.push(WholePayment::of(alone, &transfers, &events));
        }
    }
    let next = rows.last().filter(|_| rows.len() == PAGE as usize);
    Ok(Json(PaymentList {
        payments: all,
        next: next.map(|row| row.id.to_string()),
    }))
}

fn filter_of(query: &FormData) -> Result<PaymentFilter, PayRefusal> {
    let bad = |name: &str| PayRefusal::invalid(format!("{name}: không hợp lệ."));
    let word = |name: &str| Some(query.text(name).to_owned()).filter(|text| !text.is_empty());
    let number = |name: &str| {
        word(name)
            .map(|text| text.parse::<i64>().map_err(|_| bad(name)))
            .transpose()
    };
    let moment = |name: &str| {
        word(name)
            .map(|text| at(&text).ok_or_else(|| bad(name)))
            .transpose()
    };
    let state = word("state").map(|w| PaymentState::of(&w).ok_or_else(|| bad("state")));
    let provider = word("provider").map(|w| Provider::of(&w).ok_or_else(|| bad("provider")));
    Ok(PaymentFilter {
        state: state.transpose()?,
        provider: provider.transpose()?,
        order_code: number("order_code")?,
        from_ms: moment("from")?,
        to_ms: moment("to")?,
        before_id: number("cursor")?,
        ..PaymentFilter::default()
    })
}

/// A moment, or a day in Viet Nam.
fn at(text: &str) -> Option<i64> {
    let moment = text.parse::<jiff::Timestamp>().ok();
    moment.map(jiff::Timestamp::as_millisecond).or_else(|| {
        let day: jiff::civil::Date = text.parse().ok()?;
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
        let midnight = day.to_zoned(zone).ok()?;
        Some(midnight.timestamp().as_millisecond())
    })
}

/// `GET /api/payments/{id}`
pub async fn one(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Json<WholePayment>, PayRefusal> {
    who.may_look()?;
    let (payment, _) = seen(&app, &who, id).await?;
    WholePayment::read(&app, &payment).await.map(Json)
}

/// `POST /api/payments/{id}/transfers`
pub async fn transfer(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
    input: CallInput,
) -> Result<Response, PayRefusal> {
    who.may_look()?;
    let (payment, _) = seen(&app, &who, id).await?;
    who.may_act()?;
    if payment.provider != Provider::VietQr {
        return Err(PayRefusal::invalid(
            "Chỉ ghi tay tiền của cách chuyển khoản VietQR; cổng khác tự báo.",
        ));
    }
    let reference = input.needed("reference")?;
    if reference.len() > 100 {
        return Err(PayRefusal::invalid("reference: dài quá 100 ký tự."));
    }
    let amount = input
        .amount("amount")?
        .ok_or_else(|| PayRefusal::invalid("amount: không được để trống."))?;
    let at = input.moment("at")?;
    let line = TransferLine {
        reference: &reference,
        amount,
        at_ms: at,
    };
    let body = line.body();
    let key = key_of(&who, &input, &format!("transfer|{id}|{body}"));
    let outcome = transferred(&app, id, &line, &body, key.as_ref(), &who.actor()).await?;
    if outcome.differs {
        return Err(PayRefusal::conflict(
            "Mã giao dịch này đã ghi với số tiền khác. Đã đưa cho người xem.",
        ));
    }
    let shown = WholePayment::read(&app, &outcome.payment).await?;
    let status = if outcome.is_booked {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(shown)).into_response())
}

/// `POST /api/payments/{id}/decide`
pub async fn decide(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
    input: CallInput,
) -> Result<Json<WholePayment>, PayRefusal> {
    who.may_look()?;
    let (payment, _) = seen(&app, &who, id).await?;
    who.may_act()?;
    let decision = input.needed("decision")?;
    let reason = input.needed("reason")?;
    let amount = input.amount("amount")?;
    let actor = who.actor();
    let asked = format!("decide|{id}|{decision}|{amount:?}|{reason}");
    let key = key_of(&who, &input, &asked);
    if decision == "refund" {
        let refund = Refund {
            payment,
            amount,
            reason,
            key,
        };
        let payment = pay_back(&app, refund, actor).await?;
        return WholePayment::read(&app, &payment).await.map(Json);
    }
    let word = DecisionWord::of(&decision)
        .ok_or_else(|| PayRefusal::invalid("decision: accept, refund hoặc ignore."))?;
    let decided = decided(&app, &payment, word, &reason, key.as_ref(), &actor).await?;
    WholePayment::read(&app, &decided).await.map(Json)
}

/// `GET /api/payments/unmatched`
pub async fn unmatched(
    State(app): State<AppState>,
    who: Who,
) -> Result<Json<UnmatchedList>, PayRefusal> {
    who.may_look()?;
    if who.only_of().is_some() {
        return Err(PayRefusal::forbidden());
    }
    let money_books = app.store().money_books();
    let all = money_books.unmatched(who.payee(), UNMATCHED_MAX).await?;
    Ok(Json(UnmatchedList {
        unmatched: all.iter().map(UnmatchedForm::from).collect(),
    }))
}

/// `POST /api/payments/unmatched/{id}/attach`
pub async fn attach(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
    input: CallInput,
) -> Result<Json<WholePayment>, PayRefusal> {
    who.may_look()?;
    let found = app.store().money_books().unmatched_one(id).await?;
    let is_seen = who.only_of().is_none()
        && found.is_some_and(|u| who.payee().is_none_or(|payee| u.owner_id == Some(payee)));
    if !is_seen {
        return Err(PayRefusal::not_found());
    }
    who.may_act()?;
    let payment_id = input
        .integer("payment_id")?
        .ok_or_else(|| PayRefusal::invalid("payment_id: không được để trống."))?;
    let reason = input.needed("reason")?;
    let (payment, _) = seen(&app, &who, payment_id).await?;
    let asked = format!("attach|{id}|{payment_id}|{reason}");
    let wish = Attach {
        money: id,
        payment: payment.id,
        reason: &reason,
        key: key_of(&who, &input, &asked),
    };
    let books = app.store().money_books();
    let attached = books.attach(&wish, &who.actor()).await?;
    let payment = match attached {
        Attached::Done(outcome) => {
            app.pay().changed(&outcome.payment);
            outcome.payment
        }
        Attached::Before(before) if before == payment.id => payment,
        Attached::KeyUsed => return Err(key_used()),
        Attached::Before(_) | Attached::Gone => {
            return Err(PayRefusal::conflict("Khoản tiền này đã được xử lý."));
        }
        Attached::OtherPayee => {
            return Err(PayRefusal::conflict("Khoản tiền này của bên nhận khác."));
        }
    };
    WholePayment::read(&app, &payment).await.map(Json)
}

/// `GET /api/payments/books`
pub async fn books(
    State(app): State<AppState>,
    who: Who,
) -> Result<Json<PaymentBooks>, PayRefusal> {
    who.may_look()?;
    if who.only_of().is_some() {
        return Err(PayRefusal::forbidden());
    }
    let books = app.store().money_books().books(who.payee()).await?;
    Ok(Json(books))
}
