//! The program is killed, or what it stands on, and started again: nothing is paid twice, nothing is lost.

use futures_util::StreamExt;
use gachno::crash::{Lab, Trial, strikes_in_turn};

async fn all_hold(trials: Vec<Trial>) {
    gachno::init_tls();
    let lab = Lab::new(env!("CARGO_BIN_EXE_gachno").as_ref()).expect("lab");
    let lab = &lab;
    let tried = futures_util::stream::iter(trials).map(async |trial| {
        let verdict = lab.run(&trial).await.unwrap_or_else(|e| panic!("{}: {e}", trial.name()));
        (trial.name(), verdict)
    });
    let verdicts: Vec<_> = tried.buffer_unordered(2).collect().await;
    let wrong: Vec<_> = verdicts.iter().filter(|(_, v)| !v.audited.wrong.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(verdicts.iter().map(|(_, v)| v.kills).sum::<usize>() > 0, "somebody was killed");
}

#[tokio::test]
async fn every_victim_at_every_boundary() {
    all_hold(strikes_in_turn()).await;
}
