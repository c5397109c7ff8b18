//! The order of things in one attempt, as one machine: a state and an input give the next state
//! and one effect.
//!
//! Every decision about a payment is made in here: whether the server is asked, what the guards
//! say, whether the dialog names the quote, when the intent is made durable, when the held request
//! is let go, what the answer means, which evidence is asked for next, when it is worth looking
//! again, and how it ends. [`crate::engine`] carries the effects out on a real portal and feeds the
//! answers back; recovery folds the journal into the same machine and goes on; the model
//! (`crash::model`) drives it through a simulated world with something going wrong at every
//! effect. There is no second copy of this order.
//!
//! Three ways lead in: [`AttemptDriver::begin`] takes a job up to its end, [`AttemptDriver::look`] looks into an
//! attempt that is in doubt, [`AttemptDriver::recover`] takes over what a dead run left.

mod click;
mod effect;
mod fall;
mod forward;
mod proof;
mod task;

use std::sync::Arc;

use super::attempt::{Attempt, Conclusion, Event, GateKind, IllegalEvent, Said};
use super::money::Vnd;
use super::outcome::{Outcome, Proof};
use super::reconcile::HistorySays;
use super::verdict::{DebtAfter, Doubt, Evidence};

pub use click::is_free_of_consequences;
pub use effect::{
    ArmOrder, Books, ClickAnswer, Effect, Finish, HistoryRead, Input, LookedUp, Opened, Permit,
    Reading, Reattached, Reply, Since, TechnicalFault, Turn,
};
pub use fall::{Fall, FallBooks, FallCheck, FallStep, Unchecked, is_check_due};
pub use task::{AttemptRules, Begin, Flaw, JobTask};

#[cfg(test)]
mod tests;

/// The first wait after a technical failure; doubled each time.
const BACKOFF_MS: u64 = 500;

/// An input that answers another effect than the one that is asked for: a fault in the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutOfOrder {
    /// Another answer was waited for.
    #[error("bước {phase} không chờ câu trả lời {input}")]
    Input {
        /// What was asked for.
        phase: String,
        /// What came.
        input: String,
    },
    /// The event cannot happen to this attempt now.
    #[error(transparent)]
    Event(#[from] IllegalEvent),
}

/// What the outstanding effect is for.
#[derive(Debug, Clone)]
enum Phase {
    Idle,
    /// This fold becomes true when its event is durable; then it goes on there.
    Recording(Box<Attempt>, Next),
    /// This event is recorded once turn and gate are given back.
    StandingDown(Box<Event>, Next),
    Arming(Box<Attempt>),
    Pressing,
    LettingGo,
    Waiting(Again),
    Asking(Question),
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
enum Question {
    LookUp,
    Facts,
    /// The balance, before anything is armed: what is known of it may not be enough.
    Funds,
    Dialog,
    Gate,
    Turn,
    Server,
    Rest,
    Books,
    Balance,
    Debt,
    /// A picture, before the attempt is left in this doubt.
    Picture(Doubt),
    /// The parts of one look, in their order.
    History,
    DebtForLook,
    BalanceForLook,
    BooksForLook(Option<Vnd>),
    Reattach,
}

/// What follows a durable event.
#[derive(Debug, Clone)]
enum Next {
    LookUp,
    Quoted(String),
    DialogOpen,
    PreArmed,
    Faulted(TechnicalFault),
    LetGo,
    ConcludeNotSent(String),
    Seen,
    LookStarted,
    Looked,
    Recovered,
    Finish(Finish),
}

/// What is looked at again after a wait.
#[derive(Debug, Clone, Copy)]
enum Again {
    Balance,
    Debt,
}

/// Is the attempt taken forward, or looked into?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Forward,
    Look,
}

/// One attempt on its way. See the module.
#[derive(Debug, Clone)]
pub struct AttemptDriver {
    task: JobTask,
    rules: Arc<AttemptRules>,
    attempt: Attempt,
    phase: Phase,
    course: Course,
    /// Tries that failed before anything was armed.
    tries: u32,
    begin: Begin,
    /// The page's balance at the look-up.
    page_balance: Option<Vnd>,
    /// Was the balance asked for because what is known of it may not be enough?
    asked_funds: bool,
    gate: GateKind,
    /// The order that is being armed.
    order: Option<ArmOrder>,
    reading: Reading,
    /// The balance that came with the answer, where it was moved by this payment alone.
    balance: Option<Vnd>,
    evidence: Option<Evidence>,
    /// The next of the settle waits.
    settle: usize,
    /// When the attempt became unknown, in milliseconds since 1970.
    unknown_ms: i64,
    doubt: Doubt,
    history: HistorySays,
    debt: DebtAfter,
}

