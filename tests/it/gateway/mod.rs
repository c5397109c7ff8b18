//! What speaks to payment providers, against providers that were written without it: the right way, and
//! with everything going wrong.

mod backoffice;
mod payos;
mod vnpay;
mod wallet;

use std::sync::Arc;
use std::time::{Duration, Instant};

use gachno::domain::payment::End;
use gachno::providers::{
    Channel, Link, News, Order, OrderRef, Payer, PaymentProvider, ProviderFault, ProviderRefusal,
    RefundOrder, Settings, ToldStanding, make,
};
use gachno::sandbox::{self, Gateway, GatewayFaultAction as Fault, Incoming, Sandbox};
use secrecy::SecretString;
use serde_json::{Value, json};

const AMOUNT: i64 = 350_000;
const FORM: &str = "application/x-www-form-urlencoded";

/// Providers, and one of ours that speaks to one of them.
struct World {
    sandbox: Sandbox,
    settings: Settings,
    provider: Arc<dyn PaymentProvider>,
    created_ms: i64,
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

impl World {
    async fn of(channel: Channel) -> Self {
        gachno::init_tls();
        let options = sandbox::SandboxOptions::default();
        let sandbox = sandbox::start(options).await.expect("starts");
        let members = sandbox.gateway().settings()[channel.wire()].to_string();
        let settings = Settings::read(channel, &members).expect("settings");
        let provider = make(&settings).expect("a provider");
        Self {
            sandbox,
            settings,
            provider,
            created_ms: now_ms(),
        }
    }

    fn gateway(&self) -> &Gateway {
        self.sandbox.gateway()
    }

    fn order(&self, order_code: i64) -> Order {
        Order {
            order_code,
            payment_code: format!("GN{order_code:07}"),
            amount: AMOUNT,
            description: "Tiền phòng tháng 11".to_owned(),
            return_url: "http://127.0.0.1:9/payment/return?t=x".to_owned(),
            cancel_url: "http://127.0.0.1:9/payment/return?t=x".to_owned(),
            notify_url: format!("{}/nobody", self.sandbox.url()),
            created_ms: self.created_ms,
            expires_ms: self.created_ms + 900_000,
            payer_ip: [127, 0, 0, 1].into(),
            payer: Payer::default(),
            wallet_agent: Some("an.nguyen".to_owned()),
            wants_qr: true,
            is_english: false,
        }
    }

    fn known(&self, order_code: i64) -> OrderRef {
        OrderRef {
            order_code,
            payment_code: format!("GN{order_code:07}"),
            amount: AMOUNT,
            created_ms: self.created_ms,
            now_ms: now_ms(),
            link_id: None,
            ip: [127, 0, 0, 1].into(),
        }
    }

    async fn open(&self, order_code: i64) -> Result<Link, ProviderFault> {
        self.provider.open(&self.order(order_code)).await
    }

    async fn standing(&self, order_code: i64) -> ToldStanding {
        let told = self.provider.ask(&self.known(order_code)).await;
        told.expect("told").standing
    }

