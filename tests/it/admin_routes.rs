//! Walks over the one table of routes: a change leaves a row in the trail, looking leaves nothing,
//! another site gets nowhere.

use std::collections::BTreeMap;

use gachno::domain::{Outcome, Service, Vnd};
use gachno::server::admin::routes;
use gachno::server::web::route::{Need, Route};
use gachno::server::web::session::Step;
use gachno::store::catalogue::people::USERS;
use gachno::store::catalogue::{Access, TABLES};
use gachno::store::catalogue::{AccountStatus, Role};
use gachno::store::jobs::JobFilter;
use gachno::store::machines::Scope;
use gachno::store::people::Device;
use gachno::store::{Actor, Store};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;

use crate::admin::{Answer, Browser, PASSWORD, Shop, told, upload};
use crate::admin_guard::Phone;
use crate::database::{Base, Which, on_both};

const MINUTE: i64 = 60_000;

/// What a change leaves behind.
enum Left {
    /// A row with this action.
    Row(&'static str),
    /// Nothing, and why that is right.
    Nothing(&'static str),
}
use Left::{Nothing, Row};

/// A shop in which every route has something to do, and its owner at a browser.
struct World {
    shop: Shop,
    owner: Browser,
    hoa: i64,
    /// A payment of which nothing is paid.
    payment: i64,
}

impl World {
    async fn open(base: &Base) -> Self {
        let shop = Shop::open_on(base).await;
        shop.store()
            .settings()
            .set(
                &gachno::store::settings::ShopSetting::Registration(true),
                &Actor::system(),
            )
            .await
            .unwrap();
        shop.running.app().forget_shop().await;
        let owner = shop.person("lan", Role::Owner).await;
        let hoa = shop.add_person("hoa", Role::Operator).await;
        let mut world = Self {
            shop,
            owner,
            hoa,
            payment: 0,
        };
        world
            .owner
            .post(
                "/admin/t/products/new",
                &[
                    ("title", "Sim"),
                    ("price", "1"),
                    ("user_id", "1"),
                    ("currency", "VND"),
                ],
            )
            .await;
        world
    }

    fn store(&self) -> &Store {
        self.shop.store()
    }

    /// The public id of a job of this code that is in doubt.
    async fn doubt(&self, code: &str) -> String {
        self.shop.add_jobs(&[code]).await;
        let machine = self
            .store()
            .machines()
            .add(code, &[Scope::Lease], None, &Actor::system())
            .await
            .unwrap()
            .id;
        let job = self
            .store()
            .jobs()
            .lease(machine, Service::PayEvn, 1, MINUTE)
            .await
            .unwrap()
            .jobs
            .remove(0);
        let held = gachno::store::jobs::Held {
            id: job.id.clone(),
            fence: job.fence,
        };
        self.store()
            .jobs()
            .arm(
                machine,
                &held,
                uuid::Uuid::now_v7(),
                Some(Vnd::fixed(150_000)),
                MINUTE,
            )
            .await
            .unwrap()
            .unwrap();
        self.shop.wait(2 * MINUTE);
        self.store().jobs().expire().await.unwrap();
        job.id
    }

    async fn job(&self, code: &str) -> gachno::store::jobs::JobView {
        self.store()
            .jobs()
            .list(&JobFilter::default(), 100)
            .await
            .unwrap()
            .into_iter()
            .find(|job| job.code == code)
            .unwrap()
    }

    async fn refused_report(&self) {
        let machine = self
            .store()
            .machines()
            .add("quầy lạ", &[Scope::Lease], None, &Actor::system())
            .await
            .unwrap()
            .id;
        let job = self
            .store()
            .jobs()
            .list(&JobFilter::default(), 1)
            .await
            .unwrap()
            .remove(0);
        let stray = told(&job.id, 77, Outcome::Failed);
        let rules = self.shop.running.app().shop().await.unwrap();
        self.store()
            .jobs()
            .report(machine, &[stray], &rules)
            .await
            .unwrap();
    }

    async fn version(&self, table: &str, id: i64) -> String {
        self.store()
            .tables()
            .fetch(gachno::store::catalogue::table(table).unwrap(), id)
            .await
            .unwrap()
            .version
            .to_string()
    }

    /// Does what the route is for, so that it works; says what it leaves in the trail.
    #[expect(clippy::too_many_lines, reason = "one arm a route")]
    async fn does(&mut self, path: &str) -> (Answer, Left) {
        let hoa = self.hoa;
        match path {
            "/admin/sign-in" => (
                self.shop.browser().sign_in("hoa", PASSWORD).await,
                Row("login"),
            ),
            "/admin/register" => {
                let fields = [
                    ("username", "minh"),
                    ("name", "Minh"),
                    ("password", PASSWORD),
                ];
                (
                    self.shop.browser().post(path, &fields).await,
                    Row("accounts.add"),
                )
            }
            "/admin/code" => {
                let mut mai = self.shop.person("mai", Role::Operator).await;
                let phone = Phone::set_up(&self.shop, &mut mai, "mai").await;
                self.shop.wait(MINUTE);
                mai.sign_in("mai", PASSWORD).await.leads_to("/admin/code");
                (
                    mai.post(path, &[("code", &phone.code(&self.shop))]).await,
                    Row("login"),
                )
            }
            "/admin/new-password" => {
                let mut first = self.shop.browser();
                first
                    .sign_in("chu", &self.shop.first_password)
                    .await
                    .leads_to(path);
                (
                    first
                        .post(path, &[("password", PASSWORD), ("again", PASSWORD)])
                        .await,
                    Row("accounts.password"),
                )
            }
            "/admin/sign-out" => {
                let mut hoa = self.shop.browser();
                hoa.sign_in("hoa", PASSWORD).await;
                (hoa.post(path, &[]).await, Row("logout"))
            }
            "/admin/me/password" => {
                let mut tuan = self.shop.person("tuan", Role::Operator).await;
                let new = "bốn con mèo trên mái";
                (
                    tuan.post(
                        path,
                        &[("current", PASSWORD), ("password", new), ("again", new)],
                    )
                    .await,
                    Row("accounts.password"),
                )
            }
            "/admin/me/totp" => {
                let why = "nothing is changed until the first code is confirmed";
                (
                    self.owner.post(path, &[("current", PASSWORD)]).await,
                    Nothing(why),
                )
            }
            "/admin/me/totp/confirm" => {
                let mut nam = self.shop.person("nam", Role::Operator).await;
                nam.post("/admin/me/totp", &[("current", PASSWORD)]).await;
                let phone = Phone::read(&nam.get("/admin/me").await);
                (
                    nam.post(path, &[("code", &phone.code(&self.shop))]).await,
                    Row("accounts.totp_on"),
                )
            }
            "/admin/me/totp/off" => {
                let mut thu = self.shop.person("thu", Role::Operator).await;
                let phone = Phone::set_up(&self.shop, &mut thu, "thu").await;
                (
                    thu.post(path, &[("current", PASSWORD), ("code", &phone.recovery[0])])
                        .await,
                    Row("accounts.totp_off"),
                )
            }
            "/admin/me/end" => (
                self.owner.post(path, &[("handle", "all")]).await,
                Row("sessions.end"),
            ),
            "/admin/review/{id}" => {
                let id = self.doubt("PE00000000001").await;
                let word = [
                    ("resolution", "paid"),
                    ("reason", "có trong lịch sử"),
                    ("amount", "150.000"),
                ];
                (
                    self.owner.post(&path.replace("{id}", &id), &word).await,
                    Row("jobs.decide"),
                )
            }
            "/admin/review/{id}/change" => {
                self.shop.add_jobs(&["PE00000000002"]).await;
                let id = self.job("PE00000000002").await.id;
                (
                    self.owner
                        .post(
                            &path.replace("{id}", &id),
                            &[("action", "cancel"), ("reason", "khách hủy")],
                        )
                        .await,
                    Row("jobs.decide"),
                )
            }
            "/admin/import/preview" => {
                let file = "Mã,Khách hàng\nPE7,An\n".as_bytes();
                (
                    upload(&mut self.owner, "collection_data", "a.csv", file).await,
                    Nothing("a preview writes nothing"),
                )
            }
            "/admin/import/commit" => (self.import().await, Row("import")),
            "/admin/import/{id}/undo" => {
                let made = self.import().await;
                let id = made
                    .header("location")
                    .trim_start_matches("/admin/import/")
                    .split('?')
                    .next()
                    .unwrap()
                    .to_owned();
                (
                    self.owner.post(&path.replace("{id}", &id), &[]).await,
                    Row("import.undo"),
                )
            }
            "/admin/people" => (
                self.owner
                    .post(
                        path,
                        &[("username", "moi"), ("name", "Mới"), ("role", "operator")],
                    )
                    .await,
                Row("accounts.add"),
            ),
            "/admin/people/{id}/give" => {
                // Somebody whom the old shop knew.
                let fields = vec![
                    ("username".to_owned(), "nv2".to_owned()),
                    ("name".to_owned(), "Hai".to_owned()),
                ];
                let tables = self.store().tables();
                let old = tables.add(&USERS, &fields, &Actor::system()).await;
                let given = [("username", "nv2"), ("role", "collector")];
                (
                    self.to(path, old.unwrap(), &given).await,
                    Row("accounts.add"),
                )
            }
            "/admin/people/{id}/standing" => (
                self.to(path, hoa, &[("role", "collector"), ("status", "active")])
                    .await,
                Row("accounts.standing"),
            ),
            "/admin/people/{id}/trial" => (
                self.to(path, hoa, &[("days", "30")]).await,
                Row("accounts.trial"),
            ),
            "/admin/people/{id}/reset" => {
                let dung = self.shop.add_person("dung", Role::Operator).await;
                (self.to(path, dung, &[]).await, Row("accounts.reset"))
            }
            "/admin/people/{id}/totp-off" => {
                (self.to(path, hoa, &[]).await, Row("accounts.totp_off"))
            }
            "/admin/people/{id}/device" => (
                self.to(path, hoa, &[("device", "any")]).await,
                Row("accounts.device"),
            ),
            "/admin/people/{id}/end" => (
                self.to(path, hoa, &[("handle", "all")]).await,
                Row("sessions.end"),
            ),
            "/admin/machines" => (
                self.owner
                    .post(path, &[("name", "Quầy 9"), ("scope", "jobs:lease")])
                    .await,
                Row("machines.add"),
            ),
            "/admin/machines/{id}/revoke" => {
                let id = self
                    .store()
                    .machines()
                    .add("quầy 8", &[Scope::Lease], None, &Actor::system())
                    .await
                    .unwrap()
                    .id;
                (self.to(path, id, &[]).await, Row("machines.revoke"))
            }
            "/admin/settings" => {
                let settings = [
                    ("registration", "1"),
                    ("trial_days", "9"),
                    ("tries_max", "3"),
                    ("retry_after_s", "30"),
                    ("lease_s", "60"),
                    ("repeat_hours", "24"),
                    ("keep_days", "90"),
                ];
                (self.owner.post(path, &settings).await, Row("settings.set"))
            }
            "/admin/payees" => (
                self.owner.post(path, &[("name", "Nhà trọ Hoa")]).await,
                Row("payee.add"),
            ),
            path if path.starts_with("/admin/providers/") => self.provider(path).await,
            path if path.starts_with("/admin/templates/") => self.template(path).await,
            "/admin/letters/{id}/again" => {
                let letters = self.store().letters();
                letters.write(&crate::letters::letter("A")).await.unwrap();
                // Whoever has it by now, this attempt's no is for ever.
                for tries in 0..3 {
                    let fault = gachno::domain::letter::LetterFault::Permanent("550".to_owned());
                    let result = Err(fault);
                    let no = gachno::store::letters::LetterEnded {
                        id: 1,
                        tries,
                        result,
                    };
                    letters.ended(&[no]).await.unwrap();
                }
                (self.to(path, 1, &[]).await, Row("letter.again"))
            }
            path if path.starts_with("/admin/payments/") => self.payment(path).await,
            "/admin/notifications/read" => {
                let why = "what somebody has read is their own";
                (self.owner.post(path, &[]).await, Nothing(why))
            }
            "/admin/t/{table}/columns" => {
                let why = "which columns somebody likes to see changes nothing for anybody else";
                (
                    self.owner
                        .post("/admin/t/products/columns", &[("column", "id")])
                        .await,
                    Nothing(why),
                )
            }
            "/admin/t/{table}/views" => {
                let why = "what somebody finds a list again by is their own";
                let named = [("name", "rẻ"), ("query", "f.price.from=1")];
                (
                    self.owner.post("/admin/t/products/views", &named).await,
                    Nothing(why),
                )
            }
            "/admin/t/{table}/export" => (
                self.owner
                    .post(
                        "/admin/t/products/export",
                        &[("format", "csv"), ("query", "")],
                    )
                    .await,
                Row("export"),
            ),
            "/admin/t/{table}/bulk" => self.bulk().await,
            "/admin/t/{table}/new" => (
                self.owner
                    .post(
                        "/admin/t/banner/new",
                        &[("name", "Tết"), ("content", "nghỉ")],
                    )
                    .await,
                Row("add"),
            ),
            "/admin/t/{table}/{id}" => {
                let version = self.version("products", 1).await;
                let fields = [
                    ("version", version.as_str()),
                    ("title", "Sim 4G"),
                    ("price", "2"),
                    ("user_id", "1"),
                ];
                (
                    self.owner.post("/admin/t/products/1", &fields).await,
                    Row("change"),
                )
            }
            "/admin/t/{table}/{id}/cell/{column}" => {
                let version = self.version("products", 1).await;
                (
                    self.owner
                        .post(
                            "/admin/t/products/1/cell/quantity",
                            &[("version", &version), ("value", "12")],
                        )
                        .await,
                    Row("change"),
                )
            }
            "/admin/t/{table}/{id}/delete" => {
                let version = self.version("products", 1).await;
                (
                    self.owner
                        .post("/admin/t/products/1/delete", &[("version", &version)])
                        .await,
                    Row("delete"),
                )
            }
            "/admin/t/{table}/{id}/restore" => {
                let version = self.version("products", 1).await;
                (
                    self.owner
                        .post("/admin/t/products/1/restore", &[("version", &version)])
                        .await,
                    Row("restore"),
                )
            }
            other => panic!(
                "{other} has no story: tell here what it does and what it leaves in the trail"
            ),
        }
    }

    /// PayOS of payee 1, where nobody answers.
    async fn provider(&mut self, path: &str) -> (Answer, Left) {
        let path = path.replace("{owner}", "1").replace("{channel}", "payos");
        let form = async |world: &mut Self, key: &str| {
            let kept = world.store().channels().find(1, "payos").await.unwrap();
            let version = kept.map_or(String::new(), |kept| kept.version.to_string());
            let fields = [
                ("version", version.as_str()),
                ("client_id", "c"),
                ("api_key", "a"),
                ("checksum_key", key),
                ("base_url", "http://127.0.0.1:1"),
                ("current", PASSWORD),
            ];
            world.owner.post("/admin/providers/1/payos", &fields).await
        };
        match path.rsplit('/').next().unwrap() {
            "payos" => (form(self, "k").await, Row("provider.set")),
            "check" => (
                self.owner.post(&path, &[]).await,
                Nothing("a question changes nothing"),
            ),
            "switch" => (
                self.owner.post(&path, &[("on", "0")]).await,
                Row("provider.set"),
            ),
            _ => {
                form(self, "k2").await;
                (self.owner.post(&path, &[]).await, Row("provider.set"))
            }
        }
    }

    /// A payment by bank transfer over so much, with nothing of it paid.
    /// A payment by VNPay that is paid, with an attempt to pay it back of which nobody knows: both numbers.
    async fn a_refund(&self) -> (i64, i64) {
        use gachno::store::payments::{Fact, Heard, HeardFrom, NewRefund, RefundPlan, SeenMoney};
        let payment = self
            .a_payment_by(350_000, gachno::domain::Provider::VnPay)
            .await;
        let (payments, actor) = (self.store().payments(), Actor::system());
        let money = SeenMoney {
            reference: "14000001".to_owned(),
            amount: 350_000,
            currency: "VND".to_owned(),
            at_ms: None,
            method: None,
        };
        let heard = Heard {
            payment,
            source: HeardFrom::Webhook,
            kind: "paid",
            key: "paid",
            body: "",
            facts: &[Fact::Money(money)],
            actor: None,
        };
        payments.hear(&heard).await.unwrap();
        let new = NewRefund {
            payment,
            amount: None,
            reason: "khách đổi ý".to_owned(),
            key: None,
        };
        let plan = payments.plan_refund(&new, &actor).await.unwrap();
        let RefundPlan::Send(attempts) = plan else {
            panic!("{plan:?}")
        };
        (payment, attempts[0].id)
    }

    async fn a_payment(&self, amount: i64) -> i64 {
        self.a_payment_by(amount, gachno::domain::Provider::VietQr)
            .await
    }

    async fn a_payment_by(&self, amount: i64, provider: gachno::domain::Provider) -> i64 {
        use gachno::store::payments::{Begun, NewPayable, NewPayment, NewRenter, NewRequest};
        let (payments, actor) = (self.store().payments(), Actor::system());
        let new = NewPayable {
            owner_id: 1,
            amount,
            renter: NewRenter {
                name: "Lan".to_owned(),
                ..NewRenter::default()
            },
            what: NewRequest {
                description: "Tiền phòng".to_owned(),
                expires_ms: None,
            },
        };
        let made = self
            .store()
            .payments()
            .payables()
            .add_request(&new, None, &actor)
            .await
            .unwrap();
        let now = self.store().now_ms();
        let new = NewPayment {
            payable: made.unwrap().at,
            provider,
            amount: None,
            description: None,
            lasts_ms: MINUTE * 60 * 24,
            wants_qr: false,
            is_english: false,
            payer_ip: "127.0.0.1".to_owned(),
            wallet_agent: None,
            order_code: gachno::domain::payment::order_code(now, rand::random()),
            payment_code: gachno::domain::payment::payment_code(rand::random()),
        };
        let Begun::New(row, _) = payments.begin(&new, None, None).await.unwrap() else {
            panic!("a new payment")
        };
        row.id
    }

    async fn payment(&mut self, path: &str) -> (Answer, Left) {
        let id = self.payment;
        let sure = ("sure", "1");
        let line = r#"{"filename":"a.csv","payee":1,"rows":[{"number":2,"at_ms":null,"note":"x","amount":5,"reference":"S1"}]}"#;
        match path {
            "/admin/payments/{id}/transfer" | "/admin/payments/{id}/decide" => {
                let id = self.a_payment(350_000).await;
                let money = [("reference", "FT1"), ("amount", "400k"), sure];
                let to = format!("/admin/payments/{id}/transfer");
                let booked = self.owner.post(&to, &money).await;
                if path.ends_with("transfer") {
                    return (booked, Row("payment.transfer"));
                }
                let row = self.store().payments().find(id).await.unwrap().unwrap();
                let as_of = row.updated_at.to_string();
                let word = [
                    ("decision", "ignore"),
                    ("reason", "khách biết rồi"),
                    ("as_of", as_of.as_str()),
                    sure,
                ];
                (self.to(path, id, &word).await, Row("payment.decide"))
            }
            "/admin/payments/{id}/refunds/{refund}" => {
                let (id, refund) = self.a_refund().await;
                let word = [
                    ("outcome", "refused"),
                    ("reason", "xem ở trang VNPay"),
                    sure,
                ];
                let to = format!("/admin/payments/{id}/refunds/{refund}");
                (self.owner.post(&to, &word).await, Row("payment.decide"))
            }
            "/admin/payments/{id}/refresh" => {
                let why = "a question; what is answered is news as any other";
                (self.to(path, id, &[]).await, Nothing(why))
            }
            "/admin/payments/{id}/cancel" => {
                let id = self.a_payment(350_000).await;
                let fields = [
                    ("bank_bin", "970422"),
                    ("account_number", "0123456789"),
                    ("account_name", "CUA HANG"),
                    ("current", PASSWORD),
                ];
                let set = self.owner.post("/admin/providers/1/vietqr", &fields).await;
                assert!(set.status.as_u16() < 400, "{}", set.body);
                (self.to(path, id, &[sure]).await, Row("payment.cancel"))
            }
            "/admin/payments/unmatched/{id}" => {
                let money = gachno::store::payments::SeenMoney {
                    reference: "A1".to_owned(),
                    amount: 5,
                    currency: "VND".to_owned(),
                    at_ms: None,
                    method: None,
                };
                let stray = gachno::store::payments::NewUnmatched {
                    provider: gachno::domain::Provider::VietQr,
                    owner_id: Some(1),
                    order_code: "",
                    money: &money,
                    note: None,
                };
                self.store()
                    .money_books()
                    .keep_unmatched(&stray)
                    .await
                    .unwrap();
                let strays = self
                    .store()
                    .money_books()
                    .unmatched(None, 10)
                    .await
                    .unwrap();
                let word = [("decision", "ignore"), ("reason", "tiền của chủ"), sure];
                (
                    self.to(path, strays[0].id, &word).await,
                    Row("unmatched.decide"),
                )
            }
            "/admin/payments/compare" => {
                let why = "a question; what is answered is news as any other";
                (
                    self.owner.post(path, &[("day", "today")]).await,
                    Nothing(why),
                )
            }
            "/admin/payments/compare/{id}/seen" => {
                let difference = gachno::store::payments::Difference {
                    payment_id: id,
                    provider: "payos".to_owned(),
                    kind: "amount".to_owned(),
                    reference: "A".to_owned(),
                    theirs: Some(1),
                    ours: None,
                    day: "2026-11-26".to_owned(),
                    seen_at: None,
                    id: 0,
                };
                self.store()
                    .money_books()
                    .keep_difference(&difference)
                    .await
                    .unwrap();
                let kept = self
                    .store()
                    .money_books()
                    .differences(None, 1)
                    .await
                    .unwrap();
                (self.to(path, kept[0].id, &[]).await, Row("payment.decide"))
            }
            "/admin/payments/new" => {
                let fields = [
                    ("amount", "350k"),
                    ("description", "Tiền phòng"),
                    ("name", "Hoa"),
                    ("lasts", "24"),
                    ("payee", "1"),
                ];
                (self.owner.post(path, &fields).await, Row("payable.add"))
            }
            "/admin/payments/statement/preview" => {
                let file = "Ngày,Số tham chiếu,Ghi có,Nội dung\n26/11/2026,F7,5.000,x\n";
                let answer = crate::admin_payments::statement(&mut self.owner, "a.csv", file).await;
                (answer, Nothing("a preview writes nothing"))
            }
            "/admin/payments/statement/book" => (
                self.owner
                    .post(path, &[("statement", line), ("keep_plain", "1")])
                    .await,
                Row("import"),
            ),
            "/admin/payments/statement/{id}/undo" => {
                let book = "/admin/payments/statement/book";
                let made = self.owner.post(book, &[("statement", line)]).await;
                let id = made
                    .header("location")
                    .trim_start_matches("/admin/payments/statement/")
                    .split('?')
                    .next()
                    .unwrap()
                    .parse()
                    .unwrap();
                (self.to(path, id, &[sure]).await, Row("import.undo"))
            }
            other => panic!("{other} has no story"),
        }
    }

    async fn template(&mut self, path: &str) -> (Answer, Left) {
        let path = path
            .replace("{owner}", "1")
            .replace("{kind}", "payment_paid");
        let words = [
            ("subject", "Cảm ơn {customer_name}"),
            ("body", "Đã nhận {amount}"),
            ("recipient", "lan@example.org"),
        ];
        let answer = self.owner.post(&path, &words).await;
        let left = match path.rsplit('/').next().unwrap() {
            "preview" => Nothing("a look changes nothing"),
            "test" => Nothing("a letter that is tried changes nothing"),
            _ => Row("template.set"),
        };
        (answer, left)
    }

    async fn to(&mut self, path: &str, id: i64, fields: &[(&str, &str)]) -> Answer {
        self.owner
            .post(&path.replace("{id}", &id.to_string()), fields)
            .await
    }

    async fn import(&mut self) -> Answer {
        let sheet = r#"{"table":"collection_data","service":null,"filename":"a.csv","columns":["code"],"rows":[[2,["PE7"]]]}"#;
        self.owner
            .post("/admin/import/commit", &[("rows", sheet)])
            .await
    }

    /// All that is done with ticked rows, each with its row in the trail; the last one is handed
    /// back.
    async fn bulk(&mut self) -> (Answer, Left) {
        self.owner
            .post(
                "/admin/t/products/new",
                &[
                    ("title", "Thẻ"),
                    ("price", "1"),
                    ("user_id", "1"),
                    ("currency", "VND"),
                ],
            )
            .await;
        self.shop.add_jobs(&["PE00000000003"]).await;
        let job = self.job("PE00000000003").await.number.to_string();
        self.refused_report().await;
        for (table, id, fields, action) in [
            (
                "jobs",
                job.as_str(),
                vec![("action", "set"), ("column", "priority"), ("value", "7")],
                "change",
            ),
            ("jobs", &job, vec![("action", "cancel")], "jobs.decide"),
            ("jobs", &job, vec![("action", "reopen")], "jobs.decide"),
            ("reports", "1", vec![("action", "seen")], "reports.seen"),
            ("products", "2", vec![("action", "csv")], "export"),
            ("products", "2", vec![("action", "delete")], "delete"),
        ] {
            let before = self.shop.trail(action).await;
            let mut fields = fields;
            fields.push(("id", id));
            let answer = self
                .owner
                .post(&format!("/admin/t/{table}/bulk"), &fields)
                .await;
            assert!(
                answer.status.as_u16() < 400,
                "{table} {fields:?}: {}",
                answer.body
            );
            assert_eq!(
                self.shop.trail(action).await,
                before + 1,
                "{table} {fields:?} left nothing in the trail"
            );
        }
        (
            self.owner
                .post(
                    "/admin/t/products/bulk",
                    &[("action", "restore"), ("id", "2")],
                )
                .await,
            Row("restore"),
        )
    }
}

fn changes() -> Vec<Route> {
    routes()
        .into_iter()
        .filter(|route| route.method != Method::GET)
        .collect()
}

on_both! {
async fn every_change_leaves_a_row_in_the_trail(base: &Base) {
    let mut world = World::open(base).await;
    world.payment = world.a_payment(350_000).await;
    for route in changes() {
        let rows = async |world: &World| world.store().tables().list(&gachno::store::catalogue::house::AUDIT, &gachno::store::tables::ListQuery::default(), 1_000).await.unwrap().rows.len();
        let before = (rows(&world).await, BTreeMap::from_iter(counts(&world).await));
        let (answer, left) = world.does(route.path).await;
        assert!(answer.status.as_u16() < 400, "{}: {} {}", route.path, answer.status, answer.body);
        let after = BTreeMap::from_iter(counts(&world).await);
        match left {
            Row(action) => {
                let count = |counts: &BTreeMap<String, usize>| counts.get(action).copied().unwrap_or(0);
                assert!(count(&after) > count(&before.1), "{} left no {action:?} in the trail: {after:?}", route.path);
            }
            Nothing(why) => assert_eq!(rows(&world).await, before.0, "{}: {why}", route.path),
        }
    }
}
}

/// How often each action stands in the trail.
async fn counts(world: &World) -> Vec<(String, usize)> {
    let at = gachno::store::catalogue::table("audit")
        .unwrap()
        .shown()
        .position(|c| c.name == "action")
        .unwrap();
    let rows = world
        .store()
        .tables()
        .list(
            &gachno::store::catalogue::house::AUDIT,
            &gachno::store::tables::ListQuery::default(),
            1_000,
        )
        .await
        .unwrap()
        .rows;
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts
            .entry(row.cells[at].as_str().unwrap().to_owned())
            .or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

/// Every table of the database, secrets and sessions included, as the hash of all its rows. Not who
/// of the servers is on duty: that changes by itself.
async fn everything(store: &Store) -> Vec<(&'static str, u64, String)> {
    let folder = tempfile::tempdir().unwrap();
    let target = Store::open(&gachno::store::sqlite_url(&folder.path().join("copy.db")))
        .await
        .unwrap();
    let copied = gachno::store::copy::copy(store, &target).await.unwrap();
    target.close().await;
    copied
        .into_iter()
        .filter(|t| t.table != "leader_lease")
        .map(|t| (t.table, t.rows, t.hash))
        .collect()
}

#[tokio::test]
async fn another_site_changes_nothing_by_any_route() {
    let base = Base::new(Which::Sqlite).unwrap();
    let world = World::open(&base).await;
    let before = everything(world.store()).await;
    for route in changes() {
        let path = route
            .path
            .replace("{table}", "products")
            .replace("{column}", "title")
            .replace("{id}", "1");
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let request = world
                .owner
                .request(route.method.clone(), &path)
                .header("cookie", &world.owner.cookie)
                .header(name, value);
            let request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body("version=0&username=lan&value=1&title=x");
            assert_eq!(
                request.send().await.unwrap().status(),
                StatusCode::FORBIDDEN,
                "{path} {name}: {value}"
            );
        }
    }
    assert_eq!(everything(world.store()).await, before);
}

on_both! {
async fn looking_changes_nothing_wherever_one_looks(base: &Base) {
    let mut world = World::open(base).await;
    let job = world.doubt("PE00000000001").await;
    world.refused_report().await;
    world.import().await;
    let machine = world.store().machines().add("quầy 1", &Scope::ALL, None, &Actor::system()).await.unwrap();
    world.owner.sign_in("lan", PASSWORD).await.leads_to("/admin");
    // Heard of once, so that hearing of it again at the same moment is no change.
    let api = reqwest::Client::new();
    let url = world.shop.running.url();
    let ask = async |path: &str| api.get(format!("{url}{path}")).bearer_auth(machine.token.expose_secret()).send().await.unwrap().status();
    ask("/api/me").await;

    let mut paths = Vec::new();
    for route in routes().iter().filter(|r| r.method == Method::GET) {
        let path = if route.path.contains("/review/") { route.path.replace("{id}", &job) } else { route.path.replace("{id}", "1") };
        let tables: Vec<_> = TABLES.iter().filter(|_| path.contains("{table}")).collect();
        if tables.is_empty() {
            paths.push(path);
            continue;
        }
        for table in tables {
            let path = path.replace("{table}", table.name);
            if path.contains("{column}") {
                paths.extend(table.columns.iter().map(|column| path.replace("{column}", column.name)));
            } else {
                paths.push(format!("{path}?q=a&done=saved&gone=1"));
                paths.push(path);
            }
        }
    }
    let all_tables = TABLES.iter().filter(|t| t.access != Access::Hidden).count();
    assert!(paths.iter().filter(|p| p.starts_with("/admin/t/")).count() > 4 * all_tables);
    let (before, trail) = (everything(world.store()).await, BTreeMap::from_iter(counts(&world).await));
    for path in &paths {
        let page = world.owner.get(path).await;
        assert!(page.status.as_u16() < 500, "{path}: {}", page.status);
        let is_page = page.header("content-type").starts_with("text/html");
        let body = page.body.replace(&url, "");
        assert!(!is_page || !body.contains("http://") || body.contains("w3.org"), "{path} names another place");
    }
    let described: serde_json::Value = api.get(format!("{url}/api/openapi.json")).send().await.unwrap().json().await.unwrap();
    let mut calls: Vec<String> = ["/", "/metrics", "/api/docs", "/api/docs/style.css", "/api/openapi.json"].map(str::to_owned).to_vec();
    for (path, _) in described["paths"].as_object().unwrap().iter().filter(|(_, calls)| calls.get("get").is_some()) {
        calls.push(path.replace("{id}", &job).replace("{service}", "gach_dien_evn"));
    }
    assert!(calls.len() > 10, "{calls:?}");
    for path in calls {
        let status = ask(&path).await;
        assert!(status.is_success(), "{path}: {status}");
    }
    for (before, after) in before.into_iter().zip(everything(world.store()).await) {
        // A look at what is refused is told to the trail, and nothing else is.
        if before.0 != "audit" {
            assert_eq!(before, after, "changed by looking");
        }
    }
    let changed: Vec<_> = counts(&world).await.into_iter().filter(|(action, count)| trail.get(action) != Some(count)).collect();
    assert!(changed.iter().all(|(action, _)| action == "refused"), "{changed:?}");
}
}

/// Pages that only show up on the way in, or when something is refused: each is read for scripts as
/// it comes in.
#[tokio::test]
async fn pages_on_the_way_in_hold_no_script_either() {
    let base = Base::new(Which::Sqlite).unwrap();
    let mut world = World::open(&base).await;
    let mut stranger = world.shop.browser();
    for path in ["/admin/sign-in", "/admin/register", "/admin/nowhere"] {
        stranger.get(path).await;
    }
    stranger
        .sign_in("<script>alert(1)</script>\" onload=\"x", "sai")
        .await
        .says("&#60;script&#62;");
    stranger
        .sign_in("chu", &world.shop.first_password)
        .await
        .leads_to("/admin/new-password");
    stranger.get("/admin/new-password").await.says("form");
    let mut mai = world.shop.person("mai", Role::Operator).await;
    Phone::set_up(&world.shop, &mut mai, "mai").await;
    mai.sign_in("mai", PASSWORD).await.leads_to("/admin/code");
    mai.get("/admin/code").await.says("form");
    assert_eq!(
        mai.post("/admin/code", &[("code", "1")]).await.status,
        StatusCode::UNAUTHORIZED
    );
    let wild = "\"><img src=x onerror=alert(1)><a href=\"javascript:alert(1)\" style=\"x\">";
    world
        .owner
        .post(
            "/admin/t/products/new",
            &[
                ("title", wild),
                ("price", "1"),
                ("user_id", "1"),
                ("currency", "VND"),
            ],
        )
        .await;
    world
        .owner
        .get("/admin/t/products")
        .await
        .says("onerror=alert(1)");
    world
        .owner
        .get("/admin/t/products/2")
        .await
        .says("onerror=alert(1)");
    world
        .owner
        .post(
            "/admin/t/products/2",
            &[("version", "9"), ("title", wild), ("price", "x")],
        )
        .await
        .says("onerror=alert(1)");
    let hoa = world.hoa;
    world
        .owner
        .post(&format!("/admin/people/{hoa}/reset"), &[])
        .await
        .says("Chỉ hiện lần này");
    assert_eq!(
        world
            .store()
            .accounts()
            .find(hoa)
            .await
            .unwrap()
            .unwrap()
            .device,
        Device::Any
    );
    assert_eq!(
        world
            .store()
            .accounts()
            .find(hoa)
            .await
            .unwrap()
            .unwrap()
            .status,
        AccountStatus::Active
    );
    assert!(routes().iter().any(|r| r.need == Need::Step(Step::Code)));
}

#[test]
fn a_page_is_read_for_anything_that_runs() {
    for (html, found) in [
        ("<p>onclick=1 <b title='a > b onload=x'>style=</b>", 0),
        (
            "<script src=\"/a.js\" defer></script><svg><path d=\"M0\"/></svg><!-- <script>x</script> -->",
            0,
        ),
        ("<a href=\"&quot; onload=x\">x</a>", 0),
        ("<script>x</script>", 1),
        ("<SCRIPT type=\"module\">x</SCRIPT>", 1),
        ("<img src=x onerror=x>", 1),
        ("<body\nonload = 'x'>", 1),
        ("<p STYLE=\"x\">", 1),
        ("<style>x</style>", 1),
        ("<a href=\" JavaScript:x\">", 1),
        ("<form action='javascript:x' style='y'>", 2),
        ("<b hx-on:click=\"x\">", 1),
    ] {
        assert_eq!(
            crate::admin::runs(html).len(),
            found,
            "{html}: {:?}",
            crate::admin::runs(html)
        );
    }
}
