//! A file of the log for each day, which only its owner's group may read, and which has a bound: a day's and a
//! line's. What somebody sends by the million fills no disk.
//!
//! Lives here: the file. Never here: what is written into it, and when.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde_json::json;

use crate::server::LogForm;

/// Bytes of a day.
const DAY_MAX: u64 = 200 * 1024 * 1024;
/// Bytes of a line, and how much is kept of one that has more.
const LINE_MAX: usize = 16 * 1024;
const KEPT_OF_LINE: usize = 2 * 1024;
/// Files that are kept.
const FILES_MAX: usize = 30;

/// How large a day and a line may get.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    day: u64,
    line: usize,
    kept: usize,
}

/// What the log is written into: each call of `write` is a line.
#[derive(Debug)]
pub(super) struct DayFile {
    folder: PathBuf,
    prefix: &'static str,
    form: LogForm,
    bounds: Bounds,
    today: fn() -> Date,
    open: Option<Open>,
}

/// The file of a day.
#[derive(Debug)]
struct Open {
    day: Date,
    file: File,
    bytes: u64,
    /// Lines that found no room.
    left_out: u64,
}

impl DayFile {
    /// Files `PREFIX.2026-11-26.log` in this folder. The first is opened now, so that a folder that cannot be
    /// written is known at once.
    pub fn begin(folder: &Path, prefix: &'static str, form: LogForm) -> io::Result<Self> {
        let bounds = Bounds {
            day: DAY_MAX,
            line: LINE_MAX,
            kept: KEPT_OF_LINE,
        };
        Self::with(folder, prefix, form, bounds, utc_day)
    }

    fn with(
        folder: &Path,
        prefix: &'static str,
        form: LogForm,
        bounds: Bounds,
        today: fn() -> Date,
    ) -> io::Result<Self> {
        let mut day_file = Self {
            folder: folder.to_owned(),
            prefix,
            form,
            bounds,
            today,
            open: None,
        };
        day_file.turn(today())?;
        Ok(day_file)
    }

    /// The file of this day; tells it what yesterday's had no room for.
    fn turn(&mut self, day: Date) -> io::Result<()> {
        let left_out = self.open.as_ref().map_or(0, |open| open.left_out);
        let file = private(&self.folder.join(format!("{}.{day}.log", self.prefix)))?;
        let bytes = file.metadata()?.len();
        self.open = Some(Open {
            day,
            file,
            bytes,
            left_out: 0,
        });
        self.forget_old();
        if left_out > 0 {
            let words = "lines were left out of the file before this one, which was full";
            self.say(words, &[("lines", left_out.into())])?;
        }
        Ok(())
    }

    /// The newest files stay.
    fn forget_old(&self) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return;
        };
        let is_ours = |name: &str| {
            let day = name
                .strip_prefix(self.prefix)
                .and_then(|rest| rest.strip_prefix('.'))
                .and_then(|rest| rest.strip_suffix(".log"));
            day.is_some_and(|day| day.parse::<Date>().is_ok())
        };
        let mut names: Vec<String> = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| is_ours(name))
            .collect();
        // A day's name sorts as the day does.
        names.sort_unstable();
        for old in names.iter().rev().skip(FILES_MAX) {
            // Err: the next day tries again.
            let _ = std::fs::remove_file(self.folder.join(old));
        }
    }

    /// A line of its own, in the log's form.
    fn say(&mut self, words: &str, facts: &[(&str, serde_json::Value)]) -> io::Result<()> {
        let now = jiff::Timestamp::now();
        let line = match self.form {
            LogForm::Json => {
                let mut line = json!({ "timestamp": now.to_string(), "level": "WARN", "message": words, "target": module_path!() });
                for (name, value) in facts {
                    line[*name] = value.clone();
                }
                format!("{line}\n")
            }
            LogForm::Text => {
                let facts: String = facts
                    .iter()
                    .map(|(name, v)| format!(" {name}={v}"))
                    .collect();
                format!("{now}  WARN {}: {words}{facts}\n", module_path!())
            }
        };
        self.put(line.as_bytes())
    }

    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        open.file.write_all(line)?;
        open.bytes += line.len() as u64;
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        let day = (self.today)();
        if self.open.as_ref().is_none_or(|open| open.day != day) {
            self.turn(day)?;
        }
        let most = self.bounds.day;
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        if open.bytes + line.len().min(self.bounds.line) as u64 > most {
            open.left_out += 1;
            if open.left_out > 1 {
                return Ok(());
            }
            let words = "the log of this day is full; what comes is counted and not kept";
            return self.say(words, &[("bytes", most.into())]);
        }
        if line.len() <= self.bounds.line {
            return self.put(line);
        }
        let begin = String::from_utf8_lossy(line.get(..self.bounds.kept).unwrap_or(line));
        let facts = [("bytes", line.len().into()), ("begin", begin.into())];
        self.say("a line was too long and is cut", &facts)
    }
}

