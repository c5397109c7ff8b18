//! Money of which nobody knows: what the machines reported, what was allowed, and a person's word
//! on it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde_json::Value as Json;

use super::cells;
use super::form::{Form, Path};
use super::myself::Done;
use super::page::{Fault, Frame, ago, count, go, money, page, time};
use super::permission::{Action, Area};
use super::session::Person;
use super::tables::{Trace, cell_of, is_doubt, table_of, trail_of};
use crate::domain::{JobState, Resolution, Vnd};
use crate::server::App;
use crate::store::catalogue::SERVICES;
use crate::store::jobs::{JobFilter, JobView};
use crate::store::rows::{Compare, Filter, Query as RowQuery};

/// Jobs that wait for a person, on one page.
const MANY: u32 = 200;
/// Events of a job that are told.
const EVENTS_MAX: u32 = 200;

struct Waiting {
    url: String,
    service: String,
    code: String,
    amount: String,
    state: &'static str,
    machine: String,
    since: String,
    /// How long ago that was.
    ago: String,
    message: String,
}

#[derive(Template)]
#[template(path = "review.html")]
struct Review {
    frame: Frame,
    /// How many, and how much may be on its way.
    told: Option<(String, String)>,
    jobs: Vec<Waiting>,
}

/// Something that happened to the job, in order.
struct Told {
    at: i64,
    when: String,
    class: &'static str,
    title: String,
    lines: Vec<String>,
}

#[derive(Template)]
#[template(path = "job.html")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each switches one part of the page"
)]
struct JobPage {
    frame: Frame,
    job: JobView,
    service: String,
    state: &'static str,
    tone: &'static str,
    amount: String,
    paid: String,
    is_open: bool,
    may_decide: bool,
    may_edit: bool,
    may_cancel: bool,
    may_reopen: bool,
    suggested: String,
    story: Vec<Told>,
    trail: Vec<Trace>,
}

fn title_of(service: &str) -> String {
    SERVICES
        .iter()
        .find(|(wire, _)| *wire == service)
        .map_or_else(|| service.to_owned(), |(_, title)| (*title).to_owned())
}

/// Everything that waits for a person.
pub async fn list(
    State(app): State<App>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    let mut jobs = Vec::new();
    for state in [JobState::Review, JobState::InDoubt] {
        jobs.extend(
            app.store()
                .jobs(
                    &JobFilter {
                        state: Some(state),
                        ..JobFilter::default()
                    },
                    MANY,
                )
                .await?,
        );
    }
    let (now, allowed) = (app.store().now_ms(), app.store().doubtful_amounts().await?);
    let (number, sum) = app.store().in_doubt().await?;
    let jobs = jobs.into_iter().map(|job| Waiting {
        url: format!("/admin/review/{}", job.id),
        service: title_of(&job.service),
        amount: job
            .paid_amount
            .or(job.amount)
            .or(job.expected_amount)
            .or_else(|| allowed.get(&job.number).copied())
            .map_or_else(|| "—".to_owned(), money),
        state: job.state.label(),
        since: time(job.updated_at),
        ago: ago(job.updated_at, now),
        machine: job.machine.unwrap_or_default(),
        message: job.message.unwrap_or_default(),
        code: job.code,
    });
    page(&Review {
        frame: Frame::of(&person, "Cần xem", "review").told(done.done.as_deref()),
        told: (number > 0).then(|| (count(number), money(sum))),
        jobs: jobs.collect(),
    })
}

/// One job with everything that was said about it.
pub async fn show(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    let job = app.store().job(&id).await?.ok_or_else(Fault::not_found)?;
    let mut story = reports_of(&app, job.number).await?;
    story.extend(attempts_of(&app, job.number).await?);
    story.sort_by_key(|told| told.at);
    let suggested = story
        .iter()
        .rev()
        .find_map(|told| {
            told.lines
                .iter()
                .find_map(|line| line.strip_prefix("Số tiền: "))
        })
        .unwrap_or("")
        .to_owned();
    let state = job.state;
    let column = table_of("jobs")?
        .column("state")
        .ok_or_else(Fault::not_found)?;
    page(&JobPage {
        frame: Frame::of(
            &person,
            format!("{} · {}", title_of(&job.service), job.code),
            "review",
        )
        .told(done.done.as_deref()),
        service: title_of(&job.service),
        state: state.label(),
        tone: cells::tone(column, &Json::from(job.state.wire())),
        amount: job
            .amount
            .or(job.expected_amount)
            .map_or_else(|| "—".to_owned(), money),
        paid: job.paid_amount.map_or_else(|| "—".to_owned(), money),
        is_open: is_doubt(&job),
        may_decide: person.may(Area::Jobs, Action::Decide),
        may_edit: person.may(Area::Jobs, Action::Edit),
        may_cancel: matches!(state, JobState::Ready | JobState::Leased | JobState::Failed),
        may_reopen: matches!(state, JobState::Failed | JobState::Cancelled),
        suggested,
        story,
        trail: trail_of(&app, table_of("jobs")?, job.number).await?,
        job,
    })
}

