//! The forms of the books on the wire: payments with their story, and money that fits nothing.

use serde::Serialize;

use super::PaymentForm;
use crate::server::AppState;
use crate::server::pay::refusal::PayRefusal;
use crate::server::pay::shown::time;
use crate::store::payments::{PaymentRow, StoredEvent, StoredTransfer, Unmatched};

/// Money that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TransferForm {
    /// The bank's number of it.
    pub reference: String,
    /// How much.
    pub amount: i64,
    /// Of which money.
    pub currency: String,
    /// When it moved.
    pub at: String,
    /// Who told of it.
    pub source: String,
}

impl From<&StoredTransfer> for TransferForm {
    fn from(transfer: &StoredTransfer) -> Self {
        Self {
            reference: transfer.reference.clone(),
            amount: transfer.amount,
            currency: transfer.currency.clone(),
            at: time(transfer.at),
            source: transfer.source.clone(),
        }
    }
}

/// Something that was told of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventForm {
    /// When.
    pub at: String,
    /// By whom.
    pub source: String,
    /// What.
    pub kind: String,
    /// Was it booked?
    pub accepted: bool,
}

impl From<&StoredEvent> for EventForm {
    fn from(event: &StoredEvent) -> Self {
        Self {
            at: time(event.at),
            source: event.source.clone(),
            kind: event.kind.clone(),
            accepted: event.is_accepted,
        }
    }
}

/// A payment with all that came and was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WholePayment {
    /// The payment.
    #[serde(flatten)]
    pub payment: PaymentForm,
    /// What came, the oldest first.
    pub transfers: Vec<TransferForm>,
    /// What was told, the oldest first.
    pub events: Vec<EventForm>,
}

impl WholePayment {
    /// Reads the story of a payment.
    pub async fn read(app: &AppState, row: &PaymentRow) -> Result<Self, PayRefusal> {
        let payments = app.store().payments();
        let payable = app
            .store()
            .payments()
            .payables()
            .payable(row.payable)
            .await?;
        let payable = payable.ok_or_else(PayRefusal::not_found)?;
        let (transfers, events) = (
            payments.transfers(row.id).await?,
            payments.events(row.id).await?,
        );
        let alone = PaymentForm::of(app, row, &payable);
        Ok(Self::of(alone, &transfers, &events))
    }

    /// A payment with its story.
    pub fn of(payment: PaymentForm, transfers: &[StoredTransfer], events: &[StoredEvent]) -> Self {
        Self {
            payment,
            transfers: transfers.iter().map(TransferForm::from).collect(),
            events: events.iter().map(EventForm::from).collect(),
        }
    }
}

/// A page of payments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentList {
    /// Them, the newest first.
    pub payments: Vec<WholePayment>,
    /// What to ask for the next page with; `null`: that was all.
    pub next: Option<String>,
}

/// Money that fits nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnmatchedForm {
    /// Its number.
    pub id: i64,
    /// Who told of it.
    pub provider: String,
    /// The number that it came with, where it is one.
    pub order_code: Option<i64>,
    /// The bank's number of it.
    pub reference: String,
    /// How much.
    pub amount: i64,
    /// When it moved.
    pub at: String,
    /// Whose channel it came by.
    pub owner_id: Option<i64>,
    /// What the payer wrote.
    pub note: Option<String>,
}

impl From<&Unmatched> for UnmatchedForm {
    fn from(money: &Unmatched) -> Self {
        Self {
            id: money.id,
            provider: money.provider.clone(),
            order_code: money.order_code.parse().ok(),
            reference: money.reference.clone(),
            amount: money.amount,
            at: time(money.at),
            owner_id: money.owner_id,
            note: money.note.clone(),
        }
    }
}

/// All money that fits nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnmatchedList {
    /// Each of it.
    pub unmatched: Vec<UnmatchedForm>,
}
