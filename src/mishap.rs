//! A fault in the program itself: a small report beside the log, and a word about it at the next
//! start.
//!
//! Lives here: the panic hook and what it writes. Never here: what was being done; the ledger has
//! that, whole.

use std::fs;
use std::panic::PanicHookInfo;
#[cfg(any(feature = "desktop", test))]
use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::private_folder;

/// How the names of reports begin, and how those end that nobody was told of yet.
const PREFIX: &str = "su_co-";
const UNTOLD: &str = "moi.txt";

/// From now on a panic leaves a report in this folder, in the log, and on stderr as before.
pub fn report_to(folder: PathBuf) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let said = said(info);
        tracing::error!(panic = said, "the program has a fault");
        let at = Timestamp::now().to_zoned(TimeZone::system());
        let name = format!("{PREFIX}{}.{UNTOLD}", at.strftime("%Y%m%d-%H%M%S-%f"));
        let text = format!(
            "GachNo {}, {} {}, {}\n{said}\n{}\n",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH,
            at.strftime("%d/%m/%Y %H:%M:%S"),
            std::backtrace::Backtrace::force_capture()
        );
        // Where nothing can be written the word on stderr has to do.
        let _ = private_folder(&folder).and_then(|()| fs::write(folder.join(name), text));
        before(info);
    }));
}

fn said(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    let place = info
        .location()
        .map(|at| format!("{}:{}", at.file(), at.line()))
        .unwrap_or_default();
    format!("{} ({place})", message.unwrap_or_default())
}

/// Reports that nobody was told of yet, the newest last. Asking is being told.
#[cfg(any(feature = "desktop", test))]
pub fn untold(folder: &Path) -> Vec<PathBuf> {
    let mut reports: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|file| file.path())
        .filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(UNTOLD))
        })
        .collect();
    reports.sort();
    reports
        .into_iter()
        .map(|path| {
            let told = path.with_file_name(
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .replace(UNTOLD, "txt"),
            );
            if fs::rename(&path, &told).is_ok() {
                told
            } else {
                path
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_told_once() {
        let dir = tempfile::tempdir().expect("dir");
        fs::write(dir.path().join("su_co-20261121-091500-1.moi.txt"), "x").expect("written");
        fs::write(dir.path().join("gachno.2026-11-21.log"), "x").expect("written");
        let told = untold(dir.path());
        assert_eq!(told, [dir.path().join("su_co-20261121-091500-1.txt")]);
        assert!(told[0].exists() && untold(dir.path()).is_empty());
    }
}
