//! Only the ledger makes the permission to press, and only by making the intent durable.
use gachno::browser::Gate;
use gachno::ledger::Armed;
use gachno::portal::{Armament, Page, Prepared};

async fn unarmed(page: &mut Page<'_>, prepared: Prepared, gate: Gate, armament: &Armament) {
    let armed = Armed { attempt: "made up".to_owned() };
    page.press(prepared, armed, gate, armament, async |_, _| Ok::<(), String>(())).await;
}

fn main() {}
