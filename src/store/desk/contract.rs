//! Contracts and their items, read.

use super::Desk;
use crate::domain::desk::{
    ContractPhone, ItemKind, ItemState, NORMAL, OwedItem, OwingContract, ServiceRequest, is_in_work,
};
use crate::store::StoreError;
use crate::store::base::{Conn, SqlRow, all, int, int_or_none, one, text, text_or_none, values};

/// Items of one contract that are read, at most.
const ITEMS_MAX: usize = 1_000;

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// Its row.
    pub id: i64,
    /// Whose it is.
    pub owner_id: i64,
    /// Its number, by which people know it.
    pub number: String,
    /// The customer.
    pub customer_name: String,
    /// Where the door is.
    pub address: String,
    /// `binh_thuong`, or another.
    pub kind: String,
    /// Its phones, in the order in which they were sent.
    pub phones: Vec<ContractPhone>,
    /// What the company does for it.
    pub requests: Vec<ServiceRequest>,
    /// Whose list it is on.
    pub collector: Option<String>,
}

/// A bill or a receivable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractItem {
    /// Its row, by which it is known on the wire.
    pub id: i64,
    /// Which of the two.
    pub kind: ItemKind,
    /// Its number.
    pub number: String,
    /// The first day that it is about (`2026-10-01`).
    pub from: Option<String>,
    /// The last one.
    pub to: Option<String>,
    /// When it was issued.
    pub issued: Option<String>,
    /// Whole đồng.
    pub amount: i64,
    /// What it is, in words.
    pub content: String,
    /// Where it comes from.
    pub source: String,
    /// 2: prepaid.
    pub paid_type: Option<i64>,
    /// Is it PTC?
    pub is_ptc: bool,
    /// Is it not shown to collectors?
    pub is_hidden: bool,
    /// The service that settles it.
    pub settle_service: Option<String>,
    /// The account that it is settled for.
    pub settle_code: Option<String>,
    /// How far it has come.
    pub state: ItemState,
    /// The payment that has it.
    pub desk_payment: Option<i64>,
}

impl Contract {
    /// The contract with these of its items, as the rules see it: what is open and shown.
    pub fn owing(&self, items: &[ContractItem]) -> OwingContract {
        let owed = |item: &ContractItem| OwedItem {
            id: item.id,
            kind: item.kind,
            issued: item.issued.clone(),
            amount: item.amount,
            is_ptc: item.is_ptc,
        };
        let open = |item: &&ContractItem| item.state == ItemState::Open && !item.is_hidden;
        let mut requests = self.requests.iter();
        OwingContract {
            is_normal: self.kind == NORMAL,
            has_work: requests.any(|r| is_in_work(&r.kind, &r.state)),
            items: items.iter().filter(open).map(owed).collect(),
        }
    }
}

const CONTRACT_ROW: &str = "SELECT id, owner_id, number, customer_name, address, type, phones, service_requests, collector FROM contract";

pub(super) fn read_contract(row: &SqlRow) -> Result<Contract, StoreError> {
    let (phones, requests) = (text(row, 6)?, text(row, 7)?);
    let damaged = |what: &str| StoreError::Damaged(format!("contract.{what}"));
    Ok(Contract {
        id: int(row, 0)?,
        owner_id: int(row, 1)?,
        number: text(row, 2)?,
        customer_name: text(row, 3)?,
        address: text(row, 4)?,
        kind: text(row, 5)?,
        phones: serde_json::from_str(&phones).map_err(|_| damaged("phones"))?,
        requests: serde_json::from_str(&requests).map_err(|_| damaged("service_requests"))?,
        collector: text_or_none(row, 8)?,
    })
}

const ITEM_ROW: &str = "SELECT id, kind, number, from_day, to_day, issued, amount, content, source, paid_type, CAST(is_ptc AS SIGNED), \
     CAST(is_hidden AS SIGNED), settle_service, settle_code, state, desk_payment_id FROM contract_item";

