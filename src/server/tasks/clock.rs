//! Compares this server's clock with the database's: all servers must agree on when a lease ends.

use std::time::Duration;

use super::{Place, Task};
use crate::server::AppState;
use crate::store::StoreError;

pub(super) const TASK: Task = Task {
    name: "clock",
    place: Place::Everywhere,
    every: Duration::from_mins(1),
    is_at_once: false,
    bound: Duration::from_secs(30),
    work: |app| Box::pin(run(app)),
};

async fn run(app: AppState) -> Result<(), StoreError> {
    app.store().pulse().tune_clock().await
}
