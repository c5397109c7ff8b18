//! What the evidence after a confirming click proves. A pure function; nothing here guesses.

use serde::{Deserialize, Serialize};

use super::money::Vnd;
use super::outcome::{Outcome, Proof};

/// The portal's own answer to the confirming click, classified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Words of success, with the amount they name, where they name one.
    Success {
        /// Every amount in the text; empty where it names none.
        amounts: Vec<Vnd>,
    },
    /// A refusal on the list of known refusals.
    Refused,
    /// The portal says that there is nothing (any more) to pay.
    Cleared,
    /// Words that say neither, or both, or that nobody has seen.
    Unclear,
    /// No word at all.
    Silent,
}

/// What a new look-up says after the click. Asked only where the answer alone proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DebtAfter {
    /// The service has no debt to look up (a top-up), or it was not asked.
    NotAsked,
    /// The portal says that nothing is owed any more.
    Gone,
    /// Still owed.
    StillDue,
    /// The look-up gave no clear answer.
    Unclear,
}

/// Everything that is known after the click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What was to be paid.
    pub amount: Vnd,
    /// Is it a debt (as opposed to a top-up)?
    pub is_debt: bool,
    /// The portal's answer.
    pub answer: Answer,
    /// The agent's balance before the click.
    pub balance_before: Option<Vnd>,
    /// The agent's balance after it.
    pub balance_after: Option<Vnd>,
    /// Nothing else on that agent's account is unresolved, so a fall of the balance can only be
    /// this payment.
    pub balance_is_proof: bool,
    /// What a new look-up says.
    pub debt_after: DebtAfter,
}

/// What the evidence proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Settled, with what proves it.
    Proven(Outcome, Proof),
    /// More evidence could settle it: look the debt up again.
    LookAgain,
    /// In doubt, and why.
    InDoubt(Doubt),
}

/// Why nothing is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// Words of success, but the balance did not fall.
    #[error("cổng báo thành công nhưng số dư không giảm")]
    SuccessWithoutFall,
    /// Words of success without an amount, and no balance that fits.
    #[error("cổng báo thành công nhưng không nêu số tiền và số dư không khớp")]
    SuccessWithoutAmount,
    /// Words of success for another amount.
    #[error("cổng báo thành công với số tiền khác")]
    SuccessForAnotherAmount,
    /// Words of refusal, but the balance fell by the amount.
    #[error("cổng báo từ chối nhưng số dư đã giảm đúng số tiền")]
    RefusedButFell,
    /// Nothing readable came, and the balance did not fall.
    #[error("cổng không trả lời rõ ràng và số dư chưa giảm; không làm lại khi chưa biết chắc")]
    NoAnswerNoFall,
    /// Nothing readable came, and the balance cannot tell.
    #[error("cổng không trả lời rõ ràng và số dư không đủ làm bằng chứng")]
    NoAnswerNoProof,
    /// The balance fell by the amount, but the debt still stands or cannot be looked up.
    #[error("số dư đã giảm đúng số tiền nhưng tra lại vẫn chưa thấy hết nợ")]
    FellButStillDue,
}

/// How the balance moved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fall {
    Exact,
    None,
    Other,
    Unknown,
}

/// Judges the evidence. Refusals and doubts win over success: a wrong `paid` costs more than a look
/// by a person.
pub fn judge(evidence: &Evidence) -> Verdict {
    use Verdict::{InDoubt, LookAgain, Proven};
    let fall = fall(evidence);
    match &evidence.answer {
        Answer::Success { amounts } => {
            match (amounts.is_empty(), amounts.contains(&evidence.amount), fall) {
                (_, _, Fall::None) => InDoubt(Doubt::SuccessWithoutFall),
                // The sentence names our amount; or the fall is our amount to the đồng, whatever
                // else it names (a fee, the new balance).
                (_, true, _) | (_, _, Fall::Exact) => Proven(Outcome::Paid, Proof::Response),
                (false, false, _) => InDoubt(Doubt::SuccessForAnotherAmount),
                (true, _, _) => InDoubt(Doubt::SuccessWithoutAmount),
            }
        }
        Answer::Refused | Answer::Cleared if fall == Fall::Exact && evidence.balance_is_proof => {
            InDoubt(Doubt::RefusedButFell)
        }
        Answer::Refused => Proven(Outcome::Rejected, Proof::Response),
        Answer::Cleared => Proven(Outcome::AlreadyCleared, Proof::Response),
        Answer::Unclear | Answer::Silent => match fall {
            _ if !evidence.balance_is_proof => InDoubt(Doubt::NoAnswerNoProof),
            Fall::Exact if !evidence.is_debt => Proven(Outcome::Paid, Proof::Balance),
            Fall::Exact => match evidence.debt_after {
                DebtAfter::NotAsked => LookAgain,
                DebtAfter::Gone => Proven(Outcome::Paid, Proof::Balance),
                DebtAfter::StillDue | DebtAfter::Unclear => InDoubt(Doubt::FellButStillDue),
            },
            // The answer may still be on its way through the portal: an unchanged balance proves
            // nothing.
            Fall::None => InDoubt(Doubt::NoAnswerNoFall),
            Fall::Other | Fall::Unknown => InDoubt(Doubt::NoAnswerNoProof),
        },
    }
}

