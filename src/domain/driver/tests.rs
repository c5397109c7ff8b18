use super::*;
use crate::domain::attempt::State;
use crate::domain::guard::{EqualTopUp, GuardFacts, Limits};
use crate::domain::reconcile::Patience;
use crate::domain::service::Service;
use crate::domain::ticket::{Source, Ticket};
use crate::domain::verdict::Answer;
use crate::domain::{Defaults, JobList};

const AMOUNT: Vnd = Vnd::fixed(50_000);
const BEFORE: Vnd = Vnd::fixed(1_000_000);
const LOWER: Vnd = Vnd::fixed(950_000);

fn task() -> JobTask {
    let service = Service::TopUpViettel;
    let list = JobList::from_lines(service, Defaults::default(), "0981234567|50000");
    JobTask {
        service,
        job: list.jobs.into_iter().next().expect("a job"),
        agent: Some("A".into()),
        is_dry_run: false,
        is_repeat_wanted: false,
        minimum: Vnd::ZERO,
    }
}

fn leased() -> JobTask {
    let mut task = task();
    task.job.ticket = Some(Ticket {
        source: Source::Server,
        id: "1".into(),
        fence: 1,
    });
    task
}

fn rules(flaw: Flaw) -> Arc<AttemptRules> {
    Arc::new(AttemptRules {
        limits: Limits::default(),
        patience: Patience {
            schedule_ms: vec![0, 1_000],
            settle_ms: 500,
            apart_ms: 100,
        },
        retries: 1,
        settle_waits_ms: vec![100],
        flaw,
    })
}

fn driver(task: JobTask, flaw: Flaw) -> AttemptDriver {
    AttemptDriver::new(task, rules(flaw), Attempt::default(), Reading::SILENT)
}

/// A story: each line says what the driver asks for and what it is answered.
struct Story {
    driver: AttemptDriver,
    next: Effect,
}

impl Story {
    fn begin(mut driver: AttemptDriver, is_provable_in_words: bool) -> Self {
        let begin = Begin {
            is_provable_in_words,
            ..Begin::default()
        };
        let next = driver.begin(begin).expect("begins");
        Self { driver, next }
    }

    fn answer(&mut self, input: Input) {
        self.next = self.driver.step(input).expect("in order");
    }

    /// Whatever is to be recorded is recorded.
    fn record(&mut self) {
        while matches!(self.next, Effect::Record(_)) {
            self.answer(Input::Recorded);
        }
    }

    /// Up to where the turn is asked for.
    fn until_turn(&mut self) {
        self.record();
        assert!(matches!(self.next, Effect::LookUp { .. }));
        self.answer(Input::LookedUp(due()));
        self.record();
        assert_eq!(self.next, Effect::ReadFacts);
        self.answer(Input::Facts(GuardFacts::default()));
        assert_eq!(self.next, Effect::OpenDialog);
        self.answer(Input::Opened(dialog(AMOUNT)));
        self.record();
        assert_eq!(self.next, Effect::CloseGate);
        self.answer(Input::GateClosed(GateKind::Valve));
        assert_eq!(self.next, Effect::TakeTurn);
    }

    /// Armed, pressed, released and answered.
    fn until_reply(&mut self, turn: Turn, reply: Reply) {
        self.until_turn();
        self.answer(Input::Turn(turn));
        assert!(matches!(self.next, Effect::Arm(_)), "{:?}", self.next);
        self.answer(Input::Armed);
        assert!(matches!(self.next, Effect::Press { .. }));
        self.answer(Input::Held {
            request: "r".into(),
            body: "b".into(),
        });
        assert!(matches!(&self.next, Effect::Record(Event::Released { .. })));
        self.record();
        assert_eq!(self.next, Effect::LetGo);
        self.answer(Input::Answered(ClickAnswer {
            reply,
            is_balance_mine: true,
        }));
        self.record();
    }

