//! The pace towards a provider: five calls a second for a channel, over all servers.

use std::time::{Duration, Instant};

use crate::server::AppState;
use crate::store::StoreError;
use crate::store::payments::PaymentRow;

/// What a channel is called among the turns.
fn channel(owner: i64, provider: &str) -> String {
    format!("{owner}|{provider}")
}

/// Waits for a turn to ask about a payment, for so long at most. `false`: it did not come.
pub async fn question(
    app: &AppState,
    row: &PaymentRow,
    most: Duration,
) -> Result<bool, StoreError> {
    let (channel, begun) = (channel(row.owner_id, row.provider.wire()), Instant::now());
    while let Some(wait) = app.store().questions().take_turn(&channel).await? {
        let wait = Duration::from_millis(wait.unsigned_abs());
        if begun.elapsed() + wait > most {
            return Ok(false);
        }
        tokio::time::sleep(wait).await;
    }
    Ok(true)
}

/// A customer's call, which waits for nobody. It is written down beside it, so that questions make room.
pub async fn at_once<T>(app: &AppState, row: &PaymentRow, call: impl Future<Output = T>) -> T {
    if !row.provider.can_be_asked() {
        return call.await;
    }
    let channel = channel(row.owner_id, row.provider.wire());
    let questions = app.store().questions();
    let (noted, answer) = tokio::join!(questions.note_call(&channel), call);
    if let Err(error) = noted {
        tracing::warn!(%error, "a call could not be written down");
    }
    answer
}
