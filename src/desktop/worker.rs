//! Everything that takes time: a thread with a runtime of its own, commands in, updates out.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Demo, Start};
use crate::app::{self, Secrets};
use crate::browser;
use crate::config::{Config, Home, Unlock};
use crate::domain::job::Defaults;
use crate::domain::{Intake, Service};
use crate::engine::{self, Control, Plan, Progress, Reporter, Tools, report_of};
use crate::report::excel;

/// What the window asks for.
pub enum Command {
    /// Open secrets with this passphrase.
    Unlock(SecretString),
    /// Fetch a list.
    Fetch(Service, Defaults),
    /// Run a batch.
    Run(Box<RunRequest>),
    /// Write a batch's report.
    Export(Service, String),
    /// Look into everything that is in doubt.
    Reconcile(Control),
}

/// A batch as the form has it; secrets of the configuration are added here.
pub struct RunRequest {
    pub service: Service,
    pub intake: Intake,
    pub pin: Option<SecretString>,
    pub dry_run: bool,
    pub control: Control,
}

/// What the worker has to tell.
pub enum Update {
    /// Ledger and map are open; does the configuration have a PIN?
    Ready {
        has_pin: bool,
    },
    /// The secrets are locked; why the last try failed.
    Locked(Option<String>),
    /// It cannot work.
    Fault(String),
    Api(Result<String, String>),
    Browser(Result<String, String>),
    Fetched(Service, Result<Intake, String>),
    Progress(Progress),
    Ended(Result<(), String>),
    /// So many attempts are in doubt now.
    Doubts(usize),
    /// Doubts were looked into; so many were settled.
    Reconciled(Result<usize, String>),
    Exported(Service, Result<PathBuf, String>),
    /// The system asks the program to end.
    Close,
}

/// The window's end of the worker. Dropping it ends the worker once the batch at hand has reached its safe point.
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
        let teller = Teller { outbox, wake: Arc::new(wake) };
        let thread = std::thread::Builder::new().name("worker".to_owned()).spawn(move || {
            match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
                Ok(runtime) => runtime.block_on(work(start, inbox, &teller)),
                Err(error) => teller.tell(Update::Fault(format!("Không khởi động được: {error}"))),
            }
        });
        Self { commands, updates, thread: thread.ok() }
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
    config: Config,
    secrets: Secrets,
    tools: Tools,
}

async fn work(start: Start, mut inbox: UnboundedReceiver<Command>, teller: &Teller) {
    let closing = teller.clone();
    tokio::spawn(async move {
        app::terminated().await;
        closing.tell(Update::Close);
    });
    let Some(open) = open(start, &mut inbox, teller).await else { return };
    let open = Arc::new(open);
    check(&open, teller);
    tell_doubts(&open, teller).await;
    // A batch runs beside the other commands; its end is waited for before the program ends.
    let mut batch: Option<(tokio::task::JoinHandle<()>, Control)> = None;
    while let Some(command) = inbox.recv().await {
        match command {
            Command::Unlock(_) => {}
            Command::Fetch(service, defaults) => {
                let (open, teller) = (open.clone(), teller.clone());
                tokio::spawn(async move {
                    let fetched = fetch(&open, service, defaults).await;
                    teller.tell(Update::Api(fetched.as_ref().map(|_| open.config.api.url.clone()).map_err(Clone::clone)));
                    teller.tell(Update::Fetched(service, fetched));
                });
            }
            Command::Run(request) => {
                let control = request.control.clone();
                let (open, teller) = (open.clone(), teller.clone());
                batch = Some((tokio::spawn(async move { run(&open, *request, &teller).await }), control));
            }
            Command::Reconcile(control) => {
                let (open, teller, control_of) = (open.clone(), teller.clone(), control.clone());
                batch = Some((tokio::spawn(async move { reconcile(&open, &control_of, &teller).await }), control));
            }
            Command::Export(service, batch) => {
                let (open, teller) = (open.clone(), teller.clone());
                tokio::spawn(async move {
                    let written = export(&open, &batch).await;
                    teller.tell(Update::Exported(service, written));
                });
            }
        }
    }
    if let Some((task, control)) = batch {
        control.stop();
        let _ = task.await;
    }
}

async fn open(start: Start, inbox: &mut UnboundedReceiver<Command>, teller: &Teller) -> Option<Open> {
    let (home, config, secrets) = if let Some(Demo { config, secrets }) = start.demo {
        (start.home, config, secrets)
    } else {
        let config = match Config::load(&start.home.config_file()) {
            Ok(config) => config,
            Err(error) => {
                teller.tell(Update::Fault(error.to_string()));
                return None;
            }
        };
        let secrets = unlocked(&config, inbox, teller).await?;
        (start.home, config, secrets)
    };
    match tools(&home, &config).await {
        Ok(tools) => {
            teller.tell(Update::Ready { has_pin: secrets.pin.is_some() });
            Some(Open { config, secrets, tools })
        }
        Err(why) => {
            teller.tell(Update::Fault(why));
            None
        }
    }
}

