//! The audit trail of a row, in words.

use serde_json::Value as Json;

use super::links::name_of;
use crate::server::AppState;
use crate::server::web::cells;
use crate::server::web::problem::Problem;
use crate::server::web::words::time;
use crate::store::catalogue::house::AUDIT;
use crate::store::catalogue::people::{ACCOUNTS, accounts};
use crate::store::catalogue::{AuditAction, Column, ColumnKind, TABLES, Table};
use crate::store::tables::TableRow;

/// Entries of a row's trail.
const TRAIL_MAX: u32 = 50;

/// An entry of the trail.
pub struct Trace {
    /// When.
    pub at: String,
    /// Who.
    pub who: String,
    /// What, in words.
    pub action: String,
    /// Column, what it was, what it is.
    pub changes: Vec<(String, String, String)>,
}

type Cells = serde_json::Map<String, Json>;

/// What happened to a row, in words.
pub async fn trail_of(
    app: &AppState,
    table: &'static Table,
    id: i64,
) -> Result<Vec<Trace>, Problem> {
    let mut trail = Vec::new();
    for entry in app.store().audit().of_row(table, id, TRAIL_MAX).await? {
        trail.push(Trace {
            at: time(entry.at),
            changes: changes(app, table, &entry.before, &entry.after).await?,
            who: entry.who,
            action: action_label(&entry.action),
        });
    }
    Ok(trail)
}

/// The column that a name in the trail means: a user's role and status are kept with the account.
fn trail_column(table: &Table, name: &str) -> Option<&'static Column> {
    let is_accounts =
        table.is_people && [accounts::ROLE.name, accounts::STATUS.name].contains(&name);
    if is_accounts { &ACCOUNTS } else { table }.column(name)
}

async fn shown(
    app: &AppState,
    column: Option<&'static Column>,
    value: &Json,
) -> Result<String, Problem> {
    Ok(match (column, value) {
        (_, Json::Null) => String::new(),
        (Some(column), Json::Number(id)) if matches!(column.kind, ColumnKind::Relation { .. }) => {
            name_of(app, column, id.as_i64())
                .await?
                .unwrap_or_else(|| format!("#{id}"))
        }
        (Some(column), value) => cells::for_people(column, value),
        (None, Json::String(text)) => text.clone(),
        (None, Json::Bool(is)) => if *is { "có" } else { "không" }.to_owned(),
        (None, other) => other.to_string(),
    })
}

/// Column, what it was, what it is: where the two differ.
async fn changes(
    app: &AppState,
    table: &Table,
    before: &Cells,
    after: &Cells,
) -> Result<Vec<(String, String, String)>, Problem> {
    let mut changed = Vec::new();
    for name in after
        .keys()
        .chain(before.keys().filter(|name| !after.contains_key(*name)))
    {
        let column = trail_column(table, name);
        if column.is_some_and(|c| c.secret) {
            continue;
        }
        let (was, is) = (
            shown(app, column, before.get(name).unwrap_or(&Json::Null)).await?,
            shown(app, column, after.get(name).unwrap_or(&Json::Null)).await?,
        );
        if was != is {
            changed.push((
                column.map_or_else(|| name.clone(), |c| c.vi.to_owned()),
                was,
                is,
            ));
        }
    }
    Ok(changed)
}

/// What an action of the trail is called.
fn action_label(action: &str) -> String {
    AuditAction::of(action).map_or_else(|| action.to_owned(), |known| known.label().to_owned())
}

/// What an entry of the trail says, column by column.
pub(super) async fn changes_in(
    app: &AppState,
    table: &'static Table,
    row: &TableRow,
) -> Result<Vec<(String, String, String)>, Problem> {
    if !table.is(&AUDIT) {
        return Ok(Vec::new());
    }
    let (entry, about) = app.store().audit().entry(row.id).await?;
    let about = about
        .and_then(|(name, _)| TABLES.into_iter().find(|t| t.name == name))
        .unwrap_or(table);
    changes(app, about, &entry.before, &entry.after).await
}
