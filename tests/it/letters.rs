//! What is kept for providers, letters and notifications, on both databases.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gachno::domain::Language;
use gachno::domain::letter::{
    LetterChannel, LetterFault, LetterKind, LetterWords, TRIES_MAX, Template, message_id,
};
use gachno::store::catalogue::Role;
use gachno::store::channels::NewChannel;
use gachno::store::letters::{LEASE_MS, LetterData, NewLetter};
use gachno::store::machines::Scope;
use gachno::store::notifications::{NewNotification, Reader, Sees};
use gachno::store::people::{CollectorWanted, PersonWanted};
use gachno::store::{Actor, Store, StoreError};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::database::{Base, Which, on_both};

const START_MS: i64 = 1_795_275_840_000;
const EMAIL: [LetterChannel; 1] = [LetterChannel::Email];

async fn opened(base: &Base) -> (Store, Arc<AtomicI64>) {
    let clock = Arc::new(AtomicI64::new(START_MS));
    (base.store().await.with_clock(Arc::clone(&clock)), clock)
}

pub fn letter(code: &str) -> NewLetter {
    NewLetter {
        message_id: message_id(LetterChannel::Email, LetterKind::PaymentPaid, code),
        channel: LetterChannel::Email,
        payee: 1,
        payment: None,
        kind: LetterKind::PaymentPaid,
        recipient: "lan@example.org".to_owned(),
        subject: format!("Đã nhận {code}"),
        text: "Cảm ơn.\n.\nHết".to_owned(),
        html: Some("<p>Cảm ơn.</p>".to_owned()),
        data: None,
    }
}

on_both! {
async fn what_zalo_cannot_deliver_goes_by_sms_as_the_same_news(base: &Base) {
    let (store, _) = opened(base).await;
    let by_zalo = NewLetter {
        message_id: message_id(LetterChannel::Zns, LetterKind::DeskSettled, "PT1"),
        channel: LetterChannel::Zns,
        kind: LetterKind::DeskSettled,
        recipient: "0901234567".to_owned(),
        html: None,
        data: Some(LetterData { filled: serde_json::Map::new(), or_by_sms: true, desk_payment: 1 }),
        ..letter("PT1")
    };
    store.letters().write(&by_zalo).await.unwrap();
    let claimed = store.letters().claim(&LetterChannel::ALL, 9).await.unwrap().remove(0);
    store.letters().failed(&claimed, LetterFault::Undeliverable("không có Zalo".to_owned())).await.unwrap();
    let by_sms = store.letters().claim(&LetterChannel::ALL, 9).await.unwrap().remove(0);
    assert_eq!((by_sms.channel, by_sms.kind.as_str(), by_sms.text), (LetterChannel::Sms, "desk_settled", by_zalo.text));
    let given_up = store.letters().find(claimed.id).await.unwrap().unwrap();
    assert_eq!((given_up.state.as_str(), given_up.why.as_deref()), ("given_up", Some("không có Zalo")));
}
}

on_both! {
async fn a_letter_is_written_once_and_handed_to_one_sender_at_a_time(base: &Base) {
    let (store, clock) = opened(base).await;
    assert!(store.letters().write(&letter("A")).await.unwrap());
    assert!(!store.letters().write(&letter("A")).await.unwrap());
    for code in ["B", "C", "D", "E", "F", "G", "H"] {
        store.letters().write(&letter(code)).await.unwrap();
    }
    let claims = futures_util::future::join_all((0..4).map(|_| async { store.letters().claim(&EMAIL, 3).await.unwrap() })).await;
    let mut ids: Vec<i64> = claims.iter().flatten().map(|letter| letter.id).collect();
    ids.sort_unstable();
    let mut rest: Vec<i64> = store.letters().claim(&EMAIL, 100).await.unwrap().iter().map(|letter| letter.id).collect();
    ids.append(&mut rest);
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!((count, ids.len()), (8, 8), "nobody was handed the same one");
    assert!(store.letters().claim(&[LetterChannel::Sms], 100).await.unwrap().is_empty());

    // Who died with it is followed by another one, with the same id.
    clock.fetch_add(LEASE_MS, Ordering::Relaxed);
    let again = store.letters().claim(&EMAIL, 100).await.unwrap();
    assert_eq!(again.len(), 8);
    let first = claims.iter().flatten().next().unwrap();
    let second = again.iter().find(|letter| letter.id == first.id).unwrap();
    assert_eq!((second.tries, &second.message_id), (2, &first.message_id));
    // What the first one says of a failure is not believed any more, that it went is.
    store.letters().failed(first, LetterFault::Permanent("550".to_owned())).await.unwrap();
    assert_eq!(store.letters().find(first.id).await.unwrap().unwrap().state, "waiting");
    store.letters().sent(first).await.unwrap();
    let seen = store.letters().find(first.id).await.unwrap().unwrap();
    assert_eq!((seen.state.as_str(), seen.sent_at), ("sent", Some(START_MS + LEASE_MS)));
    store.letters().failed(second, LetterFault::Permanent("550".to_owned())).await.unwrap();
    assert_eq!(store.letters().find(first.id).await.unwrap().unwrap().state, "sent");
    assert_eq!(store.letters().counts().await.unwrap(), [("email".to_owned(), "waiting".to_owned(), 7)]);
}
}

