//! Cash that a collector holds, and handing it in.

use askama::Template;

use super::Shell;

/// The page.
#[derive(Template)]
#[template(path = "desk_cash.html")]
pub struct CashPage {
    /// What stands around it.
    pub shell: Shell,
    /// What is held.
    pub held: String,
    /// That in hundredths of what may be.
    pub used: i64,
    /// What may be held at any time.
    pub limit: String,
    /// What may be held besides, and until when.
    pub extra: Option<String>,
    /// What may still be taken.
    pub remaining: String,
    /// What stands in the way of all payments.
    pub blocked: Option<&'static str>,
    /// What is held of which day.
    pub days: Vec<(String, String)>,
    /// Says that two forms are the same one.
    pub key: String,
    /// What is handed in.
    pub amount: String,
    /// What is said about it.
    pub note: String,
    /// What was handed in before.
    pub hand_ins: Vec<HandInRow>,
}

/// Cash that was handed in.
pub struct HandInRow {
    /// When.
    pub at: String,
    /// Was it counted, and what came of that?
    pub state: String,
    /// How much.
    pub amount: String,
}
