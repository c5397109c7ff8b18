//! Everything that goes wrong in a shop: each has a clear answer, and none costs money twice.

use gachno::domain::{Limits, Outcome, Proof, Service, Vnd};
use gachno::engine::EngineError;
use gachno::portal::PortalError;
use gachno::sandbox::{
    DebtKind, FaultAction, ScenarioAccount, ScenarioContract, ScenarioFault, Severity,
};

use crate::world::{AGENT, World};

/// A bill per fault at the confirming request; the portal's book decides what was paid.
#[tokio::test]
async fn every_fault_at_the_confirming_click_ends_in_proof_or_doubt() {
    let unseen = |severity, moved| FaultAction::Message {
        severity,
        text: "Một câu chưa ai từng thấy".into(),
        moved,
    };
    // What is proven comes first: a doubt takes the balance's word away from everything after it.
    let refuses = |text: &str| FaultAction::Message {
        severity: Severity::Error,
        text: text.into(),
        moved: false,
    };
    let cases: [(&str, FaultAction, Outcome, Proof); 15] = [
        (
            "PE0001",
            FaultAction::DelayMs(900),
            Outcome::Paid,
            Proof::Response,
        ),
        (
            "PE0002",
            FaultAction::DoubleMessage,
            Outcome::Paid,
            Proof::Response,
        ),
        (
            "PE0003",
            FaultAction::Http {
                status: 500,
                moved: true,
            },
            Outcome::Paid,
            Proof::Balance,
        ),
        (
            "PE0004",
            FaultAction::ErrorAnswer { moved: true },
            Outcome::Paid,
            Proof::Balance,
        ),
        (
            "PE0005",
            FaultAction::NotXml { moved: true },
            Outcome::Paid,
            Proof::Balance,
        ),
        (
            "PE0006",
            FaultAction::ExpireAfter,
            Outcome::Paid,
            Proof::Balance,
        ),
        (
            "PE0007",
            unseen(Severity::Info, true),
            Outcome::Paid,
            Proof::Balance,
        ),
        (
            "PE0008",
            unseen(Severity::Error, true),
            Outcome::Paid,
            Proof::Balance,
        ),
        (
            "PE0009",
            FaultAction::SettleMs(1_500),
            Outcome::Paid,
            Proof::Balance,
        ),
        (
            "PE0010",
            refuses("Giao dịch không thành công"),
            Outcome::Rejected,
            Proof::Response,
        ),
        (
            "PE0015",
            refuses("Hóa đơn đã được thanh toán trước đó."),
            Outcome::AlreadyCleared,
            Proof::Response,
        ),
        (
            "PE0011",
            FaultAction::Http {
                status: 503,
                moved: false,
            },
            Outcome::Unknown,
            Proof::None,
        ),
        (
            "PE0012",
            unseen(Severity::Error, false),
            Outcome::Unknown,
            Proof::None,
        ),
        (
            "PE0013",
            FaultAction::ForgetView,
            Outcome::Unknown,
            Proof::None,
        ),
        (
            "PE0014",
            FaultAction::Message {
                severity: Severity::Info,
                text: "Giao dịch thành công".into(),
                moved: false,
            },
            Outcome::Unknown,
            Proof::None,
        ),
    ];
    let mut world = World::with(|s| {
        for (i, (code, action, ..)) in cases.iter().enumerate() {
            s.owing(code, 100_000 + 1_000 * i64::try_from(i).expect("small"))
                .fault("confirm", code, action.clone());
        }
    })
    .await;
    world.failures_before_pause = 100;
    let lines: Vec<&str> = cases.iter().map(|(code, ..)| *code).collect();
    let after = world.run(Service::PayEvn, &lines.join("\n")).await;
    for (code, action, outcome, proof) in &cases {
        let end = &after.result(code).conclusion;
        assert_eq!(
            (end.outcome, end.proof),
            (*outcome, *proof),
            "{code} {action:?}: {}",
            end.message
        );
        assert!(world.truth().times_paid(code) <= 1);
    }
    world.assert_books_agree(&after);
    assert_eq!(
        world.truth().confirm_posts,
        15,
        "one confirming request an attempt"
    );
}

