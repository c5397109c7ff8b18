//! Statements, values and answers: the little that both databases have to be asked by.
//!
//! Both read the same SQL: `?` for values, backticks around names. A value is a whole number or a
//! text, and so is what comes back.

use sqlx::Row as _;

use super::fault::Tries;
use super::store::{Engine, Store};
use crate::store::StoreError;

/// A value for a question mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Value {
    /// A whole number, or nothing.
    Int(Option<i64>),
    /// A number of the old system's unsigned columns that no `i64` holds.
    Unsigned(u64),
    /// A text, or nothing.
    Text(Option<String>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

impl From<bool> for Value {
    fn from(is: bool) -> Self {
        Self::Int(Some(i64::from(is)))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

/// Values for the question marks, in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::base::Value::from($value)),*] };
}
pub(in crate::store) use values;

/// A row as the database gave it.
pub(in crate::store) enum SqlRow {
    Sqlite(sqlx::sqlite::SqliteRow),
    MariaDb(sqlx::mysql::MySqlRow),
}

/// What a change came to.
pub(in crate::store) struct Changed {
    /// How many rows matched.
    pub rows: u64,
    /// The number of the row that was inserted last.
    pub last_id: i64,
}

/// A statement with its values, for one of the two databases.
macro_rules! query {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query(sqlx::AssertSqlSafe($sql.to_owned()));
        for value in $values {
            query = match value {
                $crate::store::base::Value::Int(number) => query.bind(number),
                $crate::store::base::Value::Unsigned(number) => {
                    query.bind($crate::store::base::sql::unsigned(number))
                }
                $crate::store::base::Value::Text(text) => query.bind(text),
            };
        }
        query
    }};
}
pub(super) use query;

/// Neither database is sent an unsigned number as such: MariaDB reads the text as what it is.
pub(super) fn unsigned(number: u64) -> String {
    number.to_string()
}

/// Where statements go: to any connection of a database, or into one transaction of it.
pub(in crate::store) trait Conn: Sync {
    /// May a question be put again by itself? In a transaction it is the whole that is done again.
    const ALONE: bool;

    /// The database.
    fn store(&self) -> &Store;

    /// Changes something.
    fn change(
        &self,
        sql: &str,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Changed, sqlx::Error>> + Send;

    /// Asks for the first row.
    fn first(
        &self,
        sql: &str,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Option<SqlRow>, sqlx::Error>> + Send;

    /// Asks for all rows.
    fn every(
        &self,
        sql: &str,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Vec<SqlRow>, sqlx::Error>> + Send;

    /// Which database it is.
    fn engine(&self) -> Engine {
        self.store().engine()
    }

    /// Milliseconds since 1970, as all servers of this database see it.
    fn now_ms(&self) -> i64 {
        self.store().now_ms()
    }

    /// Behind a `SELECT` of a row that is going to be changed: waits for whoever holds it.
    fn locked(&self) -> &'static str {
        match self.engine() {
            // The transaction began as the only writer.
            Engine::Sqlite => "",
            Engine::MariaDb => " FOR UPDATE",
        }
    }

    /// Behind a `SELECT` that claims rows: locks them, passing by those that another transaction
    /// holds.
    fn claimed(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "",
            Engine::MariaDb => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// `CAST(… AS SIGNED)` is what MariaDB needs to give any number as one kind; SQLite has its own
    /// word for it.
    fn casts(&self, sql: &str) -> String {
        match self.engine() {
            Engine::MariaDb => sql.to_owned(),
            Engine::Sqlite => sql
                .replace("AS SIGNED)", "AS INTEGER)")
                .replace("AS CHAR)", "AS TEXT)"),
        }
    }
}

/// `?, ?, ?`
pub(in crate::store) fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// Changes rows; says how many matched.
pub(in crate::store) async fn execute<C: Conn>(
    c: &C,
    sql: &str,
    values: Vec<Value>,
) -> Result<u64, StoreError> {
    Ok(c.change(sql, values).await?.rows)
}

/// Inserts a row; says its number.
pub(in crate::store) async fn insert<C: Conn>(
    c: &C,
    sql: &str,
    values: Vec<Value>,
) -> Result<i64, StoreError> {
    Ok(c.change(sql, values).await?.last_id)
}

/// Puts `$question` until it is answered, or the error is for the caller.
macro_rules! answered {
    ($on:ty, $question:expr) => {{
        let mut tries = Tries::new();
        loop {
            match $question.await {
                Ok(answer) => break Ok(answer),
                Err(error) if <$on>::ALONE => tries.again(error.into()).await?,
                Err(error) => break Err(error.into()),
            }
        }
    }};
}

/// The first row.
pub(in crate::store) async fn one<C: Conn>(
    c: &C,
    sql: &str,
    values: Vec<Value>,
) -> Result<Option<SqlRow>, StoreError> {
    answered!(C, c.first(sql, values.clone()))
}

/// All rows.
pub(in crate::store) async fn all<C: Conn>(
    c: &C,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<SqlRow>, StoreError> {
    answered!(C, c.every(sql, values.clone()))
}

/// Is there a row?
pub(in crate::store) async fn exists<C: Conn>(
    c: &C,
    sql: &str,
    values: Vec<Value>,
) -> Result<bool, StoreError> {
    Ok(one(c, sql, values).await?.is_some())
}

/// A whole number that is there.
pub(in crate::store) fn int(row: &SqlRow, at: usize) -> Result<i64, StoreError> {
    Ok(match row {
        SqlRow::Sqlite(row) => row.try_get(at)?,
        SqlRow::MariaDb(row) => row.try_get(at)?,
    })
}

/// A whole number, where there is one.
pub(in crate::store) fn int_or_none(row: &SqlRow, at: usize) -> Result<Option<i64>, StoreError> {
    Ok(match row {
        SqlRow::Sqlite(row) => row.try_get(at)?,
        SqlRow::MariaDb(row) => row.try_get(at)?,
    })
}

/// A text that is there.
pub(in crate::store) fn text(row: &SqlRow, at: usize) -> Result<String, StoreError> {
    Ok(match row {
        SqlRow::Sqlite(row) => row.try_get(at)?,
        SqlRow::MariaDb(row) => row.try_get(at)?,
    })
}

/// A text, where there is one.
pub(in crate::store) fn text_or_none(
    row: &SqlRow,
    at: usize,
) -> Result<Option<String>, StoreError> {
    Ok(match row {
        SqlRow::Sqlite(row) => row.try_get(at)?,
        SqlRow::MariaDb(row) => row.try_get(at)?,
    })
}
