//! Makes a database ours by adding to it: an empty one, one of an old dump, one that was left
//! half-way.
//!
//! Every step looks first and adds what is missing, so each may be done again; each that was done
//! stands in `schema_history`. Nothing is ever dropped, and no column narrowed.
//!
//! In this order: tables and columns, the texts that rows are found by, indexes, and last the word that all
//! of it is there. Whatever is cut off before that word is gone on with by the next start, so nobody ever
//! searches rows that have no text yet. One program does it at a time ([`SchemaLease`]).

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::ddl::{
    Existing, SchemaStep, fingerprint, history_table, index_steps, steps_of, table_format_step,
};
use super::doing::{Doing, Teller};
use super::fault::is_forbidden;
use super::schema_lease::SchemaLease;
use super::{
    Conn, Engine, Store, Tx, all, execute, exists, insert_once, int, int_or_none, one, search_text,
    text, transaction, values,
};
use crate::store::StoreError;
use crate::store::catalogue::{TABLES, Table};

/// Raised when an older program must not work on the database any more.
const VERSION: i64 = 1;
/// What the payee that a shop has from the start is called.
pub(super) const FIRST_PAYEE: &str = "Cửa hàng";
/// Rows whose search text is filled in one transaction.
const FILL_BATCH: u32 = 1_000;
/// Steps are kept together for so long: a new database is made in a moment, and what was done of a
/// large one stays done.
const STEPS_TOGETHER: Duration = Duration::from_millis(500);

/// What was done to the database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrated {
    /// The steps, as they stand in `schema_history`.
    pub steps: Vec<String>,
}

