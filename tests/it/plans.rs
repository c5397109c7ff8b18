//! How the database goes about what the program asks it: no large table is read whole, whoever looks at
//! whichever page. The statements are those that a running server sent, with their values.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use gachno::domain::desk::{IncomingContract, IncomingItem, IncomingPhone};
use gachno::store::Actor;
use gachno::store::catalogue::Role;
use gachno::store::people::{CollectorWanted, PersonWanted, hash_password};
use gachno::store::plan::{PlanStep, StatementPlan, Watch};
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::admin::{Browser, PASSWORD};
use crate::database::{Base, Which, on_both};
use crate::desk::DeskShop;
use crate::pay::PayShop;

/// Tables that grow with each customer and each payment.
const LARGE: [&str; 18] = [
    "attempts",
    "audit",
    "booking",
    "cash_day",
    "contract",
    "contract_item",
    "contract_word",
    "desk_notice",
    "desk_payment",
    "desk_payment_item",
    "jobs",
    "letter",
    "letter_try",
    "payment",
    "payment_event",
    "payment_request",
    "payment_transfer",
    "visit",
];
/// From so many rows on MariaDB had better have used an index. It rightly reads a smaller table whole.
const MANY_ROWS: i64 = 1_000;
const CONTRACTS: usize = 2_500;
/// Questions that are about every row, and what they are about.
const KNOWN: [&str; 5] = [
    // The books as they stand at this moment.
    "(SELECT CAST(COALESCE(SUM(credited), 0)",
    // Letters in the middle of a word: of the index that holds the search texts and nothing else.
    "INSTR(search_text, ?) > 0",
    "INSTR(CAST(search_text AS BINARY), ?) > 0",
    // The gauges of the jobs, asked once in a while by one server; of an index as well.
    "SELECT service, state, COUNT(*) FROM jobs GROUP BY state, service",
    // The first page's today beside yesterday.
    "SELECT service, state, outcome, COUNT(*)",
];
/// Pages of one kind that a person opens.
const OF_A_KIND: usize = 2;

fn contract(at: usize) -> IncomingContract {
    let bill = |n: usize| IncomingItem {
        number: format!("{at}-{n}"),
        from: Some("2026-10-01".to_owned()),
        to: Some("2026-10-31".to_owned()),
        issued: Some("2026-11-01".to_owned()),
        amount: 10_000,
        content: "Cước Internet".to_owned(),
        ..IncomingItem::default()
    };
    IncomingContract {
        number: format!("SGH{at:06}"),
        customer_name: format!("Nguyễn Văn {at}"),
        address: format!("{at} Lê Lợi, Cần Thơ"),
        kind: "binh_thuong".to_owned(),
        phones: vec![IncomingPhone {
            number: format!("09{at:08}"),
            main: true,
            hifpt: false,
        }],
        bills: (0..3).map(bill).collect(),
        ..IncomingContract::default()
    }
}

/// A shop that has worked for years: many contracts, many payments.
async fn old_shop(base: &Base, watch: &Watch) -> DeskShop {
    let desk = DeskShop::of(PayShop::watched(base, watch).await).await;
    let store = desk.shop.store();
    let contracts: Vec<IncomingContract> = (0..CONTRACTS).map(contract).collect();
    store.desk().add_samples(1, &contracts).await.unwrap();
    // Of last year: a question about some days is not one about all of them.
    let last_year = store.now_ms() - 300 * 86_400_000;
    let then = store
        .clone()
        .with_clock(Arc::new(AtomicI64::new(last_year)));
    then.money_books().add_samples(2_500, None).await.unwrap();
    let books = store.money_books();
    let later = store.now_ms() + 86_400_000;
    books.add_samples(300, Some(later)).await.unwrap();
    desk
}

