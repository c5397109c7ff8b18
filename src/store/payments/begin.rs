//! A payment is written down before its provider is asked: whatever happens then, it is known that it
//! may exist.

use super::Payments;
use super::keys::{self, KeyUse};
use super::payable::{self, Payable};
use super::row::{PAYMENT_ROW, PaymentRow, lock, read_payment};
use super::turns::{self, TurnWanted};
use crate::domain::payment::{PayableRef, Provider};
use crate::store::StoreError;
use crate::store::base::search_text::search_text;
use crate::store::base::{Conn, Tx, execute, insert, one, transaction, values};

/// How long it takes at most until whoever opens a payment knows, in milliseconds. After that another
/// one may try.
pub(super) const OPENING_MS: i64 = 14_000;
/// A payment whose provider did not answer is looked at after so long.
const FIRST_LOOK_MS: i64 = 15_000;

/// A payment that somebody wants to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// What for.
    pub payable: PayableRef,
    /// By whom.
    pub provider: Provider,
    /// What whoever asks believes is owed, in đồng.
    pub amount: Option<i64>,
    /// Other words than the payable's own.
    pub description: Option<String>,
    /// How long it can be paid, in milliseconds, where the payable does not say.
    pub lasts_ms: i64,
    /// Is a QR of the provider wanted, where it has the choice?
    pub wants_qr: bool,
    /// Does the customer read English?
    pub is_english: bool,
    /// From where the customer asks.
    pub payer_ip: String,
    /// Whose wallet it is taken from.
    pub wallet_agent: Option<String>,
    /// The number by which the provider will know it.
    pub order_code: i64,
    /// The short code.
    pub payment_code: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is written down; its provider does not know of it yet. Whoever wrote it down asks the provider, as
    /// after [`Payments::claim_opening`], after so many milliseconds: then its place in line is free.
    New(Box<PaymentRow>, i64),
    /// There is one already.
    Open(Box<PaymentRow>),
    /// Nothing is owed any more.
    NothingOwed,
    /// The time within which it could be paid is over.
    Over,
    /// Another amount is owed, this one.
    OtherAmount(i64),
    /// More is owed than this provider takes.
    TooLarge,
    /// The key was used for something else.
    KeyUsed,
    /// The line of its channel is too long: the next place in it is free after so many milliseconds.
    Busy(i64),
}

impl Payments<'_> {
    /// Writes a payment down, or finds the one that is open. `turn`: what its provider is asked in.
    pub async fn begin(
        &self,
        new: &NewPayment,
        turn: Option<&TurnWanted>,
        key: Option<&KeyUse>,
    ) -> Result<Begun, StoreError> {
        transaction!(self.store, |tx| begin(&tx, new, turn, key))
    }

    /// May this very caller ask the provider to open it? One at a time, over all servers.
    pub async fn claim_opening(&self, id: i64) -> Result<bool, StoreError> {
        let now = self.store.now_ms();
        let sql = "UPDATE payment SET asked_at = ?, ask_at = ? WHERE id = ? AND state = 'created' AND (asked_at IS NULL OR asked_at <= ?)";
        let given = values![now, now + FIRST_LOOK_MS, id, now - OPENING_MS];
        Ok(execute(self.store, sql, given).await? > 0)
    }
}

impl Payments<'_> {
    /// It is known that the provider was not asked: another caller may.
    pub async fn release_opening(&self, id: i64) -> Result<(), StoreError> {
        let sql = "UPDATE payment SET asked_at = NULL WHERE id = ? AND state = 'created'";
        execute(self.store, sql, values![id]).await.map(|_| ())
    }
}

fn open_key(at: PayableRef, provider: Provider) -> String {
    format!("{}|{}|{}", at.kind.wire(), at.id, provider.wire())
}

