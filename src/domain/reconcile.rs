//! What becomes of an attempt that is unknown: when it is looked into again, and what the looks
//! prove together. Pure.
//!
//! Absence right after sending proves nothing: a history shows a payment only after a while. So
//! "not paid" needs two complete readings a good while apart, past the time in which the portal
//! settles, with everything else agreeing.

use serde::{Deserialize, Serialize};

use super::money::Vnd;
use super::outcome::{Outcome, Proof};
use super::verdict::DebtAfter;

/// One look at everything that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The portal's history of transactions.
    pub history: HistorySays,
    /// The debt, looked up again; for a top-up never asked.
    pub debt: DebtAfter,
    /// The agent's balance.
    pub balance: BalanceSays,
}

/// What the portal's history says of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistorySays {
    /// There is none, or it cannot be read.
    NotToBeHad,
    /// Read to the mark or to its end: no row is this attempt's.
    Absent,
    /// One row is this attempt's and nobody else's.
    Unique {
        /// The portal's id.
        transaction: Option<String>,
    },
    /// More rows than attempts: somebody else may have paid.
    Several,
}

/// What the balance says of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BalanceSays {
    /// Nothing that could prove anything: unreadable, or something else on the account is open.
    NoProof,
    /// It is what it was.
    Unchanged,
    /// It is lower by exactly the amount.
    Fell,
    /// It is something else.
    Other,
}

/// How patient reconciliation is. Times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// When an attempt is looked into, counted from when it became unknown; after the last a person
    /// is asked.
    pub schedule_ms: Vec<i64>,
    /// How long the portal may take to show a payment in its history.
    pub settle_ms: i64,
    /// How far two readings without the payment must lie apart.
    pub apart_ms: i64,
}

/// What the looks prove together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// This end.
    Proven(Outcome, Proof, Option<String>),
    /// Look again then, in milliseconds since 1970.
    LookAt(i64),
    /// Only a person can say.
    Person,
}

/// What all looks so far prove. `unknown_ms`: when the attempt became unknown.
pub fn settle(looks: &[Look], is_debt: bool, unknown_ms: i64, patience: &Patience) -> Settled {
    for look in looks.iter().rev() {
        match &look.history {
            HistorySays::Unique { transaction } => {
                return Settled::Proven(Outcome::Paid, Proof::History, transaction.clone());
            }
            HistorySays::Several => return Settled::Person,
            HistorySays::Absent | HistorySays::NotToBeHad => {}
        }
    }
    if let Some(last) = looks.last() {
        let is_gone = !is_debt || last.debt == DebtAfter::Gone;
        if last.balance == BalanceSays::Fell && is_gone {
            return Settled::Proven(Outcome::Paid, Proof::Balance, None);
        }
        let says_no = |look: &&Look| {
            look.history == HistorySays::Absent
                && look.balance == BalanceSays::Unchanged
                && (!is_debt || look.debt == DebtAfter::StillDue)
                && look.at_ms >= unknown_ms + patience.settle_ms
        };
        if says_no(&last)
            && let Some(first) = looks.iter().find(says_no)
        {
            if last.at_ms - first.at_ms >= patience.apart_ms {
                return Settled::Proven(Outcome::NotSent, Proof::History, None);
            }
            // One more settles it, also where the schedule ran out while no program was there to
            // look.
            return Settled::LookAt(first.at_ms + patience.apart_ms);
        }
    }
    let done = looks.last().map_or(i64::MIN, |l| l.at_ms);
    patience
        .schedule_ms
        .iter()
        .map(|after| unknown_ms + after)
        .find(|due| *due > done)
        .map_or(Settled::Person, Settled::LookAt)
}

/// What the balance says of one of these open attempts. `before`: what it would be if none of them
/// had moved any money; `open`: the amounts of all that are open on the account, the one in
/// question among them.
///
/// Amounts are positive, so a balance that has not fallen clears all of them at once, and one that
/// fell by their whole sum was moved by each of them. Anything between could be any of them.
pub fn balance_says(before: Option<Vnd>, after: Option<Vnd>, open: &[Vnd]) -> BalanceSays {
    let (Some(before), Some(after)) = (before, after) else {
        return BalanceSays::NoProof;
    };
    let all: Vnd = open.iter().copied().sum();
    match before.checked_sub(after) {
        Some(fall) if fall.is_zero() => BalanceSays::Unchanged,
        Some(fall) if fall == all => BalanceSays::Fell,
        Some(fall) if open.len() > 1 && fall < all => BalanceSays::NoProof,
        _ => BalanceSays::Other,
    }
}

