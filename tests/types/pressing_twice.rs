//! The paying button cannot be pressed twice with one arming.
use gachno::browser::Gate;
use gachno::ledger::Armed;
use gachno::portal::{Armament, Page, Prepared};

async fn twice(page: &mut Page<'_>, prepared: Prepared, armed: Armed, gate: Gate, armament: &Armament) {
    page.press(prepared, armed, gate, armament, async |_, _| Ok::<(), String>(())).await;
    page.press(prepared, armed, gate, armament, async |_, _| Ok::<(), String>(())).await;
}

fn main() {}
