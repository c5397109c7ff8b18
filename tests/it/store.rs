//! The server's database, the same stories on SQLite and on MariaDB.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gachno::domain::{
    Account, Defaults, Job, JobList, JobState, Outcome, Proof, Report, Resolution, Service, Vnd,
};
use gachno::store::catalogue::desk::collection_data;
use gachno::store::catalogue::{LeaseRefusal, desk, goods, house, people, work};
use gachno::store::imports::Undone;
use gachno::store::jobs::{Added, Held, JobFilter, LeasedJob, NewJob, ReportVerdict};
use gachno::store::machines::Scope;
use gachno::store::settings::ShopRules;
use gachno::store::tables::{Compare, Count, Fields, Filter, ListQuery, RowChange};
use gachno::store::{Actor, Store};
use serde_json::json;
use uuid::Uuid;

use crate::database::{Base, Which, on_both};

const MINUTE: i64 = 60_000;

/// A shop with a clock of its own and two machines.
struct World {
    store: Store,
    clock: Arc<AtomicI64>,
    one: i64,
    two: i64,
}

impl World {
    async fn open(base: &Base) -> Self {
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000));
        let store = base.store().await.with_clock(Arc::clone(&clock));
        let machine = async |name: &str| {
            store
                .machines()
                .add(name, &[Scope::Lease], None, &Actor::system())
                .await
                .unwrap()
                .id
        };
        let (one, two) = (machine("quầy 1").await, machine("quầy 2").await);
        Self {
            store,
            clock,
            one,
            two,
        }
    }

    fn wait(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    async fn add(&self, codes: &[&str]) -> Vec<Added> {
        let jobs: Vec<NewJob> = codes.iter().map(|code| bill(code)).collect();
        self.store
            .jobs()
            .add(&jobs, &Actor::system())
            .await
            .unwrap()
    }

    async fn lease_all(&self, codes: &[&str]) -> Vec<LeasedJob> {
        self.add(codes).await;
        let jobs = self.take(self.one, 100).await;
        assert_eq!(jobs.len(), codes.len());
        jobs
    }

    async fn take(&self, machine: i64, limit: u32) -> Vec<LeasedJob> {
        self.store
            .jobs()
            .lease(machine, Service::PayEvn, limit, MINUTE)
            .await
            .unwrap()
            .jobs
    }

    async fn arm(&self, machine: i64, job: &LeasedJob, attempt: Uuid) -> Result<i64, LeaseRefusal> {
        self.store
            .jobs()
            .arm(
                machine,
                &held(job),
                attempt,
                Some(Vnd::fixed(150_000)),
                MINUTE,
            )
            .await
            .unwrap()
    }

    async fn tell(&self, machine: i64, report: Report) -> ReportVerdict {
        self.store
            .jobs()
            .report(machine, &[report], &ShopRules::default())
            .await
            .unwrap()[0]
    }

    /// One bill, from the intake to the portal's receipt.
    async fn pay(&self, code: &str) -> LeasedJob {
        self.add(&[code]).await;
        let (job, attempt) = (self.take(self.one, 1).await.remove(0), Uuid::now_v7());
        self.arm(self.one, &job, attempt).await.unwrap();
        self.tell(self.one, report(&job, attempt, Outcome::Paid))
            .await;
        job
    }

    async fn state(&self, id: &str) -> String {
        self.store
            .jobs()
            .find(id)
            .await
            .unwrap()
            .unwrap()
            .state
            .wire()
            .to_owned()
    }
}

fn bill(code: &str) -> NewJob {
    let account = Account::parse(Service::PayEvn.spec().account, code).unwrap();
    NewJob::of(
        Service::PayEvn,
        &Job {
            account,
            amount: None,
            order_id: None,
            payment: None,
            receiver: None,
            row: String::new(),
            ticket: None,
        },
        gachno::store::jobs::JobOrigin::Sample,
    )
}

fn held(job: &LeasedJob) -> Held {
    Held {
        id: job.id.clone(),
        fence: job.fence,
    }
}

fn report(job: &LeasedJob, attempt: Uuid, outcome: Outcome) -> Report {
    let amount = (outcome == Outcome::Paid).then_some(Vnd::fixed(150_000));
    let proof = if outcome == Outcome::Paid {
        Proof::Response
    } else {
        Proof::None
    };
    Report {
        attempt: attempt.to_string(),
        job: job.id.clone(),
        fence: job.fence,
        outcome,
        amount,
        transaction_id: None,
        proof,
        message: Some("Giao dịch thành công".to_owned()),
        at: None,
        operator: Some("Lan".to_owned()),
    }
}

on_both! {
    async fn a_job_is_leased_armed_paid_and_settled_once(base: &Base) {
        let world = World::open(base).await;
        let added = world.add(&["PE001", "PE002", "pe001"]).await;
        assert!(matches!(&added[..], [Added::Added(first), Added::Added(_), Added::Duplicate(same)] if first == same), "{added:?}");
        let jobs = world.take(world.one, 10).await;
        assert_eq!(jobs.iter().map(|j| j.code.as_str()).collect::<Vec<_>>(), ["PE001", "PE002"]);
        assert_eq!(world.take(world.two, 10).await, [], "nothing is left for another machine");

        let attempt = Uuid::now_v7();
        world.arm(world.one, &jobs[0], attempt).await.unwrap();
        world.arm(world.one, &jobs[0], attempt).await.expect("asked again, answered the same");
        assert_eq!(world.arm(world.one, &jobs[0], Uuid::now_v7()).await, Err(LeaseRefusal::OtherAttempt));
        assert_eq!(world.tell(world.one, report(&jobs[0], attempt, Outcome::Paid)).await, ReportVerdict::Accepted);
        for _ in 0..3 {
            assert_eq!(world.tell(world.one, report(&jobs[0], attempt, Outcome::Paid)).await, ReportVerdict::Duplicate);
        }
        let done = world.store.jobs().find(&jobs[0].id).await.unwrap().unwrap();
        assert_eq!((done.state.wire(), done.outcome.as_deref(), done.paid_amount), ("done", Some("paid"), Some(150_000)));
        assert_eq!(done.message.as_deref(), Some("Giao dịch thành công"));
        assert_eq!(world.tell(world.one, report(&jobs[0], attempt, Outcome::NotSent)).await, ReportVerdict::Refused(LeaseRefusal::Ended));
        assert_eq!(world.state(&jobs[0].id).await, "done", "an end is never rewritten");
        assert!(matches!(world.add(&["PE001"]).await[..], [Added::Added(_)]), "what has ended may be ordered again");
    }
}

