//! Lines of a bank's statement, booked under the number of an import by which they can be taken back.
//!
//! An import of these keeps in its list of rows what it made: a transfer by its number, money that fits no
//! payment by its number below nought.

use serde_json::json;

use super::hear::{Fact, Heard, HeardFrom, HeardOutcome, hear};
use super::unmatched::{self, NewUnmatched};
use super::{MoneyBooks, payable, row};
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{
    Conn, Tx, execute, exists, int, int_or_none, one, text, text_or_none, transaction, values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::house::IMPORTS;
use crate::store::imports::note_rows;

/// What becomes of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementLine<'l> {
    /// It is this payment's money.
    Money(&'l Heard<'l>),
    /// It fits none, and is kept.
    Unmatched(&'l NewUnmatched<'l>),
}

/// What an import booked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BookedBy {
    /// Transfers.
    pub transfers: i64,
    /// Their sum, in đồng.
    pub sum: i64,
    /// Money that fits no payment.
    pub kept: i64,
    /// Whose payees' it is.
    pub owners: Vec<Option<i64>>,
}

/// What became of an import that was taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// Transfers that were taken back, in đồng.
    pub sum: i64,
    /// How many they are.
    pub gone: u64,
    /// Lines that somebody has decided about meanwhile, and that stay.
    pub stayed: u64,
    /// Payments that changed.
    pub payments: Vec<i64>,
}

impl MoneyBooks<'_> {
    /// Books a line of an import. `None`: it was kept as money that fits no payment, or was kept before.
    pub async fn book_line(
        &self,
        import: i64,
        line: &StatementLine<'_>,
    ) -> Result<Option<HeardOutcome>, StoreError> {
        transaction!(self.store, |tx| book(&tx, import, line))
    }

    /// What an import booked.
    pub async fn booked_by(&self, import: i64) -> Result<BookedBy, StoreError> {
        let mut booked = BookedBy::default();
        for id in made_by(self.store, import).await? {
            let sql = if id < 0 {
                "SELECT owner_id, amount FROM unmatched_money WHERE id = ?"
            } else {
                "SELECT (SELECT owner_id FROM payment WHERE id = payment_id), amount FROM payment_transfer WHERE id = ?"
            };
            let Some(row) = one(self.store, sql, values![id.abs()]).await? else {
                continue;
            };
            let (owner, amount) = (int_or_none(&row, 0)?, int(&row, 1)?);
            if !booked.owners.contains(&owner) {
                booked.owners.push(owner);
            }
            if id < 0 {
                booked.kept += 1;
            } else {
                booked.transfers += 1;
                booked.sum += amount;
            }
        }
        Ok(booked)
    }

    /// Takes back what an import booked, as far as nobody has decided about it since.
    pub async fn take_statement_back(
        &self,
        import: i64,
        actor: &Actor,
    ) -> Result<TakenBack, StoreError> {
        let sql = "SELECT 1 FROM imports WHERE id = ? AND undone_at IS NULL";
        if !exists(self.store, sql, values![import]).await? {
            return Err(StoreError::NoRow);
        }
        let mut taken = TakenBack::default();
        for id in made_by(self.store, import).await? {
            // One line a transaction: cut off and done again, it goes on where it was.
            let back = transaction!(self.store, |tx| take_back(&tx, import, id, actor))?;
            match back {
                Some((payment, amount)) => {
                    taken.gone += 1;
                    taken.sum += amount;
                    taken.payments.extend(payment);
                }
                None => taken.stayed += 1,
            }
        }
        transaction!(self.store, |tx| async {
            let sql = "UPDATE imports SET undone_at = ? WHERE id = ?";
            execute(&tx, sql, values![tx.now_ms(), import]).await?;
            let state = json!({ "gone": taken.gone, "stayed": taken.stayed, "sum": taken.sum });
            let entry = Entry::of(AuditAction::ImportUndo)
                .row(&IMPORTS, import)
                .after(state);
            audit::write(&tx, actor, entry).await
        })?;
        Ok(taken)
    }
}

async fn made_by<C: Conn>(c: &C, import: i64) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT row_ids FROM imports WHERE id = ?";
    let row = one(c, sql, values![import])
        .await?
        .ok_or(StoreError::NoRow)?;
    let ids = text_or_none(&row, 0)?.unwrap_or_default();
    serde_json::from_str(&ids).map_err(|error| StoreError::Damaged(error.to_string()))
}

async fn book(
    tx: &Tx,
    import: i64,
    line: &StatementLine<'_>,
) -> Result<Option<HeardOutcome>, StoreError> {
    match line {
        StatementLine::Unmatched(new) => {
            if let Some(id) = unmatched::keep(tx, new).await? {
                note_rows(tx, import, &[-id]).await?;
            }
            Ok(None)
        }
        StatementLine::Money(heard) => {
            let outcome = hear(tx, heard).await?;
            if outcome.is_booked {
                let sql = "SELECT MAX(id) FROM payment_transfer WHERE payment_id = ?";
                let row = one(tx, sql, values![heard.payment])
                    .await?
                    .ok_or(StoreError::NoRow)?;
                note_rows(tx, import, &[int(&row, 0)?]).await?;
            }
            Ok(Some(outcome))
        }
    }
}

/// One line. `None`: somebody has decided about it, and it stays.
async fn take_back(
    tx: &Tx,
    import: i64,
    id: i64,
    actor: &Actor,
) -> Result<Option<(Option<i64>, i64)>, StoreError> {
    if id < 0 {
        let reason = format!("Hoàn tác lần nhập sao kê số {import}");
        let is_put_aside = unmatched::ignore(tx, -id, &reason, actor).await?;
        return Ok(is_put_aside.then_some((None, 0)));
    }
    let sql = "SELECT payment_id, reference, amount, booked_at FROM payment_transfer WHERE id = ?";
    let found = one(tx, sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    let (payment, reference, amount) = (int(&found, 0)?, text(&found, 1)?, int(&found, 2)?);
    let (undo, booked_at) = (format!("undo-{reference}"), int(&found, 3)?);
    // Held as whoever decides holds them: what for before the payment.
    payable::lock(tx, super::hear::place(tx, payment).await?).await?;
    let now = row::lock(tx, payment).await?;
    let sql = "SELECT 1 FROM payment_transfer WHERE payment_id = ? AND reference = ?";
    if exists(tx, sql, values![payment, &undo]).await? {
        // Taken back before this was cut off.
        return Ok(Some((None, amount)));
    }
    if is_decided(tx, payment, booked_at).await? || now.received() < amount {
        return Ok(None);
    }
    let body = json!({ "import": import, "reference": reference, "amount": amount }).to_string();
    let heard = Heard {
        payment,
        source: HeardFrom::Person,
        kind: "undo",
        key: &format!("undo|{import}|{id}"),
        body: &body,
        facts: &[Fact::Refunded {
            amount,
            reference: undo,
        }],
        actor: Some(actor),
    };
    hear(tx, &heard).await?;
    Ok(Some((Some(payment), amount)))
}

/// Has a person decided about the payment since this money was booked? Other lines that were taken back
/// are no decision.
async fn is_decided(tx: &Tx, payment: i64, booked_at: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM payment_event WHERE payment_id = ? AND source = 'person' AND at >= ? AND kind <> 'undo'";
    exists(tx, sql, values![payment, booked_at]).await
}
