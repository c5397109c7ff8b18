//! Where browsers and drivers usually are, on Debian, Windows and macOS.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::BrowserError;

/// A browser and the driver that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserPrograms {
    /// Chromium or Chrome.
    pub browser: PathBuf,
    /// `ChromeDriver`.
    pub driver: PathBuf,
}

const BROWSER_NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
];
const DRIVER_NAMES: [&str; 2] = ["chromedriver", "chromium.chromedriver"];

const BROWSER_PLACES: [&str; 8] = [
    "/usr/bin/chromium",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files\\Chromium\\Application\\chrome.exe",
];
const DRIVER_PLACES: [&str; 7] = [
    "/usr/bin/chromedriver",
    "/usr/lib/chromium/chromedriver",
    "/usr/lib/chromium-browser/chromedriver",
    "/snap/bin/chromium.chromedriver",
    "/opt/homebrew/bin/chromedriver",
    "/usr/local/bin/chromedriver",
    "C:\\Program Files\\ChromeDriver\\chromedriver.exe",
];

/// Finds both: a configured path, then `PATH`, then beside this program, then the usual places.
pub fn find(browser_path: &str, driver_path: &str) -> Result<BrowserPrograms, BrowserError> {
    let browser = one(
        "browser.browser_path",
        browser_path,
        &BROWSER_NAMES,
        &BROWSER_PLACES,
    )?
    .ok_or_else(|| BrowserError::NoBrowser {
        looked_at: looked_at(&BROWSER_NAMES, &BROWSER_PLACES),
    })?;
    let driver = one(
        "browser.driver_path",
        driver_path,
        &DRIVER_NAMES,
        &DRIVER_PLACES,
    )?
    .ok_or_else(|| BrowserError::NoDriver {
        looked_at: looked_at(&DRIVER_NAMES, &DRIVER_PLACES),
    })?;
    Ok(BrowserPrograms { browser, driver })
}

fn one(
    key: &'static str,
    configured: &str,
    names: &[&str],
    places: &[&str],
) -> Result<Option<PathBuf>, BrowserError> {
    if !configured.is_empty() {
        let path = PathBuf::from(configured);
        return if path.is_file() {
            Ok(Some(path))
        } else {
            Err(BrowserError::BadPath { key, path })
        };
    }
    let search = env::var_os("PATH").unwrap_or_default();
    let beside = env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_owned));
    let local = env::var_os("LOCALAPPDATA")
        .map(|d| PathBuf::from(d).join("Google/Chrome/Application/chrome.exe"));
    let in_path = env::split_paths(&search).chain(beside).flat_map(|folder| {
        names
            .iter()
            .map(move |name| folder.join(format!("{name}{}", env::consts::EXE_SUFFIX)))
            .collect::<Vec<_>>()
    });
    let usual = places
        .iter()
        .map(PathBuf::from)
        .chain(local.filter(|_| names.contains(&"chrome")));
    Ok(in_path.chain(usual).find(|path| path.is_file()))
}

fn looked_at(names: &[&str], places: &[&str]) -> String {
    format!("PATH ({}), {}", names.join(", "), places.join(", "))
}

/// The versions that both report, checked against each other: their major numbers must be equal.
///
/// A browser that prints no version (Chrome on Windows) is taken as it is; the driver then refuses
/// by itself.
pub fn versions(found: &BrowserPrograms) -> Result<(String, String), BrowserError> {
    let driver = version_of(&found.driver).ok_or_else(|| BrowserError::BadPath {
        key: "browser.driver_path",
        path: found.driver.clone(),
    })?;
    let browser = if cfg!(windows) {
        None
    } else {
        version_of(&found.browser)
    };
    let Some(browser) = browser else {
        return Ok((String::new(), driver));
    };
    match (major(&browser), major(&driver)) {
        (Some(browser_major), Some(driver_major)) if browser_major != driver_major => {
            Err(BrowserError::Versions {
                browser,
                driver,
                browser_major,
            })
        }
        _ => Ok((browser, driver)),
    }
}

fn version_of(program: &Path) -> Option<String> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.split_whitespace()
        .find(|word| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit()))
        .map(str::to_owned)
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn fake(dir: &tempfile::TempDir, name: &str, says: &str) -> PathBuf {
        let path = dir.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).expect("write");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("mode");
        path
    }

    #[test]
    fn a_driver_of_another_version_is_named_with_the_one_that_fits() {
        let dir = tempfile::tempdir().expect("dir");
        let browser = fake(&dir, "chromium", "Chromium 156.0.8078.79 built on Debian");
        let driver = fake(
            &dir,
            "chromedriver",
            "ChromeDriver 114.0.5735.90 (386bc09e8f4f)",
        );
        let error = versions(&BrowserPrograms {
            browser: browser.clone(),
            driver,
        })
        .expect_err("mismatch");
        assert!(
            error.to_string().contains("Cài ChromeDriver 156"),
            "{error}"
        );
        let driver = fake(&dir, "chromedriver2", "ChromeDriver 156.0.1.2 (x)");
        assert_eq!(
            versions(&BrowserPrograms { browser, driver })
                .expect("fits")
                .1,
            "156.0.1.2"
        );
    }

    #[test]
    fn a_configured_path_that_leads_nowhere_is_not_replaced_by_a_guess() {
        let error = find("/nowhere/chromium", "").expect_err("bad path");
        assert!(
            error.to_string().contains("browser.browser_path"),
            "{error}"
        );
    }

    #[test]
    fn no_browser_at_all_says_what_to_install() {
        let error = one("k", "", &["no-such-browser-here"], &[]).expect("no path");
        assert!(error.is_none());
        let error = BrowserError::NoBrowser {
            looked_at: looked_at(&BROWSER_NAMES, &BROWSER_PLACES),
        };
        assert!(error.to_string().contains("Cài đặt trình duyệt"));
    }
}
