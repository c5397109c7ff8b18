//! The desk's calls: what comes in is read, what goes out is shown. Nothing is decided here.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::books::OfDay;
use super::contract::{self, HowOpened, ids_of, nothing};
use super::pay::{self, DeskAsked, NotifyAsked};
use super::who::DeskPerson;
use super::wire::{
    BookForm, CashForm, Checked, DayForm, DeskPaymentForm, FoundContracts, FoundForm,
    HandInCounted, HandInForm, HandInList, HandInMade, NowInState, Numbered, ReceiptCancelled,
};
use super::{books, cash, import, receipt, settle, visit};
use crate::domain::desk::DeskMethod;
use crate::providers::strict;
use crate::server::AppState;
use crate::server::pay::act::otp_of;
use crate::server::pay::input::CallInput;
use crate::server::pay::path::{Path, WholeBody};
use crate::server::pay::refusal::PayRefusal;
use crate::server::pay::who::{Who, is_foreign};
use crate::store::catalogue::Role;
use crate::store::desk::NewVisit;
use crate::store::machines::Scope;
use crate::store::payees;

type Answer<T> = Result<Json<T>, PayRefusal>;

/// `POST /api/contracts`
pub async fn bring(
    State(app): State<AppState>,
    who: Who,
    headers: axum::http::HeaderMap,
    body: WholeBody,
) -> Result<Response, PayRefusal> {
    who.known()?;
    if !headers.contains_key(axum::http::header::AUTHORIZATION) && is_foreign(&headers) {
        return Err(PayRefusal::forbidden());
    }
    let is_manager = |role| matches!(role, Role::Manager | Role::Owner);
    let person = who.person();
    if !who.has_scope(&[Scope::CollectionWrite]) || person.is_some_and(|p| !is_manager(p.role)) {
        return Err(PayRefusal::forbidden());
    }
    let Some(Value::Array(contracts)) = strict::parse(&body.0) else {
        let error = "Cần một danh sách JSON các hợp đồng, mỗi tên một lần.";
        return Err(PayRefusal::invalid(error));
    };
    let owner = who.payee().unwrap_or(payees::FIRST);
    let tally = import::bring(&app, owner, &contracts, &who.actor()).await?;
    Ok(Json(tally).into_response())
}

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct WantedContracts {
    #[serde(default)]
    q: String,
}

/// `GET /api/desk/contracts?q=`
pub async fn contracts(
    State(app): State<AppState>,
    me: DeskPerson,
    Query(wanted): Query<WantedContracts>,
) -> Answer<FoundContracts> {
    let asked: String = wanted.q.trim().chars().take(100).collect();
    let desk = app.store().desk();
    let found = if asked.is_empty() {
        let order = crate::store::desk::ListOrder::Address;
        let collector = (me.person.user_id, me.person.username.as_str());
        desk.list_of(me.owner, collector, order).await?
    } else {
        desk.find(me.owner, &asked).await?
    };
    Ok(Json(FoundContracts {
        contracts: found.iter().map(FoundForm::from).collect(),
    }))
}

/// How a contract is opened.
#[derive(Debug, Deserialize)]
pub struct How {
    notify: Option<String>,
    all: Option<String>,
}

/// `GET /api/desk/contracts/{number}`
pub async fn contract(
    State(app): State<AppState>,
    me: DeskPerson,
    Path(number): Path<String>,
    Query(how): Query<How>,
) -> Result<Response, PayRefusal> {
    let how = HowOpened {
        by_hifpt_alone: how.notify.as_deref() == Some("hifpt"),
        with_paid: how.all.as_deref() == Some("1"),
    };
    let view = contract::open(&app, &me, &number, how).await?;
    Ok(Json(view).into_response())
}

fn method_of(input: &CallInput) -> Result<DeskMethod, PayRefusal> {
    let Some(word) = input.text("method")? else {
        return Ok(DeskMethod::Cash);
    };
    DeskMethod::of(&word)
        .ok_or_else(|| PayRefusal::invalid("method: cash, wallet, vnpay_qr hoặc payos_qr."))
}

