//! Forgets the callers that have not asked for a while: whom a server saw is in its own memory.

use std::time::Duration;

use super::{Place, Task};
use crate::server::AppState;
use crate::store::StoreError;

pub(super) const TASK: Task = Task {
    name: "callers",
    place: Place::Everywhere,
    every: Duration::from_mins(1),
    is_at_once: false,
    bound: Duration::from_secs(10),
    work: |app| Box::pin(run(app)),
};

async fn run(app: AppState) -> Result<(), StoreError> {
    app.forget_callers();
    Ok(())
}
