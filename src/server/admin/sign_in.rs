//! Signing in: password, then the second factor where there is one, then a new password where the
//! old one was for once.
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
use tokio::sync::Semaphore;

use super::device;
use super::form::Form;
use super::guess;
use super::page::{ASSETS, Fault, go, page, page_with};
use super::second_factor;
use super::session::{self, Data, Origin, Person, Step};
use crate::server::App;
use crate::store::catalogue::people::USERS;
use crate::store::catalogue::{AccountStatus, AuditAction, Role};
use crate::store::people::{Account, hash_password, password_fits};
use crate::store::settings::Shop;
use crate::store::{Actor, Entry, digest};

/// Passwords that are looked at at once: each takes 19 MiB and a core.
static ARGON: Semaphore = Semaphore::const_new(2);
/// What is compared where there is no such user, so that it takes the same time.
static DUMMY: LazyLock<String> = LazyLock::new(|| {
    hash_password(&SecretString::from(uuid::Uuid::new_v4().to_string())).unwrap_or_default()
});
/// A password is between these many characters.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

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

/// Where somebody wanted to go.
#[derive(Debug, Deserialize)]
pub struct SignInQuery {
    #[serde(default)]
    next: String,
}

/// Only a page of the admin: an address from outside leads nowhere else.
pub fn next_page(wanted: &str) -> &str {
    let is_ours =
        wanted == "/admin" || wanted.starts_with("/admin/") || wanted.starts_with("/admin?");
    let is_plain =
        wanted.chars().all(|c| c.is_ascii_graphic() && c != '\\') && !wanted.contains("//");
    if is_ours && is_plain && !wanted.starts_with("/admin/sign") {
        wanted
    } else {
        "/admin"
    }
}

