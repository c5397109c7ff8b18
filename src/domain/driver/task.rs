//! What a driver is given: its job, its rules, where it begins.

use crate::domain::guard::Limits;
use crate::domain::job::Job;
use crate::domain::money::Vnd;
use crate::domain::reconcile::Patience;
use crate::domain::service::Service;

/// What has to be done, as far as the order of things depends on it.
#[derive(Debug, Clone)]
pub struct JobTask {
    /// The service.
    pub service: Service,
    /// The job.
    pub job: Job,
    /// Who the browser must be logged in as; `None`: whoever it is (look-ups only).
    pub agent: Option<String>,
    /// Stop with the dialog open.
    pub is_dry_run: bool,
    /// A person has said that an equal top-up shall be made once more.
    pub is_repeat_wanted: bool,
    /// The smallest debt that is paid.
    pub minimum: Vnd,
}

impl JobTask {
    pub(super) fn is_debt(&self) -> bool {
        self.job.top_up(self.service).is_none()
    }

    pub(super) fn pays(&self) -> bool {
        self.service.is_payment() && !self.is_dry_run
    }
}

/// What the order of things is bound by: the same for every attempt of a batch.
#[derive(Debug, Clone)]
pub struct AttemptRules {
    /// What must not be exceeded.
    pub limits: Limits,
    /// When doubts are looked into.
    pub patience: Patience,
    /// How often a job is tried again after a technical failure before arming.
    pub retries: u32,
    /// A balance that has not fallen, or a debt that is still there, is looked at again after
    /// these waits (milliseconds): the portal may book a moment after it answers.
    pub settle_waits_ms: Vec<u64>,
    /// A rule that is broken on purpose, to see that the model finds it. Looked at in tests only.
    pub flaw: Flaw,
}

/// A rule that is broken on purpose. A program that is not a test keeps them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flaw {
    /// None: the program as it is.
    #[default]
    None,
    /// What is in doubt does not lock its debt, and is sent again.
    RetriesDoubts,
    /// A history without the payment proves at once that it was not sent.
    AbsenceProvesAtOnce,
    /// The balance counts as proof whatever else is on its way or in doubt.
    BalanceAlwaysProves,
    /// After a crash an armed attempt counts as not sent, whatever held it.
    ArmedIsNeverSent,
    /// A job of a server is paid without asking where there is no way to ask.
    PaysWithoutAsking,
    /// At first sight the balance counts as proof although another payment is in doubt.
    DoubtedBalanceProves,
    /// What was paid on an earlier day is told as this run's outcome.
    TellsEarlierDays,
    /// Words of success are never held against the account's fall.
    BelievesEveryWord,
    /// The balance of a page that was kept counts as read just now.
    BelievesOldBalances,
}

/// What is known when a login takes a job.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts of the moment, each asked for by its name"
)]
pub struct Begin {
    /// The browser session's id.
    pub session: String,
    /// Who is signed in.
    pub operator: Option<String>,
    /// The server has given the job to another machine.
    pub is_lease_lost: bool,
    /// Can something else than the balance prove a payment here: the portal's words have proven
    /// one before, or it shows a history?
    pub is_provable_in_words: bool,
    /// The portal's words have proven none of the payments before, or are known to fail: then the
    /// balance is asked for before and after each payment.
    pub do_words_fail: bool,
    /// Nothing is on its way on the account, so that a balance that is read now is one at rest.
    pub is_at_rest: bool,
    /// What the account holds now, by the last balance at rest and what was paid since. `None`: no
    /// balance at rest is known.
    pub expected_balance: Option<Vnd>,
}
