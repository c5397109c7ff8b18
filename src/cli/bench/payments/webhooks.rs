//! Webhooks: so many in a second, and what one costs with much held.

use std::time::Instant;

use futures_util::stream::{self, StreamExt};

use super::super::{Row, count, percentile};
use super::stage::{Stage, ms};
use crate::store::payments::SamplePayment;

/// Who tells at the same time.
const CALLERS: usize = 64;
/// Webhooks that are timed.
const MANY: u32 = 4_000;
/// Webhooks that are timed for each size, and payments held at first.
const ROUND: u32 = 800;
const FEW: u32 = 1_000;
/// Nobody is asked about them meanwhile.
const LATER_MS: i64 = 3_600_000;

/// Webhooks of so many at the same time; how long each took, in milliseconds, and all of them, in seconds.
async fn told(
    stage: &Stage,
    url: &str,
    payments: Vec<SamplePayment>,
    callers: usize,
) -> anyhow::Result<(Vec<f64>, f64)> {
    let begun = Instant::now();
    let mut calls = stream::iter(payments)
        .map(|one| async move { stage.webhook(url, &one).await })
        .buffer_unordered(callers);
    let mut times = Vec::new();
    while let Some(time) = calls.next().await {
        times.push(ms(time?));
    }
    Ok((times, begun.elapsed().as_secs_f64()))
}

async fn open(stage: &Stage, count: u32) -> anyhow::Result<Vec<SamplePayment>> {
    let at = stage.store.now_ms() + LATER_MS;
    Ok(stage
        .store
        .money_books()
        .add_samples(count, Some(at))
        .await?)
}

/// Accepted and booked in a second.
pub async fn many(stage: &Stage, is_sqlite: bool) -> anyhow::Result<Vec<Row>> {
    let payments = open(stage, MANY).await?;
    let served = stage.serve().await?;
    // Connections, statements and pages that the first ones need.
    let warm = open(stage, 200).await?;
    told(stage, served.url(), warm, CALLERS).await?;
    let before = stage.store.money_books().books(None).await?.transfers;
    let sum: i64 = payments.iter().map(|one| one.amount).sum();
    let (mut times, took) = told(stage, served.url(), payments, CALLERS).await?;
    let after = stage.store.money_books().books(None).await?.transfers;
    let missing = if after - before == sum { 0.0 } else { 1.0 };
    let goal = if is_sqlite { 1_000.0 } else { 500.0 };
    Ok(vec![
        Row::at_least(
            format!("webhooks accepted and booked, {CALLERS} callers"),
            count(times.len()) / took,
            "/s",
            goal,
        ),
        Row::at_most("a webhook, p99", percentile(&mut times, 99), "ms", 100.0),
        Row::plain("a webhook, p50", percentile(&mut times, 50), "ms"),
        Row::at_most("sums that are not as told", missing, "", 0.0),
    ])
}

/// What a webhook costs with few payments held, and with many.
pub async fn held(stage: &Stage, most: u32) -> anyhow::Result<Vec<Row>> {
    stage.store.money_books().add_samples(FEW, None).await?;
    let few = round(stage).await?;
    stage
        .store
        .money_books()
        .add_samples(most.saturating_sub(FEW), None)
        .await?;
    let many = round(stage).await?;
    Ok(vec![
        Row::plain(format!("a webhook with few ({FEW}) held, p50"), few, "ms"),
        Row::plain(format!("a webhook with {most} held, p50"), many, "ms"),
        Row::at_most(
            format!("a webhook with {most} held against few"),
            many / few,
            "×",
            1.2,
        ),
    ])
}

async fn round(stage: &Stage) -> anyhow::Result<f64> {
    let served = stage.serve().await?;
    let warm = open(stage, ROUND / 2).await?;
    told(stage, served.url(), warm, 4).await?;
    let payments = open(stage, ROUND).await?;
    let (mut times, _) = told(stage, served.url(), payments, 4).await?;
    Ok(percentile(&mut times, 50))
}
