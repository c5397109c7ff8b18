//! Which columns of a list a person looks at.

use axum::extract::State;
use axum::response::Response;
use serde_json::Value as Json;

use super::request::back_to;
use super::table_of;
use crate::server::AppState;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::page::go;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::work::jobs;
use crate::store::catalogue::{Column, Table};

/// What any table has for us and hardly anybody looks at.
const QUIET: [Column; 3] = [jobs::VERSION, jobs::DELETED_AT, jobs::UPDATED_AT];
/// Columns that are shown where nobody has chosen.
const COLUMNS: usize = 8;

/// Which columns the person looks at.
pub async fn columns(
    State(app): State<AppState>,
    person: Person,
    PathParam(table): PathParam<String>,
    form: FormData,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    let chosen: Vec<&str> = form
        .all("column")
        .filter(|name| table.shown().any(|c| c.name == *name))
        .collect();
    let value = if chosen.is_empty() || form.has("reset") {
        Json::Null
    } else {
        Json::from(chosen)
    };
    app.store()
        .settings()
        .prefer(
            person.account.user_id,
            &format!("columns.{}", table.name),
            &value,
        )
        .await?;
    Ok(go(&back_to(table, &form)))
}

/// The columns that the person looks at.
pub async fn columns_of(
    app: &AppState,
    person: &Person,
    table: &'static Table,
) -> Result<Vec<&'static Column>, Problem> {
    let likings = app
        .store()
        .settings()
        .preferences(person.account.user_id)
        .await?;
    let liked = likings
        .get(&format!("columns.{}", table.name))
        .and_then(|v| v.as_array())
        .cloned()
        .unwrap_or_default();
    let mut columns: Vec<&'static Column> = liked
        .iter()
        .filter_map(|name| table.column(name.as_str()?))
        .filter(|c| !c.secret)
        .collect();
    if columns.is_empty() {
        columns = usual(table);
    }
    Ok(columns)
}

fn usual(table: &'static Table) -> Vec<&'static Column> {
    if !table.usual.is_empty() {
        return table.usual.iter().collect();
    }
    table
        .shown()
        .filter(|c| !QUIET.iter().any(|quiet| quiet.name == c.name))
        .take(COLUMNS)
        .collect()
}
