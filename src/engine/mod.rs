//! Runs a batch: plan, look up, guard, arm, pay, prove; progress out, stop in.
//!
//! Lives here: carrying out what the driver ([`crate::domain::driver`]) asks for, on real portals and
//! ledgers; the logins of a batch; what is around a payment (evidence, pace, recovery). Only this
//! module moves money. Never here: the order of things in an attempt and what is retried (the
//! driver's), ids and words of pages ([`crate::portal`]), what evidence proves
//! ([`crate::domain::verdict`]).

mod ask_portal;
mod batch;
mod book;
mod carry;
mod control;
mod courier;
mod crew;
mod evidence;
mod fall;
mod halt;
mod keeping;
mod locked;
mod login;
mod pace;
mod plan;
mod progress;
mod recover;
mod reporting;
mod resolve;
mod settle;
mod take_over;
mod timing;
mod tools;
mod visit;
mod warm;
mod work;

pub use batch::run;
pub(crate) use book::{Book, OnItsWay, Stamp};
pub use control::Control;
pub use courier::{Courier, Undelivered, give_back};
pub use evidence::EvidenceStore;
pub use halt::{Boundary, Halt};
pub use plan::{Plan, PlanError, Repeats};
pub use progress::{Counts, OutcomeEvent, Progress, Reporter};
pub use reporting::{report_of, reports_of, reports_of_all, reports_of_found};
pub use resolve::{Decision, ResolveError, resolve};
pub use timing::{day_start_ms, eta_s, month_start_ms};
pub use tools::{EngineError, Finished, Tools};
pub use visit::{Visit, reconcile, survey};
pub use warm::Warm;
