//! Forgets what nobody needs any more: never anything about money, and never the trail.

use std::time::Duration;

use super::{Place, Task};
use crate::server::AppState;
use crate::store::StoreError;

pub(super) const TASK: Task = Task {
    name: "forget",
    place: Place::Leader,
    every: Duration::from_hours(1),
    is_at_once: false,
    bound: Duration::from_mins(10),
    work: |app| Box::pin(run(app)),
};

async fn run(app: AppState) -> Result<(), StoreError> {
    let store = app.store();
    let sessions = store.accounts().sessions().forget_ended().await?;
    let keep_days = app.shop().await?.keep_days;
    store.payments().forget_keys().await?;
    let failures = store.accounts().sign_ins().forget_old(keep_days).await?;
    tracing::info!(
        sessions,
        failures,
        "old sessions and failed sign-ins were forgotten"
    );
    Ok(())
}
