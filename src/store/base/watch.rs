//! The statements that a store sends, kept for whoever wants to know how the database goes about them (`plan`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::sql::SqlValue;

/// Statements that are kept: each once, as it was sent first.
const STATEMENTS_MAX: usize = 5_000;

/// Keeps the statements that a store sends.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Mutex<BTreeMap<String, Vec<SqlValue>>>>);

impl Watch {
    pub(super) fn note(&self, sql: &str, values: &[SqlValue]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < STATEMENTS_MAX && !kept.contains_key(sql) {
            kept.insert(sql.to_owned(), values.to_vec());
        }
    }

    /// What was sent so far.
    pub(super) fn kept(&self) -> BTreeMap<String, Vec<SqlValue>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
