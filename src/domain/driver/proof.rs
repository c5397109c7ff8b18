//! After the click: which evidence is asked for, what it proves, and when to look again.

use super::{
    Again, AttemptDriver, Books, Course, Effect, Finish, Flaw, HistoryRead, Next, OutOfOrder,
    Phase, Question, Reading, Reattached, Since,
};
use crate::domain::attempt::{Conclusion, Event, State};
use crate::domain::money::Vnd;
use crate::domain::outcome::{Outcome, Proof};
use crate::domain::reconcile::{
    BalanceSays, Claim, HistorySays, Look, Patience, Settled, balance_says, match_history, settle,
};
use crate::domain::verdict::{DebtAfter, Doubt, Verdict, judge};

impl AttemptDriver {
    /// One look at an attempt in doubt. `unknown_ms`: when it became unknown, in milliseconds
    /// since 1970. The first effect.
    pub fn look(&mut self, unknown_ms: i64) -> Result<Effect, OutOfOrder> {
        self.course = Course::Look;
        self.unknown_ms = unknown_ms;
        self.evidence = None;
        self.balance = None;
        self.record(Event::ReconcileStarted, Next::LookStarted)
    }

    /// What the looks so far prove, and when the next one is worth it.
    pub fn looks_so_far(&self, unknown_ms: i64) -> Settled {
        let mut patience = self.rules.patience.clone();
        if self.is_broken(Flaw::AbsenceProvesAtOnce) {
            patience = Patience {
                settle_ms: 0,
                apart_ms: 0,
                ..patience
            };
        }
        let looks = &self.attempt.looks;
        settle(looks, self.task.is_debt(), unknown_ms, &patience)
    }

    /// Takes over what a dead run left in the middle. The first effect.
    pub fn recover(&mut self) -> Result<Effect, OutOfOrder> {
        if self.is_broken(Flaw::ArmedIsNeverSent) && self.attempt.state == State::Armed {
            return self.conclude(Conclusion::not_sent(String::new()));
        }
        match self.attempt.after_crash() {
            Some(event) => self.record(event, Next::Recovered),
            None => Ok(self.recovered()),
        }
    }

    pub(super) fn recovered(&mut self) -> Effect {
        if self.attempt.state.is_in_doubt() && !self.attempt.is_reattached {
            return self.ask(Question::Reattach);
        }
        Effect::Finish(self.standing())
    }

    fn standing(&self) -> Finish {
        if self.attempt.state.is_in_doubt() {
            Finish::InDoubt { next_ms: None }
        } else {
            Finish::Ended
        }
    }

    pub(super) fn reattached(&mut self, seen: Reattached) -> Result<Effect, OutOfOrder> {
        match seen {
            Reattached::HeldFailed => {
                let why =
                    "Yêu cầu xác nhận còn bị giữ trong trình duyệt; đã hủy, chưa gửi đi".to_owned();
                self.conclude(Conclusion::of(Outcome::NotSent, Proof::Reattach, why))
            }
            Reattached::Read { said, reading } if !said.is_empty() => {
                self.reading = reading;
                let event = Event::Observed {
                    said,
                    balance: None,
                };
                self.record(event, Next::Finish(Finish::InDoubt { next_ms: None }))
            }
            Reattached::Read { .. } | Reattached::Nothing => Ok(Effect::Finish(self.standing())),
        }
    }

    /// What the balance would be now without this attempt: what it was at rest, less everything
    /// proven since. `None` where it proves nothing: it was never read at rest, or something else
    /// on the account is in doubt.
    fn explained(&self, books: &Books) -> Option<Vnd> {
        let intent = self.attempt.intent.as_ref()?;
        if self.is_broken(Flaw::BalanceAlwaysProves) {
            return intent.balance_before;
        }
        if books.in_doubt > 1 || !intent.balance_is_proof {
            return None;
        }
        let own = books.own.as_ref()?;
        own.balance.checked_sub(own.paid)
    }

    /// The account is at rest, and this is what the journal knows about it.
    pub(super) fn books(&mut self, books: &Books) -> Result<Effect, OutOfOrder> {
        let before = self.explained(books);
        self.evidence = Some(self.evidence(before, self.balance));
        if before.is_some() && self.balance.is_none() {
            return Ok(self.ask(Question::Balance));
        }
        self.weigh()
    }

    pub(super) fn balance_read(&mut self, balance: Option<Vnd>) -> Result<Effect, OutOfOrder> {
        if let Some(evidence) = &mut self.evidence {
            evidence.balance_after = balance.or(evidence.balance_after);
        }
        self.weigh()
    }

    pub(super) fn debt_looked_up(&mut self, debt: DebtAfter) -> Result<Effect, OutOfOrder> {
        if let Some(evidence) = &mut self.evidence {
            // Asked for and not told is no answer; only who does not ask may say "not asked".
            evidence.debt_after = match debt {
                DebtAfter::NotAsked => DebtAfter::Unclear,
                debt => debt,
            };
        }
        self.weigh()
    }

