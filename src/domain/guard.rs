//! What is checked before a payment is armed. Each refusal has a sentence for the report.

use serde::{Deserialize, Serialize};

use super::money::Vnd;

/// The operator's limits. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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
}

/// What is known when a payment is about to be armed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// The portal's quote.
    pub quoted: Vnd,
    /// What the job expects, where it says.
    pub expected: Option<Vnd>,
    /// The smallest debt that is paid.
    pub minimum: Vnd,
    /// The agent's balance, where it can be read.
    pub balance: Option<Vnd>,
    /// Paid or in doubt in this batch so far.
    pub spent_in_batch: Vnd,
    /// Paid or in doubt today by this portal user so far.
    pub spent_today: Vnd,
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
    /// The dialog names another amount than the quote.
    #[error("Hộp xác nhận ghi {0}, khác số tiền {1}")]
    DialogDiffers(Vnd, Vnd),
}

/// May this payment be armed? The limits are a promise: above them nothing is paid in part.
pub fn allow(limits: &Limits, now: &Situation) -> Result<(), Refusal> {
    let quoted = now.quoted;
    if quoted < now.minimum {
        return Err(Refusal::BelowMinimum(quoted, now.minimum));
    }
    if let Some(expected) = now.expected
        && quoted.dong().abs_diff(expected.dong()) > limits.tolerance.dong().unsigned_abs()
    {
        return Err(Refusal::AmountDiffers(quoted, expected));
    }
    if let Some(limit) = limits.per_job
        && quoted > limit
    {
        return Err(Refusal::PerJob(quoted, limit));
    }
    if let Some(limit) = limits.per_batch
        && now.spent_in_batch.saturating_add(quoted) > limit
    {
        return Err(Refusal::PerBatch(quoted, limit));
    }
    if let Some(limit) = limits.per_day
        && now.spent_today.saturating_add(quoted) > limit
    {
        return Err(Refusal::PerDay(quoted, limit));
    }
    match now.balance {
        Some(balance) if balance < quoted => Err(Refusal::Balance(quoted, balance)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Situation {
        Situation {
            quoted: Vnd::fixed(100_000),
            expected: None,
            minimum: Vnd::fixed(5_000),
            balance: Some(Vnd::fixed(1_000_000)),
            spent_in_batch: Vnd::ZERO,
            spent_today: Vnd::ZERO,
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "a limit is an option")]
    fn at(limit: u32) -> Option<Vnd> {
        Some(Vnd::fixed(limit))
    }

    #[test]
    fn each_limit_holds_to_the_dong() {
        let none = Limits::default();
        assert_eq!(allow(&none, &plain()), Ok(()));
        assert!(matches!(
            allow(
                &none,
                &Situation {
                    quoted: Vnd::fixed(4_999),
                    ..plain()
                }
            ),
            Err(Refusal::BelowMinimum(..))
        ));
        assert_eq!(
            allow(
                &none,
                &Situation {
                    quoted: Vnd::fixed(5_000),
                    ..plain()
                }
            ),
            Ok(())
        );
        assert!(matches!(
            allow(
                &none,
                &Situation {
                    balance: at(99_999),
                    ..plain()
                }
            ),
            Err(Refusal::Balance(..))
        ));
        assert_eq!(
            allow(
                &none,
                &Situation {
                    balance: at(100_000),
                    ..plain()
                }
            ),
            Ok(())
        );
        assert!(matches!(
            allow(
                &Limits {
                    per_job: at(99_999),
                    ..none
                },
                &plain()
            ),
            Err(Refusal::PerJob(..))
        ));
        let spent = Situation {
            spent_in_batch: Vnd::fixed(1),
            spent_today: Vnd::fixed(1),
            ..plain()
        };
        assert!(matches!(
            allow(
                &Limits {
                    per_batch: at(100_000),
                    ..none
                },
                &spent
            ),
            Err(Refusal::PerBatch(..))
        ));
        assert!(matches!(
            allow(
                &Limits {
                    per_day: at(100_000),
                    ..none
                },
                &spent
            ),
            Err(Refusal::PerDay(..))
        ));
        assert_eq!(
            allow(
                &Limits {
                    per_batch: at(100_001),
                    per_day: at(100_001),
                    ..none
                },
                &spent
            ),
            Ok(())
        );
    }

    #[test]
    fn another_amount_than_expected_is_not_paid() {
        let expects = Situation {
            expected: at(99_000),
            ..plain()
        };
        assert!(matches!(
            allow(&Limits::default(), &expects),
            Err(Refusal::AmountDiffers(..))
        ));
        assert_eq!(
            allow(
                &Limits {
                    tolerance: Vnd::fixed(1_000),
                    ..Limits::default()
                },
                &expects
            ),
            Ok(())
        );
        assert!(
            allow(
                &Limits {
                    tolerance: Vnd::fixed(999),
                    ..Limits::default()
                },
                &expects
            )
            .is_err()
        );
    }
}
