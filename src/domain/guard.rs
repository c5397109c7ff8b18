//! What is checked before a payment is armed. Each refusal has a sentence for the report.

use serde::{Deserialize, Serialize};

use super::calendar::{minute_of, when};
use super::job::Job;
use super::money::Vnd;

/// The operator's limits. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The most that one job may cost.
    pub per_job: Option<Vnd>,
    /// The most that one batch may cost.
    pub per_batch: Option<Vnd>,
    /// The most that one portal user may pay in one day on this machine.
    pub per_day: Option<Vnd>,
    /// How far the quoted amount may lie from the expected one, where a job has one.
    pub tolerance: Vnd,
    /// For how many hours an equal top-up (the same number and amount, of whatever list) is held
    /// back and asked about; 0: never.
    pub repeat_hours: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_job: None,
            per_batch: None,
            per_day: None,
            tolerance: Vnd::ZERO,
            repeat_hours: 24,
        }
    }
}

impl Limits {
    /// For how many milliseconds an equal top-up is asked about.
    pub fn repeat_ms(&self) -> i64 {
        i64::from(self.repeat_hours) * 3_600_000
    }
}

/// What is about to be paid.
#[derive(Debug, Clone, Copy)]
pub struct PaymentRequest<'j> {
    /// The job.
    pub job: &'j Job,
    /// Is it a debt (as opposed to a top-up)?
    pub is_debt: bool,
    /// Has a person said that an equal top-up shall be made once more?
    pub is_repeat_wanted: bool,
    /// The portal's quote, or the top-up's amount.
    pub quoted: Vnd,
    /// The smallest debt that is paid.
    pub minimum: Vnd,
    /// The agent's balance, where it can be read.
    pub balance: Option<Vnd>,
}

/// What the journal says when a payment is about to be armed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GuardFacts {
    /// Milliseconds since 1970.
    pub now_ms: i64,
    /// Another attempt in doubt at the same debt, or at an equal top-up.
    pub doubt_on: Option<String>,
    /// When the same debt (or the same order's top-up) was paid, in milliseconds since 1970.
    pub paid_before_ms: Option<i64>,
    /// An equal top-up of another list, within the time in which that has to be asked about.
    pub equal: Option<EqualTopUp>,
    /// Paid or in doubt in this batch so far.
    pub spent_in_batch: Vnd,
    /// Paid or in doubt today by this portal user so far.
    pub spent_today: Vnd,
    /// Other attempts in doubt on the agent's account.
    pub others_in_doubt: usize,
    /// When a payment of this agent was proven last, in milliseconds since 1970.
    pub last_paid_ms: Option<i64>,
}

/// A top-up that is equal in number and amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EqualTopUp {
    /// When it was paid or became unknown, in milliseconds since 1970.
    pub at_ms: i64,
}

/// Why a payment was not armed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The debt is below what the old automation and the portal's users pay.
    #[error("Nợ {0} dưới mức tối thiểu {1}, không thanh toán")]
    BelowMinimum(Vnd, Vnd),
    /// The quote is not what the job expects.
    #[error("Cổng báo {0}, khác số tiền chờ đợi {1}")]
    AmountDiffers(Vnd, Vnd),
    /// Above the limit of one job.
    #[error("{0} vượt giới hạn mỗi giao dịch {1}")]
    PerJob(Vnd, Vnd),
    /// Above what is left of the batch's limit.
    #[error("{0} vượt phần còn lại của giới hạn mỗi lô {1}")]
    PerBatch(Vnd, Vnd),
    /// Above what is left of the day's limit.
    #[error("{0} vượt phần còn lại của giới hạn trong ngày {1}")]
    PerDay(Vnd, Vnd),
    /// The balance is too low.
    #[error("Số dư {1} không đủ trả {0}")]
    Balance(Vnd, Vnd),
    /// An earlier attempt at the same debt is in doubt: it is locked until that is settled.
    #[error("Khoản này đang có giao dịch chưa rõ kết quả ({0}); đối soát trước khi trả lại")]
    InDoubt(String),
    /// The same debt (or the same top-up of the same order) was paid before.
    #[error("Khoản này đã thanh toán lúc {0}")]
    PaidBefore(String),
    /// Several contracts answer to one code, and none of them is it to the letter.
    #[error("Có {0} hợp đồng cho mã này, không rõ trả hợp đồng nào")]
    SeveralContracts(usize),
    /// An equal top-up was made a short while ago: a person has to say that it is meant.
    #[error(
        "Đã nạp {amount} cho {account} lúc {at}; nếu đúng là nạp thêm một lần nữa thì xác nhận rồi làm lại"
    )]
    Repeat {
        /// The amount of both.
        amount: Vnd,
        /// The number of both.
        account: String,
        /// When, for people.
        at: String,
    },
    /// The dialog names another amount than the quote.
    #[error("Hộp xác nhận ghi {0}, khác số tiền {1}")]
    DialogDiffers(Vnd, Vnd),
}

/// Why this payment may not be armed; `None` where it may.
///
/// A limit is a promise: above it nothing is paid in part.
pub fn refusal(
    limits: &Limits,
    request: &PaymentRequest<'_>,
    facts: &GuardFacts,
) -> Option<Refusal> {
    history(request, facts).or_else(|| amounts(limits, request, facts))
}

