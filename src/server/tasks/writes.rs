//! Tries to write a little, so that health can tell of a full disk: the database still answers every question
//! then.

use std::time::Duration;

use super::{Place, Task};
use crate::server::AppState;
use crate::store::StoreError;

pub(super) const TASK: Task = Task {
    name: "writes",
    place: Place::Everywhere,
    every: Duration::from_secs(3),
    is_at_once: true,
    bound: Duration::from_secs(30),
    work: |app| Box::pin(run(app)),
};

async fn run(app: AppState) -> Result<(), StoreError> {
    let tried = app.store().pulse().try_to_write().await;
    let is_news = app.writes().tried(tried.is_err());
    match tried {
        Ok(()) if is_news => tracing::info!("the database can be written again"),
        Err(error) if is_news => {
            let error = format!("{:#}", anyhow::Error::from(error));
            tracing::error!(
                error,
                "the database cannot be written; /api/health says so until it can"
            );
        }
        Ok(()) | Err(_) => {}
    }
    Ok(())
}
