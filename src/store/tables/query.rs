//! What a list is asked for, and what it answers.

use serde_json::Value as Json;

use crate::store::catalogue::{Column, Table};

/// Above this many rows a count only says "more": counting a million takes longer than anybody
/// waits.
pub const COUNT_MAX: i64 = 10_000;
/// Rows on a page, at most.
pub const PAGE_MAX: u32 = 1_000;

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Equal.
    Is,
    /// Equal to one of these, which commas part.
    AnyOf,
    /// Not equal, or empty.
    IsNot,
    /// The text is somewhere in it.
    Contains,
    /// Equal or larger.
    AtLeast,
    /// Equal or smaller.
    AtMost,
    /// Nothing there.
    Empty,
    /// Something there.
    Filled,
}

/// One condition. The value is text, as it came from a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The column.
    pub column: Column,
    /// How.
    pub compare: Compare,
    /// With what.
    pub value: String,
}

/// Rows that were deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deleted {
    /// Are left out.
    #[default]
    Without,
    /// Alone.
    Only,
    /// Too.
    With,
}

/// Which rows, in which order.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// All of them must hold.
    pub filters: Vec<Filter>,
    /// Words that must all be in the row, with or without accents.
    pub search: String,
    /// By this column; else the newest first.
    pub sort: Option<Column>,
    /// The other way round.
    pub descending: bool,
    /// Deleted rows.
    pub deleted: Deleted,
    /// The place behind which the page begins ([`Listing::next`]).
    pub after: Option<String>,
    /// Of this payee alone, in tables whose rows are a payee's.
    pub payee: Option<i64>,
    /// Of the collector with this login alone, in tables whose rows are collectors'.
    pub collector: Option<String>,
}

impl ListQuery {
    /// Do large values come first? Where nobody chose the newest rows do.
    pub(super) fn is_descending(&self) -> bool {
        self.sort.is_none() != self.descending
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    /// Its number.
    pub id: i64,
    /// For a change of it.
    pub version: i64,
    /// Is it deleted?
    pub is_deleted: bool,
    /// By the table's shown columns ([`Table::shown`]), in their order.
    pub cells: Vec<Json>,
}

impl TableRow {
    /// What stands in a column of the row's table.
    pub fn cell(&self, table: &Table, column: &Column) -> &Json {
        table
            .shown()
            .position(|c| c.name == column.name)
            .and_then(|at| self.cells.get(at))
            .unwrap_or(&Json::Null)
    }
}

/// A page of rows.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The rows.
    pub rows: Vec<TableRow>,
    /// Goes into [`Query::after`] for the next page; nothing when this is the last.
    pub next: Option<String>,
}

/// How many rows a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(i64),
    /// More than that.
    MoreThan(i64),
}
