//! Tells the pages that are open here of payments that changed, whichever server changed them.

use std::time::Duration;

use super::{Place, Task};
use crate::server::AppState;
use crate::store::StoreError;

/// Changes that are read at once.
const MOST: u32 = 5_000;

pub(super) const TASK: Task = Task {
    name: "watch",
    place: Place::Everywhere,
    every: Duration::from_millis(400),
    is_at_once: true,
    bound: Duration::from_secs(20),
    work: |app| Box::pin(run(app)),
};

async fn run(app: AppState) -> Result<(), StoreError> {
    if !app.pay().is_watched() {
        return Ok(());
    }
    let since = app.pay().look_from(app.store().now_ms());
    for payment in app
        .store()
        .payments()
        .questions()
        .changed_since(since, MOST)
        .await?
    {
        app.pay().changed(&payment);
    }
    Ok(())
}
