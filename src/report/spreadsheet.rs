//! Excel files, read cell by cell as they are unpacked.
//!
//! A file of a kilobyte may say that it has a cell in the last row and column, or unpack to
//! gigabytes: nothing is laid out or kept that was not counted first, and one file is read at a
//! time.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use calamine::{Data, DataRef, Reader, Xlsx, XlsxError};

use super::file::{
    CELL_CHARS_MAX, COLUMNS_MAX, Excess, FileKind, JobFileError, NumberedRows, SHEET_ROWS_MAX,
    bytes_of,
};

/// What all parts of a file may unpack to.
const UNPACKED_MAX: u64 = 64 * 1024 * 1024;
/// Parts of a file, at most.
const PARTS_MAX: usize = 2_000;
/// Cells of a sheet, at most, with the empty ones that stand between others in a row.
const CELLS_MAX: usize = 1_000_000;
/// Text of a sheet, at most.
const TEXT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Reading takes no longer.
const TIME_MAX: Duration = Duration::from_secs(30);

/// Whoever holds it reads; the others wait, so that many files at once need the memory of one.
static READING: Mutex<()> = Mutex::new(());

/// Rows of the first sheet that has any, with cells as a person reads them.
pub(super) fn sheet_rows(path: &Path) -> Result<NumberedRows, JobFileError> {
    let _turn = READING.lock().unwrap_or_else(PoisonError::into_inner);
    let bytes = bytes_of(path, FileKind::Spreadsheet)?;
    rows_in(&bytes).map_err(|error| match error {
        Trouble::Excess(what) => JobFileError::too_large(path, what),
        Trouble::Damaged(why) => JobFileError::Xlsx {
            path: path.to_owned(),
            why,
        },
    })
}

/// Why bytes are no sheet that can be used.
#[derive(Debug)]
enum Trouble {
    Excess(Excess),
    Damaged(String),
}

impl From<Excess> for Trouble {
    fn from(what: Excess) -> Self {
        Self::Excess(what)
    }
}

impl From<XlsxError> for Trouble {
    fn from(error: XlsxError) -> Self {
        Self::Damaged(error.to_string())
    }
}

fn rows_in(bytes: &[u8]) -> Result<NumberedRows, Trouble> {
    let end = Instant::now() + TIME_MAX;
    unpack_to_nowhere(bytes, end)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes))?;
    for name in book.sheet_names() {
        let mut cells = book.worksheet_cells_reader(&name)?;
        let mut sheet = Grid::default();
        while let Some(cell) = cells.next_cell()? {
            if Instant::now() > end {
                return Err(Excess::Time(TIME_MAX.as_secs()).into());
            }
            sheet.put(cell.get_position(), cell.get_value())?;
        }
        if !sheet.rows.is_empty() {
            return Ok(sheet.numbered());
        }
    }
    Ok(Vec::new())
}

/// Unpacks every part and keeps nothing: what a file's own directory says of the sizes may be
/// anything.
fn unpack_to_nowhere(bytes: &[u8], end: Instant) -> Result<(), Trouble> {
    let damaged = |error: &dyn std::fmt::Display| Trouble::Damaged(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    if archive.len() > PARTS_MAX {
        return Err(Excess::Unpacked(UNPACKED_MAX).into());
    }
    let mut left = UNPACKED_MAX;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|e| damaged(&e))?;
        let unpacked =
            io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(|e| damaged(&e))?;
        left = left
            .checked_sub(unpacked)
            .ok_or(Excess::Unpacked(UNPACKED_MAX))?;
        if Instant::now() > end {
            return Err(Excess::Time(TIME_MAX.as_secs()).into());
        }
    }
    Ok(())
}

/// The cells that hold anything, by rows.
#[derive(Debug, Default)]
struct Grid {
    rows: BTreeMap<u32, Vec<String>>,
    cells: usize,
    text_bytes: usize,
}

impl Grid {
    /// Counts a cell and keeps it. One that is empty, however far away, is none.
    fn put(&mut self, (row, column): (u32, u32), value: &DataRef<'_>) -> Result<(), Excess> {
        // Before it is copied: a text that many cells share is one text in the file.
        if let DataRef::SharedString(text) = value {
            check_length(text)?;
        }
        let text = text_of(&Data::from(value.clone()));
        if text.is_empty() {
            return Ok(());
        }
        check_length(&text)?;
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= COLUMNS_MAX {
            return Err(Excess::Columns(COLUMNS_MAX));
        }
        if usize::try_from(row).map_or(true, |row| row >= SHEET_ROWS_MAX) {
            return Err(Excess::Rows(SHEET_ROWS_MAX));
        }
        let cells = self.rows.entry(row).or_default();
        let more = (column + 1).saturating_sub(cells.len());
        self.cells += more;
        self.text_bytes += text.len();
        if self.cells > CELLS_MAX {
            return Err(Excess::Cells(CELLS_MAX));
        }
        if self.text_bytes > TEXT_BYTES_MAX {
            return Err(Excess::Text(TEXT_BYTES_MAX));
        }
        if more > 0 {
            cells.resize(column + 1, String::new());
        }
        cells[column] = text;
        Ok(())
    }

    fn numbered(self) -> NumberedRows {
        self.rows
            .into_iter()
            .map(|(row, cells)| (row as usize + 1, cells))
            .collect()
    }
}

