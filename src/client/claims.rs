//! What this machine holds at the server: kept alive by heartbeats, told apart from what was lost.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::server::{Denial, JobServer};
use crate::domain::{Service, Source, Ticket, Vnd};

/// A quarter of a lease: three heartbeats may be lost.
const BEAT: Duration = Duration::from_secs(15);

/// The claims of this machine at our server. Claims at other sources need no care and are let
/// through.
#[derive(Debug)]
pub struct Claims {
    server: JobServer,
    held: Mutex<HashMap<Ticket, Service>>,
    lost: Mutex<HashSet<Ticket>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Claims {
    /// None yet.
    pub fn at(server: JobServer) -> Self {
        Self {
            server,
            held: Mutex::default(),
            lost: Mutex::default(),
        }
    }

    /// The server.
    pub fn server(&self) -> &JobServer {
        &self.server
    }

    /// These are kept alive from now on.
    pub fn hold<'t>(&self, service: Service, tickets: impl IntoIterator<Item = &'t Ticket>) {
        locked(&self.held).extend(
            tickets
                .into_iter()
                .filter(|t| t.source == Source::Server)
                .map(|ticket| (ticket.clone(), service)),
        );
    }

    /// Nothing more is needed for this one: its end lies in the outbox, or it was given back.
    pub fn let_go(&self, ticket: &Ticket) {
        locked(&self.held).remove(ticket);
    }

    /// Was it given to another machine?
    pub fn is_lost(&self, ticket: &Ticket) -> bool {
        locked(&self.lost).contains(ticket)
    }

    /// What is kept alive; of one service, or of all.
    pub fn held(&self, of: Option<Service>) -> Vec<Ticket> {
        locked(&self.held)
            .iter()
            .filter(|(_, service)| of.is_none_or(|of| of == **service))
            .map(|(ticket, _)| ticket.clone())
            .collect()
    }

    /// May this attempt be confirmed?
    /// `is_repeat_meant`: a person has said that an equal top-up shall be made once more.
    pub async fn arm(
        &self,
        ticket: &Ticket,
        attempt: &str,
        amount: Vnd,
        is_repeat_meant: bool,
    ) -> Result<(), Denial> {
        match ticket.source {
            Source::Server => {
                self.server
                    .arm(ticket, attempt, amount, is_repeat_meant)
                    .await
            }
            // The site knows no machines; this machine's ledger alone guards against a second
            // payment.
            Source::Site => Ok(()),
        }
    }

    /// Keeps everything alive for as long as it is polled. `sessions`: how many logins are at work.
    pub async fn keep(&self, sessions: impl Fn() -> usize) {
        loop {
            tokio::time::sleep(BEAT).await;
            self.beat(sessions()).await;
        }
    }

    /// One heartbeat.
    pub async fn beat(&self, sessions: usize) {
        match self.server.heartbeat(&self.held(None), sessions).await {
            Ok(lost) => {
                for ticket in lost {
                    tracing::warn!(
                        job = ticket.id,
                        "the server has given this job to somebody else"
                    );
                    locked(&self.held).remove(&ticket);
                    locked(&self.lost).insert(ticket);
                }
            }
            // Arming asks the server anyway: nothing is paid on a lease that has run out.
            Err(error) => tracing::warn!(%error, "the heartbeat did not arrive"),
        }
    }
}
