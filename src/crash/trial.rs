//! One trial: a batch, a trouble, a killing, restarts, an audit.

mod lab;

use std::time::Duration;

use super::audit::Audited;
use super::strike::{Strike, Victim, When};
use super::troubles::Trouble;
use crate::domain::Service;

pub use lab::{Lab, LabError};

const PASSPHRASE: &str = "thử nghiệm";

/// A run that takes longer hangs: that is a finding.
const RUN_MAX: Duration = Duration::from_secs(90);

/// A portal that was killed is back after this.
const OUTAGE: Duration = Duration::from_millis(700);

/// A batch that is not done by then never will be.
const RESTARTS_MAX: usize = 6;

/// More batches than any trial makes, rehearsals among them.
const BATCHES_MAX: u32 = 100;

/// What happens in a trial.
#[derive(Debug, Clone)]
pub struct Trial {
    /// What is done.
    pub service: Service,
    /// For how many accounts.
    pub jobs: usize,
    /// By how many logins.
    pub sessions: u16,
    /// Does each start rehearse the list first, so that the batch takes warm logins over?
    pub is_warm: bool,
    /// What the portal does.
    pub troubles: Vec<Trouble>,
    /// What is killed: each start of the program takes the next.
    pub strikes: Vec<Strike>,
    /// May a doubt be left that only a person settles? Else that counts as wrong too.
    pub may_need_a_person: bool,
}

/// How it ended.
#[derive(Debug, Clone, Default)]
pub struct TrialResult {
    /// How often the program was started.
    pub runs: usize,
    /// How many processes were killed (a portal counts as one).
    pub kills: usize,
    /// The comparison. A trial that hangs is wrong too.
    pub audited: Audited,
}

impl Trial {
    /// Two payments of this service, one login, no harm done.
    pub fn of(service: Service) -> Self {
        Self {
            service,
            jobs: 2,
            sessions: 1,
            is_warm: false,
            troubles: Vec::new(),
            strikes: Vec::new(),
            may_need_a_person: false,
        }
    }

    /// With this killing.
    #[must_use]
    pub fn struck(mut self, when: When, victim: Victim) -> Self {
        self.strikes.push(Strike { when, victim });
        self
    }

    /// With this trouble.
    #[must_use]
    pub fn troubled(mut self, trouble: Trouble) -> Self {
        self.may_need_a_person |= trouble.may_need_a_person();
        self.troubles.push(trouble);
        self
    }

    /// In one line.
    pub fn name(&self) -> String {
        let mut parts = vec![self.service.to_string()];
        parts.extend(self.troubles.iter().map(|t| t.name.clone()));
        parts.extend(self.strikes.iter().map(|s| match s.when {
            When::At(boundary) => format!("{} at {}", s.victim.name(), boundary.wire()),
            When::After(time) => format!("{} after {} ms", s.victim.name(), time.as_millis()),
        }));
        if self.sessions > 1 {
            parts.push(format!("{} logins", self.sessions));
        }
        if self.is_warm {
            parts.push("warm".to_owned());
        }
        parts.join(" · ")
    }

    fn job_lines(&self) -> String {
        let line = |i: usize| match self.service {
            Service::PayTvInternet => format!("tv{i:04}_gftth\n"),
            Service::TopUpMulti => format!("0971{i:06}|50000\n"),
            Service::TopUpViettel => format!("0981{i:06}|15000\n"),
            _ => format!("PE{i:04}\n"),
        };
        (0..self.jobs).map(line).collect()
    }
}
