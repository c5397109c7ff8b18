//! What the driver asks for, and what it is answered.

use super::super::attempt::{Event, GateKind, Intent, Said};
use super::super::guard::GuardFacts;
use super::super::money::Vnd;
use super::super::outcome::Outcome;
use super::super::reconcile::{Claim, HistoryRow};
use super::super::verdict::{Answer, DebtAfter};
use super::fall::FallBooks;

/// Something to carry out. Each is answered by one [`Input`], named in its first line; whoever
/// carries it out decides nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// → [`Input::Recorded`]. Make this event durable.
    Record(Event),
    /// → [`Input::LookedUp`] or [`Input::Fault`]. Ask the portal what is owed; for a top-up fill
    /// the form.
    LookUp {
        /// Ask for the agent's balance too, where no page is loaded that brings it anyway.
        with_balance: bool,
    },
    /// → [`Input::Facts`]. Ask the journal what speaks against this payment.
    ReadFacts,
    /// → [`Input::Opened`] or [`Input::Fault`]. Fill the form and open the confirm dialog.
    OpenDialog,
    /// → [`Input::GateClosed`] or [`Input::Fault`]. From now on nothing leaves the tab by itself.
    CloseGate,
    /// → [`Input::Turn`]. Wait until no other login stands between its last guard and arming, and
    /// ask the journal once more. The turn lasts until [`Effect::Arm`] or [`Effect::StandDown`].
    TakeTurn,
    /// → [`Input::Permit`]. The job is a server's: it has to agree.
    AskServer {
        /// What will be paid.
        amount: Vnd,
    },
    /// → [`Input::StoodDown`]. Give the turn back and lift the gate: nothing will be sent.
    StandDown,
    /// → [`Input::Armed`]. Make the intent durable: from here on money may move.
    Arm(ArmOrder),
    /// → [`Input::Held`] where a gate holds the request, else [`Input::Answered`]. Click.
    Press {
        /// Ask for the agent's balance right after the answer.
        with_balance: bool,
    },
    /// → [`Input::Answered`]. Let the held request go, once.
    LetGo,
    /// → [`Input::Answered`]. Fail the held request: its release could not be made durable.
    Withhold,
    /// → [`Input::AtRest`]. Wait until nothing else is on its way on the agent's account, and keep
    /// it so.
    WaitForRest,
    /// → [`Input::Books`]. What the journal knows about the agent's account.
    ReadBooks,
    /// → [`Input::Balance`]. Ask for the agent's balance on the page as it stands, touching nothing
    /// else on it.
    AskBalance,
    /// → [`Input::Balance`]. Read the agent's balance, as the portal tells it now.
    ReadBalance,
    /// → [`Input::Fall`]. What the journal knows about the payments since the balance that was read
    /// at rest last.
    ReadFall,
    /// → [`Input::Debt`]. Look the debt up again.
    LookUpDebt,
    /// → [`Input::History`]. Read the portal's history down to the intent's mark.
    ReadHistory,
    /// → [`Input::Waited`]. Let so many milliseconds pass.
    Wait(u64),
    /// → [`Input::Photographed`]. Keep a picture of the page as it stands.
    Photograph,
    /// → [`Input::Reattached`]. Find the browser of the dead run, fail what it still holds, read
    /// what it shows.
    Reattach,
    /// Nothing more: this is how it ended.
    Finish(Finish),
}

/// How the driver leaves an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// It has its end.
    Ended,
    /// It is in doubt; its debt is locked.
    InDoubt {
        /// When it is worth another look, in milliseconds since 1970; `None`: only a person can
        /// say, or nobody looked yet.
        next_ms: Option<i64>,
    },
    /// Nothing was armed; begin the same attempt again.
    Retry {
        /// After so many milliseconds.
        wait_ms: u64,
        /// Why.
        fault: TechnicalFault,
    },
    /// The gate held it, so nothing was sent: make a new attempt at the same job.
    Anew {
        /// After so many milliseconds.
        wait_ms: u64,
        /// Why it was not sent.
        why: String,
    },
    /// Nothing was armed, because nothing could prove it: what is in doubt on the account has to
    /// be settled first.
    Postponed,
    /// Every further job would meet the same fault.
    Stop(TechnicalFault),
}

/// A technical failure before arming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TechnicalFault {
    /// For people.
    pub why: String,
    /// Would every further job meet it?
    pub ends_batch: bool,
}

/// An answer to an [`Effect`].
#[derive(Debug, Clone)]
pub enum Input {
    /// The event is durable.
    Recorded,
    /// The event could not be made durable. `ClickAnswer` only while a request is held: everywhere
    /// else a journal that cannot be written ends the program's work.
    NotRecorded,
    /// What the portal says is owed.
    LookedUp(LookedUp),
    /// A step before arming failed for a technical reason.
    Fault(TechnicalFault),
    /// What the journal says about this payment.
    Facts(GuardFacts),
    /// The dialog stands open, or the portal refuses.
    Opened(Opened),
    /// The gate is closed, and this strong.
    GateClosed(GateKind),
    /// It is this login's turn.
    Turn(Turn),
    /// The server's word.
    Permit(Permit),
    /// Turn and gate are given back.
    StoodDown,
    /// The intent is durable.
    Armed,
    /// The confirming request is held, and says what was armed.
    Held {
        /// The browser's id of it.
        request: String,
        /// Hash of its body with the PIN masked.
        body: String,
    },
    /// What is known after the click.
    Answered(ClickAnswer),
    /// Nothing else is on its way.
    AtRest,
    /// What the journal knows about the account.
    Books(Books),
    /// The balance, where it could be read.
    Balance(Option<Vnd>),
    /// The payments since the last balance at rest.
    Fall(FallBooks),
    /// What the new look-up says.
    Debt(DebtAfter),
    /// The history, where it could be read.
    History(Option<HistoryRead>),
    /// The time is over.
    Waited,
    /// A picture is kept, or could not be.
    Photographed,
    /// What the dead run's browser knows.
    Reattached(Reattached),
}

