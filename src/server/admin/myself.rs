//! One's own page: sessions, password, second factor. Whoever changes one of these shows the
//! password again.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::form::Form;
use super::guess;
use super::page::{Fault, Frame, ago, go, page_with, time};
use super::session::{self, Data, Person, Step, to_json};
use super::{second_factor, sign_in};
use crate::server::App;
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::people::USERS;
use crate::store::{Entry, digest};

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

/// A session in a list.
pub struct SessionRow {
    /// Names it, without being its id or its hash.
    pub handle: String,
    /// From where.
    pub ip: String,
    /// With what.
    pub agent: String,
    /// Since when.
    pub since: String,
    /// Its last request.
    pub seen: String,
    /// Is it the one that asks?
    pub is_this: bool,
}

/// The word in the address that says what was done.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    /// One of the known words.
    pub done: Option<String>,
}

/// Somebody's sessions as a list shows them.
pub async fn sessions_of(app: &App, user_id: i64, this: &str) -> Result<Vec<SessionRow>, Fault> {
    let now = app.store().now_ms();
    let found = app
        .store()
        .sessions()
        .of_user(user_id)
        .await?
        .into_iter()
        .filter(|s| now - s.last_seen <= session::IDLE_MS);
    Ok(found
        .map(|s| SessionRow {
            handle: handle(&s.hash),
            ip: s.ip.unwrap_or_default(),
            agent: browser(&s.agent.unwrap_or_default()),
            since: time(s.created_at),
            seen: ago(s.last_seen, now),
            is_this: s.hash == this,
        })
        .collect())
}

fn handle(hash: &str) -> String {
    digest(format!("handle|{hash}").as_bytes())[..16].to_owned()
}

/// `Chrome trên Windows` says more to a person than the whole line.
fn browser(agent: &str) -> String {
    let first = |words: &[(&'static str, &'static str)]| {
        words
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let program = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} trên {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Không rõ".to_owned(),
    }
}

async fn shown(
    app: &App,
    person: &Person,
    status: StatusCode,
    error: Option<&str>,
    codes: Vec<String>,
    done: Option<&str>,
) -> Result<Response, Fault> {
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
        must_have: sign_in::lacks_second_factor(&person.account, &shop) && codes.is_empty(),
        enrolment,
        codes,
    };
    page_with(status, &template)
}

/// The page.
pub async fn show(
    State(app): State<App>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
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

async fn refused(app: &App, person: &Person, why: &str) -> Result<Response, Fault> {
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
pub async fn shows_password(app: &App, person: &Person, form: &Form) -> Result<bool, Fault> {
    let looked = sign_in::fits(form.exact("current"), &person.account.password_hash);
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
async fn shows_code(app: &App, person: &Person, form: &Form) -> Result<bool, Fault> {
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
    State(app): State<App>,
    person: Person,
    form: Form,
) -> Result<Response, Fault> {
    if !shows_password(&app, &person, &form).await? {
        return refused(&app, &person, "Mật khẩu hiện tại không đúng.").await;
    }
    let new = form.exact("password");
    if new != form.exact("again") {
        return refused(&app, &person, "Hai lần nhập không giống nhau.").await;
    }
    if let Some(why) = sign_in::password_fault(
        new,
        &[
            &person.account.username,
            person.account.name.as_deref().unwrap_or(""),
        ],
    ) {
        return refused(&app, &person, why).await;
    }
    let hash = sign_in::hashed(new).await?;
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
async fn fresh(app: &App, person: &Person, to: &str) -> Result<Response, Fault> {
    let data = Data::of(Step::Full, None);
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
    State(app): State<App>,
    person: Person,
    form: Form,
) -> Result<Response, Fault> {
    if !shows_password(&app, &person, &form).await? {
        return refused(&app, &person, "Mật khẩu hiện tại không đúng.").await;
    }
    let replaces = person.account.totp_secret.is_some();
    if replaces && !shows_code(&app, &person, &form).await? {
        return refused(&app, &person, WRONG_CODE).await;
    }
    let data = Data {
        totp_new: Some(second_factor::new_secret(&app)),
        totp_replaces: replaces,
        ..person.data.clone()
    };
    app.store()
        .sessions()
        .touch(&person.session, Some(&to_json(&data)))
        .await?;
    Ok(go("/admin/me#totp"))
}

/// The first code shows that the phone has it; recovery codes are told this once.
pub async fn totp_confirm(
    State(app): State<App>,
    person: Person,
    form: Form,
) -> Result<Response, Fault> {
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
    let data = Data::of(Step::Full, None);
    let cookie = session::begin(&app, &person.from, user_id, &data, Some(&person.session)).await?;
    let shown = shown(&app, &person, StatusCode::OK, None, codes, Some("totp")).await?;
    Ok(([(header::SET_COOKIE, cookie)], shown).into_response())
}

/// Takes the second factor away.
pub async fn totp_off(
    State(app): State<App>,
    person: Person,
    form: Form,
) -> Result<Response, Fault> {
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
    State(app): State<App>,
    person: Person,
    form: Form,
) -> Result<Response, Fault> {
    end(&app, &person, person.account.user_id, form.text("handle")).await?;
    Ok(go("/admin/me?done=ended"))
}

/// Ends somebody's session by its handle, or all of them.
pub async fn end(app: &App, person: &Person, user_id: i64, wanted: &str) -> Result<(), Fault> {
    let sessions = app.store().sessions().of_user(user_id).await?;
    let chosen: Vec<_> = sessions
        .iter()
        .filter(|s| wanted == "all" && s.hash != person.session || handle(&s.hash) == wanted)
        .collect();
    if chosen.is_empty() && wanted != "all" {
        return Err(Fault::not_found());
    }
    for session in &chosen {
        app.store().sessions().end(&session.hash).await?;
    }
    let after = json!({ "user_id": user_id, "sessions": chosen.len() });
    Ok(app
        .store()
        .audit()
        .record(
            &person.actor(),
            Entry::of(AuditAction::SessionsEnd)
                .table(&USERS)
                .after(after),
        )
        .await?)
}
