//! The shop's book of a day: what was collected, where it is, what the portal took, and every difference by
//! its name.

use super::DeskCash;
use crate::domain::calendar::{DAY_MS, day_start, minute_of};
use crate::domain::money::grouped;
use crate::domain::payment::PaymentState;
use crate::store::base::{
    Conn, SqlValue, Tx, all, int, int_or_none, one, text, text_or_none, values,
};
use crate::store::{StoreError, payees};

/// A difference, with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookDifference {
    /// What differs.
    pub what: String,
    /// By how much, in đồng; less than nothing where something is short.
    pub amount: i64,
    /// Why, as somebody said or as the portal did.
    pub reason: String,
}

/// The book of a day. What was collected in cash was handed in or is held; what was collected otherwise
/// is what providers transferred; what does not fit is named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BookOfDay {
    /// Collected in cash, in đồng.
    pub cash: i64,
    /// Collected by wallet.
    pub wallet: i64,
    /// Collected by QR.
    pub qr: i64,
    /// Of this day's cash: handed in and counted, on this day or later.
    pub handed_in: i64,
    /// Of this day's cash: still with collectors.
    pub held: i64,
    /// Cash that was counted on this day, of whichever day it is.
    pub counted: i64,
    /// What providers transferred for wallet and QR.
    pub transfers: i64,
    /// What the portal took.
    pub settled: i64,
    /// Everything that does not fit.
    pub differences: Vec<BookDifference>,
}

impl DeskCash<'_> {
    /// The book of a payee's day, which begins at this moment. All of it is of one moment, so that money on its way from
    /// one column to another is never missed in both.
    pub async fn book(&self, owner: i64, day: &str, from_ms: i64) -> Result<BookOfDay, StoreError> {
        let tx = Tx::reading(self.store).await?;
        let asked = DayBook {
            tx: &tx,
            owner,
            day,
            from: from_ms,
            until: day_start(from_ms) + DAY_MS,
        };
        let book = asked.read().await;
        tx.finish(book).await
    }

    /// The last number of a payee's receipts of a day; 0 where there is none.
    pub async fn last_number(&self, owner: i64, day: &str) -> Result<i64, StoreError> {
        let sql = "SELECT last FROM receipt_counter WHERE owner_id = ? AND day = ?";
        sum(self.store, sql, values![owner, day]).await
    }
}

/// A payee's day, as it was at one moment.
struct DayBook<'d> {
    tx: &'d Tx,
    owner: i64,
    day: &'d str,
    /// From when to when it goes, in milliseconds since 1970.
    from: i64,
    until: i64,
}

async fn sum<C: Conn>(c: &C, sql: &str, given: Vec<SqlValue>) -> Result<i64, StoreError> {
    let sql = c.casts(sql);
    match one(c, &sql, given).await? {
        Some(row) => int(&row, 0),
        None => Ok(0),
    }
}

