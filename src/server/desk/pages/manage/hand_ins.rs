//! Cash that collectors hand in, counted by somebody else.

use axum::extract::{Query, State};
use axum::http::StatusCode;

use super::manage_shell;
use crate::server::AppState;
use crate::server::desk::cash;
use crate::server::desk::pages::draw::{Drawn, JustDone, amount, go, page_with};
use crate::server::desk::view::manage::{CountedHandIn, HandInsPage, WaitingHandIn};
use crate::server::desk::who::DeskPerson;
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::words::{money, time};
use crate::store::desk::HandIn;

/// Counted ones that are shown.
const DONE_MAX: usize = 50;

/// `GET /desk/manage/hand-ins`
pub(super) async fn show(
    State(app): State<AppState>,
    me: DeskPerson,
    Query(done): Query<JustDone>,
) -> Drawn {
    let mut page = drawn(&app, &me, None).await?;
    page.shell.notice = done.notice();
    page_with(StatusCode::OK, &page)
}

/// `POST /desk/manage/hand-ins/{id}/confirm`
pub(super) async fn confirm(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Drawn {
    let reason = Some(form.text("reason")).filter(|reason| !reason.is_empty());
    let confirmed = match amount(form.text("counted")) {
        Ok(counted) => cash::confirm(&app, &me, id, (counted, reason)).await,
        Err(refusal) => Err(refusal),
    };
    match confirmed {
        Ok(_) => Ok(go("/desk/manage/hand-ins?done=confirmed")),
        Err(refusal) => {
            let mut page = drawn(&app, &me, Some((id, &form))).await?;
            page.shell.error = Some(refusal.error().to_owned());
            page_with(refusal.status(), &page)
        }
    }
}

async fn drawn(
    app: &AppState,
    me: &DeskPerson,
    sent: Option<(i64, &FormData)>,
) -> Result<HandInsPage, PayRefusal> {
    let all = app
        .store()
        .desk()
        .cash()
        .hand_ins(me.owner, None, false)
        .await?;
    let waiting = |hand_in: &HandIn| {
        let typed = sent.filter(|(id, _)| *id == hand_in.id);
        let text = |name: &str| typed.map(|(_, form)| form.text(name).to_owned());
        WaitingHandIn {
            id: hand_in.id,
            who: hand_in.collector.clone(),
            amount: money(hand_in.amount),
            at: time(hand_in.created_at),
            note: hand_in.note.clone(),
            counted: text("counted").unwrap_or_default(),
            reason: text("reason").unwrap_or_default(),
            is_own: hand_in.collector_id == me.person.user_id,
        }
    };
    let done = |hand_in: &HandIn| CountedHandIn {
        who: hand_in.collector.clone(),
        amount: money(hand_in.amount),
        counted: money(hand_in.counted.unwrap_or_default()),
        at: hand_in.confirmed_at.map_or_else(String::new, time),
        by: hand_in.confirmed_by.clone().unwrap_or_default(),
        reason: hand_in.reason.clone().unwrap_or_default(),
    };
    let (counted, open): (Vec<&HandIn>, Vec<&HandIn>) =
        all.iter().partition(|hand_in| hand_in.is_confirmed);
    Ok(HandInsPage {
        shell: manage_shell(me, "Nhận tiền nộp"),
        // Who came first is counted first.
        waiting: open.into_iter().rev().map(waiting).collect(),
        done: counted.into_iter().take(DONE_MAX).map(done).collect(),
    })
}
