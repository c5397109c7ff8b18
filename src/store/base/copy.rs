//! A whole shop from one database to another: SQLite to MariaDB when one machine is outgrown, back,
//! and into a file.
//!
//! Rows go in batches, read in one snapshot; afterwards every table is read again on the other side
//! and compared by count and hash. A target that has rows is refused: nothing is ever mixed, and a
//! copy that fails leaves it empty again.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::cells::{bound, cell, read_as};
use super::schema::{FIRST_PAYEE, all_columns};
use super::store::private_file;
use super::{
    Conn, Engine, SqlRow, SqlValue, Store, Tx, all, execute, exists, int, marks, sqlite_url, values,
};
use crate::store::StoreError;
use crate::store::catalogue::payments::OWNER;
use crate::store::catalogue::{Column, ColumnKind, TABLES, Table};

/// Rows in one statement: a cluster does not like large transactions, and a statement has at most
/// 32 766 values.
const BATCH: usize = 250;

/// What was copied of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub table: &'static str,
    /// How many rows.
    pub rows: u64,
    /// SHA-256 of all of them.
    pub hash: String,
    /// The sum of all its money, in đồng.
    pub money: i64,
}

/// A place behind which the next batch begins.
enum Place {
    Number(i64),
    Offset(u64),
}

/// Copies everything. The target must be empty; it is made ours first.
pub async fn copy(from: &Store, to: &Store) -> Result<Vec<CopiedTable>, StoreError> {
    to.schema().migrate().await?;
    for table in TABLES {
        let rows = format!("SELECT 1 FROM `{}`", table.name);
        // What a new database has from the start is nobody's.
        let has_rows = if table.name == OWNER.name {
            let sql = format!("{rows} WHERE id <> 1 OR name <> ? OR version <> 0 LIMIT 1");
            exists(to, &sql, values![FIRST_PAYEE]).await?
        } else {
            exists(to, &format!("{rows} LIMIT 1"), vec![]).await?
        };
        if has_rows {
            return Err(StoreError::Copy(format!(
                "bảng {} ở nơi nhận đã có dữ liệu",
                table.name
            )));
        }
    }
    execute(to, "DELETE FROM owner", vec![]).await?;
    match fill(from, to).await {
        Ok(copied) => Ok(copied),
        Err(error) => {
            for table in TABLES {
                if let Err(fault) =
                    execute(to, &format!("DELETE FROM `{}`", table.name), vec![]).await
                {
                    tracing::warn!(error = %fault, table = table.name, "what was half copied could not be taken away");
                }
            }
            // Else the next start makes it.
            let _ = to.schema().first_payee().await;
            Err(error)
        }
    }
}

async fn fill(from: &Store, to: &Store) -> Result<Vec<CopiedTable>, StoreError> {
    let snapshot = Tx::snapshot(from).await?;
    let copied = copy_all(&snapshot, to).await;
    snapshot.finish(copied).await
}

async fn copy_all(snapshot: &Tx, to: &Store) -> Result<Vec<CopiedTable>, StoreError> {
    let mut copied = Vec::new();
    for table in TABLES {
        let sent = copy_table(snapshot, to, table).await?;
        let found = summed(to, table).await?;
        if sent != found {
            return Err(StoreError::Copy(format!(
                "bảng {}: gửi {} dòng, nhận {} dòng, hoặc nội dung khác nhau",
                table.name, sent.rows, found.rows
            )));
        }
        tracing::info!(table = table.name, rows = sent.rows, "copied and compared");
        copied.push(sent);
    }
    Ok(copied)
}

async fn copy_table<C: Conn>(
    from: &C,
    to: &Store,
    table: &'static Table,
) -> Result<CopiedTable, StoreError> {
    let mut sum = Sum::new(table);
    let names: Vec<String> = table
        .columns
        .iter()
        .map(|c| format!("`{}`", c.name))
        .collect();
    let one_row = format!("({})", marks(names.len()));
    let mut place = first(table);
    loop {
        let rows = batch(from, table, &place).await?;
        let mut given: Vec<SqlValue> = Vec::with_capacity(rows.len() * names.len());
        for row in &rows {
            let cells = sum.add(table, row)?;
            given.extend(
                table
                    .columns
                    .iter()
                    .zip(&cells)
                    .map(|(column, cell)| written(to.engine(), column, cell)),
            );
        }
        if rows.is_empty() {
            return Ok(sum.done(table));
        }
        let sql = format!(
            "INSERT INTO `{}` ({}) VALUES {}",
            table.name,
            names.join(", "),
            vec![one_row.as_str(); rows.len()].join(", ")
        );
        let tx = Tx::begin(to).await?;
        let done = async {
            if to.engine() == Engine::MariaDb {
                // An id 0 stays 0, and a zero date of old is no reason to lose its row. What does
                // not fit shows in the hash.
                execute(
                    &tx,
                    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'",
                    vec![],
                )
                .await?;
            }
            execute(&tx, &sql, given).await
        };
        let done = done.await;
        tx.finish(done).await?;
        place = next(table, &place, &rows)?;
    }
}

/// As a value for the other side. What the old system's unsigned columns cannot say with a sign
/// goes back as it was.
fn written(engine: Engine, column: &Column, cell: &serde_json::Value) -> SqlValue {
    let is_unsigned =
        engine == Engine::MariaDb && column.old_type.is_some_and(|t| t.ends_with("unsigned"));
    match cell.as_i64() {
        Some(number) if is_unsigned && number < 0 => SqlValue::from(number.cast_unsigned()),
        _ => bound(cell),
    }
}

