//! The forms of what is paid for on the wire.

use serde::Serialize;

use crate::domain::payment::PayableKind;
use crate::server::AppState;
use crate::server::pay::refusal::PayRefusal;
use crate::server::pay::shown::{self, time};
use crate::store::payments::{Payable, PaymentRow, Renter};

/// Who is to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "a person's particulars, each by its name")]
pub struct RenterForm {
    pub name: String,
    pub email: String,
    pub phone: String,
    /// Who they sign in as, where they do.
    pub username: Option<String>,
}

impl From<&Renter> for RenterForm {
    fn from(renter: &Renter) -> Self {
        Self {
            name: renter.name.clone(),
            email: renter.email.clone(),
            phone: renter.phone.clone(),
            username: renter.username.clone(),
        }
    }
}

/// One of the payments of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentBrief {
    /// Its number.
    pub id: i64,
    /// How it stands.
    pub state: &'static str,
    /// How it is paid.
    pub provider: &'static str,
}

/// What belongs to one kind of what is paid for, and not to the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PayableDetails {
    /// A stay, or what was taken at a door.
    Stay {
        /// What was booked.
        room_title: String,
        /// From when.
        #[serde(skip_serializing_if = "Option::is_none")]
        start_time: Option<String>,
        /// Until when.
        #[serde(skip_serializing_if = "Option::is_none")]
        end_time: Option<String>,
        /// Who pays.
        renter: RenterForm,
    },
    /// What a shop asks anybody to pay.
    Request {
        /// What for.
        description: String,
        /// Who pays.
        customer: RenterForm,
        /// Until when it is open.
        expires_at: Option<String>,
    },
}

/// What is paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PayableForm {
    /// Its number among those of its kind.
    pub id: i64,
    /// How it stands.
    pub status: &'static str,
    /// How its money stands.
    pub payment_status: String,
    /// What it costs.
    pub amount: i64,
    /// What was paid.
    pub paid: i64,
    /// What nobody has to pay any more.
    pub waived: i64,
    /// What is owed.
    pub owed: i64,
    /// Whose money it is.
    pub owner_id: i64,
    /// Where a stranger with the link pays.
    pub pay_url: String,
    /// When it was made.
    pub created_at: String,
    /// What its kind has.
    #[serde(flatten)]
    pub details: PayableDetails,
    /// Its payments, the newest first, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payments: Option<Vec<PaymentBrief>>,
}

impl PayableForm {
    /// What is paid for, without its payments.
    pub fn of(app: &AppState, found: &Payable) -> Self {
        let renter = RenterForm::from(&found.renter);
        let details = match found.at.kind {
            PayableKind::Booking | PayableKind::Receipt => PayableDetails::Stay {
                room_title: found.title.clone(),
                start_time: found.stay.map(|(start, _)| time(start)),
                end_time: found.stay.map(|(_, end)| time(end)),
                renter,
            },
            PayableKind::Request => PayableDetails::Request {
                description: found.title.clone(),
                customer: renter,
                expires_at: found.expires_at.map(time),
            },
        };
        Self {
            id: found.at.id,
            status: found.status(app.store().now_ms()),
            payment_status: found.payment_status.clone(),
            amount: found.amount,
            paid: found.paid,
            waived: found.waived,
            owed: found.owed(),
            owner_id: found.owner_id,
            pay_url: shown::pay_url(app, found),
            created_at: time(found.created_at),
            details,
            payments: None,
        }
    }

    /// What is paid for, with its payments.
    pub async fn whole(app: &AppState, found: &Payable) -> Result<Self, PayRefusal> {
        let payments = app.store().payments().of_payable(found.at).await?;
        let brief = |row: &PaymentRow| PaymentBrief {
            id: row.id,
            state: row.state().wire(),
            provider: row.provider.wire(),
        };
        Ok(Self {
            payments: Some(payments.iter().map(brief).collect()),
            ..Self::of(app, found)
        })
    }
}
