//! Where browsers and drivers usually are, on Debian, Windows and macOS, and which of them belong
//! together.

use std::env;
use std::path::{Path, PathBuf};

use super::version::{Version, of_browser, said_by};
use super::{BrowserError, BrowserSettings, Family};

/// A browser on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundBrowser {
    /// What kind it is.
    pub family: Family,
    /// The program.
    pub program: PathBuf,
    /// `None` where it does not tell; the driver then refuses by itself what it cannot drive.
    pub version: Option<Version>,
}

/// A browser and the driver that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserPrograms {
    /// Chromium, Chrome or Edge.
    pub browser: FoundBrowser,
    /// Its driver.
    pub driver: PathBuf,
    /// The driver's version.
    pub driver_version: Version,
}

/// Names and usual places of one kind of browser.
struct Usual {
    family: Family,
    browser_names: &'static [&'static str],
    browser_places: &'static [&'static str],
    /// Below each of Windows' folders of programs.
    browser_on_windows: &'static [&'static str],
    driver_names: &'static [&'static str],
    driver_places: &'static [&'static str],
}

/// In the order in which they are taken: Edge, which every Windows has, where there is no Chrome.
const USUAL: [Usual; 2] = [
    Usual {
        family: Family::Chrome,
        browser_names: &[
            "chromium",
            "chromium-browser",
            "google-chrome-stable",
            "google-chrome",
            "chrome",
        ],
        browser_places: &[
            "/usr/bin/chromium",
            "/usr/bin/google-chrome",
            "/snap/bin/chromium",
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
            "/Applications/Chromium.app/Contents/MacOS/Chromium",
        ],
        browser_on_windows: &[
            "Google/Chrome/Application/chrome.exe",
            "Chromium/Application/chrome.exe",
        ],
        driver_names: &["chromedriver", "chromium.chromedriver"],
        driver_places: &[
            "/usr/bin/chromedriver",
            "/usr/lib/chromium/chromedriver",
            "/usr/lib/chromium-browser/chromedriver",
            "/snap/bin/chromium.chromedriver",
            "/opt/homebrew/bin/chromedriver",
            "/usr/local/bin/chromedriver",
            "C:\\Program Files\\ChromeDriver\\chromedriver.exe",
        ],
    },
    Usual {
        family: Family::Edge,
        browser_names: &["microsoft-edge-stable", "microsoft-edge", "msedge"],
        browser_places: &[
            "/usr/bin/microsoft-edge",
            "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        ],
        browser_on_windows: &["Microsoft/Edge/Application/msedge.exe"],
        driver_names: &["msedgedriver"],
        driver_places: &["/usr/bin/msedgedriver", "/usr/local/bin/msedgedriver"],
    },
];

fn usual(family: Family) -> &'static Usual {
    match family {
        Family::Chrome => &USUAL[0],
        Family::Edge => &USUAL[1],
    }
}

/// Windows' folders of programs: of everybody, and of this user.
const PROGRAM_FOLDERS: [&str; 4] = [
    "ProgramFiles",
    "ProgramW6432",
    "ProgramFiles(x86)",
    "LOCALAPPDATA",
];

/// Finds both: a configured path, then `PATH`, then beside this program, then the usual places;
/// for the driver then what the program brought by itself. Of several drivers one that fits the
/// browser is taken.
pub fn find(settings: &BrowserSettings) -> Result<BrowserPrograms, BrowserError> {
    let browser = find_browser(&settings.browser_path)?;
    find_driver(settings, browser)
}

/// Finds the browser alone.
pub fn find_browser(configured: &str) -> Result<FoundBrowser, BrowserError> {
    let (family, program) = if configured.is_empty() {
        first_of(&USUAL).ok_or_else(|| BrowserError::NoBrowser {
            looked_at: looked_at(&USUAL),
        })?
    } else {
        let path = given("browser.browser_path", configured)?;
        (Family::of(&path), path)
    };
    Ok(FoundBrowser {
        family,
        version: of_browser(&program),
        program,
    })
}

