//! Sums up the samples of the numbers, which pile up where nobody asks for them.

use std::time::Duration;

use super::{Place, Task};
use crate::server::AppState;
use crate::store::StoreError;

pub(super) const TASK: Task = Task {
    name: "upkeep",
    place: Place::Everywhere,
    every: Duration::from_secs(5),
    is_at_once: false,
    bound: Duration::from_secs(10),
    work: |app| Box::pin(run(app)),
};

async fn run(app: AppState) -> Result<(), StoreError> {
    let () = crate::server::metrics::sum_up();
    drop(app);
    Ok(())
}