/// Does a balance that was read at rest have everything in it that was paid before? Else a fall that
/// comes late would be taken for the next payment's.
///
/// It does where it is what an earlier balance and the payments since explain, or where the last
/// payment is so long ago that the portal must have booked it.
pub fn is_booked(
    balance: Vnd,
    explained: Option<Vnd>,
    last_paid_ms: Option<i64>,
    now_ms: i64,
    settle_ms: i64,
) -> bool {
    explained == Some(balance) || last_paid_ms.is_none_or(|paid| now_ms - paid >= settle_ms)
}

impl BalanceSays {
    /// The same where the balance before was read in an earlier run: somebody may have worked on
    /// the account by hand since, so a fall convicts nobody. That nothing has fallen still clears.
    #[must_use]
    pub fn of_an_earlier_run(self) -> Self {
        if self == Self::Fell {
            Self::NoProof
        } else {
            self
        }
    }
}

/// A row of the portal's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// The portal's id.
    pub transaction: String,
    /// For whom, as the portal writes it.
    pub account: String,
    /// In đồng.
    pub amount: Vnd,
}

/// An attempt that a row may belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// For whom.
    pub account: String,
    /// In đồng.
    pub amount: Vnd,
    /// The row that it has already, where its transaction id is known.
    pub transaction: Option<String>,
}

/// Whose the rows are: each row belongs to one attempt at most. `rows` are those above the mark,
/// `paid` the attempts that are proven since then, `open` every attempt that is unknown; `me`
/// stands among `open` once.
pub fn match_history(
    rows: &[HistoryRow],
    paid: &[Claim],
    open: &[Claim],
    me: &Claim,
) -> HistorySays {
    let is_mine =
        |account: &str, amount: Vnd| amount == me.amount && same_account(account, &me.account);
    let claimed: Vec<&str> = paid
        .iter()
        .filter_map(|c| c.transaction.as_deref())
        .collect();
    let mut free: Vec<&HistoryRow> = rows
        .iter()
        .filter(|r| is_mine(&r.account, r.amount) && !claimed.contains(&r.transaction.as_str()))
        .collect();
    // A proven payment whose id nobody told has one of these rows.
    let unnamed = paid
        .iter()
        .filter(|c| c.transaction.is_none() && is_mine(&c.account, c.amount))
        .count();
    let rivals = open
        .iter()
        .filter(|c| is_mine(&c.account, c.amount))
        .count();
    free.dedup_by(|a, b| !a.transaction.is_empty() && a.transaction == b.transaction);
    match free.len().checked_sub(unnamed) {
        None | Some(0) => HistorySays::Absent,
        Some(1) if rivals <= 1 && unnamed == 0 => HistorySays::Unique {
            transaction: free
                .first()
                .map(|r| r.transaction.clone())
                .filter(|t| !t.is_empty()),
        },
        // One more row than proven payments: paid, although nobody can say which row.
        Some(1) if rivals <= 1 => HistorySays::Unique { transaction: None },
        Some(_) => HistorySays::Several,
    }
}

/// A portal may write a phone with 84 or dashes, and pad a code.
fn same_account(shown: &str, own: &str) -> bool {
    let plain = |text: &str| {
        text.chars()
            .filter(|c| c.is_alphanumeric() || *c == '_')
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    let local = |text: String| match text.strip_prefix("84") {
        Some(rest) if rest.len() == 9 && rest.chars().all(|c| c.is_ascii_digit()) => {
            format!("0{rest}")
        }
        _ if text.len() == 9 && text.chars().all(|c| c.is_ascii_digit()) => format!("0{text}"),
        _ => text,
    };
    local(plain(shown)) == local(plain(own))
}

#[cfg(test)]
mod tests;
