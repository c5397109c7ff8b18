//! Signing in, the first step: user and password.
//!
//! Wrong user and wrong password look the same and take the same time. Each step that is passed
//! makes a new session id.

use std::sync::LazyLock;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;

use super::password::fits;
use super::{device, guess};
use crate::server::AppState;
use crate::server::web::assets::ASSETS;
use crate::server::web::form::FormData;
use crate::server::web::origin::Origin;
use crate::server::web::page::{go, page_with};
use crate::server::web::paths::{CODE, HOME, NEW_PASSWORD, PAYMENTS, SIGN_IN, next_page};
use crate::server::web::problem::Problem;
use crate::server::web::session::{self, Person, SessionData, Step};
use crate::store::catalogue::people::USERS;
use crate::store::catalogue::{AccountStatus, AuditAction, Role};
use crate::store::people::{UserAccount, hash_password};
use crate::store::{Actor, Entry, digest};

/// What is compared where there is no such user, so that it takes the same time.
static DUMMY: LazyLock<String> = LazyLock::new(|| {
    hash_password(&SecretString::from(uuid::Uuid::new_v4().to_string())).unwrap_or_default()
});

/// Which of the two is wrong is not said.
const WRONG: &str = "Sai tên đăng nhập hoặc mật khẩu.";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'p> {
    assets: &'static str,
    error: Option<String>,
    username: &'p str,
    next: &'p str,
    may_register: bool,
    is_open_wire: bool,
}

/// Where somebody wanted to go.
#[derive(Debug, Deserialize)]
pub struct SignInQuery {
    #[serde(default)]
    next: String,
}

/// The form.
pub async fn form(
    State(app): State<AppState>,
    from: Origin,
    Query(wanted): Query<SignInQuery>,
) -> Result<Response, Problem> {
    shown(
        &app,
        &from,
        StatusCode::OK,
        None,
        "",
        next_page(&wanted.next),
    )
    .await
}

async fn shown(
    app: &AppState,
    from: &Origin,
    status: StatusCode,
    error: Option<String>,
    username: &str,
    next: &str,
) -> Result<Response, Problem> {
    let may_register = app.shop().await?.registration;
    let is_open_wire = !from.is_local && !from.is_secure;
    page_with(
        status,
        &SignIn {
            assets: &ASSETS,
            error,
            username,
            next,
            may_register,
            is_open_wire,
        },
    )
}

/// User and password. The session that the browser had until now ends with it, whosever it was.
pub async fn submit(
    State(app): State<AppState>,
    from: Origin,
    headers: HeaderMap,
    form: FormData,
) -> Result<Response, Problem> {
    let username: String = form.text("username").chars().take(255).collect();
    let next = next_page(form.exact("next")).to_owned();
    let account = match looked_at(&app, &from, &username, form.exact("password")).await? {
        Ok(account) => account,
        Err(Refused { status, why }) => {
            return shown(&app, &from, status, Some(why), &username, &next).await;
        }
    };
    let step = match (&account.totp_secret, account.must_change) {
        (Some(_), _) => Step::Code,
        (None, true) => Step::Password,
        (None, false) => Step::Full,
    };
    let before = from.session_id(&headers).map(|id| digest(id.as_bytes()));
    pass(&app, &from, &account, step, next, before.as_deref()).await
}

/// Why somebody is not let in, as the form says it.
struct Refused {
    status: StatusCode,
    why: String,
}

impl Refused {
    fn new(status: StatusCode, why: &str) -> Self {
        let why = why.to_owned();
        Self { status, why }
    }
}

