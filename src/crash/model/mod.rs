//! A world without a browser, in simulated time: a million attempts with something going wrong at
//! every step.
//!
//! The program in it is the real one where it decides: the driver ([`crate::domain::driver`]) is
//! asked what to do next, and the account's book is the engine's. What is modelled is what is around
//! them: logins that take turns, a portal whose requests arrive late or never, whose answers are
//! lost, odd or early, whose money moves after the answer and whose history is slow; debts that
//! somebody else pays; a server whose leases run out and a second machine that takes what comes
//! free; a link that goes away; programs that die at every effect. A number replays everything.

mod audit;
mod fall;
mod journal;
mod machine;
mod portal;
mod server;

#[cfg(test)]
mod tests;

use crate::domain::Flaw;
use machine::Simulation;

/// What a simulation counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelCounts {
    /// Attempts that were begun.
    pub attempts: u64,
    /// Programs that died.
    pub crashes: u64,
    /// Payments that are proven.
    pub paid: u64,
    /// Attempts that became unknown.
    pub doubts: u64,
    /// Of those, the ones that only a person can settle.
    pub for_a_person: u64,
    /// Attempts that became unknown on a portal with a history page.
    pub doubts_with_history: u64,
    /// Of those, the ones that only a person can settle.
    pub for_a_person_with_history: u64,
    /// Jobs that were put off because a doubt had to be settled first.
    pub postponed: u64,
    /// Jobs that came from a server.
    pub leased: u64,
    /// Payments that the portal said were made, and were not.
    pub lies: u64,
    /// Payments whose fall was missed and told to a person.
    pub disputed: u64,
    /// Broken promises, each with the number of its batch.
    pub wrong: Vec<String>,
}

/// Simulates batches, from the seed on, until so many attempts were made.
pub fn simulate(seed: u64, attempts: u64, flaw: Flaw) -> ModelCounts {
    let mut counts = ModelCounts::default();
    let mut number = seed;
    while counts.attempts < attempts {
        batch(number, flaw, &mut counts);
        number = number.wrapping_add(1);
    }
    counts
}

/// One batch, by its number.
pub fn batch(number: u64, flaw: Flaw, counts: &mut ModelCounts) {
    let mut simulation = Simulation::new(number, flaw);
    simulation.run();
    simulation.audit(number, counts);
}
