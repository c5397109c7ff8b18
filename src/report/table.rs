//! Any table as a file: what the web admin hands out.
//!
//! A cell of a CSV file that a spreadsheet would take for a formula gets an apostrophe before it;
//! in an XLSX file it is written as text, which no program computes.

use std::borrow::Cow;
use std::path::Path;

use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// A sheet holds at most 1,048,576 rows; a round number below it begins the next one.
const SHEET_MAX: u32 = 1_000_000;

/// A value of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Number(i64),
    /// Anything else.
    Text(String),
}

/// The mark by which programs know that a CSV file is UTF-8.
pub const CSV_MARK: &str = "\u{feff}";

/// A text that no spreadsheet takes for a formula.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A line of a CSV file, with semicolons as an Excel of Viet Nam expects them.
pub fn csv_line(values: &[Value]) -> String {
    let mut line = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            line.push(';');
        }
        match value {
            Value::Number(number) => line.push_str(&number.to_string()),
            Value::Text(text) => {
                let text = harmless(text);
                let needs_quotes =
                    text.contains([';', '"', '\n', '\r', ',']) || text.starts_with([' ', '\'']);
                if needs_quotes {
                    line.extend(["\"", text.replace('"', "\"\"").as_str(), "\""]);
                } else {
                    line.push_str(&text);
                }
            }
        }
    }
    line.push_str("\r\n");
    line
}

/// An XLSX file that is written row by row; a row that was written is not kept in memory.
pub struct TableFile {
    book: Workbook,
    title: String,
    heads: Vec<String>,
    row: u32,
    sheets: usize,
    grouped: Format,
    bold: Format,
}

impl TableFile {
    /// An empty one with its heads.
    pub fn new(title: &str, heads: Vec<String>) -> Result<Self, XlsxError> {
        let title: String = title
            .chars()
            .filter(|c| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\'))
            .take(24)
            .collect();
        let (grouped, bold) = (
            Format::new().set_num_format("#,##0"),
            Format::new().set_bold(),
        );
        let mut sheet = Self {
            book: Workbook::new(),
            title,
            heads,
            row: 0,
            sheets: 0,
            grouped,
            bold,
        };
        sheet.begin()?;
        Ok(sheet)
    }

    fn begin(&mut self) -> Result<(), XlsxError> {
        self.sheets += 1;
        let name = if self.sheets == 1 {
            self.title.clone()
        } else {
            format!("{} {}", self.title, self.sheets)
        };
        let page = self
            .book
            .add_worksheet_with_constant_memory()?
            .set_name(name)?;
        for (at, head) in self.heads.iter().enumerate() {
            page.write_string_with_format(
                0,
                u16::try_from(at).unwrap_or(u16::MAX),
                head,
                &self.bold,
            )?;
        }
        self.row = 1;
        Ok(())
    }

    /// One more row.
    pub fn push(&mut self, values: &[Value]) -> Result<(), XlsxError> {
        if self.row > SHEET_MAX {
            self.begin()?;
        }
        let page = self.book.worksheet_from_index(self.sheets - 1)?;
        for (at, value) in values.iter().enumerate() {
            let column = u16::try_from(at).unwrap_or(u16::MAX);
            match value {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a spreadsheet knows no other numbers; đồng stay far below 2^53"
                )]
                Value::Number(number) => {
                    page.write_number_with_format(self.row, column, *number as f64, &self.grouped)?
                }
                Value::Text(text) if text.is_empty() => page,
                Value::Text(text) => page.write_string(
                    self.row,
                    column,
                    text.chars().take(32_000).collect::<String>(),
                )?,
            };
        }
        self.row += 1;
        Ok(())
    }

    /// Writes it.
    pub fn save(mut self, path: &Path) -> Result<(), XlsxError> {
        self.book.save(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_is_computed() {
        for formula in ["=1+1", "+84901", "-2", "@SUM(A1)", "\tx", "\rx"] {
            assert!(harmless(formula).starts_with('\''), "{formula:?}");
        }
        let text = |t: &str| Value::Text(t.to_owned());
        assert_eq!(
            csv_line(&[
                Value::Number(-5),
                text("=1;2"),
                text("Nguyễn \"A\""),
                text("")
            ]),
            "-5;\"'=1;2\";\"Nguyễn \"\"A\"\"\";\r\n"
        );
    }
}