on_both! {
    async fn what_is_paid_completes_its_collection_row_once(base: &Base) {
        let world = World::open(base).await;
        let actor = Actor::system();
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut rows = Vec::new();
        for code in ["PE001", "PE002", "PE003"] {
            rows.push(world.store.tables().add(&desk::COLLECTION_DATA, &vec![field("code", code), field("postage", "150000")], &actor).await.unwrap());
        }
        let jobs: Vec<NewJob> = ["PE001", "PE002", "PE003"].iter().zip(&rows).map(|(code, row)| NewJob { collection_data_id: Some(*row), ..bill(code) }).collect();
        world.store.jobs().add(&jobs, &actor).await.unwrap();
        let jobs = world.take(world.one, 3).await;
        let row = async |id: i64, names: [&str; 5]| {
            let columns = gachno::store::catalogue::table("collection_data").unwrap().shown().map(|c| c.name).collect::<Vec<_>>();
            let row = world.store.tables().fetch(&desk::COLLECTION_DATA, id).await.unwrap();
            names.map(|name| row.cells[columns.iter().position(|c| *c == name).unwrap()].clone())
        };
        let names = ["completed", "paid_value", "trans_id", "updated_username", "updated_date"];

        // By a machine's report, however often it is sent.
        let attempt = Uuid::now_v7();
        world.arm(world.one, &jobs[0], attempt).await.unwrap();
        let paid = Report { transaction_id: Some("VT1".to_owned()), operator: Some("Lan".to_owned()), ..report(&jobs[0], attempt, Outcome::Paid) };
        assert_eq!(world.tell(world.one, paid.clone()).await, ReportVerdict::Accepted);
        assert_eq!(world.tell(world.one, paid).await, ReportVerdict::Duplicate);
        let now = row(rows[0], names).await;
        assert_eq!(json!(now), json!([1, 150_000, "VT1", "Lan", "2027-01-15"]));

        // By a person's word on a doubt.
        let attempt = Uuid::now_v7();
        world.arm(world.one, &jobs[1], attempt).await.unwrap();
        world.tell(world.one, report(&jobs[1], attempt, Outcome::Unknown)).await;
        assert_eq!(row(rows[1], names).await[0], 0, "a doubt completes nothing");
        let owner = Actor { who: "chủ".to_owned(), ..Actor::system() };
        world.store.jobs().resolve(&jobs[1].id, Resolution::Paid, None, "sao kê", &owner).await.unwrap();
        let now = row(rows[1], names).await;
        assert_eq!((&now[0], &now[1], &now[3]), (&json!(1), &json!(150_000), &json!("chủ")), "what is owed, where nobody says how much");

        // What somebody collected in the meantime is not written over.
        let version = world.store.tables().fetch(&desk::COLLECTION_DATA, rows[2]).await.unwrap().version;
        let by_hand = vec![field("completed", "1"), field("paid_value", "150000"), field("trans_id", "tiền mặt")];
        world.store.tables().change(&desk::COLLECTION_DATA, rows[2], version, &by_hand, &actor).await.unwrap();
        let attempt = Uuid::now_v7();
        world.arm(world.one, &jobs[2], attempt).await.unwrap();
        world.tell(world.one, report(&jobs[2], attempt, Outcome::Paid)).await;
        assert_eq!(row(rows[2], names).await[2], "tiền mặt");

        let query = ListQuery { filters: vec![Filter { column: house::audit::TABLE_NAME, compare: Compare::Is, value: "collection_data".to_owned() }], ..ListQuery::default() };
        let trail = format!("{:?}", world.store.tables().list(&house::AUDIT, &query, 50).await.unwrap().rows);
        assert_eq!((trail.matches("collection.settle").count(), trail.matches("collection.paid_again").count()), (2, 1), "{trail}");
        assert!(trail.contains("machine:quầy 1"), "{trail}");
        for entry in world.store.audit().of_row(&desk::COLLECTION_DATA, rows[0], 50).await.unwrap() {
            assert!(gachno::store::catalogue::AuditAction::of(&entry.action).is_some(), "{entry:?} has a name for people");
        }
    }
}

on_both! {
    async fn what_was_paid_is_what_was_allowed_or_a_persons(base: &Base) {
        let world = World::open(base).await;
        let mut jobs = world.lease_all(&["PE001", "PE002", "PE003"]).await;
        jobs.sort_by(|a, b| a.code.cmp(&b.code));
        for (job, told, state) in [
            (&jobs[0], Some(Vnd::fixed(45_000_000)), "in_doubt"),
            (&jobs[1], None, "in_doubt"),
            (&jobs[2], Some(Vnd::fixed(150_000)), "done"),
        ] {
            let attempt = Uuid::now_v7();
            world.arm(world.one, job, attempt).await.unwrap();
            let again = world.store.jobs().arm(world.one, &held(job), attempt, Some(Vnd::fixed(99_000_000)), MINUTE).await.unwrap();
            assert_eq!(again, Err(LeaseRefusal::OtherAmount), "the same attempt is no blank cheque");
            assert!(world.arm(world.one, job, attempt).await.is_ok(), "nor is it lost by that");
            let paid = Report { amount: told, ..report(job, attempt, Outcome::Paid) };
            assert_eq!(world.tell(world.one, paid).await, ReportVerdict::Accepted);
            let view = world.store.jobs().find(&job.id).await.unwrap().unwrap();
            let booked = (state == "done").then_some(150_000);
            assert_eq!((view.state.wire(), view.paid_amount), (state, booked), "{told:?}");
        }
    }
}

on_both! {
    async fn one_transaction_number_proves_one_payment(base: &Base) {
        let world = World::open(base).await;
        let codes: Vec<String> = (0..6).map(|n| format!("PE00{n}")).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let jobs = world.lease_all(&codes).await;
        let mut reports = Vec::new();
        for job in &jobs {
            let attempt = Uuid::now_v7();
            world.arm(world.one, job, attempt).await.unwrap();
            reports.push(Report { transaction_id: Some("GD777".to_owned()), ..report(job, attempt, Outcome::Paid) });
        }
        // At once, as machines are.
        let told = reports.into_iter().map(|report| world.tell(world.one, report));
        let verdicts = futures_util::future::join_all(told).await;
        assert!(verdicts.iter().all(|v| *v == ReportVerdict::Accepted), "{verdicts:?}");
        let mut states = Vec::new();
        for job in &jobs {
            states.push(world.state(&job.id).await);
        }
        states.sort_unstable();
        assert_eq!(states, ["done", "in_doubt", "in_doubt", "in_doubt", "in_doubt", "in_doubt"]);
    }
}

on_both! {
    async fn a_key_is_of_the_machines_own_numbering(base: &Base) {
        let world = World::open(base).await;
        let keyed = |code: &str, machine| NewJob { key: Some("1".to_owned()), key_of: Some(machine), ..bill(code) };
        let add = async |job: NewJob| world.store.jobs().add(&[job], &Actor::system()).await.unwrap().remove(0);
        let first = add(keyed("PE001", 1)).await;
        let Added::Added(id) = &first else { panic!("{first:?}") };
        assert_eq!(add(keyed("PE001", 1)).await, Added::Repeated(id.clone()));
        assert_eq!(add(keyed("PE002", 1)).await, Added::KeyTaken(id.clone()), "said, not lost");
        assert!(matches!(add(keyed("PE003", 2)).await, Added::Added(_)), "another's 1 is another job");
        // A version kept keys without saying whose they are.
        let old = add(NewJob { key: Some("7".to_owned()), ..bill("PE004") }).await;
        let Added::Added(old) = old else { panic!("{old:?}") };
        let again = |code: &str| NewJob { key: Some("7".to_owned()), key_of: Some(1), ..bill(code) };
        assert_eq!(add(again("PE004")).await, Added::Repeated(old));
        assert!(matches!(add(again("PE005")).await, Added::Added(_)));
    }
}

on_both! {
    async fn a_dead_machines_jobs_come_back_and_its_payments_do_not(base: &Base) {
        let world = World::open(base).await;
        world.add(&["PE001", "PE002"]).await;
        let jobs = world.take(world.one, 2).await;
        let attempt = Uuid::now_v7();
        world.arm(world.one, &jobs[0], attempt).await.unwrap();
        world.wait(MINUTE - 1_000);
        assert_eq!(world.store.jobs().heartbeat(world.one, &[held(&jobs[1])], MINUTE).await.unwrap(), [true]);
        world.wait(2_000);
        let rescued = world.store.jobs().expire().await.unwrap();
        assert_eq!((rescued.returned, rescued.in_doubt), (0, 1), "the one that was told to be alive is held");
        world.wait(MINUTE);
        assert_eq!(world.store.jobs().expire().await.unwrap().returned, 1);

        let again = world.take(world.two, 10).await;
        assert_eq!(again.iter().map(|j| j.code.as_str()).collect::<Vec<_>>(), ["PE002"], "what was armed is never handed out again");
        assert_eq!(world.store.jobs().heartbeat(world.one, &[held(&jobs[1])], MINUTE).await.unwrap(), [false]);
        assert_eq!(world.arm(world.one, &jobs[1], Uuid::now_v7()).await, Err(LeaseRefusal::Lost), "the older fence opens nothing");

        assert_eq!(world.tell(world.two, report(&jobs[0], attempt, Outcome::Paid)).await, ReportVerdict::Refused(LeaseRefusal::Lost), "a stranger's word");
        assert_eq!(world.state(&jobs[0].id).await, "in_doubt");
        assert_eq!(world.tell(world.one, report(&jobs[0], attempt, Outcome::Paid)).await, ReportVerdict::Accepted, "the reconciler of the same machine");
        assert_eq!(world.state(&jobs[0].id).await, "done");
    }
}

