//! Requests of a page's own script: what they do, and which regions of the page they draw anew.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::answer::PageAnswer;
use super::frame::{self, PortalMessage, balance_label};
use super::jsf::{self, PostedForm};
use super::response::{refuse_before, session_of, spoil_after, xml};
use super::scenario::{Agent, FaultAction, Severity};
use super::shared::Shared;
use super::view::{EvnView, PageState, View};
use super::world::{PortalOrder, World};
use super::{evn, internet_tv, login, phone};

/// Which step a request is, in a scenario's words.
fn step_of(source: &str) -> &str {
    match source {
        "updateId" => "balance",
        "console" => "search_kind",
        "btnPay0" => "search",
        "btnPay" => "pay",
        "yesId0" | "yesIdEVN" | "yesIdCard" => "confirm",
        "phoneNumberId" => "phone",
        "yesTTId" => "supplier",
        "btnCheck" => "check",
        "btnLogin" | "btnConfirm" => "login",
        other if other.starts_with("btnView") => "choose",
        other => other,
    }
}

/// Whom a request is about, for faults of one account.
fn account_of(view: Option<&PageState>, form: &PostedForm) -> String {
    match view {
        Some(PageState::Tv(tv)) => {
            let typed: String = form
                .get("payMoneyForm:contractCode")
                .split_whitespace()
                .collect();
            if typed.is_empty() {
                tv.code.clone()
            } else {
                typed
            }
        }
        Some(PageState::Evn(EvnView { code, .. })) => {
            let typed = form.get("payMoneyForm:billCodeId").trim();
            if typed.is_empty() {
                code.clone()
            } else {
                typed.to_owned()
            }
        }
        Some(PageState::Phone(_)) => form.get("indexForm:phoneNumberId").trim().to_owned(),
        Some(PageState::Login | PageState::Plain) | None => String::new(),
    }
}

/// Does the page's own work.
fn act(
    world: &mut World,
    session: &str,
    page: &mut PageState,
    agent: Option<&Agent>,
    form: &PostedForm,
    faults: &[FaultAction],
) -> PageAnswer {
    let agent = agent.map_or("", |agent| &agent.username);
    match page {
        PageState::Login => login::act(world, session, form),
        PageState::Plain => PageAnswer::default(),
        PageState::Tv(view) => internet_tv::act(world, agent, view, form, faults),
        PageState::Evn(view) => evn::act(world, agent, view, form, faults),
        PageState::Phone(view) => phone::act(world, agent, view, form, faults),
    }
}

/// Answers a request of a page's own script.
pub async fn answer(
    State(shared): State<Shared>,
    headers: HeaderMap,
    uri: axum::http::Uri,
    body: Bytes,
) -> Response {
    let start = Instant::now();
    let (session, _) = session_of(&headers);
    let form = PostedForm::parse(&body);
    let (mut view, faults) = {
        let mut world = shared.world();
        let view = world.take_view(form.get("javax.faces.ViewState"), &session);
        let account = account_of(view.as_ref().map(|v| &v.page), &form);
        world.confirm_posts += u64::from(step_of(form.source()) == "confirm");
        let faults = world.faults(step_of(form.source()), &account);
        (view, faults)
    };
    tokio::time::sleep(shared.latency).await;
    if let Some(response) = refuse_before(&shared, &faults, &session).await {
        // The view stays as it was: the request was never worked on.
        let mut world = shared.world();
        if let Some(view) = view {
            world.restore_view(form.get("javax.faces.ViewState"), view);
        }
        world.took(start.elapsed());
        return response;
    }
    if faults.contains(&FaultAction::ForgetView) {
        view = None;
    }
    let mut world = shared.world();
    world.took(start.elapsed());
    let is_login = uri.path() == login::PATH;
    let agent = world.logged_in(&session);
    let Some(mut view) = view.filter(|_| is_login || agent.is_some()) else {
        return expired(&mut world, &form, &session, is_login);
    };
    if form.source() == "ajax" {
        world.expire(&session);
        return xml(jsf::redirect(login::PATH));
    }
    let page = &mut view.page;
    let mut answer = act(&mut world, &session, page, agent.as_ref(), &form, &faults);
    if let Some(late) = answer.settle.take() {
        settle_later(&shared, late);
    }
    if faults.contains(&FaultAction::ExpireAfter) {
        world.expire(&session);
        return expired(&mut world, &form, &session, false);
    }
    answer
        .evals
        .extend(faults.iter().filter_map(|fault| match fault {
            FaultAction::Script(text) => Some(text.clone()),
            _ => None,
        }));
    let agent = agent.map(|agent| agent.username);
    let response = render(
        &mut world,
        &session,
        view,
        &form,
        answer,
        agent.as_deref(),
        &faults,
    );
    spoil_after(&faults).unwrap_or(response)
}

