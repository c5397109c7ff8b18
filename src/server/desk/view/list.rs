//! Contracts in a list: of the day, or those that were looked for.

use askama::Template;

use super::Shell;

/// The page.
#[derive(Template)]
#[template(path = "desk_list.html")]
pub struct DeskListPage {
    /// What stands around it.
    pub shell: Shell,
    /// What was looked for.
    pub asked: String,
    /// What stands in the way of all payments.
    pub blocked: Option<&'static str>,
    /// What is held, and what may still be taken in cash.
    pub cash: Option<(String, String)>,
    /// The orders that there are.
    pub orders: Vec<OrderLink>,
    /// The contracts.
    pub rows: Vec<ContractRow>,
    /// What is said where there are none.
    pub nothing: &'static str,
}

/// An order of the list.
pub struct OrderLink {
    /// Where.
    pub url: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// Is it this one?
    pub is_here: bool,
}

/// A contract in the list.
pub struct ContractRow {
    /// Where.
    pub url: String,
    /// Its number.
    pub number: String,
    /// The customer.
    pub customer: String,
    /// Where the door is.
    pub address: String,
    /// What is owed.
    pub total: String,
    /// That somebody promised to come again.
    pub again: Option<String>,
}