on_both! {
    async fn a_late_report_is_kept_and_a_payment_in_it_stops_the_second_one(base: &Base) {
        let world = World::open(base).await;
        world.add(&["PE001"]).await;
        let lost = world.take(world.one, 1).await.remove(0);
        world.wait(2 * MINUTE);
        world.store.jobs().expire().await.unwrap();
        let now = world.take(world.two, 1).await.remove(0);
        assert!(now.fence > lost.fence);
        let late = report(&lost, Uuid::now_v7(), Outcome::Paid);
        assert_eq!(world.tell(world.one, late.clone()).await, ReportVerdict::Refused(LeaseRefusal::Lost));
        assert_eq!(world.tell(world.one, late).await, ReportVerdict::Refused(LeaseRefusal::Lost), "told again, answered the same");
        assert_eq!(world.state(&now.id).await, "review", "somebody says that it was paid: a person decides");
        assert_eq!(world.arm(world.two, &now, Uuid::now_v7()).await, Err(LeaseRefusal::Lost));
        assert_eq!(world.tell(world.two, report(&now, Uuid::now_v7(), Outcome::NotSent)).await, ReportVerdict::Refused(LeaseRefusal::Late));
        assert_eq!(world.state(&now.id).await, "review", "that the second machine sent nothing says nothing of the first");
        let owner = Actor { who: "chủ".to_owned(), ..Actor::system() };
        world.store.jobs().resolve(&now.id, Resolution::Paid, Some(Vnd::fixed(150_000)), "có trong lịch sử", &owner).await.unwrap();
        let job = world.store.jobs().find(&now.id).await.unwrap().unwrap();
        assert_eq!((job.state.wire(), job.proof.as_deref(), job.paid_amount), ("done", Some("person"), Some(150_000)));
        let again = world.store.jobs().resolve(&now.id, Resolution::NotPaid, None, "nhầm", &owner).await;
        assert!(again.is_err(), "said once, never rewritten");
    }
}

on_both! {
    async fn that_somebody_paid_is_not_forgotten_when_another_says_that_he_did_not(base: &Base) {
        let world = World::open(base).await;
        let owner = Actor { who: "chủ".to_owned(), ..Actor::system() };
        for doubtful in [false, true] {
            world.add(&["PE001"]).await;
            let lost = world.take(world.one, 1).await.remove(0);
            world.wait(2 * MINUTE);
            world.store.jobs().expire().await.unwrap();
            let now = world.take(world.two, 1).await.remove(0);
            let attempt = Uuid::now_v7();
            world.arm(world.two, &now, attempt).await.unwrap();
            if doubtful {
                world.tell(world.two, report(&now, attempt, Outcome::Unknown)).await;
            }
            assert_eq!(world.tell(world.one, report(&lost, Uuid::now_v7(), Outcome::Paid)).await, ReportVerdict::Refused(LeaseRefusal::Lost));
            assert_eq!(world.tell(world.two, report(&now, attempt, Outcome::NotSent)).await, ReportVerdict::Accepted);
            assert_eq!(world.state(&now.id).await, "review", "one of them paid: nobody pays again before a person has looked");
            world.store.jobs().resolve(&now.id, Resolution::NotPaid, None, "không có trong lịch sử", &owner).await.unwrap();

            let again = world.take(world.one, 1).await.remove(0);
            let attempt = Uuid::now_v7();
            world.arm(world.one, &again, attempt).await.unwrap();
            world.tell(world.one, report(&again, attempt, Outcome::NotSent)).await;
            assert_eq!(world.state(&again.id).await, "ready", "what a person has looked at is settled");
            world.store.jobs().cancel(&again.id, "xong", &owner).await.unwrap();
        }
    }
}

on_both! {
    async fn a_payment_is_done_only_where_it_was_allowed_and_is_proven(base: &Base) {
        let world = World::open(base).await;
        world.add(&["PE001", "PE002"]).await;
        let jobs = world.take(world.one, 2).await;
        world.tell(world.one, report(&jobs[0], Uuid::now_v7(), Outcome::Paid)).await;
        let attempt = Uuid::now_v7();
        world.arm(world.one, &jobs[1], attempt).await.unwrap();
        world.tell(world.one, Report { proof: Proof::None, ..report(&jobs[1], attempt, Outcome::Paid) }).await;
        for job in &jobs {
            let told = world.store.jobs().find(&job.id).await.unwrap().unwrap();
            assert_eq!((told.state.wire(), told.outcome.as_deref(), told.paid_amount), ("in_doubt", Some("unknown"), None));
        }
    }
}

on_both! {
    async fn what_was_dropped_and_is_open_again_gets_no_twin(base: &Base) {
        let world = World::open(base).await;
        world.add(&["PE001"]).await;
        let job = world.take(world.one, 1).await.remove(0);
        let owner = Actor::system();
        world.store.jobs().cancel(&job.id, "khách đổi ý", &owner).await.unwrap();
        world.tell(world.one, report(&job, Uuid::now_v7(), Outcome::Paid)).await;
        assert_eq!(world.state(&job.id).await, "review");
        world.store.jobs().resolve(&job.id, Resolution::NotPaid, None, "không có", &owner).await.unwrap();
        assert!(matches!(&world.add(&["PE001"]).await[..], [Added::Duplicate(same)] if *same == job.id));
    }
}

on_both! {
    async fn what_is_edited_later_stays_paid_on_its_day(base: &Base) {
        const DAY: i64 = 24 * 60 * MINUTE;
        let world = World::open(base).await;
        world.pay("PE001").await;
        let that_day = world.store.now_ms() - MINUTE;
        world.wait(3 * DAY);
        let row = world.store.tables().list(&work::JOBS, &ListQuery::default(), 1).await.unwrap().rows.remove(0);
        world.store.tables().change(&work::JOBS, row.id, row.version, &vec![("note".to_owned(), "đã gọi khách".to_owned())], &Actor::system()).await.unwrap();
        assert_eq!(world.store.jobs().board().tallies(that_day + 2 * DAY).await.unwrap(), []);
        let paid: Vec<i64> = world.store.jobs().board().trend(that_day + 3 * DAY, 4).await.unwrap().iter().map(|day| day.paid).collect();
        assert_eq!(paid, [150_000, 0, 0, 0]);
    }
}

on_both! {
    async fn one_debt_in_doubt_holds_back_every_other_job_of_it(base: &Base) {
        let world = World::open(base).await;
        let order = |id: &str| NewJob { order_id: Some(id.to_owned()), ..bill("PE001") };
        world.store.jobs().add(&[order("A"), order("B"), bill("PE002")], &Actor::system()).await.unwrap();
        let first = world.take(world.one, 1).await.remove(0);
        let second = world.take(world.two, 1).await.remove(0);
        assert_eq!((first.order_id.as_deref(), second.order_id.as_deref()), (Some("A"), Some("B")));
        let attempt = Uuid::now_v7();
        world.arm(world.one, &first, attempt).await.unwrap();
        assert_eq!(world.arm(world.two, &second, Uuid::now_v7()).await, Err(LeaseRefusal::DebtLocked));
        world.store.jobs().give_back(world.two, &[(held(&second), Some("khoản nợ đang khóa".to_owned()))]).await.unwrap();
        assert_eq!(world.tell(world.one, report(&first, attempt, Outcome::Unknown)).await, ReportVerdict::Accepted);
        assert_eq!(world.take(world.two, 10).await.iter().map(|j| j.code.as_str()).collect::<Vec<_>>(), ["PE002"]);
        let owner = Actor::system();
        world.store.jobs().resolve(&first.id, Resolution::Dropped, None, "khách trả ở nơi khác", &owner).await.unwrap();
        assert_eq!(world.take(world.two, 10).await[0].id, second.id, "the doubt is over");
    }
}

on_both! {
    async fn what_failed_before_its_payment_is_done_again_and_not_for_ever(base: &Base) {
        let world = World::open(base).await;
        world.add(&["PE001"]).await;
        for round in 1..=3 {
            let job = world.take(world.one, 1).await.remove(0);
            assert_eq!(world.tell(world.one, report(&job, Uuid::now_v7(), Outcome::Failed)).await, ReportVerdict::Accepted);
            assert_eq!(world.state(&job.id).await, if round < 3 { "ready" } else { "failed" });
            assert_eq!(world.take(world.one, 1).await, [], "it rests");
            world.wait(round * 30_000);
        }
        let id = world.store.jobs().list(&JobFilter { state: Some(JobState::Failed), ..JobFilter::default() }, 10).await.unwrap().remove(0).id;
        assert_eq!(world.store.jobs().reopen(&id, "thử lại", &Actor::system()).await.unwrap(), JobState::Ready);
        assert_eq!(world.take(world.one, 1).await.len(), 1);
    }
}

