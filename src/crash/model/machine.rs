//! The program of the model: logins that take turns at carrying out what their drivers ask for, in
//! an order that the dice choose, until it dies and starts again.

mod click;
mod doubts;
mod leases;
mod reading;
mod seat;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use super::journal::Journal;
use super::portal::{BOOKING_MAX, HISTORY_MAX, LATE_MAX, ModelPortal, Wording};
use super::server::JobServerModel;
use crate::domain::batch::is_to_do;
use crate::domain::driver::{
    AttemptDriver, AttemptRules, Effect, Input, JobTask, Reply, TechnicalFault, Turn,
};
use crate::domain::{
    Defaults, Event, Flaw, GateKind, JobList, Limits, Patience, Service, Source, Ticket, Vnd,
};
use crate::engine::Book;
use click::answered;
use seat::{Left, LoginSeat};

const SCHEDULE: &[i64] = &[0, 300, 900, 1_600, 2_400, 4_000, 9_000, 30_000];

const SETTLE_MS: i64 = LATE_MAX + BOOKING_MAX + HISTORY_MAX + 100;

const APART_MS: i64 = 500;

/// Starts of the program, at most.
const LIVES: u32 = 60;

/// The program died.
pub(super) struct Crash;

#[expect(
    clippy::struct_excessive_bools,
    reason = "what is so in a world that is made up"
)]
pub(super) struct Simulation {
    pub dice: SmallRng,
    pub now: i64,
    pub portal: ModelPortal,
    pub journal: Journal,
    pub server: Option<JobServerModel>,
    pub tasks: Vec<JobTask>,
    pub is_debt: bool,
    pub crashes: u64,
    pub postponed: u64,
    pub leased: u64,
    /// What the driver did that it must not: a second copy of the order would.
    pub out_of_order: Vec<String>,
    pub(super) rules: Arc<AttemptRules>,
    gate: GateKind,
    crash_rate: f64,
    /// The link to the server is away until then.
    link_away_until: i64,
    batch: u32,
    /// Newest attempt of each job in this batch.
    last: BTreeMap<usize, usize>,
    words_fail: bool,
    pub(super) is_paused: bool,
    /// The balance of the page that a login keeps open.
    pub(super) old_balance: Vnd,
    /// What was told last could not be held against the account.
    pub is_unchecked: bool,
}

impl Simulation {
    pub fn new(number: u64, flaw: Flaw) -> Self {
        let mut dice = SmallRng::seed_from_u64(number);
        let is_debt = dice.random_bool(0.5);
        let service = if is_debt {
            Service::PayEvn
        } else {
            Service::TopUpViettel
        };
        let count = dice.random_range(1..=12);
        let lines: Vec<String> = (0..count)
            .map(|i| {
                if is_debt {
                    return format!("PE{i:04}");
                }
                // Few numbers and few amounts: equal top-ups are the hard case.
                let amount = 10_000 * dice.random_range(1..=2);
                format!("098100000{}|{amount}|D{i}", dice.random_range(0..4))
            })
            .collect();
        let list = JobList::from_lines(service, Defaults::default(), &lines.join("\n"));
        let is_leased = dice.random_bool(0.4);
        let tasks: Vec<JobTask> = list
            .jobs
            .into_iter()
            .map(|job| JobTask {
                service,
                job,
                agent: Some("A".into()),
                is_dry_run: false,
                is_repeat_wanted: false,
                minimum: Vnd::ZERO,
            })
            .collect();
        let debts: HashMap<String, i64> = tasks
            .iter()
            .map(|task| {
                let account = task.job.account.as_str().to_owned();
                (account, 10_000 * dice.random_range(1..=4))
            })
            .collect();
        let gate = match dice.random_range(0..10) {
            0 => GateKind::Latch,
            1 | 2 => GateKind::Wire,
            _ => GateKind::Valve,
        };
        let portal = ModelPortal::new(&mut dice, is_debt, debts);
        let rules = AttemptRules {
            limits: Limits::default(),
            patience: Patience {
                schedule_ms: SCHEDULE.to_vec(),
                settle_ms: SETTLE_MS,
                apart_ms: APART_MS,
            },
            retries: 2,
            settle_waits_ms: vec![100, 300],
            flaw,
        };
        let crash_rate = [0.0, 0.003, 0.02][dice.random_range(0..3)];
        Self {
            dice,
            now: 1_000,
            portal,
            journal: Journal::default(),
            server: is_leased.then(|| JobServerModel::new(tasks.len())),
            tasks,
            is_debt,
            crashes: 0,
            postponed: 0,
            leased: 0,
            out_of_order: Vec::new(),
            rules: Arc::new(rules),
            gate,
            crash_rate,
            link_away_until: 0,
            batch: 0,
            last: BTreeMap::new(),
            words_fail: false,
            is_paused: false,
            old_balance: Vnd::ZERO,
            is_unchecked: false,
        }
    }

    pub(super) fn chance(&mut self, percent: f64) -> bool {
        self.dice.random_bool(percent / 100.0)
    }

