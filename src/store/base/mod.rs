//! What every area of the store stands on: the connection, transactions, statements, the schema,
//! the audit trail, who leads, copies.
//!
//! Never here: a table's rules.

mod alone;
pub mod audit;
pub(in crate::store) mod cells;
pub mod copy;
mod ddl;
pub mod doing;
mod engine;
mod fault;
pub mod leader;
mod loan;
pub mod plan;
pub mod pulse;
pub mod schema;
mod schema_lease;
pub(in crate::store) mod search_text;
pub mod secrets;
mod sql;
mod store;
mod tx;
mod watch;
mod writers;

pub use engine::Engine;
pub(in crate::store) use fault::{Tries, is_full, is_taken};
pub(in crate::store) use sql::{
    Conn, SqlRow, SqlValue, all, execute, exists, insert, insert_once, int, int_or_none, marks,
    one, text, text_or_none, values,
};
pub use store::{Store, shown, sqlite_url};
pub(in crate::store) use tx::{Tx, transaction};
