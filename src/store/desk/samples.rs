//! Contracts in great numbers, for measurements.

use super::Desk;
use super::import::words_of;
use crate::domain::desk::IncomingContract;
use crate::store::StoreError;
use crate::store::base::search_text::search_text;
use crate::store::base::{Conn, SqlValue, Tx, execute, int, one, transaction, values};

/// Contracts in one statement.
const IN_ONE: usize = 100;

impl Desk<'_> {
    /// Adds contracts that are new, many at a time, without looking whether they are there. For
    /// measurements alone.
    pub async fn add_samples(
        &self,
        owner: i64,
        contracts: &[IncomingContract],
    ) -> Result<(), StoreError> {
        for some in contracts.chunks(IN_ONE) {
            transaction!(self.store, |tx| add(&tx, owner, some))?;
        }
        Ok(())
    }
}

async fn add(tx: &Tx, owner: i64, contracts: &[IncomingContract]) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let row = one(tx, "SELECT COALESCE(MAX(id), 0) FROM contract", vec![]).await?;
    let last = row.map_or(Ok(0), |row| int(&row, 0))?;
    let (mut heads, mut words, mut items) = (Vec::new(), Vec::new(), Vec::new());
    for (id, contract) in (last + 1..).zip(contracts) {
        let phones: Vec<&str> = contract.phones.iter().map(|p| p.number.as_str()).collect();
        heads.extend(values![
            id,
            owner,
            &contract.number,
            &contract.customer_name,
            &contract.address,
            &contract.kind,
            serde_json::json!(contract.contract_phones()).to_string(),
            "[]",
            now,
            now,
            search_text([
                Some(contract.number.as_str()),
                Some(contract.customer_name.as_str())
            ])
        ]);
        let texts = [contract.number.as_str(), contract.customer_name.as_str()];
        for word in words_of(texts.into_iter().chain(phones)) {
            words.extend(values![owner, word, id]);
        }
        for (position, (kind, item)) in contract.items().enumerate() {
            items.extend(values![
                id,
                kind.wire(),
                &item.number,
                i64::try_from(position).unwrap_or_default(),
                item.from.as_deref(),
                item.to.as_deref(),
                item.issued.as_deref(),
                item.amount,
                &item.content,
                now
            ]);
        }
    }
    let heads_sql = "INSERT INTO contract (id, owner_id, number, customer_name, address, type, phones, service_requests, created_at, updated_at, search_text)";
    many(tx, heads_sql, 11, heads).await?;
    many(
        tx,
        "INSERT INTO contract_word (owner_id, word, contract_id)",
        3,
        words,
    )
    .await?;
    let items_sql = "INSERT INTO contract_item (contract_id, kind, number, position, from_day, to_day, issued, amount, content, updated_at)";
    many(tx, items_sql, 10, items).await
}

async fn many(tx: &Tx, into: &str, width: usize, given: Vec<SqlValue>) -> Result<(), StoreError> {
    let row = format!("({})", vec!["?"; width].join(", "));
    for some in given.chunks(width * 500) {
        let rows = vec![row.as_str(); some.len() / width].join(", ");
        execute(tx, &format!("{into} VALUES {rows}"), some.to_vec()).await?;
    }
    Ok(())
}
