//! Everything that takes time: a thread with a runtime of its own, commands in, updates out.

mod ask;
mod days;
mod diagnosis;
mod first_setup;
mod kept_link;
mod link;
mod list;
mod message;
mod only;
mod open;
mod portal;
mod reach;
mod setting;
mod shifts;
mod slips;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, JoinSet};

use super::Start;
use crate::app::Secrets;
use crate::domain::Service;
use crate::engine::Control;
use crate::mishap;
use crate::process::terminated_or_hung_up;

use first_setup::given;
use kept_link::KeptServerLink;
pub use message::{
    Basics, Command, First, LedgerCommand, LedgerUpdate, ListCommand, ListSource, ListUpdate,
    PortalCommand, PortalUpdate, ReachUpdate, RunRequest, SettingsCommand, SetupCommand,
    SetupUpdate, Update,
};
use open::{Open, open};
use reach::health;

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
                    Err(error) => teller.tell(Update::Setup(SetupUpdate::Fault(format!(
                        "Không khởi động được: {error}"
                    )))),
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

/// How often it is looked whether the source of jobs can be reached.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// The worker's way to the window.
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

/// What is on the portal, beside the other commands.
struct OnPortal {
    task: JoinHandle<()>,
    control: Control,
    /// `None`: the reconciler.
    service: Option<Service>,
}

impl OnPortal {
    /// The service whose batch runs.
    fn running(&self) -> Option<Service> {
        self.service.filter(|_| !self.task.is_finished())
    }
}

async fn work(start: Start, mut inbox: UnboundedReceiver<Command>, teller: &Teller) {
    let closing = teller.clone();
    tokio::spawn(async move {
        terminated_or_hung_up().await;
        closing.tell(Update::Close);
    });
    let heeding = start.home.front();
    let Some(open) = open(start, &mut inbox, teller).await else {
        // Why was told; the window stays until somebody, or the system, closes it.
        while inbox.recv().await.is_some() {}
        return;
    };
    tokio::spawn(only::heed(heeding, teller.clone()));
    let mut open = Arc::new(open);
    open.check(teller);
    ask::tell_known(&open.tools.ledger, teller).await;
    setting::tell(&open, teller, None);
    teller.tell(Update::Setup(SetupUpdate::Ready(open.basics())));
    if let Some(report) = mishap::untold(&open.home.logs()).pop() {
        teller.tell(Update::Mishap(report));
    }
    // A batch runs beside the other commands; its end is waited for before the program ends.
    let mut on_portal: Option<OnPortal> = None;
    let mut kept = KeptServerLink::start(&open, teller);
    let mut retiring = JoinSet::new();
    // What answered once may be gone, and what was gone may be back.
    let mut look = tokio::time::interval_at(tokio::time::Instant::now() + LOOK_EVERY, LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let command = tokio::select! {
            command = inbox.recv() => command,
            _ = look.tick() => {
                open.check_api(teller);
                continue;
            }
        };
        let Some(command) = command else { break };
        match command {
            Command::Portal(command) => {
                if let Some(begun) = begin(&open, command, teller).await {
                    on_portal = Some(begun);
                }
            }
            Command::Settings(command) => {
                change(&mut open, command, teller).await;
                if !Arc::ptr_eq(&kept.slot, &open.link) {
                    let old = std::mem::replace(&mut kept, KeptServerLink::start(&open, teller));
                    let running = on_portal.as_ref().and_then(OnPortal::running);
                    retiring.spawn(old.retire(running));
                }
            }
            Command::List(service, command) => {
                let (at, to) = (open.clone(), teller.clone());
                let link_use = open.link.using().await;
                tokio::spawn(async move {
                    list::carry_out(&at, service, command, &to).await;
                    drop(link_use);
                });
            }
            Command::Ledger(command) => {
                let (at, to) = (open.clone(), teller.clone());
                tokio::spawn(async move { ask::answer(&at, command, &to).await });
            }
            Command::Setup(command) => {
                let (at, to) = (open.clone(), teller.clone());
                tokio::spawn(async move { set_up(&at, command, &to).await });
            }
        }
    }
    if let Some(OnPortal { task, control, .. }) = on_portal {
        control.stop();
        let _ = task.await;
    }
    open.tools.warm.close().await;
    retiring.join_all().await;
    kept.close().await;
}

