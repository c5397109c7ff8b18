//! What is being done to a database while it is made ours, and who is told.

/// What is being done to a database while it is made ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Another program is at it: it is waited for.
    Waiting,
    /// A table, its columns or its indexes are made.
    Shaping {
        /// The table.
        table: &'static str,
        /// Which step it is, from 1.
        at: usize,
        /// Of how many.
        of: usize,
    },
    /// Rows are given the text that they are found by.
    Filling {
        /// The table.
        table: &'static str,
        /// So many rows have it now.
        done: u64,
        /// Of so many that had none.
        of: u64,
    },
}

impl std::fmt::Display for Doing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Waiting => {
                f.write_str("đợi một chương trình khác nâng cấp xong cơ sở dữ liệu này")
            }
            Self::Shaping { table, at, of } => {
                write!(f, "nâng cấp bảng {table}: bước {at}/{of}")
            }
            Self::Filling { table, done, of } => {
                write!(f, "chuẩn bị tìm kiếm trong bảng {table}: {done}/{of} dòng")
            }
        }
    }
}

/// Who is told what is being done; often, so whoever shows it to people picks.
pub type Teller<'t> = &'t (dyn Fn(Doing) + Send + Sync);
