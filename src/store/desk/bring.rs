//! Contracts of a file, under one number by which they can be taken back.

use serde_json::json;

use super::Desk;
use super::import::{ImportTally, put_all};
use crate::domain::desk::IncomingContract;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{
    Conn, SqlRow, SqlValue, Tx, all, execute, int, marks, one, text, text_or_none, transaction,
    values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::contracts::CONTRACT;
use crate::store::catalogue::house::IMPORTS;
use crate::store::imports::{Undone, note_rows};

/// Contracts of one transaction.
const IN_ONE: usize = 25;
/// Items of one transaction, where they are taken back.
const BACK_IN_ONE: usize = 100;
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
        let imports = self.store.imports();
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

    /// Takes an import back: items that nobody has taken go, and contracts that are left with nothing.
    pub async fn take_file_back(
        &self,
        owner: i64,
        import: i64,
        actor: &Actor,
    ) -> Result<Undone, StoreError> {
        let sql = "SELECT row_ids, table_name FROM imports WHERE id = ? AND undone_at IS NULL";
        let row = one(self.store, sql, values![import]).await?;
        let row = row.ok_or(StoreError::NoRow)?;
        if text(&row, 1)? != CONTRACT.name {
            return Err(StoreError::NoRow);
        }
        let ids: Vec<i64> = serde_json::from_str(&text_or_none(&row, 0)?.unwrap_or_default())
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        let mut gone = 0;
        for some in ids.chunks(BACK_IN_ONE) {
            gone += transaction!(self.store, |tx| take_back(&tx, owner, some))?;
        }
        let stayed = u64::try_from(ids.len()).unwrap_or(u64::MAX) - gone;
        let undone = Undone { gone, stayed };
        transaction!(self.store, |tx| async {
            let sql = "UPDATE imports SET undone_at = ? WHERE id = ?";
            execute(&tx, sql, values![tx.now_ms(), import]).await?;
            let entry = Entry::of(AuditAction::ImportUndo)
                .row(&IMPORTS, import)
                .after(json!({ "gone": undone.gone, "stayed": undone.stayed }));
            audit::write(&tx, actor, entry).await
        })?;
        Ok(undone)
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
    let put = put_all(tx, owner, contracts, actor).await?;
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

fn ids(rows: &[SqlRow]) -> Result<Vec<i64>, StoreError> {
    rows.iter().map(|row| int(row, 0)).collect()
}

/// Says how many items are gone.
async fn take_back(tx: &Tx, owner: i64, items: &[i64]) -> Result<u64, StoreError> {
    let of_items = || items.iter().copied().map(SqlValue::from);
    // What a payment ever had stays, so that its papers can be read.
    let sql = format!(
        "SELECT i.id, i.contract_id FROM contract_item i JOIN contract c ON c.id = i.contract_id WHERE c.owner_id = ? AND i.state = 'open' \
         AND NOT EXISTS (SELECT 1 FROM desk_payment_item p WHERE p.item_id = i.id) AND i.id IN ({}){}",
        marks(items.len()),
        tx.locked()
    );
    let mut given = values![owner];
    given.extend(of_items());
    let rows = all(tx, &sql, given).await?;
    let free = ids(&rows)?;
    if free.is_empty() {
        return Ok(0);
    }
    let mut contracts: Vec<i64> = rows
        .iter()
        .map(|row| int(row, 1))
        .collect::<Result<_, _>>()?;
    contracts.sort_unstable();
    contracts.dedup();
    let sql = format!(
        "DELETE FROM contract_item WHERE state = 'open' AND id IN ({})",
        marks(free.len())
    );
    let gone = execute(tx, &sql, free.iter().copied().map(SqlValue::from).collect()).await?;
    for contract in contracts {
        drop_empty(tx, contract).await?;
    }
    Ok(gone)
}

/// A contract that has nothing any more, and never had, goes too.
async fn drop_empty(tx: &Tx, contract: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM contract WHERE id = ? AND NOT EXISTS (SELECT 1 FROM contract_item i WHERE i.contract_id = contract.id) \
               AND NOT EXISTS (SELECT 1 FROM desk_payment d WHERE d.contract_id = contract.id) \
               AND NOT EXISTS (SELECT 1 FROM visit v WHERE v.contract_id = contract.id)";
    if execute(tx, sql, values![contract]).await? > 0 {
        let sql = "DELETE FROM contract_word WHERE contract_id = ?";
        execute(tx, sql, values![contract]).await?;
    }
    Ok(())
}