#[tokio::test]
async fn a_page_that_navigates_away_from_under_the_click_is_a_doubt_and_never_not_sent() {
    // ChromeDriver runs a script again in the document that a navigation brings; there it must
    // neither press nor say that nothing was pressed.
    let world = World::with(|s| {
        s.switches.expiry_by_dialog = false;
        s.owing("PE0001", 100_000).owing("PE0002", 200_000);
        s.fault("confirm", "PE0001", FaultAction::ExpireAfter)
            .fault("confirm", "PE0002", FaultAction::Expire);
    })
    .await;
    let after = world.run(Service::PayEvn, "PE0001\nPE0002").await;
    assert_eq!(
        after.result("PE0001").conclusion.proof,
        Proof::Balance,
        "{}",
        after.message("PE0001")
    );
    assert_eq!(
        after.outcome("PE0002"),
        Outcome::Unknown,
        "{}",
        after.message("PE0002")
    );
    assert_eq!(world.truth().confirm_posts, 2);
    world.assert_books_agree(&after);
}

#[tokio::test]
async fn a_login_takes_one_try() {
    let mut world = World::with(|_| {}).await;
    world.retries = 0;
    let after = world.run(Service::LookUpFtth, "k1_gftth").await;
    assert!(after.finished.results[0].is_proven());
}

#[tokio::test]
async fn a_session_that_expires_before_the_click_is_renewed_and_the_job_is_done() {
    for by_dialog in [true, false] {
        let world = World::with(|s| {
            s.switches.expiry_by_dialog = by_dialog;
            for (i, step) in ["search_kind", "search", "choose", "pay"]
                .into_iter()
                .enumerate()
            {
                let code = format!("tv{i}_gftth");
                s.owing(&code, 100_000).fault(
                    step,
                    if step == "search_kind" { "" } else { &code },
                    FaultAction::Expire,
                );
            }
        })
        .await;
        let after = world
            .run(
                Service::PayTvInternet,
                "tv0_gftth\ntv1_gftth\ntv2_gftth\ntv3_gftth",
            )
            .await;
        for i in 0..4 {
            let code = format!("tv{i}_gftth");
            assert_eq!(
                after.outcome(&code),
                Outcome::Paid,
                "{code}: {}",
                after.message(&code)
            );
        }
        assert!(after.retries() >= 4, "{}", after.retries());
        world.assert_books_agree(&after);
    }
}

#[tokio::test]
async fn a_portal_that_stumbles_before_the_click_is_asked_again() {
    let world = World::with(|s| {
        s.owing("0981234567", 150_000)
            .owing("0981234568", 90_000)
            .account("0981234569", DebtKind::Silent);
        s.fault(
            "phone",
            "0981234567",
            FaultAction::Http {
                status: 502,
                moved: false,
            },
        );
        s.fault(
            "check",
            "0981234568",
            FaultAction::Message {
                severity: Severity::Error,
                text: "Đã xảy ra lỗi".into(),
                moved: false,
            },
        );
        s.switches.type_dialog_percent = 0;
    })
    .await;
    let after = world
        .run(
            Service::LookUpPostpaid,
            "0981234567\n0981234568\n0981234569",
        )
        .await;
    assert_eq!(
        after.outcome("0981234567"),
        Outcome::Debt,
        "{}",
        after.message("0981234567")
    );
    assert_eq!(
        after.outcome("0981234568"),
        Outcome::Debt,
        "{}",
        after.message("0981234568")
    );
    // Trouble while reading the debt is never "no debt".
    assert_eq!(
        after.outcome("0981234569"),
        Outcome::Failed,
        "{}",
        after.message("0981234569")
    );
    assert_eq!(
        world.truth().asked,
        0,
        "a look-up never touches the paying button"
    );
}

#[tokio::test]
async fn a_price_that_changes_before_the_click_is_not_paid() {
    let world = World::with(|s| {
        s.owing("k1_gftth", 100_000)
            .fault("pay", "k1_gftth", FaultAction::PriceChanges(5_000));
    })
    .await;
    let after = world.run(Service::PayTvInternet, "k1_gftth").await;
    assert_eq!(
        after.outcome("k1_gftth"),
        Outcome::Refused,
        "{}",
        after.message("k1_gftth")
    );
    assert_eq!(world.truth().asked, 0);
}

#[tokio::test]
async fn a_wrong_pin_an_empty_balance_and_limits_are_refusals_with_words() {
    let mut world = World::with(|s| {
        s.owing("PE0001", 100_000)
            .owing("PE0002", 60_000_000)
            .owing("PE0003", 900_000);
        s.switches.evn_phone_and_pin = true;
    })
    .await;
    world.limits = Limits {
        per_job: Some(Vnd::fixed(800_000)),
        ..Limits::default()
    };
    world.pin = "000000".into();
    let after = world.run(Service::PayEvn, "PE0003\nPE0001").await;
    assert_eq!(
        after.outcome("PE0001"),
        Outcome::Rejected,
        "{}",
        after.message("PE0001")
    );
    assert_eq!(after.message("PE0001"), "Mã PIN không đúng");
    assert_eq!(after.outcome("PE0003"), Outcome::Refused);
    world.limits = Limits::default();
    let after = world.run(Service::PayEvn, "PE0002").await;
    assert_eq!(
        after.outcome("PE0002"),
        Outcome::Refused,
        "{}",
        after.message("PE0002")
    );
    assert_eq!(world.truth().moved, 0);
}

