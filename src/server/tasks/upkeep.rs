//! Sums up the samples of the numbers, which pile up where nobody asks for them.

use std::time::Duration;

use super::{Place, Task};

pub(super) const TASK: Task = Task {
    name: "upkeep",
    place: Place::Everywhere,
    every: Duration::from_secs(5),
    is_at_once: false,
    bound: Duration::from_secs(10),
    work: |_| {
        crate::server::metrics::sum_up();
        Box::pin(std::future::ready(Ok(())))
    },
};