async fn tools(home: &Home, config: &Config) -> Result<Tools, String> {
    app::tools(home, config, None).await.map_err(|e| e.to_string())
}

/// Opens the secrets, asking for the passphrase until it fits.
async fn unlocked(config: &Config, inbox: &mut UnboundedReceiver<Command>, teller: &Teller) -> Option<Secrets> {
    let of_environment = std::env::var("GACHNO_PASSPHRASE").ok().filter(|p| !p.is_empty()).map(SecretString::from);
    let mut unlock = Unlock { passphrase: of_environment, keyring: true };
    loop {
        let (config, offered) = (config.clone(), unlock.clone());
        // Deriving the key takes a good part of a second.
        let opened = tokio::task::spawn_blocking(move || app::secrets(&config, &offered)).await;
        match opened {
            Ok(Ok(secrets)) => return Some(secrets),
            Ok(Err(error)) => {
                let first = unlock.passphrase.is_none();
                teller.tell(Update::Locked((!first).then(|| error.to_string())));
            }
            Err(error) => {
                teller.tell(Update::Fault(error.to_string()));
                return None;
            }
        }
        loop {
            match inbox.recv().await? {
                Command::Unlock(passphrase) => {
                    unlock.passphrase = Some(passphrase);
                    break;
                }
                // Nothing else can be done while it is locked.
                Command::Fetch(..) | Command::Run(_) | Command::Export(..) | Command::Reconcile(_) => {}
            }
        }
    }
}

fn check(open: &Arc<Open>, teller: &Teller) {
    let (at, tell) = (open.clone(), teller.clone());
    tokio::spawn(async move {
        let health = match app::job_api(&at.config, &at.secrets) {
            Ok(api) => api.health().await.map(|_| at.config.api.url.clone()).map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        tell.tell(Update::Api(health));
    });
    let (settings, tell) = (open.tools.browser.clone(), teller.clone());
    tokio::task::spawn_blocking(move || {
        let found = if settings.webdriver_url.is_empty() {
            browser::find(&settings.browser_path, &settings.driver_path)
                .and_then(|found| browser::versions(&found))
                .map(|(b, d)| if b.is_empty() { format!("ChromeDriver {d}") } else { format!("Chromium {b}") })
        } else {
            Ok(browser::without_password(&settings.webdriver_url))
        };
        tell.tell(Update::Browser(found.map_err(|e| e.to_string())));
    });
}

async fn fetch(open: &Open, service: Service, defaults: Defaults) -> Result<Intake, String> {
    let api = app::job_api(&open.config, &open.secrets).map_err(|e| e.to_string())?;
    api.fetch(service, defaults).await.map_err(|e| e.to_string())
}

async fn run(open: &Open, request: RunRequest, teller: &Teller) {
    let mut plan: Plan = app::plan(&open.config, &open.secrets, request.service, request.intake);
    plan.pin = plan.pin.or(request.pin);
    plan.dry_run = request.dry_run;
    let (reporter, forward) = forwarded(teller);
    let ended = engine::run(&open.tools, &plan, &reporter, &request.control).await;
    drop(reporter);
    let _ = forward.await;
    tell_doubts(open, teller).await;
    teller.tell(Update::Ended(ended.map(|_| ()).map_err(|e| e.to_string())));
}

async fn reconcile(open: &Open, control: &Control, teller: &Teller) {
    let plan = app::plan(&open.config, &open.secrets, Service::LookUpFtth, Intake::default());
    let (reporter, forward) = forwarded(teller);
    let looked = engine::reconcile(&open.tools, &plan, &reporter, control).await;
    drop(reporter);
    let _ = forward.await;
    tell_doubts(open, teller).await;
    let settled = looked.map(|all| all.iter().filter(|(_, attempt)| !attempt.state.is_in_doubt()).count());
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

async fn tell_doubts(open: &Open, teller: &Teller) {
    match open.tools.ledger.in_doubt().await {
        Ok(all) => teller.tell(Update::Doubts(all.len())),
        Err(error) => teller.tell(Update::Fault(error.to_string())),
    }
}

async fn export(open: &Open, batch: &str) -> Result<PathBuf, String> {
    let report = report_of(&open.tools.ledger, batch).await.map_err(|e| e.to_string())?.ok_or("Không có lô này trong sổ")?;
    let folder = app::report_folder(&open.config);
    let written = tokio::task::spawn_blocking(move || excel::save(&report, &folder)).await.map_err(|e| e.to_string())?;
    let path = written.map_err(|e| e.to_string())?;
    Ok(std::path::absolute(&path).unwrap_or(path))
}