    /// Judges what is known, and asks for what could still settle it.
    fn weigh(&mut self) -> Result<Effect, OutOfOrder> {
        let Some(evidence) = &self.evidence else {
            return Ok(self.in_doubt(Doubt::NoAnswerNoProof));
        };
        match judge(evidence) {
            Verdict::Proven(outcome, proof) => self.conclude(self.conclusion(outcome, proof, None)),
            Verdict::LookAgain => Ok(self.ask(Question::Debt)),
            Verdict::InDoubt(doubt @ (Doubt::NoAnswerNoFall | Doubt::SuccessWithoutFall)) => {
                Ok(self.wait_for(Again::Balance, doubt))
            }
            Verdict::InDoubt(doubt @ Doubt::FellButStillDue)
                if evidence.debt_after == DebtAfter::StillDue =>
            {
                Ok(self.wait_for(Again::Debt, doubt))
            }
            Verdict::InDoubt(doubt) => Ok(self.in_doubt(doubt)),
        }
    }

    /// The portal may book a moment after it answers. Whoever only looks in does not wait.
    fn wait_for(&mut self, again: Again, doubt: Doubt) -> Effect {
        let wait = self.rules.settle_waits_ms.get(self.settle).copied();
        match wait.filter(|_| self.course == Course::Forward) {
            Some(ms) => {
                self.settle += 1;
                self.phase = Phase::Waiting(again);
                Effect::Wait(ms)
            }
            None => self.in_doubt(doubt),
        }
    }

    fn in_doubt(&mut self, doubt: Doubt) -> Effect {
        self.doubt = doubt;
        if self.course == Course::Forward {
            return self.ask(Question::Picture(doubt));
        }
        // The portal's own words do not say it: everything that can be asked is asked, once.
        self.history = HistorySays::NotToBeHad;
        let intent = self.attempt.intent.as_ref();
        let has_mark = intent.is_some_and(|i| i.history_mark.is_some() && i.history_seq.is_some());
        if has_mark {
            return self.ask(Question::History);
        }
        self.history_read(None)
    }

    pub(super) fn history_read(&mut self, history: Option<HistoryRead>) -> Effect {
        if let Some(history) = history {
            let me = Claim {
                account: self.task.job.account.as_str().to_owned(),
                amount: self.amount(),
                transaction: None,
            };
            self.history = match match_history(&history.rows, &history.paid, &history.open, &me) {
                HistorySays::Absent if !history.is_complete => HistorySays::NotToBeHad,
                says => says,
            };
        }
        self.debt = DebtAfter::NotAsked;
        self.ask(if self.task.is_debt() {
            Question::DebtForLook
        } else {
            Question::BalanceForLook
        })
    }

    /// What the balance says with everything else that is open taken into account.
    fn balance_says(&self, after: Option<Vnd>, books: &Books) -> BalanceSays {
        let is_proof = self
            .attempt
            .intent
            .as_ref()
            .is_some_and(|intent| intent.balance_is_proof);
        let own = books.own.as_ref().filter(|_| is_proof);
        let Some(since) = own.or(books.earlier.as_ref()) else {
            return BalanceSays::NoProof;
        };
        let Since {
            balance,
            paid,
            open,
        } = since;
        // One that was open already when the balance was read is not among them: then it says
        // nothing.
        let is_all = open.len() == books.in_doubt;
        let before = balance.checked_sub(*paid).filter(|_| is_all);
        let says = balance_says(before, after, open);
        if own.is_some() {
            says
        } else {
            says.of_an_earlier_run()
        }
    }

    pub(super) fn looked(
        &mut self,
        balance: Option<Vnd>,
        books: &Books,
    ) -> Result<Effect, OutOfOrder> {
        let look = Look {
            at_ms: books.now_ms,
            history: self.history.clone(),
            debt: self.debt,
            balance: self.balance_says(balance, books),
        };
        self.record(Event::Looked(look), Next::Looked)
    }

    pub(super) fn weigh_looks(&mut self) -> Result<Effect, OutOfOrder> {
        match self.looks_so_far(self.unknown_ms) {
            Settled::Proven(outcome, proof, transaction) => {
                self.conclude(self.conclusion(outcome, proof, transaction))
            }
            Settled::LookAt(due) => {
                let why = self.doubt_text(self.doubt);
                let finish = Finish::InDoubt { next_ms: Some(due) };
                self.record(Event::ContactLost { why }, Next::Finish(finish))
            }
            Settled::Person => {
                let why = format!(
                    "{}. Cần người kiểm tra rồi xác nhận (gachno ledger resolve)",
                    self.doubt_text(self.doubt)
                );
                let finish = Finish::InDoubt { next_ms: None };
                self.record(Event::ContactLost { why }, Next::Finish(finish))
            }
        }
    }

    /// What the words mean that the attempt has observed.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }
}
