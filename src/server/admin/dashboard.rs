//! The first page: what happened today, how much money, does anything need a person.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use crate::domain::calendar::day_start;
use crate::domain::{Outcome, Service};
use crate::server::AppState;
use crate::server::web::extract::Done;
use crate::server::web::frame::Frame;
use crate::server::web::page::page;
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::{ago, count, local, money, time};
use crate::store::catalogue::desk::{COLLECTION_DATA, collection_data};
use crate::store::catalogue::{Area, Column, Role, work};
use crate::store::jobs::{Day, Tally};
use crate::store::tables::{Compare, Count, Filter, ListQuery};

/// A machine that was heard of within this time is there.
const ALIVE_MS: i64 = 60_000;
/// Machines that are shown.
const MACHINES_MAX: u32 = 30;
/// Days of the trend.
const DAYS: i64 = 30;

struct ServiceRow {
    title: &'static str,
    url: String,
    waiting: String,
    waiting_url: String,
    paid_url: String,
    cells: Vec<(String, &'static str, String)>,
    paid: String,
}

struct MachineRow {
    name: String,
    seen: String,
    sessions: i64,
    operator: String,
    is_alive: bool,
}

struct Bar {
    x: f64,
    y: f64,
    height: f64,
    title: String,
    url: String,
}

#[derive(Template)]
#[template(path = "dashboard.html")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each switches one part of the page"
)]
struct Dashboard {
    frame: Frame,
    sees_jobs: bool,
    sentence: String,
    is_loud: bool,
    /// Nothing was done here yet: what comes first is said.
    is_new: bool,
    /// What a collector still has to collect: how many, and their list.
    to_collect: Option<(String, String)>,
    today_url: String,
    paid_today: String,
    paid_count: String,
    done_count: String,
    waiting: String,
    doubt: Option<(String, String)>,
    unseen: i64,
    services: Vec<ServiceRow>,
    heads: [&'static str; 5],
    machines: Vec<MachineRow>,
    alive: usize,
    sessions: i64,
    failures: Vec<(String, String, String)>,
    bars: Vec<Bar>,
    /// Every fifth day, under its bar.
    days: Vec<String>,
    is_paid: bool,
    most: String,
    sum: String,
    now: String,
}

/// What a column of the table of services counts.
const GROUPS: [(&str, &[Outcome]); 5] = [
    ("Đã thanh toán", &[Outcome::Paid]),
    (
        "Đã tra",
        &[Outcome::Debt, Outcome::NoDebt, Outcome::AlreadyCleared],
    ),
    (
        "Không được",
        &[
            Outcome::NotFound,
            Outcome::Rejected,
            Outcome::Refused,
            Outcome::Failed,
        ],
    ),
    ("Chưa rõ", &[Outcome::Unknown]),
    (
        "Khác",
        &[Outcome::NotSent, Outcome::Cancelled, Outcome::DryRun],
    ),
];
const TONES: [&str; 5] = ["tone good", "", "tone bad", "tone doubt", ""];

/// The page.
pub async fn show(
    State(app): State<AppState>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let store = app.store();
    let now = store.now_ms();
    let today = day_start(now);
    let sees_jobs = person.may_table(&work::JOBS, Right::See);
    let frame = Frame::of(&person, "Tổng quan", "dashboard").with_notice(done.done.as_deref());
    let day = local(today)
        .map(|t| t.strftime("%d/%m/%Y").to_string())
        .unwrap_or_default();
    let (tallies, waiting) = if sees_jobs {
        (
            store.board().tallies(today).await?,
            store.board().waiting().await?,
        )
    } else {
        (Vec::new(), Vec::new())
    };
    let (doubts, doubt_sum) = if sees_jobs {
        store.board().in_doubt().await?
    } else {
        (0, 0)
    };
    let unseen = if sees_jobs {
        store.jobs().unseen_reports().await?
    } else {
        0
    };
    let waits = |service: Service| {
        waiting
            .iter()
            .find(|(name, _)| name == service.spec().wire)
            .map_or(0, |(_, n)| *n)
    };
    let trend = if sees_jobs {
        store.board().trend(today, DAYS).await?
    } else {
        Vec::new()
    };
    let machines = store.machines().at_work(MACHINES_MAX).await?;
    let is_alive = |seen: Option<i64>| seen.is_some_and(|seen| now - seen < ALIVE_MS);
    let alive = machines.iter().filter(|m| is_alive(m.last_seen)).count();
    let sessions = machines
        .iter()
        .filter(|m| is_alive(m.last_seen))
        .map(|m| m.sessions)
        .sum();
    let failures = if sees_jobs {
        store.board().failures_since(today).await?
    } else {
        Vec::new()
    };
    let paid: Vec<&Tally> = tallies
        .iter()
        .filter(|t| t.outcome.as_deref() == Some("paid"))
        .collect();
    let all_waiting: i64 = waiting.iter().map(|(_, n)| n).sum();
    let sentence = match (sees_jobs, doubts, unseen, all_waiting, alive) {
        (false, ..) => format!("Hôm nay {day}."),
        (_, 1.., ..) => format!(
            "{} việc chưa rõ kết quả, cần người xem trước khi làm tiếp.",
            count(doubts)
        ),
        (_, 0, 1.., ..) => format!("{} báo cáo không khớp đang chờ người xem.", count(unseen)),
        (_, _, _, 0, _) => "Không còn việc chờ.".to_owned(),
        (_, _, _, waiting, 0) => format!(
            "{} việc đang chờ, chưa có máy nào hoạt động.",
            count(waiting)
        ),
        (_, _, _, waiting, alive) => format!(
            "{alive} máy đang hoạt động, còn {} việc chờ.",
            count(waiting)
        ),
    };
    page(&Dashboard {
        frame,
        sees_jobs,
        sentence,
        is_loud: doubts + unseen > 0,
        is_new: machines.is_empty()
            && tallies.is_empty()
            && all_waiting == 0
            && person.may(Area::Machines, Right::Add),
        to_collect: to_collect(&app, &person).await?,
        today_url: format!("/admin/t/jobs?f.ended_at.from={day}&sort=ended_at&desc=1"),
        paid_today: money(paid.iter().map(|t| t.paid).sum()),
        paid_count: count(paid.iter().map(|t| t.count).sum()),
        done_count: count(
            tallies
                .iter()
                .filter(|t| t.state == "done")
                .map(|t| t.count)
                .sum(),
        ),
        waiting: count(all_waiting),
        doubt: (doubts > 0).then(|| (count(doubts), money(doubt_sum))),
        unseen,
        services: Service::ALL
            .iter()
            .map(|s| service_row(*s, &tallies, waits(*s), &day))
            .collect(),
        heads: GROUPS.map(|(name, _)| name),
        machines: machines
            .into_iter()
            .map(|m| MachineRow {
                is_alive: is_alive(m.last_seen),
                seen: m
                    .last_seen
                    .map_or_else(|| "chưa từng".to_owned(), |seen| ago(seen, now)),
                name: m.name,
                sessions: m.sessions,
                operator: m.operator.unwrap_or_default(),
            })
            .collect(),
        alive,
        sessions,
        failures: failures
            .into_iter()
            .map(|(message, n)| failure(message, n, &day))
            .collect(),
        is_paid: trend.iter().any(|d| d.paid > 0),
        most: money(trend.iter().map(|d| d.paid).max().unwrap_or(0)),
        sum: money(trend.iter().map(|d| d.paid).sum()),
        bars: bars(&trend),
        days: trend
            .iter()
            .skip(4)
            .step_by(5)
            .map(|d| {
                local(d.start_ms)
                    .map(|t| t.strftime("%d/%m").to_string())
                    .unwrap_or_default()
            })
            .collect(),
        now: time(now),
    })
}

/// What stands in a collector's name and is not collected.
async fn to_collect(app: &AppState, person: &Person) -> Result<Option<(String, String)>, Problem> {
    if person.account.role != Role::Collector {
        return Ok(None);
    }
    let is = |column: Column, value: &str| Filter {
        column,
        compare: Compare::Is,
        value: value.to_owned(),
    };
    let (collector, completed) = (collection_data::USERNAME, collection_data::COMPLETED);
    let username = &person.account.username;
    let query = ListQuery {
        filters: vec![is(collector, username), is(completed, "0")],
        ..ListQuery::default()
    };
    let counted = app.store().tables().count(&COLLECTION_DATA, &query).await?;
    let number = match counted {
        Count::Exactly(number) => count(number),
        Count::MoreThan(number) => format!("hơn {}", count(number)),
    };
    let address = url::form_urlencoded::Serializer::new(String::new())
        .append_pair(&format!("f.{}.is", collector.name), username)
        .append_pair(&format!("f.{}.is", completed.name), "0")
        .finish();
    Ok(Some((
        number,
        format!("/admin/t/collection_data?{address}"),
    )))
}

fn service_row(service: Service, tallies: &[Tally], waiting: i64, day: &str) -> ServiceRow {
    let spec = service.spec();
    let mine: Vec<&Tally> = tallies.iter().filter(|t| t.service == spec.wire).collect();
    let url = format!(
        "/admin/t/jobs?f.service.is={}&f.ended_at.from={day}&sort=ended_at&desc=1",
        spec.wire
    );
    let cells = GROUPS.iter().zip(TONES).map(|((_, outcomes), tone)| {
        let is_one = |t: &&&Tally| {
            t.outcome
                .as_deref()
                .is_some_and(|o| outcomes.iter().any(|known| known.wire() == o))
        };
        let number: i64 = mine.iter().filter(is_one).map(|t| t.count).sum();
        let wires: Vec<&str> = outcomes.iter().map(|o| o.wire()).collect();
        let to = if let [only] = outcomes {
            format!("{url}&f.outcome.is={}", only.wire())
        } else {
            format!("{url}&f.outcome.any={}", wires.join(","))
        };
        (
            if number == 0 {
                String::new()
            } else {
                count(number)
            },
            if number == 0 { "" } else { tone },
            to,
        )
    });
    let paid: i64 = mine.iter().map(|t| t.paid).sum();
    ServiceRow {
        title: spec.title,
        waiting: if waiting == 0 {
            String::new()
        } else {
            count(waiting)
        },
        cells: cells.collect(),
        waiting_url: format!("/admin/t/jobs?f.service.is={}&f.state.is=ready", spec.wire),
        paid_url: format!("{url}&f.outcome.is=paid"),
        paid: if paid == 0 {
            String::new()
        } else {
            money(paid)
        },
        url,
    }
}

fn failure(message: String, number: i64, day: &str) -> (String, String, String) {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("f.state.is", "failed")
        .append_pair("f.ended_at.from", day)
        .append_pair(
            "f.message.has",
            &message.chars().take(80).collect::<String>(),
        )
        .finish();
    (
        if message.is_empty() {
            "(không có lời)".to_owned()
        } else {
            message
        },
        count(number),
        format!("/admin/t/jobs?{query}"),
    )
}

/// Bars on a field of 720 × 120, each with its day's list behind it.
fn bars(trend: &[Day]) -> Vec<Bar> {
    let most = trend.iter().map(|d| d.paid).max().unwrap_or(0).max(1);
    let day = |ms: i64, form: &str| {
        local(ms)
            .map(|t| t.strftime(form).to_string())
            .unwrap_or_default()
    };
    #[expect(clippy::cast_precision_loss, reason = "pixels")]
    let bar = |(at, d): (usize, &Day)| {
        let height = if d.paid == 0 {
            0.0
        } else {
            (d.paid as f64 / most as f64 * 120.0).max(2.0)
        };
        let full = day(d.start_ms, "%d/%m/%Y");
        Bar {
            x: at as f64 * 24.0 + 2.0,
            y: 120.0 - height,
            height,
            title: format!(
                "{full}: {} · {} lần thanh toán",
                money(d.paid),
                count(d.count)
            ),
            url: format!(
                "/admin/t/jobs?f.outcome.is=paid&f.ended_at.from={full}&f.ended_at.to={full}&sort=ended_at&desc=1"
            ),
        }
    };
    trend.iter().enumerate().map(bar).collect()
}
