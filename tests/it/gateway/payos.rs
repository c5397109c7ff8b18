//! PayOS: links, webhooks, and what is not an answer.

use gachno::providers::payos;

use super::*;

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
    assert_eq!(
        refusal(world.provider.open(&other).await),
        ProviderRefusal::Other
    );
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
        ("20", ProviderRefusal::Other),
        ("201", ProviderRefusal::Settings),
        ("214", ProviderRefusal::Settings),
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
            ProviderRefusal::Settings
        );
        assert_eq!(refusal(wrong.check().await), ProviderRefusal::Settings);
    }
    let wrong = make(&world.settings.clone().with("checksum_key", "other")).expect("a provider");
    assert_eq!(
        refusal(wrong.open(&world.order(4_001)).await),
        ProviderRefusal::Settings
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

#[tokio::test]
async fn news_can_come_in_another_order() {
    let world = World::of(Channel::PayOs).await;
    let ears = ears(200).await;
    world.gateway().update(|s| {
        s.webhooks.payos = Some(ears.uri());
        s.delivery.reorder = true;
    });
    world.open(8_700).await.expect("a link");
    for reference in ["FIRST", "SECOND"] {
        let money = Incoming {
            amount: Some(1_000),
            reference: Some(reference.to_owned()),
            ..Incoming::default()
        };
        world.gateway().payos_money(8_700, money).expect("arrives");
    }
    let keys: Vec<String> = heard(&ears, 2)
        .await
        .iter()
        .map(|r| {
            payos::read_webhook(&world.settings, None, &r.body)
                .expect("believed")
                .key
        })
        .collect();
    assert!(
        keys[0].ends_with("SECOND") && keys[1].ends_with("FIRST"),
        "{keys:?}"
    );
}
