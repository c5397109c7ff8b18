//! The forms of payments on the wire: what programs and pages read. Members stand in the order of the agreed
//! contract; amounts are whole đồng; moments are texts like `2026-11-26T08:00:00+07:00`.

mod books;
mod payable;

use serde::Serialize;

pub use books::{EventForm, PaymentList, TransferForm, UnmatchedForm, UnmatchedList, WholePayment};
pub use payable::{PayableDetails, PayableForm, PaymentBrief, RenterForm};

use super::kept::{KeptAccount, KeptOtp};
use super::shown::{self, time};
use crate::domain::payment::{PayableKind, PayableRef};
use crate::server::AppState;
use crate::store::payments::{Payable, PaymentRow};

/// The account that money goes to, and what has to go there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountInfo {
    /// The bank's short name; empty where its number is not known.
    pub bank: String,
    /// The bank's number: six digits.
    pub bin: String,
    /// The account.
    pub number: String,
    /// Whose it is.
    pub name: String,
    /// What is still missing.
    pub amount: i64,
    /// The note that the transfer must carry.
    pub note: String,
}

impl AccountInfo {
    /// Where a payment's money goes; `None`: there is no such account.
    pub fn of(row: &PaymentRow, owed: i64) -> Option<Self> {
        let kept = KeptAccount::read(row.account.as_deref())?;
        Some(Self {
            bank: kept.bank,
            bin: kept.bin,
            number: kept.number,
            name: kept.name,
            amount: shown::missing(row, owed),
            note: kept.note,
        })
    }
}

/// The one-time password that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtpTerms {
    /// Its digits.
    pub length: Option<u8>,
    /// Until when it works.
    pub expires_at: Option<String>,
    /// How often it may still be entered.
    pub attempts_left: Option<i64>,
    /// When another one may be asked for, in seconds.
    pub resend_after_s: Option<i64>,
    /// Where it was sent, with most of it hidden.
    pub sent_to: Option<String>,
}

impl OtpTerms {
    /// What a payment waits for; `None`: for no password.
    pub fn of(row: &PaymentRow) -> Option<Self> {
        let kept = KeptOtp::read(row.otp.as_deref())?;
        Some(Self {
            length: kept.length,
            expires_at: kept.expires_ms.map(time),
            attempts_left: kept.attempts_left,
            resend_after_s: kept.resend_after_s,
            sent_to: kept.sent_to,
        })
    }
}

/// A payment without what came and what was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentForm {
    /// Its number.
    pub id: i64,
    /// The code that its payer's transfer carries.
    pub payment_code: String,
    /// Its number at its provider.
    pub order_code: i64,
    /// What is to be paid.
    pub amount: i64,
    /// What came.
    pub received: i64,
    /// What came on top.
    pub surplus: i64,
    /// Always `VND`.
    pub currency: &'static str,
    /// How it is paid.
    pub provider: &'static str,
    /// How it stands.
    pub state: &'static str,
    /// How it stands, in the contract's older words.
    pub payment_status: &'static str,
    /// The same once more: older programs read it here.
    pub status: &'static str,
    /// What for.
    pub description: String,
    /// Whose money it is.
    pub owner_id: i64,
    /// The provider's page.
    pub checkout_url: Option<String>,
    /// Where a stranger with the link pays.
    pub pay_url: String,
    /// The provider's number of what came, whichever provider it is.
    pub payos_transaction_id: Option<String>,
    /// How its payer paid, as the provider says.
    pub payment_method: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// When it was paid.
    pub paid_at: Option<String>,
    /// Until when its link works.
    pub expires_at: String,
    /// Who pays.
    pub customer_name: String,
    /// Where letters go.
    pub customer_email: String,
    /// Their phone.
    pub customer_phone: String,
    /// What is paid for.
    pub payable: PayableRef,
}

impl PaymentForm {
    /// A payment of what is paid for.
    pub fn of(app: &AppState, row: &PaymentRow, payable: &Payable) -> Self {
        Self {
            id: row.id,
            payment_code: row.payment_code.clone(),
            order_code: row.order_code,
            amount: row.standing.amount,
            received: row.received(),
            surplus: row.standing.money.surplus,
            currency: "VND",
            provider: row.provider.wire(),
            state: row.state().wire(),
            payment_status: row.state().payment_status(),
            status: row.state().payment_status(),
            description: row.description.clone(),
            owner_id: row.owner_id,
            checkout_url: row.checkout_url.clone(),
            pay_url: shown::pay_url(app, payable),
            payos_transaction_id: row.transaction_id.clone(),
            payment_method: row.method.clone(),
            created_at: time(row.created_at),
            updated_at: time(row.updated_at),
            paid_at: row.paid_at.map(time),
            expires_at: time(row.expires_at),
            customer_name: row.customer_name.clone(),
            customer_email: row.customer_email.clone(),
            customer_phone: row.customer_phone.clone(),
            payable: row.payable,
        }
    }
}

