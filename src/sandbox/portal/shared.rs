//! What all requests share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::world::World;

/// The world, and how long each answer takes at least.
#[derive(Debug, Clone)]
pub struct Shared {
    pub world: Arc<Mutex<World>>,
    pub latency: Duration,
}

impl Shared {
    /// The world, one request at a time: every change of money is one step under this lock.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
