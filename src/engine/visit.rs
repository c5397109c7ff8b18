//! At the portal outside of a batch: the survey of its pages, and looking into doubts.

use jiff::Timestamp;

use super::control::Control;
use super::crew::Crew;
use super::login::PortalLogin;
use super::plan::Plan;
use super::progress::Reporter;
use super::recover::recover;
use super::tools::{EngineError, Tools};
use crate::browser::Session;
use crate::domain::{Attempt, Vnd};
use crate::ledger::Batch;
use crate::portal::{Page, Surveyed};

/// A batch of nothing, for looking at the portal outside of one.
fn no_batch(plan: &Plan) -> Batch {
    Batch {
        id: String::new(),
        service: plan.service,
        continued: false,
        was_finished: false,
        started: Timestamp::UNIX_EPOCH,
        jobs: Vec::new(),
    }
}

/// Opens a browser, logs in, and hands the page to `then`. For the doctor: it touches nothing else.
async fn on_the_portal<T>(
    tools: &Tools,
    plan: &Plan,
    then: impl AsyncFnOnce(Page<'_>, &str, Option<Vnd>) -> T,
) -> Result<T, EngineError> {
    let (batch, control, reporter) = (no_batch(plan), Control::default(), Reporter::silent());
    let crew = Crew::new(tools, plan, &batch, &reporter, &control);
    let mut login = PortalLogin::new(&crew, 0);
    let seen = match login.connect().await {
        Ok(()) => Ok(then(login.page()?, &login.agent, crew.balance()).await),
        Err(error) => Err(error),
    };
    if let Some(session) = login.session.take() {
        session.close().await;
    }
    seen
}

/// What a visit to the portal found.
#[derive(Debug)]
pub struct Visit {
    /// The pages that were reached; the login form is always the first.
    pub pages: Vec<Surveyed>,
    /// As whom it was logged in, with the balance where it could be read.
    pub login: Result<(String, Option<Vnd>), EngineError>,
}

/// Holds the portal map against the live pages: first the login form, then every page behind it.
/// Moves no money.
pub async fn survey(tools: &Tools, plan: &Plan) -> Result<Visit, EngineError> {
    let session = Session::open(&tools.browser).await?;
    let mut page = Page::new(&session, &tools.map, &tools.portal_url, tools.answer_max);
    let form = page.survey_login().await;
    session.close().await;
    let mut pages = vec![form?];
    let behind = on_the_portal(tools, plan, async |mut page, agent, balance| {
        (page.survey_pages().await, agent.to_owned(), balance)
    })
    .await;
    let login = match behind {
        Ok((found, agent, balance)) => {
            pages.extend(found?);
            Ok((agent, balance))
        }
        Err(error) => Err(error),
    };
    Ok(Visit { pages, login })
}

/// Looks into everything that is in doubt, outside of a batch, as long as there is hope. Says how
/// each attempt stands afterwards.
pub async fn reconcile(
    tools: &Tools,
    plan: &Plan,
    reporter: &Reporter,
    control: &Control,
) -> Result<Vec<(String, Attempt)>, EngineError> {
    let in_doubt = tools.ledger.in_doubt().await?;
    let ids: Vec<String> = in_doubt.into_iter().map(|live| live.id).collect();
    recover(tools).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    if !tools.ledger.in_doubt().await?.is_empty() {
        let batch = no_batch(plan);
        let crew = Crew::new(tools, plan, &batch, reporter, control);
        let mut login = PortalLogin::new(&crew, 0);
        let settled = match login.connect().await {
            Ok(()) => match login.look_into_doubts().await {
                Ok(()) => login.settle_what_is_left().await.map(drop),
                error => error,
            },
            Err(error) => Err(error),
        };
        if let Some(session) = login.session.take() {
            session.close().await;
        }
        settled?;
    }
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let attempt = tools.ledger.fold(&id).await?;
        all.push((id, attempt));
    }
    Ok(all)
}