/// The form.
pub async fn form(
    State(app): State<App>,
    from: Origin,
    Query(wanted): Query<SignInQuery>,
) -> Result<Response, Fault> {
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
    app: &App,
    from: &Origin,
    status: StatusCode,
    error: Option<String>,
    username: &str,
    next: &str,
) -> Result<Response, Fault> {
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
    State(app): State<App>,
    from: Origin,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Fault> {
    let (username, next) = (
        form.text("username").chars().take(255).collect::<String>(),
        next_page(form.exact("next")).to_owned(),
    );
    if !from.is_local && !from.is_secure {
        let why = "Kết nối này không mã hóa, mật khẩu có thể bị đọc trộm. Mở trang bằng https:// hoặc ngay trên máy chủ.".to_owned();
        return shown(
            &app,
            &from,
            StatusCode::FORBIDDEN,
            Some(why),
            &username,
            &next,
        )
        .await;
    }
    app.admit(&from.ip)
        .map_err(|seconds| Fault::too_many(i64::try_from(seconds).unwrap_or(60)))?;
    let account = app.store().accounts().named(&username).await?;
    let looked = async {
        let hash = account
            .as_ref()
            .map_or(DUMMY.as_str(), |a| a.password_hash.as_str());
        Ok(fits(form.exact("password"), hash).await? && account.is_some())
    };
    if !guess::is_right(&app, &username, &from, &from.actor(), looked).await? {
        let why = "Sai tên đăng nhập hoặc mật khẩu.".to_owned();
        return shown(
            &app,
            &from,
            StatusCode::UNAUTHORIZED,
            Some(why),
            &username,
            &next,
        )
        .await;
    }
    // Who shows the right password may know why the door is shut.
    let Some(account) = account.filter(|a| a.may_sign_in(app.store().now_ms())) else {
        let account = app.store().accounts().named(&username).await?;
        app.store()
            .sign_ins()
            .failed(&username, &from.ip, &from.actor())
            .await?;
        let why = account
            .as_ref()
            .map_or("Sai tên đăng nhập hoặc mật khẩu.", why_shut)
            .to_owned();
        return shown(
            &app,
            &from,
            StatusCode::FORBIDDEN,
            Some(why),
            &username,
            &next,
        )
        .await;
    };
    if !device::fits(&account, &from) {
        let actor = actor_of(&account, &from);
        app.store()
            .sign_ins()
            .failed(&username, &from.ip, &actor)
            .await?;
        app.store()
            .audit()
            .record(
                &actor,
                Entry::of(AuditAction::LoginDevice)
                    .table(&USERS)
                    .after(serde_json::json!({ "agent": from.agent })),
            )
            .await?;
        return shown(
            &app,
            &from,
            StatusCode::FORBIDDEN,
            Some(device::REFUSED.to_owned()),
            &username,
            &next,
        )
        .await;
    }
    let step = match (&account.totp_secret, account.must_change) {
        (Some(_), _) => Step::Code,
        (None, true) => Step::Password,
        (None, false) => Step::Full,
    };
    let before = from.session_id(&headers).map(|id| digest(id.as_bytes()));
    pass(&app, &from, &account, step, next, before.as_deref()).await
}

fn why_shut(account: &Account) -> &'static str {
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
async fn pass(
    app: &App,
    from: &Origin,
    account: &Account,
    step: Step,
    next: String,
    before: Option<&str>,
) -> Result<Response, Fault> {
    let to = match step {
        Step::Code => "/admin/code",
        Step::Password => "/admin/new-password",
        Step::Full => next_page(&next),
    };
    let data = Data::of(step, Some(next.clone()));
    let actor = actor_of(account, from);
    let known = if step == Step::Full {
        device::settle(app, from, account, &actor).await?
    } else {
        None
    };
    let cookie = session::begin(app, from, account.user_id, &data, before).await?;
    if step == Step::Full {
        app.store()
            .sign_ins()
            .succeeded(account, &from.ip, &actor)
            .await?;
    }
    let cookies = std::iter::once(cookie)
        .chain(known)
        .map(|cookie| (header::SET_COOKIE, cookie));
    Ok((AppendHeaders(cookies.collect::<Vec<_>>()), go(to)).into_response())
}

fn actor_of(account: &Account, from: &Origin) -> Actor {
    Actor {
        user_id: Some(account.user_id),
        who: account.username.clone(),
        ..from.actor()
    }
}

/// The form of the second factor's code.
pub async fn code_form() -> Result<Response, Fault> {
    page(&Code {
        assets: &ASSETS,
        error: None,
    })
}

/// The second factor's code, or a recovery code.
pub async fn code(State(app): State<App>, person: Person, form: Form) -> Result<Response, Fault> {
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
pub async fn new_password_form(person: Person) -> Result<Response, Fault> {
    page(&NewPassword {
        assets: &ASSETS,
        error: None,
        username: &person.account.username,
    })
}

/// A new password in place of the one that was for once.
pub async fn new_password(
    State(app): State<App>,
    person: Person,
    form: Form,
) -> Result<Response, Fault> {
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

/// Ends this session and leaves nothing in the browser but which device it is: the next sign-in has
/// to know it.
pub async fn sign_out(State(app): State<App>, person: Person) -> Result<Response, Fault> {
    const CLEAR: HeaderValue = HeaderValue::from_static("\"cache\", \"storage\"");
    app.store().sessions().end(&person.session).await?;
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
    Ok((headers, go("/admin/sign-in")).into_response())
}

/// Why this cannot be a password; `None` where it can.
pub fn password_fault(password: &str, about: &[&str]) -> Option<&'static str> {
    if !LENGTH.contains(&password.chars().count()) {
        return Some("Mật khẩu cần từ 8 đến 128 ký tự.");
    }
    let words: Vec<&str> = about
        .iter()
        .copied()
        .chain(["gachno", "gạch nợ", "viettel", "viettelpay", "bankplus"])
        .collect();
    let is_weak = zxcvbn::zxcvbn(password, &words).score() < zxcvbn::Score::Three;
    is_weak.then_some("Mật khẩu dễ đoán. Dùng vài từ không liên quan, ví dụ bốn từ ngẫu nhiên.")
}

/// Hashed on a thread of its own.
pub async fn hashed(password: &str) -> Result<String, Fault> {
    let _one_of_few = ARGON.acquire().await.map_err(|_| Fault::broken())?;
    let password = SecretString::from(password.to_owned());
    Ok(
        tokio::task::spawn_blocking(move || hash_password(&password))
            .await
            .map_err(|_| Fault::broken())??,
    )
}

/// Does the password fit the hash? On a thread of its own.
pub async fn fits(password: &str, hash: &str) -> Result<bool, Fault> {
    let _one_of_few = ARGON.acquire().await.map_err(|_| Fault::broken())?;
    let (password, hash) = (SecretString::from(password.to_owned()), hash.to_owned());
    tokio::task::spawn_blocking(move || password_fits(&password, &hash))
        .await
        .map_err(|_| Fault::broken())
}

/// Must somebody of this role have a second factor that is not there?
pub fn lacks_second_factor(account: &Account, shop: &Shop) -> bool {
    shop.require_2fa
        && matches!(account.role, Role::Owner | Role::Manager)
        && account.totp_secret.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_hard_to_guess() {
        for weak in [
            "ngắn",
            "password123",
            "gachno2026",
            "chu12345",
            &"x".repeat(129),
        ] {
            assert!(password_fault(weak, &["chu"]).is_some(), "{weak}");
        }
        assert_eq!(password_fault("thuyền giấy mưa phùn", &["chu"]), None);
    }

    #[test]
    fn an_address_leads_only_to_our_own_pages() {
        assert_eq!(next_page("/admin/t/jobs?q=1"), "/admin/t/jobs?q=1");
        for foreign in [
            "https://evil.example",
            "//evil.example",
            "/admin//evil.example",
            "/administrator",
            "/admin/\\evil",
            "javascript:1",
            "/admin/sign-out",
        ] {
            assert_eq!(next_page(foreign), "/admin", "{foreign}");
        }
    }
}
