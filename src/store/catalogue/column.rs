//! One column: its name, what it holds, and how a table's columns are written down.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// The table's own number.
    Id,
    /// A whole number.
    Int,
    /// Whole đồng.
    Money,
    /// An amount of the old system, with two decimals.
    Decimal,
    /// Text of at most so many characters.
    Text(u16),
    /// Text of any length.
    LongText,
    /// Yes or no.
    Bool,
    /// `2025-08-31`
    Date,
    /// Milliseconds since 1970.
    TimeMs,
    /// A time of the old system: `2025-08-31 10:20:30`, UTC.
    OldTime,
    /// One of these values, with the words for people.
    Choice(&'static [(&'static str, &'static str)]),
    /// The id of a row of another table, shown by one of its columns.
    Relation {
        /// The other table.
        table: &'static str,
        /// What a person knows its rows by.
        shown: &'static str,
    },
}

impl ColumnKind {
    /// Is it a number in the database?
    pub const fn is_number(self) -> bool {
        matches!(
            self,
            Self::Id | Self::Int | Self::Money | Self::Bool | Self::TimeMs | Self::Relation { .. }
        )
    }

    /// Is it a day or a moment?
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::TimeMs | Self::OldTime)
    }
}

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row of a table of facts, each by its own name"
)]
pub struct Column {
    /// Its name in the database.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// What people call it.
    pub vi: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// May it be empty?
    pub nullable: bool,
    /// What stands there when nobody says, as SQL.
    pub default: Option<&'static str>,
    /// May a person change it?
    pub editable: bool,
    /// Is it computed from other cells, and never typed into a form?
    pub computed: bool,
    /// Does it go into `search_text`?
    pub searchable: bool,
    /// Never shown, exported or written by the generic access.
    pub secret: bool,
    /// Words for people where the database keeps names of ours in a plain text.
    pub labels: &'static [(&'static str, &'static str)],
    /// Its type in the old MariaDB schema, where that is not what we would take.
    pub old_type: Option<&'static str>,
    /// Is each letter of it meant, case, accents and blanks included? What others name their things by is.
    pub exact: bool,
}

/// Names a table's columns, each once: a constant for each, and `COLUMNS`, all of them in order.
macro_rules! columns {
    ($($name:ident = $column:expr,)+) => {
        $(pub const $name: Column = $column;)+
        pub(in crate::store::catalogue) const COLUMNS: &[Column] = &[$($name),+];
    };
}
pub(super) use columns;

pub(super) const fn column(
    name: &'static str,
    kind: ColumnKind,
    vi: &'static str,
    en: &'static str,
) -> Column {
    Column {
        name,
        kind,
        vi,
        en,
        nullable: false,
        default: None,
        editable: true,
        computed: false,
        searchable: false,
        secret: false,
        labels: &[],
        old_type: None,
        exact: false,
    }
}

pub(super) const fn id() -> Column {
    column("id", ColumnKind::Id, "Số", "Number").fixed()
}

pub(super) const fn text(name: &'static str, vi: &'static str, en: &'static str) -> Column {
    column(name, ColumnKind::Text(255), vi, en)
}

pub(super) const fn at(name: &'static str, vi: &'static str, en: &'static str) -> Column {
    column(name, ColumnKind::TimeMs, vi, en).fixed()
}

pub(super) const fn old_at(name: &'static str, vi: &'static str, en: &'static str) -> Column {
    column(name, ColumnKind::OldTime, vi, en).null()
}

pub(super) const fn created() -> Column {
    old_at("created_at", "Tạo lúc", "Created").fixed()
}

pub(super) const fn updated() -> Column {
    old_at("updated_at", "Sửa lúc", "Changed").fixed()
}

/// What we add to every old table that people edit.
pub(super) const fn version() -> Column {
    column("version", ColumnKind::Int, "Phiên bản", "Version")
        .was("bigint")
        .default("0")
        .fixed()
}

pub(super) const fn deleted() -> Column {
    at("deleted_at", "Xóa lúc", "Deleted").was("bigint").null()
}

/// The name of the column that searches read.
pub const SEARCH_TEXT: &str = "search_text";

pub(super) const fn search_text() -> Column {
    column(SEARCH_TEXT, ColumnKind::LongText, "Tìm kiếm", "Search text")
        .null()
        .fixed()
        .secret()
}

impl Column {
    pub(super) const fn null(mut self) -> Self {
        self.nullable = true;
        self
    }

    pub(super) const fn default(mut self, sql: &'static str) -> Self {
        self.default = Some(sql);
        self
    }

    pub(super) const fn fixed(mut self) -> Self {
        self.editable = false;
        self
    }

    pub(super) const fn computed(mut self) -> Self {
        self.computed = true;
        self
    }

    pub(super) const fn search(mut self) -> Self {
        self.searchable = true;
        self
    }

    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self.editable = false;
        self
    }

    pub(super) const fn labelled(
        mut self,
        labels: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.labels = labels;
        self
    }

    pub(super) const fn was(mut self, old_type: &'static str) -> Self {
        self.old_type = Some(old_type);
        self
    }

    /// Compared letter by letter on both databases, and no other way.
    pub(super) const fn exact(mut self) -> Self {
        self.exact = true;
        self
    }

    pub(super) const fn of(mut self, kind: ColumnKind) -> Self {
        self.kind = kind;
        self
    }
}
