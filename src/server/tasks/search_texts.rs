//! Fills the search texts of rows that other programs wrote.

use std::time::Duration;

use super::{Place, Task};
use crate::server::AppState;
use crate::store::StoreError;

pub(super) const TASK: Task = Task {
    name: "search_texts",
    place: Place::Leader,
    every: Duration::from_hours(1),
    is_at_once: false,
    bound: Duration::from_mins(30),
    work: |app| Box::pin(run(app)),
};

async fn run(app: AppState) -> Result<(), StoreError> {
    let filled = app.store().schema().fill_search_texts().await?;
    tracing::info!(filled, "missing search texts were filled");
    Ok(())
}