    pub(super) fn pass(&mut self, ms: i64) {
        self.now += ms;
        self.portal.pass_to(self.now, &mut self.dice);
        self.server_life();
    }

    /// What may be interrupted: power, a kill, a panic.
    pub(super) fn live_on(&mut self) -> Result<(), Crash> {
        if self.dice.random_bool(self.crash_rate) {
            return Err(Crash);
        }
        Ok(())
    }

    pub fn account(&self, job: usize) -> String {
        self.tasks[job].job.account.as_str().to_owned()
    }

    pub fn amount(&self, job: usize) -> i64 {
        let top_up = self.tasks[job].job.amount.map(Vnd::dong);
        top_up.unwrap_or_else(|| self.portal.owed(&self.account(job)))
    }

    // ---- The program ----
    pub fn run(&mut self) {
        for life in 0..LIVES {
            // The last lives are calm, so that every batch ends.
            if life + 5 > LIVES {
                self.crash_rate = 0.0;
            }
            if let Ok(()) = self.live() {
                self.link_away_until = 0;
                self.deliver();
                return;
            }
            self.crashes += 1;
            self.die();
        }
    }

    /// What happens to held requests and to time when the program is gone.
    fn die(&mut self) {
        let away = self.dice.random_range(10..3_000);
        for attempt in 0..self.journal.records.len() {
            // Only the browser held it, and somebody kills the driver first: it leaves.
            let is_held = self.journal.records[attempt].is_held;
            if is_held && self.gate == GateKind::Wire && self.chance(30.0) {
                let arrives = self.now + self.dice.random_range(0..away);
                self.send(attempt, arrives);
            }
        }
        self.pass(away);
    }

    /// One life of the program.
    fn live(&mut self) -> Result<(), Crash> {
        self.is_paused = false;
        self.words_fail = self.portal.wording == Wording::Odd && self.dice.random_bool(0.5);
        self.recover()?;
        self.deliver();
        self.take_leases();
        let book = Book::default();
        self.look_into_doubts()?;
        self.check_fall(&book, None)?;
        for _ in 0..3 {
            self.look_into_doubts()?;
            let to_do = self.to_do();
            if self.is_paused || (to_do.is_empty() && !self.hope()) {
                return Ok(());
            }
            self.work(&book, to_do)?;
            self.settle_what_is_left()?;
            self.check_fall(&book, book.at_rest())?;
            self.deliver();
        }
        Ok(())
    }

    /// The task as it was when the attempt was made.
    fn task_of(&self, attempt: usize) -> JobTask {
        let record = &self.journal.records[attempt];
        let mut task = self.tasks[record.job].clone();
        task.job.ticket = (record.fence > 0).then(|| Ticket {
            source: Source::Server,
            id: record.job.to_string(),
            fence: record.fence,
        });
        task
    }

    fn driver(&self, attempt: usize) -> AttemptDriver {
        let record = &self.journal.records[attempt];
        AttemptDriver::new(
            self.task_of(attempt),
            self.rules.clone(),
            record.attempt.clone(),
            record.reading.clone(),
        )
    }

    pub(super) fn append(&mut self, attempt: usize, event: &Event) {
        let task = self.task_of(attempt);
        self.journal.append(attempt, event, &task, self.now);
    }

    /// Feeds an answer to a driver. A fault of the driver itself is a broken promise.
    fn step(&mut self, driver: &mut AttemptDriver, input: Input) -> Option<Effect> {
        match driver.step(input) {
            Ok(effect) => Some(effect),
            Err(error) => {
                self.out_of_order.push(error.to_string());
                None
            }
        }
    }

    fn to_do(&self) -> Vec<usize> {
        let flawed = self.rules.flaw == Flaw::RetriesDoubts;
        let newest = |job: usize| {
            let last = self.last.get(&job);
            last.map(|attempt| self.journal.records[*attempt].attempt.state)
        };
        let is_ours = |job: usize| self.server.is_none() || self.tasks[job].job.ticket.is_some();
        (0..self.tasks.len())
            .filter(|job| is_ours(*job))
            .filter(|job| {
                let state = newest(*job);
                is_to_do(false, state)
                    || flawed && state.is_some_and(crate::domain::State::is_in_doubt)
            })
            .collect()
    }

