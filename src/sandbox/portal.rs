//! HTTP: pages, AJAX requests, faults. Every change of money happens in [`World::pay`], under the
//! world's lock.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, StreamExt as _};

use super::frame::{self, Message, balance_label};
use super::internet_tv::TvView;
use super::jsf::{self, Form};
use super::phone::PhoneView;
use super::scenario::{Action, Severity};
use super::world::{Order, PageState, View, World};
use super::{Shared, evn, history, internet_tv, login, phone};

const COOKIE: &str = "JSESSIONID";

pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/", get(home))
        .route(login::PATH, get(login_page).post(ajax))
        .route("/pages/{page}", get(inner_page).post(ajax))
        .route("/captcha.png", get(captcha))
        .route("/javax.faces.resource/{file}", get(resource))
        .route("/faces/javax.faces.resource/{file}", get(resource))
        .layer(axum::middleware::from_fn_with_state(
            shared.clone(),
            renamed,
        ))
        .with_state(shared)
}

/// Pages whose ids have other names: back to the old ones on the way in, to the new ones on the way
/// out.
async fn renamed(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    const PAGE_MAX: usize = 4_000_000;
    let names = shared.world().scenario.switches.rename.clone();
    if names.is_empty() || request.uri().path().contains("javax.faces.resource") {
        return next.run(request).await;
    }
    let swap = |text: String, out: bool| {
        names.iter().fold(text, |text, (old, new)| {
            let (from, to) = if out { (old, new) } else { (new, old) };
            [":", "%3A"].iter().fold(text, |text, colon| {
                text.replace(&format!("{colon}{from}"), &format!("{colon}{to}"))
            })
        })
    };
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, PAGE_MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let body = swap(String::from_utf8_lossy(&bytes).into_owned(), false);
    let (mut parts, body) = next
        .run(Request::from_parts(parts, Body::from(body)))
        .await
        .into_parts();
    let Ok(bytes) = to_bytes(body, PAGE_MAX).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(
        parts,
        Body::from(swap(String::from_utf8_lossy(&bytes).into_owned(), true)),
    )
}

/// What a request on a page led to.
#[derive(Debug, Default)]
pub struct Answer {
    pub messages: Vec<Message>,
    pub evals: Vec<String>,
    pub redirect: Option<String>,
    pub paid: bool,
    settle: Option<(Duration, Order, i64)>,
}

impl Answer {
    pub fn says(message: Message) -> Self {
        Self {
            messages: vec![message],
            ..Self::default()
        }
    }

    pub fn eval(script: String) -> Self {
        Self {
            evals: vec![script],
            ..Self::default()
        }
    }

    pub fn redirect(url: &str) -> Self {
        Self {
            redirect: Some(url.to_owned()),
            ..Self::default()
        }
    }

    /// The confirming request: pays, unless a fault keeps it from that, and says so in the
    /// switches' way.
    pub fn payment(world: &mut World, order: &Order, at_first: i64, faults: &[Action]) -> Self {
        for fault in faults {
            match fault {
                Action::EmptyBalance => world.empty_balance(&order.agent),
                Action::PriceChanges(by) => {
                    if let Some(key) = &order.debt_key {
                        world.raise_debt(key, at_first, *by);
                    }
                }
                Action::SettleMs(ms) => {
                    let words = "Giao dịch đang được xử lý, vui lòng không thực hiện lại";
                    return Self {
                        settle: Some((Duration::from_millis(*ms), order.clone(), at_first)),
                        ..Self::says(Message::info(words))
                    };
                }
                Action::Message {
                    severity,
                    text,
                    moved: false,
                } => {
                    return Self::says(Message {
                        severity: *severity,
                        text: text.clone(),
                    });
                }
                _ => {}
            }
        }
        let mut answer = match world.pay(order, at_first) {
            Err(refusal) => Self::says(Message::error(&refusal)),
            Ok(transaction) => {
                let switches = &world.scenario.switches;
                let mut text = world.scenario.texts.success.clone();
                if switches.success_names_amount {
                    text = format!(
                        "{text}. Số tiền: {}đ",
                        super::money::grouped(order.amount, ".")
                    );
                }
                if switches.success_names_transaction {
                    text = format!("{text}. Mã giao dịch: {transaction}");
                }
                Self {
                    paid: true,
                    ..Self::says(Message {
                        severity: switches.success,
                        text,
                    })
                }
            }
        };
        for fault in faults {
            match fault {
                Action::Message {
                    severity,
                    text,
                    moved: true,
                } => {
                    answer.messages = vec![Message {
                        severity: *severity,
                        text: text.clone(),
                    }]
                }
                Action::DoubleMessage => {
                    answer.messages = answer
                        .messages
                        .iter()
                        .flat_map(|m| [m.clone(), m.clone()])
                        .collect()
                }
                _ => {}
            }
        }
        answer
    }
}

