//! Job files: JSON in both forms of the API, CSV, text lines, XLSX. A bad row is named by its
//! number and its reason.

use std::path::Path;

use super::delimited::{csv_rows, rows_between};
use super::file::{Excess, FileKind, JobFileError, LINES_MAX, NumberedRows, text_of};
use super::spreadsheet::sheet_rows;
use super::titles::{JobColumn, Titles, looks_like_titles, named};
use crate::client::payload;
use crate::domain::job::{Defaults, JobList, RawJob};
use crate::domain::phone::with_zero;
use crate::domain::{AccountKind, Intake, Service};

/// Reads a job file by its ending. `defaults` fill what rows leave out and win over what the file
/// says for all.
pub fn read_file(
    path: &Path,
    service: Service,
    defaults: Defaults,
) -> Result<Intake, JobFileError> {
    let kind = FileKind::of(path)?;
    let list = match kind {
        FileKind::Json => return read_json(path, service, defaults),
        FileKind::Text => {
            let text = text_of(path, kind)?;
            if text.lines().nth(LINES_MAX).is_some() {
                return Err(JobFileError::too_large(path, Excess::Rows(LINES_MAX)));
            }
            JobList::from_lines(service, defaults, &text)
        }
        FileKind::Csv | FileKind::Spreadsheet => {
            JobList::check(service, defaults, jobs_of(path, service, read_rows(path)?)?)
        }
    };
    Ok(Intake {
        list,
        ..Intake::default()
    })
}

/// Rows of a file, each with its number: CSV however Excel wrote it, or the first sheet that has
/// any.
pub fn read_rows(path: &Path) -> Result<NumberedRows, JobFileError> {
    match FileKind::of(path)? {
        kind @ (FileKind::Csv | FileKind::Text) => csv_rows(path, &text_of(path, kind)?),
        FileKind::Spreadsheet => sheet_rows(path),
        FileKind::Json => Err(JobFileError::Kind(path.to_owned())),
    }
}

/// Rows of a table that was copied elsewhere, as Excel puts it into the clipboard: tabs between the
/// cells. `name` stands for it in the words of a refusal.
pub fn read_pasted(name: &str, service: Service, text: &str) -> Result<Vec<RawJob>, JobFileError> {
    let name = Path::new(name);
    jobs_of(name, service, rows_between(name, text, b'\t')?)
}

fn read_json(path: &Path, service: Service, defaults: Defaults) -> Result<Intake, JobFileError> {
    let text = text_of(path, FileKind::Json)?;
    let value = serde_json::from_str(&text).map_err(|source| JobFileError::Json {
        path: path.to_owned(),
        source,
    })?;
    payload::read(service, defaults, &value).map_err(|source| JobFileError::Payload {
        path: path.to_owned(),
        source,
    })
}

/// Rows of cells as raw jobs, by the line of titles where there is one.
fn jobs_of(path: &Path, service: Service, rows: NumberedRows) -> Result<Vec<RawJob>, JobFileError> {
    let without_account = |titles: &[String]| JobFileError::NoAccountColumn {
        path: path.to_owned(),
        titles: named(titles),
    };
    let titles = Titles::find(&rows, JobColumn::of);
    let (first, columns) = match titles {
        Some(titles) if titles.columns.contains(&Some(JobColumn::Account)) => {
            (titles.at + 1, Some(titles.columns))
        }
        Some(titles) => return Err(without_account(&rows[titles.at].1)),
        None => match rows.first() {
            Some((_, cells)) if looks_like_titles(cells) => return Err(without_account(cells)),
            _ => (0, None),
        },
    };
    // A report of ours or of the old tool: its amounts are results, not wishes.
    let is_report = columns
        .as_ref()
        .is_some_and(|columns| columns.first() == Some(&Some(JobColumn::Other)))
        && !matches!(service, Service::TopUpMulti | Service::TopUpViettel);
    Ok(rows
        .into_iter()
        .skip(first)
        .filter(|(_, cells)| cells.iter().any(|c| !c.is_empty()))
        .map(|(number, cells)| match &columns {
            Some(columns) => by_titles(service, number, &cells, columns, is_report),
            None => without_titles(service, number, &cells),
        })
        .collect())
}

fn by_titles(
    service: Service,
    number: usize,
    cells: &[String],
    columns: &[Option<JobColumn>],
    is_report: bool,
) -> RawJob {
    let cell = |wanted: JobColumn| {
        let at = columns.iter().position(|c| *c == Some(wanted))?;
        cells.get(at).filter(|c| !c.is_empty()).cloned()
    };
    let account = account_of(service, cell(JobColumn::Account).unwrap_or_default());
    let mut raw = RawJob::from_line(service, format!("dòng {number}"), &account);
    raw.amount = cell(JobColumn::Amount)
        .filter(|_| !is_report)
        .or(raw.amount);
    raw.order_id = cell(JobColumn::Order).or(raw.order_id);
    raw.payment = cell(JobColumn::Payment);
    raw.receiver = cell(JobColumn::Receiver).map(with_zero);
    raw
}

/// Account first, then as a line of the old tool has it.
fn without_titles(service: Service, number: usize, cells: &[String]) -> RawJob {
    let filled = cells
        .iter()
        .rposition(|c| !c.is_empty())
        .map_or(0, |last| last + 1);
    let mut cells = cells[..filled].to_vec();
    if let Some(account) = cells.first_mut() {
        *account = account_of(service, std::mem::take(account));
    }
    RawJob::from_line(service, format!("dòng {number}"), &cells.join("|"))
}

/// A spreadsheet takes a phone for a number, and its zero away.
fn account_of(service: Service, text: String) -> String {
    let is_phone = service.spec().account == AccountKind::Phone
        && text.len() == 9
        && text.starts_with(['3', '5', '7', '8', '9'])
        && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_phone { format!("0{text}") } else { text }
}

#[cfg(test)]
mod tests;
