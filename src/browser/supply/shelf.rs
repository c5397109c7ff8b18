//! The folder of drivers: one folder a driver, the newest few of them kept.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::list::{Family, fitness};
use super::{SupplyError, disk};
use crate::browser::version::Version;
use crate::config::private_folder;

/// So many of a family are kept: that of the browser before an update that was taken back, too.
const KEPT: usize = 3;
/// What is not finished begins like this.
const UNFINISHED: &str = ".new-";

/// The drivers that the program brought by itself.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
}

/// The one that may fetch; the turn ends with it.
#[derive(Debug)]
pub(super) struct ShelfTurn(#[expect(dead_code, reason = "its lock is what it is for")] File);

impl Shelf {
    pub(super) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// All of a family, the newest first.
    pub fn all(&self, family: Family) -> Vec<(Version, PathBuf)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut all: Vec<(Version, PathBuf)> = entries
            .filter_map(|entry| {
                let name = entry.file_name();
                let version = name.to_str()?.strip_prefix(family.stem())?;
                let version = Version::parse(version.strip_prefix('-')?)?;
                let program = entry.path().join(family.program());
                program.is_file().then_some((version, program))
            })
            .collect();
        all.sort_by(|a, b| b.cmp(a));
        all
    }

    /// The one that fits this browser best; another major number never fits.
    pub fn best_for(&self, family: Family, browser: Version) -> Option<(Version, PathBuf)> {
        self.all(family)
            .into_iter()
            .filter(|(version, _)| version.major() == browser.major())
            .max_by_key(|(version, _)| fitness(*version, browser))
    }

    /// The turn to fetch; `None`: somebody else has it, in this program or in another.
    pub(super) fn try_turn(&self) -> Result<Option<ShelfTurn>, SupplyError> {
        private_folder(&self.folder).map_err(disk(&self.folder))?;
        let path = self.folder.join(".lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(disk(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(ShelfTurn(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(SupplyError::Disk { path, source }),
        }
    }

    /// A file for what is being fetched; it goes with its handle.
    pub(super) fn new_file(&self) -> Result<File, SupplyError> {
        tempfile::tempfile_in(&self.folder).map_err(disk(&self.folder))
    }

    /// A folder for a driver that is being unpacked; it goes where it is not [put](Self::put).
    pub(super) fn new_folder(&self) -> Result<tempfile::TempDir, SupplyError> {
        tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(&self.folder)
            .map_err(disk(&self.folder))
    }

    /// Gives the finished folder its name: the driver is there whole or not at all.
    pub(super) fn put(
        &self,
        finished: tempfile::TempDir,
        family: Family,
        version: Version,
    ) -> Result<PathBuf, SupplyError> {
        let folder = self.folder.join(format!("{}-{version}", family.stem()));
        // One that is there and was not found has lost its program.
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(disk(&folder))?;
        }
        fs::rename(finished.path(), &folder).map_err(disk(&folder))?;
        // It is no temporary folder any more.
        let _ = finished.keep();
        Ok(folder.join(family.program()))
    }

    /// Removes the oldest, and what a killed program left unfinished. One that runs stays where the
    /// system does not let it go.
    pub(super) fn prune(&self, family: Family, newest: Version) {
        let old = self.all(family);
        let old = old.iter().filter(|(version, _)| *version != newest);
        let old = old
            .skip(KEPT - 1)
            .filter_map(|(_, program)| program.parent());
        let unfinished: Vec<PathBuf> = fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED))
            .map(|entry| entry.path())
            .collect();
        for folder in old.chain(unfinished.iter().map(PathBuf::as_path)) {
            if let Err(error) = fs::remove_dir_all(folder) {
                tracing::info!(%error, folder = %folder.display(), "an old driver stays");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(shelf: &Shelf, family: Family, text: &str) {
        let version = Version::parse(text).expect("a version");
        let folder = shelf.new_folder().expect("folder");
        fs::write(folder.path().join(family.program()), "x").expect("written");
        shelf.put(folder, family, version).expect("put");
        shelf.prune(family, version);
    }

    fn kept(shelf: &Shelf, family: Family) -> Vec<String> {
        let all = shelf.all(family).into_iter();
        all.map(|(version, _)| version.to_string()).collect()
    }

    #[test]
    fn the_newest_few_are_kept_and_the_one_just_brought_always() {
        let folder = tempfile::tempdir().expect("folder");
        let shelf = Shelf::at(folder.path());
        for version in [
            "155.0.0.1",
            "156.0.0.1",
            "157.0.0.1",
            "158.0.0.1",
            "100.0.0.1",
        ] {
            put(&shelf, Family::Chrome, version);
        }
        put(&shelf, Family::Edge, "150.0.0.1");
        fs::create_dir(folder.path().join(format!("{UNFINISHED}x"))).expect("left");
        put(&shelf, Family::Edge, "151.0.0.1");
        assert_eq!(
            kept(&shelf, Family::Chrome),
            ["158.0.0.1", "157.0.0.1", "100.0.0.1"]
        );
        assert_eq!(kept(&shelf, Family::Edge), ["151.0.0.1", "150.0.0.1"]);
        assert!(!folder.path().join(format!("{UNFINISHED}x")).exists());
        let best = |text| {
            let browser = Version::parse(text).expect("a version");
            shelf
                .best_for(Family::Chrome, browser)
                .map(|(v, _)| v.to_string())
        };
        assert_eq!(best("157.0.9.9").as_deref(), Some("157.0.0.1"));
        assert_eq!(best("156.0.0.1"), None);
    }

    #[test]
    fn one_at_a_time_has_the_turn() {
        let folder = tempfile::tempdir().expect("folder");
        let shelf = Shelf::at(&folder.path().join("drivers"));
        let turn = shelf.try_turn().expect("asked").expect("free");
        assert!(shelf.try_turn().expect("asked").is_none());
        drop(turn);
        assert!(shelf.try_turn().expect("asked").is_some());
    }
}
