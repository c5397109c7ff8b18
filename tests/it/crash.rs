//! The program is killed, or what it stands on, and started again: nothing is paid twice, nothing
//! is lost.

use futures_util::StreamExt;
use gachno::crash::{Lab, Trial, random, strikes_in_turn, troubles_in_turn};

/// Says how many were killed.
async fn all_hold(trials: Vec<Trial>) -> usize {
    gachno::init_tls();
    let lab = Lab::new(env!("CARGO_BIN_EXE_gachno").as_ref()).expect("lab");
    let lab = &lab;
    let tried = futures_util::stream::iter(trials).map(async |trial| {
        let verdict = lab
            .run(&trial)
            .await
            .unwrap_or_else(|e| panic!("{}: {e}", trial.name()));
        (trial.name(), verdict)
    });
    let verdicts: Vec<_> = tried.buffer_unordered(2).collect().await;
    let wrong: Vec<_> = verdicts
        .iter()
        .filter(|(_, v)| !v.audited.wrong.is_empty())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    verdicts.iter().map(|(_, v)| v.kills).sum()
}

#[tokio::test]
async fn every_victim_at_every_boundary() {
    let trials = strikes_in_turn();
    let count = trials.len();
    assert_eq!(
        all_hold(trials).await,
        count,
        "each trial reached its boundary and killed"
    );
}

#[tokio::test]
async fn every_trouble_that_a_portal_can_make() {
    all_hold(troubles_in_turn()).await;
}

#[tokio::test]
async fn batches_with_several_logins_troubles_and_killings_at_random() {
    all_hold((2026..2036).map(random).collect()).await;
}