/// Pays after a while, whatever was answered.
fn settle_later(shared: &Shared, (wait, order, at_first): (Duration, PortalOrder, i64)) {
    let later = shared.clone();
    tokio::spawn(async move {
        tokio::time::sleep(wait).await;
        // Settled or refused: either way it is in the truth ledger.
        let _ = later.world().pay(&order, at_first);
    });
}

/// An AJAX request without a session or with a view that is not known.
fn expired(world: &mut World, form: &PostedForm, session: &str, is_login: bool) -> Response {
    if is_login || form.source() == "yesIdDlg" || !world.scenario.switches.expiry_by_dialog {
        return xml(jsf::redirect(login::PATH));
    }
    let view_state = world.keep_view(View {
        session: session.to_owned(),
        page: PageState::Plain,
    });
    xml(jsf::partial(
        &[],
        &view_state,
        &["PF('dlgConfirmSessionExpired').show();".to_owned()],
    ))
}

/// The partial answer: each id that was asked for and exists, the new view state, scripts.
fn render(
    world: &mut World,
    session: &str,
    view: View,
    form: &PostedForm,
    answer: PageAnswer,
    agent: Option<&str>,
    faults: &[FaultAction],
) -> Response {
    if let Some(url) = &answer.redirect {
        return xml(jsf::redirect(url));
    }
    let switches = world.scenario.switches.clone();
    let mut said = answer.messages;
    let replaces =
        form.source() != "yesId0" && form.source() != "yesIdEVN" && form.source() != "yesIdCard";
    for fault in faults {
        if let FaultAction::Message { severity, text, .. } = fault
            && replaces
        {
            said = vec![PortalMessage {
                severity: *severity,
                text: text.clone(),
            }];
        }
    }
    said.retain(|m| m.severity != Severity::None);
    let awaits = world.session(session).awaits_otp.clone();
    let dong = agent.map(|a| world.balance(a));
    let page = view.page.clone();
    let view_state = world.keep_view(view);
    let mut updates = Vec::new();
    for id in form.render() {
        let (owner, own) = id.split_once(':').unwrap_or((id.as_str(), ""));
        let region = match &page {
            _ if own == "tranAmountId" => dong.map(|d| balance_label(owner, Some(d))),
            PageState::Login => login::region(own, world, awaits.as_deref(), &said),
            PageState::Tv(tv) if own.is_empty() => {
                let content = internet_tv::content(tv, &switches);
                let agent = agent.and_then(|a| world.agent(a));
                agent.map(|agent| {
                    let (form, action) = (internet_tv::FORM, internet_tv::PATH);
                    let page = frame::Inner {
                        form,
                        action,
                        agent: &agent,
                        dong,
                        view_state: "",
                        content: &content,
                        said: &said,
                    };
                    whole_form(&frame::inner(&page, &switches))
                })
            }
            PageState::Tv(tv) => internet_tv::region(own, tv, &switches, &said),
            PageState::Evn(view) => evn::region(own, view.amount, &switches, &said),
            PageState::Phone(phone) => phone::region(own, phone, &switches, &said),
            PageState::Plain => None,
        };
        if let Some(html) = region {
            updates.push((id.clone(), html));
        }
    }
    xml(jsf::partial(&updates, &view_state, &answer.evals))
}

/// A form in a partial answer carries no view state of its own: the page's script appends a new one
/// without an id.
fn whole_form(html: &str) -> String {
    let Some(at) = html.find("<input type=\"hidden\" name=\"javax.faces.ViewState\"") else {
        return html.to_owned();
    };
    let end = html[at..].find('>').map_or(html.len(), |e| at + e + 1);
    format!("{}{}", &html[..at], &html[end..])
}
