//! The daily comparison: what a provider says and what we hold, where they differ.

use serde_json::json;

use super::MoneyBooks;
use super::row::{PAYMENT_ROW, PaymentRow, read_payment};
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{
    Conn, SqlRow, Tx, all, execute, exists, int, int_or_none, one, text, transaction, values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::payments::PAYMENT_DIFFERENCE;

/// How a provider and we differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifferenceKind {
    /// The provider has money that we had not.
    MissingHere,
    /// We have money that the provider does not know.
    MissingThere,
    /// The same money with another amount.
    Amount,
    /// It ended here and not there, or the other way round.
    State,
}

impl DifferenceKind {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::MissingHere,
        Self::MissingThere,
        Self::Amount,
        Self::State,
    ];

    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::MissingHere => "Cổng có, ta chưa ghi lúc so",
            Self::MissingThere => "Ta ghi, cổng không có",
            Self::Amount => "Khác số tiền",
            Self::State => "Khác trạng thái",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.wire() == wire)
    }

    /// The name in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
            Self::Amount => "amount",
            Self::State => "state",
        }
    }
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of which payment.
    pub payment_id: i64,
    /// By whom it was to be paid.
    pub provider: String,
    /// How.
    pub kind: String,
    /// About which money.
    pub reference: String,
    /// What the provider says, in đồng.
    pub theirs: Option<i64>,
    /// What we hold.
    pub ours: Option<i64>,
    /// The day that was compared: `2026-11-26`.
    pub day: String,
    /// Has a person looked?
    pub seen_at: Option<i64>,
    /// Its number; 0 where it is not kept yet.
    pub id: i64,
}

impl MoneyBooks<'_> {
    /// Payments that were made within these moments, or whose money was booked then, oldest first, behind
    /// `after_id`. `again`: also those whose provider has answered since.
    pub async fn to_compare(
        &self,
        (from_ms, to_ms): (i64, i64),
        after_id: i64,
        again: bool,
        most: u32,
    ) -> Result<Vec<PaymentRow>, StoreError> {
        let answered = if again {
            ""
        } else {
            "AND (compared_at IS NULL OR compared_at < ?) "
        };
        let sql = self.store.casts(&format!(
            "{PAYMENT_ROW} WHERE id IN (SELECT id FROM payment WHERE created_at >= ? AND created_at < ? \
             UNION SELECT payment_id FROM payment_transfer WHERE booked_at >= ? AND booked_at < ?) \
             AND id > ? {answered}ORDER BY id LIMIT {most}"
        ));
        let mut given = values![from_ms, to_ms, from_ms, to_ms, after_id];
        if !again {
            given.push(to_ms.into());
        }
        let rows = all(self.store, &sql, given).await?;
        rows.iter().map(read_payment).collect()
    }

    /// The provider has answered for this payment now.
    pub async fn answered(&self, id: i64) -> Result<(), StoreError> {
        let sql = "UPDATE payment SET compared_at = ? WHERE id = ?";
        let given = values![self.store.now_ms(), id];
        execute(self.store, sql, given).await.map(|_| ())
    }

    /// Was this day compared?
    pub async fn is_compared(&self, day: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM call_count WHERE caller = ? AND since = 0";
        exists(self.store, sql, values![format!("compared|{day}")]).await
    }

    /// It was.
    pub async fn compared(&self, day: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO call_count (caller, since, count) VALUES (?, 0, 1)";
        execute(self.store, sql, values![format!("compared|{day}")])
            .await
            .map(|_| ())
    }

    /// Keeps a difference, once a day.
    pub async fn keep_difference(&self, difference: &Difference) -> Result<(), StoreError> {
        transaction!(self.store, |tx| keep(&tx, difference))
    }

    /// Differences, the newest first.
    pub async fn differences(
        &self,
        owner: Option<i64>,
        most: u32,
    ) -> Result<Vec<Difference>, StoreError> {
        let (whose, given) = match owner {
            Some(owner) => (
                "WHERE payment_id IN (SELECT id FROM payment WHERE owner_id = ?)",
                values![owner],
            ),
            None => ("", values![]),
        };
        let sql = self.store.casts(&format!(
            "SELECT payment_id, provider, kind, reference, theirs, ours, CAST(day AS CHAR), seen_at, id FROM payment_difference {whose} \
             ORDER BY id DESC LIMIT {most}"
        ));
        all(self.store, &sql, given)
            .await?
            .iter()
            .map(read)
            .collect()
    }

    /// A person has looked at a difference; of one payee where `owner` says so. `false`: there is no such
    /// one.
    pub async fn difference_seen(
        &self,
        id: i64,
        owner: Option<i64>,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        transaction!(self.store, |tx| seen(&tx, id, owner, actor))
    }
}

async fn seen(tx: &Tx, id: i64, owner: Option<i64>, actor: &Actor) -> Result<bool, StoreError> {
    let sql = "SELECT d.seen_at, p.owner_id FROM payment_difference d JOIN payment p ON p.id = d.payment_id WHERE d.id = ?";
    let Some(row) = one(tx, sql, values![id]).await? else {
        return Ok(false);
    };
    let whose = int(&row, 1)?;
    if owner.is_some_and(|owner| owner != whose) {
        return Ok(false);
    }
    if int_or_none(&row, 0)?.is_some() {
        return Ok(true);
    }
    let now = tx.now_ms();
    let sql = "UPDATE payment_difference SET seen_at = ? WHERE id = ? AND seen_at IS NULL";
    execute(tx, sql, values![now, id]).await?;
    let entry = Entry::of(AuditAction::PaymentDecide)
        .row(&PAYMENT_DIFFERENCE, id)
        .after(json!({ "seen_at": now }));
    audit::write(tx, actor, entry).await?;
    Ok(true)
}

fn read(row: &SqlRow) -> Result<Difference, StoreError> {
    Ok(Difference {
        payment_id: int(row, 0)?,
        provider: text(row, 1)?,
        kind: text(row, 2)?,
        reference: text(row, 3)?,
        theirs: int_or_none(row, 4)?,
        ours: int_or_none(row, 5)?,
        day: text(row, 6)?,
        seen_at: int_or_none(row, 7)?,
        id: int(row, 8)?,
    })
}

async fn keep(tx: &Tx, found: &Difference) -> Result<(), StoreError> {
    let once = values![&found.day, found.payment_id, &found.kind, &found.reference];
    let sql = "SELECT 1 FROM payment_difference WHERE day = ? AND payment_id = ? AND kind = ? AND reference = ?";
    if exists(tx, sql, once).await? {
        return Ok(());
    }
    let sql = "INSERT INTO payment_difference (day, provider, payment_id, kind, reference, theirs, ours, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let given = values![
        &found.day,
        &found.provider,
        found.payment_id,
        &found.kind,
        &found.reference,
        found.theirs,
        found.ours,
        tx.now_ms()
    ];
    execute(tx, sql, given).await.map(|_| ())
}
