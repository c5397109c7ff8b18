//! Where things lie on disk.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use directories::ProjectDirs;

use super::{ConfigError, private_folder};

/// What is to be said of a move of the data, once there is a log.
static MOVED: OnceLock<String> = OnceLock::new();

/// Where the data is: in the new folder, to which an old one is moved as a whole, once. What cannot
/// be moved, because a program holds it or it lies on another disk, is worked with where it is.
fn moved(old: &Path, new: &Path) -> PathBuf {
    if old == new || new.exists() || !old.exists() {
        return new.to_owned();
    }
    let made = new.parent().map_or(Ok(()), std::fs::create_dir_all);
    let (folder, said) = match made.and_then(|()| std::fs::rename(old, new)) {
        Ok(()) => (
            new,
            format!("{} was moved to {}", old.display(), new.display()),
        ),
        Err(error) => (old, format!("{} stays where it is: {error}", old.display())),
    };
    let _ = MOVED.set(said);
    folder.to_owned()
}

/// The folders of this user. `GACHNO_HOME` puts all of them in one place.
#[derive(Debug, Clone)]
pub struct Home {
    config: PathBuf,
    data: PathBuf,
}

impl Home {
    /// By `GACHNO_HOME`, else by the system's conventions.
    pub fn find() -> Result<Self, ConfigError> {
        match std::env::var_os("GACHNO_HOME").filter(|home| !home.is_empty()) {
            Some(home) => Ok(Self::at(Path::new(&home))),
            None => ProjectDirs::from("vn", "GachNo", "gachno")
                .map(|dirs| Self {
                    config: dirs.config_dir().to_owned(),
                    // A ledger is no file to be carried from machine to machine at every logon, as
                    // Windows does with the other folder.
                    data: moved(dirs.data_dir(), dirs.data_local_dir()),
                })
                .ok_or(ConfigError::NoHome),
        }
    }

    /// Says what became of data that lay elsewhere.
    pub fn tell_moved() {
        if let Some(said) = MOVED.get() {
            tracing::info!("{said}");
        }
    }

    /// Everything in one folder.
    pub fn at(folder: &Path) -> Self {
        Self {
            config: folder.to_owned(),
            data: folder.to_owned(),
        }
    }

    /// `config.json`
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.json")
    }

    /// A portal map here overrides the built-in one.
    pub fn portal_map(&self) -> PathBuf {
        self.config.join("viettel-pay.toml")
    }

    /// How the server is set up.
    pub fn serve_file(&self) -> PathBuf {
        self.config.join("serve.toml")
    }

    /// The key of the secrets in the server's database. Without it a copy of the database shows
    /// none of them.
    pub fn serve_key(&self) -> PathBuf {
        self.config.join("serve.key")
    }

    /// The server's own database, where no other is named.
    pub fn server_database(&self) -> PathBuf {
        self.data.join("server.db")
    }

    /// The journal.
    pub fn ledger(&self) -> PathBuf {
        self.data.join("ledger.db")
    }

    /// Log files.
    pub fn logs(&self) -> PathBuf {
        self.data.join("logs")
    }

    /// Screenshots and page texts.
    pub fn evidence(&self) -> PathBuf {
        self.data.join("evidence")
    }

    /// Which renderer the window opened with, where it had to try.
    pub fn renderer(&self) -> PathBuf {
        self.data.join("renderer.txt")
    }

    /// The window's size, place and columns.
    pub fn window(&self) -> PathBuf {
        self.data.join("window.ron")
    }

    /// Lies there while a second window asks the first one to come to the front.
    pub fn front(&self) -> PathBuf {
        self.data.join("front")
    }

    /// Shifts that are over.
    pub fn shifts(&self) -> PathBuf {
        self.data.join("ca.jsonl")
    }

    /// Pages with personal data masked, for support.
    pub fn support(&self) -> PathBuf {
        self.data.join("ho_tro")
    }

    /// What the browsers of living runs need to be found again: one small file per run, and their
    /// profiles.
    pub fn run(&self) -> PathBuf {
        self.data.join("run")
    }

    /// Drivers of browsers that the program brought by itself.
    pub fn drivers(&self) -> PathBuf {
        self.data.join("drivers")
    }

    /// Closes to others what an older version left open to them. What cannot be closed is logged:
    /// it is no reason not to work.
    pub fn close_to_others(&self) {
        for folder in [self.logs(), self.evidence(), self.run(), self.support()] {
            if folder.is_dir()
                && let Err(error) = private_folder(&folder)
            {
                tracing::warn!(%error, folder = %folder.display(), "others may read this folder");
            }
        }
    }

    /// The folder of all data.
    pub fn data(&self) -> &Path {
        &self.data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_moved_once_and_as_a_whole() {
        let dir = tempfile::tempdir().expect("dir");
        let (old, new) = (
            dir.path().join("roaming/data"),
            dir.path().join("local/data"),
        );
        assert_eq!(moved(&old, &new), new, "nothing to move");
        std::fs::create_dir_all(old.join("evidence")).expect("made");
        std::fs::write(old.join("ledger.db"), "books").expect("written");
        assert_eq!(moved(&old, &new), new);
        assert!(!old.exists() && new.join("evidence").is_dir());
        std::fs::create_dir_all(&old).expect("made");
        assert_eq!(moved(&old, &new), new, "what is there is not written over");
        assert_eq!(
            std::fs::read(new.join("ledger.db")).expect("there"),
            b"books"
        );
        let nowhere = dir.path().join("roaming/data/file");
        std::fs::write(&nowhere, "no folder").expect("written");
        assert_eq!(
            moved(&old, &nowhere.join("x")),
            old,
            "worked with where it is"
        );
    }
}
