//! Engine and portal without a browser, in simulated time: a million attempts with something going
//! wrong at every step.
//!
//! The rules are the program's own: the attempt's transitions, what a crash means, what evidence
//! proves, what looks prove together, whose a row of the history is, when the balance can speak.
//! What is modelled is the world around them: logins that take turns, requests that arrive late or
//! never, answers that are lost, a history that is slow, debts that somebody else pays, programs
//! that die. A number replays everything.

use std::collections::{BTreeMap, HashMap};

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::domain::reconcile::{balance_says, match_history, settle};
use crate::domain::verdict::judge;
use crate::domain::{
    Answer, Attempt, BalanceSays, Claim, Conclusion, DebtAfter, Event, Evidence, GateKind,
    HistoryRow, HistorySays, Intent, Look, Outcome, Patience, Proof, Quote, Said, Settled, State,
    Verdict, Vnd,
};
use crate::engine::{Book, OnItsWay, Stamp};

/// A request is on its way for this long at most (milliseconds).
const LATE_MAX: i64 = 400;
/// The history shows a payment this much later at most.
const HISTORY_MAX: i64 = 400;
const PATIENCE: (&[i64], i64, i64) = (
    &[0, 300, 900, 1_600, 2_400, 4_000, 9_000, 30_000],
    LATE_MAX + HISTORY_MAX + 100,
    500,
);
/// Tries of a job after technical failures.
const RETRIES: u32 = 2;

/// A rule that is broken on purpose, to see that the model finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// None: the program as it is.
    None,
    /// What is in doubt is sent again.
    RetriesDoubts,
    /// A history without the payment proves at once that it was not sent.
    AbsenceProvesAtOnce,
    /// The balance counts as proof whatever else is on its way or in doubt.
    BalanceAlwaysProves,
    /// After a crash an armed attempt counts as not sent, whatever held it.
    ArmedIsNeverSent,
}

/// What a simulation counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Attempts that were begun.
    pub attempts: u64,
    /// Programs that died.
    pub crashes: u64,
    /// Payments that are proven.
    pub paid: u64,
    /// Attempts that became unknown.
    pub doubts: u64,
    /// Of those, the ones that only a person can settle.
    pub for_a_person: u64,
    /// Attempts that became unknown on a portal with a history page.
    pub doubts_with_history: u64,
    /// Of those, the ones that only a person can settle.
    pub for_a_person_with_history: u64,
    /// Broken promises, each with the number of its batch.
    pub wrong: Vec<String>,
}

/// Simulates batches, from the seed on, until so many attempts were made.
pub fn simulate(seed: u64, attempts: u64, flaw: Flaw) -> Counts {
    let mut counts = Counts::default();
    let mut number = seed;
    while counts.attempts < attempts {
        batch(number, flaw, &mut counts);
        number = number.wrapping_add(1);
    }
    counts
}

/// One batch, by its number.
pub fn batch(number: u64, flaw: Flaw, counts: &mut Counts) {
    let mut sim = Sim::new(number, flaw);
    sim.run();
    counts.attempts += sim.log.len() as u64;
    counts.crashes += sim.crashes;
    sim.audit(number, counts);
}

// ---- The world ------------------------------------------------------------------------------------------------------

#[derive(Debug, Clone)]
struct Job {
    account: String,
    amount: i64,
}

/// A request between the browser and the portal.
#[derive(Debug, Clone, Copy)]
struct OnWire {
    attempt: usize,
    arrives: i64,
}

