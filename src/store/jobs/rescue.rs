//! Jobs are taken back from machines that died.

use super::Jobs;
use crate::domain::lease::{JobEvent, JobState, after};
use crate::store::StoreError;
use crate::store::base::{Conn, SqlValue, Tx, all, execute, int, marks, transaction, values};

/// Leases that the rescuer takes back in one transaction.
const RESCUE_BATCH: u32 = 500;

/// What the rescuer did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rescued {
    /// Jobs that may be handed out again.
    pub returned: u64,
    /// Payments of which nobody knows.
    pub in_doubt: u64,
}

impl Jobs<'_> {
    /// Takes back what dead machines hold: what was not armed may be handed out again, what was
    /// armed is in doubt.
    pub async fn expire(&self) -> Result<Rescued, StoreError> {
        let mut rescued = Rescued::default();
        loop {
            let some = transaction!(self.store, |tx| expire_some(&tx))?;
            rescued.returned += some.returned;
            rescued.in_doubt += some.in_doubt;
            if some.returned + some.in_doubt < u64::from(RESCUE_BATCH) {
                return Ok(rescued);
            }
        }
    }
}

async fn expire_some(tx: &Tx) -> Result<Rescued, StoreError> {
    let (now, over) = (tx.now_ms(), tx.shared_now_ms());
    let mut rescued = Rescued::default();
    for state in [JobState::Leased, JobState::Armed] {
        let next = after(state, JobEvent::LeaseRanOut)?;
        let sql = format!(
            "SELECT id FROM jobs WHERE state = ? AND lease_until < ? LIMIT {RESCUE_BATCH}{}",
            tx.claimed()
        );
        let rows = all(tx, &sql, values![state.wire(), over]).await?;
        if rows.is_empty() {
            continue;
        }
        let ids = rows
            .iter()
            .map(|row| int(row, 0))
            .collect::<Result<Vec<i64>, _>>()?;
        let outcome = if next == JobState::InDoubt {
            ", outcome = 'unknown'"
        } else {
            ""
        };
        let sql = format!(
            "UPDATE jobs SET state = ?, lease_id = NULL, lease_until = NULL, updated_at = ?, version = version + 1{outcome} \
             WHERE state = ? AND lease_until < ? AND id IN ({})",
            marks(ids.len())
        );
        let mut given = values![next.wire(), now, state.wire(), over];
        given.extend(ids.into_iter().map(SqlValue::from));
        let count = execute(tx, &sql, given).await?;
        if next == JobState::InDoubt {
            rescued.in_doubt += count;
        } else {
            rescued.returned += count;
        }
    }
    Ok(rescued)
}
