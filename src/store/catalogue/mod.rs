//! Every table and column of the server, once: what it is called, what it holds, who may see and
//! change it, and what is special about it.
//!
//! Lives here: data. The schema, the generic table access, copies, imports, exports, permissions
//! and the menu are all driven by it, and a column's name in a query never comes from anywhere
//! else. Never here: SQL, I/O.
//!
//! A file an area of tables. `work::JOBS` is a table, `work::jobs::STATE` one of its columns: a
//! column that is not there does not compile.

mod column;
#[allow(
    clippy::wildcard_imports,
    reason = "the words that tables are written in"
)]
pub mod contracts;
#[allow(
    clippy::wildcard_imports,
    reason = "the words that tables are written in"
)]
pub mod desk;
#[allow(
    clippy::wildcard_imports,
    reason = "the words that tables are written in"
)]
pub mod goods;
#[allow(
    clippy::wildcard_imports,
    reason = "the words that tables are written in"
)]
pub mod house;
#[allow(
    clippy::wildcard_imports,
    reason = "the words that tables are written in"
)]
pub mod letters;
#[allow(
    clippy::wildcard_imports,
    reason = "the words that tables are written in"
)]
pub mod payments;
#[allow(
    clippy::wildcard_imports,
    reason = "the words that tables are written in"
)]
pub mod people;
mod table;
mod words;
#[allow(
    clippy::wildcard_imports,
    reason = "the words that tables are written in"
)]
pub mod work;

pub use column::{Column, ColumnKind, SEARCH_TEXT};
pub use table::{Access, Area, BulkAction, Index, Menu, OnChange, Screen, Table};
pub use words::{
    AccountStatus, AuditAction, COLLECTOR_KINDS, JOB_STATES, LeaseRefusal, OUTCOMES,
    PAYMENT_STATES, PAYMENT_TASKS, PROOFS, PROVIDERS, ReportStatus, Role, SERVICES, TABLE_NAMES,
};

/// Characters of a row that a search sees: more do not fit into MariaDB's index.
pub const SEARCH_MAX: u16 = 700;

/// All tables, in an order in which rows can be copied.
pub static TABLES: [&Table; 55] = [
    &goods::ADMIN_CONFIG,
    &goods::BANNER,
    &people::USERS,
    &goods::PRODUCTS,
    &goods::ORDERS,
    &goods::ORDER_DETAILS,
    &desk::COLLECTION_DATA,
    &desk::TRANSPORTER_TRANSACTION,
    &people::PASSWORD_RESETS,
    &house::MIGRATIONS,
    &house::MACHINES,
    &house::IMPORTS,
    &house::IMPORT_CHANGE,
    &work::JOBS,
    &work::DEBT_LOCKS,
    &work::ATTEMPTS,
    &work::REPORTS,
    &people::ACCOUNTS,
    &people::WEB_SESSIONS,
    &people::LOGIN_FAILURES,
    &house::AUDIT,
    &house::SETTINGS,
    &house::LEADER_LEASE,
    &work::LIMITS,
    &people::COLLECTOR,
    &payments::OWNER,
    &payments::RENTER,
    &payments::BOOKING,
    &payments::PAYMENT_REQUEST,
    &payments::PAYMENT,
    &payments::PAYMENT_TRANSFER,
    &payments::PAYMENT_REFUND,
    &payments::PAYMENT_EVENT,
    &payments::UNMATCHED_MONEY,
    &payments::PAYMENT_DIFFERENCE,
    &payments::PAYMENT_CONFIG,
    &payments::IDEMPOTENCY_KEY,
    &payments::CALL_COUNT,
    &letters::NOTIFICATION,
    &letters::NOTIFICATION_READ,
    &letters::LETTER,
    &letters::LETTER_TRY,
    &letters::LETTER_TEMPLATE,
    &contracts::CONTRACT,
    &contracts::CONTRACT_WORD,
    &contracts::CONTRACT_ITEM,
    &contracts::DESK_PAYMENT,
    &contracts::DESK_PAYMENT_ITEM,
    &contracts::DESK_NOTICE,
    &contracts::RECEIPT_COUNTER,
    &contracts::CASH_DAY,
    &contracts::HAND_IN,
    &contracts::VISIT,
    &contracts::MESSAGE_COUNT,
    &contracts::MESSAGE_TOKEN,
];

