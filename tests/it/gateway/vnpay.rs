//! VNPay: its page, its notices, questions and refunds.

use gachno::providers::vnpay;

use super::*;

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
        ProviderRefusal::Settings
    );
    assert_eq!(
        refusal(wrong.open(&world.order(9_201)).await),
        ProviderRefusal::Settings
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
        ProviderRefusal::Repeated
    );
    assert_eq!(
        refusal(world.provider.refund(&refund("r-2", AMOUNT)).await),
        ProviderRefusal::Other
    );
    world
        .gateway()
        .once("vnpay.refund", Fault::Drop { done: true });
    assert!(is_unknown(
        &world.provider.refund(&refund("r-3", 250_000)).await
    ));
    assert_eq!(
        refusal(world.provider.refund(&refund("r-3", 250_000)).await),
        ProviderRefusal::Repeated
    );
    assert_eq!(world.gateway().truth().received(9_300), 0);
}
