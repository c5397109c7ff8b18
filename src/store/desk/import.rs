//! Contracts come in, each as often as somebody likes: by its number it is one contract.

use serde::Serialize;
use serde_json::json;

use super::Desk;
use super::change::{FileChange, note_change};
use super::contract::{Contract, ContractItem, items_of, of_number};
use super::kept::{completed, completed_item};
use crate::domain::desk::{IncomingContract, IncomingItem, ItemKind, ItemState};
use crate::domain::text::plain;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::search_text::search_text;
use crate::store::base::{Conn, SqlValue, Tx, execute, insert_once, transaction, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::contracts::CONTRACT;

/// Contracts that are kept in one transaction: a cluster does not like large ones.
const IN_ONE: usize = 25;
/// Words of one contract that it is found by.
const WORDS_MAX: usize = 24;

/// What became of contracts that came in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ImportTally {
    /// Contracts that are new.
    pub added: u64,
    /// Contracts of which something changed.
    pub changed: u64,
    /// Contracts that were so before.
    pub unchanged: u64,
    /// What was not taken, and why.
    pub refused: Vec<RefusedContract>,
}

/// A contract that was not taken, or not as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedContract {
    /// Where it stood in the list, from 0.
    pub index: usize,
    /// Why, for people.
    pub why: String,
}

/// What became of one.
pub(super) enum Put {
    Added,
    Changed,
    Unchanged,
    /// The rest of it was kept.
    Refused(String),
}

impl ImportTally {
    pub(super) fn count(&mut self, index: usize, put: Put) {
        match put {
            Put::Added => self.added += 1,
            Put::Changed => self.changed += 1,
            Put::Unchanged => self.unchanged += 1,
            Put::Refused(why) => self.refused.push(RefusedContract { index, why }),
        }
    }
}

impl Desk<'_> {
    /// Keeps contracts: where each stood in its list, and what it says.
    pub async fn put(
        &self,
        owner: i64,
        contracts: &[(usize, IncomingContract)],
        actor: &Actor,
    ) -> Result<ImportTally, StoreError> {
        let mut tally = ImportTally::default();
        for some in contracts.chunks(IN_ONE) {
            let put = transaction!(self.store, |tx| put_all(&tx, (owner, None), some, actor))?;
            for ((index, _), put) in some.iter().zip(put) {
                tally.count(*index, put);
            }
        }
        Ok(tally)
    }

    /// What would become of contracts; nothing is kept.
    pub async fn foresee(
        &self,
        owner: i64,
        contracts: &[(usize, IncomingContract)],
    ) -> Result<ImportTally, StoreError> {
        let mut tally = ImportTally::default();
        for some in contracts.chunks(IN_ONE) {
            let tx = Tx::begin(self.store).await?;
            let put = put_all(&tx, (owner, None), some, &Actor::system()).await;
            // Taken back, whatever came of it.
            let _ = tx.finish::<()>(Err(StoreError::NoRow)).await;
            for ((index, _), put) in some.iter().zip(put?) {
                tally.count(*index, put);
            }
        }
        Ok(tally)
    }
}

/// Contracts of a payee, brought by a file or by nobody's.
pub(super) async fn put_all(
    tx: &Tx,
    (owner, import): (i64, Option<i64>),
    contracts: &[(usize, IncomingContract)],
    actor: &Actor,
) -> Result<Vec<Put>, StoreError> {
    let mut all = Vec::with_capacity(contracts.len());
    for (_, contract) in contracts {
        all.push(put(tx, (owner, import), contract).await?);
    }
    let count = |which: fn(&Put) -> bool| all.iter().filter(|put| which(put)).count();
    let (added, changed) = (
        count(|put| matches!(put, Put::Added)),
        count(|put| matches!(put, Put::Changed | Put::Refused(_))),
    );
    if added + changed > 0 {
        let entry = Entry::of(AuditAction::ContractsImport)
            .table(&CONTRACT)
            .after(json!({ "added": added, "changed": changed }));
        audit::write(tx, actor, entry).await?;
    }
    Ok(all)
}

