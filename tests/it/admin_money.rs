//! The pages of providers, letters and notifications, as people of each role use them.

use gachno::domain::letter::{LetterChannel, LetterFault};
use gachno::server::AppState;
use gachno::store::catalogue::Role;
use gachno::store::notifications::NewNotification;
use reqwest::StatusCode;
use secrecy::ExposeSecret;

use crate::admin::{Browser, PASSWORD, Shop};
use crate::letters::letter;
use crate::smtp::{Sink, set_mail_server};

const PROVIDERS: &str = "/admin/providers";

/// Saves a form of payee 1, as of this version.
async fn save(
    browser: &mut Browser,
    channel: &str,
    version: &str,
    fields: &[(&str, &str)],
) -> crate::admin::Answer {
    let mut all = vec![("version", version), ("current", PASSWORD)];
    all.extend_from_slice(fields);
    browser
        .post(&format!("{PROVIDERS}/1/{channel}"), &all)
        .await
}

async fn old_keys(app: &AppState) -> usize {
    let channels = app.channels().await.unwrap();
    let open = channels.own(1, gachno::providers::Channel::PayOs);
    open.unwrap().unwrap().settings.old_keys().count()
}

#[tokio::test]
async fn keys_go_in_and_never_come_out() {
    let shop = Shop::open().await;
    let mut lan = shop.person("lan", Role::Owner).await;
    lan.get(PROVIDERS).await.says("Chưa đặt");
    let keys = [
        ("client_id", "c81"),
        ("api_key", "planted-api"),
        ("checksum_key", "planted-1"),
    ];
    let half = save(&mut lan, "payos", "", &keys[..2]).await;
    assert_eq!(half.status, StatusCode::UNPROCESSABLE_ENTITY);
    half.says("Còn thiếu: Checksum key").says("c81");
    assert!(!half.body.contains("planted"));
    let wrong = [&keys[..], &[("base_url", "http://api.example")]].concat();
    let wrong = save(&mut lan, "payos", "", &wrong).await;
    wrong.says("Địa chỉ API");
    let unproven = lan.post(&format!("{PROVIDERS}/1/payos"), &keys).await;
    unproven.says("mật khẩu hiện tại");
    assert_eq!(unproven.status, StatusCode::UNPROCESSABLE_ENTITY);

    let saved = save(&mut lan, "payos", "", &keys).await;
    saved.leads_to("/admin/providers?payee=1&done=saved#payos");
    let page = lan.get(PROVIDERS).await;
    page.says("Đang bật").says("c81").says("/webhook/payos");
    assert!(!page.body.contains("planted"));

    // An empty secret stays; another one keeps the one before, until it is dropped.
    let app = shop.running.app();
    save(&mut lan, "payos", "0", &[("client_id", "c82")]).await;
    assert_eq!(old_keys(app).await, 0);
    let other = [("client_id", "c82"), ("checksum_key", "planted-2")];
    save(&mut lan, "payos", "1", &other).await;
    assert_eq!(old_keys(app).await, 1);
    let stale = save(&mut lan, "payos", "1", &other).await;
    stale.says("người khác sửa");
    lan.post(&format!("{PROVIDERS}/1/payos/drop-old-keys"), &[])
        .await;
    assert_eq!(old_keys(app).await, 0);
    lan.post(&format!("{PROVIDERS}/1/payos/switch"), &[("on", "0")])
        .await;
    let off = app.channels().await.unwrap();
    assert!(
        off.own(1, gachno::providers::Channel::PayOs)
            .unwrap()
            .is_none()
    );
    lan.get(PROVIDERS).await.says("Đang tắt");
}

#[tokio::test]
async fn only_the_owner_changes_providers_and_a_manager_looks() {
    let shop = Shop::open().await;
    let mut lan = shop.person("lan", Role::Owner).await;
    let bank = [
        ("bank_bin", "970422"),
        ("account_number", "0123"),
        ("account_name", "LAN"),
    ];
    save(&mut lan, "vietqr", "", &bank).await;
    lan.post("/admin/payees", &[("name", "Nhà trọ Hoa")])
        .await
        .leads_to("/admin/providers?payee=2&done=added");
    lan.get("/admin/providers?payee=2")
        .await
        .says("Nhà trọ Hoa");
    let nowhere = lan.get("/admin/providers?payee=9").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    for path in [
        "/admin/providers/1/momo/check",
        "/admin/providers/9/vietqr/check",
    ] {
        assert_eq!(lan.post(path, &[]).await.status, StatusCode::NOT_FOUND);
    }

    let mut tu = shop.person("tu", Role::Manager).await;
    let page = tu.get(PROVIDERS).await;
    page.says("970422");
    assert!(
        !page.body.contains("<form class=\"card\"") && !page.body.contains("name=\"bank_bin\"")
    );
    let refused = save(&mut tu, "vietqr", "0", &bank).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    for role in [Role::Operator, Role::Collector, Role::ReadOnly] {
        let mut other = shop.person(role.wire(), role).await;
        assert_eq!(other.get(PROVIDERS).await.status, StatusCode::FORBIDDEN);
        assert!(!other.get("/admin/me").await.body.contains(PROVIDERS));
    }
}

