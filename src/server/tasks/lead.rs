//! Keeps the lead of the server that has it, whatever its other tasks are busy with: so that another one may
//! take over soon after it has died.

use std::time::Duration;

use super::{Place, Task};

pub(super) const TASK: Task = Task {
    name: "lead",
    place: Place::Leader,
    every: Duration::from_secs(1),
    is_at_once: true,
    bound: Duration::from_secs(30),
    work: |_| Box::pin(async { Ok(()) }),
};
