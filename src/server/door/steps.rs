//! Signing in, the steps behind the password: the second factor's code, and a new password where the
//! old one was for once.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::password::{fits, hashed, password_fault};
use super::sign_in::pass;
use super::{guess, second_factor};
use crate::server::AppState;
use crate::server::web::assets::ASSETS;
use crate::server::web::form::FormData;
use crate::server::web::page::{page, page_with};
use crate::server::web::problem::Problem;
use crate::server::web::session::{Person, Step};

#[derive(Template)]
#[template(path = "code.html")]
struct Code {
    assets: &'static str,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "new_password.html")]
struct NewPassword<'p> {
    assets: &'static str,
    error: Option<String>,
    username: &'p str,
}

/// The form of the second factor's code.
pub async fn code_form() -> Result<Response, Problem> {
    page(&Code {
        assets: &ASSETS,
        error: None,
    })
}

/// The second factor's code, or a recovery code.
pub async fn code(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    let account = &person.account;
    let looked = second_factor::accepts(&app, account, form.text("code"));
    if !guess::is_right(
        &app,
        &account.username,
        &person.from,
        &person.from.actor(),
        looked,
    )
    .await?
    {
        let error = Some("Mã không đúng hoặc đã dùng. Đợi mã mới rồi nhập lại.");
        return page_with(
            StatusCode::UNAUTHORIZED,
            &Code {
                assets: &ASSETS,
                error,
            },
        );
    }
    let step = if account.must_change {
        Step::Password
    } else {
        Step::Full
    };
    let next = person.data.next.clone().unwrap_or_default();
    pass(
        &app,
        &person.from,
        account,
        step,
        next,
        Some(&person.session),
    )
    .await
}

/// The form of a new password.
pub async fn new_password_form(person: Person) -> Result<Response, Problem> {
    page(&NewPassword {
        assets: &ASSETS,
        error: None,
        username: &person.account.username,
    })
}

/// A new password in place of the one that was for once.
pub async fn new_password(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    let account = &person.account;
    let (new, again) = (form.exact("password"), form.exact("again"));
    let was_same = new == again;
    let fault = if was_same {
        password_fault(
            new,
            &[&account.username, account.name.as_deref().unwrap_or("")],
        )
    } else {
        Some("Hai lần nhập không giống nhau.")
    };
    let fault = match fault {
        None if fits(new, &account.password_hash).await? => {
            Some("Mật khẩu mới phải khác mật khẩu một lần.")
        }
        other => other,
    };
    if let Some(why) = fault {
        let error = Some(why.to_owned());
        return page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &NewPassword {
                assets: &ASSETS,
                error,
                username: &account.username,
            },
        );
    }
    let hash = hashed(new).await?;
    app.store()
        .accounts()
        .set_password(
            account.user_id,
            &hash,
            Some(&person.session),
            &person.actor(),
        )
        .await?;
    let next = person.data.next.clone().unwrap_or_default();
    pass(
        &app,
        &person.from,
        account,
        Step::Full,
        next,
        Some(&person.session),
    )
    .await
}
