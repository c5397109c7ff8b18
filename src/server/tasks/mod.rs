//! What runs beside the requests: a file a task, each with its period, its bound, and where it runs.
//!
//! Each runs by itself: one that takes long or fails holds up no other. `/metrics` says of each how
//! often it ran, how often it failed, and how long it took last.

mod callers;
mod clock;
pub mod compare;
mod forget;
mod lead;
mod letters;
mod reconcile;
mod refunds;
mod rescue;
mod search_texts;
mod upkeep;
mod watch;
mod writes;

use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::AppState;
use crate::store::StoreError;

/// The lease that makes a server the one that does what one does for all.
const LEADER: &str = "rescue";
/// How long a server that leads may be silent before another one takes over.
const LEADS_MS: i64 = 4_000;
/// How long a server that does not lead waits at most until it looks again.
const LOOKS_AGAIN: Duration = Duration::from_secs(10);

/// All tasks.
pub const ALL: [Task; 13] = [
    lead::TASK,
    rescue::TASK,
    clock::TASK,
    forget::TASK,
    search_texts::TASK,
    callers::TASK,
    upkeep::TASK,
    reconcile::TASK,
    refunds::TASK,
    watch::TASK,
    compare::TASK,
    letters::TASK,
    writes::TASK,
];

/// On which servers a task runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On one of all.
    Leader,
    /// On each for itself.
    Everywhere,
}

type Work = fn(AppState) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// Something that is done again and again.
#[derive(Debug, Clone, Copy)]
pub struct Task {
    /// For the log and the numbers.
    name: &'static str,
    place: Place,
    /// How long it rests between two runs.
    every: Duration,
    /// Does it run when the server starts, or after its first rest?
    is_at_once: bool,
    /// A run that takes longer is ended.
    bound: Duration,
    work: Work,
}

impl Task {
    /// What the log and the numbers call it.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Until `stop`.
    pub async fn run(self, app: AppState, stop: CancellationToken) {
        let mut rest = if self.is_at_once {
            Duration::ZERO
        } else {
            self.every
        };
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(rest) => {}
            }
            rest = self.every;
            let begun = Instant::now();
            let ended = match tokio::time::timeout(self.bound, self.once(&app)).await {
                Ok(Ok(false)) => {
                    rest = self.every.min(LOOKS_AGAIN);
                    continue;
                }
                Ok(Ok(true)) => Ok(()),
                Ok(Err(error)) => Err(format!("{:#}", anyhow::Error::from(error))),
                Err(_) => Err(format!("took longer than {:?}", self.bound)),
            };
            metrics::counter!("gachno_task_runs_total", "task" => self.name).increment(1);
            metrics::gauge!("gachno_task_seconds", "task" => self.name)
                .set(begun.elapsed().as_secs_f64());
            if let Err(error) = ended {
                metrics::counter!("gachno_task_failures_total", "task" => self.name).increment(1);
                tracing::warn!(task = self.name, error, "a task failed; it is tried again");
            }
        }
    }

    /// Does it, unless another server does. Says whether it did.
    async fn once(&self, app: &AppState) -> Result<bool, StoreError> {
        let is_ours = match self.place {
            Place::Everywhere => true,
            Place::Leader => {
                let leader = app.store().leader();
                leader.leads(LEADER, app.owner(), LEADS_MS).await?
            }
        };
        if is_ours {
            (self.work)(app.clone()).await?;
        }
        Ok(is_ours)
    }
}
