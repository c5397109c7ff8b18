//! Sends the letters that wait. On every server: each letter is handed to one of them.
//!
//! *Invariant: no payment waits for it: letters are written with what they tell of, and sent here.*

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use tokio_util::task::AbortOnDropHandle;

use super::{Place, Task};
use crate::domain::letter::{LetterChannel, LetterFault};
use crate::providers::smtp::Mail;
use crate::server::AppState;
use crate::server::mail::mailer;
use crate::server::messages;
use crate::store::StoreError;
use crate::store::letters::{ClaimedLetter, LetterEnded};

/// Letters that are taken at a time, and on their way at the same time: within their lease even where each
/// takes as long as it may, so that who dies with them is followed soon.
const BATCH: u32 = 16;
const AT_ONCE: usize = 16;
/// What became of so many is kept in one transaction.
const TOLD_AT_ONCE: usize = 32;
/// After so long a run ends by itself; what still waits is the next one's.
const RUN_MAX: Duration = Duration::from_mins(1);

pub(super) const TASK: Task = Task {
    name: "letters",
    place: Place::Everywhere,
    every: Duration::from_secs(1),
    is_at_once: true,
    bound: Duration::from_mins(3),
    work: |app| Box::pin(run(app)),
};

async fn run(app: AppState) -> Result<(), StoreError> {
    let begun = Instant::now();
    while begun.elapsed() < RUN_MAX {
        let letters = app
            .store()
            .letters()
            .claim(&LetterChannel::ALL, BATCH)
            .await?;
        let was_full = letters.len() == BATCH as usize;
        send_all(&app, letters).await?;
        if !was_full {
            break;
        }
    }
    Ok(())
}

/// Each as soon as it may; what became of them is kept while the others are on their way, so that a
/// server that dies leaves few that are sent again.
async fn send_all(app: &AppState, letters: Vec<ClaimedLetter>) -> Result<(), StoreError> {
    let sending = stream::iter(letters)
        .map(|letter| {
            // Each goes on by itself: one that writes to the database meanwhile is finished with it while what
            // became of others is kept, which waits for the right to write.
            let (app, sent) = (app.clone(), letter.clone());
            let sending = tokio::spawn(async move { send_one(&app, &sent).await });
            let sending = AbortOnDropHandle::new(sending);
            async move {
                let broken = |_| Err(LetterFault::Temporary("Việc gửi bị ngắt.".to_owned()));
                letter.ended(sending.await.unwrap_or_else(broken))
            }
        })
        .buffer_unordered(AT_ONCE)
        .ready_chunks(TOLD_AT_ONCE);
    let mut sending = std::pin::pin!(sending);
    while let Some(ended) = sending.next().await {
        let ended: Vec<LetterEnded> = ended;
        app.store().letters().ended(&ended).await?;
    }
    Ok(())
}

async fn send_one(app: &AppState, letter: &ClaimedLetter) -> Result<(), LetterFault> {
    let result = send(app, letter).await;
    let word = if result.is_ok() { "sent" } else { "failed" };
    metrics::counter!("gachno_letters_total", "channel" => letter.channel.wire(), "result" => word)
        .increment(1);
    if let Err(fault) = &result {
        tracing::warn!(letter = letter.id, tries = letter.tries, why = %fault, "a letter did not go");
    }
    result
}

async fn send(app: &AppState, letter: &ClaimedLetter) -> Result<(), LetterFault> {
    match letter.channel {
        LetterChannel::Email => {
            let mail = Mail {
                message_id: &letter.message_id,
                to: &letter.recipient,
                subject: &letter.subject,
                text: &letter.text,
                html: letter.html.as_deref(),
            };
            mailer(app, letter.payee).await?.send(&mail).await
        }
        LetterChannel::Sms | LetterChannel::Zns | LetterChannel::HiFpt | LetterChannel::Care => {
            messages::send(app, letter).await
        }
    }
}
