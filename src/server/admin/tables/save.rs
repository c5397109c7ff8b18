//! A row is added, saved, deleted, brought back by a form.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value as Json;

use super::field::{as_sent, fields_of, read_form};
use super::row::{new_page, row_page};
use super::table_of;
use crate::server::AppState;
use crate::server::admin::jobs::by_hand;
use crate::server::admin::reach::may_touch;
use crate::server::web::cells;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::page::{go, page, page_with};
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::StoreError;
use crate::store::catalogue::work::JOBS;
use crate::store::catalogue::{Column, ColumnKind, Table};
use crate::store::tables::parse;

/// The form of a new row.
pub async fn new(
    State(app): State<AppState>,
    person: Person,
    PathParam(table): PathParam<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    if table.is(&JOBS) {
        return by_hand::form(&person);
    }
    if !table.is_free() {
        return Err(Problem::no_page());
    }
    no_people_of_the_shop(&person, table)?;
    // A link may fill in what it knows: the order of a new line.
    let given = FormData(
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
    );
    let fields = fields_of(&app, &person, table, None, &given).await?;
    page(&new_page(&person, table, fields, None))
}

/// A new row.
pub async fn add(
    State(app): State<AppState>,
    person: Person,
    PathParam(table): PathParam<String>,
    form: FormData,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    if table.is(&JOBS) {
        return by_hand::add(&app, &person, &form).await;
    }
    no_people_of_the_shop(&person, table)?;
    let (fields, wrong) = read_form(&person, table, &form);
    if wrong.is_empty() {
        match app
            .store()
            .tables()
            .add(table, &fields, &person.actor())
            .await
        {
            Ok(id) => return Ok(go(&format!("/admin/t/{}/{id}?done=added", table.name))),
            Err(StoreError::BadValue { field, why }) => {
                let shown = new_page(
                    &person,
                    table,
                    as_sent(&app, &person, table, &form, &wrong).await?,
                    Some(format!("{field}: {why}")),
                );
                return page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown);
            }
            Err(other) => return Err(other.into()),
        }
    }
    let shown = new_page(
        &person,
        table,
        as_sent(&app, &person, table, &form, &wrong).await?,
        Some("Sửa các ô được đánh dấu rồi lưu lại.".to_owned()),
    );
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// Saves a form, unless somebody else was faster: then both are shown.
pub async fn save(
    State(app): State<AppState>,
    person: Person,
    PathParam((table, id)): PathParam<(String, i64)>,
    form: FormData,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    may_touch(&app, &person, table, &[id]).await?;
    let version = form
        .number("version")
        .ok_or_else(|| Problem::bad("Biểu mẫu thiếu phiên bản. Mở lại trang."))?;
    let (mut fields, mut wrong) = read_form(&person, table, &form);
    let row = app.store().tables().fetch(table, id).await?;
    if row.version == version {
        // Only what a person changed is written: an old row holds seconds, blanks and numbers that a form
        // cannot show, and nobody who saves another cell means to change them.
        let is_touched = |name: &str| {
            let column = table.column(name);
            column.is_none_or(|c| !is_as_shown(c, form.exact(name), row.cell(table, c)))
        };
        fields.retain(|(name, _)| is_touched(name));
        wrong.retain(|(name, _)| is_touched(name));
    }
    let (error, is_stale) = if wrong.is_empty() {
        match app.store().tables().change(table, id, version, &fields, &person.actor()).await {
            Ok(_) => return Ok(go(&format!("/admin/t/{}/{id}?done=saved", table.name))),
            Err(StoreError::Stale) => {
                ("Có người vừa sửa dòng này sau khi bạn mở. So từng ô bên dưới: lưu lại sẽ ghi đè lên bản mới.".to_owned(), true)
            }
            Err(StoreError::BadValue { field, why }) => (format!("{field}: {why}"), false),
            Err(last @ StoreError::LastOwner) => (last.to_string(), false),
            Err(other) => return Err(other.into()),
        }
    } else {
        ("Sửa các ô được đánh dấu rồi lưu lại.".to_owned(), false)
    };
    let row = app.store().tables().fetch(table, id).await?;
    let mut shown = row_page(&app, &person, table, &row).await?;
    shown.fields = as_sent(&app, &person, table, &form, &wrong).await?;
    shown.error = Some(error);
    if is_stale {
        for field in &mut shown.fields {
            let column = table.column(field.name).ok_or_else(Problem::no_page)?;
            let cell = row.cell(table, column);
            if !is_same(table, column, &field.value, cell) {
                field.theirs = Some(cells::for_people(column, cell));
            }
        }
        return page_with(StatusCode::CONFLICT, &shown);
    }
    shown.version = version;
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// A row of people without an account is the whole shop's: whoever works for one payee makes accounts.
fn no_people_of_the_shop(person: &Person, table: &Table) -> Result<(), Problem> {
    if table.is_people && person.account.payee.is_some() {
        return Err(Problem::refused(
            "Thêm người ở trang Tài khoản: tài khoản mới làm cho đúng bên nhận tiền của bạn.",
        ));
    }
    Ok(())
}

/// Does a form say just what it showed? Browsers write line ends their own way and a box is ticked or not.
fn is_as_shown(column: &Column, text: &str, cell: &Json) -> bool {
    if column.kind == ColumnKind::Bool {
        let is_ticked = !matches!(text.trim(), "" | "0");
        return is_ticked == (cell.as_i64().unwrap_or(0) != 0);
    }
    let plain = |text: &str| {
        text.replace("\r\n", "\n")
            .replace('\r', "\n")
            .trim()
            .to_owned()
    };
    plain(text) == plain(&cells::for_form(column, cell))
}

/// Does the text of a form mean what stands in the row?
fn is_same(table: &Table, column: &Column, text: &str, cell: &Json) -> bool {
    let meant = cells::read(table, column, text)
        .ok()
        .and_then(|text| parse(column, &text).ok());
    meant.map_or_else(
        || cells::for_form(column, cell) == text,
        |meant| meant == *cell,
    )
}

/// Puts a row away.
pub async fn delete(
    State(app): State<AppState>,
    person: Person,
    PathParam((table, id)): PathParam<(String, i64)>,
    form: FormData,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    may_touch(&app, &person, table, &[id]).await?;
    app.store()
        .tables()
        .delete(
            table,
            id,
            form.number("version").unwrap_or(-1),
            &person.actor(),
        )
        .await?;
    Ok(go(&format!("/admin/t/{}?done=deleted", table.name)))
}

/// Takes it back.
pub async fn restore(
    State(app): State<AppState>,
    person: Person,
    PathParam((table, id)): PathParam<(String, i64)>,
    form: FormData,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    may_touch(&app, &person, table, &[id]).await?;
    app.store()
        .tables()
        .restore(
            table,
            id,
            form.number("version").unwrap_or(-1),
            &person.actor(),
        )
        .await?;
    Ok(go(&format!("/admin/t/{}/{id}?done=restored", table.name)))
}
