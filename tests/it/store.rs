//! The server's database, the same stories on SQLite and on MariaDB.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gachno::domain::{Account, Job, JobState, Outcome, Proof, Resolution, Service, Vnd};
use gachno::store::jobs::{Added, Held, JobFilter, LeasedJob, NewJob, Refusal, Report, Verdict};
use gachno::store::machines::Scope;
use gachno::store::settings::Shop;
use gachno::store::{Actor, Store};
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
        let machine = async |name: &str| store.add_machine(name, &[Scope::Lease], None, &Actor::system()).await.unwrap().id;
        let (one, two) = (machine("quầy 1").await, machine("quầy 2").await);
        Self { store, clock, one, two }
    }

    fn wait(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    async fn add(&self, codes: &[&str]) -> Vec<Added> {
        let jobs: Vec<NewJob> = codes.iter().map(|code| bill(code)).collect();
        self.store.add_jobs(&jobs, &Actor::system()).await.unwrap()
    }

    async fn take(&self, machine: i64, limit: u32) -> Vec<LeasedJob> {
        self.store.take(machine, Service::PayEvn, limit, MINUTE).await.unwrap().jobs
    }

    async fn arm(&self, machine: i64, job: &LeasedJob, attempt: Uuid) -> Result<i64, Refusal> {
        self.store.arm(machine, &held(job), attempt, Some(Vnd::fixed(150_000)), MINUTE).await.unwrap()
    }

    async fn tell(&self, machine: i64, report: Report) -> Verdict {
        self.store.report(machine, &[report], &Shop::default()).await.unwrap()[0]
    }

    async fn state(&self, id: &str) -> String {
        self.store.job(id).await.unwrap().unwrap().state
    }
}

fn bill(code: &str) -> NewJob {
    let account = Account::parse(Service::PayEvn.spec().account, code).unwrap();
    NewJob::of(Service::PayEvn, &Job { account, amount: None, order_id: None, payment: None, row: String::new(), ticket: None }, "test")
}

fn held(job: &LeasedJob) -> Held {
    Held { id: job.id.clone(), fence: job.fence }
}

fn report(job: &LeasedJob, attempt: Uuid, outcome: Outcome) -> Report {
    let amount = (outcome == Outcome::Paid).then_some(Vnd::fixed(150_000));
    let proof = if outcome == Outcome::Paid { Proof::Response } else { Proof::None };
    Report {
        attempt,
        job: job.id.clone(),
        fence: job.fence,
        outcome,
        amount,
        transaction_id: None,
        proof,
        message: Some("Giao dịch thành công".to_owned()),
        at_ms: None,
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
        assert_eq!(world.arm(world.one, &jobs[0], Uuid::now_v7()).await, Err(Refusal::OtherAttempt));
        assert_eq!(world.tell(world.one, report(&jobs[0], attempt, Outcome::Paid)).await, Verdict::Accepted);
        for _ in 0..3 {
            assert_eq!(world.tell(world.one, report(&jobs[0], attempt, Outcome::Paid)).await, Verdict::Duplicate);
        }
        let done = world.store.job(&jobs[0].id).await.unwrap().unwrap();
        assert_eq!((done.state.as_str(), done.outcome.as_deref(), done.paid_amount), ("done", Some("paid"), Some(150_000)));
        assert_eq!(done.message.as_deref(), Some("Giao dịch thành công"));
        assert_eq!(world.tell(world.one, report(&jobs[0], attempt, Outcome::NotSent)).await, Verdict::Refused(Refusal::Ended));
        assert_eq!(world.state(&jobs[0].id).await, "done", "an end is never rewritten");
        assert!(matches!(world.add(&["PE001"]).await[..], [Added::Added(_)]), "what has ended may be ordered again");
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
        assert_eq!(world.store.heartbeat(world.one, &[held(&jobs[1])], MINUTE).await.unwrap(), [true]);
        world.wait(2_000);
        let rescued = world.store.expire().await.unwrap();
        assert_eq!((rescued.returned, rescued.in_doubt), (0, 1), "the one that was told to be alive is held");
        world.wait(MINUTE);
        assert_eq!(world.store.expire().await.unwrap().returned, 1);

        let again = world.take(world.two, 10).await;
        assert_eq!(again.iter().map(|j| j.code.as_str()).collect::<Vec<_>>(), ["PE002"], "what was armed is never handed out again");
        assert_eq!(world.store.heartbeat(world.one, &[held(&jobs[1])], MINUTE).await.unwrap(), [false]);
        assert_eq!(world.arm(world.one, &jobs[1], Uuid::now_v7()).await, Err(Refusal::Lost), "the older fence opens nothing");

        assert_eq!(world.tell(world.two, report(&jobs[0], attempt, Outcome::Paid)).await, Verdict::Refused(Refusal::Lost), "a stranger's word");
        assert_eq!(world.state(&jobs[0].id).await, "in_doubt");
        assert_eq!(world.tell(world.one, report(&jobs[0], attempt, Outcome::Paid)).await, Verdict::Accepted, "the reconciler of the same machine");
        assert_eq!(world.state(&jobs[0].id).await, "done");
    }
}

