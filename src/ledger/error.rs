//! What can go wrong with the journal, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::IllegalEvent;

/// Why the journal cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another program has it open.
    #[error(
        "Sổ giao dịch {path} đang được một GachNo khác mở (tiến trình {holder}). Đóng cửa sổ kia rồi thử lại. (The ledger is in use.)"
    )]
    InUse {
        /// The file.
        path: PathBuf,
        /// Process id of the other program, as far as it can be read.
        holder: String,
    },
    /// That batch is none of this list.
    #[error(
        "Đợt {0} không phải của danh sách này nên không làm tiếp được. (That batch is of another list.)"
    )]
    OtherList(String),
    /// The folder or the lock cannot be made.
    #[error(
        "Không tạo hoặc ghi được {path}. Kiểm tra quyền truy cập thư mục. (Cannot create or write it.)"
    )]
    Folder {
        /// The path.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The disk is full.
    #[error(
        "Đĩa chứa {path} đã đầy, không ghi được sổ giao dịch. Giải phóng dung lượng rồi chạy lại; không có giao dịch nào được gửi đi khi chưa ghi sổ. (Disk full.)"
    )]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// The file or its folder is read-only.
    #[error("{path} chỉ đọc được, không ghi được. Kiểm tra quyền truy cập. (Read-only.)")]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// The file is no ledger, or damaged.
    #[error(
        "Sổ giao dịch {path} bị hỏng hoặc không phải sổ của GachNo. Giữ nguyên tệp này, chép lại bản sao lưu hoặc gửi cho kỹ thuật. (The ledger is damaged.)"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// An older copy lies where a newer journal was.
    #[error(
        "Sổ giao dịch {path} là bản cũ: có {here} sự kiện, trong khi máy này đã ghi tới {known}. Thanh toán tiếp có thể trả trùng những gì đã trả sau bản này. Chép lại sổ mới nhất; nếu không còn, đối chiếu với lịch sử cổng rồi chạy: gachno ledger adopt --name … --reason … (An older copy of the ledger.)"
    )]
    OlderCopy {
        /// The file.
        path: PathBuf,
        /// Its newest event.
        here: i64,
        /// The newest event that was ever written at this place.
        known: i64,
    },
    /// A newer program made it.
    #[error(
        "Sổ giao dịch {path} thuộc phiên bản mới hơn ({found}); bản này đọc được đến {known}. Cập nhật GachNo. (Made by a newer version.)"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that is known here.
        known: i64,
    },
    /// Any other fault of the database.
    #[error("Lỗi cơ sở dữ liệu của sổ giao dịch {path}. (Database error.)")]
    Sql {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// The event cannot follow on what stands there. A fault of the program, never of the operator.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
    /// Somebody else wrote to the attempt meanwhile. A fault of the program, never of the operator.
    #[error(
        "Giao dịch {0} đã được ghi từ nơi khác; không ghi đè. (Somebody else wrote meanwhile.)"
    )]
    Stale(String),
    /// An event cannot be written as text, or read back.
    #[error("Sự kiện {0} trong sổ không đọc/ghi được. (An event's body is damaged.)")]
    Body(&'static str, #[source] serde_json::Error),
}

impl LedgerError {
    pub(super) fn folder(path: &Path, source: io::Error) -> Self {
        Self::Folder {
            path: path.to_owned(),
            source,
        }
    }

    /// Sorts a foreign error once, where it enters. The codes are `SQLite`'s primary result codes.
    pub(super) fn of(path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        let code = source
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        let primary = code.and_then(|c| c.parse::<i32>().ok()).map(|c| c & 0xff);
        match primary {
            Some(13) => Self::DiskFull { path, source },
            Some(8 | 14) => Self::ReadOnly { path, source },
            Some(11 | 26) => Self::Damaged { path, source },
            _ => Self::Sql { path, source },
        }
    }
}
