//! A person decides what nothing else could prove.

use crate::domain::{Conclusion, Event, Outcome, Proof};
use crate::ledger::{Ledger, LedgerError};

/// What the person says, with name and reason: both stand in the ledger for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Was it paid?
    pub is_paid: bool,
    /// Who says so.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Why a decision is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Nothing is in doubt there.
    #[error(
        "Không có giao dịch chưa rõ nào với mã {0}. Xem danh sách bằng: gachno ledger show … (Nothing in doubt there.)"
    )]
    NotInDoubt(String),
    /// A decision needs a name and a reason.
    #[error("Cần ghi tên người xác nhận và lý do. (Name and reason are needed.)")]
    Unsigned,
    /// The journal.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Ends an attempt in doubt by a person's word. It can be said once, and is never rewritten.
pub async fn resolve(
    ledger: &Ledger,
    attempt: &str,
    decision: &Decision,
) -> Result<Conclusion, ResolveError> {
    if decision.name.trim().is_empty() || decision.reason.trim().is_empty() {
        return Err(ResolveError::Unsigned);
    }
    let in_doubt = ledger.in_doubt().await?;
    let mut live = in_doubt
        .into_iter()
        .find(|l| l.id == attempt)
        .ok_or_else(|| ResolveError::NotInDoubt(attempt.to_owned()))?;
    let word = if decision.is_paid {
        "đã trả"
    } else {
        "chưa trả"
    };
    let end = Conclusion {
        outcome: if decision.is_paid {
            Outcome::Paid
        } else {
            Outcome::NotSent
        },
        proof: Proof::Person,
        amount: live.attempt.intent.as_ref().map(|i| i.amount),
        transaction_id: None,
        message: format!(
            "{} xác nhận {word}: {}",
            decision.name.trim(),
            decision.reason.trim()
        ),
    };
    ledger
        .append(&mut live, Event::Concluded(end.clone()))
        .await?;
    Ok(end)
}