on_both! {
    async fn a_late_report_is_kept_and_a_payment_in_it_stops_the_second_one(base: &Base) {
        let world = World::open(base).await;
        world.add(&["PE001"]).await;
        let lost = world.take(world.one, 1).await.remove(0);
        world.wait(2 * MINUTE);
        world.store.expire().await.unwrap();
        let now = world.take(world.two, 1).await.remove(0);
        assert!(now.fence > lost.fence);
        let late = report(&lost, Uuid::now_v7(), Outcome::Paid);
        assert_eq!(world.tell(world.one, late.clone()).await, Verdict::Refused(Refusal::Lost));
        assert_eq!(world.tell(world.one, late).await, Verdict::Refused(Refusal::Lost), "told again, answered the same");
        assert_eq!(world.state(&now.id).await, "review", "somebody says that it was paid: a person decides");
        assert_eq!(world.arm(world.two, &now, Uuid::now_v7()).await, Err(Refusal::Lost));
        let owner = Actor { who: "chủ".to_owned(), ..Actor::system() };
        world.store.resolve(&now.id, Resolution::Paid, Some(Vnd::fixed(150_000)), "có trong lịch sử", &owner).await.unwrap();
        let job = world.store.job(&now.id).await.unwrap().unwrap();
        assert_eq!((job.state.as_str(), job.proof.as_deref(), job.paid_amount), ("done", Some("person"), Some(150_000)));
        let again = world.store.resolve(&now.id, Resolution::NotPaid, None, "nhầm", &owner).await;
        assert!(again.is_err(), "said once, never rewritten");
    }
}

on_both! {
    async fn one_debt_in_doubt_holds_back_every_other_job_of_it(base: &Base) {
        let world = World::open(base).await;
        let order = |id: &str| NewJob { order_id: Some(id.to_owned()), ..bill("PE001") };
        world.store.add_jobs(&[order("A"), order("B"), bill("PE002")], &Actor::system()).await.unwrap();
        let first = world.take(world.one, 1).await.remove(0);
        let second = world.take(world.two, 1).await.remove(0);
        assert_eq!((first.order_id.as_deref(), second.order_id.as_deref()), (Some("A"), Some("B")));
        let attempt = Uuid::now_v7();
        world.arm(world.one, &first, attempt).await.unwrap();
        assert_eq!(world.arm(world.two, &second, Uuid::now_v7()).await, Err(Refusal::DebtLocked));
        world.store.give_back(world.two, &[(held(&second), Some("khoản nợ đang khóa".to_owned()))]).await.unwrap();
        assert_eq!(world.tell(world.one, report(&first, attempt, Outcome::Unknown)).await, Verdict::Accepted);
        assert_eq!(world.take(world.two, 10).await.iter().map(|j| j.code.as_str()).collect::<Vec<_>>(), ["PE002"]);
        let owner = Actor::system();
        world.store.resolve(&first.id, Resolution::Dropped, None, "khách trả ở nơi khác", &owner).await.unwrap();
        assert_eq!(world.take(world.two, 10).await[0].id, second.id, "the doubt is over");
    }
}