/// What happened before speaks first.
fn history(request: &PaymentRequest<'_>, facts: &GuardFacts) -> Option<Refusal> {
    if let Some(attempt) = &facts.doubt_on {
        return Some(Refusal::InDoubt(attempt.clone()));
    }
    if let Some(at_ms) = facts.paid_before_ms {
        return Some(Refusal::PaidBefore(minute_of(at_ms)));
    }
    let equal = facts.equal.filter(|_| !request.is_repeat_wanted)?;
    Some(Refusal::Repeat {
        amount: request.quoted,
        account: request.job.account.to_string(),
        at: when(equal.at_ms, facts.now_ms),
    })
}

fn amounts(limits: &Limits, request: &PaymentRequest<'_>, facts: &GuardFacts) -> Option<Refusal> {
    let quoted = request.quoted;
    if request.is_debt {
        if quoted < request.minimum {
            return Some(Refusal::BelowMinimum(quoted, request.minimum));
        }
        if let Some(expected) = request.job.amount
            && quoted.dong().abs_diff(expected.dong()) > limits.tolerance.dong().unsigned_abs()
        {
            return Some(Refusal::AmountDiffers(quoted, expected));
        }
    }
    if let Some(limit) = limits.per_job
        && quoted > limit
    {
        return Some(Refusal::PerJob(quoted, limit));
    }
    if let Some(limit) = limits.per_batch
        && facts.spent_in_batch.saturating_add(quoted) > limit
    {
        return Some(Refusal::PerBatch(quoted, limit));
    }
    if let Some(limit) = limits.per_day
        && facts.spent_today.saturating_add(quoted) > limit
    {
        return Some(Refusal::PerDay(quoted, limit));
    }
    match request.balance {
        Some(balance) if balance < quoted => Some(Refusal::Balance(quoted, balance)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Defaults, JobList, Service};

    fn job(amount: Option<u32>) -> Job {
        let list = JobList::from_lines(Service::PayEvn, Defaults::default(), "PE0001");
        let job = list.jobs.into_iter().next().expect("a job");
        Job {
            amount: amount.map(Vnd::fixed),
            ..job
        }
    }

    fn plain(job: &Job) -> PaymentRequest<'_> {
        PaymentRequest {
            job,
            is_debt: true,
            is_repeat_wanted: false,
            quoted: Vnd::fixed(100_000),
            minimum: Vnd::fixed(5_000),
            balance: Some(Vnd::fixed(1_000_000)),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "a limit is an option")]
    fn at(limit: u32) -> Option<Vnd> {
        Some(Vnd::fixed(limit))
    }

    #[test]
    fn each_limit_holds_to_the_dong() {
        let (none, job, fresh) = (Limits::default(), job(None), GuardFacts::default());
        let quoted = |dong| PaymentRequest {
            quoted: Vnd::fixed(dong),
            ..plain(&job)
        };
        let balance = |dong| PaymentRequest {
            balance: at(dong),
            ..plain(&job)
        };
        assert_eq!(refusal(&none, &plain(&job), &fresh), None);
        assert!(matches!(
            refusal(&none, &quoted(4_999), &fresh),
            Some(Refusal::BelowMinimum(..))
        ));
        assert_eq!(refusal(&none, &quoted(5_000), &fresh), None);
        assert!(matches!(
            refusal(&none, &balance(99_999), &fresh),
            Some(Refusal::Balance(..))
        ));
        assert_eq!(refusal(&none, &balance(100_000), &fresh), None);
        let spent = GuardFacts {
            spent_in_batch: Vnd::fixed(1),
            spent_today: Vnd::fixed(1),
            ..GuardFacts::default()
        };
        let limited = |limits: Limits| refusal(&limits, &plain(&job), &spent);
        assert!(matches!(
            limited(Limits {
                per_job: at(99_999),
                ..none
            }),
            Some(Refusal::PerJob(..))
        ));
        assert!(matches!(
            limited(Limits {
                per_batch: at(100_000),
                ..none
            }),
            Some(Refusal::PerBatch(..))
        ));
        assert!(matches!(
            limited(Limits {
                per_day: at(100_000),
                ..none
            }),
            Some(Refusal::PerDay(..))
        ));
        assert_eq!(
            limited(Limits {
                per_batch: at(100_001),
                per_day: at(100_001),
                ..none
            }),
            None
        );
    }

    #[test]
    fn another_amount_than_expected_is_not_paid() {
        let (job, fresh) = (job(Some(99_000)), GuardFacts::default());
        let with = |tolerance| {
            let limits = Limits {
                tolerance: Vnd::fixed(tolerance),
                ..Limits::default()
            };
            refusal(&limits, &plain(&job), &fresh)
        };
        assert!(matches!(with(0), Some(Refusal::AmountDiffers(..))));
        assert!(matches!(with(999), Some(Refusal::AmountDiffers(..))));
        assert_eq!(with(1_000), None);
    }

    #[test]
    fn an_equal_top_up_is_asked_about_and_made_when_it_is_meant() {
        let job = job(None);
        let ms = |text: &str| -> i64 {
            let at: jiff::Timestamp = text.parse().expect("a time");
            at.as_millisecond()
        };
        // A minute before midnight and ten seconds after it, in Việt Nam.
        let facts = GuardFacts {
            now_ms: ms("2026-11-25T17:00:10Z"),
            equal: Some(EqualTopUp {
                at_ms: ms("2026-11-25T16:59:00Z"),
            }),
            ..GuardFacts::default()
        };
        let top_up = PaymentRequest {
            is_debt: false,
            ..plain(&job)
        };
        let refused = refusal(&Limits::default(), &top_up, &facts).expect("held back");
        assert!(refused.to_string().contains("23:59 hôm qua"), "{refused}");
        let meant = PaymentRequest {
            is_repeat_wanted: true,
            ..top_up
        };
        assert_eq!(refusal(&Limits::default(), &meant, &facts), None);
    }
}
