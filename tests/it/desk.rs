//! A collector at a door: stories over HTTP, the same on SQLite and on MariaDB.

use std::time::{Duration, Instant};

use gachno::providers::Channel;
use gachno::sandbox::{self, GatewayFaultAction as Fault, Incoming, Sandbox};
use gachno::store::Actor;
use gachno::store::catalogue::Role;
use gachno::store::machines::Scope;
use gachno::store::people::{CollectorWanted, PersonWanted};
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::database::{Base, Which, on_both};
use crate::pay::PayShop;

/// A server with people at the desk.
pub struct DeskShop {
    pub shop: PayShop,
    pub manager: SecretString,
    pub program: SecretString,
}

/// Somebody with a token of the desk.
pub struct DeskHand {
    pub token: SecretString,
}

impl DeskShop {
    /// On a clock of the test's own, 08:00 in Viet Nam.
    pub async fn open(base: &Base) -> Self {
        Self::of(PayShop::open(base).await).await
    }

    /// On the machine's clock, with every provider and carrier of a sandbox.
    pub async fn live(base: &Base) -> (Sandbox, Self) {
        gachno::init_tls();
        let options = sandbox::SandboxOptions::default();
        let sandbox = sandbox::start(options).await.unwrap();
        let shop = PayShop::live(base, &sandbox).await;
        let settings = sandbox.gateway().settings();
        for channel in [Channel::Sms, Channel::Zns, Channel::HiFpt] {
            let mut members = settings[channel.wire()].clone();
            if channel == Channel::Zns {
                members["templates"] = json!({ "receipt": "T1" });
            }
            shop.provider(1, channel, members).await;
        }
        (sandbox, Self::of(shop).await)
    }

    pub async fn of(shop: PayShop) -> Self {
        let machines = shop.store().machines();
        let scopes = [Scope::CollectionWrite];
        let program = machines
            .add("chương trình", &scopes, None, &Actor::system())
            .await;
        let program = program.unwrap().token;
        let mut desk = Self {
            manager: program.clone(),
            program,
            shop,
        };
        desk.manager = desk.hand("quanly", Role::Manager, None).await.token;
        desk
    }

    /// Somebody at the desk: a collector of this kind with so much cash to hold.
    pub async fn hand(&self, name: &str, role: Role, cash: Option<(&str, i64)>) -> DeskHand {
        let wanted = PersonWanted {
            username: name,
            role,
            name: None,
            email: None,
            phone: None,
            payee: None,
            collector: CollectorWanted {
                kind: cash.map(|(kind, _)| kind),
                cash_limit: cash.map(|(_, limit)| limit),
                extra: None,
            },
        };
        let actor = Actor::system();
        let accounts = self.shop.store().accounts();
        let person = accounts
            .put(&wanted, None, "unknown", &actor)
            .await
            .unwrap();
        let machines = self.shop.store().machines();
        let made = machines
            .add_for(name, &[Scope::Desk], None, Some(person.id), &actor)
            .await;
        DeskHand {
            token: made.unwrap().token,
        }
    }

    pub async fn collector(&self, name: &str, limit: i64) -> DeskHand {
        self.hand(name, Role::Collector, Some(("thu_cuoc", limit)))
            .await
    }

    pub async fn bring(&self, contracts: Value) -> Value {
        let token = self.program.expose_secret();
        let (status, tally) = self
            .shop
            .call("POST", "/api/contracts", Some(contracts), Some(token))
            .await;
        assert_eq!(status, StatusCode::OK, "{tally}");
        tally
    }

    pub async fn get(&self, hand: &DeskHand, path: &str) -> (StatusCode, Value) {
        self.shop
            .call("GET", path, None, Some(hand.token.expose_secret()))
            .await
    }

    pub async fn post(&self, hand: &DeskHand, path: &str, body: Value) -> (StatusCode, Value) {
        self.shop
            .call("POST", path, Some(body), Some(hand.token.expose_secret()))
            .await
    }

    pub async fn manage(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.shop
            .call("POST", path, Some(body), Some(self.manager.expose_secret()))
            .await
    }

    pub async fn book(&self) -> Value {
        let (status, book) = self
            .shop
            .call(
                "GET",
                "/api/desk/book",
                None,
                Some(self.manager.expose_secret()),
            )
            .await;
        assert_eq!(status, StatusCode::OK, "{book}");
        let of = |name: &str| book[name].as_i64().unwrap();
        assert_eq!(
            book["collected"]["cash"].as_i64().unwrap(),
            of("handed_in") + of("held"),
            "{book}"
        );
        book
    }

    /// The numbers of what can be taken of a contract, bills first.
    pub async fn items(&self, hand: &DeskHand, contract: &str) -> Vec<String> {
        let (status, view) = self
            .get(hand, &format!("/api/desk/contracts/{contract}"))
            .await;
        assert_eq!(status, StatusCode::OK, "{view}");
        let all = [&view["bills"], &view["receivables"]];
        all.iter()
            .flat_map(|items| items.as_array().unwrap())
            .filter(|item| item["state"] == "open")
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    }

    pub async fn pay(
        &self,
        hand: &DeskHand,
        contract: &str,
        items: &[String],
        method: &str,
    ) -> (StatusCode, Value) {
        let body = json!({ "contract": contract, "items": items, "method": method });
        self.post(hand, "/api/desk/payments", body).await
    }

    pub async fn held(&self, hand: &DeskHand) -> i64 {
        let (_, cash) = self.get(hand, "/api/desk/cash").await;
        cash["held"].as_i64().unwrap()
    }
}

pub fn bill(number: &str, month: u32, amount: i64) -> Value {
    json!({
        "number": number, "from": format!("2026-{month:02}-01"), "to": format!("2026-{month:02}-28"),
        "issued": format!("2026-{month:02}-28"), "amount": amount, "content": "Cước Internet",
    })
}

/// Another contract with work: nothing is forced for a fee collector.
pub fn free_contract(number: &str, bills: &[Value]) -> Value {
    json!({
        "number": number, "customer_name": "Nguyễn Văn Ân", "address": "12 Lê Lợi, Cần Thơ", "type": "khac",
        "phones": [{ "number": "0901234567", "main": true, "hifpt": false }],
        "service_requests": [{ "kind": "KPDV", "state": "dang_xu_ly" }], "bills": bills, "receivables": [],
    })
}

