//! Who guards the shop: owners who stay, guesses that are counted, sessions that end, imports that
//! end whole.

use std::process::Command;
use std::time::Duration;

use gachno::server::Deadlines;

use gachno::store::catalogue::{AccountStatus, Role};
use gachno::store::tables::ListQuery;
use gachno::store::{Actor, Store, StoreError};
use reqwest::{Method, StatusCode};

use crate::admin::{Answer, Browser, PASSWORD, Shop};
use crate::database::{Base, Which, on_both};

const MINUTE: i64 = 60_000;

impl Shop {
    async fn id_of(&self, login: &str) -> i64 {
        self.store()
            .accounts()
            .named(login)
            .await
            .unwrap()
            .unwrap()
            .user_id
    }

    async fn version_of(&self, id: i64) -> String {
        self.store()
            .tables()
            .fetch(&gachno::store::catalogue::people::USERS, id)
            .await
            .unwrap()
            .version
            .to_string()
    }

    /// The owner of the first start, with a password of their own.
    pub async fn owner(&self) -> Browser {
        let mut owner = self.browser();
        owner
            .sign_in("chu", &self.first_password)
            .await
            .leads_to("/admin/new-password");
        owner
            .post(
                "/admin/new-password",
                &[("password", PASSWORD), ("again", PASSWORD)],
            )
            .await
            .leads_to("/admin");
        owner
    }

    async fn users(&self) -> Vec<gachno::store::tables::TableRow> {
        self.store()
            .tables()
            .list(
                &gachno::store::catalogue::people::USERS,
                &ListQuery {
                    deleted: gachno::store::tables::Deleted::With,
                    ..ListQuery::default()
                },
                100,
            )
            .await
            .unwrap()
            .rows
    }
}

