//! One's own page: sessions, password, second factor. Whoever changes one of these shows the
//! password again.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::password::{fits, hashed, password_fault};
use super::sessions::{SessionRow, end, sessions_of};
use super::{guess, second_factor};
use crate::server::AppState;
use crate::server::web::extract::Done;
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page_with};
use crate::server::web::problem::Problem;
use crate::server::web::session::{self, Person, SessionData, Step, to_json};

const WRONG_CODE: &str = "Mã hai lớp không đúng hoặc đã dùng. Nhập mã mới, hoặc một mã khôi phục.";

#[derive(Template)]
#[template(path = "myself.html")]
struct Myself {
    frame: Frame,
    username: String,
    error: Option<String>,
    sessions: Vec<SessionRow>,
    has_totp: bool,
    must_have: bool,
    enrolment: Option<(String, String)>,
    codes: Vec<String>,
}

async fn shown(
    app: &AppState,
    person: &Person,
    status: StatusCode,
    error: Option<&str>,
    codes: Vec<String>,
    done: Option<&str>,
) -> Result<Response, Problem> {
    let shop = app.shop().await?;
    let pending = person.data.totp_new.as_deref().filter(|_| codes.is_empty());
    let enrolment = pending
        .map(|sealed| second_factor::enrolment(app, sealed, &person.account.username))
        .transpose()?;
    let template = Myself {
        frame: Frame::of(person, "Tài khoản của tôi", "me").with_notice(done),
        username: person.account.username.clone(),
        error: error.map(str::to_owned),
        sessions: sessions_of(app, person.account.user_id, &person.session).await?,
        has_totp: person.account.totp_secret.is_some() || !codes.is_empty(),
        must_have: person.lacks_second_factor(&shop) && codes.is_empty(),
        enrolment,
        codes,
    };
    page_with(status, &template)
}

/// The page.
pub async fn show(
    State(app): State<AppState>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    shown(
        &app,
        &person,
        StatusCode::OK,
        None,
        Vec::new(),
        done.done.as_deref(),
    )
    .await
}

async fn refused(app: &AppState, person: &Person, why: &str) -> Result<Response, Problem> {
    shown(
        app,
        person,
        StatusCode::UNPROCESSABLE_ENTITY,
        Some(why),
        Vec::new(),
        None,
    )
    .await
}

/// Is it really them? A wrong answer counts as a failed sign-in.
pub async fn shows_password(
    app: &AppState,
    person: &Person,
    form: &FormData,
) -> Result<bool, Problem> {
    let looked = fits(form.exact("current"), &person.account.password_hash);
    guess::is_right(
        app,
        &person.account.username,
        &person.from,
        &person.actor(),
        looked,
    )
    .await
}

/// Have they the second factor that is there now, or one of its recovery codes?
async fn shows_code(app: &AppState, person: &Person, form: &FormData) -> Result<bool, Problem> {
    let looked = second_factor::accepts(app, &person.account, form.text("code"));
    guess::is_right(
        app,
        &person.account.username,
        &person.from,
        &person.actor(),
        looked,
    )
    .await
}

/// Another password. Ends all other sessions.
pub async fn password(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    if !shows_password(&app, &person, &form).await? {
        return refused(&app, &person, "Mật khẩu hiện tại không đúng.").await;
    }
    let new = form.exact("password");
    if new != form.exact("again") {
        return refused(&app, &person, "Hai lần nhập không giống nhau.").await;
    }
    if let Some(why) = password_fault(
        new,
        &[
            &person.account.username,
            person.account.name.as_deref().unwrap_or(""),
        ],
    ) {
        return refused(&app, &person, why).await;
    }
    let hash = hashed(new).await?;
    app.store()
        .accounts()
        .set_password(
            person.account.user_id,
            &hash,
            Some(&person.session),
            &person.actor(),
        )
        .await?;
    fresh(&app, &person, "/admin/me?done=password").await
}

/// The same session under a new id.
async fn fresh(app: &AppState, person: &Person, to: &str) -> Result<Response, Problem> {
    let data = SessionData::of(Step::Full, None);
    let cookie = session::begin(
        app,
        &person.from,
        person.account.user_id,
        &data,
        Some(&person.session),
    )
    .await?;
    Ok(([(header::SET_COOKIE, cookie)], go(to)).into_response())
}

/// Begins to set up the second factor: shows the picture. One that is there already is shown first.
pub async fn totp_begin(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    if !shows_password(&app, &person, &form).await? {
        return refused(&app, &person, "Mật khẩu hiện tại không đúng.").await;
    }
    let replaces = person.account.totp_secret.is_some();
    if replaces && !shows_code(&app, &person, &form).await? {
        return refused(&app, &person, WRONG_CODE).await;
    }
    let data = SessionData {
        totp_new: Some(second_factor::new_secret(&app)),
        totp_replaces: replaces,
        ..person.data.clone()
    };
    app.store()
        .accounts()
        .sessions()
        .touch(&person.session, Some(&to_json(&data)))
        .await?;
    Ok(go("/admin/me#totp"))
}

/// The first code shows that the phone has it; recovery codes are told this once.
pub async fn totp_confirm(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    // One that was set up elsewhere meanwhile is not replaced by who has not shown it.
    let may_replace = person.data.totp_replaces || person.account.totp_secret.is_none();
    let Some(sealed) = person.data.totp_new.clone().filter(|_| may_replace) else {
        return Ok(go("/admin/me"));
    };
    let Some(step) = second_factor::step_of(&app, &sealed, form.text("code"))? else {
        return refused(
            &app,
            &person,
            "Mã không đúng. Kiểm tra giờ của điện thoại rồi nhập mã mới.",
        )
        .await;
    };
    let user_id = person.account.user_id;
    let (codes, kept) = second_factor::new_codes(user_id);
    app.store()
        .accounts()
        .set_totp(user_id, Some(&sealed), Some(&kept), &person.actor())
        .await?;
    app.store().accounts().use_totp_step(user_id, step).await?;
    let data = SessionData::of(Step::Full, None);
    let cookie = session::begin(&app, &person.from, user_id, &data, Some(&person.session)).await?;
    let shown = shown(&app, &person, StatusCode::OK, None, codes, Some("totp")).await?;
    Ok(([(header::SET_COOKIE, cookie)], shown).into_response())
}

/// Takes the second factor away.
pub async fn totp_off(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    if !shows_password(&app, &person, &form).await? {
        return refused(&app, &person, "Mật khẩu hiện tại không đúng.").await;
    }
    if !shows_code(&app, &person, &form).await? {
        return refused(&app, &person, WRONG_CODE).await;
    }
    app.store()
        .accounts()
        .set_totp(person.account.user_id, None, None, &person.actor())
        .await?;
    fresh(&app, &person, "/admin/me?done=totp_off").await
}

/// Ends one of one's own sessions.
pub async fn end_session(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    end(&app, &person, person.account.user_id, form.text("handle")).await?;
    Ok(go("/admin/me?done=ended"))
}