#[tokio::test]
async fn a_wrong_pin_is_sent_once_and_no_further_row_is_tried() {
    let mut world = World::with(|s| {
        s.owing("PE0001", 100_000)
            .owing("PE0002", 100_000)
            .owing("PE0003", 100_000);
        s.switches.evn_phone_and_pin = true;
    })
    .await;
    world.pin = "000000".into();
    let after = world.run(Service::PayEvn, "PE0001\nPE0002\nPE0003").await;
    assert_eq!(world.truth().asked, 1, "the portal locks after a few");
    let why = after.finished.paused.as_deref().unwrap_or_default();
    assert!(why.contains("sai mã PIN"), "{why}");
    // The right one: the rest is done.
    world.pin = "246810".into();
    let after = world.run(Service::PayEvn, "PE0001\nPE0002\nPE0003").await;
    assert_eq!(
        after.outcome("PE0002"),
        Outcome::Paid,
        "{}",
        after.message("PE0002")
    );
    assert_eq!(after.outcome("PE0003"), Outcome::Paid);
}

#[tokio::test]
async fn nobody_elses_account_is_ever_used() {
    let mut world = World::with(|s| {
        s.owing("PE0001", 100_000);
    })
    .await;
    world.agent = "9999999999_VTP_00009_XX".into();
    let error = world
        .try_run(Service::PayEvn, "PE0001")
        .await
        .err()
        .expect("refused");
    assert!(
        matches!(&error, EngineError::Portal(PortalError::OtherUser { found, .. }) if found == AGENT),
        "{error}"
    );
    world.agent = AGENT.into();
    world.password = "sai123".into();
    let error = world
        .try_run(Service::PayEvn, "PE0001")
        .await
        .err()
        .expect("refused");
    assert!(
        matches!(&error, EngineError::Portal(PortalError::LoginRefused(words)) if words.contains("mật khẩu")),
        "{error}"
    );
    assert_eq!(world.truth().asked, 0);
}

#[tokio::test]
async fn among_several_contracts_a_short_code_is_not_taken_for_a_longer_one() {
    let contract = |number: &str, subscriber: &str, debt| ScenarioContract {
        number: number.into(),
        owner: "NGUYỄN VĂN A".into(),
        subscriber: subscriber.into(),
        debt,
    };
    let world = World::with(|s| {
        let two = |first: &str| ScenarioAccount {
            contracts: vec![
                contract("600000001", first, 100_000),
                contract("600000002", "k12_long", 200_000),
            ],
            debt: 1,
            ..ScenarioAccount::default()
        };
        s.accounts.insert("k12".into(), two("other"));
        s.accounts.insert("k13".into(), two("k13"));
    })
    .await;
    let after = world.run(Service::PayTvInternet, "k12\nk13").await;
    assert_eq!(
        after.outcome("k12"),
        Outcome::Refused,
        "{}",
        after.message("k12")
    );
    assert_eq!(
        after.outcome("k13"),
        Outcome::Paid,
        "{}",
        after.message("k13")
    );
    assert_eq!(world.truth().total, 100_000);
}

#[tokio::test]
async fn an_overlay_that_never_goes_away_is_named_and_pays_nothing() {
    let mut world = World::with(|s| {
        s.owing("PE0001", 100_000);
        s.faults.push(ScenarioFault {
            at: "page".into(),
            account: None,
            after: 2,
            times: 0,
            action: FaultAction::OverlayStays,
        });
    })
    .await;
    world.retries = 0;
    let after = world.run(Service::PayEvn, "PE0001").await;
    assert_eq!(
        after.outcome("PE0001"),
        Outcome::Failed,
        "{}",
        after.message("PE0001")
    );
    assert!(
        after.message("PE0001").contains("che"),
        "{}",
        after.message("PE0001")
    );
    assert_eq!(world.truth().asked, 0);
    let pictures = walk(&world.dir.path().join("evidence"));
    assert!(
        pictures.iter().any(|p| std::path::Path::new(p)
            .extension()
            .is_some_and(|kind| kind == "jpg")),
        "a picture was kept: {pictures:?}"
    );
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flatten()
        .flat_map(|e| {
            if e.path().is_dir() {
                walk(&e.path())
            } else {
                vec![e.path().display().to_string()]
            }
        })
        .collect()
}

