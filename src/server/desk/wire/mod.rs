//! The forms of the desk on the wire: what its calls answer. Members stand in the order of the agreed contract;
//! amounts are whole đồng, days like `2026-11-26`, moments texts like `2026-11-26T08:00:00+07:00`.

mod cash;
mod day;

use serde::Serialize;

pub use cash::{CashForm, HandInCounted, HandInForm, HandInList, HandInMade, HeldOfDay};
pub use day::{BookForm, CollectedForm, DayForm, DayReceiptForm, DayVisitForm, DifferenceForm};

use super::pay::{DeskStanding, message, qr_text};
use super::receipt;
use crate::domain::desk::{DeskMethod, Spoken};
use crate::server::AppState;
use crate::server::pay::shown::{self, time};
use crate::server::pay::wire::OtpTerms;
use crate::store::desk::{DeskItem, DeskNotice, DeskPayment, FoundContract, PublicReceipt};

/// A contract that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundForm {
    /// Its number.
    pub number: String,
    /// Whose it is.
    pub customer_name: String,
    /// Where.
    pub address: String,
    /// What is open of it.
    pub total: i64,
}

impl From<&FoundContract> for FoundForm {
    fn from(found: &FoundContract) -> Self {
        Self {
            number: found.number.clone(),
            customer_name: found.customer_name.clone(),
            address: found.address.clone(),
            total: found.total,
        }
    }
}

/// Contracts that were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundContracts {
    /// Each of them.
    pub contracts: Vec<FoundForm>,
}

/// May what is ticked be taken?
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Checked {
    /// It may.
    Fine {
        /// Always true.
        ok: bool,
        /// What it comes to.
        total: i64,
    },
    /// A rule speaks.
    Spoken {
        /// Always false.
        ok: bool,
        /// The rule's name.
        code: &'static str,
        /// What it says.
        message: &'static str,
        /// What it comes to.
        total: i64,
    },
}

impl From<Result<i64, Spoken>> for Checked {
    fn from(said: Result<i64, Spoken>) -> Self {
        match said {
            Ok(total) => Self::Fine { ok: true, total },
            Err(spoken) => Self::Spoken {
                ok: false,
                code: spoken.rule.code(),
                message: spoken.rule.message(),
                total: spoken.total,
            },
        }
    }
}

/// An item of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemForm {
    /// Its row, as a text.
    pub id: String,
    /// Its number.
    pub number: String,
    /// How much.
    pub amount: i64,
    /// How far it has come.
    pub state: &'static str,
}

impl From<&DeskItem> for ItemForm {
    fn from(item: &DeskItem) -> Self {
        Self {
            id: item.id.to_string(),
            number: item.number.clone(),
            amount: item.amount,
            state: item.state.wire(),
        }
    }
}

/// How a customer is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeForm {
    /// `hifpt`, `sms` or `zns`.
    pub channel: String,
    /// `queued`, or `blocked` where something was in the way.
    pub state: &'static str,
    /// What it says.
    pub text: Option<String>,
    /// In how many parts an SMS goes.
    pub parts: Option<i64>,
    /// What was in the way.
    #[serde(flatten)]
    pub blocked: Option<Blocked>,
}

/// What was in the way of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocked {
    /// Its name.
    pub code: String,
    /// What it says.
    pub message: Option<&'static str>,
}

impl From<&DeskNotice> for NoticeForm {
    fn from(notice: &DeskNotice) -> Self {
        Self {
            channel: notice.channel.clone(),
            state: if notice.is_queued {
                "queued"
            } else {
                "blocked"
            },
            text: notice.text.clone(),
            parts: notice.parts,
            blocked: notice.code.as_ref().map(|code| Blocked {
                code: code.clone(),
                message: notice.message(),
            }),
        }
    }
}

/// A receipt's number with its addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptLink {
    /// Its number.
    pub number: String,
    /// Where anybody sees whether it is genuine.
    pub url: String,
    /// The same on paper.
    pub pdf: String,
}

impl ReceiptLink {
    /// `None`: the money is not there yet.
    pub fn of(app: &AppState, desk: &DeskPayment) -> Option<Self> {
        let url = receipt::url(app, desk);
        Some(Self {
            number: desk.receipt.clone()?,
            pdf: format!("{url}/pdf"),
            url,
        })
    }
}

/// The QR that a payment waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeskQr {
    /// What stands in it; `null` where what the provider drew is over more than is missing.
    pub qr_text: Option<String>,
    /// An address that holds its picture.
    pub qr_code: Option<String>,
    /// Until when it can be paid.
    pub expires_at: String,
}

/// A payment at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeskPaymentForm {
    /// Its number.
    pub id: i64,
    /// The contract's number.
    pub contract: String,
    /// How it is paid.
    pub method: &'static str,
    /// How its money stands.
    pub state: &'static str,
    /// What it comes to.
    pub total: i64,
    /// What is taken.
    pub items: Vec<ItemForm>,
    /// How it stands, in a few words.
    pub message: &'static str,
    /// The receipt; `null` until the money is there.
    pub receipt: Option<ReceiptLink>,
    /// How the customer is told.
    pub notices: Vec<NoticeForm>,
    /// Where it is paid by QR and open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qr: Option<DeskQr>,
    /// The one-time password, where one is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otp: Option<OtpTerms>,
}

impl DeskPaymentForm {
    /// A payment as it stands.
    pub fn of(app: &AppState, standing: &DeskStanding) -> Self {
        let DeskStanding { desk, money } = standing;
        let is_open = money.state().is_open();
        let is_qr = matches!(desk.method, DeskMethod::VnPayQr | DeskMethod::PayOsQr);
        let qr = (is_qr && is_open).then(|| {
            let qr_text = qr_text(standing);
            DeskQr {
                qr_code: shown::qr_data_url(qr_text.as_deref()),
                qr_text,
                expires_at: time(money.expires_at),
            }
        });
        Self {
            id: desk.id,
            contract: desk.contract.clone(),
            method: desk.method.wire(),
            state: money.state().wire(),
            total: desk.total,
            items: desk.items.iter().map(ItemForm::from).collect(),
            message: message(standing),
            receipt: ReceiptLink::of(app, desk),
            notices: desk.notices.iter().map(NoticeForm::from).collect(),
            qr,
            otp: OtpTerms::of(money).filter(|_| is_open),
        }
    }
}

/// What anybody may know of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GenuineForm {
    /// Does it stand?
    pub genuine: bool,
    /// Was it cancelled?
    pub cancelled: bool,
    /// Its number.
    pub number: String,
    /// What it comes to.
    pub total: i64,
    /// When it was made out.
    pub at: String,
}

impl From<&PublicReceipt> for GenuineForm {
    fn from(receipt: &PublicReceipt) -> Self {
        Self {
            genuine: !receipt.is_cancelled,
            cancelled: receipt.is_cancelled,
            number: receipt.number.clone(),
            total: receipt.total,
            at: time(receipt.at),
        }
    }
}

/// The number of what was just kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Numbered {
    /// The number.
    pub id: i64,
}

/// A receipt that was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptCancelled {
    /// Its number.
    pub number: Option<String>,
    /// Always `cancelled`.
    pub state: &'static str,
    /// Why.
    pub reason: Option<String>,
}

/// Something has come as far as this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NowInState {
    /// How far.
    pub state: &'static str,
}
