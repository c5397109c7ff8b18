//! The agent portal as page objects, read from a portal map (`assets/portal/viettel-pay.toml`).
//!
//! Lives here: pages, their elements by name, their waits and words; one script a step. Never here:
//! what a debt means for a job, the ledger's events, any decision to pay. The one click that moves
//! money is [`Page::press`]; it takes a [`crate::ledger::Armed`], which only the ledger makes, and
//! consumes it.
//!
//! Two rules: an element is found by its name in the map, never by an id in the code; and after the
//! paying click words that no pattern of the map knows mean nothing at all.

mod confirming;
mod error;
mod evn;
mod history;
mod internet_tv;
mod login;
mod map;
mod message;
mod page;
mod phone;
mod survey;

pub use error::PortalError;
pub use history::History;
pub use internet_tv::Contract;
pub use login::{Credentials, LoginStep};
pub use map::{About, GateWords, MapError, PortalMap, Shape};
pub use message::{Class, Moment, Words, answer_of, said_in, transaction_id};
pub use page::{Answered, Armament, Found, LookUp, Page, Prepared, Readiness, Ready};
pub(crate) use phone::{AmountField, LookUpOrReady};
pub use survey::{Candidate, Finding, Standing, Surveyed};
