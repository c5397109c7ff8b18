//! What is kept of a payment: the request and the answer at the gate, pictures and texts of the
//! page.
//!
//! A file is named by the hash of its bytes; the ledger's event names the hash. What is the same is
//! kept once.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use crate::domain::Kept;

/// Where evidence lies, and for how long.
#[derive(Debug, Clone)]
pub struct EvidenceStore {
    folder: PathBuf,
    /// Texts of every payment, and pictures of those that were not plain; without it only of failures
    /// and doubts.
    is_full: bool,
    /// A picture of every payment.
    has_every: bool,
}

/// One piece that is about to be kept.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub what: &'static str,
    pub bytes: Vec<u8>,
}

impl Piece {
    /// A text.
    pub fn text(what: &'static str, text: &str) -> Self {
        Self {
            what,
            bytes: text.as_bytes().to_vec(),
        }
    }

    /// Its name in the ledger.
    pub fn kept(&self) -> Kept {
        Kept {
            what: self.what.to_owned(),
            hash: hash(&self.bytes),
        }
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// By what the bytes are.
fn extension(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xd8, ..] => "jpg",
        [0x89, b'P', b'N', b'G', ..] => "png",
        _ => "txt",
    }
}

impl EvidenceStore {
    /// Below this folder.
    pub fn at(folder: &Path, is_full: bool) -> Self {
        Self {
            folder: folder.to_owned(),
            is_full,
            has_every: false,
        }
    }

    /// The same with a picture of every payment.
    #[must_use]
    pub fn with_every_picture(self, has_every: bool) -> Self {
        Self { has_every, ..self }
    }

    /// Are texts kept of every payment?
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Are pictures taken of every payment?
    pub fn has_every(&self) -> bool {
        self.has_every
    }

    fn path(&self, hash: &str, extension: &str) -> PathBuf {
        self.folder
            .join(hash.get(..2).unwrap_or("00"))
            .join(format!("{hash}.{extension}"))
    }

    /// The file of this hash, where it is still kept.
    pub fn find(&self, hash: &str) -> Option<PathBuf> {
        ["jpg", "png", "txt"]
            .into_iter()
            .map(|extension| self.path(hash, extension))
            .find(|path| path.is_file())
    }

    /// Writes the pieces; says what was written. Evidence is never worth a job: a failure is logged
    /// and nothing more.
    pub(super) fn keep(&self, pieces: Vec<Piece>) -> Vec<Kept> {
        let mut files = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let kept = piece.kept();
            let path = self.path(&kept.hash, extension(&piece.bytes));
            // What is the same has the same name: it is there already.
            let written = if path.exists() {
                Ok(())
            } else {
                crate::config::write_atomically(&path, &piece.bytes)
            };
            match written {
                Ok(()) => files.push(kept),
                Err(error) => {
                    tracing::warn!(%error, path = %path.display(), "evidence could not be written");
                }
            }
        }
        files
    }

    /// Removes what is older than so many days; says how many files.
    pub fn prune(&self, keep_days: u32) -> usize {
        let Some(oldest) =
            SystemTime::now().checked_sub(Duration::from_hours(24 * u64::from(keep_days)))
        else {
            return 0;
        };
        let folders = std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten();
        let files = folders
            .filter_map(|folder| std::fs::read_dir(folder.path()).ok())
            .flatten()
            .flatten();
        files
            .filter(|file| {
                file.metadata()
                    .and_then(|m| m.modified())
                    .is_ok_and(|at| at < oldest)
            })
            .filter(|file| std::fs::remove_file(file.path()).is_ok())
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_found_by_its_hash_and_goes_when_it_is_old() {
        let dir = tempfile::tempdir().expect("dir");
        let store = EvidenceStore::at(dir.path(), true);
        let pieces = vec![
            Piece::text("request", "a=1"),
            Piece {
                what: "quote",
                bytes: vec![0xff, 0xd8, 1],
            },
            Piece::text("again", "a=1"),
        ];
        let kept = store.keep(pieces);
        assert_eq!(
            kept.iter().map(|k| k.what.as_str()).collect::<Vec<_>>(),
            ["request", "quote", "again"]
        );
        assert_eq!(kept[0].hash, kept[2].hash, "the same is kept once");
        assert_eq!(
            std::fs::read(store.find(&kept[0].hash).expect("found")).expect("read"),
            b"a=1"
        );
        assert!(
            store
                .find(&kept[1].hash)
                .expect("found")
                .extension()
                .is_some_and(|e| e == "jpg")
        );

        let old = SystemTime::now() - Duration::from_hours(24 * 10);
        let file = std::fs::File::options()
            .write(true)
            .open(store.find(&kept[0].hash).expect("found"))
            .expect("open");
        file.set_modified(old).expect("time");
        assert_eq!(store.prune(9), 1);
        assert_eq!(store.find(&kept[0].hash), None);
        assert!(store.find(&kept[1].hash).is_some());
    }
}
