//! One cell becomes a form in its place in the list, and is saved there.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::cell_view::{CellView, cell_view};
use super::field::field;
use super::table_of;
use crate::server::AppState;
use crate::server::admin::reach::may_touch;
use crate::server::web::cells;
use crate::server::web::extract::PathParam;
use crate::server::web::field::Field;
use crate::server::web::form::FormData;
use crate::server::web::page::{page, page_with};
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::StoreError;
use crate::store::catalogue::{Column, Table};

#[derive(Template)]
#[template(path = "cell_form.html")]
struct CellForm {
    table: &'static str,
    id: i64,
    version: i64,
    field: Field,
}

#[derive(Template)]
#[template(path = "cell.html")]
struct CellShown {
    cell: CellView,
}

/// A column of it that a form may write.
fn editable(
    person: &Person,
    table: &'static Table,
    name: &str,
) -> Result<&'static Column, Problem> {
    table
        .column(name)
        .filter(|c| person.may_write(table, c))
        .ok_or_else(Problem::no_page)
}

/// One cell as a form.
pub async fn cell_form(
    State(app): State<AppState>,
    person: Person,
    PathParam((table, id, column)): PathParam<(String, i64, String)>,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    let column = editable(&person, table, &column)?;
    may_touch(&app, &person, table, &[id]).await?;
    let row = app.store().tables().fetch(table, id).await?;
    let field = field(
        &app,
        table,
        column,
        cells::for_form(column, row.cell(table, column)),
    )
    .await?;
    page(&CellForm {
        table: table.name,
        id,
        version: row.version,
        field,
    })
}

/// Saves one cell.
pub async fn cell_save(
    State(app): State<AppState>,
    person: Person,
    PathParam((table, id, column)): PathParam<(String, i64, String)>,
    form: FormData,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    let column = editable(&person, table, &column)?;
    may_touch(&app, &person, table, &[id]).await?;
    let sent = form.exact("value").to_owned();
    let version = form.number("version").unwrap_or(-1);
    let wrong = match cells::read(table, column, &sent) {
        Ok(text) => match app
            .store()
            .tables()
            .change(
                table,
                id,
                version,
                &vec![(column.name.to_owned(), text)],
                &person.actor(),
            )
            .await
        {
            Ok(_) => None,
            Err(StoreError::Stale) => {
                Some("Có người vừa sửa. Đây là giá trị bạn nhập; bấm Lưu để ghi đè.".to_owned())
            }
            Err(StoreError::BadValue { why, .. }) => Some(why),
            Err(last @ StoreError::LastOwner) => Some(last.to_string()),
            Err(other) => return Err(other.into()),
        },
        Err(why) => Some(why),
    };
    let row = app.store().tables().fetch(table, id).await?;
    let cell = row.cell(table, column);
    if let Some(why) = wrong {
        let mut field = field(&app, table, column, sent).await?;
        field.theirs = Some(cells::for_people(column, cell)).filter(|_| row.version != version);
        field.why = Some(why);
        return page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &CellForm {
                table: table.name,
                id,
                version: row.version,
                field,
            },
        );
    }
    let cell = cell_view(&app, &person, table, column, &row).await?;
    page(&CellShown { cell })
}
