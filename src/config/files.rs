//! Files and folders that only their owner may read.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// Writes beside the file, syncs, renames. The old content stays whole until the new one is.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    make(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}.tmp", uuid::Uuid::new_v4().simple()));
    let written = (|| {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        patiently(is_held, || fs::rename(&temporary, path))
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A scanner of viruses or of a backup holds a file for a moment, and Windows lets nobody put
/// another one in its place meanwhile.
fn is_held(error: &io::Error) -> bool {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    const LOCK_VIOLATION: i32 = 33;
    cfg!(windows)
        && matches!(
            error.raw_os_error(),
            Some(ACCESS_DENIED | SHARING_VIOLATION | LOCK_VIOLATION)
        )
}

/// Does it again, for two seconds at most, where the fault is one that passes.
fn patiently(
    passes: impl Fn(&io::Error) -> bool,
    work: impl Fn() -> io::Result<()>,
) -> io::Result<()> {
    const TRIES: u32 = 40;
    const PAUSE: Duration = Duration::from_millis(50);
    for _ in 1..TRIES {
        match work() {
            Err(error) if passes(&error) => std::thread::sleep(PAUSE),
            done => return done,
        }
    }
    work()
}

/// Makes a folder that its owner alone may look into, with all folders above it that are missing.
/// One that is there already, from an older version or a more generous umask, is closed to others
/// too. So it does not matter with which rights a library makes the files in it.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    make(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let rights = fs::metadata(folder)?.permissions();
        if rights.mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// Makes the folders that are missing, for their owner alone.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn rights(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn a_file_that_is_held_for_a_moment_is_written_all_the_same() {
        let tries = std::cell::Cell::new(0);
        let work = || {
            tries.set(tries.get() + 1);
            if tries.get() < 3 {
                Err(io::Error::from_raw_os_error(32))
            } else {
                Ok(())
            }
        };
        patiently(|error| error.raw_os_error() == Some(32), work).expect("in the end");
        assert_eq!(tries.replace(0), 3);
        patiently(|_| false, work).expect_err("a fault that stays is told at once");
        assert_eq!(tries.get(), 1);
    }

    #[test]
    fn nobody_else_reads_what_is_written() {
        let dir = tempfile::tempdir().expect("dir");
        let old = dir.path().join("logs");
        fs::create_dir(&old).expect("made");
        fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).expect("open to all");
        private_folder(&old).expect("closed");
        let new = dir.path().join("a/b");
        private_folder(&new).expect("made");
        let file = dir.path().join("c/file");
        write_atomically(&file, b"x").expect("written");
        assert_eq!(
            [&old, &new, &dir.path().join("a"), &dir.path().join("c")].map(|path| rights(path)),
            [0o700; 4]
        );
        assert_eq!(rights(&file), 0o600);
    }
}
