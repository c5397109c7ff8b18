//! One table, and everything that is special about it: who may use it, where people find it, what
//! follows from a change of its rows.

use super::column::{Column, ColumnKind, SEARCH_TEXT};

/// An index.
#[derive(Debug, Clone, Copy)]
pub struct Index {
    /// Its name, unique in the database.
    pub name: &'static str,
    /// Its columns, in order.
    pub columns: &'static [&'static str],
    /// May no two rows be equal in them?
    pub unique: bool,
}

/// What the generic access may do with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read and change.
    Edit,
    /// Read only: it is written by its own rules.
    Read,
    /// Not at all.
    Hidden,
}

/// Tables that belong together when somebody is allowed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Jobs.
    Jobs,
    /// What machines reported and were allowed to do.
    Proofs,
    /// Products, orders, banners.
    Goods,
    /// The collection desk's rows.
    Collection,
    /// Users and accounts.
    People,
    /// Machines and their tokens.
    Machines,
    /// The shop's settings and limits.
    Rules,
    /// The audit trail, imports.
    Trail,
    /// What customers pay.
    Payments,
    /// What collectors take at doors.
    Desk,
}

/// A group of links in the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    /// Jobs and what machines say of them.
    Work,
    /// What customers pay.
    Money,
    /// Collecting and selling.
    Desk,
    /// People and machines.
    People,
    /// The shop's own matters.
    Shop,
    /// What was done.
    Trail,
}

impl Menu {
    /// All of them, in the menu's order.
    pub const ALL: [Self; 6] = [
        Self::Work,
        Self::Money,
        Self::Desk,
        Self::People,
        Self::Shop,
        Self::Trail,
    ];

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Work => "Công việc",
            Self::Money => "Khách trả tiền",
            Self::Desk => "Thu cước và bán hàng",
            Self::People => "Người và máy",
            Self::Shop => "Cửa hàng",
            Self::Trail => "Nhật ký",
        }
    }
}

/// How a table is looked at: in the list of any table, or on pages of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// As any table.
    List,
    /// As any table, and one job with its story.
    Jobs,
    /// Accounts: a list of people.
    People,
    /// Machines with their tokens.
    Machines,
    /// As any table, and one import with the way back.
    Imports,
    /// As any table, and one payment with its story.
    Payments,
    /// As any table, and one payment request with its link.
    Requests,
    /// Differences, day by day.
    Comparison,
    /// As any table, and one letter with its attempts.
    Letters,
}

/// What follows from a changed row, in the same transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnChange {
    /// Nothing.
    Nothing,
    /// The product's price after its discounts.
    PriceProduct,
    /// The line's price, and its order's total.
    PriceOrderLine,
    /// The order's total.
    TotalOrder,
    /// A user who was blocked or deleted is signed out.
    EndSessionsOfClosed,
}

/// What can be done to many rows of a table at once, beside what any table can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkAction {
    /// Jobs are taken back.
    Cancel,
    /// Jobs that ended are done again.
    Reopen,
    /// Refused reports are marked as looked at.
    MarkSeen,
    /// Jobs are made of what is to be collected.
    MakeJobs,
}

/// One table.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row of a table of facts, each by its own name"
)]
pub struct Table {
    /// Its name in the database.
    pub name: &'static str,
    /// What people call it.
    pub vi: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// Its columns, the id first.
    pub columns: &'static [Column],
    /// Beside the primary key.
    pub indexes: &'static [Index],
    /// Was it there before us? Then it keeps its name and columns.
    pub is_old: bool,
    /// The menu leads there only where one of these tables holds a row: what only an old shop has is no concern of a
    /// new one. Empty: always.
    pub shown_with: &'static [&'static str],
    /// What the generic access may do.
    pub access: Access,
    /// Whose permission opens it. A table without one is closed to everybody.
    pub area: Option<Area>,
    /// Where the menu has it, and at which place in that group.
    pub menu: Option<(Menu, u8)>,
    /// The columns of its list where nobody has chosen; none: its first ones.
    pub usual: &'static [Column],
    /// How people look at it.
    pub screen: Screen,
    /// Can a file be brought in?
    pub is_importable: bool,
    /// Are rows added and deleted by rules of their own, and not by any form?
    pub has_rules: bool,
    /// Are its rows people, of whom an owner who can get in has to stay?
    pub is_people: bool,
    /// What follows from a changed row.
    pub on_change: OnChange,
    /// What can be done to many rows at once.
    pub bulk: &'static [BulkAction],
    /// The logins of the collectors whose row it is. A collector sees such rows alone.
    pub collectors: &'static [Column],
    /// What a collector writes down of a row; what is owed, by whom and to whom is not theirs to say.
    pub noted: &'static [Column],
}

