//! A stranger pays on a phone, in a real browser.
//!
//! Pictures of the pages go into the folder that `GACHNO_PICTURES` names, else into a temporary one.

use std::path::Path;
use std::time::{Duration, Instant};

use fantoccini::{Client, Locator};
use gachno::sandbox::{self, Incoming};
use serde_json::json;

use crate::axe::assert_accessible;
use crate::database::{Base, Which};
use crate::pay::PayShop;

const PATIENCE: Duration = Duration::from_secs(20);

pub async fn picture(page: &Client, folder: &Path, name: &str) {
    let png = page.screenshot().await.expect("a picture");
    std::fs::write(folder.join(format!("{name}.png")), png).expect("kept");
}

pub async fn waits_for(page: &Client, css: &str) {
    let found = page.wait().at_most(PATIENCE).for_element(Locator::Css(css));
    found.await.expect(css);
}

pub async fn number(page: &Client, script: &str) -> f64 {
    let answer = page.execute(script, vec![]).await.expect("a script");
    answer.as_f64().expect("a number")
}

/// Nothing sticks out of a phone, and nothing is too small for a thumb.
pub async fn fits_a_phone(page: &Client) {
    let over = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert!(number(page, over).await <= 0.0, "something sticks out");
    // A tick is pressed on its label.
    let small = "return [...document.querySelectorAll('button, a, input, select, summary')] \
                 .filter(e => e.offsetParent && e.type !== 'hidden') \
                 .map(e => e.matches('[type=checkbox], [type=radio]') ? e.closest('label') || e : e) \
                 .filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80)).join()";
    let small = page.execute(small, vec![]).await.expect("a script");
    assert_eq!(small, json!(""), "too small for a thumb");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stranger_pays_on_a_phone() {
    gachno::init_tls();
    let base = Base::new(Which::Sqlite).expect("a database");
    let sandbox = sandbox::start(sandbox::SandboxOptions::default())
        .await
        .expect("starts");
    let shop = PayShop::live(&base, &sandbox).await;
    let (session, page, pictures, _folder) = crate::eyes::open().await;
    page.set_window_size(360, 740).await.expect("size");

    let (_, token) = shop.request(350_000).await;
    let url = format!("{}/pay/{token}", shop.running.url());
    page.goto(&format!("{url}?lang=vi")).await.expect("there");
    waits_for(&page, "main[data-state='unpaid'] button[value='payos']").await;
    fits_a_phone(&page).await;
    assert_accessible(&page, "choosing how to pay").await;
    picture(&page, &pictures, "pay_choose").await;

    let method = Locator::Css("button[value='payos']");
    page.find(method)
        .await
        .expect("a way")
        .click()
        .await
        .expect("pressed");
    waits_for(&page, "main[data-state='pending'] img.qr").await;
    let width = "return document.querySelector('img.qr').naturalWidth";
    let begun = Instant::now();
    while number(&page, width).await < 100.0 {
        assert!(begun.elapsed() < PATIENCE, "the QR is a picture");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    fits_a_phone(&page).await;
    assert_accessible(&page, "paying").await;
    picture(&page, &pictures, "pay_pending").await;

    // It turns green by itself: the page is the same one all the while.
    page.execute("window.isTheSame = true", vec![])
        .await
        .expect("marked");
    let (_, shown) = shop.call("GET", &format!("/pay/{token}"), None, None).await;
    let code = shown["payment"]["order_code"].as_i64().expect("a number");
    let money = |amount| Incoming {
        amount: Some(amount),
        reference: None,
        currency: None,
        untold: false,
    };
    sandbox
        .gateway()
        .payos_money(code, money(150_000))
        .expect("a link");
    waits_for(&page, "main[data-state='underpaid']").await;
    picture(&page, &pictures, "pay_underpaid").await;
    sandbox
        .gateway()
        .payos_money(code, money(200_000))
        .expect("a link");
    waits_for(&page, "main[data-state='paid'] .status").await;
    let is_same = page
        .execute("return window.isTheSame === true", vec![])
        .await;
    assert_eq!(is_same.expect("a script"), json!(true), "without a reload");
    assert_accessible(&page, "paid").await;
    picture(&page, &pictures, "pay_paid").await;

    // Taken back by the customer, in English.
    let (_, token) = shop.request(90_000).await;
    let url = format!("{}/pay/{token}?lang=en", shop.running.url());
    page.goto(&url).await.expect("there");
    page.find(Locator::Css("button[value='vietqr']"))
        .await
        .expect("a way")
        .click()
        .await
        .expect("pressed");
    waits_for(&page, "main[data-state='pending'] img.qr").await;
    let cancel = Locator::XPath("//form[contains(@action, '/cancel')]//button");
    page.find(cancel)
        .await
        .expect("a button")
        .click()
        .await
        .expect("pressed");
    waits_for(&page, "main[data-state='cancelled'] button[value='payos']").await;
    assert_accessible(&page, "cancelled").await;
    picture(&page, &pictures, "pay_cancelled").await;
    session.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_page_without_script_pays_all_the_same() {
    gachno::init_tls();
    let base = Base::new(Which::Sqlite).expect("a database");
    let sandbox = sandbox::start(sandbox::SandboxOptions::default())
        .await
        .expect("starts");
    let shop = PayShop::live(&base, &sandbox).await;
    let (_, token) = shop.request(350_000).await;
    let url = format!("{}/pay/{token}", shop.running.url());
    let html = async || {
        shop.http
            .get(&url)
            .header("accept", "text/html")
            .send()
            .await
            .expect("there")
            .text()
            .await
            .expect("text")
    };
    assert!(html().await.contains("name=\"method\" value=\"payos\""));
    let form = format!("token={token}&method=payos");
    let process = format!("{}/payment/process_payment", shop.running.url());
    let answer = shop
        .http
        .post(process)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .expect("sent");
    assert_eq!(answer.status(), 302);
    assert_eq!(
        answer.headers()["location"].to_str().expect("text"),
        format!("/pay/{token}")
    );
    let page = html().await;
    assert!(
        page.contains("data-state=\"pending\"")
            && page.contains(&format!("href=\"/pay/{token}?lang=vi\"")),
        "a link to the same address"
    );
    assert!(
        !page.contains("<style") && !page.contains("onclick") && !page.contains("javascript:"),
        "no inline script"
    );
    let picture = shop
        .http
        .get(format!("{url}/qr.png"))
        .send()
        .await
        .expect("there");
    assert_eq!(picture.headers()["content-type"], "image/png");
    for path in ["/pay/nobodys-token", "/payment/status/1"] {
        let answer = shop
            .http
            .get(format!("{}{path}", shop.running.url()))
            .header("accept", "text/html")
            .send()
            .await
            .expect("there");
        assert_eq!(answer.status(), 404);
        assert!(
            answer.text().await.expect("text").contains("<main"),
            "a page for a person"
        );
    }
}
