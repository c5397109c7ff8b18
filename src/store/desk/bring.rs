//! Contracts of a file, under one number by which they can be taken back.

use super::Desk;
use super::contract::ids;
use super::import::{ImportTally, put_all};
use crate::domain::desk::IncomingContract;
use crate::store::StoreError;
use crate::store::base::audit::Actor;
use crate::store::base::{
    Conn, SqlRow, SqlValue, Tx, all, int, marks, text, text_or_none, transaction, values,
};
use crate::store::catalogue::contracts::CONTRACT;
use crate::store::imports::note_rows;

/// Contracts of one transaction.
const IN_ONE: usize = 25;
/// Rows of the old list that are read.
const OLD_MAX: usize = 20_000;

/// A row of the old list of what is to be collected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is called as its column")]
pub struct OldRow {
    pub id: i64,
    pub code: Option<String>,
    pub name: Option<String>,
    pub account: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    /// What is still to be collected, in đồng.
    pub owed: i64,
    pub username: Option<String>,
    /// `2026-10-01`
    pub period: Option<String>,
    pub service: String,
}

impl Desk<'_> {
    /// Brings contracts in. Says the number of the import, and what became of them.
    pub async fn bring_file(
        &self,
        owner: i64,
        filename: &str,
        contracts: &[(usize, IncomingContract)],
        actor: &Actor,
    ) -> Result<(i64, ImportTally), StoreError> {
        let imports = self.store.tables().imports();
        let import = imports.begin(&CONTRACT, filename, actor).await?;
        let mut tally = ImportTally::default();
        for some in contracts.chunks(IN_ONE) {
            let put = transaction!(self.store, |tx| put_some(&tx, owner, import, some, actor))?;
            for ((index, _), put) in some.iter().zip(put) {
                tally.count(*index, put);
            }
        }
        Ok((import, tally))
    }

    /// What the old list says is still to be collected.
    pub async fn old_rows(&self) -> Result<Vec<OldRow>, StoreError> {
        let sql = self.store.casts(&format!(
            "SELECT id, code, name, account, phone, address, CAST(postage - COALESCE(paid_value, 0) AS SIGNED), username, CAST(period AS CHAR), service \
             FROM collection_data WHERE deleted_at IS NULL AND COALESCE(completed, 0) = 0 AND postage > COALESCE(paid_value, 0) ORDER BY id LIMIT {OLD_MAX}"
        ));
        let read = |row: &SqlRow| {
            Ok(OldRow {
                id: int(row, 0)?,
                code: text_or_none(row, 1)?,
                name: text_or_none(row, 2)?,
                account: text_or_none(row, 3)?,
                phone: text_or_none(row, 4)?,
                address: text_or_none(row, 5)?,
                owed: int(row, 6)?,
                username: text_or_none(row, 7)?,
                period: text_or_none(row, 8)?,
                service: text(row, 9)?,
            })
        };
        let rows = all(self.store, &sql, vec![]).await?;
        rows.iter().map(read).collect()
    }
}

async fn put_some(
    tx: &Tx,
    owner: i64,
    import: i64,
    contracts: &[(usize, IncomingContract)],
    actor: &Actor,
) -> Result<Vec<super::import::Put>, StoreError> {
    let before = items_of(tx, owner, contracts).await?;
    let put = put_all(tx, (owner, Some(import)), contracts, actor).await?;
    let mut added = items_of(tx, owner, contracts).await?;
    added.retain(|id| !before.contains(id));
    note_rows(tx, import, &added).await?;
    Ok(put)
}

/// The items of these contracts.
async fn items_of(
    tx: &Tx,
    owner: i64,
    contracts: &[(usize, IncomingContract)],
) -> Result<Vec<i64>, StoreError> {
    let sql = format!(
        "SELECT i.id FROM contract_item i JOIN contract c ON c.id = i.contract_id WHERE c.owner_id = ? AND c.number IN ({})",
        marks(contracts.len())
    );
    let mut given = values![owner];
    given.extend(
        contracts
            .iter()
            .map(|(_, c)| SqlValue::from(c.number.as_str())),
    );
    ids(&all(tx, &sql, given).await?)
}
