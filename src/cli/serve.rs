//! `gachno serve`, `gachno sandbox` and `gachno mock-api`: one JSON line when they can be used, then until SIGINT or SIGTERM.

use std::task::Poll;
use std::time::Duration;

use serde_json::json;

use secrecy::ExposeSecret;

use super::args::{MockApi, Sandbox, Serve};
use super::{Ended, Exit, Failure, say, tell};
use crate::app::terminated;
use crate::config::Home;
use crate::server::{self, ServeConfig, ServeFile};
use crate::{mock_api, sandbox};

pub async fn serve(options: Serve) -> Ended {
    let flags = ServeFile {
        listen: options.listen,
        database: options.database,
        behind_proxy: options.behind_proxy.then_some(true),
        requests_per_second: None,
    };
    let config = ServeConfig::gather(&Home::find()?, flags).map_err(Failure::usage)?;
    // Heard from before anybody is told that it runs: a signal that comes at once is a stop like any other.
    let mut ended = Box::pin(terminated());
    std::future::poll_fn(|context| {
        let _ = ended.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
    let running = server::start(config).await.map_err(Failure::cannot_run)?;
    if let Some(owner) = &running.first_owner {
        // On the terminal and nowhere else: stdout may be a file, and the log is one.
        tell("Máy chủ mới. Đăng nhập lần đầu trong 15 phút, rồi đặt mật khẩu của mình:");
        tell(&format!("  Tên đăng nhập: {}", owner.username));
        tell(&format!("  Mật khẩu một lần: {}", owner.password.expose_secret()));
    }
    say(&json!({ "event": "ready", "url": running.url(), "admin": format!("{}/admin", running.url()) }).to_string());
    ended.await;
    running.stop().await;
    Ok(Exit::Done)
}

pub async fn mock_api(options: MockApi) -> Ended {
    let api = mock_api::start(mock_api::Options { listen: options.listen, delay: options.delay_ms.map(Duration::from_millis), seed: None })
        .await
        .map_err(Failure::cannot_run)?;
    say(&json!({ "event": "ready", "url": api.url() }).to_string());
    terminated().await;
    Ok(Exit::Done)
}

pub async fn sandbox(options: Sandbox) -> Ended {
    let scenario = match &options.scenario {
        Some(path) => sandbox::Scenario::load(path).map_err(Failure::usage)?,
        None => sandbox::Scenario::default(),
    };
    let (seed, latency) = (options.seed, Duration::from_millis(options.latency_ms));
    let running = sandbox::start(sandbox::Options { listen: options.listen, latency, scenario, seed }).await.map_err(Failure::cannot_run)?;
    say(&json!({ "event": "ready", "url": running.url(), "truth": format!("{}/sandbox/truth", running.url()) }).to_string());
    terminated().await;
    Ok(Exit::Done)
}