on_both! {
async fn contracts_come_in_as_often_as_somebody_likes(base: &Base) {
    let desk = DeskShop::open(base).await;
    let lan = desk.collector("lan", 1_000_000).await;
    let contract = |amount| json!([free_contract("HD1", &[bill("B1", 1, amount), bill("B2", 2, 20_000)])]);
    assert_eq!(desk.bring(contract(10_000)).await, json!({ "added": 1, "changed": 0, "unchanged": 0, "refused": [] }));
    assert_eq!(desk.bring(contract(10_000)).await["unchanged"], json!(1));
    assert_eq!(desk.bring(contract(11_000)).await["changed"], json!(1));
    let items = desk.items(&lan, "HD1").await;
    assert_eq!(desk.pay(&lan, "HD1", &items[..1], "cash").await.0, StatusCode::CREATED);
    // What is paid stays as it is, and what is absent stays.
    let tally = desk.bring(contract(12_000)).await;
    assert_eq!(tally["refused"][0]["index"], json!(0), "{tally}");
    assert!(tally["refused"][0]["why"].as_str().unwrap().contains("B1"));
    assert_eq!(desk.bring(json!([free_contract("HD1", &[])])).await["unchanged"], json!(1));
    assert_eq!(desk.items(&lan, "HD1").await.len(), 1);
    let mut odd = free_contract("HD2", &[bill("B1", 1, 1_000)]);
    odd["bills"][0]["settle"] = json!({ "service": "boi_toan", "code": "X1" });
    let tally = desk.bring(json!([free_contract("HD3", &[]), odd, { "number": 5 }])).await;
    assert_eq!((&tally["added"], tally["refused"].as_array().unwrap().len()), (&json!(1), 2), "{tally}");
    let many: Vec<Value> = (0..1_001).map(|n| free_contract(&format!("M{n}"), &[])).collect();
    let token = desk.program.expose_secret();
    let (status, _) = desk.shop.call("POST", "/api/contracts", Some(json!(many)), Some(token)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = desk.shop.call("POST", "/api/contracts", Some(json!([])), Some(lan.token.expose_secret())).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    // Found by number, phone and name, without accents and in any order.
    for asked in ["HD1", "hd1", "0901234567", "nguyen", "an nguyen", "Nguy%E1%BB%85n V%C4%83n", "3456"] {
        let (_, found) = desk.get(&lan, &format!("/api/desk/contracts?q={asked}")).await;
        let found = found["contracts"].as_array().unwrap();
        assert!(found.iter().any(|c| c["number"] == "HD1" && c["total"] == 20_000), "{asked}: {found:?}");
    }
    let (_, found) = desk.get(&lan, "/api/desk/contracts?q=khongco").await;
    assert_eq!(found, json!({ "contracts": [] }));
}
}

on_both! {
async fn cash_is_receipted_at_once_and_taken_once(base: &Base) {
    let desk = DeskShop::open(base).await;
    let (lan, hoa) = (desk.collector("lan", 100_000).await, desk.collector("hoa", 100_000).await);
    let mut hidden = free_contract("HD1", &[bill("B1", 1, 30_000), bill("B2", 2, 40_000)]);
    hidden["receivables"] = json!([
        { "number": "K1", "content": "Thiết bị", "amount": 5_000, "source": "ctt", "paid_type": 1, "ptc": false },
        { "number": "K2", "content": "Trả trước", "amount": 6_000, "source": "ctt", "paid_type": 2, "ptc": false },
        { "number": "K3", "content": "Chợ", "amount": 7_000, "source": "shopee", "paid_type": 1, "ptc": false },
    ]);
    desk.bring(json!([hidden, free_contract("HD2", &[bill("C1", 1, 1_000)])])).await;
    let (status, view) = desk.get(&lan, "/api/desk/contracts/HD1").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((view["bills"].as_array().unwrap().len(), view["receivables"].as_array().unwrap().len()), (2, 1), "{view}");
    assert_eq!(view["cash"], json!({ "limit": 100_000, "extra": 0, "held": 0, "remaining": 100_000 }));
    assert_eq!((&view["phone"], &view["blocked"], &view["wallet"]["linked"]), (&json!("0901234567"), &Value::Null, &json!(false)));
    let (_, view) = desk.get(&lan, "/api/desk/contracts/HD1?notify=hifpt").await;
    assert_eq!(view["phone"], json!(""));
    let items = desk.items(&lan, "HD1").await;
    let (_, said) = desk.post(&lan, "/api/desk/check", json!({ "contract": "HD1", "items": [items[1]] })).await;
    assert_eq!(said, json!({ "ok": false, "code": "oldest_first", "message": "Vui lòng thanh toán hóa đơn xa nhất", "total": 40_000 }));
    let (_, said) = desk.post(&lan, "/api/desk/check", json!({ "contract": "HD1", "items": items })).await;
    assert_eq!(said, json!({ "ok": true, "total": 75_000 }));
    let (status, refused) = desk.pay(&lan, "HD1", &items[1..2], "cash").await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("oldest_first")));
    let foreign = desk.items(&lan, "HD2").await;
    for wrong in [json!([foreign[0]]), json!(["abc"]), json!(["999999"])] {
        let body = json!({ "contract": "HD1", "items": wrong, "method": "cash" });
        let (status, refused) = desk.post(&lan, "/api/desk/payments", body).await;
        assert_eq!((status, &refused["code"]), (StatusCode::NOT_FOUND, &json!("not_found")), "{refused}");
    }
    // Pressed twice, with the same key: one payment.
    let body = json!({ "contract": "HD1", "items": items[..1], "method": "cash", "notify": { "hifpt": false, "sms": false, "zns": false, "phone": "0901234567" } });
    let call = async |body: &Value, key: &str| {
        let token = Some(lan.token.expose_secret());
        desk.shop.call_with("POST", "/api/desk/payments", Some(body.clone()), token, &[("idempotency-key", key)]).await
    };
    let (status, first) = call(&body, "k1").await;
    assert_eq!((status, &first["state"], &first["total"]), (StatusCode::CREATED, &json!("paid"), &json!(30_000)), "{first}");
    assert_eq!(first["message"], json!("Thanh toán thành công"));
    let (status, again) = call(&body, "k1").await;
    assert_eq!((status, &again["id"]), (StatusCode::CREATED, &first["id"]));
    let other = json!({ "contract": "HD1", "items": items[1..2], "method": "cash" });
    assert_eq!(call(&other, "k1").await.0, StatusCode::CONFLICT);
    let (status, refused) = desk.pay(&hoa, "HD1", &items[..1], "cash").await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("item_taken")));
    assert_eq!(desk.held(&lan).await, 30_000);
    // Its receipt is public, and says nothing about anybody.
    let receipt = &first["receipt"];
    let number = receipt["number"].as_str().unwrap();
    assert!(number.starts_with("PT2027") && number.ends_with("-0001"), "{number}");
    let path = receipt["url"].as_str().unwrap().split_once("/receipts/").unwrap().1.to_owned();
    let (status, public) = desk.shop.call("GET", &format!("/receipts/{path}"), None, None).await;
    assert_eq!((status, &public["genuine"], &public["number"], &public["total"]), (StatusCode::OK, &json!(true), &json!(number), &json!(30_000)));
    assert!(public["at"].is_string() && !public.to_string().contains("Nguy"));
    assert_eq!(desk.shop.call("GET", "/receipts/khongco", None, None).await.0, StatusCode::NOT_FOUND);
    let pdf = desk.shop.http.get(format!("{}/receipts/{path}/pdf", desk.shop.running.url())).send().await.unwrap();
    assert_eq!(pdf.status(), StatusCode::OK);
    assert!(pdf.bytes().await.unwrap().starts_with(b"%PDF-"));
    // Somebody else's payment is not there; who answers for the shop sees it.
    let path = format!("/api/desk/payments/{}", first["id"]);
    assert_eq!(desk.get(&hoa, &path).await.0, StatusCode::NOT_FOUND);
    let (status, seen) = desk.get(&lan, &path).await;
    assert_eq!((status, &seen["items"][0]["state"]), (StatusCode::OK, &json!("paid")));
    // The limit ends at the last đồng.
    let rest = desk.items(&lan, "HD1").await;
    desk.bring(json!([free_contract("HD3", &[bill("D1", 1, 70_001)])])).await;
    let large = desk.items(&lan, "HD3").await;
    let (status, refused) = desk.pay(&lan, "HD3", &large, "cash").await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("over_limit")));
    let (status, second) = desk.pay(&lan, "HD1", &rest, "cash").await;
    assert_eq!((status, second["receipt"]["number"].as_str().map(|n| n.ends_with("-0002"))), (StatusCode::CREATED, Some(true)), "{second}");
    let (_, day) = desk.get(&lan, "/api/desk/day").await;
    assert_eq!((day["receipts"].as_array().unwrap().len(), &day["by_method"]["cash"]), (2, &json!(75_000)), "{day}");
    let book = desk.book().await;
    assert_eq!((&book["collected"], &book["held"]), (&json!({ "cash": 75_000, "wallet": 0, "qr": 0 }), &json!(75_000)));
    desk.shop.books().await;
}
}

