//! A contract as it comes in: from a program, from a spreadsheet, from a company's own system.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::message::ContractPhone;
use super::{ItemKind, is_hidden, is_in_work};
use crate::domain::text::{as_seen, is_unseen};
use crate::domain::{Account, Service, Vnd};

/// Items of one contract, at most.
const ITEMS_MAX: usize = 500;
/// Phones and service requests of one contract, at most.
const FEW_MAX: usize = 50;
/// Letters of a number or a name of ours.
const NUMBER_MAX: usize = 64;
/// Letters of other texts.
const TEXT_MAX: usize = 255;

/// What a list does not say: it stays as it was, where the contract or its item is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is called as its member")]
pub enum Unsaid {
    CustomerName,
    Address,
    Type,
    Phones,
    /// Phones that the list does not name; one that it names is the main one.
    OtherPhones,
    /// Whether a phone has `HiFPT`.
    Hifpt,
    ServiceRequests,
    From,
    To,
    Issued,
    Content,
    Source,
    PaidType,
    Ptc,
    Settle,
}

/// Members of a contract that may be left out, each with what it says.
const HEAD: [(&str, Unsaid); 5] = [
    ("customer_name", Unsaid::CustomerName),
    ("address", Unsaid::Address),
    ("type", Unsaid::Type),
    ("phones", Unsaid::Phones),
    ("service_requests", Unsaid::ServiceRequests),
];

/// A contract, as `POST /api/contracts` has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IncomingContract {
    /// Its number, by which it is known.
    pub number: String,
    /// The customer.
    pub customer_name: String,
    /// Where the door is.
    pub address: String,
    /// `binh_thuong`, or another.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its phones.
    pub phones: Vec<IncomingPhone>,
    /// What the company does for it.
    pub service_requests: Vec<ServiceRequest>,
    /// Bills (hóa đơn).
    pub bills: Vec<IncomingItem>,
    /// Receivables (khoản thu).
    pub receivables: Vec<IncomingItem>,
    /// Whose list it is on; `None`: as it was.
    pub collector: Option<String>,
    /// What is not said of it.
    pub unsaid: Vec<Unsaid>,
}

/// A phone of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IncomingPhone {
    /// As it is dialled.
    pub number: String,
    /// Is it the main one?
    pub main: bool,
    /// Does its owner have `HiFPT`?
    pub hifpt: bool,
}

/// What the company does for a contract.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceRequest {
    /// `KPDV`, …
    pub kind: String,
    /// `dang_xu_ly`, …
    pub state: String,
}

/// A bill or a receivable of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IncomingItem {
    /// Its number.
    pub number: String,
    /// The first day that it is about (`2026-10-01`).
    pub from: Option<String>,
    /// The last one.
    pub to: Option<String>,
    /// When it was issued.
    pub issued: Option<String>,
    /// Whole đồng, with tax.
    pub amount: i64,
    /// What it is, in words.
    pub content: String,
    /// Where it comes from.
    pub source: String,
    /// 2: prepaid.
    pub paid_type: Option<i64>,
    /// Is it PTC?
    pub ptc: bool,
    /// How it is settled, where we are to settle it.
    pub settle: Option<Settle>,
    /// What is not said of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unsaid: Vec<Unsaid>,
}

/// The job that settles an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// The service, by its name on the wire.
    pub service: String,
    /// The account at the portal.
    pub code: String,
}

impl Settle {
    /// Service and account, where both are good.
    pub fn parsed(&self) -> Result<(Service, Account), String> {
        let paying = |service: &Service| service.is_payment();
        let service = Service::ALL
            .into_iter()
            .find(|service| service.spec().wire == self.service)
            .filter(paying)
            .ok_or_else(|| format!("settle: không có dịch vụ gạch nợ {:?}", self.service))?;
        let account = Account::parse(service.spec().account, &self.code)
            .map_err(|why| format!("settle: mã {:?} {why}", self.code))?;
        Ok((service, account))
    }
}

impl IncomingContract {
    /// Reads one from JSON and checks it. `Err`: what is wrong, for people.
    pub fn read(json: &Value) -> Result<Self, String> {
        let Value::Object(members) = json else {
            return Err("sai dạng: cần một đối tượng JSON".to_owned());
        };
        let mut read: Self =
            Self::deserialize(json).map_err(|error| format!("sai dạng: {error}"))?;
        let left_out = HEAD.iter().filter(|(name, _)| !members.contains_key(*name));
        read.unsaid.extend(left_out.map(|(_, unsaid)| *unsaid));
        read.tidy();
        read.check()?;
        Ok(read)
    }

    /// Blanks around texts and what nobody sees in them go; phones are as they are dialled at home.
    pub fn tidy(&mut self) {
        let trim = |text: &mut String| *text = as_seen(text);
        for text in [
            &mut self.number,
            &mut self.customer_name,
            &mut self.address,
            &mut self.kind,
        ] {
            trim(text);
        }
        if self.kind.is_empty() {
            super::NORMAL.clone_into(&mut self.kind);
        }
        for phone in &mut self.phones {
            phone.number = dialled(&as_seen(&phone.number));
        }
        for item in self.bills.iter_mut().chain(&mut self.receivables) {
            trim(&mut item.number);
            trim(&mut item.content);
            trim(&mut item.source);
        }
    }

    /// Its items in the order in which they came, bills first.
    pub fn items(&self) -> impl Iterator<Item = (ItemKind, &IncomingItem)> {
        let bills = self.bills.iter().map(|item| (ItemKind::Bill, item));
        let receivables = self.receivables.iter();
        bills.chain(receivables.map(|item| (ItemKind::Receivable, item)))
    }

