//! Versions of browsers and drivers, and how a program tells its own.

use std::fmt;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::process::quiet;

/// A program that has not said its version by then is none of ours.
const SAYS_MAX: Duration = Duration::from_secs(20);
/// So much of what it says is read.
const SAID_MAX: u64 = 64 * 1024;
/// Larger programs are not searched for the version in them.
const PROGRAM_MAX: u64 = 256 * 1024 * 1024;
/// Larger lists of properties are none.
const PLIST_MAX: u64 = 1024 * 1024;

/// `156.0.8078.108`: a browser and its driver belong together by the first number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version([u32; 4]);

impl Version {
    /// Reads one to four numbers with dots between them; those that are missing are 0.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = [0; 4];
        let mut places = parts.iter_mut();
        for word in text.split('.') {
            let is_number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
            *places.next()? = word.parse().ok().filter(|_| is_number)?;
        }
        Some(Self(parts))
    }

    /// The first version among these words: `Chromium 156.0.8078.108 built on Debian`.
    pub fn in_words(text: &str) -> Option<Self> {
        text.split_whitespace()
            .filter(|word| word.contains('.'))
            .find_map(Self::parse)
    }

    /// What has to be equal.
    pub fn major(self) -> u32 {
        self.0[0]
    }

    /// Do they differ in nothing but the last number?
    pub fn is_same_build(self, other: Self) -> bool {
        self.0[..3] == other.0[..3]
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, build, patch] = self.0;
        write!(f, "{major}.{minor}.{build}.{patch}")
    }
}

/// A browser's version. On Windows it prints none and would open a window instead; on macOS its
/// bundle tells it without a start.
pub(super) fn of_browser(program: &Path) -> Option<Version> {
    if cfg!(windows) {
        return in_resources(program).or_else(|| newest_folder_beside(program));
    }
    if cfg!(target_os = "macos")
        && let Some(version) = of_bundle(program)
    {
        return Some(version);
    }
    said_by(program)
}

/// What the program says of itself.
pub(super) fn said_by(program: &Path) -> Option<Version> {
    let mut child = quiet(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let said = child.stdout.take()?;
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = said.take(SAID_MAX).read_to_end(&mut text);
        text
    });
    let since = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if since.elapsed() > SAYS_MAX {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let text = reader.join().ok()?;
    Version::in_words(&String::from_utf8_lossy(&text))
}

/// The version that stands in a Windows program's resources.
fn in_resources(program: &Path) -> Option<Version> {
    fixed_version(&bounded(program, PROGRAM_MAX)?)
}

/// `VS_FIXEDFILEINFO`: a mark, the version of this structure, then the file's own in two words.
/// The resources come last in a program; what looks like them before that is a program's code.
fn fixed_version(program: &[u8]) -> Option<Version> {
    const MARK: [u8; 8] = [0xBD, 0x04, 0xEF, 0xFE, 0, 0, 1, 0];
    let at = program.windows(MARK.len()).rposition(|w| w == MARK)? + MARK.len();
    let word = |offset: usize| {
        let bytes = program.get(at + offset..at + offset + 2)?;
        Some(u32::from(u16::from_le_bytes(bytes.try_into().ok()?)))
    };
    Some(Version([word(2)?, word(0)?, word(6)?, word(4)?])).filter(|v| v.major() > 0)
}

/// Beside its program a browser keeps a folder named after its version, for a while also that of
/// the version before.
fn newest_folder_beside(program: &Path) -> Option<Version> {
    fs::read_dir(program.parent()?)
        .ok()?
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| {
            let name = entry.file_name();
            let name = name.to_str()?;
            Version::parse(name).filter(|_| name.split('.').count() == 4)
        })
        .max()
}

/// `Chrome.app/Contents/MacOS/Chrome` → `Chrome.app/Contents/Info.plist`
fn of_bundle(program: &Path) -> Option<Version> {
    let plist = program.parent()?.parent()?.join("Info.plist");
    in_plist(&String::from_utf8_lossy(&bounded(&plist, PLIST_MAX)?))
}

fn in_plist(text: &str) -> Option<Version> {
    let (_, rest) = text.split_once("<key>CFBundleShortVersionString</key>")?;
    let (_, rest) = rest.split_once("<string>")?;
    Version::parse(rest.split_once("</string>")?.0.trim())
}

fn bounded(path: &Path, most: u64) -> Option<Vec<u8>> {
    let file = fs::File::open(path).ok()?;
    if file.metadata().ok()?.len() > most {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).expect("a version")
    }

    #[test]
    fn versions_are_read_and_compared_by_number() {
        assert!(version("156.0.8078.108") > version("156.0.8078.79"));
        assert!(version("99.0.1.1") < version("156.0.0.0"));
        assert!(version("156.0.8078.1").is_same_build(version("156.0.8078.2")));
        assert_eq!(version("156").to_string(), "156.0.0.0");
        assert_eq!(
            Version::in_words("Google Chrome 156.0.8078.79 unknown"),
            Some(version("156.0.8078.79"))
        );
        for none in [
            "",
            "a.b",
            "1..2",
            "1.2.3.4.5",
            "-1.2",
            "156.0.x",
            "99999999999.0",
        ] {
            assert_eq!(Version::parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_windows_program_carries_its_version_in_its_resources() {
        let mut program = b"MZ code that compares \xBD\x04\xEF\xFE with something".to_vec();
        program.extend([0xBD, 0x04, 0xEF, 0xFE, 0, 0, 1, 0]);
        // 156.0.8078.108: high and low halves of two words, the more important word first.
        program.extend([0, 0, 156, 0, 108, 0, 0x8E, 0x1F]);
        assert_eq!(fixed_version(&program), Some(version("156.0.8078.108")));
        assert_eq!(fixed_version(&program[..program.len() - 3]), None);
        assert_eq!(fixed_version(b"MZ"), None);
    }

    #[test]
    fn without_resources_the_folder_beside_a_windows_browser_tells() {
        let folder = tempfile::tempdir().expect("folder");
        for name in ["155.0.7900.9", "156.0.8078.79", "SetupMetrics", "157"] {
            fs::create_dir(folder.path().join(name)).expect("made");
        }
        assert_eq!(
            newest_folder_beside(&folder.path().join("chrome.exe")),
            Some(version("156.0.8078.79"))
        );
    }

    #[test]
    fn a_bundle_of_macos_tells_its_version() {
        let plist = "<dict>\n<key>CFBundleName</key><string>Chrome</string>\n\t\
            <key>CFBundleShortVersionString</key>\n\t<string>156.0.8078.79</string></dict>";
        assert_eq!(in_plist(plist), Some(version("156.0.8078.79")));
        assert_eq!(in_plist("<key>CFBundleShortVersionString</key>"), None);
    }
}
