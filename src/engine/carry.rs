//! Carries the driver's effects out on a real portal and feeds the answers back. It decides nothing:
//! what is done next stands in [`crate::domain::driver`].

mod click;

use std::time::Duration;

use tokio::sync::{MutexGuard, RwLockReadGuard, RwLockWriteGuard};

use super::book::{OnItsWay, Stamp};
use super::evidence::Piece;
use super::keeping::Keeping;
use super::login::PortalLogin;
use super::progress::Progress;
use super::tools::EngineError;
use crate::browser::Gate;
use crate::domain::driver::{
    AttemptDriver, Begin, Effect, Finish, Input, OutOfOrder, TechnicalFault,
};
use crate::domain::{Event, GuardFacts, Outcome};
use crate::ledger::{Armed, FactsQuery, LedgerError, LiveAttempt};
use crate::portal::{PortalError, Prepared, Readiness};
use click::kind_of;

/// One attempt under way: the driver, and what its effects need of the world.
pub(super) struct Carrier<'c, 'r> {
    pub login: &'c mut PortalLogin<'r>,
    pub live: &'c mut LiveAttempt,
    pub driver: AttemptDriver,
    /// Its place in the list, for whoever listens; `None` outside of one.
    index: Option<usize>,
    stamp: Stamp,
    readiness: Readiness,
    prepared: Option<Prepared>,
    gate: Option<Gate>,
    armed: Option<Armed>,
    /// Nobody else stands between their last guard and arming.
    turn: Option<(RwLockReadGuard<'r, ()>, MutexGuard<'r, ()>)>,
    /// The payment is on its way.
    seat: Option<(RwLockReadGuard<'r, ()>, OnItsWay<'r>)>,
    /// Nothing is on its way.
    rest: Option<RwLockWriteGuard<'r, ()>>,
    keeping: Option<Keeping>,
    /// The failure behind the last [`Input::Fault`].
    pub fault: Option<PortalError>,
    /// Who was found logged in.
    stranger: Option<String>,
}

impl<'c, 'r> Carrier<'c, 'r> {
    pub async fn new(
        login: &'c mut PortalLogin<'r>,
        live: &'c mut LiveAttempt,
        driver: AttemptDriver,
        index: Option<usize>,
    ) -> Self {
        let stamp = login.stamp().await;
        Self {
            login,
            live,
            driver,
            index,
            stamp,
            readiness: Readiness::LookedUp,
            prepared: None,
            gate: None,
            armed: None,
            turn: None,
            seat: None,
            rest: None,
            keeping: None,
            fault: None,
            stranger: None,
        }
    }

    /// Takes the job, up to its end or into doubt.
    pub async fn begin(&mut self) -> Result<Finish, EngineError> {
        let (tools, plan) = (self.login.tools, self.login.plan);
        let ticket = self.driver.task().job.ticket.as_ref();
        let is_lease_lost = match (&tools.claims, ticket) {
            (Some(claims), Some(ticket)) => claims.is_lost(ticket),
            _ => false,
        };
        let begin = Begin {
            session: self
                .login
                .session
                .as_ref()
                .map(|session| session.facts().session_id.clone())
                .unwrap_or_default(),
            operator: Some(plan.operator.clone()).filter(|who| !who.is_empty()),
            is_lease_lost,
            is_provable_in_words: self.login.crew.is_provable_in_words(),
            do_words_fail: self.login.crew.do_words_fail(),
            is_at_rest: self.stamp.is_at_rest(),
            expected_balance: self.login.expected_balance().await?,
        };
        let first = self.driver.begin(begin)?;
        let finished = self.drive(first).await;
        if let Some(mut keeping) = self.keeping.take() {
            keeping.taken().await;
            keeping.keep(self.login, self.live);
        }
        finished
    }

    /// One look at an attempt in doubt.
    pub async fn look(&mut self, unknown_ms: i64) -> Result<Finish, EngineError> {
        let first = self.driver.look(unknown_ms)?;
        self.drive(first).await
    }

    async fn drive(&mut self, first: Effect) -> Result<Finish, EngineError> {
        let mut effect = first;
        loop {
            let input = match effect {
                Effect::Finish(finish) => return Ok(finish),
                effect => self.carry_out(effect).await?,
            };
            effect = self.driver.step(input)?;
        }
    }

