//! A file on its way in: its bytes, its text, and why it cannot be used.
//!
//! Every step has a bound, whatever a file says of itself: it may come from anybody.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::client::PayloadError;

/// Larger files are refused.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Larger JSON files are refused: read, they take many times their size.
const JSON_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Rows of a CSV or text file, at most.
pub(super) const LINES_MAX: usize = 1_000_000;
/// Rows of a spreadsheet, at most.
pub const SHEET_ROWS_MAX: usize = 20_000;
/// Columns of any file, at most.
pub(super) const COLUMNS_MAX: usize = 200;
/// Characters in a cell, at most.
pub(super) const CELL_CHARS_MAX: usize = 4_000;

/// Rows of cells, each with its number in the file as a person counts.
pub type NumberedRows = Vec<(usize, Vec<String>)>;

/// What of a file is more than will be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// Its bytes.
    #[error("lớn hơn {} MiB", .0 / 1024 / 1024)]
    Bytes(u64),
    /// Rows that hold anything.
    #[error("nhiều hơn {0} dòng, hoặc có ô ở dưới dòng đó")]
    Rows(usize),
    /// A row that is wider.
    #[error("có ô ngoài cột thứ {0}")]
    Columns(usize),
    /// Cells of all rows together.
    #[error("nhiều hơn {0} ô")]
    Cells(usize),
    /// The text of one cell.
    #[error("có ô dài hơn {0} ký tự")]
    CellLength(usize),
    /// The text of all cells together.
    #[error("nhiều chữ hơn {} MiB", .0 / 1024 / 1024)]
    Text(usize),
    /// What a packed file unpacks to.
    #[error("mở ra lớn hơn {} MiB", .0 / 1024 / 1024)]
    Unpacked(u64),
    /// The time that reading takes.
    #[error("đọc lâu hơn {0} giây")]
    Time(u64),
}

/// Why a job file cannot be used. Bad rows are no such reason: they are named and the others go on.
#[derive(Debug, thiserror::Error)]
pub enum JobFileError {
    /// It cannot be read.
    #[error("Không đọc được tệp {path}. Kiểm tra đường dẫn và quyền. (Cannot read the file.)")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// It is too large, in one of many ways.
    #[error("Tệp {path} {what}. Xóa phần thừa hoặc chia nhỏ rồi thử lại. (Too large.)")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// In which way.
        what: Excess,
    },
    /// Its ending is not one that is read.
    #[error(
        "Không nhận loại tệp {0}; dùng .xlsx, .csv, .json hoặc .txt. Tệp .xls, .ods: mở bằng Excel rồi lưu thành .xlsx. (Unknown kind of file.)"
    )]
    Kind(PathBuf),
    /// It is not text in UTF-8 or UTF-16.
    #[error("Tệp {0} không phải UTF-8. Trong Excel chọn \"CSV UTF-8\" khi lưu. (Not UTF-8.)")]
    Encoding(PathBuf),
    /// It is no JSON.
    #[error("Tệp {path} không phải JSON. (Not JSON.)")]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// Its JSON has another shape.
    #[error("Tệp {path}: {source}")]
    Payload {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: PayloadError,
    },
    /// It is no spreadsheet, or a damaged one.
    #[error("Không mở được bảng tính {path}. (Cannot open the spreadsheet.) [{why}]")]
    Xlsx {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Rows of it hold something and are hidden, by a filter or by hand: whoever sees ten rows has not meant sixty.
    #[error(
        "Tệp {path} có {count} dòng đang ẩn, dòng đầu là dòng {first}. Trong Excel bỏ lọc cho hiện hết các dòng, hoặc chép những dòng cần làm sang tệp mới, rồi thử lại. (Hidden rows.)"
    )]
    HiddenRows {
        /// The file.
        path: PathBuf,
        /// How many.
        count: usize,
        /// The first of them, as the spreadsheet counts.
        first: usize,
    },
    /// It has a line of titles, but no column that could be the accounts.
    #[error(
        "Không thấy cột mã trong tệp {path}. Cần một cột tên Mã khách hàng, Số thuê bao, Số điện thoại hoặc Mã; tệp có: {}. (No account column.)",
        .titles.join(", ")
    )]
    NoAccountColumn {
        /// The file.
        path: PathBuf,
        /// The titles that it has.
        titles: Vec<String>,
    },
}

impl JobFileError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn too_large(path: &Path, what: Excess) -> Self {
        Self::TooLarge {
            path: path.to_owned(),
            what,
        }
    }
}

/// What a file is, by its ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Json,
    Csv,
    Text,
    Spreadsheet,
}

impl FileKind {
    pub fn of(path: &Path) -> Result<Self, JobFileError> {
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        match ending.as_str() {
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            "txt" => Ok(Self::Text),
            "xlsx" | "xlsm" => Ok(Self::Spreadsheet),
            _ => Err(JobFileError::Kind(path.to_owned())),
        }
    }

    const fn bytes_max(self) -> u64 {
        match self {
            Self::Json => JSON_BYTES_MAX,
            Self::Csv | Self::Text | Self::Spreadsheet => FILE_BYTES_MAX,
        }
    }
}

/// The file's bytes. Its size is looked at once it is open, and again by what comes.
pub(super) fn bytes_of(path: &Path, kind: FileKind) -> Result<Vec<u8>, JobFileError> {
    use io::Read;
    let limit = kind.bytes_max();
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|source| JobFileError::io(path, source))?;
    if bytes.len() as u64 > limit {
        return Err(JobFileError::too_large(path, Excess::Bytes(limit)));
    }
    Ok(bytes)
}

/// UTF-8 with or without a mark, or UTF-16 with one.
pub(super) fn text_of(path: &Path, kind: FileKind) -> Result<String, JobFileError> {
    let bytes = bytes_of(path, kind)?;
    let wide = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..]
            .chunks_exact(2)
            .map(|pair| from([pair[0], pair[1]]))
            .collect();
        String::from_utf16(&units).ok()
    };
    let text = match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8(bytes).ok(),
    };
    text.ok_or_else(|| JobFileError::Encoding(path.to_owned()))
}
