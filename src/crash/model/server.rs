//! The server of the model: leases that run out, and a second machine that takes what comes free.
//! Its rules are the program's own ([`crate::domain::lease`]).

use crate::domain::lease::{JobEvent, JobState, after, may_have_moved_money};
use crate::domain::{Outcome, Proof};

/// A lease is good for this long (milliseconds), unless it is renewed.
pub(super) const LEASE_MS: i64 = 1_500;

#[derive(Debug)]
pub(super) struct ServerJob {
    pub state: JobState,
    pub fence: i64,
    lease_until: i64,
    /// The attempt that was allowed to confirm.
    armed_by: Option<String>,
    is_disputed: bool,
}

#[derive(Debug)]
pub(super) struct JobServerModel {
    pub jobs: Vec<ServerJob>,
}

impl JobServerModel {
    pub fn new(count: usize) -> Self {
        let job = |_| ServerJob {
            state: JobState::Ready,
            fence: 0,
            lease_until: 0,
            armed_by: None,
            is_disputed: false,
        };
        Self {
            jobs: (0..count).map(job).collect(),
        }
    }

    /// Leases that ran out: what was not armed comes back, what was is in doubt.
    pub fn pass_to(&mut self, now: i64) {
        for job in &mut self.jobs {
            let is_held = matches!(job.state, JobState::Leased | JobState::Armed);
            if is_held && job.lease_until < now {
                job.to(JobEvent::LeaseRanOut);
            }
        }
    }

    /// Hands a job out. The new fence.
    pub fn lease(&mut self, job: usize, now: i64) -> Option<i64> {
        let job = &mut self.jobs[job];
        if !job.to(JobEvent::Taken) {
            return None;
        }
        job.fence += 1;
        job.lease_until = now + LEASE_MS;
        job.armed_by = None;
        Some(job.fence)
    }

    /// A heartbeat: `false` tells that it was given to somebody else.
    pub fn renew(&mut self, job: usize, fence: i64, now: i64) -> bool {
        let job = &mut self.jobs[job];
        if job.fence != fence {
            return false;
        }
        if matches!(job.state, JobState::Leased | JobState::Armed) {
            job.lease_until = now + LEASE_MS;
        }
        true
    }

    /// May this attempt confirm?
    pub fn arm(&mut self, job: usize, fence: i64, attempt: &str, now: i64) -> bool {
        let job = &mut self.jobs[job];
        if job.fence != fence {
            return false;
        }
        let again = job.state == JobState::Armed && job.armed_by.as_deref() == Some(attempt);
        if !again && !job.to(JobEvent::Armed) {
            return false;
        }
        job.armed_by = Some(attempt.to_owned());
        job.lease_until = now + LEASE_MS;
        true
    }

    /// What became of it, as this attempt tells: where another one was allowed to confirm, it has
    /// nothing to say.
    pub fn report(
        &mut self,
        job: usize,
        fence: i64,
        attempt: &str,
        outcome: Outcome,
        proof: Proof,
    ) {
        let job = &mut self.jobs[job];
        let is_its_own = job.fence == fence
            && job.armed_by.as_deref().is_none_or(|armed| armed == attempt)
            && matches!(
                job.state,
                JobState::Leased | JobState::Armed | JobState::InDoubt
            );
        if is_its_own {
            let is_proven = proof != Proof::None && job.armed_by.is_some();
            job.to(JobEvent::Reported {
                outcome,
                is_proven,
                was_last_try: false,
                is_disputed: job.is_disputed,
            });
        } else if may_have_moved_money(outcome) {
            job.is_disputed = true;
            job.to(JobEvent::Disputed);
        }
    }
}

impl ServerJob {
    fn to(&mut self, event: JobEvent) -> bool {
        match after(self.state, event) {
            Ok(state) => {
                self.state = state;
                true
            }
            Err(_) => false,
        }
    }
}
