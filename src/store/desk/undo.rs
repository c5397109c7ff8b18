//! A file of contracts, taken back.

use serde_json::json;

use super::Desk;
use super::change::FileChange;
use super::contract::{ContractItem, ids, item_with, of_id};
use super::import::{differs, item_differs, update_head, update_item};
use crate::domain::desk::ItemState;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{
    Conn, SqlValue, Tx, all, execute, int, marks, one, text, text_or_none, transaction, values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::contracts::CONTRACT;
use crate::store::catalogue::house::IMPORTS;
use crate::store::imports::Undone;

/// Rows of one transaction.
const BACK_IN_ONE: usize = 100;

impl Desk<'_> {
    /// Takes an import back: new items that nobody has taken go, contracts that are left with
    /// nothing go too, and what the file changed is as it was, where nobody has changed it since.
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
        let mut undone = Undone { gone, stayed };
        self.put_changes_back(owner, import, &mut undone).await?;
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

    /// What an import changed is as it was before it.
    async fn put_changes_back(
        &self,
        owner: i64,
        import: i64,
        undone: &mut Undone,
    ) -> Result<(), StoreError> {
        let mut last = i64::MAX;
        loop {
            // The last change first: a row may have been changed twice.
            let some = transaction!(self.store, |tx| put_some_back(&tx, owner, (import, last)))?;
            undone.gone += some.gone;
            undone.stayed += some.stayed;
            match some.last {
                Some(reached) => last = reached,
                None => return Ok(()),
            }
        }
    }
}

/// What became of some changes.
#[derive(Default)]
struct PutBack {
    gone: u64,
    stayed: u64,
    /// The last of them; `None`: there were none.
    last: Option<i64>,
}

async fn put_some_back(
    tx: &Tx,
    owner: i64,
    (import, last): (i64, i64),
) -> Result<PutBack, StoreError> {
    let sql = format!(
        "SELECT id, change_json FROM import_change WHERE import_id = ? AND id < ? ORDER BY id DESC LIMIT {BACK_IN_ONE}"
    );
    let mut done = PutBack::default();
    for row in all(tx, &sql, values![import, last]).await? {
        let change: FileChange = serde_json::from_str(&text(&row, 1)?)
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        if put_back(tx, owner, &change).await? {
            done.gone += 1;
        } else {
            done.stayed += 1;
        }
        done.last = Some(int(&row, 0)?);
    }
    Ok(done)
}

/// Puts a row back as it was. `false`: somebody has changed or taken it since, and it stays.
async fn put_back(tx: &Tx, owner: i64, change: &FileChange) -> Result<bool, StoreError> {
    match change {
        FileChange::Head { row, before, after } => {
            let now = of_id(tx, *row, tx.locked()).await?;
            match now.filter(|now| now.owner_id == owner && !differs(now, after)) {
                Some(_) => update_head(tx, owner, *row, before).await.map(|()| true),
                None => Ok(false),
            }
        }
        FileChange::Item { row, before, after } => {
            let now = item_with(tx, owner, *row, tx.locked()).await?;
            let is_ours =
                |now: &ContractItem| now.state == ItemState::Open && !item_differs(now, after);
            match now.filter(is_ours) {
                Some(now) => update_item(tx, *row, now.kind, before).await.map(|()| true),
                None => Ok(false),
            }
        }
    }
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
