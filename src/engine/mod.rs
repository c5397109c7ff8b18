//! Runs a batch: plan, look up, guard, arm, pay, prove; progress out, stop in.
//!
//! Lives here: the order of things, and what is retried. Only this module moves money. Never here:
//! ids and words of pages ([`crate::portal`]), what evidence proves ([`crate::domain::verdict`]).
//!
//! **Nothing retries past arming.** A technical failure before it is tried again; from there on an attempt leads to
//! a proof or stays unknown, and its debt stays locked.

mod book;
mod control;
mod courier;
mod crew;
mod evidence;
mod halt;
mod job;
mod keeping;
mod pace;
mod plan;
mod progress;
mod prove;
mod recover;
mod reporting;
mod resolve;
mod runner;
mod settle;
mod timing;

pub(crate) use book::{Book, OnItsWay, Stamp};
pub use control::Control;
pub use courier::{Courier, Undelivered, give_back};
pub use evidence::EvidenceStore;
pub use halt::{Boundary, Halt};
pub use plan::{Plan, PlanError};
pub use progress::{Counts, OutcomeEvent, Progress, Reporter};
pub use reporting::{report_of, reports_of, reports_of_all, reports_of_found};
pub use resolve::{Decision, ResolveError, resolve};
pub use runner::{EngineError, Finished, Tools, Visit, reconcile, run, survey};
pub use timing::{day_start_ms, eta_s, month_start_ms};