impl AttemptDriver {
    /// A machine for this attempt. `reading`: what the words mean that the attempt has observed.
    pub fn new(
        task: JobTask,
        rules: Arc<AttemptRules>,
        attempt: Attempt,
        reading: Reading,
    ) -> Self {
        Self {
            task,
            rules,
            attempt,
            phase: Phase::Idle,
            course: Course::Forward,
            tries: 0,
            begin: Begin::default(),
            page_balance: None,
            asked_funds: false,
            gate: GateKind::Latch,
            order: None,
            reading,
            balance: None,
            evidence: None,
            settle: 0,
            unknown_ms: 0,
            doubt: Doubt::NoAnswerNoProof,
            history: HistorySays::NotToBeHad,
            debt: DebtAfter::NotAsked,
        }
    }

    /// With so many failed tries behind it: of an attempt before this one, at the same job.
    #[must_use]
    pub fn after_tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// Tries that failed so far.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Where the attempt stands by its durable events.
    pub fn attempt(&self) -> &Attempt {
        &self.attempt
    }

    /// What is done.
    pub fn task(&self) -> &JobTask {
        &self.task
    }

    /// May the page that this attempt was made on serve the next job? Only where the portal's own
    /// answer ended it, and nothing was doubted or asked for beyond that.
    pub fn may_keep_page(&self) -> bool {
        let is_plain = |end: &Conclusion| {
            end.proof == Proof::Response
                && matches!(
                    end.outcome,
                    Outcome::Paid
                        | Outcome::Debt
                        | Outcome::NoDebt
                        | Outcome::NotFound
                        | Outcome::AlreadyCleared
                        | Outcome::Rejected
                )
        };
        self.course == Course::Forward
            && self.evidence.is_none()
            && self.attempt.conclusion.as_ref().is_some_and(is_plain)
    }

    /// The amount that is quoted or armed; nothing before that.
    pub fn amount(&self) -> Vnd {
        let armed = self.attempt.intent.as_ref().map(|intent| intent.amount);
        let quoted = || self.attempt.quote.as_ref().map(|quote| quote.amount);
        armed.or_else(quoted).unwrap_or_default()
    }

    /// The next effect, now that the last one is answered.
    pub fn step(&mut self, input: Input) -> Result<Effect, OutOfOrder> {
        let phase = std::mem::replace(&mut self.phase, Phase::Idle);
        match (phase, input) {
            (Phase::Recording(attempt, next), Input::Recorded) => {
                self.attempt = *attempt;
                self.go_on(next)
            }
            (Phase::Recording(_, Next::LetGo), Input::NotRecorded) => {
                self.phase = Phase::LettingGo;
                Ok(Effect::Withhold)
            }
            (Phase::StandingDown(event, next), Input::StoodDown) => self.record(*event, next),
            (Phase::Arming(attempt), Input::Armed) => {
                self.attempt = *attempt;
                self.phase = Phase::Pressing;
                Ok(Effect::Press {
                    with_balance: self.begin.do_words_fail,
                })
            }
            (Phase::Pressing, Input::Held { request, body }) => self.held(request, body),
            (Phase::Pressing | Phase::LettingGo, Input::Answered(answered)) => {
                self.answered(answered)
            }
            (Phase::Waiting(again), Input::Waited) => Ok(self.ask(match again {
                Again::Balance => Question::Balance,
                Again::Debt => Question::Debt,
            })),
            (Phase::Asking(question), input) => self.told(question, input),
            (phase, input) => Err(OutOfOrder::Input {
                phase: format!("{phase:?}"),
                input: format!("{input:?}"),
            }),
        }
    }

    /// A question is answered.
    fn told(&mut self, question: Question, input: Input) -> Result<Effect, OutOfOrder> {
        match (question, input) {
            (Question::LookUp, Input::LookedUp(seen)) => self.looked_up(seen),
            (Question::LookUp | Question::Dialog | Question::Gate, Input::Fault(fault)) => {
                self.fault(fault)
            }
            (Question::Facts, Input::Facts(facts)) => self.guarded(&facts),
            (Question::Funds, Input::Balance(balance)) => {
                self.page_balance = balance;
                Ok(self.ask(Question::Facts))
            }
            (Question::Dialog, Input::Opened(opened)) => self.opened(opened),
            (Question::Gate, Input::GateClosed(gate)) => Ok(self.gate_closed(gate)),
            (Question::Turn, Input::Turn(turn)) => self.turn(&turn),
            (Question::Server, Input::Permit(permit)) => self.permitted(permit),
            (Question::Rest, Input::AtRest) => Ok(self.ask(Question::Books)),
            (Question::Books, Input::Books(books)) => self.books(&books),
            (Question::Balance, Input::Balance(balance)) => self.balance_read(balance),
            (Question::Debt, Input::Debt(debt)) => self.debt_looked_up(debt),
            (Question::Picture(doubt), Input::Photographed) => self.leave_in_doubt(doubt),
            (Question::History, Input::History(history)) => Ok(self.history_read(history)),
            (Question::DebtForLook, Input::Debt(debt)) => {
                self.debt = debt;
                Ok(self.ask(Question::BalanceForLook))
            }
            (Question::BalanceForLook, Input::Balance(balance)) => {
                Ok(self.ask(Question::BooksForLook(balance)))
            }
            (Question::BooksForLook(balance), Input::Books(books)) => self.looked(balance, &books),
            (Question::Reattach, Input::Reattached(seen)) => self.reattached(seen),
            (question, input) => Err(OutOfOrder::Input {
                phase: format!("{question:?}"),
                input: format!("{input:?}"),
            }),
        }
    }

