//! Money: what is paid, what is refused, what stays in doubt, counted by the sandbox's own book.

use gachno::domain::{Outcome, Proof, Service};
use gachno::engine::{Decision, ResolveError, resolve};
use gachno::sandbox::{DebtKind, FaultAction};

use crate::world::World;

#[tokio::test]
async fn an_internet_bill_is_paid_once_and_proven() {
    let world = World::with(|s| {
        s.owing("k1_gftth", 165_000)
            .account("k2_gftth", DebtKind::NoDebt)
            .account("k3_gftth", DebtKind::NotFound)
            .owing("k4_gftth", 3_000);
    })
    .await;
    let after = world
        .run(
            Service::PayTvInternet,
            "k1_gftth|D1\nk2_gftth\nk3_gftth\nk4_gftth",
        )
        .await;
    assert_eq!(
        after.outcome("k1_gftth"),
        Outcome::Paid,
        "{}",
        after.message("k1_gftth")
    );
    assert_eq!(after.result("k1_gftth").conclusion.proof, Proof::Response);
    assert!(after.result("k1_gftth").conclusion.transaction_id.is_some());
    assert_eq!(after.outcome("k2_gftth"), Outcome::NoDebt);
    assert_eq!(after.outcome("k3_gftth"), Outcome::NotFound);
    assert_eq!(after.outcome("k4_gftth"), Outcome::Refused);
    assert_eq!(world.truth().times_paid("k1_gftth"), 1);
    world.assert_books_agree(&after);
}

#[tokio::test]
async fn an_electricity_bill_is_paid_with_and_without_the_extra_fields() {
    for with_fields in [false, true] {
        let world = World::with(|s| {
            s.owing("PE0100", 1_234_567)
                .account("PE0200", DebtKind::NotFound);
            s.switches.evn_phone_and_pin = with_fields;
        })
        .await;
        let after = world.run(Service::PayEvn, "PE0100\nPE0200").await;
        assert_eq!(
            after.outcome("PE0100"),
            Outcome::Paid,
            "{}",
            after.message("PE0100")
        );
        assert_eq!(after.outcome("PE0200"), Outcome::NotFound);
        world.assert_books_agree(&after);
    }
}

#[tokio::test]
async fn top_ups_and_postpaid_debts_go_through_the_type_dialog_or_without_it() {
    for percent in [0, 100] {
        let world = World::with(|s| {
            s.owing("0981234567", 150_000)
                .account("0981234568", DebtKind::NoDebt);
            s.switches.type_dialog_percent = percent;
        })
        .await;
        let after = world
            .run(
                Service::TopUpMulti,
                "0971111111|50000\n0981234567\n0981234568",
            )
            .await;
        assert_eq!(
            after.outcome("0971111111"),
            Outcome::Paid,
            "{percent}: {}",
            after.message("0971111111")
        );
        assert_eq!(
            after.outcome("0981234567"),
            Outcome::Paid,
            "{percent}: {}",
            after.message("0981234567")
        );
        assert_eq!(after.outcome("0981234568"), Outcome::NoDebt);
        world.assert_books_agree(&after);
        let after = world
            .run(Service::TopUpViettel, "0972222222|15000|D9")
            .await;
        assert_eq!(
            after.outcome("0972222222"),
            Outcome::Paid,
            "{}",
            after.message("0972222222")
        );
        assert_eq!(
            world.truth().movements.last().map(|m| m.amount),
            Some(15_000)
        );
    }
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_balance_or_stays_in_doubt() {
    let world = World::with(|s| {
        // Without a history nothing can show that it was not paid.
        s.switches.history = false;
        s.owing("PE0100", 100_000).owing("PE0200", 200_000);
        s.fault("confirm", "PE0100", FaultAction::Drop { moved: true })
            .fault("confirm", "PE0200", FaultAction::Drop { moved: false });
    })
    .await;
    let after = world.run(Service::PayEvn, "PE0100\nPE0200").await;
    assert_eq!(
        after.outcome("PE0100"),
        Outcome::Paid,
        "{}",
        after.message("PE0100")
    );
    assert_eq!(after.result("PE0100").conclusion.proof, Proof::Balance);
    assert_eq!(
        after.outcome("PE0200"),
        Outcome::Unknown,
        "{}",
        after.message("PE0200")
    );
    assert_eq!(world.truth().times_asked("PE0200"), 0);
    // Asked again, it is not sent again: its debt is locked.
    let again = world.run(Service::PayEvn, "PE0200").await;
    assert_eq!(
        again.outcome("PE0200"),
        Outcome::Refused,
        "{}",
        again.message("PE0200")
    );
    assert_eq!(world.truth().times_asked("PE0200"), 0);

    // A person looks it up, says so with name and reason, and the debt is free again.
    let doubt = after.result("PE0200").attempt.clone().expect("attempt");
    let decide = async |name: &str| {
        let tools = world.tools().await;
        let decision = Decision {
            is_paid: false,
            name: name.into(),
            reason: "đã gọi tổng đài".into(),
        };
        resolve(&tools.ledger, &doubt, &decision).await
    };
    assert!(matches!(decide(" ").await, Err(ResolveError::Unsigned)));
    assert_eq!(decide("Chị Lan").await.expect("taken").proof, Proof::Person);
    assert!(
        matches!(decide("Anh Tú").await, Err(ResolveError::NotInDoubt(_))),
        "said once"
    );
    let paid = world.run(Service::PayEvn, "PE0200").await;
    assert_eq!(
        paid.outcome("PE0200"),
        Outcome::Paid,
        "{}",
        paid.message("PE0200")
    );
    assert_eq!(world.truth().times_paid("PE0200"), 1);
}

#[tokio::test]
async fn a_reset_connection_makes_the_browser_send_again_and_nothing_is_paid_twice() {
    // Chromium repeats a request by itself when a reused connection closes without a byte. Below
    // WebDriver nobody is asked; what holds is the portal's view (used up by the first) and our
    // proof by the balance.
    let world = World::with(|s| {
        s.owing("PE0100", 100_000)
            .fault("confirm", "PE0100", FaultAction::Reset { moved: true });
    })
    .await;
    let after = world.run(Service::PayEvn, "PE0100").await;
    assert_eq!(
        after.outcome("PE0100"),
        Outcome::Paid,
        "{}",
        after.message("PE0100")
    );
    assert_eq!(world.truth().times_paid("PE0100"), 1);
    world.assert_books_agree(&after);
}
