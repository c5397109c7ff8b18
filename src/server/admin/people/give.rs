//! An account for somebody whom the old shop knew, whose old password opens nothing.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::person::with_password;
use super::{ONCE_MS, password_for_once, roles_for};
use crate::server::AppState;
use crate::server::door::password::hashed;
use crate::server::door::register::username_fault;
use crate::server::web::extract::PathParam;
use crate::server::web::field::Choice;
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page, page_with};
use crate::server::web::permission::may_manage;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::StoreError;
use crate::store::catalogue::Role;
use crate::store::people::{GivenAccount, OldPerson};

/// The old shop's administrators, as far as its numbers tell.
const OLD_ADMINISTRATOR: i64 = 1;

#[derive(Template)]
#[template(path = "give.html")]
struct Give {
    frame: Frame,
    old: OldPerson,
    old_role: String,
    username: String,
    roles: Vec<Choice>,
    error: Option<String>,
}

/// What somebody is likely to be: by what they do where that is known, by the old number, else what may do
/// least. A person decides.
fn proposed(old: &OldPerson) -> Role {
    if old.collects {
        Role::Collector
    } else if old.old_role == Some(OLD_ADMINISTRATOR) {
        Role::Manager
    } else {
        Role::ReadOnly
    }
}

/// Whom the old shop knew is the whole shop's: nobody who works for one payee alone gives them a way in.
async fn known(app: &AppState, person: &Person, id: i64) -> Result<OldPerson, Problem> {
    if person.account.payee.is_some() {
        return Err(Problem::no_page());
    }
    let old = app.store().accounts().old_person(id).await?;
    old.ok_or_else(Problem::no_page)
}

fn give_page(
    person: &Person,
    old: OldPerson,
    username: String,
    role: Role,
    error: Option<String>,
) -> Give {
    let title = format!("Cấp tài khoản cho {}", old.username);
    Give {
        frame: Frame::of(person, title, "accounts"),
        old_role: old
            .old_role
            .map_or_else(|| "không ghi".to_owned(), |role| role.to_string()),
        username,
        roles: roles_for(person, role),
        error,
        old,
    }
}

/// Which login, which role.
pub async fn form(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
) -> Result<Response, Problem> {
    let old = known(&app, &person, id).await?;
    if old.has_account {
        return Ok(go(&format!("/admin/people/{id}")));
    }
    let (username, role) = (old.username.clone(), proposed(&old));
    page(&give_page(&person, old, username, role, None))
}

/// Gives it, with a password for once, which is shown this once.
pub async fn give(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Result<Response, Problem> {
    let role = Role::of(form.text("role")).ok_or_else(|| Problem::bad("Chọn vai trò."))?;
    if !may_manage(person.account.role, role) {
        return Err(Problem::forbidden());
    }
    let old = known(&app, &person, id).await?;
    // What the old shop called somebody is good enough, as long as it can be typed.
    let username = form.text("username").to_owned();
    let fault = if username == old.username {
        None
    } else {
        username_fault(&username)
    };
    let fault = match fault {
        Some(why) => Some(why.to_owned()),
        None if username.is_empty() => Some("Đặt tên đăng nhập cho người này.".to_owned()),
        None => None,
    };
    let refused = |old, why| {
        let shown = give_page(&person, old, username.clone(), role, Some(why));
        page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
    };
    if let Some(why) = fault {
        return refused(old, why);
    }
    let password = password_for_once();
    let hash = hashed(&password).await?;
    let until = app.store().now_ms() + ONCE_MS;
    let given = GivenAccount {
        username: &username,
        role,
    };
    let accounts = app.store().accounts();
    match accounts
        .give(id, given, &hash, until, &person.actor())
        .await
    {
        Ok(()) => with_password(&app, &person, id, password).await,
        Err(StoreError::BadValue { field, why }) => refused(old, format!("{field}: {why}.")),
        Err(other) => Err(other.into()),
    }
}
