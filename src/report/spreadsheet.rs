//! Excel files, read cell by cell as they are unpacked.
//!
//! A file of a kilobyte may say that it has a cell in the last row and column, or unpack to
//! gigabytes: nothing is laid out or kept that was not counted first, and one file is read at a
//! time.

mod hidden;

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use calamine::{Data, DataRef, Reader, SheetVisible, Xlsx, XlsxError};

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
        Trouble::Hidden { count, first } => JobFileError::HiddenRows {
            path: path.to_owned(),
            count,
            first,
        },
    })
}

/// Why bytes are no sheet that can be used.
#[derive(Debug)]
enum Trouble {
    Excess(Excess),
    Damaged(String),
    /// Rows hold something and are hidden.
    Hidden {
        count: usize,
        first: usize,
    },
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
    for (at, name) in shown_first(&book) {
        let mut cells = book.worksheet_cells_reader(&name)?;
        let mut sheet = Grid::default();
        while let Some(cell) = cells.next_cell()? {
            if Instant::now() > end {
                return Err(Excess::Time(TIME_MAX.as_secs()).into());
            }
            sheet.put(cell.get_position(), cell.get_value())?;
        }
        if !sheet.rows.is_empty() {
            let hidden = hidden::rows_of_sheet(bytes, at).map_err(Trouble::Damaged)?;
            let mut unseen = sheet.rows.keys().filter(|row| hidden.contains(row));
            if let Some(first) = unseen.next() {
                return Err(Trouble::Hidden {
                    count: unseen.count() + 1,
                    first: *first as usize + 1,
                });
            }
            return Ok(sheet.numbered());
        }
    }
    Ok(Vec::new())
}

/// The sheets, each with its place in the book: those that a person sees before those that are hidden.
fn shown_first<R: Read + io::Seek>(book: &Xlsx<R>) -> Vec<(usize, String)> {
    let mut sheets: Vec<_> = book.sheets_metadata().iter().enumerate().collect();
    sheets.sort_by_key(|(_, sheet)| sheet.visible != SheetVisible::Visible);
    sheets
        .into_iter()
        .map(|(at, sheet)| (at, sheet.name.clone()))
        .collect()
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

/// Stands where a code was typed as a number of more digits than a spreadsheet keeps.
pub const CUT_NUMBER: &str =
    "(số quá 15 chữ số, bảng tính đã cắt: định dạng cột là Văn bản rồi nhập lại)";

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
        // A spreadsheet keeps fifteen digits of a number: what follows is not what somebody typed.
        Data::Float(number) if number.abs() >= 1e15 => CUT_NUMBER.to_owned(),
        Data::Float(number) => number.to_string(),
        // As the sheet shows it, whichever day its days are counted from (a Mac's older ones count from 1904).
        Data::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            match (hour, minute, second) {
                (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
            }
        }
        Data::Error(error) => format!("(ô lỗi: {error:?})"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
