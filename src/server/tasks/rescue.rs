//! Takes back what dead machines hold.

use super::{Place, Task};
use crate::server::AppState;
use crate::store::StoreError;
use std::time::Duration;

pub(super) const TASK: Task = Task {
    name: "rescue",
    place: Place::Leader,
    every: Duration::from_secs(2),
    is_at_once: true,
    bound: Duration::from_mins(1),
    work: |app| Box::pin(rescue(app)),
};

async fn rescue(app: AppState) -> Result<(), StoreError> {
    let rescued = app.store().jobs().expire().await?;
    if rescued.returned + rescued.in_doubt > 0 {
        tracing::warn!(
            returned = rescued.returned,
            in_doubt = rescued.in_doubt,
            "machines were not heard of; their jobs were taken back"
        );
        metrics::counter!("gachno_leases_lost_total", "armed" => "no").increment(rescued.returned);
        metrics::counter!("gachno_leases_lost_total", "armed" => "yes").increment(rescued.in_doubt);
    }
    Ok(())
}
