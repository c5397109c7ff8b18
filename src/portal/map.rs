//! The portal map: pages, elements and words as data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::message::{MessageWords, Pattern};
use crate::domain::Vnd;

/// The map that is built in.
const BUILT_IN: &str = include_str!("../../assets/portal/viettel-pay.toml");

/// Every element that the page objects name. A map without one of them is refused when it is read.
const ELEMENTS: [&str; 46] = [
    "login.user",
    "login.password",
    "login.captcha",
    "login.submit",
    "login.otp",
    "frame.agent",
    "frame.balance",
    "frame.balance_refresh",
    "frame.messages",
    "frame.expired_dialog",
    "frame.confirm_dialog",
    "frame.receipt",
    "tv.search_kind_input",
    "tv.search_kind",
    "tv.code",
    "tv.search",
    "tv.card",
    "tv.pin",
    "tv.pay",
    "tv.confirm",
    "evn.code",
    "evn.receiver_phone",
    "evn.pin",
    "evn.pay",
    "evn.amount",
    "evn.confirm",
    "phone.number",
    "phone.type_dialog",
    "phone.type_menu",
    "phone.type_prepaid",
    "phone.type_postpaid",
    "phone.type_confirm",
    "phone.check",
    "phone.debt",
    "phone.amount",
    "phone.amount_0",
    "phone.amount_1",
    "phone.amount_2",
    "phone.amount_3",
    "phone.amount_4",
    "phone.amount_5",
    "phone.amount_6",
    "phone.amount_7",
    "phone.pin",
    "phone.pay",
    "phone.confirm",
];

/// A checked map.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalMap {
    version: u32,
    /// Addresses.
    pub pages: Pages,
    /// Locators by element name.
    pub elements: BTreeMap<String, Vec<String>>,
    /// What each is. A map without it takes the built-in map's.
    #[serde(default)]
    pub about: BTreeMap<String, About>,
    /// The history's table.
    pub history: HistoryMap,
    /// What the gate reads.
    pub gate: GateWords,
    /// A contract's card.
    pub card: Card,
    /// What the portal's users keep to.
    pub rules: Rules,
    /// Words, most telling first.
    messages: Vec<Pattern>,
}

/// Addresses, relative to the portal's base. Several are tried in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// Leads to the login form or, with a session, to a page with the frame.
    pub home: Vec<String>,
    /// Internet and TV.
    pub internet_tv: Vec<String>,
    /// Everything by phone number.
    pub phone: Vec<String>,
    /// Electricity.
    pub evn: Vec<String>,
    /// Words (a regular expression) of links that may lead to the electricity page.
    pub evn_link_words: String,
    /// The history of transactions; may be empty.
    #[serde(default)]
    pub history: Vec<String>,
}

/// What an element is to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Its kind.
    pub is: Shape,
    /// The words near it or on it.
    pub called: String,
}

/// The kinds of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Takes text, a password or a number.
    Text,
    /// One of several choices.
    Radio,
    /// Is clicked.
    Button,
    /// Holds words.
    Label,
    /// Holds other elements.
    Box,
}

/// Words in the header of the history's table, lower-case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryMap {
    /// The portal's id of a transaction.
    pub transaction: Vec<String>,
    /// For whom.
    pub account: Vec<String>,
    /// How much.
    pub amount: Vec<String>,
    /// Pages that are read at most.
    pub pages: usize,
}

/// Fields of the confirming request, by the end of their names.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateWords {
    /// Hold the account.
    pub account_fields: Vec<String>,
    /// Hold the amount.
    pub amount_fields: Vec<String>,
    /// Hold secrets.
    pub secret_fields: Vec<String>,
}

/// The lines of a contract's card.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "each is the label of the line that its name says"
)]
pub struct Card {
    /// Regular expression of the button's id.
    pub button: String,
    pub contract: String,
    pub owner: String,
    pub subscriber: String,
    pub service: String,
    pub contact: String,
    pub debt: String,
}

/// What the portal's users keep to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Debts below this are not paid.
    pub minimum_debt: Vnd,
    /// Amounts of the buttons, in order.
    pub amount_buttons: Vec<Vnd>,
    /// Words before a transaction id, lower-case.
    pub transaction_id_after: Vec<String>,
    /// Jobs that one loaded page serves; 1: every job loads its page.
    #[serde(default = "jobs_a_page")]
    pub jobs_a_page: u32,
}

const fn jobs_a_page() -> u32 {
    50
}

/// Why a map cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// It cannot be read.
    #[error("Không đọc được bản đồ cổng {path}. (Cannot read the portal map.)")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// It is no map.
    #[error("Bản đồ cổng {path} sai cú pháp. (The portal map cannot be parsed.) [{why}]")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        why: String,
    },
    /// Something is missing in it.
    #[error("Bản đồ cổng {path} thiếu hoặc sai. (The portal map is incomplete.) [{what}]")]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// What.
        what: String,
    },
}

impl PortalMap {
    /// The built-in map's text, to make one's own from.
    pub const fn built_in() -> &'static str {
        BUILT_IN
    }

    /// The built-in map, or the file where there is one.
    pub fn load(file: Option<&Path>) -> Result<Self, MapError> {
        match file {
            None => Self::parse(Path::new("(built-in)"), BUILT_IN),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| MapError::Io {
                    path: path.to_owned(),
                    source,
                })?;
                Self::parse(path, &text)
            }
        }
    }

    fn parse(path: &Path, text: &str) -> Result<Self, MapError> {
        let parsed = |text: &str| {
            toml::from_str::<Self>(text).map_err(|e| MapError::Syntax {
                path: path.to_owned(),
                why: e.to_string(),
            })
        };
        let mut map = parsed(text)?;
        if map.about.is_empty() && text != BUILT_IN {
            map.about = parsed(BUILT_IN)?.about;
        }
        match map.fault() {
            Some(what) => Err(MapError::Incomplete {
                path: path.to_owned(),
                what,
            }),
            None => Ok(map),
        }
    }

    fn fault(&self) -> Option<String> {
        if self.version != 1 {
            return Some(format!("version = {}", self.version));
        }
        let unlocated = |name: &&&str| {
            self.elements
                .get(**name)
                .is_none_or(|l| l.is_empty() || l.iter().any(|s| s.trim().is_empty()))
        };
        if let Some(name) = ELEMENTS.iter().find(unlocated) {
            return Some(format!("elements.\"{name}\""));
        }
        if let Some(name) = self
            .elements
            .keys()
            .find(|name| !ELEMENTS.contains(&name.as_str()))
        {
            return Some(format!("elements.\"{name}\" (không có tên này)"));
        }
        let pages = [
            &self.pages.home,
            &self.pages.internet_tv,
            &self.pages.phone,
            &self.pages.evn,
        ];
        if pages
            .iter()
            .any(|paths| paths.is_empty() || paths.iter().any(|p| !p.starts_with('/')))
        {
            return Some("pages: mỗi trang cần ít nhất một đường dẫn bắt đầu bằng /".to_owned());
        }
        let buttons = ELEMENTS
            .iter()
            .filter(|e| e.starts_with("phone.amount_"))
            .count();
        (self.rules.amount_buttons.len() != buttons)
            .then(|| format!("rules.amount_buttons cần {buttons} số tiền"))
    }

    /// The portal's words.
    pub fn words(&self) -> MessageWords<'_> {
        MessageWords::new(&self.messages)
    }
}

#[cfg(test)]
mod tests;
