//! The server's database: SQLite or MariaDB behind one set of queries, in areas.
//!
//! Lives here: [`catalogue`] (every table and column, once), `base` (the connection, transactions,
//! the schema, the audit trail, copies), and an area each for [`jobs`], [`people`], [`tables`] (the
//! rows of any table), [`collection`], [`imports`], [`machines`], [`settings`], [`banners`], [`payees`],
//! [`channels`] (what is set for providers, sealed), [`letters`], [`notifications`].
//! Never here: HTTP, what a state means (`domain::lease`).
//!
//! [`Store`] leads to each area by a small handle (`store.jobs().lease(…)`), whose methods are one
//! transaction each. What an area offers to the others are functions over `&Tx`
//! (`jobs::add(tx, …)`, `audit::write(tx, …)`): calls of several areas make one transaction.
//!
//! *Invariants: a column's name in a query comes from the catalogue or stands in the source; a person's change and its
//! audit row are one transaction; a transaction is done again as a whole or not at all.*

pub mod banners;
mod base;
pub mod catalogue;
pub mod channels;
pub mod collection;
pub mod desk;
pub mod imports;
pub mod jobs;
pub mod letters;
pub mod machines;
pub mod notifications;
pub mod payees;
pub mod payments;
pub mod people;
mod random;
pub mod settings;
pub mod tables;

pub use base::audit::{Actor, AuditRow, Entry};
pub use base::doing::{Doing, Teller};
pub use base::{Engine, Store, shown, sqlite_url};
pub use base::{copy, plan};
pub(crate) use random::letters as random_letters;

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
        source: sqlx::Error,
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
        "Một máy chủ khác đã tiếp quản việc nâng cấp cơ sở dữ liệu. Chạy lại: chương trình sẽ đợi máy đó làm xong. (Another server is migrating.)"
    )]
    Migrating,
    /// It was told to end before the database was ours.
    #[error(
        "Đã dừng khi đang nâng cấp cơ sở dữ liệu. Phần đã làm được giữ lại; lần chạy sau làm tiếp ngay. (Stopped while migrating.)"
    )]
    Stopped,
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
    /// It was written together with what others wrote, and all of it was taken back: to be done again.
    #[error("Cơ sở dữ liệu chưa ghi được. Thử lại sau. (Taken back, to be done again.)")]
    TakenBack(#[source] std::sync::Arc<sqlx::Error>),
    /// The database's own words.
    #[error("Cơ sở dữ liệu báo lỗi. Xem nhật ký, thử lại sau. (Database error.)")]
    Database(#[from] sqlx::Error),
}

impl StoreError {
    /// Has the database no room left?
    pub fn is_full(&self) -> bool {
        base::is_full(self)
    }
}

/// SHA-256 as lower-case hexadecimal digits.
pub fn digest(text: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex(&Sha256::digest(text))
}

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // A string takes whatever is written to it.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
