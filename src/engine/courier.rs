//! Carries what lies in the outbox to the places that jobs came from, until they have it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::client::{ApiError, Claims, CollectionSite, JobServer};
use crate::domain::{Source, Ticket};
use crate::ledger::{Ledger, LedgerError, Letter};

/// Letters in one request.
const MANY: u32 = 200;
/// The first wait after a source could not be reached; doubled each time.
const WAIT: Duration = Duration::from_secs(1);
/// The longest.
const WAIT_MAX: Duration = Duration::from_mins(1);

/// The way to the sources of jobs.
#[derive(Debug, Clone)]
pub struct Courier {
    /// Where letters lie.
    pub ledger: Arc<Ledger>,
    /// Our server, where there is one.
    pub server: Option<JobServer>,
    /// The collection site, where there is one.
    pub site: Option<CollectionSite>,
}

/// Why a letter is still here.
#[derive(Debug, thiserror::Error)]
pub enum Undelivered {
    /// The source cannot be reached, or says no.
    #[error(transparent)]
    Source(#[from] ApiError),
    /// The journal.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The source answered, but not that it has it.
    #[error("nơi giao việc chưa nhận kết quả của {0} (not acknowledged)")]
    NotTaken(String),
}

impl Courier {
    /// Carries letters for as long as it is polled; tells how many are left after each round.
    pub async fn run(&self, left: &watch::Sender<u64>) {
        let mut wait = WAIT;
        loop {
            let outbox = self.ledger.outbox();
            // Asked for before the box is looked into: one that is written meanwhile is not missed.
            let letter = outbox.new_letter();
            let mut letter = std::pin::pin!(letter);
            let delivered = self.deliver().await;
            if let Ok(count) = outbox.unacknowledged().await {
                left.send_if_modified(|known| std::mem::replace(known, count) != count);
            }
            match delivered {
                Ok(()) => {
                    wait = WAIT;
                    letter.await;
                }
                Err(error) => {
                    tracing::warn!(%error, wait_s = wait.as_secs(), "outcomes wait for their source");
                    tokio::select! {
                        () = &mut letter => {}
                        () = tokio::time::sleep(wait) => wait = (wait * 2).min(WAIT_MAX),
                    }
                }
            }
        }
    }

    /// Carries everything that lies there now: each source its own letters, so that one that is
    /// gone keeps nothing from the other.
    pub async fn deliver(&self) -> Result<(), Undelivered> {
        let (server, site) = tokio::join!(self.deliver_to_server(), self.deliver_to_site());
        server.and(site)
    }

    async fn deliver_to_server(&self) -> Result<(), Undelivered> {
        let Some(server) = &self.server else {
            return Ok(());
        };
        loop {
            let letters = self.ledger.outbox().letters(Source::Server, MANY).await?;
            if letters.is_empty() {
                return Ok(());
            }
            self.to_server(server, letters).await?;
        }
    }

    async fn deliver_to_site(&self) -> Result<(), Undelivered> {
        let Some(site) = &self.site else {
            return Ok(());
        };
        loop {
            let letters = self.ledger.outbox().letters(Source::Site, MANY).await?;
            if letters.is_empty() {
                return Ok(());
            }
            // One that the site does not take keeps none of the others.
            let mut first_fault = None;
            for letter in letters {
                if let Err(fault) = self.to_site(site, letter).await {
                    first_fault = first_fault.or(Some(fault));
                }
            }
            if let Some(fault) = first_fault {
                return Err(fault);
            }
        }
    }

    async fn to_server(&self, server: &JobServer, letters: Vec<Letter>) -> Result<(), Undelivered> {
        let reports: Vec<_> = letters.iter().map(|letter| letter.report.clone()).collect();
        let answers = server.report(&reports).await?;
        for (letter, answer) in letters.iter().zip(&answers) {
            if letter.report.attempt != answer.attempt {
                return Err(Undelivered::NotTaken(letter.report.attempt.clone()));
            }
            if answer.result == "refused" {
                tracing::warn!(
                    attempt = answer.attempt,
                    detail = answer.detail,
                    "the server keeps this outcome for a person"
                );
            }
            self.ledger
                .outbox()
                .acknowledge(letter.seq, &answer.result)
                .await?;
        }
        match letters.get(answers.len()) {
            Some(missing) => Err(Undelivered::NotTaken(missing.report.attempt.clone())),
            None => Ok(()),
        }
    }

    async fn to_site(&self, site: &CollectionSite, letter: Letter) -> Result<(), Undelivered> {
        if !site.completed(&letter.report.job).await? {
            return Err(Undelivered::NotTaken(letter.report.job));
        }
        self.ledger
            .outbox()
            .acknowledge(letter.seq, "completed")
            .await
            .map_err(Into::into)
    }
}

/// Gives back claims of what was never begun. What may have moved money cannot be given back: the
/// server refuses that.
pub async fn give_back(
    ledger: &Ledger,
    claims: &Claims,
    tickets: &[Ticket],
) -> Result<(), Undelivered> {
    for ticket in tickets {
        claims.let_go(ticket);
    }
    if !tickets.is_empty() {
        claims.server().give_back(tickets, "chưa làm").await?;
        ledger.outbox().gave_back(tickets).await?;
        tracing::info!(count = tickets.len(), "given back to the server");
    }
    Ok(())
}
