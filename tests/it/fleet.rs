//! Operators' machines and one server: killed in turn, cut off, started again. Every job has one
//! outcome in the server's database, and the sums are what the portal's own book says.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gachno::config::{Config, ConfigVault, Home, Unlock, set};
use gachno::domain::{Account, Job, Service};
use gachno::mock_site;
use gachno::sandbox::{self, Sandbox, Scenario, Unlisted};
use gachno::store::jobs::{JobFilter, JobView, NewJob};
use gachno::store::machines::Scope;
use gachno::store::{Actor, Store, sqlite_url};
use secrecy::ExposeSecret;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::world::{AGENT, PIN};

const PASSPHRASE: &str = "mưa rào Hà Nội";
/// Longer than anything takes on a slow machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// A wire that can be cut and mended: what runs over it is cut, what is new finds nobody.
struct Wire {
    address: SocketAddr,
    is_cut: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Wire {
    async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let is_cut = Arc::new(AtomicBool::new(false));
        let cut = is_cut.clone();
        let task = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let cut = cut.clone();
                tokio::spawn(async move {
                    if cut.load(Ordering::Relaxed) {
                        return;
                    }
                    let Ok(mut far) = TcpStream::connect(target).await else {
                        return;
                    };
                    let until_cut = async {
                        while !cut.load(Ordering::Relaxed) {
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                    };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        () = until_cut => {}
                    }
                });
            }
        });
        Self {
            address,
            is_cut,
            task,
        }
    }

    fn cut(&self) {
        self.is_cut.store(true, Ordering::Relaxed);
    }

    fn mend(&self) {
        self.is_cut.store(false, Ordering::Relaxed);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A process that ends with the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An operator's machine.
pub struct Machine {
    home: tempfile::TempDir,
    wire: Wire,
    at_work: Option<Killed>,
}

impl Machine {
    /// `agent`: whose portal account it pays from.
    pub async fn new(fleet: &Fleet, agent: &str, name: &str) -> Self {
        let home = tempfile::tempdir().expect("folder");
        let token = fleet
            .store
            .machines()
            .add(name, &[Scope::Lease, Scope::Read], None, &Actor::system())
            .await
            .expect("machine")
            .token;
        let wire = Wire::to(fleet.address).await;
        let url = format!("http://{}", wire.address);
        let machine = Self {
            home,
            wire,
            at_work: None,
        };
        machine.set(&[
            ("portal.username", agent),
            ("portal.password", "mk1234"),
            ("portal.pin", PIN),
            ("portal.url", &fleet.sandbox.url()),
            ("api.url", &url),
            ("api.token", token.expose_secret()),
            ("api.jobs_at_once", "4"),
            ("operator", name),
            // As patient as the sandbox needs, which settles at once.
            ("reconcile.look_after_ms", "0, 300, 800, 1500"),
            ("reconcile.settle_ms", "200"),
            ("reconcile.apart_ms", "400"),
            ("reconcile.wait_s", "3"),
        ]);
        machine
    }

    fn set(&self, values: &[(&str, &str)]) {
        let file = Home::at(self.home.path()).config_file();
        let mut config = Config::load(&file).expect("configuration");
        let unlock = Unlock {
            passphrase: Some(PASSPHRASE.to_owned().into()),
            keyring: false,
        };
        for (key, value) in values {
            let vault = || match &config.vault {
                Some(header) => ConfigVault::open(header, &unlock),
                None => ConfigVault::create(&unlock),
            };
            config = set(&config, key, &(*value).to_owned().into(), vault).expect(key);
        }
        config.save(&file).expect("saved");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments, self.home.path());
        command
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(self.home.path().join("stderr")).expect("file"));
        command
    }

    /// Takes some jobs and does them.
    pub fn work(&mut self) {
        let mut run = self.command(&[
            "run",
            "gach_dien_evn",
            "--from-api",
            "--headless",
            "--yes",
            "--json",
            "--receiver-phone",
            "0912345678",
        ]);
        self.at_work = Some(Killed(run.spawn().expect("starts")));
    }

    pub fn is_at_work(&mut self) -> bool {
        self.at_work
            .as_mut()
            .is_some_and(|run| run.0.try_wait().expect("asked").is_none())
    }

    /// As if the power went.
    fn kill(&mut self) {
        self.at_work = None;
    }

    /// Looks into what is in doubt and tells what was not told. `true`: nothing is left of either.
    fn settle(&self) -> bool {
        let is_settled = self
            .command(&["ledger", "reconcile", "--headless"])
            .status()
            .expect("runs")
            .success();
        self.command(&["ledger", "deliver"])
            .status()
            .expect("runs")
            .success()
            && is_settled
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.kill();
        gachno::browser::reap(&self.home.path().join("run"));
    }
}

