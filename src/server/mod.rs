//! The server of a shop: the job API, the web admin, and what runs beside them.
//!
//! Lives here: HTTP. [`AppState`] is what every handler gets. `web` is what all pages and calls stand
//! on; `api`, `door` (signing in) and `admin` stand on it; `intake` makes jobs of texts; `tasks` runs
//! beside the requests. Never here: SQL, rules about jobs.
//!
//! *Invariants: nothing is kept in the process that a second server would need; the job API reads bearer tokens and never
//! a cookie; a refusal is a problem document with a request id, never a cause.*

pub mod admin;
mod api;
mod app;
pub mod channels;
pub mod config;
mod connections;
pub mod desk;
mod door;
mod intake;
mod mail;
mod messages;
mod metrics;
mod nowhere;
pub mod pay;
mod router;
mod running;
mod secret_file;
mod starting;
mod tasks;
mod tls;
mod vault;
pub mod web;

pub use app::{AppState, Deadlines};
pub use channels::{ChannelFault, OpenChannel, OpenChannels, open as open_channel};
pub use config::{LogForm, ServeConfig, ServeConfigError, ServeFile, TlsFiles, check_database};
pub use connections::ConnectionLimits;
pub use door::register::username_fault;
pub use router::router;
pub use running::{Running, ServeError, start, start_telling, start_with};
pub use tls::{Certificate, TlsError};
pub use vault::{SecretKeys, SecretKeysError};
