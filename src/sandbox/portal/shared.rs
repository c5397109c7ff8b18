//! What all requests share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::super::gateway::Gateway;
use super::scenario::Scenario;
use super::truth::Truth;
use super::world::World;

/// The world, and how long each answer takes at least.
#[derive(Debug, Clone)]
pub struct Shared {
    pub world: Arc<Mutex<World>>,
    pub latency: Duration,
    /// The payment providers next to it.
    pub gateway: Gateway,
}

impl Shared {
    /// The world, one request at a time: every change of money is one step under this lock.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What really happened, at the portal and at the payment providers.
    pub fn truth(&self) -> Truth {
        Truth {
            gateway: self.gateway.truth(),
            ..self.world().truth()
        }
    }

    /// What is simulated now.
    pub fn scenario(&self) -> Scenario {
        Scenario {
            gateway: self.gateway.scenario(),
            ..self.world().scenario.clone()
        }
    }

    /// Gives the payment providers their part of a scenario, where it changed.
    pub fn follow_scenario(&self) {
        let wanted = self.world().scenario.gateway.clone();
        if self.gateway.scenario() != wanted {
            self.gateway.update(|scenario| *scenario = wanted);
        }
    }
}