impl Write for DayFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.line(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.open {
            Some(open) => open.file.flush(),
            None => Ok(()),
        }
    }
}

impl Drop for DayFile {
    fn drop(&mut self) {
        let left_out = self.open.as_ref().map_or(0, |open| open.left_out);
        if left_out > 0 {
            let words = "lines were left out of this file, which is full";
            // Err: nobody is left to tell.
            let _ = self.say(words, &[("lines", left_out.into())]);
        }
    }
}

fn utc_day() -> Date {
    jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
}

/// A file that is written at its end, and that nobody but its owner writes and its group reads. One that is there
/// keeps its rights.
fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI8, Ordering};

    use super::*;

    const SMALL: Bounds = Bounds {
        day: 1_000,
        line: 100,
        kept: 10,
    };

    fn day(folder: &Path, form: LogForm, today: fn() -> Date) -> DayFile {
        DayFile::with(folder, "serve", form, SMALL, today).expect("opened")
    }

    fn read(folder: &Path, day: &str) -> String {
        std::fs::read_to_string(folder.join(format!("serve.{day}.log"))).expect("a file")
    }

    fn first() -> Date {
        jiff::civil::date(2026, 11, 26)
    }

    #[test]
    fn a_day_has_a_bound_and_says_once_that_it_is_reached() {
        static DAY: AtomicI8 = AtomicI8::new(26);
        let folder = tempfile::tempdir().expect("folder");
        let today = || jiff::civil::date(2026, 11, DAY.load(Ordering::Relaxed));
        let mut log = day(folder.path(), LogForm::Json, today);
        for _ in 0..50 {
            log.write_all(&[[b'x'; 79].as_slice(), b"\n"].concat())
                .expect("written");
        }
        let full = read(folder.path(), "2026-11-26");
        assert_eq!(full.matches("is full").count(), 1, "{full}");
        assert_eq!(
            full.lines().filter(|line| line.starts_with('x')).count(),
            12
        );
        assert!(full.len() < 1_400, "{}", full.len());
        DAY.store(27, Ordering::Relaxed);
        log.write_all(b"good morning\n").expect("written");
        let next = read(folder.path(), "2026-11-27");
        assert!(
            next.contains("\"lines\":38") && next.ends_with("good morning\n"),
            "{next}"
        );
        for line in next.lines().take(1) {
            serde_json::from_str::<serde_json::Value>(line).expect("JSON like the others");
        }
    }

    #[test]
    fn a_log_that_ends_full_says_how_much_is_missing() {
        let folder = tempfile::tempdir().expect("folder");
        let mut log = day(folder.path(), LogForm::Text, first);
        for _ in 0..20 {
            log.write_all(&[b'x'; 90]).expect("written");
        }
        drop(log);
        assert!(
            read(folder.path(), "2026-11-26")
                .trim_end()
                .ends_with("lines=9")
        );
    }

    #[test]
    fn a_line_has_a_bound_and_what_is_kept_of_it_is_still_a_line() {
        let folder = tempfile::tempdir().expect("folder");
        let mut log = day(folder.path(), LogForm::Json, first);
        let long = "đ\n\"}".repeat(100);
        log.write_all(long.as_bytes()).expect("written");
        let text = read(folder.path(), "2026-11-26");
        let line: serde_json::Value = serde_json::from_str(&text).expect("one line");
        assert_eq!(line["bytes"], long.len());
        assert!(text.len() < 300);
    }

    #[test]
    fn the_newest_files_stay_and_nobody_else_reads_them() {
        let folder = tempfile::tempdir().expect("folder");
        for number in 1..=28 {
            let name = format!("serve.2026-09-{number:02}.log");
            std::fs::write(folder.path().join(name), "old").expect("written");
        }
        for number in 1..=20 {
            let name = format!("serve.2026-10-{number:02}.log");
            std::fs::write(folder.path().join(name), "old").expect("written");
        }
        std::fs::write(folder.path().join("serve.notes.log"), "mine").expect("written");
        drop(day(folder.path(), LogForm::Text, first));
        let left = std::fs::read_dir(folder.path()).expect("list").count();
        assert_eq!(left, FILES_MAX + 1, "and what is none of ours");
        assert!(folder.path().join("serve.notes.log").exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = folder.path().join("serve.2026-11-26.log");
            let mode = file.metadata().expect("there").permissions().mode() & 0o777;
            assert_eq!(mode & 0o037, 0, "{mode:o}");
        }
    }
}