on_both! {
    async fn an_equal_top_up_is_armed_only_where_somebody_says_that_it_is_meant(base: &Base) {
        let world = World::open(base).await;
        let top_up = |order: &str| {
            let list = JobList::from_lines(Service::TopUpViettel, Defaults::default(), &format!("0981234567|150000|{order}"));
            NewJob::of(Service::TopUpViettel, &list.jobs[0], gachno::store::jobs::JobOrigin::Sample)
        };
        let jobs = world.store.jobs();
        jobs.add(&[top_up("D1"), top_up("D2"), top_up("D3")], &Actor::system()).await.unwrap();
        let take = async || jobs.lease(world.one, Service::TopUpViettel, 3, MINUTE).await.unwrap().jobs;
        let all = take().await;
        let paid = Uuid::now_v7();
        world.arm(world.one, &all[0], paid).await.unwrap();
        assert_eq!(world.tell(world.one, report(&all[0], paid, Outcome::Paid)).await, ReportVerdict::Accepted);
        assert_eq!(world.arm(world.one, &all[1], Uuid::now_v7()).await, Err(LeaseRefusal::Repeat), "by whatever order");
        let meant = Uuid::now_v7();
        jobs.arm_repeat(world.one, &held(&all[1]), meant, Some(Vnd::fixed(150_000)), MINUTE).await.unwrap().expect("somebody said so");
        assert_eq!(world.tell(world.one, report(&all[1], meant, Outcome::Paid)).await, ReportVerdict::Accepted);
        // A day later it is asked about no more.
        world.wait(25 * 3_600_000);
        jobs.expire().await.unwrap();
        let again = take().await;
        assert_eq!(again.len(), 1, "its lease ran out meanwhile");
        world.arm(world.one, &again[0], Uuid::now_v7()).await.expect("another day");
    }
}

on_both! {
    async fn eight_clients_and_four_hundred_jobs_and_none_twice(base: &Base) {
        let world = Arc::new(World::open(base).await);
        let codes: Vec<String> = (0..400).map(|i| format!("PE{i:05}")).collect();
        world.add(&codes.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let client = |machine: i64| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let jobs = world.take(machine, 7).await;
                    if jobs.is_empty() {
                        return mine;
                    }
                    for job in &jobs {
                        let attempt = Uuid::now_v7();
                        world.arm(machine, job, attempt).await.unwrap();
                        assert_eq!(world.tell(machine, report(job, attempt, Outcome::Paid)).await, ReportVerdict::Accepted);
                    }
                    mine.extend(jobs.into_iter().map(|j| j.id));
                }
            })
        };
        let clients: Vec<_> = (0..8).map(|i| client(if i % 2 == 0 { world.one } else { world.two })).collect();
        let mut all = Vec::new();
        for client in clients {
            all.extend(client.await.unwrap());
        }
        assert_eq!((all.len(), all.iter().collect::<HashSet<_>>().len()), (400, 400));
        assert_eq!(world.store.jobs().counts().await.unwrap(), [("gach_dien_evn".to_owned(), "done".to_owned(), 400)]);
    }
}

on_both! {
    async fn the_same_key_is_the_same_job_however_often_it_is_sent(base: &Base) {
        let world = World::open(base).await;
        let job = || NewJob { key: Some("đơn-1".to_owned()), ..bill("PE001") };
        let first = world.store.jobs().add(&[job()], &Actor::system()).await.unwrap();
        let Added::Added(id) = &first[0] else { panic!("{first:?}") };
        let leased = world.take(world.one, 1).await.remove(0);
        world.tell(world.one, report(&leased, Uuid::now_v7(), Outcome::NoDebt)).await;
        let again = world.store.jobs().add(&[job()], &Actor::system()).await.unwrap();
        assert_eq!(again, [Added::Repeated(id.clone())], "even after it has ended");
    }
}

on_both! {
    async fn the_shops_limit_holds_before_anything_is_armed(base: &Base) {
        let world = World::open(base).await;
        world.add(&["PE001", "PE002"]).await;
        world.store.jobs().set_limit(None, Some(Service::PayEvn), None, Some(Vnd::fixed(200_000))).await.unwrap();
        let jobs = world.take(world.one, 2).await;
        world.arm(world.one, &jobs[0], Uuid::now_v7()).await.unwrap();
        assert_eq!(world.arm(world.one, &jobs[1], Uuid::now_v7()).await, Err(LeaseRefusal::OverLimit));
        world.wait(24 * 60 * MINUTE);
        world.store.jobs().expire().await.unwrap();
        let next = world.take(world.one, 1).await.remove(0);
        world.arm(world.one, &next, Uuid::now_v7()).await.expect("another day");
    }
}

on_both! {
    async fn machines_that_ask_at_the_same_time_stay_below_the_limit_together(base: &Base) {
        let world = World::open(base).await;
        let codes: Vec<String> = (0..8).map(|i| format!("PE00{i}")).collect();
        world.add(&codes.iter().map(String::as_str).collect::<Vec<_>>()).await;
        world.store.jobs().set_limit(None, None, None, Some(Vnd::fixed(300_000))).await.unwrap();
        let jobs = world.take(world.one, 8).await;
        let at_once = jobs.iter().map(|job| world.arm(world.one, job, Uuid::now_v7()));
        let answers = futures_util::future::join_all(at_once).await;
        assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 2, "twice 150.000: {answers:?}");
        assert!(answers.iter().all(|a| matches!(a, Ok(_) | Err(LeaseRefusal::OverLimit))), "{answers:?}");
    }
}

on_both! {
    async fn a_payment_whose_amount_nobody_tells_or_that_is_another_is_not_armed(base: &Base) {
        let world = World::open(base).await;
        let phone = Account::parse(Service::TopUpViettel.spec().account, "0981234567").unwrap();
        let job = Job { account: phone, amount: Some(Vnd::fixed(50_000)), order_id: None, payment: None, receiver: None, row: String::new(), ticket: None };
        world.store.jobs().add(&[NewJob::of(Service::TopUpViettel, &job, gachno::store::jobs::JobOrigin::Sample)], &Actor::system()).await.unwrap();
        let top_up = world.store.jobs().lease(world.one, Service::TopUpViettel, 1, MINUTE).await.unwrap().jobs.remove(0);
        let arm = async |job: &LeasedJob, amount: Option<i64>| {
            world.store.jobs().arm(world.one, &held(job), Uuid::now_v7(), amount.map(|dong| Vnd::try_from(dong).unwrap()), MINUTE).await.unwrap()
        };
        assert_eq!(arm(&top_up, Some(10_000)).await, Err(LeaseRefusal::OtherAmount));
        world.store.jobs().set_limit(None, None, Some(Vnd::fixed(40_000)), None).await.unwrap();
        assert_eq!(arm(&top_up, None).await, Err(LeaseRefusal::OverLimit), "what was ordered counts, whatever is left out");
        world.add(&["PE001"]).await;
        let bill = world.take(world.one, 1).await.remove(0);
        assert_eq!(arm(&bill, None).await, Err(LeaseRefusal::OverLimit), "an amount that nobody knows is above every limit");
        arm(&bill, Some(40_000)).await.unwrap();
    }
}

