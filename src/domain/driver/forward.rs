//! From taking a job to the moment before the click.

use super::{
    ArmOrder, AttemptDriver, Begin, Course, Effect, Finish, Flaw, LookedUp, Next, Opened,
    OutOfOrder, Permit, Phase, Question, TechnicalFault, Turn, backoff_ms,
};
use crate::domain::agent::is_same_agent;
use crate::domain::attempt::{Conclusion, Event, GateKind, Quote};
use crate::domain::guard::{GuardFacts, PaymentRequest, Refusal, refusal};
use crate::domain::money::Vnd;
use crate::domain::outcome::{Outcome, Proof};
use crate::domain::reconcile::is_booked;
use crate::domain::ticket::Ticket;

impl AttemptDriver {
    /// Takes the job. The first effect.
    pub fn begin(&mut self, begin: Begin) -> Result<Effect, OutOfOrder> {
        self.course = Course::Forward;
        let (session, operator) = (begin.session.clone(), begin.operator.clone());
        self.begin = begin;
        self.record(Event::Leased { session, operator }, Next::LookUp)
    }

    /// Could anything prove a payment that is made now? With another attempt in doubt the balance
    /// says nothing, so it takes words or a history.
    fn can_be_proven(&self, others_in_doubt: usize) -> bool {
        others_in_doubt == 0 || self.begin.is_provable_in_words
    }

    /// Is the balance asked for with the look-up? Where words prove nothing the next payment has to
    /// be proven by its fall, and where none is known at rest none of the next could be; while others
    /// are on their way it would say nothing.
    pub(super) fn needs_balance(&self) -> bool {
        let begin = &self.begin;
        self.task.pays()
            && begin.is_at_rest
            && (begin.do_words_fail || begin.expected_balance.is_none())
    }

    /// Is what is known of the account too little for this payment, or nothing? Then it is asked for,
    /// once.
    fn may_lack_funds(&self) -> bool {
        let is_little = |known: Option<Vnd>| known.is_none_or(|known| known < self.amount());
        self.task.pays()
            && !self.asked_funds
            && self.page_balance.is_none()
            && is_little(self.begin.expected_balance)
    }

    pub(super) fn taken(&mut self) -> Result<Effect, OutOfOrder> {
        if self.begin.is_lease_lost {
            return self.conclude(Conclusion::of(
                Outcome::Cancelled,
                Proof::None,
                "Máy chủ đã giao việc này cho máy khác".to_owned(),
            ));
        }
        Ok(self.ask(Question::LookUp))
    }

    /// A technical failure before arming: nothing was clicked that can move money.
    pub(super) fn fault(&mut self, fault: TechnicalFault) -> Result<Effect, OutOfOrder> {
        let why = fault.why.clone();
        self.record(Event::ContactLost { why }, Next::Faulted(fault))
    }

    pub(super) fn faulted(&mut self, fault: TechnicalFault) -> Result<Effect, OutOfOrder> {
        if fault.ends_batch {
            return Ok(Effect::Finish(Finish::Stop(fault)));
        }
        self.tries += 1;
        if self.tries > self.rules.retries {
            return self.conclude(Conclusion::of(Outcome::Failed, Proof::None, fault.why));
        }
        let wait_ms = backoff_ms(self.tries);
        Ok(Effect::Finish(Finish::Retry { wait_ms, fault }))
    }

    pub(super) fn looked_up(&mut self, seen: LookedUp) -> Result<Effect, OutOfOrder> {
        match seen {
            LookedUp::Several(count) => {
                let why = Refusal::SeveralContracts(count).to_string();
                self.conclude(Conclusion::of(Outcome::Refused, Proof::None, why))
            }
            LookedUp::End { outcome, words } => {
                let end = Conclusion::of(outcome, Proof::Response, words);
                self.conclude(if outcome == Outcome::NoDebt {
                    end.about(Vnd::ZERO)
                } else {
                    end
                })
            }
            LookedUp::Due {
                amount,
                customer,
                balance,
                agent,
                note,
            } => {
                if let Some(fault) = self.stranger(agent.as_deref()) {
                    return self.fault(fault);
                }
                self.page_balance = balance;
                let quote = Quote {
                    amount,
                    customer,
                    balance,
                };
                self.record(Event::QuoteSeen(quote), Next::Quoted(note))
            }
        }
    }