fn of_job(job: i64) -> RowQuery {
    let filter = Filter {
        column: "job_id".to_owned(),
        compare: Compare::Is,
        value: job.to_string(),
    };
    RowQuery {
        filters: vec![filter],
        ..RowQuery::default()
    }
}

async fn reports_of(app: &App, job: i64) -> Result<Vec<Told>, Fault> {
    let table = table_of("reports")?;
    let found = app
        .store()
        .list("reports", &of_job(job), EVENTS_MAX)
        .await?;
    let machines = machines_of(app, "reports", &found.rows).await?;
    Ok(found
        .rows
        .iter()
        .map(|row| {
            let shown = |name: &str| {
                table
                    .column(name)
                    .map(|c| cells::for_people(c, cell_of(table, row, name)))
                    .filter(|t| !t.is_empty())
            };
            let machine = cell_of(table, row, "machine_id")
                .as_i64()
                .and_then(|id| machines.get(&id).cloned())
                .unwrap_or_default();
            let outcome = cell_of(table, row, "outcome").as_str().unwrap_or_default();
            let class = match outcome {
                "paid" => "good",
                "unknown" => "doubt",
                "rejected" | "failed" | "refused" | "not_found" => "bad",
                _ => "",
            };
            let line = |name: &str, title: &str| shown(name).map(|text| format!("{title}: {text}"));
            let at = cell_of(table, row, "at").as_i64().unwrap_or(0);
            Told {
                at,
                when: time(at),
                class,
                title: format!("{machine} báo: {}", shown("outcome").unwrap_or_default()),
                lines: [
                    line("amount", "Số tiền"),
                    line("proof", "Bằng chứng"),
                    line("transaction_id", "Mã giao dịch"),
                    line("message", "Lời của cổng"),
                    line("operator", "Nhân viên"),
                    line("verdict", "Máy chủ"),
                    line("reason", "Lý do"),
                    line("attempt", "Lần thanh toán"),
                ]
                .into_iter()
                .flatten()
                .collect(),
            }
        })
        .collect())
}

async fn attempts_of(app: &App, job: i64) -> Result<Vec<Told>, Fault> {
    let table = table_of("attempts")?;
    let found = app
        .store()
        .list("attempts", &of_job(job), EVENTS_MAX)
        .await?;
    let machines = machines_of(app, "attempts", &found.rows).await?;
    Ok(found
        .rows
        .iter()
        .map(|row| {
            let at = cell_of(table, row, "armed_at").as_i64().unwrap_or(0);
            let machine = cell_of(table, row, "machine_id")
                .as_i64()
                .and_then(|id| machines.get(&id).cloned())
                .unwrap_or_default();
            let amount = cell_of(table, row, "amount")
                .as_i64()
                .map(|a| format!("Số tiền: {}", money(a)));
            let attempt = cell_of(table, row, "attempt")
                .as_str()
                .map(|a| format!("Lần thanh toán: {a}"));
            Told {
                at,
                when: time(at),
                class: "",
                title: format!("Cho phép {machine} bấm xác nhận"),
                lines: amount.into_iter().chain(attempt).collect(),
            }
        })
        .collect())
}

async fn machines_of(
    app: &App,
    table: &str,
    rows: &[crate::store::rows::Row],
) -> Result<std::collections::HashMap<i64, String>, Fault> {
    let table = table_of(table)?;
    let column = table.column("machine_id").ok_or_else(Fault::not_found)?;
    let ids: Vec<i64> = rows
        .iter()
        .filter_map(|row| cell_of(table, row, "machine_id").as_i64())
        .collect();
    Ok(app.store().names(column, &ids).await?)
}

/// A person's word. It is said once, with a reason, in the name of the account that has signed in.
pub async fn decide(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let (name, reason) = (person.name(), form.text("reason"));
    if reason.chars().count() < 5 {
        return Err(Fault::bad("Ghi lý do (từ 5 ký tự)."));
    }
    let resolution = match form.text("resolution") {
        "paid" => Resolution::Paid,
        "not_paid" => Resolution::NotPaid,
        "dropped" => Resolution::Dropped,
        _ => return Err(Fault::bad("Chọn đã trả, chưa trả hay bỏ.")),
    };
    let amount = match (resolution, form.text("amount")) {
        (Resolution::Paid, text) => {
            let amount: Vnd = text
                .parse()
                .map_err(|_| Fault::bad("Nhập số tiền đã trả như 350000 hoặc 350.000."))?;
            Some(amount)
        }
        _ => None,
    };
    let reason: String = format!("{name}: {reason}").chars().take(2_000).collect();
    app.store()
        .resolve(&id, resolution, amount, &reason, &person.actor())
        .await?;
    Ok(go(&format!("/admin/review/{id}?done=decided")))
}

/// Takes a job back, or has it done again.
pub async fn change(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let reason = Some(form.text("reason"))
        .filter(|r| !r.is_empty())
        .ok_or_else(|| Fault::bad("Ghi lý do."))?;
    match form.text("action") {
        "cancel" => app.store().cancel(&id, reason, &person.actor()).await?,
        "reopen" => app.store().reopen(&id, reason, &person.actor()).await?,
        _ => return Err(Fault::bad("Không có việc này.")),
    };
    Ok(go(&format!("/admin/review/{id}?done=decided")))
}
