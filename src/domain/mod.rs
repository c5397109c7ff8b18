//! The field's own words: money, phone numbers, services, jobs, outcomes, and the rules between
//! them.
//!
//! Lives here: types that parse once, plain functions, the attempt's state machine, tests beside
//! them. Never here: `async`, SQL, HTTP, WebDriver, egui, a clock. Time and randomness come in as
//! arguments. Start reading at [`attempt`] (what may happen to one payment) and [`verdict`] (what
//! proves it).

pub mod account;
pub mod agent;
pub mod attempt;
pub mod batch;
pub mod calendar;
pub mod desk;
pub mod driver;
pub mod guard;
pub mod job;
pub mod language;
pub mod lease;
pub mod letter;
pub mod money;
pub mod order;
pub mod outcome;
pub mod payment;
pub mod payment_type;
pub mod phone;
pub mod reconcile;
pub mod service;
pub mod text;
pub mod ticket;
pub mod verdict;
pub mod vietqr;

pub use account::{Account, BillCode, NotAccount, SubscriberCode};
pub use agent::is_same_agent;
pub use attempt::{
    Attempt, Conclusion, Event, GateKind, IllegalEvent, Intent, Kept, Quote, Said, State,
};
pub use batch::{Continuation, LastBatch, ListChoice, ListKind};
pub use driver::{AttemptDriver, AttemptRules, Effect, Flaw, Input, JobTask};
pub use guard::{GuardFacts, Limits, Refusal};
pub use job::{Defaults, Duplicate, Intake, Job, JobList, RawJob, RowError};
pub use language::{Errand, Language};
pub use lease::{JobEvent, JobState, Resolution};
pub use money::{NotVnd, Vnd};
pub use outcome::{Outcome, Proof};
pub use payment::{End, PayableKind, PayableRef, PaymentEvent, PaymentState, Provider};
pub use payment_type::PaymentType;
pub use phone::{Network, NotPhone, Phone};
pub use reconcile::{BalanceSays, Claim, HistoryRow, HistorySays, Look, Patience, Settled};
pub use service::{AccountKind, Kind, Service};
pub use ticket::{Report, Source, Ticket};
pub use verdict::{Answer, DebtAfter, Doubt, Evidence, Verdict};
