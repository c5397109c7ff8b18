//! Accounts: who may sign in, as what, for how long. Owners are for owners.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value as Json;

use super::cells;
use super::form::{Form, Path};
use super::guess;
use super::myself::{Done, SessionRow, end, sessions_of};
use super::page::{ASSETS, Fault, Frame, go, page, page_with, time};
use super::permission::{Right, may_manage};
use super::session::{Origin, Person};
use super::sign_in::{hashed, password_fault};
use super::tables::Choice;
use crate::server::App;
use crate::store::catalogue::people::users;
use crate::store::catalogue::{AccountStatus, Area, AuditAction, Role, Table};
use crate::store::people::{Account, Device, NewAccount};
use crate::store::{Actor, Entry, StoreError, letters};

/// Accounts on the page.
const MANY: u32 = 500;
/// How long a password for once works.
const ONCE_MS: i64 = 24 * 60 * 60 * 1000;

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
    account: Account,
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

#[derive(Template)]
#[template(path = "register.html")]
struct Register<'p> {
    assets: &'static str,
    error: Option<String>,
    is_asked: bool,
    username: &'p str,
    name: &'p str,
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
    app: &App,
    person: &Person,
    error: Option<String>,
    told: Option<(String, String)>,
    done: Option<&str>,
) -> Result<People, Fault> {
    let mut accounts = app.store().accounts().list(MANY).await?;
    // Who waits for approval stands first.
    accounts.sort_by_key(|a| (a.status != AccountStatus::Pending, a.username.clone()));
    let row = |account: Account| PersonRow {
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
    State(app): State<App>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    page(&people(&app, &person, None, None, done.done.as_deref()).await?)
}

/// A new account with a password for once, which is told this once.
pub async fn add(State(app): State<App>, person: Person, form: Form) -> Result<Response, Fault> {
    let role = Role::of(form.text("role")).ok_or_else(|| Fault::bad("Chọn vai trò."))?;
    if !may_manage(person.account.role, role) {
        return Err(Fault::forbidden());
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

fn username_fault(username: &str) -> Option<&'static str> {
    let is_good = username
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '+'))
        && (2..=64).contains(&username.chars().count());
    (!is_good).then_some("Tên đăng nhập có 2–64 chữ, số hoặc . _ - @, không có khoảng trắng.")
}

async fn account_of(app: &App, id: i64) -> Result<Account, Fault> {
    app.store()
        .accounts()
        .find(id)
        .await?
        .ok_or_else(Fault::not_found)
}

async fn person_page(
    app: &App,
    person: &Person,
    id: i64,
    told: Option<String>,
    done: Option<&str>,
) -> Result<PersonPage, Fault> {
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
    State(app): State<App>,
    person: Person,
    Path(id): Path<i64>,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    page(&person_page(&app, &person, id, None, done.done.as_deref()).await?)
}

/// The account, where this person may change it.
async fn managed(app: &App, person: &Person, id: i64) -> Result<Account, Fault> {
    let account = account_of(app, id).await?;
    if may_manage(person.account.role, account.role) {
        Ok(account)
    } else {
        Err(Fault::forbidden())
    }
}

/// Rows of `users` obey the same rule as their accounts, whichever way they are reached.
pub async fn may_touch(
    app: &App,
    person: &Person,
    table: &'static Table,
    ids: &[i64],
) -> Result<(), Fault> {
    for id in ids {
        if is_beyond(app, person, table, *id).await? {
            let after = serde_json::json!({ "table": table.name, "id": id });
            app.store()
                .audit()
                .record(
                    &person.actor(),
                    Entry::of(AuditAction::Refused).table(table).after(after),
                )
                .await?;
            return Err(Fault::forbidden());
        }
    }
    Ok(())
}

/// Is it the row of a user whom this person may not manage?
pub async fn is_beyond(app: &App, person: &Person, table: &Table, id: i64) -> Result<bool, Fault> {
    if !table.is_people {
        return Ok(false);
    }
    Ok(app
        .store()
        .accounts()
        .find(id)
        .await?
        .is_some_and(|account| !may_manage(person.account.role, account.role)))
}

/// What is done to others alone: for oneself there is a page that asks for the password and the
/// code.
fn another(person: &Person, id: i64) -> Result<(), Fault> {
    if id == person.account.user_id {
        Err(Fault::bad(
            "Việc này của chính mình: dùng trang “Tài khoản của tôi”.",
        ))
    } else {
        Ok(())
    }
}

/// Another role or status. Who may no longer sign in is out at once.
pub async fn standing(
    State(app): State<App>,
    person: Person,
    Path(id): Path<i64>,
    form: Form,
) -> Result<Response, Fault> {
    let account = managed(&app, &person, id).await?;
    let role = match form.text("role") {
        "" => account.role,
        wire => Role::of(wire)
            .filter(|r| may_manage(person.account.role, *r))
            .ok_or_else(Fault::forbidden)?,
    };
    let status = match form.text("status") {
        "" => account.status,
        "active" => AccountStatus::Active,
        "suspended" => AccountStatus::Suspended,
        _ => return Err(Fault::bad("Không có trạng thái này.")),
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
    State(app): State<App>,
    person: Person,
    Path(id): Path<i64>,
    form: Form,
) -> Result<Response, Fault> {
    managed(&app, &person, id).await?;
    let days = match form.text("days") {
        "" => None,
        _ => Some(
            form.number("days")
                .filter(|d| (1..=3_650).contains(d))
                .ok_or_else(|| Fault::bad("Số ngày từ 1 đến 3650."))?,
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
    State(app): State<App>,
    person: Person,
    Path(id): Path<i64>,
) -> Result<Response, Fault> {
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
    State(app): State<App>,
    person: Person,
    Path(id): Path<i64>,
) -> Result<Response, Fault> {
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
    State(app): State<App>,
    person: Person,
    Path(id): Path<i64>,
    form: Form,
) -> Result<Response, Fault> {
    managed(&app, &person, id).await?;
    let binds = match form.text("device") {
        "one" => true,
        "any" => false,
        _ => return Err(Fault::bad("Chọn gắn hay bỏ gắn thiết bị.")),
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
    State(app): State<App>,
    person: Person,
    Path(id): Path<i64>,
    form: Form,
) -> Result<Response, Fault> {
    managed(&app, &person, id).await?;
    end(&app, &person, id, form.text("handle")).await?;
    Ok(go(&format!("/admin/people/{id}?done=ended")))
}

/// Asking for an account, where the shop allows it.
pub async fn register_form(
    State(app): State<App>,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    open_for_all(&app).await?;
    page(&Register {
        assets: &ASSETS,
        error: None,
        is_asked: done.done.as_deref() == Some("asked"),
        username: "",
        name: "",
    })
}

async fn open_for_all(app: &App) -> Result<(), Fault> {
    if app.shop().await?.registration {
        Ok(())
    } else {
        Err(Fault::not_found())
    }
}

/// Somebody asks for an account: it waits for approval, as the least that works.
pub async fn register(State(app): State<App>, from: Origin, form: Form) -> Result<Response, Fault> {
    open_for_all(&app).await?;
    app.admit(&from.ip)
        .map_err(|s| Fault::too_many(i64::try_from(s).unwrap_or(60)))?;
    let (username, name, password) = (
        form.text("username"),
        form.text("name"),
        form.exact("password"),
    );
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
    // Counted like guesses and never taken away: each takes a hash and a row.
    guess::count(&app, "(register)", &from).await?;
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
