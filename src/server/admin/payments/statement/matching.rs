//! Whose money a line of a statement is.

use std::collections::HashMap;

use super::sheet::{Statement, StatementRow};
use crate::domain::payment::{NoteCode, Provider};
use crate::server::AppState;
use crate::store::StoreError;
use crate::store::payments::PaymentRow;

/// Whose money a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Match {
    /// A payment's: booked when the person says so. With what it will still miss when it is this line's turn, in đồng.
    Payment(Box<PaymentRow>, i64),
    /// A payment that has money of this number with another amount: put before a person.
    Differs(Box<PaymentRow>),
    /// Booked before, under the same number with the same amount.
    Known(i64),
    /// Booked before and taken back: nothing books the same line again.
    TakenBack(i64),
    /// The same line stands above it in the file: it is booked once.
    Twice,
    /// Its note has codes of two payments.
    Several,
    /// Its note has a code, and no payment of this payee has it.
    UnknownCode(String),
    /// Its note has none.
    NoCode,
}

impl Match {
    /// Can it be kept as money that fits no payment?
    pub(super) const fn is_stray(&self) -> bool {
        matches!(self, Self::UnknownCode(_) | Self::NoCode | Self::Several)
    }

    /// What will happen, and the tone of it.
    pub(super) fn words(&self, amount: i64) -> (String, &'static str) {
        let (words, tone) = match self {
            Self::Payment(row, _) if !row.state().is_open() => {
                return (
                    format!("{}: sẽ ghi, cần người xem", row.state().label()),
                    "tone doubt",
                );
            }
            Self::Payment(_, missing) => match amount.cmp(missing) {
                std::cmp::Ordering::Equal => ("Vừa đủ", "tone good"),
                std::cmp::Ordering::Less => ("Thiếu", "tone doubt"),
                std::cmp::Ordering::Greater => ("Thừa", "tone doubt"),
            },
            Self::Differs(_) => ("Mã đã ghi với số tiền khác: cần người xem", "tone doubt"),
            Self::Known(_) => ("Đã ghi trước đó", "tone calm"),
            Self::TakenBack(_) => ("Đã ghi rồi hoàn tác: không ghi lại", "tone calm"),
            Self::Twice => ("Trùng dòng ở trên: chỉ ghi một lần", "tone calm"),
            Self::Several => ("Có nhiều mã thanh toán", "tone doubt"),
            Self::UnknownCode(_) => ("Mã không có ở bên nhận này", "tone doubt"),
            Self::NoCode => ("Không phải tiền của ta", "tone calm"),
        };
        (words.to_owned(), tone)
    }
}

/// Every line with whose it is.
pub(super) async fn matched<'s>(
    app: &AppState,
    statement: &'s Statement,
) -> Result<Vec<(&'s StatementRow, Match)>, StoreError> {
    let mut all: Vec<(&StatementRow, Match)> = Vec::with_capacity(statement.rows.len());
    // What the lines above will have booked when it is this one's turn.
    let mut above: HashMap<(Option<i64>, &str), Vec<i64>> = HashMap::new();
    let mut taken: HashMap<i64, i64> = HashMap::new();
    for row in &statement.rows {
        let mut whose = one(app, statement.payee, row).await?;
        let payment = match &whose {
            Match::Payment(payment, _) | Match::Differs(payment) => Some(payment.id),
            _ => None,
        };
        if payment.is_some() || whose.is_stray() {
            let same = above.entry((payment, &row.reference)).or_default();
            let is_first = same.is_empty();
            if same.contains(&row.amount) {
                whose = Match::Twice;
            } else {
                same.push(row.amount);
                whose = match whose {
                    Match::Payment(payment, _) if !is_first => Match::Differs(payment),
                    whose => whose,
                };
            }
        }
        if let Match::Payment(payment, missing) = &mut whose {
            let taken = taken.entry(payment.id).or_default();
            *missing -= *taken;
            *taken += row.amount;
        }
        all.push((row, whose));
    }
    Ok(all)
}

async fn one(app: &AppState, payee: i64, line: &StatementRow) -> Result<Match, StoreError> {
    let payments = app.store().payments();
    let codes = NoteCode::all_in(&line.note);
    let mut found = Vec::new();
    for code in &codes {
        let payment = payments.of_code(code.as_str()).await?;
        found.extend(payment.filter(|p| p.provider == Provider::VietQr && p.owner_id == payee));
    }
    let Some(payment) = found.pop() else {
        return Ok(codes.first().map_or(Match::NoCode, |code| {
            Match::UnknownCode(code.as_str().to_owned())
        }));
    };
    if !found.is_empty() {
        return Ok(Match::Several);
    }
    let transfers = payments.transfers(payment.id).await?;
    let has = |reference: &str, amount: i64| {
        transfers
            .iter()
            .any(|t| t.reference == reference && t.amount == amount)
    };
    let differs = transfers
        .iter()
        .any(|t| t.reference == line.reference && t.amount != line.amount);
    let undone = format!("undo-{}", line.reference);
    Ok(if has(&undone, -line.amount) {
        Match::TakenBack(payment.id)
    } else if has(&line.reference, line.amount) {
        Match::Known(payment.id)
    } else if differs {
        Match::Differs(Box::new(payment))
    } else {
        let missing = payment.missing();
        Match::Payment(Box::new(payment), missing)
    })
}