#[derive(Debug)]
struct Portal {
    balance: i64,
    debts: HashMap<String, i64>,
    wire: Vec<OnWire>,
    /// Attempts by arrival, with what was said to each: every confirming request that got there.
    arrived: HashMap<usize, Vec<Reply>>,
    /// When it shows in the history, and the row.
    history: Vec<(i64, HistoryRow)>,
    moved: Vec<(usize, i64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reply {
    Success,
    Refused,
    Cleared,
}

/// One attempt's durable record.
#[derive(Debug)]
struct Record {
    job: usize,
    attempt: Attempt,
    armed_seq: i64,
    unknown_ms: i64,
    sends: u32,
    /// The browser still holds the request (until it is let go or killed).
    is_held: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Begin,
    LookUp,
    Prepare,
    PreArm,
    Arm,
    Click,
    Release,
    LetGo,
    Await,
    Rest,
}

/// A login at work on a job. Everything in here dies with the program.
#[derive(Debug)]
struct Login<'b> {
    job: usize,
    attempt: usize,
    phase: Phase,
    tries: u32,
    stamp: Option<Stamp>,
    on_its_way: Option<OnItsWay<'b>>,
}

struct Sim {
    dice: SmallRng,
    flaw: Flaw,
    now: i64,
    seq: i64,
    portal: Portal,
    jobs: Vec<Job>,
    is_debt: bool,
    gate: GateKind,
    has_history: bool,
    crash_rate: f64,
    log: Vec<Record>,
    /// Newest attempt of each job.
    last: BTreeMap<usize, usize>,
    crashes: u64,
}

/// The program died.
struct Crash;

impl Sim {
    fn new(number: u64, flaw: Flaw) -> Self {
        let mut dice = SmallRng::seed_from_u64(number);
        let is_debt = dice.random_bool(0.5);
        let count = dice.random_range(1..=12);
        let jobs: Vec<Job> = (0..count)
            .map(|i| {
                if is_debt {
                    Job {
                        account: format!("PE{i}"),
                        amount: 10_000 * dice.random_range(1..=4),
                    }
                } else {
                    // Few numbers and few amounts: equal top-ups are the hard case.
                    Job {
                        account: format!("09{}", dice.random_range(0..4)),
                        amount: 10_000 * dice.random_range(1..=2),
                    }
                }
            })
            .collect();
        let debts = jobs
            .iter()
            .map(|job| (job.account.clone(), job.amount))
            .collect();
        let gate = match dice.random_range(0..10) {
            0 => GateKind::Latch,
            1 | 2 => GateKind::Wire,
            _ => GateKind::Valve,
        };
        let portal = Portal {
            balance: 400_000,
            debts,
            wire: Vec::new(),
            arrived: HashMap::new(),
            history: Vec::new(),
            moved: Vec::new(),
        };
        let (has_history, crash_rate) = (
            dice.random_bool(0.8),
            [0.0, 0.005, 0.03][dice.random_range(0..3)],
        );
        Self {
            dice,
            flaw,
            now: 1_000,
            seq: 0,
            portal,
            jobs,
            is_debt,
            gate,
            has_history,
            crash_rate,
            log: Vec::new(),
            last: BTreeMap::new(),
            crashes: 0,
        }
    }

    fn chance(&mut self, percent: f64) -> bool {
        self.dice.random_bool(percent / 100.0)
    }

    fn pass(&mut self, ms: i64) {
        self.now += ms;
        let (due, later): (Vec<OnWire>, Vec<OnWire>) =
            self.portal.wire.iter().partition(|w| w.arrives <= self.now);
        self.portal.wire = later;
        for wire in due {
            self.arrive(wire);
        }
    }

    /// The portal works on a confirming request.
    fn arrive(&mut self, wire: OnWire) {
        let job = self.jobs[self.log[wire.attempt].job].clone();
        let owed = self
            .portal
            .debts
            .get(&job.account)
            .copied()
            .unwrap_or_default();
        let reply = match self.is_debt {
            true if owed == 0 => Reply::Cleared,
            _ if self.portal.balance < job.amount => Reply::Refused,
            _ => Reply::Success,
        };
        if reply == Reply::Success {
            self.portal.balance -= job.amount;
            if self.is_debt {
                self.portal.debts.insert(job.account.clone(), 0);
            }
            let shows = wire.arrives + self.dice.random_range(0..=HISTORY_MAX);
            let transaction = format!("T{}", self.portal.moved.len());
            self.portal.moved.push((wire.attempt, job.amount));
            self.portal.history.push((
                shows,
                HistoryRow {
                    transaction,
                    account: job.account,
                    amount: vnd(job.amount),
                },
            ));
        }
        self.portal
            .arrived
            .entry(wire.attempt)
            .or_default()
            .push(reply);
    }

    /// Appends to the durable record, by the program's own transitions.
    fn append(&mut self, attempt: usize, event: &Event) {
        self.seq += 1;
        let record = &mut self.log[attempt];
        if matches!(event, Event::Armed(_)) {
            record.armed_seq = self.seq;
        }
        if matches!(event, Event::ContactLost { .. })
            && record.armed_seq > 0
            && record.unknown_ms == 0
        {
            record.unknown_ms = self.now;
        }
        match record.attempt.clone().after(event) {
            Ok(next) => record.attempt = next,
            Err(error) => unreachable!("{error}"),
        }
    }

