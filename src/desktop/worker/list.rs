//! Lists: fetched, read from files, sorted, and written to Excel when they are done.

use std::path::PathBuf;

use super::Teller;
use super::message::{ListCommand, ListSource, ListUpdate, ReachUpdate, Update};
use super::open::Open;
use crate::app;
use crate::desktop::model::rows::ordered;
use crate::desktop::words::said;
use crate::domain::job::Defaults;
use crate::domain::{Intake, Service};
use crate::engine::report_of;
use crate::report::{excel, read_file};

/// Does what is asked of a service's list.
pub async fn carry_out(at: &Open, service: Service, command: ListCommand, to: &Teller) {
    let tell = |update| to.tell(Update::List(service, update));
    match command {
        ListCommand::Fetch(defaults) => {
            let fetched = fetch(at, service, defaults).await;
            let reached = fetched.as_ref().map(|_| at.config.api.url.clone());
            to.tell(Update::Reach(ReachUpdate::Api(
                reached.map_err(Clone::clone),
            )));
            tell(ListUpdate::Fetched(ListSource::Link(at.link.id), fetched));
        }
        ListCommand::LetGo => {
            if let Some(link) = at.link.known() {
                link.let_go(Some(service)).await;
            }
        }
        ListCommand::Pick(defaults) => {
            let dialog = rfd::AsyncFileDialog::new()
                .add_filter("CSV, XLSX, JSON, TXT", &["csv", "xlsx", "json", "txt"]);
            match dialog.pick_file().await {
                Some(file) => {
                    tell(read(service, defaults, file.path().to_owned()).await);
                }
                None => to.tell(Update::NoFile),
            }
        }
        ListCommand::Read(defaults, path) => tell(read(service, defaults, path).await),
        ListCommand::Order(rows, wish) => {
            let wished = wish.clone();
            let order = tokio::task::spawn_blocking(move || ordered(&rows, &wished)).await;
            tell(ListUpdate::Ordered(wish, order.unwrap_or_default()));
        }
        ListCommand::Export(batch) => tell(ListUpdate::Exported(export(at, &batch).await)),
    }
}

async fn fetch(open: &Open, service: Service, defaults: Defaults) -> Result<Intake, String> {
    let link = open.find_link().await?;
    // What another list held is handed out anew, here or elsewhere.
    let fetched = link
        .fetch(
            service,
            defaults,
            open.config.api.jobs_at_once,
            &app::operator(&open.config),
        )
        .await;
    fetched.map_err(said)
}

async fn read(service: Service, defaults: Defaults, path: PathBuf) -> ListUpdate {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let read = tokio::task::spawn_blocking(move || read_file(&path, service, defaults)).await;
    let intake = match read {
        Ok(read) => read.map_err(said),
        Err(error) => Err(said(error)),
    };
    ListUpdate::Fetched(ListSource::File(name), intake)
}

async fn export(open: &Open, batch: &str) -> Result<PathBuf, String> {
    let report = report_of(&open.tools.ledger, batch)
        .await
        .map_err(said)?
        .ok_or("Không có lô này trong sổ")?;
    let folder = app::report_folder(&open.config);
    let written = tokio::task::spawn_blocking(move || excel::save(&report, &folder))
        .await
        .map_err(said)?;
    let path = written.map_err(said)?;
    Ok(std::path::absolute(&path).unwrap_or(path))
}
