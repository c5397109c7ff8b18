//! Simulators: what the program speaks to on the outside, for trying it and for testing it against
//! the truth. Each is a folder of its own and uses nothing of the rest of the house, so that a
//! mistake there cannot hide in here.

pub mod gateway;
pub mod portal;

pub use gateway::{
    Gateway, GatewayDelivery, GatewayFault, GatewayFaultAction, GatewayRefund, GatewayScenario,
    GatewayTruth, Incoming,
};
pub use portal::{
    Agent, DebtKind, FaultAction, Movement, Sandbox, SandboxError, SandboxOptions, Scenario,
    ScenarioAccount, ScenarioContract, ScenarioFault, Severity, Switches, Texts, Truth, Unlisted,
    start,
};