on_both! {
    async fn migrating_twice_changes_nothing(base: &Base) {
        let store = base.store().await;
        assert_eq!(store.schema().migrate().await.unwrap().steps, Vec::<String>::new());
        store.close().await;
        assert_eq!(base.store().await.schema().migrate().await.unwrap().steps, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_text_of_an_older_version_is_made_anew() {
    let Some(base) = Base::new(Which::MariaDb) else {
        return;
    };
    let world = World::open(&base).await;
    world.add(&["PE001"]).await;
    world.store.close().await;
    base.load(
        "ALTER TABLE jobs DROP INDEX jobs_search, MODIFY search_text MEDIUMTEXT; UPDATE jobs SET search_text = REPEAT('x', 5000); \
         DELETE FROM schema_history WHERE step LIKE 'schema %';",
    );
    let store = base.store().await;
    let found = store
        .tables()
        .page_and_count(
            &work::JOBS,
            &ListQuery {
                search: "pe001".to_owned(),
                ..ListQuery::default()
            },
            10,
        )
        .await
        .unwrap();
    assert_eq!(found.1, Count::Exactly(1));
}

on_both! {
    async fn a_key_that_differs_in_a_letters_case_is_another_one(base: &Base) {
        let world = World::open(base).await;
        let with_key = |code: &str, key: &str| NewJob { key: Some(key.into()), ..bill(code) };
        let jobs = [with_key("PE001", "don-a"), with_key("PE002", "DON-A"), with_key("PE003", "đơn-a"), with_key("PE004", "don-a ")];
        let added = world.store.jobs().add(&jobs, &Actor::system()).await.unwrap();
        assert!(added.iter().all(|added| matches!(added, Added::Added(_))), "{added:?}");
    }
}

/// What a database of an earlier version has: text that tells rows apart, compared without case and
/// accents.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_an_older_version_are_compared_letter_by_letter_from_now_on() {
    let Some(base) = Base::new(Which::MariaDb) else {
        return;
    };
    base.store().await.close().await;
    let loose = "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci";
    base.load(&format!(
        "ALTER TABLE payment_transfer MODIFY reference varchar(64) {loose} NOT NULL; ALTER TABLE contract MODIFY number varchar(64) {loose} NOT NULL; \
         DELETE FROM schema_history WHERE step LIKE 'schema %' OR step LIKE 'exact %';"
    ));
    let steps = base.store().await.schema().migrate().await.unwrap().steps;
    assert_eq!(steps, Vec::<String>::new(), "done when it was opened");
    for (table, column) in [
        ("payment_transfer", "reference"),
        ("contract", "number"),
        ("payment_event", "event_key"),
        ("idempotency_key", "key_hash"),
    ] {
        let found = base.ask(&format!(
            "SELECT collation_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '{table}' AND column_name = '{column}'"
        ));
        assert_eq!(found.trim(), "utf8mb4_nopad_bin", "{table}.{column}");
    }
}

on_both! {
    async fn the_first_owner_is_made_once_and_nothing_is_kept_in_clear(base: &Base) {
        use gachno::store::people::{password_fits};
use gachno::store::catalogue::{Role};
        let world = World::open(base).await;
        let owner = world.store.accounts().first_owner().await.unwrap().expect("a new shop");
        assert!(world.store.accounts().first_owner().await.unwrap().is_none());
        let account = world.store.accounts().named(&owner.username).await.unwrap().unwrap();
        assert_eq!((account.role, account.must_change), (Role::Owner, true));
        assert!(password_fits(&owner.password, &account.password_hash) && account.may_sign_in(world.store.now_ms()));
        world.wait(16 * MINUTE);
        assert!(!account.may_sign_in(world.store.now_ms()), "a quarter of an hour");
        let second = world.store.accounts().first_owner().await.unwrap().expect("a new password, since nobody used the first");
        assert_eq!(second.username, owner.username);
    }
}

on_both! {
    async fn a_token_opens_until_it_is_revoked_or_over(base: &Base) {
        use secrecy::ExposeSecret;
        let world = World::open(base).await;
        let until = world.store.now_ms() + MINUTE;
        let short = world.store.machines().add("máy tạm", &[Scope::Read], Some(until), &Actor::system()).await.unwrap();
        let token = short.token.expose_secret();
        assert!(world.store.machines().of_token(token).await.unwrap().is_some_and(|m| m.may(Scope::Read) && !m.may(Scope::Lease)));
        let other: String = token.chars().rev().collect();
        for bad in ["", "gn_", "gn_x_y", &token[..token.len() - 1], &other] {
            assert_eq!(world.store.machines().of_token(bad).await.unwrap(), None, "{bad}");
        }
        world.wait(MINUTE);
        assert_eq!(world.store.machines().of_token(token).await.unwrap(), None);
    }
}

/// Reads of an old dump, as its own tools see it: everything that was in it before we came.
const OLD_WORDS: &str = "SELECT id, `key`, value FROM admin_config; SELECT id, name, content, publish FROM banner; \
    SELECT id, code, name, postage, period, paid_value, completed, updated_time FROM collection_data; SELECT id, user, total, user_id FROM orders; \
    SELECT id, order_id, product_id, price FROM order_details; SELECT email, token FROM password_resets; SELECT id, title, final_price FROM products; \
    SELECT * FROM readme; SELECT id, transporter_name, total_amount FROM transporter_transaction; SELECT id, username, password, name FROM users; \
    SELECT * FROM migrations";

#[tokio::test(flavor = "multi_thread")]
async fn an_old_dump_is_served_and_loses_nothing() {
    let Some(base) = Base::new(Which::MariaDb) else {
        return;
    };
    base.load(include_str!("old_shop.sql"));
    // As shops have them whose server was set up long ago: without transactions, and with short
    // indexes.
    base.load("ALTER TABLE products ENGINE=MyISAM; ALTER TABLE orders ROW_FORMAT=COMPACT;");
    // And what years of other programs leave behind: a sum that fell below nothing, a day that is
    // none, a column of somebody's own.
    base.load(
        "SET sql_mode = ''; UPDATE orders SET total = 18446744073709551615; \
         INSERT INTO orders (id, user, table_id, discount, total, is_paid) VALUES (6, 'Khách quen', 1, 0, 0, 0); UPDATE collection_data SET period = '0000-00-00', postage = -5 WHERE id = 41; \
         ALTER TABLE users ADD COLUMN zalo varchar(20);",
    );
    let before = base.ask(OLD_WORDS);
    let store = base.store().await;
    assert_eq!(base.ask(OLD_WORDS), before);
    assert_eq!(
        store.schema().migrate().await.unwrap().steps,
        Vec::<String>::new(),
        "twice is once"
    );

    let actor = Actor::system();
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let next = store
        .tables()
        .add(
            &desk::COLLECTION_DATA,
            &vec![field("code", "PE03"), field("postage", "10.000")],
            &actor,
        )
        .await
        .unwrap();
    assert!(next > 1_000_000, "above the largest number that was there");
    let big = store
        .tables()
        .add(
            &desk::TRANSPORTER_TRANSACTION,
            &vec![field("total_amount", "1000000.25")],
            &actor,
        )
        .await
        .unwrap();
    assert_eq!(
        base.ask(&format!(
            "SELECT total_amount FROM transporter_transaction WHERE id = {big}"
        ))
        .trim(),
        "1000000.25"
    );
    for table in gachno::store::catalogue::TABLES
        .iter()
        .filter(|t| t.is_old && t.access == gachno::store::catalogue::Access::Edit)
    {
        let needed = table
            .columns
            .iter()
            .filter(|c| c.editable && !c.nullable && c.default.is_none());
        // Rows that are in the dump, where a row is pointed to.
        let value = |name: &str| match name {
            "user_id" => "7",
            "order_id" => "6",
            "product_id" => "2",
            _ => "12",
        };
        let fields: Fields = needed.map(|c| field(c.name, value(c.name))).collect();
        store
            .tables()
            .add(table, &fields, &actor)
            .await
            .unwrap_or_else(|e| panic!("{}: {e}", table.name));
    }
    let odd = store
        .tables()
        .fetch(&desk::COLLECTION_DATA, 41)
        .await
        .unwrap();
    let unchanged = vec![
        field("period", "0000-00-00"),
        field("postage", "-5"),
        field("name", "Nguyễn Văn Đèn"),
    ];
    store
        .tables()
        .change(&desk::COLLECTION_DATA, 41, odd.version, &unchanged, &actor)
        .await
        .unwrap();
    assert!(
        store
            .tables()
            .change(
                &desk::COLLECTION_DATA,
                41,
                odd.version + 1,
                &vec![field("postage", "-6")],
                &actor
            )
            .await
            .is_err()
    );
    assert_eq!(
        store.copies().strange_names().await.unwrap(),
        ["readme", "users.zalo"]
    );
    let settings = store.settings().shop().await.unwrap();
    assert_eq!(
        (settings.registration, settings.trial_days),
        (true, 7),
        "what the old settings say holds"
    );
    store
        .settings()
        .set(&gachno::store::settings::ShopSetting::TrialDays(30), &actor)
        .await
        .unwrap();
    assert_eq!(
        store.settings().shop().await.unwrap().trial_days,
        30,
        "until somebody decides anew"
    );
    let nowhere = store
        .tables()
        .add(
            &goods::PRODUCTS,
            &vec![
                field("user_id", "999"),
                field("title", "Thẻ"),
                field("price", "1"),
            ],
            &actor,
        )
        .await;
    assert!(
        nowhere
            .unwrap_err()
            .to_string()
            .contains("không có dòng số 999")
    );
    let formats = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND (engine <> 'InnoDB' OR row_format = 'Compact')";
    assert_eq!(
        base.ask(formats).trim(),
        "0",
        "every table knows transactions"
    );
    let (found, _) = store
        .tables()
        .page_and_count(
            &desk::COLLECTION_DATA,
            &ListQuery {
                search: "tran NO".to_owned(),
                ..ListQuery::default()
            },
            10,
        )
        .await
        .unwrap();
    assert_eq!(
        found.rows.iter().map(|r| r.id).collect::<Vec<_>>(),
        [1_000_000],
        "found without accents"
    );
    for hidden in ["readme", "migrations", "password_resets"] {
        assert!(
            gachno::store::catalogue::table(hidden).is_none(),
            "{hidden}"
        );
    }
    for hidden in [&house::MIGRATIONS, &people::PASSWORD_RESETS] {
        assert!(
            store
                .tables()
                .list(hidden, &ListQuery::default(), 10)
                .await
                .is_err(),
            "{}",
            hidden.name
        );
    }
    assert_eq!(store.settings().banners().shown().await.unwrap().len(), 1);
    let owner = store
        .accounts()
        .first_owner()
        .await
        .unwrap()
        .expect("nobody of the old users may sign in by the old password");
    assert!(
        store.accounts().named("lan").await.unwrap().is_none()
            && store
                .accounts()
                .named(&owner.username)
                .await
                .unwrap()
                .is_some()
    );

    // To a file and back again.
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("shop.db");
    store.copies().backup(&saved).await.unwrap();
    let empty = Base::new(Which::MariaDb).unwrap();
    let again = Store::connect(&empty.url).await.unwrap();
    let copied = again.copies().restore(&saved).await.unwrap();
    assert!(
        copied
            .iter()
            .any(|t| t.table == "collection_data" && t.rows == 4 && t.money == 479_995)
    );
    assert_eq!(
        empty.ask("SELECT total FROM orders WHERE id = 5").trim(),
        "18446744073709551615",
        "as it was"
    );
    let refused = again
        .copies()
        .restore(&saved)
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("đã có dữ liệu"), "{refused}");
    assert_eq!(
        again
            .tables()
            .list(&desk::COLLECTION_DATA, &ListQuery::default(), 10)
            .await
            .unwrap()
            .rows
            .len(),
        4
    );
}

on_both! {
    async fn words_find_what_a_job_was_told_and_page_by_page_each_row_once(base: &Base) {
        let world = World::open(base).await;
        let many: Vec<NewJob> = (0..10_030).map(|i| bill(&format!("PE{i:05}"))).collect();
        world.store.jobs().add(&many, &Actor::system()).await.unwrap();
        let words = |search: &str| ListQuery { search: search.to_owned(), ..ListQuery::default() };
        for descending in [false, true] {
            let mut query = ListQuery { descending, ..words("pe") };
            let mut seen = Vec::new();
            loop {
                let (page, count) = world.store.tables().page_and_count(&work::JOBS, &query, 900).await.unwrap();
                assert_eq!(count, Count::MoreThan(10_000));
                seen.extend(page.rows.iter().map(|row| row.id));
                query.after = page.next;
                if query.after.is_none() {
                    break;
                }
            }
            assert!(seen.is_sorted_by(|a, b| if descending { a < b } else { a > b }), "newest first, or oldest first");
            assert_eq!(seen.len(), many.len());
        }
        let (page, count) = world.store.tables().page_and_count(&work::JOBS, &words("pe0001"), 7).await.unwrap();
        assert_eq!((page.rows.len(), count), (7, Count::Exactly(10)));
        let rest = ListQuery { after: page.next, ..words("pe0001") };
        let (page, count) = world.store.tables().page_and_count(&work::JOBS, &rest, 7).await.unwrap();
        assert_eq!((page.rows.len(), page.next, count), (3, None, Count::Exactly(10)));

        // What the portal said of a job, why it was given back, and what a person decided are found
        // as well.
        let found = async |search: &str| world.store.tables().page_and_count(&work::JOBS, &words(search), 10).await.unwrap().1;
        let jobs = world.take(world.one, 3).await;
        world.arm(world.one, &jobs[0], Uuid::from_u128(1)).await.unwrap();
        let paid = Report { transaction_id: Some("VT-88.001".to_owned()), ..report(&jobs[0], Uuid::from_u128(1), Outcome::Paid) };
        world.tell(world.one, paid).await;
        world.store.jobs().give_back(world.one, &[(held(&jobs[1]), Some("quầy nghỉ trưa".to_owned()))]).await.unwrap();
        world.store.jobs().cancel(&jobs[2].id, "khách đổi ý", &Actor::system()).await.unwrap();
        for search in ["vt-88", "giao dich thanh cong", "nghi trua", "khách đổi ý"] {
            assert_eq!(found(search).await, Count::Exactly(1), "{search}");
        }
        assert_eq!(found("50%_").await, Count::Exactly(0), "what is searched for is no pattern");
    }
}

on_both! {
    async fn rows_are_listed_changed_and_brought_back_and_the_trail_tells(base: &Base) {
        let world = World::open(base).await;
        let (store, actor) = (&world.store, Actor { who: "Lan".to_owned(), ..Actor::system() });
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut ids = Vec::new();
        for i in 0..25 {
            let fields = vec![field("code", &format!("PE{i:02}")), field("name", if i % 2 == 0 { "Nguyễn Điện" } else { "" }), field("postage", &format!("{}", i / 5 * 1000))];
            ids.push(store.tables().add(&desk::COLLECTION_DATA, &fields, &actor).await.unwrap());
        }
        for (sort, descending) in [(None, false), (Some(collection_data::POSTAGE), false), (Some(collection_data::POSTAGE), true), (Some(collection_data::NAME), false), (Some(collection_data::NAME), true)] {
            let mut query = ListQuery { sort, descending, ..ListQuery::default() };
            let mut seen = Vec::new();
            loop {
                let page = store.tables().list(&desk::COLLECTION_DATA, &query, 4).await.unwrap();
                seen.extend(page.rows.iter().map(|r| r.id));
                query.after = page.next;
                if query.after.is_none() {
                    break;
                }
            }
            assert_eq!((seen.len(), seen.iter().collect::<HashSet<_>>().len()), (25, 25), "{sort:?} {descending}: each row once");
        }
        let filter = |column: gachno::store::catalogue::Column, compare, value: &str| ListQuery { filters: vec![Filter { column, compare, value: value.to_owned() }], ..ListQuery::default() };
        let count = async |query: &ListQuery| store.tables().count(&desk::COLLECTION_DATA, query).await.unwrap();
        assert_eq!(count(&filter(collection_data::POSTAGE, Compare::AtLeast, "3.000đ")).await, Count::Exactly(10));
        assert_eq!(count(&filter(collection_data::NAME, Compare::Empty, "")).await, Count::Exactly(12));
        assert_eq!(count(&ListQuery { search: "dien".to_owned(), ..ListQuery::default() }).await, Count::Exactly(13));
        assert!(store.tables().count(&desk::COLLECTION_DATA, &filter(goods::products::PRICE, Compare::Is, "1")).await.is_err());

        let version = store.tables().change(&desk::COLLECTION_DATA, ids[0], 0, &vec![field("name", "Trần Nợ")], &actor).await.unwrap();
        let stale = store.tables().change(&desk::COLLECTION_DATA, ids[0], 0, &vec![field("name", "khác")], &actor).await;
        assert!(matches!(stale, Err(gachno::store::StoreError::Stale)), "{stale:?}");
        assert_eq!(count(&ListQuery { search: "tran no".to_owned(), ..ListQuery::default() }).await, Count::Exactly(1), "the search follows");
        assert!(store.tables().change(&desk::COLLECTION_DATA, ids[0], version, &vec![field("version", "9")], &actor).await.is_err());

        store.tables().delete(&desk::COLLECTION_DATA, ids[0], version, &actor).await.unwrap();
        assert_eq!(count(&ListQuery::default()).await, Count::Exactly(24));
        store.tables().restore(&desk::COLLECTION_DATA, ids[0], version + 1, &actor).await.unwrap();
        let bulk = store.tables().change_rows(&desk::COLLECTION_DATA, &ids[..3], &RowChange::Set(vec![field("form", "tiền mặt")]), &actor).await.unwrap();
        assert!(bulk.iter().all(Result::is_ok));
        let trail = store.tables().list(&house::AUDIT, &ListQuery { search: "lan collection".to_owned(), ..ListQuery::default() }, 100).await.unwrap();
        assert_eq!(trail.rows.len(), 25 + 1 + 2 + 3, "every change has its row");

        let import = store.tables().imports().begin(&goods::PRODUCTS, "the.xlsx", &actor).await.unwrap();
        let seller = store.tables().add(&people::USERS, &vec![field("username", "lan")], &actor).await.unwrap().to_string();
        let cards: Vec<Fields> = (1..=3).map(|n| vec![field("user_id", &seller), field("title", &format!("Thẻ {n}")), field("price", "50.000")]).collect();
        store.tables().imports().add_rows(import, &goods::PRODUCTS, &cards, &actor).await.unwrap();
        let listed = store.tables().list(&goods::PRODUCTS, &ListQuery::default(), 10).await.unwrap().rows;
        store.tables().change(&goods::PRODUCTS, listed[0].id, listed[0].version, &vec![field("price", "60.000")], &actor).await.unwrap();
        assert_eq!(store.tables().imports().take_back(import, &actor).await.unwrap(), Undone { gone: 2, stayed: 1 }, "what somebody changed since stays");
        assert_eq!(store.tables().count(&goods::PRODUCTS, &ListQuery::default()).await.unwrap(), Count::Exactly(1));
        assert!(store.tables().imports().take_back(import, &actor).await.is_err(), "once");

        let mut exported = 0;
        let mut pages = store.tables().export(&desk::COLLECTION_DATA, &ListQuery::default()).unwrap();
        while let Some(page) = pages.recv().await {
            exported += page.unwrap().len();
        }
        assert_eq!(exported, 25);
        let user = gachno::store::catalogue::table("products").unwrap().column("user_id").unwrap();
        let login = store.accounts().first_owner().await.unwrap().unwrap().username;
        let picked = store.tables().pick_list(user, "cua hang", None, false, 10).await.unwrap();
        assert_eq!(picked.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), [login]);
    }
}

