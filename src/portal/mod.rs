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
mod kept;
mod login;
mod look_up;
mod map;
mod message;
mod on_form;
mod page;
mod phone;
mod prepared;
mod press;
mod snapshot;
mod step;
mod survey;

pub use error::PortalError;
pub use history::History;
pub use kept::KeptForm;
pub use login::{Credentials, LoginStep};
pub use look_up::{FoundDebt, LookUp, PortalContract, Readiness};
pub use map::{About, GateWords, MapError, PortalMap, Shape};
pub use message::{Class, MessageWords, Moment, answer_of, said_in, transaction_id};
pub use page::Page;
pub(crate) use phone::{AmountField, LookUpOrReady};
pub use prepared::{Prepared, Ready};
pub use press::{Answered, Armament};
pub use survey::{Candidate, Finding, MapStanding, Surveyed};
