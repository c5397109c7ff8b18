//! The two databases.

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// MariaDB 10.6 or later, alone or as a Galera cluster.
    MariaDb,
}

/// How MariaDB compares what is meant letter by letter, and where no blank is nothing. With its usual
/// rule `ft1` and `FT1` would be one bank transfer, and `chú` the login `chu`; SQLite keeps them apart.
pub(super) const EXACT: &str = "utf8mb4_nopad_bin";

impl Engine {
    /// Is this column the text `?`, letter by letter, whatever it is compared by?
    pub(in crate::store) fn exactly(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("{column} = ?"),
            Self::MariaDb => format!("CONVERT({column} USING utf8mb4) COLLATE {EXACT} = ?"),
        }
    }
}
