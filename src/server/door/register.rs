//! Asking for an account, where the shop allows it.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::guess;
use super::password::{hashed, password_fault};
use crate::server::AppState;
use crate::server::web::assets::ASSETS;
use crate::server::web::extract::Done;
use crate::server::web::form::FormData;
use crate::server::web::origin::Origin;
use crate::server::web::page::{go, page, page_with};
use crate::server::web::problem::Problem;
use crate::store::catalogue::{AccountStatus, Role};
use crate::store::people::NewAccount;
use crate::store::{Actor, StoreError};

#[derive(Template)]
#[template(path = "register.html")]
struct Register<'p> {
    assets: &'static str,
    error: Option<String>,
    is_asked: bool,
    username: &'p str,
    name: &'p str,
}

/// Asking for an account, where the shop allows it.
pub async fn register_form(
    State(app): State<AppState>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    open_for_all(&app).await?;
    page(&Register {
        assets: &ASSETS,
        error: None,
        is_asked: done.done.as_deref() == Some("asked"),
        username: "",
        name: "",
    })
}

async fn open_for_all(app: &AppState) -> Result<(), Problem> {
    if app.shop().await?.registration {
        Ok(())
    } else {
        Err(Problem::no_page())
    }
}

/// Somebody asks for an account: it waits for approval, as the least that works.
pub async fn register(
    State(app): State<AppState>,
    from: Origin,
    form: FormData,
) -> Result<Response, Problem> {
    open_for_all(&app).await?;
    app.admit(&from.ip).map_err(Problem::too_many_tries)?;
    let (username, name, password) = (
        form.text("username"),
        form.text("name"),
        form.exact("password"),
    );
    // Counted like guesses and never taken away: each takes a look at a password, a hash and a row.
    guess::count(&app, "(register)", &from).await?;
    let fault = username_fault(username).or_else(|| password_fault(password, &[username, name]));
    let refused = |why: String| {
        page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &Register {
                assets: &ASSETS,
                error: Some(why),
                is_asked: false,
                username,
                name,
            },
        )
    };
    if let Some(why) = fault {
        return refused(why.to_owned());
    }
    let actor = Actor {
        who: format!("đăng ký: {username}"),
        ..from.actor()
    };
    let hash = hashed(password).await?;
    let new = NewAccount {
        username,
        name: Some(name).filter(|n| !n.is_empty()),
        role: Role::Operator,
        status: AccountStatus::Pending,
    };
    match app.store().accounts().add(&new, &hash, None, &actor).await {
        Ok(_) => Ok(go("/admin/register?done=asked")),
        Err(StoreError::BadValue { field, why }) => refused(format!("{field}: {why}")),
        Err(other) => Err(other.into()),
    }
}

/// Why this cannot be a login; `None` where it can.
pub fn username_fault(username: &str) -> Option<&'static str> {
    let is_good = username
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '+'))
        && (2..=64).contains(&username.chars().count());
    (!is_good).then_some("Tên đăng nhập có 2–64 chữ, số hoặc . _ - @, không có khoảng trắng.")
}
