//! Which driver fits, and where it lies: pure rules over what the sources say.

use std::fmt;

use serde::Deserialize;
use url::{Host, Url};

use super::SupplyError;
use crate::browser::version::Version;

/// A kind of browser, and with it of driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Chrome and Chromium, with `ChromeDriver`.
    Chrome,
    /// Microsoft Edge, with its own driver.
    Edge,
}

impl Family {
    /// By the name of a browser's program.
    pub fn of(program: &std::path::Path) -> Self {
        let name = program.file_stem().unwrap_or_default().to_string_lossy();
        if name.to_ascii_lowercase().contains("edge") {
            Self::Edge
        } else {
            Self::Chrome
        }
    }

    /// The driver's program on this system.
    pub fn program(self) -> String {
        format!("{}{}", self.stem(), std::env::consts::EXE_SUFFIX)
    }

    /// The same without what programs end in.
    pub const fn stem(self) -> &'static str {
        match self {
            Self::Chrome => "chromedriver",
            Self::Edge => "msedgedriver",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chrome => "ChromeDriver",
            Self::Edge => "EdgeDriver",
        })
    }
}

/// A driver of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    pub version: Version,
    /// As the list has it.
    pub url: String,
}

#[derive(Deserialize)]
struct KnownGood {
    versions: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    version: String,
    #[serde(default)]
    downloads: Downloads,
}

#[derive(Default, Deserialize)]
struct Downloads {
    #[serde(default)]
    chromedriver: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    platform: String,
    url: String,
}

/// The driver that fits a browser best: of the very version, else the newest of its build, else the
/// newest of its major number. Another major number never fits.
pub fn pick(list: &[u8], wanted: Version, platform: &str) -> Result<Pick, SupplyError> {
    let list: KnownGood =
        serde_json::from_slice(list).map_err(|e| SupplyError::Damaged { why: e.to_string() })?;
    list.versions
        .into_iter()
        .filter_map(|known| {
            let version = Version::parse(&known.version)?;
            let listed = known
                .downloads
                .chromedriver
                .into_iter()
                .find(|listed| listed.platform == platform)?;
            Some(Pick {
                version,
                url: listed.url,
            })
        })
        .filter(|pick| pick.version.major() == wanted.major())
        .max_by_key(|pick| fitness(pick.version, wanted))
        .ok_or(SupplyError::NotListed {
            family: Family::Chrome,
            wanted,
        })
}

/// How well a driver fits a browser of the same major number: more is better.
pub fn fitness(driver: Version, browser: Version) -> (bool, bool, Version) {
    (driver == browser, driver.is_same_build(browser), driver)
}

/// What the sources call this machine; `None`: they have nothing for it.
pub fn platform(family: Family, os: &str, arch: &str) -> Option<&'static str> {
    Some(match (family, os, arch) {
        (_, "linux", "x86_64") => "linux64",
        (Family::Chrome, "macos", "aarch64") => "mac-arm64",
        (Family::Chrome, "macos", "x86_64") => "mac-x64",
        (Family::Edge, "macos", "aarch64") => "mac64_m1",
        (Family::Edge, "macos", "x86_64") => "mac64",
        (Family::Edge, "windows", "aarch64") => "arm64",
        // Windows runs programs of the usual processor on the other one too.
        (_, "windows", "x86_64" | "aarch64") => "win64",
        (_, "windows", "x86") => "win32",
        _ => return None,
    })
}

/// Where the archive of a picked driver is fetched. A mirror's copy of the list may still name its
/// makers' addresses: then it is the same path at the mirror.
pub fn zip_address(
    mirror: &str,
    version: Version,
    platform: &str,
    listed: &str,
) -> Result<String, SupplyError> {
    let bad = || SupplyError::BadAddress {
        address: listed.to_owned(),
    };
    let url = Url::parse(listed).map_err(|_| bad())?;
    if mirror.is_empty() {
        // Redirects apart, this is where a program comes from that will be run.
        return if url.scheme() == "https" {
            Ok(listed.to_owned())
        } else {
            Err(bad())
        };
    }
    if listed.starts_with(&format!("{mirror}/")) {
        return Ok(listed.to_owned());
    }
    Ok(format!(
        "{mirror}/{version}/{platform}/chromedriver-{platform}.zip"
    ))
}

/// May a program come from there? Over HTTPS; over plain HTTP only from this machine or its own
/// network.
pub fn is_trusted(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else {
        return false;
    };
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(ip))) => ip.is_loopback() || ip.is_private(),
        ("http", Some(Host::Ipv6(ip))) => ip.is_loopback() || ip.is_unique_local(),
        ("http", Some(Host::Domain(name))) => name == "localhost",
        _ => false,
    }
}

/// Where the newest of Edge's drivers of a major number is named, and where each lies.
pub fn edge_addresses(
    base: &str,
    major: u32,
    platform: &'static str,
) -> (String, impl Fn(Version) -> String) {
    let system = match platform {
        "linux64" => "LINUX",
        "mac64" | "mac64_m1" => "MACOS",
        _ => "WINDOWS",
    };
    let base = base.to_owned();
    let newest = format!("{base}/LATEST_RELEASE_{major}_{system}");
    (newest, move |version| {
        format!("{base}/{version}/edgedriver_{platform}.zip")
    })
}

