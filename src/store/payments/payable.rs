//! What is paid for: bookings and requests, seen as one thing that owes money.

use super::Payables;
use crate::domain::payment::{PayableKind, PayableRef, payable_status};
use crate::store::StoreError;
use crate::store::base::{
    Conn, SqlRow, Tx, all, execute, int, int_or_none, one, text, text_or_none, values,
};
use crate::store::desk::{self, DeskOwing};

/// Who pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renter {
    /// Its number.
    pub id: i64,
    /// The person's name.
    pub name: String,
    /// Where letters go.
    pub email: String,
    /// Where messages go.
    pub phone: String,
    /// The login of an account that sees it. E-mail and phone alone give no access.
    pub username: Option<String>,
}

/// Something that is to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payable {
    /// Which row of which kind.
    pub at: PayableRef,
    /// Who receives the money.
    pub owner_id: i64,
    /// Who pays.
    pub renter: Renter,
    /// What it is: the room, or the request's words.
    pub title: String,
    /// Whole đồng.
    pub amount: i64,
    /// What was credited, in đồng.
    pub paid: i64,
    /// What needs not be paid any more, because a person took less for all, in đồng.
    pub waived: i64,
    /// How much of it is paid: `unpaid`, `partial`, `paid`, `refunded`.
    pub payment_status: String,
    /// Was it called off by hand?
    pub is_cancelled: bool,
    /// Until when it may be paid, in milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// Opens its page for whoever has it.
    pub pay_token: String,
    /// A booking's beginning and end.
    pub stay: Option<(i64, i64)>,
    /// When it was made.
    pub created_at: i64,
}

impl Payable {
    const fn owing(&self) -> Owing {
        Owing {
            at: self.at,
            amount: self.amount,
            paid: self.paid,
            waived: self.waived,
            is_cancelled: self.is_cancelled,
        }
    }

    /// What is still to be paid, in đồng.
    pub const fn owed(&self) -> i64 {
        self.owing().owed()
    }

    /// Was all of it paid, or less taken for all?
    pub const fn is_settled(&self) -> bool {
        self.owing().is_settled()
    }

    /// Is the time over within which it may be paid?
    pub fn is_over(&self, now_ms: i64) -> bool {
        self.expires_at.is_some_and(|until| until <= now_ms)
    }

    /// Its `status` on the wire.
    pub fn status(&self, now_ms: i64) -> &'static str {
        let is_paid = self.is_settled();
        match self.at.kind {
            _ if self.is_cancelled => "cancelled",
            PayableKind::Booking | PayableKind::Receipt if is_paid => "confirmed",
            PayableKind::Booking | PayableKind::Receipt => "pending",
            PayableKind::Request if is_paid => "paid",
            PayableKind::Request if self.is_over(now_ms) => "expired",
            PayableKind::Request => "open",
        }
    }
}

/// Both kinds with the same columns, in the same order.
const fn columns_of(kind: PayableKind) -> &'static str {
    match kind {
        PayableKind::Booking => {
            "SELECT p.id, p.owner_id, p.room_title, p.amount, p.paid, p.payment_status, p.status, NULL, p.pay_token, p.start_time, p.end_time, \
             p.created_at, r.id, r.name, r.email, r.phone, r.username, p.waived FROM booking p JOIN renter r ON r.id = p.renter_id"
        }
        PayableKind::Request => {
            "SELECT p.id, p.owner_id, p.description, p.amount, p.paid, p.payment_status, p.status, p.expires_at, p.pay_token, NULL, NULL, \
             p.created_at, r.id, r.name, r.email, r.phone, r.username, p.waived FROM payment_request p JOIN renter r ON r.id = p.renter_id"
        }
        // Nobody's account sees it but the collector's; whose contract it is stands on it.
        PayableKind::Receipt => {
            "SELECT p.id, p.owner_id, p.title, p.amount, p.paid, p.payment_status, p.status, NULL, p.pay_token, NULL, NULL, \
             p.created_at, CAST(0 AS SIGNED), p.customer_name, '', p.notify_phone, NULL, CAST(0 AS SIGNED) FROM desk_payment p"
        }
    }
}

fn read(kind: PayableKind, row: &SqlRow) -> Result<Payable, StoreError> {
    let stay = int_or_none(row, 9)?.zip(int_or_none(row, 10)?);
    Ok(Payable {
        at: PayableRef {
            kind,
            id: int(row, 0)?,
        },
        owner_id: int(row, 1)?,
        title: text(row, 2)?,
        amount: int(row, 3)?,
        paid: int(row, 4)?,
        waived: int(row, 17)?,
        payment_status: text(row, 5)?,
        is_cancelled: text(row, 6)? == "cancelled",
        expires_at: int_or_none(row, 7)?,
        pay_token: text(row, 8)?,
        stay,
        created_at: int(row, 11)?,
        renter: Renter {
            id: int(row, 12)?,
            name: text(row, 13)?,
            email: text(row, 14)?,
            phone: text(row, 15)?,
            username: text_or_none(row, 16)?,
        },
    })
}

