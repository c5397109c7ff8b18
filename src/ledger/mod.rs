//! `ledger`: to be built.
