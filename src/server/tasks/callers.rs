//! Forgets the callers that have not asked for a while: whom a server saw is in its own memory.

use std::time::Duration;

use super::{Place, Task};

pub(super) const TASK: Task = Task {
    name: "callers",
    place: Place::Everywhere,
    every: Duration::from_mins(1),
    is_at_once: false,
    bound: Duration::from_secs(10),
    work: |app| {
        app.forget_callers();
        app.pay().forget_callers();
        Box::pin(std::future::ready(Ok(())))
    },
};
