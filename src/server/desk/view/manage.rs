//! What those see who answer for the shop: cash with its people, the book of a day, limits, rules, what came in.

use askama::Template;

use super::{ReceiptRow, Shell};
use crate::server::web::field::Choice;

/// The way to all of it.
#[derive(Template)]
#[template(path = "desk_manage.html")]
pub struct ManagePage {
    /// What stands around it.
    pub shell: Shell,
    /// Cash that waits to be counted.
    pub waiting: Option<String>,
    /// Where one can go.
    pub ways: Vec<Way>,
    /// Who holds how much.
    pub people: Vec<Holder>,
}

/// Somewhere one can go.
pub struct Way {
    /// Where.
    pub url: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What is there.
    pub text: &'static str,
    /// How much of it.
    pub number: String,
}

/// Somebody who holds cash.
pub struct Holder {
    /// Their name.
    pub name: String,
    /// What they hold.
    pub held: String,
    /// That in hundredths of what they may.
    pub used: i64,
    /// What else is to be known.
    pub facts: String,
}

/// Cash that is handed in.
#[derive(Template)]
#[template(path = "desk_hand_ins.html")]
pub struct HandInsPage {
    /// What stands around it.
    pub shell: Shell,
    /// What waits to be counted.
    pub waiting: Vec<WaitingHandIn>,
    /// What was counted.
    pub done: Vec<CountedHandIn>,
}

/// Cash that waits to be counted.
pub struct WaitingHandIn {
    /// Its number.
    pub id: i64,
    /// Who hands it in.
    pub who: String,
    /// How much, as they say.
    pub amount: String,
    /// When.
    pub at: String,
    /// What they say about it.
    pub note: String,
    /// What was counted.
    pub counted: String,
    /// Why that differs.
    pub reason: String,
    /// Is it the looker's own?
    pub is_own: bool,
}

/// Cash that was counted.
pub struct CountedHandIn {
    /// Who handed it in.
    pub who: String,
    /// How much, as they said.
    pub amount: String,
    /// What was counted.
    pub counted: String,
    /// When.
    pub at: String,
    /// By whom.
    pub by: String,
    /// Why it differed.
    pub reason: String,
}

/// The book of a day.
#[derive(Template)]
#[template(path = "desk_book.html")]
pub struct BookPage {
    /// What stands around it.
    pub shell: Shell,
    /// The day.
    pub day: String,
    /// The day before, for an address.
    pub before: String,
    /// The day after, where it is not still to come.
    pub after: Option<String>,
    /// All that was collected.
    pub collected: String,
    /// Pictures of it.
    pub bars: Vec<DayBar>,
    /// What does not fit.
    pub differences: Vec<DifferenceLine>,
    /// Receipts of all collectors.
    pub receipts: Vec<ReceiptRow>,
}

/// A sum with its parts, beside each other.
pub struct DayBar {
    /// What it is.
    pub title: &'static str,
    /// The sum.
    pub total: String,
    /// All of it in words.
    pub words: String,
    /// The parts.
    pub parts: Vec<BarPart>,
}

/// A part of a sum.
pub struct BarPart {
    /// Its colour.
    pub class: &'static str,
    /// What it is.
    pub title: &'static str,
    /// How much.
    pub amount: String,
    /// Where it begins, in hundredths.
    pub from: i64,
    /// How wide it is.
    pub width: i64,
}

/// Something that does not fit.
pub struct DifferenceLine {
    /// What.
    pub what: String,
    /// By how much.
    pub amount: String,
    /// Why.
    pub reason: String,
}

/// What each collector may hold.
#[derive(Template)]
#[template(path = "desk_collectors.html")]
pub struct CollectorsPage {
    /// What stands around it.
    pub shell: Shell,
    /// The collectors.
    pub people: Vec<CollectorForm>,
}

/// What a collector may hold.
pub struct CollectorForm {
    /// Who it is.
    pub id: i64,
    /// Their name.
    pub name: String,
    /// Their login.
    pub login: String,
    /// What they hold.
    pub held: String,
    /// What they may still take.
    pub remaining: String,
    /// What they can be.
    pub kinds: Vec<Choice>,
    /// What they may hold at any time.
    pub limit: String,
    /// What they may hold besides.
    pub extra: String,
    /// Until this day.
    pub until: String,
    /// What the form was drawn from.
    pub as_of: String,
}

/// The rules, in the order in which they speak.
#[derive(Template)]
#[template(path = "desk_rules.html")]
pub struct RulesPage {
    /// What stands around it.
    pub shell: Shell,
    /// What each says.
    pub rules: Vec<&'static str>,
    /// What is said where a number was told too often.
    pub quota: &'static str,
    /// What the shop has decided.
    pub settings: Vec<(&'static str, &'static str)>,
    /// May the looker change that?
    pub may_change: bool,
}

/// Contracts come in by a file.
#[derive(Template)]
#[template(path = "desk_import.html")]
pub struct ImportPage {
    /// What stands around it.
    pub shell: Shell,
    /// Rows of the old list that are still to be collected.
    pub old: usize,
    /// Imports before.
    pub past: Vec<PastImport>,
}

/// An import before.
pub struct PastImport {
    /// Its number.
    pub id: i64,
    /// The file.
    pub filename: String,
    /// What came of it.
    pub text: String,
}

/// What a file would bring.
#[derive(Template)]
#[template(path = "desk_preview.html")]
pub struct PreviewPage {
    /// What stands around it.
    pub shell: Shell,
    /// The file.
    pub filename: String,
    /// Contracts in it.
    pub contracts: usize,
    /// Bills and receivables in it.
    pub items: usize,
    /// Contracts that are new.
    pub added: u64,
    /// Contracts that are known, and change.
    pub changed: u64,
    /// Contracts that are so already.
    pub unchanged: u64,
    /// Is there nothing to bring?
    pub is_empty: bool,
    /// All of it, to be sent back.
    pub rows: String,
    /// Lines that are left out, and why.
    pub faults: Vec<(usize, String)>,
    /// How many there are.
    pub fault_count: usize,
    /// The first contracts.
    pub sample: Vec<SampleContract>,
}

/// A contract of a file.
pub struct SampleContract {
    /// Its number.
    pub number: String,
    /// Whose it is.
    pub customer: String,
    /// What is in it.
    pub items: String,
    /// What it owes.
    pub total: String,
}

/// What an import brought.
#[derive(Template)]
#[template(path = "desk_imported.html")]
pub struct ImportedPage {
    /// What stands around it.
    pub shell: Shell,
    /// Its number.
    pub id: i64,
    /// The file.
    pub filename: String,
    /// Items that it brought.
    pub rows: i64,
    /// Was it taken back?
    pub is_undone: bool,
    /// What was not taken, and why.
    pub refused: Vec<(usize, String)>,
}
