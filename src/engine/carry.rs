//! Carries the driver's effects out on a real portal and feeds the answers back. It decides nothing:
//! what is done next stands in [`crate::domain::driver`].

use std::time::Duration;

use tokio::sync::{MutexGuard, RwLockReadGuard, RwLockWriteGuard};

use super::ask_portal::reading_of;
use super::book::{OnItsWay, Stamp};
use super::evidence::Piece;
use super::halt::Boundary;
use super::keeping::Keeping;
use super::login::PortalLogin;
use super::progress::Progress;
use super::tools::EngineError;
use crate::browser::{Gate, Strength};
use crate::client::Denial;
use crate::domain::driver::{
    ArmOrder, AttemptDriver, Begin, ClickAnswer, Effect, Finish, Input, OutOfOrder, Permit, Reply,
    TechnicalFault, Turn,
};
use crate::domain::{Answer, Event, GateKind, GuardFacts, Intent, Outcome, Vnd};
use crate::ledger::{Armed, FactsQuery, LedgerError, LiveAttempt};
use crate::portal::{Answered, Armament, PortalError, Prepared, Readiness};

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

    async fn take_turn(&mut self) -> Result<Input, EngineError> {
        let crew = self.login.crew;
        // Whoever needs the account at rest waits for this seat to be free again.
        let seat = crew.book.at_work.read().await;
        let arming = crew.arming.lock().await;
        self.turn = Some((seat, arming));
        let rest = crew.book.at_rest();
        let account = self.login.tools.ledger.account(&self.login.agent);
        let explained = match rest {
            Some((balance, seq)) => account.explained(balance, seq).await?,
            None => None,
        };
        Ok(Input::Turn(Turn {
            facts: self.facts().await?,
            is_untouched: crew.book.is_untouched(self.stamp, 0),
            seq: self.stamp.seq,
            rest,
            explained,
        }))
    }

    async fn ask_server(&self, amount: Vnd) -> Permit {
        let ticket = self.driver.task().job.ticket.as_ref();
        let (Some(claims), Some(ticket)) = (&self.login.tools.claims, ticket) else {
            return Permit::Unanswered(
                "Việc này do máy chủ giao nhưng hiện không nối với máy chủ đó; lấy dữ liệu lại rồi làm"
                    .to_owned(),
            );
        };
        let is_meant = self.driver.task().is_repeat_wanted;
        match claims.arm(ticket, &self.live.id, amount, is_meant).await {
            Ok(()) => Permit::Granted,
            Err(denial @ Denial::Refused(_)) => Permit::Refused(denial.to_string()),
            Err(denial @ Denial::Repeat(_)) => Permit::Repeat(denial.to_string()),
            Err(denial @ Denial::Unanswered(_)) => Permit::Unanswered(denial.to_string()),
        }
    }

    async fn stand_down(&mut self) -> Input {
        self.turn = None;
        if let (Some(gate), Some(session)) = (self.gate.take(), &self.login.session) {
            gate.lift(session).await;
        }
        Input::StoodDown
    }

    async fn arm(&mut self, order: &ArmOrder) -> Result<Input, EngineError> {
        let crew = self.login.crew;
        if order.is_rest_new
            && let Some((balance, seq)) = order.rest
        {
            crew.book.rests_at(balance, seq, self.login.now_ms());
        }
        let intent = self.intent(order);
        let obligation = intent.obligation.clone();
        let armed = match self.login.tools.ledger.arm(self.live, intent).await {
            Ok(armed) => armed,
            Err(error) => {
                // Not armed is not sent; the session goes with its gate.
                self.login.drop_session().await;
                return Err(error.into());
            }
        };
        let on_its_way = crew.book.arm(&obligation);
        self.seat = self.turn.take().map(|(seat, _arming)| (seat, on_its_way));
        self.armed = Some(armed);
        self.say_state();
        let halt = &self.login.tools.halt;
        halt.at(Boundary::Armed, self.login.reporter).await;
        Ok(Input::Armed)
    }

    /// The order, with whose browser and history it is.
    fn intent(&self, order: &ArmOrder) -> Intent {
        let facts = self
            .login
            .session
            .as_ref()
            .map(|session| session.facts().clone())
            .unwrap_or_default();
        let (history_mark, history_seq) = self.login.crew.history_mark().unzip();
        let task = self.driver.task();
        let obligation = task.job.obligation(task.service);
        Intent {
            balance_before: order.rest.map(|(balance, _)| balance),
            balance_seq: order.rest.map(|(_, seq)| seq),
            balance_is_proof: order.balance_is_proof,
            session: facts.session_id,
            browser_pid: facts.browser_pid,
            debugger_address: facts.debugger_address,
            bidi_url: facts.bidi_url,
            context: facts.context,
            history_mark,
            history_seq,
            ..Intent::bare(&self.login.agent, obligation, order.amount, order.gate)
        }
    }

    /// The one click. While it waits, the held request's release goes through the driver too.
    async fn press(&mut self, with_balance: bool) -> ClickAnswer {
        let mut keeping = self
            .keeping
            .take()
            .unwrap_or_else(|| Keeping::of(self.login));
        let answered = self.press_once(&mut keeping, with_balance).await;
        if answered.lost.is_some() {
            // Nobody knows what is on the page, or still on its way to it.
            self.login.kept.forget();
        }
        let (crew, halt) = (self.login.crew, &self.login.tools.halt);
        halt.at(Boundary::Answered, self.login.reporter).await;
        keeping.raw(&answered);
        let is_plain = answered.lost.is_none()
            && matches!(
                reading_of(&self.login.tools.map, Some(&answered.said)).answer,
                Answer::Success { .. }
            );
        keeping.shoot("outcome", is_plain);
        self.keeping = Some(keeping);
        crew.saw_balance(answered.balance);
        ClickAnswer {
            is_balance_mine: crew.book.is_untouched(self.stamp, 1),
            reply: self.reply(answered),
        }
    }

    fn reply(&self, answered: Answered) -> Reply {
        if answered.not_clicked {
            let why = answered.lost;
            return Reply::NotSent(why.unwrap_or_else(|| "trang báo chưa bấm xác nhận".to_owned()));
        }
        if let Some(why) = answered.lost {
            tracing::warn!(attempt = self.live.id, why, "no answer after the click");
            return Reply::Lost(why);
        }
        Reply::Read {
            reading: reading_of(&self.login.tools.map, Some(&answered.said)),
            said: answered.said,
            balance: answered.balance,
        }
    }

    async fn press_once(&mut self, keeping: &mut Keeping, asks_balance: bool) -> Answered {
        let (Some(prepared), Some(armed), Some(gate)) =
            (self.prepared.take(), self.armed.take(), self.gate.take())
        else {
            return Answered::not_sent("không có hộp xác nhận".to_owned());
        };
        let armament = Armament {
            account: self.driver.task().job.account.as_str().to_owned(),
            amount: self.driver.amount(),
            asks_balance,
        };
        let (login, live, driver, index) =
            (&*self.login, &mut *self.live, &mut self.driver, self.index);
        let release = async |request: &str, body: &str| {
            release(login, live, driver, index, keeping, (request, body)).await
        };
        match login.page() {
            Ok(mut page) => page.press(prepared, armed, gate, &armament, release).await,
            Err(error) => Answered::not_sent(error.to_string()),
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

/// The confirming request is held: its release is recorded before it is let go. `Err`: it is failed
/// instead, for this reason.
async fn release(
    login: &PortalLogin<'_>,
    live: &mut LiveAttempt,
    driver: &mut AttemptDriver,
    index: Option<usize>,
    keeping: &mut Keeping,
    (request, body): (&str, &str),
) -> Result<(), String> {
    login.tools.halt.at(Boundary::Held, login.reporter).await;
    let piece = Piece::text("request", body);
    let hash = piece.kept().hash;
    keeping.add(piece);
    let held = Input::Held {
        request: request.to_owned(),
        body: hash,
    };
    let mut why = String::new();
    let mut effect = driver.step(held).map_err(|e| e.to_string())?;
    loop {
        let input = match effect {
            Effect::Record(event) => match login.tools.ledger.append(live, event).await {
                Ok(()) => {
                    let account = driver.task().job.account.as_str();
                    say_state(login, live, index, account);
                    login
                        .tools
                        .halt
                        .at(Boundary::Released, login.reporter)
                        .await;
                    Input::Recorded
                }
                Err(error) => {
                    why = error.to_string();
                    Input::NotRecorded
                }
            },
            Effect::LetGo => return Ok(()),
            Effect::Withhold => return Err(why),
            other => return Err(misplaced(&other).to_string()),
        };
        effect = driver.step(input).map_err(|e| e.to_string())?;
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

fn kind_of(strength: Strength) -> GateKind {
    match strength {
        Strength::Valve => GateKind::Valve,
        Strength::Wire => GateKind::Wire,
        Strength::Latch => GateKind::Latch,
    }
}

/// An effect that cannot be carried out here.
pub(super) fn misplaced(effect: &Effect) -> OutOfOrder {
    OutOfOrder::Input {
        phase: format!("{effect:?}"),
        input: "—".to_owned(),
    }
}
