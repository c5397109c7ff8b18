//! What comes to the desk from elsewhere and over days: lists that say little, limits of a company's own
//! system, books that are read on another day, calls that are sent twice.

use gachno::domain::{Outcome, Service};
use gachno::providers::Channel;
use gachno::sandbox::{self, Sandbox};
use gachno::store::Actor;
use gachno::store::catalogue::Role;
use gachno::store::people::{CollectorWanted, PersonWanted, hash_password};
use gachno::store::settings::ShopRules;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::admin::{Answer, Browser, PASSWORD, told};
use crate::database::{Base, Which, on_both};
use crate::desk::{DeskShop, bill, free_contract};

const HOUR: i64 = 3_600_000;

/// A manager who has signed in.
pub async fn manager(desk: &DeskShop) -> Browser {
    let wanted = PersonWanted {
        username: "chi-hang",
        role: Role::Manager,
        name: None,
        email: None,
        phone: None,
        payee: None,
        collector: CollectorWanted::default(),
    };
    let hash = hash_password(&SecretString::from(PASSWORD)).unwrap();
    let (accounts, actor) = (desk.shop.store().accounts(), Actor::system());
    accounts
        .put(&wanted, Some(&hash), &hash, &actor)
        .await
        .unwrap();
    let mut browser = Browser::at(&desk.shop.running.url());
    browser.sign_in("chi-hang", PASSWORD).await;
    browser
}

/// Sends a file for its preview.
async fn preview(browser: &mut Browser, text: &str) -> Answer {
    const EDGE: &str = "----edge";
    let body = format!(
        "--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"thang-11.csv\"\r\n\r\n{text}\r\n--{EDGE}--\r\n"
    );
    let kind = format!("multipart/form-data; boundary={EDGE}");
    let request = browser.request(Method::POST, "/desk/manage/import/preview");
    browser
        .send(
            request
                .header("content-type", kind)
                .header("sec-fetch-site", "same-origin")
                .body(body),
        )
        .await
}

