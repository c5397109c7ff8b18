//! Every way to pay, for a booking and for a request, pressed through to its end in a real browser of a
//! phone's size: in the light and in the dark, in both languages.
//!
//! Pictures of the pages go into the folder that `GACHNO_PICTURES` names, else into a temporary one.

use std::path::PathBuf;

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, Locator};
use gachno::browser::Session;
use gachno::sandbox::{self, Incoming, Sandbox};
use gachno::store::Actor;
use gachno::store::catalogue::Role;
use gachno::store::people::{CollectorWanted, PersonWanted, hash_password};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::admin::PASSWORD;
use crate::axe::assert_accessible;
use crate::database::{Base, Which};
use crate::pay::PayShop;
use crate::pay_page::{fits_a_phone, picture, waits_for};

/// What the person prefers to look at.
#[derive(Debug)]
struct Prefers(&'static str);

impl WebDriverCompatibleCommand for Prefers {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _: &url::Url) -> (reqwest::Method, Option<String>) {
        let features = json!([{ "name": "prefers-color-scheme", "value": self.0 }]);
        let body =
            json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        (reqwest::Method::POST, Some(body.to_string()))
    }
}

/// A customer's phone before a shop that takes every way to pay.
struct Phone {
    sandbox: Sandbox,
    shop: PayShop,
    page: Client,
    session: Session,
    pictures: PathBuf,
    _folder: tempfile::TempDir,
}

impl Phone {
    async fn open(base: &Base) -> Self {
        gachno::init_tls();
        let options = sandbox::SandboxOptions::default();
        let sandbox = sandbox::start(options).await.expect("starts");
        let shop = PayShop::live(base, &sandbox).await;
        let (session, page, pictures, folder) = crate::eyes::open().await;
        page.set_window_size(360, 740).await.expect("size");
        Self {
            sandbox,
            shop,
            page,
            session,
            pictures,
            _folder: folder,
        }
    }

    async fn prefers(&self, scheme: &'static str) {
        self.page
            .issue_cmd(Prefers(scheme))
            .await
            .expect("preferred");
    }

    async fn press(&self, css: &str) {
        waits_for(&self.page, css).await;
        let found = self.page.find(Locator::Css(css)).await.expect(css);
        found.click().await.expect(css);
    }

    async fn press_button(&self, words: &str) {
        let path = format!("//button[contains(., '{words}')]");
        let found = self
            .page
            .wait()
            .for_element(Locator::XPath(&path))
            .await
            .expect(words);
        found.click().await.expect(words);
    }

    /// The address of what is to be paid.
    async fn owed(&self, kind: &str) -> String {
        let path = match kind {
            "request" => {
                let (_, token) = self.shop.request(350_000).await;
                return format!("{}/pay/{token}", self.shop.running.url());
            }
            _ => "/api/bookings",
        };
        let (_, made) = self
            .shop
            .post(path, json!({
                "room_title": "Phòng 12", "start_time": "2026-12-01T07:00:00Z", "end_time": "2026-12-03T05:00:00Z",
                "amount": 350_000, "renter": { "name": "Lan", "email": "lan@example.com", "username": "khach" },
            }))
            .await;
        made["pay_url"].as_str().expect("a link").to_owned()
    }

    /// What the page knows of the payment that was begun.
    async fn payment(&self, url: &str) -> Value {
        let path = url.split_once("/pay/").expect("a link").1;
        let path = path.split('?').next().unwrap_or_default();
        let (_, shown) = self
            .shop
            .call("GET", &format!("/pay/{path}"), None, None)
            .await;
        shown["payment"].clone()
    }