/// Somebody who has signed in.
async fn person(shop: &PayShop, username: &str, role: Role) -> Browser {
    let wanted = PersonWanted {
        username,
        role,
        name: None,
        email: None,
        phone: None,
        payee: None,
        collector: CollectorWanted {
            kind: (role == Role::Collector).then_some("thu_cuoc"),
            cash_limit: (role == Role::Collector).then_some(5_000_000),
            extra: None,
        },
    };
    let hash = hash_password(&SecretString::from(PASSWORD)).unwrap();
    let accounts = shop.store().accounts();
    let actor = Actor::system();
    accounts
        .put(&wanted, Some(&hash), &hash, &actor)
        .await
        .unwrap();
    let mut browser = Browser::at(&shop.running.url());
    let answer = browser.sign_in(username, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    browser
}

/// Of which kind a page is: its address without the numbers in it and what is asked of it.
fn kind(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let is_number = |part: &str| part.bytes().any(|b| b.is_ascii_digit());
    let parts = path
        .split('/')
        .map(|part| if is_number(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Opens a page and all that it leads to, some of each kind. Says how many.
async fn walk(browser: &mut Browser, first: &[&str]) -> usize {
    let mut seen = BTreeSet::new();
    let mut of_kind: BTreeMap<String, usize> = BTreeMap::new();
    let mut next: VecDeque<String> = first.iter().map(|path| (*path).to_owned()).collect();
    while let Some(path) = next.pop_front() {
        let times = of_kind.entry(kind(&path)).or_default();
        if *times == OF_A_KIND && !first.contains(&path.as_str()) || !seen.insert(path.clone()) {
            continue;
        }
        *times += 1;
        let page = browser.get(&path).await;
        assert!(
            page.status.as_u16() < 500,
            "{path}: {} {}",
            page.status,
            page.body
        );
        for link in page.body.split("href=\"").skip(1) {
            let link = link.split('"').next().unwrap_or_default();
            let link = link.replace("&#38;", "&").replace("&amp;", "&");
            if link.starts_with("/admin") || link.starts_with("/desk") || link.starts_with("/pay") {
                next.push_back(link);
            }
        }
    }
    seen.len()
}

/// A morning of a collector, over the wire.
async fn collect(desk: &DeskShop) {
    let hand = desk.collector("thu", 10_000_000).await;
    let visit =
        json!({ "contract": "SGH000007", "reason": "Khách vắng nhà", "again_on": "2026-11-01" });
    for asked in ["SGH000123", "0900000017", "Nguyễn Văn 2400", "GH00012"] {
        let query: String = url::form_urlencoded::byte_serialize(asked.as_bytes()).collect();
        let (status, found) = desk
            .get(&hand, &format!("/api/desk/contracts?q={query}"))
            .await;
        assert_eq!(status, StatusCode::OK, "{found}");
        assert!(
            !found["contracts"].as_array().unwrap().is_empty(),
            "{asked}"
        );
    }
    let mut receipts = Vec::new();
    for at in 10..14 {
        let number = format!("SGH{at:06}");
        let (_, view) = desk
            .get(&hand, &format!("/api/desk/contracts/{number}"))
            .await;
        let item = view["bills"][0]["id"].clone();
        let wish = json!({ "contract": number, "items": [item], "method": "cash" });
        let (status, made) = desk.post(&hand, "/api/desk/payments", wish).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        desk.get(&hand, &format!("/api/desk/payments/{}", made["id"]))
            .await;
        receipts.push(made["receipt"].clone());
    }
    let (status, _) = desk.post(&hand, "/api/desk/visits", visit).await;
    assert_eq!(status, StatusCode::CREATED);
    let url = receipts[0]["url"].as_str().unwrap().to_owned();
    let path = url.split_once("//").unwrap().1.split_once('/').unwrap().1;
    desk.shop.call("GET", &format!("/{path}"), None, None).await;
    let number = receipts[3]["number"].as_str().unwrap();
    let back = json!({ "reason": "Nhầm khách" });
    let (status, answer) = desk
        .manage(&format!("/api/desk/receipts/{number}/cancel"), back)
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (status, hand_in) = desk
        .post(&hand, "/api/desk/hand-ins", json!({ "amount": 20_000 }))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{hand_in}");
    let path = format!(
        "/api/desk/hand-ins/{}/confirm",
        hand_in["id"].as_str().unwrap_or_default()
    );
    let path = path.replace("//confirm", &format!("/{}/confirm", hand_in["id"]));
    let (status, answer) = desk.manage(&path, json!({ "counted": 20_000 })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    for path in ["/api/desk/cash", "/api/desk/day"] {
        desk.get(&hand, path).await;
    }
    desk.book().await;
}

/// A customer pays, and a program of the shop's looks.
async fn pay(shop: &PayShop) {
    let payment = shop.transfer_payment(250_000).await;
    let money = json!({ "reference": "FT900", "amount": 250_000 });
    let (status, answer) = shop
        .post(&format!("/api/payments/{payment}/transfers"), money)
        .await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    for path in [
        "/api/payments",
        "/api/payments?state=paid",
        "/api/payments?state=pending&provider=payos",
        "/api/payments?provider=vietqr",
        "/api/payments?order_code=1200",
        "/api/payments?from=2026-01-01T00:00:00Z&to=2030-01-01T00:00:00Z",
        "/api/payments/1200",
        "/api/payments/unmatched",
        "/api/payments/books",
        "/api/notifications/check",
        "/health/payment",
        "/metrics",
    ] {
        let token = shop.token.expose_secret();
        let (status, answer) = shop.call("GET", path, None, Some(token)).await;
        assert!(status.as_u16() < 500, "{path}: {status} {answer}");
    }
}

/// Is a table read whole for which there is no good reason?
fn is_bad(plan: &StatementPlan, step: &PlanStep) -> bool {
    let is_large = LARGE.contains(&step.table.as_str());
    let is_much = step.rows.is_none_or(|rows| rows >= MANY_ROWS);
    // A page of all rows in the order in which they lie, or a count that ends early.
    let sql = plan
        .sql
        .replace(" WHERE 1 = 1 ", " ")
        .replace(" WHERE deleted_at IS NULL ", " ");
    let has_end = sql.contains(" LIMIT ") && !sql.contains(" WHERE ");
    let is_known = KNOWN.iter().any(|known| sql.contains(known));
    step.is_whole && is_large && is_much && !has_end && !is_known
}

on_both! {
async fn no_large_table_is_read_whole_whatever_page_is_opened(base: &Base) {
    let watch = Watch::default();
    let desk = old_shop(base, &watch).await;
    if desk.shop.store().engine() == gachno::store::Engine::MariaDb {
        base.load(&format!("ANALYZE TABLE {}", LARGE.join(", ")));
    }
    collect(&desk).await;
    pay(&desk.shop).await;
    let mut owner = person(&desk.shop, "chủ", Role::Owner).await;
    let admin = ["/admin", "/admin/t/payment?q=mau", "/admin/t/audit", "/admin/t/contract?q=nguyen", "/desk"];
    let pages = walk(&mut owner, &admin).await;
    let mut collector = person(&desk.shop, "thu2", Role::Collector).await;
    let doors = walk(&mut collector, &["/desk", "/desk/contracts/SGH000020", "/desk?q=nguyen"]).await;
    let plans = watch.plans(desk.shop.store()).await.unwrap();
    let mut bad = Vec::new();
    for plan in &plans {
        for step in plan.steps.iter().filter(|step| is_bad(plan, step)) {
            bad.push(format!("{} by {:?} ({:?} rows): {}", step.table, step.index, step.rows, plan.sql));
        }
    }
    assert!(pages > 60 && doors > 6 && plans.len() > 150, "{pages} and {doors} pages, {} statements", plans.len());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
}
