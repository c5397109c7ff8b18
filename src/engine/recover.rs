//! At a start: what a dead run left is read from its living browsers, and then cleared.

use std::sync::Arc;

use super::ask_portal::reading_of;
use super::carry::misplaced;
use super::evidence::Piece;
use super::tools::{EngineError, Tools};
use crate::browser::{self, Facts, Session};
use crate::domain::driver::{AttemptDriver, Effect, Finish, Input, JobTask, Reattached};
use crate::domain::{Event, Limits, Said, Vnd};
use crate::ledger::{LedgerError, LiveAttempt};
use crate::portal::{Answered, Page, said_in};

/// Re-attaches to the browser of every attempt in doubt, fails what it still holds, reads what it
/// knows; then clears browsers, drivers, relays and profiles of dead runs.
pub(super) async fn recover(tools: &Tools) -> Result<(), EngineError> {
    for mut live in tools.ledger.in_doubt().await? {
        let Some(job) = tools.ledger.job_of(&live).await? else {
            continue;
        };
        let task = JobTask {
            service: live.service,
            job,
            agent: live.attempt.intent.as_ref().map(|i| i.agent.clone()),
            is_dry_run: false,
            is_repeat_wanted: false,
            minimum: Vnd::ZERO,
        };
        let reading = reading_of(&tools.map, live.attempt.observed.as_deref());
        let rules = Arc::new(tools.rules(Limits::default()));
        let mut driver = AttemptDriver::new(task, rules, live.attempt.clone(), reading);
        let mut effect = driver.recover()?;
        while !matches!(effect, Effect::Finish(_)) {
            let input = match effect {
                Effect::Record(event) => {
                    tools.ledger.append(&mut live, event).await?;
                    Input::Recorded
                }
                Effect::Reattach => Input::Reattached(reattach(tools, &mut live).await?),
                other => return Err(misplaced(&other).into()),
            };
            effect = driver.step(input)?;
        }
        if effect == Effect::Finish(Finish::Ended) {
            tracing::info!(attempt = live.id, "settled by the browser of a dead run");
        }
    }
    let folder = tools.browser.run_folder.clone();
    if let Ok(reaped) = tokio::task::spawn_blocking(move || browser::reap(&folder)).await
        && reaped.sessions > 0
    {
        tracing::info!(
            sessions = reaped.sessions,
            processes = reaped.processes,
            "cleared what a dead run left behind"
        );
    }
    Ok(())
}

async fn reattach(tools: &Tools, live: &mut LiveAttempt) -> Result<Reattached, LedgerError> {
    let Some(intent) = live.attempt.intent.clone() else {
        return Ok(Reattached::Nothing);
    };
    let facts = Facts {
        session_id: intent.session,
        browser_pid: intent.browser_pid,
        debugger_address: intent.debugger_address,
        browser_version: String::new(),
        bidi_url: intent.bidi_url,
        context: intent.context,
    };
    if facts.context.is_none() {
        return Ok(Reattached::Nothing);
    }
    let session = match Session::attach(&tools.browser, &facts).await {
        Ok(session) => session,
        Err(error) => {
            tracing::info!(%error, attempt = live.id, "its browser is gone");
            return Ok(Reattached::Nothing);
        }
    };
    let request = live.attempt.request.clone();
    if let Some(request) = &request
        && browser::fail_held(&session, request).await
    {
        return Ok(Reattached::HeldFailed);
    }
    let (said, raw) = recall(tools, &session, &live.id, request.as_deref()).await;
    tracing::info!(
        attempt = live.id,
        messages = said.len(),
        "read from the living browser of a dead run"
    );
    if let Some(raw) = raw {
        keep_answer(tools, live, raw).await?;
    }
    Ok(Reattached::Read {
        reading: reading_of(&tools.map, Some(&said)),
        said,
    })
}

/// What page and browser still know of the answer: its messages, and its raw text.
async fn recall(
    tools: &Tools,
    session: &Session,
    attempt: &str,
    request: Option<&str>,
) -> (Vec<Said>, Option<String>) {
    let mut page = Page::new(session, &tools.map, &tools.portal_url, tools.answer_max);
    let answered = match page.recall(attempt).await {
        Ok(answered) => answered,
        Err(error) => {
            tracing::info!(%error, attempt, "its page cannot be read");
            Answered::unread()
        }
    };
    let raw = match (answered.raw, request) {
        (Some(raw), _) => Some(raw),
        (None, Some(request)) => browser::answer_to(session, request).await,
        (None, None) => None,
    };
    let said = if answered.lost.is_none() {
        answered.said
    } else {
        raw.as_deref().map(said_in).unwrap_or_default()
    };
    (said, raw)
}

async fn keep_answer(
    tools: &Tools,
    live: &mut LiveAttempt,
    raw: String,
) -> Result<(), LedgerError> {
    let store = tools.evidence.clone();
    let kept =
        tokio::task::spawn_blocking(move || store.keep(vec![Piece::text("response", &raw)])).await;
    match kept {
        Ok(files) if !files.is_empty() => {
            tools
                .ledger
                .append(live, Event::EvidenceKept { files })
                .await
        }
        _ => Ok(()),
    }
}