impl Store {
    /// Connects, and makes the database ours.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let store = Self::connect(url).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Connects to a database that is there, and makes it ours.
    pub async fn open_existing(url: &str) -> Result<Self, StoreError> {
        let store = Self::connect_to(url).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Adds what is missing. On a database that has everything it is two questions.
    pub async fn migrate(&self) -> Result<Migrated, StoreError> {
        self.migrate_until(&CancellationToken::new(), &|_| ()).await
    }

    /// Adds what is missing, and says what it is at. Once `stop` says so it ends within moments: what was
    /// done stays done, and whoever comes next goes on from there.
    pub async fn migrate_until(
        &self,
        stop: &CancellationToken,
        tell: Teller<'_>,
    ) -> Result<Migrated, StoreError> {
        let fingerprint = fingerprint(self.engine());
        let mut migrated = Migrated::default();
        if !self.has_all(&fingerprint).await? {
            let made = execute(self, &history_table(self.engine()), vec![]).await;
            // The first thing that needs more than the running server's rights.
            made.map_err(|error| {
                if is_forbidden(&error) {
                    StoreError::MayNotMigrate
                } else {
                    error
                }
            })?;
            let lease = tokio::select! {
                lease = SchemaLease::take(self, &fingerprint, tell) => lease?,
                () = stop.cancelled() => return Err(StoreError::Stopped),
            };
            // None: whoever was waited for did it.
            if let Some(lease) = lease {
                let done = tokio::select! {
                    done = self.add_all(&fingerprint, tell) => done,
                    () = lease.lost() => Err(StoreError::Migrating),
                    () = stop.cancelled() => Err(StoreError::Stopped),
                };
                lease.give_back().await;
                migrated = done?;
            }
        }
        self.first_payee().await?;
        Ok(migrated)
    }

    /// Is everything there? It is an error where a newer program made it.
    pub(super) async fn has_all(&self, fingerprint: &str) -> Result<bool, StoreError> {
        match self.version().await? {
            None => Ok(false),
            Some(found) if found > VERSION => Err(StoreError::Newer {
                found,
                ours: VERSION,
            }),
            Some(_) => has_step(self, fingerprint).await,
        }
    }

    /// A shop has a payee from the start: number 1, which people may name as they like.
    pub(super) async fn first_payee(&self) -> Result<(), StoreError> {
        if exists(self, "SELECT 1 FROM owner WHERE id = 1", vec![]).await? {
            return Ok(());
        }
        let into = "INTO owner (id, name, created_at, search_text) VALUES (1, ?, ?, ?)";
        let search = search_text::search_text([Some(FIRST_PAYEE)]);
        insert_once(self, into, values![FIRST_PAYEE, self.now_ms(), search]).await?;
        Ok(())
    }

    /// Was it ever made by us?
    pub(super) async fn is_shop(&self) -> Result<bool, StoreError> {
        Ok(self.version().await?.is_some())
    }

    /// The version that the database says it has; `None` where it never was ours.
    async fn version(&self) -> Result<Option<i64>, StoreError> {
        if !columns_of(self, "schema_history")
            .await?
            .contains("version")
        {
            return Ok(None);
        }
        let row = one(
            self,
            &self.casts("SELECT CAST(MAX(version) AS SIGNED) FROM schema_history"),
            vec![],
        )
        .await?;
        row.map_or(Ok(None), |row| int_or_none(&row, 0))
    }

    async fn add_all(&self, fingerprint: &str, tell: Teller<'_>) -> Result<Migrated, StoreError> {
        let mut steps = self.carry_out(missing_columns, tell).await?;
        for table in TABLES.into_iter().filter(|t| t.is_searched()) {
            self.fill(table, tell).await?;
        }
        steps.extend(self.carry_out(missing_indexes, tell).await?);
        transaction!(self, |tx| complete(&tx, fingerprint))?;
        Ok(Migrated { steps })
    }

    /// Does what `missing` finds to be missing; says what it was called.
    async fn carry_out(
        &self,
        missing: impl AsyncFn(&Store) -> Result<Vec<SchemaStep>, StoreError>,
        tell: Teller<'_>,
    ) -> Result<Vec<String>, StoreError> {
        let mut done = Vec::new();
        let mut steps = missing(self).await?;
        let of = steps.len();
        while !steps.is_empty() {
            let (left, at) = (steps.len(), of - steps.len().min(of));
            let told = |done: usize, step: &SchemaStep| {
                tell(Doing::Shaping {
                    table: step.table,
                    at: at + done + 1,
                    of,
                });
            };
            match transaction!(self, |tx| some_steps(&tx, &steps, &told)) {
                Ok(count) => {
                    done.extend(steps.drain(..count).flat_map(|step| step.names));
                }
                Err(error) => {
                    // What a program that was cut off had asked for may have been done by the database since,
                    // under our hands: then less is missing than before.
                    steps = missing(self).await?;
                    if steps.len() >= left {
                        return Err(error);
                    }
                }
            }
        }
        Ok(done)
    }

    /// Fills the search text of rows that have none: those of an old dump, and what other programs
    /// write.
    pub async fn fill_search_texts(&self) -> Result<u64, StoreError> {
        let mut filled = 0;
        for table in TABLES.into_iter().filter(|t| t.is_searched()) {
            filled += self.fill(table, &|_| ()).await?;
        }
        Ok(filled)
    }

    /// The same for one table, from its first row to its last.
    async fn fill(&self, table: &'static Table, tell: Teller<'_>) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT COUNT(*) FROM `{}` WHERE search_text IS NULL",
            table.name
        );
        let of = one(self, &sql, vec![])
            .await?
            .map_or(Ok(0), |row| int(&row, 0))?;
        let of = u64::try_from(of).unwrap_or_default();
        let (mut done, mut after) = (0, None);
        while done < of {
            tell(Doing::Filling {
                table: table.name,
                done,
                of,
            });
            let batch = transaction!(self, |tx| search_text::fill_missing(
                &tx, table, after, FILL_BATCH
            ))?;
            let Some((rows, last)) = batch else {
                break;
            };
            (done, after) = (done + rows, Some(last));
        }
        Ok(done)
    }
}

/// Formats, tables and columns, each table's changes as one statement where the database can do that: it
/// writes the table anew once and not each time.
async fn missing_columns(store: &Store) -> Result<Vec<SchemaStep>, StoreError> {
    let existing = all_columns(store).await?;
    let old = old_formats(store).await?;
    let mut steps = Vec::new();
    for table in TABLES {
        let mut of_table = steps_of(store.engine(), table, existing.get(table.name));
        if old.contains(table.name) {
            of_table.insert(0, table_format_step(table));
        }
        steps.extend(SchemaStep::joined(store.engine(), of_table));
    }
    Ok(steps)
}

async fn missing_indexes(store: &Store) -> Result<Vec<SchemaStep>, StoreError> {
    let sql = match store.engine() {
        Engine::Sqlite => "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'",
        Engine::MariaDb => {
            "SELECT DISTINCT table_name, index_name FROM information_schema.statistics WHERE table_schema = DATABASE()"
        }
    };
    let mut found: HashSet<(String, String)> = HashSet::new();
    for row in all(store, sql, vec![]).await? {
        found.insert((text(&row, 0)?, text(&row, 1)?));
    }
    let mut steps = Vec::new();
    for table in TABLES {
        let missing = table
            .indexes
            .iter()
            .filter(|index| !found.contains(&(table.name.to_owned(), index.name.to_owned())));
        steps.extend(SchemaStep::joined(
            store.engine(),
            index_steps(store.engine(), table, missing),
        ));
    }
    Ok(steps)
}

