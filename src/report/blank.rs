//! A file to fill in: the titles that are understood when it comes back, and cells that keep what is typed.
//!
//! A spreadsheet takes a code for a number and its leading zeros away: columns of codes are text from the start.

use rust_xlsxwriter::{DataValidation, Format, Note, Workbook, XlsxError};

/// Rows that are made ready: more are typed all the same, only without the help.
const ROWS: u32 = 5_000;
/// A spreadsheet takes no longer list of choices.
const CHOICES_CHARS_MAX: usize = 255;
const ROW_HEIGHT: f64 = 22.0;

/// What a column takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlankKind {
    /// Codes, numbers of phones, names: kept letter by letter.
    Text,
    /// Whole đồng, shown in groups.
    Money,
    /// A day.
    Day,
    /// One of these words.
    Choice(Vec<String>),
}

impl BlankKind {
    /// One of these words.
    pub fn choice(words: &[&str]) -> Self {
        Self::Choice(words.iter().map(|word| (*word).to_owned()).collect())
    }
}

/// A column of a file to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlankColumn {
    /// Its title.
    pub title: String,
    /// What it takes.
    pub kind: BlankKind,
    /// Has every row to say it?
    pub is_needed: bool,
    /// What stands there, for whoever points at the title.
    pub note: String,
}

impl BlankColumn {
    /// A column that may stay empty.
    pub fn new(title: &str, kind: BlankKind, note: &str) -> Self {
        Self {
            title: title.to_owned(),
            kind,
            is_needed: false,
            note: note.to_owned(),
        }
    }

    /// One that every row has to fill.
    #[must_use]
    pub fn needed(mut self) -> Self {
        self.is_needed = true;
        self
    }
}

/// The file's bytes.
pub fn blank(title: &str, columns: &[BlankColumn]) -> Result<Vec<u8>, XlsxError> {
    let head = Format::new().set_bold().set_background_color(0x00E7_EEF7);
    let needed = head.clone().set_background_color(0x00FF_E8B3);
    let mut book = Workbook::new();
    let page = book.add_worksheet().set_name(title)?;
    page.set_freeze_panes(1, 0)?.set_row_height(0, ROW_HEIGHT)?;
    for (at, column) in (0_u16..).zip(columns) {
        let head = if column.is_needed { &needed } else { &head };
        page.write_string_with_format(0, at, &column.title, head)?;
        let width = column.title.chars().count().clamp(12, 40) + 4;
        page.set_column_width(at, f64::from(u8::try_from(width).unwrap_or(44)))?;
        let form = match column.kind {
            BlankKind::Money => Format::new().set_num_format("#,##0"),
            BlankKind::Day => Format::new().set_num_format("dd/mm/yyyy"),
            BlankKind::Text | BlankKind::Choice(_) => Format::new().set_num_format("@"),
        };
        page.set_column_format(at, &form)?;
        if !column.note.is_empty() {
            page.insert_note(0, at, &Note::new(&column.note).add_author_prefix(false))?;
        }
        if let BlankKind::Choice(words) = &column.kind
            && words
                .iter()
                .map(|word| word.chars().count() + 1)
                .sum::<usize>()
                <= CHOICES_CHARS_MAX
        {
            let choices = DataValidation::new().allow_list_strings(words)?;
            page.add_data_validation(1, at, ROWS, at, &choices)?;
        }
    }
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{NumberedRows, read_rows};

    fn read(bytes: &[u8]) -> NumberedRows {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.xlsx");
        std::fs::write(&path, bytes).expect("written");
        read_rows(&path).expect("rows")
    }

    #[test]
    fn its_titles_are_all_that_stands_in_it() {
        let columns = [
            BlankColumn::new("Mã", BlankKind::Text, "giữ số 0 ở đầu").needed(),
            BlankColumn::new("Số tiền", BlankKind::Money, ""),
            BlankColumn::new("Ngày", BlankKind::Day, ""),
            BlankColumn::new("Dịch vụ", BlankKind::choice(&["Gạch điện EVN"]), ""),
            // A list that no spreadsheet takes is left out, the column is not.
            BlankColumn::new("Dài", BlankKind::Choice(vec!["x".repeat(300)]), ""),
        ];
        let bytes = blank("Việc", &columns).expect("a file");
        let titles = ["Mã", "Số tiền", "Ngày", "Dịch vụ", "Dài"].map(str::to_owned);
        assert_eq!(read(&bytes), [(1, titles.to_vec())]);
    }
}
