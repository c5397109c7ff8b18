//! The truth of the model against what its program says.

use super::ModelCounts;
use super::machine::Simulation;
use super::portal::Sender;
use crate::domain::{Outcome, State};

impl Simulation {
    /// Compares what moved with what was told, and counts.
    pub fn audit(&self, number: u64, counts: &mut ModelCounts) {
        let records = &self.journal.records;
        let mut wrong = |what: String| counts.wrong.push(format!("batch {number}: {what}"));
        for fault in &self.out_of_order {
            wrong(format!("out of order: {fault}"));
        }
        let job_of = |sender: &Sender| match sender {
            Sender::Attempt(attempt) => records[*attempt].job,
            Sender::OtherMachine(job) => *job,
        };
        for job in 0..self.tasks.len() {
            let moved = self.portal.moved.iter();
            let times = moved.filter(|(sender, _)| job_of(sender) == job).count();
            if times > 1 {
                wrong(format!("{} was paid {times} times", self.account(job)));
            }
        }
        for (attempt, record) in records.iter().enumerate() {
            let moved = self.portal.moved.iter();
            let times = moved
                .filter(|(sender, _)| *sender == Sender::Attempt(attempt))
                .count();
            let state = record.attempt.state;
            if record.sends > 1 {
                wrong(format!("attempt {attempt} was sent {} times", record.sends));
            }
            // Equal top-ups to one number may trade places in the history: what counts is how many.
            let is_open = self.journal.is_open(attempt);
            if self.is_excused(attempt) {
                continue;
            }
            if self.is_debt && (state == State::Done(Outcome::Paid)) != (times > 0) && !is_open {
                wrong(format!(
                    "attempt {attempt} is {} and moved the money {times} times",
                    state.wire()
                ));
            }
            let is_waiting = state == State::Queued;
            if !is_open && !is_waiting && !matches!(state, State::Done(_)) {
                wrong(format!("attempt {attempt} was left {}", state.wire()));
            }
        }
        self.compare_sums(&mut wrong);
        self.count(counts);
    }

    /// Was the portal's lie about it told to a person, or could it not be: the account says nothing
    /// while attempts are open, or where it cannot be read?
    fn is_excused(&self, attempt: usize) -> bool {
        let is_lie = self.portal.lied.contains(&Sender::Attempt(attempt));
        let record = &self.journal.records[attempt];
        let is_told = record.attempt.dispute.is_some();
        is_lie && (is_told || self.is_unchecked || !self.journal.open().is_empty())
    }

    fn compare_sums(&self, wrong: &mut impl FnMut(String)) {
        let records = &self.journal.records;
        let amount = |index: usize| {
            let intent = records[index].attempt.intent.as_ref();
            intent.map_or(0, |intent| intent.amount.dong())
        };
        let is_paid = |index: &usize| records[*index].attempt.state == State::Done(Outcome::Paid);
        let paid = (0..records.len()).filter(is_paid);
        let paid: i64 = paid
            .filter(|index| !self.is_excused(*index))
            .map(amount)
            .sum();
        let open: i64 = self.journal.open().into_iter().map(amount).sum();
        let mine =
            (self.portal.moved.iter()).filter(|(sender, _)| matches!(sender, Sender::Attempt(_)));
        let moved: i64 = mine.map(|(_, amount)| amount).sum();
        if paid > moved || moved > paid + open {
            wrong(format!(
                "{paid} đ in the ledger (+ {open} in doubt), {moved} đ in truth"
            ));
        }
    }

    fn count(&self, counts: &mut ModelCounts) {
        let records = &self.journal.records;
        counts.attempts += records.len() as u64;
        counts.crashes += self.crashes;
        counts.lies += self.portal.lied.len() as u64;
        counts.disputed += records
            .iter()
            .filter(|r| r.attempt.dispute.is_some())
            .count() as u64;
        counts.postponed += self.postponed;
        counts.leased += self.leased;
        let paid = records.iter();
        counts.paid += paid
            .filter(|r| r.attempt.state == State::Done(Outcome::Paid))
            .count() as u64;
        let doubts = records.iter().filter(|r| r.unknown_ms > 0).count() as u64;
        let open = self.journal.open().len() as u64;
        counts.doubts += doubts;
        counts.for_a_person += open;
        if self.portal.has_history {
            counts.doubts_with_history += doubts;
            counts.for_a_person_with_history += open;
        }
    }
}