on_both! {
    async fn amounts_with_decimals_are_sorted_and_compared_as_numbers(base: &Base) {
        let world = World::open(base).await;
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        for amount in ["900", "20000.5", "1000000", "5000"] {
            world.store.tables().add(&desk::TRANSPORTER_TRANSACTION, &vec![field("total_amount", amount)], &Actor::system()).await.unwrap();
        }
        let at = gachno::store::catalogue::table("transporter_transaction").unwrap().shown().position(|c| c.name == "total_amount").unwrap();
        let mut query = ListQuery { sort: Some(desk::transporter_transaction::TOTAL_AMOUNT), ..ListQuery::default() };
        let mut sorted = Vec::new();
        loop {
            let page = world.store.tables().list(&desk::TRANSPORTER_TRANSACTION, &query, 1).await.unwrap();
            sorted.extend(page.rows.iter().map(|row| row.cells[at].as_str().unwrap().to_owned()));
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        assert_eq!(sorted, ["900.00", "5000.00", "20000.50", "1000000.00"]);
        let large = Filter { column: desk::transporter_transaction::TOTAL_AMOUNT, compare: Compare::AtLeast, value: "1000".to_owned() };
        let count = world.store.tables().count(&desk::TRANSPORTER_TRANSACTION, &ListQuery { filters: vec![large], ..ListQuery::default() }).await.unwrap();
        assert_eq!(count, Count::Exactly(3));
    }
}

on_both! {
    async fn a_backup_is_made_while_the_shop_works_and_brings_it_back(base: &Base) {
        let world = World::open(base).await;
        world.add(&["PE001", "PE002"]).await;
        let folder = tempfile::tempdir().unwrap();
        let saved = folder.path().join("shop.db");
        let more: Vec<NewJob> = (0..500).map(|i| bill(&format!("PX{i:03}"))).collect();
        let actor = Actor::system();
        let (added, backup) = futures_util::join!(async { world.store.jobs().add(&more, &actor).await }, async { world.store.copies().backup(&saved).await });
        assert_eq!(added.unwrap().len(), 500);
        backup.unwrap();
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&saved).unwrap().permissions()) & 0o777, 0o600);
        assert!(world.store.copies().backup(&saved).await.is_err(), "an older copy is never written over");

        let target = Base::new(if base.url.starts_with("sqlite") { Which::Sqlite } else { Which::MariaDb }).unwrap();
        let again = Store::connect(&target.url).await.unwrap();
        let copied = again.copies().restore(&saved).await.unwrap();
        assert!(copied.iter().any(|t| t.table == "jobs" && (2..=502).contains(&t.rows)), "{copied:?}");
        assert!(copied.iter().any(|t| t.table == "machines" && t.rows == 2));
    }
}