impl DayBook<'_> {
    async fn read(&self) -> Result<BookOfDay, StoreError> {
        let (cash, wallet, qr) = self.collected().await?;
        let (handed_in, held) = self.where_cash_is().await?;
        let mut book = BookOfDay {
            cash,
            wallet,
            qr,
            handed_in,
            held,
            counted: self.counted().await?,
            transfers: self.transfers().await?,
            settled: self.settled().await?,
            differences: Vec::new(),
        };
        let found = &mut book.differences;
        self.hand_in_differences(found).await?;
        self.settle_differences(found).await?;
        self.money_differences(found).await?;
        self.receipts_without_money(found).await?;
        self.cancelled_later(found).await?;
        let apart = cash - handed_in - held;
        if apart != 0 {
            book.differences.push(BookDifference {
                what: "Tiền mặt đã thu so với đã nộp và đang giữ".to_owned(),
                amount: -apart,
                reason: "sổ tiền mặt không khớp phiếu thu, báo người phụ trách máy chủ".to_owned(),
            });
        }
        Ok(book)
    }

    async fn collected(&self) -> Result<(i64, i64, i64), StoreError> {
        let sql = self.tx.casts(
            "SELECT method, CAST(SUM(amount) AS SIGNED) FROM desk_payment WHERE owner_id = ? AND receipt_day = ? AND cancelled_at IS NULL GROUP BY method",
        );
        let (mut cash, mut wallet, mut qr) = (0, 0, 0);
        for row in all(self.tx, &sql, values![self.owner, self.day]).await? {
            let amount = int(&row, 1)?;
            match text(&row, 0)?.as_str() {
                "cash" => cash += amount,
                "wallet" => wallet += amount,
                _ => qr += amount,
            }
        }
        Ok((cash, wallet, qr))
    }

    /// How much of a day's cash was handed in, and how much of it is still held.
    async fn where_cash_is(&self) -> Result<(i64, i64), StoreError> {
        let sql = self.tx.casts(&format!(
            "SELECT CAST(COALESCE(SUM(d.handed_in), 0) AS SIGNED), CAST(COALESCE(SUM(d.held), 0) AS SIGNED) FROM cash_day d \
             LEFT JOIN accounts a ON a.user_id = d.collector_id WHERE d.day = ? AND COALESCE(a.payee_id, {}) = ?",
            payees::FIRST
        ));
        match one(self.tx, &sql, values![self.day, self.owner]).await? {
            Some(row) => Ok((int(&row, 0)?, int(&row, 1)?)),
            None => Ok((0, 0)),
        }
    }

    async fn counted(&self) -> Result<i64, StoreError> {
        let sql = "SELECT CAST(COALESCE(SUM(counted), 0) AS SIGNED) FROM hand_in WHERE owner_id = ? AND confirmed_day = ?";
        sum(self.tx, sql, values![self.owner, self.day]).await
    }

    async fn transfers(&self) -> Result<i64, StoreError> {
        let sql = "SELECT CAST(COALESCE(SUM(t.amount), 0) AS SIGNED) FROM payment_transfer t JOIN payment p ON p.id = t.payment_id \
                   WHERE t.booked_at >= ? AND t.booked_at < ? AND p.payable_kind = 'receipt' AND p.provider <> 'cash' AND p.owner_id = ?";
        sum(self.tx, sql, values![self.from, self.until, self.owner]).await
    }

    async fn settled(&self) -> Result<i64, StoreError> {
        let sql = "SELECT CAST(COALESCE(SUM(i.amount), 0) AS SIGNED) FROM contract_item i JOIN contract c ON c.id = i.contract_id \
                   WHERE i.settled_at >= ? AND i.settled_at < ? AND c.owner_id = ?";
        sum(self.tx, sql, values![self.from, self.until, self.owner]).await
    }

    async fn hand_in_differences(&self, found: &mut Vec<BookDifference>) -> Result<(), StoreError> {
        let sql = "SELECT h.id, u.username, h.counted - h.amount, h.reason FROM hand_in h LEFT JOIN users u ON u.id = h.collector_id \
                   WHERE h.owner_id = ? AND h.confirmed_day = ? AND h.counted <> h.amount ORDER BY h.id LIMIT 500";
        for row in all(self.tx, sql, values![self.owner, self.day]).await? {
            let who = text_or_none(&row, 1)?.unwrap_or_default();
            found.push(BookDifference {
                what: format!("Nộp tiền số {}: {who}", int(&row, 0)?),
                amount: int(&row, 2)?,
                reason: text_or_none(&row, 3)?.unwrap_or_default(),
            });
        }
        Ok(())
    }

    /// What the customers of this day paid and the portal did not take, and what was settled today by
    /// another way.
    async fn settle_differences(&self, found: &mut Vec<BookDifference>) -> Result<(), StoreError> {
        let sql = "SELECT i.number, d.receipt_number, i.amount, j.outcome, j.state FROM desk_payment d JOIN contract_item i ON i.desk_payment_id = d.id \
                   JOIN jobs j ON j.id = i.job_id WHERE d.owner_id = ? AND d.receipt_day = ? AND d.cancelled_at IS NULL AND i.state = 'paid' \
                   AND (j.outcome IS NOT NULL OR j.state IN ('done', 'failed', 'cancelled', 'in_doubt', 'review')) ORDER BY i.id LIMIT 1000";
        for row in all(self.tx, sql, values![self.owner, self.day]).await? {
            let reason = text_or_none(&row, 3)?.unwrap_or(text(&row, 4)?);
            found.push(BookDifference {
                what: format!(
                    "Chưa gạch nợ: {} ({})",
                    text(&row, 0)?,
                    text_or_none(&row, 1)?.unwrap_or_default()
                ),
                amount: int(&row, 2)?,
                reason,
            });
        }
        let sql = "SELECT i.number, i.amount, i.settled_by, i.settle_outcome, i.settle_reason, i.desk_payment_id FROM contract_item i \
                   JOIN contract c ON c.id = i.contract_id WHERE i.settled_at >= ? AND i.settled_at < ? AND c.owner_id = ? \
                   AND (i.settled_by <> 'portal' OR i.settle_reason IS NOT NULL) ORDER BY i.id LIMIT 1000";
        for row in all(self.tx, sql, values![self.from, self.until, self.owner]).await? {
            let number = text(&row, 0)?;
            let was_collected = int_or_none(&row, 5)?.is_some();
            let what = match (text_or_none(&row, 2)?.as_deref(), was_collected) {
                (Some("cleared"), _) => format!("Đã gạch trước đó: {number}"),
                (Some("person"), true) => format!("Xác nhận đã gạch: {number}"),
                (Some("person"), false) => format!("Xác nhận đã gạch, chưa thu: {number}"),
                _ => format!("Cổng thu khác số tiền: {number}"),
            };
            let reason = text_or_none(&row, 4)?.or(text_or_none(&row, 3)?);
            found.push(BookDifference {
                what,
                amount: int(&row, 1)?,
                reason: reason.unwrap_or_default(),
            });
        }
        Ok(())
    }

    /// Payments whose money of the day is not what their receipts of the day say: too little, too much,
    /// paid back, for a person to see.
    async fn money_differences(&self, found: &mut Vec<BookDifference>) -> Result<(), StoreError> {
        const RECEIPT: &str =
            "CASE WHEN d.receipt_day = ? AND d.cancelled_at IS NULL THEN d.amount ELSE 0 END";
        let sql = self.tx.casts(&format!(
            "SELECT p.payment_code, p.state, d.receipt_number, CAST(SUM(t.amount) - {RECEIPT} AS SIGNED), CAST({RECEIPT} AS SIGNED), \
             CAST(MIN(t.amount) AS SIGNED) FROM payment_transfer t JOIN payment p ON p.id = t.payment_id JOIN desk_payment d ON d.id = p.payable_id \
             WHERE t.booked_at >= ? AND t.booked_at < ? AND p.payable_kind = 'receipt' AND p.provider <> 'cash' AND p.owner_id = ? \
             GROUP BY p.id, p.payment_code, p.state, d.receipt_number, d.receipt_day, d.cancelled_at, d.amount \
             HAVING SUM(t.amount) <> {RECEIPT} ORDER BY p.id LIMIT 500"
        ));
        let given = values![
            self.day, self.day, self.from, self.until, self.owner, self.day
        ];
        for row in all(self.tx, &sql, given).await? {
            let money = DayMoney {
                code: text(&row, 0)?,
                state: PaymentState::of(&text(&row, 1)?),
                receipt: text_or_none(&row, 2)?,
                over: int(&row, 3)?,
                is_receipted: int(&row, 4)? > 0,
                has_refund: int(&row, 5)? < 0,
            };
            found.push(money.named());
        }
        Ok(())
    }

    /// Receipts of the day that were cancelled on a later one: whoever read the book that evening read a sum that
    /// held them.
    async fn cancelled_later(&self, found: &mut Vec<BookDifference>) -> Result<(), StoreError> {
        let sql = "SELECT receipt_number, amount, cancelled_at, cancel_reason FROM desk_payment \
                   WHERE owner_id = ? AND receipt_day = ? AND cancelled_at >= ? ORDER BY id LIMIT 500";
        for row in all(self.tx, sql, values![self.owner, self.day, self.until]).await? {
            found.push(BookDifference {
                what: format!(
                    "Hủy phiếu sau ngày thu: {} (hủy lúc {})",
                    text_or_none(&row, 0)?.unwrap_or_default(),
                    minute_of(int(&row, 2)?)
                ),
                amount: -int(&row, 1)?,
                reason: text_or_none(&row, 3)?.unwrap_or_default(),
            });
        }
        Ok(())
    }

    /// Receipts of the day whose money came on another day.
    async fn receipts_without_money(
        &self,
        found: &mut Vec<BookDifference>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT d.receipt_number, d.amount FROM desk_payment d WHERE d.owner_id = ? AND d.receipt_day = ? AND d.cancelled_at IS NULL AND d.method <> 'cash' \
                   AND NOT EXISTS (SELECT 1 FROM payment p JOIN payment_transfer t ON t.payment_id = p.id WHERE p.payable_kind = 'receipt' AND p.payable_id = d.id \
                   AND t.booked_at >= ? AND t.booked_at < ?) ORDER BY d.id LIMIT 500";
        for row in all(
            self.tx,
            sql,
            values![self.owner, self.day, self.from, self.until],
        )
        .await?
        {
            found.push(BookDifference {
                what: format!("Tiền của phiếu về ngày khác: {}", text(&row, 0)?),
                amount: -int(&row, 1)?,
                reason: "tiền về trước hoặc sau ngày của phiếu".to_owned(),
            });
        }
        Ok(())
    }
}