    /// Is somebody else logged in than whose account shall pay?
    fn stranger(&self, found: Option<&str>) -> Option<TechnicalFault> {
        let ends = |why: String| TechnicalFault {
            why,
            ends_batch: true,
        };
        match (found, &self.task.agent) {
            (None, _) if self.task.service.is_payment() => Some(ends(
                "Không tìm thấy tên tài khoản trên Viettel Pay Pro.".to_owned(),
            )),
            (Some(found), Some(expected)) if !is_same_agent(found, expected) => Some(ends(
                format!("Trình duyệt đang đăng nhập tài khoản {found}, không phải {expected}."),
            )),
            _ => None,
        }
    }

    pub(super) fn quoted(&mut self, note: String) -> Result<Effect, OutOfOrder> {
        if self.task.service.is_payment() {
            return Ok(self.ask(Question::Facts));
        }
        let end = Conclusion::of(Outcome::Debt, Proof::Response, note);
        self.conclude(end.about(self.amount()))
    }

    fn refusal(&self, facts: &GuardFacts) -> Option<Refusal> {
        let refused = refusal(
            &self.rules.limits,
            &PaymentRequest {
                job: &self.task.job,
                is_debt: self.task.is_debt(),
                is_repeat_wanted: self.task.is_repeat_wanted,
                quoted: self.amount(),
                minimum: self.task.minimum,
                balance: self.page_balance,
            },
            facts,
        );
        match refused {
            Some(Refusal::InDoubt(_)) if self.is_broken(Flaw::RetriesDoubts) => None,
            refused => refused,
        }
    }

    fn refused(&self, refusal: &Refusal) -> Conclusion {
        let outcome = match refusal {
            Refusal::Repeat { .. } => Outcome::HeldBack,
            _ => Outcome::Refused,
        };
        Conclusion::of(outcome, Proof::None, refusal.to_string()).about(self.amount())
    }

    pub(super) fn guarded(&mut self, facts: &GuardFacts) -> Result<Effect, OutOfOrder> {
        if let Some(refusal) = self.refusal(facts) {
            return self.conclude(self.refused(&refusal));
        }
        if self.task.pays() && !self.can_be_proven(facts.others_in_doubt) {
            let (event, next) = postponed();
            return self.record(event, next);
        }
        if self.may_lack_funds() {
            self.asked_funds = true;
            return Ok(self.ask(Question::Funds));
        }
        Ok(self.ask(Question::Dialog))
    }

    pub(super) fn opened(&mut self, opened: Opened) -> Result<Effect, OutOfOrder> {
        match opened {
            Opened::End { outcome, words } => {
                let end = Conclusion::of(outcome, Proof::Response, words);
                self.conclude(match outcome {
                    Outcome::AlreadyCleared => end,
                    _ => end.about(self.amount()),
                })
            }
            Opened::Dialog { amounts, balance } => {
                self.page_balance = balance.or(self.page_balance);
                // What will be confirmed is what the dialog says; a price that changed since the
                // look-up is not paid.
                match amounts.first() {
                    Some(other) if !amounts.contains(&self.amount()) => {
                        self.conclude(self.refused(&Refusal::DialogDiffers(*other, self.amount())))
                    }
                    _ => self.record(Event::Prepared, Next::DialogOpen),
                }
            }
        }
    }

    pub(super) fn dialog_open(&mut self) -> Result<Effect, OutOfOrder> {
        if self.task.is_dry_run {
            let amount = self.amount();
            let why = format!("Chạy thử: sẽ trả {amount}");
            return self.conclude(Conclusion::of(Outcome::DryRun, Proof::None, why).about(amount));
        }
        self.record(Event::PreArmed, Next::PreArmed)
    }

