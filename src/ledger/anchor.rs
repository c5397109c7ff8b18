//! What the newest event was, beside the journal: an older copy that is put in its place is
//! noticed.
//!
//! A copy of yesterday does not know what was paid today; whoever pays on it pays twice. The mark
//! is a small file of its own, written behind every arming and every end. It is no proof against
//! somebody who puts it back too.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::chain::ChainHead;
use super::writer::private_file;

/// Where it lies.
fn path_of(ledger: &Path) -> PathBuf {
    ledger.with_extension("head")
}

/// Notes events, never an older one behind a newer one.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<i64>);

impl Notes {
    /// Notes this one unless a newer one was.
    pub fn note(&self, ledger: &Path, head: &ChainHead) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if head.seq > *newest {
            note(ledger, head);
            *newest = head.seq;
        }
    }
}

/// Notes the newest event. It need not be on disk at once: it guards against people, not against
/// power cuts.
pub(super) fn note(ledger: &Path, head: &ChainHead) {
    let mark = format!("{} {}\n", head.seq, head.hash);
    let file = private_file().truncate(true).open(path_of(ledger));
    if let Err(error) = file.and_then(|mut file| file.write_all(mark.as_bytes())) {
        tracing::warn!(%error, "the newest event could not be noted beside the ledger");
    }
}

/// The newest event that was ever noted for this place, with its hash.
pub(super) fn noted(ledger: &Path) -> Option<(i64, String)> {
    let text = fs::read_to_string(path_of(ledger)).ok()?;
    let (seq, hash) = text.trim().split_once(' ')?;
    Some((seq.parse().ok()?, hash.to_owned()))
}
