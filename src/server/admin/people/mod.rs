//! Accounts: who may sign in, as what, for how long. Owners are for owners.

mod give;
mod person;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use crate::server::AppState;
use crate::server::door::password::hashed;
use crate::server::door::register::username_fault;
use crate::server::web::extract::Done;
use crate::server::web::field::Choice;
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{page, page_with};
use crate::server::web::permission::{Right, may_manage};
use crate::server::web::problem::Problem;
use crate::server::web::route::{Need, Route};
use crate::server::web::session::Person;
use crate::server::web::words::time;
use crate::store::catalogue::{AccountStatus, Area, Role};
use crate::store::people::{NewAccount, UserAccount};
use crate::store::{StoreError, random_letters};

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
        Route::read("/admin/people/{id}", may(Right::See), get(person::show)),
        Route::read("/admin/people/{id}/give", may(Right::Add), get(give::form)),
        Route::change("/admin/people/{id}/give", may(Right::Add), post(give::give)),
        Route::change(
            "/admin/people/{id}/standing",
            may(Right::Edit),
            post(person::set_role),
        ),
        Route::change(
            "/admin/people/{id}/trial",
            may(Right::Edit),
            post(person::trial),
        ),
        Route::change(
            "/admin/people/{id}/reset",
            may(Right::Edit),
            post(person::reset),
        )
        .asking(|_| Some("Tạo mật khẩu dùng một lần? Mật khẩu cũ mất hiệu lực ngay.")),
        Route::change(
            "/admin/people/{id}/totp-off",
            may(Right::Edit),
            post(person::totp_off),
        )
        .asking(|_| Some("Tắt bảo vệ hai lớp của người này?")),
        Route::change(
            "/admin/people/{id}/device",
            may(Right::Edit),
            post(person::device),
        ),
        Route::change(
            "/admin/people/{id}/end",
            may(Right::Edit),
            post(person::end_sessions),
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
    new_password: Option<(String, String)>,
    /// Where somebody of the old shop who has the login is given an account.
    give_url: Option<String>,
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
    random_letters(16)
}

async fn people(
    app: &AppState,
    person: &Person,
    error: Option<String>,
    new_password: Option<(String, String)>,
    done: Option<&str>,
) -> Result<People, Problem> {
    let mut accounts = app.store().accounts().list(MANY).await?;
    accounts.retain(|account| person.may_reach(account));
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
        new_password,
        give_url: None,
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

/// A new account with a password for once, which is shown this once.
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
        .add_for(
            &new,
            person.account.payee,
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
        Err(StoreError::BadValue { field, why }) => {
            let mut old = app.store().accounts().old_person_named(username).await?;
            old.take_if(|_| person.account.payee.is_some());
            let error = Some(format!("{field}: {why}"));
            let mut shown = people(&app, &person, error, None, None).await?;
            shown.give_url = old.map(|old| format!("/admin/people/{}/give", old.id));
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(other) => Err(other.into()),
    }
}