on_both! {
async fn the_desk_is_for_those_who_collect(base: &Base) {
    let desk = DeskShop::open(base).await;
    let operator = desk.hand("may", Role::Operator, None).await;
    let reader = desk.hand("xem", Role::ReadOnly, None).await;
    for hand in [&operator, &reader] {
        let (status, refused) = desk.get(hand, "/api/desk/cash").await;
        assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")));
        assert!(refused["message"].is_string());
    }
    let (status, refused) = desk.shop.call("GET", "/api/desk/cash", None, None).await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthorized")));
    let (status, _) = desk.shop.call("GET", "/api/desk/cash", None, Some(desk.program.expose_secret())).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "another scope");
    let lan = desk.collector("lan", 0).await;
    assert_eq!(desk.get(&lan, "/api/desk/book").await.0, StatusCode::FORBIDDEN);
    let (status, refused) = desk.get(&lan, "/api/desk/contracts/khongco").await;
    assert_eq!((status, &refused["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
}
}

on_both! {
async fn cash_is_handed_in_and_counted_by_somebody_else(base: &Base) {
    let desk = DeskShop::open(base).await;
    let (lan, hoa) = (desk.collector("lan", 1_000_000).await, desk.collector("hoa", 0).await);
    desk.bring(json!([free_contract("HD1", &[bill("B1", 1, 100_000), bill("B2", 2, 50_000)])])).await;
    let items = desk.items(&lan, "HD1").await;
    desk.pay(&lan, "HD1", &items[..1], "cash").await;
    let (status, refused) = desk.post(&lan, "/api/desk/hand-ins", json!({ "amount": 100_001, "note": "" })).await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("too_much")));
    let (status, made) = desk.post(&lan, "/api/desk/hand-ins", json!({ "amount": 60_000, "note": "ca sáng" })).await;
    assert_eq!((status, &made["state"], &made["amount"]), (StatusCode::CREATED, &json!("open"), &json!(60_000)));
    let (status, _) = desk.post(&lan, "/api/desk/hand-ins", json!({ "amount": 40_001, "note": "" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "open ones never exceed what is held");
    assert_eq!(desk.held(&lan).await, 100_000, "nothing falls before somebody has counted");
    let confirm = format!("/api/desk/hand-ins/{}/confirm", made["id"]);
    for hand in [&lan, &hoa] {
        assert_eq!(desk.post(hand, &confirm, json!({ "counted": 60_000 })).await.0, StatusCode::FORBIDDEN);
    }
    let (status, refused) = desk.manage(&confirm, json!({ "counted": 59_000 })).await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("reason_needed")));
    // Three zeros that slipped in: what is confirmed stands, so it is not taken for what was meant.
    let slipped = json!({ "counted": 60_000_000, "reason": "thừa" });
    let (status, refused) = desk.manage(&confirm, slipped).await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("too_much")));
    let (status, done) = desk.manage(&confirm, json!({ "counted": 59_000, "reason": "thiếu một tờ" })).await;
    assert_eq!((status, &done), (StatusCode::OK, &json!({ "state": "confirmed", "counted": 59_000 })));
    let (_, again) = desk.manage(&confirm, json!({ "counted": 1, "reason": "x" })).await;
    assert_eq!(again, done, "said again, answered the same");
    assert_eq!(desk.held(&lan).await, 41_000);
    let book = desk.book().await;
    assert_eq!((&book["handed_in"], &book["held"]), (&json!(59_000), &json!(41_000)));
    assert_eq!(book["differences"][0]["amount"], json!(-1_000), "{book}");
    assert_eq!(book["differences"][0]["reason"], json!("thiếu một tờ"));
    // A manager who collects has somebody else count.
    let (status, _) = desk.manage("/api/desk/hand-ins", json!({ "amount": 1, "note": "" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "nothing held");
}
}

