//! A preview of a file, which changes nothing: the good rows, and what is wrong with the others.

use std::collections::HashSet;

use askama::Template;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::importable;
use crate::domain::Service;
use crate::server::AppState;
use crate::server::admin::tables::table_of;
use crate::server::intake::ImportSheet;
use crate::server::web::cells;
use crate::server::web::field::Choice;
use crate::server::web::frame::Frame;
use crate::server::web::page::{page, page_with};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::upload::{Upload, plain_name, rows_of};
use crate::server::web::words::count;
use crate::store::catalogue::{Menu, TABLES, Table};

/// Faults and rows that a preview names one by one.
const NAMED_MAX: usize = 200;

/// Which form.
#[derive(Debug, Deserialize)]
pub struct ImportQuery {
    #[serde(default)]
    pub table: String,
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    frame: Frame,
    error: Option<String>,
    tables: Vec<Choice>,
    services: Vec<Choice>,
}

struct Named {
    number: usize,
    text: String,
    why: String,
}

#[derive(Template)]
#[template(path = "preview.html")]
struct Preview {
    frame: Frame,
    filename: String,
    good: String,
    is_empty: bool,
    faults: Vec<Named>,
    fault_count: String,
    /// Are there more than are named?
    is_cut: bool,
    heads: Vec<String>,
    sample: Vec<(usize, Vec<String>)>,
    rows: String,
}

/// The form.
pub async fn form(person: Person, Query(wanted): Query<ImportQuery>) -> Result<Response, Problem> {
    page(&form_page(&person, &wanted.table, None))
}

/// Reads the file and says what would happen.
pub async fn preview(
    State(app): State<AppState>,
    person: Person,
    mut parts: Multipart,
) -> Result<Response, Problem> {
    let Upload {
        table,
        service,
        file,
    } = Upload::read(&mut parts).await?;
    let table = importable(&person, &table)?;
    let refused = |why: String| {
        page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &form_page(&person, table.name, Some(why)),
        )
    };
    let Some((name, bytes)) = file.filter(|(_, bytes)| !bytes.is_empty()) else {
        return refused("Chọn một tệp .xlsx hoặc .csv.".to_owned());
    };
    let filename = plain_name(&name);
    let read = tokio::task::spawn_blocking(move || rows_of(&name, &bytes))
        .await
        .map_err(|_| Problem::broken())?;
    let sheet = match read.and_then(|rows| ImportSheet::of(table, service, &filename, rows)) {
        Ok(sheet) => sheet,
        Err(why) => return refused(why),
    };
    let (good, faults) = sorted(&app, &sheet).await?;
    page(&preview_page(&person, &sheet, filename, &good, &faults))
}

fn form_page(person: &Person, table: &str, error: Option<String>) -> ImportPage {
    // Jobs first: they are brought in most.
    let mut allowed: Vec<&Table> = TABLES
        .into_iter()
        .filter(|t| t.is_importable && person.may_table(t, Right::Import))
        .collect();
    allowed.sort_by_key(|t| {
        t.menu
            .map(|(menu, place)| (Menu::ALL.iter().position(|m| *m == menu), place))
    });
    let choice = |value: &str, label: &str, chosen: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_chosen: value == chosen,
    };
    ImportPage {
        frame: Frame::of(person, "Nhập tệp", "import"),
        error,
        tables: allowed
            .iter()
            .map(|t| choice(t.name, t.vi, table))
            .collect(),
        services: Service::ALL
            .iter()
            .map(|s| choice(s.spec().wire, s.spec().title, "gach_dien_evn"))
            .collect(),
    }
}

fn preview_page(
    person: &Person,
    sheet: &ImportSheet,
    filename: String,
    good: &ImportSheet,
    faults: &[(usize, String)],
) -> Preview {
    let named = |(number, why): &(usize, String)| Named {
        number: *number,
        text: sheet
            .rows
            .iter()
            .find(|(n, _)| n == number)
            .map_or_else(String::new, |(_, cells)| cells.join(" · ")),
        why: why.clone(),
    };
    Preview {
        frame: Frame::of(person, "Xem trước khi nhập", "import"),
        filename,
        good: count(i64::try_from(good.rows.len()).unwrap_or(0)),
        is_empty: good.rows.is_empty(),
        fault_count: count(i64::try_from(faults.len()).unwrap_or(0)),
        is_cut: faults.len() > NAMED_MAX,
        faults: faults.iter().take(NAMED_MAX).map(named).collect(),
        heads: good
            .columns
            .iter()
            .flatten()
            .map(|name| label(&good.table, name))
            .collect(),
        sample: good
            .rows
            .iter()
            .take(20)
            .map(|(n, cells)| (*n, ours(good, cells)))
            .collect(),
        rows: serde_json::to_string(good).unwrap_or_default(),
    }
}

fn ours(sheet: &ImportSheet, cells: &[String]) -> Vec<String> {
    sheet
        .columns
        .iter()
        .enumerate()
        .filter(|(_, c)| c.is_some())
        .map(|(at, name)| {
            let text = cells.get(at).map_or("", String::as_str);
            as_read(&sheet.table, name.as_deref().unwrap_or_default(), text)
        })
        .collect()
}

/// What a cell means, where it means something: a sum in groups, a day as days are written.
fn as_read(table: &str, name: &str, text: &str) -> String {
    let column = table_of(table)
        .ok()
        .and_then(|table| Some((table, table.column(name)?)));
    column
        .and_then(|(table, column)| cells::as_read(table, column, text))
        .unwrap_or_else(|| text.to_owned())
}

fn label(table: &str, name: &str) -> String {
    table_of(table)
        .ok()
        .and_then(|t| t.column(name))
        .map_or_else(|| name.to_owned(), |c| c.vi.to_owned())
}

/// Good rows, and the others with what is wrong: faults, repeats within the file, what is open
/// already.
pub(super) async fn sorted(
    app: &AppState,
    sheet: &ImportSheet,
) -> Result<(ImportSheet, Vec<(usize, String)>), Problem> {
    let mut good = ImportSheet {
        rows: Vec::new(),
        ..sheet.clone()
    };
    let (mut faults, mut seen, mut jobs) = (Vec::new(), HashSet::new(), Vec::new());
    for (number, cells) in &sheet.rows {
        let checked = if sheet.is_jobs() {
            sheet.job(cells).map(Some)
        } else {
            sheet.fields(cells).map(|_| None)
        };
        match checked {
            Err(why) => faults.push((*number, why)),
            Ok(_) if !seen.insert(sheet.identity(cells)) => {
                faults.push((*number, "trùng với một dòng ở trên".to_owned()));
            }
            Ok(job) => {
                jobs.extend(job);
                good.rows.push((*number, cells.clone()));
            }
        }
    }
    if sheet.is_jobs() {
        let open = app.store().jobs().already_open(&jobs).await?;
        let mut open = open.into_iter();
        good.rows.retain(|(number, _)| {
            let is_open = open.next().unwrap_or(false);
            if is_open {
                faults.push((*number, "đã có một việc đang mở giống hệt".to_owned()));
            }
            !is_open
        });
    }
    faults.sort_by_key(|(number, _)| *number);
    Ok((good, faults))
}
