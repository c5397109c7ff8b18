//! The one program in a driver's archive.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use super::{SupplyError, disk};

/// An archive of a driver has three files.
const ENTRIES_MAX: usize = 200;

/// Takes the program of this name out of an archive, wherever it lies in it. Nothing else is
/// written, and no name of the archive becomes a path. The archive's own checksums are compared.
/// `most`: larger programs are refused.
pub fn unpack(zip: File, name: &str, into: &Path, most: u64) -> Result<(), SupplyError> {
    let damaged = |error: &dyn std::fmt::Display| SupplyError::Damaged {
        why: error.to_string(),
    };
    let too_large = || SupplyError::TooLarge {
        what: name.to_owned(),
        most: most.div_ceil(1024 * 1024),
    };
    let mut zip = zip::ZipArchive::new(BufReader::new(zip)).map_err(|e| damaged(&e))?;
    if zip.len() > ENTRIES_MAX {
        return Err(damaged(&format!("{} tệp", zip.len())));
    }
    let place = (0..zip.len()).find(|place| {
        zip.name_for_index(*place)
            .and_then(Result::ok)
            .is_some_and(|path| path.rsplit(['/', '\\']).next() == Some(name))
    });
    let place = place.ok_or_else(|| damaged(&format!("không có {name}")))?;
    let mut entry = zip.by_index(place).map_err(|e| damaged(&e))?;
    if entry.size() > most {
        return Err(too_large());
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o700);
    let mut program = options.open(into).map_err(disk(into))?;
    // What the archive says of its size is not believed.
    let mut buffer = vec![0; 64 * 1024];
    let mut written = 0;
    loop {
        let count = entry.read(&mut buffer).map_err(|e| damaged(&e))?;
        if count == 0 {
            break;
        }
        written += count as u64;
        if written > most {
            return Err(too_large());
        }
        program.write_all(&buffer[..count]).map_err(disk(into))?;
    }
    program.sync_all().map_err(disk(into))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Seek;

    /// An archive with one program of so many zeros that says it has so many.
    fn archive(name: &str, zeros: usize, says: usize) -> File {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("started");
        zip.write_all(&vec![0; zeros]).expect("written");
        let mut bytes = zip.finish().expect("finished").into_inner();
        let told = |size: usize| u32::try_from(size).expect("small").to_le_bytes();
        let places: Vec<usize> = bytes
            .windows(4)
            .enumerate()
            .filter(|(_, four)| *four == told(zeros))
            .map(|(at, _)| at)
            .collect();
        assert!(!places.is_empty());
        for at in places {
            bytes[at..at + 4].copy_from_slice(&told(says));
        }
        let mut file = tempfile::tempfile().expect("file");
        file.write_all(&bytes).expect("written");
        file.rewind().expect("rewound");
        file
    }

    #[test]
    fn a_bomb_is_refused_whatever_it_says_of_itself() {
        let folder = tempfile::tempdir().expect("folder");
        let (most, bomb) = (1 << 20, 4 << 20);
        for (place, says) in [(0, bomb), (1, 1_000), (2, 1 << 19)] {
            let into = folder.path().join(place.to_string());
            unpack(archive("x/driver", bomb, says), "driver", &into, most).expect_err("refused");
            let written = into.metadata().map_or(0, |file| file.len());
            assert!(written <= most, "{says}: {written}");
        }
        let into = folder.path().join("good");
        unpack(
            archive("x\\driver", 1_000_003, 1_000_003),
            "driver",
            &into,
            most,
        )
        .expect("good");
        assert_eq!(into.metadata().expect("there").len(), 1_000_003);
        unpack(archive("driver.txt", 10_007, 10_007), "driver", &into, most)
            .expect_err("no driver");
    }
}
