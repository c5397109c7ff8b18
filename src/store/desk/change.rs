//! What a file of contracts changed of rows that were there: written with the change, so that it can be taken back.

use serde::{Deserialize, Serialize};

use super::contract::{Contract, ContractItem};
use super::kept::{item_said, said};
use crate::domain::desk::{IncomingContract, IncomingItem};
use crate::store::StoreError;
use crate::store::base::{Tx, execute, values};

/// What a file changed of a row that was there.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum FileChange {
    /// A contract, without its items.
    Head {
        row: i64,
        before: Box<IncomingContract>,
        after: Box<IncomingContract>,
    },
    /// A bill or a receivable.
    Item {
        row: i64,
        before: Box<IncomingItem>,
        after: Box<IncomingItem>,
    },
}

impl FileChange {
    pub(super) fn head(known: &Contract, after: &IncomingContract) -> Self {
        let after = IncomingContract {
            bills: Vec::new(),
            receivables: Vec::new(),
            unsaid: Vec::new(),
            ..after.clone()
        };
        Self::Head {
            row: known.id,
            before: Box::new(said(known)),
            after: Box::new(after),
        }
    }

    pub(super) fn item(known: &ContractItem, after: &IncomingItem) -> Self {
        Self::Item {
            row: known.id,
            before: Box::new(item_said(known)),
            after: Box::new(after.clone()),
        }
    }
}

/// Notes what an import changed, in the transaction that changes it. What no file brought is not noted.
pub(super) async fn note_change(
    tx: &Tx,
    import: Option<i64>,
    change: &FileChange,
) -> Result<(), StoreError> {
    let Some(import) = import else {
        return Ok(());
    };
    let damaged = |error: serde_json::Error| StoreError::Damaged(error.to_string());
    let change = serde_json::to_string(change).map_err(damaged)?;
    let sql = "INSERT INTO import_change (import_id, change_json) VALUES (?, ?)";
    execute(tx, sql, values![import, change]).await.map(|_| ())
}