on_both! {
async fn a_manager_never_reaches_the_owner_by_another_table(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut owner = shop.owner().await;
    let mut manager = shop.person("lan", Role::Manager).await;
    shop.add_person("mai", Role::Manager).await;
    let operator = shop.add_person("hoa", Role::Operator).await.to_string();
    let before = shop.users().await;
    for login in ["chu", "mai"] {
        let id = shop.id_of(login).await.to_string();
        let version = shop.version_of(id.parse().unwrap()).await;
        let row = format!("/admin/t/users/{id}");
        let tries = [
            (row.clone(), vec![("version", version.as_str()), ("username", "kẻ"), ("block", "1")]),
            (format!("{row}/cell/block"), vec![("version", &version), ("value", "1")]),
            (format!("{row}/cell/active"), vec![("version", &version), ("value", "0")]),
            (format!("{row}/cell/username"), vec![("version", &version), ("value", "ke")]),
            (format!("{row}/cell/name"), vec![("version", &version), ("value", "Kẻ")]),
            (format!("{row}/delete"), vec![("version", &version)]),
            (format!("{row}/restore"), vec![("version", &version)]),
            ("/admin/t/users/bulk".to_owned(), vec![("action", "delete"), ("id", &operator), ("id", &id)]),
            ("/admin/t/users/bulk".to_owned(), vec![("action", "restore"), ("id", &id)]),
        ];
        for (path, fields) in tries {
            assert_eq!(manager.post(&path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(manager.get(&format!("{row}/cell/block")).await.status, StatusCode::FORBIDDEN);
        assert!(!manager.get(&row).await.body.contains("name=\"block\""), "no form for what is refused");
    }
    assert_eq!(shop.users().await, before, "not even the row that could have been put away");
    assert_eq!(shop.trail("refused").await, 20, "each is in the trail");
    let table = manager.request(Method::POST, "/admin/import/commit").header("content-type", "application/x-www-form-urlencoded");
    let sheet = r#"{"table":"users","service":null,"filename":"a.csv","columns":["username"],"rows":[[1,["ke"]]]}"#;
    let body = url::form_urlencoded::Serializer::new(String::new()).append_pair("rows", sheet).finish();
    assert_eq!(manager.send(table.body(body)).await.status, StatusCode::NOT_FOUND, "nobody imports people");

    owner.get("/admin").await.says("Tổng quan");
    manager.post(&format!("/admin/t/users/{operator}/cell/name"), &[("version", "0"), ("value", "Hoa")]).await.says("Hoa");
    let mai = shop.id_of("mai").await;
    owner.post(&format!("/admin/t/users/{mai}/cell/block"), &[("version", "0"), ("value", "1")]).await.says("có");
}
}

on_both! {
async fn the_last_owner_who_can_get_in_stays_whatever_is_tried(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut owner = shop.owner().await;
    let id = shop.id_of("chu").await;
    let refused = async |owner: &mut Browser, path: String, field: (&str, &str)| {
        let version = shop.version_of(id).await;
        let answer = owner.post(&path, &[("version", &version), field]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {field:?}: {}", answer.body);
        answer.says("chủ cuối cùng");
    };
    let row = format!("/admin/t/users/{id}");
    let everything = async |owner: &mut Browser| {
        refused(owner, format!("{row}/cell/block"), ("value", "1")).await;
        refused(owner, format!("{row}/cell/active"), ("value", "0")).await;
        refused(owner, format!("{row}/cell/username"), ("value", "ai-do")).await;
        refused(owner, format!("{row}/delete"), ("x", "")).await;
        refused(owner, row.clone(), ("block", "1")).await;
        let id_text = id.to_string();
        let bulk = owner.post("/admin/t/users/bulk", &[("action", "delete"), ("id", &id_text)]).await;
        assert_eq!(bulk.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused(owner, format!("/admin/people/{id}/standing"), ("status", "suspended")).await;
        refused(owner, format!("/admin/people/{id}/standing"), ("role", "manager")).await;
        refused(owner, format!("/admin/people/{id}/trial"), ("days", "30")).await;
    };
    everything(&mut owner).await;
    // Owners who are there, but not to stay: on a trial, or with a password for once that nobody
    // used.
    let trial = shop.add_person("thu", Role::Owner).await;
    shop.store().accounts().set_trial(trial, Some(7), &Actor::system()).await.unwrap();
    let late = shop.add_person("muon", Role::Owner).await;
    shop.store().accounts().set_password_for_once(late, "x", shop.store().now_ms() + MINUTE, &Actor::system()).await.unwrap();
    everything(&mut owner).await;
    // A trial that is on its way: first the day, then the switch.
    let version = shop.version_of(id).await;
    owner.post(&format!("{row}/cell/trial_expire_date"), &[("version", &version), ("value", "2031-01-01 00:00:00")]).await.says("2031");
    refused(&mut owner, format!("{row}/cell/trial"), ("value", "1")).await;
    assert_eq!(owner.post(&format!("/admin/people/{id}/reset"), &[]).await.status, StatusCode::BAD_REQUEST, "for oneself there is a page");

    shop.add_person("lan", Role::Owner).await;
    let version = shop.version_of(id).await;
    owner.post(&format!("{row}/cell/username"), &[("version", &version), ("value", "chu-cu")]).await.says("chu-cu");
    let mut lan = shop.browser();
    lan.sign_in("lan", PASSWORD).await.leads_to("/admin");
    lan.post(&format!("/admin/people/{id}/standing"), &[("status", "suspended")]).await.leads_to(&format!("/admin/people/{id}?done=saved"));
    let lan_id = shop.id_of("lan").await;
    let version = shop.version_of(lan_id).await;
    let last = lan.post(&format!("/admin/t/users/{lan_id}/cell/block"), &[("version", &version), ("value", "1")]).await;
    assert_eq!(last.status, StatusCode::UNPROCESSABLE_ENTITY);
}
}

on_both! {
async fn two_owners_who_put_each_other_away_leave_one(base: &Base) {
    let shop = Shop::open_on(base).await;
    let ids = [shop.add_person("lan", Role::Owner).await, shop.add_person("mai", Role::Owner).await];
    let gone = async |id: i64| shop.store().accounts().set_role(id, Role::Owner, AccountStatus::Suspended, &Actor::system()).await;
    let (one, other) = tokio::join!(gone(ids[0]), gone(ids[1]));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert!(matches!(one.and(other), Err(StoreError::LastOwner)));
}
}

on_both! {
async fn a_login_is_one_persons_letter_by_letter(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut owner = shop.owner().await;
    let chu = shop.id_of("chu").await;
    let hoa = shop.add_person("hoa", Role::Operator).await;
    let again = owner.post("/admin/t/users/new", &[("username", " chu "), ("name", "Kẻ")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    again.says("đã có người dùng");
    let renamed = owner.post(&format!("/admin/t/users/{hoa}/cell/username"), &[("version", "0"), ("value", "chu")]).await;
    assert_eq!(renamed.status, StatusCode::UNPROCESSABLE_ENTITY);
    renamed.says("đã có người dùng");
    let version = shop.version_of(hoa).await;
    owner.post(&format!("/admin/t/users/{hoa}"), &[("version", &version), ("username", "hoa"), ("name", "Hoa")]).await.leads_to(&format!("/admin/t/users/{hoa}?done=saved"));

    // On both databases these are others, and sign in as nobody else.
    for other in ["chú", "CHU", "hòa"] {
        assert_eq!(shop.browser().sign_in(other, PASSWORD).await.status, StatusCode::UNAUTHORIZED, "{other}");
        let id = shop.add_person(other, Role::Operator).await;
        assert_eq!(shop.id_of(other).await, id);
        shop.browser().sign_in(other, PASSWORD).await.leads_to("/admin");
    }
    assert_eq!((shop.id_of("chu").await, shop.id_of("hoa").await), (chu, hoa));
    let mut thief = shop.browser();
    for _ in 0..5 {
        thief.sign_in("chu", "sai mật khẩu").await;
        thief.sign_in("chú", PASSWORD).await.leads_to("/admin");
    }
    assert_eq!(thief.sign_in("chu", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS, "somebody else's good sign-in clears no tries");
}
}

on_both! {
async fn a_shop_that_lost_its_owner_gets_one_at_the_next_start(base: &Base) {
    let store = base.store().await;
    let first = store.accounts().first_owner().await.unwrap().unwrap();
    let id = store.accounts().named(&first.username).await.unwrap().unwrap().user_id;
    store.accounts().set_password(id, "x", None, &Actor::system()).await.unwrap();
    assert!(store.accounts().first_owner().await.unwrap().is_none());
    // By a database tool: our own ways refuse it.
    ruin(base, "UPDATE users SET block = 1").await;
    let second = store.accounts().first_owner().await.unwrap().expect("nobody can get in");
    assert_eq!(second.username, "chu2");
    ruin(base, "UPDATE users SET deleted_at = 1 WHERE username = 'chu2'").await;
    // Two servers that start together: one of them says a password, and it is the one that works.
    let (a, b, c) = (base.store().await, base.store().await, base.store().await);
    let (a, b, c) = (a.accounts(), b.accounts(), c.accounts());
    let told = tokio::join!(a.first_owner(), b.first_owner(), c.first_owner());
    let told: Vec<_> = [told.0, told.1, told.2].into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(told.len(), 1);
    let account = store.accounts().named(&told[0].username).await.unwrap().unwrap();
    assert!(gachno::store::people::password_fits(&told[0].password, &account.password_hash));
    assert_eq!(told[0].username, "chu3");
}
}

/// What no way of ours does.
async fn ruin(base: &Base, sql: &'static str) {
    use sqlx::Executor;
    if base.url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(&base.url).await.unwrap();
        pool.execute(sql).await.unwrap();
        pool.close().await;
    } else {
        base.load(sql);
    }
}

fn owner_at_the_terminal(url: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_gachno"))
        .env("GACHNO_HOME", folder.path())
        .args(["store", "owner", "--database", url])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told = String::from_utf8(output.stdout).unwrap();
    let after = |words: &str| {
        told.lines()
            .find_map(|line| line.strip_prefix(words))
            .unwrap()
            .trim()
            .to_owned()
    };
    (after("Tên đăng nhập:"), after("Mật khẩu một lần:"))
}

on_both! {
async fn the_terminal_lets_an_owner_in_again(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut owner = shop.owner().await;
    let mut phone = Phone::set_up(&shop, &mut owner, "chu").await;
    let (login, password) = owner_at_the_terminal(&base.url);
    assert_eq!(login, "chu");
    owner.get("/admin").await.leads_to("/admin/sign-in?next=%2Fadmin");
    assert_eq!(owner.sign_in("chu", PASSWORD).await.status, StatusCode::UNAUTHORIZED, "the old one is gone");
    // The shop's clock stands still while the terminal's goes on: it is the later one.
    shop.clock.store(jiff::Timestamp::now().as_millisecond(), std::sync::atomic::Ordering::Relaxed);
    owner.sign_in("chu", &password).await.leads_to("/admin/new-password");
    owner.post("/admin/new-password", &[("password", "bốn con mèo trên mái"), ("again", "bốn con mèo trên mái")]).await.leads_to("/admin");
    assert!(shop.store().accounts().named("chu").await.unwrap().unwrap().totp_secret.is_none(), "the phone may be what was lost");
    assert_eq!(shop.trail("accounts.reset").await, 1);
    phone.forget();

    ruin(base, "UPDATE users SET active = 0").await;
    let (login, password) = owner_at_the_terminal(&base.url);
    assert_eq!(login, "chu2");
    shop.clock.store(jiff::Timestamp::now().as_millisecond(), std::sync::atomic::Ordering::Relaxed);
    shop.browser().sign_in("chu2", &password).await.leads_to("/admin/new-password");
    shop.wait(16 * MINUTE);
    shop.browser().sign_in("chu2", &password).await.says("Mật khẩu dùng một lần đã hết hạn");
}
}

/// An authenticator.
pub struct Phone {
    letters: String,
    pub recovery: Vec<String>,
}

impl Phone {
    /// Sets up the second factor of who has signed in; `proof` stands for the one that is there.
    pub async fn set_up(shop: &Shop, browser: &mut Browser, login: &str) -> Self {
        Self::replace(shop, browser, login, "").await
    }

    async fn replace(shop: &Shop, browser: &mut Browser, login: &str, proof: &str) -> Self {
        browser
            .post("/admin/me/totp", &[("current", PASSWORD), ("code", proof)])
            .await
            .leads_to("/admin/me#totp");
        let mut phone = Self::read(&browser.get("/admin/me").await);
        let told = browser
            .post("/admin/me/totp/confirm", &[("code", &phone.code(shop))])
            .await;
        assert_eq!(told.status, StatusCode::OK, "{login}: {}", told.body);
        let codes = told
            .body
            .split("<div class=\"codes code\">")
            .nth(1)
            .unwrap()
            .split("</div>")
            .take(10);
        phone.recovery = codes
            .map(|code| code.trim_start_matches("<div>").to_owned())
            .collect();
        phone
    }

    /// Reads the picture's letters.
    pub fn read(page: &Answer) -> Self {
        let letters = page
            .body
            .split("Nhập: <span class=\"code\">")
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap()
            .to_owned();
        Self {
            letters,
            recovery: Vec::new(),
        }
    }

    pub fn code(&self, shop: &Shop) -> String {
        self.code_at(shop.store().now_ms())
    }

    pub fn code_at(&self, ms: i64) -> String {
        let secret = totp_rs::Secret::try_from_base32(&self.letters).unwrap();
        let totp = totp_rs::Builder::new()
            .with_secret(secret)
            .with_account_name("x")
            .build()
            .unwrap();
        totp.generate(u64::try_from(ms / 1000).unwrap()).to_string()
    }

    pub fn letters(&self) -> &str {
        &self.letters
    }

    fn forget(&mut self) {
        self.letters.clear();
    }
}

#[tokio::test]
async fn signing_in_again_ends_the_session_that_was_there() {
    let shop = Shop::open().await;
    let mut browser = shop.person("lan", Role::Operator).await;
    shop.add_person("hoa", Role::Operator).await;
    for login in ["lan", "hoa"] {
        let old = browser.cookie.clone();
        browser.sign_in(login, PASSWORD).await.leads_to("/admin");
        let mut thief = shop.browser();
        thief.cookie = old;
        thief
            .get("/admin")
            .await
            .leads_to("/admin/sign-in?next=%2Fadmin");
        browser.get("/admin").await.says("Tổng quan");
    }
    let kept = browser.cookie.clone();
    assert_eq!(
        browser.sign_in("hoa", "sai mật khẩu").await.status,
        StatusCode::UNAUTHORIZED
    );
    browser.cookie = kept;
    browser.get("/admin").await.says("Tổng quan");
}

on_both! {
async fn a_second_factor_is_replaced_only_by_who_has_it(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut lan = shop.person("lan", Role::Manager).await;
    let phone = Phone::set_up(&shop, &mut lan, "lan").await;
    let secret = async || shop.store().accounts().named("lan").await.unwrap().unwrap().totp_secret;
    let before = secret().await;
    for code in ["", "000000"] {
        let refused = lan.post("/admin/me/totp", &[("current", PASSWORD), ("code", code)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        lan.post("/admin/me/totp/confirm", &[("code", "000000")]).await.leads_to("/admin/me");
    }
    let id = shop.id_of("lan").await;
    assert_eq!(lan.post(&format!("/admin/people/{id}/totp-off"), &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(secret().await, before);
    shop.wait(30_000);
    let second = Phone::replace(&shop, &mut lan, "lan", &phone.code(&shop)).await;
    assert_ne!(secret().await, before);
    // A recovery code stands in for a lost phone.
    let third = Phone::replace(&shop, &mut lan, "lan", &second.recovery[0]).await;
    assert_eq!(lan.post("/admin/me/totp/off", &[("current", PASSWORD), ("code", &second.recovery[1])]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    lan.post("/admin/me/totp/off", &[("current", PASSWORD), ("code", &third.recovery[0])]).await.leads_to("/admin/me?done=totp_off");
    assert_eq!(secret().await, None);
    let mut owner = shop.owner().await;
    let chu = shop.id_of("chu").await;
    Phone::set_up(&shop, &mut owner, "chu").await;
    assert_eq!(owner.post(&format!("/admin/people/{chu}/totp-off"), &[]).await.status, StatusCode::BAD_REQUEST, "not by the back door");
}
}

#[tokio::test]
async fn whoever_asks_for_the_password_again_counts_the_answers() {
    let shop = Shop::open().await;
    let settings = [
        ("trial_days", "7"),
        ("tries_max", "3"),
        ("retry_after_s", "30"),
        ("lease_s", "60"),
        ("repeat_hours", "24"),
        ("keep_days", "90"),
        ("pin", "246810"),
    ];
    for path in [
        "/admin/settings",
        "/admin/me/password",
        "/admin/me/totp",
        "/admin/me/totp/off",
    ] {
        let login = path.replace('/', "-");
        let mut owner = shop.person(&login, Role::Owner).await;
        let mut fields = settings.to_vec();
        fields.push(("current", "sai mật khẩu"));
        for _ in 0..5 {
            assert_eq!(
                owner.post(path, &fields).await.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{path}"
            );
        }
        fields.push(("current", PASSWORD));
        assert_eq!(
            owner.post(path, &fields).await.status,
            StatusCode::TOO_MANY_REQUESTS,
            "{path}: not even the right one"
        );
        assert_eq!(
            shop.browser().sign_in(&login, PASSWORD).await.status,
            StatusCode::TOO_MANY_REQUESTS,
            "it is one count"
        );
    }
    assert!(
        shop.store()
            .settings()
            .shop()
            .await
            .unwrap()
            .pin_sealed
            .is_empty()
    );
    assert_eq!(shop.trail("login_failed").await, 20);
}

on_both! {
async fn guesses_at_the_same_time_are_still_five(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut lan = shop.person("lan", Role::Manager).await;
    Phone::set_up(&shop, &mut lan, "lan").await;
    let mut thief = shop.browser();
    thief.sign_in("lan", PASSWORD).await.leads_to("/admin/code");
    let all_at_once = async |path: &str, body: &'static str| {
        let tries = (0..40).map(|_| {
            let request = thief.request(Method::POST, path).header("cookie", &thief.cookie).header("sec-fetch-site", "same-origin");
            request.header("content-type", "application/x-www-form-urlencoded").body(body).send()
        });
        let answers: Vec<StatusCode> = futures_util::future::join_all(tries).await.into_iter().map(|a| a.unwrap().status()).collect();
        assert!(answers.iter().all(|s| matches!(*s, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS)), "{answers:?}");
        answers.into_iter().filter(|s| *s == StatusCode::UNAUTHORIZED).count()
    };
    assert!(all_at_once("/admin/code", "code=000000").await <= 5);
    assert!(all_at_once("/admin/sign-in", "username=chu&password=sai").await <= 5);
    shop.wait(16 * MINUTE);
    shop.browser().sign_in("lan", PASSWORD).await.leads_to("/admin/code");
}
}

const EDGE: &str = "----gachno";

fn upload(rows: usize) -> String {
    let lines: String = (0..rows).map(|n| format!("PE{n:06},Khách {n}\n")).collect();
    let table = format!(
        "--{EDGE}\r\nContent-Disposition: form-data; name=\"table\"\r\n\r\ncollection_data\r\n"
    );
    format!(
        "{table}--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nMã,Tên\n{lines}\r\n--{EDGE}--\r\n"
    )
}

/// A POST whose body comes in two halves, the second one after `rest`: what it is answered.
async fn slowly(browser: &Browser, path: &str, kind: &str, body: &str, rest: Duration) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = browser
        .request(Method::GET, "/")
        .build()
        .unwrap()
        .url()
        .socket_addrs(|| None)
        .unwrap()[0];
    let mut wire = tokio::net::TcpStream::connect(address).await.unwrap();
    let (cookie, length) = (&browser.cookie, body.len());
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\nsec-fetch-site: same-origin\r\ncontent-type: {kind}\r\ncontent-length: \
         {length}\r\nconnection: close\r\n\r\n"
    );
    wire.write_all(head.as_bytes()).await.unwrap();
    wire.write_all(&body.as_bytes()[..10]).await.unwrap();
    let mut answer = vec![0; 12];
    if tokio::time::timeout(rest, wire.read_exact(&mut answer))
        .await
        .is_err()
    {
        wire.write_all(&body.as_bytes()[10..]).await.unwrap();
        wire.read_exact(&mut answer).await.unwrap();
    }
    String::from_utf8(answer).unwrap()[9..12].parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_file_arrives_a_slow_form_does_not_and_nobody_waits_for_ever() {
    let base = Base::new(Which::Sqlite).unwrap();
    let deadlines = Deadlines {
        request: Duration::from_millis(1_500),
        import: Duration::from_secs(6),
        ..Deadlines::default()
    };
    let shop = Shop::open_with(&base, deadlines).await;
    let lan = shop.person("lan", Role::Manager).await;
    let (file, form) = (
        format!("multipart/form-data; boundary={EDGE}"),
        "application/x-www-form-urlencoded",
    );
    assert_eq!(
        slowly(
            &lan,
            "/admin/import/preview",
            &file,
            &upload(3),
            Duration::from_secs(3)
        )
        .await,
        200
    );
    assert_eq!(
        slowly(
            &lan,
            "/admin/import/preview",
            &file,
            &upload(3),
            Duration::from_mins(1)
        )
        .await,
        503
    );
    assert_eq!(
        slowly(
            &lan,
            "/admin/t/products/new",
            form,
            "title=Sim+Viettel&user_id=1",
            Duration::from_mins(1)
        )
        .await,
        503
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_says_nothing_is_closed_and_holds_nobody_up() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let base = Base::new(Which::Sqlite).unwrap();
    let connections = gachno::server::ConnectionLimits {
        head: Duration::from_millis(400),
        ..gachno::server::ConnectionLimits::default()
    };
    let deadlines = Deadlines {
        connections,
        ..Deadlines::default()
    };
    let shop = Shop::open_with(&base, deadlines).await;
    let address = shop.running.url().trim_start_matches("http://").to_owned();
    let whole = "GET /api/health HTTP/1.1\r\nhost: x\r\n\r\n";
    // Mute, half a head, and silence after an answer: each is ended, and none of them soon enough to
    // be mistaken for a fault.
    for said in ["", "GET / HT", whole] {
        let mut wire = tokio::net::TcpStream::connect(&address).await.unwrap();
        wire.write_all(said.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let ended =
            tokio::time::timeout(Duration::from_secs(10), wire.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "{said:?} is held open");
        assert_eq!(
            answer.starts_with(b"HTTP/1.1 200"),
            said == whole,
            "{said:?}"
        );
    }
    let mut mute = Vec::new();
    for _ in 0..300 {
        mute.push(tokio::net::TcpStream::connect(&address).await.unwrap());
    }
    let health = reqwest::get(format!("http://{address}/api/health"))
        .await
        .unwrap();
    assert_eq!(health.status(), StatusCode::OK);
}

on_both! {
async fn an_import_that_was_begun_ends_whole_without_its_browser(base: &Base) {
    // Shorter than it takes: whoever asked is told so, and it goes on.
    let deadlines = Deadlines { import: Duration::from_millis(800), ..Deadlines::default() };
    let shop = Shop::open_with(base, deadlines).await;
    let lan = shop.person("lan", Role::Manager).await;
    let rows: Vec<_> = (0..15_000).map(|n| (n + 2, vec![format!("PE{n:06}"), format!("Khách {n}")])).collect();
    let sheet = serde_json::json!({ "table": "collection_data", "service": null, "filename": "a.csv", "columns": ["code", "name"], "rows": rows });
    let body = url::form_urlencoded::Serializer::new(String::new()).append_pair("rows", &sheet.to_string()).finish();
    let request = lan.request(Method::POST, "/admin/import/commit").header("cookie", &lan.cookie).header("sec-fetch-site", "same-origin");
    let answer = request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let Shop { running, .. } = shop;
    // The server ends meanwhile, too: it waits.
    running.stop().await;
    let rows = base.store().await.tables().ids(&gachno::store::catalogue::desk::COLLECTION_DATA, &ListQuery::default(), 20_000).await.unwrap();
    assert_eq!(rows.len(), 15_000);
}
}

on_both! {
async fn after_a_change_of_the_key_nothing_needs_the_old_one(base: &Base) {
    use secrecy::ExposeSecret;
    let home = tempfile::tempdir().unwrap();
    let key = home.path().join("serve.key");
    let rekey = || Command::new(env!("CARGO_BIN_EXE_gachno")).env("GACHNO_HOME", home.path()).args(["store", "rekey", "--database", &base.url]).output().unwrap();
    let shop = Shop::open_on(base).await;
    let app = shop.running.app();
    let mut owner = shop.owner().await;
    Phone::set_up(&shop, &mut owner, "chu").await;
    let half = shop.person("lan", Role::Manager).await;
    let mut half = half;
    half.post("/admin/me/totp", &[("current", PASSWORD)]).await.leads_to("/admin/me#totp");
    let pin = app.vault().seal(&"246810".to_owned().into());
    shop.store().settings().set(&gachno::store::settings::ShopSetting::PinSealed(pin.clone()), &Actor::system()).await.unwrap();
    std::fs::copy(&app.config().key_file, &key).unwrap();
    let old_key = std::fs::read_to_string(&key).unwrap();
    let old_totp = shop.store().accounts().named("chu").await.unwrap().unwrap().totp_secret.unwrap();
    let old = gachno::server::SecretKeys::open_or_create(&key).unwrap();

    shop.clock.store(jiff::Timestamp::now().as_millisecond() + 60 * MINUTE, std::sync::atomic::Ordering::Relaxed);
    assert!(shop.store().leader().leads("rescuer-test", "a server", 5 * MINUTE).await.unwrap());
    let refused = rekey();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("còn đang chạy"));
    assert!(std::fs::read_to_string(&key).unwrap().contains(old_key.trim()), "the old key is there as long as it is needed");
    shop.store().leader().resign("a server").await.unwrap();
    shop.running.stop().await;

    let done = rekey();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let new_key = std::fs::read_to_string(&key).unwrap();
    assert!(new_key.lines().count() == 1 && !new_key.contains(old_key.trim()));
    let (store, new) = (base.store().await, gachno::server::SecretKeys::open_or_create(&key).unwrap());
    let totp = store.accounts().named("chu").await.unwrap().unwrap().totp_secret.unwrap();
    let sealed = store.settings().shop().await.unwrap().pin_sealed;
    assert!(totp != old_totp && sealed != pin && old.unseal(&totp).is_err() && old.unseal(&sealed).is_err());
    assert_eq!(new.unseal(&sealed).unwrap().unwrap().expose_secret(), "246810");
    assert!(new.unseal(&totp).unwrap().is_some());
    // Nowhere in the file or in the dump: neither token of the old key, nor a second factor that
    // was being set up.
    let folder = tempfile::tempdir().unwrap();
    let copy = Store::open(&gachno::store::sqlite_url(&folder.path().join("copy.db"))).await.unwrap();
    gachno::store::copy::copy(&store, &copy).await.unwrap();
    copy.close().await;
    let bytes = String::from_utf8_lossy(&std::fs::read(folder.path().join("copy.db")).unwrap()).into_owned();
    for token in bytes.match_indices("gAAAA").map(|(at, _)| &bytes[at..]) {
        let token: String = token.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=')).collect();
        assert!(old.unseal(&token).is_err(), "a token of the old key is left");
    }
    assert_eq!(bytes.matches("gAAAA").count(), 2);
}
}

on_both! {
async fn opening_an_old_row_and_saving_it_changes_nothing_else(base: &Base) {
    use gachno::store::catalogue::goods::ORDERS;
    let shop = Shop::open_on(base).await;
    let mut lan = shop.person("lan", Role::Manager).await;
    lan.post("/admin/t/orders/new", &[("user", "Khách A"), ("table_id", "1"), ("discount", "0"), ("is_paid", "0")]).await;
    lan.post("/admin/t/products/new", &[("user_id", "1"), ("title", "Sim"), ("price", "673000"), ("quantity", "1")]).await;
    lan.post("/admin/t/order_details/new", &[("order_id", "1"), ("product_id", "1"), ("quantity", "1"), ("unit_price", "673000")]).await;
    // What an old system left: a sum of its own, seconds, blanks at the end, line ends.
    ruin(base, "UPDATE orders SET total = 90065, user = 'Khách A  ' WHERE id = 1").await;
    ruin(base, "INSERT INTO banner (name, content, publish, created_at, version) VALUES ('x', 'dòng 1\nhai ', 1, '2024-05-01 10:20:33', 0)").await;
    let row = async || shop.store().tables().fetch(&ORDERS, 1).await.unwrap();
    let before = row().await;
    let trail = shop.trail("change").await;
    let shown = lan.get("/admin/t/orders/1").await;
    let version = before.version.to_string();
    let same = [("version", version.as_str()), ("user", "Khách A"), ("table_id", "1"), ("discount", "0"), ("user_id", "")];
    shown.says("Khách A");
    assert!(lan.post("/admin/t/orders/1", &same).await.status.is_redirection());
    assert_eq!(row().await, before, "untouched");
    assert_eq!(shop.trail("change").await, trail);
    // One cell is changed: that one alone, and no sum follows from it.
    let one = [("version", version.as_str()), ("user", "Khách A"), ("table_id", "2"), ("discount", "0"), ("user_id", "")];
    assert!(lan.post("/admin/t/orders/1", &one).await.status.is_redirection());
    let after = row().await;
    let changed: Vec<_> = ORDERS.shown().zip(before.cells.iter().zip(&after.cells)).filter(|(c, (a, b))| a != b && !["updated_at", "version"].contains(&c.name)).map(|(c, _)| c.name).collect();
    assert_eq!(changed, ["table_id"]);
    // The sum follows from its own parts, and the trail says so.
    let trail = shop.trail("change").await;
    let version = after.version.to_string();
    let own = [("version", version.as_str()), ("user", "Khách A"), ("table_id", "2"), ("discount", "3000"), ("user_id", "")];
    assert!(lan.post("/admin/t/orders/1", &own).await.status.is_redirection());
    assert_eq!(row().await.cell(&ORDERS, &gachno::store::catalogue::goods::orders::TOTAL), &serde_json::json!(670_000));
    assert_eq!(shop.trail("change").await, trail + 2, "the discount, and the sum that follows");
    let banner = [("version", "0"), ("name", "x"), ("content", "dòng 1\r\nhai"), ("publish", "1"), ("position", ""), ("link", ""), ("link_to", "")];
    let trail = shop.trail("change").await;
    assert!(lan.post("/admin/t/banner/1", &banner).await.status.is_redirection());
    assert_eq!(shop.trail("change").await, trail, "line ends and blanks are the browser's");
}
}

on_both! {
async fn somebody_of_the_old_shop_is_given_an_account_and_finds_their_own_list(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut owner = shop.owner().await;
    let actor = Actor::system();
    let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let users = &gachno::store::catalogue::people::USERS;
    let add = async |login: &str| {
        let fields = vec![text("username", login), text("name", "Nhân viên"), text("role", "3")];
        shop.store().tables().add(users, &fields, &actor).await.unwrap()
    };
    let (nv2, gone) = (add("nv 2").await, add("nv3").await);
    for (code, who) in [("A", "nv 2"), ("B", "nv3")] {
        let fields = [("code", code), ("username", who), ("postage", "50.000"), ("service", "Cước")];
        owner.post("/admin/t/collection_data/new", &fields).await;
    }

    // The way there: from their row, and from the login that is taken.
    let give = format!("/admin/people/{nv2}/give");
    owner.get(&format!("/admin/t/users/{nv2}")).await.says(&give).says("Cấp tài khoản");
    owner.post("/admin/people", &[("username", "nv3"), ("role", "collector")]).await.says(&format!("/admin/people/{gone}/give"));
    let asked = owner.get(&give).await;
    asked.says("<dt>Vai trò cũ</dt><dd>3</dd>").says("có dòng ghi tên này").says("value=\"collector\" selected");

    // A person who is put away, or a login that somebody has: the way out is said.
    let version = shop.version_of(gone).await;
    owner.post(&format!("/admin/t/users/{gone}/delete"), &[("version", &version)]).await;
    let path = format!("/admin/people/{gone}/give");
    owner.get(&path).await.says("Khôi phục dòng");
    let refused = owner.post(&path, &[("username", "nv3"), ("role", "collector")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("đã bị xóa. Khôi phục dòng");
    let taken = owner.post(&give, &[("username", "chu"), ("role", "collector")]).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    taken.says("Chọn tên khác");

    // The password works once, is changed, and the list is theirs alone.
    let given = owner.post(&give, &[("username", "nv 2"), ("role", "collector")]).await;
    let password = given.body.split("<p class=\"secret code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    owner.get(&give).await.leads_to(&format!("/admin/people/{nv2}"));
    let again = owner.post(&give, &[("username", "nv 2"), ("role", "collector")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "one account a person");
    let mut theirs = shop.browser();
    theirs.sign_in("nv 2", &password).await.leads_to("/admin/new-password");
    theirs.post("/admin/new-password", &[("password", PASSWORD), ("again", PASSWORD)]).await.leads_to("/admin");
    theirs.get("/admin/t/collection_data?f.username.is=nv%202").await.says("1 dòng");

    // A manager gives what a manager may give.
    let mut manager = shop.person("lan", Role::Manager).await;
    let other = add("nv4").await;
    let path = format!("/admin/people/{other}/give");
    assert_eq!(manager.post(&path, &[("username", "nv4"), ("role", "owner")]).await.status, StatusCode::FORBIDDEN);
    manager.post(&path, &[("username", "nv4"), ("role", "operator")]).await.says("Mật khẩu dùng một lần");
    let mut operator = shop.person("hoa", Role::Operator).await;
    assert_eq!(operator.get(&path).await.status, StatusCode::FORBIDDEN);
}
}

on_both! {
async fn an_address_that_is_no_text_is_answered_like_one_that_is_not_there(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut owner = shop.owner().await;
    for path in ["/admin/t/%ff", "/admin/t/users/%ff", "/admin/import/%c3%28"] {
        let answer = owner.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        answer.says("Không có");
    }
}
}

on_both! {
async fn a_collector_reaches_their_own_rows_and_writes_what_a_collector_knows(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut lan = shop.person("lan", Role::Manager).await;
    for (code, who, leader) in [("A", "tuan", ""), ("B", "mai", "tuan"), ("C", "mai", ""), ("D", "TUAN", "")] {
        let fields = [("code", code), ("username", who), ("leader_username", leader), ("postage", "50.000"), ("service", "Cước")];
        lan.post("/admin/t/collection_data/new", &fields).await;
    }
    lan.get("/admin/t/collection_data").await.says("4 dòng");
    let mut tuan = shop.person("tuan", Role::Collector).await;
    tuan.get("/admin/t/collection_data").await.says("2 dòng").says(">A<").says(">B<");
    tuan.get("/admin/t/collection_data?q=c").await.says("Không có dòng nào khớp").body.contains(">C<").then(|| panic!("another's row is found"));
    let (own, foreign) = ("/admin/t/collection_data/1", "/admin/t/collection_data/3");
    assert_eq!(tuan.get(own).await.status, StatusCode::OK);
    for path in [foreign.to_owned(), "/admin/t/collection_data/4".to_owned(), format!("{foreign}/cell/completed")] {
        assert_eq!(tuan.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let completed = [("version", "0"), ("value", "1")];
    assert_eq!(tuan.post(&format!("{foreign}/cell/completed"), &completed).await.status, StatusCode::NOT_FOUND);
    let bulk = [("action", "set"), ("column", "completed"), ("value", "1"), ("id", "1"), ("id", "3")];
    assert_eq!(tuan.post("/admin/t/collection_data/bulk", &bulk).await.status, StatusCode::NOT_FOUND);

    // What became of a visit is theirs to write; what is owed, by whom and to whom is not.
    assert_eq!(tuan.get(&format!("{own}/cell/postage")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(tuan.post(&format!("{own}/cell/username"), &[("version", "0"), ("value", "mai")]).await.status, StatusCode::NOT_FOUND);
    let form = [("version", "0"), ("postage", "1"), ("username", "mai"), ("completed", "1"), ("paid_value", "50.000")];
    tuan.post(own, &form).await.leads_to(&format!("{own}?done=saved"));
    lan.get("/admin/t/collection_data?f.postage.is=50000").await.says("4 dòng");
    lan.get("/admin/t/collection_data?f.completed.is=1&f.paid_value.is=50000").await.says("1 dòng");
    let set = [("action", "set"), ("column", "postage"), ("value", "1"), ("id", "2")];
    assert_eq!(tuan.post("/admin/t/collection_data/bulk", &set).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(tuan.get("/admin/t/transporter_transaction").await.status, StatusCode::FORBIDDEN, "nobody's rows are no collector's");
}
}

on_both! {
async fn a_pick_list_answers_by_name_alone_to_whoever_may_not_see_people(base: &Base) {
    let shop = Shop::open_on(base).await;
    let mut owner = shop.owner().await;
    let mai = shop.add_person("mai", Role::Collector).await;
    let version = shop.version_of(mai).await;
    owner.post(&format!("/admin/t/users/{mai}/cell/phone"), &[("version", &version), ("value", "0912777888")]).await;
    let mut tuan = shop.person("tuan", Role::Collector).await;
    let pick = |words: &str| format!("/admin/pick/collection_data/creator?q.creator={words}");
    assert!(!tuan.get(&pick("0912777888")).await.body.contains("mai"), "nobody is told whose number it is");
    tuan.get(&pick("ma")).await.says("mai");
    owner.get(&pick("0912777888")).await.says("mai");
}
}

on_both! {
async fn an_import_is_taken_back_by_whoever_brought_it_or_answers_for_the_shop(base: &Base) {
    let shop = Shop::open_on(base).await;
    let bring = async |browser: &mut Browser, code: &str| {
        let sheet = format!(r#"{{"table":"jobs","service":"gach_dien_evn","filename":"a.csv","columns":["code"],"rows":[[2,["{code}"]]]}}"#);
        let brought = browser.post("/admin/import/commit", &[("rows", &sheet)]).await;
        let to = brought.header("location").to_owned();
        to.strip_suffix("?done=imported").expect("brought in").to_owned()
    };
    let mut hoa = shop.person("hoa", Role::Operator).await;
    let mut minh = shop.person("minh", Role::Operator).await;
    let (first, second) = (bring(&mut hoa, "PE01000100001").await, bring(&mut hoa, "PE01000100002").await);
    minh.get(&first).await.says("Lần nhập này của người khác");
    assert_eq!(minh.post(&format!("{first}/undo"), &[]).await.status, StatusCode::FORBIDDEN);
    hoa.post(&format!("{first}/undo"), &[]).await.leads_to(&format!("{first}?done=undone"));
    let mut lan = shop.person("lan", Role::Manager).await;
    lan.post(&format!("{second}/undo"), &[]).await.leads_to(&format!("{second}?done=undone"));
}
}

on_both! {
async fn whoever_works_for_one_payee_reaches_its_people_and_rows_alone(base: &Base) {
    use gachno::store::people::{CollectorWanted, PersonWanted, hash_password};
    let shop = Shop::open_on(base).await;
    let actor = Actor::system();
    shop.store().payees().add("Nhà trọ Hoa", &actor).await.unwrap();
    let hash = hash_password(&secrecy::SecretString::from(PASSWORD)).unwrap();
    let wanted = PersonWanted {
        username: "hai", role: Role::Manager, name: None, email: None, phone: None, payee: Some(2), collector: CollectorWanted::default(),
    };
    shop.store().accounts().put(&wanted, Some(&hash), &hash, &actor).await.unwrap();
    let everybodys = shop.add_person("xem", Role::ReadOnly).await;
    let mut hai = shop.browser();
    hai.sign_in("hai", PASSWORD).await.leads_to("/admin");

    // Those of the whole shop are not there, whichever way they are asked for.
    assert!(!hai.get("/admin/people").await.body.contains(">xem<"));
    for path in [format!("/admin/people/{everybodys}"), format!("/admin/people/{everybodys}/give"), format!("/admin/t/users/{everybodys}")] {
        assert_eq!(hai.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for (what, fields) in [("reset", vec![]), ("standing", vec![("role", "operator")]), ("trial", vec![("days", "1")]), ("device", vec![("device", "one")]), ("end", vec![("handle", "all")]), ("totp-off", vec![])] {
        let path = format!("/admin/people/{everybodys}/{what}");
        assert_eq!(hai.post(&path, &fields).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let block = [("version", "0"), ("value", "1")];
    assert_eq!(hai.post(&format!("/admin/t/users/{everybodys}/cell/block"), &block).await.status, StatusCode::NOT_FOUND);
    assert!(!hai.get("/admin/t/users").await.body.contains(">xem<"));
    assert_eq!(hai.post("/admin/t/users/new", &[("username", "moi")]).await.status, StatusCode::FORBIDDEN);

    // Whom they make works for the same payee.
    hai.post("/admin/people", &[("username", "ba"), ("role", "read_only")]).await.says("Mật khẩu dùng một lần");
    let made = shop.store().accounts().named("ba").await.unwrap().unwrap();
    assert_eq!(made.payee, Some(2));
    hai.post(&format!("/admin/people/{}/reset", made.user_id), &[]).await.says("Mật khẩu dùng một lần");

    // The trail tells of what they and theirs did.
    let mut owner = shop.owner().await;
    owner.post("/admin/people", &[("username", "bon"), ("role", "operator")]).await.says("Mật khẩu dùng một lần");
    let trail = hai.get("/admin/t/audit").await;
    trail.says("hai");
    assert!(!trail.body.contains(">chu<"), "nor what others did");

    // And bills are those of their contracts.
    let contract = crate::desk::free_contract("HD1", &[crate::desk::bill("B1", 1, 100_000)]);
    let contract = gachno::domain::desk::IncomingContract::read(&contract).unwrap();
    shop.store().desk().put(1, &[(0, contract)], &actor).await.unwrap();
    owner.get("/admin/t/contract_item").await.says("1 dòng");
    hai.get("/admin/t/contract_item").await.says("0 dòng");
}
}
