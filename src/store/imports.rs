//! What a person brought in a file: written in batches under one number, by which it can be taken
//! back.

use super::tables::Tables;
use serde_json::{Value as Json, json};

use super::StoreError;
use super::base::audit::{self, Actor, Entry};
use super::base::search_text::search_text;
use super::base::{
    Conn, SqlValue, Store, Tx, all, execute, insert, int, int_or_none, marks, one, text,
    text_or_none, transaction, values,
};
use super::catalogue::house::IMPORTS;
use super::catalogue::work::JOBS;
use super::catalogue::{self, AuditAction, Table};
use super::jobs::{Added, NewJob};
use super::tables::change::{add, delete};
use super::tables::{Fields, free};
use crate::domain::lease::{JobEvent, JobState, after};

/// Rows that are written in one transaction: a cluster does not like large ones.
pub const IMPORT_BATCH: usize = 250;

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its number.
    pub id: i64,
    /// The name of the table that it filled.
    pub table: String,
    /// The file's name.
    pub filename: Option<String>,
    /// How many rows came in.
    pub rows: i64,
    /// Was it taken back?
    pub is_undone: bool,
    /// Who brought it.
    pub by: Option<i64>,
}

/// What became of an import that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undone {
    /// Rows that are gone.
    pub gone: u64,
    /// Rows that somebody has touched meanwhile, and that stay.
    pub stayed: u64,
}

/// What was brought in by files ([`Tables::imports`](super::tables::Tables::imports)).
pub struct Imports<'s> {
    store: &'s Store,
}

impl<'s> Tables<'s> {
    /// What was brought in by files.
    pub const fn imports(&self) -> Imports<'s> {
        Imports { store: self.store }
    }
}

