//! Accounts: who may sign in, as what, for how long. Owners are for owners.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::Value as Json;

use crate::server::AppState;
use crate::server::door::password::hashed;
use crate::server::door::register::username_fault;
use crate::server::door::sessions::{SessionRow, end, sessions_of};
use crate::server::web::cells;
use crate::server::web::extract::{Done, PathParam};
use crate::server::web::field::Choice;
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page, page_with};
use crate::server::web::permission::{Right, may_manage};
use crate::server::web::problem::Problem;
use crate::server::web::route::{Need, Route};
use crate::server::web::session::Person;
use crate::server::web::words::time;
use crate::store::catalogue::people::users;
use crate::store::catalogue::{AccountStatus, Area, Role};
use crate::store::people::{Device, NewAccount, UserAccount};
use crate::store::{StoreError, letters};

/// Accounts on the page.
const MANY: u32 = 500;
/// How long a password for once works.
const ONCE_MS: i64 = 24 * 60 * 60 * 1000;

/// The routes of accounts.
pub fn routes() -> Vec<Route> {
    let may = |right| Need::May(Area::People, right);
    vec![
        Route::read("/admin/people", may(Right::See), get(list)),
        Route::change("/admin/people", may(Right::Add), post(add)),
        Route::read("/admin/people/{id}", may(Right::See), get(show)),
        Route::change(
            "/admin/people/{id}/standing",
            may(Right::Edit),
            post(set_role),
        ),
        Route::change("/admin/people/{id}/trial", may(Right::Edit), post(trial)),
        Route::change("/admin/people/{id}/reset", may(Right::Edit), post(reset)),
        Route::change(
            "/admin/people/{id}/totp-off",
            may(Right::Edit),
            post(totp_off),
        ),
        Route::change("/admin/people/{id}/device", may(Right::Edit), post(device)),
        Route::change(
            "/admin/people/{id}/end",
            may(Right::Edit),
            post(end_sessions),
        ),
    ]
}

struct PersonRow {
    id: i64,
    username: String,
    role: &'static str,
    status: &'static str,
    tone: &'static str,
    last_login: String,
}

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    frame: Frame,
    all: Vec<PersonRow>,
    roles: Vec<Choice>,
    may_add: bool,
    error: Option<String>,
    told: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "person.html")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each switches one part of the page"
)]
struct PersonPage {
    frame: Frame,
    id: i64,
    account: UserAccount,
    role: &'static str,
    status: &'static str,
    tone: &'static str,
    roles: Vec<Choice>,
    may_manage: bool,
    is_self: bool,
    has_totp: bool,
    device: &'static str,
    is_bound: bool,
    /// Until when a trial works.
    trial: Option<String>,
    sessions: Vec<SessionRow>,
    action: String,
    told: Option<String>,
}

/// How loud an account's status is.
const fn tone_of(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Active => "tone good",
        AccountStatus::Pending => "tone doubt",
        AccountStatus::Suspended => "tone bad",
    }
}

/// The roles that this person may give.
fn roles_for(person: &Person, chosen: Role) -> Vec<Choice> {
    Role::ALL
        .iter()
        .filter(|role| may_manage(person.account.role, **role))
        .map(|role| Choice {
            value: role.wire().to_owned(),
            label: role.label().to_owned(),
            is_chosen: *role == chosen,
        })
        .collect()
}

/// Sixteen letters, eighty bits.
fn password_for_once() -> String {
    letters(16)
}

async fn people(
    app: &AppState,
    person: &Person,
    error: Option<String>,
    told: Option<(String, String)>,
    done: Option<&str>,
) -> Result<People, Problem> {
    let mut accounts = app.store().accounts().list(MANY).await?;
    // Who waits for approval stands first.
    accounts.sort_by_key(|a| (a.status != AccountStatus::Pending, a.username.clone()));
    let row = |account: UserAccount| PersonRow {
        id: account.user_id,
        username: account.username,
        role: account.role.label(),
        status: account.status.label(),
        tone: tone_of(account.status),
        last_login: account.last_login.map_or_else(|| "chưa".to_owned(), time),
    };
    let may_add = person.may(Area::People, Right::Add);
    Ok(People {
        frame: Frame::of(person, "Tài khoản", "accounts").with_notice(done),
        all: accounts.into_iter().map(row).collect(),
        roles: roles_for(person, Role::Operator),
        may_add,
        error,
        told,
    })
}

/// All accounts.
pub async fn list(
    State(app): State<AppState>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    page(&people(&app, &person, None, None, done.done.as_deref()).await?)
}

/// A new account with a password for once, which is told this once.
pub async fn add(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    let role = Role::of(form.text("role")).ok_or_else(|| Problem::bad("Chọn vai trò."))?;
    if !may_manage(person.account.role, role) {
        return Err(Problem::forbidden());
    }
    let (username, name) = (form.text("username"), form.text("name"));
    if let Some(why) = username_fault(username) {
        return page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &people(&app, &person, Some(why.to_owned()), None, None).await?,
        );
    }
    let password = password_for_once();
    let hash = hashed(&password).await?;
    let new = NewAccount {
        username,
        name: Some(name).filter(|n| !n.is_empty()),
        role,
        status: AccountStatus::Active,
    };
    match app
        .store()
        .accounts()
        .add(
            &new,
            &hash,
            Some(app.store().now_ms() + ONCE_MS),
            &person.actor(),
        )
        .await
    {
        Ok(_) => page(
            &people(
                &app,
                &person,
                None,
                Some((username.to_owned(), password)),
                None,
            )
            .await?,
        ),
        Err(StoreError::BadValue { field, why }) => page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &people(&app, &person, Some(format!("{field}: {why}")), None, None).await?,
        ),
        Err(other) => Err(other.into()),
    }
}

