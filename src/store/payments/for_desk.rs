//! What the collection desk uses of payments within its own transactions.

use super::begin;
use super::hear;
use super::keys::{self, KeyUse, UsedKey};
use super::{Heard, HeardOutcome, NewPayment, PaymentRow, payable};
use crate::store::StoreError;
use crate::store::base::Tx;

/// What this key has made: its number, or that it was something else.
pub(in crate::store) async fn key_look(
    tx: &Tx,
    key: Option<&KeyUse>,
) -> Result<Option<Result<i64, UsedKey>>, StoreError> {
    keys::look(tx, key).await
}

/// Keeps what this key has made.
pub(in crate::store) async fn key_keep(
    tx: &Tx,
    key: Option<&KeyUse>,
    made: i64,
) -> Result<(), StoreError> {
    keys::keep(tx, key, made).await
}

/// Writes a payment down for what is taken at a door.
pub(in crate::store) async fn add(
    tx: &Tx,
    new: &NewPayment,
    owed: i64,
) -> Result<PaymentRow, StoreError> {
    let payable = payable::find(tx, new.payable)
        .await?
        .ok_or(StoreError::NoRow)?;
    begin::add(tx, new, &payable, owed, None).await
}

/// Books what was told of it.
pub(in crate::store) async fn hear(tx: &Tx, heard: &Heard<'_>) -> Result<HeardOutcome, StoreError> {
    hear::hear(tx, heard).await
}
