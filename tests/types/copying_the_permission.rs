//! A permission to press cannot be copied, nor what was prepared.
use gachno::ledger::Armed;
use gachno::portal::Prepared;

fn copies(armed: &Armed, prepared: &Prepared) -> (Armed, Prepared) {
    (armed.clone(), prepared.clone())
}

fn main() {}
