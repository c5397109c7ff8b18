//! A customer's payment: its words, and the one function that says what becomes of it.
//!
//! Lives here: [`Provider`], [`PaymentState`], what happened to a payment ([`PaymentEvent`]) and what
//! follows ([`Standing::after`]), codes that people and providers know it by. Never here: what a provider
//! sends (`crate::providers`), rows (`crate::store::payments`).
//!
//! The same function is asked by webhook, poll, return page, person and restart, so that none of them can
//! have another idea of what `paid` means.

mod code;
mod machine;
mod refund;

pub use code::{NoteCode, ORDER_CODE_MAX, order_code, payment_code};
pub use machine::{Money, PaymentEvent, PaymentStep, PaymentTask, Refused, Standing};
pub use refund::{RefundCall, RefundState, RefundWord, refund_call, refund_parts};

use serde::{Deserialize, Serialize};

/// Who carries a customer's money to the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// A link and a QR of PayOS: a bank transfer that is told to us.
    PayOs,
    /// VNPay's payment page, or its QR.
    VnPay,
    /// The wallet, confirmed by a one-time password.
    Wallet,
    /// A bank transfer to the shop's own account, seen on its statement.
    VietQr,
    /// Cash in a collector's hand: nobody has to be asked whether it is there.
    Cash,
}

/// The largest transfer that is believed, in đồng: a thousand billion. No bank of the country moves more at once, and the
/// sums of a shop's books never come near what a number can hold. What is said to be more is put before a person.
pub const TRANSFER_MAX: i64 = 1_000_000_000_000;

impl Provider {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 5] = [
        Self::PayOs,
        Self::VnPay,
        Self::VietQr,
        Self::Wallet,
        Self::Cash,
    ];

    /// The name on the wire and in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::PayOs => "payos",
            Self::VnPay => "vnpay",
            Self::Wallet => "wallet",
            Self::VietQr => "vietqr",
            Self::Cash => "cash",
        }
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::PayOs => "PayOS",
            Self::VnPay => "VNPay",
            Self::Wallet => "Ví điện tử",
            Self::VietQr => "Chuyển khoản VietQR",
            Self::Cash => "Tiền mặt",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.wire() == wire)
    }

    /// The largest amount in đồng that it takes: one instant bank transfer ends just below half a
    /// billion, VNPay's twelve digits of a hundredth at ten.
    pub const fn amount_max(self) -> i64 {
        match self {
            Self::PayOs | Self::VietQr => 499_999_999,
            Self::VnPay | Self::Wallet | Self::Cash => 9_999_999_999,
        }
    }

    /// Do customers choose it on a page of theirs? Cash is a collector's.
    pub const fn is_for_customers(self) -> bool {
        !matches!(self, Self::Cash)
    }

    /// Does the provider itself pay back, or has a person to do it?
    pub const fn pays_back(self) -> bool {
        matches!(self, Self::VnPay)
    }

    /// Does a shop hear of the money by asking, or only by a statement that somebody brings?
    pub const fn can_be_asked(self) -> bool {
        !matches!(self, Self::VietQr | Self::Cash)
    }
}

/// How far a payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Written down; the provider may not know it yet.
    Created,
    /// The customer can pay.
    Pending,
    /// The provider is at it.
    Processing,
    /// Money came, less than the amount. Still open.
    Underpaid,
    /// The amount is there.
    Paid,
    /// Taken back before any money came.
    Cancelled,
    /// Its time was over, and the provider says that no money came.
    Expired,
    /// The provider refused it for good.
    Failed,
    /// A person has to look.
    Review,
    /// Everything was paid back.
    Refunded,
}

impl PaymentState {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Created,
        Self::Pending,
        Self::Processing,
        Self::Underpaid,
        Self::Paid,
        Self::Cancelled,
        Self::Expired,
        Self::Failed,
        Self::Review,
        Self::Refunded,
    ];

    /// The name on the wire and in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Underpaid => "underpaid",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Review => "review",
            Self::Refunded => "refunded",
        }
    }

    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Created => "Đang tạo",
            Self::Pending => "Chờ thanh toán",
            Self::Processing => "Đang xử lý",
            Self::Underpaid => "Chưa đủ tiền",
            Self::Paid => "Đã thanh toán",
            Self::Cancelled => "Đã hủy",
            Self::Expired => "Hết hạn",
            Self::Failed => "Không thành công",
            Self::Review => "Cần người xem",
            Self::Refunded => "Đã hoàn tiền",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.wire() == wire)
    }

    /// May the customer still pay it, as far as we know?
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Created | Self::Pending | Self::Processing | Self::Underpaid
        )
    }

    /// The three words of the wire that programs have had since before there were ten.
    pub const fn payment_status(self) -> &'static str {
        match self {
            Self::Created | Self::Pending | Self::Processing | Self::Underpaid | Self::Review => {
                "pending"
            }
            Self::Paid | Self::Refunded => "success",
            Self::Cancelled | Self::Expired | Self::Failed => "failed",
        }
    }
}

/// An end without money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// Taken back.
    Cancelled,
    /// Its time was over.
    Expired,
    /// Refused for good.
    Failed,
}

impl End {
    /// The state that it leads to.
    pub const fn state(self) -> PaymentState {
        match self {
            Self::Cancelled => PaymentState::Cancelled,
            Self::Expired => PaymentState::Expired,
            Self::Failed => PaymentState::Failed,
        }
    }
}

/// What a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PayableKind {
    /// A room that was booked.
    Booking,
    /// What a shop asks anybody to pay.
    Request,
    /// What a collector takes at a door.
    Receipt,
}

impl PayableKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Booking, Self::Request, Self::Receipt];

    /// The name on the wire and in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Booking => "booking",
            Self::Request => "request",
            Self::Receipt => "receipt",
        }
    }

    /// The field by which a call and a page's form say which one is to be paid.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Request => "request_id",
            Self::Booking | Self::Receipt => "booking_id",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.wire() == wire)
    }
}

/// What is paid for: which row of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct PayableRef {
    /// Which kind.
    pub kind: PayableKind,
    /// Its number among those of its kind.
    pub id: i64,
}

/// What a payable's own `payment_status` says.
pub const fn payable_status(amount: i64, paid: i64, was_paid_back: bool) -> &'static str {
    if paid >= amount {
        "paid"
    } else if paid > 0 {
        "partial"
    } else if was_paid_back {
        "refunded"
    } else {
        "unpaid"
    }
}
