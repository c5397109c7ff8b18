//! A job's row as the rules read it.

use crate::domain::lease::{JobState, UnknownJobState};
use crate::store::StoreError;
use crate::store::base::{SqlRow, int, int_or_none, text, text_or_none};

/// A job's row as the rules need it.
pub(super) struct JobRecord {
    pub id: i64,
    pub state: JobState,
    pub machine_id: Option<i64>,
    pub fence: i64,
    pub tries: i64,
    pub debt_key: String,
    pub service: String,
    pub is_deleted: bool,
    pub collection_id: Option<i64>,
    /// The item of a contract that it settles.
    pub item_id: Option<i64>,
    /// A top-up's.
    pub amount: Option<i64>,
    /// Does no other job like it get in?
    pub has_live_key: bool,
    pub is_disputed: bool,
}

pub(super) const ROW: &str = "SELECT id, state, machine_id, fence, tries, debt_key, service, deleted_at, collection_data_id, amount, live_key, disputed_at, contract_item_id \
                   FROM jobs WHERE public_id = ?";

pub(super) fn state_of(row: &SqlRow, at: usize) -> Result<JobState, StoreError> {
    text(row, at)?
        .parse()
        .map_err(|e: UnknownJobState| StoreError::Damaged(e.to_string()))
}

pub(super) fn read_row(row: &SqlRow) -> Result<JobRecord, StoreError> {
    Ok(JobRecord {
        id: int(row, 0)?,
        state: state_of(row, 1)?,
        machine_id: int_or_none(row, 2)?,
        fence: int(row, 3)?,
        tries: int(row, 4)?,
        debt_key: text(row, 5)?,
        service: text(row, 6)?,
        is_deleted: int_or_none(row, 7)?.is_some(),
        collection_id: int_or_none(row, 8)?,
        amount: int_or_none(row, 9)?,
        has_live_key: text_or_none(row, 10)?.is_some(),
        is_disputed: int_or_none(row, 11)?.is_some(),
        item_id: int_or_none(row, 12)?,
    })
}

impl JobRecord {
    pub fn is_held_by(&self, machine: i64, fence: i64) -> bool {
        self.machine_id == Some(machine) && self.fence == fence
    }
}
