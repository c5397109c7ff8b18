//! Makes a database ours by adding to it: an empty one, one of an old dump, one that was left
//! half-way.
//!
//! Every step looks first and adds what is missing, so each may be done again; each that was done
//! stands in `schema_history`. Nothing is ever dropped, and no column narrowed.
//!
//! In this order: tables and columns, the texts that rows are found by, indexes, and last the word that all
//! of it is there. Whatever is cut off before that word is gone on with by the next start, so nobody ever
//! searches rows that have no text yet. One program does it at a time ([`SchemaLease`]).

mod missing;

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::ddl::{SchemaStep, fingerprint, history_table};
use super::doing::{Doing, Teller};
use super::fault::is_forbidden;
use super::schema_lease::SchemaLease;
use super::{
    Conn, Engine, Store, Tx, execute, exists, insert_once, int, int_or_none, one, search_text,
    transaction, values,
};
use crate::store::StoreError;
use crate::store::catalogue::{TABLES, Table};
use missing::{columns_of, has_step, missing_columns, missing_indexes};

pub(super) use missing::all_columns;

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
        store.schema().migrate().await?;
        Ok(store)
    }

    /// Connects to a database that is there, and makes it ours.
    pub async fn open_existing(url: &str) -> Result<Self, StoreError> {
        let store = Self::connect_to(url).await?;
        store.schema().migrate().await?;
        Ok(store)
    }

    /// The database's tables and columns.
    pub const fn schema(&self) -> Schema<'_> {
        Schema { store: self }
    }
}

/// The database's tables and columns, and making them ours ([`Store::schema`]).
pub struct Schema<'s> {
    store: &'s Store,
}

impl Schema<'_> {
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
        let fingerprint = fingerprint(self.store.engine());
        let mut migrated = Migrated::default();
        if !self.has_all(&fingerprint).await? {
            let made = execute(self.store, &history_table(self.store.engine()), vec![]).await;
            // The first thing that needs more than the running server's rights.
            made.map_err(|error| {
                if is_forbidden(&error) {
                    StoreError::MayNotMigrate
                } else {
                    error
                }
            })?;
            let lease = tokio::select! {
                lease = SchemaLease::take(self.store, &fingerprint, tell) => lease?,
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
            Some(_) => has_step(self.store, fingerprint).await,
        }
    }

    /// A shop has a payee from the start: number 1, which people may name as they like.
    pub(super) async fn first_payee(&self) -> Result<(), StoreError> {
        if exists(self.store, "SELECT 1 FROM owner WHERE id = 1", vec![]).await? {
            return Ok(());
        }
        let into = "INTO owner (id, name, created_at, search_text) VALUES (1, ?, ?, ?)";
        let search = search_text::search_text([Some(FIRST_PAYEE)]);
        insert_once(
            self.store,
            into,
            values![FIRST_PAYEE, self.store.now_ms(), search],
        )
        .await?;
        Ok(())
    }

    /// Was it ever made by us?
    pub(super) async fn is_shop(&self) -> Result<bool, StoreError> {
        Ok(self.version().await?.is_some())
    }

    /// The version that the database says it has; `None` where it never was ours.
    async fn version(&self) -> Result<Option<i64>, StoreError> {
        if !columns_of(self.store, "schema_history")
            .await?
            .contains("version")
        {
            return Ok(None);
        }
        let row = one(
            self.store,
            &self
                .store
                .casts("SELECT CAST(MAX(version) AS SIGNED) FROM schema_history"),
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
        transaction!(self.store, |tx| complete(&tx, fingerprint))?;
        Ok(Migrated { steps })
    }

    /// Does what `missing` finds to be missing; says what it was called.
    async fn carry_out(
        &self,
        missing: impl AsyncFn(&Store) -> Result<Vec<SchemaStep>, StoreError>,
        tell: Teller<'_>,
    ) -> Result<Vec<String>, StoreError> {
        let mut done = Vec::new();
        let mut steps = missing(self.store).await?;
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
            match transaction!(self.store, |tx| some_steps(&tx, &steps, &told)) {
                Ok(count) => {
                    done.extend(steps.drain(..count).flat_map(|step| step.names));
                }
                Err(error) => {
                    // What a program that was cut off had asked for may have been done by the database since,
                    // under our hands: then less is missing than before.
                    steps = missing(self.store).await?;
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
        let of = one(self.store, &sql, vec![])
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
            let batch = transaction!(self.store, |tx| search_text::fill_missing(
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