fn read_item(row: &SqlRow) -> Result<ContractItem, StoreError> {
    let (kind, state) = (text(row, 1)?, text(row, 14)?);
    let damaged = |what: &str| StoreError::Damaged(format!("contract_item.{what}"));
    Ok(ContractItem {
        id: int(row, 0)?,
        kind: ItemKind::of(&kind).ok_or_else(|| damaged("kind"))?,
        number: text(row, 2)?,
        from: text_or_none(row, 3)?,
        to: text_or_none(row, 4)?,
        issued: text_or_none(row, 5)?,
        amount: int(row, 6)?,
        content: text(row, 7)?,
        source: text(row, 8)?,
        paid_type: int_or_none(row, 9)?,
        is_ptc: int(row, 10)? != 0,
        is_hidden: int(row, 11)? != 0,
        settle_service: text_or_none(row, 12)?,
        settle_code: text_or_none(row, 13)?,
        state: ItemState::of(&state).ok_or_else(|| damaged("state"))?,
        desk_payment: int_or_none(row, 15)?,
    })
}

pub(super) async fn of_number<C: Conn>(
    c: &C,
    owner: i64,
    number: &str,
    locked: &str,
) -> Result<Option<Contract>, StoreError> {
    let sql = format!("{CONTRACT_ROW} WHERE owner_id = ? AND number = ?{locked}");
    let row = one(c, &sql, values![owner, number]).await?;
    row.as_ref().map(read_contract).transpose()
}

pub(super) async fn of_id<C: Conn>(
    c: &C,
    id: i64,
    locked: &str,
) -> Result<Option<Contract>, StoreError> {
    let row = one(
        c,
        &format!("{CONTRACT_ROW} WHERE id = ?{locked}"),
        values![id],
    )
    .await?;
    row.as_ref().map(read_contract).transpose()
}

/// An item of a payee's contracts.
pub(super) async fn item_with<C: Conn>(
    c: &C,
    owner: i64,
    id: i64,
    locked: &str,
) -> Result<Option<ContractItem>, StoreError> {
    let sql = c.casts(&format!(
        "{ITEM_ROW} WHERE id = ? AND contract_id IN (SELECT c.id FROM contract c WHERE c.owner_id = ?){locked}"
    ));
    let row = one(c, &sql, values![id, owner]).await?;
    row.as_ref().map(read_item).transpose()
}

/// All items of a contract, bills first, in the order in which they were sent.
pub(super) async fn items_of<C: Conn>(
    c: &C,
    contract: i64,
    locked: &str,
) -> Result<Vec<ContractItem>, StoreError> {
    let sql = c.casts(&format!(
        "{ITEM_ROW} WHERE contract_id = ? ORDER BY kind, position, id LIMIT {ITEMS_MAX}{locked}"
    ));
    let rows = all(c, &sql, values![contract]).await?;
    rows.iter().map(read_item).collect()
}

/// What of a payment's items we are to settle.
pub(super) async fn items_to_settle<C: Conn>(
    c: &C,
    desk_payment: i64,
) -> Result<Vec<ContractItem>, StoreError> {
    let sql = c.casts(&format!(
        "{ITEM_ROW} WHERE desk_payment_id = ? AND settle_service IS NOT NULL ORDER BY id"
    ));
    let rows = all(c, &sql, values![desk_payment]).await?;
    rows.iter().map(read_item).collect()
}

impl Desk<'_> {
    /// The contract of this number, without its items.
    pub async fn contract_alone(
        &self,
        owner: i64,
        number: &str,
    ) -> Result<Option<Contract>, StoreError> {
        of_number(self.store, owner, number, "").await
    }

    /// The contract of this number, with all its items.
    pub async fn contract(
        &self,
        owner: i64,
        number: &str,
    ) -> Result<Option<(Contract, Vec<ContractItem>)>, StoreError> {
        let Some(contract) = of_number(self.store, owner, number, "").await? else {
            return Ok(None);
        };
        let items = items_of(self.store, contract.id, "").await?;
        Ok(Some((contract, items)))
    }
}

/// The numbers of rows that were found: each one's first column.
pub(super) fn ids(rows: &[SqlRow]) -> Result<Vec<i64>, StoreError> {
    rows.iter().map(|row| int(row, 0)).collect()
}
