//! What a batch is run with, and what it ends with.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::evidence::EvidenceStore;
use super::halt::Halt;
use super::plan::PlanError;
use super::warm::{PortalReach, Warm};
use crate::browser::{BrowserError, BrowserSettings};
use crate::client::Claims;
use crate::domain::driver::OutOfOrder;
use crate::domain::{AttemptRules, Flaw, Limits, Patience};
use crate::ledger::{JobResult, Ledger, LedgerError, StoppedList};
use crate::portal::{PortalError, PortalMap};

/// What a batch is run with: the same for every batch of a program.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The journal.
    pub ledger: Arc<Ledger>,
    /// The portal's pages and words.
    pub map: Arc<PortalMap>,
    /// The portal's base address, without a slash at the end.
    pub portal_url: String,
    /// How browsers are started.
    pub browser: BrowserSettings,
    /// Logins in one browser, at most.
    pub logins_per_browser: usize,
    /// Where evidence goes.
    pub evidence: EvidenceStore,
    /// How long an answer of the portal is waited for.
    pub answer_max: Duration,
    /// How long a person is waited for.
    pub person_max: Duration,
    /// How often a job is tried again after a technical failure before arming.
    pub retries: u32,
    /// Technical failures in a row after which the batch pauses.
    pub failures_before_pause: u32,
    /// How patient reconciliation is.
    pub patience: Patience,
    /// How long a batch goes on looking into what is in doubt: at its end, and where it cannot go
    /// on before a doubt is settled.
    pub settle_max: Duration,
    /// Where logins wait between two batches.
    pub warm: Warm,
    /// The claims of jobs that a server gave to this machine.
    pub claims: Option<Arc<Claims>>,
    /// For crash tests.
    pub halt: Halt,
}

impl Tools {
    /// How the portal is reached.
    pub(super) fn reach(&self) -> PortalReach {
        PortalReach {
            map: self.map.clone(),
            portal_url: self.portal_url.clone(),
            answer_max: self.answer_max,
        }
    }

    /// What every attempt is bound by.
    pub(super) fn rules(&self, limits: Limits) -> AttemptRules {
        AttemptRules {
            limits,
            patience: self.patience.clone(),
            retries: self.retries,
            settle_waits_ms: vec![300, 1_000, 3_000],
            flaw: Flaw::None,
        }
    }
}

/// A batch that was gone through, or as far as it came.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its id.
    pub batch: String,
    /// Every job, in order.
    pub results: Vec<JobResult>,
    /// The portal user.
    pub agent: String,
    /// When it was entered.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// Was it stopped by the operator?
    pub stopped: bool,
    /// Why it paused by itself, where it did.
    pub paused: Option<String>,
    /// Commands to the browser for each payment that was proven in this run.
    pub calls_per_payment: Vec<u64>,
}

/// Why a batch could not be run at all, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The plan is not whole.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The list was stopped on an earlier day: a person has to say what shall become of it.
    #[error(
        "Danh sách nạp tiền này đã chạy dở từ một ngày trước (đợt {}, còn {} trên {} dòng). Làm tiếp đợt đó, hay làm mới từ đầu? (Stopped on an earlier day.)",
        .0.batch, .0.left, .0.jobs
    )]
    Stopped(StoppedList),
    /// The journal. Nothing goes on without it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Browser or portal, in a way that every job would meet.
    #[error(transparent)]
    Portal(#[from] PortalError),
    /// A fault in the program: it was stopped before it could do harm.
    #[error(
        "Lỗi trong chương trình, đã dừng lại: {0}. Gửi nhật ký cho kỹ thuật. (Internal fault.)"
    )]
    Order(#[from] OutOfOrder),
}

impl From<BrowserError> for EngineError {
    fn from(error: BrowserError) -> Self {
        Self::Portal(error.into())
    }
}