pub fn program(arguments: &[&str], home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gachno"));
    command
        .args(arguments)
        .env("GACHNO_HOME", home)
        .env("GACHNO_PASSPHRASE", PASSPHRASE)
        .current_dir(home)
        .stdin(Stdio::null());
    command
}

/// A server as a process, the portal, and a look into the server's database.
pub struct Fleet {
    pub home: tempfile::TempDir,
    pub sandbox: Sandbox,
    pub store: Store,
    pub address: SocketAddr,
    server: Option<Killed>,
}

const OTHER_AGENT: &str = "1234567890_VTP_00002_DB";

impl Fleet {
    async fn open(bills: usize) -> Self {
        Self::owing(bills, true).await
    }

    /// A portal where so many bills are owed; are there jobs for them?
    pub async fn owing(bills: usize, with_jobs: bool) -> Self {
        gachno::init_tls();
        let mut scenario = Scenario::default();
        let mut other = scenario.agents[0].clone();
        OTHER_AGENT.clone_into(&mut other.username);
        scenario.agents.push(other);
        scenario.unlisted = Unlisted::NotFound;
        for number in 0..bills {
            scenario.owing(
                &code(number),
                20_000 + 1_000 * i64::try_from(number).expect("small"),
            );
        }
        let sandbox = sandbox::start(sandbox::SandboxOptions {
            scenario,
            latency: Duration::from_millis(40),
            ..sandbox::SandboxOptions::default()
        })
        .await
        .expect("sandbox");
        let home = tempfile::tempdir().expect("folder");
        let store = Store::open(&sqlite_url(&Home::at(home.path()).server_database()))
            .await
            .expect("database");
        let jobs: Vec<NewJob> = (0..bills)
            .filter(|_| with_jobs)
            .map(|number| job(&code(number)))
            .collect();
        store
            .jobs()
            .add(&jobs, &Actor::system())
            .await
            .expect("added");
        // A port that stays the server's own, however often it comes back.
        let address = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port");
        let mut fleet = Self {
            home,
            sandbox,
            store,
            address,
            server: None,
        };
        fleet.serve().await;
        fleet
    }

    async fn serve(&mut self) {
        let mut serve = program(
            &["serve", "--listen", &self.address.to_string()],
            self.home.path(),
        );
        let log = std::fs::File::create(self.home.path().join("serve")).expect("file");
        self.server = Some(Killed(
            serve
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .expect("starts"),
        ));
        let address = self.address;
        until("the server answers", async || {
            TcpStream::connect(address).await.is_ok()
        })
        .await;
    }

    async fn jobs(&self) -> Vec<JobView> {
        self.store
            .jobs()
            .list(&JobFilter::default(), 500)
            .await
            .expect("read")
    }

    async fn in_state(&self, state: &str) -> usize {
        self.jobs()
            .await
            .iter()
            .filter(|job| job.state.wire() == state)
            .count()
    }

    /// Every job was paid once, by the server's database and by the portal's book.
    async fn assert_books_agree(&self) {
        let (jobs, truth) = (self.jobs().await, self.sandbox.truth());
        let open: Vec<_> = jobs
            .iter()
            .filter(|job| job.state.wire() != "done")
            .collect();
        assert!(open.is_empty(), "{open:#?}");
        assert_eq!(truth.moved, jobs.len(), "each bill moved money once");
        assert_eq!(
            jobs.iter().filter_map(|job| job.paid_amount).sum::<i64>(),
            truth.total,
            "to the đồng"
        );
    }
}

pub fn code(number: usize) -> String {
    format!("PE{number:05}")
}

