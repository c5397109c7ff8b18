//! How a job ended, and what proves it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::language::Language;

/// The class of a job's end. The portal's own words are kept beside it, never instead of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The money moved, and something proves it.
    Paid,
    /// A look-up found a debt.
    Debt,
    /// The portal says that nothing is owed.
    NoDebt,
    /// The debt was settled before we could: nothing moved from our account.
    AlreadyCleared,
    /// The portal does not know the account.
    NotFound,
    /// The portal refused.
    Rejected,
    /// Our own guards refused before anything was sent.
    Refused,
    /// An equal top-up was made a short while ago: not done until a person says that it is meant.
    HeldBack,
    /// Something technical went wrong before the payment was armed: safe to do again.
    Failed,
    /// Armed, but proven never to have left the browser.
    NotSent,
    /// It may have been paid and may not. Locked until something proves which.
    Unknown,
    /// Not reached: the batch was stopped before this job.
    Cancelled,
    /// A dry run: everything up to the confirming click, which was not made.
    DryRun,
}

/// What proves an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The portal's own answer.
    Response,
    /// The living browser, read again after a crash.
    Reattach,
    /// A unique row of the portal's transaction history.
    History,
    /// The agent's balance, lower by exactly the amount.
    Balance,
    /// A person's decision.
    Person,
    /// Nothing.
    None,
}

impl Outcome {
    /// All of them, in the order of the report's summary.
    pub const ALL: [Self; 13] = [
        Self::Paid,
        Self::Debt,
        Self::NoDebt,
        Self::AlreadyCleared,
        Self::NotFound,
        Self::Rejected,
        Self::Refused,
        Self::HeldBack,
        Self::Failed,
        Self::NotSent,
        Self::Unknown,
        Self::Cancelled,
        Self::DryRun,
    ];

    /// The name on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Debt => "debt",
            Self::NoDebt => "no_debt",
            Self::AlreadyCleared => "already_cleared",
            Self::NotFound => "not_found",
            Self::Rejected => "rejected",
            Self::Refused => "refused",
            Self::HeldBack => "held_back",
            Self::Failed => "failed",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
            Self::DryRun => "dry_run",
        }
    }

    /// The word on the screen and in the report.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Paid => "Đã thanh toán",
            Self::Debt => "Còn nợ",
            Self::NoDebt => "Không nợ cước",
            Self::AlreadyCleared => "Đã gạch trước đó",
            Self::NotFound => "Không tìm thấy",
            Self::Rejected => "Cổng từ chối",
            Self::Refused => "Không làm (giới hạn)",
            Self::HeldBack => "Trùng, chờ xác nhận",
            Self::Failed => "Lỗi, làm lại được",
            Self::NotSent => "Chưa gửi",
            Self::Unknown => "Chưa rõ, cần xem",
            Self::Cancelled => "Chưa làm",
            Self::DryRun => "Chạy thử",
        }
    }

    /// The word on a screen in this language.
    pub const fn label_in(self, language: Language) -> &'static str {
        match (language, self) {
            (Language::Vi, _) => self.label(),
            (Language::En, Self::Paid) => "Paid",
            (Language::En, Self::Debt) => "Debt",
            (Language::En, Self::NoDebt) => "No debt",
            (Language::En, Self::AlreadyCleared) => "Cleared before",
            (Language::En, Self::NotFound) => "Not found",
            (Language::En, Self::Rejected) => "Rejected by the portal",
            (Language::En, Self::Refused) => "Not done (guard)",
            (Language::En, Self::HeldBack) => "Repeated, to be confirmed",
            (Language::En, Self::Failed) => "Failed, safe to repeat",
            (Language::En, Self::NotSent) => "Not sent",
            (Language::En, Self::Unknown) => "In doubt",
            (Language::En, Self::Cancelled) => "Not reached",
            (Language::En, Self::DryRun) => "Dry run",
        }
    }

    /// Is the outcome settled, so that nobody has to look at the job again?
    ///
    /// A refusal is settled; a technical failure, a doubt and a job that was never reached are not.
    pub const fn is_proven(self) -> bool {
        match self {
            Self::Paid
            | Self::Debt
            | Self::NoDebt
            | Self::AlreadyCleared
            | Self::NotFound
            | Self::Rejected
            | Self::Refused
            | Self::NotSent
            | Self::DryRun => true,
            Self::HeldBack | Self::Failed | Self::Unknown | Self::Cancelled => false,
        }
    }

    /// May the same job be tried again without any risk of paying twice?
    pub const fn may_be_tried_again(self) -> bool {
        match self {
            Self::NotFound
            | Self::Rejected
            | Self::Refused
            | Self::HeldBack
            | Self::Failed
            | Self::NotSent
            | Self::Cancelled
            | Self::DryRun => true,
            // `Debt` and `NoDebt` are what a look-up is for; the rest is paid or may be.
            Self::Paid | Self::Debt | Self::NoDebt | Self::AlreadyCleared | Self::Unknown => false,
        }
    }
}

impl Proof {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Response,
        Self::Reattach,
        Self::History,
        Self::Balance,
        Self::Person,
        Self::None,
    ];

    /// The name on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Reattach => "reattach",
            Self::History => "history",
            Self::Balance => "balance",
            Self::Person => "person",
            Self::None => "none",
        }
    }

    /// The word in the report.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Response => "Câu trả lời của cổng",
            Self::Reattach => "Đọc lại trình duyệt",
            Self::History => "Lịch sử giao dịch",
            Self::Balance => "Số dư",
            Self::Person => "Người xác nhận",
            Self::None => "—",
        }
    }

    /// The word on a screen in this language.
    pub const fn label_in(self, language: Language) -> &'static str {
        match (language, self) {
            (Language::Vi, _) => self.label(),
            (Language::En, Self::Response) => "the portal's answer",
            (Language::En, Self::Reattach) => "the browser read again",
            (Language::En, Self::History) => "the transaction history",
            (Language::En, Self::Balance) => "the balance",
            (Language::En, Self::Person) => "a person's word",
            (Language::En, Self::None) => "—",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.wire())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_name_is_the_json_name() {
        for outcome in Outcome::ALL {
            assert_eq!(
                serde_json::to_value(outcome).ok(),
                Some(outcome.wire().into())
            );
        }
    }

    #[test]
    fn nothing_that_may_have_been_paid_may_be_tried_again() {
        assert!(!Outcome::Paid.may_be_tried_again());
        assert!(!Outcome::Unknown.may_be_tried_again());
    }
}
