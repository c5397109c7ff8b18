//! Many payments at once, as a shop has them that has worked for years: for measuring.

use super::MoneyBooks;
use crate::store::StoreError;
use crate::store::base::{Conn, SqlValue, Tx, execute, insert, int, one, transaction, values};
use crate::store::random_letters as letters;

/// Rows that are written in one transaction.
const AT_ONCE: u32 = 400;
/// What each of them is about, in đồng.
const AMOUNT: i64 = 100_000;
/// How long they can be paid.
const LASTS_MS: i64 = 86_400_000;

/// A payment by `PayOS` that was made for measuring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplePayment {
    /// Its number.
    pub id: i64,
    /// The number by which its provider would know it.
    pub order_code: i64,
    /// Opens its page.
    pub pay_token: String,
    /// Whole đồng.
    pub amount: i64,
}

impl MoneyBooks<'_> {
    /// Adds payments of payee 1, each with its request: paid, with their money, or such as can be paid and
    /// are asked about at `ask_at_ms`.
    pub async fn add_samples(
        &self,
        count: u32,
        ask_at_ms: Option<i64>,
    ) -> Result<Vec<SamplePayment>, StoreError> {
        let mut all = Vec::new();
        let mut left = count;
        while left > 0 {
            let some = left.min(AT_ONCE);
            let made = transaction!(self.store, |tx| add(&tx, some, ask_at_ms))?;
            all.extend(made);
            left -= some;
        }
        Ok(all)
    }
}

async fn next_id(tx: &Tx, table: &str) -> Result<i64, StoreError> {
    let sql = tx.casts(&format!(
        "SELECT CAST(COALESCE(MAX(id), 0) AS SIGNED) FROM {table}"
    ));
    let row = one(tx, &sql, vec![]).await?.ok_or(StoreError::NoRow)?;
    Ok(int(&row, 0)? + 1)
}

async fn rows(
    tx: &Tx,
    into: &str,
    marks: usize,
    rows: Vec<Vec<SqlValue>>,
) -> Result<(), StoreError> {
    let row = format!("({})", vec!["?"; marks].join(", "));
    let sql = format!(
        "INSERT INTO {into} VALUES {}",
        vec![row.as_str(); rows.len()].join(", ")
    );
    let given = rows.into_iter().flatten().collect();
    execute(tx, &sql, given).await.map(|_| ())
}

async fn add(tx: &Tx, count: u32, ask_at: Option<i64>) -> Result<Vec<SamplePayment>, StoreError> {
    let (now, is_paid) = (tx.now_ms(), ask_at.is_none());
    let sql = "INSERT INTO renter (name, email, phone, created_at, search_text) VALUES ('Khách', '', '', ?, '')";
    let renter = insert(tx, sql, values![now]).await?;
    let first = next_id(tx, "payment").await?;
    let request = next_id(tx, "payment_request").await?;
    let made: Vec<(i64, SamplePayment)> = (0..i64::from(count))
        .map(|at| {
            let one = SamplePayment {
                id: first + at,
                order_code: first + at,
                pay_token: letters(32),
                amount: AMOUNT,
            };
            (request + at, one)
        })
        .collect();
    requests(tx, &made, renter, is_paid).await?;
    payments(tx, &made, renter, ask_at).await?;
    if is_paid {
        money(tx, &made).await?;
    }
    Ok(made.into_iter().map(|(_, one)| one).collect())
}

async fn requests(
    tx: &Tx,
    made: &[(i64, SamplePayment)],
    renter: i64,
    is_paid: bool,
) -> Result<(), StoreError> {
    let (now, paid) = (tx.now_ms(), if is_paid { AMOUNT } else { 0 });
    let (status, how_far) = if is_paid {
        ("paid", "paid")
    } else {
        ("open", "unpaid")
    };
    let row = |(id, one): &(i64, SamplePayment)| {
        values![
            *id,
            1_i64,
            renter,
            "Mẫu",
            AMOUNT,
            paid,
            status,
            how_far,
            &one.pay_token,
            now,
            now,
            ""
        ]
    };
    let into = "payment_request (id, owner_id, renter_id, description, amount, paid, status, payment_status, pay_token, created_at, updated_at, \
                search_text)";
    rows(tx, into, 12, made.iter().map(row).collect()).await
}

async fn payments(
    tx: &Tx,
    made: &[(i64, SamplePayment)],
    renter: i64,
    ask_at: Option<i64>,
) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let is_paid = ask_at.is_none();
    let (state, paid) = if is_paid {
        ("paid", AMOUNT)
    } else {
        ("pending", 0)
    };
    let row = |(request, one): &(i64, SamplePayment)| {
        let open_key = (!is_paid).then(|| format!("request|{request}|payos"));
        values![
            one.id,
            format!("S{}", one.id),
            one.order_code,
            1_i64,
            "request",
            *request,
            renter,
            "payos",
            state,
            AMOUNT,
            paid,
            "Mẫu",
            "Khách",
            "khach@example.com",
            "",
            open_key,
            now + LASTS_MS,
            ask_at,
            is_paid.then_some(now),
            now,
            now,
            "127.0.0.1",
            ""
        ]
    };
    let into = "payment (id, payment_code, order_code, owner_id, payable_kind, payable_id, renter_id, provider, state, amount, credited, description, \
                customer_name, customer_email, customer_phone, open_key, expires_at, ask_at, paid_at, created_at, updated_at, payer_ip, search_text)";
    rows(tx, into, 23, made.iter().map(row).collect()).await
}

/// What was paid, and how it was told.
async fn money(tx: &Tx, made: &[(i64, SamplePayment)]) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let transfer = |(_, one): &(i64, SamplePayment)| {
        let reference = format!("SAMPLE{}", one.id);
        values![
            one.id, "payos", reference, AMOUNT, "VND", now, "webhook", now, ""
        ]
    };
    let into = "payment_transfer (payment_id, provider, reference, amount, currency, at, source, booked_at, search_text)";
    rows(tx, into, 9, made.iter().map(transfer).collect()).await?;
    let event = |(_, one): &(i64, SamplePayment)| {
        let key = crate::store::digest(format!("sample|{}", one.id).as_bytes());
        values![one.id, "payos", "webhook", "official", key, "{}", true, now]
    };
    let into = "payment_event (payment_id, provider, source, kind, event_key, body, accepted, at)";
    rows(tx, into, 8, made.iter().map(event).collect()).await
}
