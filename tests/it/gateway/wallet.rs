//! The wallet: passwords, refusals, notices.

use gachno::providers::wallet;

use super::*;

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
    assert_eq!(
        refusal(wrong),
        ProviderRefusal::OtpWrong { attempts_left: 2 }
    );
    let early = refusal(world.provider.resend_otp(&known).await);
    assert!(
        matches!(early, ProviderRefusal::OtpTooEarly { .. }),
        "{early:?}"
    );
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
        ProviderRefusal::NotLinked
    );
    let mut rich = world.order(10_100);
    rich.amount = 9_000_000_000;
    assert_eq!(
        refusal(world.provider.open(&rich).await),
        ProviderRefusal::NoFunds
    );

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
            ProviderRefusal::OtpWrong {
                attempts_left: left
            }
        );
    }
    let locked = refusal(world.provider.enter_otp(&known, &otp(&first)).await);
    assert_eq!(locked, ProviderRefusal::OtpLocked);
    assert_eq!(
        world.standing(10_101).await,
        ToldStanding::Ended(End::Failed)
    );
    assert_eq!(world.standing(10_199).await, ToldStanding::Absent);
    let wrong = make(&world.settings.clone().with("secret", "other")).expect("a provider");
    assert_eq!(refusal(wrong.check().await), ProviderRefusal::Settings);
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
    assert_eq!(
        refusal(world.provider.open(&other).await),
        ProviderRefusal::Other
    );
}
