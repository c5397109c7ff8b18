//! Everything that takes time: a thread with a runtime of its own, commands in, updates out.

mod ask;
mod setting;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use super::model::rows::{Rows, Wish, ordered};
use super::model::{Found, History, Known, side};
use super::words::Language;
use super::{Demo, Start};
use crate::app::{self, Link, Secrets};
use crate::client::Banner;
use crate::config::{Config, Home, Unlock};
use crate::domain::job::Defaults;
use crate::domain::{Intake, Limits, Service};
use crate::engine::{self, Control, Decision, Plan, Reporter, Tools, report_of, resolve};
use crate::ledger::Ledger;
use crate::mishap;
use crate::report::{excel, read_file};
pub use setting::First;

/// How often a source that is not there is looked for.
const LINK_EVERY: Duration = Duration::from_secs(20);
/// How often the shop's banners are read anew.
const BANNERS_EVERY: Duration = Duration::from_mins(5);

/// What the window asks for.
pub enum Command {
    /// Open secrets with this passphrase.
    Unlock(SecretString),
    /// Save the first set-up.
    Finish(Box<First>),
    /// Go on without it.
    Skip,
    /// Does this unlock the window for this person?
    CheckLock(String, SecretString),
    /// Fetch a list.
    Fetch(Service, Defaults),
    /// The list of this service is not wanted any more.
    LetGo(Service),
    /// Let the operator choose a job file, and read it.
    Pick(Service, Defaults),
    /// Read this job file.
    Read(Service, Defaults, PathBuf),
    /// Run a batch.
    Run(Box<RunRequest>),
    /// Write a batch's report.
    Export(Service, String),
    /// Filter and sort.
    Order(Service, Rows, Wish),
    /// Look into everything that is in doubt.
    Reconcile(Control),
    /// Bring this login's browser to the front.
    Show(Control, usize),
    /// Photograph this login's page.
    Peek(Control, usize),
    /// What is known of this code, phone, order or transaction?
    Find(String),
    /// What happened to this attempt?
    Story(String, Language),
    /// A person's word.
    Resolve(String, Decision),
    /// Batches and sums of so many days.
    Days(u16),
    /// Write these batches to Excel.
    ExportBatches(Vec<String>),
    /// Write everything that was ever done with this to Excel.
    ExportFound(String),
    /// This person may sign in with this PIN, or not any more.
    Seat(String, Option<SecretString>),
    /// Save a setting.
    Set(String, SecretString),
    /// Read settings from a file that the operator chooses.
    ImportSettings,
    /// Write settings without secrets where the operator chooses.
    ExportSettings,
    /// Run the doctor.
    Diagnose,
    /// Look at the job API at this address, and at the browser.
    Check(String, SecretString),
}

/// A batch as the form has it; secrets of the configuration are added here.
pub struct RunRequest {
    pub service: Service,
    pub intake: Intake,
    pub pin: Option<SecretString>,
    pub dry_run: bool,
    pub operator: String,
    pub control: Control,
}

/// What the worker has to tell.
pub enum Update {
    /// Nothing is configured yet.
    First,
    /// Ledger and map are open.
    Ready(Basics),
    /// The secrets are locked; why the last try failed.
    Locked(Option<String>),
    /// It cannot work.
    Fault(String),
    /// The first set-up was not good.
    BadSetup(String),
    /// It was what unlocks the window, and for whom.
    Unlocked(Option<String>),
    Api(Result<String, String>),
    Browser(Result<String, String>),
    Fetched(Service, Result<Intake, String>, Option<String>),
    /// The operator chose no file.
    NoFile,
    Progress(engine::Progress),
    Ended(Result<(), String>),
    Exported(Service, Result<PathBuf, String>),
    Ordered(Service, Wish, Option<Vec<u32>>),
    /// What is in doubt now.
    Doubts(Vec<Found>),
    /// What is known of a service's accounts.
    Known(Service, Known),
    Reconciled(Result<usize, String>),
    Found(String, Result<Vec<Found>, String>),
    Story(Result<side::Story, String>),
    Resolved(Result<(), String>),
    Days(Result<History, String>),
    /// The configuration's keys with their values; which one was saved.
    Settings(Vec<(String, String, bool)>, Option<String>),
    Diagnosis(Vec<(bool, String, String)>),
    /// Something to tell: good or bad.
    Told(Result<String, String>),
    /// So many outcomes have not been acknowledged by their source.
    Unacknowledged(u64),
    /// The way to the source of jobs was found; where our server's web admin is, if it is one.
    Linked(Option<String>),
    /// What the shop wants to be read.
    Banners(Vec<Banner>),
    /// A login's page as JPEG.
    Peeked(usize, Vec<u8>),
    /// The program had a fault when it ran last; its report.
    Mishap(PathBuf),
    /// The system asks the program to end.
    Close,
}