async fn put(
    tx: &Tx,
    (owner, import): (i64, Option<i64>),
    incoming: &IncomingContract,
) -> Result<Put, StoreError> {
    let is_new = insert_head(tx, owner, incoming).await?;
    let known = of_number(tx, owner, &incoming.number, tx.locked()).await?;
    let known = known.ok_or(StoreError::NoRow)?;
    let mut has_changed = false;
    if is_new {
        write_words(tx, owner, known.id, incoming).await?;
    } else {
        let whole = completed(incoming, &known);
        if differs(&known, &whole) {
            update_head(tx, owner, known.id, &whole).await?;
            let change = FileChange::head(&known, &whole);
            note_change(tx, import, &change).await?;
            has_changed = true;
        }
    }
    let items = if is_new {
        Vec::new()
    } else {
        items_of(tx, known.id, tx.locked()).await?
    };
    let mut refused = Vec::new();
    for (position, (kind, item)) in incoming.items().enumerate() {
        let same = items
            .iter()
            .find(|known| known.kind == kind && known.number.eq_ignore_ascii_case(&item.number));
        has_changed |= match same {
            None => {
                insert_item(tx, known.id, kind, item, position).await?;
                true
            }
            Some(same) => {
                let whole = completed_item(item, same);
                let differs = item_differs(same, &whole);
                if differs && same.state == ItemState::Open {
                    update_item(tx, same.id, kind, &whole).await?;
                    note_change(tx, import, &FileChange::item(same, &whole)).await?;
                } else if differs {
                    refused.push(format!("{}: đã thu, không sửa được", item.number));
                }
                differs && same.state == ItemState::Open
            }
        };
    }
    Ok(match (refused.is_empty(), is_new, has_changed) {
        (false, ..) => Put::Refused(refused.join("; ")),
        (_, true, _) => Put::Added,
        (_, _, true) => Put::Changed,
        _ => Put::Unchanged,
    })
}

fn phones_json(incoming: &IncomingContract) -> String {
    json!(incoming.contract_phones()).to_string()
}

fn requests_json(incoming: &IncomingContract) -> String {
    json!(incoming.service_requests).to_string()
}

pub(super) fn differs(known: &Contract, incoming: &IncomingContract) -> bool {
    known.customer_name != incoming.customer_name
        || known.address != incoming.address
        || known.kind != incoming.kind
        || known.phones != incoming.contract_phones()
        || known.requests != incoming.service_requests
        || known.collector != incoming.collector
}

fn searched(incoming: &IncomingContract) -> String {
    let phones: Vec<&str> = incoming.phones.iter().map(|p| p.number.as_str()).collect();
    let phones = phones.join(" ");
    search_text([
        Some(incoming.number.as_str()),
        Some(incoming.customer_name.as_str()),
        Some(phones.as_str()),
        Some(incoming.address.as_str()),
        incoming.collector.as_deref(),
    ])
}

async fn insert_head(tx: &Tx, owner: i64, incoming: &IncomingContract) -> Result<bool, StoreError> {
    let into = "INTO contract (owner_id, number, customer_name, address, type, phones, service_requests, collector, created_at, updated_at, \
                search_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let now = tx.now_ms();
    let given = values![
        owner,
        &incoming.number,
        &incoming.customer_name,
        &incoming.address,
        &incoming.kind,
        phones_json(incoming),
        requests_json(incoming),
        incoming.collector.as_deref(),
        now,
        now,
        searched(incoming)
    ];
    insert_once(tx, into, given).await
}

