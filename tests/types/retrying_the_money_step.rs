//! The step that moves money cannot stand in a loop.
use gachno::browser::Gate;
use gachno::ledger::Armed;
use gachno::portal::{Armament, Page, Prepared};

async fn until_it_works(page: &mut Page<'_>, prepared: Prepared, armed: Armed, gate: Gate, armament: &Armament) {
    loop {
        let answered = page.press(prepared, armed, gate, armament, async |_, _| Ok::<(), String>(())).await;
        if answered.lost.is_none() {
            return;
        }
    }
}

fn main() {}