    /// Pays what stands at this address; it turns green without a reload where the page stays open.
    async fn pay(&self, url: &str, method: &str) {
        self.press(&format!("button[value='{method}']")).await;
        waits_for(&self.page, "main[data-state='pending']").await;
        fits_a_phone(&self.page).await;
        assert_accessible(&self.page, method).await;
        let mark = "window.isTheSame = true";
        self.page.execute(mark, vec![]).await.expect("marked");
        let payment = self.payment(url).await;
        let code = payment["order_code"].as_i64().expect("a number");
        match method {
            "payos" => {
                let money = Incoming {
                    amount: Some(350_000),
                    reference: None,
                    currency: None,
                    untold: false,
                };
                self.sandbox
                    .gateway()
                    .payos_money(code, money)
                    .expect("a link");
            }
            "vietqr" => {
                let money = json!({ "reference": format!("FT{code}"), "amount": 350_000 });
                let path = format!("/api/payments/{}/transfers", payment["id"]);
                let (status, answer) = self.shop.post(&path, money).await;
                assert_eq!(status, 201, "{answer}");
            }
            _ => {
                // On VNPay's own page, which leads back.
                self.press("a.button.main").await;
                self.press_button("Thanh toán").await;
            }
        }
        waits_for(&self.page, "main[data-state='paid'] .status").await;
        if method != "vnpay" {
            let is_same = self
                .page
                .execute("return window.isTheSame === true", vec![])
                .await;
            assert_eq!(
                is_same.expect("a script"),
                json!(true),
                "{method}: without a reload"
            );
        }
        fits_a_phone(&self.page).await;
        assert_accessible(&self.page, &format!("{method}, paid")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_way_to_pay_turns_green_on_a_phone_in_light_and_dark() {
    let base = Base::new(Which::Sqlite).expect("a database");
    let phone = Phone::open(&base).await;
    let looks = [("light", "vi"), ("dark", "en")];
    for method in ["payos", "vnpay", "vietqr"] {
        for (kind, (scheme, language)) in ["request", "booking"].into_iter().zip(looks) {
            phone.prefers(scheme).await;
            let url = phone.owed(kind).await;
            phone
                .page
                .goto(&format!("{url}?lang={language}"))
                .await
                .expect("there");
            waits_for(&phone.page, "main[data-state='unpaid']").await;
            assert_accessible(&phone.page, &format!("{kind}, {scheme}")).await;
            phone.pay(&url, method).await;
            let name = format!("pay_{method}_{kind}_{scheme}_{language}");
            picture(&phone.page, &phone.pictures, &name).await;
        }
    }
    phone.shop.books().await;
    phone.session.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_customer_who_has_signed_in_pays_by_wallet_on_a_phone() {
    let base = Base::new(Which::Sqlite).expect("a database");
    let phone = Phone::open(&base).await;
    let wanted = PersonWanted {
        username: "khach",
        role: Role::Customer,
        name: Some("Lan"),
        email: None,
        phone: None,
        payee: None,
        collector: CollectorWanted::default(),
    };
    let hash = hash_password(&SecretString::from(PASSWORD)).expect("a hash");
    let accounts = phone.shop.store().accounts();
    accounts
        .put(&wanted, Some(&hash), &hash, &Actor::system())
        .await
        .expect("kept");
    let booking = phone.owed("booking").await;
    let home = phone.shop.running.url();
    phone
        .page
        .goto(&format!("{home}/admin/sign-in"))
        .await
        .expect("there");
    for (name, text) in [("username", "khach"), ("password", PASSWORD)] {
        let field = phone
            .page
            .find(Locator::Css(&format!("input[name={name}]")))
            .await
            .expect("a field");
        field.send_keys(text).await.expect("typed");
    }
    phone.press("form button").await;
    phone.prefers("dark").await;
    // Their own list, and from there to what they owe.
    waits_for(&phone.page, "a[href*='/pay']").await;
    fits_a_phone(&phone.page).await;
    assert_accessible(&phone.page, "the customer's list").await;
    phone
        .page
        .goto(&format!("{booking}?lang=vi"))
        .await
        .expect("there");
    phone.press("button[value='wallet']").await;
    waits_for(&phone.page, "input[name='otp']").await;
    fits_a_phone(&phone.page).await;
    assert_accessible(&phone.page, "the password").await;
    picture(&phone.page, &phone.pictures, "pay_wallet_dark").await;
    let code = phone.payment(&booking).await["order_code"]
        .as_i64()
        .expect("a number");
    let otp = phone.sandbox.gateway().wallet_otp(code).expect("sent");
    let field = phone
        .page
        .find(Locator::Css("input[name='otp']"))
        .await
        .expect("a field");
    field.send_keys(&otp).await.expect("typed");
    phone.press("form[action*='otp'] button.main").await;
    waits_for(&phone.page, "main[data-state='paid'] .status").await;
    assert_accessible(&phone.page, "paid by wallet").await;
    phone.shop.books().await;
    phone.session.close().await;
}
