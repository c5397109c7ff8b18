//! A page is not pressed without its gate.
use gachno::ledger::Armed;
use gachno::portal::{Armament, Page, Prepared};

async fn ungated(page: &mut Page<'_>, prepared: Prepared, armed: Armed, armament: &Armament) {
    page.press(prepared, armed, armament, async |_, _| Ok::<(), String>(())).await;
}

fn main() {}