    fn is_open(&self, attempt: usize) -> bool {
        self.log[attempt].attempt.intent.is_some()
            && !matches!(self.log[attempt].attempt.state, State::Done(_))
    }

    // ---- The program ------------------------------------------------------------------------------------------------

    fn run(&mut self) {
        const LIVES: u32 = 60;
        for life in 0..LIVES {
            // The last lives are calm, so that every batch ends.
            if life + 5 > LIVES {
                self.crash_rate = 0.0;
            }
            let Err(Crash) = self.live() else { return };
            self.crashes += 1;
            self.die();
        }
    }

    /// What happens to held requests and to time when the program is gone.
    fn die(&mut self) {
        let away = self.dice.random_range(10..3_000);
        for attempt in 0..self.log.len() {
            // Only the browser held it, and somebody kills the driver first: it leaves.
            if self.log[attempt].is_held && self.gate == GateKind::Wire && self.chance(30.0) {
                let arrives = self.now + self.dice.random_range(0..away);
                self.send(attempt, arrives);
            }
        }
        self.pass(away);
    }

    fn send(&mut self, attempt: usize, arrives: i64) {
        self.log[attempt].is_held = false;
        self.log[attempt].sends += 1;
        self.portal.wire.push(OnWire { attempt, arrives });
    }

    /// One life of the program.
    fn live(&mut self) -> Result<(), Crash> {
        self.recover();
        let book = Book::default();
        for _ in 0..3 {
            self.look_into_doubts()?;
            let to_do = self.to_do();
            if to_do.is_empty() && !self.hope() {
                return Ok(());
            }
            self.work(&book, to_do)?;
            self.settle_what_is_left()?;
        }
        Ok(())
    }

    fn recover(&mut self) {
        for attempt in 0..self.log.len() {
            let event = match self.flaw {
                Flaw::ArmedIsNeverSent if self.log[attempt].attempt.state == State::Armed => {
                    Some(Event::Concluded(Conclusion::not_sent(String::new())))
                }
                _ => self.log[attempt].attempt.after_crash(),
            };
            if let Some(event) = event {
                self.append(attempt, &event);
            }
        }
        for attempt in 0..self.log.len() {
            if !self.is_open(attempt) || !self.chance(60.0) {
                // The browser is gone, and with it what it held.
                self.log[attempt].is_held = false;
                continue;
            }
            // Attached again: a held request is failed, an answer that stands there is read.
            if self.log[attempt].is_held {
                self.log[attempt].is_held = false;
                if self.log[attempt].attempt.request.is_some() {
                    let end = Conclusion::of(Outcome::NotSent, Proof::Reattach, String::new());
                    self.append(attempt, &Event::Concluded(end));
                }
            } else if let Some(reply) = self.reply(attempt) {
                self.append(
                    attempt,
                    &Event::Observed {
                        said: vec![said(reply)],
                        balance: None,
                    },
                );
            }
        }
    }

    fn reply(&self, attempt: usize) -> Option<Reply> {
        self.portal
            .arrived
            .get(&attempt)
            .and_then(|replies| replies.first())
            .copied()
    }

    fn to_do(&self) -> Vec<usize> {
        let free = |job: &usize| match self.last.get(job).map(|a| self.log[*a].attempt.state) {
            None | Some(State::Queued | State::Done(Outcome::NotSent | Outcome::Failed)) => true,
            Some(State::Done(_)) => false,
            Some(_) => self.flaw == Flaw::RetriesDoubts,
        };
        (0..self.jobs.len()).filter(free).collect()
    }

    /// Is there an open attempt that may still settle by itself?
    fn hope(&self) -> bool {
        (0..self.log.len())
            .any(|a| self.is_open(a) && matches!(self.settled(a), Settled::LookAt(_)))
    }

