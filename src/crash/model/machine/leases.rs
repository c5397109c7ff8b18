//! The link to the server as the model's program sees it: leases, another machine, what is delivered.

use rand::RngExt as _;

use super::Simulation;
use crate::crash::model::portal::{OnWire, Sender};
use crate::crash::model::server::JobServerModel;
use crate::domain::driver::Permit;
use crate::domain::{JobState, Outcome, Source, Ticket};

impl Simulation {
    // ---- The server's side ----
    pub(super) fn has_link(&self) -> bool {
        self.now >= self.link_away_until
    }

    /// Leases run out, and another machine takes what comes free.
    pub(super) fn server_life(&mut self) {
        let (now, has_link) = (self.now, self.has_link());
        let Some(server) = &mut self.server else {
            return;
        };
        server.pass_to(now);
        let free: Vec<usize> = (0..server.jobs.len())
            .filter(|job| server.jobs[*job].state == JobState::Ready && server.jobs[*job].fence > 0)
            .collect();
        if has_link && self.chance(1.0) {
            self.link_away_until = self.now + self.dice.random_range(200..4_000);
        }
        for job in free {
            if self.chance(2.0) {
                self.other_machine(job);
            }
        }
    }

    /// The other machine does the job by the book, on an account of its own.
    pub(super) fn other_machine(&mut self, job: usize) {
        let (now, account, amount) = (self.now, self.account(job), self.amount(job));
        let Some(server) = &mut self.server else {
            return;
        };
        let Some(fence) = server.lease(job, now) else {
            return;
        };
        if !server.arm(job, fence, "other", now) {
            return;
        }
        let sender = Sender::OtherMachine(job);
        self.portal.send(OnWire {
            sender,
            account,
            amount,
            arrives: now,
        });
        self.portal.pass_to(now, &mut self.dice);
        let outcome = match self.portal.verdict(sender) {
            Some(super::super::portal::Judged::Success) => Outcome::Paid,
            _ => Outcome::AlreadyCleared,
        };
        if let Some(server) = &mut self.server {
            let proof = crate::domain::Proof::Response;
            server.report(job, fence, "other", outcome, proof);
        }
    }

    /// What lies in the outbox is told, as far as the link carries it.
    pub(super) fn deliver(&mut self) {
        if !self.has_link() {
            return;
        }
        let Some(server) = &mut self.server else {
            return;
        };
        for letter in std::mem::take(&mut self.journal.outbox) {
            let record = &self.journal.records[letter.attempt];
            let proof = record.attempt.standing().proof;
            let attempt = letter.attempt.to_string();
            server.report(record.job, record.fence, &attempt, letter.outcome, proof);
        }
    }

    pub(super) fn beat(&mut self, fences: &[(usize, i64)]) {
        let (now, has_link) = (self.now, self.has_link());
        if let Some(server) = self.server.as_mut().filter(|_| has_link) {
            for (job, fence) in fences {
                server.renew(*job, *fence, now);
            }
        }
    }

    /// A server's jobs are handed out anew after every start: with a new fence it is another list.
    pub(super) fn take_leases(&mut self) {
        let now = self.now;
        let Some(server) = &mut self.server else {
            return;
        };
        self.batch += 1;
        self.last.clear();
        for job in 0..self.tasks.len() {
            self.tasks[job].job.ticket = server.lease(job, now).map(|fence| Ticket {
                source: Source::Server,
                id: job.to_string(),
                fence,
            });
            self.leased += u64::from(self.tasks[job].job.ticket.is_some());
        }
    }

    pub(super) fn fence(&self, job: usize) -> i64 {
        let ticket = self.tasks[job].job.ticket.as_ref();
        ticket.map_or(0, |ticket| ticket.fence)
    }

    pub(super) fn is_lease_lost(&self, attempt: usize) -> bool {
        let record = &self.journal.records[attempt];
        let current = |server: &JobServerModel| server.jobs[record.job].fence;
        record.fence > 0 && self.server.as_ref().map(current) != Some(record.fence)
    }

    pub(super) fn ask_server(&mut self, attempt: usize) -> Permit {
        let (job, fence) = {
            let record = &self.journal.records[attempt];
            (record.job, record.fence)
        };
        let unanswered = || Permit::Unanswered("no answer".into());
        if !self.has_link() {
            return unanswered();
        }
        let (now, is_answer_lost) = (self.now, self.chance(3.0));
        let Some(server) = &mut self.server else {
            return unanswered();
        };
        let is_granted = server.arm(job, fence, &attempt.to_string(), now);
        match is_granted {
            _ if is_answer_lost => unanswered(),
            true => Permit::Granted,
            false => Permit::Refused(String::new()),
        }
    }
}
