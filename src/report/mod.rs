//! Files in and out: job files (JSON, CSV, text, XLSX) and the Excel report.
//!
//! Lives here: formats. Never here: what a job may do ([`crate::domain`]), where results come from ([`crate::ledger`]).

pub mod excel;
pub mod jobs;

pub use excel::{LeftOut, Report, ReportError, Row};
pub use jobs::{JobFileError, read_file};
