//! The first page: what happened today, how much money, does anything need a person.

mod payments;
mod trend;
mod yesterday;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use payments::{PaymentFigures, payment_figures};
use trend::{Bar, bars, day_of};
use yesterday::{BesideYesterday, HourBars, MachineDay};

use crate::domain::calendar::day_start;
use crate::domain::{JobState, Outcome, Service};
use crate::server::AppState;
use crate::server::web::extract::Done;
use crate::server::web::frame::Frame;
use crate::server::web::page::page;
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::{ago, count, money, money_if_any, time};
use crate::store::catalogue::desk::{COLLECTION_DATA, collection_data};
use crate::store::catalogue::{Area, Column, Role, work};
use crate::store::jobs::{Day, PaidHour, StateTally};
use crate::store::machines::MachineDetails;
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
    /// What was paid yesterday until this time.
    yesterday: String,
}

struct MachineRow {
    name: String,
    seen: String,
    sessions: i64,
    operator: String,
    is_alive: bool,
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
    /// Customers' payments of today, for who sees them.
    payments: Option<PaymentFigures>,
    /// What a collector still has to collect: how many, and their list.
    to_collect: Option<(String, String)>,
    today_url: String,
    paid_today: String,
    paid_count: String,
    /// Beside yesterday, where there was one.
    compared: Option<String>,
    by_machine: Vec<MachineDay>,
    hours: Vec<HourBars>,
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

/// What the page knows of jobs: nothing where the person does not see them.
#[derive(Default)]
struct JobNumbers {
    tallies: Vec<StateTally>,
    /// Jobs that wait, by service.
    waiting: Vec<(String, i64)>,
    /// Jobs in doubt, and how much may be on its way.
    doubts: (i64, i64),
    /// Refused reports that nobody has looked at.
    unseen: i64,
    trend: Vec<Day>,
    /// Today and yesterday.
    hours: Vec<PaidHour>,
    failures: Vec<(String, i64)>,
}

impl JobNumbers {
    async fn of(app: &AppState, today: i64) -> Result<Self, Problem> {
        let board = app.store().jobs().board();
        Ok(Self {
            tallies: board.tallies(today).await?,
            waiting: board.waiting().await?,
            doubts: board.in_doubt().await?,
            unseen: app.store().jobs().unseen_reports().await?,
            trend: board.trend(today, DAYS).await?,
            hours: board.paid_hours(today, app.store().now_ms()).await?,
            failures: board.failures_since(today).await?,
        })
    }

    fn waiting_for(&self, service: Service) -> i64 {
        let of_service = self.waiting.iter().find(|(s, _)| s == service.spec().wire);
        of_service.map_or(0, |(_, n)| *n)
    }

    fn all_waiting(&self) -> i64 {
        self.waiting.iter().map(|(_, n)| n).sum()
    }

    fn paid(&self) -> impl Iterator<Item = &StateTally> {
        self.tallies
            .iter()
            .filter(|t| t.outcome.as_deref() == Some(Outcome::Paid.wire()))
    }

    fn done(&self) -> i64 {
        let done = self
            .tallies
            .iter()
            .filter(|t| t.state == JobState::Done.wire());
        done.map(|t| t.count).sum()
    }

