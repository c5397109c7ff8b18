//! What comes in from outside as texts, and becomes jobs or rows: by the API, by hand, from a file,
//! from what is to be collected.
//!
//! Lives here: pure functions over texts. Never here: files, HTTP, the database.

mod job;
mod sheet;

pub use job::{JobField, JobText, TextFault};
pub use sheet::ImportSheet;
