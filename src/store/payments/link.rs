//! What a provider told when it opened a payment.

use super::Payments;
use super::hear::{Fact, Heard, HeardFrom, HeardOutcome, hear};
use crate::store::StoreError;
use crate::store::base::{Conn, Tx, execute, transaction, values};

/// A link as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptLink<'l> {
    /// The provider's own name for it.
    pub id: Option<&'l str>,
    /// The provider's page.
    pub checkout_url: Option<&'l str>,
    /// What stands in the QR.
    pub qr_text: Option<&'l str>,
    /// The account that money goes to, as JSON.
    pub account: Option<&'l str>,
    /// The one-time password that is waited for, as JSON.
    pub otp: Option<&'l str>,
}

impl Payments<'_> {
    /// Keeps the link: from now on the payment can be paid. A link that is there stays.
    pub async fn opened(&self, id: i64, link: &KeptLink<'_>) -> Result<HeardOutcome, StoreError> {
        transaction!(self.store, |tx| opened(&tx, id, link))
    }

    /// Keeps what is waited for: a one-time password's terms.
    pub async fn keep_otp(&self, id: i64, otp: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE payment SET otp = ?, updated_at = ? WHERE id = ?";
        execute(self.store, sql, values![otp, self.store.now_ms(), id])
            .await
            .map(|_| ())
    }
}

async fn opened(tx: &Tx, id: i64, link: &KeptLink<'_>) -> Result<HeardOutcome, StoreError> {
    let sql = "UPDATE payment SET link_id = COALESCE(link_id, ?), checkout_url = COALESCE(checkout_url, ?), qr_text = COALESCE(qr_text, ?), \
               account = COALESCE(account, ?), otp = ?, asked_at = NULL, updated_at = ? WHERE id = ?";
    let heard = Heard {
        payment: id,
        source: HeardFrom::Open,
        kind: "opened",
        key: "opened",
        body: "",
        facts: &[Fact::Opened],
        actor: None,
    };
    let given = values![
        link.id,
        link.checkout_url,
        link.qr_text,
        link.account,
        link.otp,
        tx.now_ms(),
        id
    ];
    // The payable is locked first, as everywhere.
    let mut outcome = hear(tx, &heard).await?;
    execute(tx, sql, given).await?;
    let text = |text: Option<&str>| text.map(str::to_owned);
    let row = &mut outcome.payment;
    row.link_id = row.link_id.take().or_else(|| text(link.id));
    row.checkout_url = row.checkout_url.take().or_else(|| text(link.checkout_url));
    row.qr_text = row.qr_text.take().or_else(|| text(link.qr_text));
    row.account = row.account.take().or_else(|| text(link.account));
    row.otp = text(link.otp);
    Ok(outcome)
}
