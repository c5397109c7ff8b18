//! The fields of a form: what is asked for a column, what was sent, what is wrong with it.

use super::links::name_of;
use crate::server::AppState;
use crate::server::web::cells;
use crate::server::web::field::{Choice, Field};
use crate::server::web::form::FormData;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::{Column, ColumnKind, Table};
use crate::store::tables::{Fields, TableRow};

/// What is asked for one field, with what stands in it.
pub(super) async fn field(
    app: &AppState,
    table: &Table,
    column: &'static Column,
    value: String,
) -> Result<Field, Problem> {
    let (shape, choices, label) = match column.kind {
        ColumnKind::Bool => ("yes_no", Vec::new(), String::new()),
        ColumnKind::LongText => ("long", Vec::new(), String::new()),
        ColumnKind::Money | ColumnKind::Decimal => ("money", Vec::new(), String::new()),
        ColumnKind::Int | ColumnKind::Id => ("number", Vec::new(), String::new()),
        ColumnKind::Choice(all) => {
            let choice = |(wire, label): &(&str, &str)| Choice {
                value: (*wire).to_owned(),
                label: (*label).to_owned(),
                is_chosen: *wire == value,
            };
            ("choice", all.iter().map(choice).collect(), String::new())
        }
        ColumnKind::Relation { .. } => (
            "pick",
            Vec::new(),
            name_of(app, column, value.parse().ok())
                .await?
                .unwrap_or_default(),
        ),
        ColumnKind::Date | ColumnKind::TimeMs | ColumnKind::OldTime => {
            ("time", Vec::new(), String::new())
        }
        ColumnKind::Text(_) => ("text", Vec::new(), String::new()),
    };
    let is_needed = !column.nullable
        && column.default.is_none()
        && !table.name.is_empty()
        && column.kind != ColumnKind::Bool;
    Ok(Field {
        name: column.name,
        vi: column.vi,
        shape,
        value,
        label,
        choices,
        is_needed,
        why: None,
        theirs: None,
    })
}

pub(super) async fn fields_of(
    app: &AppState,
    person: &Person,
    table: &'static Table,
    row: Option<&TableRow>,
    given: &FormData,
) -> Result<Vec<Field>, Problem> {
    let mut fields = Vec::new();
    for column in table.columns.iter().filter(|c| person.may_write(table, c)) {
        let value = match row {
            Some(row) => cells::for_form(column, row.cell(table, column)),
            None if given.has(column.name) => given.text(column.name).to_owned(),
            // A default that is a plain value stands in the new form.
            None => column
                .default
                .map(|d| d.trim_matches('\'').to_owned())
                .unwrap_or_default(),
        };
        fields.push(field(app, table, column, value).await?);
    }
    Ok(fields)
}

/// What a form says, column by column: only those that a form may write.
pub(super) fn read_form(
    person: &Person,
    table: &'static Table,
    form: &FormData,
) -> (Fields, Vec<(&'static str, String)>) {
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for column in table.columns.iter().filter(|c| person.may_write(table, c)) {
        // A box that is not ticked is not sent.
        if !form.has(column.name) && column.kind != ColumnKind::Bool {
            continue;
        }
        match cells::read(table, column, form.exact(column.name)) {
            Ok(text) => good.push((column.name.to_owned(), text)),
            Err(why) => wrong.push((column.name, why)),
        }
    }
    (good, wrong)
}

/// The form as it was sent, with what is wrong in it.
pub(super) async fn as_sent(
    app: &AppState,
    person: &Person,
    table: &'static Table,
    form: &FormData,
    wrong: &[(&'static str, String)],
) -> Result<Vec<Field>, Problem> {
    let mut fields = Vec::new();
    for column in table.columns.iter().filter(|c| person.may_write(table, c)) {
        let mut shown = field(app, table, column, form.exact(column.name).to_owned()).await?;
        shown.why = wrong
            .iter()
            .find(|(name, _)| *name == column.name)
            .map(|(_, why)| why.clone());
        fields.push(shown);
    }
    Ok(fields)
}