    /// Logins take turns, one effect at a time, in an order that the dice choose.
    fn work(&mut self, book: &Book, mut waiting: Vec<usize>) -> Result<(), Crash> {
        let most = self.dice.random_range(1..=3);
        let mut seats: Vec<LoginSeat<'_>> = Vec::new();
        let fences: Vec<(usize, i64)> =
            waiting.iter().map(|job| (*job, self.fence(*job))).collect();
        waiting.reverse();
        let (mut must_settle, mut must_check) = (false, false);
        loop {
            while seats.len() < most && !must_settle && !must_check {
                let busy = |job: usize| {
                    let at = |seat: &LoginSeat<'_>| self.journal.records[seat.attempt].job;
                    seats
                        .iter()
                        .any(|seat| self.account(at(seat)) == self.account(job))
                };
                let free = (0..waiting.len()).rev().find(|at| !busy(waiting[*at]));
                let Some(place) = free else { break };
                if self.is_check_due(book, waiting[place], most) {
                    must_check = true;
                    break;
                }
                let job = waiting.remove(place);
                let attempt = self.attempt_at(job);
                seats.extend(self.sit_down(book, attempt, 0));
            }
            if seats.is_empty() && must_check {
                self.check_fall(book, book.at_rest())?;
                if self.is_paused {
                    return Ok(());
                }
                let free = waiting.pop();
                must_check = false;
                if let Some(job) = free {
                    let attempt = self.attempt_at(job);
                    seats.extend(self.sit_down(book, attempt, 0));
                }
                continue;
            }
            if seats.is_empty() && must_settle {
                // What is on its way was waited for.
                self.look_into_doubts()?;
                self.settle_what_is_left()?;
                self.is_paused = self.journal.others_in_doubt(usize::MAX) > 0;
                if self.is_paused {
                    return Ok(());
                }
                must_settle = false;
                continue;
            }
            if seats.is_empty() {
                return Ok(());
            }
            let turn = self.dice.random_range(0..seats.len());
            let ms = self.dice.random_range(1..60);
            self.pass(ms);
            if self.chance(10.0) {
                self.beat(&fences);
                self.deliver();
            }
            // Somebody else pays a bill elsewhere.
            if self.is_debt && self.server.is_none() && self.chance(0.2) {
                let job = self.dice.random_range(0..self.tasks.len());
                self.portal.debts.insert(self.account(job), 0);
            }
            let mut seat = seats.swap_remove(turn);
            match self.turn(book, &mut seat, &seats)? {
                None => seats.push(seat),
                Some(Left::Done) => {}
                Some(Left::Again { attempt, tries }) => {
                    drop(seat);
                    seats.extend(self.sit_down(book, attempt, tries));
                }
                Some(Left::Postponed) => {
                    self.postponed += 1;
                    waiting.push(self.journal.records[seat.attempt].job);
                    drop(seat);
                    must_settle = true;
                }
            }
        }
    }

    /// Carries an effect out in the modelled world. `None`: it has to wait.
    fn carry_out<'b>(
        &mut self,
        book: &'b Book,
        seat: &mut LoginSeat<'b>,
        others: &[LoginSeat<'b>],
        effect: Effect,
    ) -> Option<Input> {
        let attempt = seat.attempt;
        let job = self.journal.records[attempt].job;
        Some(match effect {
            Effect::Record(Event::Released { .. }) if self.chance(0.3) => Input::NotRecorded,
            Effect::Record(event) => {
                self.append(attempt, &event);
                Input::Recorded
            }
            Effect::LookUp { .. } | Effect::OpenDialog | Effect::CloseGate if self.chance(4.0) => {
                Input::Fault(TechnicalFault {
                    why: String::new(),
                    ends_batch: false,
                })
            }
            Effect::LookUp { with_balance } => Input::LookedUp(self.look_up(job, with_balance)),
            Effect::ReadFacts => Input::Facts(self.facts(attempt)),
            Effect::OpenDialog => self.open_dialog(seat.driver.amount()),
            Effect::CloseGate => Input::GateClosed(self.gate),
            Effect::TakeTurn => {
                if others
                    .iter()
                    .any(|other| other.has_turn || other.is_at_rest)
                {
                    return None;
                }
                seat.has_turn = true;
                let rest = book.at_rest();
                Input::Turn(Turn {
                    facts: self.facts(attempt),
                    is_untouched: book.is_untouched(seat.stamp, 0),
                    seq: seat.stamp.seq,
                    rest,
                    explained: rest.and_then(|rest| self.explained(rest)),
                })
            }
            Effect::AskServer { .. } => Input::Permit(self.ask_server(attempt)),
            Effect::StandDown => {
                seat.has_turn = false;
                Input::StoodDown
            }
            Effect::Arm(order) => {
                if let Some((balance, seq)) = order.rest.filter(|_| order.is_rest_new) {
                    book.rests_at(balance, seq, self.now);
                }
                let intent = self.intent(job, &order);
                seat.on_its_way = Some(book.arm(&intent.obligation));
                self.append(attempt, &Event::Armed(intent));
                seat.has_turn = false;
                Input::Armed
            }
            Effect::Press { with_balance } => {
                seat.asks_balance = with_balance;
                return self.press(book, seat);
            }
            Effect::LetGo => return self.let_go(book, seat),
            Effect::Withhold => {
                self.journal.records[attempt].is_held = false;
                answered(Reply::NotSent("disk full".into()), false)
            }
            Effect::WaitForRest => {
                seat.on_its_way = None;
                let is_busy = |other: &LoginSeat<'_>| {
                    other.has_turn || other.is_at_rest || other.on_its_way.is_some()
                };
                if others.iter().any(is_busy) {
                    return None;
                }
                seat.is_at_rest = true;
                Input::AtRest
            }
            reading => self.read(attempt, reading)?,
        })
    }
}