/// The account that the login and the password open, from there and now.
async fn looked_at(
    app: &AppState,
    from: &Origin,
    username: &str,
    password: &str,
) -> Result<Result<UserAccount, Refused>, Problem> {
    if !from.is_local && !from.is_secure {
        return Ok(Err(Refused::new(
            StatusCode::FORBIDDEN,
            "Kết nối này không mã hóa, mật khẩu có thể bị đọc trộm. Mở trang bằng https:// hoặc ngay trên máy chủ.",
        )));
    }
    app.admit(&from.ip).map_err(Problem::too_many_tries)?;
    let (accounts, sign_ins) = (app.store().accounts(), app.store().accounts().sign_ins());
    let account = accounts.named(username).await?;
    let looked = async {
        let hash = account
            .as_ref()
            .map_or(DUMMY.as_str(), |a| a.password_hash.as_str());
        Ok(fits(password, hash).await? && account.is_some())
    };
    if !guess::is_right(app, username, from, &from.actor(), looked).await? {
        return Ok(Err(Refused::new(StatusCode::UNAUTHORIZED, WRONG)));
    }
    // Who shows the right password may know why the door is shut.
    let Some(account) = account.filter(|a| a.may_sign_in(app.store().now_ms())) else {
        let account = accounts.named(username).await?;
        sign_ins
            .failed(username, &guess::place(from), &from.actor())
            .await?;
        let why = account.as_ref().map_or(WRONG, why_shut);
        return Ok(Err(Refused::new(StatusCode::FORBIDDEN, why)));
    };
    if !device::fits(&account, from) {
        let actor = actor_of(&account, from);
        sign_ins
            .failed(username, &guess::place(from), &actor)
            .await?;
        let entry = Entry::of(AuditAction::LoginDevice)
            .table(&USERS)
            .after(serde_json::json!({ "agent": from.agent }));
        app.store().audit().record(&actor, entry).await?;
        return Ok(Err(Refused::new(StatusCode::FORBIDDEN, device::REFUSED)));
    }
    Ok(Ok(account))
}

fn why_shut(account: &UserAccount) -> &'static str {
    match account.status {
        AccountStatus::Pending => "Tài khoản đang chờ cửa hàng duyệt.",
        AccountStatus::Suspended => "Tài khoản đang tạm khóa. Liên hệ chủ cửa hàng.",
        AccountStatus::Active if !account.is_open => {
            "Tài khoản đã hết hạn hoặc bị chặn. Liên hệ chủ cửa hàng để gia hạn."
        }
        AccountStatus::Active => {
            "Mật khẩu dùng một lần đã hết hạn. Khởi động lại máy chủ hoặc xin mật khẩu mới."
        }
    }
}

/// On to the next step, with a new session id.
pub(super) async fn pass(
    app: &AppState,
    from: &Origin,
    account: &UserAccount,
    step: Step,
    next: String,
    before: Option<&str>,
) -> Result<Response, Problem> {
    let to = match step {
        Step::Code => CODE,
        Step::Password => NEW_PASSWORD,
        // A customer has nothing in the admin.
        Step::Full if account.role == Role::Customer && next_page(&next).starts_with(HOME) => {
            PAYMENTS
        }
        Step::Full => next_page(&next),
    };
    let data = SessionData::of(step, Some(next.clone()));
    let actor = actor_of(account, from);
    let known = if step == Step::Full {
        device::settle(app, from, account, &actor).await?
    } else {
        None
    };
    let cookie = session::begin(app, from, account.user_id, &data, before).await?;
    if step == Step::Full {
        app.store()
            .accounts()
            .sign_ins()
            .succeeded(account, &guess::place(from), &actor)
            .await?;
    }
    let cookies = std::iter::once(cookie)
        .chain(known)
        .map(|cookie| (header::SET_COOKIE, cookie));
    Ok((AppendHeaders(cookies.collect::<Vec<_>>()), go(to)).into_response())
}

fn actor_of(account: &UserAccount, from: &Origin) -> Actor {
    Actor {
        user_id: Some(account.user_id),
        who: account.username.clone(),
        ..from.actor()
    }
}

/// Ends this session and leaves nothing in the browser but which device it is: the next sign-in has
/// to know it.
pub async fn sign_out(State(app): State<AppState>, person: Person) -> Result<Response, Problem> {
    const CLEAR: HeaderValue = HeaderValue::from_static("\"cache\", \"storage\"");
    app.store()
        .accounts()
        .sessions()
        .end(&person.session)
        .await?;
    app.store()
        .audit()
        .record(
            &person.actor(),
            Entry::of(AuditAction::Logout).table(&USERS),
        )
        .await?;
    let headers = [
        (header::SET_COOKIE, person.from.cookie("")),
        (header::HeaderName::from_static("clear-site-data"), CLEAR),
    ];
    Ok((headers, go(SIGN_IN)).into_response())
}