on_both! {
async fn the_book_of_a_day_is_of_one_moment(base: &Base) {
    let desk = DeskShop::open(base).await;
    let mut hands = Vec::new();
    for name in ["lan", "hoa", "mai", "nga"] {
        hands.push(desk.collector(name, 1_000_000).await);
    }
    let contracts: Vec<Value> = (0..4).map(|at| {
        let bills: Vec<Value> = (1..=12).map(|month| bill(&format!("B{month}"), month, 10_000)).collect();
        free_contract(&format!("HD{at}"), &bills)
    }).collect();
    desk.bring(json!(contracts)).await;
    let is_over = std::cell::Cell::new(false);
    let work = async {
        let takes = hands.iter().enumerate().map(async |(at, hand)| {
            let contract = format!("HD{at}");
            for item in desk.items(hand, &contract).await {
                desk.pay(hand, &contract, std::slice::from_ref(&item), "cash").await;
                let (_, made) = desk.post(hand, "/api/desk/hand-ins", json!({ "amount": 10_000, "note": "" })).await;
                desk.manage(&format!("/api/desk/hand-ins/{}/confirm", made["id"]), json!({ "counted": 10_000 })).await;
            }
        });
        futures_util::future::join_all(takes).await;
        is_over.set(true);
    };
    // Every book says where all of its cash is: `DeskShop::book` holds it to that.
    let looks = async {
        while !is_over.get() {
            desk.book().await;
        }
    };
    tokio::join!(work, looks);
    let book = desk.book().await;
    assert_eq!((&book["handed_in"], &book["differences"]), (&json!(480_000), &json!([])), "{book}");
}
}

