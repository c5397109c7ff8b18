//! Jobs: added once, handed to one machine at a time, armed, reported, decided by a person.
//!
//! The law is [`crate::domain::lease`]; here it is carried out, each step in one transaction that
//! looks at the row, asks the law, and changes the row only where nobody was faster. Start at
//! [`Store::take`](super::Store::take),
//! [`Store::arm`](super::Store::arm), [`Store::report`](super::Store::report).

mod add;
mod decide;
mod lease;
mod limit;
mod report;
mod view;

use sea_orm::QueryResult;

use super::StoreError;
use super::db::{int, int_or_none, text, text_or_none};
use crate::domain::Proof;
use crate::domain::lease::{JobState, UnknownJobState};

pub use add::{Added, NewJob};
pub use lease::{Held, LEASE_MAX, Lease, LeasedJob, Rescued};
pub use report::{Refusal, Verdict};
pub use view::{JobFilter, JobView};

/// A job's row as the rules need it.
struct Row {
    id: i64,
    state: JobState,
    machine_id: Option<i64>,
    fence: i64,
    tries: i64,
    debt_key: String,
    service: String,
    is_deleted: bool,
    collection_id: Option<i64>,
    /// A top-up's.
    amount: Option<i64>,
    /// Does no other job like it get in?
    has_live_key: bool,
    is_disputed: bool,
}

const ROW: &str = "SELECT id, state, machine_id, fence, tries, debt_key, service, deleted_at, collection_data_id, amount, live_key, disputed_at \
                   FROM jobs WHERE public_id = ?";

fn state_of(row: &QueryResult, at: usize) -> Result<JobState, StoreError> {
    text(row, at)?
        .parse()
        .map_err(|e: UnknownJobState| StoreError::Damaged(e.to_string()))
}

fn read_row(row: &QueryResult) -> Result<Row, StoreError> {
    Ok(Row {
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
    })
}

impl Row {
    fn is_held_by(&self, machine: i64, fence: i64) -> bool {
        self.machine_id == Some(machine) && self.fence == fence
    }
}
/// A proof's name in the database.
const fn proof_wire(proof: Proof) -> &'static str {
    match proof {
        Proof::Response => "response",
        Proof::Reattach => "reattach",
        Proof::History => "history",
        Proof::Balance => "balance",
        Proof::Person => "person",
        Proof::None => "none",
    }
}