/// What the portal says of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookedUp {
    /// Something to pay; for a top-up the form took it.
    Due {
        /// How much.
        amount: Vnd,
        /// Whose it is.
        customer: Option<String>,
        /// The agent's balance in the page's frame.
        balance: Option<Vnd>,
        /// The agent code in the page's frame.
        agent: Option<String>,
        /// Words for the report.
        note: String,
    },
    /// Several contracts answer to the code, and none is it to the letter.
    Several(usize),
    /// An end, in the portal's words.
    End {
        /// Which.
        outcome: Outcome,
        /// The words.
        words: String,
    },
}

/// What came of opening the dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It stands open.
    Dialog {
        /// Every amount of money in it.
        amounts: Vec<Vnd>,
        /// The agent's balance in the page's frame.
        balance: Option<Vnd>,
    },
    /// The portal refuses, or nothing is owed any more.
    End {
        /// Which.
        outcome: Outcome,
        /// Its words.
        words: String,
    },
}

/// What is known when a login has its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// What the journal says now.
    pub facts: GuardFacts,
    /// Nothing was armed on the account since the look-up began, and nothing was on its way then:
    /// the balance that the page shows was read at rest.
    pub is_untouched: bool,
    /// The journal's newest event when the look-up began.
    pub seq: i64,
    /// The newest balance of this run that was read at rest, and the journal's newest event then.
    pub rest: Option<(Vnd, i64)>,
    /// What that balance and the payments proven since explain that it is now.
    pub explained: Option<Vnd>,
}

/// What to arm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArmOrder {
    /// What will be paid.
    pub amount: Vnd,
    /// A balance that was read at rest, and the journal's newest event at that time.
    pub rest: Option<(Vnd, i64)>,
    /// Was `rest` read just now? Then later payments may start from it.
    pub is_rest_new: bool,
    /// Is every earlier attempt on the account settled, so that the balance can be a proof?
    pub balance_is_proof: bool,
    /// How strong the gate is.
    pub gate: GateKind,
}

impl ArmOrder {
    /// What is written down before the click. Whoever carries it out adds whose browser and history it is: the order
    /// of things depends on neither.
    pub fn intent(&self, agent: &str, obligation: String) -> Intent {
        Intent {
            balance_before: self.rest.map(|(balance, _)| balance),
            balance_seq: self.rest.map(|(_, seq)| seq),
            balance_is_proof: self.balance_is_proof,
            ..Intent::bare(agent, obligation, self.amount, self.gate)
        }
    }
}

/// The server's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permit {
    /// It may be paid.
    Granted,
    /// It may not, for this reason.
    Refused(String),
    /// An equal top-up was made a short while ago, in these words.
    Repeat(String),
    /// No answer came, or there is no way to ask: then it is not paid.
    Unanswered(String),
}

/// What is known after the click was handed to the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClickAnswer {
    /// What came back.
    pub reply: Reply,
    /// Nothing else was armed on the account since the look-up began, so that the balance in the
    /// reply was moved by this payment alone.
    pub is_balance_mine: bool,
}

/// What came back after the click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It is certain that nothing was sent, for this reason.
    NotSent(String),
    /// Nothing could be read, for this reason.
    Lost(String),
    /// The portal's messages.
    Read {
        /// Word for word.
        said: Vec<Said>,
        /// What they mean.
        reading: Reading,
        /// The agent's balance, where the portal sent it anew.
        balance: Option<Vnd>,
    },
}

/// What the portal's words mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Their class.
    pub answer: Answer,
    /// The transaction id that they name.
    pub transaction: Option<String>,
}

impl Reading {
    /// No word at all.
    pub const SILENT: Self = Self {
        answer: Answer::Silent,
        transaction: None,
    };
}

/// What the journal knows about the agent's account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Books {
    /// Milliseconds since 1970.
    pub now_ms: i64,
    /// Attempts in doubt on the account, this one among them.
    pub in_doubt: usize,
    /// Since the balance that this attempt's intent names.
    pub own: Option<Since>,
    /// Since the newest balance that an attempt before this one was armed with.
    pub earlier: Option<Since>,
}

/// The account since a balance was read at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// That balance.
    pub balance: Vnd,
    /// What was proven paid since, this attempt left out.
    pub paid: Vnd,
    /// The amounts of all attempts that were armed since and are open, this one among them.
    pub open: Vec<Vnd>,
}

/// The portal's history down to a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRead {
    /// The rows above the mark.
    pub rows: Vec<HistoryRow>,
    /// Was it read to the mark or to its end?
    pub is_complete: bool,
    /// Attempts that are proven paid since the mark.
    pub paid: Vec<Claim>,
    /// Attempts since the mark that are open, this one among them.
    pub open: Vec<Claim>,
}

/// What the dead run's browser knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reattached {
    /// It is gone, or its page says nothing.
    Nothing,
    /// It still held the confirming request, which was failed: it was never sent.
    HeldFailed,
    /// Its page shows the portal's answer.
    Read {
        /// Word for word.
        said: Vec<Said>,
        /// What it means.
        reading: Reading,
    },
}