    /// The gate is on before anything is armed: how strong it is stands in the intent.
    pub(super) fn gate_closed(&mut self, gate: GateKind) -> Effect {
        self.gate = gate;
        self.ask(Question::Turn)
    }

    /// The last guards, with nobody else between them and arming.
    pub(super) fn turn(&mut self, turn: &Turn) -> Result<Effect, OutOfOrder> {
        let facts = &turn.facts;
        if let Some(refusal) = self.refusal(facts) {
            let end = self.refused(&refusal);
            return Ok(self.stand_down(Event::Concluded(end), Next::Finish(Finish::Ended)));
        }
        if !self.can_be_proven(facts.others_in_doubt) {
            let (event, next) = postponed();
            return Ok(self.stand_down(event, next));
        }
        self.order = Some(self.arm_order(turn));
        let ticket = self.task.job.ticket.as_ref();
        if ticket.is_some_and(Ticket::needs_permit) {
            return Ok(self.ask(Question::Server));
        }
        self.arm()
    }

    fn arm_order(&self, turn: &Turn) -> ArmOrder {
        let now = self.page_balance.map(|balance| (balance, turn.seq));
        if self.is_broken(Flaw::BalanceAlwaysProves) {
            return ArmOrder {
                amount: self.amount(),
                rest: now,
                is_rest_new: true,
                balance_is_proof: true,
                gate: self.gate,
            };
        }
        let facts = &turn.facts;
        let is_alone = facts.others_in_doubt == 0;
        let settle_ms = self.rules.patience.settle_ms;
        // The page's balance is at rest where nothing was on its way when the page was asked for,
        // nor is in doubt, and what was paid before is in it. One that is not what the last rest and
        // the payments since explain is for the check of the fall.
        let new = now.filter(|(balance, _)| {
            let is_booked = match turn.explained {
                Some(explained) => explained == *balance,
                None => is_booked(*balance, None, facts.last_paid_ms, facts.now_ms, settle_ms),
            };
            turn.is_untouched && is_alone && is_booked
        });
        let rest = new.or(turn.rest);
        ArmOrder {
            amount: self.amount(),
            rest,
            is_rest_new: new.is_some(),
            balance_is_proof: rest.is_some() && is_alone,
            gate: self.gate,
        }
    }

    pub(super) fn permitted(&mut self, permit: Permit) -> Result<Effect, OutOfOrder> {
        let (outcome, why) = match permit {
            Permit::Granted => return self.arm(),
            Permit::Unanswered(_) if self.is_broken(Flaw::PaysWithoutAsking) => return self.arm(),
            // A yes that was lost on its way is taken back by telling the server the end.
            Permit::Refused(why) => (Outcome::Cancelled, why),
            Permit::Repeat(why) => (Outcome::HeldBack, why),
            Permit::Unanswered(why) => (Outcome::Failed, why),
        };
        let end = Conclusion::of(outcome, Proof::None, why).about(self.amount());
        Ok(self.stand_down(Event::Concluded(end), Next::Finish(Finish::Ended)))
    }

    fn stand_down(&mut self, event: Event, next: Next) -> Effect {
        self.phase = Phase::StandingDown(Box::new(event), next);
        Effect::StandDown
    }

    fn arm(&mut self) -> Result<Effect, OutOfOrder> {
        let Some(order) = self.order.clone() else {
            return Err(OutOfOrder::Input {
                phase: "Turn".to_owned(),
                input: "Armed".to_owned(),
            });
        };
        let agent = self.task.agent.as_deref().unwrap_or_default();
        let obligation = self.task.job.obligation(self.task.service);
        let intent = order.intent(agent, obligation);
        let attempt = self.attempt.clone().after(&Event::Armed(intent))?;
        self.phase = Phase::Arming(Box::new(attempt));
        Ok(Effect::Arm(order))
    }
}

/// Nothing could prove it: what is in doubt on the account has to be settled first.
fn postponed() -> (Event, Next) {
    let why = "Chờ đối soát giao dịch chưa rõ trước khi trả tiếp".to_owned();
    let event = Event::ContactLost { why };
    (event, Next::Finish(Finish::Postponed))
}