impl Imports<'_> {
    /// The import of this number.
    pub async fn find(&self, id: i64) -> Result<ImportRow, StoreError> {
        let sql = "SELECT table_name, filename, row_count, undone_at, created_by FROM imports WHERE id = ?";
        let row = one(self.store, sql, values![id])
            .await?
            .ok_or(StoreError::NoRow)?;
        Ok(ImportRow {
            id,
            table: text(&row, 0)?,
            filename: text_or_none(&row, 1)?,
            rows: int(&row, 2)?,
            is_undone: int_or_none(&row, 3)?.is_some(),
            by: int_or_none(&row, 4)?,
        })
    }

    /// The last imports into a table, the newest first.
    pub async fn recent(
        &self,
        table: &'static Table,
        most: u32,
    ) -> Result<Vec<ImportRow>, StoreError> {
        let sql = format!(
            "SELECT id, table_name, filename, row_count, undone_at, created_by FROM imports WHERE table_name = ? ORDER BY id DESC LIMIT {most}"
        );
        let rows = all(self.store, &sql, values![table.name]).await?;
        rows.iter()
            .map(|row| {
                Ok(ImportRow {
                    id: int(row, 0)?,
                    table: text(row, 1)?,
                    filename: text_or_none(row, 2)?,
                    rows: int(row, 3)?,
                    is_undone: int_or_none(row, 4)?.is_some(),
                    by: int_or_none(row, 5)?,
                })
            })
            .collect()
    }

    /// Begins an import.
    pub async fn begin(
        &self,
        table: &'static Table,
        filename: &str,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        let filename: String = filename.chars().take(200).collect();
        transaction!(self.store, |tx| async {
            let sql = "INSERT INTO imports (table_name, filename, row_ids, created_by, created_at, search_text) VALUES (?, ?, '[]', ?, ?, ?)";
            let id = insert(
                &tx,
                sql,
                values![
                    table.name,
                    filename.clone(),
                    actor.user_id,
                    self.store.now_ms(),
                    search_text([Some(filename.as_str())])
                ],
            )
            .await?;
            let state = json!({ "table": table.name, "filename": filename });
            audit::write(
                &tx,
                actor,
                Entry::of(AuditAction::Import)
                    .row(&IMPORTS, id)
                    .after(state),
            )
            .await?;
            Ok(id)
        })
    }

    /// Adds jobs to it. Those that an open job says already are left out.
    pub async fn add_jobs(
        &self,
        import: i64,
        jobs: Vec<NewJob>,
        actor: &Actor,
    ) -> Result<Vec<Added>, StoreError> {
        let jobs: Vec<NewJob> = jobs
            .into_iter()
            .map(|job| NewJob {
                import_id: Some(import),
                ..job
            })
            .collect();
        let added = self.store.jobs().add(&jobs, actor).await?;
        let count = i64::try_from(
            added
                .iter()
                .filter(|a| matches!(a, Added::Added(_)))
                .count(),
        )
        .unwrap_or(0);
        execute(
            self.store,
            "UPDATE imports SET row_count = row_count + ? WHERE id = ?",
            values![count, import],
        )
        .await?;
        Ok(added)
    }

    /// Adds rows of another table to it, in batches.
    pub async fn add_rows(
        &self,
        import: i64,
        table: &'static Table,
        rows: &[Fields],
        actor: &Actor,
    ) -> Result<(), StoreError> {
        free(table)?;
        for some in rows.chunks(IMPORT_BATCH) {
            transaction!(self.store, |tx| async {
                let mut ids = Vec::with_capacity(some.len());
                for fields in some {
                    ids.push(add(&tx, table, fields, actor).await?);
                }
                note_rows(&tx, import, &ids).await
            })?;
        }
        Ok(())
    }

    /// Takes an import back: what nobody has touched goes away, the rest stays.
    pub async fn take_back(&self, import: i64, actor: &Actor) -> Result<Undone, StoreError> {
        let row = one(
            self.store,
            "SELECT table_name, row_count FROM imports WHERE id = ? AND undone_at IS NULL",
            values![import],
        )
        .await?;
        let row = row.ok_or(StoreError::NoRow)?;
        let (table, count) = (text(&row, 0)?, int(&row, 1)?);
        let table = catalogue::table(&table).ok_or(StoreError::NotAllowed(table))?;
        let gone = if table.is(&JOBS) {
            self.take_all_jobs_back(import).await?
        } else {
            self.take_rows_back(free(table)?, import, actor).await?
        };
        let undone = Undone {
            gone,
            stayed: count.unsigned_abs().saturating_sub(gone),
        };
        transaction!(self.store, |tx| async {
            execute(
                &tx,
                "UPDATE imports SET undone_at = ? WHERE id = ?",
                values![self.store.now_ms(), import],
            )
            .await?;
            let state = json!({ "gone": undone.gone, "stayed": undone.stayed });
            audit::write(
                &tx,
                actor,
                Entry::of(AuditAction::ImportUndo)
                    .row(&IMPORTS, import)
                    .after(state),
            )
            .await
        })?;
        Ok(undone)
    }

    async fn take_all_jobs_back(&self, import: i64) -> Result<u64, StoreError> {
        let mut gone = 0;
        loop {
            match transaction!(self.store, |tx| take_jobs_back(&tx, import))? {
                0 => return Ok(gone),
                some => gone += some,
            }
        }
    }

    /// Rows that are as the import made them. May be cut off and done again: what is deleted
    /// already counts as gone.
    async fn take_rows_back(
        &self,
        table: &'static Table,
        import: i64,
        actor: &Actor,
    ) -> Result<u64, StoreError> {
        let row = one(
            self.store,
            "SELECT row_ids FROM imports WHERE id = ?",
            values![import],
        )
        .await?
        .ok_or(StoreError::NoRow)?;
        let ids: Vec<i64> = serde_json::from_str(&text_or_none(&row, 0)?.unwrap_or_default())
            .map_err(|e| StoreError::Damaged(e.to_string()))?;
        let mut gone = 0;
        for some in ids.chunks(IMPORT_BATCH) {
            gone += transaction!(self.store, |tx| async {
                let mut gone = 0;
                for id in some {
                    match delete(&tx, table, *id, Some(0), true, actor).await {
                        Ok(()) | Err(StoreError::NoRow) => gone += 1,
                        Err(StoreError::Stale) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(gone)
            })?;
        }
        Ok(gone)
    }
}

/// Notes what an import made, in the transaction that makes it.
pub(in crate::store) async fn note_rows(
    tx: &Tx,
    import: i64,
    ids: &[i64],
) -> Result<(), StoreError> {
    let sql = format!("SELECT row_ids FROM imports WHERE id = ?{}", tx.locked());
    let row = one(tx, &sql, values![import])
        .await?
        .ok_or(StoreError::NoRow)?;
    let mut all: Vec<i64> =
        serde_json::from_str(&text_or_none(&row, 0)?.unwrap_or_default()).unwrap_or_default();
    all.extend(ids);
    let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let sql = "UPDATE imports SET row_ids = ?, row_count = ? WHERE id = ?";
    execute(tx, sql, values![Json::from(all).to_string(), count, import])
        .await
        .map(|_| ())
}

/// Jobs that no machine ever had and no person ever changed.
async fn take_jobs_back(tx: &Tx, import: i64) -> Result<u64, StoreError> {
    let (now, cancelled) = (tx.now_ms(), after(JobState::Ready, JobEvent::Cancelled)?);
    let sql = format!(
        "SELECT id FROM jobs WHERE import_id = ? AND state = 'ready' AND fence = 0 AND version = 0 AND deleted_at IS NULL LIMIT {IMPORT_BATCH}{}",
        tx.locked()
    );
    let ids = all(tx, &sql, values![import])
        .await?
        .iter()
        .map(|row| int(row, 0))
        .collect::<Result<Vec<_>, _>>()?;
    if ids.is_empty() {
        return Ok(0);
    }
    let sql = format!(
        "UPDATE jobs SET state = ?, outcome = 'cancelled', live_key = NULL, message = 'Hoàn tác lần nhập', deleted_at = ?, updated_at = ?, ended_at = ?, \
         version = version + 1 WHERE state = 'ready' AND fence = 0 AND id IN ({})",
        marks(ids.len())
    );
    let mut given = values![cancelled.wire(), now, now, now];
    given.extend(ids.into_iter().map(SqlValue::from));
    execute(tx, &sql, given).await
}
