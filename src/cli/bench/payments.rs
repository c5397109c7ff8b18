//! `gachno bench payments`: what the shop's server carries of customers' payments on this machine, with
//! durable commits and the providers of the sandbox.

mod flow;
mod pages;
mod stage;
mod webhooks;

use super::{BROKEN, Row, on_both};
use crate::cli::Failure;
use crate::cli::args::Bench;
use stage::Stage;

pub(super) async fn payments(options: &Bench) -> Result<Vec<Row>, Failure> {
    on_both(options, async |name, url, folder| {
        measured(name, url, folder, options).await
    })
    .await
}

async fn measured(
    name: &str,
    url: &str,
    folder: &std::path::Path,
    options: &Bench,
) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::open(url, folder).await?;
    let mut rows = flow::letters(&stage).await?;
    rows.extend(flow::create(&stage).await?);
    rows.extend(flow::reconcile(&stage, options.open).await?);
    rows.extend(webhooks::many(&stage, name == "SQLite").await?);
    rows.extend(pages::listening(&stage, options.listeners).await?);
    rows.extend(webhooks::held(&stage, options.held).await?);
    let books = stage.store.money_books().books(None).await?;
    let broken = if books.agree() { 0.0 } else { 1.0 };
    rows.push(Row::at_most(BROKEN, broken, "", 0.0));
    Ok(rows)
}