    /// Logins take turns, one step at a time, in an order that the dice choose.
    fn work(&mut self, book: &Book, mut waiting: Vec<usize>) -> Result<(), Crash> {
        let seats = self.dice.random_range(1..=3);
        let mut logins: Vec<Login<'_>> = Vec::new();
        waiting.reverse();
        loop {
            while logins.len() < seats {
                let busy = |job: usize| {
                    logins
                        .iter()
                        .any(|l| self.jobs[l.job].account == self.jobs[job].account)
                };
                let Some(place) = (0..waiting.len())
                    .rev()
                    .find(|place| !busy(waiting[*place]))
                else {
                    break;
                };
                let job = waiting.remove(place);
                logins.push(Login {
                    job,
                    attempt: self.begin(job),
                    phase: Phase::Begin,
                    tries: 0,
                    stamp: None,
                    on_its_way: None,
                });
            }
            if logins.is_empty() {
                return Ok(());
            }
            if self.dice.random_bool(self.crash_rate) {
                return Err(Crash);
            }
            let turn = self.dice.random_range(0..logins.len());
            let is_resting = logins
                .iter()
                .enumerate()
                .any(|(i, l)| i != turn && l.phase == Phase::Rest);
            let others_armed = logins
                .iter()
                .enumerate()
                .any(|(i, l)| i != turn && l.phase >= Phase::Click && l.phase < Phase::Rest);
            let ms = self.dice.random_range(1..60);
            self.pass(ms);
            // Somebody else pays a bill elsewhere.
            if self.is_debt && self.chance(0.2) {
                let account = self.jobs[self.dice.random_range(0..self.jobs.len())]
                    .account
                    .clone();
                self.portal.debts.insert(account, 0);
            }
            let login = &mut logins[turn];
            match login.phase {
                // Whoever needs the account at rest goes first, when nothing else is armed.
                Phase::Arm if is_resting => {}
                Phase::Rest if others_armed => {}
                _ => {
                    if self.step(book, login) {
                        logins.remove(turn);
                    }
                }
            }
        }
    }

    fn begin(&mut self, job: usize) -> usize {
        if let Some(last) = self
            .last
            .get(&job)
            .copied()
            .filter(|last| self.log[*last].attempt.state == State::Queued)
        {
            return last;
        }
        self.log.push(Record {
            job,
            attempt: Attempt::default(),
            armed_seq: 0,
            unknown_ms: 0,
            sends: 0,
            is_held: false,
        });
        self.last.insert(job, self.log.len() - 1);
        self.log.len() - 1
    }

    /// One step of one login. `true`: its job is done for now.
    fn step<'b>(&mut self, book: &'b Book, login: &mut Login<'b>) -> bool {
        let (attempt, job) = (login.attempt, self.jobs[login.job].clone());
        if login.phase > Phase::Begin && login.phase < Phase::Arm && self.chance(4.0) {
            // A technical failure before arming.
            self.append(attempt, &Event::ContactLost { why: String::new() });
            login.tries += 1;
            login.phase = Phase::Begin;
            if login.tries > RETRIES {
                self.append(
                    attempt,
                    &Event::Concluded(Conclusion::of(Outcome::Failed, Proof::None, String::new())),
                );
                return true;
            }
            return false;
        }
        login.phase = match login.phase {
            Phase::Begin => {
                login.stamp = Some(book.stamp(self.seq));
                self.append(
                    attempt,
                    &Event::Leased {
                        session: String::new(),
                        operator: None,
                    },
                );
                Phase::LookUp
            }
            Phase::LookUp => {
                let owed = self
                    .portal
                    .debts
                    .get(&job.account)
                    .copied()
                    .unwrap_or_default();
                if self.is_debt && owed == 0 {
                    self.append(
                        attempt,
                        &Event::Concluded(Conclusion::of(
                            Outcome::NoDebt,
                            Proof::Response,
                            String::new(),
                        )),
                    );
                    return true;
                }
                let quote = Quote {
                    amount: vnd(job.amount),
                    customer: None,
                    balance: Some(vnd(self.portal.balance)),
                };
                self.append(attempt, &Event::QuoteSeen(quote));
                Phase::Prepare
            }
            Phase::Prepare => {
                self.append(attempt, &Event::Prepared);
                Phase::PreArm
            }
            Phase::PreArm => {
                self.append(attempt, &Event::PreArmed);
                Phase::Arm
            }
            Phase::Arm => return self.arm(book, login, &job),
            Phase::Click => {
                // The page does not click (its dialog changed): the gate knows that nothing left.
                if self.chance(1.0) {
                    login.on_its_way = None;
                    self.append(
                        attempt,
                        &Event::Concluded(Conclusion::not_sent(String::new())),
                    );
                    return true;
                }
                if self.gate == GateKind::Latch {
                    self.depart(attempt);
                    Phase::Await
                } else {
                    self.log[attempt].is_held = true;
                    Phase::Release
                }
            }
            Phase::Release => {
                self.append(
                    attempt,
                    &Event::Released {
                        request: Some(attempt.to_string()),
                        body: None,
                    },
                );
                Phase::LetGo
            }
            Phase::LetGo if self.gate == GateKind::Valve && self.chance(2.0) => {
                // The browser died before the valve was opened.
                self.log[attempt].is_held = false;
                login.on_its_way = None;
                self.append(attempt, &Event::Withheld { why: String::new() });
                self.append(
                    attempt,
                    &Event::Concluded(Conclusion::not_sent(String::new())),
                );
                return true;
            }
            Phase::LetGo => {
                self.depart(attempt);
                Phase::Await
            }
            Phase::Await => return self.answer(book, login),
            Phase::Rest => {
                if let Err(why) = self.conclude_or_doubt(attempt, None, true) {
                    self.append(attempt, &Event::ContactLost { why });
                }
                return true;
            }
        };
        false
    }

