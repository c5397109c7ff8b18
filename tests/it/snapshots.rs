//! What people and programs see, as it was seen last: the main pages of the admin, and the API's
//! description. A change is looked at (`cargo insta review`) before it is taken.

use gachno::domain::{JobList, Service};
use gachno::store::Actor;
use gachno::store::catalogue::{Role, goods};
use gachno::store::jobs::{JobOrigin, NewJob};

use super::admin::{Browser, Shop};

/// A shop on a day that never changes, with something in it.
async fn shop() -> (Shop, Browser) {
    let shop = Shop::open().await;
    let browser = shop.person("lan", Role::Owner).await;
    let list = JobList::from_lines(
        Service::PayEvn,
        gachno::domain::Defaults::default(),
        "PE01000100001|D1\nPE01000100002",
    );
    let jobs: Vec<NewJob> = list
        .jobs
        .iter()
        .map(|job| NewJob::of(Service::PayEvn, job, JobOrigin::Sample))
        .collect();
    let actor = Actor::system();
    let store = shop.store();
    store.jobs().add(&jobs, &actor).await.unwrap();
    let card = [
        ("user_id", "1"),
        ("title", "Thẻ 50.000"),
        ("price", "50.000"),
    ];
    let card = card.map(|(name, value)| (name.to_owned(), value.to_owned()));
    store
        .tables()
        .add(&goods::PRODUCTS, &card.to_vec(), &actor)
        .await
        .unwrap();
    (shop, browser)
}

/// What differs from run to run is masked: ids, tokens, the assets' version.
fn masked() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    for (what, mask) in [
        (
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[uuid]",
        ),
        (r"\?v=[0-9a-f]{12}", "?v=[version]"),
        (r"\b[0-9a-f]{16}\b", "[handle]"),
        (r"127\.0\.0\.1:\d+", "[address]"),
    ] {
        settings.add_filter(what, mask);
    }
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings
}

#[tokio::test]
async fn the_pages_look_as_they_did() {
    let (_shop, mut browser) = shop().await;
    let settings = masked();
    for (name, path) in [
        ("dashboard", "/admin"),
        ("jobs", "/admin/t/jobs"),
        ("product", "/admin/t/products/1"),
        ("new_job", "/admin/t/jobs/new"),
        ("trail", "/admin/t/audit"),
        ("review", "/admin/review"),
        ("import", "/admin/import"),
        ("people", "/admin/people"),
        ("machines", "/admin/machines"),
        ("settings", "/admin/settings"),
        ("providers", "/admin/providers"),
        ("templates", "/admin/templates"),
        ("template", "/admin/templates/1/payment_paid"),
        ("notifications", "/admin/notifications"),
        ("oneself", "/admin/me"),
        ("no_page", "/admin/nowhere"),
    ] {
        let answer = browser.get(path).await;
        // The request's id stands in the words of a refusal.
        let page = format!("{}\n{}", answer.status, answer.body);
        settings.bind(|| insta::assert_snapshot!(format!("page_{name}"), page));
    }
}

#[tokio::test]
async fn the_door_looks_as_it_did() {
    let shop = Shop::open().await;
    let mut browser = shop.browser();
    let answer = browser.get("/admin/sign-in").await;
    masked().bind(|| insta::assert_snapshot!("page_sign_in", answer.body));
}

#[tokio::test]
async fn the_description_of_the_api_is_what_programs_were_built_on() {
    let shop = Shop::open().await;
    let mut browser = shop.browser();
    let answer = browser.get("/api/openapi.json").await;
    let document: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let pretty = serde_json::to_string_pretty(&document).unwrap();
    masked().bind(|| insta::assert_snapshot!("api_description", pretty));
}