    fn outcome(&self) -> Option<Outcome> {
        match self.driver.attempt().state {
            State::Done(outcome) => Some(outcome),
            _ => None,
        }
    }
}

fn due() -> LookedUp {
    LookedUp::Due {
        amount: AMOUNT,
        customer: None,
        balance: Some(BEFORE),
        agent: Some("a ".into()),
        note: String::new(),
    }
}

fn dialog(amount: Vnd) -> Opened {
    Opened::Dialog {
        amounts: vec![amount],
        balance: None,
    }
}

fn turn(others_in_doubt: usize) -> Turn {
    Turn {
        facts: GuardFacts {
            others_in_doubt,
            ..GuardFacts::default()
        },
        is_untouched: true,
        seq: 7,
        rest: Some((BEFORE, 3)),
        explained: Some(BEFORE),
    }
}

/// Words that nobody has seen, with an exact fall of the balance.
fn odd() -> Reply {
    Reply::Read {
        said: vec![Said {
            severity: "info".into(),
            text: "đang xử lý".into(),
        }],
        reading: Reading {
            answer: Answer::Unclear,
            transaction: None,
        },
        balance: Some(LOWER),
    }
}

#[test]
fn a_payment_goes_its_way_and_its_balance_proves_it() {
    let mut story = Story::begin(driver(task(), Flaw::None), false);
    story.until_reply(turn(0), odd());
    assert_eq!(story.outcome(), Some(Outcome::Paid));
    assert_eq!(story.next, Effect::Finish(Finish::Ended));
}

#[test]
fn the_balance_proves_nothing_at_first_sight_while_another_payment_is_in_doubt() {
    let mut story = Story::begin(driver(task(), Flaw::None), true);
    story.until_reply(turn(1), odd());
    assert_eq!(story.next, Effect::WaitForRest, "more is asked for");
    // With another one in doubt the account's books say nothing either.
    story.answer(Input::AtRest);
    story.answer(Input::Books(Books {
        in_doubt: 2,
        ..Books::default()
    }));
    assert_eq!(story.next, Effect::Photograph);
    story.answer(Input::Photographed);
    story.record();
    assert_eq!(story.driver.attempt().state, State::Unknown);

    let mut flawed = Story::begin(driver(task(), Flaw::DoubtedBalanceProves), true);
    flawed.until_reply(turn(1), odd());
    assert_eq!(flawed.outcome(), Some(Outcome::Paid), "as it was");
}

#[test]
fn what_nothing_could_prove_is_not_armed() {
    let mut story = Story::begin(driver(task(), Flaw::None), false);
    story.until_turn();
    story.answer(Input::Turn(turn(1)));
    assert_eq!(story.next, Effect::StandDown);
    story.answer(Input::StoodDown);
    story.record();
    assert_eq!(story.next, Effect::Finish(Finish::Postponed));
    assert_eq!(story.driver.attempt().state, State::Queued);
}

#[test]
fn a_fall_that_comes_late_is_not_taken_for_the_next_payments() {
    // The last payment was proven a moment ago by words, and its money has not moved yet: this
    // balance is not what the books explain.
    let unbooked = Turn {
        facts: GuardFacts {
            now_ms: 1_000,
            last_paid_ms: Some(900),
            ..GuardFacts::default()
        },
        explained: Some(LOWER),
        ..turn(0)
    };
    let mut story = Story::begin(driver(task(), Flaw::None), true);
    story.until_reply(unbooked, odd());
    assert_eq!(story.next, Effect::WaitForRest);
    assert_eq!(story.outcome(), None);
}

