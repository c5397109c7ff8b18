//! A collector's phone at a door: the desk's pages in a real browser, 360 × 740.
//!
//! Pictures of the pages go into the folder that `GACHNO_PICTURES` names, else into a temporary one.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use fantoccini::{Client, Locator};
use gachno::browser::Session;
use gachno::domain::desk::IncomingContract;
use gachno::providers::Channel;
use gachno::sandbox::{self, GatewayFaultAction, Incoming, Sandbox};
use gachno::store::Actor;
use gachno::store::catalogue::Role;
use gachno::store::people::{CollectorWanted, PersonWanted, hash_password};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::admin::PASSWORD;
use crate::axe::assert_accessible;
use crate::database::{Base, Which};
use crate::pay::PayShop;
use crate::pay_page::{fits_a_phone, number, picture, waits_for};

const FORM: &str = "application/x-www-form-urlencoded";
const PATIENCE: Duration = Duration::from_secs(20);
const DAY: i64 = 24 * 3_600_000;
/// When the shops of these stories open: a morning in Viet Nam, before ten.
const MORNING: i64 = 1_800_064_800_000;

/// A shop with a collector, and the collector's phone.
struct Door {
    shop: PayShop,
    sandbox: Sandbox,
    session: Session,
    page: Client,
    pictures: PathBuf,
    _base: Base,
    _folder: tempfile::TempDir,
}

fn bill(number: &str, issued: &str, amount: i64) -> Value {
    json!({
        "number": number, "from": issued, "to": issued, "issued": issued, "amount": amount,
        "content": "Cước Internet",
    })
}

fn receivable(number: &str, amount: i64, is_ptc: bool) -> Value {
    json!({
        "number": number, "content": "Phí lắp đặt", "amount": amount, "source": "noi_bo",
        "paid_type": 1, "ptc": is_ptc,
    })
}

fn contract(number: &str, name: &str, bills: &[Value], receivables: &[Value]) -> Value {
    json!({
        "number": number, "customer_name": name, "type": "binh_thuong",
        "address": "Số 12 ngõ 34 đường Trần Hưng Đạo, Hoàn Kiếm, Hà Nội",
        "phones": [{"number": "0912345678", "main": true, "hifpt": true}],
        "service_requests": [], "bills": bills, "receivables": receivables,
    })
}

impl Door {
    async fn open(kind: &str, limit: i64, contracts: &[Value]) -> Self {
        gachno::init_tls();
        let base = Base::new(Which::Sqlite).expect("a database");
        let options = sandbox::SandboxOptions::default();
        let sandbox = sandbox::start(options).await.expect("starts");
        let shop = PayShop::open(&base).await;
        shop.pass(MORNING - shop.store().now_ms());
        let settings = sandbox.gateway().settings();
        for channel in [Channel::PayOs, Channel::VnPay, Channel::Wallet] {
            let settings = settings[channel.wire()].clone();
            shop.provider(1, channel, settings).await;
        }
        sandbox.gateway().update(|scenario| {
            scenario.webhooks.payos = Some(format!("{}/webhook/payos", shop.running.url()));
        });
        let collector = CollectorWanted {
            kind: Some(kind),
            cash_limit: Some(limit),
            extra: None,
        };
        put_person(&shop, "luc", "Trần Văn Lực", Role::Collector, collector).await;
        bring(&shop, contracts).await;
        let (session, page, pictures, folder) = crate::eyes::open().await;
        page.set_window_size(360, 740).await.expect("size");
        Self {
            shop,
            sandbox,
            session,
            page,
            pictures,
            _base: base,
            _folder: folder,
        }
    }

    async fn goto(&self, path: &str) {
        let url = format!("{}{path}", self.shop.running.url());
        self.page.goto(&url).await.expect("there");
    }

    async fn sign_in(&self, who: &str) {
        self.goto("/admin/sign-in?next=/desk").await;
        self.fill("input[name=username]", who).await;
        self.fill("input[name=password]", PASSWORD).await;
        self.press("form button").await;
        waits_for(&self.page, "nav.tabs").await;
        let url = self.page.current_url().await.expect("an address");
        assert_eq!(url.path(), "/desk", "the sign-in leads to the desk");
    }

