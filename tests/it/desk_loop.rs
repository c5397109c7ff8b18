//! From the door to the portal and back: what a collector takes is settled by the operator's machine, the
//! customer is told, and the book of the day agrees.

use std::io::Write as _;
use std::process::Stdio;

use gachno::sandbox::Incoming;
use gachno::store::Actor;
use gachno::store::settings::ShopSetting;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::desk::{bill, free_contract};
use crate::fleet::{Fleet, Machine, code, program, until};
use crate::world::AGENT;

/// The shop as its owner sets it up: with the program, from the terminal.
struct Shop {
    fleet: Fleet,
    http: reqwest::Client,
}

impl Shop {
    /// Runs the program; hands back what it prints.
    fn run(&self, arguments: &[&str], stdin: &str) -> String {
        let mut child = program(arguments, self.fleet.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("runs");
        let mut input = child.stdin.take().expect("stdin");
        input.write_all(stdin.as_bytes()).expect("written");
        drop(input);
        let ended = child.wait_with_output().expect("ends");
        assert!(ended.status.success(), "{arguments:?}");
        String::from_utf8(ended.stdout).expect("text")
    }

    fn token(&self, name: &str, scopes: &str, person: Option<&str>) -> String {
        let mut arguments = vec!["store", "token", name, "--scopes", scopes];
        if let Some(person) = person {
            arguments.extend(["--person", person]);
        }
        self.run(&arguments, "").trim().to_owned()
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        token: &str,
    ) -> (StatusCode, Value) {
        let url = format!("http://{}{path}", self.fleet.address);
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        (status, answer.json().await.unwrap_or_default())
    }
}

fn settled(number: &str, month: u32, amount: i64, code: &str) -> Value {
    let mut bill = bill(number, month, amount);
    bill["settle"] = json!({ "service": "gach_dien_evn", "code": code });
    bill
}

#[tokio::test]
async fn what_is_collected_at_a_door_is_settled_at_the_portal() {
    let fleet = Fleet::owing(3, false).await;
    let shop = Shop {
        fleet,
        http: reqwest::Client::new(),
    };
    for channel in ["payos", "hifpt"] {
        let settings = shop.fleet.sandbox.gateway().settings()[channel].to_string();
        shop.run(&["store", "provider", channel, "--stdin"], &settings);
    }
    let hook = format!("http://{}/webhook/payos", shop.fleet.address);
    let gateway = shop.fleet.sandbox.gateway();
    gateway.update(|scenario| scenario.webhooks.payos = Some(hook));
    let collector = [
        "store",
        "person",
        "lan",
        "--role",
        "collector",
        "--kind",
        "thu_cuoc",
        "--cash-limit",
        "1000000",
    ];
    shop.run(&collector, "");
    shop.run(&["store", "person", "chu", "--role", "owner"], "");
    let told = ShopSetting::DeskTellSettled(true);
    let settings = shop.fleet.store.settings();
    settings.set(&told, &Actor::system()).await.expect("set");
    let lan = shop.token("điện thoại của Lan", "desk", Some("lan"));
    let owner = shop.token("điện thoại của chủ", "desk", Some("chu"));
    let program = shop.token("hợp đồng", "collection:write", None);
    // One bill is of a customer that the portal does not know.
    let contracts = json!([
        free_contract(
            "HD1",
            &[
                settled("B1", 1, 20_000, &code(0)),
                settled("B2", 2, 21_000, &code(1))
            ]
        ),
        free_contract(
            "HD2",
            &[
                settled("B3", 1, 22_000, &code(2)),
                settled("B4", 2, 5_000, "PE99999")
            ]
        ),
    ]);
    let (status, tally) = shop
        .call("POST", "/api/contracts", Some(contracts), &program)
        .await;
    assert_eq!(
        (status, &tally["added"]),
        (StatusCode::OK, &json!(2)),
        "{tally}"
    );
    let mut ids = Vec::new();
    for (contract, method) in [("HD1", "cash"), ("HD2", "payos_qr")] {
        let path = format!("/api/desk/contracts/{contract}");
        let (_, view) = shop.call("GET", &path, None, &lan).await;
        let bills = view["bills"].as_array().expect("bills");
        let items: Vec<&Value> = bills.iter().map(|bill| &bill["id"]).collect();
        let body = json!({ "contract": contract, "items": items, "method": method, "notify": { "hifpt": true, "phone": "0901234567" } });
        let (status, begun) = shop
            .call("POST", "/api/desk/payments", Some(body), &lan)
            .await;
        assert_eq!(status, StatusCode::CREATED, "{begun}");
        ids.push(begun["id"].as_i64().expect("a number"));
    }
    let qr = shop.fleet.store.desk().payment(ids[1]).await.expect("read");
    let money = qr.expect("there").payment;
    let money = shop.fleet.store.payments().find(money).await.expect("read");
    let order = money.expect("there").order_code;
    gateway
        .payos_money(order, Incoming::default())
        .expect("a link");
    let paid = format!("/api/desk/payments/{}", ids[1]);
    until("the customer's money is here", async || {
        shop.call("GET", &paid, None, &lan).await.1["state"] == "paid"
    })
    .await;
    // The operator's machine takes what the desk has brought.
    let mut machine = Machine::new(&shop.fleet, AGENT, "quầy 1").await;
    machine.work();
    until("it is through", async || !machine.is_at_work()).await;
    let mut states = Vec::new();
    for id in &ids {
        let (_, seen) = shop
            .call("GET", &format!("/api/desk/payments/{id}"), None, &lan)
            .await;
        let items = seen["items"].as_array().expect("items").clone();
        states.extend(items.iter().map(|item| item["state"].clone()));
    }
    assert_eq!(states, ["settled", "settled", "settled", "paid"]);
    let truth = shop.fleet.sandbox.truth();
    assert_eq!(
        (truth.moved, truth.total),
        (3, 63_000),
        "each once, to the đồng"
    );
    let (_, book) = shop.call("GET", "/api/desk/book", None, &owner).await;
    assert_eq!(
        book["collected"],
        json!({ "cash": 41_000, "wallet": 0, "qr": 27_000 }),
        "{book}"
    );
    assert_eq!(
        (&book["held"], &book["transfers"], &book["settled"]),
        (&json!(41_000), &json!(27_000), &json!(63_000))
    );
    let differences = book["differences"].as_array().expect("named");
    assert_eq!(differences.len(), 1, "{book}");
    assert_eq!(
        (&differences[0]["amount"], &differences[0]["reason"]),
        (&json!(5_000), &json!("not_found"))
    );
    until("the customers were told twice", async || {
        let messages = shop.fleet.sandbox.gateway().truth().messages;
        let of = |word: &str| {
            messages
                .iter()
                .filter(|m| m.channel == "hifpt" && m.text.contains(word))
                .count()
        };
        of("thanh toan thanh cong") == 2 && of("da duoc gach no") == 3
    })
    .await;
}
