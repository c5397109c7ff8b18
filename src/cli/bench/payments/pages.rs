//! Status pages that listen, all at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use futures_util::stream::{self, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::super::{Row, count, percentile};
use super::stage::{Stage, ms};
use crate::store::payments::SamplePayment;

/// Pages that begin to listen at the same time.
const OPENING: usize = 64;
/// Payments that are paid while all listen.
const PAID: usize = 300;
/// Who tells of them at the same time.
const TELLING: usize = 8;
/// A page that is told nothing for so long is told nothing.
const PATIENCE: Duration = Duration::from_secs(20);
/// For ten thousand pages, in MB.
const MEMORY_MB: f64 = 200.0;

/// A page that listens; says when it turned green.
async fn listen(address: &str, one: &SamplePayment) -> anyhow::Result<TcpStream> {
    let mut page = TcpStream::connect(address).await?;
    let ask = format!(
        "GET /pay/{}/events HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n",
        one.pay_token
    );
    page.write_all(ask.as_bytes()).await?;
    until(&mut page, "event: state").await?;
    Ok(page)
}

/// Reads until these words come.
async fn until(page: &mut TcpStream, words: &str) -> anyhow::Result<()> {
    let (mut text, mut some) = (String::new(), [0; 1_024]);
    loop {
        let read = page.read(&mut some).await?;
        if read == 0 {
            bail!("the page was closed: {text}");
        }
        text.push_str(&String::from_utf8_lossy(&some[..read]));
        if text.contains(words) {
            return Ok(());
        }
    }
}

pub async fn listening(stage: &Stage, listeners: u32) -> anyhow::Result<Vec<Row>> {
    let later = stage.store.now_ms() + 3_600_000;
    let all = Arc::new(
        stage
            .store
            .money_books()
            .add_samples(listeners, Some(later))
            .await?,
    );
    let served = stage.serve().await?;
    let address = served.url().trim_start_matches("http://").to_owned();
    // What one page needs first is not what each of them needs.
    drop(listen(&address, all.first().context("no page")?).await?);
    let before = served.now_mb();
    let begun = Instant::now();
    let mut opening = stream::iter(0..all.len())
        .map(|at| {
            let (address, all) = (address.clone(), Arc::clone(&all));
            async move { listen(&address, &all[at]).await.map(|page| (at, page)) }
        })
        .buffer_unordered(OPENING);
    let (green, mut turned) = mpsc::unbounded_channel();
    while let Some(opened) = opening.next().await {
        let (at, mut page) = opened?;
        let green = green.clone();
        tokio::spawn(async move {
            if until(&mut page, r#""state":"paid""#).await.is_ok() {
                // Err: nobody waits any more.
                let _ = green.send((at, Instant::now()));
                std::future::pending::<()>().await;
            }
        });
    }
    let opened = begun.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let memory = before.zip(served.now_mb());
    let mut told = vec![None; all.len()];
    let step = (all.len() / PAID).max(1);
    let chosen: Vec<usize> = (0..all.len()).step_by(step).collect();
    let mut paying = stream::iter(chosen.clone())
        .map(|at| {
            let (url, all) = (served.url(), Arc::clone(&all));
            async move {
                let begun = Instant::now();
                stage.webhook(url, &all[at]).await.map(|_| (at, begun))
            }
        })
        .buffer_unordered(TELLING);
    while let Some(paid) = paying.next().await {
        let (at, when) = paid?;
        told[at] = Some(when);
    }
    let mut seen = Vec::new();
    while seen.len() < chosen.len() {
        let Ok(Some((at, when))) = tokio::time::timeout(PATIENCE, turned.recv()).await else {
            break;
        };
        if let Some(begun) = told[at] {
            seen.push(ms(when.saturating_duration_since(begun)));
        }
    }
    Ok(rows(listeners, opened, memory, chosen.len(), seen))
}

fn rows(
    listeners: u32,
    opened: f64,
    memory: Option<(f64, f64)>,
    paid: usize,
    mut seen: Vec<f64>,
) -> Vec<Row> {
    let missing = f64::from(u32::try_from(paid - seen.len()).unwrap_or(u32::MAX));
    let mut rows = vec![
        Row::plain(
            format!("{listeners} pages begin to listen"),
            f64::from(listeners) / opened,
            "/s",
        ),
        Row::at_most(
            format!("a change is seen by its page, {listeners} listen, p99"),
            percentile(&mut seen, 99),
            "ms",
            1_000.0,
        ),
        Row::at_most(
            format!("of {:.0} changes not seen", count(paid)),
            missing,
            "",
            0.0,
        ),
    ];
    rows.extend(memory.map(|(before, after)| {
        let goal = MEMORY_MB * f64::from(listeners) / 10_000.0;
        Row::at_most(
            format!("memory more than before, {listeners} listen"),
            after - before,
            "MB",
            goal,
        )
    }));
    rows
}