/// The table of this name that may be seen.
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES
        .into_iter()
        .find(|t| t.name == name && t.access != Access::Hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::payment::PaymentTask;
    use crate::domain::{JobState, Outcome, PaymentState, Proof, Provider, Service};

    #[test]
    fn the_words_are_the_domains() {
        let same = |ours: &[(&str, &str)], theirs: Vec<(&str, &str)>| assert_eq!(ours, theirs);
        same(
            SERVICES,
            Service::ALL
                .iter()
                .map(|s| (s.spec().wire, s.spec().title))
                .collect(),
        );
        same(
            JOB_STATES,
            JobState::ALL
                .iter()
                .map(|s| (s.wire(), s.label()))
                .collect(),
        );
        same(
            OUTCOMES,
            Outcome::ALL.iter().map(|o| (o.wire(), o.label())).collect(),
        );
        same(
            PROVIDERS,
            Provider::ALL
                .iter()
                .map(|p| (p.wire(), p.label()))
                .collect(),
        );
        same(
            PAYMENT_STATES,
            PaymentState::ALL
                .iter()
                .map(|s| (s.wire(), s.label()))
                .collect(),
        );
        let tasks: Vec<_> = PAYMENT_TASKS.iter().map(|(wire, _)| *wire).collect();
        assert_eq!(tasks, PaymentTask::ALL.map(PaymentTask::wire));
        assert!(
            PROOFS
                .iter()
                .any(|(_, label)| *label == Proof::Response.label())
        );
    }

    #[test]
    fn the_trail_calls_tables_as_we_do() {
        for table in TABLES.iter().filter(|t| {
            t.access != Access::Hidden
                || ["settings", "payment_config", "letter_template"].contains(&t.name)
        }) {
            assert!(
                TABLE_NAMES.contains(&(table.name, table.vi)),
                "{}",
                table.name
            );
        }
    }

    #[test]
    fn every_name_is_plain_and_every_relation_leads_somewhere() {
        for table in TABLES {
            for column in table.columns {
                let plain = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                assert!(
                    plain(table.name) && plain(column.name),
                    "{}.{}",
                    table.name,
                    column.name
                );
                if let ColumnKind::Relation {
                    table: other,
                    shown,
                } = column.kind
                {
                    let other = TABLES.iter().find(|t| t.name == other).expect("a table");
                    assert!(
                        other.has(shown) && other.is_keyed(),
                        "{}.{}",
                        table.name,
                        column.name
                    );
                }
            }
            for index in table.indexes {
                assert!(index.columns.iter().all(|c| table.has(c)), "{}", index.name);
            }
            assert!(
                table.columns.iter().all(|c| !c.searchable) || table.has("search_text"),
                "{}",
                table.name
            );
        }
    }

    #[test]
    fn every_constant_is_called_as_its_column() {
        // The constants are made by hand; what they hold must be what they say.
        assert_eq!(work::jobs::COLLECTION_DATA_ID.name, "collection_data_id");
        for table in TABLES {
            assert!(
                table.usual.iter().all(|c| table.column(c.name) == Some(c)),
                "{}",
                table.name
            );
            assert_eq!(
                table.area.is_some(),
                table.access != Access::Hidden,
                "{} is open to somebody or hidden",
                table.name
            );
            assert!(
                table.menu.is_none() || table.access != Access::Hidden,
                "{}",
                table.name
            );
        }
    }

    #[test]
    fn no_secret_may_be_written_by_a_form() {
        assert!(
            TABLES
                .iter()
                .flat_map(|t| t.columns)
                .all(|c| !c.secret || !c.editable)
        );
    }
}