fn first_of(all: &[Usual]) -> Option<(Family, PathBuf)> {
    all.iter().find_map(|usual| {
        let places = usual.browser_places.iter().map(PathBuf::from);
        let program = candidates(usual.browser_names)
            .chain(places)
            .chain(below_program_folders(usual.browser_on_windows))
            .find(|path| path.is_file())?;
        Some((usual.family, program))
    })
}

fn find_driver(
    settings: &BrowserSettings,
    browser: FoundBrowser,
) -> Result<BrowserPrograms, BrowserError> {
    let key = "browser.driver_path";
    let fits = |driver: Version| {
        browser
            .version
            .is_none_or(|version| version.major() == driver.major())
    };
    let mut other = None;
    if settings.driver_path.is_empty() {
        let usual = usual(browser.family);
        let places = usual.driver_places.iter().map(PathBuf::from);
        for driver in candidates(usual.driver_names)
            .chain(places)
            .filter(|path| path.is_file())
        {
            match said_by(&driver) {
                Some(version) if fits(version) => return Ok(browser.with(driver, version)),
                Some(version) => other = other.or(Some(version)),
                None => {}
            }
        }
        let shelf = settings.supply.shelf();
        let kept = match browser.version {
            Some(version) => shelf.best_for(browser.family, version),
            None => shelf.all(browser.family).into_iter().next(),
        };
        if let Some((version, driver)) = kept {
            return Ok(browser.with(driver, version));
        }
        other = other.or_else(|| Some(shelf.all(browser.family).first()?.0));
    } else {
        let driver = given(key, &settings.driver_path)?;
        let version = said_by(&driver).ok_or_else(|| BrowserError::BadPath {
            key,
            path: driver.clone(),
        })?;
        if fits(version) {
            return Ok(browser.with(driver, version));
        }
        other = Some(version);
    }
    Err(match (other, browser.version) {
        (Some(driver), Some(version)) => BrowserError::Versions {
            family: browser.family,
            browser: version,
            driver,
            browser_major: version.major(),
            is_chosen: !settings.driver_path.is_empty(),
        },
        (_, version) => BrowserError::NoDriver {
            family: browser.family,
            browser: version,
        },
    })
}

impl FoundBrowser {
    fn with(self, driver: PathBuf, driver_version: Version) -> BrowserPrograms {
        BrowserPrograms {
            browser: self,
            driver,
            driver_version,
        }
    }
}

/// A configured path is not replaced by a guess.
fn given(key: &'static str, configured: &str) -> Result<PathBuf, BrowserError> {
    let path = PathBuf::from(configured);
    if path.is_file() {
        Ok(path)
    } else {
        Err(BrowserError::BadPath { key, path })
    }
}

/// Programs of these names in `PATH` and beside this one.
fn candidates(names: &'static [&'static str]) -> impl Iterator<Item = PathBuf> {
    let search = env::var_os("PATH").unwrap_or_default();
    let beside = env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_owned));
    let folders: Vec<PathBuf> = env::split_paths(&search).chain(beside).collect();
    folders.into_iter().flat_map(move |folder| {
        names
            .iter()
            .map(move |name| folder.join(format!("{name}{}", env::consts::EXE_SUFFIX)))
    })
}

fn below_program_folders(paths: &'static [&'static str]) -> impl Iterator<Item = PathBuf> {
    let folders = PROGRAM_FOLDERS.iter().filter_map(env::var_os);
    let folders: Vec<PathBuf> = folders.map(PathBuf::from).collect();
    paths.iter().flat_map(move |path| {
        let folders = folders.clone();
        folders.into_iter().map(move |folder| folder.join(path))
    })
}

