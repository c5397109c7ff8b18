//! The collection desk: what a collector may take at a door, and what is said of it.
//!
//! Lives here: the rules with their words ([`rules`]), which items are ticked before anybody touches the
//! screen, the phone that a message goes to and what it says ([`message`]), receipts' numbers. Never
//! here: who asks, a clock, SQL.

pub mod incoming;
pub mod message;
pub mod rules;

pub use incoming::{
    IncomingContract, IncomingItem, IncomingPhone, ServiceRequest, Settle, Unsaid, dialled, is_day,
    is_phone,
};
pub use message::{ContractPhone, ReceiptTold, parts, phone_of, receipt_text, settled_text};
pub use rules::{Circumstances, Opening, Rule, SMS_QUOTA, Spoken, blocked, check, openings};

use super::calendar::day_of;
use super::payment::Provider;

/// So many bills and receivables are taken at once, at most.
pub const ITEMS_MAX: usize = 6;
/// So many messages by SMS and ZNS go to one number in a month, at most.
pub const MESSAGES_MAX: i64 = 10;

/// What a collector is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CollectorKind {
    /// A technician who collects besides.
    Technician,
    /// Collects fees.
    FeeCollector,
}

impl CollectorKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Technician, Self::FeeCollector];

    /// The name on the wire and in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Technician => "tin_pnc",
            Self::FeeCollector => "thu_cuoc",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.wire() == wire)
    }
}

/// How a customer pays at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeskMethod {
    /// Money in the collector's hand.
    Cash,
    /// The collector's wallet, confirmed by a one-time password.
    Wallet,
    /// `VNPay`'s QR.
    VnPayQr,
    /// `PayOS`'s QR.
    PayOsQr,
}

impl DeskMethod {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Cash, Self::Wallet, Self::VnPayQr, Self::PayOsQr];

    /// The name on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Wallet => "wallet",
            Self::VnPayQr => "vnpay_qr",
            Self::PayOsQr => "payos_qr",
        }
    }

    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Cash => "Tiền mặt",
            Self::Wallet => "Ví điện tử",
            Self::VnPayQr => "QR VNPay",
            Self::PayOsQr => "QR PayOS",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.wire() == wire)
    }

    /// Who carries the money.
    pub const fn provider(self) -> Provider {
        match self {
            Self::Cash => Provider::Cash,
            Self::Wallet => Provider::Wallet,
            Self::VnPayQr => Provider::VnPay,
            Self::PayOsQr => Provider::PayOs,
        }
    }

    /// The method that this provider carries. `None`: nothing is paid so at a door.
    pub const fn of_provider(provider: Provider) -> Option<Self> {
        match provider {
            Provider::Cash => Some(Self::Cash),
            Provider::Wallet => Some(Self::Wallet),
            Provider::VnPay => Some(Self::VnPayQr),
            Provider::PayOs => Some(Self::PayOsQr),
            Provider::VietQr => None,
        }
    }
}

/// A bill, or something else that is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// A bill (hóa đơn).
    Bill,
    /// Anything else (khoản thu).
    Receivable,
}

impl ItemKind {
    /// The name in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Bill => "bill",
            Self::Receivable => "receivable",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        [Self::Bill, Self::Receivable]
            .into_iter()
            .find(|one| one.wire() == wire)
    }
}

/// How far an item has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemState {
    /// It can be taken.
    Open,
    /// A payment that is not over has it.
    Taken,
    /// The customer has paid it.
    Paid,
    /// It is paid at the portal.
    Settled,
}

impl ItemState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Taken, Self::Paid, Self::Settled];

    /// The name on the wire and in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Paid => "paid",
            Self::Settled => "settled",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.wire() == wire)
    }
}

/// An item of a contract as the rules see it: unpaid, untaken, and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedItem {
    /// Its number.
    pub id: i64,
    /// Bill or receivable.
    pub kind: ItemKind,
    /// The day on which it was issued (`2026-11-21`), where that was said.
    pub issued: Option<String>,
    /// Whole đồng.
    pub amount: i64,
    /// Is it a PTC receivable?
    pub is_ptc: bool,
}

/// A contract as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwingContract {
    /// Is its type `binh_thuong`?
    pub is_normal: bool,
    /// Is a `KPDV` request of it in work?
    pub has_work: bool,
    /// What can be taken, in the order in which it was sent.
    pub items: Vec<OwedItem>,
}

/// The type of a normal contract.
pub const NORMAL: &str = "binh_thuong";

/// Is this service request one that forces bills?
pub fn is_in_work(kind: &str, state: &str) -> bool {
    kind == "KPDV" && state == "dang_xu_ly"
}

/// Is a receivable hidden: a prepaid recare, or one that a market place collects?
pub fn is_hidden(paid_type: Option<i64>, source: &str) -> bool {
    let source = source.trim();
    let is = |name: &str| source.eq_ignore_ascii_case(name);
    paid_type == Some(2) || is("titok") || is("shopee")
}

/// A collector's cash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CashStanding {
    /// What may be held, in đồng.
    pub limit: i64,
    /// What may be held besides, today.
    pub extra: i64,
    /// What is held.
    pub held: i64,
    /// What of it was taken on an earlier day.
    pub held_of_earlier_days: i64,
}

impl CashStanding {
    /// What may still be taken, in đồng; less than nothing where the limit was lowered.
    pub const fn remaining(&self) -> i64 {
        self.limit + self.extra - self.held
    }
}

/// The extra limit on `today`: only a technician has one, until its last day.
pub fn extra_on(today: &str, kind: Option<CollectorKind>, extra: i64, until: Option<&str>) -> i64 {
    match (kind, until) {
        (Some(CollectorKind::Technician), Some(until)) if today <= until => extra,
        _ => 0,
    }
}

/// The number of a receipt: `PT20261126-0001`.
pub fn receipt_number(now_ms: i64, counter: i64) -> String {
    format!("PT{}-{counter:04}", day_of(now_ms).replace('-', ""))
}

#[cfg(test)]
mod tests;
