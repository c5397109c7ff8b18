//! One cell as a list shows it: what it says, how it stands, where it leads.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::links::{link_of, trail_link};
use crate::domain::JobState;
use crate::server::AppState;
use crate::server::web::cells;
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::{self, Column, ColumnKind, Table, work};
use crate::store::tables::TableRow;

/// A cell.
pub struct CellView {
    /// What people call its column.
    pub vi: &'static str,
    /// What it says.
    pub text: String,
    /// How it stands and how loud it is.
    pub class: String,
    /// How loud.
    pub tone: &'static str,
    /// Makes a form of it.
    pub edit_url: Option<String>,
    /// Where it leads.
    pub link: Option<String>,
}

/// A row.
pub struct RowView {
    /// Its number.
    pub id: i64,
    /// Was it deleted?
    pub is_deleted: bool,
    /// Its cells.
    pub cells: Vec<CellView>,
}

pub(super) async fn row_views(
    app: &AppState,
    table: &'static Table,
    columns: &[&'static Column],
    rows: &[TableRow],
    person: &Person,
) -> Result<Vec<RowView>, Problem> {
    let mut names: HashMap<&str, HashMap<i64, String>> = HashMap::new();
    for column in columns
        .iter()
        .filter(|c| matches!(c.kind, ColumnKind::Relation { .. }))
    {
        let mut ids: Vec<i64> = rows
            .iter()
            .filter_map(|row| row.cell(table, column).as_i64())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        names.insert(column.name, app.store().tables().names(column, &ids).await?);
    }
    let may_edit = person.may_table(table, Right::Edit);
    let view = |row: &TableRow| RowView {
        id: row.id,
        is_deleted: row.is_deleted,
        cells: columns
            .iter()
            .map(|c| {
                view_of(
                    table,
                    c,
                    row,
                    names.get(c.name),
                    may_edit && person.may_write(table, c),
                )
            })
            .collect(),
    };
    Ok(rows.iter().map(view).collect())
}

/// One cell of a row.
pub(super) async fn cell_view(
    app: &AppState,
    person: &Person,
    table: &'static Table,
    column: &'static Column,
    row: &TableRow,
) -> Result<CellView, Problem> {
    let id = row.cell(table, column).as_i64();
    let names = app.store().tables().names(column, id.as_slice()).await?;
    let may_edit = person.may_write(table, column);
    Ok(view_of(table, column, row, Some(&names), may_edit))
}

fn view_of(
    table: &'static Table,
    column: &'static Column,
    row: &TableRow,
    names: Option<&HashMap<i64, String>>,
    may_edit: bool,
) -> CellView {
    let cell = row.cell(table, column);
    let mut text = cells::for_people(column, cell);
    let mut link = if column.kind == ColumnKind::Id {
        Some(link_of(table, row.id))
    } else {
        trail_link(table, column, row)
    };
    if let (ColumnKind::Relation { table: other, .. }, Some(id)) = (column.kind, cell.as_i64()) {
        text = names
            .and_then(|names| names.get(&id))
            .filter(|n| !n.is_empty())
            .cloned()
            .unwrap_or_else(|| format!("#{id}"));
        link = catalogue::table(other).map(|other| link_of(other, id));
    }
    if *column == work::jobs::STATE && is_doubtful(cell) {
        let id = row.cell(table, &work::jobs::PUBLIC_ID);
        link = id.as_str().map(|id| format!("/admin/review/{id}"));
    }
    if column.kind == ColumnKind::LongText && text.chars().count() > 120 {
        text = text.chars().take(119).chain(['…']).collect();
    }
    let may_edit =
        may_edit && !row.is_deleted && !matches!(column.kind, ColumnKind::Relation { .. });
    CellView {
        vi: column.vi,
        class: if text.is_empty() && !may_edit {
            format!("{} none", stands(column))
        } else {
            stands(column).to_owned()
        },
        tone: cells::tone(column, cell),
        edit_url: may_edit
            .then(|| format!("/admin/t/{}/{}/cell/{}", table.name, row.id, column.name)),
        text,
        link,
    }
}

/// Does a job in this state wait for a person?
fn is_doubtful(state: &Json) -> bool {
    state
        .as_str()
        .and_then(|wire| wire.parse().ok())
        .is_some_and(|state: JobState| matches!(state, JobState::InDoubt | JobState::Review))
}

pub(super) const fn stands(column: &Column) -> &'static str {
    match column.kind {
        ColumnKind::Money | ColumnKind::Decimal => "money",
        ColumnKind::Int => "int",
        _ => "",
    }
}
