//! Many rows are changed at once, each with its own row in the trail.

use super::change::{change as change_one, delete};
use super::{Fields, Tables, free, writable};
use crate::store::StoreError;
use crate::store::base::audit::Actor;
use crate::store::base::{Tx, transaction};
use crate::store::catalogue::Table;

/// Rows that are changed in one transaction.
const BULK_BATCH: usize = 200;

/// What is done to many rows at once.
#[derive(Debug, Clone)]
pub enum RowChange {
    /// These columns get these values.
    Set(Fields),
    /// They are deleted, and can be brought back.
    Delete,
    /// They are brought back.
    Restore,
}

impl Tables<'_> {
    /// Changes many rows; says for each what came of it. Each has its own row in the trail.
    pub async fn change_rows(
        &self,
        table: &'static Table,
        ids: &[i64],
        change: &RowChange,
        actor: &Actor,
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        if matches!(change, RowChange::Set(_)) {
            writable(table)?;
        } else {
            free(table)?;
        }
        let mut ended = Vec::with_capacity(ids.len());
        for some in ids.chunks(BULK_BATCH) {
            ended.extend(transaction!(self.store, |tx| change_some(
                &tx, table, some, change, actor
            ))?);
        }
        Ok(ended)
    }
}

async fn change_some(
    tx: &Tx,
    table: &'static Table,
    ids: &[i64],
    change: &RowChange,
    actor: &Actor,
) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    let mut ended = Vec::with_capacity(ids.len());
    for id in ids {
        let done = match change {
            RowChange::Set(fields) => change_one(tx, table, *id, None, fields, actor)
                .await
                .map(|_| ()),
            RowChange::Delete => delete(tx, table, *id, None, true, actor).await,
            RowChange::Restore => delete(tx, table, *id, None, false, actor).await,
        };
        match done {
            // The database itself: the whole transaction ends, and may be done again. Or all
            // owners at once.
            Err(
                error
                @ (StoreError::Database(_) | StoreError::TakenBack(_) | StoreError::LastOwner),
            ) => {
                return Err(error);
            }
            other => ended.push(other),
        }
    }
    Ok(ended)
}
