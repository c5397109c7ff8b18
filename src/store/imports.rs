//! What a person brought in a file: written in batches under one number, by which it can be taken
//! back.

use sea_orm::Value;
use serde_json::{Value as Json, json};

use super::StoreError;
use super::audit::{self, Actor};
use super::catalogue::Table;
use super::db::{
    Store, Tx, all, execute, insert, int, marks, one, text, text_or_none, transaction, values,
};
use super::jobs::{Added, NewJob};
use super::rows::{Fields, free};
use super::search::search_text;
use crate::domain::lease::{JobEvent, JobState, after};

/// Rows that are written in one transaction: a cluster does not like large ones.
pub const IMPORT_BATCH: usize = 250;

/// What became of an import that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undone {
    /// Rows that are gone.
    pub gone: u64,
    /// Rows that somebody has touched meanwhile, and that stay.
    pub stayed: u64,
}

impl Store {
    /// Begins an import.
    pub async fn begin_import(
        &self,
        table: &str,
        filename: &str,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        let filename: String = filename.chars().take(200).collect();
        transaction!(self, |tx| async {
            let sql = "INSERT INTO imports (table_name, filename, row_ids, created_by, created_at, search_text) VALUES (?, ?, '[]', ?, ?, ?)";
            let id = insert(
                &*tx,
                sql,
                values![
                    table,
                    filename.clone(),
                    actor.user_id,
                    self.now_ms(),
                    search_text([Some(filename.as_str())])
                ],
            )
            .await?;
            let told = json!({ "table": table, "filename": filename });
            audit::write(
                self,
                &tx,
                actor,
                "import",
                Some("imports"),
                Some(id),
                None,
                Some(&told),
            )
            .await?;
            Ok(id)
        })
    }

    /// Adds jobs to it. Those that an open job says already are left out.
    pub async fn import_jobs(
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
        let added = self.add_jobs(&jobs, actor).await?;
        let count = i64::try_from(
            added
                .iter()
                .filter(|a| matches!(a, Added::Added(_)))
                .count(),
        )
        .unwrap_or(0);
        execute(
            &self.db,
            "UPDATE imports SET row_count = row_count + ? WHERE id = ?",
            values![count, import],
        )
        .await?;
        Ok(added)
    }

    /// Adds rows of another table to it, in batches.
    pub async fn import_into(
        &self,
        import: i64,
        table: &str,
        rows: &[Fields],
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let table = free(table)?;
        for some in rows.chunks(IMPORT_BATCH) {
            transaction!(self, |tx| async {
                let mut ids = Vec::with_capacity(some.len());
                for fields in some {
                    ids.push(self.add_row_in(&tx, table, fields, actor).await?);
                }
                self.note_rows(&tx, import, &ids).await
            })?;
        }
        Ok(())
    }

    async fn note_rows(&self, tx: &Tx, import: i64, ids: &[i64]) -> Result<(), StoreError> {
        let sql = format!("SELECT row_ids FROM imports WHERE id = ?{}", self.locked());
        let row = one(&**tx, &sql, values![import])
            .await?
            .ok_or(StoreError::NoRow)?;
        let mut all: Vec<i64> =
            serde_json::from_str(&text_or_none(&row, 0)?.unwrap_or_default()).unwrap_or_default();
        all.extend(ids);
        let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let sql = "UPDATE imports SET row_ids = ?, row_count = ? WHERE id = ?";
        execute(
            &**tx,
            sql,
            values![Json::from(all).to_string(), count, import],
        )
        .await
        .map(|_| ())
    }

    /// Takes an import back: what nobody has touched goes away, the rest stays.
    pub async fn take_back_import(&self, import: i64, actor: &Actor) -> Result<Undone, StoreError> {
        let row = one(
            &self.db,
            "SELECT table_name, row_count FROM imports WHERE id = ? AND undone_at IS NULL",
            values![import],
        )
        .await?;
        let row = row.ok_or(StoreError::NoRow)?;
        let (table, count) = (text(&row, 0)?, int(&row, 1)?);
        let gone = if table == "jobs" {
            self.take_all_jobs_back(import).await?
        } else {
            self.take_rows_back(free(&table)?, import, actor).await?
        };
        let undone = Undone {
            gone,
            stayed: count.unsigned_abs().saturating_sub(gone),
        };
        transaction!(self, |tx| async {
            execute(
                &*tx,
                "UPDATE imports SET undone_at = ? WHERE id = ?",
                values![self.now_ms(), import],
            )
            .await?;
            let told = json!({ "gone": undone.gone, "stayed": undone.stayed });
            audit::write(
                self,
                &tx,
                actor,
                "import.undo",
                Some("imports"),
                Some(import),
                None,
                Some(&told),
            )
            .await
        })?;
        Ok(undone)
    }

    async fn take_all_jobs_back(&self, import: i64) -> Result<u64, StoreError> {
        let mut gone = 0;
        loop {
            match transaction!(self, |tx| self.take_jobs_back(&tx, import))? {
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
            &self.db,
            "SELECT row_ids FROM imports WHERE id = ?",
            values![import],
        )
        .await?
        .ok_or(StoreError::NoRow)?;
        let ids: Vec<i64> = serde_json::from_str(&text_or_none(&row, 0)?.unwrap_or_default())
            .map_err(|e| StoreError::Damaged(e.to_string()))?;
        let mut gone = 0;
        for some in ids.chunks(IMPORT_BATCH) {
            gone += transaction!(self, |tx| async {
                let mut gone = 0;
                for id in some {
                    match self.delete_in(&tx, table, *id, Some(0), true, actor).await {
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

    /// Jobs that no machine ever had and no person ever changed.
    async fn take_jobs_back(&self, tx: &Tx, import: i64) -> Result<u64, StoreError> {
        let (now, cancelled) = (self.now_ms(), after(JobState::Ready, JobEvent::Cancelled)?);
        let sql = format!(
            "SELECT id FROM jobs WHERE import_id = ? AND state = 'ready' AND fence = 0 AND version = 0 AND deleted_at IS NULL LIMIT {IMPORT_BATCH}{}",
            self.locked()
        );
        let ids = all(&**tx, &sql, values![import])
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
        given.extend(ids.into_iter().map(Value::from));
        execute(&**tx, &sql, given).await
    }

    /// Which of these jobs an open job says already.
    pub async fn already_open(&self, jobs: &[NewJob]) -> Result<Vec<bool>, StoreError> {
        let keys: Vec<String> = jobs.iter().map(NewJob::live_key).collect();
        let mut open = std::collections::HashSet::new();
        for some in keys.chunks(500) {
            let sql = format!(
                "SELECT live_key FROM jobs WHERE live_key IN ({})",
                marks(some.len())
            );
            for row in all(&self.db, &sql, some.iter().map(Value::from).collect()).await? {
                open.insert(text(&row, 0)?);
            }
        }
        Ok(keys.iter().map(|key| open.contains(key)).collect())
    }
}
