//! Any table as a file: what the web admin hands out.
//!
//! A cell of a CSV file that a spreadsheet would take for a formula gets an apostrophe before it;
//! in an XLSX file it is written as text, which no program computes.

use std::borrow::Cow;
use std::path::Path;

use jiff::civil::{Date, DateTime};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, XlsxError};

/// A sheet holds at most 1,048,576 rows; a round number below it begins the next one.
const SHEET_MAX: u32 = 1_000_000;

/// A value of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Number(i64),
    /// A day.
    Day(Date),
    /// A moment, as the clock on the wall showed it.
    Moment(DateTime),
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
            Value::Day(day) => line.push_str(&day.strftime("%d/%m/%Y").to_string()),
            Value::Moment(at) => line.push_str(&at.strftime("%d/%m/%Y %H:%M:%S").to_string()),
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
    day: Format,
    moment: Format,
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
            day: Format::new().set_num_format("dd/mm/yyyy"),
            moment: Format::new().set_num_format("dd/mm/yyyy hh:mm:ss"),
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
            .set_name(name)?
            // The titles stay where the rows are scrolled.
            .set_freeze_panes(1, 0)?;
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
            self.filter()?;
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
                Value::Day(day) => match excel_day(*day) {
                    Some(day) => {
                        page.write_datetime_with_format(self.row, column, day, &self.day)?
                    }
                    None => page.write_string(self.row, column, day.to_string())?,
                },
                Value::Moment(at) => match excel_moment(*at) {
                    Some(at) => {
                        page.write_datetime_with_format(self.row, column, at, &self.moment)?
                    }
                    None => page.write_string(self.row, column, at.to_string())?,
                },
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

    /// A filter on every title of the sheet.
    fn filter(&mut self) -> Result<(), XlsxError> {
        let last = u16::try_from(self.heads.len().saturating_sub(1)).unwrap_or(u16::MAX);
        if self.row > 1 {
            let page = self.book.worksheet_from_index(self.sheets - 1)?;
            page.autofilter(0, 0, self.row - 1, last)?;
        }
        Ok(())
    }

    /// Writes it.
    pub fn save(mut self, path: &Path) -> Result<(), XlsxError> {
        self.filter()?;
        self.book.save(path)
    }
}

/// `None`: before 1900 or after 9999, which a spreadsheet does not know.
fn excel_day(day: Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(day.year()).ok()?;
    let part = |number: i8| u8::try_from(number).ok();
    ExcelDateTime::from_ymd(year, part(day.month())?, part(day.day())?).ok()
}

fn excel_moment(at: DateTime) -> Option<ExcelDateTime> {
    let part = |number: i8| u8::try_from(number).ok();
    let hour = u16::try_from(at.hour()).ok()?;
    excel_day(at.date())?
        .and_hms(hour, part(at.minute())?, part(at.second())?)
        .ok()
}

#[cfg(test)]
mod tests {
    use calamine::Reader as _;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_date_is_a_date_in_the_file_and_titles_can_be_filtered_by() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("list.xlsx");
        let mut file =
            TableFile::new("Việc", vec!["Mã".into(), "Lúc".into(), "Ngày".into()]).expect("a file");
        let at = date(2026, 11, 26).at(10, 31, 5, 0);
        let row = [
            Value::Text("PE0001".into()),
            Value::Moment(at),
            Value::Day(at.date()),
        ];
        file.push(&row).expect("a row");
        assert_eq!(csv_line(&row), "PE0001;26/11/2026 10:31:05;26/11/2026\r\n");
        file.save(&path).expect("saved");
        let mut book: calamine::Xlsx<_> = calamine::open_workbook(&path).expect("a workbook");
        let sheet = book.worksheet_range("Việc").expect("a sheet");
        for column in [1, 2] {
            let cell = sheet.get_value((1, column));
            assert!(
                matches!(cell, Some(calamine::Data::DateTime(_))),
                "{cell:?}"
            );
        }
        let mut packed =
            zip::ZipArchive::new(std::fs::File::open(&path).expect("open")).expect("zip");
        let page =
            std::io::read_to_string(packed.by_name("xl/worksheets/sheet1.xml").expect("sheet"))
                .expect("text");
        assert!(
            page.contains("<autoFilter ref=\"A1:C2\"") && page.contains("frozen"),
            "{page}"
        );
    }

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