fn looked_at(all: &[Usual]) -> String {
    let names = all.iter().flat_map(|usual| usual.browser_names);
    let places = all.iter().flat_map(|usual| {
        let on_windows = usual.browser_on_windows.iter();
        usual.browser_places.iter().chain(on_windows)
    });
    let joined = |words: Vec<&str>| words.join(", ");
    format!(
        "PATH ({}), {}",
        joined(names.copied().collect()),
        joined(places.copied().collect())
    )
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn fake(dir: &tempfile::TempDir, name: &str, says: &str) -> String {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("folder")).expect("made");
        std::fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).expect("write");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("mode");
        path.display().to_string()
    }

    #[test]
    fn a_driver_of_another_version_is_named_with_the_one_that_fits() {
        let dir = tempfile::tempdir().expect("dir");
        let browser_path = fake(&dir, "chromium", "Chromium 156.0.8078.79 built on Debian");
        let driver_path = fake(
            &dir,
            "chromedriver",
            "ChromeDriver 114.0.5735.90 (386bc09e8f4f)",
        );
        let settings = BrowserSettings {
            browser_path,
            driver_path,
            ..BrowserSettings::default()
        };
        let error = find(&settings).expect_err("mismatch");
        let text = error.to_string();
        assert!(text.contains("ChromeDriver 156"), "{text}");
        assert!(text.contains("browser.driver_path"), "{text}");
        assert!(!error.wants_driver(), "a chosen driver is not replaced");
        let settings = BrowserSettings {
            driver_path: fake(&dir, "chromedriver2", "ChromeDriver 156.0.1.2 (x)"),
            ..settings
        };
        let found = find(&settings).expect("fits");
        assert_eq!(found.driver_version.to_string(), "156.0.1.2");
    }

    #[test]
    fn what_the_program_brought_is_taken_where_nothing_else_fits() {
        let dir = tempfile::tempdir().expect("dir");
        let mut settings = BrowserSettings {
            // No driver of this machine drives it.
            browser_path: fake(&dir, "microsoft-edge", "Microsoft Edge 7.0.8078.79"),
            ..BrowserSettings::default()
        };
        settings.supply.folder = dir.path().join("drivers");
        let error = find(&settings).expect_err("none");
        assert!(error.wants_driver(), "{error}");
        assert!(error.to_string().contains("EdgeDriver"), "{error}");
        for version in ["6.0.1.1", "7.0.1.1", "7.0.8078.1", "8.0.1.1"] {
            fake(
                &dir,
                &format!("drivers/msedgedriver-{version}/msedgedriver"),
                "x",
            );
        }
        let found = find(&settings).expect("kept");
        assert_eq!(found.browser.family, Family::Edge);
        assert_eq!(found.driver_version.to_string(), "7.0.8078.1");
        std::fs::remove_dir_all(dir.path().join("drivers/msedgedriver-7.0.8078.1")).expect("gone");
        std::fs::remove_dir_all(dir.path().join("drivers/msedgedriver-7.0.1.1")).expect("gone");
        let error = find(&settings).expect_err("none fits");
        assert!(
            matches!(
                error,
                BrowserError::Versions {
                    browser_major: 7,
                    ..
                }
            ) && error.wants_driver(),
            "{error}"
        );
    }

    #[test]
    fn a_configured_path_that_leads_nowhere_is_not_replaced_by_a_guess() {
        let error = find_browser("/nowhere/chromium").expect_err("bad path");
        assert!(
            error.to_string().contains("browser.browser_path"),
            "{error}"
        );
    }

    #[test]
    fn no_browser_at_all_says_what_to_install() {
        let nowhere = Usual {
            family: Family::Chrome,
            browser_names: &["no-such-browser-here"],
            browser_places: &[],
            browser_on_windows: &[],
            driver_names: &[],
            driver_places: &[],
        };
        assert!(first_of(&[nowhere]).is_none());
        let error = BrowserError::NoBrowser {
            looked_at: looked_at(&USUAL),
        };
        assert!(error.to_string().contains("Cài đặt trình duyệt"));
    }
}
