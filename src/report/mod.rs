//! Files in and out: job files (JSON, CSV, text, XLSX), the Excel report, and an attempt's story in
//! sentences.
//!
//! Lives here: formats. Never here: what a job may do ([`crate::domain`]), where results come from
//! ([`crate::ledger`]).

pub mod blank;
mod delimited;
pub mod excel;
mod file;
pub mod jobs;
#[cfg(feature = "desktop")]
pub mod slip;
mod spreadsheet;
pub mod story;
pub mod table;
pub mod titles;

pub use excel::{BatchReport, LeftOut, ReportError, ReportedJob};
pub use file::{Excess, JobFileError, NumberedRows, SHEET_ROWS_MAX};
pub use jobs::{read_file, read_pasted, read_rows};
pub use spreadsheet::CUT_NUMBER;
