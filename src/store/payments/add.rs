//! Bookings and payment requests are made.

use serde_json::json;

use super::Payables;
use super::keys::{self, KeyUse, UsedKey};
use super::payable::{self, Payable};
use crate::domain::payment::{PayableKind, PayableRef};
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::search_text::search_text;
use crate::store::base::{Conn, Tx, exists, insert, transaction, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::payments::{BOOKING, PAYMENT_REQUEST};
use crate::store::random_letters as letters;

/// Letters of a pay token: 160 bits, which nobody guesses.
const TOKEN_LETTERS: usize = 32;

/// Who is to pay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRenter {
    /// The person's name.
    pub name: String,
    /// Where letters go.
    pub email: String,
    /// Where messages go.
    pub phone: String,
    /// The login of the account that sees it.
    pub username: Option<String>,
}

/// A room that was booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBooking {
    /// Which room.
    pub room_title: String,
    /// From when, in milliseconds since 1970.
    pub start_ms: i64,
    /// Until when.
    pub end_ms: i64,
}

/// What somebody is asked to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// What for.
    pub description: String,
    /// Until when it may be paid, in milliseconds since 1970.
    pub expires_ms: Option<i64>,
}

/// Something that is to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayable<W> {
    /// Who receives the money.
    pub owner_id: i64,
    /// Whole đồng.
    pub amount: i64,
    /// Who pays.
    pub renter: NewRenter,
    /// What it is for.
    pub what: W,
}

impl Payables<'_> {
    /// Makes a booking. With a key that was used before: what was made then.
    pub async fn add_booking(
        &self,
        new: &NewPayable<NewBooking>,
        key: Option<&KeyUse>,
        actor: &Actor,
    ) -> Result<Result<Payable, UsedKey>, StoreError> {
        transaction!(self.store, |tx| made(
            &tx,
            PayableKind::Booking,
            key,
            booking(&tx, new, actor)
        ))
    }

    /// Makes a payment request. With a key that was used before: what was made then.
    pub async fn add_request(
        &self,
        new: &NewPayable<NewRequest>,
        key: Option<&KeyUse>,
        actor: &Actor,
    ) -> Result<Result<Payable, UsedKey>, StoreError> {
        transaction!(self.store, |tx| made(
            &tx,
            PayableKind::Request,
            key,
            request(&tx, new, actor)
        ))
    }

    /// Is there a payee of this number?
    pub async fn has_payee(&self, id: i64) -> Result<bool, StoreError> {
        exists(self.store, "SELECT 1 FROM owner WHERE id = ?", values![id]).await
    }
}

/// Makes it, unless this key has made it before. `Err` within: the key was used for something else.
async fn made(
    tx: &Tx,
    kind: PayableKind,
    key: Option<&KeyUse>,
    making: impl Future<Output = Result<i64, StoreError>>,
) -> Result<Result<Payable, UsedKey>, StoreError> {
    let id = match keys::look(tx, key).await? {
        Some(Ok(id)) => id,
        Some(Err(used)) => return Ok(Err(used)),
        None => {
            let id = making.await?;
            keys::keep(tx, key, id).await?;
            id
        }
    };
    let found = payable::find(tx, PayableRef { kind, id }).await?;
    found.map(Ok).ok_or(StoreError::NoRow)
}

async fn renter(tx: &Tx, new: &NewRenter) -> Result<i64, StoreError> {
    let sql = "INSERT INTO renter (name, email, phone, username, created_at, search_text) VALUES (?, ?, ?, ?, ?, ?)";
    let words = search_text([
        Some(new.name.as_str()),
        Some(new.email.as_str()),
        Some(new.phone.as_str()),
    ]);
    let given = values![
        &new.name,
        &new.email,
        &new.phone,
        new.username.as_deref(),
        tx.now_ms(),
        words
    ];
    insert(tx, sql, given).await
}

async fn booking(tx: &Tx, new: &NewPayable<NewBooking>, actor: &Actor) -> Result<i64, StoreError> {
    let renter_id = renter(tx, &new.renter).await?;
    let sql = "INSERT INTO booking (owner_id, renter_id, room_title, start_time, end_time, amount, status, payment_status, pay_token, created_at, \
               updated_at, search_text) VALUES (?, ?, ?, ?, ?, ?, 'pending', 'unpaid', ?, ?, ?, ?)";
    let now = tx.now_ms();
    let given = values![
        new.owner_id,
        renter_id,
        &new.what.room_title,
        new.what.start_ms,
        new.what.end_ms,
        new.amount,
        letters(TOKEN_LETTERS),
        now,
        now,
        search_text([
            Some(new.what.room_title.as_str()),
            Some(new.renter.name.as_str())
        ])
    ];
    let id = insert(tx, sql, given).await?;
    let after = json!({ "amount": new.amount, "owner_id": new.owner_id });
    let entry = Entry::of(AuditAction::PayableAdd)
        .row(&BOOKING, id)
        .after(after);
    audit::write(tx, actor, entry).await?;
    Ok(id)
}

async fn request(tx: &Tx, new: &NewPayable<NewRequest>, actor: &Actor) -> Result<i64, StoreError> {
    let renter_id = renter(tx, &new.renter).await?;
    let sql = "INSERT INTO payment_request (owner_id, renter_id, description, amount, status, payment_status, expires_at, pay_token, created_at, \
               updated_at, search_text) VALUES (?, ?, ?, ?, 'open', 'unpaid', ?, ?, ?, ?, ?)";
    let now = tx.now_ms();
    let given = values![
        new.owner_id,
        renter_id,
        &new.what.description,
        new.amount,
        new.what.expires_ms,
        letters(TOKEN_LETTERS),
        now,
        now,
        search_text([
            Some(new.what.description.as_str()),
            Some(new.renter.name.as_str())
        ])
    ];
    let id = insert(tx, sql, given).await?;
    let after = json!({ "amount": new.amount, "owner_id": new.owner_id });
    let entry = Entry::of(AuditAction::PayableAdd)
        .row(&PAYMENT_REQUEST, id)
        .after(after);
    audit::write(tx, actor, entry).await?;
    Ok(id)
}