/// Sends on what a preview shows. Says where that leads.
async fn commit(browser: &mut Browser, page: &Answer) -> String {
    let rows = page
        .body
        .split("name=\"rows\" value=\"")
        .nth(1)
        .expect("rows");
    let rows = rows.split('"').next().unwrap();
    let rows = rows
        .replace("&#34;", "\"")
        .replace("&quot;", "\"")
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let form = [("filename", "thang-11.csv"), ("rows", rows.as_str())];
    let answer = browser.post("/desk/manage/import/commit", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer
        .header("location")
        .split('?')
        .next()
        .unwrap()
        .to_owned()
}

on_both! {
async fn a_list_with_few_columns_leaves_the_rest_and_can_be_taken_back_whole(base: &Base) {
    let desk = DeskShop::open(base).await;
    let lan = desk.collector("lan", 1_000_000).await;
    let mut old = free_contract("W1", &[bill("B1", 10, 11_000), bill("B0", 9, 5_000)]);
    old["bills"][0]["settle"] = json!({ "service": "gach_dien_evn", "code": "PE01000123456" });
    desk.bring(json!([old])).await;
    let read = async || desk.get(&lan, "/api/desk/contracts/W1?all=1").await.1;
    let before = read().await;
    let mut hang = manager(&desk).await;
    let list = "Số hợp đồng,Số hóa đơn,Số tiền,Ngày phát hành\nW1,B1,22.000,2026-10-28\nW1,B2,33.000,2026-11-05\nW9,C1,1.000,2026-11-05\n";
    let page = preview(&mut hang, list).await;
    page.says("1 hợp đồng mới").says("1 hợp đồng sẽ đổi");
    assert_eq!(read().await, before, "a preview changes nothing");
    let import = commit(&mut hang, &page).await;
    let after = read().await;
    for member in ["customer", "phone", "contract"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    let of = |view: &Value, number: &str| view["bills"].as_array().unwrap().iter().find(|b| b["number"] == number).cloned();
    let (mut b1, kept) = (of(&after, "B1").unwrap(), of(&before, "B1").unwrap());
    assert_eq!(b1["amount"], json!(22_000));
    b1["amount"] = kept["amount"].clone();
    for member in ["from", "to", "content", "issued", "amount"] {
        assert_eq!(b1[member], kept[member], "{member} of B1");
    }
    assert!(of(&after, "B2").is_some());
    assert_eq!(desk.items(&lan, "W1").await.len(), 3);
    let undo = hang.post(&format!("{import}/undo"), &[]).await;
    assert_eq!(undo.status, StatusCode::SEE_OTHER, "{}", undo.body);
    hang.get(&import).await.says("đã hoàn tác");
    assert_eq!(read().await, before, "as if the file had never come");
    assert_eq!(desk.get(&lan, "/api/desk/contracts/W9").await.0, StatusCode::NOT_FOUND);
}
}

on_both! {
async fn what_somebody_changed_since_stays_when_a_file_is_taken_back(base: &Base) {
    let desk = DeskShop::open(base).await;
    let lan = desk.collector("lan", 1_000_000).await;
    desk.bring(json!([free_contract("W1", &[bill("B1", 9, 11_000), bill("B2", 10, 12_000)])])).await;
    let mut hang = manager(&desk).await;
    let list = "Số hợp đồng,Số hóa đơn,Số tiền,Ngày phát hành\nW1,B1,21.000,2026-09-28\nW1,B2,22.000,2026-10-28\n";
    let page = preview(&mut hang, list).await;
    let import = commit(&mut hang, &page).await;
    let items = desk.items(&lan, "W1").await;
    let (status, paid) = desk.pay(&lan, "W1", &items[..1], "cash").await;
    assert_eq!((status, &paid["total"]), (StatusCode::CREATED, &json!(21_000)));
    hang.post(&format!("{import}/undo"), &[]).await;
    let (_, view) = desk.get(&lan, "/api/desk/contracts/W1?all=1").await;
    let amounts: Vec<_> = view["bills"].as_array().unwrap().iter().map(|b| (b["number"].clone(), b["amount"].clone())).collect();
    assert_eq!(amounts, [(json!("B1"), json!(21_000)), (json!("B2"), json!(12_000))], "what was paid stays as it was paid");
}
}

on_both! {
async fn a_program_that_says_less_changes_less(base: &Base) {
    let desk = DeskShop::open(base).await;
    let lan = desk.collector("lan", 1_000_000).await;
    desk.bring(json!([free_contract("W1", &[bill("B1", 9, 11_000)])])).await;
    let tally = desk.bring(json!([{ "number": "W1", "bills": [bill("B1", 9, 11_000)] }])).await;
    assert_eq!(tally["unchanged"], json!(1), "{tally}");
    let tally = desk.bring(json!([{ "number": "W1", "phones": [] }])).await;
    assert_eq!(tally["changed"], json!(1), "{tally}");
    let (_, view) = desk.get(&lan, "/api/desk/contracts/W1").await;
    assert_eq!(view["phone"], json!(""));
    let (_, found) = desk.get(&lan, "/api/desk/contracts?q=nguyen").await;
    assert_eq!(found["contracts"][0]["customer_name"], json!("Nguyễn Văn Ân"));
}
}

on_both! {
async fn each_days_cash_is_handed_in_or_held_whenever_it_is_looked_at(base: &Base) {
    let desk = DeskShop::open(base).await;
    let lan = desk.collector("lan", 1_000_000).await;
    desk.bring(json!([free_contract("HD1", &[bill("B1", 1, 500_000), bill("B2", 2, 200_000)])])).await;
    let items = desk.items(&lan, "HD1").await;
    desk.pay(&lan, "HD1", &items[..1], "cash").await;
    let first = desk.book().await["date"].as_str().unwrap().to_owned();
    // From three in the afternoon to seven in the morning.
    desk.shop.pass(16 * HOUR);
    let (status, _) = desk.pay(&lan, "HD1", &items[1..], "cash").await;
    assert_eq!(status, StatusCode::CREATED, "before ten o'clock");
    let today = desk.book().await;
    assert_eq!((&today["collected"]["cash"], &today["held"], &today["handed_in"]), (&json!(200_000), &json!(200_000), &json!(0)));
    // The oldest cash goes first, and a hundred thousand more is counted than was held.
    let (_, made) = desk.post(&lan, "/api/desk/hand-ins", json!({ "amount": 600_000, "note": "" })).await;
    let (status, _) = desk.manage(&format!("/api/desk/hand-ins/{}/confirm", made["id"]), json!({ "counted": 800_000, "reason": "dư" })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(desk.held(&lan).await, 0);
    let manager = desk.manager.expose_secret();
    let (_, yesterday) = desk.shop.call("GET", &format!("/api/desk/book?date={first}"), None, Some(manager)).await;
    assert_eq!((&yesterday["collected"]["cash"], &yesterday["handed_in"], &yesterday["held"]), (&json!(500_000), &json!(500_000), &json!(0)), "{yesterday}");
    let today = desk.book().await;
    assert_eq!((&today["handed_in"], &today["held"], &today["counted"]), (&json!(200_000), &json!(0), &json!(800_000)));
    let named: Vec<_> = today["differences"].as_array().unwrap().iter().map(|d| d["amount"].clone()).collect();
    assert_eq!(named, [json!(200_000)], "{today}");
}
}

on_both! {
async fn a_book_that_was_read_in_the_evening_says_what_was_cancelled_since(base: &Base) {
    let desk = DeskShop::open(base).await;
    let lan = desk.collector("lan", 1_000_000).await;
    desk.bring(json!([free_contract("HD1", &[bill("B1", 1, 500_000), bill("B2", 2, 200_000)])])).await;
    let items = desk.items(&lan, "HD1").await;
    let (_, wrong) = desk.pay(&lan, "HD1", &items[..1], "cash").await;
    let (_, also_wrong) = desk.pay(&lan, "HD1", &items[1..], "cash").await;
    let cancel = async |receipt: &Value| {
        let number = receipt["receipt"]["number"].as_str().unwrap();
        let path = format!("/api/desk/receipts/{number}/cancel");
        assert_eq!(desk.manage(&path, json!({ "reason": "nhầm khách" })).await.0, StatusCode::OK);
    };
    cancel(&also_wrong).await;
    let evening = desk.book().await;
    assert_eq!((&evening["collected"]["cash"], &evening["differences"]), (&json!(500_000), &json!([])), "cancelled the same day: nobody has read it yet");
    desk.shop.pass(16 * HOUR);
    cancel(&wrong).await;
    let path = format!("/api/desk/book?date={}", evening["date"].as_str().unwrap());
    let (_, morning) = desk.shop.call("GET", &path, None, Some(desk.manager.expose_secret())).await;
    assert_eq!((&morning["collected"]["cash"], &morning["held"]), (&json!(0), &json!(0)));
    let named = morning["differences"].as_array().unwrap();
    assert_eq!(named.len(), 1, "{morning}");
    assert_eq!((&named[0]["amount"], &named[0]["reason"]), (&json!(-500_000), &json!("nhầm khách")));
    assert!(named[0]["what"].as_str().unwrap().contains(wrong["receipt"]["number"].as_str().unwrap()), "{morning}");
    assert_eq!(desk.book().await["differences"], json!([]), "today has nothing to do with it");
}
}

on_both! {
async fn whatever_the_portal_did_not_take_is_named_at_once(base: &Base) {
    let desk = DeskShop::open(base).await;
    let lan = desk.collector("lan", 1_000_000).await;
    let store = desk.shop.store();
    let outcomes = [Outcome::Failed, Outcome::NotSent, Outcome::Rejected, Outcome::NotFound];
    for (at, outcome) in outcomes.into_iter().enumerate() {
        let mut settled = bill("B1", 1, 10_000);
        settled["settle"] = json!({ "service": "gach_dien_evn", "code": format!("PE0100012345{at}") });
        let contract = format!("HD{at}");
        desk.bring(json!([free_contract(&contract, &[settled])])).await;
        let items = desk.items(&lan, &contract).await;
        desk.pay(&lan, &contract, &items, "cash").await;
        let board = store.jobs().lease(1, Service::PayEvn, 10, 60_000).await.unwrap();
        let job = board.jobs.iter().find(|job| job.code.ends_with(&format!("5{at}"))).expect("the item's job");
        assert_eq!(job.expected_amount, Some(10_000));
        let report = told(&job.id, job.fence, outcome);
        store.jobs().report(1, &[report], &ShopRules::default()).await.unwrap();
        let book = desk.book().await;
        let reasons: Vec<_> = book["differences"].as_array().unwrap().iter().map(|d| d["reason"].as_str().unwrap().to_owned()).collect();
        assert!(reasons.contains(&outcome.wire().to_owned()), "{outcome}: {book}");
    }
}
}

on_both! {
async fn a_call_that_is_sent_twice_with_its_key_is_done_once(base: &Base) {
    let desk = DeskShop::open(base).await;
    let lan = desk.collector("lan", 1_000_000).await;
    desk.bring(json!([free_contract("HD1", &[bill("B1", 1, 10_000)]), free_contract("HD2", &[bill("B1", 1, 10_000)])])).await;
    let call = async |token: &SecretString, path: &str, key: &str, body: Value| {
        desk.shop.call_with("POST", path, Some(body), Some(token.expose_secret()), &[("idempotency-key", key)]).await
    };
    let visit = json!({ "contract": "HD1", "reason": "Khách vắng nhà" });
    let first = call(&lan.token, "/api/desk/visits", "v1", visit.clone()).await;
    assert_eq!(first.0, StatusCode::CREATED);
    assert_eq!(call(&lan.token, "/api/desk/visits", "v1", visit).await, first);
    let other = call(&lan.token, "/api/desk/visits", "v1", json!({ "contract": "HD2", "reason": "x" })).await;
    assert_eq!(other.0, StatusCode::CONFLICT, "{}", other.1);
    let (_, day) = desk.get(&lan, "/api/desk/day").await;
    assert_eq!(day["visits"].as_array().unwrap().len(), 1);
    let mut numbers = Vec::new();
    for contract in ["HD1", "HD2"] {
        let items = desk.items(&lan, contract).await;
        let (_, paid) = desk.pay(&lan, contract, &items, "cash").await;
        numbers.push(paid["receipt"]["number"].as_str().unwrap().to_owned());
    }
    let path = |at: usize| format!("/api/desk/receipts/{}/cancel", numbers[at]);
    let why = json!({ "reason": "nhầm khách" });
    let first = call(&desk.manager, &path(0), "c1", why.clone()).await;
    assert_eq!(first.0, StatusCode::OK, "{}", first.1);
    assert_eq!(call(&desk.manager, &path(0), "c1", why.clone()).await, first, "the same answer");
    assert_eq!(call(&desk.manager, &path(1), "c1", why.clone()).await.0, StatusCode::CONFLICT, "the key is another receipt's");
    assert_eq!(call(&desk.manager, &path(0), "c2", why).await.0, StatusCode::CONFLICT, "cancelled already");
    assert_eq!(desk.held(&lan).await, 10_000);
}
}

/// A shop whose company has its own system.
async fn of_a_company(base: &Base) -> (Sandbox, DeskShop) {
    let (sandbox, desk) = DeskShop::live(base).await;
    let settings = sandbox.gateway().settings()["backoffice"].clone();
    desk.shop.provider(1, Channel::BackOffice, settings).await;
    (sandbox, desk)
}

on_both! {
async fn limits_of_a_companys_own_system_hold_here_and_are_set_there(base: &Base) {
    let (sandbox, desk) = of_a_company(base).await;
    let lan = desk.collector("lan", 1_000_000).await;
    desk.bring(json!([free_contract("HD1", &[bill("B1", 1, 200_000)])])).await;
    let mut hang = manager(&desk).await;
    let page = hang.get("/desk/manage/collectors").await;
    let id = page.body.split("/desk/manage/collectors/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let path = format!("/desk/manage/collectors/{id}");
    let form = [("kind", "thu_cuoc"), ("limit", "123000"), ("extra", ""), ("until", "")];
    let answer = hang.post(&path, &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(sandbox.gateway().truth().limits["lan"].limit, 123_000, "told there");
    let of = page.body.split("name=\"as_of\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let old = hang.post(&path, &[("as_of", of.as_str()), ("kind", "thu_cuoc"), ("limit", "999000"), ("extra", ""), ("until", "")]).await;
    assert_eq!(old.status, StatusCode::CONFLICT, "a page from before takes nothing back");
    assert_eq!(sandbox.gateway().truth().limits["lan"].limit, 123_000);
    // Changed there: it holds here as soon as somebody looks.
    let office = gachno::providers::Settings::read(Channel::BackOffice, &sandbox.gateway().settings()["backoffice"].to_string()).unwrap();
    let office = gachno::providers::backoffice::BackOffice::new(&office).unwrap();
    let limit = gachno::providers::backoffice::CashLimit { limit: 150_000, extra: 0, extra_until: None };
    office.set_limit("lan", &limit).await.unwrap();
    let (_, cash) = desk.get(&lan, "/api/desk/cash").await;
    assert_eq!(cash["limit"], json!(150_000), "{cash}");
    let (_, view) = desk.get(&lan, "/api/desk/contracts/HD1").await;
    assert_eq!(view["cash"]["limit"], json!(150_000));
    let items = desk.items(&lan, "HD1").await;
    let (status, refused) = desk.pay(&lan, "HD1", &items, "cash").await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("over_limit")));
    // It is gone: ours holds, and nothing is set that it does not know.
    sandbox.gateway().update(|scenario| {
        let action = sandbox::GatewayFaultAction::Http { status: 502, done: false, retry_after_s: None };
        scenario.faults.push(sandbox::GatewayFault { at: "backoffice".to_owned(), order_code: None, after: 0, times: 0, action });
    });
    let answer = hang.post(&path, &[("kind", "thu_cuoc"), ("limit", "900000"), ("extra", ""), ("until", "")]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
    let (_, cash) = desk.get(&lan, "/api/desk/cash").await;
    assert_eq!(cash["limit"], json!(150_000));
}
}
