//! `gachno demo`: everything on this machine, nothing to configure, no real money anywhere.

use std::time::Duration;

use secrecy::SecretString;

use super::args::Demo;
use super::run::{Destination, batch, exit_of, paid_of};
use super::{Ended, Exit, Failure, blocking, say, stop_on_signals, tell};
use crate::app::{self, Secrets};
use crate::config::{Config, Home};
use crate::domain::{Defaults, Service, Vnd};
use crate::mock_api::{self, MockApi};
use crate::sandbox::{self, Sandbox, Scenario};

/// The simulators of a demo, alive as long as this is.
pub struct Servers {
    pub sandbox: Sandbox,
    pub api: MockApi,
}

pub fn demo(options: &Demo) -> Ended {
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
    cfg!(feature = "desktop") && (!cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"))
}

#[cfg(feature = "desktop")]
fn window(latency_ms: u64) -> Ended {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::cannot_run)?;
    let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
    let servers = runtime.block_on(servers(latency_ms))?;
    let (config, secrets) = demo_config(&servers.sandbox, &servers.api, false)?;
    let start = crate::desktop::Start { home: Home::at(folder.path()), demo: Some(crate::desktop::Demo { config, secrets }) };
    let ended = crate::desktop::run(start).map(|()| Exit::Done).map_err(Failure::cannot_run);
    drop(servers);
    ended
}

#[cfg(not(feature = "desktop"))]
fn window(latency_ms: u64) -> Ended {
    blocking(headless(latency_ms))
}

pub async fn servers(latency_ms: u64) -> Result<Servers, Failure> {
    let sandbox = sandbox::start(sandbox::Options { latency: Duration::from_millis(latency_ms), ..sandbox::Options::default() })
        .await
        .map_err(Failure::cannot_run)?;
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let api =
        mock_api::start(mock_api::Options { listen, delay: Some(Duration::from_millis(300)), seed: None }).await.map_err(Failure::cannot_run)?;
    Ok(Servers { sandbox, api })
}

/// A configuration for the simulators, with the sandbox agent's secrets in memory only.
pub fn demo_config(sandbox: &Sandbox, api: &MockApi, headless: bool) -> Result<(Config, Secrets), Failure> {
    let agent = Scenario::default().agents.into_iter().next().ok_or_else(|| Failure::cannot_run(anyhow::anyhow!("no agent in the sandbox")))?;
    let mut config = Config::default();
    config.portal.url = sandbox.url();
    config.api.url = api.url();
    config.browser.headless = headless;
    "Người dùng thử".clone_into(&mut config.operator);
    let secret = |text: String| Some(SecretString::from(text));
    let secrets =
        Secrets { username: secret(agent.username), password: secret(agent.password), pin: secret(agent.pin), token: None, ..Secrets::default() };
    Ok((config, secrets))
}

async fn headless(latency_ms: u64) -> Ended {
    let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
    let home = Home::at(folder.path());
    let servers = servers(latency_ms).await?;
    let (config, secrets) = demo_config(&servers.sandbox, &servers.api, true)?;
    let api = app::job_api(&config, &secrets).map_err(Failure::cannot_run)?;
    let tools = app::tools(&home, &config, None).await?;
    let control = crate::engine::Control::stopped_by(stop_on_signals());
    say(&format!("Cổng mô phỏng: {}   API mẫu: {}", servers.sandbox.url(), servers.api.url()));
    let mut exit = Exit::Done;
    let mut paid = Vnd::ZERO;
    for service in Service::ALL {
        let intake = api.fetch(service, Defaults::default()).await.map_err(Failure::cannot_run)?;
        let plan = app::plan(&config, &secrets, service, intake);
        let destination = Destination { folder: app::report_folder(&config), file: None };
        let finished = batch(&tools, &plan, false, &control, destination).await?;
        paid = paid.saturating_add(paid_of(&finished));
        match exit_of(&finished) {
            Exit::Done => {}
            Exit::Stopped => return Ok(Exit::Stopped),
            other => exit = other,
        }
    }
    let truth = servers.sandbox.truth();
    say(&format!("Sổ của cổng mô phỏng: {} giao dịch, {} đồng. Sổ của GachNo: {}.", truth.moved, truth.total, paid));
    if truth.total == paid.dong() {
        say("Hai sổ khớp nhau từng đồng.");
        Ok(exit)
    } else {
        say("Hai sổ KHÔNG khớp.");
        Ok(Exit::NeedsReview)
    }
}