#[tokio::test]
async fn a_new_file_is_made_for_its_owner_alone_and_only_where_one_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.db");
    let url = format!("sqlite://{}", file.display());
    assert!(
        Store::open_existing(&url).await.is_err(),
        "what is copied from has to be there"
    );
    assert!(!file.exists());
    Store::open(&url).await.unwrap().close().await;
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions())
            & 0o777,
        0o600
    );
}

on_both! {
    async fn a_shop_moves_to_another_database_whole(base: &Base) {
        let world = World::open(base).await;
        world.add(&["PE001", "PE002", "PE003"]).await;
        let jobs = world.take(world.one, 2).await;
        world.arm(world.one, &jobs[0], Uuid::now_v7()).await.unwrap();
        let other = if base.url.starts_with("sqlite") { Which::MariaDb } else { Which::Sqlite };
        let Some(target) = Base::new(other) else { return };
        let moved = Store::connect(&target.url).await.unwrap();
        let copied = gachno::store::copy::copy(&world.store, &moved).await.unwrap();
        assert!(copied.iter().any(|t| t.table == "jobs" && t.rows == 3));
        let moved = moved.with_clock(Arc::clone(&world.clock));
        assert_eq!(moved.jobs().find(&jobs[0].id).await.unwrap().unwrap().state.wire(), "armed");
        let told = Report { ..report(&jobs[1], Uuid::now_v7(), Outcome::NoDebt) };
        assert_eq!(moved.jobs().report(world.one, &[told], &ShopRules::default()).await.unwrap(), [ReportVerdict::Accepted], "the machines go on");
        let more = moved.jobs().add(&[bill("PE004")], &Actor::system()).await.unwrap();
        assert!(matches!(more[..], [Added::Added(_)]));
    }
}

on_both! {
    /// Clients that hang up in the middle of what they asked for, by the hundred.
    async fn whoever_leaves_in_the_middle_takes_no_connection_along(base: &Base) {
        let world = World::open(base).await;
        for round in 0..40_u32 {
            let asked: Vec<_> = (0..16_u32)
                .map(|one| {
                    let store = world.store.clone();
                    tokio::spawn(async move {
                        let jobs: Vec<NewJob> = (0..5).map(|n| bill(&format!("PE{round:03}{one:03}{n}"))).collect();
                        let _ = store.jobs().add(&jobs, &Actor::system()).await;
                        let _ = store.jobs().list(&JobFilter::default(), 50).await;
                    })
                })
                .collect();
            // Long enough that they are somewhere in it.
            tokio::time::sleep(std::time::Duration::from_micros(u64::from(round) * 700)).await;
            asked.iter().for_each(tokio::task::JoinHandle::abort);
        }
        let asked: Vec<_> = (0..30)
            .map(|n| {
                let store = world.store.clone();
                tokio::spawn(async move { store.jobs().add(&[bill(&format!("PELAST{n:03}"))], &Actor::system()).await })
            })
            .collect();
        for ended in asked {
            assert!(matches!(ended.await.unwrap().unwrap()[..], [Added::Added(_)]), "all connections are there");
        }
    }
}

