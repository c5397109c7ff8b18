//! A filtered list as a file, written while it is read: a million rows cost no more memory than a
//! thousand.

use std::path::PathBuf;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures_util::stream;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;

use super::columns::columns_of;
use super::request::ListRequest;
use super::table_of;
use crate::report::table::{CSV_MARK, TableFile, Value, csv_line};
use crate::server::AppState;
use crate::server::web::attachment::{XLSX, attachment};
use crate::server::web::cells;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::local;
use crate::store::catalogue::{AuditAction, Column, ColumnKind, Table};
use crate::store::tables::TableRow;
use crate::store::{Entry, StoreError};

/// A file is sent in pieces of this size.
const PIECE: usize = 64 * 1024;

/// A list's rows, a thousand at a time. An error in the middle breaks the answer off: a file that ends early
/// never looks whole.
struct Rows {
    first: Option<Vec<TableRow>>,
    rest: mpsc::Receiver<Result<Vec<TableRow>, StoreError>>,
}

/// The list of an address as a file.
pub async fn list(
    State(app): State<AppState>,
    person: Person,
    PathParam(table): PathParam<String>,
    form: FormData,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    let request = ListRequest::of(table, form.text("query"))?.seen_by(&person);
    let mut rows = app.store().tables().export(table, &request.query)?;
    // What the database refuses is said as what it is, before a file has begun.
    let first = rows.recv().await.transpose()?;
    let rows = Rows { first, rest: rows };
    send(&app, &person, request, rows, form.text("format"), None).await
}

/// The ticked rows as a file.
pub async fn ticked(
    app: &AppState,
    person: &Person,
    request: ListRequest,
    ids: &[i64],
    format: &str,
) -> Result<Response, Problem> {
    let (give, rows) = mpsc::channel(1);
    let found = app.store().tables().rows(request.table, ids).await?;
    drop(give);
    let rows = Rows {
        first: Some(found),
        rest: rows,
    };
    send(app, person, request, rows, format, Some(ids.len())).await
}

async fn send(
    app: &AppState,
    person: &Person,
    request: ListRequest,
    rows: Rows,
    format: &str,
    ticked: Option<usize>,
) -> Result<Response, Problem> {
    let table = request.table;
    let columns = columns_of(app, person, table).await?;
    let after = json!({ "format": format, "query": request.text(), "ticked": ticked });
    app.store()
        .audit()
        .record(
            &person.actor(),
            Entry::of(AuditAction::Export).table(table).after(after),
        )
        .await?;
    let day = local(app.store().now_ms())
        .map(|t| t.strftime("%Y%m%d_%H%M").to_string())
        .unwrap_or_default();
    let lines = Lines {
        app: app.clone(),
        table,
        columns,
        rows,
    };
    let (kind, ending, body) = match format {
        "xlsx" => (XLSX, "xlsx", xlsx(lines)),
        _ => ("text/csv; charset=utf-8", "csv", csv(lines)),
    };
    let name = format!("{}_{day}.{ending}", table.name);
    Ok(attachment(kind, &name, body))
}

/// Rows as they are written into a file.
struct Lines {
    app: AppState,
    table: &'static Table,
    columns: Vec<&'static Column>,
    rows: Rows,
}

impl Lines {
    fn heads(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.vi.to_owned()).collect()
    }

    /// The next thousand; `None` behind the last.
    async fn next(&mut self) -> Result<Option<Vec<Vec<Value>>>, StoreError> {
        let rows = match self.rows.first.take() {
            Some(rows) => Some(rows),
            None => self.rows.rest.recv().await.transpose()?,
        };
        let Some(rows) = rows else {
            return Ok(None);
        };
        let mut lines: Vec<Vec<Value>> = rows
            .iter()
            .map(|_| Vec::with_capacity(self.columns.len()))
            .collect();
        for column in &self.columns {
            let names = if let ColumnKind::Relation { .. } = column.kind {
                let mut ids: Vec<i64> = rows
                    .iter()
                    .filter_map(|row| row.cell(self.table, column).as_i64())
                    .collect();
                ids.sort_unstable();
                ids.dedup();
                self.app.store().tables().names(column, &ids).await?
            } else {
                std::collections::HashMap::new()
            };
            for (row, line) in rows.iter().zip(&mut lines) {
                let cell = row.cell(self.table, column);
                line.push(match (column.kind, cell.as_i64()) {
                    (ColumnKind::Relation { .. }, Some(id)) => Value::Text(
                        names
                            .get(&id)
                            .filter(|n| !n.is_empty())
                            .cloned()
                            .unwrap_or_else(|| id.to_string()),
                    ),
                    (ColumnKind::Money | ColumnKind::Int | ColumnKind::Id, Some(number)) => {
                        Value::Number(number)
                    }
                    _ => cells::moment_of(column, cell)
                        .unwrap_or_else(|| Value::Text(cells::for_people(column, cell))),
                });
            }
        }
        Ok(Some(lines))
    }
}

fn csv(lines: Lines) -> Body {
    let heads: Vec<Value> = lines.heads().into_iter().map(Value::Text).collect();
    let first = Some(format!("{CSV_MARK}{}", csv_line(&heads)));
    Body::from_stream(stream::try_unfold(
        (lines, first),
        |(mut lines, first)| async move {
            if let Some(first) = first {
                return Ok(Some((Bytes::from(first), (lines, None))));
            }
            let some = lines.next().await.map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(some.map(|some| {
                (
                    Bytes::from(some.iter().map(|line| csv_line(line)).collect::<String>()),
                    (lines, None),
                )
            }))
        },
    ))
}

/// What an XLSX answer is doing.
enum Writing {
    Rows(Box<Lines>),
    File(tokio::fs::File, TempDir),
}

fn xlsx(lines: Lines) -> Body {
    Body::from_stream(stream::try_unfold(
        Writing::Rows(Box::new(lines)),
        |writing| async move {
            let (mut file, folder) = match writing {
                Writing::Rows(lines) => {
                    let (path, folder) = written(*lines).await?;
                    (tokio::fs::File::open(path).await?, folder)
                }
                Writing::File(file, folder) => (file, folder),
            };
            let mut piece = vec![0; PIECE];
            let count = file.read(&mut piece).await?;
            piece.truncate(count);
            Ok::<_, std::io::Error>(
                (count > 0).then(|| (Bytes::from(piece), Writing::File(file, folder))),
            )
        },
    ))
}

async fn written(mut lines: Lines) -> std::io::Result<(PathBuf, TempDir)> {
    let folder = tempfile::tempdir()?;
    let mut sheet = TableFile::new(lines.table.vi, lines.heads()).map_err(std::io::Error::other)?;
    while let Some(some) = lines.next().await.map_err(std::io::Error::other)? {
        for line in &some {
            sheet.push(line).map_err(std::io::Error::other)?;
        }
    }
    let path = folder.path().join("list.xlsx");
    let saved = path.clone();
    tokio::task::spawn_blocking(move || sheet.save(&saved))
        .await
        .map_err(std::io::Error::other)?
        .map_err(std::io::Error::other)?;
    Ok((path, folder))
}
