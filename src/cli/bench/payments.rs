//! `gachno bench payments`: what the shop's server carries of customers' payments on this machine, with
//! durable commits and the providers of the sandbox.

mod flow;
mod pages;
mod stage;
mod webhooks;

use super::{BROKEN, Row};
use crate::cli::args::Bench;
use crate::cli::{Failure, tell};
use crate::store::sqlite_url;
use stage::Stage;

pub(super) async fn payments(options: &Bench) -> Result<Vec<Row>, Failure> {
    crate::init_tls();
    let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
    let sqlite = sqlite_url(&folder.path().join("payments.db"));
    let mut rows = on("SQLite", &sqlite, folder.path(), options).await?;
    match &options.mariadb {
        Some(url) => {
            let own = tempfile::tempdir().map_err(Failure::cannot_run)?;
            rows.extend(on("MariaDB", url, own.path(), options).await?);
        }
        None => tell("MariaDB: bỏ qua. Đo với: --mariadb mysql://… (một cơ sở dữ liệu trống)"),
    }
    Ok(rows)
}

async fn on(
    name: &str,
    url: &str,
    folder: &std::path::Path,
    options: &Bench,
) -> Result<Vec<Row>, Failure> {
    measured(name, url, folder, options)
        .await
        .map_err(Failure::cannot_run)
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
    rows.extend(flow::reconcile(&stage).await?);
    rows.extend(webhooks::many(&stage, name == "SQLite").await?);
    rows.extend(pages::listening(&stage, options.listeners).await?);
    rows.extend(webhooks::held(&stage, options.held).await?);
    let books = stage.store.money_books().books(None).await?;
    let broken = if books.agree() { 0.0 } else { 1.0 };
    rows.push(Row::at_most(BROKEN, broken, "", 0.0));
    for row in &mut rows {
        if row.name != BROKEN {
            row.name = format!("{name}: {}", row.name);
        }
    }
    Ok(rows)
}
