//! A collector's cash, and handing it in.

use axum::http::StatusCode;

use super::contract::CashView;
use super::source;
use super::who::DeskPerson;
use super::wire::{CashForm, HeldOfDay};
use crate::server::AppState;
use crate::server::pay::refusal::PayRefusal;
use crate::store::desk::{Confirmed, DayHeld, HandIn, HandInRefusal};

/// What a collector may hold and holds, as the wire shows it.
pub async fn cash(app: &AppState, me: &DeskPerson) -> Result<CashForm, PayRefusal> {
    source::refresh_limit(app, me).await?;
    let cash = app.store().desk().cash();
    let collector = cash.collector(me.person.user_id).await?;
    let days = cash.by_day(me.person.user_id).await?;
    let held = |day: &DayHeld| HeldOfDay {
        day: day.day.clone(),
        held: day.held,
    };
    Ok(CashForm {
        cash: collector.as_ref().map(CashView::of).unwrap_or_default(),
        since: days.first().map(|d| d.day.clone()),
        by_day: days.iter().map(held).collect(),
        declared: cash.declared(me.person.user_id).await?,
    })
}

/// A collector says what they hand in.
pub async fn hand_in(
    app: &AppState,
    me: &DeskPerson,
    (amount, note): (i64, &str),
    key: Option<&str>,
) -> Result<HandIn, PayRefusal> {
    let key = me.key(key, &format!("hand_in|{amount}|{note}"));
    let cash = app.store().desk().cash();
    let said = cash
        .hand_in(
            me.owner,
            me.person.user_id,
            (amount, note),
            key.as_ref(),
            &me.actor(),
        )
        .await?;
    said.map_err(refused)
}

/// Somebody else has counted it.
pub async fn confirm(
    app: &AppState,
    me: &DeskPerson,
    id: i64,
    (counted, reason): (i64, Option<&str>),
) -> Result<Confirmed, PayRefusal> {
    me.manager()?;
    let cash = app.store().desk().cash();
    let confirmed = cash
        .confirm(me.owner, id, (counted, reason), &me.actor())
        .await?;
    confirmed.map_err(refused)
}

fn refused(refusal: HandInRefusal) -> PayRefusal {
    let rule = StatusCode::UNPROCESSABLE_ENTITY;
    match refusal {
        HandInRefusal::TooMuch { left } => PayRefusal::of(
            rule,
            "too_much",
            "Số tiền nộp nhiều hơn số tiền đang giữ chưa khai nộp.",
        )
        .with("left", left),
        HandInRefusal::ReasonNeeded => PayRefusal::of(
            rule,
            "reason_needed",
            "Số đếm được khác số khai. Ghi lý do.",
        ),
        HandInRefusal::CountedTooMuch => PayRefusal::of(
            rule,
            "too_much",
            "Số đếm được nhiều hơn hẳn số khai. Xem lại các số 0.",
        ),
        HandInRefusal::OwnMoney => PayRefusal::of(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Người khác phải đếm và nhận tiền này.",
        ),
        HandInRefusal::KeyUsed => super::contract::key_used(),
    }
}