on_both! {
async fn a_letter_that_fails_rests_is_given_up_and_sent_again(base: &Base) {
    let (store, clock) = opened(base).await;
    store.letters().write(&letter("A")).await.unwrap();
    for tries in 1..=TRIES_MAX {
        let taken = store.letters().claim(&EMAIL, 10).await.unwrap();
        assert_eq!((taken.len(), taken[0].tries), (1, tries));
        store.letters().failed(&taken[0], LetterFault::Temporary("451 bận".to_owned())).await.unwrap();
        assert!(store.letters().claim(&EMAIL, 10).await.unwrap().is_empty(), "it rests");
        let kept = store.letters().find(taken[0].id).await.unwrap().unwrap();
        assert_eq!(kept.state, if tries < TRIES_MAX { "waiting" } else { "given_up" });
        clock.store(kept.next_at, Ordering::Relaxed);
    }
    assert!(store.letters().claim(&EMAIL, 10).await.unwrap().is_empty());
    let id = 1;
    store.letters().again(id, &Actor::system()).await.unwrap();
    assert!(matches!(store.letters().again(id, &Actor::system()).await, Err(StoreError::NoRow)));
    let taken = store.letters().claim(&EMAIL, 10).await.unwrap();
    assert_eq!((taken.len(), taken[0].tries), (1, 1));
    store.letters().failed(&taken[0], LetterFault::Permanent("550 không có hộp thư".to_owned())).await.unwrap();
    let kept = store.letters().find(id).await.unwrap().unwrap();
    assert_eq!((kept.state.as_str(), kept.why.as_deref()), ("given_up", Some("550 không có hộp thư")));
    let tries = store.letters().tries(id).await.unwrap();
    assert_eq!(tries.len(), usize::try_from(TRIES_MAX).unwrap() + 2);
    assert_eq!((tries[0].result.as_str(), tries[1].result.as_str()), ("given_up", "again"));
}
}

on_both! {
async fn letters_say_what_the_payee_says_else_the_first_one(base: &Base) {
    let (store, _) = opened(base).await;
    let actor = Actor::system();
    let two = store.payees().add("Nhà trọ Hoa", &actor).await.unwrap();
    assert_eq!(two, 2);
    let subject = async |payee| {
        let words = LetterWords::new().with("payment_code", "AB12");
        store.letters().compose(payee, LetterKind::PaymentPaid, Language::Vi, &words).await.unwrap().subject
    };
    assert!(subject(2).await.starts_with("Đã nhận thanh toán AB12"));
    let own = |subject: &str| Template { subject: subject.to_owned(), body: "Cảm ơn".to_owned() };
    let key = |payee| (payee, LetterKind::PaymentPaid, Language::Vi);
    store.letters().set_template(key(1), &own("Một {payment_code}"), None, &actor).await.unwrap();
    assert_eq!((subject(1).await, subject(2).await), ("Một AB12".to_owned(), "Một AB12".to_owned()));
    store.letters().set_template(key(2), &own("Hai"), None, &actor).await.unwrap();
    assert!(matches!(store.letters().set_template(key(2), &own("Ba"), None, &actor).await, Err(StoreError::Stale)));
    assert!(matches!(store.letters().set_template(key(2), &own("{x}"), Some(0), &actor).await, Err(StoreError::BadValue { .. })));
    assert_eq!(subject(2).await, "Hai");
    store.letters().drop_template(2, LetterKind::PaymentPaid, Language::Vi, &actor).await.unwrap();
    assert_eq!(subject(2).await, "Một AB12");
}
}

