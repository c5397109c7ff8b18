//! Pages that are kept between jobs, logins that are kept between batches, and what is asked of the
//! portal because of it: counted by the sandbox, and never at the cost of a wrong payment.

use std::time::Duration;

use gachno::domain::{Event, Outcome, Proof, Service};
use gachno::engine::{Control, Finished, Reporter, Tools, Warm, run};
use gachno::sandbox::{DebtKind, FaultAction, Severity};

use crate::world::{After, World};

/// A portal where everybody owes something and every number asks for its kind.
async fn busy(change: impl FnOnce(&mut gachno::sandbox::Scenario)) -> World {
    World::with(|s| {
        s.unlisted = gachno::sandbox::Unlisted::Owing;
        s.switches.type_dialog_percent = 100;
        s.switches.amount_asks = true;
        change(s);
    })
    .await
}

/// Everything that the ledger has of the batch.
async fn events(tools: &Tools, after: &After) -> Vec<Event> {
    let rows = tools.ledger.events_of_batch(&after.finished.batch).await;
    let rows = rows.expect("events").into_iter();
    rows.filter_map(|row| serde_json::from_str(&row.body).ok())
        .collect()
}

fn lines(line: &str, jobs: u32) -> String {
    let line = |i| line.replace("{}", &format!("{:07}", 1_000_000 + i));
    (0..jobs).map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn each_job_asks_the_portal_no_more_than_it_needs() {
    for (service, line, needed) in [
        (Service::PayEvn, "PE{}", 2),
        (Service::PayTvInternet, "tv{}_gftth", 4),
        (Service::TopUpMulti, "097{}|50000", 5),
        (Service::TopUpMulti, "096{}", 5),
        (Service::TopUpViettel, "098{}|15000", 4),
        (Service::LookUpFtth, "tv{}_gftth", 1),
        (Service::LookUpPostpaid, "096{}", 3),
    ] {
        let mut asked = Vec::new();
        for jobs in [2, 6] {
            let world = busy(|_| {}).await;
            let after = world.run(service, &lines(line, jobs)).await;
            world.assert_books_agree(&after);
            asked.push(world.truth().answers.count);
        }
        assert_eq!(
            asked[1] - asked[0],
            4 * needed,
            "{service:?} {line}: {asked:?} requests for two and for six jobs"
        );
    }
}

#[tokio::test]
async fn the_last_jobs_values_never_reach_the_next_confirm() {
    // When the second question opens the page puts the first job's code back into the form.
    let world = busy(|s| {
        s.owing("PE01", 100_000).owing("PE02", 200_000);
        let script = "document.getElementById('payMoneyForm:billCodeId').value = 'PE01';";
        s.fault("pay", "PE02", FaultAction::Script(script.to_owned()));
    })
    .await;
    let after = world.run(Service::PayEvn, "PE01\nPE02").await;
    assert_eq!(after.outcome("PE01"), Outcome::Paid);
    assert_eq!(after.outcome("PE02"), Outcome::Paid, "on a page of its own");
    let truth = world.truth();
    assert_eq!((truth.confirm_posts, truth.moved), (2, 2), "{truth:#?}");
    // The gate refused what the kept page would have sent.
    let events = events(&world.tools().await, &after).await;
    let is_refused =
        |event: &Event| matches!(event, Event::Concluded(end) if end.outcome == Outcome::NotSent);
    assert!(events.iter().any(is_refused), "{events:#?}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_replaced_by_the_last_jobs() {
    let world = busy(|s| {
        s.owing("k1_gftth", 100_000)
            .owing("k2_gftth", 200_000)
            .account("k3_gftth", DebtKind::NoDebt)
            .owing("k4_gftth", 400_000);
        for account in ["k2_gftth", "k4_gftth"] {
            s.fault("search", account, FaultAction::ErrorAnswer { moved: false });
        }
    })
    .await;
    let list = "k1_gftth\nk2_gftth\nk3_gftth\nk4_gftth";
    let after = world.run(Service::LookUpFtth, list).await;
    let owed = |account: &str| {
        after
            .result(account)
            .conclusion
            .amount
            .map(gachno::domain::Vnd::dong)
    };
    assert_eq!(owed("k1_gftth"), Some(100_000));
    assert_eq!(owed("k2_gftth"), Some(200_000), "not the first one's card");
    assert_eq!(after.outcome("k3_gftth"), Outcome::NoDebt);
    assert_eq!(owed("k4_gftth"), Some(400_000), "not the third one's words");
}

#[tokio::test]
async fn a_page_that_does_not_serve_again_is_loaded_anew() {
    let world = busy(|s| {
        // Something stays open in front of the form.
        let script = "PF('dlgConfirmTT').show();".to_owned();
        s.faults.push(gachno::sandbox::ScenarioFault {
            at: "confirm".to_owned(),
            account: None,
            after: 0,
            times: 0,
            action: FaultAction::Script(script),
        });
    })
    .await;
    let after = world
        .run(Service::TopUpViettel, &lines("098{}|15000", 5))
        .await;
    assert_eq!(
        after
            .finished
            .results
            .iter()
            .filter(|r| r.is_paid())
            .count(),
        5
    );
    assert_eq!(after.retries(), 0, "{:#?}", after.events);
    world.assert_books_agree(&after);
}

#[tokio::test]
async fn success_without_a_fall_pauses_the_batch_and_names_the_payments() {
    let world = busy(|s| {
        for account in ["PE01", "PE02", "PE03"] {
            s.owing(account, 100_000);
        }
        let text = "Giao dịch thành công. Số tiền: 100.000đ".to_owned();
        s.fault(
            "confirm",
            "PE02",
            FaultAction::Message {
                severity: Severity::Info,
                text,
                moved: false,
            },
        );
    })
    .await;
    let after = world.run(Service::PayEvn, "PE01\nPE02\nPE03").await;
    let why = after.finished.paused.as_deref().expect("it pauses");
    assert!(why.contains("số dư"), "{why}");
    let tools = world.tools().await;
    let events = events(&tools, &after).await;
    let disputed = events
        .iter()
        .filter(|e| matches!(e, Event::Disputed { .. }));
    assert_eq!(disputed.count(), 3);
    drop(tools);
    // A person compares; the next batch starts from what the account holds.
    let after = world.run(Service::PayEvn, "PE04").await;
    assert_eq!(after.finished.paused, None);
    assert_eq!(after.result("PE04").conclusion.proof, Proof::Response);
}

async fn batch(world: &World, tools: &Tools, list: &str) -> Finished {
    let plan = world.plan(Service::PayEvn, list);
    run(tools, &plan, &Reporter::silent(), &Control::default())
        .await
        .expect("runs")
}

fn all_paid(finished: &Finished) -> bool {
    finished
        .results
        .iter()
        .all(gachno::ledger::JobResult::is_paid)
}

#[tokio::test]
async fn a_batch_of_one_bill_in_a_warm_window_costs_its_own_requests_and_the_check() {
    let mut world = busy(|_| {}).await;
    world.sessions = 2;
    let mut tools = world.tools().await;
    tools.warm = Warm::for_so_long(Duration::from_mins(5));
    let asked = || world.truth().answers.count;
    assert!(all_paid(&batch(&world, &tools, "PE01\nPE02").await));
    for bill in ["PE03", "PE04"] {
        let before = asked();
        assert!(all_paid(&batch(&world, &tools, bill).await));
        assert_eq!(asked() - before, 3, "its own two, and the fall");
    }
    // The portal forgot the login: the next batch logs in again.
    world.sandbox.expire_sessions();
    assert!(all_paid(&batch(&world, &tools, "PE05").await));
    // Closed at the lock: the next batch opens a browser anew.
    tools.warm.close().await;
    let before = asked();
    assert!(all_paid(&batch(&world, &tools, "PE06").await));
    assert!(asked() - before > 6);
    tools.warm.close().await;
    assert_eq!(world.truth().moved, 6);
}

#[tokio::test]
async fn parked_logins_of_another_account_are_not_taken() {
    let world = busy(|s| {
        let mut other = s.agents[0].clone();
        other.username = "5550000001_VTP_00001_DB".to_owned();
        s.agents.push(other);
    })
    .await;
    let mut tools = world.tools().await;
    tools.warm = Warm::for_so_long(Duration::from_mins(5));
    assert!(all_paid(&batch(&world, &tools, "PE01").await));
    let other = "5550000001_VTP_00001_DB";
    let mut plan = world.plan(Service::PayEvn, "PE02");
    plan.agent = Some(other.to_owned());
    plan.credentials.username = Some(other.to_owned().into());
    let finished = run(&tools, &plan, &Reporter::silent(), &Control::default())
        .await
        .expect("runs");
    assert!(all_paid(&finished));
    assert_eq!(world.truth().movements[1].agent, other);
    tools.warm.close().await;
}
