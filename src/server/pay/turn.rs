//! The pace towards a provider: five calls a second for a channel, over all servers.

use std::time::{Duration, Instant};

use crate::domain::payment::Provider;
use crate::providers::ProviderFault;
use crate::server::AppState;
use crate::store::StoreError;
use crate::store::payments::{PaymentRow, TurnWanted};

/// How long a customer's call stands in line. Who would stand longer is told so at once.
pub const CALL_MAX: Duration = Duration::from_secs(3);

/// What a channel is called among the turns.
fn channel(owner: i64, provider: &str) -> String {
    format!("{owner}|{provider}")
}

/// What opening a payment takes.
pub fn to_open(owner: i64, provider: Provider, wants_qr: bool) -> TurnWanted {
    let calls = match provider {
        // Its page is an address that we sign ourselves.
        Provider::VnPay => u32::from(wants_qr),
        // Whether somebody has one is asked first.
        Provider::Wallet => 2,
        _ => u32::from(provider.can_be_asked()),
    };
    wanted(owner, provider, calls)
}

fn wanted(owner: i64, provider: Provider, calls: u32) -> TurnWanted {
    TurnWanted {
        channel: channel(owner, provider.wire()),
        calls,
        most_ms: i64::try_from(CALL_MAX.as_millis()).unwrap_or(i64::MAX),
    }
}

/// A channel's line is too long: said in seconds.
pub fn too_long(provider: Provider, wait_ms: i64) -> ProviderFault {
    ProviderFault::Busy {
        provider: provider.label(),
        retry_after_s: wait_ms.max(1).unsigned_abs().div_ceil(1_000),
    }
}

/// Waits for a turn to ask about a payment, for so long at most. `false`: it did not come.
pub async fn question(
    app: &AppState,
    row: &PaymentRow,
    most: Duration,
) -> Result<bool, StoreError> {
    let (channel, begun) = (channel(row.owner_id, row.provider.wire()), Instant::now());
    while let Some(wait) = app
        .store()
        .payments()
        .questions()
        .take_turn(&channel)
        .await?
    {
        let wait = Duration::from_millis(wait.unsigned_abs());
        if begun.elapsed() + wait > most {
            return Ok(false);
        }
        tokio::time::sleep(wait).await;
    }
    Ok(true)
}

/// A customer's call, which stands in line before all questions.
pub async fn customer<T>(
    app: &AppState,
    row: &PaymentRow,
    call: impl Future<Output = Result<T, ProviderFault>>,
) -> Result<T, ProviderFault> {
    let calls = u32::from(row.provider.can_be_asked());
    in_turn(app, row, &wanted(row.owner_id, row.provider, calls), call).await
}

/// The same for what may take more than one call.
pub async fn in_turn<T>(
    app: &AppState,
    row: &PaymentRow,
    turn: &TurnWanted,
    call: impl Future<Output = Result<T, ProviderFault>>,
) -> Result<T, ProviderFault> {
    match reserved(app, turn).await {
        Ok(Ok(())) => call.await,
        Ok(Err(wait_ms)) => Err(too_long(row.provider, wait_ms)),
        Err(error) => {
            tracing::warn!(%error, "a call could not be put in line");
            Err(too_long(row.provider, 5_000))
        }
    }
}

/// Waits for a place in a channel's line. `Err` within: it is too long, by so many milliseconds.
pub async fn place(
    app: &AppState,
    owner: i64,
    provider: Provider,
) -> Result<Result<(), i64>, StoreError> {
    reserved(app, &wanted(owner, provider, 1)).await
}

async fn reserved(app: &AppState, turn: &TurnWanted) -> Result<Result<(), i64>, StoreError> {
    if turn.calls == 0 {
        return Ok(Ok(()));
    }
    match app
        .store()
        .payments()
        .questions()
        .reserve_turn(turn)
        .await?
    {
        Ok(wait_ms) => {
            waited(wait_ms).await;
            Ok(Ok(()))
        }
        Err(wait_ms) => Ok(Err(wait_ms)),
    }
}

/// Until a place that was reserved is free.
pub async fn waited(wait_ms: i64) {
    if wait_ms > 0 {
        tokio::time::sleep(Duration::from_millis(wait_ms.unsigned_abs())).await;
    }
}