    fn arm<'b>(&mut self, book: &'b Book, login: &mut Login<'b>, job: &Job) -> bool {
        let attempt = login.attempt;
        let obligation = self.obligation(job);
        let is_locked = (0..self.log.len()).any(|other| {
            other != attempt
                && self.is_open(other)
                && self.log[other]
                    .attempt
                    .intent
                    .as_ref()
                    .is_some_and(|i| i.obligation == obligation)
        });
        if is_locked && self.flaw != Flaw::RetriesDoubts {
            self.append(
                attempt,
                &Event::Concluded(Conclusion::of(Outcome::Refused, Proof::None, String::new())),
            );
            return true;
        }
        let others_in_doubt =
            (0..self.log.len()).any(|other| other != attempt && self.is_open(other));
        if let Some(stamp) = login.stamp
            && book.is_untouched(stamp, 0)
            && !others_in_doubt
            && let Some(balance) = self.log[attempt]
                .attempt
                .quote
                .as_ref()
                .and_then(|q| q.balance)
        {
            book.rests_at(balance, stamp.seq);
        }
        let (balance_before, balance_seq) = book.at_rest().unzip();
        let balance_before = if self.flaw == Flaw::BalanceAlwaysProves {
            Some(vnd(self.portal.balance))
        } else {
            balance_before
        };
        let mark = self.has_history.then(String::new);
        self.append(
            attempt,
            &Event::Armed(Intent {
                agent: "A".into(),
                fingerprint: String::new(),
                obligation,
                amount: vnd(job.amount),
                balance_before,
                balance_seq,
                balance_is_proof: balance_before.is_some(),
                gate: self.gate,
                session: String::new(),
                browser_pid: None,
                debugger_address: None,
                bidi_url: None,
                context: None,
                history_seq: mark.as_ref().map(|_| 0),
                history_mark: mark,
                fence: None,
                deadline_ms: 0,
            }),
        );
        login.on_its_way = Some(book.arm());
        login.phase = Phase::Click;
        false
    }

    fn obligation(&self, job: &Job) -> String {
        if self.is_debt {
            job.account.clone()
        } else {
            format!("{}|{}", job.account, job.amount)
        }
    }

    /// The request leaves: mostly it arrives, sometimes late, sometimes never.
    fn depart(&mut self, attempt: usize) {
        if self.chance(6.0) {
            self.log[attempt].is_held = false;
            return;
        }
        let late = self.dice.random_range(1..=LATE_MAX);
        self.send(attempt, self.now + late);
    }

    /// The answer: read, odd, or lost. With the balance where nothing else moves it.
    fn answer<'b>(&mut self, book: &'b Book, login: &mut Login<'b>) -> bool {
        let attempt = login.attempt;
        let is_lost = self.chance(12.0);
        if !is_lost {
            self.pass(LATE_MAX);
        }
        let reply = self.reply(attempt).filter(|_| !is_lost);
        let mut balance = None;
        match reply {
            Some(_) if self.chance(4.0) => {
                let odd = Said {
                    severity: "info".into(),
                    text: "đang xử lý".into(),
                };
                self.append(
                    attempt,
                    &Event::Observed {
                        said: vec![odd],
                        balance: None,
                    },
                );
            }
            Some(reply) => {
                let is_mine = login.stamp.is_some_and(|stamp| book.is_untouched(stamp, 1));
                balance = Some(vnd(self.portal.balance))
                    .filter(|_| is_mine || self.flaw == Flaw::BalanceAlwaysProves);
                self.append(
                    attempt,
                    &Event::Observed {
                        said: vec![said(reply)],
                        balance,
                    },
                );
            }
            None => self.append(attempt, &Event::ContactLost { why: String::new() }),
        }
        if self.conclude_or_doubt(attempt, balance, false).is_ok() {
            login.on_its_way = None;
            return true;
        }
        login.on_its_way = None;
        login.phase = Phase::Rest;
        false
    }

    /// What the balance would be without this attempt; `None` where it proves nothing.
    fn explained(&self, attempt: usize) -> Option<Vnd> {
        let intent = self.log[attempt].attempt.intent.as_ref()?;
        let (before, seq) = (
            intent.balance_before?,
            intent.balance_seq.unwrap_or_default(),
        );
        if self.flaw == Flaw::BalanceAlwaysProves {
            return Some(before);
        }
        if (0..self.log.len()).any(|other| other != attempt && self.is_open(other)) {
            return None;
        }
        before.checked_sub(self.paid_since(seq, attempt))
    }

    /// Judges by the program's own rules. `at_rest`: everything that can be asked may be asked.
    fn conclude_or_doubt(
        &mut self,
        attempt: usize,
        balance: Option<Vnd>,
        at_rest: bool,
    ) -> Result<(), String> {
        let intent = self.log[attempt].attempt.intent.clone();
        let before = if at_rest {
            self.explained(attempt)
        } else {
            intent
                .as_ref()
                .and_then(|i| i.balance_before)
                .filter(|_| balance.is_some())
        };
        let mut evidence = Evidence {
            amount: intent.map_or(Vnd::ZERO, |i| i.amount),
            is_debt: self.is_debt,
            answer: answer_of(self.log[attempt].attempt.observed.as_deref()),
            balance_before: before,
            balance_after: if at_rest {
                Some(vnd(self.portal.balance))
            } else {
                balance
            },
            balance_is_proof: before.is_some(),
            debt_after: DebtAfter::NotAsked,
        };
        loop {
            match judge(&evidence) {
                Verdict::Proven(outcome, proof) => {
                    self.append(
                        attempt,
                        &Event::Concluded(
                            Conclusion::of(outcome, proof, String::new()).about(evidence.amount),
                        ),
                    );
                    return Ok(());
                }
                Verdict::LookAgain if at_rest => evidence.debt_after = self.debt_after(attempt),
                Verdict::LookAgain => return Err(String::new()),
                Verdict::InDoubt(doubt) => return Err(doubt.to_string()),
            }
        }
    }

    fn debt_after(&self, attempt: usize) -> DebtAfter {
        let job = &self.jobs[self.log[attempt].job];
        match (self.is_debt, self.portal.debts.get(&job.account)) {
            (false, _) => DebtAfter::NotAsked,
            (true, Some(0) | None) => DebtAfter::Gone,
            (true, Some(_)) => DebtAfter::StillDue,
        }
    }

    // ---- The reconciler ---------------------------------------------------------------------------------------------

    fn look_into_doubts(&mut self) -> Result<(), Crash> {
        loop {
            let open: Vec<usize> = (0..self.log.len()).filter(|a| self.is_open(*a)).collect();
            let mut settled = 0;
            for attempt in &open {
                settled += u32::from(self.look_into(*attempt)?);
            }
            if settled == 0 || open.is_empty() {
                return Ok(());
            }
        }
    }

    fn settle_what_is_left(&mut self) -> Result<(), Crash> {
        loop {
            let due = (0..self.log.len())
                .filter(|a| self.is_open(*a))
                .filter_map(|a| match self.settled(a) {
                    Settled::LookAt(due) => Some((due, a)),
                    Settled::Proven(..) | Settled::Person => None,
                });
            let Some((due, attempt)) = due.min() else {
                return Ok(());
            };
            self.pass((due - self.now).max(1));
            self.look_into(attempt)?;
        }
    }

    fn settled(&self, attempt: usize) -> Settled {
        let record = &self.log[attempt];
        let (schedule, settle_ms, apart_ms) = PATIENCE;
        let patience = match self.flaw {
            Flaw::AbsenceProvesAtOnce => Patience {
                schedule_ms: schedule.to_vec(),
                settle_ms: 0,
                apart_ms: 0,
            },
            _ => Patience {
                schedule_ms: schedule.to_vec(),
                settle_ms,
                apart_ms,
            },
        };
        settle(
            &record.attempt.looks,
            self.is_debt,
            record.unknown_ms,
            &patience,
        )
    }

    fn look_into(&mut self, attempt: usize) -> Result<bool, Crash> {
        if self.dice.random_bool(self.crash_rate) {
            return Err(Crash);
        }
        self.append(attempt, &Event::ReconcileStarted);
        let ms = self.dice.random_range(1..40);
        self.pass(ms);
        if self.conclude_or_doubt(attempt, None, true).is_ok() {
            return Ok(true);
        }
        let look = Look {
            at_ms: self.now,
            history: self.history_says(attempt),
            debt: self.debt_after(attempt),
            balance: self.balance_says(attempt),
        };
        self.append(attempt, &Event::Looked(look));
        if let Settled::Proven(outcome, proof, transaction) = self.settled(attempt) {
            let amount = vnd(self.jobs[self.log[attempt].job].amount);
            let end = Conclusion {
                transaction_id: transaction,
                ..Conclusion::of(outcome, proof, String::new()).about(amount)
            };
            self.append(attempt, &Event::Concluded(end));
            return Ok(true);
        }
        self.append(attempt, &Event::ContactLost { why: String::new() });
        Ok(false)
    }

    fn history_says(&self, attempt: usize) -> HistorySays {
        if !self.has_history {
            return HistorySays::NotToBeHad;
        }
        let claim = |record: &Record| {
            let job = &self.jobs[record.job];
            let transaction = record
                .attempt
                .conclusion
                .as_ref()
                .and_then(|end| end.transaction_id.clone());
            Claim {
                account: job.account.clone(),
                amount: vnd(job.amount),
                transaction,
            }
        };
        let rows: Vec<HistoryRow> = self
            .portal
            .history
            .iter()
            .filter(|(shows, _)| *shows <= self.now)
            .map(|(_, row)| row.clone())
            .collect();
        let paid: Vec<Claim> = self
            .log
            .iter()
            .filter(|r| r.attempt.state == State::Done(Outcome::Paid))
            .map(claim)
            .collect();
        let open: Vec<Claim> = (0..self.log.len())
            .filter(|a| self.is_open(*a))
            .map(|a| claim(&self.log[a]))
            .collect();
        match_history(&rows, &paid, &open, &claim(&self.log[attempt]))
    }

    fn balance_says(&self, attempt: usize) -> BalanceSays {
        let Some(intent) = &self.log[attempt].attempt.intent else {
            return BalanceSays::NoProof;
        };
        let earlier = || {
            let before_mine = self
                .log
                .iter()
                .filter(|r| r.armed_seq > 0 && r.armed_seq < self.log[attempt].armed_seq);
            let newest = before_mine
                .filter(|r| {
                    r.attempt
                        .intent
                        .as_ref()
                        .is_some_and(|i| i.balance_before.is_some())
                })
                .max_by_key(|r| r.armed_seq);
            newest.and_then(|r| r.attempt.intent.as_ref())
        };
        let (intent, is_earlier) = match (intent.balance_before, earlier()) {
            (None, Some(earlier)) => (earlier, true),
            _ => (intent, false),
        };
        let seq = intent.balance_seq.unwrap_or_default();
        let open: Vec<usize> = (0..self.log.len()).filter(|a| self.is_open(*a)).collect();
        let before = intent
            .balance_before
            .filter(|_| open.iter().all(|a| self.log[*a].armed_seq > seq));
        let before = before.and_then(|before| before.checked_sub(self.paid_since(seq, attempt)));
        let amounts: Vec<Vnd> = open
            .iter()
            .map(|a| vnd(self.jobs[self.log[*a].job].amount))
            .collect();
        let says = balance_says(before, Some(vnd(self.portal.balance)), &amounts);
        if is_earlier {
            says.of_an_earlier_run()
        } else {
            says
        }
    }

    fn paid_since(&self, seq: i64, except: usize) -> Vnd {
        let paid = self.log.iter().enumerate().filter(|(other, r)| {
            *other != except && r.armed_seq > seq && r.attempt.state == State::Done(Outcome::Paid)
        });
        paid.map(|(_, r)| vnd(self.jobs[r.job].amount)).sum()
    }

    // ---- The truth --------------------------------------------------------------------------------------------------

    fn audit(&self, number: u64, counts: &mut Counts) {
        let mut wrong = |what: String| counts.wrong.push(format!("batch {number}: {what}"));
        for (job, wanted) in self.jobs.iter().enumerate() {
            let moved = self
                .portal
                .moved
                .iter()
                .filter(|(a, _)| self.log[*a].job == job)
                .count();
            if moved > 1 {
                wrong(format!("{} was paid {moved} times", wanted.account));
            }
        }
        for (attempt, record) in self.log.iter().enumerate() {
            let moved = self
                .portal
                .moved
                .iter()
                .filter(|(a, _)| *a == attempt)
                .count();
            let state = record.attempt.state;
            if record.sends > 1 {
                wrong(format!("attempt {attempt} was sent {} times", record.sends));
            }
            // Equal top-ups to one number may trade places in the history: what counts is how many.
            if self.is_debt
                && (state == State::Done(Outcome::Paid)) != (moved > 0)
                && !self.is_open(attempt)
            {
                wrong(format!(
                    "attempt {attempt} is {} and moved the money {moved} times",
                    state.wire()
                ));
            }
            if !self.is_open(attempt) && !matches!(state, State::Done(_)) {
                wrong(format!("attempt {attempt} was left {}", state.wire()));
            }
        }
        let paid: i64 = self
            .log
            .iter()
            .filter(|r| r.attempt.state == State::Done(Outcome::Paid))
            .map(|r| self.jobs[r.job].amount)
            .sum();
        let moved: i64 = self.portal.moved.iter().map(|(_, amount)| amount).sum();
        let open: i64 = (0..self.log.len())
            .filter(|a| self.is_open(*a))
            .map(|a| self.jobs[self.log[a].job].amount)
            .sum();
        if paid > moved || moved > paid + open {
            wrong(format!(
                "{paid} đ in the ledger (+ {open} in doubt), {moved} đ in truth"
            ));
        }
        counts.paid += self
            .log
            .iter()
            .filter(|r| r.attempt.state == State::Done(Outcome::Paid))
            .count() as u64;
        let doubts = self.log.iter().filter(|r| r.unknown_ms > 0).count() as u64;
        let open = (0..self.log.len()).filter(|a| self.is_open(*a)).count() as u64;
        counts.doubts += doubts;
        counts.for_a_person += open;
        if self.has_history {
            counts.doubts_with_history += doubts;
            counts.for_a_person_with_history += open;
        }
    }
}