/// Reads what stands there: UTF-16 with a byte order mark as a rule.
pub fn edge_version(bytes: &[u8]) -> Option<Version> {
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => {
            let units: Vec<u16> = rest
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        other => String::from_utf8_lossy(other).into_owned(),
    };
    Version::parse(text.trim_matches(|c: char| c == '\u{FEFF}' || c.is_whitespace()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).expect("a version")
    }

    fn list(versions: &[&str]) -> Vec<u8> {
        let versions: Vec<_> = versions
            .iter()
            .map(|version| {
                serde_json::json!({ "version": version, "revision": "1", "downloads": {
                    "chrome": [{ "platform": "linux64", "url": "https://x/chrome.zip" }],
                    "chromedriver": [
                        { "platform": "linux64", "url": format!("https://x/{version}/l.zip") },
                        { "platform": "win64", "url": format!("https://x/{version}/w.zip") }
                    ]
                } })
            })
            .collect();
        serde_json::to_vec(&serde_json::json!({ "timestamp": "x", "versions": versions }))
            .expect("JSON")
    }

    #[test]
    fn the_very_version_is_taken_then_the_build_then_the_major_number() {
        let list = list(&[
            "155.0.1.1",
            "156.0.8078.5",
            "156.0.8078.79",
            "156.0.8100.1",
            "157.0.1.1",
        ]);
        for (browser, driver) in [
            ("156.0.8078.5", "156.0.8078.5"),
            ("156.0.8078.6", "156.0.8078.79"),
            ("156.0.8099.1", "156.0.8100.1"),
            ("155.9.9.9", "155.0.1.1"),
            ("156", "156.0.8100.1"),
        ] {
            let picked = pick(&list, version(browser), "win64").expect("listed");
            assert_eq!(picked.version, version(driver), "{browser}");
            assert_eq!(picked.url, format!("https://x/{driver}/w.zip"));
        }
        for (browser, platform) in [("158.0.1.1", "win64"), ("156.0.8078.5", "linux-arm64")] {
            let error = pick(&list, version(browser), platform).expect_err("not listed");
            assert!(matches!(error, SupplyError::NotListed { .. }), "{error}");
        }
    }

    #[test]
    fn a_list_that_is_none_is_refused_and_what_is_unknown_in_it_passed_over() {
        assert!(matches!(
            pick(b"<html>", version("1.2.3.4"), "win64"),
            Err(SupplyError::Damaged { .. })
        ));
        let old =
            br#"{"versions":[{"version":"113.0.1.1","downloads":{"chrome":[]}},{"version":"?"}]}"#;
        assert!(matches!(
            pick(old, version("113.0.1.1"), "win64"),
            Err(SupplyError::NotListed { .. })
        ));
    }

    #[test]
    fn a_program_comes_over_https_or_from_the_same_house() {
        let v = version("156.0.1.2");
        assert!(zip_address("", v, "win64", "http://x/w.zip").is_err());
        assert!(zip_address("", v, "win64", "ftp://x/w.zip").is_err());
        assert_eq!(
            zip_address("", v, "win64", "https://x/w.zip").expect("fine"),
            "https://x/w.zip"
        );
        let mirror = "https://mirror/cft";
        for (listed, taken) in [
            (
                "https://x/w.zip",
                "https://mirror/cft/156.0.1.2/win64/chromedriver-win64.zip",
            ),
            ("https://mirror/cft/a/w.zip", "https://mirror/cft/a/w.zip"),
            (
                "https://mirror/cft.evil/w.zip",
                "https://mirror/cft/156.0.1.2/win64/chromedriver-win64.zip",
            ),
        ] {
            assert_eq!(
                zip_address(mirror, v, "win64", listed).expect("fine"),
                taken
            );
        }
        for (address, is_fine) in [
            ("https://mirror.example/x", true),
            ("http://127.0.0.1:80", true),
            ("http://localhost:80", true),
            ("http://192.168.1.9", true),
            ("http://[::1]:1", true),
            ("http://mirror.example", false),
            ("http://8.8.8.8", false),
            ("file:///etc/passwd", false),
            ("mirror", false),
        ] {
            assert_eq!(is_trusted(address), is_fine, "{address}");
        }
    }

    #[test]
    fn edge_has_names_of_its_own() {
        let (newest, zip) = edge_addresses("https://e", 156, "win64");
        assert_eq!(newest, "https://e/LATEST_RELEASE_156_WINDOWS");
        assert_eq!(
            zip(version("156.0.1.2")),
            "https://e/156.0.1.2/edgedriver_win64.zip"
        );
        let mut said = vec![0xFF, 0xFE];
        said.extend("156.0.1.9\r\n".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(edge_version(&said), Some(version("156.0.1.9")));
        assert_eq!(edge_version(b"156.0.1.9\n"), Some(version("156.0.1.9")));
        assert_eq!(edge_version(b"<html>"), None);
        for (program, family) in [
            ("/usr/bin/microsoft-edge", Family::Edge),
            ("/x/Microsoft Edge", Family::Edge),
            ("/x/msedge.exe", Family::Edge),
            ("/usr/bin/chromium", Family::Chrome),
        ] {
            assert_eq!(Family::of(std::path::Path::new(program)), family);
        }
    }
}
