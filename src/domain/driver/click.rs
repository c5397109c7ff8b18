//! The click: the held request, its release, and what came back.

use super::{
    AttemptDriver, ClickAnswer, Effect, Finish, Flaw, Next, OutOfOrder, Question, Reply, backoff_ms,
};
use crate::domain::attempt::{Conclusion, Event, State};
use crate::domain::money::Vnd;
use crate::domain::outcome::Outcome;
use crate::domain::verdict::{DebtAfter, Doubt, Evidence, Verdict, judge};

impl AttemptDriver {
    /// The confirming request is held, and says what was armed: its release is made durable before
    /// it leaves.
    pub(super) fn held(&mut self, request: String, body: String) -> Result<Effect, OutOfOrder> {
        let event = Event::Released {
            request: Some(request),
            body: Some(body),
        };
        self.record(event, Next::LetGo)
    }

    /// From here on nothing is technical any more: the attempt is proven or stays in doubt.
    pub(super) fn answered(&mut self, answered: ClickAnswer) -> Result<Effect, OutOfOrder> {
        match answered.reply {
            Reply::NotSent(why) if self.attempt.state == State::Released => {
                let event = Event::Withheld { why: why.clone() };
                self.record(event, Next::ConcludeNotSent(why))
            }
            Reply::NotSent(why) => self.conclude_not_sent(why),
            Reply::Lost(why) => self.record(Event::ContactLost { why }, Next::Seen),
            Reply::Read {
                said,
                reading,
                balance,
            } => {
                self.reading = reading;
                // A balance that others may have moved meanwhile says nothing yet.
                self.balance = balance.filter(|_| {
                    answered.is_balance_mine || self.is_broken(Flaw::BalanceAlwaysProves)
                });
                self.record(Event::Observed { said, balance }, Next::Seen)
            }
        }
    }

    /// Nothing left the machine. A job that is ours alone is done again; one that a server gave is
    /// told there, which then hands it out anew.
    pub(super) fn conclude_not_sent(&mut self, why: String) -> Result<Effect, OutOfOrder> {
        let mut finish = Finish::Ended;
        if self.may_be_done_again() && self.tries < self.rules.retries {
            self.tries += 1;
            finish = Finish::Anew {
                wait_ms: backoff_ms(self.tries),
                why: why.clone(),
            };
        }
        let event = Event::Concluded(Conclusion::not_sent(why));
        self.record(event, Next::Finish(finish))
    }

    /// Is the job ours to do again, once it is proven that nothing was sent?
    pub fn may_be_done_again(&self) -> bool {
        self.task.job.ticket.is_none()
    }

    /// What the portal's own answer proves, with the balance that came with it.
    pub(super) fn at_first_sight(&mut self) -> Result<Effect, OutOfOrder> {
        let order = self.order.as_ref();
        let rest = order.and_then(|order| order.rest);
        // Only a balance that was read at rest just before, with nothing in doubt beside it, can be
        // compared without asking anybody.
        let is_comparable = order.is_some_and(|o| o.is_rest_new && o.balance_is_proof)
            || self.is_broken(Flaw::DoubtedBalanceProves);
        let before = rest.map(|(balance, _)| balance).filter(|_| is_comparable);
        let evidence = self.evidence(before, self.balance);
        match judge(&evidence) {
            Verdict::Proven(outcome, proof) => self.conclude(self.conclusion(outcome, proof, None)),
            Verdict::LookAgain | Verdict::InDoubt(_) => Ok(self.ask(Question::Rest)),
        }
    }

    /// The evidence so far. The balance is a proof where both ends of its fall are known to be
    /// this payment's.
    pub(super) fn evidence(&self, before: Option<Vnd>, after: Option<Vnd>) -> Evidence {
        Evidence {
            amount: self.amount(),
            is_debt: self.task.is_debt(),
            answer: self.reading.answer.clone(),
            balance_before: before,
            balance_after: after.filter(|_| before.is_some()),
            balance_is_proof: before.is_some(),
            debt_after: DebtAfter::NotAsked,
        }
    }

    pub(super) fn leave_in_doubt(&mut self, doubt: Doubt) -> Result<Effect, OutOfOrder> {
        let why = self.doubt_text(doubt);
        let finish = Finish::InDoubt { next_ms: None };
        self.record(Event::ContactLost { why }, Next::Finish(finish))
    }
}

/// Outcomes that the batch tries again by itself when it goes on after an interruption.
pub const fn is_free_of_consequences(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Failed | Outcome::NotSent | Outcome::Cancelled
    )
}