    /// The day in one sentence: what needs a person first.
    fn sentence(&self, alive: usize) -> String {
        match (self.doubts.0, self.unseen, self.all_waiting(), alive) {
            (doubts @ 1.., ..) => format!(
                "{} việc chưa rõ kết quả, cần người xem trước khi làm tiếp.",
                count(doubts)
            ),
            (_, unseen @ 1.., ..) => {
                format!("{} báo cáo không khớp đang chờ người xem.", count(unseen))
            }
            (_, _, 0, _) => "Không còn việc chờ.".to_owned(),
            (_, _, waiting, 0) => format!(
                "{} việc đang chờ, chưa có máy nào hoạt động.",
                count(waiting)
            ),
            (_, _, waiting, alive) => format!(
                "{alive} máy đang hoạt động, còn {} việc chờ.",
                count(waiting)
            ),
        }
    }
}

/// The page.
pub async fn show(
    State(app): State<AppState>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let now = app.store().now_ms();
    let today = day_start(now);
    let sees_jobs = person.may_table(&work::JOBS, Right::See);
    let day = day_of(today, "%d/%m/%Y");
    let jobs = if sees_jobs {
        JobNumbers::of(&app, today).await?
    } else {
        JobNumbers::default()
    };
    let machines = app.store().machines().at_work(MACHINES_MAX).await?;
    let is_alive = |m: &MachineDetails| m.last_seen.is_some_and(|seen| now - seen < ALIVE_MS);
    let alive = machines.iter().filter(|m| is_alive(m)).count();
    let paid = |of: fn(&StateTally) -> i64| jobs.paid().map(of).sum();
    let compared = BesideYesterday::of(&jobs.hours, today);
    page(&Dashboard {
        frame: Frame::of(&person, "Tổng quan", "dashboard").with_notice(done.done.as_deref()),
        sees_jobs,
        sentence: if sees_jobs {
            jobs.sentence(alive)
        } else {
            format!("Hôm nay {day}.")
        },
        is_loud: jobs.doubts.0 + jobs.unseen > 0,
        is_new: machines.is_empty()
            && jobs.tallies.is_empty()
            && jobs.all_waiting() == 0
            && person.may(Area::Machines, Right::Add),
        payments: payment_figures(&app, &person, today, &day).await?,
        to_collect: to_collect(&app, &person).await?,
        today_url: format!("/admin/t/jobs?f.ended_at.from={day}&sort=ended_at&desc=1"),
        paid_today: money(paid(|t| t.paid)),
        paid_count: count(paid(|t| t.count)),
        compared: compared.sentence(),
        by_machine: compared.machines(),
        hours: compared.bars(),
        done_count: count(jobs.done()),
        waiting: count(jobs.all_waiting()),
        doubt: (jobs.doubts.0 > 0).then(|| (count(jobs.doubts.0), money(jobs.doubts.1))),
        unseen: jobs.unseen,
        services: Service::ALL
            .iter()
            .map(|s| service_row(*s, &jobs, compared.yesterday_of(s.spec().wire), &day))
            .collect(),
        heads: GROUPS.map(|(name, _)| name),
        sessions: machines
            .iter()
            .filter(|m| is_alive(m))
            .map(|m| m.sessions)
            .sum(),
        machines: machines
            .into_iter()
            .map(|m| MachineRow {
                is_alive: is_alive(&m),
                seen: m
                    .last_seen
                    .map_or_else(|| "chưa từng".to_owned(), |seen| ago(seen, now)),
                name: m.name,
                sessions: m.sessions,
                operator: m.operator.unwrap_or_default(),
            })
            .collect(),
        alive,
        is_paid: jobs.trend.iter().any(|d| d.paid > 0),
        most: money(jobs.trend.iter().map(|d| d.paid).max().unwrap_or(0)),
        sum: money(jobs.trend.iter().map(|d| d.paid).sum()),
        bars: bars(&jobs.trend),
        days: jobs
            .trend
            .iter()
            .skip(4)
            .step_by(5)
            .map(|d| day_of(d.start_ms, "%d/%m"))
            .collect(),
        failures: jobs
            .failures
            .into_iter()
            .map(|(message, n)| failure(message, n, &day))
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

fn service_row(service: Service, jobs: &JobNumbers, yesterday: i64, day: &str) -> ServiceRow {
    let (spec, waiting) = (service.spec(), jobs.waiting_for(service));
    let mine: Vec<&StateTally> = jobs
        .tallies
        .iter()
        .filter(|t| t.service == spec.wire)
        .collect();
    let url = format!(
        "/admin/t/jobs?f.service.is={}&f.ended_at.from={day}&sort=ended_at&desc=1",
        spec.wire
    );
    let cells = GROUPS.iter().zip(TONES).map(|((_, outcomes), tone)| {
        let is_one = |t: &&&StateTally| {
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
        paid: money_if_any(paid),
        yesterday: money_if_any(yesterday),
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
