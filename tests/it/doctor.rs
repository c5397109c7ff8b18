//! The portal map held against pages that have changed, and mended without a new build.

use std::sync::Arc;

use gachno::domain::{Outcome, Service};
use gachno::engine::{Control, Reporter, Tools, run, survey};
use gachno::portal::{Finding, MapStanding, PortalMap, Surveyed};

use crate::world::World;

const BUILT_IN: &str = include_str!("../../assets/portal/viettel-pay.toml");

fn finding<'a>(pages: &'a [Surveyed], element: &str) -> &'a Finding {
    pages
        .iter()
        .flat_map(|p| &p.elements)
        .find(|f| f.element == element)
        .unwrap_or_else(|| panic!("no {element}"))
}

fn missing(pages: &[Surveyed]) -> Vec<&str> {
    pages
        .iter()
        .flat_map(|p| &p.elements)
        .filter(|f| f.standing == MapStanding::Missing)
        .map(|f| f.element.as_str())
        .collect()
}

async fn surveyed(world: &World, tools: &Tools) -> Vec<Surveyed> {
    survey(tools, &world.plan(Service::LookUpFtth, ""))
        .await
        .unwrap_or_else(|e| panic!("{e}"))
        .pages
}

#[tokio::test]
async fn the_map_fits_a_portal_that_has_not_changed_and_nothing_is_touched() {
    let world = World::with(|s| s.switches.renumber = 7).await;
    let pages = surveyed(&world, &world.tools().await).await;
    assert_eq!(
        pages.iter().map(|p| p.page).collect::<Vec<_>>(),
        ["login", "frame", "tv", "phone", "evn", "history"]
    );
    assert_eq!(missing(&pages), Vec::<&str>::new());
    assert_eq!(world.truth().confirm_posts, 0);
}

#[tokio::test]
async fn a_page_with_other_names_is_shown_with_what_is_nearest_and_mended_by_a_map_of_ones_own() {
    let world = World::with(|s| {
        s.owing("k1_gftth", 165_000);
        s.switches.rename = [
            ("contractCode", "maHopDong"),
            ("phoneNumberId", "soDienThoai"),
            ("btnPay0", "btnKiemTra"),
        ]
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .into();
    })
    .await;
    let mut tools = world.tools().await;

    let pages = surveyed(&world, &tools).await;
    assert_eq!(
        missing(&pages),
        ["tv.code", "phone.number"],
        "the button is found by its words"
    );
    assert!(matches!(
        finding(&pages, "tv.search").standing,
        MapStanding::Found { locator: 3, of: 3 }
    ));
    let code = &finding(&pages, "tv.code").nearest[0].locator;
    assert_eq!(code, "[id=\"payMoneyForm:maHopDong\"]");
    assert_eq!(
        finding(&pages, "phone.number").nearest[0].locator,
        "[id=\"indexForm:soDienThoai\"]"
    );

    let own = world.dir.path().join("viettel-pay.toml");
    let mended = BUILT_IN
        .replace("'[id=\"payMoneyForm:contractCode\"]'", &format!("'{code}'"))
        .replace("\":contractCode\"", "\":maHopDong\"");
    std::fs::write(&own, mended).expect("written");
    tools.map = Arc::new(PortalMap::load(Some(&own)).expect("a map"));
    let finished = run(
        &tools,
        &world.plan(Service::PayTvInternet, "k1_gftth"),
        &Reporter::silent(),
        &Control::default(),
    )
    .await
    .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        finished.results[0].conclusion.outcome,
        Outcome::Paid,
        "{}",
        finished.results[0].conclusion.message
    );
    assert_eq!(world.truth().total, 165_000);
}

#[tokio::test]
async fn a_login_form_that_has_changed_is_shown_although_nobody_can_log_in() {
    let world = World::with(|s| {
        s.switches.rename = [("userName".to_owned(), "tenDangNhap".to_owned())].into();
    })
    .await;
    let visit = survey(&world.tools().await, &world.plan(Service::LookUpFtth, ""))
        .await
        .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        (missing(&visit.pages), visit.login.is_err()),
        (vec!["login.user"], true)
    );
    assert_eq!(
        finding(&visit.pages, "login.user").nearest[0].locator,
        "[id=\"loginForm:tenDangNhap\"]"
    );
}

#[tokio::test]
async fn what_is_kept_for_support_has_the_structure_and_nobodys_data() {
    let world = World::with(|_| {}).await;
    let pages = surveyed(&world, &world.tools().await).await;
    let frame = &pages
        .iter()
        .find(|p| p.page == "tv")
        .expect("surveyed")
        .snapshot;
    assert!(
        frame.contains("payMoneyForm:contractCode") && frame.contains("dl-info"),
        "the structure is whole"
    );
    assert!(
        frame.contains("Tra cứu hợp đồng"),
        "the portal's own words stay"
    );
    for personal in [&world.agent, "1234567890", &world.password, &world.pin] {
        assert!(
            pages.iter().all(|p| !p.snapshot.contains(personal)),
            "{personal}"
        );
    }
}