pub(super) async fn find<C: Conn>(c: &C, at: PayableRef) -> Result<Option<Payable>, StoreError> {
    let sql = c.casts(&format!("{} WHERE p.id = ?", columns_of(at.kind)));
    let row = one(c, &sql, values![at.id]).await?;
    row.map(|row| read(at.kind, &row)).transpose()
}

impl Payables<'_> {
    /// What is paid for.
    pub async fn payable(&self, at: PayableRef) -> Result<Option<Payable>, StoreError> {
        find(self.store, at).await
    }

    /// What this token opens.
    pub async fn payable_of_token(&self, token: &str) -> Result<Option<Payable>, StoreError> {
        for kind in [PayableKind::Request, PayableKind::Booking] {
            let sql = format!("{} WHERE p.pay_token = ?", columns_of(kind));
            if let Some(row) = one(self.store, &sql, values![token]).await? {
                return read(kind, &row).map(Some);
            }
        }
        Ok(None)
    }

    /// What a customer with this login has to pay or has paid, the newest first.
    pub async fn payables_of(
        &self,
        username: &str,
        limit: u32,
    ) -> Result<Vec<Payable>, StoreError> {
        let mut found = Vec::new();
        for kind in [PayableKind::Request, PayableKind::Booking] {
            let columns = columns_of(kind);
            let sql = format!("{columns} WHERE r.username = ? ORDER BY p.id DESC LIMIT {limit}");
            for row in all(self.store, &sql, values![username]).await? {
                found.push(read(kind, &row)?);
            }
        }
        found.sort_by_key(|payable| std::cmp::Reverse(payable.created_at));
        found.truncate(limit as usize);
        Ok(found)
    }
}

/// What a payable owes, held until the transaction ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owing {
    at: PayableRef,
    amount: i64,
    paid: i64,
    waived: i64,
    is_cancelled: bool,
}

impl Owing {
    /// What is still to be paid, in đồng.
    pub const fn owed(&self) -> i64 {
        if self.is_cancelled || self.is_settled() {
            0
        } else {
            self.amount - self.paid - self.waived
        }
    }

    const fn is_settled(&self) -> bool {
        self.paid + self.waived >= self.amount
    }
}

const fn table_of(kind: PayableKind) -> &'static str {
    match kind {
        PayableKind::Booking => "booking",
        PayableKind::Request => "payment_request",
        PayableKind::Receipt => "desk_payment",
    }
}

/// Locks what is paid for, before any of its payments.
pub(super) async fn lock(tx: &Tx, at: PayableRef) -> Result<Owing, StoreError> {
    if at.kind == PayableKind::Receipt {
        let owing = desk::lock(tx, at.id).await?;
        return Ok(Owing {
            at,
            amount: owing.amount,
            paid: owing.paid,
            waived: 0,
            is_cancelled: owing.is_over,
        });
    }
    let table = table_of(at.kind);
    let sql = format!(
        "SELECT amount, paid, status, waived FROM {table} WHERE id = ?{}",
        tx.locked()
    );
    let row = one(tx, &sql, values![at.id])
        .await?
        .ok_or(StoreError::NoRow)?;
    Ok(Owing {
        at,
        amount: int(&row, 0)?,
        paid: int(&row, 1)?,
        is_cancelled: text(&row, 2)? == "cancelled",
        waived: int(&row, 3)?,
    })
}

/// Credits what is paid for, or takes back what was credited; `waived` of it needs not be paid any more. Says
/// whether it is settled now, and was not before.
pub(super) async fn credit(
    tx: &Tx,
    owing: &Owing,
    credit: i64,
    waived: i64,
) -> Result<bool, StoreError> {
    if owing.at.kind == PayableKind::Receipt {
        // The desk's own book names what its shop bears.
        if credit == 0 {
            return Ok(false);
        }
        let of_desk = DeskOwing {
            amount: owing.amount,
            paid: owing.paid,
            is_over: owing.is_cancelled,
        };
        return desk::credit(tx, owing.at.id, of_desk, credit).await;
    }
    let table = table_of(owing.at.kind);
    let after = Owing {
        paid: owing.paid + credit,
        // Less was taken for all of it; where that is given back, so is the word.
        waived: if credit < 0 { 0 } else { owing.waived + waived },
        ..*owing
    };
    let status = match (owing.is_cancelled, owing.at.kind, after.is_settled()) {
        (true, ..) => "cancelled",
        (_, PayableKind::Request, true) => "paid",
        (_, PayableKind::Request, false) => "open",
        (.., true) => "confirmed",
        (.., false) => "pending",
    };
    let sql = format!(
        "UPDATE {table} SET paid = ?, waived = ?, payment_status = ?, status = ?, updated_at = ? WHERE id = ?"
    );
    let given = values![
        after.paid,
        after.waived,
        payable_status(owing.amount - after.waived, after.paid, credit < 0),
        status,
        tx.now_ms(),
        owing.at.id
    ];
    execute(tx, &sql, given).await?;
    Ok(after.is_settled() && !owing.is_settled())
}
