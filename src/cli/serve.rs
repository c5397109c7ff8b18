//! `gachno sandbox` and `gachno mock-api`: one JSON line when they can be used, then until SIGINT or SIGTERM.

use std::time::Duration;

use serde_json::json;

use super::args::{MockApi, Sandbox};
use super::{Ended, Exit, Failure, say};
use crate::app::terminated;
use crate::{mock_api, sandbox};

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