/// What docs/server.md says that each account needs.
const SERVES: &str = "SELECT, INSERT, UPDATE, DELETE";
const MIGRATES: &str = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX";

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_needs_no_right_to_change_the_schema() {
    let Some(base) = Base::new(Which::MariaDb) else {
        return;
    };
    let small = base.account("small", SERVES);
    let refused = Store::open(&small).await.unwrap_err();
    assert!(
        matches!(refused, gachno::store::StoreError::MayNotMigrate)
            && refused.to_string().contains("gachno store migrate"),
        "{refused}"
    );
    assert_eq!(base.ask("SHOW TABLES"), "", "and nothing was begun");

    Store::open(&base.account("large", MIGRATES))
        .await
        .unwrap()
        .close()
        .await;
    let store = Store::open(&small)
        .await
        .expect("all that it needs is there");
    let first = store
        .machines()
        .add("quầy 1", &[Scope::Lease], None, &Actor::system())
        .await
        .unwrap()
        .id;
    let owner = store
        .accounts()
        .first_owner()
        .await
        .unwrap()
        .expect("a new shop");
    store
        .jobs()
        .add(&[bill("PE001")], &Actor::system())
        .await
        .unwrap();
    let job = store
        .jobs()
        .lease(first, Service::PayEvn, 1, MINUTE)
        .await
        .unwrap()
        .jobs
        .remove(0);
    let attempt = Uuid::now_v7();
    store
        .jobs()
        .arm(
            first,
            &held(&job),
            attempt,
            Some(Vnd::fixed(150_000)),
            MINUTE,
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        store
            .jobs()
            .report(
                first,
                &[report(&job, attempt, Outcome::Paid)],
                &ShopRules::default()
            )
            .await
            .unwrap(),
        [ReportVerdict::Accepted]
    );
    assert!(store.leader().leads("rescue", "one", MINUTE).await.unwrap());
    store.jobs().expire().await.unwrap();
    forget_old(&store, 1).await.unwrap();
    store.schema().fill_search_texts().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    store
        .copies()
        .backup(&folder.path().join("shop.db"))
        .await
        .unwrap();

    // A copy is brought back by the same account, too, once the tables are there.
    let empty = Base::new(Which::MariaDb).unwrap();
    empty.store().await.close().await;
    let again = Store::connect(&empty.account("small", SERVES))
        .await
        .unwrap();
    again
        .copies()
        .restore(&folder.path().join("shop.db"))
        .await
        .unwrap();
    assert!(
        again
            .accounts()
            .named(&owner.username)
            .await
            .unwrap()
            .is_some()
    );

    // A newer program that needs more says so, and changes nothing.
    base.load("DELETE FROM schema_history WHERE step LIKE 'schema %'");
    assert!(matches!(
        Store::open(&small).await,
        Err(gachno::store::StoreError::MayNotMigrate)
    ));
}

on_both! {
    async fn a_copy_of_a_shop_at_work_is_one_moment_of_it(base: &Base) {
        let world = Arc::new(World::open(base).await);
        let codes: Vec<String> = (0..300).map(|i| format!("PE{i:05}")).collect();
        world.add(&codes.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let clients: Vec<_> = [world.one, world.two].map(|machine| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                loop {
                    let jobs = world.take(machine, 2).await;
                    if jobs.is_empty() {
                        return;
                    }
                    for job in &jobs {
                        let attempt = Uuid::now_v7();
                        world.arm(machine, job, attempt).await.unwrap();
                        assert_eq!(world.tell(machine, report(job, attempt, Outcome::Paid)).await, ReportVerdict::Accepted);
                    }
                }
            })
        }).into();
        let folder = tempfile::tempdir().unwrap();
        let (mut copies, mut partly) = (0, 0);
        while clients.iter().any(|client| !client.is_finished()) {
            let file = folder.path().join(format!("{copies}.db"));
            world.store.copies().backup(&file).await.unwrap();
            copies += 1;
            let kind = if base.url.starts_with("sqlite") { Which::Sqlite } else { Which::MariaDb };
            let empty = Base::new(kind).unwrap();
            let back = Store::connect(&empty.url).await.unwrap();
            back.copies().restore(&file).await.unwrap();
            let count = async |table, column, value: &str| {
                let filter = Filter { column, compare: Compare::Is, value: value.to_owned() };
                match back.tables().count(table, &ListQuery { filters: vec![filter], ..ListQuery::default() }).await.unwrap() {
                    Count::Exactly(count) | Count::MoreThan(count) => count,
                }
            };
            let done = count(&work::JOBS, work::jobs::STATE, "done").await;
            assert_eq!(count(&work::REPORTS, work::reports::VERDICT, "accepted").await, done, "each end with its report, and no report without");
            partly += usize::from(done > 0 && done < 300);
            back.close().await;
        }
        for client in clients {
            client.await.unwrap();
        }
        assert!(partly > 0, "{copies} copies, none of them while it worked");
    }
}

on_both! {
    async fn what_is_old_is_forgotten_and_nothing_about_money_is(base: &Base) {
        use gachno::store::people::WebSession;
        const DAY: i64 = 24 * 60 * MINUTE;
        let world = World::open(base).await;
        let job = world.pay("PE001").await;
        let session = async |hash: &str, lasts: i64| {
            let now = world.store.now_ms();
            let session = WebSession { hash: hash.to_owned(), user_id: Some(1), created_at: now, last_seen: now, expires_at: now + lasts, ip: None, agent: None, data: None };
            world.store.accounts().sessions().add(&session).await.unwrap();
        };
        let failed = async || world.store.accounts().sign_ins().failed("lan", "10.0.0.7", &Actor::system()).await.unwrap();
        session("short", DAY).await;
        session("long", 100 * DAY).await;
        failed().await;
        world.wait(29 * DAY);
        failed().await;
        assert_eq!(forget_old(&world.store, 30).await.unwrap(), 1, "the session that was over");
        world.wait(2 * DAY);
        let trail = world.store.tables().count(&house::AUDIT, &ListQuery::default()).await.unwrap();
        assert_eq!(forget_old(&world.store, 30).await.unwrap(), 1, "the older failure");
        assert_eq!(world.store.tables().count(&people::LOGIN_FAILURES, &ListQuery::default()).await.unwrap(), Count::Exactly(1));
        assert!(world.store.accounts().sessions().find("short").await.unwrap().is_none() && world.store.accounts().sessions().find("long").await.unwrap().is_some());
        world.wait(10_000 * DAY);
        forget_old(&world.store, 0).await.unwrap();
        assert_eq!(world.state(&job.id).await, "done");
        assert_eq!(world.store.tables().count(&house::AUDIT, &ListQuery::default()).await.unwrap(), trail, "the trail is for ever");
        assert_eq!(world.store.tables().count(&work::REPORTS, &ListQuery::default()).await.unwrap(), Count::Exactly(1));
    }
}

/// What the server forgets by itself.
async fn forget_old(store: &Store, keep_days: i64) -> Result<u64, gachno::store::StoreError> {
    Ok(store.accounts().sessions().forget_ended().await?
        + store.accounts().sign_ins().forget_old(keep_days).await?)
}

/// Found from outside: in a cron beside the server's own user it made a shop of its own, copied
/// nothing, and ended with 0.
#[test]
fn only_the_server_makes_a_database() {
    let home = tempfile::tempdir().unwrap();
    for args in [
        &["store", "backup", "copy.db"][..],
        &["store", "token", "quầy 1"],
        &["store", "owner"],
        &["store", "rekey"],
    ] {
        let ended = std::process::Command::new(env!("CARGO_BIN_EXE_gachno"))
            .args(args)
            .env("GACHNO_HOME", home.path())
            .current_dir(home.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains("Không mở được cơ sở dữ liệu"), "{said}");
    }
    let made: Vec<_> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| {
            Path::new(name).extension().is_some_and(|e| e == "db") || name.contains(".key")
        })
        .collect();
    assert!(made.is_empty(), "{made:?}");
}
