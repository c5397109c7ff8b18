//! Machines and their tokens: shown once, each with what it may do, taken back alone.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::ExposeSecret;

use super::form::{Form, Path};
use super::myself::Done;
use super::page::{Fault, Frame, ago, go, page, page_with, time};
use super::permission::{Action, Area};
use super::session::Person;
use super::tables::{cell_of, table_of};
use crate::domain::calendar::DAY_MS;
use crate::server::App;
use crate::store::StoreError;
use crate::store::machines::Scope;
use crate::store::rows::Query as RowQuery;

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
    standing: String,
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
    let table = table_of("machines")?;
    let now = app.store().now_ms();
    let rows = app
        .store()
        .list("machines", &RowQuery::default(), MANY)
        .await?
        .rows;
    let view = |row: &crate::store::rows::Row| {
        let text = |name: &str| {
            cell_of(table, row, name)
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let number = |name: &str| cell_of(table, row, name).as_i64();
        let standing = match (number("revoked_at"), number("expires_at")) {
            (Some(at), _) => format!("thu hồi {}", time(at)),
            (None, Some(until)) if until <= now => "đã hết hạn".to_owned(),
            (None, Some(until)) => format!("đến {}", time(until)),
            (None, None) => "không hạn".to_owned(),
        };
        MachineRow {
            id: row.id,
            name: text("name"),
            prefix: format!("gn_{}…", text("prefix")),
            scopes: Scope::ALL
                .into_iter()
                .filter(|s| {
                    text("scopes")
                        .split_whitespace()
                        .any(|wire| wire == s.wire())
                })
                .map(meaning)
                .collect::<Vec<_>>()
                .join("; "),
            seen: number("last_seen").map_or_else(|| "chưa từng".to_owned(), |seen| ago(seen, now)),
            sessions: number("sessions").unwrap_or(0),
            operator: text("operator"),
            program: text("program"),
            standing,
            is_open: number("revoked_at").is_none()
                && number("expires_at").is_none_or(|until| until > now),
        }
    };
    Ok(Machines {
        frame: Frame::of(person, "Máy và mã truy cập", "machines").told(done),
        all: rows.iter().map(view).collect(),
        scopes: Scope::ALL.iter().map(|s| (s.wire(), meaning(*s))).collect(),
        may_add: person.may(Area::Machines, Action::Add),
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
        .add_machine(form.text("name"), &scopes, until, &person.actor())
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
    app.store().revoke_machine(id, &person.actor()).await?;
    Ok(go("/admin/machines?done=revoked"))
}
