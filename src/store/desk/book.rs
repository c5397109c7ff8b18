//! The shop's book of a day: what was collected, where it is, what the portal took, and every difference by
//! its name.

use super::DeskCash;
use crate::domain::calendar::{DAY_MS, day_start};
use crate::domain::money::grouped;
use crate::store::StoreError;
use crate::store::base::{Conn, SqlValue, all, int, int_or_none, one, text, text_or_none, values};

/// A difference, with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookDifference {
    /// What differs.
    pub what: String,
    /// By how much, in đồng; less than nothing where something is short.
    pub amount: i64,
    /// Why, as somebody said or as the portal did.
    pub reason: String,
    /// How much of it is between transfers and receipts.
    transfers: i64,
}

/// The book of a day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    /// Collected in cash, in đồng.
    pub cash: i64,
    /// Collected by wallet.
    pub wallet: i64,
    /// Collected by QR.
    pub qr: i64,
    /// Cash that was held when the day began.
    pub held_before: i64,
    /// Cash that was handed in and counted.
    pub handed_in: i64,
    /// Cash that is held when the day ends, or now.
    pub held: i64,
    /// What providers transferred for wallet and QR.
    pub transfers: i64,
    /// What the portal took.
    pub settled: i64,
    /// Everything that does not fit.
    pub differences: Vec<BookDifference>,
}

