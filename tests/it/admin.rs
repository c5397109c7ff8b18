//! The web admin over HTTP, as a person's browser speaks to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gachno::domain::{Account, Job, Outcome, Proof, Report, Service, Vnd};
use gachno::server::{AppState, Deadlines, Running, SecretKeys, ServeConfig, start_with};
use gachno::store::catalogue::{AccountStatus, Role};
use gachno::store::jobs::{JobFilter, NewJob};
use gachno::store::people::{NewAccount, hash_password};
use gachno::store::{Actor, Store};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use crate::database::{Base, Which, on_both};

pub const PASSWORD: &str = "thuyền giấy mưa phùn";
const START_MS: i64 = 1_795_275_840_000;
const MINUTE: i64 = 60_000;

/// A shop's server on a clock of its own.
pub struct Shop {
    pub running: Running,
    pub clock: Arc<AtomicI64>,
    pub first_password: String,
    _folder: TempDir,
    _base: Option<Base>,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or("")
    }

    #[track_caller]
    pub fn leads_to(&self, to: &str) -> &Self {
        assert_eq!(
            (self.status, self.header("location")),
            (StatusCode::SEE_OTHER, to),
            "{}",
            self.body
        );
        self
    }

    /// The address of the first link that has these words in it or behind it.
    #[track_caller]
    pub fn link(&self, words: &str) -> String {
        let found = self.body.find(words);
        let at = found.unwrap_or_else(|| panic!("{words:?} is not in {}", self.body));
        let from = self.body[..at].rfind("href=\"").expect("a link before it") + 6;
        let address = self.body[from..].split('"').next().unwrap_or_default();
        address.replace("&#38;", "&").replace("&amp;", "&")
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(
            self.body.contains(words),
            "{words:?} is not in {}",
            self.body
        );
        self
    }
}

/// What a machine says of a job, and nothing besides.
pub fn told(job: &str, fence: i64, outcome: Outcome) -> Report {
    let (attempt, job) = (uuid::Uuid::now_v7().to_string(), job.to_owned());
    Report {
        attempt,
        job,
        fence,
        outcome,
        amount: None,
        transaction_id: None,
        proof: Proof::None,
        message: None,
        at: None,
        operator: None,
    }
}

/// A person's browser: it keeps the cookie.
pub struct Browser {
    url: String,
    client: reqwest::Client,
    pub cookie: String,
    /// What says which device it is.
    pub device: String,
}

impl Shop {
    pub async fn open() -> Self {
        let base = Base::new(Which::Sqlite).unwrap();
        let shop = Self::open_on(&base).await;
        Self {
            _base: Some(base),
            ..shop
        }
    }

    /// On this database, which is there for longer than the shop.
    pub async fn open_on(base: &Base) -> Self {
        Self::open_with(base, Deadlines::default()).await
    }

    pub async fn open_with(base: &Base, deadlines: Deadlines) -> Self {
        gachno::init_tls();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(START_MS));
        let store = base.store().await.with_clock(Arc::clone(&clock));
        let config = ServeConfig {
            requests_per_second: 1_000,
            ..ServeConfig::local("", folder.path().join("serve.key"))
        };
        let vault = SecretKeys::open_or_create(&config.key_file).unwrap();
        let running = start_with(AppState::with_deadlines(store, config, vault, deadlines))
            .await
            .unwrap();
        let first_password = running
            .first_owner
            .as_ref()
            .unwrap()
            .password
            .expose_secret()
            .to_owned();
        Self {
            running,
            clock,
            first_password,
            _folder: folder,
            _base: None,
        }
    }

    pub fn store(&self) -> &Store {
        self.running.app().store()
    }

    pub fn wait(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    pub fn browser(&self) -> Browser {
        Browser::at(&self.running.url())
    }

    /// Somebody of this role, and their browser after signing in.
    pub async fn person(&self, username: &str, role: Role) -> Browser {
        self.add_person(username, role).await;
        let mut browser = self.browser();
        browser.sign_in(username, PASSWORD).await.leads_to("/admin");
        browser
    }

    pub async fn add_person(&self, username: &str, role: Role) -> i64 {
        let hash = hash_password(&SecretString::from(PASSWORD)).unwrap();
        let new = NewAccount {
            username,
            name: None,
            role,
            status: AccountStatus::Active,
        };
        self.store()
            .accounts()
            .add(&new, &hash, None, &Actor::system())
            .await
            .unwrap()
    }

    pub async fn add_jobs(&self, codes: &[&str]) {
        let jobs: Vec<NewJob> = codes
            .iter()
            .map(|code| {
                let account = Account::parse(Service::PayEvn.spec().account, code).unwrap();
                let job = Job {
                    account,
                    amount: Some(Vnd::fixed(150_000)),
                    order_id: None,
                    payment: None,
                    receiver: None,
                    row: String::new(),
                    ticket: None,
                };
                NewJob::of(
                    Service::PayEvn,
                    &job,
                    gachno::store::jobs::JobOrigin::Sample,
                )
            })
            .collect();
        self.store()
            .jobs()
            .add(&jobs, &Actor::system())
            .await
            .unwrap();
    }

    /// How many rows of the trail have this action.
    pub async fn trail(&self, action: &str) -> usize {
        let query = gachno::store::tables::ListQuery {
            search: action.to_owned(),
            ..Default::default()
        };
        let rows = self
            .store()
            .tables()
            .list(&gachno::store::catalogue::house::AUDIT, &query, 1_000)
            .await
            .unwrap()
            .rows;
        let at = gachno::store::catalogue::table("audit")
            .unwrap()
            .shown()
            .position(|c| c.name == "action")
            .unwrap();
        rows.iter().filter(|row| row.cells[at] == action).count()
    }
}

impl Browser {
    pub fn at(url: &str) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            url: url.to_owned(),
            client,
            cookie: String::new(),
            device: String::new(),
        }
    }

    pub async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let cookies: Vec<&str> = [self.cookie.as_str(), self.device.as_str()]
            .into_iter()
            .filter(|c| !c.is_empty())
            .collect();
        let request = if cookies.is_empty() {
            request
        } else {
            request.header("cookie", cookies.join("; "))
        };
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        for set in headers
            .get_all("set-cookie")
            .iter()
            .filter_map(|v| v.to_str().ok())
        {
            let pair = set.split(';').next().unwrap();
            let jar = if pair.contains("gachno-device=") {
                &mut self.device
            } else {
                &mut self.cookie
            };
            *jar = if pair.ends_with('=') {
                String::new()
            } else {
                pair.to_owned()
            };
        }
        let answer = Answer {
            status,
            headers,
            body: response.text().await.unwrap(),
        };
        if answer.header("content-type").starts_with("text/html") {
            assert!(
                runs(&answer.body).is_empty(),
                "{:?} in {}",
                runs(&answer.body),
                answer.body
            );
        }
        answer
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form, sure of it where somebody would be asked.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let sure = [fields, &[("sure", "1")]].concat();
        self.post_as_it_is(path, &sure).await
    }

    pub async fn post_as_it_is(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        self.send(request.header("sec-fetch-site", "same-origin"))
            .await
    }

    pub async fn sign_in(&mut self, username: &str, password: &str) -> Answer {
        self.post(
            "/admin/sign-in",
            &[("username", username), ("password", password)],
        )
        .await
    }
}

