//! What a provider's answer means for a payment: pure, so that it can be asked by a table of tests.

use crate::domain::payment::{End, Provider};
use crate::providers::{News, ProviderEvent, SeenTransfer, Told, ToldStanding};
use crate::store::digest;
use crate::store::payments::{Fact, PaymentRow, SeenMoney, rest_ms};

const DAY_MS: i64 = 86_400_000;
/// A transfer to the shop's own account shows on its statement days later.
const STATEMENT_MS: i64 = 3 * DAY_MS;
/// What is still open so long after its time is not asked about any more.
const ASKED_FOR_MS: i64 = 7 * DAY_MS;

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// What is booked.
    pub facts: Vec<Fact>,
    /// The same answer has the same key.
    pub key: String,
    /// Why nothing of it counts.
    pub why: Option<&'static str>,
}

/// Money as the store books it.
pub fn seen(transfer: &SeenTransfer) -> SeenMoney {
    SeenMoney {
        reference: transfer.reference.clone(),
        amount: transfer.amount,
        currency: transfer.currency.clone(),
        at_ms: transfer.at_ms,
        method: transfer.method.clone(),
    }
}

/// What `told` means for `payment` now. `is_settled`: what it is for was paid by another way.
pub fn meaning(payment: &PaymentRow, told: &Told, is_settled: bool, now_ms: i64) -> Meaning {
    let is_over = payment.expires_at <= now_ms;
    // Silence means something else when a statement would have shown the money.
    let is_given_up =
        told.standing == ToldStanding::Silent && payment.expires_at + STATEMENT_MS <= now_ms;
    let key = digest(
        format!(
            "{:?}|{:?}|{:?}|{is_over}|{is_settled}|{is_given_up}",
            told.standing, told.amount, told.transfers
        )
        .as_bytes(),
    );
    // Two whose answers are about the whole payment: another amount is another payment.
    let is_other = matches!(payment.provider, Provider::Wallet | Provider::VnPay)
        && told
            .amount
            .is_some_and(|amount| amount != payment.standing.amount);
    if is_other {
        return Meaning {
            facts: Vec::new(),
            key: format!("answer|{key}"),
            why: Some("Cổng báo số tiền khác số tiền của khoản này."),
        };
    }
    let mut facts: Vec<Fact> = told
        .transfers
        .iter()
        .map(|t| Fact::Money(seen(t)))
        .collect();
    let has_money = !told.transfers.is_empty() || payment.received() > 0;
    match told.standing {
        ToldStanding::Open if !is_over || has_money => facts.push(Fact::Opened),
        ToldStanding::Paid if has_money => {}
        ToldStanding::Processing | ToldStanding::Paid => facts.push(Fact::Processing),
        ToldStanding::Suspect => facts.push(Fact::Suspect),
        // Its link was taken back because another payment was first: it stays open until its time is over, so
        // that money which comes all the same is known as too much.
        ToldStanding::Ended(_) if is_settled && !is_over => {}
        ToldStanding::Ended(end) if !is_settled => facts.push(Fact::Ended(end)),
        ToldStanding::Ended(_) | ToldStanding::Open => facts.push(Fact::Ended(End::Expired)),
        ToldStanding::Absent if is_over => facts.push(Fact::Ended(End::Expired)),
        ToldStanding::Silent if is_given_up => {
            facts.push(Fact::Ended(End::Expired));
        }
        ToldStanding::Absent | ToldStanding::Silent => {}
    }
    Meaning {
        facts,
        key: format!("answer|{key}"),
        why: None,
    }
}

/// What news that a provider sent by itself mean. `None`: it has to be asked.
pub fn of_news(event: &ProviderEvent, is_settled: bool) -> Option<Vec<Fact>> {
    match &event.news {
        News::Money(transfer) => Some(vec![Fact::Money(seen(transfer))]),
        News::Ended(_) if is_settled => Some(Vec::new()),
        News::Ended(end) => Some(vec![Fact::Ended(*end)]),
        News::Suspect => Some(vec![Fact::Suspect]),
        News::Nothing => Some(Vec::new()),
        News::AskAgain => None,
    }
}

/// When a payment is asked about next, after it was asked now. `None`: never again.
pub fn next_question(payment: &PaymentRow, now_ms: i64) -> Option<i64> {
    let over_at = if payment.provider.can_be_asked() {
        payment.expires_at
    } else {
        payment.expires_at + STATEMENT_MS
    };
    if !payment.state().is_open() || now_ms > over_at + ASKED_FOR_MS {
        return None;
    }
    if !payment.provider.can_be_asked() {
        return Some(over_at.max(now_ms + rest_ms(i64::MAX)));
    }
    let rested = now_ms + rest_ms(payment.asks);
    // Once more as soon as its time is over.
    Some(if over_at > now_ms {
        rested.min(over_at + 1)
    } else {
        rested
    })
}
