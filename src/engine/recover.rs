//! At a start: what a dead run left is read from its living browsers, and then cleared.

use crate::browser::{self, Facts, Session};
use crate::domain::{Conclusion, Event, Intent, Outcome, Proof, Said};
use crate::ledger::{LedgerError, LiveAttempt};
use crate::portal::{Answered, Page, said_in};

use super::evidence::Piece;
use super::runner::Tools;

/// Re-attaches to the browser of every attempt in doubt, fails what it still holds, reads what it
/// knows; then clears browsers, drivers, relays and profiles of dead runs.
pub(super) async fn recover(tools: &Tools) -> Result<(), LedgerError> {
    for live in tools.ledger.in_doubt().await? {
        if let Some(intent) = live
            .attempt
            .intent
            .clone()
            .filter(|_| !live.attempt.is_reattached)
        {
            reattach(tools, live, &intent).await?;
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

async fn reattach(
    tools: &Tools,
    mut live: LiveAttempt,
    intent: &Intent,
) -> Result<(), LedgerError> {
    let facts = Facts {
        session_id: intent.session.clone(),
        browser_pid: intent.browser_pid,
        debugger_address: intent.debugger_address.clone(),
        browser_version: String::new(),
        bidi_url: intent.bidi_url.clone(),
        context: intent.context.clone(),
    };
    if facts.context.is_none() {
        return Ok(());
    }
    let session = match Session::attach(&tools.browser, &facts).await {
        Ok(session) => session,
        Err(error) => {
            tracing::info!(%error, attempt = live.id, "its browser is gone");
            return Ok(());
        }
    };
    let request = live.attempt.request.clone();
    if let Some(request) = &request
        && browser::fail_held(&session, request).await
    {
        let end = Conclusion::of(
            Outcome::NotSent,
            Proof::Reattach,
            "Yêu cầu xác nhận còn bị giữ trong trình duyệt; đã hủy, chưa gửi đi".to_owned(),
        );
        return tools.ledger.append(&mut live, Event::Concluded(end)).await;
    }
    let answered = match Page::new(&session, &tools.map, &tools.portal_url, tools.answer_max)
        .recall(&live.id)
        .await
    {
        Ok(answered) => answered,
        Err(error) => {
            tracing::info!(%error, attempt = live.id, "its page cannot be read");
            Answered::unread()
        }
    };
    let raw = match (&answered.raw, &request) {
        (Some(raw), _) => Some(raw.clone()),
        (None, Some(request)) => browser::answer_to(&session, request).await,
        (None, None) => None,
    };
    let said: Vec<Said> = if answered.lost.is_none() {
        answered.said
    } else {
        raw.as_deref().map(said_in).unwrap_or_default()
    };
    tracing::info!(
        attempt = live.id,
        messages = said.len(),
        "read from the living browser of a dead run"
    );
    if let Some(raw) = &raw {
        let files = tools.evidence.keep(vec![Piece::text("response", raw)]);
        tools
            .ledger
            .append(&mut live, Event::EvidenceKept { files })
            .await?;
    }
    if said.is_empty() {
        return Ok(());
    }
    tools
        .ledger
        .append(
            &mut live,
            Event::Observed {
                said,
                balance: None,
            },
        )
        .await
}
