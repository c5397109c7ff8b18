//! Everything that is not known of the real portal, switched both ways: all services work either
//! way.

use gachno::domain::{Outcome, Service};
use gachno::sandbox::{DebtKind, Scenario, Severity};

use crate::world::World;

async fn all_services(change: impl FnOnce(&mut Scenario)) {
    let world = World::with(|s| {
        s.owing("k1_gftth", 165_000)
            .owing("PE0001", 1_234_567)
            .owing("0981234567", 150_000)
            .account("0981234568", DebtKind::NoDebt);
        change(s);
    })
    .await;
    for (service, lines, account, outcome) in [
        (Service::LookUpFtth, "k1_gftth", "k1_gftth", Outcome::Debt),
        (
            Service::PayTvInternet,
            "k1_gftth",
            "k1_gftth",
            Outcome::Paid,
        ),
        (Service::PayEvn, "PE0001", "PE0001", Outcome::Paid),
        (
            Service::LookUpPostpaid,
            "0981234567\n0981234568",
            "0981234568",
            Outcome::NoDebt,
        ),
        (
            Service::TopUpMulti,
            "0981234567\n0971111111|200000",
            "0981234567",
            Outcome::Paid,
        ),
        (
            Service::TopUpViettel,
            "0972222222|15000",
            "0972222222",
            Outcome::Paid,
        ),
    ] {
        let after = world.run(service, lines).await;
        assert_eq!(
            after.outcome(account),
            outcome,
            "{service}: {}",
            after.message(account)
        );
        assert!(
            after
                .finished
                .results
                .iter()
                .all(gachno::ledger::JobResult::is_proven),
            "{service}"
        );
    }
    let truth = world.truth();
    assert_eq!(
        (truth.moved, truth.total),
        (5, 165_000 + 1_234_567 + 150_000 + 200_000 + 15_000),
        "{truth:#?}"
    );
}

#[tokio::test]
async fn a_portal_that_says_and_shows_as_little_as_it_may() {
    all_services(|s| {
        s.switches.success = Severity::None;
        s.switches.dialog_by_server = false;
        s.switches.dialog_text = false;
        s.switches.pin_masked = false;
        s.switches.check_button = false;
        s.switches.history = false;
        s.switches.type_dialog_percent = 0;
        s.switches.renumber = 7;
        s.switches.evn_path = "/pages/dienevn.jsf".into();
        s.switches.group = ",".into();
        s.switches.console_default = 3;
        s.switches.balance_before_refresh = true;
        s.switches.fade_ms = 0;
    })
    .await;
}

#[tokio::test]
async fn a_portal_that_asks_for_everything_and_warns() {
    all_services(|s| {
        s.switches.success = Severity::Warn;
        s.switches.success_names_amount = false;
        s.switches.success_names_transaction = false;
        s.switches.evn_phone_and_pin = true;
        s.switches.type_dialog_percent = 100;
        s.switches.check_button = true;
        s.switches.console_default = 2;
        s.switches.fade_ms = 400;
        s.texts.success = "Yêu cầu của quý khách đã thành công".into();
    })
    .await;
}

#[tokio::test]
async fn twenty_jobs_of_each_service_match_the_truth() {
    let world = World::with(|s| {
        s.account("mix19", DebtKind::NotFound)
            .account("PE9019", DebtKind::NoDebt);
    })
    .await;
    for (service, code) in [
        (Service::LookUpFtth, "mix"),
        (Service::PayEvn, "PE90"),
        (Service::TopUpMulti, "09711111"),
        (Service::TopUpViettel, "09722222"),
        (Service::PayTvInternet, "tvi"),
        (Service::LookUpPostpaid, "09733333"),
    ] {
        let amount = |i: usize| match service {
            Service::TopUpViettel => format!("|{}", 10_000 + 1_000 * i),
            Service::TopUpMulti if i.is_multiple_of(2) => "|30000".to_owned(),
            _ => String::new(),
        };
        let lines: Vec<String> = (0..20)
            .map(|i| format!("{code}{i:02}{}", amount(i)))
            .collect();
        let before = world.truth().total;
        let after = world.run(service, &lines.join("\n")).await;
        assert_eq!(after.finished.results.len(), 20);
        assert!(
            after
                .finished
                .results
                .iter()
                .all(gachno::ledger::JobResult::is_proven),
            "{service}"
        );
        let paid: i64 = after
            .finished
            .results
            .iter()
            .filter(|r| r.is_paid())
            .filter_map(|r| r.conclusion.amount)
            .map(gachno::domain::Vnd::dong)
            .sum();
        assert_eq!(
            paid,
            world.truth().total - before,
            "{service}: ledger and truth agree to the đồng"
        );
        if service.is_payment() {
            let posts = after
                .finished
                .results
                .iter()
                .filter(|r| r.is_paid())
                .count();
            assert!(posts > 0, "{service}");
            let calls = &after.finished.calls_per_payment;
            assert!(
                calls.iter().all(|c| *c <= 8),
                "{service}: round trips {calls:?}"
            );
        }
    }
}
