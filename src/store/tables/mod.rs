//! The generic table access: lists, single rows, changes, exports of any table of the catalogue.
//!
//! Lives here: what an admin needs of every table alike. Never here: who may do it.

mod bulk;
pub(super) mod change;
mod clauses;
mod follow;
mod list;
mod query;
mod relations;
mod search;
mod value;

pub use bulk::RowChange;
pub use query::{
    COUNT_MAX, Compare, Count, Deleted, Filter, ListQuery, Listing, PAGE_MAX, TableRow,
};
pub use value::parse;

use super::StoreError;
use super::base::Store;
use super::catalogue::{Access, Table};

/// The rows of any table ([`Store::tables`]).
pub struct Tables<'s> {
    pub(in crate::store) store: &'s Store,
}

impl Store {
    /// The rows of any table that may be seen.
    pub const fn tables(&self) -> Tables<'_> {
        Tables { store: self }
    }
}

/// Values as they came from a form, by column. An empty text empties the column.
pub type Fields = Vec<(String, String)>;

/// A table that may be read.
fn readable(table: &'static Table) -> Result<&'static Table, StoreError> {
    allowed(table, table.access != Access::Hidden)
}

/// A table that may be changed.
fn writable(table: &'static Table) -> Result<&'static Table, StoreError> {
    allowed(table, table.access == Access::Edit)
}

/// A table to which any form may add rows, and delete them.
pub(super) fn free(table: &'static Table) -> Result<&'static Table, StoreError> {
    allowed(table, table.is_free())
}

fn allowed(table: &'static Table, is_allowed: bool) -> Result<&'static Table, StoreError> {
    if is_allowed {
        Ok(table)
    } else {
        Err(StoreError::NotAllowed(table.name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::change::checked;
    use super::*;
    use crate::store::catalogue::house::SETTINGS;
    use crate::store::catalogue::people::{USERS, users};
    use crate::store::catalogue::{Column, desk, goods};

    #[test]
    fn a_forms_text_becomes_a_value_or_an_error_that_names_the_field() {
        let read = |column: Column, text: &str| parse(&column, text).map_err(|e| e.to_string());
        assert_eq!(
            read(desk::collection_data::POSTAGE, "350.000đ"),
            Ok(Json::from(350_000))
        );
        assert_eq!(
            read(desk::collection_data::PERIOD, "31/08/2026"),
            Ok(Json::from("2026-08-31"))
        );
        assert_eq!(
            read(desk::transporter_transaction::TOTAL_AMOUNT, "1000000.5"),
            Ok(Json::from("1000000.50"))
        );
        assert_eq!(
            read(users::TRIAL_EXPIRE_DATE, "2026-08-31 10:20:30"),
            Ok(Json::from("2026-08-31 10:20:30"))
        );
        assert_eq!(read(goods::banner::PUBLISH, "Có"), Ok(Json::from(1)));
        assert_eq!(read(users::NAME, " "), Ok(Json::Null));
        for (column, bad) in [
            (desk::collection_data::POSTAGE, "1.5"),
            (desk::collection_data::PERIOD, "hôm qua"),
            (users::USERNAME, ""),
        ] {
            let error = read(column, bad).expect_err(bad);
            assert!(error.contains(column.vi), "{error}");
        }
    }

    #[test]
    fn names_come_from_the_catalogue_only() {
        assert!(matches!(
            readable(&SETTINGS),
            Err(StoreError::NotAllowed(_))
        ));
        assert!(matches!(
            clauses::shown(&USERS, &users::PASSWORD),
            Err(StoreError::NotAllowed(_))
        ));
        assert!(matches!(
            clauses::shown(&USERS, &goods::products::PRICE),
            Err(StoreError::NotAllowed(_))
        ));
        for (name, text) in [
            ("role; DROP TABLE users", "1"),
            ("id", "1"),
            ("password", "x"),
        ] {
            let fields = vec![(name.to_owned(), text.to_owned())];
            assert!(matches!(
                checked(&USERS, &fields),
                Err(StoreError::NotAllowed(_))
            ));
        }
    }
}