/// What came for a payment on a day, beside what its receipt of that day says.
struct DayMoney {
    code: String,
    state: Option<PaymentState>,
    receipt: Option<String>,
    /// Money of the day less the receipt of the day, in đồng.
    over: i64,
    /// Is there a receipt of the day that holds?
    is_receipted: bool,
    /// Was something paid back on the day?
    has_refund: bool,
}

impl DayMoney {
    fn named(self) -> BookDifference {
        let code = &self.code;
        let of_receipt = self.receipt.as_deref().unwrap_or(code);
        let (what, reason) = match self.state {
            _ if self.has_refund => (
                format!("Hoàn tiền: {code}"),
                format!("đã hoàn cho khách, phiếu {of_receipt}"),
            ),
            Some(PaymentState::Refunded) => (
                format!("Tiền về, sau đó đã hoàn: {code}"),
                format!("phiếu {of_receipt} không còn hiệu lực"),
            ),
            Some(PaymentState::Underpaid) => (
                format!("Chưa đủ tiền, chưa có phiếu: {code}"),
                format!("{} đ, underpaid", grouped(self.over)),
            ),
            Some(PaymentState::Paid) if self.over < 0 => (
                format!("Nhận thiếu, đã đồng ý: {of_receipt}"),
                "người quản lý nhận số tiền này cho cả phiếu".to_owned(),
            ),
            Some(PaymentState::Paid) if !self.is_receipted && self.receipt.is_some() => (
                format!("Tiền của phiếu về ngày khác: {of_receipt}"),
                "tiền về trước hoặc sau ngày của phiếu".to_owned(),
            ),
            state => (
                format!("Tiền thừa: {code}"),
                format!(
                    "{} đ, {}",
                    grouped(self.over),
                    state.map_or("", PaymentState::wire)
                ),
            ),
        };
        BookDifference {
            what,
            amount: self.over,
            reason,
        }
    }
}
