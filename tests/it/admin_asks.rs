//! What cannot be taken back is asked about, in a real browser: the dialogs are counted, and nothing is
//! done before somebody says yes.

use std::time::{Duration, Instant};

use fantoccini::{Client, Locator};
use gachno::store::Actor;
use gachno::store::machines::Scope;
use secrecy::ExposeSecret;

use crate::admin::{PASSWORD, Shop};
use crate::axe::assert_accessible;

const PATIENCE: Duration = Duration::from_secs(20);

async fn fill(page: &Client, name: &str, text: &str) {
    let css = format!(".gate [name='{name}']");
    let end = Instant::now() + PATIENCE;
    loop {
        let field = page
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(&css));
        // Found on a page that the next one has just taken the place of: nothing was typed.
        match field.await.expect(name).send_keys(text).await {
            Ok(()) => return,
            Err(error) => assert!(Instant::now() < end, "{name}: {error}"),
        }
    }
}

async fn press(page: &Client, words: &str) {
    let path = format!("//button[contains(., '{words}')]");
    let button = page
        .wait()
        .at_most(PATIENCE)
        .for_element(Locator::XPath(&path));
    button.await.expect(words).click().await.expect("pressed");
}

async fn question(page: &Client) -> String {
    let end = Instant::now() + PATIENCE;
    loop {
        match page.get_alert_text().await {
            Ok(text) => return text,
            Err(error) => assert!(Instant::now() < end, "nobody asks: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_machine_is_revoked_on_the_second_step_alone() {
    let shop = Shop::open().await;
    let machines = shop.store().machines();
    let token = machines
        .add("Quầy 1", &[Scope::Lease], None, &Actor::system())
        .await
        .expect("added")
        .token;
    let works = async || {
        machines
            .of_token(token.expose_secret())
            .await
            .expect("read")
            .is_some()
    };
    let (session, page, _, _folder) = crate::eyes::open().await;
    let url = shop.running.url();
    page.goto(&format!("{url}/admin/machines"))
        .await
        .expect("there");
    assert_accessible(&page, "signing in").await;
    fill(&page, "username", "chu").await;
    fill(&page, "password", &shop.first_password).await;
    press(&page, "Đăng nhập").await;
    fill(&page, "password", PASSWORD).await;
    fill(&page, "again", PASSWORD).await;
    press(&page, "Lưu và vào").await;
    page.goto(&format!("{url}/admin/machines"))
        .await
        .expect("there");

    press(&page, "Thu hồi").await;
    assert!(question(&page).await.contains("Thu hồi mã của máy này?"));
    page.dismiss_alert().await.expect("no");
    assert!(works().await, "no means no");
    press(&page, "Thu hồi").await;
    question(&page).await;
    page.accept_alert().await.expect("yes");
    let end = Instant::now() + PATIENCE;
    while works().await {
        assert!(Instant::now() < end, "yes means yes");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    session.close().await;
}
