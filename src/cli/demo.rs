//! `gachno demo`: everything on this machine, nothing to configure, no real money anywhere.

mod desk;
mod pay;

use std::time::Duration;

use secrecy::SecretString;

use super::args::DemoArguments;
use super::run::{Destination, batch, exit_of, paid_of};
use super::{Ended, Exit, Failure, blocking, say, stop_on_signals, tell};
use crate::app::{self, Secrets};
use crate::client::payload;
use crate::config::{Config, Home};
use crate::domain::{Defaults, JobState, Service, Vnd};
use crate::mock_api;
use crate::sandbox::{self, Sandbox, Scenario};
use crate::server::{self, Running, ServeConfig};
use crate::store::jobs::{JobFilter, JobOrigin, NewJob};
use crate::store::machines::Scope;
use crate::store::{Actor, Store, StoreError, sqlite_url};

/// How often the server is looked at for services without jobs.
const SUPPLY_EVERY: Duration = Duration::from_secs(2);

/// Everything that a demo stands on, alive as long as this is.
pub struct Servers {
    pub sandbox: Sandbox,
    server: Running,
    /// What this machine shows to the server.
    token: SecretString,
    /// What customers pay by.
    shop: pay::DemoShop,
    /// Where a collector takes what is owed at doors.
    desk: desk::DemoDesk,
    /// Brings sample jobs to the server whenever it has none left.
    supply: tokio::task::JoinHandle<()>,
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.supply.abort();
    }
}

pub fn demo(options: &DemoArguments) -> Ended {
    if options.headless {
        return blocking(headless(options.latency_ms));
    }
    if !has_display() {
        tell("Không có màn hình: chạy demo ở chế độ --headless. (No display; running headless.)");
        return blocking(headless(options.latency_ms));
    }
    window(options.latency_ms)
}

/// Is there something to draw a window on? Windows and macOS always have it.
fn has_display() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    cfg!(feature = "desktop")
        && (!cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"))
}

#[cfg(feature = "desktop")]
fn window(latency_ms: u64) -> Ended {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::cannot_run)?;
    let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
    let home = Home::at(folder.path());
    let servers = runtime.block_on(servers(latency_ms, &home))?;
    tell_owner(&servers);
    let asked = runtime
        .block_on(servers.shop.ask())
        .map_err(Failure::cannot_run)?;
    say(&format!("Yêu cầu thanh toán dùng thử: {}", asked.link));
    if let Err(error) = opener::open_browser(&asked.link) {
        tracing::debug!(%error, "no browser for the demo's request");
    }
    let (config, secrets) = servers.config(false)?;
    let start = crate::desktop::Start {
        home,
        demo: Some(crate::desktop::Demo { config, secrets }),
    };
    let ended = crate::desktop::run(start)
        .map(|()| Exit::Done)
        .map_err(Failure::cannot_run);
    drop(servers);
    ended
}

#[cfg(not(feature = "desktop"))]
fn window(latency_ms: u64) -> Ended {
    blocking(headless(latency_ms))
}

/// The portal, and a server with an empty database in this folder and sample jobs in it.
async fn servers(latency_ms: u64, home: &Home) -> Result<Servers, Failure> {
    let mut scenario = Scenario::default();
    desk::owe(&mut scenario);
    let sandbox = sandbox::start(sandbox::SandboxOptions {
        scenario,
        latency: Duration::from_millis(latency_ms),
        ..sandbox::SandboxOptions::default()
    })
    .await
    .map_err(Failure::cannot_run)?;
    // Not as this machine's server is set up: a demo must never reach a shop's own database.
    let config = ServeConfig::local(&sqlite_url(&home.server_database()), home.serve_key());
    let server = server::start(config).await.map_err(Failure::cannot_run)?;
    let store = server.app().store().clone();
    let machine = store
        .machines()
        .add(
            "Máy dùng thử",
            &[Scope::Lease, Scope::Read],
            None,
            &Actor::system(),
        )
        .await
        .map_err(Failure::cannot_run)?;
    let shop = pay::DemoShop::open(&server, &sandbox)
        .await
        .map_err(Failure::cannot_run)?;
    let desk = desk::DemoDesk::open(&server)
        .await
        .map_err(Failure::cannot_run)?;
    for service in Service::ALL {
        bring(&store, service).await.map_err(Failure::cannot_run)?;
    }
    let supply = tokio::spawn(async move {
        loop {
            tokio::time::sleep(SUPPLY_EVERY).await;
            for service in Service::ALL {
                if let Err(error) = bring(&store, service).await {
                    tracing::warn!(%error, "no sample jobs for the demo");
                }
            }
        }
    });
    Ok(Servers {
        sandbox,
        server,
        token: machine.token,
        shop,
        desk,
        supply,
    })
}

/// Adds sample jobs where none is left.
async fn bring(store: &Store, service: Service) -> Result<(), StoreError> {
    if !store.jobs().open(service, 1).await?.is_empty() {
        return Ok(());
    }
    let intake =
        payload::read(service, Defaults::default(), &mock_api::drawn(service)).unwrap_or_default();
    let receiver = intake
        .receiver_phone
        .as_ref()
        .map(|phone| phone.as_str().to_owned());
    let jobs: Vec<NewJob> = intake
        .list
        .jobs
        .iter()
        .map(|job| NewJob {
            receiver_phone: receiver.clone(),
            ..NewJob::of(service, job, JobOrigin::Sample)
        })
        .collect();
    store.jobs().add(&jobs, &Actor::system()).await.map(drop)
}