/// Does the first of these steps, as many as are done in a moment; says how many.
async fn some_steps(
    tx: &Tx,
    steps: &[SchemaStep],
    told: &(dyn Fn(usize, &SchemaStep) + Send + Sync),
) -> Result<usize, StoreError> {
    if tx.engine() == Engine::MariaDb {
        // A row with id 0 stays what it is, and an old zero date does not stop a column from
        // being added.
        let mode = "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'";
        execute(tx, mode, vec![]).await?;
    }
    let ended = in_turn(tx, steps, told).await;
    if tx.engine() == Engine::MariaDb {
        // The connection goes on to others.
        execute(tx, "SET SESSION sql_mode = DEFAULT", vec![]).await?;
    }
    ended
}

async fn in_turn(
    tx: &Tx,
    steps: &[SchemaStep],
    told: &(dyn Fn(usize, &SchemaStep) + Send + Sync),
) -> Result<usize, StoreError> {
    let begun = Instant::now();
    for (at, step) in steps.iter().enumerate() {
        if at > 0 && begun.elapsed() > STEPS_TOGETHER {
            return Ok(at);
        }
        told(at, step);
        execute(tx, &step.sql, vec![]).await?;
        for name in &step.names {
            note(tx, name).await?;
        }
    }
    Ok(steps.len())
}

/// What earlier versions did not keep; then the word that everything is there.
async fn complete(tx: &Tx, fingerprint: &str) -> Result<(), StoreError> {
    execute(tx, "UPDATE jobs SET ended_at = updated_at WHERE ended_at IS NULL AND state IN ('done', 'failed', 'cancelled')", vec![]).await?;
    execute(tx, "UPDATE cash_day SET handed_in = (SELECT COALESCE(SUM(d.amount), 0) FROM desk_payment d WHERE d.collector_id = cash_day.collector_id \
                 AND d.receipt_day = cash_day.day AND d.method = 'cash' AND d.cancelled_at IS NULL) - held WHERE handed_in IS NULL", vec![]).await?;
    note(tx, fingerprint).await
}

/// Tables of ours that know no transactions, or whose rows have a form in which an index is
/// short.
async fn old_formats(store: &Store) -> Result<HashSet<String>, StoreError> {
    if store.engine() == Engine::Sqlite {
        return Ok(HashSet::new());
    }
    let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' \
               AND (engine <> 'InnoDB' OR row_format NOT IN ('Dynamic', 'Compressed'))";
    let names = all(store, sql, vec![]).await?;
    names.iter().map(|row| text(row, 0)).collect()
}

async fn columns_of(store: &Store, table: &str) -> Result<HashSet<String>, StoreError> {
    let sql = match store.engine() {
        Engine::Sqlite => "SELECT name FROM pragma_table_info(?)",
        Engine::MariaDb => {
            "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?"
        }
    };
    all(store, sql, values![table])
        .await?
        .iter()
        .map(|row| text(row, 0))
        .collect()
}

async fn has_step<C: Conn>(c: &C, step: &str) -> Result<bool, StoreError> {
    exists(
        c,
        "SELECT 1 FROM schema_history WHERE step = ?",
        values![step],
    )
    .await
}

async fn note(tx: &Tx, step: &str) -> Result<(), StoreError> {
    if !has_step(tx, step).await? {
        execute(
            tx,
            "INSERT INTO schema_history (step, version, at_ms) VALUES (?, ?, ?)",
            values![step, VERSION, tx.now_ms()],
        )
        .await?;
    }
    Ok(())
}

pub(super) async fn all_columns<C: Conn>(
    c: &C,
) -> Result<HashMap<String, HashMap<String, Existing>>, StoreError> {
    let sql = match c.engine() {
        Engine::Sqlite => {
            "SELECT m.name, p.name, p.type, CASE WHEN p.pk > 0 THEN 'PRI' ELSE '' END, 'auto_increment', '' FROM sqlite_master m, pragma_table_info(m.name) p \
             WHERE m.type = 'table'"
        }
        Engine::MariaDb => {
            "SELECT table_name, column_name, column_type, column_key, extra, COALESCE(collation_name, '') FROM information_schema.columns WHERE table_schema = DATABASE()"
        }
    };
    let mut found: HashMap<String, HashMap<String, Existing>> = HashMap::new();
    for row in all(c, sql, vec![]).await? {
        let column = Existing {
            kind: text(&row, 2)?.to_lowercase(),
            key: text(&row, 3)?,
            extra: text(&row, 4)?,
            collation: text(&row, 5)?,
        };
        found
            .entry(text(&row, 0)?)
            .or_default()
            .insert(text(&row, 1)?, column);
    }
    Ok(found)
}