impl PartialOrd for Phase {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (*self as u8).partial_cmp(&(*other as u8))
    }
}

fn vnd(dong: i64) -> Vnd {
    Vnd::try_from(dong).unwrap_or_default()
}

fn said(reply: Reply) -> Said {
    let text = match reply {
        Reply::Success => "success",
        Reply::Refused => "refused",
        Reply::Cleared => "cleared",
    };
    Said {
        severity: "info".into(),
        text: text.into(),
    }
}

fn answer_of(said: Option<&[Said]>) -> Answer {
    match said.and_then(|said| said.first()).map(|s| s.text.as_str()) {
        None => Answer::Silent,
        Some("success") => Answer::Success {
            amounts: Vec::new(),
        },
        Some("refused") => Answer::Refused,
        Some("cleared") => Answer::Cleared,
        Some(_) => Answer::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_thousand_attempts_break_no_promise() {
        let counts = simulate(1, 20_000, Flaw::None);
        assert!(
            counts.wrong.is_empty(),
            "{:#?}",
            &counts.wrong[..counts.wrong.len().min(5)]
        );
        assert!(
            counts.crashes > 500 && counts.paid > 5_000 && counts.doubts > 1_000,
            "{counts:?}"
        );
    }

    #[test]
    fn a_number_replays_everything() {
        let run = || {
            let mut counts = Counts::default();
            (7..30).for_each(|number| batch(number, Flaw::None, &mut counts));
            counts
        };
        assert_eq!(run(), run());
    }

    #[test]
    fn every_broken_rule_is_found() {
        for flaw in [
            Flaw::RetriesDoubts,
            Flaw::AbsenceProvesAtOnce,
            Flaw::BalanceAlwaysProves,
            Flaw::ArmedIsNeverSent,
        ] {
            assert!(
                !simulate(1, 50_000, flaw).wrong.is_empty(),
                "{flaw:?} goes unnoticed"
            );
        }
    }
}