    async fn carry_out(&mut self, effect: Effect) -> Result<Input, EngineError> {
        Ok(match effect {
            Effect::Record(event) => self.record(event).await?,
            Effect::LookUp { with_balance } => self.look_up(with_balance).await,
            Effect::ReadFacts => Input::Facts(self.facts().await?),
            Effect::OpenDialog => self.open_dialog().await,
            Effect::CloseGate => self.close_gate().await,
            Effect::TakeTurn => self.take_turn().await?,
            Effect::AskServer { amount } => Input::Permit(self.ask_server(amount).await),
            Effect::StandDown => self.stand_down().await,
            Effect::Arm(order) => self.arm(&order).await?,
            Effect::Press { with_balance } => Input::Answered(self.press(with_balance).await),
            Effect::WaitForRest => self.wait_for_rest().await,
            Effect::ReadBooks => self.read_books().await?,
            Effect::AskBalance => Input::Balance(self.login.balance_in_place().await),
            Effect::ReadBalance => Input::Balance(self.login.read_balance().await),
            Effect::LookUpDebt => {
                let task = self.driver.task().clone();
                Input::Debt(self.login.debt_after(task.service, &task.job).await)
            }
            Effect::ReadHistory => Input::History(match self.live.attempt.intent.clone() {
                Some(intent) => self.login.read_history(&intent).await?,
                None => None,
            }),
            Effect::Wait(ms) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Input::Waited
            }
            Effect::Photograph => {
                self.login.keep_picture(self.live, "doubt").await;
                Input::Photographed
            }
            // Held requests are spoken of inside of the press alone, dead runs before a batch, and the
            // fall of many payments between two jobs.
            effect @ (Effect::LetGo
            | Effect::Withhold
            | Effect::Reattach
            | Effect::ReadFall
            | Effect::Finish(_)) => {
                return Err(misplaced(&effect).into());
            }
        })
    }

    async fn record(&mut self, event: Event) -> Result<Input, EngineError> {
        let ledger = &self.login.tools.ledger;
        // The server is told next that it is armed.
        let is_told = matches!(event, Event::PreArmed) && self.driver.task().job.ticket.is_some();
        if is_told {
            ledger.append_lasting(self.live, event).await?;
        } else {
            ledger.append(self.live, event).await?;
        }
        self.say_state();
        let (halt, reporter) = (&self.login.tools.halt, self.login.reporter);
        halt.at(self.live.attempt.state.into(), reporter).await;
        Ok(Input::Recorded)
    }

    fn say_state(&self) {
        say_state(
            self.login,
            self.live,
            self.index,
            self.driver.task().job.account.as_str(),
        );
    }

    /// A step before arming failed.
    async fn failed(&mut self, error: PortalError) -> Input {
        self.login.keep_failure(self.live, &error).await;
        let fault = TechnicalFault {
            why: error.to_string(),
            ends_batch: error.ends_the_batch(),
        };
        self.fault = Some(error);
        Input::Fault(fault)
    }

    /// Why the batch cannot go on.
    pub fn reason_to_stop(&mut self, fault: TechnicalFault) -> PortalError {
        let stranger = || match &self.stranger {
            Some(found) => self.login.check_agent(found).err(),
            None => Some(PortalError::NoUser),
        };
        self.fault
            .take()
            .or_else(stranger)
            .unwrap_or(PortalError::System(fault.why))
    }

    async fn look_up(&mut self, with_balance: bool) -> Input {
        let job = self.driver.task().job.clone();
        match self.login.look_up(&job, with_balance).await {
            Ok(looked) => {
                self.readiness = looked.readiness;
                if let crate::domain::driver::LookedUp::Due { agent, balance, .. } = &looked.seen {
                    self.stranger.clone_from(agent);
                    self.login.crew.saw_balance(*balance);
                }
                Input::LookedUp(looked.seen)
            }
            Err(error) => self.failed(error).await,
        }
    }

    async fn facts(&self) -> Result<GuardFacts, LedgerError> {
        let task = self.driver.task();
        let query = FactsQuery {
            live: self.live,
            obligation: &task.job.obligation(task.service),
            order: task.job.order_id.as_deref(),
            is_debt: task.job.top_up(task.service).is_none(),
            amount: self.driver.amount(),
            repeat_ms: self.login.plan.limits.repeat_ms(),
        };
        let account = self.login.tools.ledger.account(&self.login.agent);
        account.facts(query).await
    }

    async fn open_dialog(&mut self) -> Input {
        let readiness = std::mem::replace(&mut self.readiness, Readiness::LookedUp);
        match self
            .login
            .open_dialog(readiness, self.driver.amount())
            .await
        {
            Ok(dialog) => {
                self.prepared = dialog.prepared;
                Input::Opened(dialog.opened)
            }
            Err(error) => self.failed(error).await,
        }
    }

    async fn close_gate(&mut self) -> Input {
        let mut keeping = Keeping::of(self.login);
        if let Some(prepared) = &self.prepared {
            keeping.add(Piece::text("quote", prepared.question()));
        }
        self.keeping = Some(keeping);
        let held = match self.login.page() {
            Ok(mut page) => page.hold().await,
            Err(error) => Err(error),
        };
        match held {
            Ok(gate) => {
                let kind = kind_of(gate.strength());
                self.gate = Some(gate);
                Input::GateClosed(kind)
            }
            Err(error) => self.failed(error).await,
        }
    }

    async fn wait_for_rest(&mut self) -> Input {
        if let Some(keeping) = &mut self.keeping {
            keeping.taken().await;
        }
        // From here on the account has to be at rest: everything else on its way is waited for.
        self.seat = None;
        self.rest = Some(self.login.crew.book.at_work.write().await);
        Input::AtRest
    }

    async fn read_books(&mut self) -> Result<Input, EngineError> {
        let Some(intent) = &self.live.attempt.intent else {
            return Ok(Input::Books(crate::domain::driver::Books::default()));
        };
        let account = self.login.tools.ledger.account(&intent.agent);
        Ok(Input::Books(account.books(&self.live.id, intent).await?))
    }
}

fn say_state(login: &PortalLogin<'_>, live: &LiveAttempt, index: Option<usize>, account: &str) {
    let Some(index) = index else { return };
    login.reporter.say(Progress::State {
        login: login.number,
        index,
        account: account.to_owned(),
        attempt: live.id.clone(),
        state: live.attempt.state.wire(),
        amount: live.attempt.quote.as_ref().map(|quote| quote.amount),
    });
}

/// Was it paid, as far as is known?
pub(super) fn is_paid(live: &LiveAttempt) -> bool {
    live.attempt.standing().outcome == Outcome::Paid
}

/// An effect that cannot be carried out here.
pub(super) fn misplaced(effect: &Effect) -> OutOfOrder {
    OutOfOrder::Input {
        phase: format!("{effect:?}"),
        input: "—".to_owned(),
    }
}
