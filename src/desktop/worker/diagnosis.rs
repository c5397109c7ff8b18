//! What the doctor has to say in the window.

use super::open::Open;
use super::reach::{browser, health};
use crate::app;
use crate::desktop::words::{Language, said};
use crate::domain::{Intake, Service};
use crate::engine::survey;
use crate::portal::MapStanding;

/// What the doctor has to say: good or not, what, and the detail. Logs in, moves no money.
pub async fn diagnosis(open: &Open) -> Vec<(bool, String, String)> {
    let words = Language::of(&open.config.window.language).words();
    let mut all = Vec::new();
    let mut add = |what: &str, result: Result<String, String>| {
        let is_good = result.is_ok();
        all.push((is_good, what.to_owned(), result.unwrap_or_else(|why| why)));
    };
    add(words.server, health(&open.config, &open.secrets).await);
    let settings = open.tools.browser.clone();
    let found = tokio::task::spawn_blocking(move || browser(&settings).map_err(said)).await;
    add(words.browser, found.unwrap_or_else(|e| Err(said(e))));
    add(
        words.ledger,
        match open.tools.ledger.verify().await {
            Ok(Ok(events)) => Ok((words.ledger_whole)(
                usize::try_from(events).unwrap_or_default(),
            )),
            Ok(Err(fault)) => Err(said(fault)),
            Err(error) => Err(said(error)),
        },
    );
    let mut tools =
        app::tools_on(open.tools.ledger.clone(), &open.home, &open.config, None).map_err(said);
    if let Ok(tools) = &mut tools {
        tools.browser.headless = true;
    }
    let plan = app::plan(
        &open.config,
        &open.secrets,
        Service::LookUpFtth,
        Intake::default(),
    );
    match tools {
        Err(why) => add(words.portal, Err(why)),
        Ok(tools) => match survey(&tools, &plan).await {
            Err(error) => add(words.portal, Err(said(error))),
            Ok(visit) => {
                add(
                    words.portal,
                    visit
                        .login
                        .map(|(agent, balance)| {
                            format!(
                                "{agent} · {}",
                                balance.map_or_else(|| "—".to_owned(), |b| b.to_string())
                            )
                        })
                        .map_err(said),
                );
                for page in &visit.pages {
                    let missing = page
                        .elements
                        .iter()
                        .filter(|e| e.standing == MapStanding::Missing);
                    let missing: Vec<String> = missing
                        .map(|e| match e.nearest.first() {
                            Some(near) => format!("{} ≈ {}", e.element, near.locator),
                            None => e.element.clone(),
                        })
                        .collect();
                    add(
                        &(words.portal_page)(page.page),
                        if missing.is_empty() {
                            Ok(page.url.clone())
                        } else {
                            Err(missing.join(", "))
                        },
                    );
                }
            }
        },
    }
    all
}
