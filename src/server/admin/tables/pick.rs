//! Pick lists: the rows that a relation can point to.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::table_of;
use crate::server::AppState;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::page::page;
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::{self, ColumnKind};

/// Rows of a pick list.
const PICK_MAX: u32 = 20;

#[derive(Template)]
#[template(path = "picked.html")]
struct Picked {
    found: Vec<(i64, String)>,
}

/// Rows of a relation, for a pick list.
pub async fn pick(
    State(app): State<AppState>,
    person: Person,
    PathParam((table, column)): PathParam<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    let column = table
        .column(&column)
        .filter(|c| !c.secret)
        .ok_or_else(Problem::no_page)?;
    let ColumnKind::Relation { table: other, .. } = column.kind else {
        return Err(Problem::no_page());
    };
    // Who may edit the row may see by name what it can point to, and nothing more.
    let may_see = catalogue::table(other).is_some_and(|other| person.may_table(other, Right::See));
    if !person.may_table(table, Right::Edit) && !may_see {
        return Err(Problem::forbidden());
    }
    let query = FormData(
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
    );
    let words = query
        .0
        .iter()
        .find(|(name, _)| name.starts_with("q."))
        .map_or("", |(_, v)| v.as_str());
    page(&Picked {
        found: app
            .store()
            .tables()
            .pick_list(column, words, person.account.payee, !may_see, PICK_MAX)
            .await?,
    })
}