impl DeskCash<'_> {
    /// The book of a payee's day, which begins at this moment.
    pub async fn book(&self, owner: i64, day: &str, from_ms: i64) -> Result<Book, StoreError> {
        let until_ms = day_start(from_ms) + DAY_MS;
        let (cash, wallet, qr) = self.collected(owner, day).await?;
        let handed_in = self.handed_in(owner, "= ?", day).await?;
        let held = self.taken_until(owner, "<= ?", day).await?
            - self.handed_in(owner, "<= ?", day).await?;
        let held_before =
            self.taken_until(owner, "< ?", day).await? - self.handed_in(owner, "< ?", day).await?;
        let mut book = Book {
            cash,
            wallet,
            qr,
            held_before,
            handed_in,
            held,
            transfers: self.transfers(owner, (from_ms, until_ms)).await?,
            settled: self.settled(owner, (from_ms, until_ms)).await?,
            differences: Vec::new(),
        };
        self.hand_in_differences(owner, day, &mut book.differences)
            .await?;
        self.settle_differences(owner, day, (from_ms, until_ms), &mut book.differences)
            .await?;
        self.money_differences(owner, (from_ms, until_ms), &mut book.differences)
            .await?;
        self.short_receipts(owner, day, &mut book.differences)
            .await?;
        // What is left of it has come on another day than its receipt.
        let named: i64 = book.differences.iter().map(|d| d.transfers).sum();
        let missing = book.transfers - book.wallet - book.qr - named;
        if missing != 0 {
            book.differences.push(BookDifference {
                what: "Tiền chuyển so với phiếu thu QR và ví".to_owned(),
                amount: missing,
                reason: "tiền về khác ngày với phiếu thu".to_owned(),
                transfers: missing,
            });
        }
        Ok(book)
    }

    /// The last number of a payee's receipts of a day; 0 where there is none.
    pub async fn last_number(&self, owner: i64, day: &str) -> Result<i64, StoreError> {
        let sql = "SELECT last FROM receipt_counter WHERE owner_id = ? AND day = ?";
        self.sum(sql, values![owner, day]).await
    }

    async fn sum(&self, sql: &str, given: Vec<SqlValue>) -> Result<i64, StoreError> {
        let sql = self.store.casts(sql);
        match one(self.store, &sql, given).await? {
            Some(row) => int(&row, 0),
            None => Ok(0),
        }
    }

    async fn collected(&self, owner: i64, day: &str) -> Result<(i64, i64, i64), StoreError> {
        let sql = self.store.casts(
            "SELECT method, CAST(SUM(amount) AS SIGNED) FROM desk_payment WHERE owner_id = ? AND receipt_day = ? AND cancelled_at IS NULL GROUP BY method",
        );
        let (mut cash, mut wallet, mut qr) = (0, 0, 0);
        for row in all(self.store, &sql, values![owner, day]).await? {
            let amount = int(&row, 1)?;
            match text(&row, 0)?.as_str() {
                "cash" => cash += amount,
                "wallet" => wallet += amount,
                _ => qr += amount,
            }
        }
        Ok((cash, wallet, qr))
    }

    async fn handed_in(&self, owner: i64, when: &str, day: &str) -> Result<i64, StoreError> {
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(counted), 0) AS SIGNED) FROM hand_in WHERE owner_id = ? AND confirmed_day {when}"
        );
        self.sum(&sql, values![owner, day]).await
    }

    async fn taken_until(&self, owner: i64, when: &str, day: &str) -> Result<i64, StoreError> {
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(amount), 0) AS SIGNED) FROM desk_payment WHERE owner_id = ? AND receipt_day {when} AND method = 'cash' AND cancelled_at IS NULL"
        );
        self.sum(&sql, values![owner, day]).await
    }

    async fn transfers(&self, owner: i64, (from, until): (i64, i64)) -> Result<i64, StoreError> {
        let sql = "SELECT CAST(COALESCE(SUM(t.amount), 0) AS SIGNED) FROM payment_transfer t JOIN payment p ON p.id = t.payment_id \
                   WHERE t.booked_at >= ? AND t.booked_at < ? AND p.payable_kind = 'receipt' AND p.provider <> 'cash' AND p.owner_id = ?";
        self.sum(sql, values![from, until, owner]).await
    }

    async fn settled(&self, owner: i64, (from, until): (i64, i64)) -> Result<i64, StoreError> {
        let sql = "SELECT CAST(COALESCE(SUM(i.amount), 0) AS SIGNED) FROM contract_item i JOIN contract c ON c.id = i.contract_id \
                   WHERE i.settled_at >= ? AND i.settled_at < ? AND c.owner_id = ?";
        self.sum(sql, values![from, until, owner]).await
    }

    async fn hand_in_differences(
        &self,
        owner: i64,
        day: &str,
        found: &mut Vec<BookDifference>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT h.id, u.username, h.counted - h.amount, h.reason FROM hand_in h LEFT JOIN users u ON u.id = h.collector_id \
                   WHERE h.owner_id = ? AND h.confirmed_day = ? AND h.counted <> h.amount ORDER BY h.id LIMIT 500";
        for row in all(self.store, sql, values![owner, day]).await? {
            let who = text_or_none(&row, 1)?.unwrap_or_default();
            found.push(BookDifference {
                what: format!("Nộp tiền số {}: {who}", int(&row, 0)?),
                amount: int(&row, 2)?,
                reason: text_or_none(&row, 3)?.unwrap_or_default(),
                transfers: 0,
            });
        }
        Ok(())
    }

    /// What the customers of this day paid and the portal did not take, and what was settled today by
    /// another way.
    async fn settle_differences(
        &self,
        owner: i64,
        day: &str,
        (from, until): (i64, i64),
        found: &mut Vec<BookDifference>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT i.number, d.receipt_number, i.amount, j.outcome, j.state FROM desk_payment d JOIN contract_item i ON i.desk_payment_id = d.id \
                   JOIN jobs j ON j.id = i.job_id WHERE d.owner_id = ? AND d.receipt_day = ? AND d.cancelled_at IS NULL AND i.state = 'paid' \
                   AND j.state IN ('done', 'failed', 'cancelled', 'in_doubt', 'review') ORDER BY i.id LIMIT 1000";
        for row in all(self.store, sql, values![owner, day]).await? {
            let reason = text_or_none(&row, 3)?.unwrap_or(text(&row, 4)?);
            found.push(BookDifference {
                what: format!(
                    "Chưa gạch nợ: {} ({})",
                    text(&row, 0)?,
                    text_or_none(&row, 1)?.unwrap_or_default()
                ),
                amount: int(&row, 2)?,
                reason,
                transfers: 0,
            });
        }
        let sql = "SELECT i.number, i.amount, i.settled_by, i.settle_outcome, i.settle_reason, i.desk_payment_id FROM contract_item i \
                   JOIN contract c ON c.id = i.contract_id WHERE i.settled_at >= ? AND i.settled_at < ? AND c.owner_id = ? \
                   AND (i.settled_by <> 'portal' OR i.settle_reason IS NOT NULL) ORDER BY i.id LIMIT 1000";
        for row in all(self.store, sql, values![from, until, owner]).await? {
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
                transfers: 0,
            });
        }
        Ok(())
    }

    /// Money of the day that is on no receipt: too little, too much, for a person to see.
    async fn money_differences(
        &self,
        owner: i64,
        (from, until): (i64, i64),
        found: &mut Vec<BookDifference>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT p.payment_code, p.surplus + p.review, CASE WHEN p.state = 'underpaid' THEN p.credited ELSE 0 END, p.state FROM payment p \
                   WHERE p.owner_id = ? AND p.payable_kind = 'receipt' AND p.updated_at >= ? AND p.updated_at < ? \
                   AND (p.surplus > 0 OR p.review > 0 OR p.state = 'underpaid') ORDER BY p.id LIMIT 500";
        for row in all(self.store, sql, values![owner, from, until]).await? {
            let (code, over, short) = (text(&row, 0)?, int(&row, 1)?, int(&row, 2)?);
            let (what, amount) = if over > 0 {
                (format!("Tiền thừa: {code}"), over)
            } else {
                (format!("Chưa đủ tiền, chưa có phiếu: {code}"), short)
            };
            found.push(BookDifference {
                what,
                amount,
                reason: format!("{} đ, {}", grouped(amount), text(&row, 3)?),
                transfers: amount,
            });
        }
        Ok(())
    }

    /// Receipts of the day for which less came than they say, because a person took it for all.
    async fn short_receipts(
        &self,
        owner: i64,
        day: &str,
        found: &mut Vec<BookDifference>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT receipt_number, paid - amount FROM desk_payment WHERE owner_id = ? AND receipt_day = ? AND cancelled_at IS NULL \
                   AND paid < amount ORDER BY id LIMIT 500";
        for row in all(self.store, sql, values![owner, day]).await? {
            let short = int(&row, 1)?;
            found.push(BookDifference {
                what: format!("Nhận thiếu, đã đồng ý: {}", text(&row, 0)?),
                amount: short,
                reason: "người quản lý nhận số tiền này cho cả phiếu".to_owned(),
                transfers: short,
            });
        }
        Ok(())
    }
}
