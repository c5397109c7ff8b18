//! Asks about refunds whose outcome is open: whoever pressed may have gone, and a server may have died over it.

use std::time::Duration;

use super::{Place, Task};
use crate::server::pay::refund;

pub(super) const TASK: Task = Task {
    name: "refunds",
    place: Place::Leader,
    every: Duration::from_secs(2),
    is_at_once: true,
    bound: Duration::from_mins(5),
    work: |app| Box::pin(async move { refund::ask_open(&app).await }),
};