fn fall(evidence: &Evidence) -> Fall {
    match (evidence.balance_before, evidence.balance_after) {
        (Some(before), Some(after)) if before == after => Fall::None,
        (Some(before), Some(after)) if before.checked_sub(evidence.amount) == Some(after) => {
            Fall::Exact
        }
        (Some(_), Some(_)) => Fall::Other,
        _ => Fall::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AMOUNT: Vnd = Vnd::fixed(150_000);
    const BEFORE: Vnd = Vnd::fixed(1_000_000);
    const LOWER: Option<Vnd> = Some(Vnd::fixed(850_000));
    const SAME: Option<Vnd> = Some(BEFORE);
    const OTHER: Option<Vnd> = Some(Vnd::fixed(900_000));

    /// The one place that calls `judge`: an answer and the balance after it, everything else as
    /// usual.
    fn check(answer: &Answer, balance_after: Option<Vnd>, expected: Verdict) {
        for is_debt in [true, false] {
            let evidence = Evidence {
                amount: AMOUNT,
                is_debt,
                answer: answer.clone(),
                balance_before: Some(BEFORE),
                balance_after,
                balance_is_proof: true,
                debt_after: if is_debt {
                    DebtAfter::Gone
                } else {
                    DebtAfter::NotAsked
                },
            };
            assert_eq!(
                judge(&evidence),
                expected,
                "{answer:?} {balance_after:?} debt: {is_debt}"
            );
        }
    }

    fn success(amounts: &[u32]) -> Answer {
        Answer::Success {
            amounts: amounts.iter().copied().map(Vnd::fixed).collect(),
        }
    }

    #[test]
    fn words_of_success_need_the_amount_or_the_fall() {
        let paid = Verdict::Proven(Outcome::Paid, Proof::Response);
        check(&success(&[150_000]), LOWER, paid);
        check(&success(&[150_000]), None, paid);
        check(&success(&[150_000]), OTHER, paid); // a fee or a commission; the portal named our amount
        check(&success(&[]), LOWER, paid);
        check(&success(&[850_000]), LOWER, paid); // it named the new balance
        check(
            &success(&[150_000]),
            SAME,
            Verdict::InDoubt(Doubt::SuccessWithoutFall),
        );
        check(
            &success(&[]),
            SAME,
            Verdict::InDoubt(Doubt::SuccessWithoutFall),
        );
        check(
            &success(&[]),
            None,
            Verdict::InDoubt(Doubt::SuccessWithoutAmount),
        );
        check(
            &success(&[15_000]),
            OTHER,
            Verdict::InDoubt(Doubt::SuccessForAnotherAmount),
        );
    }

    #[test]
    fn refusals_stand_unless_the_money_is_gone() {
        check(
            &Answer::Refused,
            SAME,
            Verdict::Proven(Outcome::Rejected, Proof::Response),
        );
        check(
            &Answer::Refused,
            None,
            Verdict::Proven(Outcome::Rejected, Proof::Response),
        );
        check(
            &Answer::Refused,
            LOWER,
            Verdict::InDoubt(Doubt::RefusedButFell),
        );
        check(
            &Answer::Cleared,
            SAME,
            Verdict::Proven(Outcome::AlreadyCleared, Proof::Response),
        );
    }

    #[test]
    fn without_a_clear_answer_only_the_exact_fall_proves() {
        for answer in [Answer::Unclear, Answer::Silent] {
            check(
                &answer,
                LOWER,
                Verdict::Proven(Outcome::Paid, Proof::Balance),
            );
            check(&answer, SAME, Verdict::InDoubt(Doubt::NoAnswerNoFall));
            check(&answer, OTHER, Verdict::InDoubt(Doubt::NoAnswerNoProof));
            check(&answer, None, Verdict::InDoubt(Doubt::NoAnswerNoProof));
        }
    }

    #[test]
    fn a_fall_proves_a_debt_only_once_the_debt_is_gone_and_nothing_else_is_open() {
        let evidence = Evidence {
            amount: AMOUNT,
            is_debt: true,
            answer: Answer::Silent,
            balance_before: Some(BEFORE),
            balance_after: LOWER,
            balance_is_proof: true,
            debt_after: DebtAfter::NotAsked,
        };
        assert_eq!(judge(&evidence), Verdict::LookAgain);
        let still_due = Evidence {
            debt_after: DebtAfter::StillDue,
            ..evidence.clone()
        };
        assert_eq!(judge(&still_due), Verdict::InDoubt(Doubt::FellButStillDue));
        let not_alone = Evidence {
            balance_is_proof: false,
            debt_after: DebtAfter::Gone,
            ..evidence
        };
        assert_eq!(judge(&not_alone), Verdict::InDoubt(Doubt::NoAnswerNoProof));
    }
}