async fn account_of(app: &AppState, id: i64) -> Result<UserAccount, Problem> {
    app.store()
        .accounts()
        .find(id)
        .await?
        .ok_or_else(Problem::no_page)
}

async fn person_page(
    app: &AppState,
    person: &Person,
    id: i64,
    told: Option<String>,
    done: Option<&str>,
) -> Result<PersonPage, Problem> {
    let account = account_of(app, id).await?;
    Ok(PersonPage {
        frame: Frame::of(
            person,
            format!("Tài khoản {}", account.username),
            "accounts",
        )
        .with_notice(done),
        id,
        role: account.role.label(),
        status: account.status.label(),
        tone: tone_of(account.status),
        roles: roles_for(person, account.role),
        may_manage: person.may(Area::People, Right::Edit)
            && may_manage(person.account.role, account.role),
        is_self: id == person.account.user_id,
        has_totp: account.totp_secret.is_some(),
        device: match account.device {
            Device::Any => "thiết bị nào cũng được",
            Device::Next => "sẽ gắn ở lần đăng nhập tới",
            Device::Only(_) => "chỉ một thiết bị đã gắn",
        },
        is_bound: account.device != Device::Any,
        trial: account
            .trial_ends
            .as_deref()
            .map(|until| cells::for_people(&users::TRIAL_EXPIRE_DATE, &Json::from(until))),
        sessions: sessions_of(app, id, &person.session).await?,
        action: format!("/admin/people/{id}/end"),
        told,
        account,
    })
}

/// One account.
pub async fn show(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    page(&person_page(&app, &person, id, None, done.done.as_deref()).await?)
}

/// The account, where this person may change it.
async fn managed(app: &AppState, person: &Person, id: i64) -> Result<UserAccount, Problem> {
    let account = account_of(app, id).await?;
    if may_manage(person.account.role, account.role) {
        Ok(account)
    } else {
        Err(Problem::forbidden())
    }
}

/// What is done to others alone: for oneself there is a page that asks for the password and the
/// code.
fn another(person: &Person, id: i64) -> Result<(), Problem> {
    if id == person.account.user_id {
        Err(Problem::bad(
            "Việc này của chính mình: dùng trang “Tài khoản của tôi”.",
        ))
    } else {
        Ok(())
    }
}

/// Another role or status. Who may no longer sign in is out at once.
pub async fn set_role(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Result<Response, Problem> {
    let account = managed(&app, &person, id).await?;
    let role = match form.text("role") {
        "" => account.role,
        wire => Role::of(wire)
            .filter(|r| may_manage(person.account.role, *r))
            .ok_or_else(Problem::forbidden)?,
    };
    let status = match form.text("status") {
        "" => account.status,
        "active" => AccountStatus::Active,
        "suspended" => AccountStatus::Suspended,
        _ => return Err(Problem::bad("Không có trạng thái này.")),
    };
    app.store()
        .accounts()
        .set_role(id, role, status, &person.actor())
        .await?;
    if account.status == AccountStatus::Pending && status == AccountStatus::Active {
        let days = app.shop().await?.trial_days;
        app.store()
            .accounts()
            .set_trial(id, (days > 0).then_some(days), &person.actor())
            .await?;
    }
    Ok(go(&format!("/admin/people/{id}?done=saved")))
}

/// How long a trial lasts from now; empty: no trial.
pub async fn trial(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Result<Response, Problem> {
    managed(&app, &person, id).await?;
    let days = match form.text("days") {
        "" => None,
        _ => Some(
            form.number("days")
                .filter(|d| (1..=3_650).contains(d))
                .ok_or_else(|| Problem::bad("Số ngày từ 1 đến 3650."))?,
        ),
    };
    app.store()
        .accounts()
        .set_trial(id, days, &person.actor())
        .await?;
    Ok(go(&format!("/admin/people/{id}?done=saved")))
}

/// A new password for once, told this once.
pub async fn reset(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
) -> Result<Response, Problem> {
    managed(&app, &person, id).await?;
    another(&person, id)?;
    let password = password_for_once();
    let hash = hashed(&password).await?;
    app.store()
        .accounts()
        .set_password_for_once(id, &hash, app.store().now_ms() + ONCE_MS, &person.actor())
        .await?;
    page(&person_page(&app, &person, id, Some(password), None).await?)
}

/// Takes somebody's second factor away, for a lost phone.
pub async fn totp_off(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
) -> Result<Response, Problem> {
    managed(&app, &person, id).await?;
    another(&person, id)?;
    app.store()
        .accounts()
        .set_totp(id, None, None, &person.actor())
        .await?;
    Ok(go(&format!("/admin/people/{id}?done=totp_off")))
}

/// Binds the account to the device of the next sign-in, or to none.
pub async fn device(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Result<Response, Problem> {
    managed(&app, &person, id).await?;
    let binds = match form.text("device") {
        "one" => true,
        "any" => false,
        _ => return Err(Problem::bad("Chọn gắn hay bỏ gắn thiết bị.")),
    };
    app.store()
        .accounts()
        .set_device(id, binds, &person.actor())
        .await?;
    Ok(go(&format!(
        "/admin/people/{id}?done={}",
        if binds { "device" } else { "device_off" }
    )))
}

/// Ends sessions of somebody.
pub async fn end_sessions(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Result<Response, Problem> {
    managed(&app, &person, id).await?;
    end(&app, &person, id, form.text("handle")).await?;
    Ok(go(&format!("/admin/people/{id}?done=ended")))
}
