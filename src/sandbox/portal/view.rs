//! What the server keeps of a page that a browser shows.

use super::scenario::{ScenarioContract, Switches};

/// A page under the value that it carries (`javax.faces.ViewState`).
#[derive(Debug, Clone)]
pub struct View {
    pub session: String,
    pub page: PageState,
}

/// Which page, and what was done on it.
#[derive(Debug, Clone)]
pub enum PageState {
    Login,
    Plain,
    Tv(TvView),
    Evn(EvnView),
    Phone(PhoneView),
}

/// The electricity page.
#[derive(Debug, Clone, Default)]
pub struct EvnView {
    pub code: String,
    /// In đồng, once it was looked up.
    pub amount: Option<i64>,
}

/// The Internet and TV page.
#[derive(Debug, Clone)]
pub struct TvView {
    /// Which search kind is chosen, 0 to 3.
    pub console: usize,
    pub code: String,
    pub contracts: Vec<ScenarioContract>,
    pub chosen: Option<usize>,
    /// Words of the print panel after a payment.
    pub receipt: String,
}

impl TvView {
    pub fn new(switches: &Switches) -> Self {
        Self {
            console: switches.console_default.min(3),
            code: String::new(),
            contracts: Vec::new(),
            chosen: None,
            receipt: String::new(),
        }
    }
}

/// The phone page.
#[derive(Debug, Clone, Default)]
pub struct PhoneView {
    pub phone: String,
    /// `prepaid` or `postpaid`, where it was asked for.
    pub chosen: Option<String>,
    pub debt: Option<i64>,
}
