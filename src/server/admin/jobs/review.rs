//! Money of which nobody knows: what the machines reported, what was allowed, and a person's word
//! on it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde_json::Value as Json;

use crate::domain::{JobState, Resolution, Vnd};
use crate::server::AppState;
use crate::server::admin::tables::trail::{Trace, trail_of};
use crate::server::web::cells;
use crate::server::web::extract::{Done, PathParam};
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::{ago, count, money, time};
use crate::store::catalogue::work::{JOBS, jobs, reports};
use crate::store::catalogue::{Area, Column, SERVICES};
use crate::store::jobs::{ArmedAttempt, JobFilter, JobView, ReportRecord};

/// Jobs that wait for a person, on one page.
const MANY: u32 = 200;
/// Events of a job that are shown.
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
    in_doubt: Option<(String, String)>,
    jobs: Vec<Waiting>,
}

/// Something that happened to the job, in order.
struct Event {
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
    story: Vec<Event>,
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
    State(app): State<AppState>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let mut jobs = Vec::new();
    for state in [JobState::Review, JobState::InDoubt] {
        jobs.extend(
            app.store()
                .jobs()
                .list(
                    &JobFilter {
                        state: Some(state),
                        ..JobFilter::default()
                    },
                    MANY,
                )
                .await?,
        );
    }
    let (now, allowed) = (
        app.store().now_ms(),
        app.store().jobs().doubtful_amounts().await?,
    );
    let (number, sum) = app.store().jobs().board().in_doubt().await?;
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
        frame: Frame::of(&person, "Cần xem", "review").with_notice(done.done.as_deref()),
        in_doubt: (number > 0).then(|| (count(number), money(sum))),
        jobs: jobs.collect(),
    })
}

/// One job with everything that was said about it.
pub async fn show(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<String>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let job = app
        .store()
        .jobs()
        .find(&id)
        .await?
        .ok_or_else(Problem::no_page)?;
    let mut story = reports_of(&app, job.number).await?;
    story.extend(attempts_of(&app, job.number).await?);
    story.sort_by_key(|event| event.at);
    let suggested = story
        .iter()
        .rev()
        .find_map(|event| {
            event
                .lines
                .iter()
                .find_map(|line| line.strip_prefix("Số tiền: "))
        })
        .unwrap_or("")
        .to_owned();
    let state = job.state;
    page(&JobPage {
        frame: Frame::of(
            &person,
            format!("{} · {}", title_of(&job.service), job.code),
            "review",
        )
        .with_notice(done.done.as_deref()),
        service: title_of(&job.service),
        state: state.label(),
        tone: cells::tone(&jobs::STATE, &Json::from(job.state.wire())),
        amount: job
            .amount
            .or(job.expected_amount)
            .map_or_else(|| "—".to_owned(), money),
        paid: job.paid_amount.map_or_else(|| "—".to_owned(), money),
        is_open: is_doubt(&job),
        may_decide: person.may(Area::Jobs, Right::Decide),
        may_edit: person.may(Area::Jobs, Right::Edit),
        may_cancel: matches!(state, JobState::Ready | JobState::Leased | JobState::Failed),
        may_reopen: matches!(state, JobState::Failed | JobState::Cancelled),
        suggested,
        story,
        trail: trail_of(&app, &JOBS, job.number).await?,
        job,
    })
}

async fn reports_of(app: &AppState, job: i64) -> Result<Vec<Event>, Problem> {
    let reports = app.store().jobs().reports_of(job, EVENTS_MAX).await?;
    Ok(reports.into_iter().map(report_event).collect())
}

fn report_event(report: ReportRecord) -> Event {
    let shown = |column: Column, text: Option<String>| {
        text.map(|text| cells::for_people(&column, &Json::from(text)))
            .filter(|text| !text.is_empty())
    };
    let class = match report.outcome.as_str() {
        "paid" => "good",
        "unknown" => "doubt",
        "rejected" | "failed" | "refused" | "not_found" => "bad",
        _ => "",
    };
    let outcome = shown(reports::OUTCOME, Some(report.outcome)).unwrap_or_default();
    let lines = [
        ("Số tiền", report.amount.map(money)),
        ("Bằng chứng", shown(reports::PROOF, Some(report.proof))),
        ("Mã giao dịch", report.transaction_id),
        ("Lời của cổng", report.message),
        ("Nhân viên", report.operator),
        ("Máy chủ", shown(reports::VERDICT, Some(report.status))),
        ("Lý do", shown(reports::REASON, report.reason)),
        ("Lần thanh toán", Some(report.attempt)),
    ];
    Event {
        at: report.at,
        when: time(report.at),
        class,
        title: format!("{} báo: {outcome}", report.machine),
        lines: lines
            .into_iter()
            .filter_map(|(title, text)| Some((title, text.filter(|t| !t.is_empty())?)))
            .map(|(title, text)| format!("{title}: {text}"))
            .collect(),
    }
}

async fn attempts_of(app: &AppState, job: i64) -> Result<Vec<Event>, Problem> {
    let attempts = app.store().jobs().attempts_of(job, EVENTS_MAX).await?;
    let event = |attempt: ArmedAttempt| Event {
        at: attempt.at,
        when: time(attempt.at),
        class: "",
        title: format!("Cho phép {} bấm xác nhận", attempt.machine),
        lines: attempt
            .amount
            .map(|dong| format!("Số tiền: {}", money(dong)))
            .into_iter()
            .chain([format!("Lần thanh toán: {}", attempt.attempt)])
            .collect(),
    };
    Ok(attempts.into_iter().map(event).collect())
}

/// A person's word. It is said once, with a reason, in the name of the account that has signed in.
pub async fn decide(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<String>,
    form: FormData,
) -> Result<Response, Problem> {
    let (name, reason) = (person.name(), form.text("reason"));
    if reason.chars().count() < 5 {
        return Err(Problem::bad("Ghi lý do (từ 5 ký tự)."));
    }
    let resolution = match form.text("resolution") {
        "paid" => Resolution::Paid,
        "not_paid" => Resolution::NotPaid,
        "dropped" => Resolution::Dropped,
        _ => return Err(Problem::bad("Chọn đã trả, chưa trả hay bỏ.")),
    };
    let amount = match (resolution, form.text("amount")) {
        (Resolution::Paid, text) => {
            let amount: Vnd = text
                .parse()
                .map_err(|_| Problem::bad("Nhập số tiền đã trả như 350000 hoặc 350.000."))?;
            Some(amount)
        }
        _ => None,
    };
    let reason: String = format!("{name}: {reason}").chars().take(2_000).collect();
    app.store()
        .jobs()
        .resolve(&id, resolution, amount, &reason, &person.actor())
        .await?;
    Ok(go(&format!("/admin/review/{id}?done=decided")))
}

/// Takes a job back, or has it done again.
pub async fn change(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<String>,
    form: FormData,
) -> Result<Response, Problem> {
    let reason = Some(form.text("reason"))
        .filter(|r| !r.is_empty())
        .ok_or_else(|| Problem::bad("Ghi lý do."))?;
    match form.text("action") {
        "cancel" => {
            app.store()
                .jobs()
                .cancel(&id, reason, &person.actor())
                .await?
        }
        "reopen" => {
            app.store()
                .jobs()
                .reopen(&id, reason, &person.actor())
                .await?
        }
        _ => return Err(Problem::bad("Không có việc này.")),
    };
    Ok(go(&format!("/admin/review/{id}?done=decided")))
}

/// May the job be decided by a person now?
fn is_doubt(job: &JobView) -> bool {
    matches!(job.state, JobState::InDoubt | JobState::Review)
}