impl Table {
    /// Is each letter of this column meant? What the catalogue says so of is, and what tells one row
    /// from another. What an old shop's tables say of theirs stays.
    pub fn is_exact(&self, column: &Column) -> bool {
        let is_ours = column.old_type.is_none() || !self.is_old;
        let is_text = matches!(column.kind, ColumnKind::Text(_));
        let is_key = |index: &Index| index.unique && index.columns.contains(&column.name);
        is_ours && is_text && (column.exact || self.indexes.iter().any(is_key))
    }

    pub(super) const fn new(
        name: &'static str,
        vi: &'static str,
        en: &'static str,
        columns: &'static [Column],
    ) -> Self {
        Self {
            name,
            vi,
            en,
            columns,
            indexes: &[],
            is_old: false,
            shown_with: &[],
            access: Access::Hidden,
            area: None,
            menu: None,
            usual: &[],
            screen: Screen::List,
            is_importable: false,
            has_rules: false,
            is_people: false,
            on_change: OnChange::Nothing,
            bulk: &[],
            collectors: &[],
            noted: &[],
        }
    }

    pub(super) const fn old(mut self) -> Self {
        self.is_old = true;
        self
    }

    pub(super) const fn shown_with(mut self, tables: &'static [&'static str]) -> Self {
        self.shown_with = tables;
        self
    }

    pub(super) const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    pub(super) const fn area(mut self, area: Area) -> Self {
        self.area = Some(area);
        self
    }

    pub(super) const fn menu(mut self, menu: Menu, place: u8) -> Self {
        self.menu = Some((menu, place));
        self
    }

    pub(super) const fn usual(mut self, columns: &'static [Column]) -> Self {
        self.usual = columns;
        self
    }

    pub(super) const fn screen(mut self, screen: Screen) -> Self {
        self.screen = screen;
        self
    }

    pub(super) const fn importable(mut self) -> Self {
        self.is_importable = true;
        self
    }

    pub(super) const fn added_by_rules(mut self) -> Self {
        self.has_rules = true;
        self
    }

    pub(super) const fn people(mut self) -> Self {
        self.is_people = true;
        self
    }

    pub(super) const fn on_change(mut self, what: OnChange) -> Self {
        self.on_change = what;
        self
    }

    pub(super) const fn bulk(mut self, actions: &'static [BulkAction]) -> Self {
        self.bulk = actions;
        self
    }

    pub(super) const fn of_collectors(
        mut self,
        logins: &'static [Column],
        noted: &'static [Column],
    ) -> Self {
        self.collectors = logins;
        self.noted = noted;
        self
    }

    pub(super) const fn indexes(mut self, indexes: &'static [Index]) -> Self {
        self.indexes = indexes;
        self
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// The column of this name that may be seen.
    pub fn shown_column(&self, name: &str) -> Option<&'static Column> {
        self.column(name).filter(|c| !c.secret)
    }

    /// Has it a column of this name?
    pub fn has(&self, name: &str) -> bool {
        self.column(name).is_some()
    }

    /// Are its rows found by words?
    pub fn is_searched(&self) -> bool {
        self.has(SEARCH_TEXT)
    }

    /// Do deleted rows stay, and can they be brought back?
    pub fn keeps_deleted(&self) -> bool {
        self.has("deleted_at")
    }

    /// Do its rows have a number?
    pub fn is_keyed(&self) -> bool {
        self.columns
            .first()
            .is_some_and(|c| c.kind == ColumnKind::Id)
    }

    /// What may be shown.
    pub fn shown(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter().filter(|c| !c.secret)
    }

    /// May rows be added and deleted by any form?
    pub fn is_free(&self) -> bool {
        self.access == Access::Edit && !self.has_rules
    }

    /// May a person change the column in a form?
    pub fn is_editable(&self, column: &Column) -> bool {
        self.access == Access::Edit && column.editable && !column.secret && !column.computed
    }

    /// Can this be done to many of its rows?
    pub fn offers(&self, action: BulkAction) -> bool {
        self.bulk.contains(&action)
    }

    /// Is it this very table?
    pub fn is(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

pub(super) const fn index(name: &'static str, columns: &'static [&'static str]) -> Index {
    Index {
        name,
        columns,
        unique: false,
    }
}

pub(super) const fn unique(name: &'static str, columns: &'static [&'static str]) -> Index {
    Index {
        name,
        columns,
        unique: true,
    }
}
