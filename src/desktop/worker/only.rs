//! One window on a ledger: a second one brings the first to the front and ends. Where something else
//! holds the ledger, a batch of the command line, it waits until that is over.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use super::Teller;
use super::message::{Command, SetupUpdate, Update};
use crate::config::Home;
use crate::desktop::words::said;
use crate::ledger::{Ledger, LedgerError};

/// How often the first window looks whether it is asked for.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// How often the second looks whether it was heard, and how many times.
const HEARD_EVERY: Duration = Duration::from_millis(100);
const HEARD_LOOKS: u32 = 30;
/// How often a ledger that something else holds is tried again.
const TRY_EVERY: Duration = Duration::from_secs(2);

/// Opens the ledger. `None`: another window has it and is in front now, or it cannot be opened; both
/// were told.
pub async fn ledger(
    home: &Home,
    inbox: &mut UnboundedReceiver<Command>,
    teller: &Teller,
) -> Option<Arc<Ledger>> {
    loop {
        let error = match Ledger::open(&home.ledger()).await {
            Ok(ledger) => return Some(Arc::new(ledger)),
            Err(error) => error,
        };
        let is_in_use = matches!(error, LedgerError::InUse { .. });
        if is_in_use && raised(&home.front()).await {
            teller.tell(Update::Close);
            return None;
        }
        teller.tell(Update::Setup(SetupUpdate::Fault(said(error))));
        if !is_in_use {
            return None;
        }
        // Nothing that is asked for meanwhile can be done; a window that closes says so by its end.
        let wait = tokio::time::sleep(TRY_EVERY);
        tokio::pin!(wait);
        loop {
            tokio::select! {
                () = &mut wait => break,
                command = inbox.recv() => {
                    command?;
                }
            }
        }
    }
}

/// Asks the window that has the ledger to come to the front. `true`: it has heard.
async fn raised(front: &Path) -> bool {
    if fs::write(front, b"").is_err() {
        return false;
    }
    for _ in 0..HEARD_LOOKS {
        tokio::time::sleep(HEARD_EVERY).await;
        if !front.exists() {
            return true;
        }
    }
    // Nobody is there who would come to the front.
    let _ = fs::remove_file(front);
    false
}

/// Tells the window whenever another one asks it to come to the front.
pub async fn heed(front: PathBuf, teller: Teller) {
    // What lies there from before is for nobody.
    let _ = fs::remove_file(&front);
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if fs::remove_file(&front).is_ok() {
            teller.tell(Update::Raise);
        }
    }
}