on_both! {
    async fn what_failed_before_its_payment_is_done_again_and_not_for_ever(base: &Base) {
        let world = World::open(base).await;
        world.add(&["PE001"]).await;
        for round in 1..=3 {
            let job = world.take(world.one, 1).await.remove(0);
            assert_eq!(world.tell(world.one, report(&job, Uuid::now_v7(), Outcome::Failed)).await, Verdict::Accepted);
            assert_eq!(world.state(&job.id).await, if round < 3 { "ready" } else { "failed" });
            assert_eq!(world.take(world.one, 1).await, [], "it rests");
            world.wait(round * 30_000);
        }
        let id = world.store.jobs(&JobFilter { state: Some(JobState::Failed), ..JobFilter::default() }, 10).await.unwrap().remove(0).id;
        assert_eq!(world.store.reopen(&id, "thử lại", &Actor::system()).await.unwrap(), JobState::Ready);
        assert_eq!(world.take(world.one, 1).await.len(), 1);
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
                        assert_eq!(world.tell(machine, report(job, attempt, Outcome::Paid)).await, Verdict::Accepted);
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
        assert_eq!(world.store.job_counts().await.unwrap(), [("gach_dien_evn".to_owned(), "done".to_owned(), 400)]);
    }
}

on_both! {
    async fn the_same_key_is_the_same_job_however_often_it_is_sent(base: &Base) {
        let world = World::open(base).await;
        let job = || NewJob { key: Some("đơn-1".to_owned()), ..bill("PE001") };
        let first = world.store.add_jobs(&[job()], &Actor::system()).await.unwrap();
        let Added::Added(id) = &first[0] else { panic!("{first:?}") };
        let leased = world.take(world.one, 1).await.remove(0);
        world.tell(world.one, report(&leased, Uuid::now_v7(), Outcome::NoDebt)).await;
        let again = world.store.add_jobs(&[job()], &Actor::system()).await.unwrap();
        assert_eq!(again, [Added::Repeated(id.clone())], "even after it has ended");
    }
}

on_both! {
    async fn the_shops_limit_holds_before_anything_is_armed(base: &Base) {
        let world = World::open(base).await;
        world.add(&["PE001", "PE002"]).await;
        world.store.set_limit(None, Some(Service::PayEvn), None, Some(Vnd::fixed(200_000))).await.unwrap();
        let jobs = world.take(world.one, 2).await;
        world.arm(world.one, &jobs[0], Uuid::now_v7()).await.unwrap();
        assert_eq!(world.arm(world.one, &jobs[1], Uuid::now_v7()).await, Err(Refusal::OverLimit));
        world.wait(24 * 60 * MINUTE);
        world.store.expire().await.unwrap();
        let next = world.take(world.one, 1).await.remove(0);
        world.arm(world.one, &next, Uuid::now_v7()).await.expect("another day");
    }
}

on_both! {
    async fn migrating_twice_changes_nothing(base: &Base) {
        let store = base.store().await;
        assert_eq!(store.migrate().await.unwrap().steps, Vec::<String>::new());
        store.close().await;
        assert_eq!(base.store().await.migrate().await.unwrap().steps, Vec::<String>::new());
    }
}

on_both! {
    async fn the_first_owner_is_made_once_and_nothing_is_kept_in_clear(base: &Base) {
        use gachno::store::accounts::{Role, password_fits};
        let world = World::open(base).await;
        let owner = world.store.first_owner().await.unwrap().expect("a new shop");
        assert!(world.store.first_owner().await.unwrap().is_none());
        let account = world.store.account_named(&owner.username).await.unwrap().unwrap();
        assert_eq!((account.role, account.must_change), (Role::Owner, true));
        assert!(password_fits(&owner.password, &account.password_hash) && account.may_sign_in(world.store.now_ms()));
        world.wait(16 * MINUTE);
        assert!(!account.may_sign_in(world.store.now_ms()), "a quarter of an hour");
        let second = world.store.first_owner().await.unwrap().expect("a new password, since nobody used the first");
        assert_eq!(second.username, owner.username);
    }
}

on_both! {
    async fn a_token_opens_until_it_is_revoked_or_over(base: &Base) {
        use secrecy::ExposeSecret;
        let world = World::open(base).await;
        let until = world.store.now_ms() + MINUTE;
        let short = world.store.add_machine("máy tạm", &[Scope::Read], Some(until), &Actor::system()).await.unwrap();
        let token = short.token.expose_secret();
        assert!(world.store.machine_of(token).await.unwrap().is_some_and(|m| m.may(Scope::Read) && !m.may(Scope::Lease)));
        let other: String = token.chars().rev().collect();
        for bad in ["", "gn_", "gn_x_y", &token[..token.len() - 1], &other] {
            assert_eq!(world.store.machine_of(bad).await.unwrap(), None, "{bad}");
        }
        world.wait(MINUTE);
        assert_eq!(world.store.machine_of(token).await.unwrap(), None);
    }
}