on_both! {
async fn settings_of_providers_are_kept_once_and_sealed_anew(base: &Base) {
    let (store, _) = opened(base).await;
    let actor = Actor::system();
    let shown = json!({ "client_id": "c" });
    let new = |sealed, version| NewChannel { payee: 1, channel: "payos", sealed, shown: &shown, is_on: true, version };
    store.channels().put(new("first", None), &actor).await.unwrap();
    assert!(matches!(store.channels().put(new("other", None), &actor).await, Err(StoreError::Stale)));
    store.channels().put(new("second", Some(0)), &actor).await.unwrap();
    assert!(matches!(store.channels().put(new("late", Some(0)), &actor).await, Err(StoreError::Stale)));
    let nobody = NewChannel { payee: 9, ..new("x", None) };
    assert!(matches!(store.channels().put(nobody, &actor).await, Err(StoreError::BadValue { .. })));
    store.channels().switch(1, "payos", false, &actor).await.unwrap();
    assert!(matches!(store.channels().switch(1, "vnpay", true, &actor).await, Err(StoreError::NoRow)));
    let renewed = store.seals().reseal(&|sealed| Ok(Some(format!("{sealed} anew"))), &actor).await.unwrap();
    assert_eq!(renewed, 1);
    let kept = store.channels().find(1, "payos").await.unwrap().unwrap();
    assert_eq!((kept.sealed.as_str(), kept.is_on, kept.version), ("second anew", false, 3));
    assert_eq!(store.channels().list().await.unwrap(), [kept]);
    let trail = store.tables().list(&gachno::store::catalogue::house::AUDIT, &gachno::store::tables::ListQuery::default(), 100).await.unwrap();
    let told = format!("{:?}", trail.rows);
    assert!(told.contains("provider.set") && !told.contains("second"), "{told}");
}
}

on_both! {
async fn a_notification_is_told_once_and_read_by_each(base: &Base) {
    let (store, _) = opened(base).await;
    let new = |key: &str, payee, user_id| NewNotification {
        payee,
        user_id,
        key: key.to_owned(),
        title: format!("Đã trả {key}"),
        text: "350.000 đ".to_owned(),
        url: "/admin".to_owned(),
    };
    for note in [new("a", 1, None), new("a", 1, None), new("b", 2, None), new("c", 1, Some(5))] {
        store.notifications().tell(&note).await.unwrap();
    }
    let (boss, five, two, customer, token) = (
        Reader::person(4, Sees::All),
        Reader::person(5, Sees::Payee(1)),
        Reader::person(6, Sees::Payee(2)),
        Reader::person(5, Sees::Own),
        Reader::token(7, Sees::Payee(1)),
    );
    let unread = async || {
        let mut counts = Vec::new();
        for reader in [&boss, &five, &two, &customer, &token] {
            counts.push(store.notifications().unread(reader).await.unwrap());
        }
        counts
    };
    assert_eq!(unread().await, [2, 2, 1, 1, 1]);
    let seen = store.notifications().list(&boss, 10).await.unwrap();
    assert_eq!(seen.iter().map(|n| n.title.as_str()).collect::<Vec<_>>(), ["Đã trả b", "Đã trả a"]);
    let ids: Vec<i64> = seen.iter().map(|n| n.id).collect();
    store.notifications().read(&two, &ids).await.unwrap();
    assert_eq!(unread().await, [2, 2, 0, 1, 1], "only what one may see");
    store.notifications().read_all(&boss).await.unwrap();
    store.notifications().read_all(&boss).await.unwrap();
    store.notifications().read_all(&customer).await.unwrap();
    // The same person, whichever way they look.
    assert_eq!(unread().await, [0, 1, 0, 0, 1]);
    assert!(store.notifications().list(&boss, 10).await.unwrap().iter().all(|n| n.is_read));
}
}

on_both! {
async fn a_token_of_somebody_who_is_put_away_opens_nothing(base: &Base) {
    let (store, _) = opened(base).await;
    let actor = Actor::system();
    let wanted = PersonWanted {
        username: "hoa",
        role: Role::Collector,
        name: Some("Hoa"),
        email: None,
        phone: None,
        payee: Some(1),
        collector: CollectorWanted::default(),
    };
    let hoa = store.accounts().put(&wanted, None, "unknown", &actor).await.unwrap();
    assert!(hoa.is_new);
    assert!(!store.accounts().put(&wanted, None, "unknown", &actor).await.unwrap().is_new);
    let account = store.accounts().find(hoa.id).await.unwrap().unwrap();
    assert_eq!((account.payee, account.must_change), (Some(1), false));
    let token = store.machines().add_for("quầy", &[Scope::Desk], None, Some(hoa.id), &actor).await.unwrap().token;
    let machine = store.machines().of_token(token.expose_secret()).await.unwrap().unwrap();
    assert_eq!(machine.person, Some(hoa.id));
    store.accounts().set_role(hoa.id, Role::Collector, gachno::store::catalogue::AccountStatus::Suspended, &actor).await.unwrap();
    assert!(store.machines().of_token(token.expose_secret()).await.unwrap().is_none());
}
}