/// What the window has to know of the configuration.
#[derive(Debug, Clone)]
pub struct Basics {
    pub has_pin: bool,
    pub language: Language,
    pub is_dark: bool,
    /// 1.0 is as large as the system says.
    pub scale: f32,
    /// Minutes; 0 is never.
    pub lock_after_min: u32,
    pub has_sound: bool,
    pub limits: Limits,
    pub operator: String,
    /// Who may sign in.
    pub operators: Vec<String>,
    pub auto: crate::config::Auto,
}

/// The window's end of the worker. Dropping it ends the worker once the batch at hand has reached
/// its safe point.
pub struct Worker {
    commands: UnboundedSender<Command>,
    pub updates: UnboundedReceiver<Update>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Worker {
    /// Starts it. `wake` is called after each update, so that the window draws without polling.
    pub fn start(start: Start, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let (commands, inbox) = unbounded_channel();
        let (outbox, updates) = unbounded_channel();
        let teller = Teller {
            outbox,
            wake: Arc::new(wake),
        };
        let thread = std::thread::Builder::new()
            .name("worker".to_owned())
            .spawn(move || {
                match tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(2)
                    .enable_all()
                    .build()
                {
                    Ok(runtime) => runtime.block_on(work(start, inbox, &teller)),
                    Err(error) => {
                        teller.tell(Update::Fault(format!("Không khởi động được: {error}")))
                    }
                }
            });
        Self {
            commands,
            updates,
            thread: thread.ok(),
        }
    }

    pub fn send(&self, command: Command) {
        // A worker that has gone has said why.
        let _ = self.commands.send(command);
    }

    /// Waits for the worker's end: the browser is closed and the ledger's last record is on disk.
    pub fn join(&mut self) {
        let (nobody, _) = unbounded_channel();
        self.commands = nobody;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[derive(Clone)]
struct Teller {
    outbox: UnboundedSender<Update>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Teller {
    fn tell(&self, update: Update) {
        let _ = self.outbox.send(update);
        (self.wake)();
    }
}

/// What the worker works with once everything is open.
struct Open {
    home: Home,
    config: Config,
    secrets: Secrets,
    tools: Tools,
    /// What opened the secrets, for unlocking the window and for sealing new ones.
    unlock: Unlock,
    /// A demo's configuration is nowhere on disk.
    is_demo: bool,
    /// The way to where jobs come from, once it was found.
    link: Arc<watch::Sender<Option<Arc<Link>>>>,
}

impl Open {
    /// The way to where jobs come from, found once.
    async fn link(&self) -> Result<Arc<Link>, String> {
        let known = self.link.borrow().clone();
        if let Some(link) = known {
            return Ok(link);
        }
        let link = Arc::new(
            app::link(&self.config, &self.secrets, self.tools.ledger.clone())
                .await
                .map_err(|e| e.to_string())?,
        );
        // Whoever was first has it: claims are kept in one place.
        self.link
            .send_if_modified(|known| known.is_none().then(|| *known = Some(link)).is_some());
        self.link.borrow().clone().ok_or_else(String::new)
    }

    fn basics(&self) -> Basics {
        let window = &self.config.window;
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let scale = window.scale_percent.clamp(80, 200) as f32 / 100.0;
        Basics {
            has_pin: self.secrets.pin.is_some(),
            language: Language::of(&window.language),
            is_dark: window.dark,
            scale,
            lock_after_min: window.lock_after_min,
            has_sound: window.sound,
            limits: self.config.limits,
            operator: app::operator(&self.config),
            operators: self
                .secrets
                .operators
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
            auto: self.config.auto.clone(),
        }
    }

    /// For whom this unlocks the window: an operator's own PIN for them; where nobody signs in, the
    /// portal's PIN; and the passphrase for whom the configuration names.
    fn opens(&self, who: &str, tried: &SecretString) -> Option<String> {
        let is = |secret: &SecretString| {
            same(
                secret.expose_secret().as_bytes(),
                tried.expose_secret().as_bytes(),
            )
        };
        let owner = app::operator(&self.config);
        if self.unlock.passphrase.as_ref().is_some_and(is) {
            return Some(owner);
        }
        if self.secrets.operators.is_empty() {
            let has_none = self.secrets.pin.is_none() && self.unlock.passphrase.is_none();
            return (has_none || self.secrets.pin.as_ref().is_some_and(is)).then_some(owner);
        }
        self.secrets
            .operators
            .iter()
            .find(|(name, pin)| name == who && is(pin))
            .map(|(name, _)| name.clone())
    }
}

/// Compares without telling by its time how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    use sha2::{Digest, Sha256};
    Sha256::digest(a) == Sha256::digest(b)
}

async fn work(start: Start, mut inbox: UnboundedReceiver<Command>, teller: &Teller) {
    let closing = teller.clone();
    tokio::spawn(async move {
        app::terminated().await;
        closing.tell(Update::Close);
    });
    let Some(open) = open(start, &mut inbox, teller).await else {
        return;
    };
    let mut open = Arc::new(open);
    check(&open, teller);
    tell_known(&open, teller).await;
    setting::tell(&open, teller, None);
    teller.tell(Update::Ready(open.basics()));
    if let Some(report) = mishap::untold(&open.home.logs()).pop() {
        teller.tell(Update::Mishap(report));
    }
    // A batch runs beside the other commands; its end is waited for before the program ends.
    let mut batch: Option<(tokio::task::JoinHandle<()>, Control)> = None;
    let mut linked = Linked::to(&open, teller);
    while let Some(command) = inbox.recv().await {
        if !Arc::ptr_eq(&linked.link, &open.link) {
            // Another server, or another token.
            linked = Linked::to(&open, teller);
        }
        let (at, to) = (open.clone(), teller.clone());
        match command {
            Command::Run(request) => {
                let control = request.control.clone();
                batch = Some((
                    tokio::spawn(async move { run(&at, *request, &to).await }),
                    control,
                ));
            }
            Command::Reconcile(control) => {
                let of = control.clone();
                batch = Some((
                    tokio::spawn(async move { reconcile(&at, &of, &to).await }),
                    control,
                ));
            }
            Command::Seat(name, pin) => {
                change(&mut open, &to, setting::seat(&at, name, pin).await, None)
            }
            Command::Set(key, value) => change(
                &mut open,
                &to,
                setting::set(&at, &key, value).await,
                Some(key),
            ),
            Command::ImportSettings => {
                if let Some(changed) = setting::import(&at).await {
                    change(&mut open, &to, changed, None);
                }
            }
            // Everything else is done beside the others.
            other => drop(tokio::spawn(async move { aside(&at, other, &to).await })),
        }
    }
    if let Some((task, control)) = batch {
        control.stop();
        let _ = task.await;
    }
    let link = open.link.borrow().clone();
    drop(linked);
    if let Some(link) = link {
        link.close().await;
    }
}

/// The link of a configuration at work. Dropping it ends that.
struct Linked {
    link: Arc<watch::Sender<Option<Arc<Link>>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Linked {
    fn to(open: &Arc<Open>, teller: &Teller) -> Self {
        let (at, to) = (open.clone(), teller.clone());
        Self {
            link: open.link.clone(),
            task: tokio::spawn(async move { keep_linked(&at, &to).await }),
        }
    }
}

impl Drop for Linked {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Finds the way to where jobs come from, brings outcomes there, and keeps what is held alive.
async fn keep_linked(at: &Open, teller: &Teller) {
    let (left, mut told) = watch::channel(u64::MAX);
    let tell = async {
        while told.changed().await.is_ok() {
            teller.tell(Update::Unacknowledged(*told.borrow_and_update()));
        }
    };
    let link = async {
        let link = loop {
            if let Ok(count) = at.tools.ledger.outbox().unacknowledged().await {
                left.send_if_modified(|known| std::mem::replace(known, count) != count);
            }
            match at.link().await {
                Ok(link) => break link,
                Err(error) => tracing::debug!(%error, "no way to the source of jobs yet"),
            }
            tokio::time::sleep(LINK_EVERY).await;
        };
        let admin = link
            .source
            .server()
            .map(|_| format!("{}/admin", at.config.api.url.trim_end_matches('/')));
        teller.tell(Update::Linked(admin));
        let banners = async {
            let Some(server) = link.source.server() else {
                return;
            };
            loop {
                if let Ok(banners) = server.banners().await {
                    teller.tell(Update::Banners(banners));
                }
                tokio::time::sleep(BANNERS_EVERY).await;
            }
        };
        tokio::join!(
            link.serve(at.config.browser.sessions.into(), &left),
            banners
        )
    };
    tokio::join!(tell, link);
}

/// What changes nothing about how the worker works.
async fn aside(at: &Arc<Open>, command: Command, to: &Teller) {
    let ledger = &at.tools.ledger;
    match command {
        Command::Unlock(_)
        | Command::Finish(_)
        | Command::Skip
        | Command::Run(_)
        | Command::Reconcile(_)
        | Command::Set(..)
        | Command::Seat(..)
        | Command::ImportSettings => {}
        Command::CheckLock(who, tried) => to.tell(Update::Unlocked(at.opens(&who, &tried))),
        Command::Fetch(service, defaults) => {
            let fetched = fetch(at, service, defaults).await;
            to.tell(Update::Api(
                fetched
                    .as_ref()
                    .map(|_| at.config.api.url.clone())
                    .map_err(Clone::clone),
            ));
            to.tell(Update::Fetched(service, fetched, None));
        }
        Command::LetGo(service) => {
            let link = at.link.borrow().clone();
            if let Some(link) = link {
                link.let_go(Some(service)).await;
            }
        }
        Command::Pick(service, defaults) => {
            let dialog = rfd::AsyncFileDialog::new()
                .add_filter("CSV, XLSX, JSON, TXT", &["csv", "xlsx", "json", "txt"]);
            match dialog.pick_file().await {
                Some(file) => read(service, defaults, file.path().to_owned(), to).await,
                None => to.tell(Update::NoFile),
            }
        }
        Command::Read(service, defaults, path) => read(service, defaults, path, to).await,
        Command::Show(control, login) => {
            control.show(login).await;
        }
        Command::Peek(control, login) => {
            if let Some(picture) = control.picture(login).await {
                to.tell(Update::Peeked(login, picture));
            }
        }
        Command::Export(service, batch) => {
            to.tell(Update::Exported(service, export(at, &batch).await))
        }
        Command::Order(service, rows, wish) => {
            let (wish_too, order) = (
                wish.clone(),
                tokio::task::spawn_blocking(move || ordered(&rows, &wish)).await,
            );
            to.tell(Update::Ordered(
                service,
                wish_too,
                order.unwrap_or_default(),
            ));
        }
        Command::Find(what) => {
            let found = ask::found(ledger, &what).await;
            to.tell(Update::Found(what, found));
        }
        Command::Story(attempt, language) => to.tell(Update::Story(
            ask::story(&at.tools, &attempt, language).await,
        )),
        Command::Resolve(attempt, decision) => {
            let resolved = resolve(ledger, &attempt, &decision).await;
            tell_known(at, to).await;
            to.tell(Update::Resolved(
                resolved.map(drop).map_err(|e| e.to_string()),
            ));
        }
        Command::Days(days) => to.tell(Update::Days(ask::days(ledger, days).await)),
        Command::ExportBatches(batches) => {
            let written =
                ask::export_batches(ledger, &app::report_folder(&at.config), &batches).await;
            to.tell(Update::Told(written.map(|path| path.display().to_string())));
        }
        Command::ExportFound(what) => {
            let written = ask::export_found(ledger, &app::report_folder(&at.config), &what).await;
            to.tell(Update::Told(written.map(|path| path.display().to_string())));
        }
        Command::ExportSettings => {
            if let Some(written) = setting::export(at).await {
                to.tell(Update::Told(written));
            }
        }
        Command::Diagnose => to.tell(Update::Diagnosis(setting::diagnosis(at).await)),
        Command::Check(url, token) => {
            let mut config = at.config.clone();
            config.api.url = url;
            let token = Some(token)
                .filter(|t| !t.expose_secret().is_empty())
                .or_else(|| at.secrets.token.clone());
            to.tell(Update::Api(
                health(
                    &config,
                    &Secrets {
                        token,
                        ..at.secrets.clone()
                    },
                )
                .await,
            ));
            check_browser(at, to);
        }
    }
}

/// Works with a changed configuration from here on; a batch that runs goes on with the old one.
fn change(
    open: &mut Arc<Open>,
    teller: &Teller,
    changed: Result<(Config, Secrets, Unlock), String>,
    key: Option<String>,
) {
    match changed {
        Ok((config, secrets, unlock)) => {
            match app::tools_on(open.tools.ledger.clone(), &open.home, &config, None) {
                Ok(tools) => {
                    let (home, is_demo) = (open.home.clone(), open.is_demo);
                    // Another theme is no other server: what is held there stays held.
                    let is_same = open.config.api == config.api && open.config.site == config.site;
                    let link = if is_same {
                        open.link.clone()
                    } else {
                        Arc::default()
                    };
                    *open = Arc::new(Open {
                        home,
                        config,
                        secrets,
                        tools,
                        unlock,
                        is_demo,
                        link,
                    });
                    setting::tell(open, teller, key);
                    teller.tell(Update::Ready(open.basics()));
                    check(open, teller);
                }
                Err(error) => teller.tell(Update::Told(Err(error.to_string()))),
            }
        }
        Err(why) => teller.tell(Update::Told(Err(why))),
    }
}

async fn open(
    start: Start,
    inbox: &mut UnboundedReceiver<Command>,
    teller: &Teller,
) -> Option<Open> {
    let home = start.home;
    let is_demo = start.demo.is_some();
    let is_first = !is_demo && !home.config_file().exists();
    let fault = |why: String| {
        teller.tell(Update::Fault(why));
        None
    };
    // First of all: who has the ledger has the machine.
    let ledger = match Ledger::open(&home.ledger()).await {
        Ok(ledger) => Arc::new(ledger),
        Err(error) => return fault(error.to_string()),
    };
    let (config, secrets, unlock) = match start.demo {
        Some(Demo { config, secrets }) => (config, secrets, Unlock::default()),
        None if is_first => setting::first(&home, inbox, teller).await?,
        None => match Config::load(&home.config_file()) {
            Ok(config) => {
                let (secrets, unlock) = unlocked(&config, inbox, teller).await?;
                (config, secrets, unlock)
            }
            Err(error) => return fault(error.to_string()),
        },
    };
    match app::tools_on(ledger, &home, &config, None) {
        Ok(tools) => Some(Open {
            home,
            config,
            secrets,
            tools,
            unlock,
            is_demo,
            link: Arc::default(),
        }),
        Err(error) => fault(error.to_string()),
    }
}

/// Opens the secrets, asking for the passphrase until it fits.
async fn unlocked(
    config: &Config,
    inbox: &mut UnboundedReceiver<Command>,
    teller: &Teller,
) -> Option<(Secrets, Unlock)> {
    let of_environment = std::env::var("GACHNO_PASSPHRASE")
        .ok()
        .filter(|p| !p.is_empty())
        .map(SecretString::from);
    let mut unlock = Unlock {
        passphrase: of_environment,
        keyring: true,
    };
    loop {
        let (config, offered) = (config.clone(), unlock.clone());
        // Deriving the key takes a good part of a second.
        let opened = tokio::task::spawn_blocking(move || app::secrets(&config, &offered)).await;
        match opened {
            Ok(Ok(secrets)) => return Some((secrets, unlock)),
            Ok(Err(error)) => {
                let first = unlock.passphrase.is_none();
                teller.tell(Update::Locked((!first).then(|| error.to_string())));
            }
            Err(error) => {
                teller.tell(Update::Fault(error.to_string()));
                return None;
            }
        }
        // Nothing else can be done while it is locked.
        loop {
            if let Command::Unlock(passphrase) = inbox.recv().await? {
                unlock.passphrase = Some(passphrase);
                break;
            }
        }
    }
}

fn check(open: &Arc<Open>, teller: &Teller) {
    let (at, to) = (open.clone(), teller.clone());
    tokio::spawn(async move { to.tell(Update::Api(health(&at.config, &at.secrets).await)) });
    check_browser(open, teller);
}

async fn health(config: &Config, secrets: &Secrets) -> Result<String, String> {
    let api = app::job_api(config, secrets).map_err(|e| e.to_string())?;
    api.health()
        .await
        .map(|_| config.api.url.clone())
        .map_err(|e| e.to_string())
}

fn check_browser(open: &Open, teller: &Teller) {
    let (settings, to) = (open.tools.browser.clone(), teller.clone());
    tokio::task::spawn_blocking(move || to.tell(Update::Browser(setting::browser(&settings))));
}

async fn fetch(open: &Open, service: Service, defaults: Defaults) -> Result<Intake, String> {
    let link = open.link().await?;
    // What another list held is handed out anew, here or elsewhere.
    let fetched = link
        .fetch(
            service,
            defaults,
            open.config.api.jobs_at_once,
            &app::operator(&open.config),
        )
        .await;
    fetched.map_err(|e| e.to_string())
}

async fn read(service: Service, defaults: Defaults, path: PathBuf, teller: &Teller) {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let read = tokio::task::spawn_blocking(move || read_file(&path, service, defaults)).await;
    let intake = match read {
        Ok(read) => read.map_err(|e| e.to_string()),
        Err(error) => Err(error.to_string()),
    };
    teller.tell(Update::Fetched(service, intake, Some(name)));
}

async fn run(open: &Open, request: RunRequest, teller: &Teller) {
    let service = request.service;
    let mut plan: Plan = app::plan(&open.config, &open.secrets, service, request.intake);
    plan.pin = plan.pin.or(request.pin);
    plan.dry_run = request.dry_run;
    if !request.operator.is_empty() {
        plan.operator = request.operator;
    }
    let (reporter, forward) = forwarded(teller);
    let link = open.link.borrow().clone();
    if let Some(link) = &link {
        // What was taken out of the list by hand is for others.
        link.keep_only(
            service,
            plan.list.jobs.iter().filter_map(|job| job.ticket.as_ref()),
        )
        .await;
    }
    let claims = link.and_then(|link| link.claims.clone());
    let tools = Tools {
        claims,
        ..open.tools.clone()
    };
    let ended = engine::run(&tools, &plan, &reporter, &request.control).await;
    drop(reporter);
    let _ = forward.await;
    tell_known(open, teller).await;
    teller.tell(Update::Ended(ended.map(|_| ()).map_err(|e| e.to_string())));
}

async fn reconcile(open: &Open, control: &Control, teller: &Teller) {
    let plan = app::plan(
        &open.config,
        &open.secrets,
        Service::LookUpFtth,
        Intake::default(),
    );
    let (reporter, forward) = forwarded(teller);
    let looked = engine::reconcile(&open.tools, &plan, &reporter, control).await;
    drop(reporter);
    let _ = forward.await;
    tell_known(open, teller).await;
    let settled = looked.map(|all| {
        all.iter()
            .filter(|(_, attempt)| !attempt.state.is_in_doubt())
            .count()
    });
    teller.tell(Update::Reconciled(settled.map_err(|e| e.to_string())));
}

/// A reporter whose events reach the window. The task ends when the reporter is gone.
fn forwarded(teller: &Teller) -> (Reporter, tokio::task::JoinHandle<()>) {
    let (sender, mut events) = unbounded_channel();
    let teller = teller.clone();
    let forward = tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            teller.tell(Update::Progress(event));
        }
    });
    (Reporter::to(sender), forward)
}

/// What is in doubt, and what was paid this month.
async fn tell_known(open: &Open, teller: &Teller) {
    match ask::doubts(&open.tools.ledger).await {
        Ok(doubts) => teller.tell(Update::Doubts(doubts)),
        Err(why) => teller.tell(Update::Told(Err(why))),
    }
    for service in Service::ALL {
        match ask::known(&open.tools.ledger, service).await {
            Ok(known) => teller.tell(Update::Known(service, known)),
            Err(why) => teller.tell(Update::Told(Err(why))),
        }
    }
}

async fn export(open: &Open, batch: &str) -> Result<PathBuf, String> {
    let report = report_of(&open.tools.ledger, batch)
        .await
        .map_err(|e| e.to_string())?
        .ok_or("Không có lô này trong sổ")?;
    let folder = app::report_folder(&open.config);
    let written = tokio::task::spawn_blocking(move || excel::save(&report, &folder))
        .await
        .map_err(|e| e.to_string())?;
    let path = written.map_err(|e| e.to_string())?;
    Ok(std::path::absolute(&path).unwrap_or(path))
}