/// Begins what is asked for on the portal. `None`: it is done already.
async fn begin(open: &Arc<Open>, command: PortalCommand, teller: &Teller) -> Option<OnPortal> {
    let (at, to) = (open.clone(), teller.clone());
    match command {
        PortalCommand::Run(request) => {
            let (control, service) = (request.control.clone(), Some(request.service));
            // Held from here on, so that no change of settings comes before it.
            let link_use = open.link.using().await;
            let task = tokio::spawn(async move {
                Box::pin(portal::run(&at, *request, &to)).await;
                drop(link_use);
            });
            Some(OnPortal {
                task,
                control,
                service,
            })
        }
        PortalCommand::Reconcile(control) => {
            let of = control.clone();
            Some(OnPortal {
                task: tokio::spawn(async move { portal::reconcile(&at, &of, &to).await }),
                control,
                service: None,
            })
        }
        PortalCommand::Show(control, login) => {
            tokio::spawn(async move { control.show(login).await });
            None
        }
        PortalCommand::Peek(control, login) => {
            tokio::spawn(async move {
                if let Some(picture) = control.picture(login).await {
                    to.tell(Update::Portal(PortalUpdate::Peeked(login, picture)));
                }
            });
            None
        }
    }
}

/// Changes the configuration, or tells about it.
async fn change(open: &mut Arc<Open>, command: SettingsCommand, teller: &Teller) {
    let (changed, key) = match command {
        SettingsCommand::Seat(name, pin) => match open.may_change(None) {
            Ok(()) => (setting::seat(open, name, pin).await, None),
            Err(why) => return teller.tell(Update::Written(Err(why))),
        },
        SettingsCommand::Set(key, value) => match open.may_change(Some(&key)) {
            Ok(()) => (setting::set(open, &key, value).await, Some(key)),
            Err(why) => return teller.tell(Update::Written(Err(why))),
        },
        SettingsCommand::Import if open.may_change(None).is_err() => {
            return teller.tell(Update::Written(
                open.may_change(None).map(|()| String::new()),
            ));
        }
        SettingsCommand::Import => match setting::import(open).await {
            Some(changed) => (changed, None),
            None => return,
        },
        SettingsCommand::Export => {
            let (at, to) = (open.clone(), teller.clone());
            tokio::spawn(async move {
                if let Some(written) = setting::export(&at).await {
                    to.tell(Update::Written(written));
                }
            });
            return;
        }
        SettingsCommand::Diagnose => {
            let (at, to) = (open.clone(), teller.clone());
            tokio::spawn(
                async move { to.tell(Update::Diagnosis(diagnosis::diagnosis(&at).await)) },
            );
            return;
        }
    };
    let changed =
        changed.and_then(|(config, secrets, unlock)| open.changed(config, secrets, unlock));
    match changed {
        Err(why) => teller.tell(Update::Written(Err(why))),
        Ok(changed) => {
            if changed.link.id != open.link.id {
                teller.tell(Update::Reach(ReachUpdate::NewLink(changed.link.id)));
            }
            // Another browser or another login may have been set.
            let old = std::mem::replace(open, Arc::new(changed));
            tokio::spawn(async move { old.tools.warm.close().await });
            setting::tell(open, teller, key);
            teller.tell(Update::Setup(SetupUpdate::Ready(open.basics())));
            open.check(teller);
        }
    }
}

/// The lock, and checks of what is typed. Everything else about the set-up comes before the worker
/// is ready.
async fn set_up(at: &Open, command: SetupCommand, to: &Teller) {
    match command {
        SetupCommand::Lock => {
            if !at.secrets.operators.is_empty() {
                at.owner_is_here.store(false, Ordering::Release);
            }
            at.tools.warm.close().await;
        }
        SetupCommand::FetchDriver => {
            reach::fetch_driver(at.tools.browser.clone(), to.clone()).await;
        }
        SetupCommand::CheckLock(who, tried) => {
            let opened = at.opens(&who, &tried);
            if let Some((_, is_owner)) = &opened {
                at.owner_is_here.store(*is_owner, Ordering::Release);
            }
            to.tell(Update::Setup(SetupUpdate::Unlocked(opened)));
        }
        SetupCommand::Check(url, token) => {
            let mut config = at.config.clone();
            config.api.url = url;
            let secrets = Secrets {
                token: given(token).or_else(|| at.secrets.token.clone()),
                ..at.secrets.clone()
            };
            let api = health(&config, &secrets).await;
            to.tell(Update::Reach(ReachUpdate::Api(api)));
            at.check_browser(to);
        }
        SetupCommand::Unlock(_) | SetupCommand::Finish(_) | SetupCommand::Skip => {}
    }
}
