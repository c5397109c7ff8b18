//! What each collector may hold in cash, and what besides for a while.

use axum::extract::{Query, State};
use axum::http::StatusCode;

use super::{manage_shell, named};
use crate::domain::desk::{CollectorKind, is_day};
use crate::providers::backoffice::CashLimit;
use crate::server::AppState;
use crate::server::desk::contract::nothing;
use crate::server::desk::pages::draw::{Drawn, JustDone, amount, go, page_with};
use crate::server::desk::source;
use crate::server::desk::view::manage::{CollectorForm, CollectorsPage};
use crate::server::desk::who::DeskPerson;
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::extract::PathParam;
use crate::server::web::field::Choice;
use crate::server::web::form::{FormData, as_of};
use crate::server::web::words::money;
use crate::store::catalogue::COLLECTOR_KINDS;
use crate::store::desk::{Collector, CollectorChange};

/// `GET /desk/manage/collectors`
pub(super) async fn show(
    State(app): State<AppState>,
    me: DeskPerson,
    Query(done): Query<JustDone>,
) -> Drawn {
    let mut page = drawn(&app, &me, None).await?;
    page.shell.notice = done.notice();
    page_with(StatusCode::OK, &page)
}

/// `POST /desk/manage/collectors/{id}`
pub(super) async fn save(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Drawn {
    match saved(&app, &me, id, &form).await {
        Ok(()) => Ok(go("/desk/manage/collectors?done=limited")),
        Err(refusal) => {
            // What somebody else has set is shown, not what was typed over it.
            let is_old = refusal.status() == StatusCode::CONFLICT;
            let mut page = drawn(&app, &me, (!is_old).then_some((id, &form))).await?;
            page.shell.error = Some(refusal.error().to_owned());
            page_with(refusal.status(), &page)
        }
    }
}

async fn saved(
    app: &AppState,
    me: &DeskPerson,
    id: i64,
    form: &FormData,
) -> Result<(), PayRefusal> {
    let cash = app.store().desk().cash();
    let all = cash.collectors(me.owner).await?;
    let login = all.iter().find(|(_, _, collector)| collector.user_id == id);
    let (login, _, now) = login.ok_or_else(|| nothing("Không có nhân viên thu này."))?;
    if !form.is_of(&limits_as_of(now)) {
        return Err(PayRefusal::conflict(
            "Hạn mức vừa được người khác sửa. Trang này đã tải lại: xem rồi sửa tiếp.",
        ));
    }
    if me.person.payee.is_some() {
        // Who collects for everybody is not for one payee's manager to limit.
        let theirs = app.store().accounts().find(id).await?;
        if theirs.is_none_or(|account| account.payee != me.person.payee) {
            return Err(PayRefusal::forbidden().saying(
                "Nhân viên này thu cho cả cửa hàng: hạn mức do chủ cửa hàng hoặc quản lý chung đặt.",
            ));
        }
    }
    let extra = match form.text("extra") {
        "" => 0,
        text => amount(text)?,
    };
    let until = Some(form.text("until")).filter(|day| !day.is_empty());
    if extra > 0 && !until.is_some_and(is_day) {
        return Err(PayRefusal::invalid("Hạn mức bổ sung cần ngày hết hạn."));
    }
    let until = until.filter(|_| extra > 0).map(str::to_owned);
    let limit = CashLimit {
        limit: amount(form.text("limit"))?,
        extra,
        extra_until: until.clone(),
    };
    source::set_limit(app, me, login, &limit).await?;
    let change = CollectorChange {
        kind: CollectorKind::of(form.text("kind")),
        cash_limit: Some(limit.limit),
        extra: Some((extra, until)),
    };
    cash.change(id, &change, &me.actor()).await?;
    Ok(())
}

/// What this page sets, as it is now.
fn limits_as_of(now: &Collector) -> String {
    let kind = now.kind.map_or("", CollectorKind::wire);
    as_of(&(kind, now.cash.limit, now.extra, &now.extra_until))
}

async fn drawn(
    app: &AppState,
    me: &DeskPerson,
    sent: Option<(i64, &FormData)>,
) -> Result<CollectorsPage, PayRefusal> {
    let all = app.store().desk().cash().collectors(me.owner).await?;
    let form = |(login, name, collector): &(String, String, Collector)| {
        let typed = sent.filter(|(id, _)| *id == collector.user_id);
        let text =
            |name: &str, kept: String| typed.map_or(kept, |(_, form)| form.text(name).to_owned());
        let kind = text(
            "kind",
            collector.kind.map_or("", CollectorKind::wire).to_owned(),
        );
        let is_set = |amount: i64| {
            if amount > 0 {
                amount.to_string()
            } else {
                String::new()
            }
        };
        CollectorForm {
            id: collector.user_id,
            name: named(login, name),
            login: login.clone(),
            held: money(collector.cash.held),
            remaining: money(collector.cash.remaining().max(0)),
            kinds: COLLECTOR_KINDS
                .iter()
                .map(|(value, label)| Choice {
                    value: (*value).to_owned(),
                    label: (*label).to_owned(),
                    is_chosen: *value == kind,
                })
                .collect(),
            limit: text("limit", collector.cash.limit.to_string()),
            extra: text("extra", is_set(collector.extra)),
            until: text("until", collector.extra_until.clone().unwrap_or_default()),
            as_of: limits_as_of(collector),
        }
    };
    Ok(CollectorsPage {
        shell: manage_shell(me, "Hạn mức và HMBS"),
        people: all.iter().map(form).collect(),
    })
}
