//! Files in and out: job files (JSON, CSV, text, XLSX), the Excel report, and an attempt's story in
//! sentences.
//!
//! Lives here: formats. Never here: what a job may do ([`crate::domain`]), where results come from
//! ([`crate::ledger`]).

pub mod excel;
pub mod jobs;
pub mod story;
pub mod table;

pub use excel::{LeftOut, Report, ReportError, Row};
pub use jobs::{JobFileError, read_file};
