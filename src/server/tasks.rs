//! What runs beside the requests, on one server of all: taking back what dead machines hold,
//! forgetting what is old.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::App;
use crate::store::StoreError;

/// How often the leases are looked at.
const EVERY: Duration = Duration::from_secs(2);
/// How long a server that leads may be silent before another one takes over.
const LEADS_MS: i64 = 10_000;
/// How often old things are forgotten, in rounds: hourly.
const FORGET_EVERY: u64 = 1_800;

/// Until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    for round in 0_u64.. {
        if let Err(error) = once(&app, round).await {
            tracing::warn!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "the rescuer could not look; it tries again"
            );
        }
        // Every server for itself: whom it saw is in its own memory.
        if round % 30 == 0 {
            app.forget_callers();
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn once(app: &App, round: u64) -> Result<(), StoreError> {
    let store = app.store();
    if !store
        .leader()
        .leads("rescue", &app.inner.owner, LEADS_MS)
        .await?
    {
        return Ok(());
    }
    let rescued = store.jobs().expire().await?;
    if rescued.returned + rescued.in_doubt > 0 {
        tracing::warn!(
            returned = rescued.returned,
            in_doubt = rescued.in_doubt,
            "machines were not heard of; their jobs were taken back"
        );
        metrics::counter!("gachno_leases_lost_total", "armed" => "no").increment(rescued.returned);
        metrics::counter!("gachno_leases_lost_total", "armed" => "yes").increment(rescued.in_doubt);
    }
    if round % 30 == 29 {
        store.tune_clock().await?;
    }
    if round % FORGET_EVERY == FORGET_EVERY - 1 {
        let forgotten = store.sessions().forget_ended().await?
            + store
                .sign_ins()
                .forget_old(app.shop().await?.keep_days)
                .await?;
        let filled = store.fill_search_texts().await?;
        tracing::info!(forgotten, filled, "kept house");
    }
    Ok(())
}