fn check_length(text: &str) -> Result<(), Excess> {
    if text.len() > CELL_CHARS_MAX && text.chars().count() > CELL_CHARS_MAX {
        Err(Excess::CellLength(CELL_CHARS_MAX))
    } else {
        Ok(())
    }
}

/// A cell as a person reads it: whole numbers without a point.
fn text_of(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            text.trim().to_owned()
        }
        Data::Int(number) => number.to_string(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            format!("{number:.0}")
        }
        Data::Float(number) => number.to_string(),
        Data::Error(error) => format!("(ô lỗi: {error:?})"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    /// An Excel file with this sheet and these shared strings.
    fn file(sheet: &str, strings: &str) -> Vec<u8> {
        let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let packed = "http://schemas.openxmlformats.org/package/2006/relationships";
        let parts = [
            (
                "[Content_Types].xml",
                "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"
                    .to_owned(),
            ),
            (
                "_rels/.rels",
                format!(
                    "<Relationships xmlns=\"{packed}\"><Relationship Id=\"r1\" \
                     Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
                ),
            ),
            (
                "xl/workbook.xml",
                format!(
                    "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets>\
                     <sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                format!(
                    "<Relationships xmlns=\"{packed}\">\
                     <Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
                     <Relationship Id=\"r2\" Type=\"{office}/sharedStrings\" Target=\"sharedStrings.xml\"/>\
                     </Relationships>"
                ),
            ),
            (
                "xl/worksheets/sheet1.xml",
                format!("<worksheet xmlns=\"{main}\"><sheetData>{sheet}</sheetData></worksheet>"),
            ),
            (
                "xl/sharedStrings.xml",
                format!("<sst xmlns=\"{main}\">{strings}</sst>"),
            ),
        ];
        for (name, text) in parts {
            out.start_file(name, SimpleFileOptions::default())
                .expect("a part");
            out.write_all(text.as_bytes()).expect("written");
        }
        out.finish().expect("an archive").into_inner()
    }

    fn cell(at: &str, text: &str) -> String {
        format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    }

    fn row(number: usize, cells: &str) -> String {
        format!("<row r=\"{number}\">{cells}</row>")
    }

    fn excess(bytes: &[u8]) -> Excess {
        match rows_in(bytes) {
            Err(Trouble::Excess(what)) => what,
            other => panic!("{:?}", other.map(|rows| rows.len())),
        }
    }

    #[test]
    fn a_cell_in_the_farthest_corner_is_refused_before_anything_is_laid_out() {
        let corner = row(1, &cell("A1", "Mã")) + &row(1_048_576, &cell("XFD1048576", "x"));
        let bytes = file(&corner, "");
        assert!(bytes.len() < 2_000, "a small file: {}", bytes.len());
        assert_eq!(excess(&bytes), Excess::Columns(COLUMNS_MAX));
        let deep = row(1, &cell("A1", "Mã")) + &row(1_048_576, &cell("A1048576", "x"));
        assert_eq!(excess(&file(&deep, "")), Excess::Rows(SHEET_ROWS_MAX));
    }

    #[test]
    fn a_blank_far_away_is_no_cell() {
        let sheet = row(1, &cell("A1", "Mã"))
            + &row(2, &cell("A2", "PE01"))
            + &row(1_048_576, "<c r=\"XFD1048576\" s=\"1\"/>");
        let rows = rows_in(&file(&sheet, "")).expect("rows");
        assert_eq!(
            rows,
            [(1, vec!["Mã".to_owned()]), (2, vec!["PE01".to_owned()])]
        );
    }

    #[test]
    fn what_unpacks_to_hundreds_of_times_its_size_is_refused_while_it_is_unpacked() {
        let strings = format!("<si><t>{}</t></si>", " ".repeat(190_000_000));
        let bytes = file(&row(1, &cell("A1", "Mã")), &strings);
        assert!(bytes.len() < 400_000, "a small file: {}", bytes.len());
        assert_eq!(excess(&bytes), Excess::Unpacked(UNPACKED_MAX));
    }

    #[test]
    fn many_cells_that_share_one_long_text_are_counted_by_what_they_become() {
        let shared = |index: usize, at: &str| format!("<c r=\"{at}\" t=\"s\"><v>{index}</v></c>");
        let strings = format!("<si><t>{}</t></si>", "x".repeat(CELL_CHARS_MAX));
        let sheet: String = (1..=15_000)
            .map(|n| row(n, &shared(0, &format!("A{n}"))))
            .collect();
        assert_eq!(
            excess(&file(&sheet, &strings)),
            Excess::Text(TEXT_BYTES_MAX)
        );
        let long = format!("<si><t>{}</t></si>", "x".repeat(CELL_CHARS_MAX + 1));
        assert_eq!(
            excess(&file(&row(1, &shared(0, "A1")), &long)),
            Excess::CellLength(CELL_CHARS_MAX)
        );
        let wide: String = (1..=20_000)
            .map(|n| row(n, &cell(&format!("GR{n}"), "x")))
            .collect();
        assert_eq!(excess(&file(&wide, "")), Excess::Cells(CELLS_MAX));
    }

    #[test]
    fn a_file_that_is_no_archive_says_so() {
        assert!(matches!(rows_in(b"no zip"), Err(Trouble::Damaged(_))));
    }
}
