//! Several logins at one batch: nothing twice, nothing lost, limits kept to the đồng; pause, go on,
//! stop.

use std::time::Duration;

use gachno::domain::{Outcome, Service};
use gachno::engine::{Control, Progress, Repeats, Reporter, run};
use gachno::sandbox::{FaultAction, ScenarioFault, Unlisted};

use crate::world::World;

fn codes(count: usize) -> String {
    (0..count).map(|i| format!("PE{i:04}\n")).collect()
}

async fn shop(sessions: usize) -> World {
    let mut world = World::with(|s| s.unlisted = Unlisted::Owing).await;
    world.sessions = sessions;
    world
}

#[tokio::test]
async fn three_logins_share_a_batch_and_the_books_agree() {
    let world = shop(3).await;
    let after = world.run(Service::PayEvn, &codes(18)).await;
    assert!(
        after
            .finished
            .results
            .iter()
            .all(gachno::ledger::JobResult::is_paid)
    );
    assert_eq!(world.truth().moved, 18);
    world.assert_books_agree(&after);
    let logins = after
        .events
        .iter()
        .filter(|e| matches!(e, Progress::LoggedIn { .. }))
        .count();
    assert!(logins > 1, "more than one was at work");
}

#[tokio::test]
async fn without_bidi_each_login_has_a_browser_and_the_page_has_a_latch() {
    let mut world = shop(2).await;
    world.classic = true;
    let after = world.run(Service::PayEvn, &codes(6)).await;
    assert!(
        after
            .finished
            .results
            .iter()
            .all(gachno::ledger::JobResult::is_paid),
        "{:?}",
        after.finished.results
    );
    world.assert_books_agree(&after);
}

#[tokio::test]
async fn a_limit_holds_however_many_work_on_it() {
    let mut world = World::with(|s| {
        for i in 0..10 {
            s.owing(&format!("PE{i:04}"), 100_000);
        }
        // Slow enough that all logins stand before the same limit.
        s.faults.push(ScenarioFault {
            at: "confirm".into(),
            account: None,
            after: 0,
            times: 0,
            action: FaultAction::DelayMs(150),
        });
    })
    .await;
    world.sessions = 3;
    world.limits.per_batch = "350000".parse().ok();
    let after = world.run(Service::PayEvn, &codes(10)).await;
    assert_eq!(world.truth().total, 300_000, "three fit, a fourth does not");
    let refused = after
        .finished
        .results
        .iter()
        .filter(|r| r.conclusion.outcome == Outcome::Refused)
        .count();
    assert_eq!(refused, 7);
}

#[tokio::test]
async fn equal_top_ups_to_one_number_never_run_side_by_side() {
    let mut world = shop(3).await;
    world.force_new = true;
    let after = world
        .run(
            Service::TopUpViettel,
            "0981111111|15000\n0981111112|15000\n0981111113|15000\n0981111114|15000\n",
        )
        .await;
    assert_eq!(world.truth().moved, 4);
    let list = "0981111111|15000\n0981111111|20000\n0981111112|15000\n";
    let held = world.run(Service::TopUpViettel, list).await;
    assert_eq!(world.truth().moved, 5, "another amount is another order");
    let outcomes: Vec<_> = (held.finished.results.iter())
        .map(|result| result.conclusion.outcome)
        .collect();
    assert_eq!(
        outcomes,
        [Outcome::HeldBack, Outcome::Paid, Outcome::HeldBack],
        "what was topped up a moment ago is asked about"
    );
    // Somebody says that all of them are meant.
    world.repeats = Repeats::All;
    let again = world.run(Service::TopUpViettel, list).await;
    assert_eq!(world.truth().moved, 8);
    assert!(
        after
            .finished
            .results
            .iter()
            .chain(&again.finished.results)
            .all(gachno::ledger::JobResult::is_paid)
    );
}

#[tokio::test]
async fn a_pause_takes_no_new_job_and_a_stop_ends_within_one_answer() {
    let world = shop(1).await;
    let tools = world.tools().await;
    let control = Control::default();
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let reporter = Reporter::to(sender);
    let plan = world.plan(Service::PayEvn, &codes(8));
    let steered = control.clone();
    let sandbox = &world.sandbox;
    let watch = async {
        let mut outcomes = 0;
        while let Some(event) = events.recv().await {
            outcomes += usize::from(matches!(event, Progress::Outcome(_)));
            if outcomes == 2 {
                break;
            }
        }
        steered.pause();
        // What is on its way is finished; then nothing moves any more.
        let mut before = usize::MAX;
        while before != sandbox.truth().asked {
            before = sandbox.truth().asked;
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        assert!(before < 8, "it paused before the end");
        steered.resume();
        while sandbox.truth().asked == before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        steered.stop();
        sandbox.truth().asked
    };
    let (finished, asked) = tokio::join!(run(&tools, &plan, &reporter, &control), watch);
    let finished = finished.expect("ends");
    assert!(finished.stopped);
    assert!(
        world.truth().asked <= asked + 1,
        "one that was on its way, at most"
    );
    let cancelled = finished
        .results
        .iter()
        .filter(|r| r.conclusion.outcome == Outcome::Cancelled)
        .count();
    assert_eq!(
        cancelled + world.truth().moved,
        8,
        "what was not reached is told as such"
    );
    // The rest is done when it is started again.
    drop(tools);
    let after = world.run(Service::PayEvn, &codes(8)).await;
    assert!(
        after
            .finished
            .results
            .iter()
            .all(gachno::ledger::JobResult::is_paid)
    );
    assert_eq!(world.truth().moved, 8);
}

#[tokio::test]
async fn a_portal_that_says_too_many_gets_fewer_and_every_job_is_done() {
    let mut world = World::with(|s| {
        s.unlisted = Unlisted::Owing;
        s.faults.push(ScenarioFault {
            at: "pay".into(),
            account: None,
            after: 4,
            times: 3,
            action: FaultAction::Http {
                status: 429,
                moved: false,
            },
        });
    })
    .await;
    world.sessions = 3;
    world.retries = 5;
    world.answer_max = Duration::from_secs(3);
    let after = world.run(Service::PayEvn, &codes(12)).await;
    assert!(
        after
            .finished
            .results
            .iter()
            .all(gachno::ledger::JobResult::is_paid),
        "{:?}",
        after.finished.results
    );
    world.assert_books_agree(&after);
}

#[tokio::test]
async fn a_session_that_expires_under_several_logins_is_renewed_by_each() {
    let mut world = shop(2).await;
    world.retries = 4;
    // One that was at its confirming click is looked into.
    world.settle_max = Duration::from_secs(15);
    let tools = world.tools().await;
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let (reporter, control) = (Reporter::to(sender), Control::default());
    let plan = world.plan(Service::PayEvn, &codes(10));
    let sandbox = &world.sandbox;
    let expire = async {
        let mut outcomes = 0;
        while let Some(event) = events.recv().await {
            if matches!(event, Progress::Outcome(_)) {
                outcomes += 1;
                if outcomes == 3 || outcomes == 6 {
                    sandbox.expire_sessions();
                }
            }
            if matches!(event, Progress::BatchFinished { .. }) {
                break;
            }
        }
    };
    let (finished, ()) = tokio::join!(run(&tools, &plan, &reporter, &control), expire);
    let results = finished.expect("ends").results;
    let paid = results.iter().filter(|r| r.is_paid()).count();
    assert_eq!((paid, world.truth().moved), (10, 10), "{results:?}");
}
