//! Cash that a collector holds, and handing it in.

use axum::extract::{Query, State};
use axum::http::StatusCode;

use super::contract::key_of;
use super::draw::{Drawn, JustDone, amount, form_key, go, page_with, shell};
use crate::domain::desk::message::written;
use crate::domain::desk::{Rule, blocked};
use crate::server::AppState;
use crate::server::desk::cash;
use crate::server::desk::contract::circumstances;
use crate::server::desk::view::{CashPage, HandInRow, Tab};
use crate::server::desk::wallet::WalletKnown;
use crate::server::desk::who::DeskPerson;
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::form::FormData;
use crate::server::web::words::{money, time};
use crate::store::desk::HandIn;

/// Hand-ins that are shown.
const SHOWN_MAX: usize = 20;

/// `GET /desk/cash`
pub async fn show(
    State(app): State<AppState>,
    me: DeskPerson,
    Query(done): Query<JustDone>,
) -> Drawn {
    let mut page = drawn(&app, &me, None).await?;
    page.shell.notice = done.notice();
    page_with(StatusCode::OK, &page)
}

/// `POST /desk/hand-ins`
pub async fn hand_in(State(app): State<AppState>, me: DeskPerson, form: FormData) -> Drawn {
    let declared = match amount(form.text("amount")) {
        Ok(0) => Err(PayRefusal::invalid("Nhập số tiền nộp.")),
        Ok(amount) => {
            let note: String = form.text("note").chars().take(200).collect();
            cash::hand_in(&app, &me, (amount, &note), key_of(&form)).await
        }
        Err(refusal) => Err(refusal),
    };
    match declared {
        Ok(_) => Ok(go("/desk/cash?done=handed_in")),
        Err(refusal) => {
            let mut page = drawn(&app, &me, Some(&form)).await?;
            page.shell.error = Some(refusal.error().to_owned());
            page_with(refusal.status(), &page)
        }
    }
}

async fn drawn(
    app: &AppState,
    me: &DeskPerson,
    sent: Option<&FormData>,
) -> Result<CashPage, PayRefusal> {
    let store = app.store().desk().cash();
    let collector = store.collector(me.person.user_id).await?;
    let around = circumstances(app, collector.as_ref(), &WalletKnown::Silent).await?;
    let cash = around.cash;
    let declared = store.declared(me.person.user_id).await?;
    let days = store.by_day(me.person.user_id).await?;
    let hand_ins = store
        .hand_ins(me.owner, Some(me.person.user_id), false)
        .await?;
    let extra = collector.as_ref().filter(|_| cash.extra > 0);
    let left = (cash.held - declared).max(0);
    Ok(CashPage {
        shell: shell(me, "Tiền mặt đang giữ", Tab::Cash),
        held: money(cash.held),
        used: hundredths(cash.held, cash.limit + cash.extra),
        limit: money(cash.limit),
        extra: extra.map(|collector| {
            let until = collector.extra_until.as_deref().map(written);
            let until = until.map_or_else(String::new, |day| format!(" (đến {day})"));
            format!("{}{until}", money(cash.extra))
        }),
        remaining: money(cash.remaining().max(0)),
        blocked: blocked(&around).map(Rule::message),
        days: days
            .iter()
            .map(|day| (written(&day.day), money(day.held)))
            .collect(),
        key: sent.and_then(key_of).map_or_else(form_key, str::to_owned),
        amount: match sent {
            Some(form) => form.text("amount").to_owned(),
            None if left > 0 => left.to_string(),
            None => String::new(),
        },
        note: sent.map_or_else(String::new, |form| form.text("note").to_owned()),
        hand_ins: hand_ins.iter().take(SHOWN_MAX).map(hand_in_row).collect(),
    })
}

fn hand_in_row(hand_in: &HandIn) -> HandInRow {
    HandInRow {
        at: time(hand_in.created_at),
        state: match hand_in.counted {
            Some(counted) if counted == hand_in.amount => "Đã nhận đủ".to_owned(),
            Some(counted) => {
                let reason = hand_in.reason.as_deref().unwrap_or_default();
                format!("Đếm được {}: {reason}", money(counted))
            }
            None => "Chờ quản lý đếm".to_owned(),
        },
        amount: money(hand_in.amount),
    }
}

/// A part in hundredths of the whole, between nothing and all.
pub fn hundredths(part: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return if part > 0 { 100 } else { 0 };
    }
    (part.saturating_mul(100) / whole).clamp(0, 100)
}
