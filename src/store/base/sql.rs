//! Statements, values and answers: the little that both databases have to be asked by.
//!
//! Both read the same SQL: `?` for values, backticks around names. A value is a whole number or a
//! text, and so is what comes back.

use sqlx::Row as _;

use super::engine::Engine;
use super::fault::Tries;
use crate::store::StoreError;

/// A value for a question mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum SqlValue {
    /// A whole number, or nothing.
    Int(Option<i64>),
    /// A number of the old system's unsigned columns that no `i64` holds.
    Unsigned(u64),
    /// A text, or nothing.
    Text(Option<String>),
}

impl From<i64> for SqlValue {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for SqlValue {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<u64> for SqlValue {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

impl From<bool> for SqlValue {
    fn from(is: bool) -> Self {
        Self::Int(Some(i64::from(is)))
    }
}

impl From<&str> for SqlValue {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<&str>> for SqlValue {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<String> for SqlValue {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&String> for SqlValue {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<Option<String>> for SqlValue {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

/// Values for the question marks, in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::base::SqlValue::from($value)),*] };
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
        let mut query = sqlx::query(sqlx::AssertSqlSafe($sql.to_owned()))
            .persistent($sql.len() <= $crate::store::base::sql::KEPT_MAX);
        for value in $values {
            query = match value {
                $crate::store::base::SqlValue::Int(number) => query.bind(number),
                $crate::store::base::SqlValue::Unsigned(number) => {
                    query.bind($crate::store::base::sql::unsigned(number))
                }
                $crate::store::base::SqlValue::Text(text) => query.bind(text),
            };
        }
        query
    }};
}
pub(super) use query;

/// Bytes of a statement that a connection keeps prepared: longer ones are lists of values that hardly ever come again,
/// and each would hold its memory for as long as the connection lives.
pub(super) const KEPT_MAX: usize = 4_000;

/// Neither database is sent an unsigned number as such: MariaDB reads the text as what it is.
pub(super) fn unsigned(number: u64) -> String {
    number.to_string()
}

/// Where statements go: to any connection of a database, or into one transaction of it.
pub(in crate::store) trait Conn: Sync {
    /// May a question be put again by itself? In a transaction it is the whole that is done again.
    const ALONE: bool;

    /// Which database it is.
    fn engine(&self) -> Engine;

    /// Milliseconds since 1970 by this machine's clock.
    fn now_ms(&self) -> i64;

    /// Milliseconds since 1970 as all servers of this database see it: for leases.
    fn shared_now_ms(&self) -> i64;

    /// Changes something.
    fn change(
        &self,
        sql: &str,
        values: Vec<SqlValue>,
    ) -> impl Future<Output = Result<Changed, StoreError>> + Send;

    /// Asks for the first row.
    fn first(
        &self,
        sql: &str,
        values: Vec<SqlValue>,
    ) -> impl Future<Output = Result<Option<SqlRow>, sqlx::Error>> + Send;

    /// Asks for all rows.
    fn every(
        &self,
        sql: &str,
        values: Vec<SqlValue>,
    ) -> impl Future<Output = Result<Vec<SqlRow>, sqlx::Error>> + Send;

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
    values: Vec<SqlValue>,
) -> Result<u64, StoreError> {
    Ok(c.change(sql, values).await?.rows)
}

/// Inserts a row; says its number.
pub(in crate::store) async fn insert<C: Conn>(
    c: &C,
    sql: &str,
    values: Vec<SqlValue>,
) -> Result<i64, StoreError> {
    Ok(c.change(sql, values).await?.last_id)
}

/// Inserts a row (`INTO … VALUES …`), unless one with the same unique key is there. Says whether it did.
/// Texts have to fit their columns: MariaDB would cut them here without a word.
pub(in crate::store) async fn insert_once<C: Conn>(
    c: &C,
    into: &str,
    values: Vec<SqlValue>,
) -> Result<bool, StoreError> {
    let insert = match c.engine() {
        Engine::Sqlite => "INSERT OR IGNORE",
        Engine::MariaDb => "INSERT IGNORE",
    };
    Ok(c.change(&format!("{insert} {into}"), values).await?.rows > 0)
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
    values: Vec<SqlValue>,
) -> Result<Option<SqlRow>, StoreError> {
    answered!(C, c.first(sql, values.clone()))
}

/// All rows.
pub(in crate::store) async fn all<C: Conn>(
    c: &C,
    sql: &str,
    values: Vec<SqlValue>,
) -> Result<Vec<SqlRow>, StoreError> {
    answered!(C, c.every(sql, values.clone()))
}

/// Is there a row?
pub(in crate::store) async fn exists<C: Conn>(
    c: &C,
    sql: &str,
    values: Vec<SqlValue>,
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

/// What `fetch_optional` gives, of either database.
pub(super) struct FirstRow(pub Option<SqlRow>);
/// What `fetch_all` gives, of either database.
pub(super) struct AllRows(pub Vec<SqlRow>);

macro_rules! of_database {
    ($variant:ident, $row:ty, $done:ty, |$ended:ident| $last_id:expr) => {
        impl From<Option<$row>> for FirstRow {
            fn from(row: Option<$row>) -> Self {
                Self(row.map(SqlRow::$variant))
            }
        }

        impl From<Vec<$row>> for AllRows {
            fn from(rows: Vec<$row>) -> Self {
                Self(rows.into_iter().map(SqlRow::$variant).collect())
            }
        }

        impl From<$done> for Changed {
            fn from($ended: $done) -> Self {
                Self {
                    rows: $ended.rows_affected(),
                    last_id: $last_id,
                }
            }
        }
    };
}

of_database!(
    Sqlite,
    sqlx::sqlite::SqliteRow,
    sqlx::sqlite::SqliteQueryResult,
    |ended| ended.last_insert_rowid()
);
of_database!(
    MariaDb,
    sqlx::mysql::MySqlRow,
    sqlx::mysql::MySqlQueryResult,
    |ended| ended.last_insert_id().cast_signed()
);
