//! Accounts: who may sign in, as what, for how long. Owners are for owners.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::cells;
use super::form::{Form, Path};
use super::guess;
use super::myself::{Done, SessionRow, end, sessions_of};
use super::page::{ASSETS, Fault, Frame, go, page, page_with, role_label, time};
use super::permission::{Action, Area, may_manage};
use super::session::{Origin, Person};
use super::sign_in::{hashed, password_fault};
use super::tables::{Choice, cell_of, table_of};
use crate::server::App;
use crate::store::accounts::{Account, Device, NewAccount, Role, Status};
use crate::store::catalogue::ROLES;
use crate::store::machines::letters;
use crate::store::rows::Query as RowQuery;
use crate::store::{Actor, StoreError};

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

fn status_of(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Active => ("Hoạt động", "tone good"),
        Status::Pending => ("Chờ duyệt", "tone doubt"),
        Status::Suspended => ("Tạm khóa", "tone bad"),
    }
}

fn role_of(wire: &str) -> Option<Role> {
    [
        Role::Owner,
        Role::Manager,
        Role::Operator,
        Role::Collector,
        Role::ReadOnly,
    ]
    .into_iter()
    .find(|r| r.wire() == wire)
}

/// The roles that this person may give.
fn roles_for(person: &Person, chosen: &str) -> Vec<Choice> {
    let given = ROLES.iter().filter(|(wire, _)| {
        role_of(wire).is_some_and(|role| may_manage(person.account.role, role))
    });
    given
        .map(|(wire, label)| Choice {
            value: (*wire).to_owned(),
            label: (*label).to_owned(),
            is_chosen: *wire == chosen,
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
    let table = table_of("accounts")?;
    let user = table.column("user_id").ok_or_else(Fault::not_found)?;
    let rows = app
        .store()
        .list("accounts", &RowQuery::default(), MANY)
        .await?
        .rows;
    let ids: Vec<i64> = rows
        .iter()
        .filter_map(|row| cell_of(table, row, "user_id").as_i64())
        .collect();
    let names = app.store().names(user, &ids).await?;
    let mut people: Vec<PersonRow> = rows
        .iter()
        .map(|row| {
            let text = |name: &str| cell_of(table, row, name).as_str().unwrap_or_default();
            let id = cell_of(table, row, "user_id").as_i64().unwrap_or(0);
            let status = match text("status") {
                "active" => Status::Active,
                "pending" => Status::Pending,
                _ => Status::Suspended,
            };
            let (status, tone) = status_of(status);
            let last_login = cell_of(table, row, "last_login")
                .as_i64()
                .map_or_else(|| "chưa".to_owned(), time);
            PersonRow {
                id,
                username: names.get(&id).cloned().unwrap_or_default(),
                role: role_label(text("role")),
                status,
                tone,
                last_login,
            }
        })
        .collect();
    // Who waits for approval stands first.
    people.sort_by_key(|p| (p.status != "Chờ duyệt", p.username.clone()));
    let may_add = person.may(Area::People, Action::Add);
    Ok(People {
        frame: Frame::of(person, "Tài khoản", "accounts").told(done),
        all: people,
        roles: roles_for(person, "operator"),
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
    let role = role_of(form.text("role")).ok_or_else(|| Fault::bad("Chọn vai trò."))?;
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
        status: Status::Active,
    };
    match app
        .store()
        .add_account(
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
    app.store().account(id).await?.ok_or_else(Fault::not_found)
}

async fn person_page(
    app: &App,
    person: &Person,
    id: i64,
    told: Option<String>,
    done: Option<&str>,
) -> Result<PersonPage, Fault> {
    let account = account_of(app, id).await?;
    let (status, tone) = status_of(account.status);
    Ok(PersonPage {
        frame: Frame::of(
            person,
            format!("Tài khoản {}", account.username),
            "accounts",
        )
        .told(done),
        id,
        role: role_label(account.role.wire()),
        status,
        tone,
        roles: roles_for(person, account.role.wire()),
        may_manage: person.may(Area::People, Action::Edit)
            && may_manage(person.account.role, account.role),
        is_self: id == person.account.user_id,
        has_totp: account.totp_secret.is_some(),
        device: match account.device {
            Device::Any => "thiết bị nào cũng được",
            Device::Next => "sẽ gắn ở lần đăng nhập tới",
            Device::Only(_) => "chỉ một thiết bị đã gắn",
        },
        is_bound: account.device != Device::Any,
        trial: trial_of(app, id).await?,
        sessions: sessions_of(app, id, &person.session).await?,
        action: format!("/admin/people/{id}/end"),
        told,
        account,
    })
}

/// When somebody's trial ends, if it is one.
async fn trial_of(app: &App, id: i64) -> Result<Option<String>, Fault> {
    let (users, row) = (table_of("users")?, app.store().fetch("users", id).await?);
    let until = users
        .column("trial_expire_date")
        .ok_or_else(Fault::not_found)?;
    let is_trial = cell_of(users, &row, "trial").as_i64() == Some(1);
    Ok(
        Some(cells::for_people(until, cell_of(users, &row, until.name)))
            .filter(|until| is_trial && !until.is_empty()),
    )
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
pub async fn may_touch(app: &App, person: &Person, table: &str, ids: &[i64]) -> Result<(), Fault> {
    for id in ids {
        if is_beyond(app, person, table, *id).await? {
            let after = serde_json::json!({ "table": table, "id": id });
            app.store()
                .audit(&person.actor(), "refused", Some(table), Some(&after))
                .await?;
            return Err(Fault::forbidden());
        }
    }
    Ok(())
}

/// Is it the row of a user whom this person may not manage?
pub async fn is_beyond(app: &App, person: &Person, table: &str, id: i64) -> Result<bool, Fault> {
    if table != "users" {
        return Ok(false);
    }
    Ok(app
        .store()
        .account(id)
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
        wire => role_of(wire)
            .filter(|r| may_manage(person.account.role, *r))
            .ok_or_else(Fault::forbidden)?,
    };
    let status = match form.text("status") {
        "" => account.status,
        "active" => Status::Active,
        "suspended" => Status::Suspended,
        _ => return Err(Fault::bad("Không có trạng thái này.")),
    };
    app.store()
        .set_standing(id, role, status, &person.actor())
        .await?;
    if account.status == Status::Pending && status == Status::Active {
        let days = app.shop().await?.trial_days;
        app.store()
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
    app.store().set_trial(id, days, &person.actor()).await?;
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
    app.store().set_device(id, binds, &person.actor()).await?;
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
        status: Status::Pending,
    };
    match app.store().add_account(&new, &hash, None, &actor).await {
        Ok(_) => Ok(go("/admin/register?done=asked")),
        Err(StoreError::BadValue { field, why }) => refused(format!("{field}: {why}")),
        Err(other) => Err(other.into()),
    }
}