/// A configuration for this portal, with the sandbox agent's secrets in memory only.
pub fn demo_config(sandbox: &Sandbox, headless: bool) -> Result<(Config, Secrets), Failure> {
    let agent = Scenario::default()
        .agents
        .into_iter()
        .next()
        .ok_or_else(|| Failure::cannot_run(anyhow::anyhow!("no agent in the sandbox")))?;
    let mut config = Config::default();
    config.portal.url = sandbox.url();
    config.browser.headless = headless;
    "Người dùng thử".clone_into(&mut config.operator);
    let secret = |text: String| Some(SecretString::from(text));
    let secrets = Secrets {
        username: secret(agent.username),
        password: secret(agent.password),
        pin: secret(agent.pin),
        ..Secrets::default()
    };
    Ok((config, secrets))
}

impl Servers {
    /// A configuration for all of it.
    fn config(&self, headless: bool) -> Result<(Config, Secrets), Failure> {
        let (mut config, mut secrets) = demo_config(&self.sandbox, headless)?;
        config.api.url = self.server.url();
        secrets.token = Some(self.token.clone());
        Ok((config, secrets))
    }
}

async fn headless(latency_ms: u64) -> Ended {
    let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
    let home = Home::at(folder.path());
    let servers = servers(latency_ms, &home).await?;
    let (config, secrets) = servers.config(true)?;
    let mut tools = app::tools(&home, &config, None).await?;
    let link = app::link(&config, &secrets, tools.ledger.clone())
        .await
        .map_err(Failure::cannot_run)?;
    tools.claims.clone_from(&link.claims);
    let control = crate::engine::Control::stopped_by(stop_on_signals());
    say(&format!(
        "Cổng mô phỏng: {}   Máy chủ: {}",
        servers.sandbox.url(),
        servers.server.url()
    ));
    tell_owner(&servers);
    let mut exit = customer_pays(&servers).await?;
    let taken = servers.desk.take().await.map_err(Failure::cannot_run)?;
    let mut paid = Vnd::ZERO;
    for service in Service::ALL {
        let fetched = link
            .fetch(
                service,
                Defaults::default(),
                config.api.jobs_at_once,
                &config.operator,
            )
            .await;
        let intake = fetched.map_err(Failure::cannot_run)?;
        let plan = app::plan(&config, &secrets, service, intake);
        let destination = Destination {
            folder: app::report_folder(&config),
            file: None,
        };
        let (left, _) = tokio::sync::watch::channel(0);
        let finished = tokio::select! {
            finished = batch(&tools, &plan, false, &control, destination) => finished?,
            () = link.serve(1, &left) => return Ok(Exit::CannotRun),
        };
        paid = paid.saturating_add(paid_of(&finished));
        match exit_of(&finished) {
            Exit::Done => {}
            Exit::Stopped => return Ok(Exit::Stopped),
            other => exit = other,
        }
    }
    link.close().await;
    let outcome = servers.desk.outcome(&taken).await;
    let (told_of_desk, is_right) = outcome.map_err(Failure::cannot_run)?;
    say(&told_of_desk);
    if !is_right {
        exit = Exit::NeedsReview;
    }
    let truth = servers.sandbox.truth();
    let told = told(&servers).await.map_err(Failure::cannot_run)?;
    say(&format!(
        "Sổ của cổng mô phỏng: {} giao dịch, {} đồng. Sổ của GachNo: {paid}. Máy chủ: {} việc, {told} đồng.",
        truth.moved,
        truth.total,
        servers
            .server
            .app()
            .store()
            .jobs()
            .list(&JobFilter::default(), 1_000)
            .await
            .map_err(Failure::cannot_run)?
            .len(),
    ));
    if truth.total == paid.dong() && truth.total == told {
        say("Ba sổ khớp nhau từng đồng.");
        Ok(exit)
    } else {
        say("Ba sổ KHÔNG khớp.");
        Ok(Exit::NeedsReview)
    }
}

/// A customer is asked for money, pays, and the page turns green.
async fn customer_pays(servers: &Servers) -> Ended {
    let asked = servers.shop.ask().await.map_err(Failure::cannot_run)?;
    say(&format!("Yêu cầu thanh toán dùng thử: {}", asked.link));
    let (told, is_right) = pay::story(&servers.shop, &asked, &servers.sandbox).await;
    say(&told);
    Ok(if is_right {
        Exit::Done
    } else {
        Exit::NeedsReview
    })
}

/// What the server was told was paid, in đồng.
async fn told(servers: &Servers) -> Result<i64, StoreError> {
    let done = JobFilter {
        state: Some(JobState::Done),
        ..JobFilter::default()
    };
    Ok(servers
        .server
        .app()
        .store()
        .jobs()
        .list(&done, 1_000)
        .await?
        .iter()
        .filter_map(|job| job.paid_amount)
        .sum())
}

/// How to look into the server's web admin.
fn tell_owner(servers: &Servers) {
    use secrecy::ExposeSecret;
    tell(&servers.desk.invitation());
    if let Some(owner) = &servers.server.first_owner {
        tell(&format!(
            "Trang quản trị: {}/admin  ·  {}  ·  mật khẩu một lần: {}",
            servers.server.url(),
            owner.username,
            owner.password.expose_secret()
        ));
    }
}