#[tokio::test]
async fn a_connection_is_tried_and_a_letter_is_sent_to_look_at() {
    let shop = Shop::open().await;
    let sink = Sink::open().await;
    let mut lan = shop.person("lan", Role::Owner).await;
    let check = format!("{PROVIDERS}/1/smtp/check");
    lan.post(&check, &[]).await.says("Chưa đặt");
    let template = "/admin/templates/1/payment_paid";
    let words = [
        ("subject", "Cảm ơn {customer_name} <b>"),
        ("body", "Đã nhận {amount} của {customer_name}.\n\nHết"),
        ("recipient", "lan@example.org"),
    ];
    let none = lan.post(&format!("{template}/test"), &words).await;
    none.says("Chưa đặt máy chủ thư");
    set_mail_server(&shop, sink.port).await;
    lan.post(&check, &[]).await.says("Kết nối tốt");
    lan.post(&format!("{template}/test"), &words)
        .await
        .says("Đã gửi thử tới lan@example.org");
    assert_eq!(sink.mails().len(), 1);

    let seen = lan.post(&format!("{template}/preview"), &words).await;
    seen.says("<p>Đã nhận 350.000 đ của Nguyễn Thị Lan.</p>");
    let unknown = [("subject", "a"), ("body", "{so_tien}")];
    let refused = lan.post(template, &unknown).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("so_tien");
    lan.post(template, &words)
        .await
        .leads_to("/admin/templates?payee=1&done=saved");
    lan.get("/admin/templates").await.says("của bên nhận này");
    lan.get(template).await.says("Dùng lại lời chung");
    lan.post(&format!("{template}/drop"), &[]).await;
    assert!(!lan.get(template).await.body.contains("Dùng lại lời chung"));
    let strange = lan.get("/admin/templates/1/nothing").await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_letter_is_seen_with_its_attempts_and_sent_again() {
    let shop = Shop::open().await;
    let mut lan = shop.person("lan", Role::Owner).await;
    let letters = shop.store().letters();
    let taken = loop {
        // Our own task may be faster with one of them.
        let code = format!("L{}", rand::random::<u32>());
        letters.write(&letter(&code)).await.unwrap();
        let taken = letters.claim(&[LetterChannel::Email], 1).await.unwrap();
        if let Some(taken) = taken.into_iter().next() {
            break taken;
        }
    };
    let no = LetterFault::Permanent("550 không có hộp thư".to_owned());
    letters.failed(&taken, no).await.unwrap();
    let page = format!("/admin/letters/{}", taken.id);
    lan.get("/admin/t/letter").await.says(&page);
    lan.get(&page)
        .await
        .says("Đã thôi")
        .says("550 không có hộp thư")
        .says(&taken.message_id)
        .says("Gửi lại");
    let mut xem = shop.person("xem", Role::ReadOnly).await;
    assert!(!xem.get(&page).await.body.contains("Gửi lại"));
    let again = format!("{page}/again");
    assert_eq!(xem.post(&again, &[]).await.status, StatusCode::FORBIDDEN);
    lan.post(&again, &[])
        .await
        .leads_to(&format!("{page}?done=again"));
    lan.get(&page).await.says("Có người cho gửi lại");
    let twice = lan.post(&again, &[]).await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_bell_counts_what_one_has_not_read() {
    let shop = Shop::open().await;
    let mut lan = shop.person("lan", Role::Owner).await;
    let mut hoa = shop.person("hoa", Role::Operator).await;
    for key in ["a", "b"] {
        let new = NewNotification {
            payee: 1,
            user_id: None,
            key: key.to_owned(),
            title: "Đã nhận 350.000 đ".to_owned(),
            text: "Mã AB12".to_owned(),
            url: if key == "a" {
                "/admin/t/payment"
            } else {
                "https://evil.example"
            }
            .to_owned(),
        };
        shop.store().notifications().tell(&new).await.unwrap();
    }
    lan.get("/admin").await.says("Thông báo, 2 chưa đọc");
    let page = lan.get("/admin/notifications").await;
    page.says("href=\"/admin/t/payment\"")
        .says("Đánh dấu đã đọc hết");
    assert!(!page.body.contains("evil.example"));
    lan.get("/admin").await.says("Thông báo, 2 chưa đọc");
    lan.post("/admin/notifications/read", &[])
        .await
        .leads_to("/admin/notifications");
    let after = lan.get("/admin").await;
    assert!(after.body.contains("class=\"bell\"") && !after.body.contains("chưa đọc"));
    assert!(!hoa.get("/admin").await.body.contains("class=\"bell\""));
    let refused = hoa.get("/admin/notifications").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_running_server_follows_what_another_program_sets() {
    let shop = Shop::open().await;
    let app = shop.running.app();
    let has_mail = async || {
        let channels = app.channels().await.unwrap();
        let open = channels.used(7, gachno::providers::Channel::Smtp);
        open.unwrap().is_some()
    };
    assert!(!has_mail().await);
    let text = r#"{"host":"127.0.0.1","port":25,"tls":"none","from":"a@b.example"}"#;
    let settings = gachno::providers::Settings::read(gachno::providers::Channel::Smtp, text);
    let settings = settings.unwrap();
    let new = gachno::store::channels::NewChannel {
        payee: 1,
        channel: "smtp",
        sealed: &app.vault().seal(&settings.sealable()),
        shown: &settings.shown(),
        is_on: true,
        version: None,
    };
    let actor = gachno::store::Actor::system();
    shop.store().channels().put(new, &actor).await.unwrap();
    let begun = std::time::Instant::now();
    while !has_mail().await {
        assert!(begun.elapsed().as_secs() < 5, "not followed");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn who_works_for_one_payee_sees_no_other_and_signs_in_with_the_password_that_was_piped() {
    let shop = Shop::open().await;
    let actor = gachno::store::Actor::system();
    let two = shop.store().payees().add("Nhà trọ Hoa", &actor).await;
    assert_eq!(two.unwrap(), 2);
    let wanted = gachno::store::people::PersonWanted {
        username: "hai",
        role: Role::Owner,
        name: None,
        email: None,
        phone: None,
        payee: Some(2),
        collector: gachno::store::people::CollectorWanted::default(),
    };
    let password = secrecy::SecretString::from(PASSWORD);
    let hash = gachno::store::people::hash_password(&password).unwrap();
    let accounts = shop.store().accounts();
    accounts
        .put(&wanted, Some(&hash), &hash, &actor)
        .await
        .unwrap();
    let mut hai = shop.browser();
    hai.sign_in("hai", PASSWORD).await.leads_to("/admin");
    let page = hai.get("/admin/providers?payee=1").await;
    page.says("Nhà trọ Hoa").says("/admin/providers/2/payos");
    assert!(!page.body.contains("/admin/providers/1/"));
    let other = hai
        .post("/admin/providers/1/payos/switch", &[("on", "0")])
        .await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    let words = hai.get("/admin/templates/1/payment_paid").await;
    assert_eq!(words.status, StatusCode::NOT_FOUND);
    let made = hai.post("/admin/payees", &[("name", "Ba")]).await;
    assert_eq!(made.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_machine_at_the_desk_needs_a_person() {
    let shop = Shop::open().await;
    let mut lan = shop.person("lan", Role::Owner).await;
    let hoa = shop.add_person("hoa", Role::Collector).await;
    let desk = [("name", "quầy 1"), ("scope", "desk")];
    let refused = lan.post("/admin/machines", &desk).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let strange = [&desk[..], &[("person", "ai đó")]].concat();
    lan.post("/admin/machines", &strange).await.says("ai đó");
    let bound = [&desk[..], &[("person", "hoa")]].concat();
    let made = lan.post("/admin/machines", &bound).await;
    let token = made.body.split("secret code\">").nth(1).unwrap();
    let token = secrecy::SecretString::from(token.split('<').next().unwrap());
    let machines = shop.store().machines();
    let machine = machines.of_token(token.expose_secret()).await.unwrap();
    assert_eq!(machine.unwrap().person, Some(hoa));
}
