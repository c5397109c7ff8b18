//! Shifts that are over: kept one a line, in a file of their own.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::desktop::model::shift::Shift;

/// More than years of shifts; what lies before is not read.
const READ_MAX: u64 = 4 << 20;

/// The shifts that were closed here, the newest first. What a line does not say is left out.
pub fn read(path: &Path) -> io::Result<Vec<Shift>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(READ_MAX)))?;
    let mut bytes = Vec::new();
    file.take(READ_MAX).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let shifts = text.lines().rev();
    Ok(shifts
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect())
}

/// Keeps one more; it is on the disk when this is over.
pub fn keep(path: &Path, shift: &Shift) -> io::Result<()> {
    let mut line = serde_json::to_vec(shift)?;
    line.push(b'\n');
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    // Whoever was cut off in the middle of a line leaves its beginning: the next begins below it.
    if file.metadata()?.len() > 0 && !ends_a_line(path)? {
        line.insert(0, b'\n');
    }
    file.write_all(&line)?;
    file.sync_data()
}

fn ends_a_line(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Vnd;

    fn shift(until_ms: i64) -> Shift {
        Shift {
            who: "Lan".into(),
            since_ms: 0,
            until_ms,
            opening: Vnd::ZERO,
            bills: 1,
            paid: Vnd::fixed(412_000),
            notes: vec![(1_000, 412)],
            counted: Vnd::fixed(412_000),
        }
    }

    #[test]
    fn shifts_are_kept_the_newest_first_and_half_a_line_hides_none() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("ca.jsonl");
        assert_eq!(read(&path).expect("nothing yet"), []);
        keep(&path, &shift(1)).expect("kept");
        let mut file = OpenOptions::new().append(true).open(&path).expect("opened");
        file.write_all(b"{\"who\":\"L").expect("cut off");
        keep(&path, &shift(2)).expect("kept");
        assert_eq!(read(&path).expect("read"), [shift(2), shift(1)]);
    }
}
