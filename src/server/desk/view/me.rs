//! Whoever is at the phone.

use askama::Template;

use super::Shell;

/// The page.
#[derive(Template)]
#[template(path = "desk_me.html")]
pub struct MePage {
    /// What stands around it.
    pub shell: Shell,
    /// What they are.
    pub role: String,
    /// What they may do, and whether their wallet is linked.
    pub facts: Vec<(&'static str, String)>,
}