on_both! {
async fn yesterdays_cash_stands_in_the_way_from_ten_o_clock(base: &Base) {
    let desk = DeskShop::open(base).await;
    let lan = desk.collector("lan", 1_000_000).await;
    desk.bring(json!([free_contract("HD1", &[bill("B1", 1, 10_000), bill("B2", 2, 20_000)])])).await;
    let items = desk.items(&lan, "HD1").await;
    desk.pay(&lan, "HD1", &items[..1], "cash").await;
    // 2027-01-15 15:00 in Viet Nam; the next day at 09:59, and at 10:00.
    desk.shop.pass((19 * 60 - 1) * 60_000);
    let (_, view) = desk.get(&lan, "/api/desk/contracts/HD1").await;
    assert_eq!(view["blocked"], Value::Null);
    desk.shop.pass(60_000);
    let (_, view) = desk.get(&lan, "/api/desk/contracts/HD1").await;
    assert_eq!(view["blocked"]["code"], json!("cash_outstanding"), "{view}");
    let (status, refused) = desk.pay(&lan, "HD1", &items[1..], "cash").await;
    assert_eq!((status, &refused["message"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("Đang tồn tạm không thể thanh toán")));
    let (_, cash) = desk.get(&lan, "/api/desk/cash").await;
    assert_eq!((&cash["since"], &cash["by_day"]), (&json!("2027-01-15"), &json!([{ "day": "2027-01-15", "held": 10_000 }])));
    let (_, made) = desk.post(&lan, "/api/desk/hand-ins", json!({ "amount": 10_000, "note": "" })).await;
    desk.manage(&format!("/api/desk/hand-ins/{}/confirm", made["id"]), json!({ "counted": 10_000 })).await;
    assert_eq!(desk.pay(&lan, "HD1", &items[1..], "cash").await.0, StatusCode::CREATED);
    desk.book().await;
}
}

on_both! {
async fn a_receipt_is_cancelled_and_never_deleted(base: &Base) {
    let desk = DeskShop::open(base).await;
    let lan = desk.collector("lan", 1_000_000).await;
    let mut settled = bill("B2", 2, 20_000);
    settled["settle"] = json!({ "service": "gach_dien_evn", "code": "PE01000123456" });
    desk.bring(json!([free_contract("HD1", &[bill("B1", 1, 10_000), settled])])).await;
    let items = desk.items(&lan, "HD1").await;
    let (_, paid) = desk.pay(&lan, "HD1", &items, "cash").await;
    let number = paid["receipt"]["number"].as_str().unwrap();
    let cancel = format!("/api/desk/receipts/{number}/cancel");
    assert_eq!(desk.post(&lan, &cancel, json!({ "reason": "nhầm" })).await.0, StatusCode::FORBIDDEN);
    assert_eq!(desk.manage(&cancel, json!({})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, done) = desk.manage(&cancel, json!({ "reason": "nhầm khách" })).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!((desk.held(&lan).await, desk.items(&lan, "HD1").await.len()), (0, 2), "its items are open again");
    assert_eq!(desk.manage(&cancel, json!({ "reason": "lần nữa" })).await.0, StatusCode::CONFLICT);
    let url = paid["receipt"]["url"].as_str().unwrap().split_once("/receipts/").unwrap().1.to_owned();
    let (_, public) = desk.shop.call("GET", &format!("/receipts/{url}"), None, None).await;
    assert_eq!((&public["genuine"], &public["number"]), (&json!(false), &json!(number)), "the number stays");
    let board = desk.shop.store().jobs().lease(1, gachno::domain::Service::PayEvn, 10, 60_000).await.unwrap();
    assert!(board.jobs.is_empty(), "nobody pays what was given back");
    // Again, with another number; now a machine is at it.
    let (_, paid) = desk.pay(&lan, "HD1", &items, "cash").await;
    let number = paid["receipt"]["number"].as_str().unwrap();
    assert!(number.ends_with("-0002"));
    let board = desk.shop.store().jobs().lease(1, gachno::domain::Service::PayEvn, 10, 60_000).await.unwrap();
    assert_eq!(board.jobs.len(), 1);
    let (status, _) = desk.manage(&format!("/api/desk/receipts/{number}/cancel"), json!({ "reason": "x" })).await;
    assert_eq!(status, StatusCode::CONFLICT, "leased or later");
    let book = desk.book().await;
    assert_eq!(book["collected"]["cash"], json!(30_000));
    desk.shop.books().await;
}
}

on_both! {
async fn what_was_settled_elsewhere_is_said_with_a_reason(base: &Base) {
    let desk = DeskShop::open(base).await;
    let lan = desk.collector("lan", 1_000_000).await;
    let mut ours = bill("B1", 1, 10_000);
    ours["settle"] = json!({ "service": "gach_dien_evn", "code": "PE01000123456" });
    desk.bring(json!([free_contract("HD1", &[ours, bill("B2", 2, 20_000)])])).await;
    let items = desk.items(&lan, "HD1").await;
    desk.pay(&lan, "HD1", &items[..1], "cash").await;
    let path = |item: &str| format!("/api/desk/items/{item}/settle");
    let reason = json!({ "reason": "khách có giấy của cổng" });
    assert_eq!(desk.post(&lan, &path(&items[0]), reason.clone()).await.0, StatusCode::FORBIDDEN);
    assert_eq!(desk.manage(&path(&items[0]), json!({})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    for (item, before) in [(&items[0], "paid"), (&items[1], "open")] {
        let (status, done) = desk.manage(&path(item), reason.clone()).await;
        assert_eq!((status, &done["state"]), (StatusCode::OK, &json!("settled")), "{done}");
        assert_eq!(desk.manage(&path(item), reason.clone()).await.0, StatusCode::CONFLICT, "said once");
        let table = &gachno::store::catalogue::contracts::CONTRACT_ITEM;
        let trail = desk.shop.store().audit().of_row(table, item.parse().unwrap(), 5).await.unwrap();
        assert_eq!(trail[0].before["state"], json!(before), "the trail says how it stood");
    }
    // Nobody pays at the portal what was settled elsewhere, and whoever looks at the job reads why.
    let filter = gachno::store::jobs::JobFilter::default();
    let jobs = desk.shop.store().jobs().list(&filter, 5).await.unwrap();
    assert_eq!((jobs[0].state.wire(), jobs[0].message.as_deref()), ("cancelled", Some("Đã gạch nợ bằng cách khác")));
    let book = desk.book().await;
    let said: Vec<&str> = book["differences"].as_array().unwrap().iter().map(|d| d["reason"].as_str().unwrap()).collect();
    assert_eq!(said, ["khách có giấy của cổng"; 2], "{book}");
}
}

on_both! {
async fn the_eleventh_message_of_a_month_is_not_sent(base: &Base) {
    let desk = DeskShop::open(base).await;
    let lan = desk.collector("lan", 10_000_000).await;
    let bills: Vec<Value> = (1..=12).map(|n| bill(&format!("B{n}"), n, 1_000)).collect();
    desk.bring(json!([free_contract("HD1", &bills)])).await;
    let mut states = Vec::new();
    for item in desk.items(&lan, "HD1").await {
        let body = json!({ "contract": "HD1", "items": [item], "method": "cash", "notify": { "sms": true } });
        let (status, paid) = desk.post(&lan, "/api/desk/payments", body).await;
        assert_eq!(status, StatusCode::CREATED, "the message is stopped, never the payment");
        let sms = paid["notices"].as_array().unwrap().iter().find(|n| n["channel"] == "sms").unwrap().clone();
        assert_eq!(sms["parts"], json!(1));
        states.push((sms["state"].as_str().unwrap().to_owned(), sms["message"].clone()));
    }
    assert!(states[..10].iter().all(|(state, _)| state == "queued"), "{states:?}");
    assert_eq!(states[10], ("blocked".to_owned(), json!("SĐT đã gửi quá 10 lần trong tháng")));
    // The month after: ten more.
    desk.shop.pass(20 * 86_400_000);
    desk.bring(json!([free_contract("HD2", &[bill("C1", 1, 1_000)])])).await;
    let items = desk.items(&lan, "HD2").await;
    desk.manage("/api/desk/hand-ins", json!({})).await;
    let (_, made) = desk.post(&lan, "/api/desk/hand-ins", json!({ "amount": 12_000, "note": "" })).await;
    desk.manage(&format!("/api/desk/hand-ins/{}/confirm", made["id"]), json!({ "counted": 12_000 })).await;
    let body = json!({ "contract": "HD2", "items": items, "method": "cash", "notify": { "sms": true } });
    let (_, paid) = desk.post(&lan, "/api/desk/payments", body).await;
    assert!(paid["notices"].as_array().unwrap().iter().all(|n| n["state"] == "queued"), "{paid}");
}
}

on_both! {
async fn fifty_collectors_at_once_take_nothing_twice_and_pass_no_limit(base: &Base) {
    let desk = DeskShop::open(base).await;
    let other = desk.shop.second(base).await;
    let mut contracts = Vec::new();
    for n in 0..50 {
        contracts.push(free_contract(&format!("HD{n}"), &[bill("B1", 1, 10_000)]));
    }
    contracts.push(free_contract("CHUNG", &[bill("B1", 1, 10_000)]));
    desk.bring(json!(contracts)).await;
    let mut hands = Vec::new();
    for n in 0..50 {
        hands.push(desk.collector(&format!("thu{n}"), 20_000).await);
    }
    // All of them want the same bill, by two servers.
    let shared = desk.items(&hands[0], "CHUNG").await;
    let pay = async |at: usize, hand: &DeskHand, contract: &str, items: &[String]| {
        let server = if at.is_multiple_of(2) { &desk.shop } else { &other };
        let body = json!({ "contract": contract, "items": items, "method": "cash" });
        server.call("POST", "/api/desk/payments", Some(body), Some(hand.token.expose_secret())).await
    };
    let all = hands.iter().enumerate().map(|(at, hand)| pay(at, hand, "CHUNG", &shared));
    let answers = futures_util::future::join_all(all).await;
    let taken = answers.iter().filter(|(status, _)| *status == StatusCode::CREATED).count();
    assert_eq!(taken, 1, "{answers:?}");
    assert!(answers.iter().all(|(s, _)| matches!(*s, StatusCode::CREATED | StatusCode::CONFLICT)), "{answers:?}");
    // One of them with fifty fingers: two bills fit, and not one đồng more.
    let one = desk.collector("mot", 20_000).await;
    let mut wanted = Vec::new();
    for n in 0..50 {
        wanted.push((format!("HD{n}"), desk.items(&one, &format!("HD{n}")).await));
    }
    let all = wanted.iter().enumerate().map(|(at, (contract, items))| pay(at, &one, contract, items));
    let answers = futures_util::future::join_all(all).await;
    let taken = answers.iter().filter(|(status, _)| *status == StatusCode::CREATED).count();
    assert_eq!((taken, desk.held(&one).await), (2, 20_000), "{answers:?}");
    assert!(answers.iter().all(|(s, a)| *s == StatusCode::CREATED || a["code"] == "over_limit"), "{answers:?}");
    // Pressed twenty times with one key, by two servers: one payment, and everybody is shown it.
    let again = desk.collector("lai", 10_000).await;
    desk.bring(json!([free_contract("LAI", &[bill("B1", 1, 10_000)])])).await;
    let items = desk.items(&again, "LAI").await;
    let press = async |at: usize, path: &str, body: Value| {
        let server = if at.is_multiple_of(2) { &desk.shop } else { &other };
        let token = Some(again.token.expose_secret());
        server.call_with("POST", path, Some(body), token, &[("idempotency-key", path)]).await
    };
    let pay = |at| press(at, "/api/desk/payments", json!({ "contract": "LAI", "items": items, "method": "cash" }));
    let answers = futures_util::future::join_all((0..20).map(pay)).await;
    assert!(answers.iter().all(|(s, a)| *s == StatusCode::CREATED && a["id"] == answers[0].1["id"]), "{answers:?}");
    let hand_in = |at| press(at, "/api/desk/hand-ins", json!({ "amount": 10_000, "note": "" }));
    let answers = futures_util::future::join_all((0..20).map(hand_in)).await;
    assert!(answers.iter().all(|(s, a)| *s == StatusCode::CREATED && a["id"] == answers[0].1["id"]), "{answers:?}");
    // The numbers have no gap.
    let mut numbers: Vec<String> = Vec::new();
    let day = gachno::domain::calendar::day_of(desk.shop.store().now_ms());
    for receipt in desk.shop.store().desk().cash().receipts(1, &day).await.unwrap() {
        numbers.push(receipt.receipt.unwrap());
    }
    numbers.sort();
    let expected: Vec<String> = (1..=4).map(|n| format!("PT{}-{n:04}", day.replace('-', ""))).collect();
    assert_eq!(numbers, expected);
    desk.book().await;
    desk.shop.books().await;
}
}

async fn becomes(desk: &DeskShop, hand: &DeskHand, id: &Value, state: &str) -> Value {
    let begun = Instant::now();
    loop {
        let (_, payment) = desk.get(hand, &format!("/api/desk/payments/{id}")).await;
        if payment["state"] == state {
            return payment;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{payment}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn code_of(desk: &DeskShop, id: &Value) -> i64 {
    let found = desk
        .shop
        .store()
        .desk()
        .payment(id.as_i64().unwrap())
        .await
        .unwrap()
        .unwrap();
    desk.shop
        .store()
        .payments()
        .find(found.payment)
        .await
        .unwrap()
        .unwrap()
        .order_code
}

on_both! {
async fn qr_and_wallet_are_paid_by_the_same_machine(base: &Base) {
    let (sandbox, desk) = DeskShop::live(base).await;
    let gateway = sandbox.gateway();
    let lan = desk.collector("lan", 0).await;
    let bills: Vec<Value> = (1..=6).map(|n| bill(&format!("B{n}"), n, 50_000)).collect();
    desk.bring(json!([free_contract("HD1", &bills)])).await;
    let (_, view) = desk.get(&lan, "/api/desk/contracts/HD1").await;
    assert_eq!(view["wallet"]["linked"], json!(true), "{view}");
    assert!(view["wallet"]["masked_phone"].as_str().unwrap().starts_with('*'));
    let items = desk.items(&lan, "HD1").await;
    // PayOS: shown as a QR, told by its webhook.
    let (status, shown) = desk.pay(&lan, "HD1", &items[..1], "payos_qr").await;
    assert_eq!((status, &shown["receipt"]), (StatusCode::CREATED, &Value::Null), "{shown}");
    assert!(shown["qr"]["qr_code"].as_str().unwrap().starts_with("data:image/png;base64,"));
    assert!(shown["qr"]["qr_text"].as_str().unwrap().starts_with("000201"));
    assert_eq!((&shown["message"], &shown["items"][0]["state"]), (&json!("Chưa thanh toán"), &json!("taken")));
    let (status, _) = desk.pay(&lan, "HD1", &items[..1], "cash").await;
    assert_eq!(status, StatusCode::CONFLICT, "taken while it is open");
    let money = Incoming { amount: Some(50_000), reference: None, currency: None, untold: false };
    gateway.payos_money(code_of(&desk, &shown["id"]).await, money).expect("a link");
    let paid = becomes(&desk, &lan, &shown["id"], "paid").await;
    assert!(paid["receipt"]["number"].is_string() && paid["qr"].is_null());
    // VNPay: asked for by the collector.
    let (_, shown) = desk.pay(&lan, "HD1", &items[1..2], "vnpay_qr").await;
    assert!(shown["qr"]["qr_text"].is_string(), "{shown}");
    gateway.vnpay_ends(code_of(&desk, &shown["id"]).await, "00");
    let (_, asked) = desk.post(&lan, &format!("/api/desk/payments/{}/check", shown["id"]), json!({})).await;
    assert!(asked["message"] == "Thanh toán thành công" || asked["message"] == "Chưa thanh toán");
    becomes(&desk, &lan, &shown["id"], "paid").await;
    // The wallet: a wrong password, then the right one.
    let (status, shown) = desk.pay(&lan, "HD1", &items[2..3], "wallet").await;
    assert_eq!((status, &shown["otp"]["length"]), (StatusCode::CREATED, &json!(6)), "{shown}");
    let code = code_of(&desk, &shown["id"]).await;
    let otp = gateway.wallet_otp(code).expect("sent");
    let wrong = if otp == "000000" { "111111" } else { "000000" };
    let path = format!("/api/desk/payments/{}/otp", shown["id"]);
    let (status, refused) = desk.post(&lan, &path, json!({ "otp": wrong })).await;
    assert_eq!((status, &refused["code"], &refused["attempts_left"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("otp_wrong"), &json!(2)));
    assert!(refused["message"].is_string());
    assert_eq!(desk.post(&lan, &path, json!({ "otp": otp })).await.0, StatusCode::OK);
    becomes(&desk, &lan, &shown["id"], "paid").await;
    // Three wrong ones: its item is for another way.
    let (_, shown) = desk.pay(&lan, "HD1", &items[3..4], "wallet").await;
    let path = format!("/api/desk/payments/{}/otp", shown["id"]);
    let otp = gateway.wallet_otp(code_of(&desk, &shown["id"]).await).expect("sent");
    let wrong = if otp == "000000" { "111111" } else { "000000" };
    for _ in 0..3 {
        desk.post(&lan, &path, json!({ "otp": wrong })).await;
    }
    becomes(&desk, &lan, &shown["id"], "failed").await;
    assert!(desk.items(&lan, "HD1").await.contains(&items[3]));
    // Taken back by the collector: free at once.
    let (_, shown) = desk.pay(&lan, "HD1", &items[3..4], "payos_qr").await;
    let (status, back) = desk.post(&lan, &format!("/api/desk/payments/{}/cancel", shown["id"]), json!({})).await;
    assert_eq!((status, &back["state"]), (StatusCode::OK, &json!("cancelled")), "{back}");
    assert!(desk.items(&lan, "HD1").await.contains(&items[3]));
    let book = desk.book().await;
    assert_eq!(book["collected"], json!({ "cash": 0, "wallet": 50_000, "qr": 100_000 }));
    assert_eq!(book["transfers"], json!(150_000));
    desk.shop.books().await;
}
}

on_both! {
async fn a_collectors_key_makes_a_call_happen_once(base: &Base) {
    let (sandbox, desk) = DeskShop::live(base).await;
    let lan = desk.collector("lan", 0).await;
    desk.bring(json!([free_contract("HD1", &[bill("B1", 1, 50_000), bill("B2", 2, 60_000)])])).await;
    let items = desk.items(&lan, "HD1").await;
    let call = async |path: &str, body: Value, key: &str| {
        let token = Some(lan.token.expose_secret());
        desk.shop.call_with("POST", path, Some(body), token, &[("idempotency-key", key)]).await
    };
    let (_, shown) = desk.pay(&lan, "HD1", &items[..1], "wallet").await;
    let here = format!("/api/desk/payments/{}", shown["id"]);
    let otp = sandbox.gateway().wallet_otp(code_of(&desk, &shown["id"]).await).expect("sent");
    let (status, _) = call(&format!("{here}/otp"), json!({ "otp": otp }), "nhập").await;
    assert_eq!(status, StatusCode::OK);
    becomes(&desk, &lan, &shown["id"], "paid").await;
    // The answer was lost: the same call says how it stands. Without its key it comes too late.
    let (status, again) = call(&format!("{here}/otp"), json!({ "otp": otp }), "nhập").await;
    assert_eq!((status, &again["state"]), (StatusCode::OK, &json!("paid")), "{again}");
    assert_eq!(call(&format!("{here}/otp"), json!({ "otp": otp }), "mới").await.0, StatusCode::CONFLICT);
    // A key means one thing: not another payment, and not another call.
    let (_, other) = desk.pay(&lan, "HD1", &items[1..], "payos_qr").await;
    let there = format!("/api/desk/payments/{}", other["id"]);
    let (status, used) = call(&format!("{there}/check"), json!({}), "nhập").await;
    assert_eq!((status, &used["code"]), (StatusCode::CONFLICT, &json!("key_used")), "{used}");
    assert_eq!(call(&format!("{there}/check"), json!({}), "hỏi").await.0, StatusCode::OK);
    assert_eq!(call(&format!("{there}/cancel"), json!({}), "hỏi").await.0, StatusCode::CONFLICT);
    for _ in 0..2 {
        let (status, back) = call(&format!("{there}/cancel"), json!({}), "hủy").await;
        assert_eq!((status, &back["state"]), (StatusCode::OK, &json!("cancelled")), "{back}");
    }
    assert_eq!(sandbox.gateway().truth().times_called("payos.cancel"), 1);
}
}

on_both! {
async fn a_silent_provider_keeps_items_and_a_plain_no_frees_them(base: &Base) {
    let (sandbox, desk) = DeskShop::live(base).await;
    let gateway = sandbox.gateway();
    let lan = desk.collector("lan", 1_000_000).await;
    desk.bring(json!([free_contract("HD1", &[bill("B1", 1, 50_000), bill("B2", 2, 60_000)])])).await;
    let items = desk.items(&lan, "HD1").await;
    gateway.once("payos.create", Fault::Drop { done: false });
    let body = json!({ "contract": "HD1", "items": items[..1], "method": "payos_qr" });
    let call = async || {
        let token = Some(lan.token.expose_secret());
        desk.shop.call_with("POST", "/api/desk/payments", Some(body.clone()), token, &[("idempotency-key", "k")]).await
    };
    let (status, refused) = call().await;
    assert_eq!((status, &refused["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("provider_unreachable")), "{refused}");
    let (status, refused) = desk.pay(&lan, "HD1", &items[..1], "cash").await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("item_taken")), "money may still come");
    let (status, shown) = call().await;
    assert_eq!((status, &shown["state"]), (StatusCode::CREATED, &json!("pending")), "{shown}");
    let (_, back) = desk.post(&lan, &format!("/api/desk/payments/{}/cancel", shown["id"]), json!({})).await;
    assert_eq!(back["state"], json!("cancelled"));
    // The wallet says that none is linked: the rule's own words, and nothing is held.
    gateway.update(|s| { s.unlinked.insert("lan".to_owned()); });
    let (_, said) = desk.post(&lan, "/api/desk/check", json!({ "contract": "HD1", "items": items, "method": "wallet" })).await;
    assert_eq!(said["code"], json!("wallet_not_linked"), "{said}");
    let (status, refused) = desk.pay(&lan, "HD1", &items, "wallet").await;
    assert_eq!((status, &refused["message"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("Vui lòng thực hiện liên kết phương thức thanh toán")));
    // A refusal of the payment itself frees its items at once.
    gateway.once("payos.create", Fault::Refuse { code: "20".to_owned(), text: "Không hợp lệ".to_owned() });
    let (status, _) = desk.pay(&lan, "HD1", &items, "payos_qr").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, paid) = desk.pay(&lan, "HD1", &items, "cash").await;
    assert_eq!((status, &paid["state"]), (StatusCode::CREATED, &json!("paid")), "{paid}");
    desk.book().await;
}
}

on_both! {
async fn too_little_and_too_late_are_for_a_person(base: &Base) {
    let (sandbox, desk) = DeskShop::live(base).await;
    let gateway = sandbox.gateway();
    let lan = desk.collector("lan", 1_000_000).await;
    let bills: Vec<Value> = (1..=3).map(|n| bill(&format!("B{n}"), n, 50_000)).collect();
    desk.bring(json!([free_contract("HD1", &bills)])).await;
    let items = desk.items(&lan, "HD1").await;
    let money = async |id: &Value, amount: i64| {
        let money = Incoming { amount: Some(amount), reference: None, currency: None, untold: false };
        gateway.payos_money(code_of(&desk, id).await, money).expect("a link");
    };
    let decide = async |id: &Value, decision: &str| {
        let found = desk.shop.store().desk().payment(id.as_i64().unwrap()).await.unwrap().unwrap();
        let body = json!({ "decision": decision, "reason": "khách quen" });
        let (status, answer) = desk.shop.post(&format!("/api/payments/{}/decide", found.payment), body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    };
    // Too little: nothing is receipted, and nobody else takes it, until a person says so.
    let (_, shown) = desk.pay(&lan, "HD1", &items[..1], "payos_qr").await;
    money(&shown["id"], 30_000).await;
    let short = becomes(&desk, &lan, &shown["id"], "underpaid").await;
    assert_eq!((&short["receipt"], &short["items"][0]["state"]), (&Value::Null, &json!("taken")));
    decide(&shown["id"], "accept").await;
    let paid = becomes(&desk, &lan, &shown["id"], "paid").await;
    assert_eq!((paid["receipt"]["number"].is_string(), &paid["items"][0]["state"]), (true, &json!("paid")), "{paid}");
    // Taken back, and paid all the same: nobody has taken its bill since, so it pays it.
    let (_, shown) = desk.pay(&lan, "HD1", &items[1..2], "payos_qr").await;
    let code = code_of(&desk, &shown["id"]).await;
    let late = crate::pay::official(code, "FT-LATE", 50_000, sandbox.gateway().settings()["payos"]["checksum_key"].as_str().unwrap());
    let cancelled = desk.post(&lan, &format!("/api/desk/payments/{}/cancel", shown["id"]), json!({})).await;
    assert_eq!(cancelled.1["state"], json!("cancelled"));
    desk.shop.raw_webhook("/webhook/payos", &late, None).await;
    becomes(&desk, &lan, &shown["id"], "review").await;
    assert!(desk.items(&lan, "HD1").await.contains(&items[1]), "a person says whose it is");
    decide(&shown["id"], "accept").await;
    let paid = becomes(&desk, &lan, &shown["id"], "paid").await;
    assert_eq!(paid["items"][0]["state"], json!("paid"), "{paid}");
    // The same, but somebody else was paid for it meanwhile: too much, and no second receipt.
    let (_, shown) = desk.pay(&lan, "HD1", &items[2..], "payos_qr").await;
    let code = code_of(&desk, &shown["id"]).await;
    let late = crate::pay::official(code, "FT-LATER", 50_000, sandbox.gateway().settings()["payos"]["checksum_key"].as_str().unwrap());
    desk.post(&lan, &format!("/api/desk/payments/{}/cancel", shown["id"]), json!({})).await;
    assert_eq!(desk.pay(&lan, "HD1", &items[2..], "cash").await.0, StatusCode::CREATED);
    desk.shop.raw_webhook("/webhook/payos", &late, None).await;
    becomes(&desk, &lan, &shown["id"], "review").await;
    decide(&shown["id"], "accept").await;
    let surplus = becomes(&desk, &lan, &shown["id"], "paid").await;
    assert_eq!((&surplus["receipt"], &surplus["items"][0]["state"]), (&Value::Null, &json!("open")), "{surplus}");
    let book = desk.book().await;
    assert_eq!((&book["collected"], &book["transfers"]), (&json!({ "cash": 50_000, "wallet": 0, "qr": 100_000 }), &json!(130_000)), "{book}");
    let amounts: Vec<i64> = book["differences"].as_array().unwrap().iter().map(|d| d["amount"].as_i64().unwrap()).collect();
    assert!(amounts.contains(&50_000) && amounts.contains(&-20_000), "{book}");
    desk.shop.books().await;
}
}

on_both! {
async fn customers_are_told_by_who_can_reach_them(base: &Base) {
    let (sandbox, desk) = DeskShop::live(base).await;
    let gateway = sandbox.gateway();
    let lan = desk.collector("lan", 10_000_000).await;
    desk.bring(json!([free_contract("HD1", &[bill("B1", 1, 250_000)]), free_contract("HD2", &[bill("B1", 1, 10_000)])])).await;
    let notify = json!({ "hifpt": true, "sms": true, "zns": true, "phone": "0901234567" });
    let items = desk.items(&lan, "HD1").await;
    let body = json!({ "contract": "HD1", "items": items, "method": "cash", "notify": notify });
    let (_, paid) = desk.post(&lan, "/api/desk/payments", body).await;
    let channels: Vec<_> = paid["notices"].as_array().unwrap().iter().map(|n| n["channel"].as_str().unwrap()).collect();
    assert_eq!(channels, ["hifpt", "zns"], "by SMS only where Zalo cannot deliver");
    let told = async |channel: &str, count: usize| {
        let begun = Instant::now();
        loop {
            let all = gateway.truth().messages;
            let of: Vec<_> = all.into_iter().filter(|m| m.channel == channel).collect();
            if of.len() >= count {
                return of;
            }
            if begun.elapsed() > Duration::from_secs(20) {
                let mut why = Vec::new();
                for id in 1..=8 {
                    let letter = desk.shop.store().letters().find(id).await.unwrap();
                    why.extend(letter.map(|l| (l.channel, l.state, l.tries, l.why)));
                }
                panic!("nothing by {channel}: {why:?}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let zalo = told("zalo", 1).await;
    assert!(zalo[0].text.contains("250.000") && zalo[0].text.starts_with("T1"), "{}", zalo[0].text);
    assert!(told("hifpt", 1).await[0].text.contains("Cam on ban da thanh toan thanh cong so 250.000d"));
    // Nobody there has Zalo: an SMS instead, in plain letters.
    gateway.update(|s| { s.no_zalo.insert("0909999999".to_owned()); });
    let items = desk.items(&lan, "HD2").await;
    let body = json!({ "contract": "HD2", "items": items, "method": "cash", "notify": { "sms": true, "zns": true, "phone": "0909999999" } });
    let (_, paid) = desk.post(&lan, "/api/desk/payments", body).await;
    let sms = told("esms", 1).await;
    assert_eq!((sms.len(), sms[0].to.as_str()), (1, "0909999999"));
    assert!(sms[0].text.is_ascii() && sms[0].text.contains("so chung tu: PT"), "{}", sms[0].text);
    let (_, seen) = desk.get(&lan, &format!("/api/desk/payments/{}", paid["id"])).await;
    assert!(seen["notices"].as_array().unwrap().iter().any(|n| n["channel"] == "sms" && n["state"] == "queued"), "{seen}");
}
}