    fn go_on(&mut self, next: Next) -> Result<Effect, OutOfOrder> {
        match next {
            Next::LookUp => self.taken(),
            Next::Quoted(note) => self.quoted(note),
            Next::DialogOpen => self.dialog_open(),
            Next::PreArmed => Ok(self.ask(Question::Gate)),
            Next::Faulted(fault) => self.faulted(fault),
            Next::LetGo => {
                self.phase = Phase::LettingGo;
                Ok(Effect::LetGo)
            }
            Next::ConcludeNotSent(why) => self.conclude_not_sent(why),
            Next::Seen => self.at_first_sight(),
            Next::LookStarted => Ok(self.ask(Question::Books)),
            Next::Looked => self.weigh_looks(),
            Next::Recovered => Ok(self.recovered()),
            Next::Finish(finish) => Ok(Effect::Finish(finish)),
        }
    }

    fn ask(&mut self, question: Question) -> Effect {
        self.phase = Phase::Asking(question);
        match question {
            Question::LookUp => Effect::LookUp {
                with_balance: self.needs_balance(),
            },
            Question::Facts => Effect::ReadFacts,
            Question::Funds => Effect::AskBalance,
            Question::Dialog => Effect::OpenDialog,
            Question::Gate => Effect::CloseGate,
            Question::Turn => Effect::TakeTurn,
            Question::Server => Effect::AskServer {
                amount: self.amount(),
            },
            Question::Rest => Effect::WaitForRest,
            Question::Books | Question::BooksForLook(_) => Effect::ReadBooks,
            Question::Balance | Question::BalanceForLook => Effect::ReadBalance,
            Question::Debt | Question::DebtForLook => Effect::LookUpDebt,
            Question::Picture(_) => Effect::Photograph,
            Question::History => Effect::ReadHistory,
            Question::Reattach => Effect::Reattach,
        }
    }

    fn record(&mut self, event: Event, next: Next) -> Result<Effect, OutOfOrder> {
        let attempt = self.attempt.clone().after(&event)?;
        self.phase = Phase::Recording(Box::new(attempt), next);
        Ok(Effect::Record(event))
    }

    fn conclude(&mut self, end: Conclusion) -> Result<Effect, OutOfOrder> {
        self.record(Event::Concluded(end), Next::Finish(Finish::Ended))
    }

    /// Is this rule broken on purpose? Never in a program that is not a test.
    fn is_broken(&self, flaw: Flaw) -> bool {
        cfg!(test) && self.rules.flaw == flaw
    }

    /// The end that the evidence proves, with the portal's words where it had any.
    fn conclusion(
        &self,
        outcome: Outcome,
        proof: Proof,
        transaction: Option<String>,
    ) -> Conclusion {
        let words = Said::joined(self.attempt.observed.as_deref().unwrap_or_default());
        let amount = self.attempt.intent.as_ref().map(|intent| intent.amount);
        let proof = match proof {
            Proof::Response if self.attempt.is_reattached => Proof::Reattach,
            other => other,
        };
        let message = match (words.is_empty(), proof, outcome) {
            (_, Proof::History, Outcome::NotSent) => {
                "Lịch sử, số dư và nợ cước đều cho thấy chưa trả; làm lại được".to_owned()
            }
            (false, ..) => words,
            (true, Proof::Balance, _) => format!(
                "Cổng không trả lời rõ; số dư giảm đúng {}",
                amount.unwrap_or_default()
            ),
            (true, Proof::History, _) => {
                "Cổng không trả lời rõ; giao dịch có trong lịch sử của cổng".to_owned()
            }
            (true, ..) => "Cổng không trả lời".to_owned(),
        };
        Conclusion {
            outcome,
            proof,
            amount: amount.filter(|_| outcome != Outcome::AlreadyCleared),
            transaction_id: transaction
                .or_else(|| self.reading.transaction.clone())
                .filter(|_| outcome == Outcome::Paid),
            message,
        }
    }

    /// Why it is in doubt, with the portal's words.
    fn doubt_text(&self, doubt: Doubt) -> String {
        let words = Said::joined(self.attempt.observed.as_deref().unwrap_or_default());
        if words.is_empty() {
            format!("Chưa rõ: {doubt}")
        } else {
            format!("Chưa rõ: {doubt}. Cổng nói: {words}")
        }
    }
}

/// How long the next try is waited for, in milliseconds.
fn backoff_ms(tries: u32) -> u64 {
    BACKOFF_MS.saturating_mul(1 << tries.saturating_sub(1).min(10))
}
