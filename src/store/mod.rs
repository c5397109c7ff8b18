//! The server's database: SQLite or MariaDB behind one set of queries.
//!
//! Lives here: [`catalogue`] (every table and column, once), [`schema`] (what makes a database
//! ours, an old dump included), [`jobs`] (leases, arming, reports), [`rows`] (the generic table
//! access), [`copy`] (from one database to another), machines, accounts, settings, the audit trail.
//! Never here: HTTP, what a state means (`domain::lease`).
//!
//! *Invariants: a column's name in a query comes from the catalogue or stands in the source; a person's change and its
//! audit row are one transaction; a transaction is done again as a whole or not at all.*

pub mod accounts;
pub mod audit;
pub mod banners;
pub mod board;
pub mod catalogue;
mod collection;
pub mod copy;
mod db;
pub mod imports;
pub mod jobs;
pub mod leader;
pub mod machines;
mod owners;
mod people;
pub mod preferences;
pub mod rows;
pub mod schema;
mod search;
mod secrets;
pub mod settings;
mod totals;

use sea_orm::DbErr;

pub use audit::Actor;
pub use db::{Engine, Store, shown, sqlite_url};

/// Why the database could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is none of ours.
    #[error(
        "Địa chỉ cơ sở dữ liệu {0:?} không hợp lệ. Dùng sqlite://TỆP hoặc mysql://người_dùng@máy/tên. (Bad database address.)"
    )]
    BadAddress(String),
    /// Nobody answers there.
    #[error(
        "Không mở được cơ sở dữ liệu {url}. Kiểm tra địa chỉ, mật khẩu và máy chủ cơ sở dữ liệu. (Cannot open the database.)"
    )]
    Unreachable {
        /// Without the password.
        url: String,
        /// The cause.
        #[source]
        source: DbErr,
    },
    /// A newer program made it.
    #[error(
        "Cơ sở dữ liệu thuộc phiên bản mới hơn ({found} > {ours}). Cập nhật gachno rồi chạy lại. (Made by a newer version.)"
    )]
    Newer {
        /// Its version.
        found: i64,
        /// Ours.
        ours: i64,
    },
    /// Somebody else is at it.
    #[error(
        "Một máy chủ khác đang nâng cấp cơ sở dữ liệu (từ {0}). Đợi xong rồi chạy lại. (Another server is migrating.)"
    )]
    Migrating(String),
    /// Something is missing in it, and this account may not add it.
    #[error(
        "Cơ sở dữ liệu chưa đủ bảng cho phiên bản này và tài khoản này không được thêm. Chạy gachno store migrate bằng tài khoản quản trị cơ sở dữ \
         liệu (--database) rồi chạy lại. (This account may not change the schema.)"
    )]
    MayNotMigrate,
    /// Somebody changed the row since it was read.
    #[error(
        "Dòng này vừa được người khác sửa. Mở lại rồi sửa tiếp. (Somebody else changed the row.)"
    )]
    Stale,
    /// There is no such row.
    #[error("Không có dòng này, hoặc đã bị xóa. (No such row.)")]
    NoRow,
    /// There is no such table or column, or it is not for this.
    #[error("Không dùng được bảng hoặc cột {0:?}. (Unknown or closed table or column.)")]
    NotAllowed(String),
    /// A value does not fit its column.
    #[error("{field}: {why} (bad value)")]
    BadValue {
        /// The column's name for people.
        field: String,
        /// What is wrong.
        why: String,
    },
    /// A server knows the key that is to go.
    #[error(
        "Máy chủ còn đang chạy: dừng mọi máy chủ của cơ sở dữ liệu này, đợi 15 giây rồi chạy lại. (A server is running.)"
    )]
    Running,
    /// Nobody could let anybody in again.
    #[error(
        "Đây là chủ cuối cùng còn đăng nhập được: thêm một chủ khác trước. (The last owner who can sign in.)"
    )]
    LastOwner,
    /// What is not possible for this job now.
    #[error(transparent)]
    Job(#[from] crate::domain::lease::IllegalJobEvent),
    /// A copy is not what it was made from, or cannot be made.
    #[error("Sao chép không thành công: {0} (copy failed)")]
    Copy(String),
    /// Something in the database is not what we write.
    #[error("Dữ liệu trong cơ sở dữ liệu bị hỏng: {0} (damaged data)")]
    Damaged(String),
    /// The database's own words.
    #[error("Cơ sở dữ liệu báo lỗi. Xem nhật ký, thử lại sau. (Database error.)")]
    Database(#[from] DbErr),
}

impl StoreError {
    fn wants_another_try(&self) -> bool {
        matches!(self, Self::Database(error) if db::wants_another_try(error))
    }
}

/// SHA-256 as lower-case hexadecimal digits.
pub fn digest(text: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
