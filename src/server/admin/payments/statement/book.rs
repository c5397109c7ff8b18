//! A statement's lines, booked under the number of an import.

use super::matching::{Match, matched};
use super::sheet::{Statement, StatementRow};
use crate::domain::payment::Provider;
use crate::server::AppState;
use crate::server::pay::cashier::Cashier;
use crate::server::pay::decide::TransferLine;
use crate::store::catalogue::payments::PAYMENT_TRANSFER;
use crate::store::payments::{Heard, HeardFrom, NewUnmatched, SeenMoney, StatementLine};
use crate::store::{Actor, StoreError};

/// Which of the lines that fit no payment are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keep {
    /// Those with a code that no payment has.
    pub unknown: bool,
    /// Those without a code.
    pub plain: bool,
}

/// Books the lines of payments and keeps what is to be kept. Says the number of the import.
pub(super) async fn bring_in(
    app: &AppState,
    statement: &Statement,
    keep: Keep,
    actor: &Actor,
) -> Result<i64, StoreError> {
    let imports = app.store().tables().imports();
    let import = imports
        .begin(&PAYMENT_TRANSFER, &statement.filename, actor)
        .await?;
    let cashier = Cashier::of(app);
    let (mut booked, mut left) = (0, 0);
    for (row, whose) in matched(app, statement).await? {
        let line = TransferLine {
            reference: &row.reference,
            amount: row.amount,
            at_ms: row.at_ms,
        };
        let done = match &whose {
            Match::Payment(payment, _) | Match::Differs(payment) => {
                let heard = Heard {
                    payment: payment.id,
                    source: HeardFrom::Statement,
                    kind: "transfer",
                    key: &line.key(),
                    body: &line.body(),
                    facts: &[line.fact()],
                    actor: Some(actor),
                };
                let line = StatementLine::Money(&heard);
                cashier.hear_line(import, &line).await.map(|_| true)
            }
            Match::NoCode if keep.plain => stray(&cashier, import, statement, row, "").await,
            Match::UnknownCode(code) if keep.unknown => {
                stray(&cashier, import, statement, row, code).await
            }
            Match::Several if keep.unknown => stray(&cashier, import, statement, row, "").await,
            _ => Ok(false),
        };
        match done {
            Ok(true) => booked += 1,
            // What one payment's rules refuse stops no other line.
            Ok(false) | Err(StoreError::BadValue { .. }) => left += 1,
            Err(error) => return Err(error),
        }
    }
    tracing::info!(import, booked, left, "a statement was booked");
    Ok(import)
}

/// Keeps a line that fits no payment.
async fn stray(
    cashier: &Cashier,
    import: i64,
    statement: &Statement,
    row: &StatementRow,
    code: &str,
) -> Result<bool, StoreError> {
    let money = SeenMoney {
        reference: row.reference.clone(),
        amount: row.amount,
        currency: "VND".to_owned(),
        at_ms: row.at_ms,
        method: None,
    };
    let new = NewUnmatched {
        provider: Provider::VietQr,
        owner_id: Some(statement.payee),
        order_code: code,
        money: &money,
        note: Some(&row.note),
    };
    let line = StatementLine::Unmatched(&new);
    cashier.hear_line(import, &line).await.map(|_| true)
}