    async fn fill(&self, css: &str, text: &str) {
        let field = self.page.find(Locator::Css(css)).await.expect(css);
        field.clear().await.expect("cleared");
        field.send_keys(text).await.expect("typed");
    }

    async fn press(&self, css: &str) {
        let what = self.page.find(Locator::Css(css)).await.expect(css);
        what.click().await.expect("pressed");
    }

    /// Presses the button of these words.
    async fn press_button(&self, words: &str) {
        let path = format!("//button[normalize-space()='{words}']");
        let button = self.page.find(Locator::XPath(&path)).await.expect(words);
        button.click().await.expect("pressed");
    }

    /// A tick or a choice, as a thumb makes it: on its label.
    async fn choose(&self, name: &str, value: &str) {
        let css = format!("label.pick:has(input[name={name}][value='{value}'])");
        self.press(&css).await;
    }

    async fn text(&self) -> String {
        let main = self.page.find(Locator::Css("main")).await.expect("main");
        main.text().await.expect("text")
    }

    /// Waits until the page says this.
    async fn says(&self, words: &str) {
        let begun = Instant::now();
        loop {
            let script = "return document.body?.innerText || ''";
            let text = self.page.execute(script, vec![]).await;
            let text = text.ok().and_then(|text| text.as_str().map(str::to_owned));
            let text = text.unwrap_or_default();
            if text.contains(words) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{words:?} is not in {text}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    async fn is_fine(&self, what: &str) {
        fits_a_phone(&self.page).await;
        assert_accessible(&self.page, what).await;
        picture(&self.page, &self.pictures, &format!("desk_{what}")).await;
    }

    /// The numbers of the items of a contract, in the order of the page.
    async fn items(&self) -> Vec<String> {
        let script = "return [...document.querySelectorAll('input[name=items]')].map(i => i.value)";
        let ids = self.page.execute(script, vec![]).await.expect("a script");
        serde_json::from_value(ids).expect("texts")
    }

    async fn ticked(&self) -> i64 {
        let script = "return document.querySelectorAll('input[name=items]:checked').length";
        let ticked = self.page.execute(script, vec![]).await.expect("a script");
        ticked.as_i64().expect("a number")
    }

    async fn end(self) {
        self.session.close().await;
    }
}

async fn put_person(
    shop: &PayShop,
    login: &str,
    name: &str,
    role: Role,
    what: CollectorWanted<'_>,
) {
    let wanted = PersonWanted {
        username: login,
        role,
        name: Some(name),
        email: None,
        phone: None,
        payee: None,
        collector: what,
    };
    let hash = hash_password(&SecretString::from(PASSWORD)).expect("a hash");
    let accounts = shop.store().accounts();
    let system = Actor::system();
    let made = accounts.put(&wanted, Some(&hash), "", &system).await;
    made.expect("a person");
}

async fn bring(shop: &PayShop, contracts: &[Value]) {
    let read = |json: &Value| IncomingContract::read(json).expect("a contract");
    let list: Vec<_> = contracts.iter().map(read).enumerate().collect();
    let desk = shop.store().desk();
    let tally = desk.put(1, &list, &Actor::system()).await.expect("kept");
    assert_eq!(tally.refused, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_collector_takes_cash_and_hands_it_in() {
    let contracts = [
        contract(
            "HND123456",
            "Nguyễn Thị Thu Hường",
            &[
                bill("HD-2610", "2026-10-01", 264_000),
                bill("HD-2611", "2026-11-01", 264_000),
            ],
            &[receivable("KT-88", 55_000, false)],
        ),
        contract(
            "HND777",
            "Lê Văn Tám",
            &[bill("HD-1", "2026-10-01", 99_000)],
            &[],
        ),
    ];
    let door = Door::open("thu_cuoc", 5_000_000, &contracts).await;
    door.sign_in("luc").await;
    door.says("Nguyễn Thị Thu Hường").await;
    door.is_fine("today").await;

    // Found without accents.
    door.press("nav.tabs a[href='/desk/search']").await;
    waits_for(&door.page, "main input[name=q]").await;
    door.fill("input[name=q]", "thu huong").await;
    door.press("form.search button").await;
    door.says("HND123456").await;
    assert!(!door.text().await.contains("Lê Văn Tám"));
    door.is_fine("search").await;
    door.press("ul.list a").await;

    // All bills are ticked at the start; the running sum follows the thumb.
    waits_for(&door.page, "form#pay").await;
    assert_eq!(door.ticked().await, 2);
    door.says("528.000 đ").await;
    let items = door.items().await;
    door.choose("items", &items[2]).await;
    door.says("583.000 đ").await;
    door.choose("items", &items[2]).await;
    door.is_fine("contract").await;
    door.press_button("Thanh toán").await;

    waits_for(&door.page, "main[data-state='paid'] [data-receipt]").await;
    door.says("Thanh toán thành công").await;
    door.says("Năm trăm hai mươi tám nghìn đồng").await;
    let text = door.text().await;
    assert!(text.contains("PT2027") && text.contains("-0001"), "{text}");
    door.is_fine("receipt").await;
    papers_are_there(&door).await;

    // What is held, handed in, and the day.
    door.press("nav.tabs a[href='/desk/cash']").await;
    door.says("528.000 đ").await;
    door.fill("input[name=amount]", "600.000").await;
    door.press_button("Nộp tiền").await;
    door.says("nhiều hơn số tiền đang giữ").await;
    door.fill("input[name=amount]", "528.000").await;
    door.press_button("Nộp tiền").await;
    door.says("Chờ quản lý đếm").await;
    door.is_fine("cash").await;
    door.press("nav.tabs a[href='/desk/day']").await;
    door.says("PT2027").await;
    door.is_fine("day").await;
    door.goto("/desk/me").await;
    door.says("Nhân viên thu cước").await;
    door.is_fine("me").await;

    // Nothing is paid at the other door.
    door.goto("/desk/contracts/HND777").await;
    door.press("#visit summary").await;
    door.fill("textarea[name=note]", "Chó dữ").await;
    door.press_button("Ghi: hôm nay không thu").await;
    door.says("Đã ghi: hôm nay không thu").await;
    door.goto("/desk/day").await;
    door.says("Khách vắng nhà").await;
    door.end().await;
}

/// The receipt for the printer, as a file, and on its public page.
async fn papers_are_there(door: &Door) {
    let link = |css: &'static str| async move {
        let found = door.page.find(Locator::Css(css)).await.expect(css);
        found.attr("href").await.expect("read").expect("an address")
    };
    let print = link("a[href$='/print']").await;
    let public = link("a[href*='/receipts/']").await;
    door.goto(&print).await;
    waits_for(&door.page, "button[data-print]:not([hidden])").await;
    assert_accessible(&door.page, "print").await;
    picture(&door.page, &door.pictures, "desk_print").await;
    door.page.goto(&public).await.expect("there");
    door.says("Phiếu thu thật").await;
    let text = door.text().await;
    for private in ["Hường", "0912345678", "Trần Hưng Đạo", "HND123456"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    assert_accessible(&door.page, "genuine").await;
    picture(&door.page, &door.pictures, "desk_genuine").await;
    let pdf = door
        .shop
        .http
        .get(format!("{public}/pdf"))
        .send()
        .await
        .expect("there");
    assert_eq!(pdf.headers()["content-type"], "application/pdf");
    let shown = door
        .shop
        .http
        .get(&public)
        .header("accept", "application/json");
    let shown: Value = shown
        .send()
        .await
        .expect("there")
        .json()
        .await
        .expect("JSON");
    assert_eq!(
        (&shown["genuine"], &shown["total"]),
        (&json!(true), &json!(528_000))
    );
    door.page.back().await.expect("back");
    door.page.back().await.expect("back");
    waits_for(&door.page, "[data-receipt]").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_rule_says_its_words_on_the_phone() {
    let bills = |numbers: std::ops::Range<i64>| -> Vec<Value> {
        numbers
            .map(|n| bill(&format!("HD-{n}"), &format!("2026-{n:02}-01"), 100_000))
            .collect()
    };
    let contracts = [
        contract("MANY", "Khách Nhiều", &bills(1..9), &[]),
        contract(
            "PTC1",
            "Khách PTC",
            &bills(1..3),
            &[
                receivable("K1", 50_000, true),
                receivable("K2", 60_000, false),
            ],
        ),
        contract(
            "DEAR",
            "Khách Lớn",
            &[bill("HD-1", "2026-01-01", 9_000_000)],
            &[],
        ),
    ];
    let door = Door::open("tin_pnc", 5_000_000, &contracts).await;
    door.sandbox.gateway().update(|scenario| {
        scenario.unlinked.insert("luc".to_owned());
    });
    door.sign_in("luc").await;

    door.goto("/desk/contracts/MANY").await;
    assert_eq!(door.ticked().await, 0, "a technician ticks bills himself");
    door.press_button("Thanh toán").await;
    door.says("Vui lòng chọn hóa đơn/khoản thu cần thanh toán")
        .await;
    let items = door.items().await;
    for item in &items[..7] {
        door.choose("items", item).await;
    }
    door.press_button("Thanh toán").await;
    door.says("Chỉ được chọn tối đa 6 hóa đơn/khoản thu thanh toán")
        .await;
    assert_eq!(door.ticked().await, 7, "what was ticked stays ticked");
    // The oldest of them is left out.
    door.choose("items", &items[0]).await;
    door.press_button("Thanh toán").await;
    door.says("Vui lòng thanh toán hóa đơn xa nhất").await;
    door.is_fine("rule").await;

    door.goto("/desk/contracts/PTC1").await;
    let items = door.items().await;
    assert_eq!(door.ticked().await, 1, "what is PTC is ticked");
    door.says("bắt buộc").await;
    door.choose("items", &items[2]).await;
    door.choose("items", &items[0]).await;
    door.press_button("Thanh toán").await;
    door.says("Vui lòng chọn khoản thu PTC").await;

    door.goto("/desk/contracts/DEAR").await;
    let items = door.items().await;
    door.choose("items", &items[0]).await;
    door.press_button("Thanh toán").await;
    door.says("Vượt quá hạn mức gạch nợ bằng tiền mặt").await;
    door.choose("method", "wallet").await;
    door.press_button("Thanh toán").await;
    door.says("Vui lòng thực hiện liên kết phương thức thanh toán")
        .await;
    // Nothing was reserved, and another way is there at once.
    door.choose("method", "payos_qr").await;
    door.press_button("Thanh toán").await;
    waits_for(&door.page, "main[data-state='pending'] img.qr").await;

    // Cash of today, and the next day after ten.
    door.goto("/desk/contracts/PTC1").await;
    door.press_button("Thanh toán").await;
    waits_for(&door.page, "main[data-state='paid']").await;
    door.shop.pass(DAY + 2 * 3_600_000);
    door.sign_in("luc").await;
    door.says("Đang tồn tạm không thể thanh toán").await;
    door.goto("/desk/contracts/MANY").await;
    let items = door.items().await;
    door.choose("items", &items[0]).await;
    door.press_button("Thanh toán").await;
    waits_for(&door.page, ".error").await;
    door.says("Đang tồn tạm không thể thanh toán").await;
    door.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_fee_collector_takes_the_bills_that_are_forced() {
    let mut working = contract(
        "WORK",
        "Khách Đang Xử Lý",
        &[bill("HD-1", "2026-10-01", 99_000)],
        &[],
    );
    working["service_requests"] = json!([{"kind": "KPDV", "state": "dang_xu_ly"}]);
    working["receivables"] = json!([receivable("K1", 50_000, false)]);
    let door = Door::open("thu_cuoc", 5_000_000, &[working]).await;
    door.sign_in("luc").await;
    door.goto("/desk/contracts/WORK").await;
    let items = door.items().await;
    door.choose("items", &items[0]).await;
    door.choose("items", &items[1]).await;
    door.press_button("Thanh toán").await;
    door.says("Vui lòng chọn hóa đơn cần thanh toán").await;
    door.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_qr_turns_by_itself_and_a_wallet_asks_for_its_password() {
    let contracts = [
        contract(
            "QR1",
            "Khách QR",
            &[bill("HD-1", "2026-10-01", 264_000)],
            &[],
        ),
        contract(
            "VI1",
            "Khách Ví",
            &[bill("HD-1", "2026-10-01", 150_000)],
            &[],
        ),
    ];
    let door = Door::open("thu_cuoc", 5_000_000, &contracts).await;
    door.sign_in("luc").await;
    door.goto("/desk/contracts/QR1").await;
    // A plain no of the provider leaves nothing behind: the same page pays at the next press.
    let no = GatewayFaultAction::Refuse {
        code: "20".to_owned(),
        text: "Không hợp lệ".to_owned(),
    };
    door.sandbox.gateway().once("payos.create", no);
    door.choose("method", "payos_qr").await;
    door.press_button("Thanh toán").await;
    waits_for(&door.page, ".error").await;
    door.choose("method", "payos_qr").await;
    door.press_button("Thanh toán").await;
    waits_for(&door.page, "main[data-state='pending'] img.qr").await;
    let width = "return document.querySelector('img.qr').naturalWidth";
    let begun = Instant::now();
    while number(&door.page, width).await < 100.0 {
        assert!(begun.elapsed() < PATIENCE, "the QR is a picture");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    door.is_fine("qr").await;
    door.press_button("Kiểm tra thanh toán").await;
    waits_for(&door.page, ".error").await;
    door.says("Chưa thanh toán").await;
    // Somebody else at the same door finds it taken.
    door.goto("/desk/contracts/QR1").await;
    door.says("đang thu").await;
    door.press(".warn a").await;
    waits_for(&door.page, "main[data-state='pending'] img.qr").await;
    door.page
        .execute("window.isTheSame = true", vec![])
        .await
        .expect("marked");
    let links = door.sandbox.gateway().truth().links;
    let link = links.last().expect("a link").clone();
    let money = Incoming {
        amount: None,
        reference: None,
        currency: None,
        untold: false,
    };
    let gateway = door.sandbox.gateway();
    door.shop.pass(1_000);
    gateway.payos_money(link.order_code, money).expect("a link");
    waits_for(&door.page, "main[data-state='paid'] [data-receipt]").await;
    let is_same = door
        .page
        .execute("return window.isTheSame === true", vec![])
        .await;
    assert_eq!(is_same.expect("a script"), json!(true), "without a reload");
    door.is_fine("qr_paid").await;

    door.goto("/desk/contracts/VI1").await;
    door.choose("method", "wallet").await;
    door.press_button("Thanh toán").await;
    waits_for(&door.page, "input[name=otp]").await;
    door.is_fine("otp").await;
    door.fill("input[name=otp]", "0000").await;
    door.press_button("Xác nhận").await;
    waits_for(&door.page, ".error").await;
    // Given up, another way chosen: nothing is reserved any more.
    door.press_button("Hủy, chọn cách trả khác").await;
    door.says("Đã hủy. Chọn cách trả khác.").await;
    door.choose("method", "wallet").await;
    door.press_button("Thanh toán").await;
    waits_for(&door.page, "input[name=otp]").await;
    let messages = door.sandbox.gateway().truth().messages;
    let otp = messages
        .iter()
        .rev()
        .find(|m| m.channel == "wallet_otp")
        .expect("sent");
    let digits = otp.text.rsplit(' ').next().unwrap_or_default();
    door.fill("input[name=otp]", digits).await;
    door.press_button("Xác nhận").await;
    waits_for(&door.page, "main[data-state='paid'] [data-receipt]").await;
    door.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pressed_twice_gone_back_and_without_network_is_paid_once() {
    let contracts = [contract(
        "ONCE",
        "Khách Một Lần",
        &[
            bill("HD-1", "2026-10-01", 264_000),
            bill("HD-2", "2026-11-01", 264_000),
        ],
        &[],
    )];
    let door = Door::open("thu_cuoc", 5_000_000, &contracts).await;
    door.sign_in("luc").await;
    door.goto("/desk/contracts/ONCE").await;
    // Two presses of one form at the same moment, as a dead battery or an impatient thumb sends them.
    let twice = "const form = document.querySelector('#pay'); const body = new URLSearchParams(new FormData(form)); \
                 const done = arguments[arguments.length - 1]; \
                 const send = () => fetch(form.action, { method: 'POST', body }).then(a => a.url); \
                 Promise.all([send(), send()]).then(done, e => done([String(e)]));";
    let urls = door.page.execute_async(twice, vec![]).await.expect("sent");
    assert_eq!(urls[0], urls[1], "both lead to the same payment");
    assert!(
        urls[0]
            .as_str()
            .is_some_and(|url| url.contains("/desk/payments/")),
        "{urls}"
    );
    // The same form again, by the button: the same payment.
    door.press_button("Thanh toán").await;
    waits_for(&door.page, "main[data-state='paid'] [data-receipt]").await;
    door.page.back().await.expect("back");
    door.says("không còn khoản nào phải thu").await;
    let cash = door.shop.store().desk().cash();
    let luc = door
        .shop
        .store()
        .accounts()
        .named("luc")
        .await
        .expect("read")
        .expect("there");
    let collector = cash
        .collector(luc.user_id)
        .await
        .expect("read")
        .expect("a collector");
    assert_eq!(collector.cash.held, 528_000);

    // What was opened stays readable without network, and says so.
    let worker = "const done = arguments[arguments.length - 1]; navigator.serviceWorker.ready.then(() => done(true));";
    door.page
        .execute_async(worker, vec![])
        .await
        .expect("a worker");
    door.goto("/desk/day").await;
    door.says("-0001").await;
    door.goto("/desk/contracts/ONCE").await;
    door.says("không còn khoản nào phải thu").await;
    let Door {
        shop,
        page,
        pictures,
        session,
        ..
    } = door;
    let url = shop.running.url();
    shop.running.stop().await;
    page.goto(&format!("{url}/desk/day")).await.expect("kept");
    waits_for(&page, ".stale").await;
    let text = page
        .find(Locator::Css("body"))
        .await
        .expect("body")
        .text()
        .await
        .expect("text");
    assert!(
        text.contains("Không có mạng") && text.contains("-0001"),
        "{text}"
    );
    assert_accessible(&page, "without network").await;
    picture(&page, &pictures, "desk_stale").await;
    page.goto(&format!("{url}/desk/contracts/ONCE"))
        .await
        .expect("kept");
    waits_for(&page, "form[action$='/visit'] button[disabled]").await;
    page.goto(&format!("{url}/desk/contracts/NEVER"))
        .await
        .expect("kept");
    waits_for(&page, "main[data-state='offline']").await;
    session.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_manager_counts_the_cash_and_the_book_balances() {
    let contracts = [contract(
        "C1",
        "Khách Một",
        &[bill("HD-1", "2026-10-01", 264_000)],
        &[],
    )];
    let door = Door::open("thu_cuoc", 5_000_000, &contracts).await;
    put_person(
        &door.shop,
        "lan",
        "Nguyễn Thị Lan",
        Role::Manager,
        CollectorWanted::default(),
    )
    .await;
    door.sign_in("luc").await;
    door.goto("/desk/contracts/C1").await;
    door.press_button("Thanh toán").await;
    waits_for(&door.page, "main[data-state='paid']").await;
    door.goto("/desk/cash").await;
    door.press_button("Nộp tiền").await;
    door.says("Chờ quản lý đếm").await;
    door.goto("/desk/manage").await;
    door.says("không có quyền").await;

    door.page.delete_all_cookies().await.expect("signed out");
    door.sign_in("lan").await;
    door.press("nav.tabs a[href='/desk/manage']").await;
    door.says("1 lần nộp chờ đếm, 264.000 đ").await;
    door.is_fine("manage").await;
    door.press(".warn a").await;
    door.fill("input[name=counted]", "260.000").await;
    door.press_button("Xác nhận đã nhận").await;
    door.says("Ghi lý do").await;
    door.is_fine("hand_ins").await;
    door.fill("input[name=reason]", "Thiếu tiền lẻ").await;
    door.press_button("Xác nhận đã nhận").await;
    door.says("Đã xác nhận số tiền nộp").await;
    door.goto("/desk/manage/book").await;
    door.says("Thiếu tiền lẻ").await;
    door.says("−4.000 đ").await;
    door.is_fine("book").await;
    door.goto("/desk/manage/collectors").await;
    door.fill("input[name=limit]", "7tr").await;
    door.press_button("Lưu hạn mức").await;
    door.says("Đã đổi hạn mức").await;
    door.is_fine("collectors").await;
    door.goto("/desk/manage/rules").await;
    door.says("Vui lòng chọn khoản thu PTC").await;
    door.is_fine("rules").await;
    // Settled elsewhere: with a reason, and named in the book.
    door.goto("/desk/manage/book").await;
    door.press("ul.list a").await;
    waits_for(&door.page, "[data-receipt]").await;
    door.press("details:has(#settle-item) summary").await;
    door.fill("#settle-reason", "Khách có giấy của cổng").await;
    door.press_button("Ghi là đã gạch nợ").await;
    door.says("Đã ghi là đã gạch nợ").await;
    door.goto("/desk/manage/book").await;
    door.says("Khách có giấy của cổng").await;
    imports_and_takes_back(&door).await;
    // The same on a screen on a desk.
    door.page.set_window_size(1280, 900).await.expect("size");
    for (path, name) in [("/desk/manage/book", "book_wide"), ("/desk", "today_wide")] {
        door.goto(path).await;
        waits_for(&door.page, "nav.tabs").await;
        door.is_fine(name).await;
    }
    door.end().await;
}

/// Contracts by a file: looked at, brought in, taken back.
async fn imports_and_takes_back(door: &Door) {
    door.goto("/desk/manage/import").await;
    door.is_fine("import").await;
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("hop dong.csv");
    let lines = "Số hợp đồng,Khách hàng,Số hóa đơn,Ngày phát hành,Số tiền\n\
                 F1,Lê Văn Tám,HD-1,01/10/2026,99.000\nF1,Lê Văn Tám,HD-2,01/11/2026,99.000\n,Không số,HD-3,01/11/2026,1.000\n";
    std::fs::write(&file, lines).expect("a file");
    let field = door
        .page
        .find(Locator::Css("input[type=file]"))
        .await
        .expect("a field");
    field
        .send_keys(&file.display().to_string())
        .await
        .expect("chosen");
    door.press("form[enctype] button").await;
    door.says("1 hợp đồng").await;
    door.says("thiếu số hợp đồng").await;
    door.is_fine("preview").await;
    let find = || async {
        door.shop
            .store()
            .desk()
            .find(1, "F1")
            .await
            .expect("read")
            .len()
    };
    assert_eq!(find().await, 0, "a preview changes nothing");
    door.press_button("Nhập 1 hợp đồng").await;
    door.says("2 hóa đơn và khoản thu mới").await;
    assert_eq!(find().await, 1);
    door.press_button("Hoàn tác lần nhập này").await;
    door.says("Lần nhập này đã hoàn tác").await;
    assert_eq!(find().await, 0);
    door.is_fine("undone").await;
}

/// A cookie of somebody who has signed in, without a browser.
async fn cookie_of(shop: &PayShop, who: &str) -> String {
    let form = [("username", who), ("password", PASSWORD), ("next", "/desk")];
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let answer = shop
        .http
        .post(format!("{}/admin/sign-in", shop.running.url()))
        .header("content-type", FORM)
        .body(form)
        .send()
        .await
        .expect("answered");
    assert_eq!(answer.headers()["location"], "/desk");
    let cookie = answer.headers()["set-cookie"].to_str().expect("text");
    cookie.split(';').next().unwrap_or_default().to_owned()
}

/// A shop with a collector, somebody who answers for it, and an operator, who has nothing to do at the desk.
async fn shop_with_people(base: &Base, contracts: &[Value]) -> PayShop {
    let shop = PayShop::open(base).await;
    let collector = CollectorWanted {
        kind: Some("thu_cuoc"),
        cash_limit: Some(5_000_000),
        extra: None,
    };
    put_person(&shop, "luc", "Trần Văn Lực", Role::Collector, collector).await;
    for (login, role) in [("lan", Role::Manager), ("hoa", Role::Operator)] {
        put_person(&shop, login, login, role, CollectorWanted::default()).await;
    }
    bring(&shop, contracts).await;
    shop
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_page_of_the_desk_has_its_door() {
    use gachno::server::web::route::Need;
    use reqwest::{Method, StatusCode};

    let base = Base::new(Which::Sqlite).expect("a database");
    let shop = shop_with_people(&base, &[]).await;
    let (luc, hoa) = (cookie_of(&shop, "luc").await, cookie_of(&shop, "hoa").await);
    let routes = gachno::server::desk::pages::routes();
    assert!(routes.len() > 30, "{}", routes.len());
    for route in routes {
        let path = route
            .path
            .replace("{number}", "NONE")
            .replace("{id}", "999999")
            .replace("{token}", "none");
        let ask = async |cookie: &str, from: &str| {
            let request = shop
                .http
                .request(
                    route.method.clone(),
                    format!("{}{path}", shop.running.url()),
                )
                .header("accept", "text/html")
                .header("sec-fetch-site", from)
                .header("cookie", cookie);
            let request = if route.method == Method::POST {
                request.header("content-type", FORM).body("items=1")
            } else {
                request
            };
            request.send().await.expect("answered")
        };
        let stranger = ask("", "same-origin").await;
        let operator = ask(&hoa, "same-origin").await;
        if route.need == Need::Nothing {
            assert!(
                stranger.status() == StatusCode::OK || path.starts_with("/receipts"),
                "{path}"
            );
            continue;
        }
        if route.method == Method::GET {
            let to = stranger.headers()["location"]
                .to_str()
                .expect("text")
                .to_owned();
            assert!(
                to.starts_with("/admin/sign-in?next=%2Fdesk"),
                "{path}: {to}"
            );
        } else {
            assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED, "{path}");
            let foreign = ask(&luc, "cross-site").await;
            assert_eq!(foreign.status(), StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(operator.status(), StatusCode::FORBIDDEN, "{path}");
        let collector = ask(&luc, "same-origin").await;
        let is_managers = path.starts_with("/desk/manage");
        assert_eq!(
            collector.status() == StatusCode::FORBIDDEN,
            is_managers,
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_page_is_light_the_first_time_and_lighter_after() {
    let base = Base::new(Which::Sqlite).expect("a database");
    let bills: Vec<Value> = (0..24)
        .map(|n| {
            bill(
                &format!("HD-{n:02}"),
                &format!("20{:02}-{:02}-01", 24 + n / 12, n % 12 + 1),
                264_000,
            )
        })
        .collect();
    let big = contract("BIG", "Khách Nhiều Hóa Đơn", &bills, &[]);
    let shop = shop_with_people(&base, &[big]).await;
    let luc = cookie_of(&shop, "luc").await;
    let weight = async |path: &str| {
        let plain = reqwest::Client::builder()
            .no_gzip()
            .build()
            .expect("a client");
        let answer = plain
            .get(format!("{}{path}", shop.running.url()))
            .header("accept-encoding", "gzip")
            .header("accept", "text/html")
            .header("cookie", &luc)
            .send()
            .await
            .expect("answered");
        assert!(answer.status().is_success(), "{path}");
        answer.bytes().await.expect("read").len()
    };
    let mut files = 0;
    for file in [
        "/desk/assets/desk.css",
        "/desk/assets/desk.js",
        "/desk/assets/icon.svg",
        "/desk/sw.js",
        "/desk/manifest.webmanifest",
    ] {
        files += weight(file).await;
    }
    for path in [
        "/desk",
        "/desk/search?q=big",
        "/desk/contracts/BIG",
        "/desk/cash",
        "/desk/day",
        "/desk/me",
    ] {
        let page = weight(path).await;
        assert!(page <= 15_000, "{path}: {page}");
        assert!(page + files <= 60_000, "{path}: {page} + {files}");
    }
}
