//! Where rows are looked at, and what the rows of other tables are called.

use crate::server::AppState;
use crate::server::web::problem::Problem;
use crate::store::catalogue::house::audit;
use crate::store::catalogue::{self, Column, Screen, Table};
use crate::store::tables::TableRow;

/// Where a row is looked at.
pub fn link_of(table: &Table, id: i64) -> String {
    match table.screen {
        Screen::Machines => "/admin/machines".to_owned(),
        Screen::Imports => format!("/admin/import/{id}"),
        Screen::Letters => format!("/admin/letters/{id}"),
        Screen::Payments => format!("/admin/payments/{id}"),
        Screen::List | Screen::Jobs | Screen::People => {
            format!("/admin/t/{}/{id}", table.name)
        }
    }
}

/// The row that an entry of the trail tells of, from its number there.
pub fn trail_link(table: &Table, column: &Column, row: &TableRow) -> Option<String> {
    if *column != audit::ROW_ID {
        return None;
    }
    let id = row.cell(table, column).as_i64()?;
    let about = catalogue::table(row.cell(table, &audit::TABLE_NAME).as_str()?)?;
    Some(link_of(about, id))
}

/// What the row that a relation points to is called; nothing where there is none, or it has no
/// name.
pub async fn name_of(
    app: &AppState,
    column: &Column,
    id: Option<i64>,
) -> Result<Option<String>, Problem> {
    Ok(app
        .store()
        .tables()
        .names(column, id.as_slice())
        .await?
        .into_values()
        .next()
        .filter(|name| !name.is_empty()))
}
