//! Pages as they are when they open.

use std::collections::HashMap;
use std::time::Instant;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::response::{html, refuse_before, session_of};
use super::scenario::{Agent, FaultAction};
use super::shared::Shared;
use super::view::{EvnView, PageState, PhoneView, TvView, View};
use super::world::World;
use super::{evn, frame, history, internet_tv, jsf, login, phone, weight};

pub async fn home(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let (session, _) = session_of(&headers);
    let target = if shared.world().logged_in(&session).is_some() {
        "/pages/index.jsf"
    } else {
        login::PATH
    };
    (StatusCode::FOUND, [(header::LOCATION, target)]).into_response()
}

pub async fn login_page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
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

/// A page inside the frame, as it is when it opens.
struct Opened {
    form: &'static str,
    title: &'static str,
    state: PageState,
    content: String,
}

/// The page at an address; `None`: there is none.
fn opened(
    world: &World,
    agent: &Agent,
    page: &str,
    query: &HashMap<String, String>,
) -> Option<Opened> {
    let switches = &world.scenario.switches;
    let path = format!("/pages/{page}");
    let plain = |title, content| Opened {
        form: "indexForm",
        title,
        state: PageState::Plain,
        content,
    };
    if query_text(&path, query) == switches.evn_path || path == switches.evn_path {
        return Some(Opened {
            form: evn::FORM,
            title: "Thanh toán điện",
            state: PageState::Evn(EvnView::default()),
            content: evn::content("", None, switches),
        });
    }
    Some(match page {
        "newInternetTelevisionViettel.jsf" => {
            let view = TvView::new(switches);
            Opened {
                form: internet_tv::FORM,
                title: "Thanh toán Internet, truyền hình Viettel",
                content: internet_tv::content(&view, switches),
                state: PageState::Tv(view),
            }
        }
        "chargecard.jsf" => {
            let view = PhoneView::default();
            Opened {
                form: phone::FORM,
                title: "Nạp tiền điện thoại",
                content: phone::content(&view, switches),
                state: PageState::Phone(view),
            }
        }
        "collectmoney.jsf" if query.get("type").is_some_and(|t| t == "1") => plain(
            "Điện, nước",
            format!(
                "<h3>Điện, nước</h3><a href=\"{}\">Thanh toán điện EVN</a>",
                jsf::esc(&switches.evn_path)
            ),
        ),
        "history.jsf" if switches.history => {
            let number = query.get("page").and_then(|p| p.parse().ok()).unwrap_or(1);
            let account = query.get("account").map_or("", String::as_str);
            let movements = world.history(&agent.username);
            let content = history::content(&movements, number, switches.history_page_size, account);
            plain("Lịch sử giao dịch", content)
        }
        "history.jsf" => return None,
        _ => plain(
            "ViettelPay Pro",
            "<p>Chào mừng quý khách đến với ViettelPay Pro.</p>".to_owned(),
        ),
    })
}

pub async fn inner_page(
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
    let Some(opened) = opened(&world, &agent, &page, &query) else {
        return (StatusCode::NOT_FOUND, "404").into_response();
    };
    let switches = world.scenario.switches.clone();
    let dong = switches
        .balance_before_refresh
        .then(|| world.balance(&agent.username));
    let view_state = world.keep_view(View {
        session: session.clone(),
        page: opened.state,
    });
    let page = frame::Inner {
        form: opened.form,
        action: &format!("/pages/{page}"),
        agent: &agent,
        dong,
        view_state: &view_state,
        content: &opened.content,
        said: &[],
    };
    let body = frame::inner(&page, &switches);
    let overlay_stays = faults.contains(&FaultAction::OverlayStays);
    let loading = frame::loading_id(&switches);
    html(
        frame::document(opened.title, &switches, &loading, overlay_stays, &body),
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
pub async fn captcha(State(shared): State<Shared>) -> Response {
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

pub async fn resource(Path(file): Path<String>) -> Response {
    match file.trim_end_matches(".jsf") {
        "primefaces.js" => (
            [
                (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
                (header::CACHE_CONTROL, "max-age=3600"),
            ],
            include_str!("../../../assets/sandbox/primefaces.js"),
        )
            .into_response(),
        "portal.css" => (
            [
                (header::CONTENT_TYPE, "text/css; charset=utf-8"),
                (header::CACHE_CONTROL, "max-age=3600"),
            ],
            include_str!("../../../assets/sandbox/portal.css"),
        )
            .into_response(),
        "ajaxloadingbar.gif" => made("image/gif", weight::loading_bar()),
        name => match weight::file(name) {
            Some(text) if weight::is_style(name) => made("text/css; charset=utf-8", text),
            Some(text) => made("text/javascript; charset=utf-8", text),
            None => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

fn made(kind: &'static str, bytes: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, bytes).into_response()
}