    /// Is a request of it in work that forces bills?
    pub fn has_work(&self) -> bool {
        let mut requests = self.service_requests.iter();
        requests.any(|request| is_in_work(&request.kind, &request.state))
    }

    /// Its phones, as messages look at them.
    pub fn contract_phones(&self) -> Vec<ContractPhone> {
        let phone = |phone: &IncomingPhone| ContractPhone {
            number: phone.number.clone(),
            main: phone.main,
            hifpt: phone.hifpt,
        };
        self.phones.iter().map(phone).collect()
    }

    fn check(&self) -> Result<(), String> {
        named("number", &self.number)?;
        short("customer_name", &self.customer_name, TEXT_MAX)?;
        short("address", &self.address, TEXT_MAX)?;
        short("type", &self.kind, NUMBER_MAX)?;
        if self.phones.len() > FEW_MAX || self.service_requests.len() > FEW_MAX {
            return Err(format!("quá {FEW_MAX} số điện thoại hoặc yêu cầu"));
        }
        for phone in &self.phones {
            short("phones.number", &phone.number, 32)?;
        }
        for request in &self.service_requests {
            short("service_requests.kind", &request.kind, NUMBER_MAX)?;
            short("service_requests.state", &request.state, NUMBER_MAX)?;
        }
        if let Some(collector) = &self.collector {
            short("collector", collector, TEXT_MAX)?;
        }
        if self.bills.len() + self.receivables.len() > ITEMS_MAX {
            return Err(format!("quá {ITEMS_MAX} hóa đơn và khoản thu"));
        }
        let mut seen = std::collections::HashSet::new();
        for (kind, item) in self.items() {
            item.check(kind)?;
            if !seen.insert((kind, item.number.to_lowercase())) {
                return Err(format!("{}: có hai lần", item.number));
            }
        }
        Ok(())
    }
}

impl IncomingItem {
    /// Is it not shown to collectors?
    pub fn is_hidden(&self, kind: ItemKind) -> bool {
        kind == ItemKind::Receivable && is_hidden(self.paid_type, &self.source)
    }

    fn check(&self, kind: ItemKind) -> Result<(), String> {
        named("number", &self.number)?;
        let of = |what: &str| format!("{}: {what}", self.number);
        if self.amount <= 0 || self.amount > crate::domain::Provider::Cash.amount_max() {
            return Err(of("số tiền phải từ 1 đ đến 9.999.999.999 đ"));
        }
        short("content", &self.content, TEXT_MAX).map_err(|why| of(&why))?;
        short("source", &self.source, NUMBER_MAX).map_err(|why| of(&why))?;
        for (name, day) in [
            ("from", &self.from),
            ("to", &self.to),
            ("issued", &self.issued),
        ] {
            if day.as_deref().is_some_and(|day| !is_day(day)) {
                return Err(of(&format!("{name} cần ngày như 2026-11-26")));
            }
        }
        // Days that are texts of one shape compare as days.
        if let (Some(from), Some(to)) = (&self.from, &self.to)
            && from > to
        {
            return Err(of(&format!("từ ngày {from} sau đến ngày {to}")));
        }
        if kind == ItemKind::Bill && self.issued.is_none() {
            return Err(of("hóa đơn cần ngày phát hành (issued)"));
        }
        if let Some(settle) = &self.settle {
            settle.parsed().map_err(|why| of(&why))?;
            Vnd::try_from(self.amount).map_err(|why| of(&why.to_string()))?;
        }
        Ok(())
    }
}

fn named(name: &str, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("{name}: không được để trống"));
    }
    short(name, text, NUMBER_MAX)
}

fn short(name: &str, text: &str, most: usize) -> Result<(), String> {
    if text.chars().count() > most {
        return Err(format!("{name}: dài quá {most} ký tự"));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("{name}: có ký tự lạ"));
    }
    Ok(())
}

/// Years of which somebody may owe something.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;

/// Is it a day that there is: `2026-11-26`, in a year of which somebody may owe something?
pub fn is_day(text: &str) -> bool {
    let day = text.parse::<jiff::civil::Date>();
    text.len() == 10 && day.is_ok_and(|day| YEARS.contains(&day.year()))
}

/// A phone number in Viet Nam as it is dialled at home; anything else as it came.
pub fn dialled(phone: &str) -> String {
    // Full-width digits are digits, and what nobody sees is not dialled.
    let digits: String = phone
        .nfkc()
        .filter(|c| !c.is_whitespace() && !is_unseen(*c) && !matches!(c, '.' | '-' | '(' | ')'))
        .collect();
    let abroad = digits.strip_prefix("+84").or(digits.strip_prefix("0084"));
    let home = abroad.or_else(|| {
        digits
            .strip_prefix("84")
            .filter(|rest| rest.len() == 9 && rest.bytes().all(|b| b.is_ascii_digit()))
    });
    match home {
        Some(rest) if !rest.starts_with('0') => format!("0{rest}"),
        Some(rest) => rest.to_owned(),
        // A spreadsheet that took the phone for a number has lost its zero.
        None if digits.len() == 9
            && digits.starts_with(['3', '5', '7', '8', '9'])
            && digits.bytes().all(|b| b.is_ascii_digit()) =>
        {
            format!("0{digits}")
        }
        None => digits,
    }
}

/// Can it be called: digits alone, with or without the country's sign?
pub fn is_phone(phone: &str) -> bool {
    let digits = phone.strip_prefix('+').unwrap_or(phone);
    (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}