fn job(code: &str) -> NewJob {
    let account = Account::parse(Service::PayEvn.spec().account, code).expect("a code");
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

pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn two_machines_share_the_work_and_nothing_is_done_twice() {
    let fleet = Fleet::open(8).await;
    let mut one = Machine::new(&fleet, AGENT, "quầy 1").await;
    let mut two = Machine::new(&fleet, OTHER_AGENT, "quầy 2").await;
    one.work();
    two.work();
    until("both are through", async || {
        !one.is_at_work() && !two.is_at_work()
    })
    .await;
    fleet.assert_books_agree().await;
    let machines: std::collections::HashSet<_> = fleet
        .jobs()
        .await
        .into_iter()
        .filter_map(|job| job.machine)
        .collect();
    assert_eq!(machines.len(), 2, "each did its part");
}

#[tokio::test]
async fn the_collection_site_is_told_of_what_is_proven_to_be_paid_and_of_nothing_else() {
    let fleet = Fleet::open(2).await;
    // The third code is unknown to the portal; the site refuses the first two reports that it gets.
    let bills = [(
        "env".to_owned(),
        vec![code(0), code(1), "PE99999".to_owned()],
    )]
    .into();
    let (user, password) = ("thuho".to_owned(), "mật khẩu".to_owned());
    let options = mock_site::MockSiteOptions {
        listen: ([127, 0, 0, 1], 0).into(),
        user,
        password,
        bills,
        faults: 2,
    };
    let site = mock_site::start(options).await.expect("site");
    let mut machine = Machine::new(&fleet, AGENT, "quầy 1").await;
    machine.set(&[
        ("api.source", "site"),
        ("site.url", &site.url()),
        ("site.username", "thuho"),
        ("site.password", "mật khẩu"),
    ]);
    machine.work();
    until("it is through", async || !machine.is_at_work()).await;
    until("everything is told", async || {
        machine.settle() && site.completed().len() == 2
    })
    .await;
    let mut told = site.completed();
    told.sort();
    assert_eq!(
        told,
        [code(0), code(1)],
        "each once, and never the one that was not paid"
    );
    assert_eq!(fleet.sandbox.truth().moved, 2);
    // What is completed is not listed any more.
    machine.work();
    until("it is through", async || !machine.is_at_work()).await;
    assert_eq!(
        (fleet.sandbox.truth().moved, site.completed().len()),
        (2, 2)
    );
}

#[tokio::test]
async fn machines_server_and_network_go_away_in_turn_and_every_job_has_one_outcome() {
    let mut fleet = Fleet::open(12).await;
    let mut one = Machine::new(&fleet, AGENT, "quầy 1").await;
    let mut two = Machine::new(&fleet, OTHER_AGENT, "quầy 2").await;

    // A machine's power goes while it pays.
    one.work();
    two.work();
    until("something is on its way", async || {
        fleet.in_state("armed").await > 0 && fleet.in_state("done").await > 0
    })
    .await;
    one.kill();

    // The server goes away while the other works, and comes back before that one is through.
    fleet.server = None;
    one.settle();
    fleet.serve().await;
    until("the other machine is through", async || !two.is_at_work()).await;
    two.settle();

    // The wire is cut in the middle of a batch: nothing new is armed, what was done is kept and
    // told later.
    let moved = fleet.sandbox.truth().moved;
    two.work();
    until("it pays", async || {
        fleet.sandbox.truth().moved > moved || !two.is_at_work()
    })
    .await;
    two.wire.cut();
    until("it gives up for now", async || !two.is_at_work()).await;
    two.wire.mend();

    // Everybody comes back until nothing is left to do.
    let end = Instant::now() + PATIENCE;
    while fleet.in_state("done").await < 12 {
        assert!(
            Instant::now() < end,
            "{:#?}",
            fleet
                .jobs()
                .await
                .into_iter()
                .filter(|job| job.state.wire() != "done")
                .collect::<Vec<_>>()
        );
        for machine in [&mut one, &mut two] {
            machine.settle();
            machine.work();
            until("it is through", async || !machine.is_at_work()).await;
        }
    }
    fleet.assert_books_agree().await;
}
