//! What customers were told of payments at the door, read.

use crate::domain::desk::SMS_QUOTA;
use crate::store::StoreError;
use crate::store::base::{Conn, SqlRow, all, int_or_none, text, text_or_none, values};

/// What a customer is told, or was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskNotice {
    /// `hifpt`, `sms` or `zns`.
    pub channel: String,
    /// Was it written?
    pub is_queued: bool,
    /// What was in the way.
    pub code: Option<String>,
    /// What it says.
    pub text: Option<String>,
    /// In how many parts an SMS goes.
    pub parts: Option<i64>,
}

/// No number is known that could be told.
pub(super) const NO_PHONE: (&str, &str) = ("no_phone", "Chưa có số điện thoại nhận tin");

impl DeskNotice {
    /// What people read of what was in the way.
    pub fn message(&self) -> Option<&'static str> {
        let code = self.code.as_deref()?;
        [SMS_QUOTA, NO_PHONE]
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, message)| *message)
    }
}

pub(super) async fn notices_of<C: Conn>(c: &C, id: i64) -> Result<Vec<DeskNotice>, StoreError> {
    let sql = "SELECT channel, state, code, text, parts FROM desk_notice WHERE desk_payment_id = ? ORDER BY id LIMIT 50";
    let rows = all(c, sql, values![id]).await?;
    let read = |row: &SqlRow| {
        Ok(DeskNotice {
            channel: text(row, 0)?,
            is_queued: text(row, 1)? == "queued",
            code: text_or_none(row, 2)?,
            text: text_or_none(row, 3)?,
            parts: int_or_none(row, 4)?,
        })
    };
    rows.iter().map(read).collect()
}
