//! Arming, the one click, and what comes of it.

use super::{Carrier, misplaced, say_state};
use crate::browser::Strength;
use crate::client::Denial;
use crate::domain::driver::{
    ArmOrder, AttemptDriver, ClickAnswer, Effect, Input, Permit, Reply, Turn,
};
use crate::domain::{Answer, GateKind, Intent, Vnd};
use crate::engine::ask_portal::reading_of;
use crate::engine::evidence::Piece;
use crate::engine::halt::Boundary;
use crate::engine::keeping::Keeping;
use crate::engine::login::PortalLogin;
use crate::engine::tools::EngineError;
use crate::ledger::LiveAttempt;
use crate::portal::{Answered, Armament};

impl Carrier<'_, '_> {
    pub(super) async fn take_turn(&mut self) -> Result<Input, EngineError> {
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

    pub(super) async fn ask_server(&self, amount: Vnd) -> Permit {
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

    pub(super) async fn stand_down(&mut self) -> Input {
        self.turn = None;
        if let (Some(gate), Some(session)) = (self.gate.take(), &self.login.session) {
            gate.lift(session).await;
        }
        Input::StoodDown
    }

    pub(super) async fn arm(&mut self, order: &ArmOrder) -> Result<Input, EngineError> {
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
    pub(super) fn intent(&self, order: &ArmOrder) -> Intent {
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
            session: facts.session_id,
            browser_pid: facts.browser_pid,
            debugger_address: facts.debugger_address,
            bidi_url: facts.bidi_url,
            context: facts.context,
            history_mark,
            history_seq,
            ..order.intent(&self.login.agent, obligation)
        }
    }

    /// The one click. While it waits, the held request's release goes through the driver too.
    pub(super) async fn press(&mut self, with_balance: bool) -> ClickAnswer {
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

    pub(super) fn reply(&self, answered: Answered) -> Reply {
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

    pub(super) async fn press_once(
        &mut self,
        keeping: &mut Keeping,
        asks_balance: bool,
    ) -> Answered {
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
}

/// The confirming request is held: its release is recorded before it is let go. `Err`: it is failed
/// instead, for this reason.
pub(super) async fn release(
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

pub(super) fn kind_of(strength: Strength) -> GateKind {
    match strength {
        Strength::Valve => GateKind::Valve,
        Strength::Wire => GateKind::Wire,
        Strength::Latch => GateKind::Latch,
    }
}