#[test]
fn a_servers_job_is_paid_by_its_yes_alone() {
    for (permit, outcome) in [
        (Permit::Refused("no".into()), Outcome::Cancelled),
        (Permit::Unanswered("?".into()), Outcome::Failed),
    ] {
        let mut story = Story::begin(driver(leased(), Flaw::None), true);
        story.until_turn();
        story.answer(Input::Turn(turn(0)));
        assert_eq!(story.next, Effect::AskServer { amount: AMOUNT });
        story.answer(Input::Permit(permit));
        assert_eq!(story.next, Effect::StandDown);
        story.answer(Input::StoodDown);
        story.record();
        assert_eq!(story.outcome(), Some(outcome));
    }
    let mut flawed = Story::begin(driver(leased(), Flaw::PaysWithoutAsking), true);
    flawed.until_turn();
    flawed.answer(Input::Turn(turn(0)));
    flawed.answer(Input::Permit(Permit::Unanswered("?".into())));
    assert!(matches!(flawed.next, Effect::Arm(_)), "as it was");
}

#[test]
fn an_equal_top_up_is_held_back_before_anything_is_opened() {
    let mut story = Story::begin(driver(task(), Flaw::None), true);
    story.record();
    story.answer(Input::LookedUp(due()));
    story.record();
    story.answer(Input::Facts(GuardFacts {
        equal: Some(EqualTopUp { at_ms: 0 }),
        ..GuardFacts::default()
    }));
    story.record();
    assert_eq!(story.outcome(), Some(Outcome::HeldBack));
}

#[test]
fn a_price_that_changed_in_the_dialog_is_not_paid() {
    let mut story = Story::begin(driver(task(), Flaw::None), true);
    story.record();
    story.answer(Input::LookedUp(due()));
    story.record();
    story.answer(Input::Facts(GuardFacts::default()));
    story.answer(Input::Opened(dialog(Vnd::fixed(51_000))));
    story.record();
    assert_eq!(story.outcome(), Some(Outcome::Refused));
}

#[test]
fn a_release_that_cannot_be_written_lets_nothing_go() {
    let mut story = Story::begin(driver(task(), Flaw::None), true);
    story.until_turn();
    story.answer(Input::Turn(turn(0)));
    story.answer(Input::Armed);
    story.answer(Input::Held {
        request: "r".into(),
        body: "b".into(),
    });
    story.answer(Input::NotRecorded);
    assert_eq!(story.next, Effect::Withhold);
    story.answer(Input::Answered(ClickAnswer {
        reply: Reply::NotSent("disk full".into()),
        is_balance_mine: false,
    }));
    story.record();
    assert_eq!(story.outcome(), Some(Outcome::NotSent));
    assert!(matches!(
        story.next,
        Effect::Finish(Finish::Anew { wait_ms: 500, .. })
    ));
}

#[test]
fn technical_failures_are_tried_again_as_often_as_the_rules_say() {
    let fault = || TechnicalFault {
        why: "502".into(),
        ends_batch: false,
    };
    let mut story = Story::begin(driver(task(), Flaw::None), true);
    story.record();
    story.answer(Input::Fault(fault()));
    story.record();
    let Effect::Finish(Finish::Retry { wait_ms: 500, .. }) = story.next else {
        panic!("{:?}", story.next);
    };
    let mut story = Story::begin(story.driver, true);
    story.record();
    story.answer(Input::Fault(fault()));
    story.record();
    assert_eq!(story.outcome(), Some(Outcome::Failed));
}

#[test]
fn another_agents_account_stops_the_batch() {
    let mut story = Story::begin(driver(task(), Flaw::None), true);
    story.record();
    let LookedUp::Due {
        amount,
        customer,
        balance,
        note,
        ..
    } = due()
    else {
        return;
    };
    story.answer(Input::LookedUp(LookedUp::Due {
        amount,
        customer,
        balance,
        agent: Some("B".into()),
        note,
    }));
    story.record();
    assert!(matches!(story.next, Effect::Finish(Finish::Stop(_))));
}

#[test]
fn an_answer_to_another_question_is_an_error_and_no_step() {
    let mut driver = driver(task(), Flaw::None);
    driver.begin(Begin::default()).expect("begins");
    assert!(matches!(
        driver.step(Input::Armed),
        Err(OutOfOrder::Input { .. })
    ));
}
