//! CSV as Excel writes it: semicolons, tabs or commas between the cells.

use std::path::Path;

use super::file::{CELL_CHARS_MAX, COLUMNS_MAX, Excess, JobFileError, LINES_MAX, NumberedRows};

/// Rows of cells of a CSV text. `path` is for the words of a refusal.
pub(super) fn csv_rows(path: &Path, text: &str) -> Result<NumberedRows, JobFileError> {
    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
    let count = |c: char| first.matches(c).count();
    // An Excel of Viet Nam writes semicolons; a comma inside an amount must then not split it.
    let delimiter = [';', '\t', ',']
        .into_iter()
        .max_by_key(|c| (count(*c), *c == ';'))
        .filter(|c| count(*c) > 0);
    rows_between(path, text, delimiter.map_or(b';', |c| c as u8))
}

/// Rows of cells that this stands between.
pub(super) fn rows_between(
    path: &Path,
    text: &str,
    delimiter: u8,
) -> Result<NumberedRows, JobFileError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let line = usize::try_from(reader.position().line()).unwrap_or(usize::MAX);
        match reader.read_record(&mut record) {
            Ok(true) => {
                check(&record, rows.len()).map_err(|what| JobFileError::too_large(path, what))?;
                let number = record.position().map_or(line, |p| line_of(text, p));
                rows.push((number, record.iter().map(str::to_owned).collect()));
            }
            Ok(false) => return Ok(rows),
            // Text is valid UTF-8 and rows may differ in length, so nothing is left that could
            // fail; named all the same.
            Err(error) => rows.push((line, vec![format!("(không đọc được: {error})")])),
        }
    }
}

fn check(record: &csv::StringRecord, rows_before: usize) -> Result<(), Excess> {
    if rows_before >= LINES_MAX {
        Err(Excess::Rows(LINES_MAX))
    } else if record.len() > COLUMNS_MAX {
        Err(Excess::Columns(COLUMNS_MAX))
    } else if record
        .iter()
        .any(|cell| cell.len() > CELL_CHARS_MAX && cell.chars().count() > CELL_CHARS_MAX)
    {
        Err(Excess::CellLength(CELL_CHARS_MAX))
    } else {
        Ok(())
    }
}

/// The line that a record begins on. The reader counts from before the empty lines that it passes
/// over.
fn line_of(text: &str, position: &csv::Position) -> usize {
    let from = usize::try_from(position.byte()).unwrap_or(0);
    let passed = text
        .as_bytes()
        .get(from..)
        .unwrap_or(&[])
        .iter()
        .take_while(|b| matches!(b, b'\r' | b'\n'))
        .filter(|b| **b == b'\n')
        .count();
    usize::try_from(position.line()).unwrap_or(0) + passed
}
