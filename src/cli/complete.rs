//! What shells and the manual know of the command line, for packages and for whoever asks.

use std::io::Write;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Arguments;
use super::{Ended, Exit, Failure};

/// Prints what completes `gachno` in this shell.
pub fn completions(shell: Shell) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "gachno", &mut text);
    // A reader that has gone away is no fault of ours.
    let _ = std::io::stdout().lock().write_all(&text);
    Exit::Done
}

/// Writes a page of the manual for each command into a folder.
pub fn man(folder: &Path) -> Ended {
    std::fs::create_dir_all(folder).map_err(Failure::cannot_run)?;
    clap_mangen::generate_to(Arguments::command(), folder).map_err(Failure::cannot_run)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_page_and_what_is_hidden_has_none() {
        let folder = tempfile::tempdir().expect("folder");
        assert!(man(folder.path()).is_ok());
        let page = |name: &str| folder.path().join(format!("{name}.1"));
        for name in [
            "gachno",
            "gachno-run",
            "gachno-driver-fetch",
            "gachno-ledger-show",
        ] {
            assert!(page(name).exists(), "{name}");
        }
        assert!(!page("gachno-relay").exists());
    }
}
