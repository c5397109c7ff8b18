//! A payment at the door, and its receipt once it is paid.

use askama::Template;

use super::{SettleForm, Shell};

/// The page.
#[derive(Template)]
#[template(path = "desk_payment.html")]
pub struct PaymentPage {
    /// What stands around it.
    pub shell: Shell,
    /// Where it is.
    pub here: String,
    /// How it stands, as the wire has it; `void`: its receipt was cancelled.
    pub state: &'static str,
    /// The same for people.
    pub status: &'static str,
    /// What there is to say about that.
    pub message: String,
    /// Where changes are told.
    pub events: Option<String>,
    /// Where one asks.
    pub refresh: Option<String>,
    /// How much.
    pub total: String,
    /// What is missing of it.
    pub missing: Option<String>,
    /// How it is paid.
    pub method: &'static str,
    /// Who pays.
    pub customer: String,
    /// For which contract.
    pub contract: String,
    /// Where that is.
    pub contract_url: String,
    /// What proves it.
    pub receipt: Option<ReceiptCard>,
    /// What the customer scans.
    pub qr: Option<QrCard>,
    /// The one-time password that is waited for.
    pub otp: Option<OtpForm>,
    /// Can one ask for it?
    pub may_check: bool,
    /// Can it be taken back?
    pub may_cancel: bool,
    /// Can its receipt be cancelled?
    pub may_void: bool,
    /// What is paid.
    pub items: Vec<PaidItem>,
    /// What the customer is told.
    pub notices: Vec<NoticeLine>,
    /// Something of it was settled elsewhere: for who answers for the shop.
    pub settle: Option<SettleForm>,
}

/// What proves a payment.
pub struct ReceiptCard {
    /// Its number.
    pub number: String,
    /// When.
    pub at: String,
    /// The sum in words.
    pub words: String,
    /// For the printer.
    pub print_url: String,
    /// As a file.
    pub pdf_url: String,
    /// Where anybody can see whether it is genuine.
    pub url: String,
}

/// What the customer scans.
pub struct QrCard {
    /// Where the picture is.
    pub picture: String,
    /// Until when it can be paid.
    pub until: String,
    /// The same in milliseconds since 1970.
    pub until_ms: i64,
}

/// The one-time password that is waited for.
pub struct OtpForm {
    /// Where it was sent.
    pub sent_to: String,
    /// How often it may still be entered.
    pub attempts_left: Option<i64>,
}

/// Something that is paid.
pub struct PaidItem {
    /// Its number.
    pub number: String,
    /// What it is.
    pub content: String,
    /// How much.
    pub amount: String,
    /// How far it has come, where that is to be said.
    pub state: &'static str,
}

/// What the customer is told.
pub struct NoticeLine {
    /// By which way, and whether.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Was it not sent?
    pub is_blocked: bool,
}