async fn summed<C: Conn>(c: &C, table: &'static Table) -> Result<CopiedTable, StoreError> {
    let mut sum = Sum::new(table);
    let mut place = first(table);
    loop {
        let rows = batch(c, table, &place).await?;
        for row in &rows {
            sum.add(table, row)?;
        }
        if rows.is_empty() {
            return Ok(sum.done(table));
        }
        place = next(table, &place, &rows)?;
    }
}

const fn first(table: &Table) -> Place {
    match table.columns.first() {
        Some(Column {
            kind: ColumnKind::Id,
            ..
        }) => Place::Number(i64::MIN),
        _ => Place::Offset(0),
    }
}

fn next(table: &Table, place: &Place, rows: &[SqlRow]) -> Result<Place, StoreError> {
    match place {
        Place::Number(_) => rows
            .last()
            .map_or(Ok(first(table)), |row| int(row, 0).map(Place::Number)),
        Place::Offset(at) => Ok(Place::Offset(at + rows.len() as u64)),
    }
}

async fn batch<C: Conn>(c: &C, table: &Table, place: &Place) -> Result<Vec<SqlRow>, StoreError> {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| read_as(c.engine(), column))
        .collect();
    let select = format!("SELECT {} FROM `{}`", columns.join(", "), table.name);
    match place {
        Place::Number(id) => {
            all(
                c,
                &format!("{select} WHERE id > ? ORDER BY id LIMIT {BATCH}"),
                values![*id],
            )
            .await
        }
        Place::Offset(at) => {
            // Sorted by bytes on both sides, so that the hashes can be compared.
            let order: Vec<String> = table
                .columns
                .iter()
                .map(|column| format!("HEX({})", read_as(c.engine(), column)))
                .collect();
            all(
                c,
                &format!(
                    "{select} ORDER BY {} LIMIT {BATCH} OFFSET {at}",
                    order.join(", ")
                ),
                vec![],
            )
            .await
        }
    }
}

struct Sum {
    hash: Sha256,
    rows: u64,
    money: i64,
}

impl Sum {
    fn new(table: &Table) -> Self {
        Self {
            hash: Sha256::new_with_prefix(table.name),
            rows: 0,
            money: 0,
        }
    }

    fn add(&mut self, table: &Table, row: &SqlRow) -> Result<Vec<serde_json::Value>, StoreError> {
        let cells = table
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| cell(row, at, column))
            .collect::<Result<Vec<_>, _>>()?;
        self.rows += 1;
        for (column, cell) in table.columns.iter().zip(&cells) {
            self.hash.update(cell.to_string().as_bytes());
            self.hash.update([0]);
            if column.kind == ColumnKind::Money {
                self.money = self.money.wrapping_add(cell.as_i64().unwrap_or_default());
            }
        }
        Ok(cells)
    }

    fn done(self, table: &Table) -> CopiedTable {
        let hash = crate::store::hex(&self.hash.finalize());
        CopiedTable {
            table: table.name,
            rows: self.rows,
            hash,
            money: self.money,
        }
    }
}

/// Copies of the database in a file ([`Store::copies`]).
pub struct Copies<'s> {
    store: &'s Store,
}

impl Store {
    /// Copies of the database in a file.
    pub const fn copies(&self) -> Copies<'_> {
        Copies { store: self }
    }
}

impl Copies<'_> {
    /// What a copy leaves out: tables and columns that are none of ours, as `table` and
    /// `table.column`.
    pub async fn strange_names(&self) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        for (table, columns) in all_columns(self.store).await? {
            if matches!(table.as_str(), "schema_history" | "schema_lock")
                || table.starts_with("sqlite_")
            {
                continue;
            }
            match TABLES.iter().find(|t| t.name == table) {
                None => names.push(table),
                Some(known) => names.extend(
                    columns
                        .into_keys()
                        .filter(|name| !known.has(name))
                        .map(|name| format!("{table}.{name}")),
                ),
            }
        }
        names.sort();
        Ok(names)
    }

    /// Copies the database into a file, while it works.
    pub async fn backup(&self, file: &Path) -> Result<(), StoreError> {
        // A link that leads nowhere is there as well: what is made behind it would be readable by others.
        if file.symlink_metadata().is_ok() {
            return Err(StoreError::Copy(format!(
                "{} đã có; chọn tên khác",
                file.display()
            )));
        }
        match self.store.engine() {
            Engine::Sqlite => {
                private_file(file)
                    .map_err(|e| StoreError::Copy(format!("{}: {e}", file.display())))?;
                self.store.vacuum_into(file).await
            }
            Engine::MariaDb => {
                let target = Store::open(&sqlite_url(file)).await?;
                let copied = copy(self.store, &target).await;
                target.close().await;
                copied.map(|_| ())
            }
        }
    }

    /// Brings a copy back into an empty database. The file itself is not touched.
    pub async fn restore(&self, file: &Path) -> Result<Vec<CopiedTable>, StoreError> {
        let fault = |e: std::io::Error| StoreError::Copy(format!("{}: {e}", file.display()));
        let folder = tempfile::tempdir().map_err(fault)?;
        let working = folder.path().join("copy.db");
        std::fs::copy(file, &working).map_err(fault)?;
        let source = Store::connect_to(&sqlite_url(&working)).await?;
        let copied = if source.schema().is_shop().await? {
            match source.schema().migrate().await {
                Ok(_) => copy(&source, self.store).await,
                Err(error) => Err(error),
            }
        } else {
            Err(StoreError::Copy(format!(
                "{} không phải bản sao của GạchNợ, hoặc bị cắt mất",
                file.display()
            )))
        };
        source.close().await;
        copied
    }
}
