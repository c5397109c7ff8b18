//! A payment as its row has it.

use super::Payments;
use crate::domain::payment::{
    Money, PayableKind, PayableRef, PaymentState, PaymentTask, Provider, Standing,
};
use crate::store::StoreError;
use crate::store::base::{Conn, SqlRow, Tx, int, int_or_none, one, text, text_or_none, values};

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRow {
    /// Its number.
    pub id: i64,
    /// The short code by which people know it.
    pub payment_code: String,
    /// The number by which its provider knows it.
    pub order_code: i64,
    /// Who receives the money.
    pub owner_id: i64,
    /// What it is for.
    pub payable: PayableRef,
    /// Who pays.
    pub renter_id: Option<i64>,
    /// By whom.
    pub provider: Provider,
    /// How far it has come, and its money.
    pub standing: Standing,
    /// What it is for, in words.
    pub description: String,
    /// The payer's name.
    pub customer_name: String,
    /// The payer's address for letters.
    pub customer_email: String,
    /// The payer's phone.
    pub customer_phone: String,
    /// The provider's own name for it.
    pub link_id: Option<String>,
    /// The provider's page.
    pub checkout_url: Option<String>,
    /// What stands in the QR.
    pub qr_text: Option<String>,
    /// The account that money goes to, as JSON.
    pub account: Option<String>,
    /// The one-time password that is waited for, as JSON.
    pub otp: Option<String>,
    /// The reference of the transfer that completed it.
    pub transaction_id: Option<String>,
    /// How it was paid, in the provider's word.
    pub method: Option<String>,
    /// Why a person has to look.
    pub task_why: Option<String>,
    /// Until when it can be paid, in milliseconds since 1970.
    pub expires_at: i64,
    /// When its provider is asked next.
    pub ask_at: Option<i64>,
    /// When its provider was asked last.
    pub asked_at: Option<i64>,
    /// How often it was asked.
    pub asks: i64,
    /// Is its link to be taken back?
    pub is_closing: bool,
    /// Is a QR of the provider wanted, where it has the choice?
    pub wants_qr: bool,
    /// Does the customer read English?
    pub is_english: bool,
    /// From where the customer began.
    pub payer_ip: String,
    /// Whose wallet it is taken from.
    pub wallet_agent: Option<String>,
    /// When it was paid.
    pub paid_at: Option<i64>,
    /// When it was written down.
    pub created_at: i64,
    /// When it changed last.
    pub updated_at: i64,
}

impl PaymentRow {
    /// Its state.
    pub const fn state(&self) -> PaymentState {
        self.standing.state
    }

    /// What came, in đồng.
    pub const fn received(&self) -> i64 {
        self.standing.money.received()
    }

    /// What has not come yet, in đồng.
    pub fn missing(&self) -> i64 {
        (self.standing.amount - self.received()).max(0)
    }

    /// Does its link ask for just what is owed? One that was made before other money came asks for too much.
    pub const fn fits(&self, owed: i64) -> bool {
        self.standing.amount - self.received() == owed
    }
}

pub(super) const PAYMENT_ROW: &str = "SELECT id, payment_code, order_code, owner_id, payable_kind, payable_id, renter_id, provider, state, amount, credited, surplus, \
     review, description, customer_name, customer_email, customer_phone, link_id, checkout_url, qr_text, account, otp, payos_transaction_id, \
     payment_method, task, task_why, expires_at, ask_at, asked_at, asks, CAST(is_closing AS SIGNED), CAST(wants_qr AS SIGNED), \
     CAST(is_english AS SIGNED), payer_ip, wallet_agent, paid_at, created_at, updated_at FROM payment";

/// What stands there, and is none of ours.
fn damaged(what: &str, found: &str) -> StoreError {
    StoreError::Damaged(format!("payment.{what}: {found:?}"))
}

pub(super) fn read_payment(row: &SqlRow) -> Result<PaymentRow, StoreError> {
    let (kind, provider, state) = (text(row, 4)?, text(row, 7)?, text(row, 8)?);
    Ok(PaymentRow {
        id: int(row, 0)?,
        payment_code: text(row, 1)?,
        order_code: int(row, 2)?,
        owner_id: int(row, 3)?,
        payable: PayableRef {
            kind: PayableKind::of(&kind).ok_or_else(|| damaged("payable_kind", &kind))?,
            id: int(row, 5)?,
        },
        renter_id: int_or_none(row, 6)?,
        provider: Provider::of(&provider).ok_or_else(|| damaged("provider", &provider))?,
        standing: Standing {
            state: PaymentState::of(&state).ok_or_else(|| damaged("state", &state))?,
            amount: int(row, 9)?,
            money: Money {
                credited: int(row, 10)?,
                surplus: int(row, 11)?,
                review: int(row, 12)?,
            },
            task: text_or_none(row, 24)?.as_deref().and_then(PaymentTask::of),
        },
        description: text(row, 13)?,
        customer_name: text(row, 14)?,
        customer_email: text(row, 15)?,
        customer_phone: text(row, 16)?,
        link_id: text_or_none(row, 17)?,
        checkout_url: text_or_none(row, 18)?,
        qr_text: text_or_none(row, 19)?,
        account: text_or_none(row, 20)?,
        otp: text_or_none(row, 21)?,
        transaction_id: text_or_none(row, 22)?,
        method: text_or_none(row, 23)?,
        task_why: text_or_none(row, 25)?,
        expires_at: int(row, 26)?,
        ask_at: int_or_none(row, 27)?,
        asked_at: int_or_none(row, 28)?,
        asks: int(row, 29)?,
        is_closing: int(row, 30)? != 0,
        wants_qr: int(row, 31)? != 0,
        is_english: int(row, 32)? != 0,
        payer_ip: text(row, 33)?,
        wallet_agent: text_or_none(row, 34)?,
        paid_at: int_or_none(row, 35)?,
        created_at: int(row, 36)?,
        updated_at: int(row, 37)?,
    })
}

impl Payments<'_> {
    /// The payment of this number.
    pub async fn find(&self, id: i64) -> Result<Option<PaymentRow>, StoreError> {
        self.first("id = ?", id).await
    }

    /// The payment that a provider knows by this number.
    pub async fn of_order(&self, order_code: i64) -> Result<Option<PaymentRow>, StoreError> {
        self.first("order_code = ?", order_code).await
    }

    /// The payment of this short code.
    pub async fn of_code(&self, payment_code: &str) -> Result<Option<PaymentRow>, StoreError> {
        let sql = self
            .store
            .casts(&format!("{PAYMENT_ROW} WHERE payment_code = ?"));
        let row = one(self.store, &sql, values![payment_code]).await?;
        row.as_ref().map(read_payment).transpose()
    }

    async fn first(&self, whose: &str, number: i64) -> Result<Option<PaymentRow>, StoreError> {
        let sql = self.store.casts(&format!("{PAYMENT_ROW} WHERE {whose}"));
        let row = one(self.store, &sql, values![number]).await?;
        row.as_ref().map(read_payment).transpose()
    }
}

/// The payment, held until the transaction ends. Its payable is locked before it.
pub(super) async fn lock(tx: &Tx, id: i64) -> Result<PaymentRow, StoreError> {
    let sql = tx.casts(&format!("{PAYMENT_ROW} WHERE id = ?{}", tx.locked()));
    let row = one(tx, &sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    read_payment(&row)
}
