//! A collector's phone at a door: the desk's pages in a real browser, 360 × 740.
//!
//! Pictures of the pages go into the folder that `GACHNO_PICTURES` names, else into a temporary one.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use fantoccini::{Client, Locator};
use gachno::browser::{BrowserSettings, Session};
use gachno::domain::desk::IncomingContract;
use gachno::providers::Channel;
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
use crate::pay_page::{fits_a_phone, number, picture, waits_for};

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

fn contract(number: &str, name: &str, bills: Vec<Value>, receivables: Vec<Value>) -> Value {
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
        let folder = tempfile::tempdir().expect("folder");
        let pictures = std::env::var_os("GACHNO_PICTURES")
            .map_or_else(|| folder.path().join("pictures"), PathBuf::from);
        std::fs::create_dir_all(&pictures).expect("folder");
        let settings = BrowserSettings {
            headless: true,
            classic: true,
            run_folder: folder.path().join("run"),
            ..BrowserSettings::default()
        };
        let session = Session::open(&settings).await.expect("browser");
        let page = session.webdriver().expect("classic").clone();
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
        let path = format!("//main//button[normalize-space()='{words}']");
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
            let script = "return document.querySelector('main')?.innerText || ''";
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
            vec![
                bill("HD-2610", "2026-10-01", 264_000),
                bill("HD-2611", "2026-11-01", 264_000),
            ],
            vec![receivable("KT-88", 55_000, false)],
        ),
        contract(
            "HND777",
            "Lê Văn Tám",
            vec![bill("HD-1", "2026-10-01", 99_000)],
            vec![],
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
    waits_for(&door.page, "form[data-sum]").await;
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