/// A payment as its own page shows it. What asks for another sum than is owed by now is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentOnPage {
    /// The payment.
    #[serde(flatten)]
    pub payment: PaymentForm,
    /// The QR as an address that holds its picture.
    pub qr_code: Option<String>,
    /// What stands in the QR.
    pub qr_text: Option<String>,
    /// Where a transfer goes.
    pub account_info: Option<AccountInfo>,
    /// What is still missing.
    pub missing: i64,
    /// The one-time password, where one is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otp: Option<OtpTerms>,
}

impl PaymentOnPage {
    /// A payment of what is paid for.
    pub fn of(app: &AppState, row: &PaymentRow, payable: &Payable) -> Self {
        let mut payment = PaymentForm::of(app, row, payable);
        let owed = payable.owed();
        let is_stale = shown::is_stale(row, owed);
        if is_stale {
            payment.checkout_url = None;
        }
        let qr_text = shown::qr_text(row, owed);
        Self {
            payment,
            qr_code: shown::qr_data_url(qr_text.as_deref()),
            qr_text,
            account_info: AccountInfo::of(row, owed).filter(|_| !is_stale),
            missing: shown::missing(row, owed),
            otp: OtpTerms::of(row),
        }
    }
}

/// A payment with what it is for: under `request` or `booking`, by its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentAndPayable {
    /// The payment; `null`: nobody has begun to pay.
    pub payment: Option<PaymentOnPage>,
    /// What is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<PayableForm>,
    /// What was booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking: Option<PayableForm>,
    /// Ways that are offered, where somebody with the link asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<&'static str>>,
}

impl PaymentAndPayable {
    /// A payment, where there is one, with what it is for.
    pub fn of(app: &AppState, row: Option<&PaymentRow>, payable: &Payable) -> Self {
        let form = PayableForm::of(app, payable);
        let (request, booking) = match payable.at.kind {
            PayableKind::Request => (Some(form), None),
            PayableKind::Booking | PayableKind::Receipt => (None, Some(form)),
        };
        Self {
            payment: row.map(|row| PaymentOnPage::of(app, row, payable)),
            request,
            booking,
            methods: None,
        }
    }
}

/// How a payment stands, in a few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateForm {
    /// In the contract's older words.
    pub status: &'static str,
    /// In a sentence for its payer.
    pub message: String,
    /// The same as `status`.
    pub payment_status: &'static str,
    /// How it stands; `unpaid`: nobody has begun to pay.
    pub state: &'static str,
    /// What came.
    pub received: i64,
    /// What is still missing.
    pub missing: i64,
    /// Where its page goes on to; `null` while it is open.
    pub redirect: Option<String>,
}

impl StateForm {
    /// How a payment stands, for whoever has the link or has signed in.
    pub fn of(row: &PaymentRow, owed: i64, guest_token: Option<&str>) -> Self {
        let status = row.state().payment_status();
        Self {
            status,
            message: shown::message(row, owed),
            payment_status: status,
            state: row.state().wire(),
            received: row.received(),
            missing: shown::missing(row, owed),
            redirect: shown::redirect(row, guest_token),
        }
    }

    /// How something stands that nobody has begun to pay.
    pub fn not_begun(payable: &Payable) -> Self {
        Self {
            status: "pending",
            message: "Chưa bắt đầu thanh toán.".to_owned(),
            payment_status: "pending",
            state: "unpaid",
            received: 0,
            missing: payable.owed(),
            redirect: None,
        }
    }
}

/// How a payment stands after another one-time password was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtpSent {
    /// How it stands.
    #[serde(flatten)]
    pub state: StateForm,
    /// What was sent.
    pub otp: Option<OtpTerms>,
}

/// A payment that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BegunForm {
    /// Always true: what could not be begun is a refusal.
    pub success: bool,
    /// Its number.
    pub payment_id: i64,
    /// Where its payer goes.
    pub redirect_url: String,
    /// Where a stranger with the link pays.
    pub pay_url: String,
    /// How it stands.
    pub state: &'static str,
    /// How it stands, in the contract's older words.
    pub payment_status: &'static str,
    /// The one-time password, where one is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otp: Option<OtpTerms>,
}

/// The QR of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QrForm {
    /// Always true.
    pub success: bool,
    /// The QR as an address that holds its picture.
    pub qr_code: Option<String>,
    /// What stands in it.
    pub qr_text: Option<String>,
    /// Where a transfer goes.
    pub account_info: Option<AccountInfo>,
}

/// What `PayOS`' older notice is answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeTaken<'e> {
    /// Always true.
    pub success: bool,
    /// A sentence.
    pub message: &'static str,
    /// The order that it told of.
    pub order_code: String,
    /// What it told.
    pub status: &'e str,
}
