//! What the desk's pages show, as plain values: already chosen, sorted and worded.
//!
//! Lives here: the values and their templates (`assets/desk`). Never here: where they come from, what may be done.

pub mod assets;
mod cash;
mod contract;
mod day;
mod genuine;
mod list;
pub mod manage;
mod me;
mod payment;

pub use cash::{CashPage, HandInRow};
pub use contract::{
    ContractPage, ItemRow, MethodRow, NotifyForm, OpenPayment, SettleForm, VisitForm,
};
pub use day::{DayPage, ReceiptRow, VisitRow};
pub use genuine::{GenuinePage, GenuineReceipt};
pub use list::{ContractRow, DeskListPage, OrderLink};
pub use me::MePage;
pub use payment::{NoticeLine, OtpForm, PaidItem, PaymentPage, QrCard, ReceiptCard};

use assets::ASSETS;

/// Where one is among the pages that are always at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The list of the day.
    Today,
    /// Looking for a contract.
    Search,
    /// Cash that is held.
    Cash,
    /// What was done on a day.
    Day,
    /// What those who answer for the shop do.
    Manage,
}

/// A way to one of them.
pub struct TabLink {
    /// Where.
    pub url: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// The outline of its picture.
    pub icon: &'static str,
    /// Is one there?
    pub is_here: bool,
}

/// What stands around a page.
pub struct Shell {
    /// What the page is.
    pub title: String,
    /// Who looks, as a number: another number on the same phone forgets what was kept.
    pub who: i64,
    /// Their name.
    pub name: String,
    /// May they take money themselves?
    pub collects: bool,
    /// Do they answer for the shop?
    pub manages: bool,
    /// Where one is.
    pub here: Tab,
    /// Where one came from.
    pub back: Option<String>,
    /// What was just done.
    pub notice: Option<&'static str>,
    /// What was not done, and why.
    pub error: Option<String>,
    /// May it be as wide as a screen on a desk?
    pub is_wide: bool,
    /// Version of the files.
    pub assets: &'static str,
}

impl Shell {
    /// Around a page of somebody.
    pub fn new(title: impl Into<String>, who: (i64, &str), here: Tab) -> Self {
        Self {
            title: title.into(),
            who: who.0,
            name: who.1.to_owned(),
            collects: true,
            manages: false,
            here,
            back: None,
            notice: None,
            error: None,
            is_wide: false,
            assets: &ASSETS,
        }
    }

    /// The ways that are always at hand.
    pub fn tabs(&self) -> Vec<TabLink> {
        const ALL: [(Tab, &str, &str, &str); 5] = [
            (
                Tab::Today,
                "/desk",
                "Hôm nay",
                "M5 4h14v17H5zM9 2v4M15 2v4M9 11h6M9 15h6",
            ),
            (
                Tab::Search,
                "/desk/search",
                "Tìm",
                "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21",
            ),
            (
                Tab::Cash,
                "/desk/cash",
                "Nộp tiền",
                "M3 7h18v11H3zM12 10a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
            ),
            (
                Tab::Day,
                "/desk/day",
                "Sổ ngày",
                "M5 3h11l3 3v15H5zM9 9h6M9 13h6M9 17h4",
            ),
            (
                Tab::Manage,
                "/desk/manage",
                "Quản lý",
                "M4 20V10M10 20V4M16 20v-7M22 20H2",
            ),
        ];
        ALL.into_iter()
            .filter(|(tab, ..)| match tab {
                Tab::Manage => self.manages,
                Tab::Cash => self.collects,
                Tab::Today | Tab::Search | Tab::Day => true,
            })
            .map(|(tab, url, title, icon)| TabLink {
                url,
                title,
                icon,
                is_here: tab == self.here,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