async fn begin(
    tx: &Tx,
    new: &NewPayment,
    turn: Option<&TurnWanted>,
    key: Option<&KeyUse>,
) -> Result<Begun, StoreError> {
    match keys::look(tx, key).await? {
        Some(Ok(id)) => return lock(tx, id).await.map(|row| Begun::Open(Box::new(row))),
        Some(Err(_)) => return Ok(Begun::KeyUsed),
        None => {}
    }
    payable::lock(tx, new.payable).await?;
    let payable = payable::find(tx, new.payable)
        .await?
        .ok_or(StoreError::NoRow)?;
    let owed = payable.owed();
    if owed == 0 {
        return Ok(Begun::NothingOwed);
    }
    if payable.is_over(tx.now_ms()) {
        return Ok(Begun::Over);
    }
    if new.amount.is_some_and(|amount| amount != owed) {
        return Ok(Begun::OtherAmount(owed));
    }
    if owed > new.provider.amount_max() {
        return Ok(Begun::TooLarge);
    }
    let begun = if let Some(row) = open_one(tx, new, owed).await? {
        Begun::Open(Box::new(row))
    } else {
        let reserved = match turn {
            Some(turn) => turns::reserve(tx, turn).await?,
            None => Ok(0),
        };
        let wait_ms = match reserved {
            Ok(wait_ms) => wait_ms,
            Err(wait_ms) => return Ok(Begun::Busy(wait_ms)),
        };
        let claimed_at = Some(tx.now_ms());
        let row = add(tx, new, &payable, owed, claimed_at).await?;
        Begun::New(Box::new(row), wait_ms)
    };
    if let Begun::Open(row) | Begun::New(row, _) = &begun {
        keys::keep(tx, key, row.id).await?;
    }
    Ok(begun)
}

/// The open payment of this payable by this provider. One of another amount than is owed now is closed:
/// paying it would be too much or too little.
async fn open_one(tx: &Tx, new: &NewPayment, owed: i64) -> Result<Option<PaymentRow>, StoreError> {
    let sql = tx.casts(&format!("{PAYMENT_ROW} WHERE open_key = ?{}", tx.locked()));
    let key = open_key(new.payable, new.provider);
    let Some(row) = one(tx, &sql, values![&key]).await? else {
        return Ok(None);
    };
    let mut row = read_payment(&row)?;
    let now = tx.now_ms();
    if !row.fits(owed) {
        let sql = "UPDATE payment SET open_key = NULL, is_closing = 1, ask_at = ?, updated_at = ? WHERE id = ?";
        execute(tx, sql, values![now, now, row.id]).await?;
        return Ok(None);
    }
    // Nobody has to be asked whether a transfer to the shop's own account may still come.
    if row.expires_at <= now && !row.provider.can_be_asked() {
        row.expires_at = now + new.lasts_ms;
        let sql = "UPDATE payment SET expires_at = ?, updated_at = ? WHERE id = ?";
        execute(tx, sql, values![row.expires_at, now, row.id]).await?;
    }
    Ok(Some(row))
}

/// Writes a payment down. `claimed_at`: whoever does so asks the provider to open it, since then.
pub(super) async fn add(
    tx: &Tx,
    new: &NewPayment,
    payable: &Payable,
    owed: i64,
    claimed_at: Option<i64>,
) -> Result<PaymentRow, StoreError> {
    let now = tx.now_ms();
    let expires_at = payable.expires_at.unwrap_or(now + new.lasts_ms);
    let description = new.description.as_deref().unwrap_or(&payable.title);
    let order_code = new.order_code.to_string();
    let words = search_text([
        Some(new.payment_code.as_str()),
        Some(order_code.as_str()),
        Some(description),
        Some(payable.renter.name.as_str()),
        Some(payable.renter.email.as_str()),
        Some(payable.renter.phone.as_str()),
    ]);
    let sql = "INSERT INTO payment (payment_code, order_code, owner_id, payable_kind, payable_id, renter_id, provider, state, amount, description, \
               customer_name, customer_email, customer_phone, open_key, expires_at, ask_at, asked_at, wants_qr, is_english, payer_ip, wallet_agent, \
               created_at, updated_at, search_text) VALUES (?, ?, ?, ?, ?, ?, ?, 'created', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let given = values![
        &new.payment_code,
        new.order_code,
        payable.owner_id,
        new.payable.kind.wire(),
        new.payable.id,
        Some(payable.renter.id).filter(|id| *id != 0),
        new.provider.wire(),
        owed,
        description,
        &payable.renter.name,
        &payable.renter.email,
        &payable.renter.phone,
        open_key(new.payable, new.provider),
        expires_at,
        now + FIRST_LOOK_MS,
        claimed_at,
        new.wants_qr,
        new.is_english,
        &new.payer_ip,
        new.wallet_agent.as_deref(),
        now,
        now,
        words
    ];
    let id = insert(tx, sql, given).await?;
    lock(tx, id).await
}