/// What in a page would run, or be a style of its own: nothing, by our policy. Reads tags as a
/// browser does.
pub fn runs(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
            .unwrap_or(rest.len());
        let tag = rest[..end].to_lowercase();
        rest = &rest[end..];
        let mut has_src = false;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if rest.is_empty() || rest.starts_with('>') {
                break;
            }
            let end = rest
                .find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'))
                .unwrap_or(rest.len())
                .max(1);
            let name = rest[..end].to_lowercase();
            rest = &rest[end..];
            let mut value = String::new();
            if let Some(after) = rest.trim_start().strip_prefix('=') {
                let after = after.trim_start();
                let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
                let (inner, left) = match quote {
                    Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                    None => after.split_at(
                        after
                            .find(|c: char| c.is_whitespace() || c == '>')
                            .unwrap_or(after.len()),
                    ),
                };
                inner.clone_into(&mut value);
                rest = left;
            }
            has_src |= name == "src";
            let leads = value.trim_start().to_lowercase();
            if name.starts_with("on")
                || name.starts_with("hx-on")
                || name == "style"
                || leads.starts_with("javascript:")
                || leads.starts_with("data:text")
            {
                found.push(format!("<{tag} {name}={value}>"));
            }
        }
        if tag == "style" || tag == "script" && !has_src {
            found.push(format!("<{tag}>"));
        }
    }
    found
}

#[tokio::test]
async fn the_owner_signs_in_with_the_password_of_the_terminal_and_makes_another() {
    let shop = Shop::open().await;
    let mut owner = shop.browser();
    owner
        .get("/admin/t/jobs?q=1")
        .await
        .leads_to("/admin/sign-in?next=%2Fadmin%2Ft%2Fjobs%3Fq%3D1");
    owner
        .sign_in("chu", &shop.first_password.clone())
        .await
        .leads_to("/admin/new-password");
    let once = owner.cookie.clone();
    owner.get("/admin").await.leads_to("/admin/new-password");
    for weak in ["chu12345", "12345678", &shop.first_password.clone()] {
        let answer = owner
            .post(
                "/admin/new-password",
                &[("password", weak), ("again", weak)],
            )
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{weak}");
    }
    owner
        .post(
            "/admin/new-password",
            &[("password", PASSWORD), ("again", PASSWORD)],
        )
        .await
        .leads_to("/admin");
    assert_ne!(owner.cookie, once, "another id after another password");
    owner.get("/admin").await.says("Tổng quan");
    let mut thief = shop.browser();
    thief.cookie = once;
    thief
        .get("/admin")
        .await
        .leads_to("/admin/sign-in?next=%2Fadmin");
    assert_eq!(
        shop.browser()
            .sign_in("chu", &shop.first_password.clone())
            .await
            .status,
        StatusCode::UNAUTHORIZED,
        "it worked once"
    );
}

#[tokio::test]
async fn a_session_ends_by_itself_by_signing_out_and_by_being_blocked() {
    let shop = Shop::open().await;
    let mut lan = shop.person("lan", Role::Operator).await;
    for _ in 0..25 {
        shop.wait(29 * MINUTE);
        if lan.get("/admin").await.status != StatusCode::OK {
            break;
        }
    }
    lan.get("/admin")
        .await
        .leads_to("/admin/sign-in?next=%2Fadmin");
    assert!(
        shop.clock.load(Ordering::Relaxed) - START_MS <= 12 * 60 * MINUTE + 29 * MINUTE,
        "used all the time, it still ends after twelve hours"
    );

    lan.sign_in("lan", PASSWORD).await.leads_to("/admin");
    shop.wait(31 * MINUTE);
    lan.get("/admin")
        .await
        .leads_to("/admin/sign-in?next=%2Fadmin");

    lan.sign_in("lan", PASSWORD).await.leads_to("/admin");
    let kept = lan.cookie.clone();
    let out = lan.post("/admin/sign-out", &[]).await;
    assert!(
        out.leads_to("/admin/sign-in")
            .header("clear-site-data")
            .contains("storage")
    );
    lan.cookie = kept;
    lan.get("/admin")
        .await
        .leads_to("/admin/sign-in?next=%2Fadmin");

    lan.sign_in("lan", PASSWORD).await.leads_to("/admin");
    let user = shop
        .store()
        .accounts()
        .named("lan")
        .await
        .unwrap()
        .unwrap()
        .user_id;
    shop.store()
        .accounts()
        .set_role(
            user,
            Role::Operator,
            AccountStatus::Suspended,
            &Actor::system(),
        )
        .await
        .unwrap();
    lan.get("/admin")
        .await
        .leads_to("/admin/sign-in?next=%2Fadmin");
    lan.sign_in("lan", PASSWORD).await.says("tạm khóa");
}

#[tokio::test]
async fn guessing_is_slow_and_tells_nothing() {
    let shop = Shop::open().await;
    shop.add_person("lan", Role::Operator).await;
    let mut thief = shop.browser();
    let nobody = thief.sign_in("khong-co", "sai mật khẩu").await;
    let somebody = thief.sign_in("lan", "sai mật khẩu").await;
    assert_eq!(
        (nobody.status, nobody.body.replace("khong-co", "lan")),
        (somebody.status, somebody.body),
        "the same for both"
    );
    for _ in 0..4 {
        thief.sign_in("lan", "sai mật khẩu").await;
    }
    let stopped = thief.sign_in("lan", PASSWORD).await;
    assert_eq!(
        stopped.status,
        StatusCode::TOO_MANY_REQUESTS,
        "not even with the right one"
    );
    assert_eq!(stopped.header("retry-after"), "900");
    shop.wait(16 * MINUTE);
    thief.sign_in("lan", PASSWORD).await.leads_to("/admin");
    assert_eq!(shop.trail("login_failed").await, 6);
}

#[tokio::test]
async fn a_cookie_is_only_the_servers_and_only_this_sites() {
    let shop = Shop::open().await;
    shop.add_person("lan", Role::Manager).await;
    let mut lan = shop.browser();
    let answer = lan.sign_in("lan", PASSWORD).await;
    let cookie = answer.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
    let id = lan.cookie.split_once('=').unwrap().1.to_owned();
    assert!(id.len() >= 43, "256 bits");
    assert!(
        shop.store()
            .accounts()
            .sessions()
            .find(&id)
            .await
            .unwrap()
            .is_none(),
        "the database knows its hash only"
    );

    let post = |site: &'static str| {
        lan.request(Method::POST, "/admin/me/end")
            .header("cookie", &lan.cookie)
            .header("sec-fetch-site", site)
            .body("handle=all")
    };
    assert_eq!(
        post("cross-site").send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post("same-site").send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post("same-origin").send().await.unwrap().status(),
        StatusCode::SEE_OTHER
    );
    let foreign = lan
        .request(Method::POST, "/admin/me/end")
        .header("cookie", &lan.cookie)
        .header("origin", "https://evil.example")
        .body("handle=all");
    assert_eq!(
        foreign.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );

    let page = lan.get("/admin").await;
    assert_eq!(page.header("cache-control"), "no-store");
    let policy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
    assert_eq!(page.header("content-security-policy"), policy);
    assert_eq!(
        (
            page.header("x-content-type-options"),
            page.header("x-frame-options")
        ),
        ("nosniff", "DENY")
    );
    assert!(!page.header("x-request-id").is_empty());
    let lost = lan.get("/admin/nowhere").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    lost.says("Mã yêu cầu").says(lost.header("x-request-id"));
}

