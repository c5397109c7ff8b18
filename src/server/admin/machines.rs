//! Machines and their tokens: shown once, each with what it may do, taken back alone.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use secrecy::ExposeSecret;

use crate::domain::calendar::DAY_MS;
use crate::server::AppState;
use crate::server::web::extract::{Done, PathParam};
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page, page_with};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::route::{Need, Route};
use crate::server::web::session::Person;
use crate::server::web::words::{ago, time};
use crate::store::StoreError;
use crate::store::catalogue::Area;
use crate::store::machines::{MachineDetails, Scope};

const MANY: u32 = 500;

/// The routes of machines.
pub fn routes() -> Vec<Route> {
    let may = |right| Need::May(Area::Machines, right);
    vec![
        Route::read("/admin/machines", may(Right::See), get(list)),
        Route::change("/admin/machines", may(Right::Add), post(add)),
        Route::change(
            "/admin/machines/{id}/revoke",
            may(Right::Delete),
            post(revoke),
        )
        .asking(|_| Some("Thu hồi mã của máy này? Máy đó không làm việc được nữa.")),
    ]
}

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
        Scope::PaymentsWrite => "lập và thu thanh toán của khách",
        Scope::PaymentsRead => "xem thanh toán của khách",
        Scope::CollectionWrite => "nạp danh sách thu cước",
        Scope::Desk => "quầy thu cước, theo quyền của một người",
    }
}

async fn machines(
    app: &AppState,
    person: &Person,
    error: Option<String>,
    token: Option<String>,
    done: Option<&str>,
) -> Result<Machines, Problem> {
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
    State(app): State<AppState>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    page(&machines(&app, &person, None, None, done.done.as_deref()).await?)
}

/// A new machine; its token is shown this once.
pub async fn add(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
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
    let username = form.text("person");
    let holder = match username {
        "" => None,
        name => app.store().accounts().named(name).await?,
    };
    if holder.is_none() && !username.is_empty() {
        return refused(format!("Không có tài khoản {username}.")).await;
    }
    if holder.is_none() && scopes.contains(&Scope::Desk) {
        return refused("Quyền quầy thu cước cần tên đăng nhập của một người.".to_owned()).await;
    }
    let until = days.map(|days| app.store().now_ms() + days * DAY_MS);
    match app
        .store()
        .machines()
        .add_for(
            form.text("name"),
            &scopes,
            until,
            holder.map(|account| account.user_id),
            &person.actor(),
        )
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
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
) -> Result<Response, Problem> {
    app.store().machines().revoke(id, &person.actor()).await?;
    Ok(go("/admin/machines?done=revoked"))
}