#[tokio::test]
async fn an_unreachable_portal_and_a_missing_browser_say_what_to_do() {
    let world = World::with(|_| {}).await;
    let mut tools = world.tools().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("its number");
    tools.portal_url = format!("http://{free}");
    tools.retries = 0;
    let plan = world.plan(Service::LookUpFtth, "k1_gftth");
    let stop = gachno::engine::Control::default();
    let error = gachno::engine::run(&tools, &plan, &gachno::engine::Reporter::silent(), &stop)
        .await
        .expect_err("unreachable");
    assert!(error.to_string().contains("portal.url"), "{error}");
    tools.browser.driver_path = "/nowhere/chromedriver".into();
    let error = gachno::engine::run(&tools, &plan, &gachno::engine::Reporter::silent(), &stop)
        .await
        .expect_err("no driver");
    assert!(error.to_string().contains("browser.driver_path"), "{error}");
}

#[tokio::test]
async fn an_element_that_is_not_on_the_page_is_named_and_nothing_is_sent() {
    let world = World::with(|s| {
        s.owing("k1_gftth", 100_000);
    })
    .await;
    let map = include_str!("../../assets/portal/viettel-pay.toml")
        .replace("payMoneyForm:yesId0", "payMoneyForm:yesId9")
        .replace(
            r#"['[id="payMoneyForm:btnPay"]', 'button[id$=":btnPay"]']"#,
            r#"['[id="payMoneyForm:btnPayGone"]']"#,
        );
    let path = world.dir.path().join("map.toml");
    std::fs::write(&path, map).expect("written");
    let mut tools = world.tools().await;
    tools.map = std::sync::Arc::new(gachno::portal::PortalMap::load(Some(&path)).expect("a map"));
    tools.retries = 0;
    let stop = gachno::engine::Control::default();
    let plan = world.plan(Service::PayTvInternet, "k1_gftth");
    let finished = gachno::engine::run(&tools, &plan, &gachno::engine::Reporter::silent(), &stop)
        .await
        .expect("gone through");
    let end = &finished.results[0].conclusion;
    assert_eq!(end.outcome, Outcome::Failed);
    assert!(end.message.contains("tv.pay"), "{}", end.message);
    assert_eq!(world.truth().confirm_posts, 0);
}

#[tokio::test]
async fn a_dry_run_stops_at_the_open_dialog() {
    let mut world = World::with(|s| {
        s.owing("k1_gftth", 100_000).owing("PE0001", 50_000);
    })
    .await;
    world.dry_run = true;
    let after = world.run(Service::PayTvInternet, "k1_gftth").await;
    assert_eq!(
        (
            after.outcome("k1_gftth"),
            after.result("k1_gftth").conclusion.amount
        ),
        (Outcome::DryRun, Some(Vnd::fixed(100_000)))
    );
    let after = world.run(Service::PayEvn, "PE0001").await;
    assert_eq!(after.outcome("PE0001"), Outcome::DryRun);
    assert_eq!(world.truth().confirm_posts, 0);
    world.dry_run = false;
    let after = world.run(Service::PayEvn, "PE0001").await;
    assert_eq!(
        after.outcome("PE0001"),
        Outcome::Paid,
        "the dry run was another batch"
    );
}

#[tokio::test]
async fn running_the_same_list_again_pays_nothing_again() {
    let world = World::with(|_| {}).await;
    let lines = "0971111111|15000\n0972222222|20000|D1";
    let first = world.run(Service::TopUpViettel, lines).await;
    assert_eq!(
        (first.outcome("0971111111"), first.outcome("0972222222")),
        (Outcome::Paid, Outcome::Paid)
    );
    let again = world.run(Service::TopUpViettel, lines).await;
    assert_eq!(
        again.finished.batch, first.finished.batch,
        "the same batch, told again"
    );
    assert_eq!(again.outcome("0971111111"), Outcome::Paid);
    assert_eq!(world.truth().moved, 2);
    // Another list with the same order: the order was paid.
    let other = world
        .run(
            Service::TopUpViettel,
            "0972222222|20000|D1\n0973333333|10000",
        )
        .await;
    assert_eq!(
        other.outcome("0972222222"),
        Outcome::Refused,
        "{}",
        other.message("0972222222")
    );
    assert_eq!(world.truth().times_paid("0972222222"), 1);
}
