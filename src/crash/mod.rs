//! Breaks the program, or what it stands on, in the middle of its work, and compares what it then
//! says with the truth.
//!
//! A trial runs `gachno run` as a process against a sandbox portal, kills something at a boundary
//! or after a while, starts the program again until the batch is done, and audits ledger, report
//! and the portal's own book. Used by the tests (a bounded part) and by `gachno bench crash` (all
//! of it, or at random for as long as one likes).

mod audit;
pub mod model;
mod recovery;
mod strike;
mod trial;
mod troubles;

pub use audit::{Audited, audit};
pub use recovery::Recovery;
pub use strike::{Strike, Victim, When};
pub use trial::{Lab, LabError, Trial, TrialResult};
pub use troubles::{Trouble, troubles};

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::domain::Service;
use crate::engine::Boundary;

/// The services that move money.
pub const PAYMENTS: [Service; 4] = [
    Service::PayEvn,
    Service::PayTvInternet,
    Service::TopUpMulti,
    Service::TopUpViettel,
];

/// Every boundary × every victim, with the services taking turns: the bounded form.
pub fn strikes_in_turn() -> Vec<Trial> {
    let all = Boundary::ON_THE_WAY
        .into_iter()
        .flat_map(|at| Victim::ALL.map(|victim| (at, victim)));
    let services = PAYMENTS.into_iter().cycle();
    all.zip(services)
        .map(|((at, victim), service)| Trial::of(service).struck(When::At(at), victim))
        .collect()
}

/// Every service × every boundary × every victim.
pub fn all_strikes() -> Vec<Trial> {
    let victims =
        |service, at| Victim::ALL.map(|victim| Trial::of(service).struck(When::At(at), victim));
    PAYMENTS
        .into_iter()
        .flat_map(|service| {
            Boundary::ON_THE_WAY
                .into_iter()
                .flat_map(move |at| victims(service, at))
        })
        .collect()
}

/// Every service × every trouble that the portal can make; nobody is killed.
pub fn all_troubles() -> Vec<Trial> {
    PAYMENTS
        .into_iter()
        .flat_map(|service| {
            troubles(service)
                .into_iter()
                .map(move |t| Trial::of(service).troubled(t))
        })
        .collect()
}

/// Every trouble once, with the services taking turns: the bounded form.
pub fn troubles_in_turn() -> Vec<Trial> {
    let mut seen = std::collections::HashSet::new();
    let rotated = (0..PAYMENTS.len()).map(|first| {
        PAYMENTS
            .into_iter()
            .cycle()
            .skip(first)
            .take(PAYMENTS.len())
    });
    let by_turn: Vec<Vec<Service>> = rotated.map(Iterator::collect).collect();
    let names: Vec<String> = PAYMENTS
        .into_iter()
        .flat_map(troubles)
        .map(|t| t.name)
        .filter(|name| seen.insert(name.clone()))
        .collect();
    let turns = by_turn.iter().cycle();
    names
        .into_iter()
        .zip(turns)
        .filter_map(|(name, services)| {
            let fits = |service: &Service| {
                troubles(*service)
                    .into_iter()
                    .find(|t| t.name == name)
                    .map(|t| Trial::of(*service).troubled(t))
            };
            services.iter().find_map(fits)
        })
        .collect()
}

/// Every service × every trouble × every boundary, where the program is killed.
pub fn all_troubles_struck() -> Vec<Trial> {
    let struck = |trial: Trial| {
        Boundary::ON_THE_WAY.map(|at| trial.clone().struck(When::At(at), Victim::Program))
    };
    all_troubles().into_iter().flat_map(struck).collect()
}

/// The trial with this number: a batch of some size, some troubles, and a few killings at
/// boundaries and random moments.
pub fn random(seed: u64) -> Trial {
    let mut dice = SmallRng::seed_from_u64(seed);
    let service = *PAYMENTS.choose(&mut dice).unwrap_or(&PAYMENTS[0]);
    let mut trial = Trial::of(service);
    trial.may_need_a_person = true;
    trial.jobs = dice.random_range(1..=8);
    // One, a few, or as many as a machine of the trade carries.
    trial.sessions = *[1, 2, 3, 8].choose(&mut dice).unwrap_or(&1);
    trial.is_warm = dice.random_bool(0.3);
    // A rehearsal takes its time before the batch begins.
    let latest_ms = if trial.is_warm { 9_000 } else { 4_000 };
    let all = troubles(service);
    for _ in 0..dice.random_range(0..=2) {
        trial.troubles.extend(all.choose(&mut dice).cloned());
    }
    for _ in 0..dice.random_range(1..=3) {
        let victim = *Victim::ALL.choose(&mut dice).unwrap_or(&Victim::Program);
        let when = match Boundary::ON_THE_WAY.choose(&mut dice) {
            Some(boundary) if dice.random_bool(0.3) => When::At(*boundary),
            _ => When::After(Duration::from_millis(dice.random_range(300..latest_ms))),
        };
        trial = trial.struck(when, victim);
    }
    trial
}
