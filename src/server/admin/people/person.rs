//! One account, and what is changed of it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde_json::Value as Json;

use super::{ONCE_MS, password_for_once, roles_for, tone_of};
use crate::server::AppState;
use crate::server::door::password::hashed;
use crate::server::door::sessions::{SessionRow, end, sessions_of};
use crate::server::web::cells;
use crate::server::web::extract::{Done, PathParam};
use crate::server::web::field::Choice;
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page};
use crate::server::web::permission::{Right, may_manage};
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::money;
use crate::store::catalogue::contracts::contract;
use crate::store::catalogue::house::{AUDIT, audit};
use crate::store::catalogue::people::users;
use crate::store::catalogue::{AccountStatus, Area, Role};
use crate::store::people::{Device, UserAccount};

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
    new_password: Option<String>,
    /// What a collector may hold and holds, where the viewer sees the desk.
    at_desk: Option<AtDesk>,
    /// What else there is of this person: where, and its name.
    more: Vec<(String, &'static str)>,
}

/// A collector's cash.
struct AtDesk {
    limit: String,
    extra: String,
    held: String,
}

impl AtDesk {
    async fn of(
        app: &AppState,
        person: &Person,
        account: &UserAccount,
    ) -> Result<Option<Self>, Problem> {
        if account.role != Role::Collector || !person.may(Area::Desk, Right::See) {
            return Ok(None);
        }
        let collector = app.store().desk().cash().collector(account.user_id).await?;
        Ok(collector.map(|collector| Self {
            limit: money(collector.cash.limit),
            extra: match (collector.cash.extra, &collector.extra_until) {
                (0, _) | (_, None) => String::new(),
                (extra, Some(until)) => format!("{} đến hết {until}", money(extra)),
            },
            held: money(collector.cash.held),
        }))
    }
}

/// Where else this person stands, as far as the viewer sees it.
fn more_of(person: &Person, account: &UserAccount) -> Vec<(String, &'static str)> {
    let id = account.user_id;
    let mut more = vec![(format!("/admin/t/users/{id}"), "Hồ sơ người dùng")];
    if account.role == Role::Collector && person.may(Area::Desk, Right::See) {
        let limits = "/desk/manage/collectors".to_owned();
        more.push((limits, "Hạn mức thu và tiền đang giữ"));
        let theirs = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(
                &format!("f.{}.is", contract::COLLECTOR.name),
                &account.username,
            )
            .finish();
        more.push((format!("/admin/t/contract?{theirs}"), "Hợp đồng được giao"));
    }
    if person.may_table(&AUDIT, Right::See) {
        let (who, when) = (audit::USER_ID.name, audit::AT.name);
        more.push((
            format!("/admin/t/audit?f.{who}.is={id}&sort={when}&desc=1"),
            "Nhật ký việc đã làm",
        ));
    }
    more
}

async fn account_of(app: &AppState, person: &Person, id: i64) -> Result<UserAccount, Problem> {
    app.store()
        .accounts()
        .find(id)
        .await?
        .filter(|account| person.may_reach(account))
        .ok_or_else(Problem::no_page)
}

async fn person_page(
    app: &AppState,
    person: &Person,
    id: i64,
    new_password: Option<String>,
    done: Option<&str>,
) -> Result<PersonPage, Problem> {
    let account = account_of(app, person, id).await?;
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
        new_password,
        at_desk: AtDesk::of(app, person, &account).await?,
        more: more_of(person, &account),
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
    let account = account_of(app, person, id).await?;
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

/// A new password for once, shown this once.
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
    with_password(&app, &person, id, password).await
}

/// The account with the password that was just made for it.
pub(super) async fn with_password(
    app: &AppState,
    person: &Person,
    id: i64,
    password: String,
) -> Result<Response, Problem> {
    page(&person_page(app, person, id, Some(password), None).await?)
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
