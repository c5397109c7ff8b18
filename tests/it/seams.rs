//! Where the pieces meet: midnight, a link that is gone, a doubt that keeps the balance from
//! speaking, one source that starves another. On a real portal, with a real browser.

use std::sync::Arc;
use std::time::Duration;

use gachno::client::CollectionSite;
use gachno::clock::Clock;
use gachno::domain::calendar::DAY_MS;
use gachno::domain::{
    Conclusion, Defaults, Event, GateKind, Intent, JobList, ListChoice, Outcome, Proof, Quote,
    Service, Source, Ticket, Vnd,
};
use gachno::engine::{Control, Courier, EngineError, Progress, Repeats, Reporter, run};
use gachno::ledger::{Batch, Ledger, LiveAttempt, NewBatch};
use gachno::mock_site;
use gachno::sandbox::{FaultAction, ScenarioFault, Severity};

use crate::world::World;

fn ticket(source: Source, id: &str) -> Ticket {
    Ticket {
        source,
        id: id.to_owned(),
        fence: 1,
    }
}

#[tokio::test]
async fn a_servers_job_is_not_paid_where_there_is_no_way_to_ask() {
    let world = World::with(|s| {
        s.owing("PE0001", 100_000);
    })
    .await;
    let tools = world.tools().await;
    let mut plan = world.plan(Service::PayEvn, "PE0001");
    plan.list.jobs[0].ticket = Some(ticket(Source::Server, "7"));
    let finished = run(&tools, &plan, &Reporter::silent(), &Control::default())
        .await
        .expect("gone through");
    let end = &finished.results[0].conclusion;
    assert_eq!(end.outcome, Outcome::Failed, "{}", end.message);
    assert!(end.message.contains("máy chủ"), "{}", end.message);
    assert_eq!(world.truth().confirm_posts, 0);
}

#[tokio::test]
async fn a_list_of_top_ups_that_is_started_again_after_midnight_pays_nothing_twice() {
    let mut world = World::with(|s| {
        s.fault(
            "pay",
            "0981000003",
            FaultAction::Http {
                status: 502,
                moved: false,
            },
        );
    })
    .await;
    world.retries = 0;
    // Ten seconds before midnight in Việt Nam.
    world.clock = Clock::set_to("2026-11-25T16:59:50Z".parse().expect("a time"));
    let lines = "0981000001|15000\n0981000002|15000\n0981000003|15000";
    let before = world.run(Service::TopUpViettel, lines).await;
    assert_eq!(world.truth().moved, 2);
    assert_eq!(before.outcome("0981000003"), Outcome::Failed);
    // The program's own text says: run it again. Meanwhile it is tomorrow.
    world.clock.advance(20_000);
    let after = world.run(Service::TopUpViettel, lines).await;
    assert_eq!(after.outcome("0981000001"), Outcome::HeldBack);
    assert!(
        after.message("0981000001").contains("hôm qua"),
        "{}",
        after.message("0981000001")
    );
    assert_eq!(after.outcome("0981000003"), Outcome::Paid);
    assert_eq!(world.truth().moved, 3);
    // A day later the same numbers are topped up as every day.
    world.clock.advance(DAY_MS + 1_000);
    let next_day = world.run(Service::TopUpViettel, lines).await;
    assert_eq!(next_day.outcome("0981000001"), Outcome::Paid);
    assert_eq!(world.truth().moved, 6);
}

#[tokio::test]
async fn a_list_of_top_ups_that_was_stopped_yesterday_is_asked_about() {
    let mut world = World::with(|s| {
        s.faults.push(ScenarioFault {
            at: "pay".into(),
            account: Some("0981000002".into()),
            after: 0,
            times: 1,
            action: FaultAction::Http {
                status: 502,
                moved: false,
            },
        });
    })
    .await;
    (world.retries, world.failures_before_pause) = (0, 1);
    world.clock = Clock::set_to("2026-11-25T16:59:50Z".parse().expect("a time"));
    let lines = "0981000001|15000\n0981000002|15000\n0981000003|15000";
    let stopped = world.run(Service::TopUpViettel, lines).await;
    assert!(stopped.finished.paused.is_some());
    world.clock.advance(20_000);
    let asked = world.try_run(Service::TopUpViettel, lines).await;
    let Some(EngineError::Stopped(list)) = asked.err() else {
        panic!("it has to be asked about");
    };
    assert_eq!((list.jobs, list.left), (3, 2));
    world.choice = ListChoice::Continue(list.batch);
    let on = world.run(Service::TopUpViettel, lines).await;
    assert_eq!(world.truth().moved, 3);
    // What was paid yesterday is told for the record, not as what this run did.
    let told = |account: &str| {
        on.events.iter().any(|event| match event {
            Progress::Outcome(o) => o.account == account && o.earlier,
            _ => false,
        })
    };
    assert!(told("0981000001") && !told("0981000002"));
}

#[tokio::test]
async fn a_mended_list_holds_back_what_was_topped_up_before() {
    let mut world = World::with(|_| {}).await;
    world
        .run(Service::TopUpViettel, "0981000001|15000\n0981000002|15000")
        .await;
    let mended = "0981000001|15000\n0981000002|20000";
    let after = world.run(Service::TopUpViettel, mended).await;
    assert_eq!(after.outcome("0981000001"), Outcome::HeldBack);
    assert_eq!(after.outcome("0981000002"), Outcome::Paid);
    // One of them is meant.
    let list = JobList::from_lines(Service::TopUpViettel, Defaults::default(), mended);
    let meant = list.jobs[0].identity(Service::TopUpViettel);
    world.repeats = Repeats::These([meant].into());
    let again = world.run(Service::TopUpViettel, mended).await;
    assert_eq!(again.outcome("0981000001"), Outcome::Paid);
    assert_eq!(world.truth().times_paid("0981000001"), 2);
}