pub(super) async fn update_head(
    tx: &Tx,
    owner: i64,
    id: i64,
    incoming: &IncomingContract,
) -> Result<(), StoreError> {
    let sql = "UPDATE contract SET customer_name = ?, address = ?, type = ?, phones = ?, service_requests = ?, collector = ?, \
               updated_at = ?, search_text = ?, version = version + 1 WHERE id = ?";
    let given = values![
        &incoming.customer_name,
        &incoming.address,
        &incoming.kind,
        phones_json(incoming),
        requests_json(incoming),
        incoming.collector.as_deref(),
        tx.now_ms(),
        searched(incoming),
        id
    ];
    execute(tx, sql, given).await?;
    let sql = "DELETE FROM contract_word WHERE contract_id = ?";
    execute(tx, sql, values![id]).await?;
    write_words(tx, owner, id, incoming).await
}

/// The words that a contract is found by: its number, its phones, its customer's names, each in plain
/// letters.
pub(super) fn words_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for text in texts {
        for word in plain(text).split_whitespace() {
            let word: String = word.chars().take(40).collect();
            if !words.contains(&word) && words.len() < WORDS_MAX {
                words.push(word);
            }
        }
    }
    words
}

async fn write_words(
    tx: &Tx,
    owner: i64,
    id: i64,
    incoming: &IncomingContract,
) -> Result<(), StoreError> {
    let phones = incoming.phones.iter().map(|phone| phone.number.as_str());
    let texts = [incoming.number.as_str(), incoming.customer_name.as_str()];
    let words = words_of(texts.into_iter().chain(phones));
    if words.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO contract_word (owner_id, word, contract_id) VALUES {}",
        vec!["(?, ?, ?)"; words.len()].join(", ")
    );
    let given: Vec<SqlValue> = words
        .iter()
        .flat_map(|word| values![owner, word.as_str(), id])
        .collect();
    execute(tx, &sql, given).await.map(|_| ())
}

pub(super) fn item_differs(known: &ContractItem, item: &IncomingItem) -> bool {
    let settle = item.settle.as_ref();
    known.from != item.from
        || known.to != item.to
        || known.issued != item.issued
        || known.amount != item.amount
        || known.content != item.content
        || known.source != item.source
        || known.paid_type != item.paid_type
        || known.is_ptc != item.ptc
        || known.settle_service.as_deref() != settle.map(|s| s.service.as_str())
        || known.settle_code.as_deref() != settle.map(|s| s.code.as_str())
}

/// What an item says, in the order of both statements below.
fn item_values(kind: ItemKind, item: &IncomingItem) -> Vec<SqlValue> {
    let settle = item.settle.as_ref();
    values![
        item.from.as_deref(),
        item.to.as_deref(),
        item.issued.as_deref(),
        item.amount,
        &item.content,
        &item.source,
        item.paid_type,
        item.ptc,
        item.is_hidden(kind),
        settle.map(|s| s.service.as_str()),
        settle.map(|s| s.code.as_str()),
    ]
}

async fn insert_item(
    tx: &Tx,
    contract: i64,
    kind: ItemKind,
    item: &IncomingItem,
    position: usize,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO contract_item (from_day, to_day, issued, amount, content, source, paid_type, is_ptc, is_hidden, settle_service, settle_code, \
               contract_id, kind, number, position, state, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)";
    let mut given = item_values(kind, item);
    given.extend(values![
        contract,
        kind.wire(),
        &item.number,
        i64::try_from(position).unwrap_or(i64::MAX),
        tx.now_ms()
    ]);
    execute(tx, sql, given).await.map(|_| ())
}

pub(super) async fn update_item(
    tx: &Tx,
    id: i64,
    kind: ItemKind,
    item: &IncomingItem,
) -> Result<(), StoreError> {
    let sql = "UPDATE contract_item SET from_day = ?, to_day = ?, issued = ?, amount = ?, content = ?, source = ?, paid_type = ?, is_ptc = ?, \
               is_hidden = ?, settle_service = ?, settle_code = ?, updated_at = ? WHERE id = ? AND state = 'open'";
    let mut given = item_values(kind, item);
    given.extend(values![tx.now_ms(), id]);
    execute(tx, sql, given).await.map(|_| ())
}
