//! What speaks to payment providers, against providers that were written without it: the right way, and
//! with everything going wrong.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gachno::domain::payment::End;
use gachno::providers::{
    Channel, Link, News, Order, OrderRef, Payer, PaymentProvider, ProviderFault, RefundOrder,
    Refusal, Settings, ToldStanding, make, payos, vnpay, wallet,
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

fn refusal<T: std::fmt::Debug>(answer: Result<T, ProviderFault>) -> Refusal {
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

#[tokio::test]
async fn a_payos_link_is_opened_paid_and_asked_about() {
    let world = World::of(Channel::PayOs).await;
    let link = world.open(1_001).await.expect("a link");
    let account = link.account.expect("an account");
    assert!(account.note.ends_with("GN0001001"), "{account:?}");
    assert_eq!(
        (account.bin.as_str(), account.bank.as_str()),
        ("970422", "MB")
    );
    let page = link.checkout_url.expect("a page");
    assert!(page.ends_with(&link.id.expect("an id")));
    let read = gachno::domain::vietqr::decode(&link.qr_text.expect("a text")).expect("read");
    assert_eq!(
        (read.amount.as_str(), read.purpose),
        ("350000", account.note)
    );
    assert_eq!(world.standing(1_001).await, ToldStanding::Open);

    let some = Incoming {
        amount: Some(50_000),
        reference: Some("FT-ONE".to_owned()),
        ..Incoming::default()
    };
    world.gateway().payos_money(1_001, some).expect("arrives");
    let told = world.provider.ask(&world.known(1_001)).await.expect("told");
    assert_eq!(
        (told.standing, told.amount),
        (ToldStanding::Open, Some(AMOUNT))
    );
    assert_eq!(told.transfers[0].reference, "FT-ONE");
    assert!((now_ms() - told.transfers[0].at_ms.expect("a time")).abs() < 60_000);

    world
        .gateway()
        .payos_money(1_001, Incoming::default())
        .expect("arrives");
    let told = world.provider.ask(&world.known(1_001)).await.expect("told");
    assert_eq!(told.standing, ToldStanding::Paid);
    let sum: i64 = told.transfers.iter().map(|t| t.amount).sum();
    assert_eq!(
        (sum, world.gateway().truth().received(1_001)),
        (AMOUNT, AMOUNT)
    );
}

#[tokio::test]
async fn a_payos_link_whose_answer_was_lost_is_found_and_never_made_twice() {
    let world = World::of(Channel::PayOs).await;
    for (at, fault) in (2_000..).zip(no_answers(true)) {
        world.gateway().once("payos.create", fault.clone());
        assert!(is_unknown(&world.open(at).await), "{fault:?}");
        let link = world.open(at).await.expect("found");
        let id = world
            .gateway()
            .truth()
            .link("payos", at)
            .expect("known")
            .id
            .clone();
        let page = format!("{}/payos/web/{id}", world.sandbox.url());
        assert_eq!(link.checkout_url.as_deref(), Some(page.as_str()));
        assert_eq!((link.qr_text, link.account), (None, None));
    }
    // The same number with another amount is another order: nobody is sent to its page.
    let mut other = world.order(2_000);
    other.amount += 1;
    assert_eq!(refusal(world.provider.open(&other).await), Refusal::Other);
    let links = world.gateway().truth().links.len();
    assert_eq!(links, no_answers(true).len());
}

#[tokio::test]
async fn payos_without_a_usable_answer_is_unknown_at_every_call() {
    let world = World::of(Channel::PayOs).await;
    world.open(3_000).await.expect("a link");
    for fault in no_answers(false) {
        world.gateway().once("payos.get", fault.clone());
        let told = world.provider.ask(&world.known(3_000)).await;
        assert!(is_unknown(&told), "{fault:?}: {told:?}");
    }
    world
        .gateway()
        .once("payos.cancel", Fault::Drop { done: true });
    assert!(is_unknown(
        &world.provider.cancel(&world.known(3_000), "").await
    ));
    let again = world
        .provider
        .cancel(&world.known(3_000), "đổi ý")
        .await
        .expect("told");
    assert_eq!(again.standing, ToldStanding::Ended(End::Cancelled));
    assert_eq!(world.standing(404).await, ToldStanding::Absent);
}

#[tokio::test]
async fn payos_that_says_no_is_understood() {
    let world = World::of(Channel::PayOs).await;
    for (code, why) in [
        ("20", Refusal::Other),
        ("201", Refusal::Settings),
        ("214", Refusal::Settings),
    ] {
        let text = "nói vậy".to_owned();
        let code = code.to_owned();
        world
            .gateway()
            .once("payos.create", Fault::Refuse { code, text });
        assert_eq!(refusal(world.open(4_000).await), why);
    }
    let too_many = Fault::Http {
        status: 429,
        done: false,
        retry_after_s: Some(1),
    };
    world.gateway().once("payos.create", too_many);
    let busy = world.open(4_000).await;
    assert!(
        matches!(
            busy,
            Err(ProviderFault::Busy {
                retry_after_s: 1,
                ..
            })
        ),
        "{busy:?}"
    );
    assert!(world.open(4_000).await.is_ok(), "and then it works");
    world.provider.check().await.expect("it is there");

    for (member, value) in [("api_key", "other"), ("client_id", "nobody")] {
        let wrong = make(&world.settings.clone().with(member, value)).expect("a provider");
        assert_eq!(
            refusal(wrong.open(&world.order(4_001)).await),
            Refusal::Settings
        );
        assert_eq!(refusal(wrong.check().await), Refusal::Settings);
    }
    let wrong = make(&world.settings.clone().with("checksum_key", "other")).expect("a provider");
    assert_eq!(
        refusal(wrong.open(&world.order(4_001)).await),
        Refusal::Settings
    );
    assert!(is_unknown(&wrong.ask(&world.known(4_000)).await));
}

#[tokio::test]
async fn a_payos_link_is_taken_back_unless_money_came_first() {
    let world = World::of(Channel::PayOs).await;
    world.open(5_000).await.expect("a link");
    let told = world
        .provider
        .cancel(&world.known(5_000), "Khách đổi ý")
        .await
        .expect("told");
    assert_eq!(told.standing, ToldStanding::Ended(End::Cancelled));
    world.open(5_001).await.expect("a link");
    world
        .gateway()
        .payos_money(5_001, Incoming::default())
        .expect("arrives");
    let told = world
        .provider
        .cancel(&world.known(5_001), "")
        .await
        .expect("told");
    assert_eq!(
        (told.standing, told.transfers.len()),
        (ToldStanding::Paid, 1)
    );
    assert_eq!(world.status(5_000), "CANCELLED");
}

#[tokio::test]
async fn silence_ends_after_ten_seconds_and_is_unknown() {
    let world = World::of(Channel::PayOs).await;
    world
        .gateway()
        .once("payos.create", Fault::Silent { done: true });
    let since = Instant::now();
    assert!(is_unknown(&world.open(6_000).await));
    assert!(
        since.elapsed() < Duration::from_secs(12),
        "{:?}",
        since.elapsed()
    );
    assert!(world.open(6_000).await.is_ok(), "found");
    world.gateway().once("payos.get", Fault::LateMs(1_500));
    assert_eq!(
        world.standing(6_000).await,
        ToldStanding::Open,
        "late is not never"
    );
}

#[tokio::test]
async fn no_second_has_more_than_five_calls_at_the_provider() {
    let world = World::of(Channel::PayOs).await;
    let asked: Vec<_> = (0..14).map(|n| world.standing(7_000 + n)).collect();
    futures_util::future::join_all(asked).await;
    let calls = world.gateway().truth().calls;
    assert_eq!(calls.len(), 14);
    for six in calls.windows(6) {
        assert!(six[5].at_ms - six[0].at_ms >= 1_000, "{six:?}");
    }
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

#[tokio::test]
async fn payos_tells_of_money_and_a_lie_is_not_believed() {
    let world = World::of(Channel::PayOs).await;
    let ears = ears(200).await;
    world
        .provider
        .register_webhook(&ears.uri())
        .await
        .expect("registered");
    let sample = &heard(&ears, 1).await[0];
    let event = payos::read_webhook(&world.settings, None, &sample.body).expect("believed");
    assert_eq!(event.order_code, 123);

    world.gateway().update(|s| {
        s.delivery.forge = true;
        s.delivery.repeats = 2;
    });
    world.open(8_000).await.expect("a link");
    let reference = world
        .gateway()
        .payos_money(8_000, Incoming::default())
        .expect("arrives");
    let sent = heard(&ears, 5).await;
    let read =
        |request: &wiremock::Request| payos::read_webhook(&world.settings, None, &request.body);
    assert!(read(&sent[1]).is_err(), "the lie");
    for request in &sent[2..] {
        assert_eq!(
            payos::peek_order_code(&request.body).as_deref(),
            Some("8000")
        );
        let event = read(request).expect("believed");
        let News::Money(seen) = event.news else {
            panic!("money")
        };
        assert_eq!(
            (seen.reference.as_str(), seen.amount),
            (reference.as_str(), AMOUNT)
        );
        // What the webhook says and what is told when asked is the same transfer.
        let told = world.provider.ask(&world.known(8_000)).await.expect("told");
        assert_eq!(told.transfers[0].reference, seen.reference);
    }
}

#[tokio::test]
async fn payos_in_its_other_form_is_believed_where_that_is_switched_on() {
    let world = World::of(Channel::PayOs).await;
    let ears = ears(200).await;
    world.gateway().update(|s| {
        s.webhooks.payos = Some(ears.uri());
        s.delivery.seed_form = true;
    });
    world.open(8_500).await.expect("a link");
    world
        .gateway()
        .payos_money(8_500, Incoming::default())
        .expect("arrives");
    let request = heard(&ears, 1).await.remove(0);
    let header = request.headers["x-signature"].to_str().expect("text");
    let seed = world.settings.clone().with("signature_mode", "seed");
    let event = payos::read_webhook(&seed, Some(header), &request.body).expect("believed");
    assert!(matches!(event.news, News::Money(seen) if seen.amount == AMOUNT));
    assert!(payos::read_webhook(&world.settings, Some(header), &request.body).is_err());
}

#[tokio::test]
async fn a_webhook_that_is_not_taken_is_sent_again() {
    let world = World::of(Channel::PayOs).await;
    let ears = ears(503).await;
    world.gateway().update(|s| {
        s.webhooks.payos = Some(ears.uri());
        s.delivery.retry_ms = 20;
        s.delivery.retries = 2;
    });
    assert!(
        world.provider.register_webhook(&ears.uri()).await.is_err(),
        "503 is no registration"
    );
    world.open(8_600).await.expect("a link");
    world
        .gateway()
        .payos_money(8_600, Incoming::default())
        .expect("arrives");
    heard(&ears, 4).await;
    let usd = Incoming {
        amount: Some(20),
        currency: Some("USD".to_owned()),
        ..Incoming::default()
    };
    world.gateway().payos_money(8_600, usd).expect("arrives");
    let body = heard(&ears, 5).await.pop().expect("sent").body;
    let event = payos::read_webhook(&world.settings, None, &body).expect("believed");
    assert!(matches!(event.news, News::Money(seen) if seen.currency == "USD"));
}

fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    client
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}

#[tokio::test]
async fn a_vnpay_payment_goes_from_its_page_to_a_notice_and_back() {
    let world = World::of(Channel::VnPay).await;
    let ears = ears(200).await;
    world
        .gateway()
        .update(|s| s.webhooks.vnpay = Some(format!("{}/ipn", ears.uri())));
    let link = world.open(9_000).await.expect("a link");
    assert!(link.qr_text.is_some_and(|text| text.starts_with("000201")));
    let page = client()
        .get(link.checkout_url.expect("a page"))
        .send()
        .await
        .expect("answers");
    let there = page.headers()["location"]
        .to_str()
        .expect("text")
        .to_owned();
    assert_eq!(world.standing(9_000).await, ToldStanding::Open);

    let there = format!("{}{there}", world.sandbox.url());
    let pressed = client()
        .post(there)
        .header("content-type", FORM)
        .body("code=00")
        .send()
        .await
        .expect("answers");
    let back = pressed.headers()["location"].to_str().expect("text");
    let query = url::Url::parse(back)
        .expect("an address")
        .query()
        .expect("a query")
        .to_owned();
    let ipn = heard(&ears, 1).await.remove(0);
    for query in [query.as_str(), ipn.url.query().expect("a query")] {
        assert_eq!(
            vnpay::peek(query),
            Some(("SANDBOX1".to_owned(), "9000".to_owned()))
        );
        let notice = vnpay::read_notice(&world.settings, query).expect("believed");
        assert_eq!(notice.amount_hundredths, AMOUNT * 100);
        let News::Money(seen) = notice.event.news else {
            panic!("money")
        };
        let told = world.provider.ask(&world.known(9_000)).await.expect("told");
        assert_eq!(told.standing, ToldStanding::Paid);
        assert_eq!(
            (
                told.transfers[0].reference.clone(),
                told.transfers[0].amount
            ),
            (seen.reference, AMOUNT)
        );
        let lie = query.replacen("=35000000", "=350000000", 1);
        assert!(vnpay::read_notice(&world.settings, &lie).is_err());
    }
}

#[tokio::test]
async fn every_end_of_a_vnpay_payment_is_told() {
    let world = World::of(Channel::VnPay).await;
    for (at, (code, standing)) in (9_100..).zip([
        ("24", ToldStanding::Ended(End::Failed)),
        ("51", ToldStanding::Ended(End::Failed)),
        ("07", ToldStanding::Suspect),
    ]) {
        world.open(at).await.expect("a link");
        world.gateway().vnpay_ends(at, code).expect("ends");
        assert_eq!(world.standing(at).await, standing, "{code}");
    }
    assert_eq!(world.standing(9_199).await, ToldStanding::Absent);
    let told = world
        .provider
        .cancel(&world.known(9_199), "")
        .await
        .expect("told");
    assert_eq!(told.standing, ToldStanding::Absent);
    world.provider.check().await.expect("it is there");
}

#[tokio::test]
async fn vnpay_without_a_usable_answer_is_unknown() {
    let world = World::of(Channel::VnPay).await;
    for fault in no_answers(false) {
        if fault != Fault::WrongSignature {
            world.gateway().once("vnpay.genqr", fault.clone());
            assert!(is_unknown(&world.open(9_200).await), "{fault:?}");
        }
        world.gateway().once("vnpay.query", fault.clone());
        let told = world.provider.ask(&world.known(9_200)).await;
        assert!(is_unknown(&told), "{fault:?}: {told:?}");
    }
    let wrong = make(&world.settings.clone().with("hash_secret", "other")).expect("a provider");
    assert_eq!(
        refusal(wrong.ask(&world.known(9_200)).await),
        Refusal::Settings
    );
    assert_eq!(
        refusal(wrong.open(&world.order(9_201)).await),
        Refusal::Settings
    );
}

#[tokio::test]
async fn a_vnpay_payment_is_paid_back_once_for_each_id() {
    let world = World::of(Channel::VnPay).await;
    world.open(9_300).await.expect("a link");
    let reference = world.gateway().vnpay_ends(9_300, "00").expect("paid");
    let refund = |id: &str, amount: i64| RefundOrder {
        order: world.known(9_300),
        id: id.to_owned(),
        amount,
        is_whole: amount == AMOUNT,
        reference: reference.clone(),
        by: "an.nguyen".to_owned(),
        reason: "khách trả phòng".to_owned(),
    };
    let done = world
        .provider
        .refund(&refund("r-1", 100_000))
        .await
        .expect("taken");
    assert!(!done.reference.is_empty() && done.reference != reference);
    assert_eq!(
        refusal(world.provider.refund(&refund("r-1", 100_000)).await),
        Refusal::Repeated
    );
    assert_eq!(
        refusal(world.provider.refund(&refund("r-2", AMOUNT)).await),
        Refusal::Other
    );
    world
        .gateway()
        .once("vnpay.refund", Fault::Drop { done: true });
    assert!(is_unknown(
        &world.provider.refund(&refund("r-3", 250_000)).await
    ));
    assert_eq!(
        refusal(world.provider.refund(&refund("r-3", 250_000)).await),
        Refusal::Repeated
    );
    assert_eq!(world.gateway().truth().received(9_300), 0);
}

fn otp(text: &str) -> SecretString {
    SecretString::from(text)
}

#[tokio::test]
async fn a_wallet_is_asked_for_a_password_and_pays_once() {
    let world = World::of(Channel::Wallet).await;
    let ears = ears(200).await;
    let mut order = world.order(10_000);
    order.notify_url = format!("{}/webhook/wallet?x=1", ears.uri());
    let link = world.provider.open(&order).await.expect("a link");
    let prompt = link.otp.expect("a prompt");
    assert_eq!((prompt.length, prompt.attempts_left), (6, 3));
    assert!(prompt.expires_ms > now_ms());
    let again = world.provider.open(&order).await.expect("the same");
    assert_eq!(again.id, link.id, "asked again it is the same payment");

    let known = world.known(10_000);
    let wrong = world.provider.enter_otp(&known, &otp("wrong")).await;
    assert_eq!(refusal(wrong), Refusal::OtpWrong { attempts_left: 2 });
    let early = refusal(world.provider.resend_otp(&known).await);
    assert!(matches!(early, Refusal::OtpTooEarly { .. }), "{early:?}");
    let password = world.gateway().wallet_otp(10_000).expect("sent");
    let told = world
        .provider
        .enter_otp(&known, &otp(&password))
        .await
        .expect("told");
    assert_eq!(told.standing, ToldStanding::Paid);
    assert_eq!(Some(&told.transfers[0].reference), link.id.as_ref());
    assert!(!told.raw.contains(&password));

    let notice = heard(&ears, 1).await.remove(0);
    let of = |name: &str| notice.headers[name].to_str().ok();
    let read = |path: &str, body: &[u8]| {
        let (at, signature) = (of("x-timestamp"), of("x-signature"));
        wallet::read_notice(&world.settings, at, signature, path, body, now_ms() / 1_000)
    };
    let believed = read("/webhook/wallet?x=1", &notice.body).expect("believed");
    assert_eq!(
        (believed.amount, believed.event.order_code),
        (AMOUNT, 10_000)
    );
    assert!(matches!(believed.event.news, News::Money(_)));
    assert!(read("/webhook/wallet", &notice.body).is_err());
    let lie = String::from_utf8_lossy(&notice.body).replace("350000", "3500000");
    assert!(read("/webhook/wallet?x=1", lie.as_bytes()).is_err());
}

#[tokio::test]
async fn a_wallet_says_no_in_every_way() {
    let world = World::of(Channel::Wallet).await;
    world.gateway().update(|s| {
        s.unlinked.insert("nobody".to_owned());
        s.resend_after_s = 0;
    });
    let mut unlinked = world.order(10_100);
    unlinked.wallet_agent = Some("nobody".to_owned());
    assert_eq!(
        refusal(world.provider.open(&unlinked).await),
        Refusal::NotLinked
    );
    let mut rich = world.order(10_100);
    rich.amount = 9_000_000_000;
    assert_eq!(refusal(world.provider.open(&rich).await), Refusal::NoFunds);

    world.open(10_101).await.expect("a link");
    let known = world.known(10_101);
    let first = world.gateway().wallet_otp(10_101).expect("sent");
    assert!(world.provider.resend_otp(&known).await.is_ok());
    let second = world.gateway().wallet_otp(10_101).expect("sent");
    assert_ne!(first, second, "the old one is dead");
    for left in [2, 1] {
        let wrong = refusal(world.provider.enter_otp(&known, &otp(&first)).await);
        assert_eq!(
            wrong,
            Refusal::OtpWrong {
                attempts_left: left
            }
        );
    }
    let locked = refusal(world.provider.enter_otp(&known, &otp(&first)).await);
    assert_eq!(locked, Refusal::OtpLocked);
    assert_eq!(
        world.standing(10_101).await,
        ToldStanding::Ended(End::Failed)
    );
    assert_eq!(world.standing(10_199).await, ToldStanding::Absent);
    let wrong = make(&world.settings.clone().with("secret", "other")).expect("a provider");
    assert_eq!(refusal(wrong.check().await), Refusal::Settings);
    world.provider.check().await.expect("it is there");
}

#[tokio::test]
async fn a_wallet_whose_answer_was_lost_is_found_by_our_number() {
    let world = World::of(Channel::Wallet).await;
    for (at, fault) in (10_200..).zip(no_answers(true)) {
        if fault == Fault::WrongSignature {
            continue; // It signs no answers.
        }
        world.gateway().once("wallet.create", fault.clone());
        assert!(is_unknown(&world.open(at).await), "{fault:?}");
        assert_eq!(world.standing(at).await, ToldStanding::Open);
        let link = world.open(at).await.expect("the same");
        assert!(link.otp.is_some());
        let told = world
            .provider
            .cancel(&world.known(at), "")
            .await
            .expect("told");
        assert_eq!(told.standing, ToldStanding::Ended(End::Cancelled));
    }
    world.open(10_250).await.expect("a link");
    assert!(world.gateway().wallet_ends(10_250, "processing"));
    let told = world
        .provider
        .cancel(&world.known(10_250), "")
        .await
        .expect("told");
    assert_eq!(
        told.standing,
        ToldStanding::Processing,
        "it cannot be taken back"
    );
    // Another order under a number that is there.
    let mut other = world.order(10_250);
    other.payment_code = "GNOTHER12".to_owned();
    other.amount += 1;
    assert_eq!(refusal(world.provider.open(&other).await), Refusal::Other);
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
    assert_eq!(truth["gateway"]["transfers"][1]["reference"], "FT9");
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