#[tokio::test]
async fn one_lost_request_pauses_a_portal_without_words_instead_of_making_doubts_of_all() {
    let mut world = World::with(|s| {
        // Neither a history nor a word of success: only the balance can prove.
        s.switches.history = false;
        s.switches.success = Severity::None;
        for code in ["PE0001", "PE0002", "PE0003", "PE0004"] {
            s.owing(code, 100_000);
        }
        s.fault("confirm", "PE0002", FaultAction::Drop { moved: false });
    })
    .await;
    world.settle_max = Duration::from_secs(2);
    let after = world
        .run(Service::PayEvn, "PE0001\nPE0002\nPE0003\nPE0004")
        .await;
    assert_eq!(
        after.result("PE0001").conclusion.proof,
        Proof::Balance,
        "its words are known not to prove"
    );
    assert_eq!(after.outcome("PE0002"), Outcome::Unknown);
    assert_eq!(after.outcome("PE0003"), Outcome::Cancelled);
    assert_eq!(
        world.truth().confirm_posts,
        2,
        "what could not be proven is not armed"
    );
    let why = after.finished.paused.as_deref().unwrap_or_default();
    assert!(why.contains("chưa rõ") && why.contains("số dư"), "{why}");
    assert!(
        after
            .events
            .iter()
            .any(|event| matches!(event, Progress::Settling { open: 1, .. })),
        "it says that it waits, and until when"
    );
}

/// Jobs that a source handed out, entered as a batch.
async fn entered(ledger: &Ledger, source: Source, count: usize) -> Batch {
    let lines: Vec<String> = (0..count).map(|i| format!("PE{i:04}")).collect();
    let mut list = JobList::from_lines(Service::PayEvn, Defaults::default(), &lines.join("\n"));
    for job in &mut list.jobs {
        job.ticket = Some(ticket(source, job.account.as_str()));
    }
    let new = NewBatch {
        service: Service::PayEvn,
        agent: "A".into(),
        operator: "Lan".into(),
        portal: "http://portal".into(),
        is_dry_run: false,
        also: String::new(),
        jobs: list.jobs,
        left_out: serde_json::Value::Null,
        choice: ListChoice::New,
    };
    let entered = ledger.enter(new).await.expect("entered");
    entered.batch().expect("new")
}

async fn append(ledger: &Ledger, live: &mut LiveAttempt, event: Event) {
    ledger.append(live, event).await.expect("legal");
}

#[tokio::test]
async fn letters_for_a_source_that_is_gone_keep_nothing_from_the_other() {
    gachno::init_tls();
    let site = mock_site::start(mock_site::MockSiteOptions {
        listen: ([127, 0, 0, 1], 0).into(),
        user: "thuho".into(),
        password: "mk".into(),
        bills: [("env".to_owned(), vec!["PE0000".to_owned()])].into(),
        faults: 0,
    })
    .await
    .expect("site");
    let dir = tempfile::tempdir().expect("dir");
    let ledger = Arc::new(
        Ledger::open(&dir.path().join("ledger.db"))
            .await
            .expect("opens"),
    );
    // More than one parcel for a server that is not there any more.
    let of_server = entered(&ledger, Source::Server, 201).await;
    for job in &of_server.jobs {
        let mut live = ledger.attempt(&of_server, job).await.expect("made");
        let end = Conclusion::of(Outcome::Failed, Proof::None, "502".into());
        append(&ledger, &mut live, Event::Concluded(end)).await;
    }
    // And one proven payment for the collection site.
    let of_site = entered(&ledger, Source::Site, 1).await;
    let mut live = ledger
        .attempt(&of_site, &of_site.jobs[0])
        .await
        .expect("made");
    let (amount, session) = (Vnd::fixed(100_000), String::new());
    let quote = Quote {
        amount,
        customer: None,
        balance: None,
    };
    let leased = Event::Leased {
        session,
        operator: None,
    };
    for event in [
        leased,
        Event::QuoteSeen(quote),
        Event::Prepared,
        Event::PreArmed,
    ] {
        append(&ledger, &mut live, event).await;
    }
    let intent = Intent::bare("A", "o".into(), amount, GateKind::Latch);
    let _ = ledger.arm(&mut live, intent).await.expect("armed");
    let seen = Event::Observed {
        said: Vec::new(),
        balance: None,
    };
    append(&ledger, &mut live, seen).await;
    let paid = Conclusion::of(Outcome::Paid, Proof::Response, "ok".into()).about(amount);
    append(&ledger, &mut live, Event::Concluded(paid)).await;

    let limit = Duration::from_secs(10);
    let (user, password) = ("thuho".to_owned().into(), "mk".to_owned().into());
    let courier = Courier {
        ledger: ledger.clone(),
        server: None,
        site: Some(CollectionSite::new(&site.url(), user, password, limit).expect("a site")),
    };
    courier.deliver().await.expect("the site takes it");
    assert_eq!(site.completed(), ["PE0000"]);
    assert_eq!(ledger.outbox().unacknowledged().await.expect("read"), 201);
}