    fn status(&self, order_code: i64) -> String {
        let provider = self.settings.channel().wire();
        let truth = self.gateway().truth();
        truth
            .link(provider, order_code)
            .expect("known")
            .status
            .clone()
    }
}

fn is_unknown<T: std::fmt::Debug>(answer: &Result<T, ProviderFault>) -> bool {
    matches!(answer, Err(ProviderFault::Unknown { .. }))
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, ProviderFault>) -> ProviderRefusal {
    match answer {
        Err(ProviderFault::Refused { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

/// Everything that is no answer: whether the work was done or not, nobody knows.
fn no_answers(done: bool) -> Vec<Fault> {
    vec![
        Fault::Drop { done },
        Fault::Html { done },
        Fault::Broken { done },
        Fault::Http {
            status: 502,
            done,
            retry_after_s: None,
        },
        Fault::WrongSignature,
    ]
}

/// A place that webhooks are sent to, and that keeps them.
async fn heard(server: &wiremock::MockServer, count: usize) -> Vec<wiremock::Request> {
    for _ in 0..200 {
        let got = server.received_requests().await.expect("kept");
        if got.len() >= count {
            return got;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{count} were not sent");
}

async fn ears(status: u16) -> wiremock::MockServer {
    let server = wiremock::MockServer::start().await;
    let answer = wiremock::ResponseTemplate::new(status).set_body_json(json!({"RspCode": "00"}));
    let any = wiremock::matchers::any();
    wiremock::Mock::given(any)
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    client
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}

#[tokio::test]
async fn a_customer_finds_a_button_on_each_page_and_a_test_its_levers() {
    let world = World::of(Channel::PayOs).await;
    let link = world.open(11_000).await.expect("a link");
    let page = link.checkout_url.expect("a page");
    let html = client()
        .get(&page)
        .send()
        .await
        .expect("answers")
        .text()
        .await
        .expect("text");
    assert!(
        html.contains("Đã chuyển tiền") && html.contains("350.000 đ"),
        "{html}"
    );
    let pressed = client()
        .post(&page)
        .header("content-type", FORM)
        .body("act=pay&amount=1000");
    let back = pressed.send().await.expect("answers");
    let back = back.headers()["location"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        back.contains("status=UNDERPAID") && back.contains("orderCode=11000"),
        "{back}"
    );

    let base = format!("{}/sandbox", world.sandbox.url());
    let post = |path: &str, body: Value| client().post(format!("{base}/{path}")).json(&body).send();
    let money = json!({"order_code": 11_000, "reference": "FT9", "amount": 349_000});
    let answer = post("gateway/transfers", money).await.expect("answers");
    assert_eq!(answer.status(), 201);
    let fault = json!({"at": "payos.get", "action": {"http": {"status": 500, "done": false}}});
    assert_eq!(
        post("gateway/faults", fault)
            .await
            .expect("answers")
            .status(),
        204
    );
    assert!(is_unknown(&world.provider.ask(&world.known(11_000)).await));
    let truth = client()
        .get(format!("{base}/truth"))
        .send()
        .await
        .expect("answers");
    let truth: Value = truth.json().await.expect("JSON");
    assert_eq!(truth["transfers"][1]["reference"], "FT9");
    assert_eq!(world.standing(11_000).await, ToldStanding::Paid);
    let patch = json!({"gateway": {"delivery": {"silent": true}}});
    let patched = client()
        .patch(format!("{base}/scenario"))
        .json(&patch)
        .send()
        .await;
    assert_eq!(patched.expect("answers").status(), 204);
    assert!(world.gateway().scenario().delivery.silent);
}

/// All that is printed for `gachno store provider` is what that takes.
#[tokio::test]
async fn what_is_printed_can_be_set() {
    let world = World::of(Channel::PayOs).await;
    let settings = world.gateway().settings();
    for (name, members) in settings.as_object().expect("an object") {
        let channel = Channel::of(name).expect("a channel");
        let read = Settings::read(channel, &members.to_string()).expect("settings");
        assert!(read.missing().is_empty(), "{name}: {:?}", read.missing());
    }
}

#[tokio::test]
async fn short_messages_are_taken_once_for_each_id() {
    let world = World::of(Channel::PayOs).await;
    let at = |path: &str| format!("{}{path}", world.sandbox.url());
    let esms = |phone: &str, id: &str| {
        let url = at("/esms/MainService.svc/json/SendMultipleMessage_V4_post_json/");
        let body = json!({
            "ApiKey": "sandbox-api-key", "SecretKey": "sandbox-secret-key", "Phone": phone,
            "Content": "Da nhan 350.000d", "Brandname": "GACHNO", "SmsType": "2",
            "IsUnicode": "0", "RequestId": id
        });
        async move {
            let answer = client()
                .post(url)
                .json(&body)
                .send()
                .await
                .expect("answers");
            let answer: Value = answer.json().await.expect("JSON");
            answer["CodeResult"].as_str().expect("a code").to_owned()
        }
    };
    assert_eq!(esms("0912345678", "r1").await, "100");
    assert_eq!(esms("84912345678", "r1").await, "124");
    assert_eq!(esms("12", "r2").await, "108");

    let renew = |token: &'static str| {
        let form = format!("app_id=sandbox&grant_type=refresh_token&refresh_token={token}");
        let asked = client()
            .post(at("/zalo/v4/oa/access_token"))
            .header("secret_key", "sandbox-secret-key")
            .header("content-type", FORM)
            .body(form);
        async move {
            let answer = asked.send().await.expect("answers");
            answer.json::<Value>().await.expect("JSON")["access_token"].clone()
        }
    };
    assert_eq!(renew("sandbox-refresh-0").await, "sandbox-access-1");
    assert!(renew("sandbox-refresh-0").await.is_null(), "it works once");
    let zalo = client()
        .post(at("/zalo/message/template"))
        .header("access_token", "sandbox-access-1")
        .json(&json!({
            "phone": "84912345678", "template_id": "1", "tracking_id": "t1",
            "template_data": {"amount": "350000"}
        }));
    let answer: Value = zalo
        .send()
        .await
        .expect("answers")
        .json()
        .await
        .expect("JSON");
    assert_eq!(answer["error"], 0);
    let unsigned = client()
        .post(at("/hifpt/v1/messages"))
        .json(&json!({"message_id": "m1"}));
    assert_eq!(unsigned.send().await.expect("answers").status(), 401);
    let channels: Vec<_> = world
        .gateway()
        .truth()
        .messages
        .iter()
        .map(|m| m.channel)
        .collect();
    assert_eq!(channels, ["esms", "zalo"]);
}