/// `POST /api/desk/check`
pub async fn check(
    State(app): State<AppState>,
    me: DeskPerson,
    input: CallInput,
) -> Answer<Checked> {
    let items = ids_of(&input.texts("items")?)?;
    let method = method_of(&input)?;
    let number = input.needed("contract")?;
    let said = contract::checked(&app, &me, &number, &items, method).await?;
    Ok(Json(Checked::from(said)))
}

/// What a call or a page wants to take.
pub fn asked_of(input: &CallInput) -> Result<DeskAsked, PayRefusal> {
    let flag = |name| Ok::<_, PayRefusal>(input.flag_within("notify", name)?.unwrap_or(false));
    let phone = if input.has_within("notify", "phone") {
        Some(input.within("notify", "phone")?.unwrap_or_default())
    } else {
        None
    };
    Ok(DeskAsked {
        contract: input.needed("contract")?,
        items: ids_of(&input.texts("items")?)?,
        method: method_of(input)?,
        notify: NotifyAsked {
            hifpt: flag("hifpt")?,
            sms: flag("sms")?,
            zns: flag("zns")?,
            phone,
        },
    })
}

/// `POST /api/desk/payments`
pub async fn begin(
    State(app): State<AppState>,
    me: DeskPerson,
    input: CallInput,
) -> Result<Response, PayRefusal> {
    let asked = asked_of(&input)?;
    let key = input.idempotency_key.as_deref();
    let standing = pay::begin(&app, &me, asked, key).await?;
    let shown = DeskPaymentForm::of(&app, &standing);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

/// `GET /api/desk/payments/{id}`
pub async fn payment(
    State(app): State<AppState>,
    me: DeskPerson,
    Path(id): Path<String>,
) -> Answer<DeskPaymentForm> {
    let standing = pay::standing(&app, &me, id_of(&id)?).await?;
    Ok(Json(DeskPaymentForm::of(&app, &standing)))
}

fn id_of(text: &str) -> Result<i64, PayRefusal> {
    text.parse().map_err(|_| nothing("Không có mục này."))
}

/// `POST /api/desk/payments/{id}/check`
pub async fn ask(
    State(app): State<AppState>,
    me: DeskPerson,
    Path(id): Path<String>,
    input: CallInput,
) -> Answer<DeskPaymentForm> {
    let key = input.idempotency_key.as_deref();
    let standing = pay::ask(&app, &me, id_of(&id)?, key).await?;
    Ok(Json(DeskPaymentForm::of(&app, &standing)))
}

/// `POST /api/desk/payments/{id}/otp`
pub async fn otp(
    State(app): State<AppState>,
    me: DeskPerson,
    Path(id): Path<String>,
    input: CallInput,
) -> Answer<DeskPaymentForm> {
    let (otp, key) = (otp_of(&input)?, input.idempotency_key.as_deref());
    let standing = pay::enter_otp(&app, &me, id_of(&id)?, otp, key).await?;
    Ok(Json(DeskPaymentForm::of(&app, &standing)))
}

/// `POST /api/desk/payments/{id}/otp/resend`
pub async fn resend(
    State(app): State<AppState>,
    me: DeskPerson,
    Path(id): Path<String>,
    input: CallInput,
) -> Answer<DeskPaymentForm> {
    let key = input.idempotency_key.as_deref();
    let standing = pay::resend_otp(&app, &me, id_of(&id)?, key).await?;
    Ok(Json(DeskPaymentForm::of(&app, &standing)))
}

/// `POST /api/desk/payments/{id}/cancel`
pub async fn cancel(
    State(app): State<AppState>,
    me: DeskPerson,
    Path(id): Path<String>,
    input: CallInput,
) -> Answer<DeskPaymentForm> {
    let key = input.idempotency_key.as_deref();
    let standing = pay::cancel(&app, &me, id_of(&id)?, key).await?;
    Ok(Json(DeskPaymentForm::of(&app, &standing)))
}

/// `GET /api/desk/cash`
pub async fn cash(State(app): State<AppState>, me: DeskPerson) -> Answer<CashForm> {
    cash::cash(&app, &me).await.map(Json)
}

/// `GET /api/desk/hand-ins`: one's own; the shop's for who answers for it.
pub async fn hand_ins(State(app): State<AppState>, me: DeskPerson) -> Answer<HandInList> {
    let whose = Some(me.person.user_id).filter(|_| !me.is_manager());
    let all = app
        .store()
        .desk()
        .cash()
        .hand_ins(me.owner, whose, false)
        .await?;
    Ok(Json(HandInList {
        hand_ins: all.iter().map(HandInForm::from).collect(),
    }))
}

/// `POST /api/desk/hand-ins`
pub async fn hand_in(
    State(app): State<AppState>,
    me: DeskPerson,
    input: CallInput,
) -> Result<Response, PayRefusal> {
    let amount = input.amount("amount")?;
    let amount = amount.ok_or_else(|| PayRefusal::invalid("amount: không được để trống."))?;
    let note = input.text("note")?.unwrap_or_default();
    let key = input.idempotency_key.as_deref();
    let made = cash::hand_in(&app, &me, (amount, &note), key).await?;
    Ok((StatusCode::CREATED, Json(HandInMade::from(&made))).into_response())
}

/// `POST /api/desk/hand-ins/{id}/confirm`
pub async fn confirm(
    State(app): State<AppState>,
    me: DeskPerson,
    Path(id): Path<String>,
    input: CallInput,
) -> Answer<HandInCounted> {
    me.manager()?;
    let counted = input.integer("counted")?;
    let counted = counted
        .filter(|counted| *counted >= 0)
        .ok_or_else(|| PayRefusal::invalid("counted: cần số tiền đếm được, từ 0 đ."))?;
    let reason = input.text("reason")?;
    let confirmed = cash::confirm(&app, &me, id_of(&id)?, (counted, reason.as_deref())).await?;
    Ok(Json(HandInCounted {
        state: "confirmed",
        counted: confirmed.counted,
    }))
}

/// `POST /api/desk/visits`
pub async fn visit(
    State(app): State<AppState>,
    me: DeskPerson,
    input: CallInput,
) -> Result<Response, PayRefusal> {
    let (contract, reason) = (input.needed("contract")?, input.needed("reason")?);
    let (again_on, note) = (input.text("again_on")?, input.text("note")?);
    let visit = NewVisit {
        contract: &contract,
        reason: &reason,
        again_on: again_on.as_deref(),
        note: note.as_deref().unwrap_or_default(),
    };
    let key = input.idempotency_key.as_deref();
    let id = visit::keep(&app, &me, &visit, key).await?;
    Ok((StatusCode::CREATED, Json(Numbered { id })).into_response())
}

/// `GET /api/desk/day?date=`
pub async fn day(
    State(app): State<AppState>,
    me: DeskPerson,
    Query(of): Query<OfDay>,
) -> Answer<DayForm> {
    let (day, done) = books::day(&app, &me, of.date.as_deref()).await?;
    Ok(Json(DayForm::of(day, &done)))
}

/// `GET /api/desk/book?date=`
pub async fn book(
    State(app): State<AppState>,
    me: DeskPerson,
    Query(of): Query<OfDay>,
) -> Answer<BookForm> {
    let (day, book) = books::book(&app, &me, of.date.as_deref()).await?;
    Ok(Json(BookForm::of(day, &book)))
}

/// `POST /api/desk/receipts/{number}/cancel`
pub async fn cancel_receipt(
    State(app): State<AppState>,
    me: DeskPerson,
    Path(number): Path<String>,
    input: CallInput,
) -> Answer<ReceiptCancelled> {
    let reason = input.text("reason")?;
    let key = input.idempotency_key.as_deref();
    let desk = receipt::cancel(&app, &me, &number, reason.as_deref(), key).await?;
    Ok(Json(ReceiptCancelled {
        number: desk.receipt,
        state: "cancelled",
        reason: desk.cancel_reason,
    }))
}

/// `POST /api/desk/items/{id}/settle`: a person says that an item is settled, and why they know.
pub async fn settle(
    State(app): State<AppState>,
    me: DeskPerson,
    Path(id): Path<String>,
    input: CallInput,
) -> Answer<NowInState> {
    let reason = input.text("reason")?;
    settle::by_hand(&app, &me, id_of(&id)?, reason.as_deref()).await?;
    Ok(Json(NowInState { state: "settled" }))
}
