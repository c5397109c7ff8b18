//! The two databases.

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// MariaDB 10.6 or later, alone or as a Galera cluster.
    MariaDb,
}
