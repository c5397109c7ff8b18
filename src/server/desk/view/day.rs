//! What a collector did on a day.

use askama::Template;

use super::Shell;

/// The page.
#[derive(Template)]
#[template(path = "desk_day.html")]
pub struct DayPage {
    /// What stands around it.
    pub shell: Shell,
    /// The day.
    pub day: String,
    /// The day before, for an address.
    pub before: String,
    /// The day after, where it is not still to come.
    pub after: Option<String>,
    /// The sum of the day.
    pub total: String,
    /// What was taken by which method.
    pub methods: Vec<(&'static str, String)>,
    /// Receipts.
    pub receipts: Vec<ReceiptRow>,
    /// Visits without money.
    pub visits: Vec<VisitRow>,
}

/// A receipt.
pub struct ReceiptRow {
    /// Where.
    pub url: String,
    /// Its number.
    pub number: String,
    /// When.
    pub at: String,
    /// For which contract.
    pub contract: String,
    /// How it was paid.
    pub method: &'static str,
    /// How much.
    pub total: String,
    /// Was it cancelled?
    pub is_void: bool,
}

/// A visit without money.
pub struct VisitRow {
    /// Where.
    pub url: String,
    /// Of which contract.
    pub contract: String,
    /// Why.
    pub reason: String,
    /// When somebody comes again.
    pub again: Option<String>,
}