#[tokio::test]
async fn the_second_factor_counts_once_and_a_recovery_code_stands_in() {
    let shop = Shop::open().await;
    let mut owner = shop.person("lan", Role::Owner).await;
    assert_eq!(
        owner
            .post("/admin/me/totp", &[("current", "sai mật khẩu")])
            .await
            .status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "shows the password first"
    );
    owner
        .post("/admin/me/totp", &[("current", PASSWORD)])
        .await
        .leads_to("/admin/me#totp");
    let page = owner.get("/admin/me").await;
    page.says("<svg");
    let letters = page
        .body
        .split("Nhập: <span class=\"code\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    let code = |ms: i64| {
        let secret = totp_rs::Secret::try_from_base32(&letters).unwrap();
        let totp = totp_rs::Builder::new()
            .with_secret(secret)
            .with_account_name("lan")
            .build()
            .unwrap();
        totp.generate(u64::try_from(ms / 1000).unwrap()).to_string()
    };
    let now = || shop.clock.load(Ordering::Relaxed);
    assert_eq!(
        owner
            .post("/admin/me/totp/confirm", &[("code", "000000")])
            .await
            .status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let before = owner.cookie.clone();
    let told = owner
        .post("/admin/me/totp/confirm", &[("code", &code(now()))])
        .await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.body);
    assert_ne!(owner.cookie, before);
    let recovery = told
        .body
        .split("<div class=\"codes code\"><div>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();

    let mut phone = shop.browser();
    phone.sign_in("lan", PASSWORD).await.leads_to("/admin/code");
    phone.get("/admin/t/jobs").await.leads_to("/admin/code");
    assert_eq!(
        phone
            .post("/admin/code", &[("code", &code(now()))])
            .await
            .status,
        StatusCode::UNAUTHORIZED,
        "the same half minute was used"
    );
    shop.wait(30_000);
    phone
        .post("/admin/code", &[("code", &code(now()))])
        .await
        .leads_to("/admin");
    for (given, works) in [(recovery.as_str(), true), (recovery.as_str(), false)] {
        let mut lost = shop.browser();
        lost.sign_in("lan", PASSWORD).await.leads_to("/admin/code");
        assert_eq!(
            lost.post("/admin/code", &[("code", given)]).await.status == StatusCode::SEE_OTHER,
            works,
            "a recovery code works once"
        );
    }
}

on_both! {
async fn an_account_that_is_bound_to_a_device_signs_in_from_there_alone(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut manager = shop.person("lan", Role::Manager).await;
    let id = shop.add_person("hoa", Role::Operator).await;
    let mut counter = shop.browser();
    counter.sign_in("hoa", PASSWORD).await.leads_to("/admin");
    assert!(counter.device.is_empty(), "nobody is known who need not be");
    let path = format!("/admin/people/{id}/device");
    assert_eq!(counter.post(&path, &[("device", "any")]).await.status, StatusCode::FORBIDDEN);
    manager.post(&path, &[("device", "one")]).await.leads_to(&format!("/admin/people/{id}?done=device"));
    manager.get(&format!("/admin/people/{id}")).await.says("sẽ gắn ở lần đăng nhập tới").says("Bỏ gắn thiết bị");
    counter.get("/admin").await.leads_to("/admin/sign-in?next=%2Fadmin");

    let answer = counter.sign_in("hoa", PASSWORD).await;
    let cookies: Vec<&str> = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    let device = cookies.iter().find(|c| c.starts_with("gachno-device=")).unwrap();
    assert!(device.ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000"), "{device}");
    let token = counter.device.split_once('=').unwrap().1.to_owned();
    assert!(token.len() >= 43, "256 bits");
    let bound = gachno::store::people::Device::Only(gachno::store::digest(token.as_bytes()));
    assert_eq!(shop.store().accounts().find(id).await.unwrap().unwrap().device, bound, "the database knows its hash only");
    counter.post("/admin/sign-out", &[]).await;
    counter.sign_in("hoa", PASSWORD).await.leads_to("/admin");
    assert!(!manager.get("/admin/t/accounts").await.body.contains(&gachno::store::digest(token.as_bytes())), "no hash on a page");

    let mut phone = shop.browser();
    let wrong = phone.sign_in("hoa", "sai mật khẩu").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(!wrong.body.contains("thiết bị đã gắn"), "a stranger learns nothing");
    "gachno-device=khong-phai".clone_into(&mut phone.device);
    for _ in 0..4 {
        let refused = phone.sign_in("hoa", PASSWORD).await;
        assert_eq!((refused.status, phone.cookie.is_empty()), (StatusCode::FORBIDDEN, true));
        refused.says("chỉ đăng nhập được từ thiết bị đã gắn");
    }
    assert_eq!(phone.sign_in("hoa", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS, "each counts as a failure");
    assert_eq!((shop.trail("login_device").await, shop.trail("accounts.device_bound").await), (4, 1));

    manager.post(&path, &[("device", "any")]).await.leads_to(&format!("/admin/people/{id}?done=device_off"));
    shop.wait(16 * MINUTE);
    phone.sign_in("hoa", PASSWORD).await.leads_to("/admin");
}
}

#[tokio::test]
async fn the_last_owner_without_a_device_stays_without() {
    let shop = Shop::open().await;
    let mut owner = shop.browser();
    owner.sign_in("chu", &shop.first_password.clone()).await;
    owner
        .post(
            "/admin/new-password",
            &[("password", PASSWORD), ("again", PASSWORD)],
        )
        .await
        .leads_to("/admin");
    let id = shop
        .store()
        .accounts()
        .named("chu")
        .await
        .unwrap()
        .unwrap()
        .user_id;
    let path = format!("/admin/people/{id}/device");
    assert_eq!(
        owner.post(&path, &[("device", "one")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    shop.add_person("lan", Role::Owner).await;
    owner
        .post(&path, &[("device", "one")])
        .await
        .leads_to(&format!("/admin/people/{id}?done=device"));
}

#[tokio::test]
async fn whoever_must_have_a_second_factor_does_nothing_without_it() {
    let shop = Shop::open().await;
    shop.store()
        .settings()
        .set(
            &gachno::store::settings::ShopSetting::Require2fa(true),
            &Actor::system(),
        )
        .await
        .unwrap();
    shop.running.app().forget_shop().await;
    let mut manager = shop.person("lan", Role::Manager).await;
    manager.get("/admin/t/jobs").await.leads_to("/admin/me");
    manager.get("/admin/me").await.says("yêu cầu");
    let mut operator = shop.person("hoa", Role::Operator).await;
    assert_eq!(operator.get("/admin/t/jobs").await.status, StatusCode::OK);
}

on_both! {
async fn a_row_is_listed_found_edited_deleted_and_restored(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut lan = shop.person("lan", Role::Manager).await;
    lan.get("/admin/t/products").await.says("Chưa có dòng nào");
    let bad = lan.post("/admin/t/products/new", &[("title", ""), ("price", "mười nghìn"), ("user_id", "1")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    bad.says("không được để trống").says("mười nghìn");
    let fields = [
        ("title", "Sim Viettel"),
        ("price", "50.000"),
        ("user_id", "1"),
        ("percent_discount", "10"),
        ("currency", "VND"),
        ("id", "77"),
        ("final_price", "1"),
    ];
    let added = lan.post("/admin/t/products/new", &fields).await;
    added.leads_to("/admin/t/products/1?done=added");
    lan.get("/admin/t/products/1?done=added").await.says("Đã thêm").says("45.000 đ");
    lan.get("/admin/t/products?q=sim").await.says("Sim Viettel");
    lan.get("/admin/t/products?f.price.from=60.000").await.says("Không có dòng nào khớp");

    let one = [("version", "0"), ("title", "Sim Viettel 4G"), ("price", "50.000"), ("user_id", "1")];
    lan.post("/admin/t/products/1", &one).await.leads_to("/admin/t/products/1?done=saved");
    let late = lan.post("/admin/t/products/1", &[("version", "0"), ("title", "Sim trả sau"), ("price", "50.000"), ("user_id", "1")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    late.says("Có người vừa sửa").says("Sim trả sau").says("Bản mới của người khác: Sim Viettel 4G");

    lan.post("/admin/t/products/1/cell/quantity", &[("version", "1"), ("value", "12")]).await.says("12");
    let late = lan.post("/admin/t/products/1/cell/quantity", &[("version", "1"), ("value", "13")]).await;
    late.says("Bản mới: 12");
    assert_eq!(lan.post("/admin/t/products/1/cell/final_price", &[("version", "2"), ("value", "1")]).await.status, StatusCode::NOT_FOUND, "computed");

    lan.post("/admin/t/products/1/delete", &[("version", "2")]).await.leads_to("/admin/t/products?done=deleted");
    assert!(!lan.get("/admin/t/products").await.body.contains("Sim Viettel 4G"));
    lan.get("/admin/t/products?gone=1").await.says("Sim Viettel 4G");
    lan.post("/admin/t/products/1/restore", &[("version", "3")]).await.leads_to("/admin/t/products/1?done=restored");
    let page = lan.get("/admin/t/products/1").await;
    page.says("Nhật ký của dòng này").says("Khôi phục").says("<span class=\"was\">Sim Viettel</span>");
}
}

#[tokio::test]
async fn a_filtered_list_is_taken_along_and_nothing_in_it_is_computed() {
    let shop = Shop::open().await;
    let mut lan = shop.person("lan", Role::Manager).await;
    for (title, price) in [
        ("=HYPERLINK(\"http://evil\")", "10.000"),
        ("Thẻ cào", "20.000"),
    ] {
        lan.post(
            "/admin/t/products/new",
            &[("title", title), ("price", price), ("user_id", "1")],
        )
        .await;
    }
    let csv = lan
        .post(
            "/admin/t/products/export",
            &[("format", "csv"), ("query", "f.price.to=15000")],
        )
        .await;
    assert!(csv.header("content-disposition").contains(".csv"));
    assert_eq!(csv.body.lines().count(), 2, "{}", csv.body);
    csv.says("\"'=HYPERLINK(\"\"http://evil\"\")\"");
    let xlsx = lan
        .post(
            "/admin/t/products/export",
            &[("format", "xlsx"), ("query", "")],
        )
        .await;
    assert_eq!(
        xlsx.header("content-type"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    );
    assert_eq!(shop.trail("export").await, 2);
}

#[tokio::test]
async fn names_in_an_address_come_from_the_catalogue() {
    let shop = Shop::open().await;
    let mut owner = shop.person("lan", Role::Owner).await;
    for path in [
        "/admin/t/products?sort=id;drop",
        "/admin/t/products?f.price;x.is=1",
        "/admin/t/users?f.password.has=a",
        "/admin/t/users?sort=password",
    ] {
        assert_eq!(
            owner.get(path).await.status,
            StatusCode::BAD_REQUEST,
            "{path}"
        );
    }
    for path in [
        "/admin/t/readme",
        "/admin/t/settings",
        "/admin/t/web_sessions",
        "/admin/t/password_resets",
        "/admin/t/users/x",
        "/admin/t/users/99",
    ] {
        assert_eq!(
            owner.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let hash = shop
        .store()
        .accounts()
        .named("lan")
        .await
        .unwrap()
        .unwrap()
        .password_hash;
    for path in [
        "/admin/t/users",
        "/admin/t/users/1",
        "/admin/t/accounts",
        "/admin/t/accounts/1",
        "/admin/t/audit",
    ] {
        let page = owner.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(
            !page.body.contains("argon2") && !page.body.contains(&hash[..30]),
            "{path}"
        );
    }
}

const ROLES: [Role; 5] = [
    Role::Owner,
    Role::Manager,
    Role::Operator,
    Role::Collector,
    Role::ReadOnly,
];

/// A path of the route table with something in its places.
fn filled(path: &str) -> String {
    let path = path
        .replace("{table}", "products")
        .replace("{column}", "title")
        .replace("{*rest}", "x");
    // Beyond the role there is one more rule: owners are for owners. The seventh account is
    // nobody's superior.
    let path = if path.contains("/people/") {
        path.replace("{id}", "7")
    } else {
        path
    };
    if path.contains("/review/") {
        path.replace("{id}", "nothing")
    } else {
        path.replace("{id}", "1")
    }
}

#[tokio::test]
async fn every_route_is_open_to_whom_the_table_says_and_to_nobody_else() {
    use gachno::server::admin::routes;
    use gachno::server::web::permission::may;
    use gachno::server::web::route::Need;
    let shop = Shop::open().await;
    let mut people = Vec::new();
    for role in ROLES {
        people.push((role, shop.person(role.wire(), role).await));
    }
    assert_eq!(shop.add_person("minh", Role::ReadOnly).await, 7);
    for route in routes() {
        let path = filled(route.path);
        let mut anybody = shop.browser();
        let answer = anybody
            .send(
                anybody
                    .request(route.method.clone(), &path)
                    .header("sec-fetch-site", "same-origin"),
            )
            .await;
        match route.need {
            Need::Nothing => assert!(
                !matches!(answer.status.as_u16(), 303 if answer.header("location").contains("sign-in?")),
                "{path}"
            ),
            _ if route.method == Method::GET => assert!(
                answer
                    .header("location")
                    .starts_with("/admin/sign-in?next="),
                "{path}: {}",
                answer.status
            ),
            _ => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}"),
        }
        // What signs somebody out, or changes who they are, has stories of its own.
        if matches!(
            route.need,
            Need::Nothing | Need::AnyStep | Need::Self_ | Need::Step(_) | Need::SignedIn
        ) {
            continue;
        }
        for (role, browser) in &mut people {
            let allowed = match route.need {
                Need::May(area, action) => may(*role, area, action),
                Need::Table(action) => may(
                    *role,
                    gachno::store::catalogue::goods::PRODUCTS.area.unwrap(),
                    action,
                ),
                _ => true,
            };
            let answer = browser
                .send(
                    browser
                        .request(route.method.clone(), &path)
                        .header("sec-fetch-site", "same-origin"),
                )
                .await;
            assert_eq!(
                answer.status != StatusCode::FORBIDDEN,
                allowed,
                "{role:?} {} {path}: {}",
                route.method,
                answer.status
            );
            assert!(
                answer.status != StatusCode::INTERNAL_SERVER_ERROR,
                "{role:?} {path}"
            );
        }
    }
}

#[tokio::test]
async fn only_fields_of_the_form_are_written_and_only_in_tables_that_forms_may_write() {
    let shop = Shop::open().await;
    let mut manager = shop.person("lan", Role::Manager).await;
    let fields = [
        ("username", "hoa"),
        ("name", "Hoa"),
        ("password", "x"),
        ("id", "500"),
        ("created_at", "2001-01-01"),
        ("version", "9"),
        ("remember_token", "t"),
    ];
    manager.post("/admin/t/users/new", &fields).await;
    let row = shop
        .store()
        .tables()
        .list(
            &gachno::store::catalogue::people::USERS,
            &gachno::store::tables::ListQuery {
                search: "hoa".into(),
                ..Default::default()
            },
            5,
        )
        .await
        .unwrap()
        .rows
        .remove(0);
    assert!(row.id < 500 && row.version == 0);
    assert_eq!(
        manager
            .post(
                "/admin/t/accounts/1",
                &[("version", "0"), ("role", "owner")]
            )
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
    let mine = shop
        .store()
        .accounts()
        .named("lan")
        .await
        .unwrap()
        .unwrap()
        .user_id;
    assert_eq!(
        manager
            .post(
                &format!("/admin/people/{mine}/standing"),
                &[("role", "owner")]
            )
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        manager
            .post(
                "/admin/people",
                &[("username", "kẻ gian"), ("role", "owner")]
            )
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        manager
            .post("/admin/t/audit/1", &[("version", "0")])
            .await
            .status,
        StatusCode::FORBIDDEN
    );
}

on_both! {
async fn an_order_costs_what_its_lines_cost(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut lan = shop.person("lan", Role::Manager).await;
    lan.post("/admin/t/products/new", &[("title", "Sim"), ("price", "50.000"), ("user_id", "1"), ("currency", "VND")]).await;
    lan.post("/admin/t/orders/new", &[("user", "Khách A"), ("discount", "10.000"), ("total", "1")]).await.leads_to("/admin/t/orders/1?done=added");
    let line = |quantity: &'static str, discount: &'static str| {
        [("order_id", "1"), ("product_id", "1"), ("quantity", quantity), ("unit_price", "50.000"), ("discount", discount), ("price", "7")]
    };
    lan.post("/admin/t/order_details/new", &line("2", "0")).await.leads_to("/admin/t/order_details/1?done=added");
    lan.post("/admin/t/order_details/new", &line("1", "5.000")).await;
    lan.get("/admin/t/orders/1").await.says("135.000 đ");
    lan.post("/admin/t/order_details/2/delete", &[("version", "0")]).await;
    lan.get("/admin/t/orders/1").await.says("90.000 đ");
}
}

on_both! {
async fn a_file_is_previewed_brought_in_and_taken_back(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut lan = shop.person("lan", Role::Manager).await;
    shop.add_jobs(&["PE01000100009"]).await;
    let file = "Dịch vụ;Mã;Số tiền;Mã đơn\r\nGạch điện EVN;PE01000100001;;D1\r\nGạch điện EVN;PE01000100001;;D1\r\nĐổ xăng;1;;\r\nGạch điện EVN;PE01000100009;;\r\nGạch điện EVN;PE01000100002;;\r\n";
    let mut preview = upload(&mut lan, "jobs", "việc.csv", file.as_bytes()).await;
    preview.says("2 dòng sẽ được nhập").says("trùng với một dòng ở trên").says("Đổ xăng").says("đã có một việc đang mở giống hệt");
    assert_eq!(shop.store().jobs().list(&JobFilter::default(), 10).await.unwrap().len(), 1, "a preview changes nothing");
    preview.body = preview.body.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#38;", "&").replace("&#39;", "'");
    let rows = preview.body.split("name=\"rows\" value=\"").nth(1).unwrap().split("\"><button").next().unwrap().to_owned();
    lan.post("/admin/import/commit", &[("rows", &rows)]).await.leads_to("/admin/import/1?done=imported");
    assert_eq!(shop.store().jobs().list(&JobFilter::default(), 10).await.unwrap().len(), 3);
    lan.get("/admin/import/1").await.says("Hoàn tác");
    let touched = shop.store().jobs().list(&JobFilter::default(), 10).await.unwrap().into_iter().find(|j| j.code == "PE01000100002").unwrap();
    lan.post(&format!("/admin/t/jobs/{}/cell/note", touched.number), &[("version", "0"), ("value", "khách gọi")]).await.says("khách gọi");
    lan.post("/admin/import/1/undo", &[]).await.leads_to("/admin/import/1?done=undone");
    let left: Vec<String> = shop.store().jobs().list(&JobFilter::default(), 10).await.unwrap().into_iter().map(|j| j.code).collect();
    assert_eq!(left, ["PE01000100009", "PE01000100002"], "what somebody touched stays");
    assert_eq!(upload(&mut lan, "jobs", "x.exe", b"MZ").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(upload(&mut lan, "accounts", "x.csv", b"a;b").await.status, StatusCode::NOT_FOUND);
}
}

pub async fn upload(browser: &mut Browser, table: &str, name: &str, bytes: &[u8]) -> Answer {
    const EDGE: &str = "----edge";
    let mut body = Vec::new();
    body.extend_from_slice(
        format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"table\"\r\n\r\n{table}\r\n")
            .as_bytes(),
    );
    body.extend_from_slice(
        format!(
            "--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .as_bytes(),
    );
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{EDGE}--\r\n").as_bytes());
    let request = browser
        .request(Method::POST, "/admin/import/preview")
        .header(
            "content-type",
            format!("multipart/form-data; boundary={EDGE}"),
        );
    browser.send(request.body(body)).await
}

on_both! {
async fn money_in_doubt_is_decided_by_a_person_once_and_by_name(base: &Base) {
    let shop = Shop::open_on(base).await;
    shop.add_jobs(&["PE001"]).await;
    let machine = shop.store().machines().add("quầy 1", &[gachno::store::machines::Scope::Lease], None, &Actor::system()).await.unwrap().id;
    let job = shop.store().jobs().lease(machine, Service::PayEvn, 1, MINUTE).await.unwrap().jobs.remove(0);
    let held = gachno::store::jobs::Held { id: job.id.clone(), fence: job.fence };
    shop.store().jobs().arm(machine, &held, uuid::Uuid::now_v7(), Some(Vnd::fixed(150_000)), MINUTE).await.unwrap().unwrap();
    shop.wait(2 * MINUTE);
    shop.store().jobs().expire().await.unwrap();

    let mut manager = shop.person("lan", Role::Manager).await;
    manager.get("/admin").await.says("1 việc chưa rõ kết quả").says("150.000 đ");
    manager.get("/admin/review").await.says("PE001");
    let path = format!("/admin/review/{}", job.id);
    manager.get(&path).await.says("Cho phép quầy 1 bấm xác nhận").says("Đã trả");
    let mut operator = shop.person("hoa", Role::Operator).await;
    let word = [("resolution", "paid"), ("name", "Người khác"), ("reason", "có trong lịch sử giao dịch"), ("amount", "150.000")];
    assert_eq!(operator.post(&path, &word).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        manager.post(&path, &[("resolution", "paid"), ("amount", "150.000")]).await.status,
        StatusCode::BAD_REQUEST,
        "with a reason"
    );
    manager.post(&path, &word).await.leads_to(&format!("{path}?done=decided"));
    manager.get(&path).await.says("lan: có trong lịch sử giao dịch");
    assert!(!manager.get(&path).await.body.contains("Người khác"), "who decides is who has signed in");
    assert_eq!(manager.post(&path, &word).await.status, StatusCode::CONFLICT, "said once");
    manager.get("/admin").await.says("150.000 đ").says("Đã thanh toán hôm nay");
}
}

/// The form of the settings, as a page sends it that was drawn from `as_of`.
fn settings_form<'f>(as_of: &'f str, tries: &'f str, repeat: &'f str) -> [(&'f str, &'f str); 7] {
    [
        ("as_of", as_of),
        ("tries_max", tries),
        ("trial_days", "7"),
        ("retry_after_s", "30"),
        ("lease_s", "60"),
        ("repeat_hours", repeat),
        ("keep_days", "90"),
    ]
}

on_both! {
async fn an_old_page_of_settings_takes_nothing_back(base: &Base) {
    let shop = Shop::open_on(base).await;
    let (mut lan, mut mai) = (shop.person("lan", Role::Owner).await, shop.person("mai", Role::Owner).await);
    let drawn_from = |page: &str| page.split("name=\"as_of\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let (of_lan, of_mai) = (drawn_from(&lan.get("/admin/settings").await.body), drawn_from(&mai.get("/admin/settings").await.body));
    mai.post("/admin/settings", &settings_form(&of_mai, "3", "41")).await.leads_to("/admin/settings?done=saved");
    let refused = lan.post("/admin/settings", &settings_form(&of_lan, "5", "24")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.says("vừa được người khác sửa").says("value=\"41\"");
    let again = drawn_from(&refused.body);
    lan.post("/admin/settings", &settings_form(&again, "5", "41")).await.leads_to("/admin/settings?done=saved");
    let now = shop.store().settings().shop().await.unwrap();
    assert_eq!((now.tries_max, now.repeat_hours), (5, 41));
}
}

on_both! {
async fn an_account_is_made_approved_blocked_and_its_trial_ends(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut owner = shop.person("lan", Role::Owner).await;
    assert_eq!(shop.browser().get("/admin/register").await.status, StatusCode::NOT_FOUND, "closed until the shop opens it");
    let all =
        [("registration", "1"), ("trial_days", "7"), ("tries_max", "3"), ("retry_after_s", "30"), ("lease_s", "60"), ("repeat_hours", "24"), ("keep_days", "90")];
    owner.post("/admin/settings", &all).await.leads_to("/admin/settings?done=saved");
    let mut new = shop.browser();
    new.post("/admin/register", &[("username", "minh"), ("name", "Minh"), ("password", PASSWORD)]).await.leads_to("/admin/register?done=asked");
    new.sign_in("minh", PASSWORD).await.says("chờ cửa hàng duyệt");
    let id = shop.store().accounts().named("minh").await.unwrap().unwrap().user_id;
    owner.get("/admin/people").await.says("Chờ duyệt");
    owner.post(&format!("/admin/people/{id}/standing"), &[("status", "active")]).await;
    new.sign_in("minh", PASSWORD).await.leads_to("/admin");
    shop.wait(8 * 24 * 60 * MINUTE);
    new.sign_in("minh", PASSWORD).await.says("hết hạn");
    owner.sign_in("lan", PASSWORD).await;
    owner.post(&format!("/admin/people/{id}/trial"), &[("days", "")]).await;
    new.sign_in("minh", PASSWORD).await.leads_to("/admin");
    let version = shop.store().tables().fetch(&gachno::store::catalogue::people::USERS, id).await.unwrap().version.to_string();
    owner.post(&format!("/admin/t/users/{id}/cell/block"), &[("version", &version), ("value", "1")]).await.says("có");
    new.get("/admin").await.leads_to("/admin/sign-in?next=%2Fadmin");
    let told = owner.post(&format!("/admin/people/{id}/reset"), &[]).await;
    told.says("Chỉ hiện lần này");
}
}

#[tokio::test]
async fn a_machines_token_is_shown_once_and_opens_nothing_when_revoked() {
    let shop = Shop::open().await;
    let mut owner = shop.person("lan", Role::Owner).await;
    let made = owner
        .post(
            "/admin/machines",
            &[
                ("name", "Quầy 1"),
                ("scope", "jobs:lease"),
                ("scope", "jobs:read"),
            ],
        )
        .await;
    let token = made
        .body
        .split("<p class=\"secret code\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        shop.store()
            .machines()
            .of_token(&token)
            .await
            .unwrap()
            .is_some()
    );
    let page = owner.get("/admin/machines").await;
    assert!(
        page.says("Quầy 1").body.find(&token).is_none(),
        "shown once"
    );
    // The server itself asks first, whatever a script does.
    let asked = owner.post_as_it_is("/admin/machines/1/revoke", &[]).await;
    asked.says("Thu hồi mã của máy này?").says("name=\"sure\"");
    assert!(
        shop.store()
            .machines()
            .of_token(&token)
            .await
            .unwrap()
            .is_some(),
        "nothing was done yet"
    );
    owner
        .post("/admin/machines/1/revoke", &[])
        .await
        .leads_to("/admin/machines?done=revoked");
    assert!(
        shop.store()
            .machines()
            .of_token(&token)
            .await
            .unwrap()
            .is_none()
    );
}

on_both! {
async fn refused_reports_are_marked_as_seen_one_by_one_and_many_at_once(base: &Base) {
    let shop = Shop::open_on(base).await;
    shop.add_jobs(&["PE001"]).await;
    let machine = shop.store().machines().add("quầy 1", &[gachno::store::machines::Scope::Lease], None, &Actor::system()).await.unwrap().id;
    let job = shop.store().jobs().lease(machine, Service::PayEvn, 1, MINUTE).await.unwrap().jobs.remove(0);
    let stray = |message: &str| Report { message: Some(message.to_owned()), ..told(&job.id, job.fence + 7, Outcome::Failed) };
    let rules = shop.running.app().shop().await.unwrap();
    shop.store().jobs().report(machine, &[stray("một"), stray("hai"), stray("ba")], &rules).await.unwrap();
    assert_eq!(shop.store().jobs().unseen_reports().await.unwrap(), 3);

    let mut manager = shop.person("lan", Role::Manager).await;
    manager.get("/admin").await.says("3 báo cáo không khớp đang chờ người xem");
    let mut operator = shop.person("hoa", Role::Operator).await;
    assert_eq!(operator.post("/admin/t/reports/bulk", &[("action", "seen"), ("id", "1")]).await.status, StatusCode::FORBIDDEN);
    manager.get("/admin/t/reports/1").await.says("Đánh dấu đã xem");
    manager.post("/admin/t/reports/bulk", &[("action", "seen"), ("id", "1")]).await.leads_to("/admin/t/reports?done=bulk&did=1&left=0");
    assert!(!manager.get("/admin/t/reports/1").await.body.contains("Đánh dấu đã xem"));
    manager.get("/admin").await.says("2 báo cáo không khớp đang chờ người xem");
    manager.get("/admin/t/reports?f.verdict.is=refused").await.says("Đánh dấu đã xem").says("Việc đã giao máy khác hoặc thu hồi");
    manager.post("/admin/t/reports/bulk", &[("action", "seen"), ("id", "1"), ("id", "2"), ("id", "3")]).await;
    assert_eq!(shop.store().jobs().unseen_reports().await.unwrap(), 0);
    assert_eq!(shop.trail("reports.seen").await, 3, "each once");
}
}

#[tokio::test]
async fn one_job_is_added_by_hand_by_the_rules_of_a_file() {
    let shop = Shop::open().await;
    let mut hoa = shop.person("hoa", Role::Operator).await;
    hoa.get("/admin/t/jobs/new")
        .await
        .says("Gạch điện EVN")
        .says("name=\"receiver_phone\"");
    for (field, value, why) in [
        ("service", "", "thiếu dịch vụ"),
        ("code", "", "thiếu mã"),
        ("receiver_phone", "12", "name=\"receiver_phone\""),
        ("priority", "-1", "ưu tiên là số từ 0"),
    ] {
        let mut fields = vec![("service", "gach_dien_evn"), ("code", "PE01000100001")];
        fields.push((field, value));
        let answer = hoa.post("/admin/t/jobs/new", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        answer.says("class=\"why\"").says(why);
    }
    let good = [
        ("service", "gach_dien_evn"),
        ("code", "PE01000100001"),
        ("receiver_phone", "0981234567"),
        ("order_id", "D1"),
        ("note", "gấp"),
        ("priority", "5"),
    ];
    let added = hoa.post("/admin/t/jobs/new", &good).await;
    let job = shop
        .store()
        .jobs()
        .list(&JobFilter::default(), 5)
        .await
        .unwrap()
        .remove(0);
    added.leads_to(&format!("/admin/review/{}?done=added", job.id));
    assert_eq!(
        (job.code.as_str(), job.order_id.as_deref()),
        ("PE01000100001", Some("D1"))
    );
    hoa.post("/admin/t/jobs/new", &good)
        .await
        .says("đã có một việc đang mở giống hệt");
    assert_eq!(
        shop.store()
            .jobs()
            .list(&JobFilter::default(), 5)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(shop.trail("jobs.add").await, 1);
}

#[tokio::test]
async fn a_banner_that_is_shown_arrives_at_the_machines_and_another_does_not() {
    let shop = Shop::open().await;
    let mut lan = shop.person("lan", Role::Manager).await;
    let token = shop
        .store()
        .machines()
        .add(
            "quầy 1",
            &[gachno::store::machines::Scope::Lease],
            None,
            &Actor::system(),
        )
        .await
        .unwrap()
        .token;
    lan.post(
        "/admin/t/banner/new",
        &[
            ("name", "Nghỉ Tết"),
            ("content", "Cửa hàng nghỉ"),
            ("publish", "1"),
        ],
    )
    .await
    .leads_to("/admin/t/banner/1?done=added");
    lan.post(
        "/admin/t/banner/new",
        &[("name", "Bản nháp"), ("content", "chưa xong")],
    )
    .await
    .leads_to("/admin/t/banner/2?done=added");
    lan.post(
        "/admin/t/banner/1/cell/content",
        &[("version", "0"), ("value", "Nghỉ đến mùng sáu")],
    )
    .await
    .says("mùng sáu");
    let arrives = async || {
        let request = reqwest::Client::new()
            .get(format!("{}/api/banners", shop.running.url()))
            .bearer_auth(token.expose_secret());
        request.send().await.unwrap().text().await.unwrap()
    };
    let told = arrives().await;
    assert!(
        told.contains("Nghỉ đến mùng sáu") && !told.contains("Bản nháp"),
        "{told}"
    );
    lan.post(
        "/admin/t/banner/1/cell/publish",
        &[("version", "1"), ("value", "0")],
    )
    .await;
    assert!(!arrives().await.contains("mùng sáu"));
}

on_both! {
async fn a_list_is_searched_sorted_and_shown_as_the_person_likes_it(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut lan = shop.person("lan", Role::Manager).await;
    for (title, price) in [("Thẻ cào", "20.000"), ("Sim số đẹp", "50.000"), ("Sim thường", "10.000")] {
        lan.post("/admin/t/products/new", &[("title", title), ("price", price), ("user_id", "1"), ("currency", "VND")]).await;
    }
    let at = |page: &Answer, words: &str| page.body.find(words).unwrap_or_else(|| panic!("{words} is not there"));
    let page = lan.get("/admin/t/products?q=sim&sort=price&desc=1").await;
    assert!(at(&page, "Sim số đẹp") < at(&page, "Sim thường") && !page.body.contains("Thẻ cào"));
    let page = lan.get("/admin/t/products?sort=title&f.price.from=15000").await;
    assert!(at(&page, "Sim số đẹp") < at(&page, "Thẻ cào") && !page.body.contains("Sim thường"));
    lan.post("/admin/t/products/columns", &[("column", "id"), ("column", "title")]).await;
    assert!(!lan.get("/admin/t/products").await.body.contains("data-name=\"Giá\""));
    lan.post("/admin/t/products/columns", &[("reset", "1")]).await;
    lan.get("/admin/t/products").await.says("data-name=\"Giá\"");
}
}

on_both! {
async fn a_condition_of_a_list_is_taken_away_alone_and_the_others_stay(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut lan = shop.person("lan", Role::Manager).await;
    for (title, price) in [("Thẻ cào", "20.000"), ("Sim số đẹp", "50.000"), ("Sim thường", "10.000")] {
        lan.post("/admin/t/products/new", &[("title", title), ("price", price), ("user_id", "1"), ("currency", "VND")]).await;
    }
    let page = lan.get("/admin/t/products?q=sim&f.price.from=20000&f.user_id.is=1&sort=price&size=25").await;
    page.says("1 dòng").says("Giá từ 20.000 đ <span").says("Người dùng là chu <span");
    let without_price = "href=\"/admin/t/products?q=sim&#38;f.user_id.is=1&#38;sort=price&#38;size=25\" aria-label=\"Bỏ điều kiện: Giá từ 20.000 đ\"";
    page.says(without_price).says("href=\"/admin/t/products?sort=price&#38;size=25\">Bỏ tất cả</a>");
    lan.get("/admin/t/products?q=sim&f.user_id.is=1&sort=price&size=25").await.says("2 dòng");
    lan.get("/admin/t/products?f.created_at.from=2026-11-21").await.says("3 dòng").says("Tạo lúc từ 21/11/2026").says("type=\"date\"");
    // A pick list that nobody chose from: a number is the row's, words alone are nothing.
    lan.get("/admin/t/products?f.user_id.is=&q.user_id=2").await.says("0 dòng").says("Người dùng là lan");
    lan.get("/admin/t/products?f.user_id.is=1&q.user_id=chu").await.says("3 dòng");
    lan.get("/admin/t/products?q.user_id=chu").await.says("3 dòng");
    lan.get("/admin/t/products?gone=1").await.says("Chưa có dòng nào bị xóa").says("Sản phẩm: đã xóa");
}
}

on_both! {
async fn a_change_of_many_says_what_it_left_alone(base: &Base) {
    let shop = Shop::open_on(base).await;
    shop.add_jobs(&["PE001", "PE002", "PE003"]).await;
    let machine = shop.store().machines().add("quầy 1", &[gachno::store::machines::Scope::Lease], None, &Actor::system()).await.unwrap().id;
    let job = shop.store().jobs().lease(machine, Service::PayEvn, 1, MINUTE).await.unwrap().jobs.remove(0);
    let held = gachno::store::jobs::Held { id: job.id.clone(), fence: job.fence };
    shop.store().jobs().arm(machine, &held, uuid::Uuid::now_v7(), Some(Vnd::fixed(150_000)), MINUTE).await.unwrap().unwrap();
    let mut hoa = shop.person("hoa", Role::Operator).await;
    let ticked = [("action", "cancel"), ("id", "1"), ("id", "2"), ("id", "3"), ("query", "q=PE")];
    let answer = hoa.post("/admin/t/jobs/bulk", &ticked).await;
    answer.leads_to("/admin/t/jobs?q=PE&done=bulk&did=2&left=1");
    let page = hoa.get(answer.header("location")).await;
    page.says("Đã làm xong 2 dòng. 1 dòng giữ nguyên");
    assert!(!page.body.contains("did=2"), "said once");
    hoa.get("/admin/t/jobs?done=none&did=5&left=9").await.says("<main id=\"main\">\n\n");
}
}

on_both! {
async fn the_dashboards_numbers_lead_to_just_their_rows(base: &Base) {
    let shop = Shop::open_on(base).await;
    shop.add_jobs(&["PE001", "PE002", "PE003", "PE004"]).await;
    let machine = shop.store().machines().add("quầy 1", &[gachno::store::machines::Scope::Lease], None, &Actor::system()).await.unwrap().id;
    let rules = shop.running.app().shop().await.unwrap();
    for (job, outcome) in shop.store().jobs().lease(machine, Service::PayEvn, 3, MINUTE).await.unwrap().jobs.iter().zip([Outcome::NotFound, Outcome::Rejected, Outcome::Debt]) {
        shop.store().jobs().report(machine, &[told(&job.id, job.fence, outcome)], &rules).await.unwrap();
    }
    let mut lan = shop.person("lan", Role::Manager).await;
    let board = lan.get("/admin").await;
    lan.get(&board.link("f.outcome.any=not_found")).await.says("2 dòng").says("Kết quả là Không tìm thấy hoặc Cổng từ chối");
    lan.get(&board.link("f.outcome.any=debt")).await.says("1 dòng");
    lan.get(&board.link("f.service.is=gach_dien_evn&#38;f.state.is=ready")).await.says("1 dòng");
    assert_eq!(lan.get("/admin/t/jobs?f.outcome.any=paid,khac").await.status, StatusCode::BAD_REQUEST);
}
}

#[tokio::test]
async fn the_trail_reads_as_people_speak_and_leads_to_its_rows() {
    let shop = Shop::open().await;
    let mut owner = shop.person("lan", Role::Owner).await;
    owner
        .post(
            "/admin/t/products/new",
            &[
                ("title", "Sim"),
                ("price", "50.000"),
                ("user_id", "2"),
                ("currency", "VND"),
            ],
        )
        .await;
    owner
        .post(
            "/admin/people",
            &[("username", "hoa"), ("role", "operator")],
        )
        .await;
    let list = owner.get("/admin/t/audit").await;
    list.says("Thêm tài khoản")
        .says("Sản phẩm")
        .says("href=\"/admin/t/products/1\"");
    owner
        .get("/admin/t/audit?f.action.is=accounts.add")
        .await
        .says("Việc làm là Thêm tài khoản");
    let rows = shop
        .store()
        .tables()
        .list(
            &gachno::store::catalogue::house::AUDIT,
            &gachno::store::tables::ListQuery {
                search: "add products".into(),
                ..Default::default()
            },
            5,
        )
        .await
        .unwrap()
        .rows;
    let entry = owner.get(&format!("/admin/t/audit/{}", rows[0].id)).await;
    entry
        .says("Đã đổi")
        .says("50.000 đ")
        .says("<span class=\"is\">lan</span>");
    assert!(
        !entry.body.contains("user_id"),
        "no raw JSON: {}",
        entry.body
    );
    owner
        .get("/admin/t/users/3")
        .await
        .says("Nhân viên gạch nợ")
        .says("Hoạt động");
    for action in ["add", "accounts.add", "login"] {
        assert!(shop.trail(action).await > 0, "{action}");
    }
}

#[tokio::test]
async fn a_row_leads_to_what_belongs_to_it_and_a_new_one_starts_from_there() {
    let shop = Shop::open().await;
    let mut lan = shop.person("lan", Role::Manager).await;
    lan.post(
        "/admin/t/orders/new",
        &[("user", "Khách A"), ("discount", "10.000")],
    )
    .await;
    lan.get("/admin/t/orders/1")
        .await
        .says("value=\"10.000\"")
        .says("/admin/t/order_details?f.order_id.is=1")
        .says("/admin/t/order_details/new?order_id=1");
    lan.get("/admin/t/order_details/new?order_id=1&version=7&price=9")
        .await
        .says("Khách A")
        .says("Thêm chi tiết đơn");
    let mut tuan = shop.person("tuan", Role::Collector).await;
    let page = tuan.get("/admin/t/orders/1").await;
    assert!(
        page.body.contains("f.order_id.is=1") && !page.body.contains("order_details/new"),
        "looks only"
    );
    // The same amount written otherwise is nobody's change.
    let stale = lan
        .post(
            "/admin/t/orders/1",
            &[
                ("version", "-5"),
                ("user", "Khách B"),
                ("discount", "10000"),
            ],
        )
        .await;
    assert_eq!(
        stale.body.matches("Bản mới của người khác").count(),
        1,
        "{}",
        stale.body
    );
}

#[tokio::test]
async fn a_collector_sees_what_is_left_to_collect() {
    let shop = Shop::open().await;
    let mut lan = shop.person("lan", Role::Manager).await;
    for (code, who, done) in [
        ("A", "tuan", "0"),
        ("B", "tuan", "0"),
        ("C", "tuan", "1"),
        ("D", "minh", "0"),
    ] {
        let mut fields = vec![
            ("code", code),
            ("username", who),
            ("postage", "50.000"),
            ("service", "Cước"),
        ];
        if done == "1" {
            fields.push(("completed", "1"));
        }
        lan.post("/admin/t/collection_data/new", &fields).await;
    }
    let mut tuan = shop.person("tuan", Role::Collector).await;
    tuan.get("/admin")
        .await
        .says("Còn phải thu của tôi</span><b>2</b>");
    tuan.get("/admin/t/collection_data?f.username.is=tuan&f.completed.is=0")
        .await
        .says("2 dòng");
}

on_both! {
async fn what_is_to_be_collected_becomes_jobs_that_complete_it(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut lan = shop.person("lan", Role::Manager).await;
    let rows = [
        [("code", "PE001"), ("name", "Nguyễn Điện"), ("postage", "150.000"), ("completed", "")],
        [("code", "PE002"), ("name", "Trần Nợ"), ("postage", ""), ("completed", "")],
        [("code", "PE003"), ("name", "Đã đóng"), ("postage", "99.000"), ("completed", "1")],
        [("code", "không phải mã!"), ("name", "Sai mã"), ("postage", "1.000"), ("completed", "")],
    ];
    for row in rows {
        let fields: Vec<(&str, &str)> = row.into_iter().chain([("service", "Điện")]).filter(|(_, v)| !v.is_empty()).collect();
        lan.post("/admin/t/collection_data/new", &fields).await;
    }
    lan.get("/admin/t/collection_data").await.says("Tạo việc");
    let all = [("action", "jobs"), ("service", "gach_dien_evn"), ("whole", "1")];
    lan.post("/admin/t/collection_data/bulk", &all).await.leads_to("/admin/t/collection_data?done=bulk&did=2&left=2");
    lan.post("/admin/t/collection_data/bulk", &all).await.leads_to("/admin/t/collection_data?done=bulk&did=0&left=4");
    let mut collector = shop.person("thu", Role::Collector).await;
    assert_eq!(collector.post("/admin/t/collection_data/bulk", &all).await.status, StatusCode::FORBIDDEN);
    assert_eq!(lan.post("/admin/t/collection_data/bulk", &[("action", "jobs"), ("service", "nap_tien_viettel"), ("id", "1")]).await.status, StatusCode::BAD_REQUEST);

    // Paying such a job completes its row.
    let machine = shop.store().machines().add("quầy 1", &[gachno::store::machines::Scope::Lease], None, &Actor::system()).await.unwrap().id;
    let job = shop.store().jobs().lease(machine, Service::PayEvn, 1, MINUTE).await.unwrap().jobs.remove(0);
    assert_eq!((job.code.as_str(), job.expected_amount), ("PE001", Some(150_000)));
    let attempt = uuid::Uuid::now_v7();
    let held = gachno::store::jobs::Held { id: job.id.clone(), fence: job.fence };
    shop.store().jobs().arm(machine, &held, attempt, Some(Vnd::fixed(150_000)), MINUTE).await.unwrap().unwrap();
    let paid = Report {
        attempt: attempt.to_string(),
        amount: Some(Vnd::fixed(150_000)),
        transaction_id: Some("VT1".to_owned()),
        proof: Proof::Response,
        ..told(&job.id, job.fence, Outcome::Paid)
    };
    let rules = shop.running.app().shop().await.unwrap();
    shop.store().jobs().report(machine, &[paid], &rules).await.unwrap();
    lan.get("/admin/t/collection_data?f.completed.is=1&q=VT1").await.says("1 dòng").says("PE001");
}
}

on_both! {
async fn one_column_of_many_rows_is_set_at_once_and_only_one_that_a_form_may_write(base: &Base) {
    let shop = Shop::open_on(base).await;
    shop.add_jobs(&["PE001", "PE002", "PE003"]).await;
    let mut lan = shop.person("lan", Role::Manager).await;
    let whole = |column: &'static str, value: &'static str| [("action", "set"), ("column", column), ("value", value), ("query", "q=pe00"), ("whole", "1")];
    lan.post("/admin/t/jobs/bulk", &whole("priority", "7")).await.leads_to("/admin/t/jobs?q=pe00&done=bulk&did=3&left=0");
    lan.get("/admin/t/jobs?f.priority.from=7&f.priority.to=7").await.says("3 dòng");
    for (column, value) in [("state", "done"), ("paid_amount", "1"), ("search_text", "x"), ("priority", "nhiều")] {
        assert_eq!(lan.post("/admin/t/jobs/bulk", &whole(column, value)).await.status, StatusCode::BAD_REQUEST, "{column}");
    }
    let mut watcher = shop.person("xem", Role::ReadOnly).await;
    assert_eq!(watcher.post("/admin/t/jobs/bulk", &whole("priority", "1")).await.status, StatusCode::FORBIDDEN);
}
}