// ---- Pages ---------------------------------------------------------------------------------------------------------

/// The session's id, and whether it is new.
fn session_of(headers: &HeaderMap) -> (String, bool) {
    let cookies = headers
        .get(header::COOKIE)
        .and_then(|c| c.to_str().ok())
        .unwrap_or("");
    let known = cookies
        .split(';')
        .filter_map(|c| c.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE);
    known.map_or_else(
        || (uuid::Uuid::new_v4().simple().to_string(), true),
        |(_, id)| (id.to_owned(), false),
    )
}

fn html(text: String, session: &str, is_new: bool) -> Response {
    let mut response = (
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        text,
    )
        .into_response();
    if is_new && let Ok(cookie) = format!("{COOKIE}={session}; Path=/; HttpOnly").parse() {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

async fn home(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let (session, _) = session_of(&headers);
    let target = if shared.world().logged_in(&session).is_some() {
        "/pages/index.jsf"
    } else {
        login::PATH
    };
    (StatusCode::FOUND, [(header::LOCATION, target)]).into_response()
}

async fn login_page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let start = Instant::now();
    tokio::time::sleep(shared.latency).await;
    let (session, is_new) = session_of(&headers);
    let mut world = shared.world();
    world.took(start.elapsed());
    html(login_html(&mut world, &session), &session, is_new)
}

fn login_html(world: &mut World, session: &str) -> String {
    let awaits = world.session(session).awaits_otp.clone();
    let view_state = world.keep_view(View {
        session: session.to_owned(),
        page: PageState::Login,
    });
    let body = login::content(world, awaits.as_deref(), &view_state);
    let switches = world.scenario.switches.clone();
    frame::document(
        "ViettelPay Pro - Đăng Nhập",
        &switches,
        &frame::loading_id(&switches),
        false,
        &body,
    )
}

async fn inner_page(
    State(shared): State<Shared>,
    Path(page): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let start = Instant::now();
    let (session, is_new) = session_of(&headers);
    let faults = shared.world().faults("page", "");
    if let Some(response) = refuse_before(&shared, &faults, &session).await {
        return response;
    }
    tokio::time::sleep(shared.latency).await;
    let mut world = shared.world();
    world.took(start.elapsed());
    let Some(agent) = world.logged_in(&session) else {
        return html(login_html(&mut world, &session), &session, is_new);
    };
    let switches = world.scenario.switches.clone();
    let path = format!("/pages/{page}");
    let asked = query_text(&path, &query);
    let (form, title, state, content) = if asked == switches.evn_path || path == switches.evn_path {
        let state = PageState::Evn {
            code: String::new(),
            amount: None,
        };
        (
            evn::FORM,
            "Thanh toán điện",
            state,
            evn::content("", None, &switches),
        )
    } else {
        match page.as_str() {
            "newInternetTelevisionViettel.jsf" => {
                let view = TvView::new(&switches);
                let content = internet_tv::content(&view, &switches);
                (
                    internet_tv::FORM,
                    "Thanh toán Internet, truyền hình Viettel",
                    PageState::Tv(view),
                    content,
                )
            }
            "chargecard.jsf" => {
                let view = PhoneView::default();
                let content = phone::content(&view, &switches);
                (
                    phone::FORM,
                    "Nạp tiền điện thoại",
                    PageState::Phone(view),
                    content,
                )
            }
            "collectmoney.jsf" if query.get("type").is_some_and(|t| t == "1") => {
                let content = format!(
                    "<h3>Điện, nước</h3><a href=\"{}\">Thanh toán điện EVN</a>",
                    jsf::esc(&switches.evn_path)
                );
                ("indexForm", "Điện, nước", PageState::Plain, content)
            }
            "history.jsf" if switches.history => {
                let number = query.get("page").and_then(|p| p.parse().ok()).unwrap_or(1);
                let account = query.get("account").map_or("", String::as_str);
                let content = history::content(
                    &world.history(&agent.username),
                    number,
                    switches.history_page_size,
                    account,
                );
                ("indexForm", "Lịch sử giao dịch", PageState::Plain, content)
            }
            "history.jsf" => return (StatusCode::NOT_FOUND, "404").into_response(),
            _ => (
                "indexForm",
                "ViettelPay Pro",
                PageState::Plain,
                "<p>Chào mừng quý khách đến với ViettelPay Pro.</p>".to_owned(),
            ),
        }
    };
    let dong = switches
        .balance_before_refresh
        .then(|| world.balance(&agent.username));
    let view_state = world.keep_view(View {
        session: session.clone(),
        page: state,
    });
    let page = frame::Inner {
        form,
        action: &path,
        agent: &agent,
        dong,
        view_state: &view_state,
        content: &content,
        said: &[],
    };
    let body = frame::inner(&page, &switches);
    let overlay_stays = faults.contains(&Action::OverlayStays);
    let loading = frame::loading_id(&switches);
    html(
        frame::document(title, &switches, &loading, overlay_stays, &body),
        &session,
        is_new,
    )
}

fn query_text(path: &str, query: &HashMap<String, String>) -> String {
    query
        .get("type")
        .map_or_else(|| path.to_owned(), |t| format!("{path}?type={t}"))
}

/// The captcha, drawn: legible to a person, crossed by a few lines. (A browser goes by the type,
/// not by the name.)
async fn captcha(State(shared): State<Shared>) -> Response {
    let code = shared.world().scenario.switches.captcha_code.clone();
    let letters: String = code
        .chars()
        .enumerate()
        .map(|(i, c)| {
            let (x, tilt) = (12 + 18 * i, if i % 2 == 0 { -12 } else { 9 });
            format!(
                "<text x='{x}' y='26' transform='rotate({tilt} {x} 26)' font-family='serif' font-size='22' fill='#334'>{}</text>",
                jsf::esc(&c.to_string())
            )
        })
        .collect();
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='130' height='36'><rect width='130' height='36' fill='#eef'/>{letters}\
         <path d='M0 9 L130 27 M0 30 L130 6' stroke='#99a' fill='none'/></svg>"
    );
    (
        [
            (header::CONTENT_TYPE, "image/svg+xml"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        svg,
    )
        .into_response()
}

async fn resource(Path(file): Path<String>) -> Response {
    match file.trim_end_matches(".jsf") {
        "primefaces.js" => (
            [
                (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
                (header::CACHE_CONTROL, "max-age=3600"),
            ],
            include_str!("../../assets/sandbox/primefaces.js"),
        )
            .into_response(),
        "portal.css" => (
            [
                (header::CONTENT_TYPE, "text/css; charset=utf-8"),
                (header::CACHE_CONTROL, "max-age=3600"),
            ],
            include_str!("../../assets/sandbox/portal.css"),
        )
            .into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

// ---- AJAX ----------------------------------------------------------------------------------------------------------

fn xml(text: String) -> Response {
    (
        [
            (header::CONTENT_TYPE, "text/xml; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        text,
    )
        .into_response()
}

/// An answer that breaks off: after its first bytes are on the wire, or before any.
fn dropped(after_first_bytes: bool) -> Response {
    let first = async move {
        Ok(Bytes::from_static(if after_first_bytes {
            b"<?xml version='1.0'"
        } else {
            b""
        }))
    };
    let broken = async move {
        if after_first_bytes {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    };
    Body::from_stream(stream::once(first).chain(stream::once(broken))).into_response()
}

fn status_page(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (
        status,
        "<html><body><h1>Service temporarily unavailable</h1></body></html>",
    )
        .into_response()
}

/// Faults that keep the request from being worked on.
async fn refuse_before(shared: &Shared, faults: &[Action], session: &str) -> Option<Response> {
    for fault in faults {
        match fault {
            Action::DelayMs(ms) => tokio::time::sleep(Duration::from_millis(*ms)).await,
            Action::Drop { moved: false } => return Some(dropped(true)),
            Action::Reset { moved: false } => return Some(dropped(false)),
            Action::Http {
                status,
                moved: false,
            } => return Some(status_page(*status)),
            Action::ErrorAnswer { moved: false } => return Some(xml(jsf::error())),
            Action::NotXml { moved: false } => return Some(status_page(200)),
            Action::Expire => shared.world().expire(session),
            _ => {}
        }
    }
    None
}

/// The answer's own fate once the work is done.
fn spoil_after(faults: &[Action]) -> Option<Response> {
    faults.iter().find_map(|fault| match fault {
        Action::Drop { moved: true } => Some(dropped(true)),
        Action::Reset { moved: true } => Some(dropped(false)),
        Action::Http {
            status,
            moved: true,
        } => Some(status_page(*status)),
        Action::ErrorAnswer { moved: true } => Some(xml(jsf::error())),
        Action::NotXml { moved: true } => Some(status_page(200)),
        _ => None,
    })
}

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
fn account_of(view: Option<&PageState>, form: &Form) -> String {
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
        Some(PageState::Evn { code, .. }) => {
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

async fn ajax(
    State(shared): State<Shared>,
    headers: HeaderMap,
    uri: axum::http::Uri,
    body: Bytes,
) -> Response {
    let start = Instant::now();
    let (session, _) = session_of(&headers);
    let form = Form::parse(&body);
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
    if faults.contains(&Action::ForgetView) {
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
    let answer = match &mut view.page {
        PageState::Login => login::act(&mut world, &session, &form),
        PageState::Plain => Answer::default(),
        PageState::Tv(tv) => internet_tv::act(
            &mut world,
            agent.as_ref().map_or("", |a| &a.username),
            tv,
            &form,
            &faults,
        ),
        PageState::Evn { code, amount } => evn::act(
            &mut world,
            agent.as_ref().map_or("", |a| &a.username),
            code,
            amount,
            &form,
            &faults,
        ),
        PageState::Phone(phone) => phone::act(
            &mut world,
            agent.as_ref().map_or("", |a| &a.username),
            phone,
            &form,
            &faults,
        ),
    };
    if let Some((wait, order, at_first)) = answer.settle.clone() {
        let later = shared.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            // Settled or refused: either way it is in the truth ledger.
            let _ = later.world().pay(&order, at_first);
        });
    }
    if faults.contains(&Action::ExpireAfter) {
        world.expire(&session);
        return expired(&mut world, &form, &session, false);
    }
    let response = render(
        &mut world,
        &session,
        view,
        &form,
        answer,
        agent.map(|a| a.username).as_deref(),
        &faults,
    );
    spoil_after(&faults).unwrap_or(response)
}

/// An AJAX request without a session or with a view that is not known.
fn expired(world: &mut World, form: &Form, session: &str, is_login: bool) -> Response {
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
    form: &Form,
    answer: Answer,
    agent: Option<&str>,
    faults: &[Action],
) -> Response {
    if let Some(url) = &answer.redirect {
        return xml(jsf::redirect(url));
    }
    let switches = world.scenario.switches.clone();
    let mut said = answer.messages;
    let replaces =
        form.source() != "yesId0" && form.source() != "yesIdEVN" && form.source() != "yesIdCard";
    for fault in faults {
        if let Action::Message { severity, text, .. } = fault
            && replaces
        {
            said = vec![Message {
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
            PageState::Evn { amount, .. } => evn::region(own, *amount, &switches, &said),
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
