//! Machines and their tokens: shown once, each with what it may do, taken back alone.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::ExposeSecret;

use super::form::{Form, Path};
use super::myself::Done;
use super::page::{Fault, Frame, ago, go, page, page_with, time};
use super::permission::Right;
use super::session::Person;
use crate::domain::calendar::DAY_MS;
use crate::server::App;
use crate::store::StoreError;
use crate::store::catalogue::Area;
use crate::store::machines::{MachineDetails, Scope};

const MANY: u32 = 500;

struct MachineRow {
    id: i64,
    name: String,
    prefix: String,
    scopes: String,
    seen: String,
    sessions: i64,
    operator: String,
    program: String,
    status: String,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "machines.html")]
struct Machines {
    frame: Frame,
    all: Vec<MachineRow>,
    scopes: Vec<(&'static str, &'static str)>,
    may_add: bool,
    error: Option<String>,
    token: Option<String>,
}

const fn meaning(scope: Scope) -> &'static str {
    match scope {
        Scope::Lease => "nhận việc, thanh toán, báo kết quả",
        Scope::Write => "thêm việc",
        Scope::Read => "xem việc",
        Scope::Metrics => "đọc số đo",
    }
}

async fn machines(
    app: &App,
    person: &Person,
    error: Option<String>,
    token: Option<String>,
    done: Option<&str>,
) -> Result<Machines, Fault> {
    let now = app.store().now_ms();
    let view = |machine: MachineDetails| {
        let status = match (machine.revoked_at, machine.expires_at) {
            (Some(at), _) => format!("thu hồi {}", time(at)),
            (None, Some(until)) if until <= now => "đã hết hạn".to_owned(),
            (None, Some(until)) => format!("đến {}", time(until)),
            (None, None) => "không hạn".to_owned(),
        };
        let meanings: Vec<_> = machine.scopes.iter().map(|s| meaning(*s)).collect();
        MachineRow {
            id: machine.id,
            name: machine.name,
            prefix: format!("gn_{}…", machine.prefix),
            scopes: meanings.join("; "),
            seen: machine
                .last_seen
                .map_or_else(|| "chưa từng".to_owned(), |seen| ago(seen, now)),
            sessions: machine.sessions,
            operator: machine.operator.unwrap_or_default(),
            program: machine.program.unwrap_or_default(),
            status,
            is_open: machine.revoked_at.is_none()
                && machine.expires_at.is_none_or(|until| until > now),
        }
    };
    let all = app.store().machines().list(MANY).await?;
    Ok(Machines {
        frame: Frame::of(person, "Máy và mã truy cập", "machines").with_notice(done),
        all: all.into_iter().map(view).collect(),
        scopes: Scope::ALL.iter().map(|s| (s.wire(), meaning(*s))).collect(),
        may_add: person.may(Area::Machines, Right::Add),
        error,
        token,
    })
}

/// All machines.
pub async fn list(
    State(app): State<App>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    page(&machines(&app, &person, None, None, done.done.as_deref()).await?)
}

/// A new machine; its token is shown this once.
pub async fn add(State(app): State<App>, person: Person, form: Form) -> Result<Response, Fault> {
    let scopes: Vec<Scope> = Scope::ALL
        .into_iter()
        .filter(|s| form.all("scope").any(|wire| wire == s.wire()))
        .collect();
    let days = form.number("days").filter(|d| (1..=3_650).contains(d));
    let refused = async |why: String| {
        page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &machines(&app, &person, Some(why), None, None).await?,
        )
    };
    if scopes.is_empty() {
        return refused("Chọn ít nhất một quyền.".to_owned()).await;
    }
    let until = days.map(|days| app.store().now_ms() + days * DAY_MS);
    match app
        .store()
        .machines()
        .add(form.text("name"), &scopes, until, &person.actor())
        .await
    {
        Ok(new) => page(
            &machines(
                &app,
                &person,
                None,
                Some(new.token.expose_secret().to_owned()),
                None,
            )
            .await?,
        ),
        Err(StoreError::BadValue { field, why }) => refused(format!("{field}: {why}")).await,
        Err(other) => Err(other.into()),
    }
}

/// Its token opens nothing any more.
pub async fn revoke(
    State(app): State<App>,
    person: Person,
    Path(id): Path<i64>,
) -> Result<Response, Fault> {
    app.store().machines().revoke(id, &person.actor()).await?;
    Ok(go("/admin/machines?done=revoked"))
}
