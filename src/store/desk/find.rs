//! Finding contracts: by number, phone or name, without accents; and the list of a collector's day.

use super::Desk;
use super::import::words_of;
use crate::domain::calendar::day_of;
use crate::store::base::{Conn, SqlRow, SqlValue, all, int, marks, text, text_or_none, values};
use crate::store::{Engine, StoreError};

/// Contracts in one answer.
const FOUND_MAX: usize = 50;
/// Words that are looked for.
const ASKED_MAX: usize = 4;
/// Contracts of all payees that have a word inside, of which those of one payee are shown.
const INSIDE_MAX: usize = 1_000;
/// Letters from which on a word is looked for inside others.
const INSIDE_MIN: usize = 3;

/// A contract in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundContract {
    /// Its number.
    pub number: String,
    /// The customer.
    pub customer_name: String,
    /// Where the door is.
    pub address: String,
    /// What can be taken, in đồng.
    pub total: i64,
    /// So many bills and receivables.
    pub items: i64,
    /// When somebody promised to come again, where that is due.
    pub again_on: Option<String>,
}

/// In which order a list of the day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOrder {
    /// By where the doors are.
    Address,
    /// By the oldest bill.
    Oldest,
}

impl Desk<'_> {
    /// Contracts that `asked` is in: each of its words begins a word of number, phones or name; where
    /// nothing does, it is looked for inside of them.
    pub async fn find(&self, owner: i64, asked: &str) -> Result<Vec<FoundContract>, StoreError> {
        let mut words = words_of([asked]);
        words.truncate(ASKED_MAX);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let mut ids = self.beginning(owner, &words).await?;
        if ids.is_empty() && words.iter().any(|word| word.chars().count() >= INSIDE_MIN) {
            ids = self.inside(owner, &words).await?;
        }
        self.listed(&ids, "c.number").await
    }

    async fn beginning(&self, owner: i64, words: &[String]) -> Result<Vec<i64>, StoreError> {
        // The longest word is in the fewest contracts.
        let mut words: Vec<&String> = words.iter().collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut joined = Vec::new();
        let mut given = Vec::new();
        for (at, word) in words.iter().enumerate().skip(1) {
            let (begins, values) = self.begins(&format!("w{at}.word"), word);
            joined.push(format!(
                "JOIN contract_word w{at} ON w{at}.contract_id = w0.contract_id AND {begins}"
            ));
            given.extend(values);
        }
        let (begins, values) = self.begins("w0.word", words[0]);
        let sql = format!(
            "SELECT DISTINCT w0.contract_id FROM contract_word w0 {} WHERE w0.owner_id = ? AND {begins} LIMIT {FOUND_MAX}",
            joined.join(" ")
        );
        given.push(SqlValue::from(owner));
        given.extend(values);
        ids(&all(self.store, &sql, given).await?)
    }

    /// "`column` begins with `word`", in the form for which this database uses its index.
    fn begins(&self, column: &str, word: &str) -> (String, Vec<SqlValue>) {
        match self.store.engine() {
            Engine::Sqlite => (
                format!("{column} >= ? AND {column} < ?"),
                values![word, format!("{word}\u{10ffff}")],
            ),
            Engine::MariaDb => (
                format!("{column} LIKE ? ESCAPE '!'"),
                values![format!("{}%", escaped(word))],
            ),
        }
    }

    async fn inside(&self, owner: i64, words: &[String]) -> Result<Vec<i64>, StoreError> {
        // Of the index that holds the search texts and nothing else, which is the least to read.
        let (hint, text) = match self.store.engine() {
            Engine::Sqlite => ("INDEXED BY contract_search", "search_text"),
            Engine::MariaDb => (
                "FORCE INDEX (contract_search)",
                "CAST(search_text AS BINARY)",
            ),
        };
        let is_inside = vec![format!("INSTR({text}, ?) > 0"); words.len()].join(" AND ");
        let found = format!(
            "SELECT id FROM contract {hint} WHERE {is_inside} ORDER BY id DESC LIMIT {INSIDE_MAX}"
        );
        let sql = format!(
            "SELECT c.id FROM ({found}) AS found JOIN contract c ON c.id = found.id WHERE c.owner_id = ? LIMIT {FOUND_MAX}"
        );
        let mut given: Vec<SqlValue> = words.iter().map(SqlValue::from).collect();
        given.push(owner.into());
        ids(&all(self.store, &sql, given).await?)
    }

    /// The list of a collector's day: contracts that owe and are on their list, or to which they promised
    /// to come by today; where nobody's list is kept, those that are on no list.
    pub async fn list_of(
        &self,
        owner: i64,
        collector: (i64, &str),
        order: ListOrder,
    ) -> Result<Vec<FoundContract>, StoreError> {
        // For each contract by itself: as `EXISTS`, MariaDB reads the items of all contracts first.
        const OWES: &str = "(SELECT i.id FROM contract_item i WHERE i.contract_id = c.id AND i.state = 'open' AND i.is_hidden = 0 LIMIT 1) IS NOT NULL";
        let today = day_of(self.store.now_ms());
        let sql = format!(
            "SELECT c.id FROM contract c WHERE c.owner_id = ? AND c.collector = ? AND {OWES} ORDER BY c.id LIMIT 200"
        );
        let mut found = ids(&all(self.store, &sql, values![owner, collector.1]).await?)?;
        let sql = format!(
            "SELECT DISTINCT c.id FROM visit v JOIN contract c ON c.id = v.contract_id WHERE v.collector_id = ? AND v.again_on <= ? AND {OWES} LIMIT 200"
        );
        let again = all(self.store, &sql, values![collector.0, today.as_str()]).await?;
        for id in ids(&again)? {
            if !found.contains(&id) {
                found.push(id);
            }
        }
        if found.is_empty() {
            let sql = format!(
                "SELECT c.id FROM contract c WHERE c.owner_id = ? AND c.collector IS NULL AND {OWES} ORDER BY c.id LIMIT 100"
            );
            found = ids(&all(self.store, &sql, values![owner]).await?)?;
        }
        let order = match order {
            ListOrder::Address => "c.address, c.number",
            ListOrder::Oldest => "oldest, c.number",
        };
        let mut listed = self.listed(&found, order).await?;
        listed.retain(|contract| contract.items > 0);
        Ok(listed)
    }

    async fn listed(&self, ids: &[i64], order: &str) -> Result<Vec<FoundContract>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = self.store.casts(&format!(
            "SELECT c.number, c.customer_name, c.address, CAST(COALESCE(SUM(i.amount), 0) AS SIGNED), CAST(COUNT(i.id) AS SIGNED), MIN(i.issued) AS oldest, \
             (SELECT MAX(v.again_on) FROM visit v WHERE v.contract_id = c.id) \
             FROM contract c LEFT JOIN contract_item i ON i.contract_id = c.id AND i.state = 'open' AND i.is_hidden = 0 \
             WHERE c.id IN ({}) GROUP BY c.id, c.number, c.customer_name, c.address ORDER BY {order}",
            marks(ids.len())
        ));
        let given = ids.iter().copied().map(SqlValue::from).collect();
        let rows = all(self.store, &sql, given).await?;
        rows.iter().map(found).collect()
    }
}

fn found(row: &SqlRow) -> Result<FoundContract, StoreError> {
    Ok(FoundContract {
        number: text(row, 0)?,
        customer_name: text(row, 1)?,
        address: text(row, 2)?,
        total: int(row, 3)?,
        items: int(row, 4)?,
        again_on: text_or_none(row, 6)?,
    })
}

fn escaped(word: &str) -> String {
    word.replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_")
}

fn ids(rows: &[SqlRow]) -> Result<Vec<i64>, StoreError> {
    rows.iter().map(|row| int(row, 0)).collect()
}
